// Opening time: the frames that billing by a clock and partitions need, and what the host says of them.

import { lookAgain, pay, sample } from "./billing";
import { askAll } from "./choice";
import { lookAt } from "./clock";
import {
  OK,
  STATUS_NO_FRAMES,
  STATUS_NO_NODES,
  STATUS_OVERFLOW,
  STATUS_RANGE,
  STATUS_WRONG_STATE,
} from "./codes";
import { control } from "./control";
import { find } from "./domain";
import { allocateRun } from "./frame";
import { Key } from "./key";
import { PAGE_SIZE, STATE_ENDED } from "./layout";
import { Node } from "./node";
import { Partition } from "./partition";
import { Processor } from "./processor";
import { queue, unqueue } from "./queue";
import { Record } from "./record";
import { Task } from "./task";
import {
  BY_TICK,
  CLOCK_COUNTER,
  CLOCK_EXACT,
  FAULT_NONE,
  MAX_PARTITIONS,
  MAX_TICKS,
  PARTITIONED,
  POINT_MESSAGE,
  POINT_SPENT,
  SLOT_SIZE,
  SYSTEM_PARTITION,
  TASK_CRITICAL,
  TASK_SIZE,
  TASKS_OFFSET,
  TIMED,
  WHOLE_BUDGET,
  WINDOWS_OFFSET,
} from "./time-layout";
import { Time, Timer } from "./timer";
import { forget } from "./window";

/** Takes the frames, for windows of so many ticks at most, 0 without partitions; the host then writes the options. */
export function timeOpen(slots: u32): i32 {
  if (control.time != 0) return STATUS_WRONG_STATE;
  if (slots > <u32>MAX_TICKS) return STATUS_RANGE;
  const participants = (isDefined(SHARED) ? control.processors : 0) + 1;
  const tasks = pages(control.nodes * TASK_SIZE);
  const timer = pages(WINDOWS_OFFSET + slots * SLOT_SIZE);
  const base = allocateRun((TASKS_OFFSET >> 12) + tasks + participants * timer);
  if (base == 0) return STATUS_NO_FRAMES;
  control.time = base;
  const time = Time.own;
  time.slots = time.slotsMost = slots;
  time.tasks = base + TASKS_OFFSET;
  time.timers = time.tasks + <usize>tasks * PAGE_SIZE;
  time.timerSize = timer * PAGE_SIZE;
  for (let index: u32 = 0; index < <u32>participants; index++) {
    Processor.at(index).timer = time.timers + <usize>index * time.timerSize;
  }
  for (let index: u32 = 1; index < control.nodes; index++) Task.at(index).reset();
  return OK;
}

function pages(bytes: u32): u32 {
  return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

/** The options are there: from now on time is kept. */
export function timeBegin(flags: u32): i32 {
  const time = Time.own;
  if (control.time == 0 || control.timed != 0) return STATUS_WRONG_STATE;
  if ((flags & TIMED) == 0 || time.tick == 0) return STATUS_RANGE;
  const processors: u32 = isDefined(SHARED) ? control.processors : 0;
  for (let index: u32 = 0; index <= processors; index++) {
    Timer.of(Processor.at(index)).due = time.tick;
  }
  // No clock is read then.
  if (time.by == BY_TICK) time.points = 0;
  if (isPlain(time)) time.clock = CLOCK_EXACT;
  time.pace = 1;
  const points: u32 = (1 << POINT_MESSAGE) | (1 << POINT_SPENT);
  const isBilled = time.clock == CLOCK_EXACT && (time.points & points) == points;
  time.isSimple = u32(isBilled && (flags & PARTITIONED) == 0);
  Partition.at(SYSTEM_PARTITION).grant(WHOLE_BUDGET);
  time.partitions = 1;
  control.timed = flags;
  return OK;
}

/** Whether a counter counts just what the kernel does, and never wraps. */
function isPlain(time: Time): bool {
  if (time.clock != CLOCK_COUNTER || time.width != 64 || time.fault != FAULT_NONE) return false;
  return time.rate == 1 && time.scale == 1 && time.drift == 0;
}

/** CONTROL_AMOUNT: the cycles that have passed, as the clocks say, and are not billed yet. */
export function timePeek(): void {
  let cycles: u64 = 0;
  const processors: u32 = isDefined(SHARED) ? control.processors : 0;
  for (let index: u32 = processors == 0 ? 0 : 1; index <= processors; index++) {
    const there = Processor.at(index);
    const timer = Timer.of(there);
    if (Time.own.by == BY_TICK) cycles += there.time - timer.ticks * Time.own.tick;
    else {
      const now = lookAt(timer, there.time, timer.occupant == 0);
      if (now > timer.last) cycles += now - timer.last;
    }
  }
  control.amount = cycles;
}

/**
 * A partition with a budget, in hundredths of a percent, that is taken out of its parent's. Answers its
 * index, or 0 with CONTROL_CODE.
 */
export function partitionCreate(parent: u32, budget: u32, max: u32): u32 {
  const time = Time.own;
  control.code = refusal(parent, budget, max);
  if (control.code == OK && time.partitions == MAX_PARTITIONS) control.code = STATUS_NO_NODES;
  if (control.code == OK && Partition.at(parent).budget < budget) control.code = STATUS_OVERFLOW;
  if (control.code != OK) return 0;
  const index = time.partitions++;
  const partition = Partition.at(index);
  Partition.at(parent).grant(Partition.at(parent).budget - budget);
  partition.parent = parent;
  partition.grant(budget);
  partition.max = max;
  askAll();
  return index;
}

/** Another budget, to or from its parent; of the System partition only the maximum can be changed. */
export function partitionChange(index: u32, budget: u32, max: u32): i32 {
  const refused = refusal(index, budget, max);
  if (refused != OK) return refused;
  const partition = Partition.at(index);
  if (budget != partition.budget) {
    if (partition.isSystem) return STATUS_WRONG_STATE;
    const parent = Partition.at(partition.parent);
    if (budget > partition.budget + parent.budget) return STATUS_OVERFLOW;
    parent.grant(parent.budget + partition.budget - budget);
    partition.grant(budget);
  }
  partition.max = max;
  askAll();
  return OK;
}

function refusal(index: u32, budget: u32, max: u32): i32 {
  if ((control.timed & PARTITIONED) == 0) return STATUS_WRONG_STATE;
  if (index >= Time.own.partitions) return STATUS_RANGE;
  return budget > <u32>WHOLE_BUDGET || max > <u32>WHOLE_BUDGET ? STATUS_RANGE : OK;
}

/** A critical budget: CONTROL_AMOUNT cycles in a window. */
export function partitionCritical(index: u32): i32 {
  const refused = refusal(index, 0, 0);
  if (refused != OK) return refused;
  if (control.amount > Time.own.window) return STATUS_RANGE;
  Partition.at(index).critical = control.amount;
  askAll();
  return OK;
}

/** A window of so many ticks; what was used is forgotten. */
export function windowSet(slots: u32): i32 {
  if ((control.timed & PARTITIONED) == 0) return STATUS_WRONG_STATE;
  const time = Time.own;
  if (slots == 0 || slots > time.slotsMost) return STATUS_RANGE;
  const processors: u32 = isDefined(SHARED) ? control.processors : 0;
  for (let index: u32 = 0; index <= processors; index++) {
    const there = Processor.at(index);
    const timer = Timer.of(there);
    // What is not billed yet was used in the last window, too.
    if (timer.occupant != 0 && time.by != BY_TICK) sample(timer, there.time, false);
    forget(timer);
  }
  time.slots = slots;
  for (let index: u32 = 0; index < time.partitions; index++) {
    const partition = Partition.at(index);
    partition.used = partition.criticalUsed = 0;
    partition.used10 = partition.used100 = 0;
    partition.grant(partition.budget);
  }
  askAll();
  return OK;
}

/** A domain's own partition, priority and TASK_* flags, at once, whatever it does. */
export function taskSet(
  index: u32,
  allocation: u32,
  partition: u32,
  priority: u32,
  flags: u32,
): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (control.timed == 0 || domain.state == STATE_ENDED) return STATUS_WRONG_STATE;
  if (partition >= Time.own.partitions || priority > 255) return STATUS_RANGE;
  const task = Task.of(domain);
  task.partition = <u8>partition;
  task.priority = <u8>priority;
  task.flags = <u8>flags;
  move(domain, partition, priority, (flags & <u32>TASK_CRITICAL) != 0);
  return OK;
}

/** From now on a domain runs with that partition and priority, in a queue or on a processor too. */
export function move(domain: Record, payer: u32, rank: u32, critical: bool): void {
  const task = Task.of(domain);
  const there = Processor.at(isDefined(SHARED) ? domain.processor : 0);
  const timer = Timer.of(there);
  const runs = timer.occupant == changetype<usize>(domain);
  const queued = task.queued != 0;
  const partitioned = (control.timed & PARTITIONED) != 0;
  if (queued) unqueue(domain);
  if (runs) {
    if (Time.own.by != BY_TICK) sample(timer, there.time, false);
    if (partitioned) Partition.of(domain).running--;
  }
  task.payer = <u8>payer;
  task.rank = <u8>rank;
  task.critical = <u8>critical;
  if (runs && partitioned) Partition.of(domain).running++;
  if (queued) queue(domain, false);
  if (partitioned) askAll();
}

/**
 * The mutex rule (A.4): a busy domain whose partition has no budget runs with that of whoever waits for it,
 * if that has, until it is available; and never at a lower priority.
 */
export function lend(waiter: Record, holder: Record): void {
  const task = Task.of(waiter);
  const other = Task.of(holder);
  if (task.payer == other.payer) return;
  const time = Time.own;
  // With less than a tick it does not come to run at the next one.
  if (Partition.of(holder).hasBudget(time.tick)) return;
  if (!Partition.of(waiter).hasBudget(0)) return;
  move(holder, task.payer, max(task.rank, other.rank), other.critical != 0);
}

/** The same for one that has lost the processor: the first who waits for it may lend. */
export function borrow(holder: Record): void {
  const node = holder.node;
  if (node.lastHook == 0) return;
  lend(Node.owner(changetype<Key>(node.right)).hot, holder);
}

/** CONTROL_AMOUNT cycles of work that the host did for a domain; no kernel time passes. */
export function domainCharge(index: u32, allocation: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (control.timed == 0 || domain.state == STATE_ENDED) return STATUS_WRONG_STATE;
  const cycles = control.amount;
  if (cycles > (<u64>1) << 53) return STATUS_RANGE;
  const there = Processor.at(isDefined(SHARED) ? domain.processor : 0);
  Time.own.charged += cycles;
  pay(Timer.of(there), changetype<usize>(domain), cycles);
  lookAgain(domain);
  if ((control.timed & PARTITIONED) != 0) askAll();
  return OK;
}
