// The scenarios on several processors: the same bill as on one, but for what depends on who runs when.

import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { KernelOptions } from "../src/index.js";
import { loadScenario } from "../src/scenario/file.js";
import type { Report } from "../src/scenario/report.js";
import { ScenarioRun } from "../src/scenario/run.js";

/** What of a scenario depends on who has run how far by some time; nothing else may differ. */
interface Timed {
  readonly meters: readonly string[];
  readonly domains: readonly string[];
  readonly claims: RegExp;
}

const NOTHING: Timed = { meters: [], domains: [], claims: /^$/ };
const TIMED: Readonly<Record<string, Timed>> = {
  // Two domains race for one budget: the one that never ends takes what the other leaves, and that
  // one comes to its end if it is fast enough.
  "hostile.toml": { meters: ["cage"], domains: ["spin", "hog"], claims: /^(hog|cage: keeper)/ },
  // Here, too, but what both take together is the budget.
  "first-light.toml": { meters: [], domains: ["sort", "spin"], claims: /^$/ },
  // What a meter held when the operator switched it off is what the domains below it had left by then.
  "off-switch.toml": { meters: ["middle"], domains: [], claims: /^at |^middle: counter/ },
  "echo.toml": { meters: ["client"], domains: [], claims: /^$/ },
  // A turn is a time: on several processors, both of a group run in it, and more of the budget is used.
  "scheduler.toml": {
    meters: ["red", "red-low", "blue"],
    domains: ["red-spin", "blue-spin", "scheduler"],
    claims: /^answer report: numbers/,
  },
};

const VARIANTS: Readonly<Record<string, KernelOptions>> = {
  "2 simulated": { processors: 2, seed: 1 },
  "4 simulated": { processors: 4, seed: 1 },
  "2 workers": { processors: 2 },
  "4 workers": { processors: 4 },
};

async function play(file: string, options: KernelOptions = {}): Promise<Report> {
  const scenario = loadScenario(`scenarios/${file}`);
  const run = new ScenarioRun({ ...scenario, kernel: { ...scenario.kernel, ...options } });
  try {
    return await run.run();
  } finally {
    run.kernel.dispose();
  }
}

function bill(report: Report, timed: Timed): object {
  return {
    ending: report.ending,
    meters: report.meters.filter(({ name }) => !timed.meters.includes(name)),
    domains: report.domains.filter(({ name }) => !timed.domains.includes(name)),
  };
}

/** Who is stopped where, in the scenarios of locks, depends on who runs when, and so does all that follows. */
const isOfLocks = (file: string) => file.startsWith("lock-");

describe.each(readdirSync("scenarios").filter((file) => !isOfLocks(file)))("%s", (file) => {
  const timed = TIMED[file] ?? NOTHING;
  const alone = play(file);

  test.each(Object.entries(VARIANTS))("%s", async (_, options) => {
    const report = await play(file, options);
    expect(report.findings).toEqual([]);
    expect(bill(report, timed)).toEqual(bill(await alone, timed));
    const broken = report.expectations.filter(({ ok, text }) => !ok && !timed.claims.test(text));
    expect(broken).toEqual([]);
    // What is not compared adds up all the same.
    for (const { granted, consumed, counter } of report.meters) {
      expect(BigInt.asUintN(64, counter + consumed)).toBe(granted);
    }
    expect(report.consumed).toBe((await alone).consumed);
  });
});

// Wherever the caller was stopped: where the owner pays, or nobody locks, the other one is served.
const SURVIVORS = ["server", "concurrent", "cas", "owner-delayed"];
describe.each(SURVIVORS.map((name) => `lock-${name}.toml`))("%s", (file) => {
  test.each(Object.entries(VARIANTS))("%s", async (_, options) => {
    const { findings, expectations } = await play(file, options);
    expect(findings).toEqual([]);
    const last = expectations.filter(({ text }) => !/^at |audit|output/.test(text));
    expect(last.length).toBeGreaterThan(1);
    expect(last.filter(({ ok }) => !ok)).toEqual([]);
  });
});
