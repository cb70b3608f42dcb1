// How much memory a kernel takes, and what would fit where that is more than there can be. Internal.

import {
  NODE_SIZE,
  PAGE_SIZE,
  RECORD_SIZE,
  REGIONS,
  SLEEPER_SIZE,
  WASM_PAGE_SIZE,
} from "../assembly/layout.js";
import { PROCESSOR_SIZE } from "../assembly/processor-layout.js";
import {
  ACCOUNT_SIZE,
  LEAST_CORE,
  PAGE_ENTRY_SIZE,
  RESIDENCE_BYTES,
} from "../assembly/residence-layout.js";
import { SLOT_SIZE, TASK_SIZE, TASKS_OFFSET, WINDOWS_OFFSET } from "../assembly/time-layout.js";
import { CapacityError } from "./errors.js";
import type { CheckedResidence } from "./residence-options.js";

/** A WebAssembly memory can't have more: 2^32 bytes but for a page, so that every end is an address. */
const MOST_PAGES = 65_535;
const MOST_BYTES = MOST_PAGES * WASM_PAGE_SIZE;
/** The bitmap of frames has a bit for each. */
const FRAMES_PER_BITMAP_FRAME = PAGE_SIZE * 8;
/** A core frame's owner. */
const OWNER_SIZE = 4;
const NODE_BYTES = RECORD_SIZE + SLEEPER_SIZE + NODE_SIZE;
/** Each of the four regions begins at a page. */
const SLACK = 4 * PAGE_SIZE;

/**
 * The bytes of a kernel's memory; `processors` are those beside the host, `own` the frames that the kernel has for
 * itself.
 *
 * @throws {CapacityError} NO_MEMORY where that is over 4 GiB, with the number of frames, or else of
 * nodes, that would fit.
 */
export function bytesOf(nodes: number, frames: number, processors = 0, own = 0): number {
  const fixed = REGIONS + processors * PROCESSOR_SIZE + SLACK + own * PAGE_SIZE;
  const bytes = fixed + nodes * NODE_BYTES + frames * PAGE_SIZE;
  if (bytes <= MOST_BYTES) return bytes;
  const fitting = Math.floor((MOST_BYTES - fixed - nodes * NODE_BYTES) / PAGE_SIZE);
  const most = Math.floor((MOST_BYTES - fixed) / NODE_BYTES);
  const expected =
    fitting >= 0 ? `at most ${fitting} frames with ${nodes} nodes` : `at most ${most} nodes`;
  throw new CapacityError(
    "NO_MEMORY",
    `kernel: ${nodes} nodes and ${frames} frames take ${bytes} bytes, a WebAssembly memory has ${MOST_BYTES}: expected ${expected}`,
  );
}

/** Frames for billing by a clock, with windows of so many ticks at most. */
export function timeFrames(nodes: number, processors: number, slots: number): number {
  const tasks = Math.ceil((TASKS_OFFSET + nodes * TASK_SIZE) / PAGE_SIZE);
  const timer = Math.ceil((WINDOWS_OFFSET + slots * SLOT_SIZE) / PAGE_SIZE);
  return tasks + (processors + 1) * timer;
}

/** Frames for core residence; the rest is of a kernel without. */
export function residenceFrames(
  nodes: number,
  frames: number,
  { core, pages }: Pick<CheckedResidence, "core" | "pages">,
): number {
  // Page 0 is none, but has an entry and a slot as the others have.
  const entries = pages + 1;
  const tables =
    Math.ceil(RESIDENCE_BYTES / PAGE_SIZE) +
    Math.ceil((nodes * ACCOUNT_SIZE) / PAGE_SIZE) +
    Math.ceil((entries * PAGE_ENTRY_SIZE) / PAGE_SIZE) +
    Math.ceil((core * OWNER_SIZE) / PAGE_SIZE);
  const own = tables + core + entries;
  // What the bitmap grows by is not to be taken from the frames that were asked for.
  return own + bitmapOf(frames + own + bitmapOf(own)) - bitmapOf(frames);
}

/**
 * Refuses core and drum that leave the rest of a kernel no room; `fixed` are the bytes of that.
 *
 * @throws {CapacityError} NO_MEMORY with the number of pages, or else of core frames, that would fit.
 */
export function checkRoom(
  nodes: number,
  frames: number,
  residence: Pick<CheckedResidence, "core" | "pages">,
  fixed: number,
): void {
  const bytes = (of: Pick<CheckedResidence, "core" | "pages">) =>
    fixed + residenceFrames(nodes, frames, of) * PAGE_SIZE;
  if (bytes(residence) <= MOST_BYTES) return;
  const { core, pages } = residence;
  const fitting = greatest(pages, (pages) => bytes({ core, pages }) <= MOST_BYTES);
  const most = greatest(core, (core) => bytes({ core, pages: 1 }) <= MOST_BYTES);
  let expected = `at most ${fitting} pages with ${core} core frames`;
  if (fitting === 0) expected = `at most ${most} core frames`;
  if (most < LEAST_CORE) expected = "fewer `nodes` or `frames`";
  throw new CapacityError(
    "NO_MEMORY",
    `residence: with ${core} core frames and ${pages} pages the kernel takes ${bytes(residence)} bytes, a WebAssembly memory has ${MOST_BYTES}: expected ${expected}`,
  );
}

function bitmapOf(frames: number): number {
  return Math.ceil(frames / FRAMES_PER_BITMAP_FRAME);
}

/** The greatest number from 0 to `most` that fits, where all smaller ones do, too. */
function greatest(most: number, fits: (value: number) => boolean): number {
  let low = 0;
  for (let high = most; low < high; ) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
