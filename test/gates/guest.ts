// Guests that invoke keys, written instruction by instruction: tests say what one invokes and in what
// order, and read afterwards what it was answered.

import type { ElfProgram } from "../../src/index.js";
import { loadElf } from "../../src/index.js";
import {
  assemble,
  branchOps,
  ECALL,
  immediateOps,
  jal,
  li,
  loadOps,
  storeOps,
} from "../riscv/assembler.js";

export const INVOKE_CALL = 0x4b00;
export const INVOKE_RETURN = 0x4b01;
export const INVOKE_FORK = 0x4b02;

/** Where code, data, the buffer for strings that come and the log are. */
export const CODE = 0x10000;
export const DATA = 0x20000;
export const BUFFER = DATA;
export const BUFFER_SIZE = 4096;
export const LOG = DATA + BUFFER_SIZE;
export const LOG_ENTRY = 32;
const LOG_SIZE = 4 * 4096;
/** Strings that it sends, and tables. */
const STRINGS = LOG + LOG_SIZE;

/** A slot that there is not: what stands there is DK(0), and what goes there is dropped. */
export const NONE = 0xff;

export const T0 = 5;
export const S0 = 8;
export const A0 = 10;
export const A1 = 11;
export const A2 = 12;
export const A3 = 13;
export const A7 = 17;
const T1 = 6;

/** What is invoked with what. Whatever isn't given is none; `order` null leaves a1 as it is. */
export interface Invocation {
  readonly key?: number;
  readonly order?: number | null;
  /** Bytes, or where they lie. */
  readonly string?: Uint8Array | { readonly at: number; readonly length: number };
  /** Slots of the keys passed. */
  readonly keys?: readonly number[];
  /** Slots for the keys that come. */
  readonly receive?: readonly number[];
  readonly buffer?: { readonly at: number; readonly length: number };
}

type Word = number | ((at: number) => number);

/** Collects the instructions and strings of a guest. */
export class Guest {
  readonly #words: Word[] = [];
  readonly #labels = new Map<string, number>();
  readonly #strings: number[] = [];
  #names = 0;

  constructor() {
    this.li(S0, LOG);
  }

  /** Instructions so far: how many it has executed when it comes here, if it does not jump. */
  get count(): number {
    return this.#words.length;
  }

  call(invocation: Invocation): this {
    return this.#invoke(INVOKE_CALL, invocation);
  }

  /** It becomes available; what comes next does so with the next message. */
  return(invocation: Invocation = {}): this {
    return this.#invoke(INVOKE_RETURN, invocation);
  }

  fork(invocation: Invocation): this {
    return this.#invoke(INVOKE_FORK, invocation);
  }

  /** Notes a0 to a3 and the first 16 bytes of the buffer. */
  log(): this {
    for (let i = 0; i < 4; i++) this.raw(storeOps.sw!(S0, A0 + i, 4 * i));
    this.li(T0, BUFFER);
    for (let i = 0; i < 4; i++) {
      this.raw(loadOps.lw!(T1, T0, 4 * i), storeOps.sw!(S0, T1, 16 + 4 * i));
    }
    return this.raw(immediateOps.addi!(S0, S0, LOG_ENTRY));
  }

  li(register: number, value: number): this {
    return this.raw(...li(register, value));
  }

  raw(...words: Word[]): this {
    this.#words.push(...words);
    return this;
  }

  label(name: string): this {
    this.#labels.set(name, CODE + 4 * this.#words.length);
    return this;
  }

  jump(name: string): this {
    return this.raw((at) => jal(0, this.#labels.get(name)! - at));
  }

  /** Within 4 KiB. */
  branch(op: "beq" | "bne" | "bltu", rs1: number, rs2: number, name: string): this {
    return this.raw((at) => branchOps[op]!(rs1, rs2, this.#labels.get(name)! - at));
  }

  /** A loop of so many rounds, counted in a register of its own. */
  times(count: number, register: number, body: () => void): this {
    const name = `loop ${this.#names++}`;
    this.li(register, count).label(name);
    body();
    return this.raw(immediateOps.addi!(register, register, -1)).branch("bne", register, 0, name);
  }

  /** Runs for some 2 × count cycles, for ever with 0. */
  spin(count: number): this {
    return this.times(count, T1, () => {});
  }

  forever(body: () => void): this {
    const name = `loop ${this.#names++}`;
    this.label(name);
    body();
    return this.jump(name);
  }

  /** Is available from now on, and does nothing about what comes. */
  idle(): this {
    return this.forever(() => this.return());
  }

  exit(code = 0): this {
    return this.li(A0, code).li(A7, 93).raw(ECALL);
  }

  /** Puts bytes into its memory. */
  place(bytes: Uint8Array): { at: number; length: number } {
    while (this.#strings.length % 4 > 0) this.#strings.push(0);
    const at = STRINGS + this.#strings.length;
    for (const byte of bytes) this.#strings.push(byte);
    return { at, length: bytes.length };
  }

  program(room = 0): ElfProgram {
    const words = this.#words.map((word, index) =>
      typeof word === "number" ? word : word(CODE + 4 * index),
    );
    return loadElf(writeElf(assemble(words), Uint8Array.from(this.#strings), room));
  }

  #invoke(how: number, invocation: Invocation): this {
    const { key = NONE, order = 0, string, keys = [], receive = [] } = invocation;
    const { buffer = { at: BUFFER, length: BUFFER_SIZE } } = invocation;
    const bytes =
      string instanceof Uint8Array ? this.place(string) : (string ?? { at: 0, length: 0 });
    this.li(A0, key);
    if (order !== null) this.li(A1, order | 0);
    this.li(A2, bytes.at).li(A3, bytes.length).li(14, slots(keys));
    this.li(15, buffer.at).li(16, buffer.length).li(T0, slots(receive));
    return this.li(A7, how).raw(ECALL);
  }
}

/** Four slots in a word, the first in the low byte. */
export function slots(list: readonly number[]): number {
  return [0, 1, 2, 3].reduce((word, i) => word | ((list[i] ?? NONE) << (8 * i)), 0);
}

/** An ELF file of code, and of data: buffer, log, strings and `room` more bytes. */
function writeElf(code: Uint8Array, strings: Uint8Array, room: number): Uint8Array {
  const header = 52;
  const start = 4096;
  const file = new Uint8Array(start + code.length + strings.length);
  const view = new DataView(file.buffer);
  const half = (at: number, value: number) => view.setUint16(at, value, true);
  const words = (at: number, values: number[]) =>
    values.forEach((value, index) => {
      view.setUint32(at + 4 * index, value, true);
    });
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  half(16, 2);
  half(18, 243);
  words(20, [1, CODE, header]);
  half(40, header);
  half(42, 32);
  half(44, 3);
  const from = start + code.length;
  const size = strings.length + room;
  words(header, [1, start, CODE, CODE, code.length, code.length, 5, 0]);
  words(header + 32, [1, 0, DATA, DATA, 0, STRINGS - DATA, 6, 0]);
  // Without a string or room there is a byte nobody uses.
  words(header + 64, [1, from, STRINGS, STRINGS, strings.length, Math.max(1, size), 6, 0]);
  file.set(code, start);
  file.set(strings, from);
  return file;
}
