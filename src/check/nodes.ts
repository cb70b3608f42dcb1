// Nodes and their free list, climbs and their locks, and the free lists of records (assembly/node.ts,
// assembly/climb.ts, assembly/record.ts).

import {
  CONTROL_FREE_NODE,
  CONTROL_FREE_RECORD,
  CONTROL_NEXT_RECORD,
  CONTROL_NODES_USED,
  MAX_ALLOCATION,
  MAX_CHAIN,
  NODE_ALLOCATED,
  NODE_ALLOCATION,
  NODE_FLAGS,
  NODE_LEFT,
  NODE_LOCK,
  NODE_RECORD,
  NODE_RETIRED,
  NODE_RIGHT,
  PREPCODE_DOMAIN,
  PREPCODE_METER,
  PREPCODE_NONE,
  PRIME_INDEX,
  PROCESSOR_CLIMB_LENGTH,
  PROCESSOR_FREE_RECORD,
  PROCESSOR_PATH,
  PROCESSOR_SIZE,
  PROCESSORS,
  RECORD_DOMAIN,
  RECORD_FREE,
  RECORD_METER,
  RECORD_NEXT,
} from "../../assembly/layout.js";
import type { Store } from "./store.js";

const RECORD_KINDS: ReadonlyMap<number, number> = new Map([
  [PREPCODE_DOMAIN, RECORD_DOMAIN],
  [PREPCODE_METER, RECORD_METER],
]);

/** Answers how many nodes are allocated. */
export function checkNodes(store: Store): number {
  const { findings } = store;
  const isFree = freeNodes(store);
  const holders = checkClimbs(store);
  let used = 0;
  for (let index = 1; index < store.nodes; index++) {
    const node = store.node(index);
    const flags = store.u8(node + NODE_FLAGS);
    const name = `node ${index}`;
    const allocation = store.u32(node + NODE_ALLOCATION);
    if (allocation > MAX_ALLOCATION) {
      findings.add("allocation", name, allocation, `at most ${MAX_ALLOCATION}`);
    }
    const lock = store.u8(node + NODE_LOCK);
    const holder = holders.get(node) ?? 0;
    if (lock !== holder) findings.add("lock", name, lock, holder);
    if (flags === NODE_ALLOCATED) {
      used++;
      if (isFree[index])
        findings.add("free nodes", name, "allocated", "free, as it is in the list");
      checkRole(store, index);
    } else {
      checkFree(store, index, flags, isFree[index] === 1);
    }
  }
  const count = store.control(CONTROL_NODES_USED);
  if (count !== used) findings.add("nodes used", "control block", count, used);
  if (!store.isAllocated(PRIME_INDEX)) findings.add("prime", "node 1", "free", "allocated");
  return used;
}

function checkFree(store: Store, index: number, flags: number, isListed: boolean): void {
  const { findings } = store;
  const node = store.node(index);
  const name = `node ${index}`;
  if (flags === NODE_RETIRED) {
    const allocation = store.u32(node + NODE_ALLOCATION);
    if (isListed) findings.add("free nodes", name, "retired", "free, as it is in the list");
    if (allocation !== MAX_ALLOCATION) {
      findings.add("retired", `${name}, allocation`, allocation, MAX_ALLOCATION);
    }
  } else if (flags !== 0) findings.add("flags", name, flags, "0, 1 or 2");
  else if (!isListed) findings.add("free nodes", name, "not in the list", "in it, as it is free");
  if (store.prepcode(index) !== PREPCODE_NONE) {
    findings.add("prepcode", name, store.prepcode(index), "0 in a node that is free");
  }
  for (const link of [NODE_RIGHT, NODE_LEFT]) {
    const to = store.u32(node + link);
    if (to !== 0 && to !== node) {
      findings.add("backchain", `${name}, header`, store.nameOf(to), "no keys to a free node");
    }
  }
}

/** A node is a domain's root or a prepared meter, with a record of that kind; or neither, without. */
function checkRole(store: Store, index: number): void {
  const { findings } = store;
  const name = `node ${index}`;
  const prepcode = store.prepcode(index);
  const address = store.u32(store.node(index) + NODE_RECORD);
  if (prepcode === PREPCODE_NONE) {
    if (address !== 0) findings.add("record", name, store.nameOf(address), "none, unprepared");
    return;
  }
  const expected = RECORD_KINDS.get(prepcode);
  if (expected === undefined) {
    findings.add("prepcode", name, prepcode, "0, 1 or 7");
    return;
  }
  const record = store.recordAt(address);
  if (record === 0) {
    findings.add("record", name, store.nameOf(address), "a record");
    return;
  }
  const kind = store.recordKind(record);
  if (kind !== expected) findings.add("record kind", name, kind, expected);
  if (store.nodeOf(record) !== index) {
    findings.add("record", `${name} record ${record}`, `node ${store.nodeOf(record)}`, name);
  }
}

function freeNodes(store: Store): Uint8Array {
  const { findings } = store;
  const seen = new Uint8Array(store.nodes);
  let index = store.control(CONTROL_FREE_NODE);
  while (index !== 0) {
    if (index >= store.nodes) {
      findings.add("free nodes", "list", `node ${index}`, `below ${store.nodes}`);
      break;
    }
    if (seen[index]) {
      findings.add("free nodes", `node ${index}`, "twice in the list", "once");
      break;
    }
    seen[index] = 1;
    index = store.u32(store.node(index) + NODE_RECORD);
  }
  return seen;
}

/** Who has locked which nodes on his way up a chain, index + 1 by address. */
function checkClimbs(store: Store): Map<number, number> {
  const holders = new Map<number, number>();
  for (const index of store.runners) {
    const block = PROCESSORS + index * PROCESSOR_SIZE;
    const length = store.processor(index, PROCESSOR_CLIMB_LENGTH);
    const name = `processor ${index}, climb`;
    if (length > MAX_CHAIN) {
      store.findings.add("climb", name, `${length} meters`, `at most ${MAX_CHAIN}`);
      continue;
    }
    for (let place = 0; place < length; place++) {
      const address = store.u32(block + PROCESSOR_PATH + 4 * place);
      const node = store.nodeAt(address);
      if (node === 0 || !store.isAllocated(node) || store.prepcode(node) !== PREPCODE_NONE) {
        store.findings.add("climb", name, store.nameOf(address), "a meter that is not prepared");
      } else holders.set(address, index + 1);
    }
  }
  return holders;
}

/** The free lists of records, of each processor and in common: just those that are free. */
export function checkFreeRecords(store: Store): void {
  const { findings } = store;
  const seen = new Uint8Array(store.nodes);
  checkFreeList(store, store.control(CONTROL_FREE_RECORD), seen);
  let end = store.nodes;
  if (store.isShared) {
    for (const index of store.runners) {
      checkFreeList(store, store.processor(index, PROCESSOR_FREE_RECORD), seen);
    }
    // From there on, pages belong to nobody yet.
    end = store.recordAt(store.control(CONTROL_NEXT_RECORD)) || store.nodes;
  }
  for (let record = 1; record < store.nodes; record++) {
    const isFree = store.recordKind(record) === RECORD_FREE;
    const isListed = seen[record] === 1 || record >= end;
    if (isFree === isListed) continue;
    const name = store.nameOfRecord(record);
    if (isFree) findings.add("free records", name, "not in the list", "in it, as it is free");
    else findings.add("free records", name, "in use", "free, as it is in the list");
  }
}

function checkFreeList(store: Store, first: number, seen: Uint8Array): void {
  const { findings } = store;
  for (let address = first; address !== 0; ) {
    const record = store.recordAt(address);
    if (record === 0) {
      findings.add("free records", "list", store.nameOf(address), "a record");
      return;
    }
    if (seen[record]) {
      findings.add("free records", `record ${record}`, "twice in the list", "once");
      return;
    }
    seen[record] = 1;
    address = store.u32(store.record(record) + RECORD_NEXT);
  }
}
