// Domains: each is in exactly the place that its state says, and nowhere else (assembly/domain.ts,
// assembly/stall.ts, assembly/supply.ts).

import {
  CONTROL_RESIDENCE,
  FLAG_CALLING,
  FLAG_PAGING,
  FLAG_TRAPPED,
  HOOK_GATE,
  HOOK_STALLED,
  KEEPER_LAPS,
  KEY_ALLOCATION,
  KEY_DATABYTE,
  KEY_LOW,
  KEY_SUBJECT,
  KIND_METER,
  MAX_CHAIN,
  NODE_ALLOCATION,
  NODE_PARTNER,
  NODE_RECORD,
  PREPCODE_DOMAIN,
  PREPCODE_JOIN,
  PREPCODE_SEGMENT,
  PREPCODE_WAIT,
  PROGRAM_BURSTS,
  PROGRAM_HOSTED,
  PROGRAM_LOCKER,
  PROGRAM_RISCV,
  RECORD_DOMAIN,
  RECORD_FLAGS,
  RECORD_LAPS,
  RECORD_PROGRAM_KIND,
  RECORD_READY_NEXT,
  RECORD_READY_PREVIOUS,
  RECORD_SHORT,
  RECORD_STATE,
  RECORD_SUPERIOR,
  STATE_AVAILABLE,
  STATE_CALLING,
  STATE_ENDED,
  STATE_HOSTED,
  STATE_KEPT,
  STATE_PARKED,
  STATE_READY,
  STATE_STOPPED,
  STATE_TRAPPED,
  STATE_WAITING,
} from "../../assembly/layout.js";
import { MAX_COST } from "../../assembly/riscv/layout.js";
import type { Queues } from "./queues.js";
import type { Store } from "./store.js";

const HOOK_SLOT = 13;
const TRAP_SLOT = 5;

/** Where a domain is: in a ready ring, asleep, hooked somewhere, or waiting for a keeper of the host. */
type Place = "ready" | "asleep" | "parked" | "stalled" | "gate" | "keeper" | "nowhere";

const PLACES: ReadonlyMap<number, readonly Place[]> = new Map<number, readonly Place[]>([
  [STATE_STOPPED, ["nowhere"]],
  [STATE_READY, ["ready"]],
  [STATE_AVAILABLE, ["nowhere"]],
  [STATE_WAITING, ["asleep", "stalled", "gate", "keeper", "nowhere"]],
  [STATE_PARKED, ["parked"]],
  [STATE_TRAPPED, ["nowhere"]],
  [STATE_ENDED, ["nowhere"]],
  [STATE_CALLING, ["nowhere"]],
  [STATE_KEPT, ["nowhere"]],
  [STATE_HOSTED, ["nowhere"]],
]);

/** Answers how many domains there are. */
export function checkStates(store: Store, queues: Queues): number {
  let domains = 0;
  for (let index = 1; index < store.nodes; index++) {
    if (!store.isAllocated(index)) continue;
    checkPartner(store, index);
    if (store.prepcode(index) !== PREPCODE_DOMAIN) continue;
    domains++;
    const record = store.recordAt(store.u32(store.node(index) + NODE_RECORD));
    if (record === 0 || store.recordKind(record) !== RECORD_DOMAIN) continue;
    checkPlace(store, index, record, placesOf(store, index, record, queues));
    checkLinks(store, record, queues);
    checkTrap(store, index, record);
    checkHooked(store, index);
  }
  return domains;
}

function placesOf(store: Store, index: number, record: number, queues: Queues): Place[] {
  const places: Place[] = [];
  if (queues.ready[record]) places.push("ready");
  if (queues.asleep[record]) places.push("asleep");
  const hook = store.slot(index, HOOK_SLOT);
  if (store.isHook(hook)) {
    const why = store.u8(hook + KEY_DATABYTE);
    if (why > HOOK_GATE) {
      store.findings.add("hook", `node ${index} slot ${HOOK_SLOT}, databyte`, why, "0, 1 or 2");
    }
    places.push(why === HOOK_STALLED ? "stalled" : why === HOOK_GATE ? "gate" : "parked");
  }
  // Who sleeps at a wait object is in the heap.
  const partner = partnerOf(store, index);
  const isAtWait = partner !== 0 && store.prepcode(partner) === PREPCODE_WAIT;
  if (store.u32(store.node(index) + NODE_PARTNER) !== 0 && !isAtWait) places.push("keeper");
  return places.length > 0 ? places : ["nowhere"];
}

function checkPlace(store: Store, index: number, record: number, places: Place[]): void {
  const { findings } = store;
  const state = store.u8(store.record(record) + RECORD_STATE);
  const allowed = PLACES.get(state);
  const name = `node ${index}`;
  if (!allowed) {
    findings.add("state", name, state, `one of ${[...PLACES.keys()].join(", ")}`);
    return;
  }
  if (places.length > 1 || !allowed.includes(places[0]!)) {
    const found = `${places.join(" and ")} in state ${state}`;
    findings.add("state", name, found, allowed.join(" or "));
  }
  const short = store.u16(store.record(record) + RECORD_SHORT);
  if (short >= MAX_COST) findings.add("short", name, short, `below ${MAX_COST}`);
  const laps = store.u8(store.record(record) + RECORD_LAPS);
  if (laps > KEEPER_LAPS) findings.add("laps", name, laps, `at most ${KEEPER_LAPS}`);
  // Nowhere, it waits for its system call, or for the answer of a keeper whose meter was rescinded since.
  const calls = (store.u8(store.record(record) + RECORD_FLAGS) & FLAG_CALLING) !== 0;
  if (state === STATE_WAITING && places[0] === "nowhere" && laps === 0 && !calls) {
    findings.add("state", name, "waiting for nothing", "a call of a keeper or the host");
  }
  if (state === STATE_ENDED && store.u32(store.record(record) + RECORD_SUPERIOR) !== 0) {
    findings.add("state", name, "ended, with a chain", "none");
  }
  const program = store.u8(store.record(record) + RECORD_PROGRAM_KIND);
  const last = store.control(CONTROL_RESIDENCE) === 0 ? PROGRAM_HOSTED : PROGRAM_LOCKER;
  if (program > last) findings.add("program", name, program, `0 to ${last}`);
  if (state === STATE_HOSTED && program !== PROGRAM_HOSTED) {
    findings.add("program", name, `program ${program} run by the host`, `${PROGRAM_HOSTED}`);
  }
  if (calls && program !== PROGRAM_RISCV) {
    findings.add("program", name, `program ${program} with a system call`, "the target CPU");
  }
  const partner = partnerOf(store, index);
  const isAtWait = partner !== 0 && store.prepcode(partner) === PREPCODE_WAIT;
  const pages = (store.u8(store.record(record) + RECORD_FLAGS) & FLAG_PAGING) !== 0;
  const maySleep = program === PROGRAM_BURSTS || program === PROGRAM_LOCKER || isAtWait || pages;
  if (places.includes("asleep") && !maySleep) {
    const expected = "one of bursts or locks, at a wait object, or for a page";
    findings.add("program", name, `program ${program} asleep`, expected);
  }
  if (isAtWait && !places.includes("asleep")) {
    findings.add("wait", name, `at node ${partner}, ${places[0]}`, "asleep");
  }
}

/** Links of the ready ring are 0 off it; a sleeper's place, which shares one, is the heap's matter. */
function checkLinks(store: Store, record: number, queues: Queues): void {
  if (queues.ready[record]) return;
  const address = store.record(record);
  const name = store.nameOfRecord(record);
  const next = store.u32(address + RECORD_READY_NEXT);
  const previous = store.u32(address + RECORD_READY_PREVIOUS);
  if (next !== 0) store.findings.add("ready queue", `${name}, next, off the ring`, next, 0);
  if (previous !== 0 && !queues.asleep[record]) {
    store.findings.add("ready queue", `${name}, previous, on no queue`, previous, 0);
  }
}

/** The flag says that slot 5 holds a trap code. */
function checkTrap(store: Store, index: number, record: number): void {
  const { findings } = store;
  const flagged = (store.u8(store.record(record) + RECORD_FLAGS) & FLAG_TRAPPED) !== 0;
  const code = store.u64(store.slot(index, TRAP_SLOT) + KEY_LOW);
  const name = `node ${index} slot ${TRAP_SLOT}`;
  if (flagged !== (code !== 0n)) {
    findings.add("trap", name, `code ${code}`, flagged ? "one, as it is trapped" : "none");
  }
  const state = store.u8(store.record(record) + RECORD_STATE);
  if (state === STATE_TRAPPED && !flagged) findings.add("trap", name, "not flagged", "flagged");
}

/** A hooked domain hangs at a meter of its own chain; stalled only while the keeper there is busy. */
function checkHooked(store: Store, index: number): void {
  const hook = store.slot(index, HOOK_SLOT);
  if (!store.isHook(hook)) return;
  const { findings } = store;
  const name = `node ${index} slot ${HOOK_SLOT}`;
  const meter = store.nodeAt(store.u32(hook + KEY_SUBJECT));
  if (meter === 0 || store.u8(hook + KEY_DATABYTE) === HOOK_GATE) return; // told elsewhere
  if (store.u8(hook + KEY_DATABYTE) === HOOK_STALLED && partnerOf(store, meter) === 0) {
    findings.add("stall queue", name, `stalled at node ${meter}, keeper free`, "a busy keeper");
  }
  let at = index;
  for (let depth = 0; depth <= MAX_CHAIN && at !== 0; depth++) {
    at = superior(store, at);
    if (at === meter) return;
  }
  findings.add("stall queue", name, `a hook at node ${meter}`, "a meter of its own chain");
}

/** The node in slot 1 as it stands, prepared or not, or 0. */
function superior(store: Store, index: number): number {
  const key = store.slot(index, 1);
  if (store.kind(key) !== KIND_METER) return 0;
  const subject = store.u32(key + KEY_SUBJECT);
  if (store.isPrepared(key)) return store.nodeAt(subject);
  if (subject === 0 || subject >= store.nodes || !store.isAllocated(subject)) return 0;
  const isPresent =
    store.u32(key + KEY_ALLOCATION) === store.u32(store.node(subject) + NODE_ALLOCATION);
  return isPresent ? subject : 0;
}

function partnerOf(store: Store, index: number): number {
  return store.nodeAt(store.u32(store.node(index) + NODE_PARTNER));
}

/** A keeper call joins one domain and one meter, a wait one domain and one object: each knows the other. */
function checkPartner(store: Store, index: number): void {
  const { findings } = store;
  const prepcode = store.prepcode(index);
  if (prepcode === PREPCODE_JOIN || prepcode === PREPCODE_SEGMENT) return; // see objects.ts
  const address = store.u32(store.node(index) + NODE_PARTNER);
  if (address === 0) return;
  const partner = store.nodeAt(address);
  const name = `node ${index}`;
  if (partner === 0 || !store.isAllocated(partner)) {
    findings.add("partner", name, store.nameOf(address), "a node in use");
    return;
  }
  const back = store.u32(store.node(partner) + NODE_PARTNER);
  if (back !== store.node(index)) {
    findings.add("partner", `node ${partner}, partner of node ${index}`, store.nameOf(back), name);
  }
  const isDomain = store.prepcode(index) === PREPCODE_DOMAIN;
  if (isDomain === (store.prepcode(partner) === PREPCODE_DOMAIN)) {
    findings.add("partner", name, `node ${partner}`, isDomain ? "a meter" : "a domain");
  }
}
