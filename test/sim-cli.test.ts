import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const MAIN = "dist/src/cli/main.js";

function sim(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "sim", ...args], {
    encoding: "utf8",
    env: { ...env, CI: "true" },
  });
  return { status, stdout, stderr };
}

test("it prints seed and options first, then what was done", () => {
  const { status, stdout, stderr } = sim("--seed", "7", "--steps", "30_000", "--processors", "2");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.split("\n")[0]).toBe(
    "  seed 7, 2 processors, 30,000 steps, store checked every 10,000 steps, build release",
  );
  for (const name of [
    "steps",
    "slices",
    "refills",
    "scavenges",
    "keeper calls",
    "lock conflicts",
  ]) {
    expect(stdout).toMatch(new RegExp(`^ {2}${name} +[\\d,]+$`, "m"));
  }
  expect(stdout).toMatch(/^ {2}trace +[0-9a-f]{16}$/m);
  expect(stdout).toMatch(/^ {2}checked steps a second +[\d,]+$/m);
  expect(stdout).toMatch(/^ {2}✓ Kernel and model agree: 30,\d{3} steps in 2 worlds\.$/m);
});

test("--json prints one object and nothing else, with the same trace", () => {
  const { status, stdout, stderr } = sim("--seed", "7", "--steps", "20000", "--json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ seed: 7, processors: 4, canary: null, failure: null });
  expect(report.steps).toBeGreaterThanOrEqual(20_000);
  expect(JSON.parse(sim("--seed", "7", "--steps", "20000", "--json").stdout).hash).toBe(
    report.hash,
  );
});

test("a planted fault: exit 1, a short trace, and a command that shows it again", () => {
  const { status, stdout } = sim("--seed", "1", "--canary", "climb");
  expect(status).toBe(1);
  expect(stdout).toMatch(/✗ step \d+ of seed 1: /);
  expect(stdout).toMatch(/choices shrunk to \d+; nodes \d+, quantum \d+/);
  const command = /^ {4}primemeter sim (.*)$/m.exec(stdout)?.[1];
  expect(command).toContain("--canary climb");
  const again = sim(...command!.split(" "), "--json");
  expect(again.status).toBe(1);
  const { failure } = JSON.parse(again.stdout);
  expect(stdout).toContain(`step ${failure.step} of seed ${failure.seed}: ${failure.kind}`);
  expect(failure.trace.length).toBeGreaterThan(3);
});

test.each([
  [["--processors", "0"], /processors.*'0' is invalid\. Expected a whole number from 1 to 16\./],
  [["--processors", "17"], /from 1 to 16\./],
  [["--processors", "two"], /from 1 to 16\./],
  [["--seed", "-1"], /from 0 to 4294967295\./],
  [["--seed", "4294967296"], /from 0 to 4294967295\./],
  [["--steps", "1e6"], /from 1 to 1000000000000\./],
  [["--check", "0"], /from 1 to 1000000000000\./],
  [["--canary", "parrot"], /Allowed choices are claim, climb, refill\./],
  [["--worlds", "3"], /unknown option '--worlds'/],
  [["now"], /too many arguments/],
])("%j: exit 2, and what was expected", (args, message) => {
  const { status, stdout, stderr } = sim(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(message);
});

test("--help has an example", () => {
  const { status, stdout } = sim("--help");
  expect(status).toBe(0);
  expect(stdout).toContain("primemeter sim --processors 4 --seed 1");
});
