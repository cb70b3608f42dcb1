// Wait objects: nodes that let one domain wait for a time (time-memory-locks.md §C). Order 0 waits until
// the object's time; order 1 sets that, and a time that has passed wakes who waits, now. Times in
// strings are as the clock's: 8 bytes, big-endian, 4,096 to the µs, 256 to the cycle.
//
// Wait invariant: who waits sleeps until `due`, with `partner` set on both sides.

import {
  ANSWER_ABANDONED,
  ANSWER_INVALID_ORDER,
  ANSWER_RANGE,
  ANSWER_TAKEN,
  ANSWER_WAIT,
  INVOKE_CALL,
  OK,
  ORDER_KT,
  ORDER_SET_TIME,
  ORDER_WAIT,
  STATUS_NO_NODES,
} from "./codes";
import { control } from "./control";
import { passResumeKey } from "./gate";
import { ANSWERED, WAITS } from "./join";
import { PREPCODE_NONE, PREPCODE_WAIT } from "./layout";
import { abandon, begin, deliver, gather, length, order, scratch } from "./message";
import { Node } from "./node";
import { me } from "./processor";
import { dequeue, enqueue } from "./ready";
import { Record } from "./record";
import { awake, rise, sleepUntil } from "./sleeper";

/** Units of the clock in a cycle: 2^-12 µs, at 16 MHz. */
export const CLOCK_UNITS: u64 = 256;

/** Makes a wait object; answers its index, or 0 with CONTROL_CODE. */
export function waitCreate(): u32 {
  control.code = STATUS_NO_NODES;
  const node = Node.allocate();
  if (!node) return 0;
  control.code = OK;
  node.prepcode = <u8>PREPCODE_WAIT;
  return node.index;
}

/** Who waits there goes on without, before the node is freed. */
export function waitFree(node: Node): void {
  if (node.partner) {
    const domain = changetype<Node>(node.partner).hot;
    rise(domain);
    abandon(domain, ANSWER_ABANDONED);
    enqueue(domain);
  }
  node.prepcode = <u8>PREPCODE_NONE;
}

/** A start key to a wait object is invoked: ANSWERED, or WAITS with the invoker asleep. */
export function waitInvoke(domain: Record | null, node: Node, how: u32): i32 {
  if (order == ORDER_SET_TIME) {
    begin(setTime(node));
    return ANSWERED;
  }
  let code: u32 = ANSWER_INVALID_ORDER;
  if (order == ORDER_KT) code = ANSWER_WAIT;
  else if (order == ORDER_WAIT && domain && how == INVOKE_CALL) {
    if (node.partner) code = ANSWER_TAKEN;
    else if (node.due <= me().time) code = OK;
    else {
      wait(domain, node);
      return WAITS;
    }
  }
  begin(code);
  return ANSWERED;
}

function setTime(node: Node): u32 {
  if (length != 8 || !gather()) return ANSWER_RANGE;
  const units = bswap<u64>(load<u64>(scratch()));
  // The first cycle that is not before it.
  node.due = units / CLOCK_UNITS + (units % CLOCK_UNITS == 0 ? 0 : 1);
  if (node.partner == 0) return OK;
  const domain = changetype<Node>(node.partner).hot;
  if (node.due <= me().time) {
    rise(domain);
    enqueue(domain);
  } else {
    awake(domain);
    sleepUntil(domain, node.due);
  }
  return OK;
}

/** Its answer, 0, stands ready for when it wakes. */
function wait(domain: Record, node: Node): void {
  passResumeKey(domain, INVOKE_CALL);
  begin(OK);
  deliver(domain);
  dequeue(domain);
  if (domain.amount == 0) domain.dryOut();
  node.partner = changetype<usize>(domain.node);
  domain.node.partner = changetype<usize>(node);
  sleepUntil(domain, node.due);
}
