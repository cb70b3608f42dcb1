// The kernel's target CPU without the rest of the kernel.
import { readFileSync } from "node:fs";
import * as codes from "../../assembly/codes.js";
import * as layout from "../../assembly/layout.js";
import * as blocks from "../../assembly/processor-layout.js";
import * as rv from "../../assembly/riscv/layout.js";

export interface Exports {
  frameInit(): void;
  framesFree(): number;
  allocateRun(count: number): number;
  freeRun(address: number, count: number): void;
  costSet(kind: number, cycles: number): number;
  imageCreate(codeBase: number, codeSize: number): number;
  imageFree(image: number): number;
  machineCreate(image: number, pages: number): number;
  machineFree(machine: number): void;
  machineMap(machine: number, first: number, count: number, marks: number): number;
  machineUnmap(machine: number, first: number, count: number): number;
  machineProtect(machine: number, first: number, count: number, marks: number): number;
  machineTranslate(machine: number, address: number, marks: number): number;
  run(machine: number, budget: number): number;
}

export const R = rv.MARK_READ;
export const W = rv.MARK_WRITE;
export const X = rv.MARK_EXEC;

/** Exports of the shared build, too. */
export interface SharedExports extends Exports {
  become(participant: number): void;
  frameRecover(participant: number): void;
  machineRecover(machine: number, participant: number): void;
}

const modules = new Map<string, WebAssembly.Module>();
export function compile(build: string): WebAssembly.Module {
  const known = modules.get(build);
  if (known) return known;
  const module = new WebAssembly.Module(readFileSync(`build/${build}.wasm`));
  modules.set(build, module);
  return module;
}

/** As many as tests of the shared build want; their blocks lie below the frames. */
const PARTICIPANTS = 4;

export class Host {
  readonly kernel: Exports;
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(
    readonly frames = 256,
    build = "kernel",
  ) {
    const shared = build.includes("shared");
    const base = shared ? blocks.PROCESSORS + PARTICIPANTS * blocks.PROCESSOR_SIZE : layout.REGIONS;
    const pages = Math.ceil((base + frames * layout.PAGE_SIZE) / layout.WASM_PAGE_SIZE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    const instance = new WebAssembly.Instance(compile(build), { env: { memory } });
    this.kernel = instance.exports as unknown as Exports;
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    for (let index = 0; shared && index < PARTICIPANTS; index++) {
      const block = blocks.PROCESSORS + index * blocks.PROCESSOR_SIZE;
      this.view.setUint32(block + blocks.PROCESSOR_INDEX, index, true);
    }
    this.setControl(layout.CONTROL_FRAMES, frames);
    this.setControl(layout.CONTROL_FRAME_BASE, base);
    this.kernel.frameInit();
  }

  control(offset: number): number {
    return this.view.getUint32(layout.CONTROL + offset, true);
  }

  setControl(offset: number, value: number): void {
    this.view.setUint32(layout.CONTROL + offset, value, true);
  }
}

export interface Range {
  /** A multiple of 4096. */
  from: number;
  pages: number;
  marks: number;
  bytes?: Uint8Array;
}

/** A machine with its memory. */
export class Cpu {
  readonly address: number;

  constructor(
    readonly host: Host,
    readonly image: number,
    ranges: Range[],
    pages = 256,
  ) {
    this.address = host.kernel.machineCreate(image, pages);
    if (this.address === 0) throw new Error("machineCreate: no frames");
    for (const { from, pages, marks, bytes } of ranges) {
      const status = host.kernel.machineMap(this.address, from >>> 12, pages, marks);
      if (status !== codes.OK) throw new Error(`machineMap: ${status}`);
      if (bytes) this.write(from, bytes);
    }
  }

  word(offset: number): number {
    return this.host.view.getUint32(this.address + offset, true);
  }

  get pc(): number {
    return this.word(rv.MACHINE_PC);
  }
  set pc(value: number) {
    this.host.view.setUint32(this.address + rv.MACHINE_PC, value, true);
  }
  get registers(): number[] {
    return Array.from({ length: 32 }, (_, index) => this.word(4 * index));
  }
  set(register: number, value: number): void {
    if (register !== 0) this.host.view.setUint32(this.address + 4 * register, value >>> 0, true);
  }
  get used(): number {
    return this.word(rv.MACHINE_USED);
  }
  get wanted(): number {
    return this.word(rv.MACHINE_WANTED);
  }
  get cycles(): bigint {
    return this.host.view.getBigUint64(this.address + rv.MACHINE_CYCLES, true);
  }
  get retired(): bigint {
    return this.host.view.getBigUint64(this.address + rv.MACHINE_RETIRED, true);
  }
  get trap(): { code: number; address: number } {
    return {
      code: this.word(rv.MACHINE_TRAP_CODE),
      address: this.word(rv.MACHINE_TRAP_ADDRESS),
    };
  }

  run(budget: number): number {
    return this.host.kernel.run(this.address, budget);
  }

  /** As a loader does: whatever the page's marks are. */
  write(guest: number, data: Uint8Array): void {
    for (let index = 0; index < data.length; index++) {
      const at = this.host.kernel.machineTranslate(this.address, guest + index, 0);
      if (at === 0) throw new Error(`nothing is mapped at ${guest + index}`);
      this.host.bytes[at] = data[index]!;
    }
  }

  read(guest: number, length: number): Uint8Array {
    return Uint8Array.from({ length }, (_, index) => {
      const at = this.host.kernel.machineTranslate(this.address, guest + index, 0);
      return at === 0 ? 0 : this.host.bytes[at]!;
    });
  }

  free(): void {
    this.host.kernel.machineFree(this.address);
  }
}

export const CODE = 0x10000;
export const DATA = 0x20000;

/** One page or more of code at CODE, `dataPages` of data at DATA. */
export function program(
  host: Host,
  code: Uint8Array,
  { marks = R | X, dataPages = 4, image = 0 } = {},
): Cpu {
  const pages = Math.max(1, Math.ceil(code.length / 4096));
  const own = image || host.kernel.imageCreate(CODE, pages * 4096);
  const cpu = new Cpu(host, own, [
    { from: CODE, pages, marks, bytes: code },
    { from: DATA, pages: dataPages, marks: R | W },
  ]);
  cpu.pc = CODE;
  return cpu;
}
