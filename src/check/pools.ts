// Pools of free hot records (assembly/record.ts): one for all with a single processor; else one for
// meters and one for the domains of each processor, which take stretches that no pool had before.

import {
  CONTROL_FREE_RECORD,
  CONTROL_NEXT_RECORD,
  POOL_BYTES,
  RECORD_DOMAIN,
  RECORD_FREE,
  RECORD_METER,
  RECORD_NEXT,
  RECORD_PROCESSOR,
  RECORD_SIZE,
} from "../../assembly/layout.js";
import { PROCESSOR_DOMAINS, PROCESSOR_FREE_RECORD } from "../../assembly/processor-layout.js";
import type { Store } from "./store.js";

/** A record is in use, or in one list of free ones, or in none yet. */
export function checkPools(store: Store): void {
  const { findings } = store;
  const isListed = new Uint8Array(store.nodes);
  checkList(store, "list", store.control(CONTROL_FREE_RECORD), isListed);
  for (let index = 0; index <= store.processors; index++) {
    const first = store.processor(index, PROCESSOR_FREE_RECORD);
    if (index > 0) checkList(store, `processor ${index}, list`, first, isListed);
    else if (first !== 0) findings.add("free records", "the host's list", first, "none of its own");
  }
  const end = store.isShared ? checkEnd(store) : store.nodes;
  for (let record = 1; record < end; record++) {
    const isFree = store.recordKind(record) === RECORD_FREE;
    if (!isFree) checkPlace(store, record);
    if (isFree === (isListed[record] === 1)) continue;
    const name = store.nameOfRecord(record);
    if (isFree) findings.add("free records", name, "not in the list", "in it, as it is free");
    else findings.add("free records", name, "in use", "free, as it is in the list");
  }
  for (let record = end; record < store.nodes; record++) checkUntouched(store, record, isListed);
  checkDomains(store);
}

function checkList(store: Store, where: string, first: number, isListed: Uint8Array): void {
  const { findings } = store;
  for (let address = first; address !== 0; ) {
    const record = store.recordAt(address);
    if (record === 0) {
      findings.add("free records", where, store.nameOf(address), "a record");
      return;
    }
    if (isListed[record]) {
      findings.add("free records", `${where}, record ${record}`, "twice in the lists", "once");
      return;
    }
    isListed[record] = 1;
    address = store.u32(address + RECORD_NEXT);
  }
}

/** Pools take so much at once. Answers the first record that none has, or their number. */
function checkEnd(store: Store): number {
  const base = store.record(0);
  const next = store.control(CONTROL_NEXT_RECORD);
  const record = (next - base) / RECORD_SIZE;
  const isBound = next % POOL_BYTES === 0 || record === 1 || record === store.nodes;
  if (isBound && record >= 1 && record <= store.nodes) return record;
  store.findings.add(
    "next record",
    "control block",
    next,
    `a multiple of ${POOL_BYTES} after ${base}, or the end`,
  );
  return store.nodes;
}

function checkUntouched(store: Store, record: number, isListed: Uint8Array): void {
  const { findings } = store;
  const name = store.nameOfRecord(record);
  if (isListed[record]) findings.add("free records", name, "in a list", "in no pool yet");
  for (let at = 0; at < RECORD_SIZE; at += 4) {
    const found = store.u32(store.record(record) + at);
    if (found === 0) continue;
    findings.add("next record", `${name}, byte ${at}`, found, "0: never used");
    return;
  }
}

/** Domains belong to a processor, meters to all. */
function checkPlace(store: Store, record: number): void {
  const kind = store.recordKind(record);
  const found = store.u8(store.record(record) + RECORD_PROCESSOR);
  const isRight = kind === RECORD_DOMAIN ? store.runners.includes(found) : found === 0;
  if (isRight || (kind !== RECORD_METER && kind !== RECORD_DOMAIN)) return;
  const expected = kind === RECORD_METER ? 0 : store.runners.join(", ");
  store.findings.add("processor", store.nameOfRecord(record), found, expected);
}

/** Each processor knows how many domains are its own. */
function checkDomains(store: Store): void {
  const counts = new Map<number, number>();
  for (let record = 1; record < store.nodes && store.isShared; record++) {
    if (store.recordKind(record) !== RECORD_DOMAIN) continue;
    const processor = store.u8(store.record(record) + RECORD_PROCESSOR);
    counts.set(processor, (counts.get(processor) ?? 0) + 1);
  }
  for (let index = 0; index <= store.processors; index++) {
    const found = store.processor(index, PROCESSOR_DOMAINS);
    const count = counts.get(index) ?? 0;
    if (found !== count) store.findings.add("domains", `processor ${index}`, found, count);
  }
}
