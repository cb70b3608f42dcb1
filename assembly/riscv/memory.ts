// The address space of a machine: page-table words, the two windows that the interpreter checks
// first, the last translations, and what is slow: the rest.
//
// With core residence a word says which page it is, and only what is open in this lock cycle is
// translated: a closed page makes the instruction end before it has done anything (TRAP_PAGE). There
// are no windows then, and translations are good for one generation of the core map.

import { control } from "../control";
import { Page } from "../core-map";
import { PAGE_SIZE } from "../layout";
import { copyOnWrite } from "../page-control";
import { Residence } from "../residence";
import { PAGE_DIRTY, PAGE_OPEN } from "../residence-layout";
import { codeStored } from "./code";
import { MARK_CODE, MARK_COPY, MARK_EXEC, MARK_PRESENT, MARK_READ, MARK_WRITE } from "./layout";
import { MACHINE_READ_TLB, MACHINE_WRITE_TLB, Machine, TLB_ENTRIES, wordOf } from "./machine";

const TLB_BYTES: usize = 512;
/** In a machine's generation: no cell has that, so no page is entered without a look. */
const PRIVILEGED: u32 = 0x80000000;
export const FRAME_BITS: u32 = 0xfffff000;
/** Of what a machine is missing: the access is a store. */
export const MISSING_STORE: u32 = 1;

/** Whether loads, or stores, of this page need nothing but the translation. */
function isPlain(machine: Machine, word: u32, access: u32): bool {
  if ((word & (MARK_PRESENT | access)) != (MARK_PRESENT | access)) return false;
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
  memoryReset(machine);
  if (machine.residence != 0) return;
  findWindow(machine, MARK_READ);
  findWindow(machine, MARK_WRITE);
}

/** A run begins: what was translated in another generation is void. */
export function memoryRenew(machine: Machine): void {
  const generation = Residence.own.generation;
  const isElsewhere = machine.missing >>> 12 != machine.pc >>> 12;
  const isSame = (machine.generation & ~PRIVILEGED) == generation;
  machine.again = u32(machine.missing != 0 && isElsewhere && isSame);
  machine.missing = 0;
  // It has run for a slice: it was privileged for as long as that lasts.
  if (machine.token != 0 && machine.retired - Residence.own.granted >= control.quantum) {
    machine.token = 0;
  }
  if (machine.generation == generation && machine.token == 0) return;
  // Who is privileged looks at each page that he touches, for that is what makes it stay.
  machine.generation = machine.token == 0 ? generation : generation | PRIVILEGED;
  memoryReset(machine);
}

/** Nothing is translated. */
export function memoryReset(machine: Machine): void {
  const translations = changetype<usize>(machine) + MACHINE_READ_TLB;
  memory.fill(translations, 0, 2 * TLB_BYTES);
  // Not even page 0, whose entry is the first: page 1 is in another.
  store<u32>(translations, PAGE_SIZE);
  store<u32>(translations, PAGE_SIZE, TLB_BYTES);
}

/** The page is open to all processors, from here on: the last that is said of it. */
export function pageOpen(page: Page, epoch: u32): void {
  if (isDefined(SHARED)) atomic.store<u32>(changetype<usize>(page), epoch, PAGE_OPEN);
  else page.open = epoch;
}

/** Whether a page is open now; who sees that sees what was done before it was said. */
function isOpen(page: Page): bool {
  const epoch = Residence.own.epoch;
  if (isDefined(SHARED)) return atomic.load<u32>(changetype<usize>(page), PAGE_OPEN) == epoch;
  else return page.open == epoch;
}

/** What is stored to goes to the drum before it goes out of core; outside the lock, too, so it is never undone. */
export function markStored(page: usize): void {
  store<u8>(page, 1, PAGE_DIRTY);
}

/** The word of the page of `guest`, if that is present and has the mark; else 0. */
function presentFor(machine: Machine, guest: u32, mark: u32): u32 {
  const page = guest >>> 12;
  if (page >= machine.pages) return 0;
  const word = load<u32>(wordOf(changetype<usize>(machine), page));
  const wanted = MARK_PRESENT | mark;
  return (word & wanted) == wanted ? word : 0;
}

/** The same for a processor, which with core residence needs an open page, too. */
function wordFor(machine: Machine, guest: u32, mark: u32): u32 {
  const word = presentFor(machine, guest, mark);
  if (machine.residence == 0 || word == 0) return word;
  const page = Page.at(word >>> 12);
  const isStore = mark == MARK_WRITE;
  if (!isOpen(page) || (isStore && (word & MARK_COPY) != 0)) {
    machine.missing = (guest & FRAME_BITS) | (isStore ? MISSING_STORE : 0);
    return 0;
  }
  page.referenced = 1;
  if (machine.token != 0) page.token = machine.token;
  if (isStore) markStored(changetype<usize>(page));
  // Instructions count where a page is entered.
  if (machine.counts != 0 && mark != MARK_EXEC) countReference(machine, guest);
  return word;
}

export function countReference(machine: Machine, guest: u32): void {
  const count = machine.counts + ((guest >>> 12) << 2);
  store<u32>(count, load<u32>(count) + 1);
}

/** Where the page of a word is, for a processor: it is open. */
function frameOf(machine: Machine, word: u32): usize {
  return machine.residence == 0 ? <usize>(word & FRAME_BITS) : Page.at(word >>> 12).frame;
}

/** Host address of an instruction's halfword, or 0. From then on its page may be entered. */
export function translateCode(machine: Machine, guest: u32): usize {
  const word = wordFor(machine, guest, MARK_EXEC);
  if (word == 0) return 0;
  if (machine.cells != 0 && machine.residence != 0 && (machine.counts | machine.token) == 0) {
    store<u32>(machine.cellOf(guest), machine.generation);
  }
  return frameOf(machine, word) + (guest & 0xfff);
}

/** Whether a processor may go on at an instruction, of which it may know the record already. */
export function mayEnter(machine: Machine, guest: u32): bool {
  if (guest - machine.codeBase >= machine.codeSize) return true;
  if (machine.cells != 0 && load<u32>(machine.cellOf(guest)) == machine.generation) return true;
  return translateCode(machine, guest) != 0;
}

/** Host address of an aligned word that may be read and written and is no code that is decoded, or 0. */
export function writableCell(machine: Machine, guest: u32): usize {
  if (wordFor(machine, guest, MARK_READ) == 0) return 0;
  const page = translateWrite(machine, guest);
  return page == 0 || (page & 1) != 0 ? 0 : page + (guest & 0xfff);
}

/** Host address of a guest byte, good to the end of its page, or 0; for writing, not in code. The kernel's. */
export function translatePlain(machine: Machine, guest: u32, mark: u32): usize {
  const word = presentFor(machine, guest, mark);
  if (word == 0 || (mark == MARK_WRITE && (word & MARK_EXEC) != 0)) return 0;
  return bytesOf(machine, guest, word, mark == MARK_WRITE) + (guest & 0xfff);
}

/** Where the page of a word is, for the kernel and the host; what is to be stored to is the machine's own then. */
function bytesOf(machine: Machine, guest: u32, word: u32, isStore: bool): usize {
  if (machine.residence == 0) return <usize>(word & FRAME_BITS);
  if (!isStore || (word & MARK_COPY) == 0) return Page.at(word >>> 12).bytes(isStore);
  copyOnWrite(machine, guest >>> 12);
  return Page.at(load<u32>(wordOf(changetype<usize>(machine), guest >>> 12)) >>> 12).bytes(true);
}

/** Lets the interpreter find the page by itself next time. */
function remember(machine: Machine, tlb: usize, guest: u32, word: u32): void {
  // Where references are counted each is to be slow.
  if (machine.counts != 0) return;
  const entry = changetype<usize>(machine) + tlb + (((guest >>> 12) % TLB_ENTRIES) << 3);
  store<u32>(entry, guest & FRAME_BITS);
  store<u32>(entry, <u32>frameOf(machine, word), 4);
}

export function translateRead(machine: Machine, guest: u32): usize {
  const word = wordFor(machine, guest, MARK_READ);
  if (word == 0) return 0;
  remember(machine, MACHINE_READ_TLB, guest, word);
  return frameOf(machine, word) + (guest & 0xfff);
}

/** Frame of the page; bit 0 of the result says that it may hold decoded instructions. */
export function translateWrite(machine: Machine, guest: u32): usize {
  const word = wordFor(machine, guest, MARK_WRITE);
  if (word == 0) return 0;
  if (isSensitive(machine, word)) return frameOf(machine, word) | 1;
  remember(machine, MACHINE_WRITE_TLB, guest, word);
  return frameOf(machine, word);
}

/**
 * Host address of a guest byte, good to the end of its page, or 0 if the page lacks one of the
 * marks. With MARK_WRITE, decoded instructions of the page are forgotten: the host is about to
 * store there. A loader that fills pages before the first `run` passes no marks.
 */
export function machineTranslate(address: usize, guest: u32, marks: u32): usize {
  const machine = changetype<Machine>(address);
  const word = presentFor(machine, guest, marks);
  if (word == 0) return 0;
  if ((marks & MARK_WRITE) != 0 && isSensitive(machine, word)) {
    codeStored(machine, guest & FRAME_BITS, PAGE_SIZE);
  }
  return bytesOf(machine, guest, word, (marks & MARK_WRITE) != 0) + (guest & 0xfff);
}
