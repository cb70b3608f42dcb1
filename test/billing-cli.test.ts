// The command `primemeter bench billing`: its tables, its JSON, its page and its picture; and what the docs show.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pc from "picocolors";
import { afterAll, describe, expect, test } from "vitest";
import { exactness } from "../src/billing-report/exactness.js";
import { verdicts } from "../src/billing-report/verdict.js";
import { POINT_WAYS, WAYS } from "../src/billing-report/way.js";
import { exactnessPage, opening } from "../src/cli/bench.js";
import { BILLING_TITLE, exactnessCharts } from "../src/cli/billing-chart.js";
import { drawCharts } from "../src/cli/chart.js";

const MAIN = "dist/src/cli/main.js";
const folder = mkdtempSync(join(tmpdir(), "primemeter-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "bench", ...args], {
    encoding: "utf8",
    env: { ...env, CI: "true" },
  });
  return { status, stdout, stderr };
}

const SMALL = ["billing", "--small", "--only", "error"];
const names = Object.values(WAYS).map(({ name }) => name);

describe("how exact it is", () => {
  const html = join(folder, "billing.html");
  const svg = join(folder, "billing.svg");
  const { status, stdout } = run(...SMALL, "--html", html, "--svg", svg);

  test("a table for each figure, what they say, in 100 columns", () => {
    for (const name of names) {
      // Once where it says what it is, then a row in each of three tables at least.
      const rows = stdout.split("\n").filter((line) => line.startsWith(`  ${name} `));
      expect(rows.length).toBeGreaterThanOrEqual(3);
      for (const row of rows) expect(row.slice(2 + name.length)).toMatch(/^( +−?<?[\d,.]+){3}$/);
      expect(stdout).toMatch(new RegExp(`^ {4}${name} +[a-z]`, "m"));
    }
    for (const { name } of POINT_WAYS) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name}( +<?[\\d,.]+){4}$`, "m"));
    }
    expect(stdout).toMatch(/^ {2}tick of 1 ms( +100){3}$/m);
    expect(stdout).toMatch(/^ {2}exact( +0){3}$/m);
    expect(stdout).toMatch(/^ {2}100 a tick, masked 1\.5( +[\d.]+){4}$/m);
    expect(stdout).toMatch(
      /^ {2}✓ A clock of 200 units a tick: at worst a bill is 0\.\d+ % wrong/m,
    );
    expect(stdout).not.toContain("What a switch costs");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("it is as exact as it must be", () => {
    expect(stdout).not.toContain("✗");
    expect(status).toBe(0);
  });

  test("--html: one page that needs nothing else, its charts in it", () => {
    const page = readFileSync(html, "utf8");
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page.trimEnd()).toMatch(/<\/html>$/);
    expect(page.match(/<figure><svg /g)).toHaveLength(6);
    expect(page.match(/<table>/g)).toHaveLength(8);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\((?!#)/);
    const links = page.matchAll(/\b(?:href|src|xlink:href)="([^"]*)"/g);
    for (const [, link] of links) expect(link).toMatch(/^#/);
    // What is defined is defined once, and what is meant is defined.
    const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of page.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
    // In the colours of the page, light or dark.
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page).toContain('fill="currentColor"');
    expect(page).not.toContain("#333333");
    expect(page).toContain("How to read it");
  });

  test("--svg: a picture of it", () => {
    const picture = readFileSync(svg, "utf8");
    expect(picture).toMatch(new RegExp(`^<svg [^>]+>\\n<title>${BILLING_TITLE}</title>`));
    expect(picture.match(/<svg /g)).toHaveLength(7);
    for (const text of ["tick of 10 ms", "pending", "switches a tick, about"]) {
      expect(picture).toContain(`>${text}</text>`);
    }
  });

  test("--json: one object, the same again, another with another seed", () => {
    const first = run(...SMALL, "--json");
    expect(first).toMatchObject({ status: 0, stderr: "" });
    const { error, ...report } = JSON.parse(first.stdout);
    expect(report).toMatchObject({ small: true, seed: 1, ok: true });
    expect(report.cost).toBeUndefined();
    expect(error.ways.map(({ name }: { name: string }) => name)).toEqual(names);
    const [tick] = error.ways;
    expect(tick.outcomes[0].bills[0]).toMatchObject({ name: "dodger", billed: 0 });
    expect(tick.outcomes[0]).toMatchObject({ rate: 0.1, worst: 100, worstOf: "dodger" });
    expect(run(...SMALL, "--json").stdout).toBe(first.stdout);
    const other = JSON.parse(run(...SMALL, "--json", "--seed", "8").stdout);
    expect(other.seed).toBe(8);
    expect(other.error.ways[0].outcomes).not.toEqual(tick.outcomes);
  });
});

describe("what it costs", () => {
  test("a row for each way, with figures; no verdict", () => {
    const html = join(folder, "cost.html");
    const { status, stdout } = run("billing", "--small", "--only", "cost", "--html", html);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}cached meters +[\d.]+ ±[\d.]+ +[\d.]+ ±[\d.]+$/m);
    for (const name of ["whole chain", "tick of 1 ms", "x86", "arm", "all points", "tick alone"]) {
      const figures = "[\\d.]+ ±[\\d.]+ +−?[\\d.]+ +[\\d.]+ ±[\\d.]+ +−?<?[\\d.]+";
      expect(stdout).toMatch(new RegExp(`^ {2}${name} +${figures}$`, "m"));
    }
    expect(stdout).toMatch(/^ {2}process\.hrtime\.bigint +[\d.]+ ±/m);
    expect(stdout).not.toMatch(/[✓✗]/);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(stdout).toContain(`Node ${process.version}`);
    expect(readFileSync(html, "utf8").match(/<figure><svg /g)).toHaveLength(1);
  });
});

test.each([
  [["billing", "--only", "all"], /Allowed choices are error, cost\./],
  [["billing", "--seed", "-1"], /Expected a whole number from 0 to 2147483647\./],
  [["billing", "--html", "/no/such/x.html"], /--html: can't write \/no\/such\/x\.html: ENOENT/],
  [["billing", "--svg", "docs"], /--svg: can't write docs: it is a folder/],
  [["billing", "--only", "cost", "--svg", "x.svg"], /--svg: it draws errors, which are left out/],
  [["billing", "now"], /too many arguments/],
  [["bills"], /unknown command 'bills'/],
  [[], /Usage: primemeter bench/],
])("bench %j: exit 2, and what was expected", (args, message) => {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(existsSync("x.svg")).toBe(false);
});

test("--help has its exit codes and examples", () => {
  const { status, stdout } = run("billing", "--help");
  expect(status).toBe(0);
  expect(stdout).toContain("Exit codes:");
  expect(stdout).toMatch(/Examples:\n {2}primemeter bench billing\n/);
});

test("docs/billing.md and docs/billing.svg are what the command prints and draws", async () => {
  const steps = exactness({ small: false, seed: 1 });
  let next = steps.next();
  while (!next.done) next = steps.next();
  const paint = pc.createColors(false);
  const page = exactnessPage({ exactness: next.value, verdicts: verdicts(next.value) }, paint);
  const printed = `${opening(paint)}\n${page}`.trimEnd();
  const shown = `$ primemeter bench billing --only error\n${printed}\n\`\`\``;
  expect(readFileSync("docs/billing.md", "utf8")).toContain(shown);
  const picture = await drawCharts(BILLING_TITLE, exactnessCharts(next.value));
  expect(readFileSync("docs/billing.svg", "utf8")).toBe(picture);
}, 600_000);
