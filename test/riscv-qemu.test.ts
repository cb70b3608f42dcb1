// Random programs, against Debian's qemu-riscv32: registers, memory and the count of instructions.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import * as rv from "../assembly/riscv/layout.js";
import { assemble, ECALL, li, lui, storeOps } from "./riscv/assembler.js";
import { writeElf } from "./riscv/elf.js";
import { DATA, Host, program } from "./riscv/host.js";
import { calmProgram, POINTER, Random } from "./riscv/random.js";

const QEMU = "qemu-riscv32";
const found = spawnSync(QEMU, ["--version"]).status === 0;
if (!found) console.warn(`SKIPPED: the differential test needs ${QEMU} (Debian: qemu-user)`);

const DUMP = DATA + 0x1000;
const DUMP_BYTES = 0x1000 + 128;
const WRITE = 64;
const EXIT = 93;

/** Sets registers, runs the steps, writes the data and the registers to the standard output. */
function wrap(seed: number): Uint8Array {
  const random = new Random(seed);
  const set = Array.from({ length: 31 }, (_, index) =>
    li(index + 1, index + 1 === POINTER ? DATA + 2048 : random.word()),
  );
  const save = Array.from({ length: 31 }, (_, index) =>
    index + 1 === POINTER ? [] : [storeOps.sw!(POINTER, index + 1, 4 * (index + 1))],
  );
  const output = [...li(10, 1), ...li(11, DATA), ...li(12, DUMP_BYTES), ...li(17, WRITE), ECALL];
  const end = [...li(10, 0), ...li(17, EXIT), ECALL];
  const steps = calmProgram(random, 400);
  return assemble([...set.flat(), ...steps, lui(POINTER, DUMP), ...save.flat(), ...output, ...end]);
}

/** What the program writes here, and how many instructions it took. */
function here(code: Uint8Array, slice: number): { output: Uint8Array; retired: number } {
  const cpu = program(new Host(), code);
  let output: Uint8Array = new Uint8Array();
  for (;;) {
    const stop = cpu.run(slice);
    if (stop === rv.STOP_TRAP) throw new Error(`trap ${cpu.trap.code} at ${cpu.pc}`);
    if (stop !== rv.STOP_ECALL) continue;
    if (cpu.registers[17] === EXIT) break;
    output = cpu.read(cpu.registers[11]!, cpu.registers[12]!);
  }
  expect(cpu.cycles).toBe(cpu.retired);
  return { output, retired: Number(cpu.retired) };
}

// An oracle that is no package of npm: CI installs it; elsewhere this says that it is skipped.
describe.skipIf(!found)("qemu-riscv32 agrees", () => {
  const folder = mkdtempSync(join(tmpdir(), "primemeter-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  function there(code: Uint8Array, flags: string[] = []): Uint8Array {
    const path = join(folder, "program");
    writeFileSync(path, writeElf(code, 3), { mode: 0o755 });
    return new Uint8Array(execFileSync(QEMU, [...flags, path]));
  }

  test("on registers and memory", () => {
    for (let seed = 1; seed <= 120; seed++) {
      const code = wrap(seed);
      const expected = there(code);
      for (const slice of [1_000_000, 7]) {
        const { output } = here(code, slice);
        expect(output.length, `seed ${seed}`).toBe(DUMP_BYTES);
        expect(output, `seed ${seed}`).toEqual(expected);
      }
    }
  });

  test("on the count of instructions", () => {
    const log = join(folder, "log");
    for (let seed = 1001; seed <= 1012; seed++) {
      const code = wrap(seed);
      there(code, ["-singlestep", "-d", "exec,nochain", "-D", log]);
      const traces = readFileSync(log, "utf8").match(/^Trace /gm)!.length;
      expect(here(code, 1_000_000).retired, `seed ${seed}`).toBe(traces);
    }
  });
});
