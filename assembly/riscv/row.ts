// A row: the instructions from one that is jumped to up to the next that always jumps, in order,
// across branches that may not be taken. Each record knows what the row costs from it to the end,
// so the interpreter charges a row once, on entry, and gives back the rest where it leaves early.
// After the last instruction a closing record says where things go on; then follow records for
// the targets of branches that are not decoded yet.

import { TRAP_FETCH_FAULT } from "../codes";
import { MARK_CODE, PAGE_SIZE } from "../layout";
import { codeForsake } from "./code";
import { expand } from "./compressed";
import { decode } from "./decode";
import { fuseRow } from "./fuse";
import { Image, imageGrow, imageNext, imageRoom } from "./image";
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
    decode(record, expand(half), pc);
    return 2;
  }
  machine.trapAddress = pc + 2;
  const high = (pc & 0xfff) == 0xffe ? codeAt(machine, pc + 2) : low + 2;
  if (high == 0) return 0;
  decode(record, half | ((<u32>load<u16>(high)) << 16), pc);
  return 4;
}

function setEnter(record: Record, pc: u32, origin: usize): void {
  record.op = <u8>Op.Enter;
  record.base = <u8>Op.Enter;
  record.imm = <i32>origin;
  record.cost = 0;
  record.count = 0;
  record.pc = pc;
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

/** Points branches of the row at their targets' records. Returns how many records it added. */
function setTargets(image: Image, row: usize, count: u32): u32 {
  let added: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const record = at(row, index);
    if (!isBranch(record.base)) continue;
    const known = image ? image.find(record.imm) : 0;
    if (known == 0) {
      const entry = at(row, count + 1 + added++);
      setEnter(entry, record.imm, image ? changetype<usize>(record) : 1);
      record.imm = <i32>changetype<usize>(entry);
    } else {
      record.imm = <i32>known;
    }
  }
  return added;
}

/** Decodes the row at `pc`. Returns its first record, or 0 with the trap set: pc is not code. */
export function rowBuild(machine: Machine, pc: u32): usize {
  let image = changetype<Image>(machine.image);
  const room = image ? imageRoom(image) : 0;
  if (room == 0) {
    // The row is not kept. A machine that may change its code has to do without from now on.
    if (image && machine.exclusive != 0) codeForsake(machine);
    image = changetype<Image>(0);
  }
  const row = image ? imageNext(image) : changetype<usize>(machine) + MACHINE_LOOSE;
  const longest = image ? min(LONGEST, (room - 1) >> 1) : LONGEST_LOOSE;
  let here = pc;
  let count: u32 = 0;
  let repeated: u32 = 0;
  while (count < longest) {
    if (image && image.find(here) != 0 && ++repeated > OVERLAP) break;
    const length = decodeAt(machine, at(row, count), here);
    if (length == 0) break;
    here += length;
    if (endsRow(at(row, count++).base)) break;
  }
  if (count == 0) {
    machine.trapCode = TRAP_FETCH_FAULT;
    return 0;
  }
  machine.trapAddress = 0;
  setEnter(at(row, count), here, image ? 0 : 1);
  for (let index: i32 = count - 1; index >= 0; --index) {
    const record = at(row, index);
    const next = at(row, index + 1);
    record.cost += next.cost;
    record.count += next.count;
    if (image) image.enlist(record.pc, changetype<usize>(record));
  }
  const added = setTargets(image, row, count);
  fuseRow(row, count);
  if (image) {
    imageGrow(image, count + 1 + added);
    if (machine.exclusive != 0) markCode(machine, pc, here);
  }
  return row;
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
    memory.copy(
      changetype<usize>(at(tail, index)),
      changetype<usize>(at(row, index)),
      RECORD_BYTES,
    );
    at(tail, index).op = at(row, index).base;
    ++index;
  }
  // What stays charged for the rest of the row is given back at the end.
  const exit = at(tail, index);
  memory.copy(changetype<usize>(exit), changetype<usize>(at(row, index)), RECORD_BYTES);
  exit.op = <u8>Op.Exit;
  exit.base = <u8>Op.Exit;
  exit.imm = cost;
  return tail;
}
