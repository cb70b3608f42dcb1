// Guests that call each other, made here instruction by instruction: as few as will do, so that what is
// measured is the kernel's part.

import { elf } from "./talker.js";

const CALL = 0x4b00;
const RETURN = 0x4b01;
const FORK = 0x4b02;
const ECALL = 0x73;
/** Registers. */
const [SP, T0, T1, T2, S2, S3, S4] = [2, 5, 6, 7, 18, 19, 20];
const [A0, A1, A2, A3, A4, A5, A6, A7] = [10, 11, 12, 13, 14, 15, 16, 17];
/** Where callers count their rounds, and keepers and takers what came. */
export const ROUNDS_REGISTER = S4;

/** Slots: whom to call; the service key and the restart key that came; a data key; DK(0). */
export const CALLEE = 0;
const METER = 2;
const RESTART = 3;
export const CYCLES = 4;
const NOBODY = 15;
const NO_KEYS = 0xffffffff;
const ORDER_SWAP_COUNTER = 19;

const addi = (rd: number, rs: number, imm: number) =>
  (((imm & 0xfff) << 20) | (rs << 15) | (rd << 7) | 0x13) >>> 0;
const lui = (rd: number, value: number) => ((value & 0xfffff000) | (rd << 7) | 0x37) >>> 0;
const sub = (rd: number, rs1: number, rs2: number) =>
  (0x40000033 | (rs2 << 20) | (rs1 << 15) | (rd << 7)) >>> 0;
const back = (count: number) => {
  const offset = -4 * count;
  const low = (((offset >> 1) & 0x3ff) << 21) | (((offset >> 11) & 1) << 20);
  return (0x80000000 | low | (((offset >> 12) & 0xff) << 12) | 0x6f) >>> 0;
};
const li = (rd: number, value: number): number[] => {
  const low = (value << 20) >> 20;
  return [lui(rd, value - low), addi(rd, rd, low)];
};

/** To the instruction before, unless a register is 0. */
const again = (rs: number) => (0xfe001ee3 | (rs << 15)) >>> 0;

/** So many cycles of work, roughly. */
function spin(cycles: number): number[] {
  return cycles === 0 ? [] : [...li(T2, cycles / 2), addi(T2, T2, -1), again(T2)];
}

/** Strings are sent from the stack, and received there. */
function strings(bytes: number): number[] {
  return [lui(T1, 8192), sub(A5, SP, T1), lui(T1, 16_384), sub(S2, SP, T1), ...li(S3, bytes)];
}

function forever(body: readonly number[]): number[] {
  return [...body, back(body.length)];
}

/** Calls the key in slot CALLEE for ever, with so many bytes. */
export function caller(bytes: number): Uint8Array {
  return elf([
    ...strings(bytes),
    ...li(A6, bytes),
    ...li(A7, CALL),
    ...li(A4, NO_KEYS),
    ...li(T0, NO_KEYS),
    ...forever([addi(S4, S4, 1), addi(A0, 0, CALLEE), addi(A2, S2, 0), addi(A3, S3, 0), ECALL]),
  ]);
}

/** Forks to the key in slot CALLEE for ever. */
export function forker(): Uint8Array {
  return elf([
    ...strings(0),
    ...li(A0, CALLEE),
    ...li(A4, NO_KEYS),
    ...li(A7, FORK),
    ...forever([addi(S4, S4, 1), ECALL]),
  ]);
}

/** Answers whoever calls, for ever, with so many bytes, after so many cycles of work. */
export function server(bytes: number, work = 0): Uint8Array {
  return elf([
    ...strings(bytes),
    ...li(A6, bytes),
    ...li(A7, RETURN),
    ...li(A4, NO_KEYS),
    ...li(T0, 0xffffff | (RESTART << 24)),
    ...forever([...spin(work), addi(A0, 0, RESTART), addi(A2, S2, 0), addi(A3, S3, 0), ECALL]),
  ]);
}

/** A keeper: sets the counter of the dry meter to what is in slot CYCLES, and lets the domain go on. */
export function meterKeeper(): Uint8Array {
  return elf([
    ...strings(0),
    addi(S4, 0, -1),
    ...forever([
      addi(S4, S4, 1),
      ...li(A7, RETURN),
      addi(A0, 0, RESTART),
      addi(A3, 0, 0),
      ...li(A4, NO_KEYS),
      ...li(T0, 0xffff | (METER << 16) | (RESTART << 24)),
      ECALL,
      ...li(A7, CALL),
      addi(A0, 0, METER),
      addi(A1, 0, ORDER_SWAP_COUNTER),
      addi(A3, 0, 0),
      ...li(A4, 0xffffff00 | CYCLES),
      ...li(T0, NO_KEYS),
      ECALL,
    ]),
  ]);
}

/** Takes messages for ever, counts them, and answers nobody. */
export function taker(): Uint8Array {
  return elf([
    ...strings(0),
    ...li(A7, RETURN),
    ...li(A4, NO_KEYS),
    ...li(T0, NO_KEYS),
    addi(S4, 0, -1),
    ...forever([addi(S4, S4, 1), addi(A0, 0, NOBODY), addi(A3, 0, 0), ECALL]),
  ]);
}
