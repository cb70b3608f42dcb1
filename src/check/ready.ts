// The ready ring of each processor, and its inbox, the ring of what others have made ready for it
// (assembly/ready.ts).

import {
  CONTROL_QUANTUM,
  CONTROL_SWITCH_COST,
  RECORD_DOMAIN,
  RECORD_PROCESSOR,
  RECORD_READY_NEXT,
  RECORD_READY_PREVIOUS,
  RECORD_STATE,
  STATE_READY,
} from "../../assembly/layout.js";
import {
  PHASE_OUTSIDE,
  PROCESSOR_ATTENTION,
  PROCESSOR_INBOX,
  PROCESSOR_PHASE,
  PROCESSOR_READY,
  PROCESSOR_READY_COUNT,
  PROCESSOR_SLICE_LEFT,
  PROCESSOR_SLICE_USED,
} from "../../assembly/processor-layout.js";
import type { Store } from "./store.js";

/** Answers which domains, by record, are in a ring. */
export function checkReady(store: Store): Uint8Array {
  const seen = new Uint8Array(store.nodes);
  for (const index of store.runners) {
    checkSlice(store, index);
    const own = checkRing(store, index, PROCESSOR_READY, seen);
    if (store.isShared) checkInbox(store, index, own, seen);
  }
  return seen;
}

/** Whoever gives a domain to one that is outside wants it to come in; it knows how many it has. */
function checkInbox(store: Store, index: number, own: number, seen: Uint8Array): void {
  const { findings } = store;
  const name = `processor ${index}`;
  const given = checkRing(store, index, PROCESSOR_INBOX, seen);
  const isOutside = store.processor(index, PROCESSOR_PHASE) === PHASE_OUTSIDE;
  if (given !== 0 && isOutside && store.processor(index, PROCESSOR_ATTENTION) === 0) {
    findings.add("attention", `${name}, outside, ${given} given`, "not wanted", "wanted");
  }
  const noted = store.processor(index, PROCESSOR_READY_COUNT);
  const count = own + given;
  if (noted !== count) findings.add("ready count", name, noted, `${own} + ${given} given`);
}

/**
 * The slice of the head: what it has used, less the switch to it, and what is left are a quantum; or less,
 * where it runs for the rest of the slice of one who called it.
 */
function checkSlice(store: Store, index: number): void {
  const { findings } = store;
  const quantum = store.control(CONTROL_QUANTUM);
  const used = store.processor(index, PROCESSOR_SLICE_USED);
  const left = store.processor(index, PROCESSOR_SLICE_LEFT);
  const name = `processor ${index}`;
  const work = used + left - quantum;
  if (work > store.control(CONTROL_SWITCH_COST)) {
    findings.add("slice", name, `used ${used} + left ${left}`, `a quantum, ${quantum}, at most`);
  }
  if (store.processor(index, PROCESSOR_READY) === 0 && used !== 0) {
    findings.add("slice", `${name}, nobody ready`, `used ${used}`, 0);
  }
}

/** A ring: linked both ways, all in it ready, each once, of this processor. Answers its length. */
function checkRing(store: Store, index: number, where: number, seen: Uint8Array): number {
  const { findings } = store;
  const head = store.processor(index, where);
  const ring = `processor ${index}, ${where === PROCESSOR_INBOX ? "inbox" : "ring"}`;
  let previous = 0;
  let length = 0;
  for (let at = head; at !== 0; ) {
    const record = store.recordAt(at);
    if (record === 0 || store.recordKind(record) !== RECORD_DOMAIN) {
      findings.add("ready queue", ring, store.nameOf(at), "a domain");
      return length;
    }
    const name = store.nameOfRecord(record);
    if (seen[record]) {
      const after = previous === 0 ? "" : `, after ${store.nameOf(previous)}`;
      if (at === head && length > 0) checkLeft(store, at, previous);
      else findings.add("ready queue", `${ring}${after}`, `${name} again`, "the head, or another");
      return length;
    }
    seen[record] = 1;
    length++;
    const state = store.u8(at + RECORD_STATE);
    if (state !== STATE_READY) findings.add("ready queue", `${name}, state`, state, STATE_READY);
    const processor = store.u8(at + RECORD_PROCESSOR);
    if (processor !== index) findings.add("ready queue", `${name}, processor`, processor, index);
    if (previous !== 0) checkLeft(store, at, previous);
    previous = at;
    at = store.u32(at + RECORD_READY_NEXT);
    if (at === 0) findings.add("ready queue", `${name}, next`, "none", "the next of the ring");
  }
  return length;
}

function checkLeft(store: Store, at: number, previous: number): void {
  const found = store.u32(at + RECORD_READY_PREVIOUS);
  if (found === previous) return;
  const name = `${store.nameOf(at)}, previous`;
  store.findings.add("ready queue", name, store.nameOf(found), store.nameOf(previous));
}
