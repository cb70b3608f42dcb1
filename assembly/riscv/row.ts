// A row: the instructions from one that is jumped to up to the next that always jumps, in order,
// across branches that may not be taken. Each record knows what the row costs from it to the end,
// so the interpreter charges a row once, on entry, and gives back the rest where it leaves early.
// After the last instruction a closing record says where things go on; then follow records for
// the targets of branches that are not decoded yet. In the shared build the closing record is, where
// things do go on, such a branch as well.
//
// With core residence no row goes on into another page, and what leads there always looks whether that
// is open (Cross). An instruction that lies across two pages is decoded anew each time.

import { TRAP_FETCH_FAULT } from "../codes";
import { PAGE_SIZE } from "../layout";
import { tryLock, unlock } from "../lock";
import { fault } from "./access";
import { codeForsake } from "./code";
import { expand } from "./compressed";
import { decode } from "./decode";
import { fuseRow } from "./fuse";
import { Image, imageGrow, imageNext, imageRoom } from "./image";
import { IMAGE_LOCK, MARK_CODE } from "./layout";
import { MACHINE_LOOSE, MACHINE_TAIL, Machine, wordOf } from "./machine";
import { memoryRefresh, translateCode } from "./memory";
import { endsRow, isBranch, Op, RECORD_BYTES, Record } from "./record";

const LONGEST: u32 = 64;
const LONGEST_LOOSE: u32 = 16;
/** How far a row runs on through instructions that another row holds already. */
const OVERLAP: u32 = 16;

function at(row: usize, index: u32): Record {
  return changetype<Record>(row + <usize>index * RECORD_BYTES);
}

/** Host address of the halfword at `pc`, or 0: not executable, or outside of the code. */
function codeAt(machine: Machine, pc: u32): usize {
  return pc - machine.codeBase < machine.codeSize ? translateCode(machine, pc) : 0;
}

/** Decodes the instruction at `pc`. Returns its length, or 0: trapAddress cannot be fetched. */
function decodeAt(machine: Machine, record: Record, pc: u32): u32 {
  machine.trapAddress = pc;
  const low = codeAt(machine, pc);
  if (low == 0) return 0;
  const half: u32 = load<u16>(low);
  if ((half & 3) != 3) {
    decodeInto(machine, record, expand(half), pc);
    return 2;
  }
  machine.trapAddress = pc + 2;
  const high = (pc & 0xfff) == 0xffe ? codeAt(machine, pc + 2) : low + 2;
  if (high == 0) return 0;
  decodeInto(machine, record, half | ((<u32>load<u16>(high)) << 16), pc);
  return 4;
}

function decodeInto(machine: Machine, record: Record, word: u32, pc: u32): void {
  decode(record, word, pc);
  if (machine.residence == 0 || record.base != <u8>Op.Jalr) return;
  record.op = <u8>Op.JalrPaged;
  record.base = <u8>Op.JalrPaged;
}

function setEnter(record: Record, pc: u32, origin: usize): void {
  record.op = <u8>Op.Enter;
  record.base = <u8>Op.Enter;
  record.imm = <i32>origin;
  record.cost = 0;
  record.count = 0;
  record.pc = pc;
}

function setCross(record: Record, pc: u32, target: usize): void {
  setEnter(record, pc, target);
  record.op = <u8>Op.Cross;
  record.base = <u8>Op.Cross;
}

/** Whether it takes a look at its page to get from one instruction to another. */
function isCross(machine: Machine, from: u32, to: u32): bool {
  return machine.residence != 0 && ((from ^ to) & ~0xfff) != 0;
}

/** Marks the pages of [from, to) as decoded, so that stores there are noticed. */
function markCode(machine: Machine, from: u32, to: u32): void {
  let changed = false;
  for (let page = from / PAGE_SIZE; page <= (to - 1) / PAGE_SIZE; ++page) {
    const word = wordOf(changetype<usize>(machine), page);
    if ((load<u32>(word) & MARK_CODE) == 0) changed = true;
    store<u32>(word, load<u32>(word) | MARK_CODE);
  }
  if (changed) memoryRefresh(machine);
}

/** The record of this row for the instruction at `pc`, or 0. */
function within(row: usize, count: u32, pc: u32): usize {
  const first = at(row, 0).pc;
  if (pc - first >= at(row, count).pc - first) return 0;
  for (let index: u32 = 0; index < count; ++index) {
    if (at(row, index).pc == pc) return changetype<usize>(at(row, index));
  }
  return 0;
}

/**
 * Points branches of the row, and its closing record if that is a Goto, at their targets' records.
 * Returns how many records it added.
 */
function setTargets(machine: Machine, image: Image, row: usize, count: u32): u32 {
  let added: u32 = 0;
  const end = isDefined(SHARED) ? count + 1 : count;
  for (let index: u32 = 0; index < end; ++index) {
    const record = at(row, index);
    if (!isBranch(record.base) && (!isDefined(SHARED) || record.base != <u8>Op.Goto)) continue;
    let known: usize = image ? image.find(record.imm) : 0;
    if (image && known == 0) known = within(row, count, record.imm);
    if (image && isCross(machine, at(row, 0).pc, record.imm)) {
      const entry = at(row, count + 1 + added++);
      setCross(entry, record.imm, known);
      record.imm = <i32>changetype<usize>(entry);
    } else if (known == 0) {
      const entry = at(row, count + 1 + added++);
      setEnter(entry, record.imm, image ? changetype<usize>(record) : 1);
      record.imm = <i32>changetype<usize>(entry);
    } else {
      record.imm = <i32>known;
    }
  }
  return added;
}

/** Whether an instruction there may lie across two pages: then it has a row of its own. */
function mayLieAcross(machine: Machine, pc: u32): bool {
  return machine.residence != 0 && (pc & 0xfff) == 0xffe;
}

/** Decodes instructions from `pc` on. Returns how many; a closing record follows them. */
function decodeRow(machine: Machine, image: Image, row: usize, pc: u32, longest: u32): u32 {
  let here = pc;
  let count: u32 = 0;
  let repeated: u32 = 0;
  let ended = false;
  while (count < longest && !ended) {
    if (image && image.find(here) != 0 && ++repeated > OVERLAP) break;
    if (count != 0 && (isCross(machine, pc, here) || mayLieAcross(machine, here))) break;
    const length = decodeAt(machine, at(row, count), here);
    if (length == 0) break;
    here += length;
    ended = endsRow(at(row, count++).base);
  }
  machine.trapAddress = 0;
  const closing = at(row, count);
  setEnter(closing, here, image ? 0 : 1);
  if (image && isCross(machine, pc, here)) {
    setCross(closing, here, 0);
    return count;
  }
  // Others may be at it when its target gets known: an Enter that becomes a Goto is two stores.
  if (isDefined(SHARED) && image && !ended) {
    closing.op = <u8>Op.Goto;
    closing.base = <u8>Op.Goto;
    closing.imm = <i32>here;
  }
  return count;
}

/** Makes a row of what is decoded, whole but for being found. Returns how many records it is. */
function finishRow(machine: Machine, image: Image, row: usize, count: u32): u32 {
  for (let index: i32 = count - 1; index >= 0; --index) {
    const record = at(row, index);
    const next = at(row, index + 1);
    record.cost += next.cost;
    record.count += next.count;
  }
  const added = setTargets(machine, image, row, count);
  fuseRow(row, count);
  return count + 1 + added;
}

/** The image that the machine may decode for now, 0 if that is none. */
function lockImage(machine: Machine): Image {
  const image = machine.image;
  if (isDefined(SHARED) && image != 0 && machine.exclusive == 0) {
    if (!tryLock(image + IMAGE_LOCK)) return changetype<Image>(0);
  }
  return changetype<Image>(image);
}

function unlockImage(machine: Machine): void {
  if (isDefined(SHARED) && machine.exclusive == 0) unlock(machine.image + IMAGE_LOCK);
}

/** Decodes the row at `pc`. Returns its first record, or 0 with the trap set: pc is not code. */
export function rowBuild(machine: Machine, pc: u32): usize {
  const loose = changetype<usize>(machine) + MACHINE_LOOSE;
  // Asked first: the image may be emptied for the row, and what led here must outlive a trap.
  const length = decodeAt(machine, at(loose, 0), pc);
  if (length == 0) return fault(machine, TRAP_FETCH_FAULT, machine.trapAddress);
  machine.trapAddress = 0;
  const exclusive = machine.exclusive != 0;
  const isAcross = isCross(machine, pc, pc + length - 1);
  let image = isAcross ? changetype<Image>(0) : lockImage(machine);
  let row = loose;
  let longest = isAcross ? 1 : LONGEST_LOOSE;
  if (image) {
    // Another processor may have been quicker.
    const known: usize = isDefined(SHARED) ? image.find(pc) : 0;
    const room = known != 0 ? 0 : imageRoom(image, !isDefined(SHARED) || exclusive);
    if (room != 0) {
      row = imageNext(image);
      longest = min(LONGEST, (room - 2) >> 1);
    } else {
      unlockImage(machine);
      if (known != 0) return known;
      // The row is not kept. A machine that may change its code has to do without from now on.
      if (exclusive) codeForsake(machine);
      image = changetype<Image>(0);
    }
  }
  const count = decodeRow(machine, image, row, pc, longest);
  const size = finishRow(machine, image, row, count);
  if (image) {
    // Nothing overwrites the row from here on, and stores to its code are noticed: it may be found.
    imageGrow(image, size);
    if (exclusive) markCode(machine, pc, at(row, count).pc);
    for (let index: i32 = count - 1; index >= 0; --index) {
      const record = at(row, index);
      image.enlist(record.pc, changetype<usize>(record));
    }
    unlockImage(machine);
  }
  return row;
}

/** By words: another processor may be storing an `imm`. */
function copyRecord(to: Record, from: Record): void {
  store<u64>(changetype<usize>(to), load<u64>(changetype<usize>(from)));
  store<u64>(changetype<usize>(to), load<u64>(changetype<usize>(from), 8), 8);
}

/**
 * The row at `row` costs more than is left, which went below zero when it was charged: returns a
 * copy of it, unfused, that ends before the first instruction that does not fit.
 */
export function rowTail(machine: Machine, row: usize, left: i32): usize {
  const tail = changetype<usize>(machine) + MACHINE_TAIL;
  let available = left + <i32>changetype<Record>(row).cost;
  let index: u32 = 0;
  let cost: i32;
  while (true) {
    cost = <i32>at(row, index).cost - <i32>at(row, index + 1).cost;
    if (cost > available) break;
    available -= cost;
    copyRecord(at(tail, index), at(row, index));
    at(tail, index).op = at(row, index).base;
    ++index;
  }
  // What stays charged for the rest of the row is given back at the end.
  const exit = at(tail, index);
  copyRecord(exit, at(row, index));
  exit.op = <u8>Op.Exit;
  exit.base = <u8>Op.Exit;
  exit.imm = cost;
  return tail;
}
