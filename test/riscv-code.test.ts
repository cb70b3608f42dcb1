// Decoded code: shared between machines, changed by stores, and kept within few frames.
import { describe, expect, test } from "vitest";
import * as codes from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import * as rv from "../assembly/riscv/layout.js";
import {
  assemble,
  branchOps,
  ECALL,
  FENCE_I,
  immediateOps,
  jal,
  jalr,
  li,
  loadOps,
  lui,
  registerOps,
  storeOps,
} from "./riscv/assembler.js";
import { CODE, type Cpu, Host, program, R, W, X } from "./riscv/host.js";

const { addi } = immediateOps as { addi: (rd: number, rs1: number, imm: number) => number };
const { sw, sh, sb } = storeOps as Record<"sw" | "sh" | "sb", typeof addi>;
const A0 = 10;
const T0 = 5;
const T1 = 6;

const FUNCTION = 0x800;
/** The function lies at CODE + 0x800, in the same page. */
function layOut(main: number[], fn: number[]): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set(assemble(main));
  bytes.set(assemble(fn), FUNCTION);
  return bytes;
}
const RETURN = jalr(0, 1, 0);

describe("stores to code", () => {
  const address = lui(T0, CODE);
  const callAt = (index: number) => jal(1, FUNCTION - 4 * index);
  const cases: [string, number[], number][] = [
    ["a whole instruction", [...li(T1, addi(A0, 0, 2)), sw(T0, T1, 0)], 2],
    ["its second half only", [...li(T1, 0x0030), sh(T0, T1, 2)], 3],
    ["its last byte only", [...li(T1, 0x01), sb(T0, T1, 3)], 0x11],
  ];
  test.each(cases)("take effect at once: %s", (_, store, expected) => {
    const high = addi(T0, T0, 2047);
    const set = [address, high, addi(T0, T0, 1), ...store];
    const main = [callAt(0), addi(8, A0, 0), ...set];
    main.push(callAt(main.length), ECALL);
    const code = layOut(main, [addi(A0, 0, 1), RETURN]);
    const cpu = program(new Host(), code, { marks: R | W | X });
    expect(cpu.run(1000)).toBe(rv.STOP_ECALL);
    expect([cpu.registers[8], cpu.registers[A0]]).toEqual([1, expected]);
  });

  test.each([1, 8])("take effect again and again, with %i pages of code", (pages) => {
    // Each lap adds 1 to the immediate of the function's first instruction, and calls it.
    const main = [lui(T0, CODE), addi(T0, T0, 2047), addi(T0, T0, 1), lui(7, 0x100000)];
    main.push(loadOps.lw!(T1, T0, 0), registerOps.add!(T1, T1, 7), sw(T0, T1, 0));
    main.push(callAt(main.length), registerOps.add!(8, 8, A0), addi(9, 9, -1));
    main.push(branchOps.bne!(9, 0, -24), ECALL);
    const code = new Uint8Array(pages * 4096);
    code.set(layOut(main, [addi(A0, 0, 0), RETURN]));
    const cpu = program(new Host(), code, { marks: R | W | X, dataPages: 1 });
    cpu.set(9, 10);
    expect(cpu.run(1000)).toBe(rv.STOP_ECALL);
    expect(cpu.registers[8]).toBe(55);
  });

  test("the very next instruction is already the new one, with and without fence.i", () => {
    for (const fence of [[], [FENCE_I]]) {
      const at = 4 * (4 + fence.length);
      const main = [lui(T0, CODE), ...li(T1, addi(A0, 0, 77)), sw(T0, T1, at), ...fence];
      main.push(addi(A0, 0, 1), ECALL);
      const cpu = program(new Host(), assemble(main), { marks: R | W | X });
      expect(cpu.run(1000)).toBe(rv.STOP_ECALL);
      expect(cpu.registers[A0]).toBe(77);
      expect(cpu.retired).toBe(BigInt(main.length));
    }
  });

  test("trap where the page is not writable, and change nothing", () => {
    const main = [lui(T0, CODE), sw(T0, T0, 0), ECALL];
    const cpu = program(new Host(), assemble(main));
    expect(cpu.run(1000)).toBe(rv.STOP_TRAP);
    expect(cpu.trap).toEqual({ code: codes.TRAP_STORE_FAULT, address: CODE });
    expect(cpu.pc).toBe(CODE + 4);
    expect(cpu.read(CODE, 12)).toEqual(assemble(main));
  });

  test("work without frames for a decode cache", () => {
    const set = [lui(T0, CODE), addi(T0, T0, 2047), addi(T0, T0, 1), ...li(T1, addi(A0, 0, 2))];
    const main = [callAt(0), addi(8, A0, 0), ...set, sw(T0, T1, 0)];
    main.push(callAt(main.length), ECALL);
    const code = layOut(main, [addi(A0, 0, 1), RETURN]);
    const host = new Host();
    const cpu = program(host, code, { marks: R | W | X });
    while (host.kernel.allocateRun(1) !== 0);
    expect(cpu.run(1000)).toBe(rv.STOP_ECALL);
    expect([cpu.registers[8], cpu.registers[A0]]).toEqual([1, 2]);
    expect(cpu.retired).toBe(BigInt(main.length + 4));
    expect(cpu.word(rv.MACHINE_IMAGE)).toBe(0);
  });

  test("by the host, through machineTranslate for writing, take effect as well", () => {
    const host = new Host();
    const main = [addi(A0, 0, 1), ECALL];
    const cpu = program(host, assemble(main), { marks: R | W | X });
    expect(cpu.run(10)).toBe(rv.STOP_ECALL);
    const at = host.kernel.machineTranslate(cpu.address, CODE, W);
    host.view.setUint32(at, addi(A0, 0, 9), true);
    cpu.pc = CODE;
    expect(cpu.run(10)).toBe(rv.STOP_ECALL);
    expect(cpu.registers[A0]).toBe(9);
  });
});

describe("an image", () => {
  const main = [lui(T0, CODE), ...li(T1, addi(A0, 0, 2)), sw(T0, T1, 16), addi(A0, 0, 1), ECALL];
  test("is shared, until one machine changes its code", () => {
    const host = new Host();
    const image = host.kernel.imageCreate(CODE, 4096);
    const [first, second] = [0, 0].map(() =>
      program(host, assemble(main), { marks: R | W | X, image }),
    ) as [Cpu, Cpu];
    expect(first.word(rv.MACHINE_IMAGE)).toBe(second.word(rv.MACHINE_IMAGE));
    expect(first.run(100)).toBe(rv.STOP_ECALL);
    expect(first.registers[A0]).toBe(2);
    expect(second.word(rv.MACHINE_IMAGE)).toBe(image);
    expect(first.word(rv.MACHINE_IMAGE)).not.toBe(image);
    // The other one still has the text it was loaded with.
    second.pc = CODE + 16;
    expect(second.run(100)).toBe(rv.STOP_ECALL);
    expect(second.registers[A0]).toBe(1);
    first.pc = CODE + 16;
    expect(first.run(100)).toBe(rv.STOP_ECALL);
    expect(first.registers[A0]).toBe(2);
  });

  test("costs the second machine no frames but its own", () => {
    const host = new Host();
    const image = host.kernel.imageCreate(CODE, 4096);
    const first = program(host, assemble([addi(A0, 0, 1), ECALL]), { image });
    first.run(10);
    const before = host.control(layout.CONTROL_FRAMES_USED);
    const second = program(host, assemble([addi(A0, 0, 1), ECALL]), { image });
    second.run(10);
    expect(host.control(layout.CONTROL_FRAMES_USED) - before).toBe(1 + 1 + 4);
  });

  test("is not freed while a machine runs it, and gives all frames back", () => {
    const host = new Host();
    const before = host.control(layout.CONTROL_FRAMES_USED);
    const image = host.kernel.imageCreate(CODE, 4096);
    const cpu = program(host, assemble(main), { marks: R | W | X, image });
    const other = program(host, assemble(main), { image });
    cpu.run(100);
    other.run(2);
    cpu.free();
    expect(host.kernel.imageFree(image)).toBe(codes.STATUS_NOT_ALLOWED);
    other.free();
    expect(host.kernel.imageFree(image)).toBe(codes.OK);
    expect(host.control(layout.CONTROL_FRAMES_USED)).toBe(before);
  });

  test("does not grow without bound, whatever is jumped to", () => {
    const host = new Host(256);
    // Every halfword is an instruction; jumping to each makes rows that overlap.
    const code = assemble([...Array.from({ length: 2040 }, () => 0x0001), ECALL]);
    const cpu = program(host, code);
    const before = host.control(layout.CONTROL_FRAMES_USED);
    for (let lap = 0; lap < 3; lap++) {
      for (let pc = CODE + 2 * 2039; pc >= CODE; pc -= 2) {
        cpu.pc = pc;
        cpu.run(1);
      }
    }
    expect(cpu.retired).toBe(3n * 2040n);
    expect(host.control(layout.CONTROL_FRAMES_USED) - before).toBeLessThanOrEqual(16);
  });

  test("emptied for want of room, does not lose where a jump went", () => {
    // Somewhere in this range the jump's row fills the only frame that there is.
    for (let count = 150; count < 300; count++) {
      const host = new Host();
      const code = assemble([...Array.from({ length: count }, () => 0x0001), jal(0, 0x8000)]);
      const cpu = program(host, code);
      while (host.kernel.framesFree() > 1) host.kernel.allocateRun(1);
      expect(cpu.run(1000)).toBe(rv.STOP_TRAP);
      const target = CODE + 2 * count + 0x8000;
      expect([cpu.pc, cpu.retired]).toEqual([target, BigInt(count + 1)]);
      expect(cpu.trap).toEqual({ code: codes.TRAP_FETCH_FAULT, address: target });
    }
  });

  test("works with no frames for rows at all", () => {
    const host = new Host();
    const loop = [addi(A0, A0, 1), addi(T0, T0, -1), branchOps.bne!(T0, 0, -8), ECALL];
    const cpu = program(host, assemble(loop));
    cpu.set(T0, 100);
    const held: number[] = [];
    for (let frame = host.kernel.allocateRun(1); frame; frame = host.kernel.allocateRun(1)) {
      held.push(frame);
    }
    expect(cpu.run(50)).toBe(rv.STOP_BUDGET);
    // With frames there again, it goes on where it was.
    for (const frame of held) host.kernel.freeRun(frame, 1);
    expect(cpu.run(1000)).toBe(rv.STOP_ECALL);
    expect([cpu.registers[A0], cpu.retired]).toEqual([100, 301n]);
  });
});

describe("changes of marks after a machine has run", () => {
  test("take the right to execute away", () => {
    const host = new Host();
    const cpu = program(host, assemble([addi(A0, 0, 1), jal(0, -4)]));
    cpu.run(10);
    expect(host.kernel.machineProtect(cpu.address, CODE >>> 12, 1, R)).toBe(codes.OK);
    expect(cpu.run(10)).toBe(rv.STOP_TRAP);
    expect(cpu.trap.code).toBe(codes.TRAP_FETCH_FAULT);
  });
});
