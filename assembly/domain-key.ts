// The orders of domain keys (§3.3): what stands in the root, the general keys, the registers, and
// whether the domain is available, waits or runs.

import { leaveChain } from "./chain";
import { claim } from "./claim";
import {
  ANSWER_BUSY,
  ANSWER_DOMAIN,
  ANSWER_INVALID_ORDER,
  ANSWER_RANGE,
  OK,
  ORDER_GET_KEEPER,
  ORDER_GET_KEY,
  ORDER_GET_METER,
  ORDER_GET_REGISTERS,
  ORDER_KT,
  ORDER_MAKE_AVAILABLE,
  ORDER_MAKE_RUNNING,
  ORDER_MAKE_START,
  ORDER_MAKE_WAITING,
  ORDER_PUT_REGISTERS,
  ORDER_SWAP_KEEPER,
  ORDER_SWAP_KEY,
  ORDER_SWAP_METER,
} from "./codes";
import { control } from "./control";
import { detain } from "./domain";
import { Key } from "./key";
import {
  DOMAIN_KEEPER_SLOT,
  DOMAIN_METER_SLOT,
  FLAG_CALLING,
  KIND_START,
  PROGRAM_RISCV,
  RESUME_RESTART,
  SLOTS,
  STATE_AVAILABLE,
  STATE_ENDED,
  STATE_KEPT,
} from "./layout";
import { gather, invoker, length, order, say, scratch } from "./message";
import { Node } from "./node";
import { enqueue } from "./ready";
import { Record } from "./record";
import { MACHINE_PC, MACHINE_REGISTERS } from "./riscv/layout";
import { wakeStalled } from "./stall";
import { Task } from "./task";
import { PARTITIONED } from "./time-layout";
import { clearTrap } from "./trap";
import { release } from "./worrier";

/** x1 to x31, then pc: 32 little-endian words. */
const REGISTERS_SIZE: u32 = 128;

/** The order of the message under way, with `value` as key 1; `result` is the key that is answered. */
export function domainOrder(node: Node, value: Key, result: Key): u32 {
  const domain = node.hot;
  if (order == ORDER_KT) return ANSWER_DOMAIN;
  if (order == ORDER_GET_METER) return get(node.key(DOMAIN_METER_SLOT), result);
  if (order == ORDER_GET_KEEPER) return get(node.key(DOMAIN_KEEPER_SLOT), result);
  if (order == ORDER_SWAP_METER)
    return claim(domain) ? swapMeter(node, value, result) : ANSWER_BUSY;
  if (order == ORDER_SWAP_KEEPER) return swap(node.key(DOMAIN_KEEPER_SLOT), value, result);
  if (domain.programKind != PROGRAM_RISCV) return ANSWER_INVALID_ORDER;
  // Differences wrap: what is below is far above.
  if (order - ORDER_GET_KEY < <u32>SLOTS) {
    return get(node.keys.key(order - ORDER_GET_KEY), result);
  }
  if (order - ORDER_SWAP_KEY < <u32>SLOTS) {
    return swap(node.keys.key(order - ORDER_SWAP_KEY), value, result);
  }
  if (order == ORDER_MAKE_START) return makeStart(node, result);
  if (domain.state == STATE_ENDED) return ANSWER_INVALID_ORDER;
  if (order == ORDER_GET_REGISTERS) {
    if (!claim(domain)) return ANSWER_BUSY;
    getRegisters(domain);
    return OK;
  }
  const changes = order - ORDER_MAKE_AVAILABLE <= <u32>(ORDER_MAKE_RUNNING - ORDER_MAKE_AVAILABLE);
  if (!changes && order != ORDER_PUT_REGISTERS) return ANSWER_INVALID_ORDER;
  // The invoker would lose what it does now, the answer included.
  if (invoker == changetype<usize>(domain)) return ANSWER_INVALID_ORDER;
  if (!claim(domain)) return ANSWER_BUSY;
  // Its registers say what it invokes, or asks of the host.
  if (!changes && (domain.flags & FLAG_CALLING) != 0) return ANSWER_INVALID_ORDER;
  if (changes) return change(domain, result);
  if (length != REGISTERS_SIZE || !gather()) return ANSWER_RANGE;
  putRegisters(domain);
  return OK;
}

/** A slot that nobody but its owner changes: an obsolete key in it is DK(0). */
function get(slot: Key, result: Key): u32 {
  result.copy(slot);
  if (result.isVoid) result.zero();
  return OK;
}

function swap(slot: Key, value: Key, result: Key): u32 {
  get(slot, result);
  slot.copy(value);
  return OK;
}

/** §3.3: the cache goes back to the old chain; the new key is looked at when the domain next runs. */
export function swapMeter(node: Node, value: Key, result: Key): u32 {
  get(node.key(DOMAIN_METER_SLOT), result);
  if (Key.same(node.key(DOMAIN_METER_SLOT), value)) return OK;
  const domain = node.hot;
  leaveChain(domain);
  node.put(DOMAIN_METER_SLOT, value);
  if (node.hooked) {
    detain(domain);
    enqueue(domain);
  }
  return OK;
}

function makeStart(node: Node, result: Key): u32 {
  if (!gather()) return ANSWER_RANGE;
  result.setNode(KIND_START, node);
  result.databyte = length == 0 ? 0 : load<u8>(scratch());
  return OK;
}

/** It leaves what it does or waits for. Nothing of a message reaches it but what says so. */
function change(domain: Record, result: Key): u32 {
  const node = domain.node;
  // First, for many may wait for the keeper that it keeps busy: that may take several changes.
  if (node.partner) wakeStalled(changetype<Node>(node.partner));
  detain(domain);
  if (order == ORDER_MAKE_RUNNING) {
    clearTrap(domain);
    enqueue(domain);
  } else if (order == ORDER_MAKE_WAITING) {
    domain.state = <u8>STATE_KEPT;
    result.setResume(RESUME_RESTART, node);
  } else {
    // What comes is a message to it, not the answer to what it invoked last or asked of the host.
    domain.flags &= ~(<u8>FLAG_CALLING);
    domain.state = <u8>STATE_AVAILABLE;
    if ((control.timed & PARTITIONED) != 0) Task.of(domain).goHome();
    release(node);
  }
  return OK;
}

function getRegisters(domain: Record): void {
  const registers = domain.program + MACHINE_REGISTERS;
  const to = scratch();
  for (let number: usize = 1; number < 32; number++) {
    store<u32>(to + ((number - 1) << 2), load<u32>(registers + (number << 2)));
  }
  store<u32>(to + 124, load<u32>(domain.program + MACHINE_PC));
  say(to, REGISTERS_SIZE);
}

function putRegisters(domain: Record): void {
  const registers = domain.program + MACHINE_REGISTERS;
  const from = scratch();
  for (let number: usize = 1; number < 32; number++) {
    store<u32>(registers + (number << 2), load<u32>(from + ((number - 1) << 2)));
  }
  store<u32>(domain.program + MACHINE_PC, load<u32>(from + 124));
}
