// The message under way: an order, a data byte, a string and four keys, between its sender's registers
// and its receiver's (§3, §7). It is made and delivered in one change under the kernel lock, so there is
// only one at a time; whatever must be claimed is claimed before it is begun.

import { Key } from "./key";
import { KEY_SIZE, MAX_STRING, SLOTS } from "./layout";
import { Node } from "./node";
import { count, me } from "./processor";
import {
  PROCESSOR_BOUNCE,
  PROCESSOR_MESSAGE,
  PROCESSOR_STRING,
  PROCESSOR_STRING_SIZE,
  STATISTIC_MESSAGES,
} from "./processor-layout";
import { Record } from "./record";
import { MACHINE_REGISTERS, REGISTER_A0, REGISTER_T0 } from "./riscv/layout";
import { stringCopy, stringFetch, stringMove } from "./riscv/string";

/** Keys of a message. */
export const KEYS = 4;

export let order: u32 = 0;
export let databyte: u32 = 0;
/** The string: of the machine that sends it, or, with 0, of the kernel's own memory. */
let sender: usize = 0;
let string: usize = 0;
export let length: u32 = 0;
/** The domain that invokes something, or 0: the host, or the kernel for a keeper. */
export let invoker: usize = 0;
/** What the kernel says in answer: an address of its own memory. */
let said: usize = 0;
let saidLength: u32 = 0;
let echoed: bool = false;

/** An argument register of the domain's machine: a0 is 0. */
export function argument(domain: Record, number: i32): u32 {
  return load<u32>(at(domain, REGISTER_A0 + number));
}

export function setArgument(domain: Record, number: i32, value: u32): void {
  store<u32>(at(domain, REGISTER_A0 + number), value);
}

function at(domain: Record, register: i32): usize {
  return domain.program + MACHINE_REGISTERS + (register << 2);
}

/** A message of the kernel's own, without a string or keys. */
export function begin(code: u32): void {
  order = code;
  databyte = 0;
  sender = string = invoker = 0;
  length = 0;
  say(0, 0);
  for (let number = 0; number < KEYS; number++) keyAt(number).zero();
}

/** The message that a domain sends by its registers. Void keys are DK(0). */
export function beginFrom(domain: Record): void {
  order = argument(domain, 1);
  databyte = 0;
  invoker = changetype<usize>(domain);
  sender = domain.program;
  string = argument(domain, 2);
  length = argument(domain, 3);
  say(0, 0);
  let slots = argument(domain, 4);
  for (let number = 0; number < KEYS; number++, slots >>= 8) {
    const slot = slots & 0xff;
    if (slot < <u32>SLOTS) fetchKey(domain, slot, keyAt(number));
    else keyAt(number).zero();
  }
}

/** What a general slot means; outside 0 to 15, DK(0). `to` must not be prepared. */
export function fetchKey(domain: Record, slot: u32, to: Key): void {
  to.zero();
  if (slot >= <u32>SLOTS) return;
  to.copy(domain.node.keys.key(slot));
  if (to.isVoid || to.isSuper) to.zero();
}

/** The kernel has done what was asked for: the answer is the message now. */
export function answer(code: u32): void {
  order = code;
  databyte = 0;
  if (!echoed) setString(said, saidLength);
}

/** The answer's string, which lies in the kernel's memory. */
export function say(address: usize, bytes: u32): void {
  echoed = false;
  said = address;
  saidLength = bytes;
}

/** The answer's string is that of the message. */
export function echo(): void {
  echoed = true;
}

export function setDatabyte(byte: u32): void {
  databyte = byte;
}

/** The key at a place, 0 to 3: unprepared, and the participant's own. */
export function keyAt(number: i32): Key {
  return changetype<Key>(changetype<usize>(me()) + PROCESSOR_MESSAGE + number * KEY_SIZE);
}

/** Room for PROCESSOR_STRING_SIZE bytes that the kernel writes or has gathered. */
export function scratch(): usize {
  return changetype<usize>(me()) + PROCESSOR_STRING;
}

/** The string lies in the kernel's memory. */
export function setString(address: usize, bytes: u32): void {
  sender = 0;
  string = address;
  length = bytes;
}

/** A number of eight bytes, big-endian; answers where. */
export function numberAt(value: u64): usize {
  store<u64>(scratch(), bswap<u64>(value));
  return scratch();
}

/** Fetches the string, of so many bytes at most, into the scratch; false where it is longer or gone. */
export function gather(most: u32 = PROCESSOR_STRING_SIZE): bool {
  return length <= most && stringFetch(scratch(), sender, string, length);
}

/** The same into a page. */
export function gatherInto(address: usize): bool {
  return stringMove(address, sender, string, length, bounce());
}

function bounce(): usize {
  return changetype<usize>(me()) + PROCESSOR_BOUNCE;
}

/** Gives a waiting domain the message: what does not fit its buffer, or has no slot, is dropped. */
export function deliver(to: Record): void {
  const room = min<u32>(argument(to, 6), MAX_STRING);
  const bytes = min(room, length);
  const taken = stringCopy(to.program, argument(to, 5), sender, string, bytes, bounce());
  let slots = load<u32>(at(to, REGISTER_T0));
  // Most messages leave some slots out.
  for (let number = 0; number < KEYS; number++, slots >>= 8) {
    if ((slots & 0xff) < <u32>SLOTS) to.node.keys.key(slots & 0xff).copy(keyAt(number));
  }
  answerRegisters(to, order, databyte, taken, length);
  count(STATISTIC_MESSAGES);
}

/** A domain that waited for a message goes on without one. */
export function abandon(domain: Record, code: u32): void {
  answerRegisters(domain, code, 0, 0, 0);
}

function answerRegisters(to: Record, code: u32, byte: u32, taken: u32, sent: u32): void {
  setArgument(to, 0, code);
  setArgument(to, 1, byte);
  setArgument(to, 2, taken);
  setArgument(to, 3, sent);
}

/** The node that an unprepared key names; it is not void. */
export function nodeOf(key: Key): Node {
  return Node.at(key.subject);
}
