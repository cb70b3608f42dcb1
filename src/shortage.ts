// What a kernel has too little of for a program, as an error. Internal.

import { STATUS_NO_PAGES } from "../assembly/codes.js";
import type { Core } from "./core.js";
import { CapacityError } from "./errors.js";

export function noFrames(core: Core, needed: number): CapacityError {
  return new CapacityError(
    "NO_FRAMES",
    `about ${needed} more frames are needed, and of ${core.options.frames} too few are free; create the kernel with more \`frames\``,
  );
}

export function noPages(core: Core, needed: number): CapacityError {
  return new CapacityError(
    "NO_PAGES",
    `about ${needed} more pages are needed, and of ${core.options.residence?.pages} too few are free; create the kernel with more \`residence.pages\``,
  );
}

/** As a status of the kernel says. */
export function shortOf(core: Core, status: number, needed: number): CapacityError {
  return status === STATUS_NO_PAGES ? noPages(core, needed) : noFrames(core, needed);
}
