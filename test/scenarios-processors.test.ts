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
const isOfLocks = (file: string) => file.startsWith("lock-") || file === "shared-segment.toml";

/** These are about who runs for how long: on several processors each can have at most one of them. */
const isOfTime = (file: string) =>
  /^(partitions-|microbilling|tick-dodger|guest-dodger)/.test(file);

/** Guests run in the host's thread, and only beside one processor. */
const isOfGuests = (file: string) => file === "plugins.toml";

/** Who is the first to touch a page depends on who runs when, and so does who pays for it. */
const isOfResidence = (file: string) => file.startsWith("residence-");

const FILES = readdirSync("scenarios");
const isAlike = (file: string) =>
  ![isOfLocks, isOfTime, isOfGuests, isOfResidence].some((is) => is(file));
describe.each(FILES.filter(isAlike))("%s", (file) => {
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
const SURVIVING = [...SURVIVORS.map((name) => `lock-${name}.toml`), "shared-segment.toml"];
describe.each(SURVIVING)("%s", (file) => {
  test.each(Object.entries(VARIANTS))("%s", async (_, options) => {
    const { findings, expectations } = await play(file, options);
    expect(findings).toEqual([]);
    const last = expectations.filter(({ text }) => !/^at |audit|output/.test(text));
    expect(last.length).toBeGreaterThan(1);
    expect(last.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe.each(FILES.filter(isOfResidence))("%s", (file) => {
  const played = play(file);

  test.each(Object.entries(VARIANTS))("%s: no word-cycle is lost", async (_, options) => {
    const alone = await played;
    const { findings, domains, residence, expectations } = await play(file, options);
    expect(findings).toEqual([]);
    // Whoever pays and whenever pages come: programs come to the same ends.
    const ended = domains.filter(({ state }) => state === "ended");
    const ends = (all: Report["domains"]) =>
      all.map(({ name, exitCode, output, consumed }) => ({ name, exitCode, output, consumed }));
    const names = new Set(ended.map(({ name }) => name));
    expect(ends(ended)).toEqual(ends(alone.domains.filter(({ name }) => names.has(name))));
    expect(names.size).toBe(alone.domains.filter(({ state }) => state === "ended").length);
    const about = expectations.filter(({ text }) => /^(answer|\S+-sort|storm|sieve)\b/.test(text));
    expect(about.filter(({ ok }) => !ok)).toEqual([]);
    // One page each time.
    const { charged, unowned, faults } = residence!;
    expect(charged + unowned).toBe(faults * 1024n * BigInt(residence!.period));
  });
});

describe.each(FILES.filter(isOfTime))("%s", (file) => {
  test.each(Object.entries(VARIANTS))("%s: no cycle is lost", async (_, options) => {
    const { findings, time, processors, cycles } = await play(file, options);
    expect(findings).toEqual([]);
    expect(processors).toBe(options.processors);
    // Each processor has had its time, up to where its clock stands.
    const { elapsed, billed, idle, unbilled } = time!;
    expect(Number(elapsed)).toBeLessThanOrEqual(Number(cycles) * processors);
    if (file !== "microbilling.toml") expect(elapsed).toBe(billed + idle + unbilled);
  });
});

// One domain can't be on two processors: of these System has one of two, and Pa and Pb share the other by their budgets.
// Threads that are kept waiting by others on the machine leave each other some time.
test.each([
  ["2 simulated", 1],
  ["2 workers", 4],
] as const)("full load on %s, within %d points", async (name, most) => {
  const { partitions } = await play("partitions-full-load.toml", VARIANTS[name]);
  const golden = [50, (50 * 20) / 30, (50 * 10) / 30];
  expect(partitions).toHaveLength(golden.length);
  partitions.forEach(({ name, share }, index) => {
    expect(Math.abs(share - golden[index]!), `${name} ${share}`).toBeLessThanOrEqual(most);
  });
});

test.each(Object.entries(VARIANTS))("underload on %s is met as asked", async (_, options) => {
  const { domains } = await play("partitions-underload.toml", options);
  const asked: Record<string, number> = { "system-work": 9968, "pa-work": 24_896, "pb-work": 8368 };
  for (const { name, time } of domains) {
    // 1,050 times 10 ms.
    const wanted = 1050 * asked[name]!;
    expect(Math.abs(Number(time!.ran) - wanted) / wanted, name).toBeLessThan(0.01);
  }
});

test.each(Object.entries(VARIANTS))(
  "on %s clients pay, but for who opts out",
  async (_, options) => {
    const { partitions, domains } = await play("partitions-client-pays.toml", options);
    const billed = (name: string) => Number(partitions.find((p) => p.name === name)!.total);
    const ran = (name: string) => Number(domains.find((d) => d.name === name)!.time!.ran);
    expect(billed("Shared")).toBeLessThan(100);
    const clients = ran("caller-a") + ran("caller-b") + ran("shared");
    expect(billed("Pa") + billed("Pb") + billed("Shared")).toBe(clients);
    expect(billed("Pa")).toBeGreaterThan(ran("caller-a") + 100_000);
    expect(billed("Proud")).toBe(ran("proud"));
    expect(billed("Pc")).toBe(ran("caller-c"));
  },
);
