// What the holder of a service key does to a meter, short of using its slots: counters are read and
// set exactly while caches are out, in time that follows the holders of caches below.

import { auditNode } from "./audit";
import { cachesBelow, recall, unsettledBelow } from "./cache";
import { isWellFormed, unprepare } from "./chain";
import { claimCaches, claimNode } from "./claim";
import {
  OK,
  STATUS_BUSY,
  STATUS_NO_NODES,
  STATUS_NOT_METER,
  STATUS_OVERFLOW,
  STATUS_RESCINDED,
} from "./codes";
import { control } from "./control";
import { Key } from "./key";
import {
  HOOK_PARKED,
  KIND_HOST,
  KIND_METER,
  METER_COUNTER_SLOT,
  METER_KEEPER_SLOT,
  METER_STORAGE_SLOT,
  METER_SUPERIOR_SLOT,
} from "./layout";
import { Node } from "./node";
import { wakeSome } from "./stall";

/**
 * Makes a meter under another: counter CONTROL_AMOUNT, keeper the host function of that number, or
 * none if 0. Answers its index, or 0 with CONTROL_CODE.
 */
export function meterCreate(superior: u32, allocation: u32, keeper: u32): u32 {
  const above = Key.find(superior, allocation);
  control.code = above ? STATUS_NO_NODES : STATUS_RESCINDED;
  if (!above) return 0;
  const node = Node.allocate();
  if (!node) return 0;
  const amount = control.amount;
  node.key(METER_SUPERIOR_SLOT).setNode(KIND_METER, above);
  if (keeper) {
    node.key(METER_KEEPER_SLOT).setData(keeper);
    node.key(METER_KEEPER_SLOT).type = <u8>KIND_HOST;
  }
  node.key(METER_COUNTER_SLOT).setData(amount);
  node.granted = amount;
  // The counters that nobody counts yet are all ones, as the manual advises: no surprise later.
  node.key(METER_COUNTER_SLOT + 1).setData(u64.MAX_VALUE);
  node.key(METER_COUNTER_SLOT + 2).setData(u64.MAX_VALUE);
  control.code = OK;
  return node.index;
}

/** The exact counter into CONTROL_AMOUNT, without side effects (R9). */
export function meterPeek(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  if (!node.isMeter && !isWellFormed(node)) return STATUS_NOT_METER;
  if (!claimCaches(node)) return STATUS_BUSY;
  control.amount = counterOf(node);
  return OK;
}

/** What was consumed below, settled or not, into CONTROL_AMOUNT. Walks all prepared domains below. */
export function meterConsumed(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  if (!claimCaches(node)) return STATUS_BUSY;
  control.amount = node.isMeter ? node.hot.consumed + unsettledBelow(node.hot) : node.consumed;
  return OK;
}

/** What was granted to the counter in all (mod 2^64), into CONTROL_AMOUNT. */
export function meterGranted(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  control.amount = node.granted;
  return OK;
}

/**
 * Sets the counter to CONTROL_AMOUNT and answers the old one there. All caches below come back first,
 * so no domain below runs another cycle but from the new counter. The meter stays prepared.
 */
export function meterSet(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  if (!node.isMeter && !isWellFormed(node)) return STATUS_NOT_METER;
  if (!claimCaches(node)) return STATUS_BUSY;
  const value = control.amount;
  if (node.isMeter) recall(node.hot);
  control.amount = counterOf(node);
  setCounter(node, value);
  return OK;
}

/** Adds CONTROL_AMOUNT to the counter, in one act; refused where it would pass 2^64 − 1. */
export function meterAdd(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  if (!node.isMeter && !isWellFormed(node)) return STATUS_NOT_METER;
  if (!claimCaches(node)) return STATUS_BUSY;
  if (counterOf(node) + control.amount < control.amount) return STATUS_OVERFLOW;
  const stored = node.isMeter ? node.hot.amount : node.key(METER_COUNTER_SLOT).low;
  setCounter(node, stored + control.amount);
  return OK;
}

/** Takes every cache below back to the counters; the total into CONTROL_AMOUNT. */
export function meterRecall(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  if (!claimCaches(node)) return STATUS_BUSY;
  control.amount = node.isMeter ? recall(node.hot) : 0;
  return OK;
}

/** Unprepares the meter and all meters below; slot 3 holds the counter then (§5.10). */
export function meterUnprepare(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  if (!claimNode(node)) return STATUS_BUSY;
  if (node.isMeter) unprepare(node.hot);
  return OK;
}

/** Whoever is parked at the meter looks again if the counter has something for him (R4). */
export function raised(node: Node, counter: u64): void {
  if (counter != 0 && node.lastHook) wakeSome(node, HOOK_PARKED);
}

/** The word-cycles of core that are left (slot 5) into CONTROL_AMOUNT. */
export function meterStoragePeek(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  if (!node.isMeter && !isWellFormed(node)) return STATUS_NOT_METER;
  control.amount = node.key(METER_STORAGE_SLOT).low;
  return OK;
}

/** Sets them to CONTROL_AMOUNT and answers the old ones there; who is parked for want of them looks again. */
export function meterStorageSet(index: u32, allocation: u32): i32 {
  const value = control.amount;
  const status = meterStoragePeek(index, allocation);
  if (status != OK) return status;
  const node = Node.at(index);
  node.key(METER_STORAGE_SLOT).low = value;
  raised(node, value);
  return OK;
}

/** Adds CONTROL_AMOUNT; refused where that would pass 2^64 − 1. */
export function meterStorageAdd(index: u32, allocation: u32): i32 {
  const more = control.amount;
  const status = meterStoragePeek(index, allocation);
  if (status != OK) return status;
  const left = control.amount;
  if (left + more < more) return STATUS_OVERFLOW;
  control.amount = left + more;
  return meterStorageSet(index, allocation);
}

export function counterOf(node: Node): u64 {
  return node.isMeter ? node.hot.amount + cachesBelow(node.hot) : node.key(METER_COUNTER_SLOT).low;
}

function setCounter(node: Node, value: u64): void {
  const old = node.isMeter ? node.hot.amount : node.key(METER_COUNTER_SLOT).low;
  if (node.isMeter) node.hot.amount = value;
  else node.key(METER_COUNTER_SLOT).low = value;
  node.granted += value - old;
  raised(node, value);
  if (isDefined(CHECKED)) auditNode(node);
}
