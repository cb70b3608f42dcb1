import { expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { ScenarioError } from "../src/scenario/problem.js";
import { ScenarioRun } from "../src/scenario/run.js";

async function play(text: string, options?: Parameters<ScenarioRun["run"]>[0]) {
  const run = new ScenarioRun(parseScenario("test/x.toml", text));
  const report = await run.run(options);
  const meter = (name: string) => report.meters.find((meter) => meter.name === name)!;
  const domain = (name: string) => report.domains.find((domain) => domain.name === name)!;
  return { ...report, meter, domain, outcomes: report.expectations };
}

const meter = (name: string, superior: string, more = "") =>
  `[[meter]]\nname = "${name}"\nsuperior = "${superior}"\n${more}\n`;
const worker = (name: string, under: string, bursts: string, more = "") =>
  `[[domain]]\nname = "${name}"\nmeter = "${under}"\nbursts = { ${bursts} }\n${more}\n`;
const at = (cycle: number, act: string) => `[[at]]\ncycle = ${cycle}\n${act}\n`;
const claim = (text: string) => `[[expect]]\n${text}\n`;

test("a meter without cycles is unlimited", async () => {
  const { meter: of } = await play(meter("m", "prime") + worker("w", "m", "run = 500, times = 2"));
  expect(of("m")).toMatchObject({ granted: 2n ** 64n - 1n, consumed: 1000n });
});

test("acts are performed exactly at their cycle, also in the middle of a slice", async () => {
  const { domain, outcomes } = await play(
    meter("m", "prime", "cycles = 50_000") +
      worker("w", "m", "run = 40_000, times = 1") +
      at(12_345, 'off = "m"') +
      at(99_999, 'on = "m"\ncycles = 27_655') +
      claim('cycle = 12_345\ndomain = "w"\nconsumed = 12_345') +
      claim('cycle = 99_999\ndomain = "w"\nconsumed = 12_345\nstate = "parked"') +
      claim('meter = "m"\ncounter = 0'),
  );
  expect(outcomes).toEqual([
    { ok: true, text: "at 12,345, w: consumed 12,345" },
    { ok: true, text: "at 99,999, w: parked" },
    { ok: true, text: "at 99,999, w: consumed 12,345" },
    { ok: true, text: "m: counter 0" },
  ]);
  expect(domain("w")).toMatchObject({ state: "ended", consumed: 40_000n });
});

test("acts of one cycle are performed in the order of the file, claims before them", async () => {
  const { outcomes } = await play(
    meter("m", "prime", "cycles = 5") +
      at(7, 'set = "m"\ncycles = 10') +
      at(7, 'add = "m"\ncycles = 3') +
      claim('cycle = 7\nmeter = "m"\ncounter = 5') +
      claim('meter = "m"\ncounter = 13'),
  );
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, true]);
});

test("domains are stopped, started and moved; meters are moved and rescinded", async () => {
  const { domain, meter: of } = await play(
    meter("a", "prime") +
      meter("b", "prime") +
      meter("low", "a") +
      worker("w", "low", "run = 1_000, times = 100") +
      worker("v", "a", "run = 1_000, times = 100") +
      at(10_000, 'stop = "v"') +
      at(20_000, 'move = "low"\nsuperior = "b"') +
      at(30_000, 'move-domain = "w"\nmeter = "b"') +
      at(40_000, 'rescind = "low"') +
      at(500_000, 'start = "v"'),
  );
  expect(domain("w")).toMatchObject({ state: "ended", consumed: 100_000n, meter: "b" });
  expect(domain("v")).toMatchObject({ state: "ended", consumed: 100_000n, meter: "a" });
  const low = of("low").consumed;
  expect(of("a").consumed + of("b").consumed).toBe(200_000n);
  expect(of("low")).toMatchObject({ superior: "b", rescinded: true });
  expect(low).toBeGreaterThan(0n);
  expect(low).toBeLessThan(40_000n);
});

test("a domain under a rescinded meter traps, visibly", async () => {
  const { domain, conserved, outcomes } = await play(
    meter("m", "prime") +
      worker("w", "m", "run = 1_000, times = 100") +
      at(5_000, 'rescind = "m"') +
      claim('domain = "w"\nstate = "trapped"\ntrap = 0x404\nconsumed = 5_000'),
  );
  expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(domain("w").trap).toMatchObject({ code: 0x404 });
  expect(conserved).toBe(true);
});

test("what an act does wrong is told at its place", async () => {
  const text =
    meter("m", "prime", "cycles = 5") +
    at(1, 'rescind = "m"') +
    at(2, 'add = "m"\ncycles = 1') +
    worker("w", "prime", "run = 10, times = 1");
  const failure = await play(text).catch((error) => error);
  expect(failure).toBeInstanceOf(ScenarioError);
  expect(failure.message).toMatch(/^test\/x\.toml:8:1: at\[1\]: .*\(RESCINDED\)$/);
});

test("a keeper refills, declines after its times, or fills once in each period", async () => {
  const refilled = await play(
    meter("m", "prime", "cycles = 100\nkeeper = { refill = 50, times = 3 }") +
      worker("w", "m", "run = 1_000"),
  );
  expect(refilled.meter("m")).toMatchObject({ consumed: 250n, counter: 0n, keeperCalls: 4 });
  expect(refilled.domain("w").state).toBe("parked");

  const denied = await play(
    meter("m", "prime", "cycles = 100\nkeeper = { deny = true }") + worker("w", "m", "run = 1_000"),
  );
  expect(denied.meter("m")).toMatchObject({ consumed: 100n, keeperCalls: 1 });

  const periodic = await play(
    meter("m", "prime", "cycles = 100\nkeeper = { refill = 50, period = 1_000 }") +
      worker("w", "m", "run = 400, times = 1") +
      claim('cycle = 3_000\ndomain = "w"\nconsumed = 250'),
  );
  expect(periodic.outcomes).toEqual([{ ok: true, text: "at 3,000, w: consumed 250" }]);
  expect(periodic.domain("w")).toMatchObject({ state: "ended", consumed: 400n });
});

test("claims that do not hold say what was found", async () => {
  const { outcomes } = await play(
    meter("m", "prime", "cycles = 100") +
      worker("w", "m", "run = 1_000", "count = 2") +
      claim('domain = "w"\nstate = "ended"\nconsumed = { min = 60 }\nexit = 0') +
      claim('domain = "w-0"\ntrap = 0x404\noutput = "x"') +
      claim('meter = "m"\nkeeper-calls = 1\ncounter = { min = 1, max = 2 }') +
      claim("idle = true") +
      claim('cycle = 5_000\nmeter = "m"\nconsumed = 1'),
    { cycles: 1_000n },
  );
  expect(outcomes.every(({ ok }) => !ok)).toBe(true);
  expect(outcomes.map(({ text }) => text)).toEqual([
    "w (2 copies): exit code 0; found none, it is parked in w-0",
    "w (2 copies): ended; found parked in w-0",
    "w (2 copies): consumed at least 60; found 0 in w-1",
    'w-0: output "x"; found ""',
    "w-0: trap 0x404; found no trap",
    "m: counter at least 1, at most 2; found 0",
    "m: keeper calls 1; found 0",
    "nothing is left to run",
    "at 5,000, m; the run ended before",
  ]);
});

test("a limit stops the clock there, whoever runs or waits", async () => {
  const text = worker("w", "prime", "run = 1_000, wait = 1_000");
  for (const cycles of [1n, 1_500n, 5_000_000n, 7_654_321n]) {
    expect(await play(text, { cycles })).toMatchObject({ ending: "limit", cycles });
  }
});

test("copies do not march in step", async () => {
  const { domains } = await play(
    worker("w", "prime", "run = [1, 1_000_000], times = 1", "count = 5"),
  );
  expect(new Set(domains.map(({ consumed }) => consumed)).size).toBe(5);
});

test("costs per class and kernel costs are options of the kernel", async () => {
  const { consumed, conserved } = await play(
    `[kernel]\nquantum = 100\nkernel-costs = { switch = 10 }\n` +
      worker("w", "prime", "run = 1_000, times = 1"),
  );
  expect(consumed).toBeGreaterThan(1_000n);
  expect(conserved).toBe(true);
});
