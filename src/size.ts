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
import { SLOT_SIZE, TASK_SIZE, TASKS_OFFSET, WINDOWS_OFFSET } from "../assembly/time-layout.js";
import { CapacityError } from "./errors.js";

/** A WebAssembly memory can't have more: 2^32 bytes but for a page, so that every end is an address. */
const MOST_PAGES = 65_535;
const MOST_BYTES = MOST_PAGES * WASM_PAGE_SIZE;
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
