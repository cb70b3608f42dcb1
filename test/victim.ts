// A kernel that can be stopped before any store of a change, as by a worker's death, and the change
// taken back: in the build with assertions, whose journal can be told before which store to stop.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { OK } from "../assembly/codes.js";
import * as layout from "../assembly/layout.js";
import * as blocks from "../assembly/processor-layout.js";
import type { SharedExports } from "../src/wasm.js";

const build = readFileSync(new URL("../build/kernel.shared.debug.wasm", import.meta.url));
const module = new WebAssembly.Module(build);

/** With those that only builds with assertions have; see assembly/shared-debug.ts. */
interface JournalExports extends SharedExports {
  become(index: number): void;
  enter(): number;
  leave(): void;
  recover(index: number): number;
  turn(): number;
  journalBegin(): void;
  journalEnd(): void;
  journalFilled(): number;
  journalRollback(block: number): void;
}

const { CONTROL } = layout;
const FRAMES = 16;
/** More than is laid out for a node. */
const NODE_BYTES = 512;
/** The block of the one processor. */
const BLOCK = blocks.PROCESSORS + blocks.PROCESSOR_SIZE;
const JOURNAL = BLOCK + blocks.JOURNAL;
const STATISTICS = BLOCK + blocks.PROCESSOR_STATISTICS;

/** Not undone: what is counted, what the last turn ran, and the journal itself. */
const UNLOGGED: [number, number][] = [
  [STATISTICS, 8 * blocks.STATISTIC_COUNT],
  [BLOCK + blocks.PROCESSOR_RAN, 8],
  [JOURNAL, blocks.PROCESSOR_SIZE - blocks.JOURNAL],
];

/** Locks, bells and the like, changed by atomic stores: these are broken or rung anew, not undone. */
const ATOMICS = [
  CONTROL + layout.CONTROL_HOST_BELL,
  CONTROL + layout.CONTROL_LOCK,
  BLOCK + blocks.PROCESSOR_PHASE,
  BLOCK + blocks.PROCESSOR_ATTENTION,
  BLOCK + blocks.PROCESSOR_BELL,
];

/** An event that the kernel told. */
export interface Told {
  kind: number;
  domain: number;
  meter: number;
  code: number;
}

/** A kernel of the shared build with one processor, which can be stopped in whatever it does. */
export class Victim {
  readonly kernel: JournalExports;
  readonly view: DataView;
  readonly #bytes: Buffer;
  /** Exports that were called. */
  readonly called = new Set<string>();
  /** How often it was stopped. */
  stops = 0;

  constructor(nodes = 64) {
    const bytes = BLOCK + blocks.PROCESSOR_SIZE + nodes * NODE_BYTES + FRAMES * layout.PAGE_SIZE;
    const pages = Math.ceil(bytes / layout.WASM_PAGE_SIZE);
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
    expect(this.kernel.initialize(nodes, FRAMES, 1)).toBe(OK);
    this.kernel.become(1);
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

  setControl(offset: number, value: number): void {
    this.view.setUint32(CONTROL + offset, value, true);
  }

  statistic(number: number): number {
    return Number(this.view.getBigUint64(STATISTICS + 8 * number, true));
  }

  /** Takes the batch of events, as the host does. */
  events(): Told[] {
    const count = this.control(layout.CONTROL_EVENTS);
    this.setControl(layout.CONTROL_EVENTS, 0);
    return Array.from({ length: count }, (_, n) => {
      const field = (of: number) =>
        this.view.getUint32(layout.EVENTS + n * layout.EVENT_SIZE + of, true);
      return {
        kind: field(layout.EVENT_KIND),
        domain: field(layout.EVENT_DOMAIN),
        meter: field(layout.EVENT_METER),
        code: field(layout.EVENT_CODE),
      };
    });
  }

  /** Bytes of entries in the journal. */
  get top(): number {
    return this.view.getUint32(JOURNAL + blocks.JOURNAL_TOP, true);
  }

  rollBack(): void {
    this.kernel.journalRollback(BLOCK);
  }

  /** All that must be as it was. */
  copy(): Buffer {
    const copy = Buffer.from(this.#bytes);
    for (const [from, bytes] of UNLOGGED) copy.fill(0, from, from + bytes);
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

  /** Whether an operation came to its end, where it was to stop before its n-th store; 0: never. */
  attempt(operation: () => void, countdown: number): boolean {
    this.view.setUint32(JOURNAL + blocks.JOURNAL_COUNTDOWN, countdown, true);
    try {
      operation();
    } catch (error) {
      expect(error).toBeInstanceOf(WebAssembly.RuntimeError);
      expect(this.control(layout.CONTROL_PANIC)).toBe(0);
      expect(this.view.getUint32(JOURNAL + blocks.JOURNAL_COUNTDOWN, true)).toBe(0);
      return false;
    }
    this.view.setUint32(JOURNAL + blocks.JOURNAL_COUNTDOWN, 0, true);
    return true;
  }

  /** Writes back the last entries as a rollback does that is stopped before it says so. */
  rollBackInPart(entries: number): void {
    for (let top = this.top; top > 0 && entries > 0; entries--) {
      top -= blocks.JOURNAL_ENTRY_SIZE;
      const entry = JOURNAL + blocks.JOURNAL_ENTRIES + top;
      const at = this.view.getUint32(entry + blocks.JOURNAL_ADDRESS, true);
      const bytes = this.view.getUint32(entry + blocks.JOURNAL_BYTES, true);
      this.#bytes.copyWithin(at, entry, entry + bytes);
    }
  }

  /** Stops an operation before each of its stores, and undoes it; at last lets it be done. */
  kill(name: string, operation: () => void): void {
    const before = this.copy();
    const atomics = ATOMICS.map((at) => this.view.getUint32(at, true));
    for (let n = 1; ; n++) {
      if (this.attempt(operation, n)) break;
      this.rollBackInPart(n % 3);
      this.rollBack();
      ATOMICS.forEach((at, which) => {
        this.view.setUint32(at, atomics[which]!, true);
      });
      expect(this.changes(before), `${name}, stopped before store ${n}`).toEqual([]);
      expect(this.top).toBe(0);
      this.stops++;
    }
  }

  /** The same for what the host does under the lock; here it is the processor that does it. */
  killCall(name: string, operation: () => void): void {
    this.kill(name, () => {
      this.kernel.journalBegin();
      operation();
    });
    expect(this.top, `${name} changes nothing`).toBeGreaterThan(0);
    this.kernel.journalEnd();
    expect(this.top).toBe(0);
  }

  /** As the host, which journals nothing. */
  asHost(operation: () => void): void {
    this.kernel.become(0);
    operation();
    this.kernel.become(1);
  }
}
