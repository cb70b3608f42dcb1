// Nodes, their roles and their free list (assembly/node.ts).

import {
  CONTROL_FREE_NODE,
  CONTROL_NODES_USED,
  MAX_ALLOCATION,
  NODE_ALLOCATION,
  NODE_FLAGS,
  NODE_LEFT,
  NODE_RECORD,
  NODE_RETIRED,
  NODE_RIGHT,
  PREPCODE_DOMAIN,
  PREPCODE_JOIN,
  PREPCODE_KEYS,
  PREPCODE_METER,
  PREPCODE_NONE,
  PREPCODE_PAGE,
  PREPCODE_SEGMENT,
  PREPCODE_WAIT,
  PRIME_INDEX,
  RECORD_DOMAIN,
  RECORD_METER,
} from "../../assembly/layout.js";
import type { Store } from "./store.js";

const RECORD_KINDS: ReadonlyMap<number, number> = new Map([
  [PREPCODE_DOMAIN, RECORD_DOMAIN],
  [PREPCODE_METER, RECORD_METER],
]);

/** Roles without a hot record. */
const PLAIN: ReadonlySet<number> = new Set([
  PREPCODE_NONE,
  PREPCODE_KEYS,
  PREPCODE_WAIT,
  PREPCODE_SEGMENT,
]);
/** Roles with a frame in its place: see frames.ts. */
const FRAMED: ReadonlySet<number> = new Set([PREPCODE_PAGE, PREPCODE_JOIN]);

/** Answers how many nodes are allocated. */
export function checkNodes(store: Store): number {
  const { findings } = store;
  const isFree = freeNodes(store);
  let used = 0;
  for (let index = 1; index < store.nodes; index++) {
    const node = store.node(index);
    const flags = store.u8(node + NODE_FLAGS);
    const name = `node ${index}`;
    const allocation = store.u32(node + NODE_ALLOCATION);
    if (allocation > MAX_ALLOCATION) {
      findings.add("allocation", name, allocation, `at most ${MAX_ALLOCATION}`);
    }
    if (store.isInUse(flags)) {
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

/** A domain's root and a prepared meter have a record of their kind; the others have none. */
function checkRole(store: Store, index: number): void {
  const { findings } = store;
  const name = `node ${index}`;
  const prepcode = store.prepcode(index);
  const address = store.u32(store.node(index) + NODE_RECORD);
  if (PLAIN.has(prepcode)) {
    if (address !== 0) findings.add("record", name, store.nameOf(address), "none, unprepared");
    return;
  }
  if (FRAMED.has(prepcode)) return;
  const expected = RECORD_KINDS.get(prepcode);
  if (expected === undefined) {
    findings.add("prepcode", name, prepcode, "0, 1 or 6 to 11");
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
