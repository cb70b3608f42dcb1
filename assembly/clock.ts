// Clocks that billing can read: functions of the processor's true time, with the flaws of real ones. A
// reading is looked up first (`lookAt`, which changes nothing) and then kept, so that the host can ask what
// is not billed yet.
//
// A difference below 0, or one that so few ticks can't hold, is no difference: nothing is charged for it,
// it is counted, and time goes on from there.

import {
  CLOCK_COUNTDOWN,
  CLOCK_EXACT,
  FAULT_BACK,
  FAULT_JUMP,
  FAULT_NONE,
  FAULT_STOP,
  REPAIR_ADD,
  REPAIR_HOLD,
  REPAIR_PENDING,
} from "./time-layout";
import { Time, Timer } from "./timer";

/** What a reading was good for. */
export const SOUND = 0;
export const BACKWARDS = 1;
export const JUMPED = 2;

/** Of the reading that was looked up last: what to keep, and whether it can be right. */
let raw: u64 = 0;
let units: u64 = 0;
let dropped: u64 = 0;
let verdict: i32 = SOUND;

/** Beyond it a count can't be told from a negative one. */
const MOST: f64 = 9.2e18;

/**
 * Cycles since the kernel was made, as the clock says at a time. `whole`: nobody ran since the last
 * reading, and the ticks of that time had each read it.
 */
export function lookAt(timer: Timer, now: u64, whole: bool): u64 {
  const time = Time.own;
  verdict = SOUND;
  if (time.clock == CLOCK_EXACT) return now;
  if (time.clock == CLOCK_COUNTDOWN) lookAtCountdown(time, timer, now);
  else lookAtCounter(time, timer, now, whole);
  if (verdict == BACKWARDS) return timer.last;
  const cycles = inCycles(time, units);
  const ticks = timer.ticks - timer.readTicks + 2;
  if (cycles < timer.last) {
    verdict = BACKWARDS;
    return cycles;
  }
  if (cycles - timer.last > ticks * 2 * time.tick) {
    verdict = JUMPED;
    dropped = cycles - timer.last;
    return timer.last;
  }
  return cycles;
}

/** Keeps the reading that was looked up last; answers whether it was sound. */
export function keep(timer: Timer): i32 {
  const time = Time.own;
  if (time.clock == CLOCK_EXACT) return SOUND;
  timer.raw = raw;
  // The base of a countdown is the tick's business.
  if (verdict == SOUND && time.clock != CLOCK_COUNTDOWN) timer.units = units;
  if (verdict == BACKWARDS) timer.backwards++;
  else if (verdict == JUMPED) {
    timer.jumps++;
    timer.dropped += dropped;
  }
  return verdict;
}

/** A free-running counter so many bits wide: the difference to its last reading is added to the count. */
function lookAtCounter(time: Time, timer: Timer, now: u64, whole: bool): void {
  const mask: u64 = time.width == 64 ? u64.MAX_VALUE : ((<u64>1) << time.width) - 1;
  const count = countAt(time, now);
  raw = count & mask;
  let passed = (count - timer.raw) & mask;
  if (whole) passed = count - countAt(time, timer.readAt);
  // No counter counts half its range between two readings: it has gone back.
  if (passed > (whole ? u64.MAX_VALUE : mask) >> 1) verdict = BACKWARDS;
  units = timer.units + passed;
}

/** What a counter without end would have counted. */
function countAt(time: Time, now: u64): u64 {
  if (time.rate == 1 && time.drift == 0 && time.fault == FAULT_NONE) return now;
  const isFaulty = time.fault != FAULT_NONE && now >= time.faultAt;
  const cycles = <f64>(isFaulty && time.fault == FAULT_STOP ? time.faultAt : now);
  let count = cycles * time.rate * (1 + (cycles * time.drift) / 2);
  if (isFaulty) {
    const by = <f64>time.faultBy * time.rate;
    if (time.fault == FAULT_JUMP) count += by;
    else if (time.fault == FAULT_BACK) count -= by;
  }
  return <u64>(<i64>floor(max(-MOST, min(MOST, count))));
}

/**
 * A count emulated from a timer: the base, which moves when the interrupt of a tick is served, and what the
 * timer has counted since its reload. Between a reload and its service that is a load too little.
 */
function lookAtCountdown(time: Time, timer: Timer, now: u64): void {
  const load = loadOf(time);
  let phase = now - timer.ticks * time.tick;
  const isPending = phase >= time.tick;
  if (isPending) phase %= time.tick;
  units = timer.units + <u64>(<f64>phase * time.rate);
  if (time.repair == REPAIR_PENDING) {
    if (isPending) units += load;
  } else if (units < timer.raw) {
    if (time.repair == REPAIR_ADD) units += load;
    else if (time.repair == REPAIR_HOLD) units = timer.raw;
  }
  raw = units;
}

/** What the timer counts down from. */
export function loadOf(time: Time): u64 {
  return <u64>(<f64>time.tick * time.rate);
}

function inCycles(time: Time, count: u64): u64 {
  return time.scale == 1 ? count : <u64>(<f64>count * time.scale);
}

/** The least that the clock can tell, in cycles; from 1. */
export function grain(time: Time): u64 {
  return time.clock == CLOCK_EXACT || time.scale <= 1 ? 1 : <u64>ceil(time.scale);
}
