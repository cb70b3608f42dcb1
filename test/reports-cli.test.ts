// The commands that print reports, `locks` and `wire`, and the pictures in docs/ that they draw.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { drawChart } from "../src/cli/chart.js";
import { locksChart } from "../src/cli/locks-chart.js";
import { wireChart } from "../src/cli/wire-chart.js";
import { survey } from "../src/locks/survey.js";
import { compare } from "../src/wire/comparison.js";

const MAIN = "dist/src/cli/main.js";
const folder = mkdtempSync(join(tmpdir(), "primemeter-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    env: { ...env, CI: "true" },
  });
  return { status, stdout, stderr };
}

function resultOf<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

describe("locks", () => {
  test("a page for each way: its table, and what it shows, in 100 columns", () => {
    const { status, stdout } = run("locks", "--way", "ad", "--every", "5", "--work", "2");
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /stopped at one instruction boundary in 5 of a transaction\n {2}\(2 rounds of work inside, 1 proc/,
    );
    expect(stdout).toMatch(
      /^ {2}a {2}spin lock: on shared pages, each teller on its caller's meter$/m,
    );
    for (const manner of ["off", "starved", "rescinded", "killed"]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${manner} +\\d+( +[\\d,]+){8}$`, "m"));
    }
    expect(stdout).toMatch(/^ {2}✓ Fails, as it can't but: of \d+ stops/m);
    expect(stdout).toMatch(/^ {2}✓ Survives all \d+ stops/m);
    expect(stdout).not.toContain("b  one domain");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("--json: one object, the same again; --svg: a picture of it", () => {
    const svg = join(folder, "locks.svg");
    const args = ["locks", "--way", "d", "--every", "9", "--work", "2", "--json"];
    const { status, stdout, stderr } = run(...args, "--svg", svg);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ every: 9, work: 2, ok: true, ways: [{ way: "d", ok: true }] });
    const [stop] = report.ways[0].stops;
    expect(stop).toMatchObject({ manner: "off", lost: 0, held: 0, stranded: 0, never: 0 });
    expect(stop.waits).toHaveLength(stop.moments);
    expect(report.ways[0].ownerDelayed).toBeNull();
    expect(run(...args).stdout).toBe(stdout);
    const picture = readFileSync(svg, "utf8");
    expect(picture).toMatch(/^<svg /);
    expect(picture).toContain("d  compare-and-swap");
  });

  test("a way that comes out otherwise than it must: exit 1", () => {
    // Of so long a transaction only the first boundary is tried: nobody is stopped inside.
    const { status, stdout } = run("locks", "--way", "a", "--every", "1000000");
    expect(status).toBe(1);
    expect(stdout).toContain("✗ Nothing fails where something must");
  });
});

describe("wire", () => {
  test("a table of the wire and its batteries, in 100 columns", () => {
    const { status, stdout } = run("wire", "--moments", "2", "--grants", "2_000,20_000");
    expect(status).toBe(0);
    expect(stdout).toContain("switched off at 2 unforeseen moments (seed 1)");
    expect(stdout).toMatch(/^ {2}none: wire( +0){7}$/m);
    expect(stdout).toMatch(/^ {2}2,000 .*\n {2}20,000 /m);
    expect(stdout).toMatch(
      /✓ Wire: at every moment the group's last instruction was the one before/,
    );
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("--json: one object, the same again; --svg: a picture of it", () => {
    const svg = join(folder, "wire.svg");
    const args = ["wire", "--moments", "2", "--grants", "2000", "--seed", "3", "--json"];
    const { status, stdout, stderr } = run(...args, "--svg", svg);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { models, ...report } = JSON.parse(stdout);
    expect(report).toMatchObject({ moments: 2, seed: 3, ok: true });
    expect(models).toMatchObject([
      { model: "wire", grant: null, last: { mean: 0, worst: 0 } },
      { model: "battery", grant: "2000" },
    ]);
    expect(run(...args).stdout).toBe(stdout);
    expect(readFileSync(svg, "utf8")).toContain(">wire</text>");
  });
});

test.each([
  [["locks", "--way", "f"], /Expected letters of a, b, c, d, e, such as "ab"\./],
  [["locks", "--way", ""], /Expected letters of a, b, c, d, e/],
  [["locks", "--way", "aa"], /Expected letters of a, b, c, d, e/],
  [["locks", "--every", "0"], /Expected a whole number from 1 to 1000000\./],
  [["locks", "--work", "1001"], /Expected a whole number from 1 to 1000\./],
  [["locks", "--processors", "5"], /Expected a whole number from 1 to 4\./],
  [
    ["locks", "--svg", "/no/such/folder/x.svg"],
    /--svg: can't write \/no\/such\/folder\/x\.svg: ENOENT/,
  ],
  [["wire", "--svg", "docs"], /--svg: can't write docs: it is a folder/],
  [["wire", "--grants", "0"], /Expected cycles from 1 to 100000000, such as 1_000,100_000\./],
  [["wire", "--grants", "1000,"], /Expected cycles from 1 to 100000000/],
  [["wire", "--grants", "1e6"], /Expected cycles from 1 to 100000000/],
  [["wire", "--grants", "100_000_001"], /Expected cycles from 1 to 100000000/],
  [["wire", "--moments", "0"], /Expected a whole number from 1/],
  [["wire", "--seed", "-1"], /Expected a whole number from 0 to 4294967295\./],
  [["wire", "now"], /too many arguments/],
])("%j: exit 2, and what was expected", (args, message) => {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(message);
});

test.each(["locks", "wire"])("%s --help has its exit codes and examples", (command) => {
  const { status, stdout } = run(command, "--help");
  expect(status).toBe(0);
  expect(stdout).toContain("Exit codes:");
  expect(stdout).toMatch(new RegExp(`Examples:\\n {2}primemeter ${command}\\n`));
});

describe("pictures of the docs are what the commands draw", () => {
  test("docs/locks.svg", async () => {
    const options = { every: 5, work: 8, processors: 1, manners: ["off"] as const };
    const reports = resultOf(survey({ ...options, ways: ["a", "b", "c", "d", "e"] }));
    expect(await drawChart(locksChart(reports))).toBe(readFileSync("docs/locks.svg", "utf8"));
  });

  test("docs/wire-and-battery.svg", async () => {
    const grants = [1_000n, 10_000n, 100_000n, 1_000_000n, 10_000_000n];
    const reports = resultOf(compare({ grants, moments: 20, seed: 1 }));
    const picture = readFileSync("docs/wire-and-battery.svg", "utf8");
    expect(await drawChart(wireChart(reports))).toBe(picture);
  });
});

describe("what the docs show is what the commands print", () => {
  test.each([
    ["docs/locks.md", ["locks", "--way", "a"]],
    ["docs/wire-and-battery.md", ["wire"]],
  ])("%s", (file, args) => {
    const { stdout } = run(...args);
    const shown = `$ primemeter ${args.join(" ")}\n${stdout.trimEnd()}\n\`\`\``;
    expect(readFileSync(file, "utf8")).toContain(shown);
  });
});

test("the guests that the reports run are in the package", () => {
  const { files } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] };
  expect(files).toContain("guests/*.elf");
  for (const name of ["spin", "server", "concurrent", "cas", "pays", "client"]) {
    expect(existsSync(`guests/bank-${name}.elf`)).toBe(true);
  }
});
