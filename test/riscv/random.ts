// Random programs: every instruction, operands that mostly make sense and sometimes do not.
import {
  atomicOps,
  auipc,
  branchOps,
  csrr,
  EBREAK,
  ECALL,
  FENCE,
  FENCE_I,
  immediateOps,
  jal,
  jalr,
  loadOps,
  lr,
  lui,
  registerOps,
  sc,
  shiftOps,
  storeOps,
  typeI,
} from "./assembler.js";

/** A small generator of numbers, so that a program is its seed. */
export class Random {
  constructor(private state: number) {}
  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  word(): number {
    const edges = [0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffff800, 31, 32];
    return this.below(3) === 0 ? this.pick(edges) : this.below(2 ** 32);
  }
}

/** Points at data; never written by calm programs. */
export const POINTER = 8;

const values = <T>(record: Record<string, T>): T[] => Object.values(record);

const prime = (register: number) => register & 7;
/** A 16-bit instruction that neither jumps nor traps; `low` registers are x8 to x15. */
function compressed(random: Random, rd: number): number {
  const imm = random.below(32);
  const low = 8 + random.below(8) || 9;
  const target = low === POINTER ? 9 : low;
  const source = prime(8 + random.below(8));
  const make = [
    () => 0x0001 | (rd << 7) | (imm << 2),
    () => 0x4001 | (rd << 7) | (imm << 2) | (random.below(2) << 12),
    () => 0x6001 | ((rd === 2 ? 5 : rd) << 7) | ((imm || 1) << 2),
    () => 0x8001 | (prime(target) << 7) | (imm << 2) | (random.below(2) << 10),
    () => 0x8801 | (prime(target) << 7) | (imm << 2) | (random.below(2) << 12),
    () => 0x8c01 | (prime(target) << 7) | (random.below(4) << 5) | (source << 2),
    () => 0x0002 | (rd << 7) | (imm << 2),
    () => 0x8002 | (rd << 7) | ((imm || 1) << 2),
    () => 0x9002 | (rd << 7) | ((imm || 1) << 2),
    () =>
      0x4000 | (prime(POINTER) << 7) | (prime(target) << 2) | ((random.below(16) << 5) & 0x1c60),
    () => 0xc000 | (prime(POINTER) << 7) | (source << 2) | ((random.below(256) << 5) & 0x1c60),
  ];
  return random.pick(make)();
}

/**
 * An instruction that goes on to the next one. Memory is reached through POINTER, up to 2 KiB
 * either way, and LR and SC come without a store between them.
 */
export function calm(random: Random): number[] {
  const register = () => random.below(32);
  const pick = () => 1 + random.below(31);
  let rd = pick();
  if (rd === POINTER) rd = 0;
  const imm = random.below(4096) - 2048;
  const kinds = [
    () => [random.pick(values(registerOps))(rd, register(), register())],
    () => [random.pick(values(immediateOps))(rd, register(), imm)],
    () => [random.pick(values(shiftOps))(rd, register(), random.below(32))],
    () => [random.pick([lui, auipc])(rd, random.below(2) ? 0 : random.below(2 ** 32))],
    () => [random.pick(values(loadOps))(rd, POINTER, imm)],
    () => [random.pick(values(storeOps))(POINTER, register(), imm)],
    () => [compressed(random, rd || 5)],
    () => [compressed(random, rd || 5)],
    () => [random.pick(values(atomicOps))(rd, POINTER, register())],
    () => [lr(rd, POINTER), sc(random.below(2) ? 5 : 0, POINTER, register())],
    () => [random.pick([FENCE, FENCE_I])],
  ];
  return random.pick(kinds)();
}

/** `count` calm steps, among them forward branches and jumps, each instruction with its length. */
export function calmProgram(random: Random, count: number): number[] {
  const steps = Array.from({ length: count }, () => calm(random));
  const size = (bits: number) => ((bits & 3) === 3 ? 4 : 2);
  // From the end, so that what a branch jumps over does not change its length any more.
  for (let index = count - 1; index >= 0; index--) {
    if (random.below(6) !== 0) continue;
    const over = steps.slice(index + 1, index + 1 + random.below(8)).flat();
    const offset = 4 + over.reduce((sum, bits) => sum + size(bits), 0);
    const [a, b] = [random.below(32), random.below(32)];
    const branch = () => random.pick(values(branchOps))(a, b, offset);
    const link = random.pick([0, 1, 5]);
    steps[index] = [random.below(4) === 0 ? jal(link, offset) : branch()];
  }
  return steps.flat();
}

/** Anything at all: loops, wild jumps and accesses, traps, garbage. */
export function wildProgram(random: Random, count: number, code: number): number[] {
  return Array.from({ length: count }, () => {
    const target = (random.below(count) - random.below(count)) * 2;
    const register = () => random.below(32);
    switch (random.below(24)) {
      case 0:
      case 1:
      case 2:
        return [random.pick(values(branchOps))(register(), register(), target)];
      case 3:
        return [jal(random.pick([0, 1]), target)];
      case 4:
        return [lui(6, code), jalr(random.pick([0, 1, 6]), 6, random.below(count * 3))];
      case 5:
        return [csrr(register(), random.pick([0xc00, 0xc01, 0xc02, 0xc80, 0xc81, 0xc82]))];
      case 6:
        return [random.below(3) ? ECALL : random.pick([EBREAK, 0, random.below(2 ** 32)])];
      case 7:
        return [random.pick(values(loadOps))(register(), register(), random.below(4096))];
      case 8:
        return [random.pick(values(storeOps))(register(), register(), random.below(4096))];
      case 9:
        return [
          random.pick([0xa001 | (random.below(64) << 2), 0xc001 | (random.below(1024) << 2)]),
        ];
      case 10:
        return [typeI(0x73, random.below(8), register(), random.below(2), 0xc00 + random.below(4))];
      default:
        return calm(random);
    }
  }).flat();
}
