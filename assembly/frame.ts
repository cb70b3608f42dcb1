// Frames of target memory, handed out in contiguous runs. A bitmap at the start of the region says
// which are taken (its own frames are, from the start). In the shared build several do this at once,
// under no lock: then the hint may be too high, and frames seen free may be taken by the time one
// takes them; see hand.ts.

import { PANIC_FRAME } from "./codes";
import { Hand } from "./hand";
import {
  CONTROL,
  CONTROL_FRAME_BASE,
  CONTROL_FRAME_HINT,
  CONTROL_FRAMES,
  CONTROL_FRAMES_USED,
  PAGE_SIZE,
} from "./layout";
import { panic } from "./panic";

const FRAMES_PER_BITMAP_FRAME: u32 = PAGE_SIZE * 8;

function base(): usize {
  return load<u32>(CONTROL, CONTROL_FRAME_BASE);
}

function total(): u32 {
  return load<u32>(CONTROL, CONTROL_FRAMES);
}

function isTaken(index: u32): bool {
  return ((load<u32>(base() + ((index >> 5) << 2)) >> (index & 31)) & 1) != 0;
}

function mark(first: u32, count: u32, taken: bool): void {
  for (let index = first; index < first + count; ++index) {
    const word = base() + ((index >> 5) << 2);
    const bit: u32 = 1 << (index & 31);
    store<u32>(word, taken ? load<u32>(word) | bit : load<u32>(word) & ~bit);
  }
  const used = load<u32>(CONTROL, CONTROL_FRAMES_USED);
  store<u32>(CONTROL, taken ? used + count : used - count, CONTROL_FRAMES_USED);
}

/** Takes the frames of the bitmap itself. CONTROL_FRAMES and CONTROL_FRAME_BASE must be set. */
export function frameInit(): void {
  const own = (total() + FRAMES_PER_BITMAP_FRAME - 1) / FRAMES_PER_BITMAP_FRAME;
  memory.fill(base(), 0, <usize>own * PAGE_SIZE);
  store<u32>(CONTROL, 0, CONTROL_FRAMES_USED);
  if (isDefined(SHARED)) Hand.own.take(base(), 0, own);
  else mark(0, own, true);
  store<u32>(CONTROL, own, CONTROL_FRAME_HINT);
}

export function framesFree(): u32 {
  return total() - load<u32>(CONTROL, CONTROL_FRAMES_USED);
}

/** Takes frames that were seen free; 0 if some of them no longer are. They are zeroed, and in hand. */
function take(first: u32, count: u32): usize {
  if (!isDefined(SHARED)) mark(first, count, true);
  else if (!Hand.own.take(base(), first, count)) return 0;
  const address = base() + <usize>first * PAGE_SIZE;
  if (!isFresh) memory.fill(address, 0, <usize>count * PAGE_SIZE);
  return address;
}

/** No frame was ever used: all are zero, and to fill them would only make the system provide them. */
let isFresh: bool = false;

/** The same as `allocateRun` in a memory that was just laid out. */
export function allocateFresh(count: u32): usize {
  isFresh = true;
  const run = allocateRun(count);
  isFresh = false;
  return run;
}

/** Zeroed frames in a row (first fit), or 0. */
export function allocateRun(count: u32): usize {
  if (count == 0 || count > framesFree()) return 0;
  const run = search(load<u32>(CONTROL, CONTROL_FRAME_HINT), count);
  return isDefined(SHARED) && run == 0 ? search(0, count) : run;
}

function search(from: u32, count: u32): usize {
  const end = total();
  let index = from;
  let first: u32 = 0;
  let length: u32 = 0;
  let lowest: u32 = end;
  while (index < end) {
    // A full word of 32 taken frames is passed at once.
    if ((index & 31) == 0 && load<u32>(base() + ((index >> 5) << 2)) == 0xffffffff) {
      length = 0;
      index += 32;
      continue;
    }
    if (isTaken(index)) {
      length = 0;
    } else {
      if (length == 0) first = index;
      if (index < lowest) lowest = index;
      if (++length == count) {
        const run = take(first, count);
        if (isDefined(SHARED) && run == 0) {
          index = first;
          length = 0;
          continue;
        }
        // Nothing below the lowest free frame is free: the next search starts there.
        store<u32>(CONTROL, first == lowest ? first + count : lowest, CONTROL_FRAME_HINT);
        return run;
      }
    }
    ++index;
  }
  return 0;
}

/** Takes exactly these frames, zeroed, if all are free. */
export function claimRun(address: usize, count: u32): bool {
  if (address < base() || address - base() >= <usize>total() * PAGE_SIZE) return false;
  const first = <u32>((address - base()) / PAGE_SIZE);
  if (count > total() - first) return false;
  for (let index = first; index < first + count; ++index) if (isTaken(index)) return false;
  return take(first, count) != 0;
}

/** Gives frames back. Frames that are not taken, or not frames at all, are a panic. */
export function freeRun(address: usize, count: u32): void {
  const offset = address - base();
  if (address < base() || offset % PAGE_SIZE != 0) panic(PANIC_FRAME);
  const first = <u32>(offset / PAGE_SIZE);
  const own = (total() + FRAMES_PER_BITMAP_FRAME - 1) / FRAMES_PER_BITMAP_FRAME;
  if (first < own || first >= total() || count > total() - first) panic(PANIC_FRAME);
  for (let index = first; index < first + count; ++index) if (!isTaken(index)) panic(PANIC_FRAME);
  if (isDefined(SHARED)) {
    Hand.hold(address, count);
    Hand.own.free(base());
  } else {
    mark(first, count, false);
  }
  if (first < load<u32>(CONTROL, CONTROL_FRAME_HINT)) {
    store<u32>(CONTROL, first, CONTROL_FRAME_HINT);
  }
}

/** Gives back what the participant, which is dead, had in hand. */
export function frameRecover(index: u32): void {
  if (isDefined(SHARED)) Hand.of(index).free(base());
}
