// A kernel with partitions and puppets in them; and the accounts that must balance whatever happens.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import {
  createKernel,
  type Domain,
  type DomainOptions,
  type Kernel,
  type KernelOptions,
  type Meter,
  type Partition,
} from "../src/index.js";
import { findings } from "./lab.js";
import { play, type Seen, type Step } from "./puppet.js";

const build = (name: string) => readFileSync(new URL(`../build/${name}.wasm`, import.meta.url));

/** One processor, and several that are simulated. */
export const KERNELS: readonly [string, KernelOptions][] = [
  ["one processor", {}],
  ["one processor, checked", { build: build("kernel.debug") }],
  ["1 simulated", { processors: 1, seed: 1 }],
  ["2 simulated", { processors: 2, seed: 1 }],
  ["3 simulated, checked", { processors: 3, seed: 7, build: build("kernel.shared.debug") }],
];

export const TICK = 16_000;

export class PartitionLab {
  readonly kernel: Kernel;
  readonly all: Meter;

  constructor(options: KernelOptions = {}) {
    const sizes = { nodes: 128, frames: 1024 };
    this.kernel = createKernel({ ...sizes, partitions: { window: 100 * TICK }, ...options });
    this.all = this.meter("all");
  }

  meter(name: string, cycles?: bigint): Meter {
    const { kernel } = this;
    const amount = cycles === undefined ? {} : { cycles };
    return kernel.createMeter({ name, superior: kernel.primeMeter, ...amount });
  }

  partition(name: string, budget: number, options: { max?: number; critical?: number } = {}) {
    return this.kernel.createPartition({ name, budget, ...options });
  }

  /** A puppet that is not started yet. */
  make(
    name: string,
    partition: Partition,
    steps: readonly Step[],
    options: Partial<DomainOptions> = {},
  ): { domain: Domain; seen: Seen } {
    return play(this.kernel, options.meter ?? this.all, steps, { name, partition, ...options });
  }

  /** Runs until nobody can go on, or for so many cycles. */
  async run(cycles?: number): Promise<void> {
    const { kernel } = this;
    await kernel.run(cycles === undefined ? {} : { cycles });
    expect(imbalances(kernel)).toEqual([]);
  }
}

/** What does not add up: the truth, what was billed, and what the partitions were charged. */
export function imbalances(kernel: Kernel): string[] {
  return kernel.core.still(() => {
    const wrong = findings(kernel);
    const { elapsed, billed } = kernel.timing();
    const domains = [...kernel.domains()];
    const ran = sum(domains.map((domain) => domain.ran));
    const paid = sum(domains.map((domain) => domain.consumed + domain.owed));
    if (ran > elapsed) wrong.push(`ran ${ran} of ${elapsed}`);
    if (paid > billed) wrong.push(`billed ${billed}, to domains ${paid}`);
    if (!kernel.core.partitions) return wrong;
    const total = sum([...kernel.partitions()].map((partition) => partition.usage().total));
    if (total !== billed) wrong.push(`billed ${billed}, to partitions ${total}`);
    return wrong;
  });
}

export const sum = (list: readonly bigint[]): bigint => list.reduce((all, one) => all + one, 0n);
