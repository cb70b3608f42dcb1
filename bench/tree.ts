// The bench build of the kernel, driven without handles, and trees in it.

import { readFileSync } from "node:fs";
import { OK } from "../assembly/codes.js";
import {
  BURSTS_RUN_MIN,
  BURSTS_WAIT_MIN,
  CONTROL_IGNORE_DRY,
  NODE_SIZE,
  PAGE_SIZE,
  PRIME_INDEX,
  PROGRAM_BURSTS,
  RECORD_SIZE,
  REGIONS,
  SLEEPER_SIZE,
} from "../assembly/layout.js";
import { STATISTIC_IDLE } from "../assembly/processor-layout.js";
import { View } from "../src/view.js";
import { instantiate, type KernelExports } from "../src/wasm.js";

/** What bench/kernel adds to the kernel's exports. */
interface BenchExports extends KernelExports {
  borrow(index: number, times: number): void;
  takeTurns(first: number, second: number, times: number): void;
  chargeCached(slices: number, cycles: number): void;
  chargeNaive(slices: number, cycles: number): void;
  prepareEach(first: number, count: number, stride: number): number;
  refillEach(first: number, count: number, stride: number): number;
  chase(index: number): number;
}

export const PRIME = PRIME_INDEX;
/** Enough for descriptions of bursts. */
const FRAMES = 2;

/** A synthetic program: so many cycles of running and of waiting, in turns. */
export interface Program {
  readonly run: number;
  readonly wait: number;
}

const build = new URL("../../build/kernel.bench.wasm", import.meta.url);

/** Meters and domains by node index. Nodes are never freed, so all allocation counts are 0. */
export class Tree {
  readonly exports: BenchExports;
  readonly view: View;
  readonly #program: number;

  constructor(o: { nodes: number; advance: bigint; ignoreDry?: boolean; program?: Program }) {
    const perNode = RECORD_SIZE + SLEEPER_SIZE + NODE_SIZE;
    const nodes = o.nodes + 2;
    const bytes = REGIONS + nodes * perNode + (FRAMES + 4) * PAGE_SIZE;
    const { exports, memory } = instantiate(bytes, readFileSync(build));
    this.exports = exports as BenchExports;
    this.view = new View(memory);
    this.#done(this.exports.initialize(nodes, FRAMES, 0));
    this.view.advance = o.advance;
    this.view.setControl(CONTROL_IGNORE_DRY, Number(o.ignoreDry ?? false));
    this.#program = this.exports.allocateRun(1);
    const { run, wait } = o.program ?? { run: 1, wait: 0 };
    this.view.setU32(this.#program + BURSTS_RUN_MIN, run);
    this.view.setU32(this.#program + BURSTS_WAIT_MIN, wait);
  }

  meter(superior: number, cycles: bigint): number {
    this.view.amount = cycles;
    return this.#made(this.exports.meterCreate(superior, 0, 0));
  }

  /** A chain of so many meters under another; the lowest. */
  chain(superior: number, length: number, cycles: bigint): number {
    let lowest = superior;
    for (let level = 0; level < length; level++) lowest = this.meter(lowest, cycles);
    return lowest;
  }

  /** So many stopped domains, the i-th under the meter that `meterOf(i)` says; the first's index. */
  domains(count: number, meterOf: (number: number) => number): number {
    let first = 0;
    for (let number = 0; number < count; number++) {
      const meter = meterOf(number);
      const made = this.#made(
        this.exports.domainCreate(meter, 0, PROGRAM_BURSTS, this.#program, 1),
      );
      if (number === 0) first = made;
    }
    return first;
  }

  start(first: number, count: number): void {
    for (let index = first; index < first + count; index++) {
      this.#done(this.exports.domainStart(index, 0));
    }
  }

  /** Prepares the chains of domains; `stride` spreads the order over memory. */
  prepare(first: number, count: number, stride = 1): void {
    this.#done(this.exports.prepareEach(first, count, stride));
  }

  refill(first: number, count: number, stride = 1): void {
    this.#done(this.exports.refillEach(first, count, stride));
  }

  unprepare(meter: number): void {
    this.#done(this.exports.meterUnprepare(meter, 0));
  }

  /** Takes all caches below a meter back: how much that was. */
  recall(meter: number): bigint {
    this.#done(this.exports.meterRecall(meter, 0));
    return this.view.amount;
  }

  /** The exact counter of a meter; changes nothing. */
  peek(meter: number): bigint {
    this.#done(this.exports.meterPeek(meter, 0));
    return this.view.amount;
  }

  set(meter: number, counter: bigint): bigint {
    this.view.amount = counter;
    this.#done(this.exports.meterSet(meter, 0));
    return this.view.amount;
  }

  /** Cycles in which nobody ran. */
  get idle(): bigint {
    return this.view.statistic(STATISTIC_IDLE);
  }

  statistic(number: number): number {
    return Number(this.view.statistic(number));
  }

  #made(index: number): number {
    if (index === 0) throw new Error("bench: the kernel made no node");
    return index;
  }

  #done(status: number): void {
    if (status !== OK) throw new Error(`bench: the kernel refused (${status})`);
  }
}

/**
 * Prepared domains under meters of a hundred each, these under a meter, all below `top`; `meters` are those
 * below it. The inferiors of a meter lie side by side in memory, or, to `scatter`, far apart.
 */
export function broadTree(domains: number, advance: bigint, scatter: boolean) {
  const leaves = Math.ceil(domains / 100);
  const tree = new Tree({ nodes: domains + leaves + 2, advance });
  const plenty = 1n << 56n;
  const top = tree.meter(PRIME, plenty);
  const trunk = tree.meter(top, plenty);
  const under = Array.from({ length: leaves }, () => tree.meter(trunk, plenty));
  const leafOf = (number: number) => (scatter ? number % leaves : Math.floor(number / 100));
  const first = tree.domains(domains, (number) => under[leafOf(number)]!);
  tree.prepare(first, domains, scatter ? scattered(domains) : 1);
  return { tree, first, top, meters: leaves + 1 };
}

/** A step of about 0.618 of a count that comes to every place: an order that no prefetcher foresees. */
export function scattered(count: number): number {
  let stride = Math.max(1, Math.floor(count * 0.6180339887));
  while (divisor(stride, count) !== 1) stride++;
  return stride;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
