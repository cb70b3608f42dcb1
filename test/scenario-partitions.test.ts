// Scenarios with a clock that bills and with partitions, as they run.

import { expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { ScenarioError } from "../src/scenario/problem.js";
import { ScenarioRun } from "../src/scenario/run.js";

const LOOP = "bursts = { run = 100_000 }";
const loop = (name: string, more = "") =>
  `[[domain]]\nname = "${name}"\nmeter = "prime"\n${LOOP}\n${more}\n`;
const partition = (name: string, budget: number, more = "") =>
  `[[partition]]\nname = "${name}"\nbudget = ${budget}\n${more}\n`;
const at = (cycle: number, act: string) => `[[at]]\ncycle = ${cycle}\n${act}\n`;
const claim = (text: string) => `[[expect]]\n${text}\n`;

/** 100 ms, the usual window. */
const WINDOW = 1_600_000;

async function play(text: string, windows = 10) {
  const run = new ScenarioRun(parseScenario("test/x.toml", text));
  try {
    // Just before a tick, so that the window is full.
    return await run.run({ cycles: BigInt(windows * WINDOW - 1000) });
  } finally {
    run.kernel.dispose();
  }
}

type Played = Awaited<ReturnType<typeof play>>;

/** What of its time each partition used in the last window, in percent: to a tick, and one that is not billed yet. */
function expectUsed({ partitions }: Played, expected: Record<string, number>): void {
  expect(partitions.map(({ name }) => name)).toEqual(Object.keys(expected));
  for (const { name, used } of partitions) {
    expect(Math.abs(used - expected[name]!), `${name} used ${used}`).toBeLessThan(2.1);
  }
}

const PAIR = partition("P", 20) + loop("system") + loop("p", 'partition = "P"');

test("a partition is changed while it runs", async () => {
  expectUsed(await play(PAIR), { System: 80, P: 20 });
  const more = at(5 * WINDOW, 'change = "P"\nbudget = 60');
  expectUsed(await play(PAIR + more), { System: 40, P: 60 });
  const capped = at(5 * WINDOW, 'change = "P"\nmax = 25') + at(5 * WINDOW, 'stop = "system"');
  expectUsed(await play(PAIR + capped), { System: 0, P: 25 });
});

test("what the kernel refuses to change is told at its line, when it comes to that", async () => {
  const text = `${PAIR}${at(5, 'change = "P"\nbudget = 60\nmax = 50')}`;
  const line = text.split("\n").indexOf('change = "P"');
  await expect(play(text)).rejects.toThrow(ScenarioError);
  await expect(play(text)).rejects.toThrow(`test/x.toml:${line - 1}:1: at[0]: max: `);
  await expect(play(PAIR + at(5, 'change = "System"\nbudget = 60'))).rejects.toThrow(
    /^test\/x\.toml:\d+:1: at\[0\]: budget: the System partition has what others leave/,
  );
});

test("the window is changed while it turns", async () => {
  const report = await play(PAIR + at(5 * WINDOW, "window = 320_000"));
  expect(report.time!.window).toBe(320_000);
  expectUsed(report, { System: 80, P: 20 });
  expect((await play(PAIR)).time!.window).toBe(WINDOW);
});

test("a domain goes to another partition, with another priority", async () => {
  const three = PAIR + partition("Q", 50);
  const moved = await play(three + at(5 * WINDOW, 'schedule = "p"\npartition = "Q"\npriority = 3'));
  expectUsed(moved, { System: 50, P: 0, Q: 50 });
  const p = moved.domains.find(({ name }) => name === "p")!;
  expect(p.time).toMatchObject({ partition: "Q", priority: 3 });
  expect(p.time!.billed).toBe(p.consumed);
  // All free time goes to who comes first.
  const first = at(5 * WINDOW, 'schedule = "p"\npriority = 11');
  expectUsed(await play(three + first), { System: 30, P: 70, Q: 0 });
});

test("every copy of a domain is moved", async () => {
  const text = `${partition("P", 20)}${loop("p", "count = 3")}`;
  const { domains } = await play(text + at(5, 'schedule = "p"\npartition = "P"'), 1);
  expect(domains.map(({ time }) => time!.partition)).toEqual(["P", "P", "P"]);
});

test("round robin takes turns, first in first out does not", async () => {
  const two = (policy: string) => partition("P", 20) + loop("a", policy) + loop("b", policy);
  const ran = async (text: string) =>
    (await play(text)).domains.map(({ time }) => Number(time!.ran));
  const [a, b] = await ran(two('policy = "rr"'));
  expect(Math.abs(a! - b!)).toBeLessThanOrEqual(64_000);
  expect(await ran(two('policy = "fifo"'))).toEqual([10 * WINDOW - 1000, 0]);
});

test("a domain that is rescinded keeps its figures, with what was not billed yet", async () => {
  const text = partition("P", 20) + loop("p", 'partition = "P"');
  const report = await play(text + at(5 * WINDOW + 7, 'rescind-domain = "p"'));
  const { time, state } = report.domains[0]!;
  expect(state).toBe("rescinded");
  expect(time).toMatchObject({ billed: 8_000_007n, ran: 8_000_007n, owed: 0n });
  expect(report.findings).toEqual([]);
});

test("a bankruptcy ends the run where the file says so", async () => {
  const text = `[partitions]\nbankruptcy = "stop"\n${partition("P", 5, "critical = 40_000")}${loop("system")}`;
  const greedy = loop("p", 'partition = "P"\npriority = 20\ncritical = true');
  const report = await play(`${text}${greedy}${claim("conserved = true")}`);
  expect(report.ending).toBe("bankrupt");
  expect(report.cycles).toBeLessThan(BigInt(WINDOW));
  expect(report.partitions[1]).toMatchObject({ bankruptcies: 1, isBankrupt: true });
  expect(report.expectations).toEqual([{ text: "every cycle is accounted for", ok: true }]);
});

test("bursts at multiples of a period, and a phase", async () => {
  const text = `[billing]\n[[domain]]\nname = "d"\nmeter = "prime"
bursts = { run = 100, every = 1_000, phase = 300, times = 5 }\n`;
  const report = await play(text);
  // At once, and then at 300, 1,300, 2,300 and 3,300.
  expect(report).toMatchObject({ ending: "idle", cycles: 3400n });
  expect(report.domains[0]!.time).toMatchObject({ billed: 500n, ran: 500n, partition: null });
  expect(report.partitions).toEqual([]);
});

test("claims on partitions and on what a clock says hold, and fail", async () => {
  const text = [
    ...[PAIR, claim('partition = "P"\nshare = { about = 20, within = 1 }\nused = { min = 21.5 }')],
    claim('partition = "P"\nused-10 = { max = 1 }\nused-100 = { min = 19, max = 21 }'),
    claim(`partition = "P"\nbilled = 5\nbankrupt = true\nbankruptcies = 1\ncritical-used = 0`),
    claim('domain = "p"\nbilled = 5\nran = { min = 3 }\nerror = { max = 0 }\nshare = { min = 90 }'),
    claim("idle-share = { max = 0 }\nbackwards = 0\njumps = 1\nmissed-ticks = 0"),
    claim(`cycle = ${2 * WINDOW}\npartition = "System"\nshare = { about = 80, within = 0 }`),
    claim(`cycle = ${20 * WINDOW}\npartition = "System"\nbankrupt = false`),
  ].join("");
  const { expectations } = await play(text);
  expect(expectations.map(({ text, ok }) => `${ok ? "✓" : "✗"} ${text}`)).toEqual([
    "✓ P: share 20 % ± 1",
    expect.stringMatching(/^✗ P: used at least 21\.5 %; found (19|20)(\.\d+)? %$/),
    expect.stringMatching(/^✗ P: used in 10 windows at most 1 %; found (19|20)(\.\d+)? %$/),
    "✓ P: used in 100 windows at least 19 %, at most 21 %",
    expect.stringMatching(/^✗ P: billed 5; found 3,\d{3},\d{3}$/),
    "✓ P: critical used 0",
    "✗ P: bankrupt; found that it is not",
    "✗ P: bankruptcies 1; found 0",
    expect.stringMatching(/^✗ p: billed 5; found 3,\d{3},\d{3}$/),
    "✓ p: ran at least 3",
    expect.stringMatching(/^✗ p: share at least 90 %; found (19|20)(\.\d+)? %$/),
    "✓ p: billing error at most 0 %",
    "✓ idle at most 0 %",
    "✓ backwards 0",
    "✗ jumps 1; found 0",
    "✓ missed ticks 0",
    expect.stringMatching(/^✓ at 3,200,000, System: share 80 % ± 0$/),
    "✗ at 32,000,000, System; the run ended before",
  ]);
});
