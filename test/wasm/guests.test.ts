// Real programs: metered they do the same, and take as many cycles each time.

import { describe, expect, test } from "vitest";
import { loadAs } from "../../bench/wasm/guest.js";
import { GUESTS } from "../../bench/wasm/guests.js";
import { metered, plain } from "../../bench/wasm/variants.js";

/** These ask for the time or for random numbers: Go's runtime, and Lua for the seed of its tables. */
const BY_CHANCE = ["esbuild", "lua"];

describe("packages from npm, metered", () => {
  test.each(GUESTS)("$name ($producer)", async (guest) => {
    const work = await loadAs(plain, guest);
    const expected = await work();
    const byChance = BY_CHANCE.includes(guest.name);
    const counts = new Set<bigint>();
    for (const advance of byChance ? [1_000_000n] : [1_000_000n, 10_007n]) {
      const counting = metered({ advance });
      const same = await loadAs(counting, guest);
      expect(await same()).toBe(expected);
      counts.add(counting.counted());
    }
    expect(counts.size).toBe(1);
  });
});
