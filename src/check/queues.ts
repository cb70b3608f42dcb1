// Queues: the ready ring, the heap of sleepers (assembly/ready.ts, assembly/sleeper.ts).

import {
  CONTROL_EVENTS,
  CONTROL_PANIC,
  CONTROL_QUANTUM,
  CONTROL_SEQUENCE,
  CONTROL_SLEEPERS,
  CONTROL_SWITCH_COST,
  EVENT_CAPACITY,
  MAX_RUN,
  PROCESSOR_READY,
  PROCESSOR_SLICE_LEFT,
  PROCESSOR_SLICE_USED,
  RECORD_DOMAIN,
  RECORD_READY_NEXT,
  RECORD_READY_PREVIOUS,
  RECORD_STATE,
  SLEEPER_RECORD,
  SLEEPER_SEQUENCE,
  SLEEPER_SIZE,
  SLEEPER_TIME,
  STATE_READY,
  STATE_WAITING,
} from "../../assembly/layout.js";
import type { Store } from "./store.js";

/** Which domains, by record, are in the ready ring and in the heap of sleepers. */
export interface Queues {
  readonly ready: Uint8Array;
  readonly asleep: Uint8Array;
}

export function checkQueues(store: Store): Queues {
  checkControl(store);
  checkSlice(store);
  return { ready: checkReady(store), asleep: checkSleepers(store) };
}

/** A kernel that has panicked is not to be used further; the batch of events has an end. */
function checkControl(store: Store): void {
  const { findings } = store;
  const panic = store.control(CONTROL_PANIC);
  if (panic !== 0) findings.add("panic", "control block", panic, "0: none");
  const events = store.control(CONTROL_EVENTS);
  if (events > EVENT_CAPACITY) {
    findings.add("events", "control block", events, `at most ${EVENT_CAPACITY}`);
  }
}

/** The slice of the head: what it has used, less the switch to it, and what is left are a quantum. */
function checkSlice(store: Store): void {
  const { findings } = store;
  const quantum = store.control(CONTROL_QUANTUM);
  const used = store.processor(PROCESSOR_SLICE_USED);
  const left = store.processor(PROCESSOR_SLICE_LEFT);
  if (quantum < 1 || quantum > MAX_RUN) {
    findings.add("quantum", "control block", quantum, `1 to ${MAX_RUN}`);
  }
  const work = used + left - quantum;
  if (work < 0 || work > store.control(CONTROL_SWITCH_COST)) {
    findings.add("slice", "control block", `used ${used} + left ${left}`, `quantum ${quantum}`);
  }
  if (store.processor(PROCESSOR_READY) === 0 && used !== 0) {
    findings.add("slice", "control block, nobody ready", `used ${used}`, 0);
  }
}

/** The ready ring: linked both ways, all in it ready, each once. */
function checkReady(store: Store): Uint8Array {
  const { findings } = store;
  const seen = new Uint8Array(store.nodes);
  const head = store.processor(PROCESSOR_READY);
  let previous = 0;
  for (let at = head; at !== 0; ) {
    const record = store.recordAt(at);
    if (record === 0 || store.recordKind(record) !== RECORD_DOMAIN) {
      findings.add("ready queue", "ring", store.nameOf(at), "a domain");
      return seen;
    }
    const name = store.nameOfRecord(record);
    if (seen[record]) {
      if (at !== head) {
        findings.add("ready queue", `after ${store.nameOf(previous)}`, `${name} again`, "the head");
      } else checkLeft(store, at, previous);
      return seen;
    }
    seen[record] = 1;
    const state = store.u8(at + RECORD_STATE);
    if (state !== STATE_READY) findings.add("ready queue", `${name}, state`, state, STATE_READY);
    if (previous !== 0) checkLeft(store, at, previous);
    previous = at;
    at = store.u32(at + RECORD_READY_NEXT);
    if (at === 0) findings.add("ready queue", `${name}, next`, "none", "the next of the ring");
  }
  return seen;
}

function checkLeft(store: Store, at: number, previous: number): void {
  const found = store.u32(at + RECORD_READY_PREVIOUS);
  if (found === previous) return;
  const name = `${store.nameOf(at)}, previous`;
  store.findings.add("ready queue", name, store.nameOf(found), store.nameOf(previous));
}

/** The heap of sleepers: ordered by (time, sequence), each entry's place in its domain. */
function checkSleepers(store: Store): Uint8Array {
  const { findings } = store;
  const seen = new Uint8Array(store.nodes);
  const count = store.control(CONTROL_SLEEPERS);
  if (count >= store.nodes) {
    findings.add("sleepers", "count", count, `below ${store.nodes}`);
    return seen;
  }
  for (let place = 0; place < count; place++) {
    const at = store.sleeperBase + place * SLEEPER_SIZE;
    const address = store.u32(at + SLEEPER_RECORD);
    const record = store.recordAt(address);
    const where = `place ${place}`;
    if (record === 0 || store.recordKind(record) !== RECORD_DOMAIN) {
      findings.add("sleepers", where, store.nameOf(address), "a domain");
      continue;
    }
    const name = `${where}, ${store.nameOfRecord(record)}`;
    if (seen[record]) findings.add("sleepers", name, "twice in the heap", "once");
    seen[record] = 1;
    const state = store.u8(address + RECORD_STATE);
    if (state !== STATE_WAITING) findings.add("sleepers", `${name}, state`, state, STATE_WAITING);
    const noted = store.u32(address + RECORD_READY_PREVIOUS);
    if (noted !== place + 1) findings.add("sleepers", `${name}, place noted`, noted, place + 1);
    if (place > 0) checkOrder(store, place, (place - 1) >> 1);
  }
  return seen;
}

function checkOrder(store: Store, place: number, parent: number): void {
  const now = store.control(CONTROL_SEQUENCE);
  const keyOf = (where: number): [time: bigint, age: number] => {
    const at = store.sleeperBase + where * SLEEPER_SIZE;
    // Sequence numbers wrap: how long ago one was given tells the order.
    return [store.u64(at + SLEEPER_TIME), (now - store.u32(at + SLEEPER_SEQUENCE)) >>> 0];
  };
  const [time, age] = keyOf(place);
  const [above, aboveAge] = keyOf(parent);
  if (above < time || (above === time && aboveAge > age)) return;
  store.findings.add(
    "sleepers order",
    `place ${place}`,
    `time ${time}, ${age} ago, under time ${above}, ${aboveAge} ago`,
    "the earlier above",
  );
}
