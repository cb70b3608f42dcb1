// Whole slices in a row: what the dispatcher does most, in one loop. A domain is served here when its
// next slice is a whole quantum for which it has the cycles, of a burst that goes on after it; for
// everything else the main path (kernel.ts) is as good, and does the same. Needs no lock: it stays
// with the ready queue and the domains on it.

import { control } from "./control";
import { emit, eventRoom } from "./event";
import { EVENT_SLICE, PROGRAM_BURSTS } from "./layout";
import { me } from "./processor";
import { Record } from "./record";
import { nextWake } from "./sleeper";

/** How many slices may be run so: nobody wakes meanwhile, `until` is not passed, events have room. */
export function slicesAhead(until: u64, most: u32): u32 {
  const here = me();
  if (here.sliceUsed != 0 || control.switchCost != 0) return 0;
  const last = min<u64>(until, nextWake() - 1);
  const whole = <u32>min<u64>(most, (last - here.time) / control.quantum);
  return control.traced ? min(whole, eventRoom()) : whole;
}

/** Whether a domain's next slice can be run here. No flag: nothing to deliver, and not stale. */
export function isSmooth(domain: Record): bool {
  const quantum = control.quantum;
  return (
    domain.programKind == PROGRAM_BURSTS &&
    domain.flags == 0 &&
    domain.amount >= quantum &&
    domain.burstLeft > quantum
  );
}

/**
 * Runs and bills such domains from the head of the ready queue on, `most` slices at the most, while
 * nobody wants this processor to come inside; answers how many.
 */
export function sprint(most: u32): u32 {
  const here = me();
  const quantum = control.quantum;
  const traced = control.traced != 0;
  let left = most;
  let at = here.ready;
  while (left != 0) {
    if (isDefined(SHARED)) if (here.attention) break;
    const domain = changetype<Record>(at);
    if (!isSmooth(domain)) break;
    domain.burstLeft -= quantum;
    domain.amount -= quantum;
    domain.consumed += quantum;
    here.time += quantum;
    if (traced) emit(EVENT_SLICE, domain.node, null, 0, quantum);
    at = domain.readyNext;
    left--;
  }
  here.ready = at;
  return most - left;
}
