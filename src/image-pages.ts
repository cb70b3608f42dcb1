// The pages that a program's file fills, made once for all machines that run it: they share them, and whoever stores
// into one gets a copy. With core residence only. Internal.

import { PAGE_SIZE } from "../assembly/layout.js";
import { heapOf, piecesOf, segmentMarks } from "./address-space.js";
import type { Core } from "./core.js";
import type { ElfProgram } from "./elf.js";
import { noPages } from "./shortage.js";

/** By the number of the page of the address space: the number of the core map's. */
export type ImagePages = ReadonlyMap<number, number>;

/** @throws {CapacityError} NO_PAGES; then there are none. */
export function createImagePages(core: Core, program: ElfProgram): ImagePages {
  const { exports, view } = core;
  const contents = contentsOf(program);
  const pages = new Map<number, number>();
  return core.alone(() => {
    for (const [at, bytes] of contents) {
      const page = exports.corePageCreate();
      if (page === 0) {
        dropImagePages(core, pages);
        throw noPages(core, contents.size);
      }
      pages.set(at, page);
      view.bytes(exports.corePageBytes(page) >>> 0, PAGE_SIZE).set(bytes);
    }
    return pages;
  });
}

export function dropImagePages(core: Core, pages: ImagePages): void {
  for (const page of pages.values()) core.exports.corePageDrop(page);
}

/** What the file says of each page that may be used and that it says anything of; two segments may share one. */
function contentsOf(program: ElfProgram): ReadonlyMap<number, Uint8Array> {
  const marks = segmentMarks(program, heapOf(program) / PAGE_SIZE);
  const contents = new Map<number, Uint8Array>();
  for (const segment of program.segments) {
    for (const { address, from, count } of piecesOf(segment.address, segment.bytes.length)) {
      const at = Math.floor(address / PAGE_SIZE);
      if (marks[at] === 0) continue;
      const content = contents.get(at) ?? new Uint8Array(PAGE_SIZE);
      content.set(segment.bytes.subarray(from, from + count), address % PAGE_SIZE);
      contents.set(at, content);
    }
  }
  return contents;
}
