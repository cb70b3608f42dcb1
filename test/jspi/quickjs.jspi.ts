// Plugins in JavaScript that are suspended where they can't go on.

import { describe, expect, test } from "vitest";
import { ExhaustedError, type Keeper } from "../../src/index.js";
import { PLENTY, plugin } from "../plugins.js";
import { balanced, type Tree, tree } from "../wasm/plugin.js";
import { quiet, watched } from "./suspended.js";

const REGEX = "/^(a+)+$/.test('a'.repeat(20) + 'b')";

/** Gives a little each time that all stands still, until it is over. */
async function drip<Value>(world: Tree, promise: Promise<Value>, amount: bigint): Promise<Value> {
  const seen = watched(promise);
  for (let i = 0; i < 500 && !("value" in seen) && !("error" in seen); i++) {
    await quiet();
    balanced(world);
    world.tenant.add(amount);
  }
  return promise;
}

describe("a plugin that may be suspended", () => {
  test("waits in the midst of a regex, and goes on from there", async () => {
    const world = tree({ cycles: 20_000_000n });
    const { js } = await plugin({ suspend: true }, world);
    const seen = watched(js.eval(REGEX));
    await quiet();
    expect(seen).toEqual({});
    expect(js.domain.state).toBe("parked");
    expect(js.domain.consumed).toBe(20_000_000n);
    expect(await drip(world, js.eval("'next'"), 3_000_000n)).toBe("next");
    expect(seen).toEqual({ value: false });
    balanced(world);
  });

  test("costs what one costs that is not", async () => {
    const code = `(() => { let sum = 0; for (let i = 0; i < 200; i++) sum += twice(i).n; return sum })()`;
    const costs = [];
    for (const cycles of [PLENTY, 8_000_000n]) {
      const world = tree({ cycles });
      const { js } = await plugin({ suspend: true, clock: () => 0 }, world);
      js.expose("twice", (n: number) => ({ n: 2 * n }));
      const before = js.domain.consumed;
      expect(await drip(world, js.eval(code), 500_000n)).toBe(39_800);
      costs.push(js.domain.consumed + js.domain.owed - before);
      balanced(world);
    }
    expect(costs[0]).toBe(costs[1]);
  });

  test("by a keeper that answers later", async () => {
    const keeper: Keeper = async ({ meter }) => {
      await quiet();
      meter.add(20_000_000n);
    };
    const world = tree({ cycles: 20_000_000n, keeper });
    const { js } = await plugin({ suspend: true }, world);
    expect(await js.eval(REGEX)).toBe(false);
    expect(world.tenant.statistics().keeperCalls).toBeGreaterThan(2);
    balanced(world);
  });

  test.each(["off", "stop"])(
    "%s by a function of the host: it waits at its next look",
    async (how) => {
      const { js, world } = await plugin({ suspend: true });
      js.expose("off", () => {
        if (how === "off") world.tenant.off();
        else js.domain.stop();
        return { a: "result" };
      });
      const seen = watched(
        js.eval("let n = 0; try { n = off().a } finally { for (let i = 0; i < 9; i++) n += i } n"),
      );
      await quiet();
      expect(seen).toEqual({});
      balanced(world);
      if (how === "off") world.tenant.on(PLENTY);
      else js.domain.start();
      expect(await drip(world, js.eval("2"), 1n)).toBe(2);
      expect(seen).toEqual({ value: "result012345678" });
      balanced(world);
    },
  );

  test("what a function of the host asks of it runs on credit, not for ever", async () => {
    const world = tree({ cycles: 20_000_000n });
    const { js } = await plugin({ suspend: true }, world);
    js.expose("again", () => js.callNow("forever"));
    await js.eval("const forever = () => { for (;;) {} }");
    const { error } = await js.eval("try { again() } catch {}").then(
      () => ({ error: undefined }),
      (error: unknown) => ({ error }),
    );
    expect(error).toBeInstanceOf(ExhaustedError);
    expect(js.domain.consumed).toBe(20_000_000n);
    expect(js.domain.owed).toBeGreaterThan(0n);
    expect(js.domain.owed).toBeLessThan(110_000n);
    balanced(world);
  });

  test("onDecline trap: it ends; loaded anew while it waits, it does not go on", async () => {
    const world = tree({ cycles: 20_000_000n });
    const { js } = await plugin({ suspend: true, onDecline: "trap" }, world);
    await expect(js.eval(REGEX)).rejects.toThrow(ExhaustedError);
    world.tenant.add(20_000_000n);
    const other = await plugin({ suspend: true }, world);
    const seen = watched(other.js.eval("for (;;) {}"));
    await quiet();
    const reset = other.js.reset();
    world.tenant.add(20_000_000n);
    await reset;
    expect(String(seen.error)).toMatch(/loaded anew|rescinded/);
    expect(await other.js.eval("1")).toBe(1);
    expect(world.kernel.check().findings).toEqual([]);
  });
});
