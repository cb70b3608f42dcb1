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

  test("dodger: late where it does not get the processor in time", async () => {
    const town = new Town({ processors: 1, seed: 1, quantum: 100_000 });
    const meter = town.meter("all");
    town.guest("spin", meter);
    const keys = { [SLOT.clock]: clockKey, [SLOT.wait]: town.kernel.createWait().key };
    const dodger = town.guest("dodger 5", meter, { keys });
    await town.kernel.run({ cycles: 2_000_000 });
    expect(dodger.output).toBe("dodger ticks 5 late 5\n");
  });

  test("talk: many calls in a tick, each answered", async () => {
    const town = new Town();
    const listener = town.guest("talk 0 10", town.meter("listeners"));
    const keys = { [SLOT.server]: listener.startKey() };
    const talker = town.guest("talk", town.meter("talkers"), { keys });
    await town.kernel.run();
    expect(talker.output).toBe("talk calls 1000 heard 1000 wrong 0\n");
    expect(Number(town.kernel.time)).toBeLessThan(1000 * 400);
    expect(findings(town.kernel)).toEqual([]);
    const readme = readFileSync(new URL("../guests/README.md", import.meta.url), "utf8");
    expect(readme).toContain(talker.output.trim());
    expect(readme).toContain("dodger ticks 100 late 0");
  });
});
