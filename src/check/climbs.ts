// Climbs, and the locks that they hold (assembly/climb.ts): a node is locked just while it stands in
// the path of its holder's climb, and is not prepared then.

import {
  KEY_SUBJECT,
  KIND_METER,
  LOCK_PREPARING,
  MAX_CHAIN,
  NODE_LOCK,
  NODE_REASON,
  PREPCODE_NONE,
  RECORD_DOMAIN,
} from "../../assembly/layout.js";
import {
  PHASE_CLIMBING,
  PHASE_INSIDE,
  PROCESSOR_CLIMB_KEY,
  PROCESSOR_CLIMB_LENGTH,
  PROCESSOR_CLIMBER,
  PROCESSOR_PATH,
  PROCESSOR_PHASE,
  PROCESSOR_READY,
} from "../../assembly/processor-layout.js";
import type { Store } from "./store.js";

const SUPERIOR_SLOT = 1;

export function checkClimbs(store: Store): void {
  const { findings } = store;
  /** Index + 1 of who has locked each node, by the paths. */
  const holders = new Uint8Array(store.nodes);
  for (let index = 0; index <= store.processors; index++) checkClimb(store, index, holders);
  for (let index = 1; index < store.nodes; index++) {
    const node = store.node(index);
    const name = `node ${index}`;
    const lock = store.u8(node + NODE_LOCK);
    const holder = holders[index]!;
    if (lock !== holder) findings.add("lock", name, heldBy(lock), heldBy(holder));
    const reason = store.u8(node + NODE_REASON);
    const why = lock === 0 ? 0 : LOCK_PREPARING;
    if (reason !== why) findings.add("lock", `${name}, reason`, reason, why);
    if (lock !== 0 && store.prepcode(index) !== PREPCODE_NONE) {
      findings.add("lock", name, `held, with prepcode ${store.prepcode(index)}`, "no role yet");
    }
  }
}

function heldBy(lock: number): string {
  return lock === 0 ? "held by nobody" : `held by participant ${lock - 1}`;
}

/** Who climbs is the head of its processor's ring; the path is what the keys in slot 1 lead through. */
function checkClimb(store: Store, index: number, holders: Uint8Array): void {
  const { findings } = store;
  const name = `processor ${index}`;
  const length = store.processor(index, PROCESSOR_CLIMB_LENGTH);
  const climber = store.processor(index, PROCESSOR_CLIMBER);
  if (climber === 0) {
    if (length !== 0) findings.add("climb", `${name}, path without a climber`, length, 0);
    return;
  }
  const head = store.processor(index, PROCESSOR_READY);
  const record = store.recordAt(climber);
  if (climber !== head || record === 0 || store.recordKind(record) !== RECORD_DOMAIN) {
    findings.add(
      "climb",
      `${name}, climber`,
      store.nameOf(climber),
      `${store.nameOf(head)}, ready`,
    );
    return;
  }
  const phase = store.processor(index, PROCESSOR_PHASE);
  if (phase !== PHASE_CLIMBING && phase !== PHASE_INSIDE) {
    findings.add("climb", `${name}, phase`, phase, `${PHASE_CLIMBING} or ${PHASE_INSIDE}`);
  }
  if (length > MAX_CHAIN) {
    findings.add("climb", `${name}, path`, `${length} meters`, `at most ${MAX_CHAIN}`);
    return;
  }
  const key = checkPath(store, index, store.nodeOf(record), holders);
  const next = store.processor(index, PROCESSOR_CLIMB_KEY);
  if (key !== 0 && next !== key) {
    findings.add("climb", `${name}, next key`, store.nameOf(next), store.nameOf(key));
  }
}

/** Answers the key in slot 1 of the uppermost node of the path, or 0 where the path is none. */
function checkPath(store: Store, index: number, domain: number, holders: Uint8Array): number {
  const { findings } = store;
  const length = store.processor(index, PROCESSOR_CLIMB_LENGTH);
  let at = domain;
  if (at !== 0 && store.isInvolved(store.slot(at, SUPERIOR_SLOT))) {
    findings.add("climb", `processor ${index}, climber`, `node ${at}, with a chain`, "without one");
  }
  for (let place = 0; place < length && at !== 0; place++) {
    const key = store.slot(at, SUPERIOR_SLOT);
    const address = store.processor(index, PROCESSOR_PATH + 4 * place);
    const name = `processor ${index}, path ${place}`;
    const node = store.nodeAt(address);
    const isNamed = store.isPrepared(key) && store.kind(key) === KIND_METER;
    if (node === 0 || !isNamed || store.u32(key + KEY_SUBJECT) !== address) {
      findings.add("climb", name, store.nameOf(address), `the node in slot 1 of node ${at}`);
    }
    if (node !== 0 && holders[node] !== 0) {
      findings.add("climb", name, `node ${node} again`, "one that nobody has locked");
    }
    if (node !== 0) holders[node] = index + 1;
    at = node;
  }
  return at === 0 ? 0 : store.slot(at, SUPERIOR_SLOT);
}
