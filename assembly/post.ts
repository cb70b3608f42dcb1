// Messages between the host and guests: a guest invokes a host key, the host sends to a start or resume
// key. Their orders are arguments, their strings in HOST_STRING, their keys in the key registers.

import { INVOKE_CALL, INVOKE_FORK, OK, STATUS_SPENT, STATUS_STALLED, STATUS_VOID } from "./codes";
import { control } from "./control";
import { find } from "./domain";
import { emit } from "./event";
import { passResumeKey, rest, useResume } from "./gate";
import { register, sanitize } from "./invoke";
import {
  EVENT_MESSAGE,
  FLAG_CALLING,
  HOST_STRING,
  KIND_HOST,
  KIND_RESUME,
  KIND_START,
  MAX_STRING,
  NODE_AWAITED,
  REGISTER_INVOKED,
  REGISTER_KEYS,
  STATE_AVAILABLE,
  STATE_READY,
} from "./layout";
import {
  argument,
  begin,
  beginFrom,
  deliver,
  fetchKey,
  KEYS,
  keyAt,
  nodeOf,
  setDatabyte,
  setString,
} from "./message";
import { dequeue, enqueue } from "./ready";
import { Record } from "./record";

/**
 * The host takes what a domain has invoked a host key with: that key is in REGISTER_INVOKED, the four
 * that were passed in REGISTER_KEYS and on. The domain waits, is available or goes on, as it asked.
 */
export function gateTake(index: u32, allocation: u32, call: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if ((domain.flags & FLAG_CALLING) == 0) return STATUS_SPENT;
  if (isDefined(SHARED)) if (domain.node.calls != call) return STATUS_SPENT;
  const how = argument(domain, 7);
  fetchKey(domain, argument(domain, 0), register(REGISTER_INVOKED));
  if (register(REGISTER_INVOKED).kind != KIND_HOST) {
    // Another has been put there meanwhile: that is invoked when the domain has its turn.
    if (domain.state != STATE_READY) enqueue(domain);
    return STATUS_SPENT;
  }
  beginFrom(domain);
  passResumeKey(domain, how);
  for (let number = 0; number < KEYS; number++)
    register(REGISTER_KEYS + number).copy(keyAt(number));
  if (how == INVOKE_FORK) {
    if (domain.state != STATE_READY) enqueue(domain);
    return OK;
  }
  if (domain.state == STATE_READY) dequeue(domain);
  rest(domain, how);
  return OK;
}

/**
 * The host forks the start or resume key in REGISTER_INVOKED. STATUS_STALLED: the domain is busy, and
 * EVENT_AVAILABLE comes; STATUS_VOID: it is no gate.
 */
export function gateSend(order: u32): i32 {
  const key = register(REGISTER_INVOKED);
  sanitize(key);
  if (key.kind != KIND_START && key.kind != KIND_RESUME) return STATUS_VOID;
  const node = nodeOf(key);
  const isStart = key.kind == KIND_START;
  if (isStart) {
    if (!node.isGate) return STATUS_VOID;
    if (node.hot.state != STATE_AVAILABLE) {
      node.flags |= <u8>NODE_AWAITED;
      return STATUS_STALLED;
    }
  }
  begin(order);
  if (control.traced) emit(EVENT_MESSAGE, null, node, order, INVOKE_FORK - INVOKE_CALL);
  setString(HOST_STRING, min<u32>(control.length, MAX_STRING));
  for (let number = 0; number < KEYS; number++) {
    sanitize(register(REGISTER_KEYS + number));
    keyAt(number).copy(register(REGISTER_KEYS + number));
  }
  let next: Record | null = null;
  if (isStart) {
    setDatabyte(key.databyte);
    next = node.hot;
    deliver(node.hot);
  } else next = useResume(key);
  if (next) enqueue(next);
  return OK;
}
