// A domain's machine on the target CPU: its address space, its process, its system calls. Internal.

import { INVOKE_CALL, INVOKE_FORK, INVOKE_RETURN, OK, STATUS_RANGE } from "../assembly/codes.js";
import { MAX_STRING, PAGE_SIZE } from "../assembly/layout.js";
import {
  MACHINE_PAGES,
  MACHINE_PC,
  MACHINE_REGISTERS,
  MARK_COPY,
  MARK_READ,
  MARK_WRITE,
} from "../assembly/riscv/layout.js";
import {
  type CallResult,
  createProcess,
  type GuestMemory,
  initialStack,
  type ProcessState,
  systemCall,
} from "./abi.js";
import { heapEnd, heapOf, marksOf, piecesOf, STACK_SIZE, sizeOf } from "./address-space.js";
import type { Core } from "./core.js";
import { ELF_MEMORY_LIMIT, type ElfProgram } from "./elf.js";
import { OptionError, PrimemeterError } from "./errors.js";
import { allocationOf, indexOf, type NodeId } from "./id.js";
import type { Image, Images } from "./image.js";
import { noFrames, shortOf } from "./shortage.js";

/** What is kept of a domain's output, give or take one write; events tell all of it. */
const MAX_OUTPUT = 1 << 20;
const SP = 2;
const A0 = 10;
const A1 = 11;
const A2 = 12;
const A3 = 13;
const A7 = 17;

export interface MachineOptions {
  program: ElfProgram;
  args: readonly string[];
  stdin: Uint8Array | string;
  /** Bytes of the address space, all told, but for pages that are mapped beyond. */
  memory: number | undefined;
  pages: readonly Mapping[];
}

/** A page or a segment, and where in the address space it is. */
export interface Mapping {
  readonly id: NodeId;
  /** How many pages it covers. */
  readonly size: number;
  /** The number of the page of the address space that it begins at. */
  readonly at: number;
  readonly write: boolean;
}

export class Machine implements GuestMemory {
  readonly address: number;
  /** The domain's name. */
  readonly name: string;
  readonly process: ProcessState;
  exitCode: number | null = null;
  readonly #core: Core;
  readonly #images: Images;
  readonly #image: Image;
  readonly #decoder = new TextDecoder();
  /** Pages and segments in it, by the number of the page of the address space that they begin at. */
  readonly #mappings = new Map<number, Mapping>();
  #output = "";
  #isFreed = false;

  /**
   * Loads a program. @throws {OptionError} for a memory too small, with the size that would do.
   * @throws {CapacityError} NO_FRAMES or NO_PAGES; then nothing is kept.
   */
  constructor(core: Core, images: Images, options: MachineOptions) {
    const { program } = options;
    const size = sizeOf(program, options.memory);
    const most = Math.max(size / PAGE_SIZE, ...options.pages.map(endOf));
    const { sp, bytes } = initialStack(options.args, size);
    if (bytes.length > STACK_SIZE / 2) {
      throw new OptionError(`args: ${bytes.length} bytes, expected at most ${STACK_SIZE / 2}`);
    }
    const image = images.acquire(program);
    if (!image) throw noFrames(core, program.codeSize / PAGE_SIZE);
    const address = core.exports.machineCreate(image.address, most) >>> 0;
    if (address === 0) {
      images.release(image);
      throw noFrames(core, most);
    }
    this.#core = core;
    this.#images = images;
    this.#image = image;
    this.address = address;
    this.name = options.args[0]!;
    const [brkStart, brkLimit] = [heapOf(program), heapEnd(size)];
    this.process = createProcess({ stdin: options.stdin, brkStart, brkLimit });
    try {
      this.#map(program, size);
      for (const mapping of options.pages) this.map(mapping, "pages");
      if (!this.write(sp, bytes)) throw new OptionError("args: no room on the stack");
    } catch (error) {
      this.free();
      throw error;
    }
    this.#setRegister(SP, sp);
    core.view.setU32(address + MACHINE_PC, program.entry);
  }

  /** Whether the ecall that was just executed invokes a key; else it is a system call. */
  get invokes(): boolean {
    const number = this.#register(A7);
    return number === INVOKE_CALL || number === INVOKE_RETURN || number === INVOKE_FORK;
  }

  /** The order and the string that it invokes a key with. */
  get message(): { order: number; string: Uint8Array } {
    // The kernel has found the string readable; what was unmapped since is dropped.
    const length = Math.min(this.#register(A3), MAX_STRING);
    const string = this.read(this.#register(A2), length) ?? new Uint8Array(0);
    return { order: this.#register(A1), string };
  }

  get pc(): number {
    return this.#core.view.u32(this.address + MACHINE_PC);
  }

  /** What the program wrote so far, as UTF-8. */
  get output(): string {
    return this.#output;
  }

  /** Carries out the system call of an ecall that was just executed. */
  call(time: bigint): CallResult {
    const args = [0, 1, 2, 3, 4, 5].map((i) => this.#register(A0 + i));
    const result = systemCall({
      memory: this,
      process: this.process,
      number: this.#register(A7),
      args,
      time,
    });
    if (result.output && this.#output.length < MAX_OUTPUT) {
      this.#output += this.#decoder.decode(result.output.bytes, { stream: true });
    }
    if (result.kind === "exit") this.exitCode = result.code;
    else this.#setRegister(A0, result.value);
    return result;
  }

  read(address: number, length: number): Uint8Array | null {
    const bytes = new Uint8Array(length);
    const done = this.#pieces(address, length, MARK_READ, (host, from, count) => {
      bytes.set(this.#core.view.bytes(host, count), from);
    });
    return done ? bytes : null;
  }

  write(address: number, bytes: Uint8Array): boolean {
    return this.#pieces(address, bytes.length, MARK_WRITE, (host, from, count) => {
      this.#core.view.bytes(host, count).set(bytes.subarray(from, from + count));
    });
  }

  /**
   * Maps a page, or what is in a segment, where nothing is. All or none. @throws {OptionError} where something is, or
   * nothing can be. @throws {RescindedError}
   */
  map(mapping: Mapping, what: string): void {
    const { id, at, write } = mapping;
    if (this.#mappings.has(at)) {
      throw new OptionError(
        `${what}: found ${addressOf(at)}, where a page or a segment begins already`,
      );
    }
    this.#core.still(() => this.show(id, at, write, what));
    this.#core.acted();
    this.#mappings.set(at, mapping);
    this.#core.mappings.add(id, this);
  }

  /** Takes away what was mapped at a page of the address space; false where that was nothing. */
  unmap(at: number): boolean {
    const mapping = this.#mappings.get(at);
    if (!mapping || this.#isFreed) return false;
    this.#core.still(() => this.hide(mapping.id, at));
    this.#core.acted();
    this.#mappings.delete(at);
    if (this.placesOf(mapping.id).length === 0) this.#core.mappings.delete(mapping.id, this);
    return true;
  }

  /** Where a page or a segment was mapped by itself. */
  placesOf(id: NodeId): Mapping[] {
    return [...this.#mappings.values()].filter((mapping) => mapping.id === id);
  }

  /** A page or a segment that is in no page table any more is about to be rescinded. */
  forget(id: NodeId): void {
    for (const { at } of this.placesOf(id)) this.#mappings.delete(at);
    this.#core.mappings.delete(id, this);
  }

  /** Page-table words for a page or all that is in a segment, while nobody runs. @throws {OptionError} */
  show(id: NodeId, at: number, write: boolean, what: string): void {
    const { exports, view } = this.#core;
    const marks = MARK_READ | (write ? MARK_WRITE : 0);
    const [index, allocation] = [indexOf(id), allocationOf(id)];
    const status = exports.machineMapPage(this.address, at, index, allocation, marks);
    if (status === STATUS_RANGE) {
      const place = Number(view.amount);
      const end = view.u32(this.address + MACHINE_PAGES);
      const expected =
        place < end
          ? "expected a place where the program has nothing yet"
          : `expected one below ${addressOf(end)}, where the address space ends`;
      throw new OptionError(`${what}: found ${addressOf(place)}, ${expected}`);
    }
    if (status !== OK) throw new PrimemeterError("STATUS", `machineMapPage: status ${status}`);
  }

  /** Undoes that. */
  hide(id: NodeId, at: number): void {
    const { exports } = this.#core;
    const [index, allocation] = [indexOf(id), allocationOf(id)];
    const status = exports.machineUnmapPage(this.address, at, index, allocation);
    if (status !== OK) throw new PrimemeterError("STATUS", `machineUnmapPage: status ${status}`);
  }

  free(): void {
    if (this.#isFreed) return;
    this.#core.leaving(this);
    // Their frames are not the machine's.
    for (const at of [...this.#mappings.keys()]) this.unmap(at);
    this.#isFreed = true;
    this.#core.exports.machineFree(this.address);
    this.#images.release(this.#image);
  }

  #map(program: ElfProgram, size: number): void {
    const core = this.#core;
    const { machineMap, machineMapCore } = core.exports;
    const marks = marksOf(program, size);
    const map = (call: () => number) => {
      const status = call();
      if (status !== OK) throw shortOf(core, status, size / PAGE_SIZE);
    };
    for (const [at, page] of this.#image.pages ?? []) {
      const own = marks[at]!;
      const copy = (own & MARK_WRITE) !== 0 ? MARK_COPY : 0;
      map(() => machineMapCore(this.address, at, page, own | copy));
      marks[at] = 0;
    }
    for (let first = 0, next = 0; first < marks.length; first = next) {
      while (next < marks.length && marks[next] === marks[first]) next++;
      if (marks[first] === 0) continue;
      map(() => machineMap(this.address, first, next - first, marks[first]!));
    }
    if (this.#image.pages) return;
    for (const segment of program.segments) this.#load(segment.address, segment.bytes);
  }

  /** Fills pages whatever rights the program has on them. */
  #load(address: number, bytes: Uint8Array): void {
    this.#pieces(address, bytes.length, 0, (host, from, count) => {
      this.#core.view.bytes(host, count).set(bytes.subarray(from, from + count));
    });
  }

  /** Calls back for each page's part of a range; false, and no call, where a page lacks a right. */
  #pieces(
    address: number,
    length: number,
    marks: number,
    each: (host: number, from: number, count: number) => void,
  ): boolean {
    const touch = () => {
      const { machineTranslate } = this.#core.exports;
      const pieces: [host: number, from: number, count: number][] = [];
      for (const { address: at, from, count } of piecesOf(address, length)) {
        const host = at < 2 ** 32 ? machineTranslate(this.address, at, marks) >>> 0 : 0;
        if (host === 0) return false;
        pieces.push([host, from, count]);
      }
      for (const piece of pieces) each(...piece);
      return true;
    };
    // Where a page is changes while others run.
    return this.#core.residence ? this.#core.alone(touch) : touch();
  }

  #register(number: number): number {
    return this.#core.view.u32(this.address + MACHINE_REGISTERS + 4 * number);
  }

  #setRegister(number: number, value: number): void {
    this.#core.view.setU32(this.address + MACHINE_REGISTERS + 4 * number, value);
  }
}

/** Where a mapping ends at most: a slot of a segment that is empty may be filled later. */
function endOf({ at, size }: Mapping): number {
  return Math.min(at + size, ELF_MEMORY_LIMIT / PAGE_SIZE);
}

function addressOf(page: number): string {
  return `0x${(page * PAGE_SIZE).toString(16)}`;
}
