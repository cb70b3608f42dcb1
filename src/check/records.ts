// Hot records: the tree of prepared meters and the domains under them, its levels and its dry bits
// (assembly/record.ts, assembly/chain.ts).

import {
  CONTROL_RESIDENCE,
  CONTROL_TIMED,
  FLAG_CALLING,
  FLAG_DRY,
  FLAG_LENT,
  FLAG_PAGING,
  FLAG_STALE,
  FLAG_TRAPPED,
  KEY_SUBJECT,
  KIND_METER,
  MAX_CHAIN,
  NODE_RECORD,
  PREPCODE_METER,
  PROGRAM_HOSTED,
  PROGRAM_RISCV,
  RECORD_AMOUNT,
  RECORD_CONSUMED,
  RECORD_DOMAIN,
  RECORD_FIRST,
  RECORD_FLAGS,
  RECORD_FREE,
  RECORD_LEVEL,
  RECORD_METER,
  RECORD_NEXT,
  RECORD_NODE,
  RECORD_PREVIOUS,
  RECORD_PROGRAM_KIND,
  RECORD_SUPERIOR,
} from "../../assembly/layout.js";
import type { Store } from "./store.js";

export function checkRecords(store: Store): void {
  const isListed = new Uint8Array(store.nodes);
  for (let record = 1; record < store.nodes; record++) {
    const kind = store.recordKind(record);
    if (kind === RECORD_FREE) continue;
    const name = store.nameOfRecord(record);
    if (kind !== RECORD_METER && kind !== RECORD_DOMAIN) {
      store.findings.add("record kind", name, kind, "0, 1 or 2");
      continue;
    }
    checkOwner(store, record);
    checkSuperior(store, record);
    if (kind === RECORD_METER) {
      checkLevel(store, record);
      checkInferiors(store, record, isListed);
    } else checkCache(store, record);
    checkFlags(store, record, kind);
  }
  for (let record = 1; record < store.nodes; record++) {
    const superior = superiorOf(store, record);
    if (superior === 0 || isListed[record]) continue;
    const above = store.nameOfRecord(superior);
    store.findings.add(
      "inferiors",
      store.nameOfRecord(record),
      "in no list",
      `in that of ${above}`,
    );
  }
}

/** The index of the record above one in use, or 0. */
function superiorOf(store: Store, record: number): number {
  if (store.recordKind(record) === RECORD_FREE) return 0;
  return store.recordAt(store.u32(store.record(record) + RECORD_SUPERIOR));
}

function isDry(store: Store, record: number): boolean {
  return (store.u8(store.record(record) + RECORD_FLAGS) & FLAG_DRY) !== 0;
}

/** Node and record agree: what the node says of its record is checked with the nodes. */
function checkOwner(store: Store, record: number): void {
  const address = store.u32(store.record(record) + RECORD_NODE);
  const node = store.nodeAt(address);
  const name = `record ${record}, node`;
  if (node === 0) {
    store.findings.add("record", name, store.nameOf(address), "a node");
    return;
  }
  const back = store.u32(store.node(node) + NODE_RECORD);
  const isOwner = store.isAllocated(node) && store.recordAt(back) === record;
  if (!isOwner) store.findings.add("record", name, `node ${node}`, "the node that has this record");
}

/**
 * Chain invariant: the superior is the meter in slot 1, if that is involved. A meter's always is, and
 * may be the super key; a domain's is while it is attached.
 */
function checkSuperior(store: Store, record: number): void {
  const { findings } = store;
  const node = store.nodeOf(record);
  if (node === 0) return;
  const name = store.nameOfRecord(record);
  const key = store.slot(node, 1);
  const found = store.u32(store.record(record) + RECORD_SUPERIOR);
  const isMeter = store.recordKind(record) === RECORD_METER;
  if (!store.isInvolved(key)) {
    if (found !== 0) findings.add("superior", name, store.nameOf(found), "none: not attached");
    return;
  }
  if (!store.isPrepared(key)) {
    const isSuper = store.kind(key) === KIND_METER && store.u32(key + KEY_SUBJECT) === 0;
    if (!isMeter || !isSuper) {
      findings.add("chain", `node ${node} slot 1`, "an unprepared key", "a prepared one, involved");
    }
    if (found !== 0) findings.add("superior", name, store.nameOf(found), "none: the super key");
    return;
  }
  const to = store.nodeAt(store.u32(key + KEY_SUBJECT));
  if (to === 0) return; // told with the keys
  if (store.prepcode(to) !== PREPCODE_METER) {
    findings.add("chain", `node ${node} slot 1`, `node ${to}, unprepared`, "a prepared meter");
    return;
  }
  const expected = store.u32(store.node(to) + NODE_RECORD);
  if (found !== expected || store.recordAt(found) === 0) {
    findings.add("superior", name, store.nameOf(found), store.nameOf(expected));
  }
}

function checkLevel(store: Store, record: number): void {
  const level = (index: number) => store.u8(store.record(index) + RECORD_LEVEL);
  const superior = superiorOf(store, record);
  const found = level(record);
  const expected = superior === 0 ? 1 : level(superior) + 1;
  const name = store.nameOfRecord(record);
  if (found !== expected) store.findings.add("level", name, found, expected);
  if (found > MAX_CHAIN) store.findings.add("level", name, found, `at most ${MAX_CHAIN}`);
}

/** The list of inferiors, and dry (3): those that are not dry come first. */
function checkInferiors(store: Store, meter: number, isListed: Uint8Array): void {
  const { findings } = store;
  const address = store.record(meter);
  const first = store.u32(address + RECORD_FIRST);
  const name = store.nameOfRecord(meter);
  let previous = 0;
  let sawDry = false;
  for (let at = first; at !== 0; at = store.u32(at + RECORD_NEXT)) {
    const record = store.recordAt(at);
    if (record === 0 || isListed[record] || store.recordKind(record) === RECORD_FREE) {
      const again = record !== 0 && isListed[record] ? ", listed already" : "";
      const found = `${store.nameOf(at)}${again}`;
      findings.add("inferiors", `${name}, list`, found, "a record in use, listed once");
      return;
    }
    isListed[record] = 1;
    const own = store.nameOfRecord(record);
    const superior = store.u32(at + RECORD_SUPERIOR);
    if (superior !== address) {
      findings.add("inferiors", `${name}, ${own}`, `under ${store.nameOf(superior)}`, "under it");
    }
    if (at !== first && store.u32(at + RECORD_PREVIOUS) !== previous) {
      const found = store.nameOf(store.u32(at + RECORD_PREVIOUS));
      findings.add("inferiors", `${own}, previous`, found, store.nameOf(previous));
    }
    if (sawDry && !isDry(store, record)) {
      findings.add("dry (3)", `${name}, ${own}`, "not dry, after one that is", "before it");
    }
    sawDry ||= isDry(store, record);
    previous = at;
  }
  const last = first === 0 ? 0 : store.u32(first + RECORD_PREVIOUS);
  if (last !== previous) {
    findings.add("inferiors", `${name}, last`, store.nameOf(last), store.nameOf(previous));
  }
}

/** Cycles are held, or not yet settled, by domains with a chain only; a holder's chain is wet. */
function checkCache(store: Store, record: number): void {
  const { findings } = store;
  const address = store.record(record);
  const name = store.nameOfRecord(record);
  const cache = store.u64(address + RECORD_AMOUNT);
  const consumed = store.u64(address + RECORD_CONSUMED);
  if (store.u32(address + RECORD_SUPERIOR) === 0) {
    if (cache !== 0n) findings.add("cache", name, `${cache} cycles`, "0: it has no chain");
    if (consumed !== 0n) findings.add("settled", name, `${consumed} cycles`, "0: it has no chain");
    return;
  }
  if (cache === 0n) return;
  let at = record;
  for (let depth = 0; at !== 0 && depth <= MAX_CHAIN; depth++, at = superiorOf(store, at)) {
    if (!isDry(store, at)) continue;
    findings.add(
      "dry (1)",
      store.nameOfRecord(at),
      `dry over ${cache} cycles of ${name}`,
      "not dry",
    );
    return;
  }
}

/** Whether it is of a domain whose memory is paged. */
function isPaged(store: Store, address: number): boolean {
  const program = store.u8(address + RECORD_PROGRAM_KIND);
  return program === PROGRAM_RISCV && store.control(CONTROL_RESIDENCE) !== 0;
}

function checkFlags(store: Store, record: number, kind: number): void {
  const { findings } = store;
  const address = store.record(record);
  const flags = store.u8(address + RECORD_FLAGS);
  const name = store.nameOfRecord(record);
  const isHosted = store.u8(address + RECORD_PROGRAM_KIND) === PROGRAM_HOSTED;
  const ofDomain = FLAG_DRY | FLAG_STALE | FLAG_TRAPPED | FLAG_CALLING;
  const special = isHosted ? FLAG_LENT : isPaged(store, address) ? FLAG_PAGING : 0;
  const known = kind === RECORD_METER ? FLAG_DRY : ofDomain | special;
  if ((flags & ~known) !== 0) findings.add("flags", name, flags, `none but ${known}`);
  if (kind === RECORD_DOMAIN && (flags & FLAG_STALE) !== 0) {
    // Where a clock bills, what one ran before he was spared may be billed, and the cache used up, later.
    const isBilledLater = store.control(CONTROL_TIMED) !== 0;
    if (!isBilledLater && store.u64(address + RECORD_AMOUNT) === 0n) {
      findings.add("stale", name, "stale without a cache", "a cache that was spared");
    }
  }
  const superior = superiorOf(store, record);
  if (superior !== 0 && !isDry(store, record) && isDry(store, superior)) {
    const above = store.nameOfRecord(superior);
    findings.add("dry (2)", `${above}, over ${name}`, "dry", "not dry, as its inferior");
  }
}
