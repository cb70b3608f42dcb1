// Partitions: groups of domains with a guaranteed share of the processors (A.3). What they used is known
// for a sliding window (window.ts); who of them runs next is chosen by that (choice.ts).
//
// Partition invariants: the budgets of all add up to the whole; `used` is the sum of what the windows of
// all processors hold, and never more is guaranteed to a partition than its budget says.

import { Record } from "./record";
import { Task } from "./task";
import {
  PARTITION_BANKRUPT,
  PARTITION_CRITICAL,
  PARTITION_QUEUED,
  PARTITION_READY,
  PARTITION_SHARE,
  PARTITION_SIZE,
  PARTITION_TOTAL,
  PARTITION_USED,
  PARTITION_USED_10,
  PARTITIONS_OFFSET,
  SLOT_SIZE,
  SYSTEM_PARTITION,
  TIMER_USED,
  WHOLE_BUDGET,
  WINDOWS_OFFSET,
} from "./time-layout";
import { Time, Timer } from "./timer";

/** Fields as in time-layout.ts. */
@unmanaged
export class Partition {
  budget: u32;
  max: u32;
  critical: u64;
  parent: u32;
  bankrupt: u32;
  running: u32;
  queued: u32;
  total: u64;
  criticalTotal: u64;
  used: u64;
  criticalUsed: u64;
  ready0: u64;
  ready1: u64;
  ready2: u64;
  ready3: u64;
  used10: u64;
  used100: u64;
  bankruptcies: u64;
  share: u64;

  static at(index: u32): Partition {
    return changetype<Partition>(
      changetype<usize>(Time.own) + PARTITIONS_OFFSET + <usize>index * PARTITION_SIZE,
    );
  }

  /** The one that pays for a domain now. */
  static of(domain: Record): Partition {
    return Partition.at(Task.of(domain).payer);
  }

  get index(): u32 {
    return <u32>(
      ((changetype<usize>(this) - changetype<usize>(Time.own) - PARTITIONS_OFFSET) / PARTITION_SIZE)
    );
  }

  /** Is charged for what one of its domains ran on a processor, in the current slot of its window. */
  use(timer: Timer, cycles: u64, isCritical: bool): void {
    const window = changetype<usize>(timer) + TIMER_USED + ((<usize>this.index) << 4);
    const slot =
      changetype<usize>(timer) +
      WINDOWS_OFFSET +
      <usize>timer.slot * SLOT_SIZE +
      ((<usize>this.index) << 4);
    this.total += cycles;
    this.used += cycles;
    store<u64>(window, load<u64>(window) + cycles);
    store<u64>(slot, load<u64>(slot) + cycles);
    if (!isCritical) return;
    this.criticalTotal += cycles;
    this.criticalUsed += cycles;
    store<u64>(window, load<u64>(window, 8) + cycles, 8);
    store<u64>(slot, load<u64>(slot, 8) + cycles, 8);
  }

  /** Cycles of a window that so many hundredths of a percent are. */
  static cyclesOf(time: Time, hundredths: u32): u64 {
    return time.paced((time.window * hundredths) / WHOLE_BUDGET);
  }

  /** A budget, as hundredths of a percent, or that of a window that has another length. */
  grant(budget: u32): void {
    this.budget = budget;
    this.share = Partition.cyclesOf(Time.own, budget);
  }

  /** Whether it may use what is left of a tick, and be within its budget. */
  hasBudget(left: u64): bool {
    return this.bankrupt == 0 && this.used + left <= this.share;
  }

  /** Whether it must not run, whoever else does. */
  isCapped(time: Time, left: u64): bool {
    return this.max != 0 && this.used + left > Partition.cyclesOf(time, this.max);
  }

  /** Whether its critical domains may run though it has no budget. */
  mayRunCritical(time: Time): bool {
    const used = this.criticalUsed + (time.tick >> 5);
    return this.bankrupt == 0 && used < time.paced(this.critical);
  }

  /** RFF (A.4): 1 where nothing is used, 0 where the budget is; without a budget it comes last. */
  get freeFraction(): f64 {
    if (this.budget == 0) return -Infinity;
    return 1 - <f64>this.used / <f64>this.share;
  }

  /** Whether somebody of it is ready or runs. */
  get competes(): bool {
    return this.running != 0 || this.queued != 0;
  }

  get isSystem(): bool {
    return this.index == SYSTEM_PARTITION;
  }
}

if (
  offsetof<Partition>("critical") != PARTITION_CRITICAL ||
  offsetof<Partition>("bankrupt") != PARTITION_BANKRUPT ||
  offsetof<Partition>("queued") != PARTITION_QUEUED ||
  offsetof<Partition>("total") != PARTITION_TOTAL ||
  offsetof<Partition>("used") != PARTITION_USED ||
  offsetof<Partition>("ready0") != PARTITION_READY ||
  offsetof<Partition>("used10") != PARTITION_USED_10 ||
  offsetof<Partition>("share") != PARTITION_SHARE ||
  <i32>offsetof<Partition>() > PARTITION_SIZE
) {
  ERROR("partitions are not as time-layout.ts says");
}
