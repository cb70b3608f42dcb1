// However a budget is split, the machine ends in the same state, and it is the reference's.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as codes from "../assembly/codes.js";
import * as blocks from "../assembly/processor-layout.js";
import * as rv from "../assembly/riscv/layout.js";
import { assemble } from "./riscv/assembler.js";
import { CODE, Cpu, DATA, Host, R, type Range, W, X } from "./riscv/host.js";
import { calmProgram, POINTER, Random, wildProgram } from "./riscv/random.js";
import { Reference } from "./riscv/reference.js";

const seeds = fc.integer({ min: 1, max: 2 ** 31 });

interface Setup {
  code: Uint8Array;
  registers: number[];
  costs: number[];
  marks: number;
  /** Take every other frame first, so that no two pages lie in a row. */
  scattered: boolean;
}

const TIME = 0xffff_ff00n;

function ranges({ code, marks }: Setup): Range[] {
  const pages = Math.ceil(code.length / 4096);
  return [
    { from: CODE, pages, marks, bytes: code },
    { from: DATA, pages: 2, marks: R | W },
    { from: DATA + 0x3000, pages: 1, marks: R },
  ];
}

function build(setup: Setup): Cpu {
  const host = new Host(128);
  for (const [kind, cost] of setup.costs.entries()) host.kernel.costSet(kind, cost);
  host.view.setBigUint64(blocks.PROCESSORS + blocks.PROCESSOR_TIME, TIME, true);
  const image = host.kernel.imageCreate(CODE, setup.code.length);
  if (setup.scattered) {
    const taken = Array.from({ length: host.kernel.framesFree() }, () =>
      host.kernel.allocateRun(1),
    );
    for (const frame of taken.filter((_, index) => index % 2)) host.kernel.freeRun(frame, 1);
  }
  const cpu = new Cpu(host, image, ranges(setup));
  if (setup.scattered) {
    const word = (page: number) => cpu.word(rv.MACHINE_TABLE + 4 * page) & ~0xfff;
    expect(word((DATA >>> 12) + 1)).not.toBe(word(DATA >>> 12) + 4096);
  }
  for (const [index, value] of setup.registers.entries()) cpu.set(index, value);
  cpu.pc = CODE;
  return cpu;
}

function refer(setup: Setup): Reference {
  const reference = new Reference(ranges(setup));
  reference.costs = setup.costs;
  reference.x = setup.registers.map((value) => value >>> 0);
  reference.time = TIME;
  reference.pc = CODE;
  return reference;
}

const state = (cpu: Cpu) => ({
  registers: cpu.registers,
  pc: cpu.pc,
  cycles: cpu.cycles,
  retired: cpu.retired,
  memory: [...cpu.read(DATA, 8192), ...cpu.read(CODE, 4096)],
});
const expectedState = (reference: Reference) => ({
  registers: reference.x,
  pc: reference.pc,
  cycles: reference.cycles,
  retired: reference.retired,
  memory: [DATA, DATA + 4096, CODE].flatMap((at) => [...reference.pages.get(at >>> 12)!.bytes]),
});

/**
 * Runs `total` cycles in slices of what `slice` says; ecalls and traps are passed over, as a host
 * does that skips the instruction.
 */
function drive(
  cpu: { run(budget: number): number; pc: number; used: number; trap: { code: number } },
  total: number,
  slice: () => number,
  advance: (used: number) => void = () => {},
): string[] {
  const stops: string[] = [];
  let left = total;
  while (left > 0) {
    const budget = Math.min(left, slice());
    const stop = cpu.run(budget);
    expect(cpu.used).toBeLessThanOrEqual(budget);
    left -= cpu.used;
    advance(cpu.used);
    if (stop === rv.STOP_BUDGET) {
      // What is left cannot hold the next instruction, whatever the slices are.
      if (budget === left + cpu.used) break;
      continue;
    }
    stops.push(`${stop} ${cpu.trap.code.toString(16)} ${cpu.pc.toString(16)}`);
    if (stop === rv.STOP_TRAP) cpu.pc = cpu.pc < CODE || cpu.pc >= DATA ? CODE : cpu.pc + 2;
    if (stops.length > 50) break;
  }
  return stops;
}

function compare(setup: Setup, total: number, sizes: number[]): void {
  const reference = refer(setup);
  const expectedStops = drive(
    reference,
    total,
    () => total,
    (used) => {
      reference.time += BigInt(used);
    },
  );
  const expected = expectedState(reference);
  const dearest = Math.max(...setup.costs);
  for (const list of [[total], sizes.map((size) => size + dearest - 1), [dearest]]) {
    const cpu = build(setup);
    let turn = 0;
    const stops = drive(
      cpu,
      total,
      () => list[turn++ % list.length]!,
      (used) => {
        const { view } = cpu.host;
        const at = blocks.PROCESSORS + blocks.PROCESSOR_TIME;
        view.setBigUint64(at, view.getBigUint64(at, true) + BigInt(used), true);
      },
    );
    expect(stops).toEqual(expectedStops);
    expect(state(cpu)).toEqual(expected);
  }
}

const setups = (wild: boolean, marks: number) =>
  fc
    .record({
      seed: seeds,
      scattered: fc.boolean(),
      costs: fc.oneof(
        fc.constant<number[]>(new Array(rv.CLASS_COUNT).fill(1)),
        fc.array(fc.integer({ min: 1, max: 9 }), {
          minLength: rv.CLASS_COUNT,
          maxLength: rv.CLASS_COUNT,
        }),
        fc.array(fc.constantFrom(1, 255), {
          minLength: rv.CLASS_COUNT,
          maxLength: rv.CLASS_COUNT,
        }),
      ),
      sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 150 })), {
        minLength: 1,
        maxLength: 12,
      }),
      total: fc.integer({ min: 1, max: 3000 }),
    })
    .map(({ seed, sizes, total, ...rest }) => {
      const random = new Random(seed);
      const code = wild ? wildProgram(random, 150, CODE) : calmProgram(random, 300);
      const registers = Array.from({ length: 32 }, (_, index) => {
        if (index === 0) return 0;
        if (index === POINTER || random.below(3) === 0) return DATA + 2048 + 4 * random.below(500);
        return random.below(4) ? random.word() : CODE + random.below(1024);
      });
      return { setup: { code: assemble(code), registers, marks, ...rest }, sizes, total };
    });

describe("any split of a budget ends in the same state", () => {
  const check = (wild: boolean, marks: number, numRuns: number) =>
    fc.assert(
      fc.property(setups(wild, marks), ({ setup, sizes, total }) => compare(setup, total, sizes)),
      { numRuns },
    );
  test("straight programs", () => check(false, R | X, 150));
  test("programs with loops, wild jumps, traps and garbage", () => check(true, R | X, 300));
  test("programs that may store to their own code", () => check(true, R | W | X, 300));
});

test("a budget smaller than the next instruction's cost uses nothing and says what it wants", () => {
  const setup: Setup = {
    code: assemble([0x00000013, 0x02208133]),
    registers: new Array(32).fill(0),
    costs: new Array(rv.CLASS_COUNT).fill(1),
    marks: R | X,
    scattered: false,
  };
  setup.costs[rv.CLASS_MUL] = 7;
  const cpu = build(setup);
  expect([cpu.run(7), cpu.used, cpu.wanted, cpu.pc]).toEqual([rv.STOP_BUDGET, 1, 7, CODE + 4]);
  expect([cpu.run(6), cpu.used, cpu.wanted, cpu.pc]).toEqual([rv.STOP_BUDGET, 0, 7, CODE + 4]);
  expect([cpu.run(0), cpu.used, cpu.wanted]).toEqual([rv.STOP_BUDGET, 0, 7]);
  expect([cpu.run(7), cpu.used, cpu.wanted]).toEqual([rv.STOP_BUDGET, 7, 1]);
  expect([cpu.cycles, cpu.retired]).toEqual([8n, 2n]);
});

test("costs are 1 to 255", () => {
  const { kernel } = new Host();
  expect(kernel.costSet(rv.CLASS_ALU, 255)).toBe(codes.OK);
  expect(kernel.costSet(rv.CLASS_ALU, 0)).toBe(codes.STATUS_RANGE);
  expect(kernel.costSet(rv.CLASS_ALU, 256)).toBe(codes.STATUS_RANGE);
  expect(kernel.costSet(rv.CLASS_COUNT, 1)).toBe(codes.STATUS_RANGE);
});
