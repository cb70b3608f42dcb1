// The ISA once more, as plainly as possible: no caches, one instruction at a time, cycles counted
// before each. Written from the manual and sharing nothing with the kernel but layout.ts.
import * as codes from "../../assembly/codes.js";
import * as rv from "../../assembly/riscv/layout.js";
import type { Range } from "./host.js";

class Trap extends Error {
  constructor(
    readonly code: number,
    readonly address: number,
  ) {
    super();
  }
}

const bits = (value: number, high: number, low: number) =>
  (value >>> low) & (2 ** (high - low + 1) - 1);
const signed = (value: number, width: number) => (value << (32 - width)) >> (32 - width);
const u64 = (value: number) => BigInt(value >>> 0);
const s64 = (value: number) => BigInt(value | 0);
const low32 = (value: bigint) => Number(BigInt.asUintN(32, value));

function multiplyDivide(f3: number, a: number, b: number): number {
  if (f3 === 0) return low32(s64(a) * s64(b));
  if (f3 === 1) return low32((s64(a) * s64(b)) >> 32n);
  if (f3 === 2) return low32((s64(a) * u64(b)) >> 32n);
  if (f3 === 3) return low32((u64(a) * u64(b)) >> 32n);
  if (b === 0) return f3 < 6 ? 0xffffffff : a;
  if (f3 === 4) return low32(s64(a) / s64(b));
  if (f3 === 5) return low32(u64(a) / u64(b));
  return f3 === 6 ? low32(s64(a) % s64(b)) : low32(u64(a) % u64(b));
}

function compute(f3: number, alternative: boolean, a: number, b: number): number {
  const shift = b & 31;
  if (f3 === 0) return alternative ? low32(u64(a) - u64(b)) : low32(u64(a) + u64(b));
  if (f3 === 1) return low32(u64(a) << BigInt(shift));
  if (f3 === 2) return s64(a) < s64(b) ? 1 : 0;
  if (f3 === 3) return u64(a) < u64(b) ? 1 : 0;
  if (f3 === 4) return (a ^ b) >>> 0;
  if (f3 === 5) return low32((alternative ? s64(a) : u64(a)) >> BigInt(shift));
  return f3 === 6 ? (a | b) >>> 0 : (a & b) >>> 0;
}

function atomic(kind: number, a: number, b: number): number | undefined {
  const byKind: Record<number, number> = {
    0: low32(u64(a) + u64(b)),
    1: b,
    4: (a ^ b) >>> 0,
    8: (a | b) >>> 0,
    12: (a & b) >>> 0,
    16: s64(a) < s64(b) ? a : b,
    20: s64(a) > s64(b) ? a : b,
    24: u64(a) < u64(b) ? a : b,
    28: u64(a) > u64(b) ? a : b,
  };
  return byKind[kind];
}

const taken = (f3: number, a: number, b: number) =>
  ([a === b, a !== b, null, null, s64(a) < s64(b), s64(a) >= s64(b), a < b, a >= b] as const)[f3]!;

export class Reference {
  x: number[] = new Array(32).fill(0);
  pc = 0;
  cycles = 0n;
  retired = 0n;
  time = 0n;
  used = 0;
  wanted = 0;
  trap = { code: 0, address: 0 };
  costs: number[] = new Array(rv.CLASS_COUNT).fill(1);
  private reservation = -1;
  private reserved = 0;
  readonly pages = new Map<number, { marks: number; bytes: Uint8Array }>();

  constructor(ranges: Range[]) {
    for (const { from, pages, marks, bytes } of ranges) {
      for (let index = 0; index < pages; index++) {
        const page = new Uint8Array(4096);
        page.set((bytes ?? page).subarray(index * 4096, (index + 1) * 4096));
        this.pages.set((from >>> 12) + index, { marks, bytes: page });
      }
    }
  }

  run(budget: number): number {
    this.used = 0;
    this.wanted = 0;
    this.trap = { code: 0, address: 0 };
    for (;;) {
      try {
        const stop = this.step(budget);
        if (stop !== undefined) return stop;
      } catch (error) {
        if (!(error instanceof Trap)) throw error;
        if (this.used + 1 > budget) {
          this.wanted = 1;
          return rv.STOP_BUDGET;
        }
        this.trap = { code: error.code, address: error.address };
        return rv.STOP_TRAP;
      }
    }
  }

  private byteAt(address: number, mark: number, code: number): [Uint8Array, number] {
    const page = this.pages.get((address >>> 12) & 0xfffff);
    if (!page || (page.marks & mark) === 0) throw new Trap(code, address >>> 0);
    return [page.bytes, address & 0xfff];
  }

  private load(address: number, size: number, mark: number, code: number): number {
    let value = 0;
    for (let index = 0; index < size; index++) {
      const [bytes, offset] = this.byteAt((address + index) >>> 0, mark, code);
      value += bytes[offset]! * 2 ** (8 * index);
    }
    return value;
  }

  private store(address: number, size: number, value: number): void {
    const places = Array.from({ length: size }, (_, index) =>
      this.byteAt((address + index) >>> 0, rv.MARK_WRITE, codes.TRAP_STORE_FAULT),
    );
    for (const [index, [bytes, offset]] of places.entries()) bytes[offset] = value >>> (8 * index);
  }

  private step(budget: number): number | undefined {
    if (this.pc & 1) throw new Trap(codes.TRAP_FETCH_MISALIGNED, this.pc);
    const fetch = (at: number) => this.load(at, 2, rv.MARK_EXEC, codes.TRAP_FETCH_FAULT);
    const half = fetch(this.pc);
    const short = (half & 3) !== 3;
    const word = short ? this.expand(half) : (half | (fetch((this.pc + 2) >>> 0) << 16)) >>> 0;
    const instruction = this.decode(word);
    const cost = instruction ? this.costs[instruction.kind]! : 1;
    if (this.used + cost > budget) {
      this.wanted = cost;
      return rv.STOP_BUDGET;
    }
    if (word === 0x100073) throw new Trap(codes.TRAP_BREAKPOINT, this.pc);
    if (!instruction) throw new Trap(codes.TRAP_ILLEGAL, this.pc);
    const next = (this.pc + (short ? 2 : 4)) >>> 0;
    const target = instruction.execute(next);
    this.x[0] = 0;
    this.pc = (target ?? next) >>> 0;
    this.used += cost;
    this.cycles += BigInt(cost);
    this.retired += 1n;
    return word === 0x73 ? rv.STOP_ECALL : undefined;
  }

  private decode(
    word: number,
  ): { kind: number; execute(next: number): number | undefined } | undefined {
    const [op, rd, f3, f7] = [bits(word, 6, 0), bits(word, 11, 7), bits(word, 14, 12), word >>> 25];
    const x = this.x;
    const [a, b] = [x[bits(word, 19, 15)]!, x[bits(word, 24, 20)]!];
    const immI = (word | 0) >> 20;
    const set = (kind: number, value: () => number) => ({
      kind,
      execute: (): undefined => {
        x[rd] = value() >>> 0;
      },
    });
    if (op === 0x37) return set(rv.CLASS_ALU, () => word & 0xfffff000);
    if (op === 0x17) return set(rv.CLASS_ALU, () => this.pc + (word & 0xfffff000));
    if (op === 0x13) {
      const isShift = f3 === 1 || f3 === 5;
      if (isShift && f7 !== 0 && !(f3 === 5 && f7 === 0x20)) return undefined;
      return set(rv.CLASS_ALU, () => compute(f3, isShift && f7 === 0x20, a, immI >>> 0));
    }
    if (op === 0x33) {
      if (f7 === 1) {
        const kind = f3 < 4 ? rv.CLASS_MUL : rv.CLASS_DIV;
        return set(kind, () => multiplyDivide(f3, a, b));
      }
      if (f7 !== 0 && !(f7 === 0x20 && (f3 === 0 || f3 === 5))) return undefined;
      return set(rv.CLASS_ALU, () => compute(f3, f7 !== 0, a, b));
    }
    if (op === 0x03 && f3 !== 3 && f3 < 6) {
      const size = 1 << (f3 & 3);
      return set(rv.CLASS_LOAD, () => {
        const value = this.load(a + immI, size, rv.MARK_READ, codes.TRAP_LOAD_FAULT);
        return f3 < 2 ? signed(value, 8 * size) : value;
      });
    }
    if (op === 0x23 && f3 < 3) {
      const offset = signed((f7 << 5) | rd, 12);
      const execute = () => void this.store(a + offset, 1 << f3, b);
      return { kind: rv.CLASS_STORE, execute };
    }
    if (op === 0x63 && f3 !== 2 && f3 !== 3) {
      const high = (bits(word, 7, 7) << 11) | (bits(word, 31, 31) << 12);
      const offset = signed((bits(word, 11, 8) << 1) | (bits(word, 30, 25) << 5) | high, 13);
      const execute = () => (taken(f3, a, b) ? this.pc + offset : undefined);
      return { kind: rv.CLASS_BRANCH, execute };
    }
    if (op === 0x6f) {
      const high = (bits(word, 19, 12) << 12) | (bits(word, 31, 31) << 20);
      const offset = signed((bits(word, 30, 21) << 1) | (bits(word, 20, 20) << 11) | high, 21);
      return this.jump(rd, () => this.pc + offset);
    }
    if (op === 0x67 && f3 === 0) return this.jump(rd, () => (a + immI) & ~1);
    if (op === 0x0f && f3 < 2) return { kind: rv.CLASS_FENCE, execute: () => undefined };
    if (op === 0x73) return this.system(word, f3, rd);
    if (op === 0x2f && f3 === 2) return this.atomic(word, rd, a, b);
    return undefined;
  }

  private jump(rd: number, target: () => number) {
    const execute = (next: number) => {
      const to = target();
      this.x[rd] = next;
      return to;
    };
    return { kind: rv.CLASS_JUMP, execute };
  }

  private system(word: number, f3: number, rd: number) {
    if (word === 0x73) return { kind: rv.CLASS_ECALL, execute: () => undefined };
    const [number, source] = [word >>> 20, bits(word, 19, 15)];
    const low = number & ~0x80;
    if (![2, 3, 6, 7].includes(f3) || source !== 0 || low < 0xc00 || low > 0xc02) return undefined;
    const execute = (): undefined => {
      const used = BigInt(this.used);
      const value = [this.cycles, this.time + used, this.retired][low - 0xc00]!;
      this.x[rd] = low32(number & 0x80 ? value >> 32n : value);
    };
    return { kind: rv.CLASS_CSR, execute };
  }

  private atomic(word: number, rd: number, a: number, b: number) {
    const kind = word >>> 27;
    if (kind === 2 && bits(word, 24, 20) !== 0) return undefined;
    if (kind !== 2 && kind !== 3 && atomic(kind, 0, 0) === undefined) return undefined;
    const execute = (): undefined => {
      const load = kind === 2;
      if (a & 3) throw new Trap(load ? codes.TRAP_LOAD_MISALIGNED : codes.TRAP_STORE_MISALIGNED, a);
      const fault = load ? codes.TRAP_LOAD_FAULT : codes.TRAP_STORE_FAULT;
      const old = this.load(a, 4, rv.MARK_READ, fault);
      if (load) {
        this.reservation = a;
        this.reserved = old;
        this.x[rd] = old;
      } else if (kind === 3) {
        const holds = this.reservation === a && this.reserved === old;
        this.store(a, 4, holds ? b : old);
        this.reservation = -1;
        this.x[rd] = holds ? 0 : 1;
      } else {
        this.store(a, 4, atomic(kind, old, b)!);
        this.x[rd] = old;
      }
    };
    return { kind: rv.CLASS_ATOMIC, execute };
  }

  /** The 32-bit instruction that a 16-bit one stands for, or 0. */
  private expand(half: number): number {
    const f = (high: number, low: number) => bits(half, high, low);
    const i = (op: number, f3: number, rd: number, rs1: number, imm: number) =>
      ((imm << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | op) >>> 0;
    const r = (f7: number, f3: number, rd: number, rs1: number, rs2: number) =>
      i(0x33, f3, rd, rs1, (f7 << 5) | rs2);
    const sw = (rs1: number, rs2: number, imm: number) =>
      i(0x23, 2, imm & 31, rs1, ((imm >> 5) << 5) | rs2);
    const [full, rs2, rdPrime, rs1Prime] = [f(11, 7), f(6, 2), f(4, 2) + 8, f(9, 7) + 8];
    const imm6 = signed((f(12, 12) << 5) | f(6, 2), 6);
    const wordOffset = (f(5, 5) << 6) | (f(12, 10) << 3) | (f(6, 6) << 2);
    const j = (rd: number) => {
      const high = (f(12, 12) << 11) | (f(8, 8) << 10) | (f(10, 9) << 8) | (f(6, 6) << 7);
      const low = (f(7, 7) << 6) | (f(2, 2) << 5) | (f(11, 11) << 4) | (f(5, 3) << 1);
      const to = signed(high | low, 12);
      const fields = ((to & 0x7fe) << 20) | (((to >> 11) & 1) << 20) | (to & 0xff000);
      return (fields | ((to >> 20) << 31) | (rd << 7) | 0x6f) >>> 0;
    };
    const branch = (f3: number) => {
      const high = (f(12, 12) << 8) | (f(6, 5) << 6) | (f(2, 2) << 5);
      const to = signed(high | (f(11, 10) << 3) | (f(4, 3) << 1), 9);
      const top = (((to >> 12) & 1) << 6) | ((to >> 5) & 63);
      return i(0x63, f3, (to & 0x1e) | ((to >> 11) & 1), rs1Prime, top << 5);
    };
    switch (`${half & 3}.${f(15, 13)}`) {
      case "0.0": {
        const imm = (f(10, 7) << 6) | (f(12, 11) << 4) | (f(5, 5) << 3) | (f(6, 6) << 2);
        return imm && i(0x13, 0, rdPrime, 2, imm);
      }
      case "0.2":
        return i(0x03, 2, rdPrime, rs1Prime, wordOffset);
      case "0.6":
        return sw(rs1Prime, rdPrime, wordOffset);
      case "1.0":
        return i(0x13, 0, full, full, imm6);
      case "1.1":
        return j(1);
      case "1.2":
        return i(0x13, 0, full, 0, imm6);
      case "1.3": {
        if (imm6 === 0) return 0;
        if (full !== 2) return ((imm6 << 12) | (full << 7) | 0x37) >>> 0;
        const high = (f(12, 12) << 9) | (f(4, 3) << 7) | (f(5, 5) << 6) | (f(2, 2) << 5);
        return i(0x13, 0, 2, 2, signed(high | (f(6, 6) << 4), 10));
      }
      case "1.4": {
        if (f(11, 10) === 2) return i(0x13, 7, rs1Prime, rs1Prime, imm6);
        if (f(12, 12)) return 0;
        if (f(11, 10) < 2) return i(0x13, 5, rs1Prime, rs1Prime, rs2 | (f(11, 10) << 10));
        const f3 = [0, 4, 6, 7][f(6, 5)]!;
        return r(f(6, 5) === 0 ? 0x20 : 0, f3, rs1Prime, rs1Prime, rdPrime);
      }
      case "1.5":
        return j(0);
      case "1.6":
        return branch(0);
      case "1.7":
        return branch(1);
      case "2.0":
        return f(12, 12) ? 0 : i(0x13, 1, full, full, rs2);
      case "2.2":
        return full && i(0x03, 2, full, 2, (f(3, 2) << 6) | (f(12, 12) << 5) | (f(6, 4) << 2));
      case "2.4":
        if (rs2) return r(0, 0, full, f(12, 12) ? full : 0, rs2);
        if (full) return i(0x67, 0, f(12, 12), full, 0);
        return f(12, 12) ? 0x100073 : 0;
      case "2.6":
        return sw(2, rs2, (f(8, 7) << 6) | (f(12, 9) << 2));
      default:
        return 0;
    }
  }
}
