// Whole slices in a row: what the dispatcher does most, in one loop. A domain is served here when its
// next slice is a whole quantum for which it has the cycles, of a burst that goes on after it; for
// everything else the main path (kernel.ts) is as good, and does the same. Needs no lock: it stays
// with the ready queue and the domains on it.

import { control } from "./control";
import { emit, eventRoom } from "./event";
import {
  EVENT_SLICE,
  PROGRAM_BURSTS,
  RECORD_AMOUNT,
  RECORD_BURST_LEFT,
  RECORD_CONSUMED,
  RECORD_DOMAIN,
  RECORD_FLAGS,
  RECORD_KIND,
  RECORD_PROGRAM_KIND,
  RECORD_STATE,
  STATE_READY,
} from "./layout";
import { me } from "./processor";
import { PROCESSOR_ATTENTION, PROCESSOR_TIME } from "./processor-layout";
import { Record } from "./record";
import { nextWake } from "./sleeper";
import { nextWorry } from "./worrier";

/** How many slices may be run so: nobody wakes meanwhile, `until` is not passed, events have room. */
export function slicesAhead(until: u64, most: u32): u32 {
  const here = me();
  if ((here.sliceUsed | control.switchCost | control.timed) != 0) return 0;
  if (!isSmooth(changetype<Record>(here.ready), control.quantum)) return 0;
  // Who is due at the end of a slice queues before whose slice it is.
  const last = min<u64>(min<u64>(until, nextWake() - 1), nextWorry() - 1);
  if (last <= here.time) return 0;
  const whole = <u32>min<u64>(most, (last - here.time) / control.quantum);
  return control.traced ? min(whole, eventRoom()) : whole;
}

/** Kind, state, flags and program of a domain that is served here: nothing to deliver, not stale. */
const SMOOTH: u32 = RECORD_DOMAIN | (STATE_READY << 8) | (PROGRAM_BURSTS << 24);

/** Whether a domain's next slice can be run here. */
export function isSmooth(domain: Record, quantum: u32): bool {
  return (
    load<u32>(changetype<usize>(domain), RECORD_KIND) == SMOOTH &&
    domain.amount >= quantum &&
    domain.burstLeft > quantum
  );
}

/** Slices between two looks. */
const LOOKS: u32 = 16;

/**
 * Runs and bills such domains from the head of the ready queue on, `most` slices at the most, while
 * nobody wants this processor to come inside; answers how many.
 */
export function sprint(most: u32): u32 {
  const here = me();
  const quantum = control.quantum;
  const traced = control.traced != 0;
  // No domain runs twice between two looks.
  const looks: u32 = here.readyCount >= LOOKS ? LOOKS : 1;
  let left = most;
  let stop: u32 = isDefined(SHARED) ? most : 0;
  let at = here.ready;
  while (true) {
    if (left == stop) {
      if (left == 0) break;
      if (isDefined(SHARED)) {
        // A plain load, which is enough for a look: it need not be ordered with anything.
        if (load<u32>(changetype<usize>(here), PROCESSOR_ATTENTION)) break;
        stop = left > looks ? left - looks : 0;
      }
    }
    const domain = changetype<Record>(at);
    if (!isSmooth(domain, quantum)) break;
    // Stores in a row, without a call between: a worker that dies here has billed all or nothing.
    // What comes next is loaded before them, or its load would wait for their addresses.
    const next = domain.readyNext;
    const amount = domain.amount - quantum;
    const consumed = domain.consumed + quantum;
    const time = here.time + quantum;
    const burst = domain.burstLeft - quantum;
    store<u64>(at, amount, RECORD_AMOUNT);
    store<u64>(at, consumed, RECORD_CONSUMED);
    store<u64>(changetype<usize>(here), time, PROCESSOR_TIME);
    store<u32>(at, burst, RECORD_BURST_LEFT);
    if (traced) emit(EVENT_SLICE, domain.node, null, 0, quantum);
    at = next;
    left--;
  }
  here.ready = at;
  return most - left;
}

if (
  RECORD_STATE != RECORD_KIND + 1 ||
  RECORD_FLAGS != RECORD_KIND + 2 ||
  RECORD_PROGRAM_KIND != RECORD_KIND + 3
) {
  ERROR("what makes a domain smooth is not one word");
}
