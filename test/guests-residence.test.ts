// The guests that core residence is tried with, as programs: when they run, and what they find in their pages.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { clockKey, type Domain, type Page } from "../src/index.js";
import { findings } from "./lab.js";
import { numbers, SLOT, Town } from "./town.js";
import { everywhere } from "./variants.js";

/** Where tenants and riders see the pages that they share. */
const TABLE = 0x2000;

function alarmed(town: Town, words: string, pages: Page[] = [], write = false): Domain {
  const keys = { [SLOT.clock]: clockKey, [SLOT.wait]: town.kernel.createWait().key };
  const seen = pages.map((page, n) => ({ page, at: TABLE + 4096 * n, write }));
  return town.guest(words, town.meter(words), { keys, pages: seen });
}

everywhere("guests for residence", () => {
  test("tenant: calls by chance, as often as it was told", async () => {
    const town = new Town();
    const pages = Array.from({ length: 3 }, () => town.kernel.createPage());
    pages[1]!.write(0, Uint8Array.of(7));
    const often = alarmed(town, "tenant 10000 1000 3", pages);
    const seldom = alarmed(town, "tenant 100000 100 3 2", pages);
    const alone = alarmed(town, "tenant 10000 1000");
    await town.kernel.run();
    const hash = (domain: Domain, calls: number) => {
      const [, number, hash] = /^tenant calls (\d+) hash ([0-9a-f]{8})\n$/.exec(domain.output)!;
      expect(Number(number)).toBe(calls);
      return hash;
    };
    const [first, second] = [hash(often, 1000), hash(seldom, 100)];
    expect(new Set([first, second, hash(alone, 1000)]).size).toBe(3);
    // 100 calls of the one, 1,000 of the other: 10,000,000 cycles, within five standard deviations of the first.
    const time = Number(town.kernel.time);
    expect(time).toBeGreaterThan(5_000_000);
    expect(time).toBeLessThan(15_000_000);
    expect(findings(town.kernel)).toEqual([]);
  });

  test("rider: at its phase of each period, and the time that it asks for is in the shared page", async () => {
    const town = new Town();
    const page = town.kernel.createPage();
    const peer = alarmed(town, "rider 100000 5000 10 1", [page], true);
    const rider = alarmed(town, "rider 100000 5500 10 1 511", [page], true);
    await town.kernel.run();
    expect([peer.output, rider.output]).toEqual(["rider times 10\n", "rider times 10\n"]);
    const asked = [0, 511].map((number) => numbers(page.read(8 * number, 8), 8)[0]);
    expect(asked).toEqual([1_005_000n * 256n, 1_005_500n * 256n]);
    expect(town.kernel.time).toBeGreaterThan(1_005_500n);
    expect(town.kernel.time).toBeLessThan(1_010_000n);
    expect(findings(town.kernel)).toEqual([]);
  });

  test("idler: its pages hold what it wrote", async () => {
    const town = new Town();
    const idler = town.guest("idler 20", town.meter("idlers"));
    const ask = async (order: number) => {
      const answer = town.kernel.call(idler.startKey(), { order });
      await town.kernel.run();
      const { order: code, string } = await answer;
      return [code, ...numbers(string, 4)];
    };
    expect(await ask(1)).toEqual([0, 20n]);
    expect(idler.output).toBe("idler pages 20\n");
    expect(await ask(0x8000_0000)).toEqual([0x10b]);
    expect(await ask(2)).toEqual([0x8000_0002]);
    expect(await ask(1)).toEqual([0, 20n]);
  });

  test("where there is no memory for their pages they say so", async () => {
    const town = new Town();
    const meter = town.meter("small");
    const small = ["idler 100", "storm 100"].map((words) => town.guest(words, meter));
    await town.kernel.run();
    expect(small.map(({ output, exitCode }) => [output, exitCode])).toEqual([
      ["idler: no memory for 100 pages\n", 1],
      ["storm: no memory for 100 pages\n", 1],
    ]);
  });
});

describe("with core residence", () => {
  const PERIOD = 160_000;
  const PERIODS = 1000;

  /** Who paid for which page how often. */
  async function charges(words: readonly string[], pages: number, phase: "fixed" | "random") {
    const residence = { core: 128, pages: 1024, latency: 1000, period: PERIOD, phase };
    const town = new Town({ processors: 1, seed: 1, trace: true, residence });
    const table = Array.from({ length: pages }, () => town.kernel.createPage());
    const paid = new Map<number, Map<string, number>>();
    town.kernel.on("charge", ({ meter, page }) => {
      const payers = paid.get(page) ?? new Map<string, number>();
      paid.set(page, payers.set(meter!.name, (payers.get(meter!.name) ?? 0) + 1));
    });
    for (const each of words) alarmed(town, each, table, true);
    await town.kernel.run({ cycles: PERIOD * PERIODS });
    expect(findings(town.kernel)).toEqual([]);
    return [...paid.values()].map((payers) => words.map((name) => payers.get(name) ?? 0));
  }

  test("tenants pay for each shared page as often as they call, within 4 standard errors", async () => {
    const rates = [4, 8, 16];
    const words = rates.map((rate, n) => `tenant ${PERIOD / rate} 0 4 ${n + 1}`);
    const paid = await charges(words, 4, "fixed");
    const shared = paid.filter((counts) => counts.every((count) => count > 0));
    // Four pages of the library, four of the table, three with the rest of the program.
    expect(shared).toHaveLength(11);
    for (const counts of shared) {
      expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(0.99 * PERIODS);
      for (const [n, count] of counts.entries()) {
        const share = rates[n]! / 28;
        const error = Math.sqrt(share * (1 - share) * PERIODS);
        expect(Math.abs(count - share * PERIODS)).toBeLessThan(4 * error);
      }
    }
  });

  test("a rider pays for nothing that it shares with a fixed phase, and by its delay with a random one", async () => {
    const words = ["rider 160000 20000 0 2 0", "rider 160000 60000 0 2 1"];
    const isShared = ([peer]: number[]) => peer! > 100;
    const fixed = (await charges(words, 2, "fixed")).filter(isShared);
    expect(fixed).toHaveLength(3);
    for (const [peer, rider] of fixed) {
      expect([peer! >= PERIODS - 1, rider]).toEqual([true, 0]);
    }
    // A quarter of a period late.
    const random = (await charges(words, 2, "random")).filter(isShared);
    expect(random).toHaveLength(3);
    for (const [, rider] of random) expect(Math.abs(rider! - PERIODS / 4)).toBeLessThan(55);
  });
});

test("the lines that the README shows", async () => {
  const readme = readFileSync(new URL("../guests/README.md", import.meta.url), "utf8");
  const town = new Town({ processors: 1, seed: 1 });
  const rider = alarmed(town, "rider 160000 0 10", [town.kernel.createPage()], true);
  const others = [alarmed(town, "tenant 10000 100"), town.guest("idler", town.meter("idlers"))];
  await town.kernel.run();
  for (const { output } of [rider, ...others]) {
    expect(output).toMatch(/^\w+ .*\n$/);
    expect(readme).toContain(`\`${output.trim()}\``);
  }
});
