// Ways to damage a store, each with the invariant that no longer holds then: what proves that the
// checker can fail.

import { expect } from "vitest";
import * as layout from "../../assembly/layout.js";
import * as blocks from "../../assembly/processor-layout.js";
import * as rv from "../../assembly/riscv/layout.js";
import type { CheckReport } from "../../src/check.js";
import { indexOf } from "../../src/id.js";
import type { Domain, Meter, Node } from "../../src/index.js";
import type { View } from "../../src/view.js";
import type { Mixed } from "../mixed.js";

/** A handle, or the index of a node. */
type Has = Domain | Meter | Node | number;

/** Addresses in the memory of a kernel, and writing there. */
export class Damage {
  readonly view: View;
  readonly #bytes: Uint8Array;

  constructor({ view, bytes }: { view: View; bytes: Uint8Array }) {
    this.view = view;
    this.#bytes = bytes;
  }

  /** In the block of a processor; 0 is the host's. */
  processor(offset: number, index = 0): number {
    return blocks.PROCESSORS + index * blocks.PROCESSOR_SIZE + offset;
  }

  control(offset: number): number {
    return layout.CONTROL + offset;
  }

  index(of: Has): number {
    return typeof of === "number" ? of : indexOf(of.id);
  }

  nodeAt(index: number): number {
    return this.u32(this.control(layout.CONTROL_NODE_BASE)) + index * layout.NODE_SIZE;
  }

  node(of: Has): number {
    return this.nodeAt(this.index(of));
  }

  slot(of: Has, slot: number): number {
    return this.node(of) + layout.NODE_KEYS + slot * layout.KEY_SIZE;
  }

  record(of: Has): number {
    return this.u32(this.node(of) + layout.NODE_RECORD);
  }

  recordIndex(of: Has): number {
    return (this.record(of) - this.#regions) / layout.RECORD_SIZE;
  }

  machine(of: Has): number {
    return this.u32(this.record(of) + layout.RECORD_PROGRAM);
  }

  /** The word of the first mapped page of a domain, or a later one. */
  word(of: Domain, later = 0): number {
    const table = this.machine(of) + rv.MACHINE_TABLE;
    let page = 0;
    while ((this.u32(table + 4 * page) & rv.MARK_PRESENT) === 0) page++;
    return table + 4 * (page + later);
  }

  get prime(): number {
    return layout.PRIME_INDEX;
  }

  get #regions(): number {
    return this.u32(this.control(layout.CONTROL_RECORD_BASE));
  }

  /** The index of the first free node. */
  get free(): number {
    return this.u32(this.control(layout.CONTROL_FREE_NODE));
  }

  u32(address: number): number {
    return this.view.u32(address);
  }

  // Setters answer what the address belongs to, which is where the damage should show.

  set8(address: number, value: number): string {
    const where = this.#owner(address);
    this.#bytes[address] = value;
    return where;
  }

  set32(address: number, value: number): string {
    const where = this.#owner(address);
    this.view.setU32(address, value);
    return where;
  }

  set64(address: number, value: bigint): string {
    const where = this.#owner(address);
    this.view.setU64(address, value);
    return where;
  }

  add64(address: number, value: bigint): string {
    return this.set64(address, this.view.u64(address) + value);
  }

  /** Sets bits of a byte, or, where negative, clears them. */
  bits(address: number, bits: number): string {
    const old = this.#bytes[address]!;
    return this.set8(address, bits < 0 ? old & ~-bits : old | bits);
  }

  #owner(address: number): string {
    const end = this.u32(this.control(layout.CONTROL_FRAME_BASE));
    if (address < this.#regions || address >= end) return "";
    const base = this.nodeAt(0);
    if (address < base) {
      const record = address - (address % layout.RECORD_SIZE);
      return this.#owner(this.u32(record + layout.RECORD_NODE));
    }
    const index = Math.floor((address - base) / layout.NODE_SIZE);
    const slot = Math.floor((address - this.nodeAt(index) - layout.NODE_KEYS) / layout.KEY_SIZE);
    return slot < 0 ? `node ${index}` : `node ${index} slot ${slot}`;
  }
}

/** The invariant that is to be named, what is done, and doing it, which answers where it shows. */
export type Corruption<Kernel = Mixed> = readonly [
  invariant: string,
  what: string,
  act: (damage: Damage, kernel: Kernel) => string,
];

/** What adds corruptions to a list. */
export function into<Kernel>(list: Corruption<Kernel>[]) {
  return (...corruption: Corruption<Kernel>) => {
    list.push(corruption);
  };
}

export const nodeOf = (d: Damage, of: Has) => `node ${d.index(of)}`;
export const slotOf = (d: Damage, of: Has, slot: number) => `node ${d.index(of)} slot ${slot}`;

/** A report finds the invariant broken, there. */
export function expectNamed(report: CheckReport, invariant: string, where: string): void {
  expect(report.ok).toBe(false);
  const named = report.findings.filter((text) => text.startsWith(`${invariant}: `));
  const there = new RegExp(`${where.replace(/[().]/g, "\\$&")}(?!\\d)`);
  expect(named, report.findings.join("\n")).toContainEqual(expect.stringMatching(there));
  expect(named[0]).toMatch(/: found .+, expected .+/);
}
