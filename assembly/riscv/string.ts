// Strings of messages: ranges of a machine's address space, or of the kernel's own memory (machine 0),
// copied page by page. What is copied lands in buffers of waiting domains, so it need not be undone.

import { TRAP_LOAD_FAULT, TRAP_NONE, TRAP_STORE_FAULT } from "../codes";
import { PAGE_SIZE } from "../layout";
import { MARK_READ, MARK_WRITE } from "./layout";
import { Machine } from "./machine";
import { translatePlain } from "./memory";

const OFFSET: u32 = PAGE_SIZE - 1;

/** Bytes from `guest` up to its page's end, `length` at most. */
function stretch(guest: u32, length: u32): u32 {
  return min<u32>(length, <u32>PAGE_SIZE - (guest & OFFSET));
}

/**
 * Whether a message may be read from, or with MARK_WRITE received at, all of a range. If not, the
 * machine's trap code and address say why; buffers don't lie in code.
 */
export function stringFits(machine: usize, guest: u32, length: u32, mark: u32): bool {
  let from = guest;
  let left = length;
  while (left != 0) {
    if (translatePlain(changetype<Machine>(machine), from, mark) == 0) {
      changetype<Machine>(machine).trapCode =
        mark == MARK_READ ? TRAP_LOAD_FAULT : TRAP_STORE_FAULT;
      changetype<Machine>(machine).trapAddress = from;
      return false;
    }
    const bytes = stretch(from, left);
    // Past the last page is nothing, and page 0 is never mapped.
    from += bytes;
    left -= bytes;
  }
  changetype<Machine>(machine).trapCode = TRAP_NONE;
  return true;
}

/** Copies a string to the kernel's own memory; false where it is not all there. */
export function stringFetch(to: usize, machine: usize, from: usize, length: u32): bool {
  if (machine == 0) {
    memory.copy(to, from, length);
    return true;
  }
  let guest = <u32>from;
  let left = length;
  while (left != 0) {
    const host = translatePlain(changetype<Machine>(machine), guest, MARK_READ);
    if (host == 0) return false;
    const bytes = stretch(guest, left);
    memory.copy(to, host, bytes);
    to += bytes;
    guest += bytes;
    left -= bytes;
  }
  return true;
}

/** The same where the pieces of it may lie where they are to go. */
export function stringMove(
  to: usize,
  machine: usize,
  from: usize,
  length: u32,
  bounce: usize,
): bool {
  if (stretch(<u32>from, length) == length) return stringFetch(to, machine, from, length);
  if (!stringFetch(bounce, machine, from, length)) return false;
  memory.copy(to, bounce, length);
  return true;
}

/**
 * Copies a string to a machine, by way of `bounce` where pieces of it may lie over each other. Answers
 * how many bytes of it found room.
 */
export function stringCopy(
  machine: usize,
  guest: u32,
  sender: usize,
  string: usize,
  length: u32,
  bounce: usize,
): u32 {
  const isWhole = stretch(guest, length) == length && stretch(<u32>string, length) == length;
  if (!isWhole && (sender != 0 || string != bounce)) {
    if (!stringFetch(bounce, sender, string, length)) return 0;
    return stringCopy(machine, guest, 0, bounce, length, bounce);
  }
  let done: u32 = 0;
  while (done < length) {
    const to = guest + done;
    const host = translatePlain(changetype<Machine>(machine), to, MARK_WRITE);
    if (host == 0) break;
    const bytes = stretch(to, length - done);
    if (sender == 0) memory.copy(host, string + done, bytes);
    else if (!stringFetch(host, sender, string + done, bytes)) break;
    done += bytes;
  }
  return done;
}

/** Copies a page's content to or from the drum. */
export function pageMove(to: usize, from: usize): void {
  memory.copy(to, from, PAGE_SIZE);
}

export function stringClear(to: usize, length: u32): void {
  memory.fill(to, 0, length);
}
