// Gates: what an invocation does (§3, §8). The invoker's ecall has set FLAG_CALLING; its registers say
// what is invoked, with what, and where it wants to receive. Whatever can't be done yet leaves all as it
// was, the flag included, and is done when the invoker has its turn again.
//
// Gate invariant: a domain that is available, or waits for a resume key, is on no queue; who invokes a
// busy one is stalled on it. One message is under way at a time, and is delivered in the same change.

import {
  ANSWER_BUSY,
  INVOKE_CALL,
  INVOKE_FORK,
  INVOKE_RETURN,
  REASON_CLAIM,
  REASON_RAN,
  TRAP_MESSAGE,
  TRAP_SELF,
} from "./codes";
import { control } from "./control";
import { emit } from "./event";
import { answerOf, register } from "./invoke";
import { ANSWERED, CLAIMING, joinInvoke, joinReceive, WAITS } from "./join";
import { askForCall, endSlice } from "./kernel";
import { Key } from "./key";
import {
  EVENT_MESSAGE,
  FLAG_CALLING,
  HOOK_GATE,
  KIND_HOST,
  KIND_RESUME,
  KIND_START,
  MAX_STRING,
  PREPCODE_JOIN,
  PREPCODE_WAIT,
  REGISTER_ARGUMENT,
  REGISTER_INVOKED,
  REGISTER_KEYS,
  REGISTER_RESULT,
  RESUME_FAULT,
  RESUME_RETURN,
  STATE_AVAILABLE,
  STATE_CALLING,
} from "./layout";
import {
  answer,
  argument,
  beginFrom,
  deliver,
  fetchKey,
  keyAt,
  nodeOf,
  order,
  setDatabyte,
} from "./message";
import { Node } from "./node";
import { count, me } from "./processor";
import { STATISTIC_STALLS } from "./processor-layout";
import { dequeue, enqueue, relieve } from "./ready";
import { Record } from "./record";
import { MACHINE_PC, MARK_READ, MARK_WRITE } from "./riscv/layout";
import { Machine } from "./riscv/machine";
import { stringFits } from "./riscv/string";
import { isReturner } from "./service";
import { releaseKeeper, stall, wakeStalled } from "./stall";
import { Task } from "./task";
import { lend } from "./time";
import { PARTITIONED } from "./time-layout";
import { clearTrap, setTrap } from "./trap";
import { waitInvoke } from "./wait";
import { release } from "./worrier";

/** Whether a domain's ecall is an invocation. */
export function isInvocation(domain: Record): bool {
  const how = argument(domain, 7);
  return how == INVOKE_CALL || how == INVOKE_RETURN || how == INVOKE_FORK;
}

/** Does what the head of the ready queue invokes: REASON_RAN, _HOST_CALL, or _CLAIM and nothing done. */
export function jump(domain: Record): i32 {
  const how = argument(domain, 7);
  if (!isSound(domain, how)) return REASON_RAN;
  const key = register(REGISTER_INVOKED);
  if (how != INVOKE_CALL) {
    const reply = register(REGISTER_ARGUMENT);
    fetchKey(domain, argument(domain, 4) >>> 24, reply);
    wakeOthers(reply);
  }
  fetchKey(domain, argument(domain, 0), key);
  wakeOthers(key);
  let reason = REASON_RAN;
  if (key.kind == KIND_START && nodeOf(key).isGate) toDomain(domain, key, how);
  else if (key.kind == KIND_RESUME) toWaiting(domain, key, how);
  else if (key.kind == KIND_HOST) return askForCall(domain);
  else reason = toKernel(domain, key, how);
  const here = me();
  if (here.sliceLeft == 0 && here.ready == changetype<usize>(domain)) endSlice();
  return reason;
}

/**
 * A host's keeper is about to have done with a domain, by a resume key: many others may wait for that
 * keeper. They look again first, for that may take several changes.
 */
function wakeOthers(key: Key): void {
  if (key.kind != KIND_RESUME) return;
  const partner = nodeOf(key).isDomain ? nodeOf(key).partner : 0;
  if (partner) wakeStalled(changetype<Node>(partner));
}

/** Whether the message can be sent, and an answer received; if not, the ecall itself has trapped. */
function isSound(domain: Record, how: u32): bool {
  const bytes = argument(domain, 3);
  if (bytes > <u32>MAX_STRING) return trapAtCall(domain, TRAP_MESSAGE, bytes);
  const machine = domain.program;
  const room = how == INVOKE_FORK ? 0 : min<u32>(argument(domain, 6), MAX_STRING);
  if ((bytes | room) == 0) return true;
  if (
    stringFits(machine, argument(domain, 2), bytes, MARK_READ) &&
    stringFits(machine, argument(domain, 5), room, MARK_WRITE)
  ) {
    return true;
  }
  const failed = changetype<Machine>(machine);
  return trapAtCall(domain, failed.trapCode, failed.trapAddress);
}

/** Answers false. The instruction is executed again when the domain goes on. */
function trapAtCall(domain: Record, code: u32, address: u32): bool {
  domain.flags &= ~(<u8>FLAG_CALLING);
  const pc = domain.program + MACHINE_PC;
  store<u32>(pc, load<u32>(pc) - 4);
  setTrap(domain, code, address);
  return false;
}

/** A start key: the callee runs at once, or the invoker stalls on it. */
function toDomain(domain: Record, key: Key, how: u32): void {
  const node = nodeOf(key);
  const callee = node.hot;
  if (callee == domain) {
    trapAtCall(domain, TRAP_SELF, 0);
    return;
  }
  if (callee.state != STATE_AVAILABLE) {
    stallAt(domain, node);
    return;
  }
  beginFrom(domain);
  setDatabyte(key.databyte);
  passResumeKey(domain, how);
  tell(domain, node, how);
  deliver(callee);
  if ((control.timed & PARTITIONED) != 0 && how == INVOKE_CALL)
    Task.of(callee).serve(Task.of(domain));
  part(domain, how, callee);
}

/** A resume key: whoever waits for it goes on. */
function toWaiting(domain: Record, key: Key, how: u32): void {
  beginFrom(domain);
  passResumeKey(domain, how);
  tell(domain, nodeOf(key), how);
  part(domain, how, useResume(key));
}

/** What the kernel itself answers at once, or a join or wait object later. */
function toKernel(domain: Record, key: Key, how: u32): i32 {
  beginFrom(domain);
  // The answer goes to whom was passed, whatever the invocation puts in his slot.
  const reply = register(REGISTER_KEYS);
  reply.copy(keyAt(3));
  const node = key.kind == KIND_START ? nodeOf(key) : null;
  let came: i32;
  if (node && node.prepcode == PREPCODE_JOIN) came = joinInvoke(domain, node, how);
  else if (node && node.prepcode == PREPCODE_WAIT) came = waitInvoke(domain, node, how);
  else came = primary(key);
  if (came == CLAIMING) return REASON_CLAIM;
  if (came == WAITS) return REASON_RAN;
  domain.flags &= ~(<u8>FLAG_CALLING);
  if (how == INVOKE_CALL) {
    deliver(domain);
    return REASON_RAN;
  }
  part(domain, how, reply.kind == KIND_RESUME && !reply.isVoid ? useResume(reply) : null);
  return REASON_RAN;
}

/** A key of the kernel's own: the answer is the message under way. */
function primary(key: Key): i32 {
  if (key.kind == KIND_START) key.zero();
  // By the order that was sent: the answer is the order from then on.
  const isCopied = isReturner(key);
  register(REGISTER_ARGUMENT).copy(keyAt(0));
  const code = answerOf(order);
  // The returner answers whatever it was sent.
  if (code == ANSWER_BUSY && !isCopied) return CLAIMING;
  answer(code);
  keyAt(0).copy(register(REGISTER_RESULT));
  // Nobody but the prime meter has the super key.
  if (keyAt(0).isSuper) keyAt(0).zero();
  keyAt(3).zero();
  if (isCopied) return ANSWERED;
  keyAt(1).zero();
  keyAt(2).zero();
  return ANSWERED;
}

/** A call passes a resume key to the caller as key 4; copies of earlier ones are void. */
export function passResumeKey(domain: Record, how: u32): void {
  domain.flags &= ~(<u8>FLAG_CALLING);
  if (how != INVOKE_CALL) return;
  domain.node.newCall();
  keyAt(3).setResume(RESUME_RETURN, domain.node);
}

/** The invoker goes on, waits or is available; `next`, if anybody, runs. */
export function part(domain: Record, how: u32, next: Record | null): void {
  if (how == INVOKE_FORK) {
    if (next) enqueue(next);
    return;
  }
  if (next) relieve(domain, next);
  else dequeue(domain);
  rest(domain, how);
}

/** An invoker that is on no queue any more. */
export function rest(domain: Record, how: u32): void {
  if (domain.amount == 0) domain.dryOut();
  domain.state = how == INVOKE_CALL ? <u8>STATE_CALLING : <u8>STATE_AVAILABLE;
  if (how != INVOKE_RETURN) return;
  if ((control.timed & PARTITIONED) != 0) Task.of(domain).goHome();
  release(domain.node);
}

/** Uses a live resume key for the message under way: whoever waits for it is to run, if anybody. */
export function useResume(key: Key): Record | null {
  const node = nodeOf(key);
  const kind = key.databyte;
  if (node.prepcode == PREPCODE_JOIN) return joinReceive(node);
  const domain = node.hot;
  node.newCall();
  releaseKeeper(node);
  if (kind == RESUME_RETURN) deliver(domain);
  else if (kind == RESUME_FAULT) {
    if (order == 0) clearTrap(domain);
    else setTrap(domain, order, 0);
  }
  return domain;
}

/** The head waits until a busy domain is available. */
export function stallAt(domain: Record, node: Node): void {
  dequeue(domain);
  if ((control.timed & PARTITIONED) != 0) lend(domain, node.hot);
  stall(domain, node, HOOK_GATE);
  count(STATISTIC_STALLS);
}

export function tell(domain: Record, to: Node, how: u32): void {
  if (control.traced) emit(EVENT_MESSAGE, domain.node, to, order, how - INVOKE_CALL);
}
