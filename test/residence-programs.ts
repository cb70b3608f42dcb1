// Programs in machine code for tests of core residence: of a few segments, as ELF files have them.

import { type ElfProgram, loadElf } from "../src/index.js";
import * as asm from "./riscv/assembler.js";

const PAGE = 4096;
export const ENTRY = 0x10000;

export interface Part {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly size?: number;
  /** 1: execute, 2: write, 4: read. */
  readonly rights: number;
}

/** A program that begins where its first part does. */
export function programOf(parts: readonly Part[]): ElfProgram {
  const starts = parts.map((_, n) =>
    parts.slice(0, n).reduce((at, { bytes }) => at + Math.ceil(bytes.length / PAGE) * PAGE, PAGE),
  );
  const last = parts.length - 1;
  const file = new Uint8Array(starts[last]! + parts[last]!.bytes.length + PAGE);
  const view = new DataView(file.buffer);
  const words = (at: number, values: readonly number[]) => {
    values.forEach((value, n) => {
      view.setUint32(at + 4 * n, value, true);
    });
  };
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 243, 0]);
  words(20, [1, parts[0]!.address, 52]);
  words(36, [1]);
  view.setUint16(40, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, parts.length, true);
  parts.forEach(({ address, bytes, size = bytes.length, rights }, n) => {
    words(52 + 32 * n, [1, starts[n]!, address, address, bytes.length, size, rights, PAGE]);
    file.set(bytes, starts[n]!);
  });
  return loadElf(file);
}

/** Code alone, at ENTRY. */
export const codeOf = (...code: readonly number[]): ElfProgram =>
  programOf([{ address: ENTRY, bytes: asm.assemble([...code]), rights: 5 }]);

export const [ZERO, SP, T0, T1, T2, A0, A1, A2, A7] = [0, 2, 5, 6, 7, 10, 11, 12, 17] as const;
export const addi = asm.immediateOps.addi!;
export const add = asm.registerOps.add!;
export const lw = asm.loadOps.lw!;
export const sw = asm.storeOps.sw!;
export const bne = asm.branchOps.bne!;
export const blt = asm.branchOps.bltu!;
export const { li, jal, jalr, lui, ECALL, FENCE_I } = asm;

/** Ends it with what is in a0. */
export const EXIT: readonly number[] = [...li(A7, 93), ECALL];
