// What is different on the main path (kernel.ts, turn.ts) where time is kept: a run ends at what the timer is
// set for, and what it cost is known when the clock is read.

import { checkSpent, occupy } from "./billing";
import { REASON_LIMIT, REASON_RAN } from "./codes";
import { control } from "./control";
import { endSlice } from "./kernel";
import { me } from "./processor";
import { wanted } from "./program";
import { Record } from "./record";
import { nextWake } from "./sleeper";
import { PARTITIONED } from "./time-layout";
import { Time, Timer } from "./timer";
import { nextWorry } from "./worrier";

/** The head of the ready queue is about to run; its cache may be used up, as the clock says. */
export function beginRun(domain: Record): void {
  const here = me();
  const timer = Timer.of(here);
  if (timer.occupant != changetype<usize>(domain)) occupy(domain);
  if (here.time >= timer.spent) checkSpent();
}

/**
 * For how long the one that runs may: to the next tick, to when its cache must be used up, and to when
 * somebody wakes. An instruction that does not fit is not cut short.
 */
export function allowed(): u64 {
  const here = me();
  const timer = Timer.of(here);
  const now = here.time;
  const end = min(min(timer.due, timer.spent), min(nextWake(), nextWorry()));
  if (end <= now) return 0;
  const least = timer.least;
  timer.least = 0;
  return max<u64>(end - now, least);
}

/** The next instruction costs more than was left: it is late for what would have come before it. */
export function makeTime(until: u64): i32 {
  const here = me();
  if (here.sliceLeft < wanted) endSlice();
  else if (until - here.time < wanted) return REASON_LIMIT;
  else Timer.own.least = wanted;
  return REASON_RAN;
}

/** Whether somebody is ready who may not run: time passes until he may. */
export function isHeldUp(): bool {
  return (control.timed & PARTITIONED) != 0 && Time.own.queued != 0;
}

/** Nobody runs: when there may be something to do. Idle, a tick is served when it is due, or at once if it was. */
export function nextLook(): u64 {
  if (!isHeldUp()) return nextWake();
  const next = (Timer.own.ticks + 1) * Time.own.tick;
  return min(nextWake(), max(next, me().time));
}
