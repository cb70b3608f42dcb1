// What a report on residence says of its figures, and how it tells that they are wrong.

import { describe, expect, test } from "vitest";
import { residencePage } from "../src/cli/residence-html.js";
import { residenceSheets } from "../src/cli/residence-sheets.js";
import { Comparison } from "../src/residence/comparison.js";
import { type ResidenceReport, rateOf } from "../src/residence/report.js";
import type { Sample } from "../src/residence/sample.js";
import { findings, residenceVerdicts } from "../src/residence/verdict.js";

const PERIOD = 160_000;
const PAGE = 1024n * BigInt(PERIOD);

/** In each cycle, who pays for a page that `users` touch equally. */
function report(
  payers: readonly string[],
  users: readonly string[],
  rest: Partial<ResidenceReport> = {},
): ResidenceReport {
  const comparison = new Comparison();
  payers.forEach((payer, cycle) => {
    const page = {
      ...{ page: 1, isInCore: true, first: users[0]! },
      mappers: new Map(users.map((user) => [user, 1])),
      references: new Map(users.map((user) => [user, 1])),
    };
    comparison.take({
      ...{ since: BigInt(cycle * PERIOD), until: BigInt((cycle + 1) * PERIOD), isWhole: true },
      ...{ period: PERIOD, charges: new Map([[payer, PAGE]]), faults: 1, fetches: 0 },
      pages: [page],
    } satisfies Sample);
  });
  const compared = comparison.report();
  const statistics = {
    ...{ cycles: BigInt(payers.length), faults: BigInt(payers.length), starts: 1n, unpaid: 0n },
    ...{ fetches: 0n, writes: 0n, evictions: 0n, copies: 0n, charged: 0n, unowned: 0n },
    ...{ core: 64, coreFree: 63, pages: 64, pagesFree: 63 },
  };
  return {
    ...compared,
    ...{ period: PERIOD, phase: "fixed", frames: 64, statistics, mismatches: [] },
    cost: { locking: 200n * statistics.cycles, faulting: 0n, ran: 1_000_000n, percent: 0.02 },
    rate: rateOf(compared, PERIOD),
    ...rest,
  };
}

const BY_TURNS = Array.from({ length: 100 }, (_, cycle) => (cycle % 2 === 0 ? "a" : "b"));

describe("findings", () => {
  test("by turns nobody pays more than chance explains", () => {
    expect(findings(report(BY_TURNS, ["a", "b"]))).toEqual([
      "100 faults a second × the scan period = 1 pages; 1 were referenced in a period (0 % off).",
      "Of all charges, whoever is to pay does not: Multics 0 %, first toucher 50 %, equal split 0 %.",
      "By Multics nobody pays more or less than chance explains.",
    ]);
  });

  test("lock cycles that come seldomer than the period says are told", () => {
    const late = report(BY_TURNS, ["a", "b"], { period: PERIOD / 4 });
    expect(findings(late)[1]).toBe(
      "Lock cycles were one in 10 ms in the mean, not one in 2.5 ms: they wait for slices that last longer, or the period was changed.",
    );
  });

  test("who never pays is found out, and who pays for him", () => {
    const [, , unfair] = findings(report(Array(100).fill("peer"), ["peer", "rider"]));
    expect(unfair).toBe(
      "By Multics, more than chance explains: peer 50 points too much, rider 50 points too little.",
    );
  });

  test("of many the worst are named", () => {
    const users = ["peer", "b", "c", "d", "e", "f"];
    const [, , unfair] = findings(report(Array(100).fill("peer"), users));
    expect(unfair!.match(/points/g)).toHaveLength(4);
    expect(unfair).toMatch(/: peer 83\.3 points too much, \w 16\.7 points too little,/);
  });

  test("without a lock cycle, or anybody, there is nothing to say of them", () => {
    const nothing = "No lock cycle has ended: there is nothing to say of rates.";
    expect(findings(report([], []))).toEqual([nothing]);
  });
});

describe("the rate of faults", () => {
  const compared = { faults: 300, referenced: 3, time: BigInt(100 * PERIOD) };

  test("times the period is the working set, exactly where nothing is off", () => {
    expect(rateOf(compared, PERIOD)).toEqual({ faultsPerSecond: 300, workingSet: 3, error: 0 });
  });

  test("tells lock cycles that were missed", () => {
    const { error } = rateOf({ ...compared, time: BigInt(125 * PERIOD) }, PERIOD)!;
    expect(error).toBeCloseTo(-20, 9);
  });

  test("of no time, and of no pages", () => {
    expect(rateOf({ ...compared, time: 0n }, PERIOD)).toBeNull();
    expect(rateOf({ ...compared, faults: 0, referenced: 0 }, PERIOD)).toMatchObject({
      error: null,
    });
  });
});

test("an account that holds another sum than was charged is said, and wrong", () => {
  expect(residenceVerdicts(report(BY_TURNS, ["a", "b"]))).toMatchObject([{ ok: true }]);
  const mismatches = [{ account: "a", held: 1_000n, sampled: 999n }];
  expect(residenceVerdicts(report(BY_TURNS, ["a", "b"], { mismatches }))).toEqual([
    {
      ok: false,
      text: `The kernel's account of "a" holds 1,000 word-cycles, but 999 were charged.`,
    },
  ]);
});

describe("tables", () => {
  test("word-seconds, points with their signs, windows", () => {
    const [charges, shares, sets] = residenceSheets(report(BY_TURNS, ["a", "b"]));
    // 100 pages for 10 ms, of 10.24 word-seconds each.
    expect(charges!.rows).toEqual([
      ["a", "512", "1,024", "512", "–", "512"],
      ["b", "512", "0", "512", "–", "512"],
      ["total", "1,024", "1,024", "1,024", "1,024", "1,024"],
      ["error", "0", "0", "0", "0", ""],
    ]);
    expect(shares!.rows).toEqual([
      ["a", "50", "0", "5.03", "+50", "0"],
      ["b", "50", "0", "5.03", "−50", "0"],
      ["misplaced", "", "0", "", "50", "0"],
    ]);
    expect(sets!.rows.slice(0, 2)).toEqual([
      ["10", "100", "1", "0", "4", "1", "100", "0.125"],
      ["20", "50", "1", "0", "4", "1", "50", "0.0625"],
    ]);
  });

  test("of a run in which nothing happened", () => {
    const [charges, shares, sets] = residenceSheets(report([], []));
    expect(charges!.rows.map(([name]) => name)).toEqual(["total", "error"]);
    expect(shares!.rows).toEqual([["misplaced", "", "–", "", "–", "–"]]);
    expect(sets!.rows).toEqual([]);
  });
});

test("names of accounts are text on the page, whatever is in them", async () => {
  const nasty = `<script>alert("&")</script>`;
  const page = await residencePage(`${nasty}.toml`, report(BY_TURNS, [nasty, "b"]));
  expect(page).not.toContain("<script");
  expect(page).toContain("&lt;script&gt;");
});
