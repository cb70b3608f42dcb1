// The report on billing: its statistics, what it finds at small size, and faults that are planted in it, which
// must turn it red.

import { describe, expect, test } from "vitest";
import { CACHED, type Cost, cost, WHOLE_CHAIN } from "../src/billing-report/cost.js";
import { digits } from "../src/billing-report/digits.js";
import { errorOf, errorsOf } from "../src/billing-report/errors.js";
import { type Exactness, exactness } from "../src/billing-report/exactness.js";
import { spreadOf } from "../src/billing-report/sample.js";
import type { Fault } from "../src/billing-report/trial.js";
import { trial } from "../src/billing-report/trial.js";
import { verdicts } from "../src/billing-report/verdict.js";
import { POINT_WAYS, REPAIRS, repairWay, TICK, WAYS } from "../src/billing-report/way.js";
import { openWorkload } from "../src/billing-report/workload.js";
import { bursts, createKernel } from "../src/index.js";

function resultOf<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const next = steps.next();
    if (next.done) return next.value;
  }
}

const found = new Map<Fault | undefined, Exactness>();
function run(fault?: Fault): Exactness {
  let report = found.get(fault);
  if (!report) {
    report = resultOf(exactness({ small: true, seed: 1, ...(fault && { fault }) }));
    found.set(fault, report);
  }
  return report;
}

describe("errors of bills", () => {
  const bills = [
    { name: "a", ran: 1000, billed: 900 },
    { name: "b", ran: 500, billed: 700 },
    { name: "never", ran: 0, billed: 0 },
  ];

  test("each is of the domain's own time; who never ran has none", () => {
    expect(bills.slice(0, 2).map(errorOf)).toEqual([-10, 40]);
    const { mean, worst, worstOf, bias, shareShift } = errorsOf(bills);
    expect({ mean, worst, worstOf }).toEqual({ mean: 25, worst: 40, worstOf: "b" });
    expect(bias).toBeCloseTo(100 / 15);
    // 700 of 1,600 are 43.75 %, 500 of 1,500 are 33.33 %.
    expect(shareShift).toBeCloseTo(10.4167, 4);
  });

  test("what is right has none, however much everybody is billed too much shifts no share", () => {
    const right = bills.map((bill) => ({ ...bill, billed: bill.ran }));
    expect(errorsOf(right)).toMatchObject({ mean: 0, worst: 0, bias: 0, shareShift: 0 });
    const double = bills.map((bill) => ({ ...bill, billed: 2 * bill.ran }));
    expect(errorsOf(double)).toMatchObject({ mean: 100, worst: 100, bias: 100, shareShift: 0 });
  });

  test("where nobody was billed, all is wrong; where nobody ran, nothing can be said", () => {
    const none = bills.map((bill) => ({ ...bill, billed: 0 }));
    expect(errorsOf(none)).toMatchObject({ mean: 100, worst: 100, bias: -100 });
    expect(() => errorsOf(bills.slice(2))).toThrow("nobody ran");
  });
});

test("a spread is the median and the quartiles, between the nearest ones", () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, p25: 1.75, p75: 3.25 });
  expect(spreadOf([7])).toEqual({ median: 7, p25: 7, p75: 7 });
  expect(() => spreadOf([])).toThrow("no rounds");
});

test.each([
  [0, "0"],
  [0.00001, "<0.0001"],
  [-0.00001, "−<0.0001"],
  [0.00017, "0.0002"],
  [0.00234, "0.0023"],
  [0.0567, "0.0567"],
  [-12.345, "−12.3"],
  [1234.5, "1,230"],
])("%d in digits is %s", (value, text) => {
  expect(digits(value)).toBe(text);
});

describe("the workload", () => {
  test.each([0.1, 1, 10, 100])("switches about %d times a tick, and idles now and then", (rate) => {
    const { switches, bills } = trial(WAYS.exact, { rate, ticks: 1000, seed: 3 });
    expect(switches / rate).toBeGreaterThan(0.7);
    expect(switches / rate).toBeLessThan(1.4);
    const ran = bills.reduce((sum, bill) => sum + bill.ran, 0);
    expect(ran).toBeLessThan(0.99 * 1000 * TICK);
    expect(ran).toBeGreaterThan(0.5 * 1000 * TICK);
    for (const bill of bills) expect(bill.ran).toBeGreaterThan(0);
  });

  test("its dodger is never there at a tick, unless it is to be", () => {
    for (const dodges of [true, false]) {
      const { kernel, dodger } = openWorkload({ rate: 10, billing: {}, seed: 1, dodges });
      let seen = 0;
      for (let tick = 1; tick <= 100; tick++) {
        const end = BigInt(tick * TICK);
        while (kernel.time < end) kernel.step({ cycles: end - kernel.time });
        if (dodger.state === "running") seen++;
      }
      expect(dodger.ran).toBeGreaterThan(BigInt(20 * TICK));
      expect(seen).toBe(dodges ? 0 : 100);
      kernel.dispose();
    }
  });

  test("is the same again by its seed", () => {
    const [one, same, other] = [1, 1, 2].map((seed) =>
      trial(WAYS.coarse, { rate: 10, ticks: 200, seed }),
    );
    expect(same).toEqual(one);
    expect(other!.bills).not.toEqual(one!.bills);
  });
});

describe("the report at small size", () => {
  test("all is as it must be", () => {
    const said = verdicts(run());
    expect(said.filter(({ ok }) => !ok)).toEqual([]);
    expect(said).toHaveLength(6);
  });

  test("every way is tried at every rate, every point is left out once, every repair is tried", () => {
    const { ways, points, repairs, rates } = run();
    expect(Object.keys(ways)).toEqual(Object.keys(WAYS));
    for (const { outcomes } of [...Object.values(ways), ...points]) {
      expect(outcomes.map(({ rate }) => rate)).toEqual(rates);
    }
    expect(points.map(({ way }) => way)).toEqual(POINT_WAYS);
    expect(POINT_WAYS.filter(({ name }) => name.startsWith("all but "))).toHaveLength(8);
    expect(new Set(repairs.map(({ repair }) => repair))).toEqual(new Set(REPAIRS));
  });

  test("by ticks the dodger pays for nothing, and others for it", () => {
    const { tick, longTick } = run().ways;
    for (const { outcomes } of [tick, longTick]) {
      for (const { bills, worst, worstOf, mean } of outcomes) {
        expect(bills[0]).toMatchObject({ name: "dodger", billed: 0 });
        expect(worst).toBeGreaterThanOrEqual(100);
        expect(worstOf).not.toBe("");
        expect(mean).toBeGreaterThan(5);
      }
    }
  });

  test("what readings take grows with their cost, and with the rate", () => {
    const { x86, powerpc, mips, arm } = run().ways;
    const last = [x86, powerpc, mips, arm].map(({ outcomes }) => outcomes.at(-1)!.readTime);
    expect(last).toEqual(last.toSorted((a, b) => a - b));
    expect(last[0]).toBeGreaterThan(0);
    const ofArm = arm.outcomes.map(({ readTime }) => readTime);
    expect(ofArm[2]).toBeGreaterThan(ofArm[1]!);
  });

  test("more points are never worse, from where starts are among them; without messages there is an error", () => {
    const { points } = run();
    const worst = new Map(
      points.map(({ way, outcomes }) => [
        way.name.trim(),
        Math.max(...outcomes.map((o) => o.worst)),
      ]),
    );
    expect(worst.get("tick alone")).toBeGreaterThan(50);
    expect(worst.get("and start")).toBeLessThan(worst.get("tick alone")!);
    expect(worst.get("and message")).toBe(0);
    expect(worst.get("all but message")).toBeGreaterThan(0.5);
    expect(worst.get("all points")).toBe(0);
  });

  test("of the repairs only the one that asks is exact, and that only while no tick is missed", () => {
    const { repairs } = run();
    const of = (name: string, masked: number) =>
      repairs.find(
        ({ repair, masked: cycles, outcome }) =>
          repair === name && cycles === masked && outcome.rate === 1,
      )!.outcome;
    const half = TICK / 2;
    expect(of("pending", half).worst).toBe(0);
    expect(of("none", half).backwards).toBeGreaterThan(0);
    for (const name of ["add", "hold"]) {
      expect(of(name, half).worst).toBeGreaterThan(0);
      expect(of(name, half).worst).toBeLessThan(of("none", half).worst);
      expect(of(name, half).backwards).toBe(0);
    }
    expect(of("pending", 1.5 * TICK).missed).toBeGreaterThan(0);
    expect(of("pending", 1.5 * TICK).worst).toBeGreaterThan(1);
    expect(repairWay("hold", 7).billing.clock).toMatchObject({ masked: 7, repair: "hold" });
  });
});

test("a coarse clock that begins its units with the tick can be dodged; one of its own crystal can't", () => {
  const billedOf = (hz: number) => {
    const kernel = createKernel({
      ...{ nodes: 16, frames: 256, partitions: {} },
      billing: { clock: { kind: "counter", hz } },
    });
    const meter = kernel.primeMeter;
    const program = bursts({ run: 60, every: 80, phase: 10 });
    const domain = kernel.createDomain({ meter, priority: 20, program });
    kernel.createDomain({ meter, program: bursts({ run: 1_000_000 }) }).start();
    domain.start();
    const end = 16_000_000n;
    while (kernel.time < end) kernel.step({ cycles: end - kernel.time });
    domain.stop();
    const billed = Number(domain.consumed + domain.owed) / Number(domain.ran);
    expect(domain.ran).toBeGreaterThan(11_000_000n);
    kernel.dispose();
    return billed;
  };
  expect(billedOf(200_000)).toBe(0);
  expect(Math.abs(billedOf(200_017) - 1)).toBeLessThan(0.001);
});

describe("planted faults", () => {
  test.each<[Fault, RegExp[]]>([
    ["lost-cycles", [/^With an exact clock at worst a bill is 1 % wrong/, /at worst a bill is 1/]],
    ["no-dodge", [/^By the tick, who dodges ticks is found out/]],
    ["no-repair", [/^With a repair countdowns ran backwards \d+ times/]],
  ])("%s: the report is red, and says why", (fault, expected) => {
    const wrong = verdicts(run(fault)).filter(({ ok }) => !ok);
    for (const text of expected) {
      expect(wrong).toContainEqual({ ok: false, text: expect.stringMatching(text) });
    }
  });
});

test("costs are measured of every way, in the same rounds", () => {
  const { loads, clocks, rounds }: Cost = resultOf(cost({ small: true }));
  expect(rounds).toBe(3);
  expect(loads.map(({ load }) => load)).toEqual(["blocking", "slices"]);
  for (const { ways } of loads) {
    expect(ways.map(({ way }) => way).slice(0, 2)).toEqual([CACHED, WHOLE_CHAIN]);
    expect(new Set(ways.map(({ way }) => way)).size).toBe(ways.length);
    expect(ways.length).toBe(9 + POINT_WAYS.length);
    for (const one of ways) {
      expect(one.switch.median).toBeGreaterThan(0);
      expect(one.switch.p25).toBeLessThanOrEqual(one.switch.p75);
      expect(Number.isFinite(one.percent.median)).toBe(true);
    }
    expect(ways[0]!.more).toEqual({ median: 0, p25: 0, p75: 0 });
  }
  expect(clocks.map(({ clock }) => clock)).toEqual(["performance.now", "process.hrtime.bigint"]);
  for (const clock of clocks) expect(clock.cost.median).toBeGreaterThan(0);
});
