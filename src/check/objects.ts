// Joins, wait objects and segments (assembly/join.ts, wait.ts, segment.ts). Pages are told with the frames.

import {
  JOIN_HOLDING,
  JOIN_LENGTH_SLOT,
  JOIN_ORDER_SLOT,
  JOIN_WAITER_SLOT,
  JOIN_WAITING,
  KEY_ALLOCATION,
  KEY_CALLS,
  KEY_CALLS_HIGH,
  KEY_LOW,
  KEY_SUBJECT,
  KIND_DATA,
  KIND_PAGE,
  KIND_RESUME,
  KIND_SEGMENT,
  MAX_SEGMENT_LEVEL,
  MAX_STRING,
  NODE_ALLOCATION,
  NODE_CALLS,
  NODE_CALLS_HIGH,
  NODE_DUE,
  NODE_PARTNER,
  NODE_RECORD,
  PREPCODE_DOMAIN,
  PREPCODE_JOIN,
  PREPCODE_PAGE,
  PREPCODE_SEGMENT,
  PREPCODE_WAIT,
  RECORD_READY_PREVIOUS,
  RECORD_STATE,
  SLEEPER_SIZE,
  SLEEPER_TIME,
  SLOTS,
  STATE_CALLING,
} from "../../assembly/layout.js";
import type { Store } from "./store.js";

export function checkObjects(store: Store): void {
  for (let index = 1; index < store.nodes; index++) {
    if (!store.isAllocated(index)) continue;
    const prepcode = store.prepcode(index);
    if (prepcode === PREPCODE_JOIN) checkJoin(store, index);
    else if (prepcode === PREPCODE_WAIT) checkWait(store, index);
    else if (prepcode === PREPCODE_SEGMENT) checkSegment(store, index);
  }
}

/** It awaits nothing, or a message, or holds one; somebody waits only for one that is awaited. */
function checkJoin(store: Store, index: number): void {
  const { findings } = store;
  const name = `node ${index}`;
  const does = store.u32(store.node(index) + NODE_PARTNER);
  if (does > JOIN_HOLDING) findings.add("join", name, does, `0 to ${JOIN_HOLDING}`);
  for (const slot of [JOIN_ORDER_SLOT, JOIN_LENGTH_SLOT]) {
    const kind = store.kind(store.slot(index, slot));
    if (kind !== KIND_DATA) findings.add("join", `${name} slot ${slot}`, `kind ${kind}`, "data");
  }
  const length = store.u64(store.slot(index, JOIN_LENGTH_SLOT) + KEY_LOW);
  if (does === JOIN_HOLDING && length > BigInt(MAX_STRING)) {
    findings.add("join", `${name}, length`, length, `at most ${MAX_STRING}`);
  }
  const waiter = store.slot(index, JOIN_WAITER_SLOT);
  if (does !== JOIN_WAITING && isAwaited(store, waiter)) {
    findings.add("join", `${name} slot ${JOIN_WAITER_SLOT}`, "somebody who waits", "nobody");
  }
}

/** Whether a resume key is one that its domain still waits for. */
function isAwaited(store: Store, key: number): boolean {
  if (store.kind(key) !== KIND_RESUME) return false;
  const index = store.u32(key + KEY_SUBJECT);
  if (index === 0 || index >= store.nodes || !store.isAllocated(index)) return false;
  const node = store.node(index);
  if (store.u32(key + KEY_ALLOCATION) !== store.u32(node + NODE_ALLOCATION)) return false;
  if (store.u32(key + KEY_CALLS) !== store.u32(node + NODE_CALLS)) return false;
  if (store.u16(key + KEY_CALLS_HIGH) !== store.u16(node + NODE_CALLS_HIGH)) return false;
  if (store.prepcode(index) !== PREPCODE_DOMAIN) return false;
  const record = store.u32(node + NODE_RECORD);
  return store.recordAt(record) !== 0 && store.u8(record + RECORD_STATE) === STATE_CALLING;
}

/** Who waits there sleeps until its time. */
function checkWait(store: Store, index: number): void {
  const { findings } = store;
  const waiter = store.nodeAt(store.u32(store.node(index) + NODE_PARTNER));
  if (waiter === 0 || store.prepcode(waiter) !== PREPCODE_DOMAIN) return; // told with the partners
  const record = store.u32(store.node(waiter) + NODE_RECORD);
  if (store.recordAt(record) === 0) return;
  const place = store.u32(record + RECORD_READY_PREVIOUS);
  if (place < 1 || place >= store.nodes) return; // told with the states
  const found = store.u64(store.sleeperBase + (place - 1) * SLEEPER_SIZE + SLEEPER_TIME);
  const due = store.u64(store.node(index) + NODE_DUE);
  if (found !== due) {
    findings.add("wait", `node ${index}, node ${waiter} asleep`, `until ${found}`, `until ${due}`);
  }
}

/** Slots are empty, or hold pages and segments of lower levels, so that no tree leads back to itself. */
function checkSegment(store: Store, index: number): void {
  const { findings } = store;
  const name = `node ${index}`;
  const level = store.u32(store.node(index) + NODE_PARTNER);
  if (level < 1 || level > MAX_SEGMENT_LEVEL) {
    findings.add("segment", `${name}, level`, level, `1 to ${MAX_SEGMENT_LEVEL}`);
  }
  for (let slot = 0; slot < SLOTS; slot++) {
    const key = store.slot(index, slot);
    const where = `${name} slot ${slot}`;
    const kind = store.kind(key);
    if (kind === KIND_DATA) continue;
    if (kind !== KIND_PAGE && kind !== KIND_SEGMENT) {
      findings.add("segment", where, `kind ${kind}`, "a page, a segment or DK(0)");
      continue;
    }
    const to = store.u32(key + KEY_SUBJECT);
    if (to === 0 || to >= store.nodes || !store.isAllocated(to)) continue;
    if (store.u32(key + KEY_ALLOCATION) !== store.u32(store.node(to) + NODE_ALLOCATION)) continue;
    const prepcode = store.prepcode(to);
    if (prepcode !== (kind === KIND_PAGE ? PREPCODE_PAGE : PREPCODE_SEGMENT)) {
      findings.add("segment", where, `kind ${kind} to prepcode ${prepcode}`, "what its kind says");
    } else if (kind === KIND_SEGMENT && store.u32(store.node(to) + NODE_PARTNER) >= level) {
      findings.add("segment", where, `node ${to} of no lower level`, `one below ${level}`);
    }
  }
}
