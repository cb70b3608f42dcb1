// A machine: the registers and the address space of one domain. It lies in frames of its own:
//
//   0     what the host reads (layout.ts), and what follows below
//   320   where a run goes on (memory.ts)
//   336   tail: a copy of a row cut short where the budget ends (row.ts)
//   1392  loose: a row that no image has room for (image.ts)
//   2048  translations for reading and for writing, the last used (memory.ts)
//   3072  page table

import { control } from "../control";
import { allocateRun, freeRun } from "../frame";
import { Hand } from "../hand";
import { CONTROL, CONTROL_WEIGHTED, PAGE_SIZE } from "../layout";
import { Residence } from "../residence";
import { costOf } from "./costs";
import { Image, imageFree, MAP } from "./image";
import {
  CLASS_BRANCH,
  MACHINE_COUNTS,
  MACHINE_CYCLES,
  MACHINE_IMAGE,
  MACHINE_PAGES,
  MACHINE_PC,
  MACHINE_RETIRED,
  MACHINE_SINK,
  MACHINE_TABLE,
  MACHINE_TRAP_ADDRESS,
  MACHINE_TRAP_CODE,
  MACHINE_USED,
  MACHINE_WANTED,
  MARK_FOREIGN,
  MARK_PRESENT,
  MAX_PAGES,
} from "./layout";
import { memoryForget } from "./mapping";
import { memoryReset } from "./memory";
import { RECORD_BYTES } from "./record";

@unmanaged
export class Machine {
  // The registers; the class cannot name an array of them.
  x0: u64;
  x2: u64;
  x4: u64;
  x6: u64;
  x8: u64;
  x10: u64;
  x12: u64;
  x14: u64;
  x16: u64;
  x18: u64;
  x20: u64;
  x22: u64;
  x24: u64;
  x26: u64;
  x28: u64;
  x30: u64;
  sink: u32;
  pc: u32;
  used: u32;
  wanted: u32;
  cycles: u64;
  retired: u64;
  trapCode: u32;
  trapAddress: u32;
  /** 0: no frames for a decode cache, every row is decoded again each time. */
  image: usize;
  pages: u32;
  counts: usize;
  /** The range that instructions may come from. */
  codeBase: u32;
  codeSize: u32;
  /** The image's map and what it covers: 0 without an image. */
  map: usize;
  mapSize: u32;
  /** Guest addresses from here, this many less 3, lie in a row at this host address. */
  readStart: u32;
  readSize: u32;
  readHost: usize;
  writeStart: u32;
  writeSize: u32;
  writeHost: usize;
  /** The image is not shared: stores to code are allowed for. */
  exclusive: u32;
  /** It has run: from now on changes of executable pages are its own. */
  started: u32;
  /** Address of the last LR plus 1, or 0, and the value it read. */
  reservation: u32;
  reservedValue: u32;
  /** Instructions charged in this run; only kept if some class costs more than 1. */
  counted: i32;
  weighted: u32;
  branchCost: i32;
  budget: i32;
  frames: u32;
  /** A value that lies across two pages is gathered here. */
  gather: u64;
  /** Where core residence is; 0: words hold frames, and nothing below is used. */
  residence: usize;
  /** What is translated is good in this generation of the core map. */
  generation: u32;
  /** The page of the address space that was found closed, and MISSING_STORE. */
  missing: u32;
  /** This run goes on in a page that the last one had entered, when another page was closed. */
  again: u32;
  /** For each page of the image's code, the generation in which it may be entered; 0 without an image. */
  cells: usize;
  /** Not 0: it is privileged, and what it touches stays in core. */
  token: u32;
  /** The last pages that it waited for, by number, since it had retired so many instructions. */
  heldAt: u64;
  held0: u32;
  held1: u32;
  held2: u32;
  held3: u32;

  /** The word of the image that says in which generation the page of `guest`, which has code, is open. */
  @inline cellOf(guest: u32): usize {
    return this.cells + ((<usize>((guest - this.codeBase) >>> 12)) << 2);
  }

  /** Gives the machine this decode cache in place of the one it has; 0 is none. In a row. */
  @inline attach(image: usize): void {
    const before = this.image;
    this.image = image;
    this.map = image == 0 ? 0 : image + MAP;
    this.mapSize = image == 0 ? 0 : changetype<Image>(image).size;
    this.cells = image == 0 ? 0 : changetype<Image>(image).cells();
    if (image != 0) Image.count(image, 1);
    if (before != 0) Image.count(before, -1);
    Hand.keep();
  }
}

/** Where the next row begins, when that is not known from a record. */
export const MACHINE_RESUME: usize = 320;
export const MACHINE_TAIL: usize = MACHINE_RESUME + RECORD_BYTES;
export const MACHINE_LOOSE: usize = 1392;
/** Translations: the page's first guest address, and where that is. */
export const TLB_ENTRIES: u32 = 64;
export const MACHINE_READ_TLB: usize = 2048;
export const MACHINE_WRITE_TLB: usize = 2560;

if (offsetof<Machine>() > MACHINE_RESUME) ERROR("Machine is too long");
if (offsetof<Machine>("sink") != MACHINE_SINK) ERROR("MACHINE_SINK");
if (offsetof<Machine>("pc") != MACHINE_PC) ERROR("MACHINE_PC");
if (offsetof<Machine>("used") != MACHINE_USED) ERROR("MACHINE_USED");
if (offsetof<Machine>("wanted") != MACHINE_WANTED) ERROR("MACHINE_WANTED");
if (offsetof<Machine>("cycles") != MACHINE_CYCLES) ERROR("MACHINE_CYCLES");
if (offsetof<Machine>("retired") != MACHINE_RETIRED) ERROR("MACHINE_RETIRED");
if (offsetof<Machine>("trapCode") != MACHINE_TRAP_CODE) ERROR("MACHINE_TRAP_CODE");
if (offsetof<Machine>("trapAddress") != MACHINE_TRAP_ADDRESS) ERROR("MACHINE_TRAP_ADDRESS");
if (offsetof<Machine>("image") != MACHINE_IMAGE) ERROR("MACHINE_IMAGE");
if (offsetof<Machine>("pages") != MACHINE_PAGES) ERROR("MACHINE_PAGES");
if (offsetof<Machine>("counts") != MACHINE_COUNTS) ERROR("MACHINE_COUNTS");

/** The word of a page; the page must lie below `pages`. */
export function wordOf(machine: usize, page: u32): usize {
  return machine + MACHINE_TABLE + ((<usize>page) << 2);
}

/**
 * A machine for programs of `image` with an empty address space of `pages` pages, registers 0.
 * Returns its address, or 0 if the sizes are out of range or frames are short.
 */
export function machineCreate(image: usize, pages: u32): usize {
  if (image == 0 || pages == 0 || pages > <u32>MAX_PAGES) return 0;
  // Counts come after the page table.
  const counts: u32 = isExact() ? pages * 4 : 0;
  const frames = (<u32>MACHINE_TABLE + pages * 4 + counts + PAGE_SIZE - 1) / PAGE_SIZE;
  const address = allocateRun(frames);
  if (address == 0) return 0;
  const machine = changetype<Machine>(address);
  if (counts != 0) machine.counts = wordOf(address, pages);
  machine.residence = control.residence;
  const own = changetype<Image>(image);
  machine.frames = frames;
  machine.pages = pages;
  machine.codeBase = own.base;
  machine.codeSize = own.size;
  machine.weighted = load<u32>(CONTROL, CONTROL_WEIGHTED);
  machine.branchCost = <i32>costOf(CLASS_BRANCH);
  machine.attach(image);
  memoryReset(machine);
  return address;
}

function isExact(): bool {
  return control.residence != 0 && Residence.own.exact != 0;
}

/** Gives back the machine, its pages, and its image if that is its own. */
export function machineFree(address: usize): void {
  const machine = changetype<Machine>(address);
  for (let page: u32 = 0; page < machine.pages; ++page) {
    const word = load<u32>(wordOf(address, page));
    if ((word & (MARK_PRESENT | MARK_FOREIGN)) == MARK_PRESENT) memoryForget(machine, word);
  }
  const image = machine.image;
  if (image != 0) {
    Image.count(image, -1);
    if (machine.exclusive != 0) imageFree(image);
  }
  freeRun(address, machine.frames);
}
