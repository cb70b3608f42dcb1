// An image: what is decoded of one program, shared by the machines that run it. A map holds, for
// each halfword of the code, the record of the instruction that begins there, or 0; the records lie
// in a pool of single frames that grows as code is reached. The map and the records only ever
// repeat what the program's bytes say: an image may be emptied at any time.
//
// In the shared build machines of one image run at once, on several processors. Who decodes for it
// holds its lock; who finds that taken decodes a loose row instead of waiting. Who executes, and
// takes no lock and does no atomic loads, only gets to a record by its address: from the map, or
// from the `imm` of a record it is at. Both are one store, made when all that is to be found there
// is written (Image.publish); and what is published stays, but for the `imm` of branches. So an
// image that is not a machine's own is never emptied.

import { OK, STATUS_NOT_ALLOWED } from "../codes";
import { allocateRun, freeRun } from "../frame";
import { Hand } from "../hand";
import { PAGE_SIZE } from "../layout";
import {
  IMAGE_FRAMES,
  IMAGE_LOCK,
  IMAGE_MACHINES,
  IMAGE_POOL,
  IMAGE_POOL_FRAMES,
  IMAGE_SIZE,
} from "./layout";
import { RECORD_BYTES, Record } from "./record";

export const MAP: usize = 64;
/** A row that ends for want of room should not be shorter than this. */
const LEAST_ROOM: u32 = 24;
/** Frames of records for a page of code; rows may overlap a little. */
const FRAMES_PER_PAGE: u32 = 16;

/** The start of each frame of the pool, as long as a record. */
@unmanaged
class Pool {
  next: usize;
  records: u32;
  unused: u64;
}

@unmanaged
export class Image {
  base: u32;
  size: u32;
  machines: u32;
  frames: u32;
  pool: usize;
  poolFrames: u32;
  /** Counts how often the image was emptied. */
  generation: u32;
  /** Who decodes (lock.ts). */
  lock: u32;

  map(): usize {
    return changetype<usize>(this) + MAP;
  }

  /** For each page of the code, a word that says in which generation of the core map it is open. */
  cells(): usize {
    return this.map() + ((<usize>this.size) << 1);
  }

  /** The record of the instruction at `pc`, or 0. */
  find(pc: u32): usize {
    const offset = pc - this.base;
    return offset < this.size ? <usize>load<u32>(this.map() + ((<usize>offset) << 1)) : 0;
  }

  /** The first record of an instruction stands for it; rows that overlap repeat it. */
  enlist(pc: u32, record: usize): void {
    const entry = this.map() + ((<usize>(pc - this.base)) << 1);
    if (load<u32>(entry) == 0) Image.publish(entry, record);
  }

  /** Stores the address of a record after all that leads on from there. */
  @inline static publish(at: usize, record: usize): void {
    if (isDefined(SHARED)) atomic.store<u32>(at, <u32>record);
    else store<u32>(at, <u32>record);
  }

  /** One machine more, or one less. */
  @inline static count(image: usize, change: i32): void {
    if (isDefined(SHARED)) atomic.add<u32>(image, change, IMAGE_MACHINES);
    else changetype<Image>(image).machines += change;
  }
}

if (offsetof<Image>() > MAP) ERROR("Image is too long");
if (
  offsetof<Image>("size") != IMAGE_SIZE ||
  offsetof<Image>("machines") != IMAGE_MACHINES ||
  offsetof<Image>("frames") != IMAGE_FRAMES ||
  offsetof<Image>("pool") != IMAGE_POOL ||
  offsetof<Image>("poolFrames") != IMAGE_POOL_FRAMES ||
  offsetof<Image>("lock") != IMAGE_LOCK
) {
  ERROR("images are not as layout.ts says");
}
if (offsetof<Pool>() != RECORD_BYTES) ERROR("Pool is not as long as a record");

/**
 * A decode cache for code in [codeBase, codeBase + codeSize), rounded outward to pages. Returns its
 * address, or 0 if the range is empty or frames are short.
 */
export function imageCreate(codeBase: u32, codeSize: u32): usize {
  const base = codeBase & ~(PAGE_SIZE - 1);
  const end = (<u64>codeBase + codeSize + PAGE_SIZE - 1) & ~(<u64>(PAGE_SIZE - 1));
  if (codeSize == 0 || end > 0xffff_f000) return 0;
  const size = <u32>end - base;
  const cells = (<u64>size / PAGE_SIZE) * 4;
  const frames = <u32>((<u64>MAP + <u64>size * 2 + cells + PAGE_SIZE - 1) / PAGE_SIZE);
  const address = allocateRun(frames);
  if (address == 0) return 0;
  const image = changetype<Image>(address);
  image.base = base;
  image.size = size;
  image.frames = frames;
  return address;
}

/** Gives an image back; refused while a machine runs it. */
export function imageFree(address: usize): i32 {
  const image = changetype<Image>(address);
  if (image.machines != 0) return STATUS_NOT_ALLOWED;
  imageFlush(image);
  freeRun(address, image.frames);
  return OK;
}

/** Forgets all that is decoded. Takes time for each record, so no longer than decoding them did. */
export function imageFlush(image: Image): void {
  let frame = image.pool;
  while (frame != 0) {
    const pool = changetype<Pool>(frame);
    for (let index: u32 = 1; index <= pool.records; ++index) {
      const record = frame + <usize>index * RECORD_BYTES;
      const pc = changetype<Record>(record).pc;
      if (image.find(pc) == record) store<u32>(image.map() + ((<usize>(pc - image.base)) << 1), 0);
    }
    // In a row.
    const next = pool.next;
    image.pool = next;
    image.poolFrames -= 1;
    Hand.hold(frame, 1);
    freeRun(frame, 1);
    frame = next;
  }
  image.generation += 1;
}

/** How many records fit at `imageNext`, 0: none. If it may, it empties the image to make room. */
export function imageRoom(image: Image, mayFlush: bool): u32 {
  const capacity: u32 = PAGE_SIZE / <u32>RECORD_BYTES - 1;
  if (image.pool != 0) {
    const room = capacity - changetype<Pool>(image.pool).records;
    if (room >= LEAST_ROOM) return room;
  }
  if (image.poolFrames >= (image.size / PAGE_SIZE) * FRAMES_PER_PAGE) {
    if (!mayFlush) return 0;
    imageFlush(image);
  }
  let frame = allocateRun(1);
  if (frame == 0 && image.pool != 0 && mayFlush) {
    imageFlush(image);
    frame = allocateRun(1);
  }
  if (frame == 0) return 0;
  // In a row.
  changetype<Pool>(frame).next = image.pool;
  image.pool = frame;
  image.poolFrames += 1;
  Hand.keep();
  return capacity;
}

/** Where the next row goes. */
export function imageNext(image: Image): usize {
  return image.pool + <usize>(changetype<Pool>(image.pool).records + 1) * RECORD_BYTES;
}

export function imageGrow(image: Image, records: u32): void {
  changetype<Pool>(image.pool).records += records;
}
