// What stands in the slots: kinds, names, involvement, and the format of meters (assembly/key.ts;
// keykos-meters §2.2). The tables are written out again here, so that an error in the kernel's shows.

import {
  CONTROL,
  CONTROL_REGISTERS,
  KEY_ALLOCATION,
  KEY_CALLS,
  KEY_CALLS_HIGH,
  KEY_DATABYTE,
  KEY_HIGH,
  KEY_INVOLVED,
  KEY_INVOLVED_R,
  KEY_INVOLVED_W,
  KEY_KIND,
  KEY_LOW,
  KEY_SIZE,
  KEY_SUBJECT,
  KEY_TYPE,
  KIND_DATA,
  KIND_DOMAIN,
  KIND_FETCH,
  KIND_HOOK,
  KIND_HOST,
  KIND_METER,
  KIND_MISC,
  KIND_NODE,
  KIND_PAGE,
  KIND_RESUME,
  KIND_SEGMENT,
  KIND_SENSE,
  KIND_START,
  MISC_CLOCK,
  MISC_DISCRIM,
  NODE_ALLOCATION,
  NODE_CALLS,
  NODE_CALLS_HIGH,
  NODE_FLAGS,
  NODE_RECORD,
  PREPCODE_DOMAIN,
  PREPCODE_JOIN,
  PREPCODE_METER,
  PRIME_INDEX,
  RECORD_SUPERIOR,
  RESUME_FAULT,
  SLOTS,
} from "../../assembly/layout.js";
import type { Store } from "./store.js";

/** Kinds that name a node. */
const NAMING: ReadonlySet<number> = new Set([
  KIND_SEGMENT,
  KIND_NODE,
  KIND_METER,
  KIND_FETCH,
  KIND_START,
  KIND_RESUME,
  KIND_DOMAIN,
  KIND_PAGE,
  KIND_HOOK,
  KIND_SENSE,
]);

/** What the slots of a meter hold and how they are involved: d data, 0 DK(0), m meter key, - any. */
const METER_KINDS = "0m-dddd0d-ddd--d";
const METER_INVOLVED = "ww-rrrrww-rrr--w";

const INVOLVEMENT: Readonly<Record<string, number>> = {
  "-": 0,
  w: KEY_INVOLVED_W,
  r: KEY_INVOLVED_R | KEY_INVOLVED_W,
};

const HOOK_SLOT = 13;
const TRAP_SLOT = 5;
const REGISTERS = 8;

export function checkKeys(store: Store): void {
  const { findings } = store;
  for (let index = 1; index < store.nodes; index++) {
    const isAllocated = store.isAllocated(index);
    for (let slot = 0; slot < SLOTS; slot++) {
      const key = store.slot(index, slot);
      if (isAllocated) checkKey(store, index, slot, key);
      else if (store.isPrepared(key)) {
        findings.add(
          "prepared",
          `node ${index} slot ${slot}`,
          "a prepared key",
          "none: it is free",
        );
      }
    }
    if (isAllocated && store.prepcode(index) === PREPCODE_METER) checkFormat(store, index);
  }
  for (let number = 0; number < REGISTERS; number++) {
    const type = store.u8(CONTROL + CONTROL_REGISTERS + number * KEY_SIZE + KEY_TYPE);
    if (type !== (type & KEY_KIND)) {
      findings.add("registers", `register ${number}, type`, type, "an unprepared key");
    }
  }
}

function checkKey(store: Store, index: number, slot: number, key: number): void {
  const { findings } = store;
  const name = `node ${index} slot ${slot}`;
  const kind = store.kind(key);
  const involved = store.u8(key + KEY_TYPE) & KEY_INVOLVED;
  const expected = involvement(store, index, slot, key);
  if (involved !== expected) {
    findings.add("involved", name, involvedName(involved), involvedName(expected));
  }
  if (kind === KIND_HOOK) checkHook(store, index, slot, key);
  else if (store.prepcode(index) === PREPCODE_DOMAIN && slot === HOOK_SLOT) {
    if (store.u64(key) !== 0n || store.u64(key + 8) !== 0n) {
      findings.add("hook", name, `a key of kind ${kind}`, "a hook or DK(0)");
    }
  } else if (store.prepcode(index) === PREPCODE_DOMAIN && slot === TRAP_SLOT) {
    if (kind !== KIND_DATA) findings.add("trap", name, `a key of kind ${kind}`, "a data key");
  }
  if (kind === KIND_RESUME) checkResume(store, name, key);
  if (NAMING.has(kind)) checkDesignation(store, index, slot, key);
  else {
    if (kind === KIND_MISC) checkMisc(store, name, key);
    else if (kind !== KIND_DATA && kind !== KIND_HOST) {
      findings.add("kind", name, kind, "a known one");
    }
    if (store.isPrepared(key)) {
      findings.add("prepared", name, `kind ${kind} prepared`, "a kind that names a node");
    }
  }
}

/** Never prepared, of a known kind, to what can wait; no call that is still to come. */
function checkResume(store: Store, name: string, key: number): void {
  const { findings } = store;
  const databyte = store.u8(key + KEY_DATABYTE);
  if (databyte > RESUME_FAULT) findings.add("resume", `${name}, databyte`, databyte, "0 to 2");
  if (store.isPrepared(key)) {
    findings.add("resume", name, "prepared", "unprepared, as all of them are");
    return;
  }
  const index = store.u32(key + KEY_SUBJECT);
  if (index === 0 || index >= store.nodes || !store.isAllocated(index)) return;
  const node = store.node(index);
  if (store.u32(key + KEY_ALLOCATION) !== store.u32(node + NODE_ALLOCATION)) return;
  const prepcode = store.prepcode(index);
  if (prepcode !== PREPCODE_DOMAIN && prepcode !== PREPCODE_JOIN) {
    findings.add("resume", name, `to node ${index}, prepcode ${prepcode}`, "to a domain or a join");
    return;
  }
  const call = store.u16(key + KEY_CALLS_HIGH) * 2 ** 32 + store.u32(key + KEY_CALLS);
  const calls = store.u16(node + NODE_CALLS_HIGH) * 2 ** 32 + store.u32(node + NODE_CALLS);
  if (call > calls) findings.add("resume", `${name}, call`, call, `at most ${calls}`);
}

function checkMisc(store: Store, name: string, key: number): void {
  const databyte = store.u8(key + KEY_DATABYTE);
  if (databyte >= MISC_CLOCK && databyte <= MISC_DISCRIM) return;
  store.findings.add("misc", `${name}, databyte`, databyte, `${MISC_CLOCK} to ${MISC_DISCRIM}`);
}

/** Hooks are the kernel's own: prepared, and only where a domain's root has its hook. */
function checkHook(store: Store, index: number, slot: number, key: number): void {
  const { findings } = store;
  const name = `node ${index} slot ${slot}`;
  const isDomain = store.prepcode(index) === PREPCODE_DOMAIN;
  if (!isDomain || slot !== HOOK_SLOT) {
    findings.add("hook", name, "a hook", "one in slot 13 of a domain only");
  }
  if (!store.isPrepared(key)) findings.add("hook", name, "unprepared", "prepared");
}

/** The allocation invariant, and that the super meter key is where it belongs. */
function checkDesignation(store: Store, index: number, slot: number, key: number): void {
  const { findings } = store;
  const name = `node ${index} slot ${slot}`;
  const subject = store.u32(key + KEY_SUBJECT);
  if (store.isPrepared(key)) {
    const to = store.nodeAt(subject);
    if (to === 0) findings.add("prepared", name, store.nameOf(subject), "the address of a node");
    else if (!store.isAllocated(to)) {
      findings.add("prepared", name, `a key to node ${to}, which is free`, "DK(0)");
    }
    return;
  }
  if (subject === 0) {
    if (store.kind(key) !== KIND_METER || index !== PRIME_INDEX || slot !== 1) {
      findings.add("super key", name, "a key to node 0", "one in node 1 slot 1 only");
    }
    return;
  }
  if (subject >= store.nodes) {
    findings.add("allocation", name, `node ${subject}`, `below ${store.nodes}`);
    return;
  }
  const found = store.u32(key + KEY_ALLOCATION);
  const present = store.u32(store.node(subject) + NODE_ALLOCATION);
  // A key to the present tenant, or to one before; a free node has counted up already.
  const isKnown =
    found < present || (found === present && store.u8(store.node(subject) + NODE_FLAGS) !== 0);
  if (!isKnown) {
    findings.add("allocation", name, `tenant ${found} of node ${subject}`, `before ${present}`);
  }
}

/** Involvement as the slot table demands when prepared, and none when not. */
function involvement(store: Store, index: number, slot: number, key: number): number {
  const prepcode = store.prepcode(index);
  if (prepcode === PREPCODE_METER) return INVOLVEMENT[METER_INVOLVED[slot]!]!;
  if (prepcode !== PREPCODE_DOMAIN) return 0;
  if (slot === HOOK_SLOT) return store.kind(key) === KIND_HOOK ? INVOLVEMENT.r! : 0;
  if (slot !== 1) return 0;
  const record = store.recordAt(store.u32(store.node(index) + NODE_RECORD));
  const isAttached = record !== 0 && store.u32(store.record(record) + RECORD_SUPERIOR) !== 0;
  return isAttached ? KEY_INVOLVED_W : 0;
}

function involvedName(bits: number): string {
  if (bits === 0) return "not involved";
  if (bits === KEY_INVOLVED) return "involved for r + w";
  return bits === KEY_INVOLVED_W ? "involved for w" : "involved for r";
}

/** A prepared meter is well-formed: nobody could have changed it since. */
function checkFormat(store: Store, index: number): void {
  for (let slot = 0; slot < SLOTS; slot++) {
    const key = store.slot(index, slot);
    const demand = METER_KINDS[slot]!;
    if (demand === "-") continue;
    const name = `node ${index} slot ${slot}`;
    const kind = store.kind(key);
    const expected = demand === "m" ? KIND_METER : KIND_DATA;
    if (kind !== expected) store.findings.add("format", name, `kind ${kind}`, `kind ${expected}`);
    const high =
      store.u8(key + KEY_HIGH) | store.u8(key + KEY_HIGH + 1) | store.u8(key + KEY_HIGH + 2);
    const isZero = high === 0 && store.u64(key + KEY_LOW) === 0n;
    if (demand === "0" && !isZero) store.findings.add("format", name, "another", "DK(0)");
    if (slot === 3 && high !== 0) store.findings.add("format", name, "a number", "below 2^64");
  }
}
