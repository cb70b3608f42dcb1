// Small programs that touch pages by a script, again and again: for the target CPU, and instruction by instruction
// for the model. Objects are mapped below the code; behind it lie data that the file fills, then zeros.

import type { ElfProgram } from "../../src/index.js";
import { loadElf } from "../../src/index.js";
import {
  assemble,
  atomicOps,
  branchOps,
  ECALL,
  immediateOps,
  jal,
  jalr,
  loadOps,
  lui,
  registerOps,
  storeOps,
} from "../riscv/assembler.js";
import { writeElf } from "../riscv/elf.js";
import { CODE, DATA } from "../riscv/host.js";

export const PAGE = 4096;
export { CODE, DATA };

/** Of somebody who sleeps nearly always. */
export const HEART = { run: 1, wait: 4_000_000_000 };

/** How control gets to another page of code. */
export type Way = "jal" | "jalr" | "fall" | "straddle";

export type Op =
  | { readonly does: "load" | "store" | "add" | "clock" | "print"; readonly at: number }
  | { readonly does: "spin"; readonly times: number }
  | { readonly does: "go"; readonly page: number; readonly way: Way };

export interface Script {
  readonly ops: readonly Op[];
  readonly codePages: number;
  /** Pages that the file fills, which are copied on write; and pages of zeros behind them. */
  readonly filled: number;
  readonly zeros: number;
  /** What those are filled with. */
  readonly seed: number;
}

export type Act = "lui" | "addi" | "sum" | "load" | "store" | "amoadd" | "bne" | "jal" | "jalr";

/** What an instruction does, with its operands; `nop` is one of two bytes. */
export interface Instruction {
  readonly act: Act | "ecall" | "nop";
  readonly rd: number;
  readonly rs: number;
  readonly imm: number;
}

export interface Text {
  readonly program: ElfProgram;
  /** By address. */
  readonly instructions: ReadonlyMap<number, Instruction>;
  readonly data: Uint8Array;
  readonly script: Script;
}

/** Registers: an address, a value, a count, the sum of all that was loaded; and those of system calls. */
const T0 = 5;
const T1 = 6;
const T2 = 7;
export const SUM = 9;
export const [A0, A1, A2, A7] = [10, 11, 12, 17];
export const PRINT = 64;
export const CLOCK = 113;
export const PRINTED = 4;
const NOP = 0x0001;

/** Where a page's code begins, behind what a page before falls into; where that which falls begins. */
const LANDING = 0x20;
const FALLING = 0xff8;

function bitsOf({ act, rd, rs, imm }: Instruction): number {
  switch (act) {
    case "lui":
      return lui(rd, imm);
    case "addi":
      return immediateOps.addi!(rd, rs, imm);
    case "sum":
      return registerOps.add!(rd, rd, rs);
    case "load":
      return loadOps.lw!(rd, rs, imm);
    case "store":
      return storeOps.sw!(rs, rd, imm);
    case "amoadd":
      return atomicOps.amoadd!(rd, rs, SUM);
    case "bne":
      return branchOps.bne!(rs, 0, imm);
    case "jal":
      return jal(rd, imm);
    case "jalr":
      return jalr(rd, rs, imm);
    case "ecall":
      return ECALL;
    case "nop":
      return NOP;
  }
}

/** Puts instructions at addresses. */
class Writer {
  readonly instructions = new Map<number, Instruction>();
  pc: number;
  /** Where code of each page goes on. */
  readonly #next: number[];
  /** From which pages control falls into the next one: there is room for that once. */
  readonly #fallen = new Set<number>();

  constructor(readonly pages: number) {
    this.#next = Array.from({ length: pages }, (_, page) => CODE + PAGE * page + LANDING);
    this.#next[0] = CODE;
    this.pc = CODE;
  }

  put(act: Instruction["act"], rd = 0, rs = 0, imm = 0): void {
    if (this.instructions.has(this.pc)) throw new Error("code over code");
    this.instructions.set(this.pc, { act, rd, rs, imm });
    this.pc += act === "nop" ? 2 : 4;
  }

  /** A constant, in two instructions. */
  constant(rd: number, value: number): void {
    const low = (value << 20) >> 20;
    this.put("lui", rd, 0, (value - low) | 0);
    this.put("addi", rd, rd, low);
  }

  jump(to: number): void {
    this.put("jal", 0, 0, to - this.pc);
  }

  /** To where the code of a page goes on. */
  go(page: number, way: Way): void {
    const here = Math.floor((this.pc - CODE) / PAGE);
    const border = CODE + PAGE * (here + 1);
    const falls = (way === "fall" || way === "straddle") && page === here + 1;
    if (falls && !this.#fallen.has(here)) {
      this.#fallen.add(here);
      const from = border - PAGE + FALLING;
      this.jump(from);
      this.#leave(here);
      this.pc = from;
      this.#fall(way);
      this.jump(this.#next[page]!);
      this.pc = this.#next[page]!;
      return;
    }
    const to = page === here ? this.pc + (way === "jalr" ? 12 : 4) : this.#next[page]!;
    if (way === "jalr") {
      this.constant(T0, to);
      this.put("jalr", 0, T0, 0);
    } else this.jump(to);
    this.#leave(here);
    this.pc = to;
  }

  #fall(way: Way): void {
    this.put("addi", T1, 0, 1);
    if (way === "straddle") {
      this.put("nop");
      this.put("sum", SUM, T1);
      this.put("nop");
    } else this.put("sum", SUM, T1);
  }

  #leave(page: number): void {
    this.#next[page] = this.pc;
    if (this.pc > CODE + PAGE * page + FALLING) throw new Error("too much code for a page");
  }
}

function write(writer: Writer, op: Op): void {
  if (op.does === "go") {
    writer.go(op.page, op.way);
    return;
  }
  if (op.does === "spin") {
    writer.constant(T2, op.times);
    writer.put("addi", T2, T2, -1);
    writer.put("bne", 0, T2, -4);
    return;
  }
  if (op.does === "clock" || op.does === "print") {
    const isClock = op.does === "clock";
    writer.constant(A0, 1);
    writer.constant(A1, op.at);
    writer.constant(A2, PRINTED);
    writer.constant(A7, isClock ? CLOCK : PRINT);
    writer.put("ecall");
    return;
  }
  writer.constant(T0, op.at);
  if (op.does === "load") {
    writer.put("load", T1, T0, 0);
    writer.put("sum", SUM, T1);
  } else if (op.does === "add") {
    writer.put("amoadd", T1, T0, 0);
    writer.put("sum", SUM, T1);
  } else {
    writer.put("addi", SUM, SUM, 1);
    writer.put("store", SUM, T0, 0);
  }
}

/** The bytes that the file fills pages with. */
function filled(script: Script): Uint8Array {
  let state = script.seed | 1;
  return Uint8Array.from({ length: PAGE * script.filled }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state >>> 24;
  });
}

export function compile(script: Script): Text {
  const writer = new Writer(script.codePages);
  for (const op of script.ops) write(writer, op);
  writer.go(0, "jal");
  // Back to the beginning, from behind what is there of the first page.
  writer.jump(CODE);
  const code = new Uint8Array(PAGE * script.codePages);
  for (const [pc, instruction] of writer.instructions) {
    code.set(assemble([bitsOf(instruction)]), pc - CODE);
  }
  const data = filled(script);
  const program = loadElf(writeElf(code, script.filled + script.zeros, data));
  return { program, instructions: writer.instructions, data, script };
}
