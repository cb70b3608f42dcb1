// Random puppets with random scripts and keys under random trees: the model of gates and kernels of
// several settings side by side.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, test } from "vitest";
import { GatePair } from "./gate-pair.js";
import type { SideOptions } from "./gate-side.js";
import { type Act, acts, type GatePlan, plan } from "./gate-world.js";

const debug = readFileSync(new URL("../build/kernel.debug.wasm", import.meta.url));

/** What must not be seen: the model knows nothing of it. */
const variants: Record<string, SideOptions> = {
  release: { advance: 64n },
  debug: { advance: 64n, build: debug },
  // Alone, a processor of several runs what the one of the other build does.
  simulated: { advance: 64n, processors: 1, seed: 1 },
  single: { advance: 1n },
  whole: {},
  cut: { advance: 64n, isCut: true },
};

const SEEDS = [1, 2, 3, 4];
/** For each seed; more by RUNS=200, one seed again by SEED=… */
const RUNS = Number(process.env.RUNS ?? 25);

const TIMEOUT = 60_000 + 1000 * RUNS;

/** How many came to their end, and how many steps were compared: see below. */
let ends = 0;

function story(start: GatePlan, list: readonly Act[]): void {
  const pair = new GatePair(start, variants);
  try {
    pair.compare();
    for (const act of list) {
      if (!pair.act(act)) {
        pair.checkAll();
        return;
      }
      pair.compare();
    }
    ends++;
  } finally {
    pair.dispose();
  }
}

/** What is found is made smaller as long as there is time. */
function explore(seed: number): void {
  const interruptAfterTimeLimit = TIMEOUT - 15_000;
  const o = { seed, numRuns: RUNS, endOnFailure: false, interruptAfterTimeLimit };
  fc.assert(fc.property(plan, acts, story), o);
}

describe("gates do as the model does", () => {
  test.each(SEEDS)("seed %i", explore, TIMEOUT);

  const seed = Number(process.env.SEED ?? (Math.random() * 0x7fffffff) | 0);
  test(
    `a random seed: SEED=${seed}`,
    () => {
      explore(seed);
    },
    TIMEOUT,
  );

  test("most stories come to their end", ({ expect }) => {
    expect(ends).toBeGreaterThan(0.5 * RUNS * (SEEDS.length + 1));
  });
});
