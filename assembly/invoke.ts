// Invoking keys (§3): the host does it here, guests by way of gate.ts. The invoked key, key 1 and the key
// that is answered are in the control block's key registers, unprepared; the order and the strings are
// those of the message under way.

import {
  ANSWER_BUSY,
  ANSWER_DATA,
  ANSWER_INVALID_ORDER,
  ANSWER_METER,
  INVOKE_CALL,
  OK,
  ORDER_KT,
  STATUS_BUSY,
} from "./codes";
import { control } from "./control";
import { domainOrder } from "./domain-key";
import { joinInvoke } from "./join";
import { Key } from "./key";
import {
  CONTROL,
  CONTROL_REGISTERS,
  HOST_STRING,
  KEY_SIZE,
  KIND_DATA,
  KIND_DOMAIN,
  KIND_FETCH,
  KIND_METER,
  KIND_MISC,
  KIND_NODE,
  KIND_PAGE,
  KIND_SEGMENT,
  KIND_SENSE,
  KIND_START,
  MAX_STRING,
  PREPCODE_JOIN,
  PREPCODE_PAGE,
  PREPCODE_SEGMENT,
  PREPCODE_WAIT,
  REGISTER_ARGUMENT,
  REGISTER_INVOKED,
  REGISTER_KEYS,
  REGISTER_RESULT,
} from "./layout";
import {
  answer,
  begin,
  echo,
  gatherInto,
  KEYS,
  keyAt,
  length,
  nodeOf,
  order,
  say,
  scratch,
  setString,
} from "./message";
import { nodeOrder } from "./node-key";
import { pageOrder } from "./page";
import { segmentOrder } from "./segment";
import { DATA_BYTES, isReturner, serviceOrder } from "./service";
import { waitInvoke } from "./wait";

export function register(number: i32): Key {
  return changetype<Key>(CONTROL + CONTROL_REGISTERS + number * KEY_SIZE);
}

/**
 * The host invokes the key in REGISTER_INVOKED with an order, REGISTER_ARGUMENT as key 1, keys 2 and 3 of
 * REGISTER_KEYS and the string in HOST_STRING, CONTROL_LENGTH bytes. The keys that are answered are in
 * REGISTER_KEYS, the first in REGISTER_RESULT, too; a string where the other was. Answers the return code: 0
 * is done, ANSWER_INVALID_ORDER is refused; with STATUS_BUSY in CONTROL_CODE nothing is done yet. A key
 * whose node was rescinded is DK(0), here and as an argument.
 */
export function invoke(code: u32): u32 {
  const invoked = register(REGISTER_INVOKED);
  sanitize(invoked);
  sanitize(register(REGISTER_ARGUMENT));
  begin(code);
  keyAt(0).copy(register(REGISTER_ARGUMENT));
  for (let number = 1; number < KEYS - 1; number++) {
    sanitize(register(REGISTER_KEYS + number));
    keyAt(number).copy(register(REGISTER_KEYS + number));
  }
  setString(HOST_STRING, min<u32>(control.length, MAX_STRING));
  control.code = OK;
  const result = register(REGISTER_RESULT);
  if (isObject(invoked)) {
    const node = nodeOf(invoked);
    if (node.prepcode == PREPCODE_JOIN) joinInvoke(null, node, INVOKE_CALL);
    else waitInvoke(null, node, INVOKE_CALL);
    result.copy(keyAt(0));
  } else {
    const isCopied = isReturner(invoked);
    const came = answerOf(code);
    if (came == ANSWER_BUSY && !isCopied) {
      control.code = STATUS_BUSY;
      return came;
    }
    answer(came);
    keyAt(0).copy(result);
    for (let number = isCopied ? KEYS - 1 : 1; number < KEYS; number++) keyAt(number).zero();
  }
  for (let number = 0; number < KEYS; number++) {
    register(REGISTER_KEYS + number).copy(keyAt(number));
  }
  control.length = length;
  if (length != 0) gatherInto(HOST_STRING);
  return order;
}

/** Whether a start key is to a join or a wait object. */
export function isObject(key: Key): bool {
  if (key.kind != KIND_START) return false;
  const prepcode = nodeOf(key).prepcode;
  return prepcode == PREPCODE_JOIN || prepcode == PREPCODE_WAIT;
}

/**
 * What the kernel answers to an order, for the key in REGISTER_INVOKED, REGISTER_ARGUMENT as key 1 and
 * the string of the message: the code, a key in REGISTER_RESULT, and what is said (message.ts).
 */
export function answerOf(code: u32): u32 {
  const invoked = register(REGISTER_INVOKED);
  const value = register(REGISTER_ARGUMENT);
  const result = register(REGISTER_RESULT);
  result.zero();
  const kind = invoked.kind;
  if (kind == KIND_METER) return code == ORDER_KT ? ANSWER_METER : ANSWER_INVALID_ORDER;
  if (kind == KIND_DATA) return dataOrder(code, invoked);
  if (kind == KIND_MISC) {
    if (!isReturner(invoked)) return serviceOrder(invoked.databyte, result);
    result.copy(value);
    echo();
    return code;
  }
  if (!Key.designates(kind)) return ANSWER_INVALID_ORDER;
  const node = nodeOf(invoked);
  if (kind == KIND_DOMAIN && node.isDomain) return domainOrder(node, value, result);
  if (kind == KIND_PAGE && node.prepcode == PREPCODE_PAGE) return pageOrder(node);
  if (kind == KIND_SEGMENT && node.prepcode == PREPCODE_SEGMENT)
    return segmentOrder(node, code, result);
  const isNode = kind == KIND_NODE || kind == KIND_FETCH || kind == KIND_SENSE;
  return isNode ? nodeOrder(code, invoked, node, value, result) : ANSWER_INVALID_ORDER;
}

/** A data key tells its number, eleven bytes, big-endian. */
function dataOrder(code: u32, key: Key): u32 {
  if (code == ORDER_KT) return ANSWER_DATA;
  if (code != 0) return ANSWER_INVALID_ORDER;
  key.putBody(scratch());
  say(scratch(), DATA_BYTES);
  return OK;
}

/** An obsolete or ill-formed key in a register is DK(0): it never reaches a later tenant. */
export function sanitize(key: Key): void {
  if (!Key.storable(key.type) || key.isSuper || key.isVoid) key.zero();
}
