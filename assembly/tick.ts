// Ticks: the interrupts of a processor's timer. While somebody runs a tick is served up to `masked` cycles
// late, for interrupts may be masked, and of those that come meanwhile only one is seen. Serving it bills who
// runs, turns the window, looks for bankrupt partitions, and asks for a decision.

import { charge, pause, pay, sample, unpause } from "./billing";
import { decide } from "./choice";
import { loadOf } from "./clock";
import { control } from "./control";
import { emit } from "./event";
import { EVENT_BANKRUPT } from "./layout";
import { Partition } from "./partition";
import { actAs, askHost, me, Processor } from "./processor";
import { PHASE_RESTING, REST_AHEAD } from "./processor-layout";
import { passTime } from "./ready";
import {
  BANKRUPT_CANCEL,
  BANKRUPT_NOTIFY,
  BANKRUPT_STOP,
  BY_TICK,
  CLOCK_COUNTDOWN,
  CLOCK_EXACT,
  FAULT_NONE,
  PARTITIONED,
  POINT_TICK,
} from "./time-layout";
import { Time, Timer } from "./timer";
import { rotate } from "./window";

/** Once in a pass: a tick that is due, and a decision that is. */
export function keepTime(): void {
  const here = me();
  const timer = Timer.own;
  if (here.time >= timer.due) {
    serve(here, timer);
    if (isDefined(SHARED)) pullAlong(here);
  }
  if ((control.timed & PARTITIONED) == 0) return;
  // With nobody ready there is nothing to decide: a step that ends in idle time must not read the clock (R15).
  if (timer.decide != 0 && (here.ready != 0 || Time.own.queued != 0)) decide();
}

/** The tick that is due, for whoever runs. */
export function serveTick(): void {
  serve(me(), Timer.own);
}

/** Somebody runs, or is about to: the interrupt is served now. */
function serve(here: Processor, timer: Timer): void {
  const time = Time.own;
  const ticks = here.time / time.tick - timer.ticks;
  timer.missed += ticks - 1;
  // A handler that sees one interrupt counts one load.
  if (time.clock == CLOCK_COUNTDOWN) timer.units += loadOf(time);
  advance(timer, ticks);
  if (time.by == BY_TICK) pay(timer, sampled(here, timer), ticks * time.tick);
  else charge(here, POINT_TICK);
  if ((control.timed & PARTITIONED) == 0) return;
  setPace(timer);
  turn(timer, ticks);
}

/** Who runs at a tick; of two who change places just then it is the one that ran. */
function sampled(here: Processor, timer: Timer): usize {
  const isLeaving = timer.party != 0 && timer.readAt == here.time;
  return isLeaving ? timer.party : timer.occupant;
}

/**
 * A processor's clock goes on to a time, and nobody runs there meanwhile: its ticks are all served when they
 * are due. Readings while nobody runs take nobody's time.
 */
export function tickIdly(here: Processor, to: u64): void {
  const timer = Timer.of(here);
  const occupant = pause(here);
  here.time = to;
  const time = Time.own;
  const ticks = to / time.tick - timer.ticks;
  if (ticks != 0) {
    let left = ticks;
    while (left != 0) {
      const some = alike(time, timer, left);
      left -= some;
      if (time.clock == CLOCK_COUNTDOWN) timer.units += some * loadOf(time);
      advance(timer, some);
      readIdly(timer, some);
    }
    if ((control.timed & PARTITIONED) != 0) turn(timer, ticks);
  }
  if (occupant != 0) unpause(here, occupant);
}

/** How many of the next ticks can be read at once, for between them a reading says as much as many. */
function alike(time: Time, timer: Timer, left: u64): u64 {
  if (time.by == BY_TICK || ((time.points >> POINT_TICK) & 1) == 0) return left;
  // Whose time is not billed yet pays up to the first of them.
  if (timer.party != 0) return 1;
  if (time.fault == FAULT_NONE) return left;
  // The last tick that finds it well; the next one sees what has happened, alone.
  const well = (max<u64>(time.faultAt, 1) - 1) / time.tick;
  if (timer.ticks > well) return left;
  return timer.ticks < well ? min(left, well - timer.ticks) : 1;
}

function readIdly(timer: Timer, ticks: u64): void {
  const time = Time.own;
  if (time.by == BY_TICK) {
    pay(timer, 0, ticks * time.tick);
    return;
  }
  const at = timer.ticks * time.tick;
  // A reading that took its time may have gone beyond the tick.
  if (((time.points >> POINT_TICK) & 1) == 0 || at <= timer.readAt) return;
  // Nor is a tick read that was due before the last reading.
  timer.reads += min(ticks, timer.ticks - timer.readAt / time.tick) - 1;
  sample(timer, at, true);
}

function advance(timer: Timer, ticks: u64): void {
  const time = Time.own;
  timer.ticks += ticks;
  timer.due = (timer.ticks + 1) * time.tick;
  if (time.masked != 0) timer.due += mix(<u32>timer.ticks) % (time.masked + 1);
}

/** For how long interrupts are masked at a tick: spread evenly, the same in every run. */
function mix(number: u32): u32 {
  let x = number * 0x9e3779b1;
  x ^= x >>> 15;
  x *= 0x85ebca77;
  return x ^ (x >>> 13);
}

/** The window turns, and with it who has budget. What was overdrawn shows at the first tick. */
function turn(timer: Timer, ticks: u64): void {
  rotate(timer, 1);
  judgeAll();
  if (ticks != 1) {
    rotate(timer, ticks - 1);
    judgeAll();
  }
  timer.ask();
}

/** Less than this changes nothing that counts. */
const PACE_GRAIN: f64 = 1e-5;
/** Ticks after which a clock has shown how fast it counts, and by how much it may be wrong. */
const PACE_TICKS: u64 = 10;
const PACE_LEAST: f64 = 0.25;
const PACE_MOST: f64 = 4;

/**
 * Budgets are of cycles as the clock counts them: by how many it has counted up to its last reading. Not at idle
 * ticks, of which many are one (R15).
 */
function setPace(timer: Timer): void {
  const time = Time.own;
  if (time.clock == CLOCK_EXACT || time.by == BY_TICK || timer.ticks < PACE_TICKS) return;
  const counted = <f64>timer.last / <f64>max<u64>(timer.readAt, 1);
  const pace = max(PACE_LEAST, min(PACE_MOST, counted));
  if (abs(pace - time.pace) < PACE_GRAIN) return;
  time.pace = pace;
  for (let index: u32 = 0; index < time.partitions; index++) {
    Partition.at(index).grant(Partition.at(index).budget);
  }
}

function judgeAll(): void {
  const time = Time.own;
  for (let index: u32 = 0; index < time.partitions; index++) judge(time, Partition.at(index));
}

/** Bankruptcy (A.4): from a critical budget overdrawn until the window is within the other budget. */
function judge(time: Time, partition: Partition): void {
  if (partition.bankrupt != 0) {
    if (partition.used <= partition.share) partition.bankrupt = 0;
    return;
  }
  if (partition.isSystem || partition.critical == 0) return;
  if (partition.criticalUsed <= time.paced(partition.critical)) return;
  partition.bankrupt = 1;
  partition.bankruptcies++;
  const policy = time.bankrupt;
  if (policy == BANKRUPT_CANCEL) partition.critical = 0;
  else if (policy == BANKRUPT_STOP || (policy == BANKRUPT_NOTIFY && partition.bankruptcies == 1)) {
    emit(EVENT_BANKRUPT, null, null, partition.index, partition.criticalUsed);
    control.asked = 1;
    askHost();
  }
}

/** Ticks that one processor may be ahead of another that runs; half of them when it goes on. */
const LEAD: u64 = 4;

/**
 * Partitions share all processors, so their times must not lie far apart: what each has used is of times, and
 * who was put back by one that is ahead is ready for the other only then.
 */
export function isAhead(here: Processor): bool {
  if ((control.timed & PARTITIONED) == 0) return false;
  const most = LEAD * Time.own.tick;
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (other.phase != PHASE_RESTING && other.time + most < here.time) return true;
  }
  return false;
}

/** Those that wait for others, up to a time, look again. */
export function ringAhead(until: u64 = u64.MAX_VALUE): void {
  if ((control.timed & PARTITIONED) == 0) return;
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (other.phase == PHASE_RESTING && other.rest == REST_AHEAD && other.time <= until) {
      other.ring();
    }
  }
}

/** Those that rest and are behind have been idle: what they used long ago leaves their windows, too. */
function pullAlong(here: Processor): void {
  if ((control.timed & PARTITIONED) == 0) return;
  ringAhead(here.time + (LEAD >> 1) * Time.own.tick);
  const time = here.time;
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (!other.isIdle) continue;
    if (other.time < time) {
      actAs(other);
      passTime(time);
      actAs(here);
    }
    // There may be budget for somebody again.
    if (Time.own.queued != 0) {
      Timer.of(other).ask();
      other.ring();
    }
  }
}
