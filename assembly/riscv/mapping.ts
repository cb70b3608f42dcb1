// What an address space maps: frames of its own, page objects and, with core residence, pages of an
// image, and pages of zeros that are nowhere yet.

import { OK, STATUS_NO_FRAMES, STATUS_NO_PAGES, STATUS_RANGE, STATUS_WRONG_STATE } from "../codes";
import { Page } from "../core-map";
import { allocateRun, claimRun, framesFree, freeRun } from "../frame";
import { PAGE_SIZE } from "../layout";
import { Residence } from "../residence";
import { codeDetach } from "./code";
import { MARK_COPY, MARK_EXEC, MARK_FOREIGN, MARK_PRESENT, MARK_READ, MARK_WRITE } from "./layout";
import { Machine, wordOf } from "./machine";
import { FRAME_BITS, memoryRefresh } from "./memory";

const SETTABLE: u32 = MARK_READ | MARK_WRITE | MARK_EXEC;

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
  if (machine.residence != 0) return mapPages(machine, first, count, marks);
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

/** The same with core residence: pages of zeros that are nowhere yet. */
function mapPages(machine: Machine, first: u32, count: u32, marks: u32): i32 {
  if (Residence.own.unreserved < count) return STATUS_NO_PAGES;
  const address = changetype<usize>(machine);
  for (let index: u32 = 0; index < count; ++index) {
    const page = changetype<Page>(Page.allocate(false));
    store<u32>(wordOf(address, first + index), (page.number << 12) | marks | MARK_PRESENT);
  }
  if ((marks & MARK_EXEC) != 0 && machine.started != 0) codeDetach(machine);
  memoryRefresh(machine);
  return OK;
}

/**
 * Maps an image's page where nothing is; `marks` are any of MARK_READ, _WRITE, _EXEC, and MARK_COPY, which
 * promises the machine a page for a copy of its own.
 */
export function machineMapCore(address: usize, guestPage: u32, number: u32, marks: u32): i32 {
  const machine = changetype<Machine>(address);
  if (machine.residence == 0) return STATUS_WRONG_STATE;
  if (!inRange(machine, guestPage, 1) || (marks & ~(SETTABLE | MARK_COPY)) != 0)
    return STATUS_RANGE;
  if (load<u32>(wordOf(address, guestPage)) != 0) return STATUS_RANGE;
  if (number == 0 || number >= Residence.own.pages || Page.at(number).owned == 0)
    return STATUS_RANGE;
  // Nobody stores into what others have.
  if ((marks & (MARK_WRITE | MARK_COPY)) == MARK_WRITE) return STATUS_RANGE;
  if ((marks & MARK_COPY) != 0) {
    if (Residence.own.unreserved == 0) return STATUS_NO_PAGES;
    Residence.own.unreserved--;
  }
  Page.at(number).users++;
  store<u32>(wordOf(address, guestPage), (number << 12) | marks | MARK_PRESENT);
  memoryRefresh(machine);
  return OK;
}

/** A word leads nowhere any more: what it was for is given back. */
export function memoryForget(machine: Machine, word: u32): void {
  if (machine.residence == 0) freeRun(word & FRAME_BITS, 1);
  else {
    if ((word & MARK_COPY) != 0) Residence.own.unreserved++;
    Page.at(word >>> 12).drop();
  }
}

/** Gives pages other marks: any of MARK_READ, _WRITE and _EXEC. */
export function machineProtect(address: usize, first: u32, count: u32, marks: u32): i32 {
  const machine = changetype<Machine>(address);
  if (!inRange(machine, first, count) || (marks & ~SETTABLE) != 0) return STATUS_RANGE;
  let copies: u32 = 0;
  for (let page = first; page < first + count; ++page) {
    const word = load<u32>(wordOf(address, page));
    if ((word & MARK_PRESENT) == 0) return STATUS_RANGE;
    // What others write is no code.
    if ((word & MARK_FOREIGN) != 0 && (marks & MARK_EXEC) != 0) return STATUS_RANGE;
    if (needsCopy(machine, word, marks)) ++copies;
  }
  if (copies != 0) {
    if (Residence.own.unreserved < copies) return STATUS_NO_PAGES;
    Residence.own.unreserved -= copies;
  }
  let changed = false;
  for (let page = first; page < first + count; ++page) {
    const word = load<u32>(wordOf(address, page));
    if (((word ^ marks) & MARK_EXEC) != 0) changed = machine.started != 0;
    const copy: u32 = needsCopy(machine, word, marks) ? MARK_COPY : 0;
    store<u32>(wordOf(address, page), (word & ~SETTABLE) | marks | copy);
  }
  // Others that share the image execute what they did before.
  if (changed) codeDetach(machine);
  memoryRefresh(machine);
  return OK;
}

/** Whether a word of an image's page is to let its machine store, which no promise of a copy was made for. */
function needsCopy(machine: Machine, word: u32, marks: u32): bool {
  if (machine.residence == 0 || (marks & MARK_WRITE) == 0) return false;
  if ((word & (MARK_FOREIGN | MARK_COPY)) != 0) return false;
  return Page.at(word >>> 12).owned != 0;
}

/** Whether somebody else's page can be mapped at a page: nothing is. */
export function mayMapForeign(machine: Machine, page: u32): bool {
  return inRange(machine, page, 1) && load<u32>(wordOf(changetype<usize>(machine), page)) == 0;
}

/** Maps somebody else's frame, or page by its number, where it may; `memoryRefresh` is to come. */
export function mapForeign(machine: Machine, page: u32, frame: usize, marks: u32): void {
  const word = foreign(machine, frame) | marks | MARK_PRESENT | MARK_FOREIGN;
  store<u32>(wordOf(changetype<usize>(machine), page), word);
  if (machine.residence != 0) Page.at(<u32>frame).users++;
}

/** Whether a page is somebody else's frame, or page by its number. */
export function isForeign(machine: Machine, page: u32, frame: usize): bool {
  if (!inRange(machine, page, 1)) return false;
  const word = load<u32>(wordOf(changetype<usize>(machine), page));
  return (word & MARK_FOREIGN) != 0 && (word & FRAME_BITS) == foreign(machine, frame);
}

/** Undoes `mapForeign`; `memoryRefresh` is to come. */
export function unmapForeign(machine: Machine, page: u32, frame: usize): void {
  store<u32>(wordOf(changetype<usize>(machine), page), 0);
  if (machine.residence != 0) Page.at(<u32>frame).users--;
}

function foreign(machine: Machine, frame: usize): u32 {
  return machine.residence == 0 ? <u32>frame : (<u32>frame) << 12;
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
    memoryForget(changetype<Machine>(address), load<u32>(wordOf(address, page)));
    store<u32>(wordOf(address, page), 0);
  }
}
