// Invoking keys: the orders of node, fetch, sense, meter and data keys (§3.1–§3.3). The
// invoked key, the argument and the result are in the control block's key registers, unprepared.

import { auditNode } from "./audit";
import { leaveChain, unprepare } from "./chain";
import { claimNode } from "./claim";
import { breakClimb } from "./climb";
import {
  ANSWER_BUSY,
  ANSWER_DATA,
  ANSWER_FETCH,
  ANSWER_INVALID_ORDER,
  ANSWER_METER,
  ANSWER_NODE,
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
} from "./codes";
import { detain } from "./domain";
import { Key } from "./key";
import {
  CONTROL,
  CONTROL_REGISTERS,
  DOMAIN_HOOK_SLOT,
  DOMAIN_METER_SLOT,
  DOMAIN_TRAP_SLOT,
  HOOK_PARKED,
  KEY_SIZE,
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
  PRIME_INDEX,
  REGISTER_ARGUMENT,
  REGISTER_INVOKED,
  REGISTER_RESULT,
  SLOTS,
} from "./layout";
import { raised } from "./meter";
import { Node } from "./node";
import { enqueue } from "./ready";
import { wakeChain, wakeSome } from "./stall";

function register(number: i32): Key {
  return changetype<Key>(CONTROL + CONTROL_REGISTERS + number * KEY_SIZE);
}

/**
 * Invokes the key in REGISTER_INVOKED with an order and REGISTER_ARGUMENT; a key that is asked for is
 * in REGISTER_RESULT. Answers the return code: 0 is done, ANSWER_INVALID_ORDER is refused. A key
 * whose node was rescinded is DK(0), here and as an argument.
 */
export function invoke(order: u32): u32 {
  const invoked = register(REGISTER_INVOKED);
  const result = register(REGISTER_RESULT);
  sanitize(invoked);
  sanitize(register(REGISTER_ARGUMENT));
  result.zero();
  const kind = invoked.kind;
  if (kind == KIND_METER) return order == ORDER_KT ? ANSWER_METER : ANSWER_INVALID_ORDER;
  if (kind != KIND_NODE && kind != KIND_FETCH && kind != KIND_SENSE) {
    return order == ORDER_KT && kind == KIND_DATA ? ANSWER_DATA : ANSWER_INVALID_ORDER;
  }
  const node = Key.find(invoked.subject, invoked.allocation);
  if (!node) return ANSWER_INVALID_ORDER;
  if (mayUnprepare(node, order) && !claimNode(node)) return ANSWER_BUSY;
  if (order < <u32>SLOTS) return fetch(node, order, kind == KIND_SENSE, result);
  if (order < <u32>(ORDER_SWAP + SLOTS)) {
    return kind == KIND_NODE ? swap(node, order - ORDER_SWAP, result) : ANSWER_INVALID_ORDER;
  }
  return other(order, kind, node, invoked, result);
}

/** Whether an order may take a meter's caches back: not where it is after a slot that isn't involved. */
function mayUnprepare(node: Node, order: u32): bool {
  if (!node.isMeter || order >= <u32>(ORDER_SWAP + SLOTS)) return true;
  if (order < <u32>SLOTS) return (METER_INVOLVED_R_SLOTS & (1 << order)) != 0;
  return (METER_INVOLVED_W_SLOTS & (1 << (order - ORDER_SWAP))) != 0;
}

/** Orders that touch no slot, but for `clear`. */
function other(order: u32, kind: i32, node: Node, invoked: Key, result: Key): u32 {
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
      return make(KIND_NODE, node, register(REGISTER_ARGUMENT).databyte, result);
    case ORDER_COMPARE:
      return compare(node);
    case ORDER_CLEAR:
      return kind == KIND_NODE ? clear(node) : ANSWER_INVALID_ORDER;
    case ORDER_DATABYTE:
      return invoked.databyte;
    default:
      return ANSWER_INVALID_ORDER;
  }
}

/** An obsolete or ill-formed key in a register is DK(0): it never reaches a later tenant. */
function sanitize(key: Key): void {
  const kind = key.type;
  const isObsolete = Key.designates(kind) && !key.isSuper && !Key.find(key.subject, key.allocation);
  if (!Key.storable(kind) || isObsolete || key.isSuper) key.zero();
}

function make(kind: i32, node: Node, databyte: u8, result: Key): u32 {
  result.setNode(kind, node);
  result.databyte = databyte;
  return OK;
}

/** 0 where the argument is a key of the node kinds to the same node, else 1. */
function compare(node: Node): u32 {
  const key = register(REGISTER_ARGUMENT);
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
  const isObsolete =
    !key.prepared &&
    Key.designates(key.kind) &&
    !key.isSuper &&
    !Key.find(key.subject, key.allocation);
  if (isObsolete) key.zero();
  result.copy(key);
}

function swap(node: Node, slot: i32, result: Key): u32 {
  const value = register(REGISTER_ARGUMENT);
  if (node.isDomain) {
    // The kernel keeps its own accounts in these two.
    if (slot == DOMAIN_HOOK_SLOT || slot == DOMAIN_TRAP_SLOT) return ANSWER_INVALID_ORDER;
    if (slot == DOMAIN_METER_SLOT) return swapMeter(node, value, result);
  }
  // Nobody can make the super meter key again.
  if (node.index == PRIME_INDEX && slot == METER_SUPERIOR_SLOT) return ANSWER_INVALID_ORDER;
  // What stands in a slot that is involved for reading isn't what it means: no comparing there.
  const isReadable = !node.isMeter || (METER_INVOLVED_R_SLOTS & (1 << slot)) == 0;
  if (isReadable && Key.same(node.key(slot), value)) {
    logical(node, slot, result);
    return OK;
  }
  if (node.isMeter && (METER_INVOLVED_W_SLOTS & (1 << slot)) != 0) unprepare(node.hot);
  breakClimb(node);
  logical(node, slot, result);
  if (slot == METER_SUPERIOR_SLOT) wakeChain(node);
  node.put(slot, value);
  if (slot == METER_COUNTER_SLOT && value.kind == KIND_DATA) raised(node, value.low | value.high);
  if (slot == METER_KEEPER_SLOT) wakeSome(node, HOOK_PARKED);
  if (isDefined(CHECKED)) auditNode(node);
  return OK;
}

/** §3.3: the cache goes back to the old chain; the new key is looked at when the domain next runs. */
function swapMeter(node: Node, value: Key, result: Key): u32 {
  logical(node, DOMAIN_METER_SLOT, result);
  if (Key.same(node.key(DOMAIN_METER_SLOT), value)) return OK;
  const domain = node.hot;
  leaveChain(domain);
  node.put(DOMAIN_METER_SLOT, value);
  if (node.hooked) {
    detain(domain);
    enqueue(domain);
  }
  if (isDefined(CHECKED)) auditNode(node);
  return OK;
}

/** All slots become DK(0). A domain's root is freed as a whole; the prime meter never. */
function clear(node: Node): u32 {
  if (node.isDomain || node.index == PRIME_INDEX) return ANSWER_INVALID_ORDER;
  if (node.isMeter) unprepare(node.hot);
  breakClimb(node);
  wakeChain(node);
  const zero = register(REGISTER_ARGUMENT);
  zero.zero();
  for (let slot = 0; slot < SLOTS; slot++) node.put(slot, zero);
  if (isDefined(CHECKED)) auditNode(node);
  return OK;
}
