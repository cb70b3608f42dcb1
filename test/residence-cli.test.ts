// The command `primemeter residence`: its tables, its JSON, its page and its pictures, and what it refuses.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { guestFile } from "./guests.js";

const MAIN = "dist/src/cli/main.js";
const folder = mkdtempSync(join(tmpdir(), "primemeter-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "residence", ...args], {
    encoding: "utf8",
    env: { ...env, CI: "true" },
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Two tenants with one program, and one that is idle once it has touched its pages. */
function scenario(residence: string, rest = ""): string {
  const programs = [
    ["swift", "sieve", "1000000"],
    ["slow", "sieve", "300000"],
    ["idle", "idler", "40"],
  ];
  const tenants = programs.map(([name, program, argument]) =>
    [
      `[[meter]]\nname = "${name}"\nsuperior = "prime"`,
      `[[domain]]\nname = "${program} of ${name}"\nmeter = "${name}"`,
      `program = ${JSON.stringify(guestFile(program!))}\nargs = ["${argument}"]`,
    ].join("\n"),
  );
  return [residence, "[kernel]\nquantum = 20_000", ...tenants, rest].join("\n");
}

const SMALL = "[residence]\ncore = 256\npages = 4096\nperiod = 160_000\nfault-cost = 100";
const small = file("small.toml", scenario(SMALL));
const LIMIT = ["--cycles", "4_000_000"];

describe("a run", () => {
  const html = join(folder, "residence.html");
  const svg = join(folder, "residence.svg");
  const { status, stdout, stderr } = run(small, ...LIMIT, "--html", html, "--svg", svg);

  test("tables of charges, of shares and of working sets, in 100 columns", () => {
    const figure = "[+−]?<?[\\d,.]+";
    expect(stdout).toMatch(/^ {4}first toucher {2}who touches a page first pays until/m);
    expect(stdout).toMatch(
      /^ {2}account +Multics +first toucher +equal split +idle pages +by access$/m,
    );
    for (const account of ["swift", "slow", "idle"]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${account}( +${figure}){3} +–( +${figure})$`, "m"));
      expect(stdout).toMatch(new RegExp(`^ {2}${account}( +${figure}){5}$`, "m"));
    }
    expect(stdout).toMatch(new RegExp(`^ {2}total( +${figure}){5}$`, "m"));
    expect(stdout).toMatch(/^ {2}error +[+−]?[\d.]+ +\+[\d,]+ +\+[\d,]+ +0$/m);
    expect(stdout).toMatch(/^ {2}misplaced( +[\d.]+){3}$/m);
    // 10 ms, and all of the 24 whole cycles united as far as they go.
    for (const [period, windows] of [
      [10, 24],
      [20, 12],
      [40, 6],
      [80, 3],
      [160, 1],
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${period} +${windows} `, "m"));
    }
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("what it found, and that accounts are right", () => {
    expect(stdout).toMatch(
      /faults a second × the scan period = [\d.]+ pages; [\d.]+ were\s+referenced/,
    );
    expect(stdout).toMatch(/Of all charges, whoever is to pay does not: Multics [\d.]+ %, first/);
    expect(stdout).toMatch(
      /✓ The kernel's accounts hold what was charged, [\d,]+ word-cycles, to the/,
    );
    expect(stdout).toMatch(/✓ Every cycle is accounted for\./);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("--html: one page that needs nothing else, its charts in it", () => {
    const page = readFileSync(html, "utf8");
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page.trimEnd()).toMatch(/<\/html>$/);
    expect(page).toContain("<title>Who pays for pages in core, by five schemes</title>");
    expect(page.match(/<figure><svg /g)).toHaveLength(5);
    expect(page.match(/<table>/g)).toHaveLength(4);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\((?!#)/);
    for (const [url] of page.matchAll(/https?:[^"\s<]*/g)) {
      expect(url).toMatch(/^http:\/\/www\.w3\.org\//);
    }
    const links = page.matchAll(/\b(?:href|src|xlink:href)="([^"]*)"/g);
    for (const [, link] of links) expect(link).toMatch(/^#/);
    const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of page.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
    expect(page).toContain("prefers-color-scheme: dark");
    expect(page).not.toContain("#333333");
    expect(page).toContain(`primemeter residence ${small}`);
  });

  test("--svg: a picture of all charts; --chart: of one", () => {
    const picture = readFileSync(svg, "utf8");
    expect(picture).toMatch(
      /^<svg [^>]+>\n<title>Who pays for pages in core, by five schemes<\/title>/,
    );
    expect(picture.match(/<svg /g)).toHaveLength(6);
    for (const text of ["What accounts pay for pages in core", "idle", "word-seconds"]) {
      expect(picture).toContain(`>${text}</text>`);
    }
    const one = join(folder, "one.svg");
    run(small, ...LIMIT, "--svg", one, "--chart", "working-set");
    const curve = readFileSync(one, "utf8");
    expect(curve.match(/<svg /g)).toHaveLength(2);
    expect(curve).toContain("scan period, milliseconds");
    expect(curve).not.toContain("word-seconds");
  });
});

describe("--json", () => {
  const first = run(small, ...LIMIT, "--json");
  const report = JSON.parse(first.stdout);

  test("one object with all figures, the same again", () => {
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(run(small, ...LIMIT, "--json").stdout).toBe(first.stdout);
    expect(report).toMatchObject({
      ...{ conserved: true, time: "4000000", period: 160_000, phase: "fixed", frames: 256 },
      ...{ accounts: expect.arrayContaining(["swift", "slow", "idle"]), mismatches: [] },
    });
    expect(report.schemes.map(({ scheme }: { scheme: string }) => scheme)).toEqual([
      ...["multics", "toucher", "split", "idle", "access"],
    ]);
    expect(report.schemes[0].charges.total).toBe(report.statistics.charged);
    const accounts = Object.values<string>(report.schemes[4].charges.accounts);
    const sum = accounts.reduce((sum, charge) => sum + BigInt(charge), 0n);
    expect(String(sum)).toBe(report.schemes[4].charges.total);
    expect(report.schemes[3].errors.points).toBeNull();
    expect(report.workingSet[0]).toMatchObject({ cycles: 1, windows: report.lockCycles.count });
    expect(report.course.length).toBe(report.lockCycles.count);
  });

  test("its cost is that of lock cycles and of faults, in percent of all that ran", () => {
    const { cost, statistics, consumed } = report;
    expect(cost.faulting).toBe(String(100n * BigInt(statistics.faults)));
    expect(cost.locking).toBe(String(200n * BigInt(statistics.cycles)));
    expect(cost.ran).toBe(consumed);
    const percent = (100 * (Number(cost.faulting) + Number(cost.locking))) / Number(consumed);
    expect(cost.percent).toBeCloseTo(percent, 9);
  });

  test("--period, --phase and --seed are in the file's place", () => {
    const random = (...args: string[]) =>
      JSON.parse(run(small, ...LIMIT, "--json", "--phase", "random", ...args).stdout);
    const [one, same, other] = [
      ["--seed", "7"],
      ["--seed", "7"],
      ["--seed", "8"],
    ].map((seed) => random(...seed));
    expect(one).toMatchObject({ phase: "random", period: 160_000 });
    expect(one).toEqual(same);
    expect(one.course).not.toEqual(other.course);
    const { period, statistics } = random("--period", "400_000");
    expect(period).toBe(400_000);
    expect(Number(statistics.cycles)).toBeLessThanOrEqual(10);
    expect(Number(statistics.cycles)).toBeGreaterThanOrEqual(9);
  });

  test("then the file's own changes of the scan don't count, and nothing is expected of another scan", () => {
    const act = "[[at]]\ncycle = 1_000_000\nperiod = 320_000\noffset = 1_000";
    const claim = "[[expect]]\nlock-cycles = 17";
    const path = file("change.toml", scenario(SMALL, `${act}\n${claim}`));
    const own = run(path, ...LIMIT, "--json");
    expect(own.status).toBe(0);
    expect(JSON.parse(own.stdout)).toMatchObject({ period: 320_000, statistics: { cycles: "17" } });
    const other = run(path, ...LIMIT, "--json", "--phase", "random");
    expect(other.status).toBe(0);
    expect(JSON.parse(other.stdout)).toMatchObject({ period: 160_000, expectations: [] });
  });

  test("an offset of the file is one of a fixed phase: a random one does without", () => {
    const path = file("offset.toml", scenario(`${SMALL}\noffset = 100_000`));
    expect(run(path, ...LIMIT, "--json", "--phase", "random").status).toBe(0);
  });
});

test("a file for several processors runs on one", () => {
  const path = file("two.toml", scenario(SMALL).replace("[kernel]", "[kernel]\nprocessors = 2"));
  const { status, stdout } = run(path, ...LIMIT, "--json");
  expect(status).toBe(0);
  expect(JSON.parse(stdout).schemes).toEqual(
    JSON.parse(run(small, ...LIMIT, "--json").stdout).schemes,
  );
});

test("an expectation of the file that fails: exit 1", () => {
  const rest = '[[expect]]\nmeter = "idle"\nconsumed = 1\n';
  const { status, stdout } = run(file("wrong.toml", scenario(SMALL, rest)), ...LIMIT);
  expect(status).toBe(1);
  expect(stdout).toContain("✗");
});

/** What the page says was drawn by which command. */
const drawings = [
  ...readFileSync("docs/residence.md", "utf8").matchAll(
    /^primemeter residence (.* --svg (docs\/.*?\.svg).*)$/gm,
  ),
].map(([, args, picture]) => ({ picture: picture!, args: args!.split(" ") }));

describe("the docs", () => {
  test("have a picture of each finding", () => {
    expect(drawings.map(({ picture }) => picture.slice("docs/residence-".length, -4))).toEqual([
      ...["tenants", "free-rider-fixed", "free-rider-random", "idle", "storm", "working-set"],
    ]);
    for (const { picture } of drawings) {
      expect(readFileSync("docs/residence.md", "utf8")).toContain(`](${picture.slice(5)})`);
    }
  });

  test.each(drawings)("$picture is what its command draws", ({ picture, args }) => {
    const svg = join(folder, "drawn.svg");
    const { status } = run(...args.map((word) => (word === picture ? svg : word)));
    expect(status).toBe(0);
    expect(readFileSync(svg, "utf8")).toBe(readFileSync(picture, "utf8"));
  });

  test("show what the command prints", () => {
    const { stdout } = run("scenarios/residence-tenants.toml");
    const tables = stdout.slice(
      stdout.indexOf("  What accounts pay"),
      stdout.indexOf("  The working set by"),
    );
    expect(tables.trim()).not.toBe("");
    const shown = readFileSync("docs/residence.md", "utf8");
    expect(shown).toContain(
      `$ primemeter residence scenarios/residence-tenants.toml\n…\n${tables.trimEnd()}\n`,
    );
  });
});

const none = file("none.toml", scenario(""));
const late = file("late.toml", scenario(`${SMALL}\noffset = 100_000`));

test.each([
  [[none], /none\.toml:1:1: found no core residence to compare, expected \[residence\]/],
  [[join(folder, "missing.toml")], /missing\.toml:1:1: found no such file/],
  [[small, "--period", "999"], /Expected a whole number from 1000 to 1600000000\./],
  [[small, "--period", "1_600_000_001"], /Expected a whole number from 1000 to 1600000000\./],
  [[small, "--period", "0"], /Expected a whole number from 1000/],
  [[late, "--period", "50_000"], /late\.toml.*offset: found 100000, expected /],
  [[small, "--phase", "any"], /Allowed choices are fixed, random\./],
  [[small, "--seed", "-1"], /Expected a whole number from 0 to 4294967295\./],
  [[small, "--chart", "core"], /--chart: it says what --svg draws, and there is no --svg/],
  [[small, "--svg", "x.svg", "--chart", "all"], /Allowed choices are charges, errors, paid, core/],
  [[small, "--svg", "docs"], /--svg: can't write docs: it is a folder/],
  [[small, "--html", "/no/such/x.html"], /--html: can't write \/no\/such\/x\.html: ENOENT/],
  [[], /missing required argument 'file'/],
])("%j: exit 2, and what was expected", (args, message) => {
  const { status, stdout, stderr } = run(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(message);
  expect(existsSync("x.svg")).toBe(false);
});

test("--help has its exit codes, schemes and examples", () => {
  const { status, stdout } = run("--help");
  expect(status).toBe(0);
  expect(stdout).toContain("Exit codes:");
  expect(stdout).toMatch(/Schemes:\n {2}Multics +the first who touches/);
  expect(stdout).toMatch(/Examples:\n {2}primemeter residence scenarios\/residence-/);
  const files = stdout.match(/scenarios\/\S+\.toml/g)!;
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});
