// Real programs: metered they do the same, and take as many cycles each time, and on every version of Node:
// as many as is written down in counts.json.

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { loadAs } from "../../bench/wasm/guest.js";
import { GUESTS } from "../../bench/wasm/guests.js";
import { metered, plain } from "../../bench/wasm/variants.js";
import golden from "./counts.json" with { type: "json" };

/** These ask for the time or for random numbers: Go's runtime, and Lua for the seed of its tables. */
const BY_CHANCE = ["esbuild", "lua"];
const [, script] = process.argv;

// Emscripten's glue puts both into the environment of its guests, which they read: other inputs, other counts.
beforeAll(() => {
  process.argv[1] = "guest";
  vi.stubGlobal("navigator", undefined);
});
afterAll(() => {
  process.argv[1] = script!;
  vi.unstubAllGlobals();
});

describe("packages from npm, metered", () => {
  test.each(GUESTS)("$name ($producer)", async (guest) => {
    const work = await loadAs(plain, guest);
    const expected = await work();
    const byChance = BY_CHANCE.includes(guest.name);
    for (const advance of byChance ? [1_000_000n] : [1_000_000n, 10_007n]) {
      const counting = metered({ advance });
      const same = await loadAs(counting, guest);
      expect(await same()).toBe(expected);
      const count = golden[guest.name as keyof typeof golden];
      if (!byChance) expect(counting.counted()).toBe(BigInt(count));
    }
  });
});
