// Each instruction with edge operands, against a second implementation of the ISA.
import { describe, expect, test } from "vitest";
import * as blocks from "../assembly/processor-layout.js";
import {
  assemble,
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
} from "./riscv/assembler.js";
import { Cpu, Host, R, type Range, W, X } from "./riscv/host.js";
import { Random } from "./riscv/random.js";
import { Reference } from "./riscv/reference.js";

const CODE = 0x10000;
const DATA = 0x60000;
const EDGES = [
  0, 1, 2, 3, 31, 32, 33, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0x80000001,
  0xfffffffe, 0xffffffff, 0x12345678, 0x55555555, 0xaaaaaaaa,
];
const IMMEDIATES = [0, 1, 2, 5, 31, 0x7ff, -1, -2, -0x800];

/** The same memory and code for the kernel and the reference. */
class Pair {
  readonly cpu: Cpu;
  readonly reference: Reference;

  constructor(code: number[], build = "kernel") {
    const bytes = assemble(code);
    const data = Uint8Array.from({ length: 8192 }, (_, index) => (index * 37 + 11) & 255);
    const pages = Math.ceil((bytes.length + 1) / 4096);
    const ranges: Range[] = [
      { from: CODE, pages, marks: R | X, bytes },
      { from: DATA, pages: 2, marks: R | W, bytes: data },
    ];
    const host = new Host(256, build);
    const image = host.kernel.imageCreate(CODE, pages * 4096);
    this.cpu = new Cpu(host, image, ranges);
    this.reference = new Reference(ranges);
  }

  set(register: number, value: number): void {
    this.cpu.set(register, value);
    if (register !== 0) this.reference.x[register] = value >>> 0;
  }

  /** Runs both from `pc` and compares all there is to see but the memory. */
  run(pc: number, budget = 1): void {
    this.cpu.pc = pc;
    this.reference.pc = pc;
    const stop = this.cpu.run(budget);
    const { registers, trap, used, wanted, cycles, retired } = this.cpu;
    const seen = { stop, registers, pc: this.cpu.pc, trap, used, wanted, cycles, retired };
    const reference = this.reference;
    const expected = { stop: reference.run(budget), registers: [...reference.x], pc: reference.pc };
    const counts = { cycles: reference.cycles, retired: reference.retired };
    const { trap: trapped, used: cost, wanted: want } = reference;
    expect(seen).toEqual({ ...expected, trap: trapped, used: cost, wanted: want, ...counts });
  }

  compareData(): void {
    const pages = [0, 1].map((index) => this.reference.pages.get((DATA >>> 12) + index)!.bytes);
    const expected = Uint8Array.from(pages.flatMap((page) => [...page]));
    expect(this.cpu.read(DATA, 8192)).toEqual(expected);
  }
}

describe.each(["kernel", "kernel.debug"])("%s", (build) => {
  describe("register operations", () => {
    test.each(Object.entries(registerOps))("%s", (_, encode) => {
      const pair = new Pair(
        [encode(3, 1, 2), encode(1, 1, 2), encode(0, 1, 2), encode(4, 0, 2)],
        build,
      );
      for (const a of EDGES) {
        for (const b of EDGES) {
          pair.set(1, a);
          pair.set(2, b);
          pair.run(CODE, 4);
        }
      }
    });
  });

  describe("immediate operations", () => {
    const all = { ...immediateOps, ...shiftOps };
    test.each(Object.entries(all))("%s", (name, encode) => {
      const immediates = name in shiftOps ? [0, 1, 15, 16, 31] : IMMEDIATES;
      const code = immediates.flatMap((imm) => [
        encode(3, 1, imm),
        encode(4, 0, imm),
        encode(0, 1, imm),
      ]);
      const pair = new Pair(code, build);
      for (const a of EDGES) {
        pair.set(1, a);
        for (let index = 0; index < code.length; index++) pair.run(CODE + 4 * index);
      }
    });
    test("lui and auipc", () => {
      const code = EDGES.flatMap((imm) => [lui(3, imm), auipc(4, imm), lui(0, imm)]);
      const pair = new Pair(code, build);
      for (let index = 0; index < code.length; index++) pair.run(CODE + 4 * index);
    });
  });

  describe("loads and stores, aligned or not, and across pages", () => {
    const addresses = [
      0, 1, 2, 3, 4, 4092, 4093, 4094, 4095, 4096, 8188, 8189, 8190, 8191, 8192, -1, -4,
    ];
    test.each(Object.entries(loadOps))("%s", (_, encode) => {
      const pair = new Pair([encode(3, 1, 0), encode(3, 1, -7), encode(0, 1, 0)], build);
      for (const offset of addresses) {
        for (const index of [0, 1, 2]) {
          pair.set(1, DATA + offset + (index === 1 ? 7 : 0));
          pair.run(CODE + 4 * index);
        }
      }
    });
    test.each(Object.entries(storeOps))("%s", (_, encode) => {
      const pair = new Pair([encode(1, 2, 0), encode(1, 2, 9)], build);
      for (const [count, offset] of addresses.entries()) {
        for (const index of [0, 1]) {
          pair.set(1, DATA + offset - 9 * index);
          pair.set(2, 0x89abcdef + count * 0x01020304);
          pair.run(CODE + 4 * index);
          pair.compareData();
        }
      }
    });
    test("at the ends of the address space", () => {
      const pair = new Pair([loadOps.lw!(3, 1, 0), storeOps.sw!(1, 1, 0)], build);
      for (const address of [0, 1, 4095, 4096, 0xfffffffc, 0xfffffffd, 0xffffffff, 0x7fffffff]) {
        pair.set(1, address);
        pair.run(CODE);
        pair.run(CODE + 4);
      }
    });
  });

  describe("branches and jumps", () => {
    test.each(Object.entries(branchOps))("%s", (_, encode) => {
      const code = [encode(1, 2, 8), encode(1, 2, 4094), encode(1, 2, -8), encode(0, 2, 8)];
      const pair = new Pair([...code, encode(1, 0, 8), encode(2, 2, 12)], build);
      for (const a of EDGES) {
        for (const b of EDGES) {
          pair.set(1, a);
          pair.set(2, b);
          for (let index = 0; index < 6; index++) pair.run(CODE + 4 * index);
        }
      }
    });
    test("jal", () => {
      const offsets = [4, 8, -4, 2, 0x7fe, 0x800, -0x800, 0xffffe, -0x100000];
      const code = offsets.flatMap((offset) => [jal(1, offset), jal(0, offset)]);
      const pair = new Pair(code, build);
      for (let index = 0; index < code.length; index++) {
        for (const budget of [1, 2]) pair.run(CODE + 4 * index, budget);
      }
    });
    test("jalr", () => {
      const code = IMMEDIATES.flatMap((imm) => [jalr(1, 1, imm), jalr(0, 1, imm), jalr(5, 1, imm)]);
      const pair = new Pair(code, build);
      for (const target of [...EDGES, CODE, CODE + 1, CODE + 2, CODE + 4095, DATA, 0xfffffff0]) {
        for (let index = 0; index < code.length; index++) {
          for (const budget of [1, 2]) {
            pair.set(1, target);
            pair.run(CODE + 4 * index, budget);
          }
        }
      }
    });
  });

  describe("atomics", () => {
    test.each(Object.entries(atomicOps))("%s", (_, encode) => {
      const pair = new Pair([encode(3, 1, 2), encode(2, 1, 2), encode(0, 1, 2)], build);
      for (const value of EDGES) {
        for (const offset of [0, 4, 1, 2, 3, 8192]) {
          for (const index of [0, 1, 2]) {
            pair.set(1, DATA + offset);
            pair.set(2, value);
            pair.run(CODE + 4 * index);
          }
        }
      }
      pair.compareData();
    });
    test("lr and sc", () => {
      const store = storeOps.sw!(1, 5, 0);
      const pair = new Pair(
        [lr(3, 1), sc(4, 1, 2), sc(4, 1, 2), store, lr(0, 6), sc(1, 6, 2)],
        build,
      );
      const orders = [
        [0, 1, 2],
        [1],
        [0, 3, 1],
        [0, 4, 1],
        [0, 5, 1],
        [0, 1, 1],
        [4, 5],
        [0, 0, 1],
      ];
      for (const order of orders) {
        for (const offset of [0, 8, 2, 8192]) {
          pair.set(1, DATA + offset);
          pair.set(6, DATA + 64);
          pair.set(2, 0x1234 + offset);
          pair.set(5, 0x777 + offset);
          for (const index of order) pair.run(CODE + 4 * index);
        }
      }
      pair.compareData();
    });
  });

  test("fences, ecall, ebreak", () => {
    const pair = new Pair(
      [FENCE, FENCE_I, 0x8330000f, ECALL, FENCE, EBREAK, 0x9002, 0x0001],
      build,
    );
    for (const offset of [0, 4, 8, 12, 16, 20, 24]) {
      for (const budget of [0, 1, 2, 9]) pair.run(CODE + offset, budget);
    }
  });

  test("counters are read exactly, and never written", () => {
    const numbers = [0xc00, 0xc01, 0xc02, 0xc03, 0xc80, 0xc81, 0xc82, 0xc83, 0xbff, 0x001, 0x300];
    const code = numbers.flatMap((number) =>
      [1, 2, 3, 5, 6, 7].flatMap((f3) => [
        typeI(0x73, f3, 3, 0, number),
        typeI(0x73, f3, 0, 0, number),
        typeI(0x73, f3, 3, 1, number),
      ]),
    );
    const pair = new Pair([...code, ...numbers.map((number) => csrr(7, number))], build);
    const time = 0x1_ffff_fff0n;
    pair.cpu.host.view.setBigUint64(blocks.PROCESSORS + blocks.PROCESSOR_TIME, time, true);
    pair.reference.time = time;
    for (let index = 0; index < code.length + numbers.length; index++) {
      pair.run(CODE + 4 * index, 30);
    }
  });
});

/** Registers that mostly point into the data. */
function scramble(pair: Pair, random: Random): void {
  for (let register = 1; register < 32; register++) {
    const wild = random.below(4) === 0;
    pair.set(register, wild ? random.word() : DATA + 512 + random.below(4096));
  }
}

test("every 16-bit instruction", () => {
  const halves = Array.from({ length: 65536 }, (_, half) => half).filter(
    (half) => (half & 3) !== 3,
  );
  const pair = new Pair(halves);
  const random = new Random(1);
  for (let index = 0; index < halves.length; index++) {
    if (index % 64 === 0) scramble(pair, random);
    pair.run(CODE + 2 * index, 1);
  }
  pair.compareData();
});

test("random 32-bit words of every opcode", () => {
  const random = new Random(2);
  const opcodes = [0x03, 0x0f, 0x13, 0x17, 0x23, 0x2f, 0x33, 0x37, 0x63, 0x67, 0x6f, 0x73];
  const narrow = () => ((random.below(2) * 32 + random.below(2)) << 25) >>> 0;
  const words = Array.from({ length: 60_000 }, () => {
    const opcode = random.below(10) ? random.pick(opcodes) : random.below(32) * 4 + 3;
    const word = ((random.below(2 ** 32) & ~0x7f) | opcode) >>> 0;
    return random.below(2) ? word : ((word & 0x1ffffff) | narrow()) >>> 0;
  });
  const pair = new Pair(words);
  for (let index = 0; index < words.length; index++) {
    if (index % 16 === 0) scramble(pair, random);
    pair.run(CODE + 4 * index, 1);
  }
  pair.compareData();
});
