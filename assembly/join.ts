// Joins: nodes that hold one message until it is asked for (time-memory-locks.md §C). Order 0 hands out
// a return key; what comes by that is held; order 1 answers it, or waits for it. So who asks need not
// know which came first.
//
// Join invariant: `partner` is JOIN_IDLE, _WAITING or _HOLDING. A waiter's resume key is in slot 1; a
// held message is in slots 0, 2 and 4–7 and in the frame that is its `record`.

import {
  ANSWER_ABANDONED,
  ANSWER_INVALID_ORDER,
  ANSWER_JOIN,
  ANSWER_NOTHING,
  ANSWER_TAKEN,
  INVOKE_CALL,
  OK,
  ORDER_JOIN_KEY,
  ORDER_JOIN_TAKE,
  ORDER_KT,
  STATUS_NO_FRAMES,
  STATUS_NO_NODES,
} from "./codes";
import { control } from "./control";
import { allocateRun, freeRun } from "./frame";
import { part, passResumeKey, useResume } from "./gate";
import { Key } from "./key";
import {
  JOIN_HOLDING,
  JOIN_IDLE,
  JOIN_KEYS_SLOT,
  JOIN_LENGTH_SLOT,
  JOIN_ORDER_SLOT,
  JOIN_WAITER_SLOT,
  JOIN_WAITING,
  KIND_RESUME,
  PREPCODE_JOIN,
  PREPCODE_NONE,
  RESUME_RETURN,
} from "./layout";
import { begin, gatherInto, KEYS, keyAt, length, nodeOf, order, setString } from "./message";
import { Node } from "./node";
import { enqueue } from "./ready";
import { Record } from "./record";

/** What invoking a key of the kernel comes to: the answer is the message; it comes later; try again. */
export const ANSWERED = 0;
export const WAITS = 1;
export const CLAIMING = 2;

/** Makes a join; answers its index, or 0 with CONTROL_CODE. */
export function joinCreate(): u32 {
  control.code = STATUS_NO_FRAMES;
  const frame = allocateRun(1);
  if (frame == 0) return 0;
  const node = Node.allocate();
  if (!node) {
    control.code = STATUS_NO_NODES;
    freeRun(frame, 1);
    return 0;
  }
  control.code = OK;
  node.record = frame;
  node.prepcode = <u8>PREPCODE_JOIN;
  return node.index;
}

/** Gives back what is a join's own, before its node is freed; who waits there goes on without. */
export function joinFree(node: Node): void {
  const waiter = node.key(JOIN_WAITER_SLOT);
  begin(ANSWER_ABANDONED);
  const next = takeWaiter(waiter);
  if (next) enqueue(next);
  freeRun(node.record, 1);
  node.record = 0;
  node.prepcode = <u8>PREPCODE_NONE;
}

/** A start key to a join is invoked: ANSWERED, or WAITS with the invoker off the ready queue. */
export function joinInvoke(domain: Record | null, node: Node, how: u32): i32 {
  if (order == ORDER_JOIN_TAKE) return take(domain, node, how);
  const isKey = order == ORDER_JOIN_KEY;
  begin(isKey ? OK : order == ORDER_KT ? ANSWER_JOIN : ANSWER_INVALID_ORDER);
  if (!isKey) return ANSWERED;
  drop(node);
  node.newCall();
  node.partner = JOIN_WAITING;
  keyAt(0).setResume(RESUME_RETURN, node);
  return ANSWERED;
}

function take(domain: Record | null, node: Node, how: u32): i32 {
  if (node.partner == JOIN_HOLDING) {
    begin(<u32>node.key(JOIN_ORDER_SLOT).low);
    setString(node.record, <u32>node.key(JOIN_LENGTH_SLOT).low);
    for (let number = 0; number < KEYS; number++) copyLive(keyAt(number), node.key(place(number)));
    drop(node);
    return ANSWERED;
  }
  const waiter = node.key(JOIN_WAITER_SLOT);
  if (node.partner == JOIN_IDLE) begin(ANSWER_NOTHING);
  else if (waiter.kind == KIND_RESUME && !waiter.isVoid) begin(ANSWER_TAKEN);
  else return wait(domain, node, how);
  return ANSWERED;
}

/**
 * The invoker, or the domain that key 4 is a resume key to, waits. No join does: of a chain of them each would
 * hold what comes to one, and it would be followed in one change.
 */
function wait(domain: Record | null, node: Node, how: u32): i32 {
  const isOther = keyAt(3).kind == KIND_RESUME && nodeOf(keyAt(3)).isDomain;
  if (!domain || (how != INVOKE_CALL && !isOther)) {
    begin(ANSWER_INVALID_ORDER);
    return ANSWERED;
  }
  passResumeKey(domain, how);
  node.key(JOIN_WAITER_SLOT).copy(keyAt(3));
  part(domain, how, null);
  return WAITS;
}

/** The message under way has come by the join's return key: answers who goes on with it, if anybody. */
export function joinReceive(node: Node): Record | null {
  node.newCall();
  node.partner = JOIN_IDLE;
  const next = takeWaiter(node.key(JOIN_WAITER_SLOT));
  if (next) return next;
  node.partner = JOIN_HOLDING;
  // What the sender can't read of its string any more is not held.
  const isWhole = gatherInto(node.record);
  node.key(JOIN_ORDER_SLOT).setData(order);
  node.key(JOIN_LENGTH_SLOT).setData(isWhole ? length : 0);
  for (let number = 0; number < KEYS; number++) node.key(place(number)).copy(keyAt(number));
  return null;
}

function takeWaiter(waiter: Key): Record | null {
  if (waiter.kind != KIND_RESUME || waiter.isVoid) return null;
  const next = useResume(waiter);
  waiter.zero();
  return next;
}

function drop(node: Node): void {
  node.partner = JOIN_IDLE;
  for (let number = 0; number < KEYS; number++) node.key(place(number)).zero();
}

function place(number: i32): i32 {
  return JOIN_KEYS_SLOT + number;
}

function copyLive(to: Key, from: Key): void {
  to.copy(from);
  if (to.isVoid) to.zero();
}
