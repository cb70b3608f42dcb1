// Guests in workers of their own: what they do is what they would do in the host's thread, and costs the same.

import { afterEach, describe, expect, test } from "vitest";
import type { Keeper, Kernel } from "../src/index.js";
import { ExhaustedError, OptionError, RescindedError } from "../src/index.js";
import { AROUND, balanced, load, ran, TURN, tree } from "./wasm/plugin.js";
import { ranBy, remote, until } from "./wasm/remote.js";

const caches = [7n, 1000n, 80_000_000n];
const kernels: Kernel[] = [];

/** A tree whose workers end with the test. */
function world(options: Parameters<typeof tree>[0] = {}) {
  const made = tree(options);
  kernels.push(made.kernel);
  return made;
}

afterEach(() => {
  for (const kernel of kernels.splice(0)) kernel.dispose();
});

describe("a guest in a worker", () => {
  test.each(caches)("pays every meter above it exactly, by advances of %d", async (advance) => {
    const here = world({ kernel: { advance } });
    const guest = await remote(here);
    await guest.ready;
    for (const turns of [1, 2, 1000, 33]) {
      const before = ranBy(guest);
      await guest.call("spin", turns);
      expect(ranBy(guest) - before).toBe(TURN * BigInt(turns));
      balanced(here);
    }
    expect(here.kernel.time).toBe(ranBy(guest));
    expect(guest.domain.state).toBe("available");
  });

  test("gives what its function gives, and takes what it takes", async () => {
    const guest = await remote(world(), {
      text: `(module (func (export "swap") (param i32 i64 f64) (result f64 i64 i32)
        (local.get 2) (local.get 1) (local.get 0)) (func (export "none")))`,
    });
    expect(await guest.call("swap", 7, 2n ** 63n - 1n, 0.5)).toEqual([0.5, 2n ** 63n - 1n, 7]);
    expect(await guest.call("swap", -1, -1n, Number.NaN)).toEqual([Number.NaN, -1n, -1]);
    expect(await guest.call("none")).toBe(undefined);
    await expect(guest.call("swap", 7, 8, 9)).rejects.toThrow(TypeError);
  });
});
