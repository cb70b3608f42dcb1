// Queues: the ready rings (ready.ts here), and the heap of sleepers (assembly/sleeper.ts).

import {
  CONTROL_EVENTS,
  CONTROL_PANIC,
  CONTROL_QUANTUM,
  CONTROL_SEQUENCE,
  CONTROL_SLEEPERS,
  EVENT_CAPACITY,
  MAX_RUN,
  RECORD_DOMAIN,
  RECORD_READY_PREVIOUS,
  RECORD_STATE,
  SLEEPER_RECORD,
  SLEEPER_SEQUENCE,
  SLEEPER_SIZE,
  SLEEPER_TIME,
  STATE_WAITING,
} from "../../assembly/layout.js";
import { checkPartitions } from "./partitions.js";
import { checkReady } from "./ready.js";
import type { Store } from "./store.js";
import type { TimeStore } from "./time-store.js";

/** Which domains, by record, are in a ready ring or a queue of a partition, and in the heap of sleepers. */
export interface Queues {
  readonly ready: Uint8Array;
  readonly asleep: Uint8Array;
}

export function checkQueues(store: Store, time: TimeStore | undefined): Queues {
  checkControl(store);
  const ready = checkReady(store);
  if (time?.isPartitioned) {
    checkPartitions(time, ready).forEach((isQueued, record) => {
      if (isQueued) ready[record] = 1;
    });
  }
  return { ready, asleep: checkSleepers(store) };
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
  const quantum = store.control(CONTROL_QUANTUM);
  if (quantum < 1 || quantum > MAX_RUN) {
    findings.add("quantum", "control block", quantum, `1 to ${MAX_RUN}`);
  }
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
