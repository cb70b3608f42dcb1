// The guests that billing is tried with: one that dodges ticks, two that talk many times in a tick.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { clockKey } from "../src/index.js";
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
