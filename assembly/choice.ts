// Who runs next, where there are partitions (A.4). Of the partitions that may run (they have budget, or
// their best domain is critical and they may still run such) it is the one with the highest priority, then
// with the greatest fraction of its budget free. If none may, there is free time, which goes by priority
// too unless it is to go by ratio, or the load is full: then by what is free of the budgets.

import { charge, vacate } from "./billing";
import { control } from "./control";
import { Partition } from "./partition";
import { me, Processor } from "./processor";
import { firstAt, firstReady, highest, queue, unqueue } from "./queue";
import { closeSlice, passTime } from "./ready";
import { Record } from "./record";
import { Task } from "./task";
import { borrow } from "./time";
import { POINT_DECIDE, POINT_PREEMPT } from "./time-layout";
import { Time, Timer } from "./timer";

/** Why a partition may run: not at all, by its critical budget only, or by its budget. */
const NONE = 0;
const CRITICAL = 1;
const BUDGET = 2;

/** Of the last choice. */
let reason: i32 = NONE;

/** The domain that is to run here now, if any is; whoever ran here is in its queue. */
function choose(): Record | null {
  const left = leftOfTick();
  let by: u64 = isDefined(SHARED) ? me().time : u64.MAX_VALUE;
  while (true) {
    let best = chooseRunning(left, by);
    if (!best) best = chooseFree(left, by);
    // With several processors one may be ready by the clock of another, but not yet by this one.
    if (best || by == u64.MAX_VALUE) return best;
    by = u64.MAX_VALUE;
  }
}

/** Of those that may run, whose best domain is above priority 0: by priority, then by what is free. */
function chooseRunning(left: u64, by: u64): Record | null {
  const time = Time.own;
  const partitions = time.partitions;
  let best = -1;
  let bestRank = 0;
  let bestFree: f64 = 0;
  for (let index: u32 = 0; index < partitions; index++) {
    const partition = Partition.at(index);
    if (partition.queued == 0) continue;
    const rank = highest(partition);
    if (rank <= 0 || rank < bestRank || partition.isCapped(time, left)) continue;
    if (!firstReady(index, rank, by)) continue;
    const may = standing(time, partition, index, rank, left);
    if (may == NONE) continue;
    const free = partition.freeFraction;
    if (rank == bestRank && free <= bestFree) continue;
    best = index;
    bestRank = rank;
    bestFree = free;
    reason = may;
  }
  return best < 0 ? null : firstReady(best, bestRank, by);
}

/** Nobody may run: of all, by priority first or by what is free of the budgets first. */
function chooseFree(left: u64, by: u64): Record | null {
  const time = Time.own;
  const byRatio = time.freeByRatio != 0 || !isFreeTime(time);
  let best = -1;
  let bestRank = 0;
  let bestFree: f64 = 0;
  for (let index: u32 = 0; index < time.partitions; index++) {
    const partition = Partition.at(index);
    if (partition.queued == 0 || partition.isCapped(time, left)) continue;
    const rank = highest(partition);
    if (!firstReady(index, rank, by)) continue;
    const free = partition.freeFraction;
    const first = byRatio ? compare<f64>(free, bestFree) : compare<i32>(rank, bestRank);
    const second = byRatio ? compare<i32>(rank, bestRank) : compare<f64>(free, bestFree);
    // Who waits at priority 0 comes after all others.
    const third = compare<i32>(min(rank, 1), min(bestRank, 1));
    if (best >= 0 && (third < 0 || (third == 0 && (first < 0 || (first == 0 && second <= 0))))) {
      continue;
    }
    best = index;
    bestRank = rank;
    bestFree = free;
    reason = NONE;
  }
  return best < 0 ? null : firstReady(best, bestRank, by);
}

function compare<T>(a: T, b: T): i32 {
  return i32(a > b) - i32(a < b);
}

/** Cycles until the next tick of this processor. */
function leftOfTick(): u64 {
  const due = Timer.own.due;
  return due > me().time ? Time.own.paced(due - me().time) : 0;
}

/** Whether some partition leaves its budget to others. */
function isFreeTime(time: Time): bool {
  for (let index: u32 = 0; index < time.partitions; index++) {
    const partition = Partition.at(index);
    if (partition.budget != 0 && !partition.competes) return true;
  }
  return false;
}

/** What other processors run of a partition is used when their ticks tell: a tick each, meanwhile. */
function runningOn(time: Time, partition: Partition, index: u32): u64 {
  if (!isDefined(SHARED)) return 0;
  const occupant = Timer.own.occupant;
  const isOwn = occupant != 0 && Task.of(changetype<Record>(occupant)).payer == index;
  return time.paced(<u64>(partition.running - u32(isOwn)) * time.tick);
}

/** By what a partition may run whose best domain waits at a priority above 0. */
function standing(time: Time, partition: Partition, index: u32, rank: i32, left: u64): i32 {
  if (partition.hasBudget(left + runningOn(time, partition, index))) return BUDGET;
  if (!partition.mayRunCritical(time)) return NONE;
  return Task.of(firstAt(index, rank)).critical != 0 ? CRITICAL : NONE;
}

/** A scheduling decision: from here on the ready ring of this processor is who runs on it, or empty. */
export function decide(): void {
  const here = me();
  const timer = Timer.own;
  timer.decide = 0;
  charge(here, POINT_DECIDE);
  const head = here.ready;
  if (head != 0) queue(changetype<Record>(head), true);
  const next = choose();
  if (head != 0 && changetype<usize>(next) != head) {
    // It goes on with what is left of its slice.
    Task.of(changetype<Record>(head)).slice = here.sliceLeft;
    closeSlice(here);
    vacate(here, POINT_PREEMPT);
    here.ready = 0;
    if (isDefined(SHARED)) here.readyCount--;
    borrow(changetype<Record>(head));
  }
  if (!next) return;
  unqueue(next);
  const at = changetype<usize>(next);
  next.readyNext = next.readyPrevious = at;
  if (head != at) take(here, next);
  timer.critical = reason == CRITICAL ? 1 : 0;
}

/** A domain comes to the processor. */
function take(here: Processor, domain: Record): void {
  const task = Task.of(domain);
  if (isDefined(SHARED)) {
    // Nobody runs before he was ready.
    passTime(task.ready);
    domain.moveTo(here.index);
    here.readyCount++;
  }
  here.ready = changetype<usize>(domain);
  if (task.slice != 0) here.sliceLeft = task.slice;
  task.slice = 0;
}

/** Somebody is ready, or budgets are not what they were: one that rests decides anew, else all do. */
export function askAll(): void {
  if (!isDefined(SHARED)) {
    Timer.own.ask();
    return;
  }
  const idle = idleOne();
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (idle != 0 && index != idle) continue;
    Timer.of(other).ask();
    other.attention = true;
    if (index == idle) other.ring();
  }
}

function idleOne(): u32 {
  if (control.resting == 0) return 0;
  for (let index: u32 = 1; index <= control.processors; index++) {
    if (Processor.at(index).isIdle) return index;
  }
  return 0;
}
