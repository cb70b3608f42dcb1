// Whatever a program does, it stays within its own frames, and says why it stopped.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as codes from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import * as rv from "../assembly/riscv/layout.js";
import {
  assemble,
  ECALL,
  immediateOps,
  jal,
  jalr,
  li,
  loadOps,
  storeOps,
} from "./riscv/assembler.js";
import { CODE, Cpu, DATA, Host, program, R, W, X } from "./riscv/host.js";
import { Random, wildProgram } from "./riscv/random.js";

const T0 = 5;
const nop = 0x13;
const { FETCH, ILLEGAL, LOAD, STORE } = {
  FETCH: codes.TRAP_FETCH_FAULT,
  ILLEGAL: codes.TRAP_ILLEGAL,
  LOAD: codes.TRAP_LOAD_FAULT,
  STORE: codes.TRAP_STORE_FAULT,
};

/** Jumps to `target` with a JALR and returns what it traps with. */
function jump(target: number, code: number[] = []) {
  const cpu = program(new Host(), assemble([jalr(0, T0, 0), ...code]));
  cpu.set(T0, target);
  expect(cpu.run(100)).toBe(rv.STOP_TRAP);
  return { ...cpu.trap, pc: cpu.pc, retired: Number(cpu.retired) };
}

describe("jumps", () => {
  test.each([
    ["into data", DATA],
    ["to page 0", 0],
    ["just before the code", CODE - 2],
    ["just behind the code", CODE + 4096],
    ["to the last halfword there is", 0xfffffffe],
    ["to the middle of the address space", 0x80000000],
  ])("%s", (_, address) => {
    expect(jump(address)).toEqual({ code: FETCH, address, pc: address, retired: 1 });
  });

  test("to an odd address lose its lowest bit", () => {
    expect(jump(CODE + 9).pc).toBe(CODE + 8);
  });

  test("into the middle of an instruction execute what is there", () => {
    // The upper half of this word is a c.ebreak.
    const trap = jump(CODE + 6, [0x90020013]);
    expect(trap).toMatchObject({ code: codes.TRAP_BREAKPOINT, pc: CODE + 6 });
  });

  test("an odd pc set by the host is a misaligned fetch", () => {
    const cpu = program(new Host(), assemble([nop]));
    cpu.pc = CODE + 1;
    expect([cpu.run(0), cpu.wanted]).toEqual([rv.STOP_BUDGET, 1]);
    expect(cpu.run(10)).toBe(rv.STOP_TRAP);
    expect(cpu.trap).toEqual({ code: codes.TRAP_FETCH_MISALIGNED, address: CODE + 1 });
  });
});

describe("the end of the code", () => {
  const page = (tail: number[]) => {
    const bytes = assemble(tail);
    const code = new Uint8Array(4096).map((_, index) => (index & 1 ? 0 : 1));
    code.set(bytes.subarray(0, Math.min(bytes.length, 4096)), 4096 - Math.min(bytes.length, 4096));
    return code;
  };
  test("running off it", () => {
    const cpu = program(new Host(), page([]));
    expect(cpu.run(10_000)).toBe(rv.STOP_TRAP);
    expect({ ...cpu.trap, pc: cpu.pc }).toEqual({
      code: FETCH,
      address: CODE + 4096,
      pc: CODE + 4096,
    });
    expect(cpu.retired).toBe(2048n);
  });
  test("an instruction half behind it", () => {
    const code = page([]);
    code.set([0x13, 0x00], 4094);
    const cpu = program(new Host(), code);
    expect(cpu.run(10_000)).toBe(rv.STOP_TRAP);
    expect({ ...cpu.trap, pc: cpu.pc }).toEqual({
      code: FETCH,
      address: CODE + 4096,
      pc: CODE + 4094,
    });
    expect(cpu.retired).toBe(2047n);
  });
  test("a hole of data between two pages of code", () => {
    const host = new Host();
    const image = host.kernel.imageCreate(CODE, 3 * 4096);
    const cpu = new Cpu(host, image, [
      { from: CODE, pages: 1, marks: R | X, bytes: page([]) },
      { from: CODE + 4096, pages: 1, marks: R | W, bytes: page([]) },
      { from: CODE + 8192, pages: 1, marks: R | X, bytes: assemble([jal(0, -4096)]) },
    ]);
    for (const pc of [CODE, CODE + 8192]) {
      cpu.pc = pc;
      expect(cpu.run(10_000)).toBe(rv.STOP_TRAP);
      expect({ ...cpu.trap, pc: cpu.pc }).toEqual({
        code: FETCH,
        address: CODE + 4096,
        pc: CODE + 4096,
      });
    }
  });
});

test.each([
  ["the all-zero halfword", 0],
  ["wfi", 0x10500073],
  ["mret", 0x30200073],
  ["sfence.vma", 0x12000073],
  ["flw", 0x00002007],
  ["fadd.s", 0x00000053],
  ["c.fld", 0x2000],
  ["48-bit encodings", 0x0000001f],
  ["all ones", 0xffffffff],
])("illegal: %s", (_, word) => {
  const cpu = program(new Host(), assemble([nop, word]));
  expect(cpu.run(10)).toBe(rv.STOP_TRAP);
  expect(cpu.trap).toEqual({ code: ILLEGAL, address: CODE + 4 });
  expect([cpu.pc, cpu.retired]).toEqual([CODE + 4, 1n]);
});

test("an access that traps changes nothing and costs nothing", () => {
  const store = storeOps.sw!(T0, T0, 0);
  const cpu = program(new Host(), assemble([nop, store, loadOps.lw!(T0, T0, 0), ECALL]));
  cpu.set(T0, DATA + 4 * 4096 - 2);
  expect(cpu.run(10)).toBe(rv.STOP_TRAP);
  expect(cpu.trap).toEqual({ code: STORE, address: DATA + 4 * 4096 });
  expect([cpu.used, cpu.retired, cpu.pc]).toEqual([1, 1n, CODE + 4]);
  expect(cpu.read(DATA + 4 * 4096 - 2, 2)).toEqual(new Uint8Array(2));
  expect(cpu.run(10)).toBe(rv.STOP_TRAP);
  expect(cpu.used).toBe(0);
  cpu.pc = CODE + 8;
  expect(cpu.run(10)).toBe(rv.STOP_TRAP);
  expect(cpu.trap.code).toBe(LOAD);
});

test("nothing outside of a machine's own frames ever changes, whatever it runs", () => {
  const property = fc.property(fc.integer(), fc.boolean(), (seed, writable) => {
    const host = new Host(128);
    const random = new Random(seed);
    const victim = program(host, assemble([...li(10, 7), ECALL]));
    const code = assemble(wildProgram(random, 200, CODE));
    const marks = writable ? R | W | X : R | X;
    const cpu = program(host, code, { marks });
    for (let register = 1; register < 32; register++) {
      // Host addresses among them: a guest address must never be taken for one.
      const wild = random.pick([random.word(), DATA + random.below(16384), victim.address]);
      cpu.set(register, random.below(2) ? wild : random.below(host.bytes.length));
    }
    const image = victim.word(rv.MACHINE_IMAGE);
    const span = (at: number, pages: number) => [...host.bytes.subarray(at, at + 4096 * pages)];
    const frame = host.kernel.machineTranslate(victim.address, DATA, 0);
    const snapshot = () => [
      span(victim.address, 1),
      span(frame, 4),
      span(image, 1),
      span(layout.CONTROL, 1),
    ];
    const before = snapshot();
    for (let lap = 0; lap < 20; lap++) {
      const stop = cpu.run(200);
      expect(cpu.used).toBeLessThanOrEqual(200);
      if (stop === rv.STOP_TRAP) cpu.pc = CODE + 2 * random.below(code.length / 2);
    }
    const after = snapshot();
    // The counts of frames may change.
    const counts = layout.CONTROL_FRAMES_USED;
    for (const list of [before[3]!, after[3]!]) list.fill(0, counts, counts + 8);
    expect(after).toEqual(before);
    expect(victim.run(10)).toBe(rv.STOP_ECALL);
    expect(victim.registers[10]).toBe(7);
    cpu.free();
    victim.free();
  });
  fc.assert(property, { numRuns: 150 });
});

test("machines of impossible sizes are refused", () => {
  const { kernel } = new Host();
  const image = kernel.imageCreate(CODE, 4096);
  expect(kernel.imageCreate(CODE, 0)).toBe(0);
  expect(kernel.imageCreate(0xfffff000, 4096)).toBe(0);
  expect(kernel.imageCreate(CODE, 0x7fffffff)).toBe(0);
  expect(kernel.machineCreate(image, 0)).toBe(0);
  expect(kernel.machineCreate(0, 16)).toBe(0);
  expect(kernel.machineCreate(image, rv.MAX_PAGES + 1)).toBe(0);
  expect(kernel.machineCreate(image, rv.MAX_PAGES)).toBe(0);
  const machine = kernel.machineCreate(image, 16);
  const map = (first: number, count: number, marks = R) =>
    kernel.machineMap(machine, first, count, marks);
  expect([map(0, 1), map(1, 0), map(15, 2), map(16, 1), map(1, 1, rv.MARK_CODE)]).toEqual(
    new Array(5).fill(codes.STATUS_RANGE),
  );
  expect(map(1, 2)).toBe(codes.OK);
  expect(map(2, 1)).toBe(codes.STATUS_RANGE);
  expect(kernel.machineProtect(machine, 2, 2, R)).toBe(codes.STATUS_RANGE);
  expect(kernel.machineUnmap(machine, 1, 2)).toBe(codes.OK);
  expect(map(1, 15)).toBe(codes.OK);
  expect(kernel.machineTranslate(machine, 0, 0)).toBe(0);
  expect(kernel.machineTranslate(machine, 16 * 4096, 0)).toBe(0);
  expect(kernel.machineTranslate(machine, 4096, W)).toBe(0);
});

test("stack overflow into an unmapped page is a store fault", () => {
  const push = [immediateOps.addi!(2, 2, -16), storeOps.sw!(2, 2, 0), jal(0, -8)];
  const cpu = program(new Host(), assemble(push));
  cpu.set(2, DATA + 4096);
  expect(cpu.run(100_000)).toBe(rv.STOP_TRAP);
  expect(cpu.trap).toEqual({ code: STORE, address: DATA - 16 });
});
