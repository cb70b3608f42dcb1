// The address space of a machine: page-table words, the two windows that the interpreter checks
// first, the last translations, and what is slow: the rest.

import { OK, STATUS_NO_FRAMES, STATUS_RANGE, TRAP_LOAD_FAULT, TRAP_STORE_FAULT } from "../codes";
import { allocateRun, claimRun, framesFree, freeRun } from "../frame";
import { PAGE_SIZE } from "../layout";
import { codeDetach, codeStored } from "./code";
import {
  MARK_CODE,
  MARK_EXEC,
  MARK_FAULT,
  MARK_FOREIGN,
  MARK_PRESENT,
  MARK_READ,
  MARK_WRITE,
} from "./layout";
import {
  MACHINE_READ_TLB,
  MACHINE_RESUME,
  MACHINE_WRITE_TLB,
  Machine,
  TLB_ENTRIES,
  wordOf,
} from "./machine";
import { Op, RECORD_BYTES, Record } from "./record";

const TLB_BYTES: usize = 512;
const FRAME_BITS: u32 = 0xfffff000;
const SETTABLE: u32 = MARK_READ | MARK_WRITE | MARK_EXEC | MARK_FAULT;

/** Whether loads, or stores, of this page need nothing but the translation. */
function isPlain(machine: Machine, word: u32, access: u32): bool {
  if ((word & (MARK_PRESENT | MARK_FAULT | access)) != (MARK_PRESENT | access)) return false;
  return access != MARK_WRITE || !isSensitive(machine, word);
}

/** Whether a store here may change instructions that are decoded. */
function isSensitive(machine: Machine, word: u32): bool {
  if ((word & MARK_EXEC) == 0) return false;
  return machine.exclusive == 0 || machine.image == 0 || (word & MARK_CODE) != 0;
}

function setWindow(machine: Machine, access: u32, first: u32, count: u32): void {
  const start = first << 12;
  // A word at the last three bytes would reach beyond.
  const size: u32 = count == 0 ? 0 : <u32>(((<u64>count) << 12) - 3);
  const word = count == 0 ? 0 : load<u32>(wordOf(changetype<usize>(machine), first));
  if (access == MARK_READ) {
    machine.readStart = start;
    machine.readSize = size;
    machine.readHost = word & FRAME_BITS;
  } else {
    machine.writeStart = start;
    machine.writeSize = size;
    machine.writeHost = word & FRAME_BITS;
  }
}

/** The longest range of pages that are plain for this access and lie in a row. */
function findWindow(machine: Machine, access: u32): void {
  let best: u32 = 0;
  let bestFirst: u32 = 0;
  let first: u32 = 0;
  let length: u32 = 0;
  let expected: u32 = 0;
  for (let page: u32 = 0; page < machine.pages; ++page) {
    const word = load<u32>(wordOf(changetype<usize>(machine), page));
    if (!isPlain(machine, word, access)) {
      length = 0;
      continue;
    }
    if (length == 0 || (word & FRAME_BITS) != expected) {
      first = page;
      length = 0;
    }
    expected = (word & FRAME_BITS) + PAGE_SIZE;
    if (++length > best) {
      best = length;
      bestFirst = first;
    }
  }
  setWindow(machine, access, bestFirst, best);
}

/** To be called after every change of page-table words. */
export function memoryRefresh(machine: Machine): void {
  memory.fill(changetype<usize>(machine) + MACHINE_READ_TLB, 0, 2 * TLB_BYTES);
  findWindow(machine, MARK_READ);
  findWindow(machine, MARK_WRITE);
}

function inRange(machine: Machine, first: u32, count: u32): bool {
  return first != 0 && count != 0 && first < machine.pages && count <= machine.pages - first;
}

/** Host address of `count` frames in a row, best those after the page before; 0 if there are none. */
function findRun(machine: Machine, first: u32, count: u32): usize {
  const before = load<u32>(wordOf(changetype<usize>(machine), first - 1));
  const next: usize = (before & FRAME_BITS) + PAGE_SIZE;
  if ((before & MARK_PRESENT) != 0 && claimRun(next, count)) return next;
  return allocateRun(count);
}

/**
 * Maps zeroed frames at pages that are not mapped yet. `marks` are any of MARK_READ, _WRITE, _EXEC.
 * Page 0 is never mapped.
 */
export function machineMap(address: usize, first: u32, count: u32, marks: u32): i32 {
  const machine = changetype<Machine>(address);
  if (!inRange(machine, first, count) || (marks & ~SETTABLE) != 0) return STATUS_RANGE;
  for (let page = first; page < first + count; ++page) {
    if (load<u32>(wordOf(address, page)) != 0) return STATUS_RANGE;
  }
  if (framesFree() < count) return STATUS_NO_FRAMES;
  const run = findRun(machine, first, count);
  for (let index: u32 = 0; index < count; ++index) {
    const frame = run != 0 ? run + <usize>index * PAGE_SIZE : allocateRun(1);
    // Processors take frames meanwhile.
    if (isDefined(SHARED) && frame == 0) {
      freePages(address, first, index);
      return STATUS_NO_FRAMES;
    }
    store<u32>(wordOf(address, first + index), <u32>frame | marks | MARK_PRESENT);
  }
  // Others that share the image have no code there.
  if ((marks & MARK_EXEC) != 0 && machine.started != 0) codeDetach(machine);
  memoryRefresh(machine);
  return OK;
}

/** Gives pages other marks: any of MARK_READ, _WRITE, _EXEC and _FAULT. */
export function machineProtect(address: usize, first: u32, count: u32, marks: u32): i32 {
  const machine = changetype<Machine>(address);
  if (!inRange(machine, first, count) || (marks & ~SETTABLE) != 0) return STATUS_RANGE;
  for (let page = first; page < first + count; ++page) {
    const word = load<u32>(wordOf(address, page));
    if ((word & MARK_PRESENT) == 0) return STATUS_RANGE;
    // What others write is no code.
    if ((word & MARK_FOREIGN) != 0 && (marks & MARK_EXEC) != 0) return STATUS_RANGE;
  }
  let changed = false;
  for (let page = first; page < first + count; ++page) {
    const word = load<u32>(wordOf(address, page));
    if (((word ^ marks) & MARK_EXEC) != 0) changed = machine.started != 0;
    store<u32>(wordOf(address, page), (word & ~SETTABLE) | marks);
  }
  // Others that share the image execute what they did before.
  if (changed) codeDetach(machine);
  memoryRefresh(machine);
  return OK;
}

/** Maps a frame of somebody else's, `marks` being of MARK_READ and _WRITE, where nothing is mapped. */
export function memoryMapForeign(address: usize, page: u32, frame: usize, marks: u32): i32 {
  const machine = changetype<Machine>(address);
  if (!inRange(machine, page, 1) || (marks & ~(MARK_READ | MARK_WRITE)) != 0) return STATUS_RANGE;
  if (load<u32>(wordOf(address, page)) != 0) return STATUS_RANGE;
  store<u32>(wordOf(address, page), <u32>frame | marks | MARK_PRESENT | MARK_FOREIGN);
  memoryRefresh(machine);
  return OK;
}

/** Undoes that, if it is that frame. */
export function memoryUnmapForeign(address: usize, page: u32, frame: usize): i32 {
  const machine = changetype<Machine>(address);
  if (!inRange(machine, page, 1)) return STATUS_RANGE;
  const word = load<u32>(wordOf(address, page));
  if ((word & MARK_FOREIGN) == 0 || (word & FRAME_BITS) != <u32>frame) return STATUS_RANGE;
  store<u32>(wordOf(address, page), 0);
  memoryRefresh(machine);
  return OK;
}

/** Gives frames of pages back; those of others are not this machine's to give. */
export function machineUnmap(address: usize, first: u32, count: u32): i32 {
  for (let page = first; page < first + count; ++page) {
    if (page >= changetype<Machine>(address).pages) break;
    if ((load<u32>(wordOf(address, page)) & MARK_FOREIGN) != 0) return STATUS_RANGE;
  }
  const status = machineProtect(address, first, count, 0);
  if (status != OK) return status;
  freePages(address, first, count);
  memoryRefresh(changetype<Machine>(address));
  return OK;
}

function freePages(address: usize, first: u32, count: u32): void {
  for (let page = first; page < first + count; ++page) {
    freeRun(load<u32>(wordOf(address, page)) & FRAME_BITS, 1);
    store<u32>(wordOf(address, page), 0);
  }
}

/** A directed fault; for now nothing directs them anywhere. */
function directedFault(machine: Machine, page: u32): void {
  const word = wordOf(changetype<usize>(machine), page);
  store<u32>(word, load<u32>(word) & ~MARK_FAULT);
  memoryRefresh(machine);
}

/** The word of the page of `guest`, if that is present and has the mark; else 0. */
function wordFor(machine: Machine, guest: u32, mark: u32): u32 {
  const page = guest >>> 12;
  if (page >= machine.pages) return 0;
  const at = wordOf(changetype<usize>(machine), page);
  if ((load<u32>(at) & MARK_FAULT) != 0) directedFault(machine, page);
  const word = load<u32>(at);
  const wanted = MARK_PRESENT | mark;
  return (word & wanted) == wanted ? word : 0;
}

/** Host address of an instruction's halfword, or 0. */
export function translateCode(machine: Machine, guest: u32): usize {
  const word = wordFor(machine, guest, MARK_EXEC);
  return word == 0 ? 0 : (word & FRAME_BITS) + (guest & 0xfff);
}

/** Host address of an aligned word that may be read and written and is no code that is decoded, or 0. */
export function writableCell(machine: Machine, guest: u32): usize {
  if (wordFor(machine, guest, MARK_READ) == 0) return 0;
  const page = translateWrite(machine, guest);
  return page == 0 || (page & 1) != 0 ? 0 : page + (guest & 0xfff);
}

/** Host address of a guest byte, good to the end of its page, or 0; for writing, not in code. */
export function translatePlain(machine: Machine, guest: u32, mark: u32): usize {
  const word = wordFor(machine, guest, mark);
  if (word == 0 || (mark == MARK_WRITE && (word & MARK_EXEC) != 0)) return 0;
  return (word & FRAME_BITS) + (guest & 0xfff);
}

/** Lets the interpreter find the page by itself next time. */
function remember(machine: Machine, tlb: usize, guest: u32, word: u32): void {
  const entry = changetype<usize>(machine) + tlb + (((guest >>> 12) % TLB_ENTRIES) << 3);
  store<u32>(entry, guest | 0xfff);
  store<u32>(entry, (word & FRAME_BITS) - (guest & FRAME_BITS), 4);
}

function translateRead(machine: Machine, guest: u32): usize {
  const word = wordFor(machine, guest, MARK_READ);
  if (word == 0) return 0;
  remember(machine, MACHINE_READ_TLB, guest, word);
  return (word & FRAME_BITS) + (guest & 0xfff);
}

/** Frame of the page; bit 0 of the result says that it may hold decoded instructions. */
function translateWrite(machine: Machine, guest: u32): usize {
  const word = wordFor(machine, guest, MARK_WRITE);
  if (word == 0) return 0;
  if (isSensitive(machine, word)) return (word & FRAME_BITS) | 1;
  remember(machine, MACHINE_WRITE_TLB, guest, word);
  return word & FRAME_BITS;
}

/**
 * Host address of a guest byte, good to the end of its page, or 0 if the page lacks one of the
 * marks. With MARK_WRITE, decoded instructions of the page are forgotten: the host is about to
 * store there. A loader that fills pages before the first `run` passes no marks.
 */
export function machineTranslate(address: usize, guest: u32, marks: u32): usize {
  const machine = changetype<Machine>(address);
  const word = wordFor(machine, guest, marks);
  if (word == 0) return 0;
  if ((marks & MARK_WRITE) != 0 && isSensitive(machine, word)) {
    codeStored(machine, guest & FRAME_BITS, PAGE_SIZE);
  }
  return (word & FRAME_BITS) + (guest & 0xfff);
}

function fault(machine: Machine, code: u32, guest: u32): usize {
  machine.trapCode = code;
  machine.trapAddress = guest;
  return 0;
}

/** Host address of `size` bytes to be read, or 0 and a load fault. */
export function readSlow(machine: Machine, guest: u32, size: u32): usize {
  const host = translateRead(machine, guest);
  if (host == 0) return fault(machine, TRAP_LOAD_FAULT, guest);
  if ((guest & 0xfff) + size <= <u32>PAGE_SIZE) return host;
  const border = (guest + size) & FRAME_BITS;
  const rest = translateRead(machine, border);
  if (rest == 0) return fault(machine, TRAP_LOAD_FAULT, border);
  const gather = changetype<usize>(machine) + offsetof<Machine>("gather");
  for (let index: u32 = 0; index < size; ++index) {
    const from = guest + index;
    const page = ((from ^ guest) & FRAME_BITS) == 0 ? host - (guest & 0xfff) : rest;
    store<u8>(gather + index, load<u8>(page + (from & 0xfff)));
  }
  return gather;
}

/**
 * Stores the low `size` bytes of `value`. Returns 0 after a store fault, 1 when done, 2 when done
 * and what is decoded may be stale.
 */
export function writeSlow(machine: Machine, guest: u32, value: u32, size: u32): i32 {
  const page = translateWrite(machine, guest);
  if (page == 0) return <i32>fault(machine, TRAP_STORE_FAULT, guest);
  let last = page;
  if ((guest & 0xfff) + size > <u32>PAGE_SIZE) {
    const border = (guest + size) & FRAME_BITS;
    last = translateWrite(machine, border);
    if (last == 0) return <i32>fault(machine, TRAP_STORE_FAULT, border);
  }
  for (let index: u32 = 0; index < size; ++index) {
    const to = guest + index;
    const frame = (((to ^ guest) & FRAME_BITS) == 0 ? page : last) & ~1;
    store<u8>(frame + (to & 0xfff), <u8>(value >> (index << 3)));
  }
  return ((page | last) & 1) != 0 && codeStored(machine, guest, size) ? 2 : 1;
}

/** Does the load at record `at` from `guest` whatever it takes; false after a fault. */
export function loadSlow(machine: Machine, at: usize, guest: u32): bool {
  const record = changetype<Record>(at);
  const op = <u32>record.base;
  const size: u32 = op == Op.Lw ? 4 : op == Op.Lh || op == Op.Lhu ? 2 : 1;
  const host = readSlow(machine, guest, size);
  if (host == 0) return false;
  let value: u32;
  if (op == Op.Lw) value = load<u32>(host);
  else if (op == Op.Lh) value = <u32>load<i16>(host);
  else if (op == Op.Lhu) value = load<u16>(host);
  else value = op == Op.Lb ? <u32>load<i8>(host) : load<u8>(host);
  store<u32>(changetype<usize>(machine) + record.rd, value);
  return true;
}

/**
 * Does the store at record `at` whatever it takes. Returns the record that comes next, 0 after a
 * fault.
 */
export function storeSlow(machine: Machine, at: usize, guest: u32): usize {
  const record = changetype<Record>(at);
  const op = <u32>record.base;
  const value = load<u32>(changetype<usize>(machine) + record.rs2);
  // Decoded records may be gone after this.
  const next = changetype<Record>(at + RECORD_BYTES);
  const pc = next.pc;
  const cost = next.cost;
  const count = next.count;
  const status = writeSlow(machine, guest, value, op == Op.Sw ? 4 : op == Op.Sh ? 2 : 1);
  if (status == 0) return 0;
  return status == 1 ? at + RECORD_BYTES : resumeAt(machine, pc, cost, count);
}

/** A record that goes on at `pc`, after giving back what is charged for a row left early. */
export function resumeAt(machine: Machine, pc: u32, cost: u16, count: u8): usize {
  const resume = changetype<Record>(changetype<usize>(machine) + MACHINE_RESUME);
  resume.op = <u8>Op.Enter;
  resume.base = <u8>Op.Enter;
  resume.pc = pc;
  resume.cost = cost;
  resume.count = count;
  resume.imm = 1;
  return changetype<usize>(resume);
}
