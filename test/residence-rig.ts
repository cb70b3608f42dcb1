// A kernel of several simulated processors with core residence, and pagers in it: for tests that look at it after
// every turn.

import { OK } from "../assembly/codes.js";
import {
  CONTROL_NODE_BASE,
  CONTROL_RESIDENCE,
  CONTROL_TRACED,
  NODE_RECORD,
  NODE_SIZE,
  PAGE_SIZE,
  PRIME_INDEX,
  PROGRAM_LOCKER,
  PROGRAM_RISCV,
} from "../assembly/layout.js";
import {
  CONTENT_ZERO,
  PAGE_CONTENT,
  PAGE_ENTRY_SIZE,
  PAGE_FRAME,
  RESIDENCE_DRUM,
  RESIDENCE_FAULT_COST,
  RESIDENCE_FRAMES,
  RESIDENCE_LATENCY,
  RESIDENCE_LOCK_COST,
  RESIDENCE_MAP,
  RESIDENCE_PAGES,
  RESIDENCE_RANDOM,
} from "../assembly/residence-layout.js";
import {
  MACHINE_PC,
  MACHINE_REGISTERS,
  MARK_COPY,
  MARK_EXEC,
  MARK_READ,
  MARK_WRITE,
} from "../assembly/riscv/layout.js";
import { residenceFrames } from "../src/size.js";
import {
  CODE,
  CODE_PAGES,
  FILLER,
  PAGER_TEXT,
  PAGES,
  type Pager,
  registersOf,
  SHARED_AT,
} from "./pager.js";
import { Simulated, type SimulatedOptions } from "./simulated.js";

const HOST = 0;
const at = (address: number) => address / PAGE_SIZE;

export interface RigOptions extends SimulatedOptions {
  readonly core?: number;
  readonly pages?: number;
  readonly latency?: number;
  readonly period?: number;
  /** PHASE_* */
  readonly phase?: number;
  readonly faultCost?: number;
  /** Pages that the pagers' file fills. */
  readonly filled?: number;
}

/** A domain that is a pager. */
export interface Paging {
  readonly domain: number;
  readonly machine: number;
  readonly pager: Pager;
  /** The page object that it has at SHARED_AT, or 0. */
  shared: number;
}

export class Rig {
  readonly simulated: Simulated;
  readonly locker: number;
  readonly lockerMeter: number;
  readonly filled: number;
  readonly #image: number;
  /** Pages of the image, in the order of their addresses: code, then what the file fills. */
  readonly #imagePages: number[] = [];

  constructor(options: RigOptions = {}) {
    const { nodes = 64, frames = 128, core = 16, pages = 128, filled = 2 } = options;
    const own = residenceFrames(nodes, frames, { core, pages });
    this.simulated = new Simulated({ ...options, nodes, frames: frames + own });
    this.filled = filled;
    this.#open(core, pages, options);
    const { exports } = this.simulated;
    this.lockerMeter = this.simulated.meter(PRIME_INDEX, (1n << 64n) - 1n);
    this.locker = this.simulated.make(() =>
      exports.domainCreate(this.lockerMeter, 0, PROGRAM_LOCKER, 0, 0),
    );
    this.simulated.start(this.locker);
    this.#image = exports.imageCreate(CODE, CODE_PAGES * PAGE_SIZE) >>> 0;
    for (let page = 0; page < CODE_PAGES; page++) {
      this.#imagePage(PAGER_TEXT.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE));
    }
    const full = new Uint8Array(new Uint32Array(PAGE_SIZE / 4).fill(FILLER).buffer);
    for (let page = 0; page < filled; page++) this.#imagePage(full);
  }

  #open(core: number, pages: number, options: RigOptions): void {
    const { view } = this.simulated;
    const { latency = 500, period = 5000, phase = 0, faultCost = 0 } = options;
    this.ok((x) => x.residenceOpen(core, pages + 1));
    const words: readonly (readonly [offset: number, value: number])[] = [
      [RESIDENCE_LATENCY, latency],
      [RESIDENCE_LOCK_COST, 50],
      [RESIDENCE_FAULT_COST, faultCost],
      [RESIDENCE_RANDOM, 1],
    ];
    for (const [offset, value] of words) view.setU32(this.block + offset, value);
    this.ok((x) => x.residencePeriod(period, phase, 0));
    view.setControl(CONTROL_TRACED, 1);
  }

  #imagePage(bytes: Uint8Array): void {
    const { view } = this.simulated;
    this.simulated.make((x) => {
      const page = x.corePageCreate();
      view.bytes(x.corePageBytes(page) >>> 0, PAGE_SIZE).set(bytes);
      return this.#imagePages.push(page);
    });
  }

  /** A call of the host that must be done. */
  ok(call: Parameters<Simulated["host"]>[0], watch?: () => void): void {
    const status = this.simulated.host(call, watch);
    if (status !== OK) throw new Error(`status ${status}`);
  }

  /** Where core residence is. */
  get block(): number {
    return this.simulated.view.control(CONTROL_RESIDENCE);
  }

  u32(offset: number): number {
    return this.simulated.view.u32(this.block + offset);
  }

  u64(offset: number): bigint {
    return this.simulated.view.u64(this.block + offset);
  }

  /** The address of a page's entry in the core map. */
  entry(page: number): number {
    return this.u32(RESIDENCE_MAP) + page * PAGE_ENTRY_SIZE;
  }

  get core(): number {
    return this.u32(RESIDENCE_FRAMES);
  }

  /** Pages, page 0 included. */
  get pages(): number {
    return this.u32(RESIDENCE_PAGES);
  }

  /** A page object; its node. */
  page(): number {
    return this.simulated.make((x) => x.pageCreate());
  }

  /** A stopped domain under a meter; undefined where there is no room for it. */
  pager(meter: number, pager: Pager): Paging | undefined {
    const { simulated } = this;
    const { exports, view } = simulated;
    exports.become(HOST);
    const machine = exports.machineCreate(this.#image, at(PAGES) + pager.pages + 1) >>> 0;
    if (machine === 0) return undefined;
    if (!this.#map(machine, pager)) {
      simulated.make((x) => x.machineFree(machine) ?? 0);
      return undefined;
    }
    for (const [number, value] of Object.entries(registersOf(pager))) {
      view.setU32(machine + MACHINE_REGISTERS + 4 * Number(number), value);
    }
    view.setU32(machine + MACHINE_PC, CODE);
    const domain = simulated.make((x) =>
      x.domainCreate(meter, x.nodeAllocation(meter), PROGRAM_RISCV, machine, 0),
    );
    if (domain === 0) {
      simulated.make((x) => x.machineFree(machine) ?? 0);
      return undefined;
    }
    return { domain, machine, pager, shared: 0 };
  }

  #map(machine: number, { pages }: Pager): boolean {
    const { simulated, filled } = this;
    const ok = (call: Parameters<Simulated["make"]>[0]) => simulated.make(call) === OK;
    const data = MARK_READ | MARK_WRITE;
    const isMapped = this.#imagePages.every((page, place) => {
      const isCode = place < CODE_PAGES;
      const guest = isCode ? at(CODE) + place : at(PAGES) + place - CODE_PAGES;
      const marks = isCode ? MARK_READ | MARK_EXEC : data | MARK_COPY;
      return ok((x) => x.machineMapCore(machine, guest, page, marks));
    });
    if (!isMapped) return false;
    return ok((x) => x.machineMap(machine, at(PAGES) + filled, pages + 1 - filled, data));
  }

  /** Gives a pager a page object where it expects one. */
  share(paging: Paging, page: number, watch?: () => void): void {
    this.still((x) => {
      return x.machineMapPage(
        paging.machine,
        at(SHARED_AT),
        page,
        x.nodeAllocation(page),
        MARK_READ | MARK_WRITE,
      );
    }, watch);
    paging.shared = page;
  }

  unshare(paging: Paging, watch?: () => void): void {
    const page = paging.shared;
    if (page === 0) return;
    this.still(
      (x) => x.machineUnmapPage(paging.machine, at(SHARED_AT), page, x.nodeAllocation(page)),
      watch,
    );
    paging.shared = 0;
  }

  /** What must be done while nobody is outside. */
  still(call: Parameters<Simulated["host"]>[0], watch?: () => void): void {
    this.ok((x) => {
      const status = x.still();
      return status === OK ? call(x) : status;
    }, watch);
  }

  /** A domain is rescinded, and its memory freed. */
  end(paging: Paging, watch?: () => void): void {
    const { domain, machine } = paging;
    this.unshare(paging, watch);
    this.ok((x) => x.nodeFree(domain, x.nodeAllocation(domain)), watch);
    this.simulated.make((x) => x.machineFree(machine) ?? 0);
  }

  register({ machine }: Paging, number: number): number {
    return this.simulated.view.u32(machine + MACHINE_REGISTERS + 4 * number);
  }

  /** The number of the page that a page object is. */
  numberOf(page: number): number {
    const { view } = this.simulated;
    return view.u32(view.control(CONTROL_NODE_BASE) + page * NODE_SIZE + NODE_RECORD);
  }

  /** What a page holds, wherever that is; undefined for nothing but zeros. */
  contentOf(number: number): Uint8Array | undefined {
    const { view } = this.simulated;
    const entry = this.entry(number);
    const frame = view.u32(entry + PAGE_FRAME);
    if (frame === 0 && view.u8(entry + PAGE_CONTENT) === CONTENT_ZERO) return undefined;
    return view.bytes(frame || this.u32(RESIDENCE_DRUM) + number * PAGE_SIZE, PAGE_SIZE);
  }
}
