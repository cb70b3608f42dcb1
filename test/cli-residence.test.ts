// What `primemeter run` shows of core residence: both resources in one bill, the journal, the report for machines.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pc from "picocolors";
import { afterAll, beforeAll, expect, test } from "vitest";
import { meterTable, wordSeconds } from "../src/cli/tree.js";
import type { MeterReport } from "../src/scenario/report.js";

const MAIN = "dist/src/cli/main.js";
const GUESTS = join(process.cwd(), "guests");
const FILE = `
[residence]
core = 128
period = 160_000

[[meter]]
name = "ada"
superior = "prime"
storage = 1_600_000_000
keeper = { refill-storage = 800_000_000, times = 1 }

[[meter]]
name = "bob"
superior = "prime"

[[domain]]
name = "ada-sieve"
meter = "ada"
program = "${GUESTS}/sieve.elf"

[[domain]]
name = "bob-sieve"
meter = "bob"
program = "${GUESTS}/sieve.elf"
args = ["100000"]

[[at]]
cycle = 2_000_000
add = "ada"
storage = 160_000_000

[[at]]
cycle = 3_000_000
period = 320_000
phase = "random"
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "primemeter-residence-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function primemeter(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const path = join(folder, "x.toml");
  writeFileSync(path, FILE);
  const all = [MAIN, "run", path, "--cycles", "4_000_000", ...args];
  const { stdout, stderr } = spawnSync(process.execPath, all, {
    encoding: "utf8",
    env: { ...env, CI: "true" },
  });
  return { stdout, stderr };
}

test("both resources are in the bill, by meter, and what happened to storage is told", () => {
  const { stdout, stderr } = primemeter();
  expect(stderr).toBe("");
  const words = stdout.split("\n").map((line) => line.trim().replace(/ {2,}/g, "  "));
  const about = (start: string) => words.filter((line) => line.startsWith(start));
  expect(words).toContain(
    "meter  granted  consumed  left  word-seconds  storage left  faults  in core  keeper calls",
  );
  // 2,400,000,000 word-cycles are 14 pages for a period; with what is left and is added, it is one more.
  expect(about("├─ ada  ")[0]).toMatch(
    /^├─ ada {2}unlimited {2}[\d,]+ {2}unlimited {2}153\.6 {2}6\.4 {2}15 {2}\d+ {2}3$/,
  );
  expect(about("├─ bob  ")[0]).toMatch(/ {2}unlimited {2}\d+ {2}\d+ {2}–$/);
  expect(about("└─ page-locker  ")[0]).toMatch(/ {2}0\.0 {2}unlimited {2}0 {2}0 {2}–$/);
  const told = words.filter((line) => /^[\d,]+ {2}(keeper|parked|operator) /.test(line));
  expect(told.map((line) => line.replace(/^[\d,]+ +/, ""))).toEqual([
    "keeper  ada has too little storage under ada-sieve: refilled to 57.8 word-seconds",
    "parked  ada-sieve: ada has too little storage, its keeper declined",
    "operator  add ada, 10.0 word-seconds",
    "parked  ada-sieve: ada has too little storage, its keeper declined",
    "operator  period 320,000, random phase",
  ]);
  const first = words.findIndex((line) => / lock cycles, /.test(line));
  const lines = [
    /^\d+ lock cycles, one in 320,000 cycles, at a random phase\.$/,
    /^\d+ page-accounting faults, [\d,]+ a second: [\d,]+\.\d word-seconds\.$/,
    /^\d+ pages read from the drum, \d+ written, \d+ evicted, \d+ copied; \d+ of 128 frames in use\.$/,
  ];
  for (const [n, line] of lines.entries()) expect(words[first + n]).toMatch(line);
});

test("the report for machines has both, exactly", () => {
  const report = JSON.parse(primemeter("--json").stdout);
  const ada = report.meters.find(({ name }: { name: string }) => name === "ada");
  expect(ada.storage).toEqual({
    left: String(2_560_000_000 - 15 * 163_840_000),
    charged: String(15 * 163_840_000),
    own: String(15 * 163_840_000),
    faults: "15",
    corePages: expect.any(Number),
  });
  expect(report.residence).toMatchObject({
    ...{ period: 320_000, phase: "random", offset: 0, core: 128 },
    charged: report.meters[0].storage.charged,
    faults: expect.stringMatching(/^\d+$/),
  });
  const plain = JSON.parse(
    spawnSync(process.execPath, [MAIN, "run", "scenarios/lock-cas.toml", "--json"], {
      encoding: "utf8",
    }).stdout,
  );
  expect(plain).not.toHaveProperty("residence");
  expect(plain.meters[0]).not.toHaveProperty("storage");
});

test("word-seconds are of 16,000,000 word-cycles", () => {
  expect(wordSeconds(0n)).toBe("0.0");
  expect(wordSeconds(16_000_000n)).toBe("1.0");
  expect(wordSeconds(1024n * 16_000_000n * 1000n + 800_000n)).toBe("1,024,000.1");
});

const STORAGE = { left: 2n ** 64n - 1n, charged: 16_000_000n, own: 0n, faults: 7n, corePages: 3 };
const prime: MeterReport = {
  ...{ name: "prime", superior: null, keeper: null, rescinded: false, storage: STORAGE },
  ...{ granted: 2n ** 56n, consumed: 5n, counter: 2n ** 56n - 5n, keeperCalls: 0 },
};
const gone: MeterReport = {
  ...{ ...prime, name: "gone", superior: "prime", rescinded: true },
  ...{ granted: 50n, counter: 45n, storage: { ...STORAGE, left: 0n } },
};
const empty: MeterReport = { ...gone, name: "empty", rescinded: false };

test("where the terminal is narrow, storage has a table of its own", () => {
  const paint = pc.createColors(false);
  const widthOf = (text: string) => Math.max(...text.split("\n").map((line) => line.length));
  const meters = [prime, gone, empty];
  const full = meterTable(meters, paint, 200);
  expect(full.split("\n")).toHaveLength(4);
  expect(full).toContain("72,057,594,037,927,936");
  const narrow = meterTable(meters, paint, widthOf(full) - 1);
  expect(narrow.split("\n")).toHaveLength(4);
  expect(narrow).not.toContain("72,057,594,037,927,936");
  const two = meterTable(meters, paint, widthOf(narrow) - 1).split("\n");
  const plain = (line: string) => line.trim().replace(/ {2,}/g, "  ");
  expect(two.map(plain)).toEqual([
    "meter  granted  consumed  left  keeper calls",
    "prime  unlimited  5  unlimited  –",
    "├─ gone  50  5  rescinded  –",
    "└─ empty  50  5  45  –",
    "",
    "meter  word-seconds  storage left  faults  in core",
    "prime  1.0  unlimited  7  3",
    "├─ gone  1.0  rescinded  7  3",
    "└─ empty  1.0  0.0  7  3",
  ]);
});
