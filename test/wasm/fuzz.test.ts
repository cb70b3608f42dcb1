// Random modules: the engine runs them plain and metered, the reference interpreter says what comes of it and
// what it costs. RUNS and SEED ask for others.

import { describe, expect, test } from "vitest";
import { metered } from "../../bench/wasm/variants.js";
import { compare } from "./differential.js";
import { generate } from "./generator.js";
import { pricesOf, randomCosts } from "./prices.js";

const RUNS = Number(process.env.RUNS ?? 60);
const SEED = Number(process.env.SEED ?? 1);
/** How much a refill brings must not matter. */
const ADVANCES = [1n, 7n, 1000n, 1_000_000n];

describe("random modules", () => {
  test(`${RUNS} from seed ${SEED} on: results, traps, state and count as the interpreter has them`, () => {
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const advance = ADVANCES[seed % ADVANCES.length]!;
      const found = compare(generate(seed), metered({ advance }));
      expect(found, `seed ${seed}, advance ${advance}`).toBeUndefined();
    }
  });

  test("the same with random tables of costs", () => {
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const advance = ADVANCES[seed % ADVANCES.length]!;
      const costs = randomCosts(seed);
      const found = compare(generate(seed), metered({ advance, costs }), pricesOf(costs));
      expect(found, `seed ${seed}, advance ${advance}, ${JSON.stringify(costs)}`).toBeUndefined();
    }
  });
});
