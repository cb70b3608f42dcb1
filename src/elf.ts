// Reads static ELF32 executables for RISC-V: System V ABI (generic), chapters 4 and 5, and the
// RISC-V ELF psABI, "File Header".
import { PAGE_SIZE } from "../assembly/layout.js";
import { ElfError, type ElfErrorCode, OptionError } from "./errors.js";

/** A program as `createDomain` takes it. It is a copy: nothing changes it afterwards. */
export interface ElfProgram {
  readonly kind: "elf";
  /** Address of the first instruction. */
  readonly entry: number;
  /** In ascending order, without overlap; two may share a page, which then has both's rights. */
  readonly segments: readonly ElfSegment[];
  /** The pages from the first to the last executable one, in bytes. */
  readonly codeBase: number;
  readonly codeSize: number;
  /** The first address above all segments: where the heap may begin. */
  readonly end: number;
  /** FNV-1a over entry and segments; `sameProgram` tells whether two are really the same. */
  readonly hash: number;
}

/** `memorySize` bytes at `address`: first `bytes`, then zeros. */
export interface ElfSegment {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly memorySize: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
}

/** Segments must end at or below this address: 64 MiB. */
export const ELF_MEMORY_LIMIT = 0x400_0000;

const HEADER_SIZE = 52;
const SEGMENT_HEADER_SIZE = 32;
const EM_RISCV = 243;
const TYPES = ["none", "relocatable", "executable", "shared or position-independent", "core"];
const FLAG_FLOAT_ABI = 6;
const FLAG_RVE = 8;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const PF_EXECUTE = 1;
const PF_WRITE = 2;
const PF_READ = 4;

/**
 * Reads a static ELF32 executable for RISC-V with the soft-float ABI (ilp32).
 *
 * @throws {ElfError} for any other file; its code names the rule, its message the offset and what
 * was expected there.
 * @throws {OptionError} when `bytes` is not a Uint8Array.
 */
export function loadElf(bytes: Uint8Array): ElfProgram {
  if (!(bytes instanceof Uint8Array)) {
    throw new OptionError(`loadElf: expected a Uint8Array, found ${typeof bytes}`);
  }
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { entry, table, count } = readHeader(file);
  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const segment = readSegment(bytes, file, table + i * SEGMENT_HEADER_SIZE);
    if (segment) segments.push(segment);
  }
  segments.sort((a, b) => a.address - b.address);
  checkOverlap(segments);
  checkEntry(entry, segments);
  const code = segments.filter((segment) => segment.execute);
  const codeBase = Math.floor(code[0]!.address / PAGE_SIZE) * PAGE_SIZE;
  const codeEnd = Math.ceil(endOf(code.at(-1)!) / PAGE_SIZE) * PAGE_SIZE;
  const program: ElfProgram = Object.freeze({
    kind: "elf",
    entry,
    segments: Object.freeze(segments),
    codeBase,
    codeSize: codeEnd - codeBase,
    end: endOf(segments.at(-1)!),
    hash: hashOf(entry, segments),
  });
  loaded.add(program);
  return program;
}

/** Programs that were checked here: what else has their form may hold anything. */
const loaded = new WeakSet<object>();

export function isElfProgram(value: unknown): value is ElfProgram {
  return typeof value === "object" && value !== null && loaded.has(value);
}

/** Whether two programs are the same to the bit, so that they may share what is made from them. */
export function sameProgram(a: ElfProgram, b: ElfProgram): boolean {
  if (a === b) return true;
  if (a.hash !== b.hash || a.entry !== b.entry || a.segments.length !== b.segments.length) {
    return false;
  }
  return a.segments.every((segment, i) => {
    const other = b.segments[i]!;
    return (
      segment.address === other.address &&
      segment.memorySize === other.memorySize &&
      rightsOf(segment) === rightsOf(other) &&
      segment.bytes.length === other.bytes.length &&
      segment.bytes.every((byte, at) => byte === other.bytes[at])
    );
  });
}

function readHeader(file: DataView): { entry: number; table: number; count: number } {
  need(file, 0, 4, "the magic number");
  check(file.getUint32(0) === 0x7f454c46, "ELF_MAGIC", 0, "7f 45 4c 46", hexBytes(file, 0, 4));
  need(file, 0, HEADER_SIZE, "the file header");
  check(file.getUint8(4) === 1, "ELF_CLASS", 4, "1 (32-bit)", file.getUint8(4));
  check(file.getUint8(5) === 1, "ELF_ENDIAN", 5, "1 (little-endian)", file.getUint8(5));
  check(file.getUint8(6) === 1, "ELF_VERSION", 6, "version 1", file.getUint8(6));
  const type = file.getUint16(16, true);
  const typeName = `${type} (${TYPES[type] ?? "unknown"})`;
  check(type === 2, "ELF_TYPE", 16, "2 (executable, statically linked)", typeName);
  const machine = file.getUint16(18, true);
  check(machine === EM_RISCV, "ELF_MACHINE", 18, `${EM_RISCV} (RISC-V)`, machine);
  const version = file.getUint32(20, true);
  check(version === 1, "ELF_VERSION", 20, "version 1", version);
  const flags = file.getUint32(36, true);
  const soft = (flags & FLAG_FLOAT_ABI) === 0;
  check(soft, "ELF_FLOAT_ABI", 36, "the soft-float ABI (ilp32)", `flags ${hex(flags)}`);
  const full = (flags & FLAG_RVE) === 0;
  check(full, "ELF_EMBEDDED_ABI", 36, "the ABI of 32 registers (ilp32)", `flags ${hex(flags)}`);
  const headerSize = file.getUint16(40, true);
  check(headerSize >= HEADER_SIZE, "ELF_HEADER", 40, `a header of ${HEADER_SIZE}`, headerSize);
  const size = file.getUint16(42, true);
  check(size === SEGMENT_HEADER_SIZE, "ELF_HEADER", 42, `entries of ${SEGMENT_HEADER_SIZE}`, size);
  const count = file.getUint16(44, true);
  check(count > 0, "ELF_HEADER", 44, "at least one program header", count);
  const table = file.getUint32(28, true);
  need(file, table, count * SEGMENT_HEADER_SIZE, `${count} program headers`);
  return { entry: file.getUint32(24, true), table, count };
}

/** Null for headers that load nothing. */
function readSegment(bytes: Uint8Array, file: DataView, at: number): ElfSegment | null {
  const type = file.getUint32(at, true);
  if (type === PT_DYNAMIC || type === PT_INTERP) {
    const name = type === PT_DYNAMIC ? "PT_DYNAMIC" : "PT_INTERP";
    throw wrong("ELF_DYNAMIC", at, "a statically linked program", name);
  }
  const memorySize = file.getUint32(at + 20, true);
  if (type !== PT_LOAD || memorySize === 0) return null;
  const offset = file.getUint32(at + 4, true);
  const address = file.getUint32(at + 8, true);
  const fileSize = file.getUint32(at + 16, true);
  const flags = file.getUint32(at + 24, true);
  const align = file.getUint32(at + 28, true);
  const place = `${memorySize} bytes at ${hex(address)}`;
  const fits = fileSize <= memorySize;
  check(fits, "ELF_SEGMENT", at + 16, `at most ${memorySize} bytes of file`, fileSize);
  check(address >= PAGE_SIZE, "ELF_SEGMENT", at + 8, "an address outside page 0", place);
  const below = address + memorySize <= ELF_MEMORY_LIMIT;
  check(below, "ELF_SEGMENT", at + 8, `an end at or below ${hex(ELF_MEMORY_LIMIT)}`, place);
  const power = (align & (align - 1)) === 0;
  check(power, "ELF_SEGMENT", at + 28, "an alignment that is a power of two", align);
  const congruent = align === 0 || (address - offset) % align === 0;
  check(congruent, "ELF_SEGMENT", at + 28, `offset and address equal modulo ${align}`, place);
  need(file, offset, fileSize, `the segment of ${place}`);
  return Object.freeze({
    address,
    // Not bytes.slice: a Buffer's slice is no copy.
    bytes: new Uint8Array(bytes.subarray(offset, offset + fileSize)),
    memorySize,
    // RISC-V has no pages that can be written but not read (privileged spec, "Sv32").
    read: (flags & (PF_READ | PF_WRITE)) !== 0,
    write: (flags & PF_WRITE) !== 0,
    execute: (flags & PF_EXECUTE) !== 0,
  });
}

function checkOverlap(segments: readonly ElfSegment[]): void {
  for (let i = 1; i < segments.length; i++) {
    const low = segments[i - 1]!;
    const high = segments[i]!;
    if (endOf(low) > high.address) {
      throw new ElfError(
        "ELF_SEGMENT",
        `segments overlap: ${hex(low.address)} to ${hex(endOf(low))}, then ${hex(high.address)} ` +
          `to ${hex(endOf(high))}; expected none to`,
      );
    }
  }
}

function checkEntry(entry: number, segments: readonly ElfSegment[]): void {
  const even = "an even address, as instructions have";
  check(entry % 2 === 0, "ELF_ENTRY", 24, even, hex(entry));
  const inside = segments.some(
    (segment) => segment.execute && entry >= segment.address && entry < endOf(segment),
  );
  check(inside, "ELF_ENTRY", 24, "an entry in an executable segment", hex(entry));
}

const endOf = (segment: ElfSegment): number => segment.address + segment.memorySize;

const rightsOf = (segment: ElfSegment): number =>
  (segment.read ? PF_READ : 0) |
  (segment.write ? PF_WRITE : 0) |
  (segment.execute ? PF_EXECUTE : 0);

function hashOf(entry: number, segments: readonly ElfSegment[]): number {
  let hash = 0x811c9dc5;
  const add = (word: number): void => {
    hash = Math.imul(hash ^ word, 0x01000193);
  };
  add(entry);
  for (const segment of segments) {
    for (const word of [segment.address, segment.memorySize, rightsOf(segment)]) add(word);
    for (const byte of segment.bytes) add(byte);
  }
  return hash >>> 0;
}

/** Refuses a part of the file that reaches beyond its end. */
function need(file: DataView, offset: number, length: number, what: string): void {
  if (offset + length <= file.byteLength) return;
  throw new ElfError(
    "ELF_TRUNCATED",
    `the file ends at ${file.byteLength}; expected ${what} at ${offset} to ${offset + length}`,
  );
}

function check(
  holds: boolean,
  code: ElfErrorCode,
  offset: number,
  expected: string,
  found: string | number,
): void {
  if (!holds) throw wrong(code, offset, expected, found);
}

const wrong = (code: ElfErrorCode, offset: number, expected: string, found: string | number) =>
  new ElfError(code, `at offset ${offset}: found ${found}, expected ${expected}`);

const hex = (value: number): string => `0x${value.toString(16)}`;

function hexBytes(file: DataView, offset: number, length: number): string {
  const bytes = Array.from({ length }, (_, i) => file.getUint8(offset + i));
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
