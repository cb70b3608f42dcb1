import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const MAIN = "dist/src/cli/main.js";
const FILE = `
[partitions]

[[partition]]
name = "Pa"
budget = 20
max = 50
critical = 16_000

[[partition]]
name = "Pb"
parent = "Pa"
budget = 5.25

[[domain]]
name = "low"
meter = "prime"
bursts = { run = 1_000 }

[[domain]]
name = "some"
meter = "prime"
partition = "Pb"
priority = 20
count = 3
bursts = { run = 1_000 }

[[expect]]
partition = "Pa"
share = { max = 0 }
`;

/** It overdraws the critical budget of Pa. */
const CRITICAL = `[[domain]]
name = "c"
meter = "prime"
partition = "Pa"
priority = 30
critical = true
bursts = { run = 9 }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "primemeter-partitions-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "x.toml");
  writeFileSync(path, text);
  return path;
}

function primemeter(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    env: { ...env, CI: "true" },
  });
  return { status, stdout, stderr };
}

/** Two seconds. */
const TWO = ["--cycles", "32_000_000"];

test("the partitions are shown as aps shows them, over longer windows, and with their domains", () => {
  const { status, stdout, stderr } = primemeter("partitions", file(FILE), ...TWO);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = stdout.split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  const rows = (from: string, count: number) => {
    const first = lines.findIndex((line) => line.startsWith(from));
    return lines.slice(first, first + count);
  };
  expect(rows("  partition  id", 5)).toEqual([
    "  partition  id    budget      max      used  critical  critical used",
    expect.stringMatching(/^ {2}System {6}0 {3}80\.00 % {8}– {3}(79|80)\.\d\d % {9}– {14}–$/),
    "  └─ Pa       1   14.75 %  50.00 %    0.00 %      1 ms           0 ms",
    expect.stringMatching(/^ {5}└─ Pb {4}2 {4}5\.25 % {8}– {3}(19|20)\.\d\d % {9}– {14}–$/),
    "  total          100.00 %           100.00 %",
  ]);
  const [heads, system, , pb, total, nobody] = rows("  partition     budget", 6);
  expect(heads!.trim().split(/ {2,}/)).toEqual([
    ...["partition", "budget", "max", "1×", "10×", "100×", "run", "billed", "bankrupt"],
  ]);
  expect(system).toMatch(
    / 80\.00 % +– +(79|80)\.\d\d % +80\.00 % +80\.00 % +80\.00 % +25,6\d\d,\d{3} +–$/,
  );
  expect(pb).toMatch(/ 20\.00 % +20\.00 % +20\.00 % +6,[34]\d\d,\d{3} +–$/);
  expect(total).toMatch(/ 100\.00 % +100\.00 % +100\.00 % +100\.00 % +100\.00 % +32,000,000$/);
  expect(nobody).toMatch(/^ {2}nobody ran +0\.00 % +0$/);
  expect(stdout).toMatch(/^ {2}low +System +10 +25,6\d\d,\d{3} +25,6\d\d,\d{3} +0 % +80\.00 %$/m);
  expect(stdout).toMatch(
    /^ {2}some × 3 +Pb +20 +6,[34]\d\d,\d{3} +6,[34]\d\d,\d{3} +0 % +20\.00 %$/m,
  );
  expect(stdout).toContain("  ✓ Pa: share at most 0 %\n");
  expect(stdout).toContain("  ✓ Every cycle is accounted for.\n");
});

test("before a window has passed, there is nothing to say of ten", () => {
  const { stdout } = primemeter("partitions", file(FILE), "--cycles", "1_599_999");
  expect(stdout).toMatch(/^ {2}total +100\.00 % +\d+\.\d\d % +– +– +\d+\.\d\d % /m);
});

test("--loop prints each look", () => {
  const often = ["--every", "500", "--loop"];
  const { stdout } = primemeter("partitions", file(FILE), ...TWO, ...often);
  expect(stdout.match(/^ {2}at [\d,]+ ms, /gm)).toEqual([
    ...["  at 500 ms, ", "  at 1,000 ms, ", "  at 1,500 ms, ", "  at 2,000 ms, "],
  ]);
});

test("what the operator does to partitions is told, and traced with the rest", () => {
  const acts = [
    'change = "Pa"\nbudget = 10.5\nmax = 60\ncritical = 0',
    "window = 800_000",
    'schedule = "low"\npartition = "Pb"\npriority = 3\npolicy = "fifo"\ncritical = true',
    'schedule = "some-1"\ncritical = false\nclient-pays = false',
  ].map((act) => `[[at]]\ncycle = 5\n${act}\n`);
  const { stdout, stderr } = primemeter("run", file(FILE + acts.join("")), ...TWO);
  expect(stderr).toBe("");
  const told = stdout.split("\n").filter((line) => line.includes("operator"));
  expect(told.map((line) => line.trim().replaceAll(/ +/g, " "))).toEqual([
    "5 operator change Pa, budget 10.5 %, max 60 %, critical 0",
    "5 operator window 800,000",
    "5 operator schedule low to Pb, priority 3, fifo, critical",
    "5 operator schedule some-1, not critical, pays itself",
  ]);
  const stops = FILE.replace("critical = 16_000", "critical = 20_000")
    .replace("[partitions]", '[partitions]\nbankruptcy = "notify"')
    .replace("[[expect]]", `${CRITICAL}\n$&`);
  const trace = join(folder, "trace");
  primemeter("run", file(stops), ...TWO, "--quiet", "--trace", trace);
  const events = readFileSync(trace, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const [first] = events.filter(({ event }) => event === "bankruptcy");
  expect(first).toEqual({ event: "bankruptcy", partition: "Pa", time: "256000" });
});

test("--json prints one object, with all looks", () => {
  const { status, stdout } = primemeter("partitions", file(FILE), ...TWO, "--json");
  const report = JSON.parse(stdout);
  expect(status).toBe(0);
  expect(report).toMatchObject({ conserved: true, cycles: "32000000", processors: 1 });
  expect(report).toMatchObject({ freeTime: "priority", bankruptcy: "default" });
  expect(report.time).toMatchObject({ by: "microbill", elapsed: "32000000", window: 1_600_000 });
  expect(report.partitions[1]).toMatchObject({ name: "Pa", index: 1, parent: "System", max: 50 });
  expect(report.domains).toHaveLength(4);
  expect(report.domains[3]).toMatchObject({ name: "some-2", partition: "Pb", priority: 20 });
  expect(report.samples).toHaveLength(20);
  expect(report.samples[0]).toEqual({
    cycle: "1600000",
    used: [expect.any(Number), 0, expect.any(Number)],
    budgets: [80, 14.75, 5.25],
  });
});

test("run has a column of partitions, and what was billed beside what ran", () => {
  const { stdout } = primemeter("run", file(FILE), ...TWO);
  expect(stdout).toMatch(/^ {2}domain +meter +partition +end +exit +billed +ran +error +share$/m);
  expect(stdout).toMatch(
    /^ {2}low +prime +System +\w+ +– +25,6\d\d,\d{3} +25,6\d\d,\d{3} +0 % +80\.0 %$/m,
  );
  expect(stdout).toMatch(/^ {2}partition +budget +max +1× +10× +100× +run +billed +bankrupt$/m);
  expect(stdout).toMatch(/^ {2}[\d,]+ readings of the clock\.$/m);
  const report = JSON.parse(primemeter("run", file(FILE), ...TWO, "--json").stdout);
  expect(report.domains[0]).toMatchObject({ name: "low", partition: "System", owed: "0" });
  expect(report.partitions.map(({ name }: { name: string }) => name)).toEqual([
    "System",
    "Pa",
    "Pb",
  ]);
});

test("--svg draws what each partition used, beside its budget", () => {
  const svg = join(folder, "used.svg");
  expect(primemeter("partitions", file(FILE), ...TWO, "--svg", svg).status).toBe(0);
  const drawn = readFileSync(svg, "utf8");
  expect(drawn).toContain("<title>Percent of the processors that each partition used</title>");
  for (const name of ["System", "Pa", "Pb"]) expect(drawn).toContain(`>${name}</text>`);
  expect(drawn.match(/stroke-dasharray/g)).toHaveLength(3);
});

test("an expectation that fails is exit code 1, a bankruptcy that stops the run, too", () => {
  const wrong = FILE.replace("max = 0 }", "min = 1 }");
  const { status, stdout } = primemeter("partitions", file(wrong), ...TWO);
  expect(stdout).toContain("  ✗ Pa: share at least 1 %; found 0 %\n");
  expect(status).toBe(1);
  const stops = FILE.replace("[partitions]", '[partitions]\nbankruptcy = "stop"')
    .replace("critical = 16_000", "critical = 20_000")
    .replace("[[expect]]", `${CRITICAL}\n$&`);
  const stopped = primemeter("partitions", file(stops), ...TWO);
  expect(stopped.stdout).toMatch(/bankrupt +Pa: its critical budget is overdrawn\n/);
  expect(stopped.stdout).toContain("; stopped by a bankruptcy.\n");
  expect(stopped.status).toBe(1);
});

test("what is wrong is said, with exit code 2", () => {
  const none = primemeter("partitions", file('[[meter]]\nname = "m"\nsuperior = "prime"'));
  expect(none).toMatchObject({ status: 2, stdout: "" });
  expect(none.stderr).toMatch(
    /x\.toml:1:1: found no partitions, expected \[partitions\] or a \[\[p/,
  );
  const bad = primemeter("partitions", file(FILE.replace("20", "120")));
  expect(bad).toMatchObject({ status: 2, stdout: "" });
  expect(bad.stderr).toMatch(/x\.toml:6:10: partition\[0\]\.budget: found 120, expected a perc/);
  const often = primemeter("partitions", file(FILE), "--every", "0");
  expect(often).toMatchObject({ status: 2, stdout: "" });
  expect(often.stderr).toContain("'--every <ms>' argument '0' is invalid. Expected a whole number");
  const svg = primemeter("partitions", file(FILE), "--svg", join(folder, "no/x.svg"));
  expect(svg).toMatchObject({ status: 2, stdout: "" });
  expect(svg.stderr).toContain("--svg: can't write");
  expect(primemeter("partitions").stderr).toContain("missing required argument 'file'");
  expect(primemeter("partitions", "--help").stdout).toContain("primemeter partitions scenarios/");
});
