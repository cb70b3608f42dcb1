// How a program's address space is laid out: its segments, a heap, a page that is no one's, and a stack. Internal.

import { PAGE_SIZE } from "../assembly/layout.js";
import { MARK_EXEC, MARK_READ, MARK_WRITE } from "../assembly/riscv/layout.js";
import { ELF_MEMORY_LIMIT, type ElfProgram } from "./elf.js";
import { OptionError } from "./errors.js";
import { whole } from "./options.js";

/** Bytes at the top of the address space that are the stack's; the page below is no one's. */
export const STACK_SIZE = 64 << 10;
/** Bytes of heap for a program where `memory` does not say. */
const DEFAULT_HEAP = 1 << 20;

/** Bytes of an address space, but for pages beyond. @throws {OptionError} for a memory too small. */
export function sizeOf(program: ElfProgram, memory: number | undefined): number {
  const least = pageAfter(program.end) + PAGE_SIZE + STACK_SIZE;
  if (memory === undefined) return least + DEFAULT_HEAP;
  whole("memory", memory, PAGE_SIZE, ELF_MEMORY_LIMIT);
  if (memory < least) {
    throw new OptionError(`memory: found ${memory} bytes, the program needs at least ${least}`);
  }
  return pageAfter(memory);
}

/** The address of the heap: the first page after all segments. */
export function heapOf(program: ElfProgram): number {
  return pageAfter(program.end);
}

/** The first address past the heap. */
export function heapEnd(size: number): number {
  return size - STACK_SIZE - PAGE_SIZE;
}

/** What may be done with each page of an address space: MARK_READ, _WRITE, _EXEC. */
export function marksOf(program: ElfProgram, size: number): Uint32Array {
  const marks = segmentMarks(program, size / PAGE_SIZE);
  marks.fill(MARK_READ | MARK_WRITE, heapOf(program) / PAGE_SIZE);
  marks[heapEnd(size) / PAGE_SIZE] = 0;
  return marks;
}

/** The same of segments alone, up to the heap. Two may share a page, which then has the rights of both. */
export function segmentMarks(program: ElfProgram, pages: number): Uint32Array {
  const marks = new Uint32Array(pages);
  for (const { address, memorySize, read, write, execute } of program.segments) {
    const own = (read ? MARK_READ : 0) | (write ? MARK_WRITE : 0) | (execute ? MARK_EXEC : 0);
    // A file may have thousands of segments: each looks at its own pages only.
    const end = (address + memorySize) / PAGE_SIZE;
    for (let page = Math.floor(address / PAGE_SIZE); page < end; page++) marks[page]! |= own;
  }
  return marks;
}

/** The part of a range of bytes that is in one page: its address, where in the range it begins, and its bytes. */
export interface Piece {
  readonly address: number;
  readonly from: number;
  readonly count: number;
}

export function* piecesOf(address: number, length: number): Generator<Piece> {
  for (let from = 0; from < length; ) {
    const at = address + from;
    const count = Math.min(length - from, PAGE_SIZE - (at % PAGE_SIZE));
    yield { address: at, from, count };
    from += count;
  }
}

function pageAfter(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}
