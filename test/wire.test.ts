// The wire and the batteries: what each leaves running and stranded when its group is switched off.

import { describe, expect, test } from "vitest";
import { type ComparisonOptions, compare, type ModelReport } from "../src/wire/comparison.js";
import { openGroup } from "../src/wire/group.js";
import { wireTrial } from "../src/wire/trial.js";

const OPTIONS: ComparisonOptions = { grants: [2_000n, 50_000n], moments: 4, seed: 7 };

function run(options: ComparisonOptions): ModelReport[] {
  const steps = compare(options);
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

describe("a comparison", () => {
  const [wire, small, large] = run(OPTIONS) as [ModelReport, ModelReport, ModelReport];

  test("the wire stops its group at once, and strands nothing", () => {
    const nothing = { mean: 0, worst: 0 };
    expect(wire).toMatchObject({ last: nothing, ranOn: nothing, stranded: nothing, lost: nothing });
    expect(wire).toMatchObject({ ok: true, grantsPerMillion: 0, findings: [] });
    expect(wire.visits.worst).toBeGreaterThan(0);
  });

  test("batteries run on with what they have been granted", () => {
    for (const [report, grant] of [
      [small, 2_000],
      [large, 50_000],
    ] as const) {
      const { stranded, ranOn, lost, last } = report;
      expect(report).toMatchObject({ ok: true, findings: [] });
      expect(stranded.worst).toBeGreaterThan(grant);
      // Each of the twelve has a grant at most.
      expect(stranded.worst).toBeLessThanOrEqual(12 * grant);
      expect(last.mean).toBeGreaterThan(ranOn.mean);
      expect(ranOn.mean + lost.mean).toBeCloseTo(stranded.mean);
    }
    expect(large.last.mean).toBeGreaterThan(small.last.mean);
    expect(large.stranded.mean).toBeGreaterThan(small.stranded.mean);
    expect(large.grantsPerMillion).toBeLessThan(small.grantsPerMillion);
    // So many grants as cycles ask for, and a last one for each of twelve programs.
    expect(small.grantsPerMillion).toBeGreaterThanOrEqual(500);
    expect(small.grantsPerMillion).toBeLessThan(510);
  });

  test("the same again, of the same seed; others of another", () => {
    expect(run(OPTIONS)).toEqual([wire, small, large]);
    expect(run({ ...OPTIONS, seed: 8 })[1]!.stranded).not.toEqual(small.stranded);
  });

  test.each(["no-off", "slow-wire"] as const)("a planted fault, %s, turns it red", (fault) => {
    const [wire] = run({ ...OPTIONS, grants: [], moments: 2, fault, patience: 30_000_000n });
    expect(wire!.ok).toBe(false);
  });
});

test("grants are no more than what the programs use and hold", () => {
  const moment = 5_000_000n;
  const model = { kind: "battery", grant: 7_000n } as const;
  const outcome = wireTrial(model, { seed: 3, moment, patience: 10_000_000_000n });
  expect(outcome.grants * 7_000).toBe(outcome.used + outcome.stranded);
  expect(outcome.ranOn + outcome.lost).toBe(outcome.stranded);
});

test("until the switch a battery's group gets its share, whatever its grants are", () => {
  const models = [{ kind: "wire" }, { kind: "battery", grant: 3_000n }] as const;
  const [wire, battery] = models.map((model) => {
    const { kernel, meter } = openGroup(model, 5);
    while (kernel.time < 8_000_000n) kernel.step({ cycles: 8_000_000n - kernel.time });
    const { consumed } = meter.statistics();
    kernel.dispose();
    return Number(consumed);
  });
  expect(battery! / wire!).toBeGreaterThan(0.8);
  expect(battery! / wire!).toBeLessThan(1.25);
});
