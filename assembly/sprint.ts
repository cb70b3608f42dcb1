// Whole slices in a row: what the dispatcher does most, in one loop. A domain is served here when its
// next slice is a whole quantum for which it has the cycles, of a burst that goes on after it; for
// everything else the main path (kernel.ts) is as good, and does the same.

import { control, count } from "./control";
import { emit, eventRoom } from "./event";
import { EVENT_SLICE, PROGRAM_BURSTS, STATISTIC_DISPATCHES, STATISTIC_SWITCHES } from "./layout";
import { Record } from "./record";
import { nextWake } from "./sleeper";

/**
 * Runs and bills such domains from the head of the ready queue on, `most` at the most; answers how many.
 * Nobody wakes meanwhile, `until` is not passed, and the events have room.
 */
export function sprint(until: u64, most: u32): u32 {
  if (control.sliceUsed != 0 || control.switchCost != 0) return 0;
  const quantum = control.quantum;
  const traced = control.traced != 0;
  let whole = <u32>min<u64>(most, slicesBefore(until, quantum));
  if (traced) whole = min(whole, eventRoom());
  let left = whole;
  let at = control.ready;
  while (left != 0) {
    const domain = changetype<Record>(at);
    // No flag: neither a trap to deliver, nor stale.
    if (domain.programKind != PROGRAM_BURSTS || domain.flags != 0) break;
    if (domain.amount < quantum || domain.burstLeft <= quantum) break;
    domain.burstLeft -= quantum;
    domain.amount -= quantum;
    domain.consumed += quantum;
    control.time += quantum;
    if (traced) emit(EVENT_SLICE, domain.node, null, 0, quantum);
    at = domain.readyNext;
    left--;
  }
  const slices = whole - left;
  control.ready = at;
  count(STATISTIC_DISPATCHES, slices);
  count(STATISTIC_SWITCHES, slices);
  return slices;
}

/** Whole slices that end by `until` and before the next sleeper wakes. */
function slicesBefore(until: u64, quantum: u64): u64 {
  const last = min<u64>(until, nextWake() - 1);
  return (last - control.time) / quantum;
}
