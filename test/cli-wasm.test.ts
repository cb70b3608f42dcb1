// What the command line shows of modules of WebAssembly in a scenario.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "primemeter-cli-wasm-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const all = ["dist/src/cli/main.js", "run", "scenarios/plugins.toml", ...args];
  const options = { encoding: "utf8", env: { ...env, CI: "true" } } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, all, options);
  return { status, stdout, stderr };
}

test("a run tells of calls as they end, and counts them in the bill", () => {
  const { status, stdout, stderr } = run();
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = stdout.split("\n").map((line) => line.trimStart().replaceAll(/ {2,}/g, "  "));
  expect(lines).toContain("20,441  honest  steps(50): gives 1066");
  expect(lines).toContain("120,442  endless  spin(): ran out of cycles");
  // Four of 20 are told of.
  expect(lines.filter((line) => line.includes("steps(50): gives"))).toHaveLength(4);
  expect(lines).toContain("domain  meter  end  calls  exit  consumed  share");
  expect(lines).toContain("honest  honest  available  20 returned  –  408,820  52.5 %");
  expect(lines).toContain("endless  endless  parked  2 exhausted  –  130,000  16.7 %");
  expect(lines).toContain("sieve  prime  ended  –  0  240,169  30.8 %");
  expect(lines).toContain("1,030,000 cycles, 251,010 of them idle; nothing is left to run.");
  expect(lines).toContain("1 cycle still owed.");
});

test("--json has the calls of each guest, and of nobody else", () => {
  const { domains } = JSON.parse(run("--json").stdout);
  expect(domains.map(({ name, calls }: { name: string; calls: object }) => [name, calls])).toEqual([
    ["honest", { returned: 20, failed: 0, exhausted: 0, results: [1066], error: null, owed: "0" }],
    [
      "endless",
      {
        ...{ returned: 0, failed: 0, exhausted: 2, results: null, owed: "1" },
        error: expect.stringMatching(/^ExhaustedError: guest endless ran out of cycles/),
      },
    ],
    ["sieve", undefined],
  ]);
});

test("--trace has each turn and each call", () => {
  const trace = join(folder, "trace");
  expect(run("--quiet", "--trace", trace).status).toBe(0);
  const events = readFileSync(trace, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const of = (kind: string, name: string) =>
    events.filter(({ event, domain }) => event === kind && domain === name);
  expect(of("turn", "honest")).toHaveLength(20);
  expect(of("call", "honest")[0]).toEqual({
    ...{ event: "call", domain: "honest", call: "steps(50)", outcome: "returned" },
    ...{ results: [1066], error: null, time: "20441" },
  });
  expect(of("call", "endless").map(({ outcome }) => outcome)).toEqual(["exhausted", "exhausted"]);
  expect(of("refill", "honest").length).toBeGreaterThan(20);
  expect(of("park", "endless")).toHaveLength(2);
});

test("on several processors it is refused, with place", () => {
  const { status, stderr } = run("--processors", "2");
  expect(status).toBe(2);
  expect(stderr).toBe(
    "scenarios/plugins.toml:30:11: domain[0].program: found a module of WebAssembly on 2 processors, expected one processor\n",
  );
});
