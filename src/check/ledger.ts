// Conservation (R12), for every meter, prepared or not: all that was granted is in its counter, in
// caches below it, or was consumed below it.

import {
  KEY_HIGH,
  KEY_LOW,
  KIND_DATA,
  KIND_METER,
  NODE_CONSUMED,
  NODE_GRANTED,
  NODE_RECORD,
  PREPCODE_METER,
  PREPCODE_NONE,
  PRIME_INDEX,
  PROGRAM_HOSTED,
  RECORD_AMOUNT,
  RECORD_CONSUMED,
  RECORD_DEBT,
  RECORD_DOMAIN,
  RECORD_FREE,
  RECORD_LEVEL,
  RECORD_METER,
  RECORD_PROGRAM_KIND,
  RECORD_SUPERIOR,
} from "../../assembly/layout.js";
import {
  PROCESSOR_STATISTICS,
  PROCESSOR_TIME,
  STATISTIC_IDLE,
  STATISTIC_UNPAID,
} from "../../assembly/processor-layout.js";
import type { Store } from "./store.js";
import type { TimeStore } from "./time-store.js";
import { checkBill } from "./timers.js";

const LARGEST = (1n << 64n) - 1n;
const COUNTER_SLOT = 3;

/** What is below each record: cycles in caches, and cycles that ran and are not settled yet. */
interface Below {
  readonly caches: bigint[];
  readonly unsettled: bigint[];
}

/** Answers how many nodes are meters: those prepared, and those with a meter key in slot 1. */
export function checkLedger(store: Store, time: TimeStore | undefined): number {
  const { findings } = store;
  const below = sum(store);
  let meters = 0;
  for (let index = 1; index < store.nodes; index++) {
    // What has another role can't be a meter: what is in its slots is granted by nobody.
    const prepcode = store.prepcode(index);
    if (prepcode !== PREPCODE_NONE && prepcode !== PREPCODE_METER) continue;
    if (!store.isAllocated(index)) continue;
    if (store.kind(store.slot(index, 1)) === KIND_METER) meters++;
    const node = store.node(index);
    const record = store.recordAt(store.u32(node + NODE_RECORD));
    const isPrepared = prepcode === PREPCODE_METER && record !== 0;
    const hot = store.record(record);
    const stored = isPrepared ? store.u64(hot + RECORD_AMOUNT) : counterIn(store, index);
    const caches = isPrepared ? below.caches[record]! : 0n;
    const settled = store.u64(isPrepared ? hot + RECORD_CONSUMED : node + NODE_CONSUMED);
    const unsettled = isPrepared ? below.unsettled[record]! : 0n;
    const granted = store.u64(node + NODE_GRANTED);
    if (stored + caches > LARGEST) {
      findings.add("counter", `node ${index}`, `${stored} + ${caches} in caches`, "below 2^64");
    }
    const found = BigInt.asUintN(64, stored + caches + settled + unsettled);
    if (found !== granted) {
      const parts = `stored ${stored} + caches ${caches} + consumed ${settled} + ${unsettled}`;
      findings.add("conservation", `node ${index}`, `${parts} = ${found}`, `granted ${granted}`);
    }
    if (index !== PRIME_INDEX) continue;
    if (time) checkBill(time, settled + unsettled);
    else checkTime(store, settled + unsettled);
  }
  return meters;
}

/** Every cycle on the clock of a processor was idle, or ran below the prime meter. */
function checkTime(store: Store, consumed: bigint): void {
  const time = store.total64(PROCESSOR_TIME);
  const idle = store.total64(PROCESSOR_STATISTICS + 8 * STATISTIC_IDLE);
  const owed = debts(store);
  if (time === BigInt.asUintN(64, idle + consumed + owed)) return;
  const found = `idle ${idle} + consumed ${consumed} + owed ${owed}`;
  store.findings.add("time", "processors", time, found);
}

/** What hosted domains have run and not paid, those that are no more included. */
function debts(store: Store): bigint {
  let sum = store.total64(PROCESSOR_STATISTICS + 8 * STATISTIC_UNPAID);
  for (let record = 1; record < store.nodes; record++) {
    const address = store.record(record);
    const isDomain = store.recordKind(record) === RECORD_DOMAIN;
    if (!isDomain || store.u8(address + RECORD_PROGRAM_KIND) !== PROGRAM_HOSTED) continue;
    sum += store.u64(address + RECORD_DEBT);
  }
  return sum;
}

/** What slot 3 means for the ledger: a number that can be a counter, else 0. */
function counterIn(store: Store, index: number): bigint {
  const key = store.slot(index, COUNTER_SLOT);
  const high =
    store.u8(key + KEY_HIGH) | store.u8(key + KEY_HIGH + 1) | store.u8(key + KEY_HIGH + 2);
  return store.kind(key) === KIND_DATA && high === 0 ? store.u64(key + KEY_LOW) : 0n;
}

/** Sums up from the domains, level by level from the deepest, by the superior of each record. */
function sum(store: Store): Below {
  const caches = new Array<bigint>(store.nodes).fill(0n);
  const unsettled = new Array<bigint>(store.nodes).fill(0n);
  const levels: number[][] = Array.from({ length: 256 }, () => []);
  for (let record = 1; record < store.nodes; record++) {
    const kind = store.recordKind(record);
    const address = store.record(record);
    if (kind === RECORD_METER) levels[store.u8(address + RECORD_LEVEL)]!.push(record);
    if (kind !== RECORD_DOMAIN) continue;
    const superior = superiorOf(store, record);
    caches[superior]! += store.u64(address + RECORD_AMOUNT);
    unsettled[superior]! += store.u64(address + RECORD_CONSUMED);
  }
  for (const records of levels.reverse()) {
    for (const record of records) {
      const superior = superiorOf(store, record);
      if (superior === 0) continue;
      caches[superior]! += caches[record]!;
      unsettled[superior]! += unsettled[record]!;
    }
  }
  return { caches, unsettled };
}

function superiorOf(store: Store, record: number): number {
  const superior = store.recordAt(store.u32(store.record(record) + RECORD_SUPERIOR));
  return superior !== 0 && store.recordKind(superior) !== RECORD_FREE ? superior : 0;
}
