// The system calls that programs may make: those of Linux on RISC-V that a C library without an
// operating system of its own (newlib, picolibc) needs. Numbers and layouts: Linux,
// include/uapi/asm-generic/{unistd,stat,errno}.h; calls and stack: the RISC-V ELF psABI and the
// System V ABI, "Process Initialization".
import { CLOCK_HZ } from "../assembly/layout.js";
import { OptionError } from "./errors.js";

/** A domain's memory: all or nothing, null and false where not all of it may be touched. */
export interface GuestMemory {
  read(address: number, length: number): Uint8Array | null;
  write(address: number, bytes: Uint8Array): boolean;
}

/** What a domain's system calls change. */
export interface ProcessState {
  readonly stdin: Uint8Array;
  stdinOffset: number;
  /** Bit n is set once file descriptor n is closed. */
  closed: number;
  /** The end of the heap: moves between `brkStart` and `brkLimit`, bytes. */
  brk: number;
  readonly brkStart: number;
  readonly brkLimit: number;
  /** How often each number was refused with ENOSYS; beyond 64 numbers, all others under -1. */
  readonly unimplemented: Map<number, number>;
}

export interface CallContext {
  memory: GuestMemory;
  process: ProcessState;
  /** a7. */
  number: number;
  /** a0 to a5, signed or unsigned. */
  args: readonly number[];
  /** Cycles since the kernel was created. */
  time: bigint;
}

/** `value` goes to a0 as 32 bits. `output.bytes` is a copy. */
export type CallResult =
  | { kind: "value"; value: number; output?: Output }
  | { kind: "exit"; code: number; output?: undefined };

export interface Output {
  fd: 1 | 2;
  bytes: Uint8Array;
}

/** One call moves at most this many bytes; a longer read or write is cut short. */
export const MAX_TRANSFER = 1 << 20;
/** An initial stack takes at most this many bytes. */
export const MAX_INITIAL_STACK = 128 << 10;
const MAX_UNIMPLEMENTED = 64;

const ERROR_BAD_FILE = -9;
const ERROR_FAULT = -14;
const ERROR_INVALID = -22;
const ERROR_NO_SEEK = -29;
const ERROR_NO_CALL = -38;

const DESCRIPTORS = 3;
const CHARACTER_DEVICE = 0o020666;
const STAT_SIZE = 128;
const STAT_MODE = 16;
const STAT_LINKS = 20;
const STAT_BLOCK_SIZE = 56;
const BLOCK_SIZE = 4096;
/** CLOCK_REALTIME, _MONOTONIC, _MONOTONIC_RAW, both _COARSE, _BOOTTIME: here all the same. */
const CLOCKS = new Set([0, 1, 4, 5, 6, 7]);
const NANOSECONDS = 1_000_000_000n;

type Call = (context: CallContext) => CallResult;

const CALLS = new Map<number, Call>([
  [57, close],
  [62, seek],
  [63, read],
  [64, write],
  [80, fileStatus],
  [93, exit],
  [94, exit],
  [113, (context) => clock(context, 4)],
  [214, setBreak],
  [403, (context) => clock(context, 8)],
]);

/**
 * Carries out one system call. Changes only `process` and the memory; never throws, whatever the
 * arguments, and does a bounded amount of work.
 */
export function systemCall(context: CallContext): CallResult {
  const call = CALLS.get(context.number >>> 0);
  if (call) return call(context);
  const { unimplemented } = context.process;
  let key = context.number >>> 0;
  if (!unimplemented.has(key) && unimplemented.size >= MAX_UNIMPLEMENTED) key = -1;
  unimplemented.set(key, (unimplemented.get(key) ?? 0) + 1);
  return answer(ERROR_NO_CALL);
}

/** The state of a program that has made no call yet. Addresses are in bytes. */
export function createProcess(o: {
  stdin?: Uint8Array | string;
  brkStart: number;
  brkLimit: number;
}): ProcessState {
  const { stdin = "", brkStart, brkLimit } = o;
  return {
    stdin: typeof stdin === "string" ? new TextEncoder().encode(stdin) : new Uint8Array(stdin),
    stdinOffset: 0,
    closed: 0,
    brk: brkStart,
    brkStart,
    brkLimit,
    unimplemented: new Map(),
  };
}

/**
 * What lies on a program's stack when it starts: argc, the addresses of its arguments and NULL, no
 * environment, no auxiliary vector, and then the arguments. `args[0]` is the program's name.
 * `bytes` belongs at `sp`, which is a multiple of 16, and ends at or below `top`.
 *
 * @throws {OptionError} when an argument has a NUL in it, or all take more than 128 KiB or `top`.
 */
export function initialStack(
  args: readonly string[],
  top: number,
): { sp: number; bytes: Uint8Array } {
  const texts = args.map((arg, i) => {
    if (typeof arg === "string" && !arg.includes("\0")) return new TextEncoder().encode(`${arg}\0`);
    throw new OptionError(`args[${i}]: found ${JSON.stringify(arg)}, expected text without NUL`);
  });
  const vector = 4 * (1 + args.length + 1 + 1 + 2);
  const length = texts.reduce((sum, text) => sum + text.length, vector);
  const sp = (top - length) & ~15;
  if (length > MAX_INITIAL_STACK || sp <= 0) {
    const most = Math.min(MAX_INITIAL_STACK, top);
    throw new OptionError(`args: ${length} bytes on the stack, expected at most ${most}`);
  }
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, args.length, true);
  let at = vector;
  texts.forEach((text, i) => {
    view.setUint32(4 + 4 * i, sp + at, true);
    bytes.set(text, at);
    at += text.length;
  });
  return { sp, bytes };
}

const answer = (value: number): CallResult => ({ kind: "value", value });

function argument(context: CallContext, index: number): number {
  return (context.args[index] ?? 0) >>> 0;
}

/** The open file descriptor in a0, or -1. */
function descriptor(context: CallContext): number {
  const fd = argument(context, 0);
  return fd < DESCRIPTORS && ((context.process.closed >>> fd) & 1) === 0 ? fd : -1;
}

function exit(context: CallContext): CallResult {
  return { kind: "exit", code: argument(context, 0) & 0xff };
}

function write(context: CallContext): CallResult {
  const fd = descriptor(context);
  if (fd !== 1 && fd !== 2) return answer(ERROR_BAD_FILE);
  const length = Math.min(argument(context, 2), MAX_TRANSFER);
  if (length === 0) return answer(0);
  const bytes = context.memory.read(argument(context, 1), length);
  if (!bytes) return answer(ERROR_FAULT);
  return { kind: "value", value: length, output: { fd, bytes: new Uint8Array(bytes) } };
}

function read(context: CallContext): CallResult {
  if (descriptor(context) !== 0) return answer(ERROR_BAD_FILE);
  const { process } = context;
  const start = process.stdinOffset;
  const bytes = process.stdin.subarray(start, start + Math.min(argument(context, 2), MAX_TRANSFER));
  if (bytes.length === 0) return answer(0);
  if (!context.memory.write(argument(context, 1), bytes)) return answer(ERROR_FAULT);
  process.stdinOffset += bytes.length;
  return answer(bytes.length);
}

/**
 * Answers the new break, or the old one when it can't be moved so: outside the heap's limits, or
 * down by more than MAX_TRANSFER. What is given back is cleared, as a later rise finds it zero.
 */
function setBreak(context: CallContext): CallResult {
  const { process, memory } = context;
  const wanted = argument(context, 0);
  if (wanted < process.brkStart || wanted > process.brkLimit) return answer(process.brk);
  const returned = process.brk - wanted;
  if (returned > MAX_TRANSFER) return answer(process.brk);
  if (returned > 0 && !memory.write(wanted, new Uint8Array(returned))) return answer(process.brk);
  process.brk = wanted;
  return answer(wanted);
}

/** Seconds and nanoseconds since the kernel's creation, each in `size` bytes. */
function clock(context: CallContext, size: 4 | 8): CallResult {
  if (!CLOCKS.has(argument(context, 0))) return answer(ERROR_INVALID);
  const hertz = BigInt(CLOCK_HZ);
  const bytes = new Uint8Array(2 * size);
  const view = new DataView(bytes.buffer);
  const seconds = context.time / hertz;
  const nanoseconds = ((context.time % hertz) * NANOSECONDS) / hertz;
  if (size === 8) {
    view.setBigUint64(0, seconds, true);
    view.setBigUint64(8, nanoseconds, true);
  } else {
    view.setUint32(0, Number(seconds), true); // modulo 2^32
    view.setUint32(4, Number(nanoseconds), true);
  }
  return answer(context.memory.write(argument(context, 1), bytes) ? 0 : ERROR_FAULT);
}

/** All three descriptors are character devices, so that C libraries write out each line. */
function fileStatus(context: CallContext): CallResult {
  if (descriptor(context) < 0) return answer(ERROR_BAD_FILE);
  const bytes = new Uint8Array(STAT_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(STAT_MODE, CHARACTER_DEVICE, true);
  view.setUint32(STAT_LINKS, 1, true);
  view.setUint32(STAT_BLOCK_SIZE, BLOCK_SIZE, true);
  return answer(context.memory.write(argument(context, 1), bytes) ? 0 : ERROR_FAULT);
}

function seek(context: CallContext): CallResult {
  return answer(descriptor(context) < 0 ? ERROR_BAD_FILE : ERROR_NO_SEEK);
}

function close(context: CallContext): CallResult {
  const fd = descriptor(context);
  if (fd < 0) return answer(ERROR_BAD_FILE);
  context.process.closed |= 1 << fd;
  return answer(0);
}
