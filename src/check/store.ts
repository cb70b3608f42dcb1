// Linear memory as the checker reads it: by index, and by addresses that are looked at before they
// are followed. Nothing here trusts what it reads.

import {
  CONTROL,
  CONTROL_FRAME_BASE,
  CONTROL_FRAMES,
  CONTROL_NODE_BASE,
  CONTROL_NODES,
  CONTROL_PROCESSORS,
  CONTROL_RECORD_BASE,
  CONTROL_SLEEPER_BASE,
  KEY_INVOLVED,
  KEY_KIND,
  KEY_PREPARED,
  KEY_SIZE,
  KEY_TYPE,
  KIND_HOOK,
  MAX_NODES,
  MAX_PROCESSORS,
  NODE_ALLOCATED,
  NODE_AWAITED,
  NODE_FLAGS,
  NODE_KEYS,
  NODE_PREPCODE,
  NODE_SIZE,
  NODE_WORRIED,
  PAGE_SIZE,
  RECORD_KIND,
  RECORD_NODE,
  RECORD_SIZE,
  REGIONS,
  SLEEPER_SIZE,
  SLOTS,
} from "../../assembly/layout.js";
import { PROCESSOR_SIZE } from "../../assembly/processor-layout.js";
import type { View } from "../view.js";
import type { Findings } from "./findings.js";

export class Store {
  readonly findings: Findings;
  readonly nodes: number;
  readonly frames: number;
  /** Processors beside the host. */
  readonly processors: number;
  /** The participants that run domains: those beside the host, or the host alone. */
  readonly runners: readonly number[];
  readonly frameBase: number;
  readonly sleeperBase: number;
  readonly #view: View;
  readonly #recordBase: number;
  readonly #nodeBase: number;

  private constructor(view: View, findings: Findings) {
    this.#view = view;
    this.findings = findings;
    this.nodes = view.control(CONTROL_NODES);
    this.frames = view.control(CONTROL_FRAMES);
    const processors = view.control(CONTROL_PROCESSORS);
    this.processors = processors;
    const length = Math.min(processors, MAX_PROCESSORS);
    this.runners = length === 0 ? [0] : Array.from({ length }, (_, i) => i + 1);
    this.#recordBase = view.control(CONTROL_RECORD_BASE);
    this.sleeperBase = view.control(CONTROL_SLEEPER_BASE);
    this.#nodeBase = view.control(CONTROL_NODE_BASE);
    this.frameBase = view.control(CONTROL_FRAME_BASE);
  }

  /** The store, or undefined where the regions are not laid out so that anything can be found. */
  static open(view: View, findings: Findings): Store | undefined {
    const store = new Store(view, findings);
    const { nodes, frames, processors } = store;
    if (processors > MAX_PROCESSORS) {
      findings.add("layout", "control block, processors", processors, `at most ${MAX_PROCESSORS}`);
      return undefined;
    }
    if (nodes < 2 || nodes > MAX_NODES) {
      findings.add("layout", "control block, nodes", nodes, `2 to ${MAX_NODES}`);
      return undefined;
    }
    const records = REGIONS + processors * PROCESSOR_SIZE;
    const sleepers = wholePages(records + nodes * RECORD_SIZE);
    const cold = wholePages(sleepers + nodes * SLEEPER_SIZE);
    const frameBase = wholePages(cold + nodes * NODE_SIZE);
    const regions: [name: string, found: number, expected: number][] = [
      ["records", store.#recordBase, records],
      ["sleepers", store.sleeperBase, sleepers],
      ["nodes", store.#nodeBase, cold],
      ["frames", store.frameBase, frameBase],
    ];
    const moved = regions.filter(([, found, expected]) => found !== expected);
    for (const [name, found, expected] of moved) {
      findings.add("layout", `control block, base of the ${name}`, found, expected);
    }
    const end = frameBase + frames * PAGE_SIZE;
    if (end > view.size) findings.add("layout", "end of the frames", end, `at most ${view.size}`);
    return moved.length > 0 || end > view.size ? undefined : store;
  }

  u8(address: number): number {
    return this.#view.u8(address);
  }

  u16(address: number): number {
    return this.#view.u8(address) | (this.#view.u8(address + 1) << 8);
  }

  u32(address: number): number {
    return this.#view.u32(address);
  }

  u64(address: number): bigint {
    return this.#view.u64(address);
  }

  /** So many words from an address on, which is a multiple of 4. */
  words(address: number, count: number): Uint32Array {
    const { buffer, byteOffset } = this.#view.bytes(address, 4 * count);
    return new Uint32Array(buffer, byteOffset, count);
  }

  control(offset: number): number {
    return this.#view.u32(CONTROL + offset);
  }

  /** Whether there are processors beside the host. */
  get isShared(): boolean {
    return this.processors > 0;
  }

  /** A field of a participant's block. */
  processor(index: number, offset: number): number {
    return this.#view.processor(index, offset);
  }

  processor64(index: number, offset: number): bigint {
    return this.#view.processor64(index, offset);
  }

  /** A field of those who run domains, all told. */
  total64(offset: number): bigint {
    return this.runners.reduce((sum, index) => sum + this.processor64(index, offset), 0n);
  }

  control64(offset: number): bigint {
    return this.#view.u64(CONTROL + offset);
  }

  // Nodes, by index.

  node(index: number): number {
    return this.#nodeBase + index * NODE_SIZE;
  }

  /** The index of the node at an address, or 0: no node begins there. */
  nodeAt(address: number): number {
    const index = (address - this.#nodeBase) / NODE_SIZE;
    return Number.isInteger(index) && index > 0 && index < this.nodes ? index : 0;
  }

  isAllocated(index: number): boolean {
    return this.isInUse(this.u8(this.node(index) + NODE_FLAGS));
  }

  /** Whether flags are those of a node that is allocated. */
  isInUse(flags: number): boolean {
    return (flags & ~(NODE_AWAITED | NODE_WORRIED)) === NODE_ALLOCATED;
  }

  prepcode(index: number): number {
    return this.u8(this.node(index) + NODE_PREPCODE);
  }

  // Keys, by number: index of the node × 16 + slot.

  key(number: number): number {
    const slot = number % SLOTS;
    return this.node((number - slot) / SLOTS) + NODE_KEYS + slot * KEY_SIZE;
  }

  slot(index: number, slot: number): number {
    return this.node(index) + NODE_KEYS + slot * KEY_SIZE;
  }

  /** The number of the key at an address, or 0: no slot is there. */
  keyAt(address: number): number {
    const index = Math.floor((address - this.#nodeBase) / NODE_SIZE);
    if (index < 1 || index >= this.nodes) return 0;
    const slot = (address - this.node(index) - NODE_KEYS) / KEY_SIZE;
    return Number.isInteger(slot) && slot >= 0 ? index * SLOTS + slot : 0;
  }

  kind(key: number): number {
    return this.u8(key + KEY_TYPE) & KEY_KIND;
  }

  isPrepared(key: number): boolean {
    return (this.u8(key + KEY_TYPE) & KEY_PREPARED) !== 0;
  }

  isInvolved(key: number): boolean {
    return (this.u8(key + KEY_TYPE) & KEY_INVOLVED) !== 0;
  }

  isHook(key: number): boolean {
    return this.isPrepared(key) && this.kind(key) === KIND_HOOK;
  }

  // Hot records, by index.

  record(index: number): number {
    return this.#recordBase + index * RECORD_SIZE;
  }

  /** The index of the record at an address, or 0: none begins there. */
  recordAt(address: number): number {
    const index = (address - this.#recordBase) / RECORD_SIZE;
    return Number.isInteger(index) && index > 0 && index < this.nodes ? index : 0;
  }

  recordKind(index: number): number {
    return this.u8(this.record(index) + RECORD_KIND);
  }

  /** The index of a record's node, or 0. */
  nodeOf(record: number): number {
    return this.nodeAt(this.u32(this.record(record) + RECORD_NODE));
  }

  // Names for findings.

  nameOfKey(number: number): string {
    return `node ${Math.floor(number / SLOTS)} slot ${number % SLOTS}`;
  }

  nameOfRecord(record: number): string {
    const node = this.nodeOf(record);
    return node ? `node ${node} record ${record}` : `record ${record}`;
  }

  /** An address, as what is there. */
  nameOf(address: number): string {
    if (address === 0) return "none";
    const node = this.nodeAt(address);
    if (node) return `node ${node}`;
    const key = this.keyAt(address);
    if (key) return this.nameOfKey(key);
    const record = this.recordAt(address);
    return record ? this.nameOfRecord(record) : `address ${address}`;
  }
}

function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;
}
