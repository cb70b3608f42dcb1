// The orders of node, fetch and sense keys (§3.2), which act on the slots of a node: whatever it is
// prepared as, a reader sees what its slots mean.
//
// What may take several changes, taking back the caches below a meter and waking who is stalled, comes
// before the one change that counts: a worker that dies on the way has done nothing.

import { auditNode } from "./audit";
import { unprepare } from "./chain";
import { claimNode } from "./claim";
import { breakClimb } from "./climb";
import {
  ANSWER_BUSY,
  ANSWER_FETCH,
  ANSWER_INVALID_ORDER,
  ANSWER_NODE,
  ANSWER_RANGE,
  ANSWER_SENSE,
  OK,
  ORDER_CLEAR,
  ORDER_COMPARE,
  ORDER_DATABYTE,
  ORDER_KT,
  ORDER_MAKE_FETCH,
  ORDER_MAKE_METER,
  ORDER_MAKE_NODE,
  ORDER_MAKE_SENSE,
  ORDER_SWAP,
  ORDER_WRITE_DATA,
} from "./codes";
import { swapMeter } from "./domain-key";
import { Key } from "./key";
import {
  DOMAIN_HOOK_SLOT,
  DOMAIN_KEYS_SLOT,
  DOMAIN_METER_SLOT,
  DOMAIN_TRAP_SLOT,
  HOOK_PARKED,
  KIND_DATA,
  KIND_FETCH,
  KIND_METER,
  KIND_NODE,
  KIND_SEGMENT,
  KIND_SENSE,
  METER_COUNTER_SLOT,
  METER_INVOLVED_R_SLOTS,
  METER_INVOLVED_W_SLOTS,
  METER_KEEPER_SLOT,
  METER_SUPERIOR_SLOT,
  PREPCODE_METER,
  PRIME_INDEX,
  SLOTS,
} from "./layout";
import { gather, invoker, length, scratch } from "./message";
import { raised } from "./meter";
import { Node } from "./node";
import { DATA_BYTES } from "./service";
import { wakeChain, wakeSome } from "./stall";

/** An order with `value` as key 1 and the message's string; `result` is the key that is answered. */
export function nodeOrder(order: u32, invoked: Key, node: Node, value: Key, result: Key): u32 {
  const kind = invoked.kind;
  if (node.prepcode > <u8>PREPCODE_METER) return ANSWER_INVALID_ORDER; // A page, join, segment.
  if (mayUnprepare(node, order) && !claimNode(node)) return ANSWER_BUSY;
  if (order < <u32>SLOTS) return fetch(node, order, kind == KIND_SENSE, result);
  if (order < <u32>(ORDER_SWAP + SLOTS)) {
    if (kind != KIND_NODE) return ANSWER_INVALID_ORDER;
    return swap(node, order - ORDER_SWAP, value, result);
  }
  return other(order, kind, node, invoked, value, result);
}

/** Whether an order may take a meter's caches back: not where it is after a slot that isn't involved. */
function mayUnprepare(node: Node, order: u32): bool {
  if (!node.isMeter || order >= <u32>(ORDER_SWAP + SLOTS)) return true;
  if (order < <u32>SLOTS) return (METER_INVOLVED_R_SLOTS & (1 << order)) != 0;
  return (METER_INVOLVED_W_SLOTS & (1 << (order - ORDER_SWAP))) != 0;
}

/** Orders that touch no slot, but for `clear`. */
function other(order: u32, kind: i32, node: Node, invoked: Key, value: Key, result: Key): u32 {
  switch (order) {
    case ORDER_KT:
      if (kind == KIND_NODE) return ANSWER_NODE;
      return kind == KIND_FETCH ? ANSWER_FETCH : ANSWER_SENSE;
    case ORDER_MAKE_SENSE:
      return make(KIND_SENSE, node, invoked.databyte, result);
    case ORDER_MAKE_FETCH:
      if (kind == KIND_SENSE) return ANSWER_INVALID_ORDER;
      return make(KIND_FETCH, node, invoked.databyte, result);
    case ORDER_MAKE_METER:
      if (kind != KIND_NODE) return ANSWER_INVALID_ORDER;
      return make(KIND_METER, node, 0, result);
    case ORDER_MAKE_NODE:
      if (kind != KIND_NODE) return ANSWER_INVALID_ORDER;
      return make(KIND_NODE, node, databyteOf(value), result);
    case ORDER_COMPARE:
      return compare(node, value);
    case ORDER_CLEAR:
      return kind == KIND_NODE ? clear(node, value) : ANSWER_INVALID_ORDER;
    case ORDER_WRITE_DATA:
      return kind == KIND_NODE ? writeData(node, value, result) : ANSWER_INVALID_ORDER;
    case ORDER_DATABYTE:
      return invoked.databyte;
    default:
      return ANSWER_INVALID_ORDER;
  }
}

/** A guest says it by a string, the host by the argument. */
function databyteOf(value: Key): u8 {
  return length != 0 && gather() ? load<u8>(scratch()) : value.databyte;
}

function make(kind: i32, node: Node, databyte: u8, result: Key): u32 {
  result.setNode(kind, node);
  result.databyte = databyte;
  return OK;
}

/** 0 where the argument is a key of the node kinds to the same node, else 1. */
function compare(node: Node, key: Key): u32 {
  const kind = key.kind;
  const comparable =
    kind == KIND_NODE ||
    kind == KIND_FETCH ||
    kind == KIND_SEGMENT ||
    kind == KIND_METER ||
    kind == KIND_SENSE;
  return comparable && key.subject == node.index ? 0 : 1;
}

function fetch(node: Node, slot: i32, weakened: bool, result: Key): u32 {
  if (node.isMeter && (METER_INVOLVED_R_SLOTS & (1 << slot)) != 0) unprepare(node.hot);
  logical(node, slot, result);
  if (!weakened) return OK;
  // Through a sense key only data and further sense keys come out.
  const kind = result.kind;
  if (kind == KIND_NODE || kind == KIND_FETCH || kind == KIND_SENSE) result.type = <u8>KIND_SENSE;
  else if (kind != KIND_DATA) result.zero();
  return OK;
}

/** What a slot means: an obsolete key is DK(0); a stalled or waiting domain's slot 13 is DK(1). */
function logical(node: Node, slot: i32, result: Key): void {
  const key = node.key(slot);
  if (node.isDomain && slot == DOMAIN_HOOK_SLOT) {
    result.setData(key.prepared ? 1 : 0);
    return;
  }
  if (!key.prepared && key.isVoid) key.zero();
  result.copy(key);
}

function swap(node: Node, slot: i32, value: Key, result: Key): u32 {
  if (isKept(node, slot)) return ANSWER_INVALID_ORDER;
  if (node.isDomain && slot == DOMAIN_METER_SLOT) return swapMeter(node, value, result);
  // What stands in a slot that is involved for reading isn't what it means: no comparing there.
  const isReadable = !node.isMeter || (METER_INVOLVED_R_SLOTS & (1 << slot)) == 0;
  if (isReadable && Key.same(node.key(slot), value)) {
    logical(node, slot, result);
    return OK;
  }
  if (node.isMeter && (METER_INVOLVED_W_SLOTS & (1 << slot)) != 0) unprepare(node.hot);
  breakClimb(node);
  logical(node, slot, result);
  if (slot == METER_SUPERIOR_SLOT) wakeAbove(node);
  if (slot == METER_COUNTER_SLOT && value.kind == KIND_DATA) raised(node, value.low | value.high);
  if (slot == METER_KEEPER_SLOT) wakeSome(node, HOOK_PARKED);
  node.put(slot, value);
  if (isDefined(CHECKED)) auditNode(node);
  return OK;
}

/** Whether a slot is not for others to write: the kernel keeps its own accounts there. */
function isKept(node: Node, slot: i32): bool {
  // Nobody can make the super meter key again.
  if (node.index == PRIME_INDEX) return slot == METER_SUPERIOR_SLOT;
  if (!node.isDomain) return false;
  return slot == DOMAIN_HOOK_SLOT || slot == DOMAIN_TRAP_SLOT || slot == DOMAIN_KEYS_SLOT;
}

/** Numbers into slots: twelve bytes for each, the slot and the number, big-endian. All or none. */
function writeData(node: Node, value: Key, result: Key): u32 {
  const size: u32 = 1 + DATA_BYTES;
  const from = scratch();
  if (length % size != 0 || !gather()) return ANSWER_RANGE;
  for (let at: u32 = 0; at < length; at += size) {
    const slot: i32 = load<u8>(from + at);
    if (slot >= SLOTS || isKept(node, slot)) return ANSWER_RANGE;
  }
  for (let at: u32 = 0; at < length; at += size) {
    value.setBody(from + at + 1, DATA_BYTES);
    swap(node, load<u8>(from + at), value, result);
  }
  result.zero();
  return OK;
}

/**
 * Who is parked above looks again. Not for a guest's own affairs: where no prepared key hangs on the node,
 * no chain that was ever climbed leads through it, and nobody above has to do with it.
 */
function wakeAbove(node: Node): void {
  if (invoker == 0 || node.right != changetype<usize>(node)) wakeChain(node);
}

/** All slots become DK(0). A domain's root is freed as a whole; the prime meter never. */
function clear(node: Node, zero: Key): u32 {
  if (node.isDomain || node.index == PRIME_INDEX) return ANSWER_INVALID_ORDER;
  if (node.isMeter) unprepare(node.hot);
  breakClimb(node);
  wakeAbove(node);
  zero.zero();
  for (let slot = 0; slot < SLOTS; slot++) node.put(slot, zero);
  if (isDefined(CHECKED)) auditNode(node);
  return OK;
}
