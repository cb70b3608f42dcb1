// Time as the kernel knows it: options of billing for all, and what each processor keeps beside its
// block. Both are there only if the host has opened time (time.ts).

import { control } from "./control";
import { me, Processor } from "./processor";
import {
  TIME_CHARGED,
  TIME_CLOCK,
  TIME_DRIFT,
  TIME_FAULT_AT,
  TIME_FREE_BY_RATIO,
  TIME_GONE_OWED,
  TIME_IS_SIMPLE,
  TIME_PACE,
  TIME_POINTS,
  TIME_QUEUED,
  TIME_RATE,
  TIME_SLOTS,
  TIME_TIMER_SIZE,
  TIMER_CRITICAL,
  TIMER_DUE,
  TIMER_IDLE,
  TIMER_LEAST,
  TIMER_MISSED,
  TIMER_PARTY,
  TIMER_RAW,
  TIMER_READ_AT,
  TIMER_READ_CYCLES,
  TIMER_SINCE,
  TIMER_SLOT,
  TIMER_SPENT,
  TIMER_USED,
} from "./time-layout";

/** Fields as in time-layout.ts, which says what is not plain from the name. */
@unmanaged
export class Time {
  tick: u32;
  by: u32;
  points: u32;
  clock: u32;
  rate: f64;
  scale: f64;
  drift: f64;
  width: u32;
  read: u32;
  repair: u32;
  masked: u32;
  fault: u32;
  freeByRatio: u32;
  faultAt: u64;
  faultBy: u64;
  bankrupt: u32;
  slots: u32;
  slotsMost: u32;
  partitions: u32;
  queued: u32;
  tasks: usize;
  timers: usize;
  timerSize: u32;
  charged: u64;
  goneRan: u64;
  goneOwed: u64;
  pace: f64;
  isSimple: u32;

  static get own(): Time {
    return changetype<Time>(control.time);
  }

  /** Cycles as the clock counts them: one that is wrong by a factor changes no share (A.1). */
  paced(cycles: u64): u64 {
    return this.pace == 1 ? cycles : <u64>(<f64>cycles * this.pace);
  }

  /** Cycles of all processors in a window. */
  get window(): u64 {
    const processors = isDefined(SHARED) ? control.processors : 1;
    return <u64>this.slots * this.tick * processors;
  }
}

@unmanaged
export class Timer {
  occupant: usize;
  decide: u32;
  since: u64;
  readAt: u64;
  last: u64;
  readTicks: u64;
  ticks: u64;
  due: u64;
  spent: u64;
  raw: u64;
  units: u64;
  idle: u64;
  reads: u64;
  backwards: u64;
  jumps: u64;
  dropped: u64;
  missed: u64;
  slot: u32;
  window: u32;
  least: u32;
  critical: u32;
  told: u32;
  party: usize;
  readCycles: u64;

  static of(processor: Processor): Timer {
    return changetype<Timer>(processor.timer);
  }

  static get own(): Timer {
    return Timer.of(me());
  }

  /** Whether a tick or a decision is due. */
  isDue(now: u64): bool {
    return now >= this.due || this.decide != 0;
  }

  /** The domains that run here are to be chosen anew: looked at as soon as the processor is inside. */
  ask(): void {
    this.decide = 1;
  }
}

if (
  offsetof<Time>("points") != TIME_POINTS ||
  offsetof<Time>("clock") != TIME_CLOCK ||
  offsetof<Time>("rate") != TIME_RATE ||
  offsetof<Time>("drift") != TIME_DRIFT ||
  offsetof<Time>("freeByRatio") != TIME_FREE_BY_RATIO ||
  offsetof<Time>("faultAt") != TIME_FAULT_AT ||
  offsetof<Time>("slots") != TIME_SLOTS ||
  offsetof<Time>("queued") != TIME_QUEUED ||
  offsetof<Time>("timerSize") != TIME_TIMER_SIZE ||
  offsetof<Time>("charged") != TIME_CHARGED ||
  offsetof<Time>("isSimple") != TIME_IS_SIMPLE ||
  offsetof<Time>("goneOwed") != TIME_GONE_OWED ||
  offsetof<Time>("pace") != TIME_PACE ||
  offsetof<Timer>("since") != TIMER_SINCE ||
  offsetof<Timer>("readAt") != TIMER_READ_AT ||
  offsetof<Timer>("due") != TIMER_DUE ||
  offsetof<Timer>("spent") != TIMER_SPENT ||
  offsetof<Timer>("raw") != TIMER_RAW ||
  offsetof<Timer>("idle") != TIMER_IDLE ||
  offsetof<Timer>("missed") != TIMER_MISSED ||
  offsetof<Timer>("slot") != TIMER_SLOT ||
  offsetof<Timer>("least") != TIMER_LEAST ||
  offsetof<Timer>("critical") != TIMER_CRITICAL ||
  offsetof<Timer>("party") != TIMER_PARTY ||
  offsetof<Timer>("readCycles") != TIMER_READ_CYCLES ||
  <i32>offsetof<Timer>() > TIMER_USED
) {
  ERROR("time is not as time-layout.ts says");
}
