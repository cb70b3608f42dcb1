// Millions of instructions a second of the target CPU, for each ELF file named on the command line,
// with cycles counted and, for contrast, by a kernel compiled without counting.
//
//   node dist/bench/guests.js [--rounds N] [--slice N] [--scattered] FILE…
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import * as layout from "../assembly/layout.js";

interface Kernel {
  frameInit(): void;
  allocateRun(count: number): number;
  freeRun(address: number, count: number): void;
  imageCreate(codeBase: number, codeSize: number): number;
  imageFree(image: number): number;
  machineCreate(image: number, pages: number): number;
  machineFree(machine: number): void;
  machineMap(machine: number, first: number, count: number, marks: number): number;
  machineProtect(machine: number, first: number, count: number, marks: number): number;
  machineTranslate(machine: number, address: number, marks: number): number;
  run(machine: number, budget: number): number;
}

const FRAMES = 2048;
const STACK_PAGES = 16;
const EXIT = 93;
const READ_WRITE = layout.MARK_READ | layout.MARK_WRITE;

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    slice: { type: "string", default: "100000" },
    scattered: { type: "boolean", default: false },
  },
});
const slice = Number(options.slice);

function instantiate(path: string) {
  const pages = (layout.REGIONS + FRAMES * layout.PAGE_SIZE) / layout.WASM_PAGE_SIZE;
  const memory = new WebAssembly.Memory({ initial: pages });
  const module = new WebAssembly.Module(readFileSync(path));
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
  const view = new DataView(memory.buffer);
  view.setUint32(layout.CONTROL + layout.CONTROL_FRAMES, FRAMES, true);
  view.setUint32(layout.CONTROL + layout.CONTROL_FRAME_BASE, layout.REGIONS, true);
  kernel.frameInit();
  return { kernel, view, bytes: new Uint8Array(memory.buffer) };
}
type Host = ReturnType<typeof instantiate>;

function load({ kernel, view, bytes }: Host, file: Uint8Array) {
  const elf = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const segments = [];
  for (let index = 0; index < elf.getUint16(44, true); index++) {
    const at = elf.getUint32(28, true) + index * elf.getUint16(42, true);
    const word = (offset: number) => elf.getUint32(at + offset, true);
    if (word(0) !== 1 || word(20) === 0) continue;
    const flags = word(24);
    const marks =
      (flags & 4 ? layout.MARK_READ : 0) |
      (flags & 2 ? layout.MARK_WRITE : 0) |
      (flags & 1 ? layout.MARK_EXEC : 0);
    segments.push({ from: word(8), size: word(20), offset: word(4), length: word(16), marks });
  }
  const first = Math.min(...segments.map(({ from }) => from >>> 12));
  const end = Math.max(...segments.map(({ from, size }) => (from + size + 4095) >>> 12));
  const code = segments.find(({ marks }) => marks & layout.MARK_EXEC)!;
  const image = kernel.imageCreate(code.from, code.size);
  const machine = kernel.machineCreate(image, end + STACK_PAGES);
  const pages = end + STACK_PAGES - first;
  const taken: number[] = [];
  if (options.scattered) {
    // Every other frame is taken, so that no two pages lie in a row.
    for (let frame = kernel.allocateRun(1); frame; frame = kernel.allocateRun(1)) taken.push(frame);
    for (const frame of taken.filter((_, index) => index % 2)) kernel.freeRun(frame, 1);
  }
  kernel.machineMap(machine, first, pages, READ_WRITE);
  for (const frame of taken.filter((_, index) => index % 2 === 0)) kernel.freeRun(frame, 1);
  for (const { from, size, offset, length, marks } of segments) {
    for (let index = 0; index < length; index++) {
      bytes[kernel.machineTranslate(machine, from + index, 0)] = file[offset + index]!;
    }
    const page = from >>> 12;
    kernel.machineProtect(machine, page, ((from + size + 4095) >>> 12) - page, marks);
  }
  view.setUint32(machine + layout.MACHINE_PC, elf.getUint32(24, true), true);
  view.setUint32(machine + 4 * 2, (end + STACK_PAGES) * layout.PAGE_SIZE - 16, true);
  return { image, machine };
}

/** Runs a program to its end. */
function complete(host: Host, file: Uint8Array) {
  const { kernel, view } = host;
  const { image, machine } = load(host, file);
  const start = performance.now();
  for (;;) {
    const stop = kernel.run(machine, slice);
    if (stop === layout.STOP_TRAP) {
      const code = view.getUint32(machine + layout.MACHINE_TRAP_CODE, true);
      const pc = view.getUint32(machine + layout.MACHINE_PC, true);
      throw new Error(`trap ${code.toString(16)} at ${pc.toString(16)}`);
    }
    if (stop === layout.STOP_ECALL && view.getUint32(machine + 17 * 4, true) === EXIT) break;
  }
  const seconds = (performance.now() - start) / 1000;
  const instructions = Number(view.getBigUint64(machine + layout.MACHINE_RETIRED, true));
  const result = view.getUint32(machine + 10 * 4, true);
  kernel.machineFree(machine);
  kernel.imageFree(image);
  return { seconds, instructions, result };
}

const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1]!;

console.log("program          instructions    result      MIPS  uncounted  counting costs");
const ratios: number[] = [];
const speeds: number[] = [];
for (const path of files) {
  const file = readFileSync(path);
  const hosts = ["build/kernel.wasm", "build/kernel.uncounted.wasm"].map(instantiate);
  const seconds: number[][] = [[], []];
  let first: ReturnType<typeof complete> | undefined;
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const [index, host] of hosts.entries()) {
      const outcome = complete(host, file);
      // The first round only warms up: V8 replaces code between calls.
      if (round > 0) seconds[index]!.push(outcome.seconds);
      first ??= outcome;
    }
  }
  const [counted, uncounted] = seconds.map(median) as [number, number];
  const { instructions, result } = first!;
  const mips = (time: number) => (instructions / time / 1e6).toFixed(0);
  ratios.push(counted / uncounted);
  speeds.push(instructions / counted / 1e6);
  console.log(
    basename(path).padEnd(16),
    String(instructions).padStart(12),
    result.toString(16).padStart(9),
    mips(counted).padStart(9),
    mips(uncounted).padStart(10),
    `${((counted / uncounted - 1) * 100).toFixed(1)} %`.padStart(15),
  );
}
const mean = (list: number[]) =>
  Math.exp(list.reduce((sum, x) => sum + Math.log(x), 0) / list.length);
console.log(
  `geometric mean ${mean(speeds).toFixed(0)} MIPS, counting ${((mean(ratios) - 1) * 100).toFixed(1)} %`,
);
