// The survey of locks: each way at many moments in each manner; and faults that are planted in it, which
// must turn it red.

import { describe, expect, test } from "vitest";
import type { Fault } from "../src/locks/bank.js";
import { openBank } from "../src/locks/bank.js";
import { courseOf } from "../src/locks/course.js";
import { survey, type WayReport } from "../src/locks/survey.js";
import { delayVerdict, verdict } from "../src/locks/verdict.js";
import { MANNERS, WAYS, type Way } from "../src/locks/way.js";

function run(way: Way, every: number, fault?: Fault, processors = 1): WayReport {
  const steps = survey({ ways: [way], every, work: 2, processors, ...(fault && { fault }) });
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value[0]!;
  }
}

const EVERY: Record<Way, number> = { a: 1, b: 11, c: 11, d: 1, e: 13 };

describe.each(WAYS)("way $way", ({ way, survives }) => {
  const report = run(way, EVERY[way]);

  test("comes out as it must", () => {
    expect(report.manners.map(({ manner }) => manner)).toEqual(MANNERS.map(({ manner }) => manner));
    for (const { moments, findings, outcomes } of report.manners) {
      expect(moments).toBeGreaterThan(5);
      expect(outcomes.length).toBe(moments);
      expect(findings).toEqual([]);
    }
    expect(report.ok).toBe(true);
  });

  test(survives ? "is never harmed" : "is harmed in each of its ways", () => {
    for (const tally of report.manners) {
      const { lost, held, stranded, never, done, wanted, wait } = tally;
      expect(wait.worst).toBeGreaterThan(0);
      if (tally.mustSurvive) {
        expect({ lost, held, stranded, never }).toEqual({
          lost: 0,
          held: 0,
          stranded: 0,
          never: 0,
        });
        expect(done).toBe(wanted);
        expect(wanted).toBe(16 * tally.moments);
      } else {
        expect(Math.min(lost, held, stranded, never)).toBeGreaterThan(0);
        expect(done).toBeLessThan(wanted);
        // Who gets in no more is stranded, both of them; some moments do no harm.
        expect(stranded).toBe(2 * never);
        expect(held).toBe(never);
        expect(never).toBeLessThan(tally.moments);
        // Between debit and credit somebody is inside.
        expect(lost).toBeLessThan(held);
      }
    }
    expect(verdict(report)).toMatch(survives ? /^Survives all / : /^Fails, as it can't but: /);
  });

  test("a delay of the owner's meter is waited for, and no more", () => {
    const { delay } = report;
    if (way === "a" || way === "d") {
      expect(delay).toBeNull();
      return;
    }
    expect(delay).toMatchObject({ lost: 0, held: 0, stranded: 0, never: 0, ok: true });
    expect(delay!.wait.mean).toBeGreaterThan(delay!.delay);
    // Where the client pays, one who is inside just then comes out.
    expect(delay!.meanwhile).toBeLessThanOrEqual(way === "e" ? delay!.moments : 0);
    expect(delayVerdict(delay!)).toContain("after it all go on, nothing lost");
  });
});

test.each(["b", "c", "d"] as const)("way %s survives on several processors, too", (way) => {
  for (const processors of [2, 3]) {
    const report = run(way, 60, undefined, processors);
    expect(report.manners.flatMap(({ findings }) => findings)).toEqual([]);
    expect(report.ok).toBe(true);
  }
});

describe("planted faults", () => {
  test.each<[Way, Fault]>([
    ["a", "no-stop"],
    ["e", "no-stop"],
    ["b", "borrowed-meter"],
    ["c", "borrowed-meter"],
    ["c", "no-keys"],
  ])("way %s, %s: the report is red", (way, fault) => {
    const report = run(way, 40, fault);
    expect(report.ok).toBe(false);
    expect(verdict(report)).toMatch(
      fault === "no-stop" ? /^Nothing fails/ : /^Fails, but must not/,
    );
  });
});

describe("a course", () => {
  const options = { work: 2, quantum: 131, transactions: 8, processors: 1 };

  test.each(WAYS)("of way $way has the caller's boundaries, each once", (plan) => {
    const { moments, length, cost, whole } = courseOf(plan, options);
    const times = moments.map(({ time }) => Number(time - moments[0]!.time));
    expect(times[0]).toBe(0);
    expect(times.at(-1)).toBeLessThanOrEqual(length);
    expect(new Set(times).size).toBe(times.length);
    expect(moments.length).toBeGreaterThanOrEqual(Math.floor(cost.alone));
    expect(moments.length).toBeLessThanOrEqual(length + 1);
    expect(whole).toBeGreaterThan(moments.at(-1)!.time);
    expect(cost.crowd).toBeGreaterThan(0);
  });

  test("rounds inside cost two cycles each", () => {
    const [short, long] = [2, 22].map((work) => courseOf(WAYS[1]!, { ...options, work }));
    expect(long!.cost.alone - short!.cost.alone).toBe(40);
  });
});

test("a bank's ledger is read as its programs write it", () => {
  const { kernel, ledger, victim } = openBank(WAYS[0]!, {
    work: 50,
    quantum: 100_000,
    transactions: 1,
    processors: 1,
  });
  while (!ledger.isInside(0)) kernel.step({ cycles: 1 });
  expect(ledger.isHeld).toBe(true);
  expect([ledger.begun(0), ledger.done(0)]).toEqual([1, 0]);
  while (ledger.gained === 0) kernel.step({ cycles: 1 });
  while (ledger.done(0) === 0) kernel.step({ cycles: 1 });
  expect(ledger.gained).toBe(0);
  expect(ledger.isHeld).toBe(false);
  expect(victim.state).toBe("running");
  kernel.dispose();
});
