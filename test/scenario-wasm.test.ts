// Modules of WebAssembly in scenarios: what a file may say of them, and how they take turns with other domains.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Called } from "../src/scenario/calls.js";
import { parseScenario } from "../src/scenario/file.js";
import { ScenarioRun } from "../src/scenario/run.js";
import { complaint } from "./complaint.js";
import { wat } from "./wasm/wat.js";

const WASM = "../guests/plugin.wasm";
const meter = (name: string, superior: string, more = "") =>
  `[[meter]]\nname = "${name}"\nsuperior = "${superior}"\n${more}\n`;
const guest = (name: string, under: string, call: string, more = "") =>
  `[[domain]]\nname = "${name}"\nmeter = "${under}"\nprogram = { wasm = "${WASM}", ${call} }\n${more}\n`;
const worker = (name: string, under: string, bursts: string) =>
  `[[domain]]\nname = "${name}"\nmeter = "${under}"\nbursts = { ${bursts} }\n`;
const at = (cycle: number, act: string) => `[[at]]\ncycle = ${cycle}\n${act}\n`;
const claim = (text: string) => `[[expect]]\n${text}\n`;
/** `steps(n)`: what it gives, and what it costs. */
const STEPS_50 = { gives: 1066, costs: 20_441n };
/** `crash(n)`: turns of a loop, then the trap. */
const crashCosts = (turns: bigint) => 5n * turns + 1n;

async function play(text: string, options?: Parameters<ScenarioRun["run"]>[0]) {
  const run = new ScenarioRun(parseScenario("test/x.toml", text));
  const calls: Called[] = [];
  run.onCall((called) => calls.push(called));
  const report = await run.run(options);
  run.kernel.dispose();
  expect(report.findings).toEqual([]);
  const domain = (name: string) => report.domains.find((domain) => domain.name === name)!;
  return { ...report, domain, called: calls };
}

test("guests/plugin.wasm is what its text gives", async () => {
  const text = readFileSync("guests/plugin.wat", "utf8");
  expect(new Uint8Array(readFileSync("guests/plugin.wasm"))).toEqual(await wat(text));
});

describe("a file", () => {
  const FAULTS: [what: string, text: string, message: string][] = [
    [
      "a program that is neither",
      guest("g", "prime", 'call = "steps"').replace(/\{.*\}/, "5"),
      "4:11: domain[0].program: found 5, expected the path of an ELF file, or a table such as { wasm",
    ],
    [
      "an unknown key",
      guest("g", "prime", 'call = "spin", time = 5'),
      '4:60: domain[0].program.time: unknown key (did you mean "times"?), expected one of wasm, call',
    ],
    [
      "no call",
      guest("g", "prime", "times = 1"),
      "4:11: domain[0].program.call: missing, expected a string",
    ],
    [
      "no such file",
      guest("g", "prime", 'call = "spin"').replace("plugin.wasm", "none.wasm"),
      "4:20: domain[0].program.wasm: found no such file at ",
    ],
    [
      "a file that is no module",
      guest("g", "prime", 'call = "spin"').replace("plugin.wasm", "spin.elf"),
      '4:20: domain[0].program.wasm: found a bad module, "../guests/spin.elf": module: found no magic',
    ],
    [
      "no such function",
      guest("g", "prime", 'call = "spn"'),
      '4:52: domain[0].program.call: found "spn", expected a function that "../guests/plugin.wasm" exports (did you mean "spin"?)',
    ],
    [
      "too few arguments",
      guest("g", "prime", 'call = "echo"'),
      "4:11: domain[0].program: found 0 arguments, expected 4: i32, i64, f32, f64",
    ],
    [
      "too many arguments",
      guest("g", "prime", 'call = "spin", args = [1]'),
      "4:67: domain[0].program.args: found 1 argument, expected 0",
    ],
    [
      "an argument that is too great",
      guest("g", "prime", 'call = "steps", args = [4_294_967_296]'),
      "4:69: domain[0].program.args[0]: found 4294967296 for a parameter of type i32, expected an integer from -2147483648 to 4294967295",
    ],
    [
      "an argument with decimals",
      guest("g", "prime", 'call = "steps", args = [1.5]'),
      "4:69: domain[0].program.args[0]: found 1.5 for a parameter of type i32, expected an integer",
    ],
    [
      "an argument that is no number",
      guest("g", "prime", 'call = "steps", args = ["1"]'),
      '4:69: domain[0].program.args[0]: found "1", expected a number',
    ],
    [
      "no calls at all",
      guest("g", "prime", 'call = "spin", times = 0'),
      "4:68: domain[0].program.times: found 0, expected an integer from 1 to 4_294_967_295",
    ],
    [
      "what is for ELF programs",
      guest("g", "prime", 'call = "spin"', 'stdin = "x"'),
      "5:1: domain[0].stdin: found a module of WebAssembly beside it, expected it with an ELF program only",
    ],
    [
      "bursts beside it",
      guest("g", "prime", 'call = "spin"', "bursts = { run = 1 }"),
      "5:1: domain[0].bursts: found program and bursts, expected one of them",
    ],
    [
      "several processors",
      `[kernel]\nprocessors = 2\n${guest("g", "prime", 'call = "spin"')}`,
      "6:11: domain[0].program: found a module of WebAssembly on 2 processors, expected one processor",
    ],
    [
      "a message to it",
      guest("g", "prime", 'call = "spin"') + at(1, 'send = "g"'),
      '8:8: at[0].send: found "g", which is WebAssembly, expected a domain with an ELF program',
    ],
    [
      "claims about calls of what is not called",
      worker("w", "prime", "run = 1, times = 1") + claim('domain = "w"\nreturned = 1'),
      '7:1: expect[0].returned: found it about "w", expected it about a domain that is WebAssembly',
    ],
    [
      "claims about calls of a meter",
      meter("m", "prime") + claim('meter = "m"\nfailed = 1'),
      "7:1: expect[0].failed: found it about a meter, expected consumed, counter, keeper-calls",
    ],
    [
      "a result that is no number",
      guest("g", "prime", 'call = "spin"') + claim('domain = "g"\nresult = "x"'),
      '8:10: expect[0].result: found "x", expected a number, or an array of numbers',
    ],
  ];

  test.each(FAULTS)("with %s", (_, text, message) => {
    expect(complaint(text)).toContain(message);
    expect(complaint(text).split("\n")).toHaveLength(1);
  });
});

describe("calls", () => {
  test("are paid exactly, and give what they give, in order", async () => {
    const { domain, called, consumed, cycles } = await play(
      meter("m", "prime", "cycles = 1_000_000") +
        guest("g", "m", 'call = "steps", args = [50], times = 3'),
    );
    expect(consumed).toBe(3n * STEPS_50.costs);
    expect(cycles).toBe(consumed);
    expect(domain("g")).toMatchObject({
      ...{ state: "available", consumed, exitCode: null, output: "", trap: null },
      calls: { returned: 3, failed: 0, exhausted: 0, results: [STEPS_50.gives], error: null },
    });
    expect(called).toEqual(
      [1n, 2n, 3n].map((count) => ({
        ...{ domain: "g", call: "steps(50)", outcome: "returned", results: [1066], error: null },
        cycle: count * STEPS_50.costs,
      })),
    );
  });

  test("that trap have paid, and the next one is made all the same", async () => {
    const { domain, called } = await play(
      guest("g", "prime", 'call = "crash", args = [100], times = 2'),
    );
    expect(domain("g").consumed).toBe(2n * crashCosts(100n));
    expect(domain("g").calls).toMatchObject({ returned: 0, failed: 2, results: null });
    expect(called.map(({ error }) => error)).toEqual(Array(2).fill("RuntimeError: unreachable"));
  });

  test("take and give all kinds of numbers; the instance stays", async () => {
    const run = (args: string, result: string) =>
      play(
        guest("g", "prime", `call = "echo", args = ${args}, times = 2`) +
          claim(`domain = "g"\nreturned = 2\nresult = ${result}`),
      );
    const good = await run("[-1, -5, 0.1, 2]", "[2, 4_294_967_295, -5, 0.1, 2]");
    expect(good.expectations.map(({ ok }) => ok)).toEqual([true, true]);
    expect(good.domain("g").calls!.results).toEqual([2n, -1, -5n, Math.fround(0.1), 2]);
    const most = await run(
      "[2147483648, 18_446_744_073_709_551_615, nan, inf]",
      "[2, -2_147_483_648, -1, nan, inf]",
    );
    expect(most.expectations.map(({ ok }) => ok)).toEqual([true, true]);
    const bad = await run("[1, 2, 3.0, 4.0]", "[2, 1, 2, 3.0]");
    expect(bad.expectations[1]).toEqual({
      text: "g: result 2, 1, 2, 3; found 2, 1, 2, 3, 4",
      ok: false,
    });
  });

  test("take turns with other domains, one call each, whatever the stretches of the run", async () => {
    const text =
      `[kernel]\nquantum = 10_000\n` +
      guest("a", "prime", 'call = "crash", args = [100], times = 4') +
      worker("w", "prime", "run = 25_000, times = 1") +
      guest("b", "prime", 'call = "crash", args = [50], times = 2');
    const { called, domain, cycles } = await play(text);
    expect(called.map(({ domain, cycle }) => [domain, cycle])).toEqual([
      ["a", 501n],
      ["b", 10_752n],
      ["a", 11_253n],
      ["b", 21_504n],
      ["a", 22_005n],
      ["a", 27_506n],
    ]);
    expect(domain("w").state).toBe("ended");
    for (const every of [1n, 777n, 10_000n]) {
      const again = await play(text, { every });
      expect(again.called).toEqual(called);
      expect(again.cycles).toBe(cycles);
    }
  });

  test("of copies are those of each", async () => {
    const { domains } = await play(
      guest("g", "prime", 'call = "echo", args = [1, 2, 3, 4], times = 2', "count = 3") +
        claim('domain = "g"\nreturned = 2\nresult = [2, 1, 2, 3, 4]'),
    );
    expect(domains.map(({ name, calls }) => [name, calls!.returned])).toEqual([
      ["g-0", 2],
      ["g-1", 2],
      ["g-2", 2],
    ]);
  });
});

describe("a guest that runs dry", () => {
  const spin = (times: number) => guest("g", "m", `call = "spin", times = ${times}`);

  test("in the middle of a call is parked; refilled, it makes the next one", async () => {
    const { called, expectations, domain } = await play(
      `[kernel]\nadvance = 1_000\n` +
        meter("m", "prime", "cycles = 5_000") +
        spin(3) +
        at(20_000, 'add = "m"\ncycles = 700') +
        claim('cycle = 20_000\ndomain = "g"\nstate = "parked"\nconsumed = 5_000\nexhausted = 1'),
    );
    expect(expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(called.map(({ outcome, cycle }) => [outcome, cycle])).toEqual([
      ["exhausted", 5_001n],
      ["exhausted", 20_700n],
    ]);
    expect(called[0]!.error).toContain("ran out of cycles in the middle of a call");
    expect(domain("g")).toMatchObject({ state: "parked", consumed: 5_700n });
  });

  test("goes on within the call where its keeper answers at once", async () => {
    const { called, domain } = await play(
      meter("m", "prime", "cycles = 5_000\nkeeper = { refill = 400, times = 5 }") + spin(1),
    );
    expect(called).toHaveLength(1);
    expect(domain("g").consumed).toBe(7_000n);
  });

  test("waits where its keeper answers later, while others run", async () => {
    const { called, domain } = await play(
      meter("m", "prime", "cycles = 100\nkeeper = { refill = 50, period = 10_000 }") +
        spin(3) +
        worker("w", "prime", "run = 25_000, times = 1"),
    );
    // Then it is parked, as its calls are over.
    expect(called.map(({ outcome }) => outcome)).toEqual(Array(3).fill("exhausted"));
    expect(called[1]!.cycle).toBeGreaterThanOrEqual(10_000n);
    expect(called[2]!.cycle).toBeGreaterThanOrEqual(20_000n);
    expect(domain("w").state).toBe("ended");
  });

  test("has not made a call where a refill only pays what it owed", async () => {
    // Each block of `steps` costs more than a cycle: it owes some.
    const { called, domain, expectations } = await play(
      meter("m", "prime", "cycles = 1_001") +
        guest("g", "m", 'call = "steps", args = [50], times = 2') +
        at(50_000, 'add = "m"\ncycles = 1') +
        claim('cycle = 60_000\ndomain = "g"\nstate = "parked"\nconsumed = 1_002\nexhausted = 1') +
        at(70_000, 'add = "m"\ncycles = 100_000'),
    );
    expect(expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(called.map(({ outcome }) => outcome)).toEqual(["exhausted", "returned"]);
    expect(domain("g").calls).toMatchObject({ returned: 1, exhausted: 1, owed: 0n });
  });

  test("under a dry meter from the start waits for its first call", async () => {
    const { called } = await play(
      meter("m", "prime", "cycles = 0") +
        guest("g", "m", 'call = "crash", args = [10]') +
        at(500, 'on = "m"\ncycles = 100'),
    );
    expect(called.map(({ cycle }) => cycle)).toEqual([500n + crashCosts(10n)]);
  });
});

describe("the operator", () => {
  test("stops, starts, moves and rescinds guests between calls", async () => {
    const { called, domain, meters } = await play(
      meter("m", "prime") +
        meter("n", "prime") +
        guest("g", "m", 'call = "crash", args = [2_000], times = 10') +
        at(15_000, 'stop = "g"') +
        at(16_000, 'move-domain = "g"\nmeter = "n"') +
        at(100_000, 'start = "g"') +
        at(115_000, 'rescind-domain = "g"'),
    );
    const cost = crashCosts(2_000n);
    const cycles = called.map(({ cycle }) => cycle);
    expect(cycles).toEqual([cost, 2n * cost, 100_000n + cost, 100_000n + 2n * cost]);
    expect(domain("g")).toMatchObject({ state: "rescinded", consumed: 4n * cost });
    expect(domain("g").calls).toMatchObject({ failed: 4 });
    expect(meters.map(({ consumed }) => consumed)).toEqual([4n * cost, 2n * cost, 2n * cost]);
  });

  test("acts when a guest looks: after the call where its cache lasts until then", async () => {
    const { called, expectations } = await play(
      guest("g", "prime", 'call = "crash", args = [10_000], times = 2') +
        at(10, 'off = "prime"') +
        claim('cycle = 10\ndomain = "g"\nconsumed = 50_001'),
    );
    expect(called).toHaveLength(1);
    expect(expectations).toEqual([{ text: "at 10, g: consumed 50,001", ok: true }]);
  });

  test("ends an endless call by the switch; it goes on with the next one when it may", async () => {
    const text =
      "[kernel]\nadvance = 1_000\n" +
      meter("m", "prime") +
      guest("g", "m", 'call = "spin", times = 3') +
      worker("w", "prime", "run = 100, times = 30") +
      at(10_500, 'off = "m"') +
      at(50_000, 'on = "m"\ncycles = 5_500') +
      at(90_000, 'stop = "g"') +
      at(95_000, 'on = "m"\ncycles = 100_000') +
      at(99_000, 'start = "g"') +
      at(103_500, 'rescind-domain = "g"') +
      claim('cycle = 10_500\ndomain = "g"\nstate = "running"') +
      claim('cycle = 20_000\ndomain = "g"\nstate = "parked"\nexhausted = 1');
    const { called, expectations, domain } = await play(text);
    expect(expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(called.map(({ outcome }) => outcome)).toEqual(["exhausted", "exhausted", "failed"]);
    expect(called[2]!.error).toContain("RescindedError");
    // A look comes each 1,000 cycles of the loop; the turn that finds that too few are left is paid, too.
    const cycles = called.map(({ cycle }) => Number(cycle));
    for (const [i, end] of [10_500, 55_500, 103_500].entries()) {
      expect(cycles[i]! - end).toBeGreaterThanOrEqual(0);
      expect(cycles[i]! - end).toBeLessThanOrEqual(1_010);
    }
    expect(domain("g").state).toBe("rescinded");
    expect(domain("w")).toMatchObject({ state: "ended", consumed: 3_000n });
    for (const every of [1n, 999n]) expect((await play(text, { every })).called).toEqual(called);
  });

  test("ends an endless call by the limit of the run, and only where it comes to that", async () => {
    const endless = `[kernel]\nadvance = 1_000\n${guest("g", "prime", 'call = "spin", times = 2')}`;
    const cut = await play(endless, { cycles: 25_500n });
    expect(cut.ending).toBe("limit");
    expect(cut.cycles).toBeGreaterThanOrEqual(25_500n);
    expect(cut.cycles).toBeLessThan(27_000n);
    expect(cut.domain("g")).toMatchObject({ state: "stopped", calls: { exhausted: 1 } });
    const short = await play(guest("g", "prime", 'call = "crash", args = [1]'), { cycles: 9_000n });
    expect(short).toMatchObject({ ending: "idle", cycles: crashCosts(1n) });
  });

  test("does wrong within a call as between them: it is told at its place", async () => {
    const text =
      "[kernel]\nadvance = 1_000\n" +
      meter("m", "prime", "cycles = 20_000") +
      guest("g", "m", 'call = "spin"') +
      at(5_000, 'rescind = "m"') +
      at(6_000, 'add = "m"\ncycles = 1');
    await expect(play(text)).rejects.toThrow(/:15:1: at\[1\]: .*\(RESCINDED\)$/);
  });

  test("starts one that is through with its calls in vain", async () => {
    const { called, domain } = await play(
      guest("g", "prime", 'call = "crash", args = [1]') + at(1_000, 'start = "g"'),
    );
    expect(called).toHaveLength(1);
    expect(domain("g").state).toBe("available");
  });
});

describe("with a clock", () => {
  test("guests are billed by it, and belong to partitions", async () => {
    const { domain, partitions, called } = await play(
      `[billing]\n[[partition]]\nname = "p"\nbudget = 50\n` +
        guest("g", "prime", 'call = "steps", args = [50], times = 20', 'partition = "p"') +
        worker("w", "prime", "run = 400_000, times = 1"),
    );
    expect(called).toHaveLength(20);
    expect(domain("g").time).toMatchObject({ partition: "p", ran: 20n * STEPS_50.costs });
    const total = (name: string) => partitions.find((each) => each.name === name)!.total;
    expect(total("p")).toBe(20n * STEPS_50.costs);
    expect(total("System")).toBe(400_000n);
  });
});

test("claims about calls that do not hold say what was found", async () => {
  const { expectations } = await play(
    meter("m", "prime", "cycles = 100") +
      guest("g", "m", 'call = "spin"') +
      claim('domain = "g"\nreturned = 1\nfailed = { min = 1 }\nexhausted = 2\nresult = 5'),
  );
  expect(expectations.map(({ text, ok }) => [text, ok])).toEqual([
    ["g: calls returned 1; found 0", false],
    ["g: calls failed at least 1; found 0", false],
    ["g: calls exhausted 2; found 1", false],
    ["g: result 5; found no call that came back", false],
  ]);
});

test("a scenario of one processor is refused on several", () => {
  const scenario = parseScenario("test/x.toml", guest("g", "prime", 'call = "spin"'));
  const several = { ...scenario, kernel: { ...scenario.kernel, processors: 2, seed: 1 } };
  expect(() => new ScenarioRun(several)).toThrow(
    "test/x.toml:4:11: domain[0].program: found a module of WebAssembly on 2 processors, expected one",
  );
});
