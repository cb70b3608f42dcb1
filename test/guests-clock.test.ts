// The guests that billing is tried with: one that dodges ticks, two that talk many times in a tick.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clockKey, type KernelOptions } from "../src/index.js";
import { findings } from "./lab.js";
import { SLOT, Town } from "./town.js";
import { everywhere } from "./variants.js";

everywhere("guests for clocks", () => {
  test("dodger: alone, it is at work for its share of each tick, and never at one", async () => {
    const town = new Town();
    const keys = { [SLOT.clock]: clockKey, [SLOT.wait]: town.kernel.createWait().key };
    const dodger = town.guest("dodger 50 16000 60", town.meter("dodgers"), { keys });
    await town.kernel.run();
    expect(dodger.output).toBe("dodger ticks 50 late 0\n");
    // A 64th of the tick and up to a reading of the clock are not its work.
    const share = Number(dodger.consumed) / Number(town.kernel.time);
    expect(share).toBeGreaterThan(0.55);
    expect(share).toBeLessThan(0.6);
    expect(findings(town.kernel)).toEqual([]);
  });
});

test("dodger: late where it does not get the processor in time", async () => {
  const town = new Town({ processors: 1, seed: 1, quantum: 100_000 });
  const meter = town.meter("all");
  town.guest("spin", meter);
  const keys = { [SLOT.clock]: clockKey, [SLOT.wait]: town.kernel.createWait().key };
  const dodger = town.guest("dodger 5", meter, { keys });
  await town.kernel.run({ cycles: 2_000_000 });
  expect(dodger.output).toBe("dodger ticks 5 late 5\n");
});

test("talk: many messages in a tick", async () => {
  const town = new Town({ processors: 1, seed: 1 });
  const answerer = town.guest("talk answer 20", town.meter("answers"));
  const keys = { [SLOT.server]: answerer.startKey() };
  const asker = town.guest("talk ask 20", town.meter("asks"), { keys });
  await town.kernel.run({ cycles: 10 * 16_000 });
  expect(town.kernel.statistics().messages).toBeGreaterThan(10n * 150n);
  expect(asker.consumed + answerer.consumed).toBe(town.kernel.time);
  expect(findings(town.kernel)).toEqual([]);
});

test("the line that the README shows", () => {
  const readme = readFileSync(new URL("../guests/README.md", import.meta.url), "utf8");
  expect(readme).toContain("dodger ticks 100 late 0");
});

describe.each(["tick", "microbill"] as const)("who dodges ticks, billed by %s", (by) => {
  /** What it was billed of what it ran, with a spinner below it that runs at every tick. */
  async function dodge(options: KernelOptions) {
    const town = new Town({ processors: 1, seed: 1, billing: { by }, partitions: {}, ...options });
    const { kernel } = town;
    const wait = kernel.createWait().key;
    const keys = { [SLOT.clock]: clockKey, [SLOT.wait]: wait };
    const meter = town.meter("dodger", { cycles: 5_000_000n });
    const dodger = town.guest("dodger 100 16000 80", meter, { keys, priority: 20 });
    const spin = town.guest("spin", town.meter("spin"));
    await kernel.run({ cycles: 110 * 16_000 });
    expect(dodger.output).toBe("dodger ticks 100 late 0\n");
    const billed = { dodger: dodger.consumed + dodger.owed, spin: spin.consumed + spin.owed };
    expect(meter.peek()).toBe(5_000_000n - dodger.consumed);
    return { billed, dodger, spin, kernel };
  }

  test("and what it really ran", async () => {
    const { billed, dodger, spin, kernel } = await dodge({});
    const { elapsed, idle, unbilled } = kernel.timing();
    expect(dodger.ran + spin.ran).toBe(elapsed);
    expect(Number(dodger.ran) / Number(elapsed)).toBeGreaterThan(0.65);
    if (by === "tick") {
      // The other pays for all, five times what it ran.
      expect(billed).toEqual({ dodger: 0n, spin: elapsed });
      expect(Number(billed.spin) / Number(spin.ran)).toBeGreaterThan(3);
    } else expect(billed).toEqual({ dodger: dodger.ran, spin: spin.ran - unbilled });
    expect(idle).toBe(0n);
    kernel.dispose();
  });

  test("its partition's budget does not hold it where it is not billed", async () => {
    const town = new Town({ processors: 1, seed: 1, billing: { by }, partitions: {} });
    const { kernel } = town;
    const keys = { [SLOT.clock]: clockKey, [SLOT.wait]: kernel.createWait().key };
    const partition = kernel.createPartition({ name: "P", budget: 20 });
    const dodger = town.guest("dodger 1000", town.meter("all"), { keys, priority: 20, partition });
    town.guest("spin", town.meter("spin"));
    await kernel.run({ cycles: 400 * 16_000 });
    const share = Number(dodger.ran) / Number(kernel.time);
    if (by === "tick") expect(share).toBeGreaterThan(0.7);
    else expect(share).toBeLessThan(0.22);
    kernel.dispose();
  });

  test("two who talk many times in a tick", async () => {
    const town = new Town({ processors: 1, seed: 1, billing: { by } });
    const { kernel } = town;
    const answerer = town.guest("talk answer 40", town.meter("answers"));
    const keys = { [SLOT.server]: answerer.startKey() };
    const asker = town.guest("talk ask 10", town.meter("asks"), { keys });
    await kernel.run({ cycles: 200 * 16_000 });
    const { ran, consumed } = asker;
    const error = Math.abs(Number(consumed) / Number(ran) - 1);
    // By ticks it is a matter of luck, and 200 of them are few.
    if (by === "tick") expect(error).toBeGreaterThan(0.01);
    else expect(consumed + (asker.state === "running" ? kernel.timing().unbilled : 0n)).toBe(ran);
    expect(asker.ran + answerer.ran).toBe(kernel.time);
    kernel.dispose();
  });
});
