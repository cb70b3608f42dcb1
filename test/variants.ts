// The ways to run a kernel in which every item of the acceptance list must hold: one processor without a
// lock, several that are threads, and several that are simulated.

import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import type { Kernel, KernelOptions } from "../src/index.js";

const build = (name: string) => readFileSync(new URL(`../build/${name}.wasm`, import.meta.url));
/** The shared build with assertions. */
const CHECKED = build("kernel.shared.debug");

const VARIANTS: Readonly<Record<string, KernelOptions>> = {
  "one processor": {},
  "2 workers": { processors: 2 },
  "4 workers": { processors: 4 },
  "1 simulated": { processors: 1, seed: 1 },
  "2 simulated": { processors: 2, seed: 1 },
  "2 simulated, checked": { processors: 2, seed: 20, build: CHECKED },
  "4 simulated": { processors: 4, seed: 1 },
  "4 simulated, checked": { processors: 4, seed: 20, build: CHECKED },
};

let current: KernelOptions | undefined;
const made: Kernel[] = [];

/** Items that hold in every variant; their labs are of the one that is at work. */
export function everywhere(name: string, items: () => void): void {
  describe.each(Object.entries(VARIANTS))(`${name}, %s`, (_, options) => {
    beforeAll(() => {
      current = options;
    });
    afterEach(() => {
      for (const kernel of made.splice(0)) kernel.dispose();
    });
    afterAll(() => {
      current = undefined;
    });
    items();
  });
}

/** What makes the variant at work: for each kernel of a test. Outside of `everywhere`, nothing does. */
export function variant(): KernelOptions {
  return current ?? {};
}

/** The build with assertions that the variant at work can do with. */
export function checkedBuild(): Uint8Array {
  return variant().processors === undefined ? build("kernel.debug") : CHECKED;
}

/** How many processors there are. */
export function processors(): number {
  return variant().processors ?? 1;
}

/**
 * What so many domains that are always ready run in a time, all told: one processor is at work at the least,
 * and each of them at the most. When work that one has goes over to another is nobody's promise.
 */
export function expectRan(cycles: bigint, time: bigint, domains: number): void {
  expect(cycles).toBeGreaterThanOrEqual(time);
  expect(cycles).toBeLessThanOrEqual(time * BigInt(Math.min(domains, processors())));
}

/** A kernel of the variant at work ends with its test: workers would go on existing. */
export function endsWithTest(kernel: Kernel): Kernel {
  if (current) made.push(kernel);
  return kernel;
}
