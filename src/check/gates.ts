// Gates (assembly/gate.ts, assembly/domain.ts): the general keys of a domain, who is stalled on whom, and
// the list of the worrier. What the kernel promises: nobody is stranded.

import {
  CONTROL_LAST_WORRIED,
  CONTROL_WORRIED,
  DOMAIN_KEYS_SLOT,
  HOOK_GATE,
  KEY_ALLOCATION,
  KEY_DATABYTE,
  KEY_SUBJECT,
  KIND_NODE,
  NODE_ALLOCATION,
  NODE_AWAITED,
  NODE_FLAGS,
  NODE_NEXT_WORRY,
  NODE_RECORD,
  NODE_WORRIED,
  PREPCODE_DOMAIN,
  PREPCODE_KEYS,
  PROGRAM_RISCV,
  RECORD_DOMAIN,
  RECORD_PROGRAM_KIND,
  RECORD_STATE,
  STATE_AVAILABLE,
  STATE_CALLING,
  STATE_ENDED,
} from "../../assembly/layout.js";
import type { Store } from "./store.js";

const HOOK_SLOT = 13;

export function checkGates(store: Store): void {
  const isWorried = checkWorries(store);
  checkGeneralKeys(store);
  for (let index = 1; index < store.nodes; index++) {
    if (store.isAllocated(index)) checkGate(store, index, isWorried);
  }
}

/** The record of a domain's root, or 0. */
function domainAt(store: Store, index: number): number {
  if (index === 0 || !store.isAllocated(index)) return 0;
  if (store.prepcode(index) !== PREPCODE_DOMAIN) return 0;
  const record = store.recordAt(store.u32(store.node(index) + NODE_RECORD));
  return record !== 0 && store.recordKind(record) === RECORD_DOMAIN ? store.record(record) : 0;
}

function stateOf(store: Store, record: number): number {
  return store.u8(record + RECORD_STATE);
}

/** The worrier's list: domains, each once, each flagged; answers who is on it. */
function checkWorries(store: Store): Uint8Array {
  const { findings } = store;
  const seen = new Uint8Array(store.nodes);
  let last = 0;
  for (let at = store.control(CONTROL_WORRIED); at !== 0; ) {
    const index = store.nodeAt(at);
    if (domainAt(store, index) === 0) {
      findings.add("worry list", "list", store.nameOf(at), "a domain");
      return seen;
    }
    if (seen[index]) {
      findings.add("worry list", `node ${index}`, "twice in the list", "once");
      return seen;
    }
    seen[index] = 1;
    if ((store.u8(at + NODE_FLAGS) & NODE_WORRIED) === 0) {
      findings.add("worry list", `node ${index}`, "not flagged", "flagged, as it is in the list");
    }
    last = at;
    at = store.u32(at + NODE_NEXT_WORRY);
  }
  const end = store.control(CONTROL_LAST_WORRIED);
  if (last !== 0 && end !== last) {
    findings.add("worry list", "last", store.nameOf(end), store.nameOf(last));
  }
  return seen;
}

/** Who has stallers is busy, or the worrier sees to them; only gates are awaited by the host. */
function checkGate(store: Store, index: number, isWorried: Uint8Array): void {
  const { findings } = store;
  const name = `node ${index}`;
  const flags = store.u8(store.node(index) + NODE_FLAGS);
  if ((flags & NODE_WORRIED) !== 0 && !isWorried[index]) {
    findings.add("worry list", name, "flagged", "in the list, as it is flagged");
  }
  const record = domainAt(store, index);
  if (record === 0) {
    if ((flags & NODE_AWAITED) !== 0) findings.add("flags", name, "awaited", "a domain");
    return;
  }
  const state = stateOf(store, record);
  const isMachine = store.u8(record + RECORD_PROGRAM_KIND) === PROGRAM_RISCV;
  if (!isMachine && (state === STATE_AVAILABLE || state === STATE_CALLING)) {
    findings.add("state", name, `state ${state}, without a machine`, "one that bursts have");
  }
  checkStalled(store, index, isWorried);
}

function checkStalled(store: Store, index: number, isWorried: Uint8Array): void {
  const { findings } = store;
  const hook = store.slot(index, HOOK_SLOT);
  if (!store.isHook(hook) || store.u8(hook + KEY_DATABYTE) !== HOOK_GATE) return;
  const name = `node ${index} slot ${HOOK_SLOT}`;
  const callee = store.nodeAt(store.u32(hook + KEY_SUBJECT));
  const record = domainAt(store, callee);
  if (record === 0) {
    findings.add("stall queue", name, `stalled on node ${callee}`, "on a domain");
    return;
  }
  if (callee === index) findings.add("stall queue", name, "stalled on itself", "on another");
  const state = stateOf(store, record);
  const isFree = state === STATE_AVAILABLE || state === STATE_ENDED;
  if (isFree && !isWorried[callee]) {
    const found = `node ${callee} in state ${state}, which nobody sees to`;
    findings.add("stall queue", name, found, "a busy domain, or the worrier's");
  }
}

/** A domain with a machine has one node of general keys, which slot 14 names and nothing else has. */
function checkGeneralKeys(store: Store): void {
  const { findings } = store;
  const owners = new Uint32Array(store.nodes);
  for (let index = 1; index < store.nodes; index++) {
    const record = domainAt(store, index);
    if (record === 0) continue;
    if (store.u8(record + RECORD_PROGRAM_KIND) !== PROGRAM_RISCV) continue;
    const name = `node ${index} slot ${DOMAIN_KEYS_SLOT}`;
    const keys = namedKeys(store, index);
    if (keys === 0) {
      // Where the domain has ended, so may they have.
      if (stateOf(store, record) === STATE_ENDED) continue;
      findings.add("general keys", name, "no node of keys", "a node key to one");
      continue;
    }
    const other = owners[keys]!;
    if (other !== 0) {
      findings.add(
        "general keys",
        name,
        `node ${keys}, those of node ${other}`,
        "a node of its own",
      );
    }
    owners[keys] = index;
  }
  for (let index = 1; index < store.nodes; index++) {
    if (!store.isAllocated(index) || store.prepcode(index) !== PREPCODE_KEYS) continue;
    if (owners[index] === 0) {
      findings.add("general keys", `node ${index}`, "of nobody", "those of a domain");
    }
  }
}

/** The node of keys that slot 14 of a domain names, or 0. */
function namedKeys(store: Store, index: number): number {
  const key = store.slot(index, DOMAIN_KEYS_SLOT);
  if (store.kind(key) !== KIND_NODE || store.isPrepared(key)) return 0;
  const keys = store.u32(key + KEY_SUBJECT);
  if (keys === 0 || keys >= store.nodes || !store.isAllocated(keys)) return 0;
  const allocation = store.u32(key + KEY_ALLOCATION);
  if (allocation !== store.u32(store.node(keys) + NODE_ALLOCATION)) return 0;
  return store.prepcode(keys) === PREPCODE_KEYS ? keys : 0;
}
