// One of the kernels that stand beside the model of core residence: its handles, and what it said.

import { CONTROL_RESIDENCE } from "../../assembly/layout.js";
import {
  CONTENT_ZERO,
  PAGE_ACCOUNT,
  PAGE_CONTENT,
  PAGE_DIRTY,
  PAGE_ENTRY_SIZE,
  PAGE_FIRST,
  PAGE_FRAME,
  PAGE_PAID,
  PAGE_REFERENCED,
  PAGE_USERS,
  RESIDENCE_DRUM,
  RESIDENCE_DUE,
  RESIDENCE_EPOCH,
  RESIDENCE_MAP,
  RESIDENCE_RANDOM,
} from "../../assembly/residence-layout.js";
import { MACHINE_TABLE, MARK_PRESENT } from "../../assembly/riscv/layout.js";
import { indexOf } from "../../src/id.js";
import {
  bursts,
  type Domain,
  type Keeper,
  type Kernel,
  type KernelOptions,
  type Meter,
  type Page,
} from "../../src/index.js";
import type { View } from "../../src/view.js";
import { openKernel } from "../memory.js";
import type { Policy } from "./parts.js";
import { HEART, PAGE, type Text } from "./script.js";

const PAGE_BITS = 12;
const STACK_PAGES = 17;

/** What a page is, as far as it can be seen. */
export interface SeenPage {
  readonly isInCore: boolean;
  readonly isDirty: boolean;
  readonly isReferenced: boolean;
  readonly isPaid: boolean;
  readonly users: number;
  /** Names of meters. */
  readonly account: string | null;
  readonly first: string | null;
  readonly charged: bigint;
}

export class Side {
  readonly kernel: Kernel;
  readonly meters: Meter[];
  readonly domains: Domain[];
  readonly objects: Page[] = [];
  readonly trace: string[] = [];
  /** What was charged for each page, by its number. */
  readonly charged = new Map<number, bigint>();
  readonly #view: View;

  constructor(
    readonly name: string,
    options: KernelOptions,
    readonly cuts: readonly number[] = [],
  ) {
    const { kernel, view } = openKernel({ nodes: 64, frames: 256, trace: true, ...options });
    this.kernel = kernel;
    this.#view = view;
    this.meters = [kernel.primeMeter, kernel.residence.meter];
    const program = bursts(HEART);
    const heart = kernel.createDomain({ name: "heart", meter: kernel.primeMeter, program });
    heart.start();
    this.domains = [kernel.residence.locker, heart];
    kernel.on("scan", ({ time, cycle }) => this.trace.push(`${time} scan ${cycle}`));
    kernel.on("charge", ({ time, domain, meter, page, amount }) => {
      this.#say(time, "charge", domain, `${meter!.name} ${amount}`);
      this.charged.set(page, (this.charged.get(page) ?? 0n) + amount);
    });
    kernel.on("trap", ({ time, domain, code }) => {
      this.#say(time, "trap", domain, code.toString(16));
    });
    kernel.on("park", ({ time, domain, meter, resource }) => {
      this.#say(time, "park", domain, `${meter!.name} ${resource}`);
    });
  }

  #say(time: bigint, what: string, domain: Domain, more: string): void {
    this.trace.push(`${time} ${what} ${domain.name} ${more}`);
  }

  /** The state of the generator of random phases, and when the next lock cycle is due. */
  get start(): { random: number; due: bigint } {
    const base = this.#view.control(CONTROL_RESIDENCE);
    return {
      random: this.#view.u32(base + RESIDENCE_RANDOM),
      due: this.#view.u64(base + RESIDENCE_DUE),
    };
  }

  createMeter(name: string, superior: Meter, storage: bigint, policy: Policy | null): void {
    const keeper = policy ? { keeper: this.#keeper({ ...policy }) } : {};
    this.meters.push(this.kernel.createMeter({ name, superior, storage, ...keeper }));
  }

  #keeper(policy: Policy): Keeper {
    return ({ meter, domain, time, resource }) => {
      this.#say(time, "keeper", domain, `${meter.name} ${resource}`);
      if (resource === "cpu" || policy.kind === "decline") return "decline";
      if (policy.kind === "nothing") return;
      if (policy.times-- <= 0) return "decline";
      meter.storage.add(policy.amount);
    };
  }

  createDomain(name: string, meter: Meter, text: Text): void {
    const { end } = text.program;
    const memory = end + STACK_PAGES * PAGE;
    this.domains.push(this.kernel.createDomain({ name, meter, program: text.program, memory }));
  }

  /** Time goes on to its end, whether anybody has anything to do or not. */
  run(cycles: number): void {
    const until = this.kernel.time + BigInt(cycles);
    for (const cut of this.cuts) {
      if (this.kernel.time + BigInt(cut) < until) this.#runTo(this.kernel.time + BigInt(cut));
    }
    this.#runTo(until);
  }

  #runTo(until: bigint): void {
    for (let patience = 100_000; this.kernel.time < until; patience--) {
      if (patience === 0) throw new Error(`${this.name}: no end of it at ${this.kernel.time}`);
      this.kernel.step({ cycles: until - this.kernel.time });
    }
    // What is due by now has been done.
    this.kernel.step({ cycles: 0 });
  }

  // --- Inside -----------------------------------------------------------------------------------

  registers(domain: number): { pc: number; value: (register: number) => number } {
    const { machine } = this.domains[domain]!;
    return {
      pc: machine!.pc,
      value: (register) => this.#view.u32(machine!.address + 4 * register) | 0,
    };
  }

  /** The number of the page at a page of an address space, or 0. */
  pageAt(domain: number, at: number): number {
    const { machine } = this.domains[domain]!;
    const word = this.#view.u32(machine!.address + MACHINE_TABLE + 4 * at);
    return (word & MARK_PRESENT) === 0 ? 0 : word >>> PAGE_BITS;
  }

  #residence(offset: number): number {
    return this.#view.u32(this.#view.control(CONTROL_RESIDENCE) + offset);
  }

  #entry(page: number, offset: number): number {
    return this.#residence(RESIDENCE_MAP) + page * PAGE_ENTRY_SIZE + offset;
  }

  see(page: number): SeenPage {
    const field = (offset: number) => this.#view.u32(this.#entry(page, offset));
    const mark = (offset: number) => this.#view.u8(this.#entry(page, offset)) !== 0;
    return {
      isInCore: field(PAGE_FRAME) !== 0,
      isDirty: mark(PAGE_DIRTY),
      isReferenced: mark(PAGE_REFERENCED),
      isPaid: field(PAGE_PAID) === this.#residence(RESIDENCE_EPOCH),
      users: field(PAGE_USERS),
      account: this.#nameOf(field(PAGE_ACCOUNT)),
      first: this.#nameOf(field(PAGE_FIRST)),
      charged: this.charged.get(page) ?? 0n,
    };
  }

  #nameOf(node: number): string | null {
    if (node === 0) return null;
    return this.meters.find((meter) => indexOf(meter.id) === node)?.name ?? `node ${node}`;
  }

  /** What a page holds, wherever it is. */
  content(page: number): Uint8Array {
    const frame = this.#view.u32(this.#entry(page, PAGE_FRAME));
    if (frame !== 0) return this.#view.bytes(frame, PAGE).slice();
    if (this.#view.u8(this.#entry(page, PAGE_CONTENT)) === CONTENT_ZERO)
      return new Uint8Array(PAGE);
    return this.#view.bytes(this.#residence(RESIDENCE_DRUM) + page * PAGE, PAGE).slice();
  }
}
