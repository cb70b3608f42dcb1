// A kernel that can be stopped before any store of a change, as by a worker's death, and the change
// taken back: in the build with assertions, whose journal can be told before which store to stop.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import * as codes from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import type { KernelExports } from "../src/wasm.js";

const build = readFileSync(new URL("../build/kernel.shared.debug.wasm", import.meta.url));
const module = new WebAssembly.Module(build);

interface JournalExports extends KernelExports {
  journalUse(block: number): void;
  journalBegin(): void;
  journalEnd(): void;
  journalFilled(): number;
  journalRollback(block: number): void;
}

const { CONTROL } = layout;
const FRAMES = 16;
/** More than is laid out for a node. */
const NODE_BYTES = 512;

/** Exports that change nothing, or nothing that is journalled: see scripts/journal.mjs. */
export const NOT_STOPPED =
  /^(memory|nodeAllocation|frame.*|.*Run|run|image.*|machine.*|costSet|journal.*)$/;

/** A kernel of the shared build and the operations that are stopped in it. */
export class Victim {
  readonly kernel: JournalExports;
  readonly view: DataView;
  /** A participant's block, in memory that the kernel has no use for. */
  readonly block: number;
  readonly #bytes: Buffer;
  /** Exports that were called. */
  readonly called = new Set<string>();
  /** Stores that changes were stopped before. */
  stops = 0;

  constructor(nodes = 64) {
    const bytes = layout.REGIONS + nodes * NODE_BYTES + FRAMES * layout.PAGE_SIZE;
    const pages = Math.ceil(bytes / layout.WASM_PAGE_SIZE) + 1;
    this.block = (pages - 1) * layout.WASM_PAGE_SIZE;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.kernel = new Proxy(exports, {
      get: (target, name: string) => {
        this.called.add(name);
        return target[name];
      },
    }) as unknown as JournalExports;
    this.view = new DataView(memory.buffer);
    this.#bytes = Buffer.from(memory.buffer);
    expect(this.kernel.initialize(nodes, FRAMES)).toBe(codes.OK);
    expect(this.amount).toBeLessThanOrEqual(this.block);
    this.kernel.journalUse(this.block);
  }

  get journal(): number {
    return this.block + layout.JOURNAL;
  }

  get amount(): number {
    return Number(this.view.getBigUint64(CONTROL + layout.CONTROL_AMOUNT, true));
  }

  set amount(value: number) {
    this.view.setBigUint64(CONTROL + layout.CONTROL_AMOUNT, BigInt(value), true);
  }

  control(offset: number): number {
    return this.view.getUint32(CONTROL + offset, true);
  }

  /** Bytes of entries in the journal. */
  get top(): number {
    return this.view.getUint32(this.journal + layout.JOURNAL_TOP, true);
  }

  /** All that must be as it was: not what was counted, and the journal itself. */
  copy(): Buffer {
    const copy = Buffer.from(this.#bytes);
    const counts = CONTROL + layout.CONTROL_STATISTICS;
    copy.fill(0, counts, counts + 8 * layout.STATISTIC_COUNT);
    copy.fill(0, this.journal, this.block + layout.PROCESSOR_SIZE);
    return copy;
  }

  /** Addresses of 8-byte words that differ, in hexadecimal. */
  changes(before: Buffer): string[] {
    const now = this.copy();
    if (now.equals(before)) return [];
    const words = Array.from({ length: now.length / 8 }, (_, word) => 8 * word);
    return words
      .filter((at) => now.readBigUInt64LE(at) !== before.readBigUInt64LE(at))
      .map((at) => at.toString(16));
  }

  /** Whether the operation came to its end, where it was to stop before its n-th store. */
  attempt(operation: () => void, countdown: number): boolean {
    this.kernel.journalBegin();
    this.view.setUint32(this.journal + layout.JOURNAL_COUNTDOWN, countdown, true);
    try {
      operation();
    } catch (error) {
      expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
      expect(this.control(layout.CONTROL_PANIC)).toBe(0);
      expect(this.view.getUint32(this.journal + layout.JOURNAL_COUNTDOWN, true)).toBe(0);
      return false;
    }
    this.view.setUint32(this.journal + layout.JOURNAL_COUNTDOWN, 0, true);
    return true;
  }

  /** Writes back the last entries as a rollback does that is stopped before it says so. */
  rollBackInPart(entries: number): void {
    for (let top = this.top; top > 0 && entries > 0; entries--) {
      top -= layout.JOURNAL_ENTRY_SIZE;
      const entry = this.journal + layout.JOURNAL_ENTRIES + top;
      const at = this.view.getUint32(entry + layout.JOURNAL_ADDRESS, true);
      const bytes = this.view.getUint32(entry + layout.JOURNAL_BYTES, true);
      this.#bytes.copyWithin(at, entry, entry + bytes);
    }
  }

  /** Stops an operation before each of its stores, and undoes it; at last lets it be done. */
  kill(name: string, operation: () => void): void {
    const before = this.copy();
    for (let n = 1; ; n++) {
      const isDone = this.attempt(operation, n);
      if (isDone) expect(this.changes(before), `${name} changes nothing`).not.toEqual([]);
      if (!isDone) expect(this.top).toBe((n - 1) * layout.JOURNAL_ENTRY_SIZE);
      this.rollBackInPart(n % 3);
      this.kernel.journalRollback(this.block);
      expect(this.changes(before), `${name}, stopped before store ${n}`).toEqual([]);
      expect(this.top).toBe(0);
      this.stops++;
      if (isDone) break;
    }
    this.attempt(operation, 0);
    this.kernel.journalEnd();
    expect(this.top).toBe(0);
  }
}
