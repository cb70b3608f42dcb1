// Schemes of metering residence on traces made by hand, with results worked out by hand.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Comparison } from "../src/residence/comparison.js";
import { Course } from "../src/residence/course.js";
import { errorsOf } from "../src/residence/errors.js";
import type { PageUse, Sample } from "../src/residence/sample.js";
import { chargesOf, SCHEMES, type Scheme } from "../src/residence/scheme.js";
import { shareOut } from "../src/residence/share.js";
import { WorkingSet } from "../src/residence/working-set.js";

const PERIOD = 1000;
/** A page for a period. */
const PAGE = 1_024_000n;

type Counts = Record<string, number>;

function page(
  number: number,
  { first = null, mappers = {}, references = {}, isInCore = true }: PageOptions,
): PageUse {
  const map = (counts: Counts) => new Map(Object.entries(counts));
  return {
    page: number,
    isInCore,
    first,
    mappers: map(mappers),
    references: map(references),
  };
}
interface PageOptions {
  first?: string | null;
  mappers?: Counts;
  references?: Counts;
  isInCore?: boolean;
}

function sample(
  cycle: number,
  charges: Record<string, bigint>,
  pages: readonly PageUse[],
  rest: Partial<Sample> = {},
): Sample {
  return {
    since: BigInt(PERIOD * (cycle - 1)),
    until: BigInt(PERIOD * cycle),
    isWhole: true,
    period: PERIOD,
    charges: new Map(Object.entries(charges)),
    faults: Object.keys(charges).length,
    fetches: 0,
    pages,
    ...rest,
  };
}

function charged(scheme: Scheme, one: Sample) {
  const { accounts, total } = SCHEMES.find((plan) => plan.scheme === scheme)!.charge(one);
  return { ...Object.fromEntries(accounts), total };
}

describe("what schemes charge for a cycle", () => {
  // Page 1: a touches it first, b touches it most, c maps it only. Page 2: resident, idle. Page 3: on the drum.
  // Page 4: it was taken out of core after b had touched it.
  const one = sample(1, { a: PAGE, b: PAGE }, [
    page(1, { first: "c", mappers: { a: 1, b: 2, c: 1 }, references: { a: 1, b: 3 } }),
    page(2, { first: "a", mappers: { c: 1 } }),
    page(3, { mappers: { a: 1 }, isInCore: false }),
    page(4, { mappers: { b: 1 }, references: { b: 7 }, isInCore: false }),
  ]);

  test.each<[Scheme, Record<string, bigint>]>([
    ["multics", { a: PAGE, b: PAGE, total: 2n * PAGE }],
    ["toucher", { c: PAGE, a: PAGE, total: 2n * PAGE }],
    ["split", { a: PAGE / 4n, b: PAGE / 2n, c: PAGE / 4n + PAGE, total: 2n * PAGE }],
    ["idle", { total: 2n * PAGE }],
    ["access", { a: PAGE / 4n, b: (PAGE * 3n) / 4n + PAGE, total: 2n * PAGE }],
  ])("%s", (scheme, charges) => {
    expect(charged(scheme, one)).toEqual(charges);
  });

  test("nobody for pages that nobody has, and nothing in an empty core", () => {
    const nobodys = sample(1, {}, [page(1, {})]);
    for (const { charge } of SCHEMES) {
      expect(charge(nobodys)).toEqual({ accounts: new Map(), total: 0n });
      expect(charge(sample(1, {}, []))).toEqual({ accounts: new Map(), total: 0n });
    }
  });

  test("what can't be shared evenly is shared to the unit", () => {
    const odd = sample(1, {}, [page(1, { references: { a: 1, b: 1, c: 1 } })]);
    expect(charged("access", odd)).toEqual({ a: 341_334n, b: 341_333n, c: 341_333n, total: PAGE });
  });
});

describe("amounts that are shared", () => {
  test("the largest remainders get what is left, of equal ones the first", () => {
    const shared = (amount: bigint, weights: Counts) =>
      Object.fromEntries(shareOut(amount, new Map(Object.entries(weights))));
    // 10 × 3/8 = 3.75, 10 × 4/8 = 5, 10 × 1/8 = 1.25.
    expect(shared(10n, { a: 3, b: 4, c: 1 })).toEqual({ a: 4n, b: 5n, c: 1n });
    expect(shared(2n, { a: 1, b: 1, c: 1 })).toEqual({ a: 1n, b: 1n, c: 0n });
    expect(shared(0n, { a: 1, b: 2 })).toEqual({ a: 0n, b: 0n });
    expect(shared(10n, {})).toEqual({});
  });

  test("the sum is the amount, and nobody is off by a unit", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), {
      minLength: 1,
      maxLength: 9,
    });
    const amounts = fc.bigInt({ min: 0n, max: 1024n * 1_600_000_000n });
    fc.assert(
      fc.property(amounts, weights, (amount, list) => {
        const parts = shareOut(amount, new Map(list.entries()));
        expect(parts.reduce((sum, [, part]) => sum + part, 0n)).toBe(amount);
        const whole = list.reduce((sum, weight) => sum + BigInt(weight), 0n);
        for (const [who, part] of parts) {
          // Exactly amount × weight / whole, up or down.
          const off = part * whole - amount * BigInt(list[who]!);
          expect(off < whole && off > -whole).toBe(true);
        }
      }),
    );
  });
});

describe("errors against the truth", () => {
  const charges = (accounts: Record<string, bigint>) =>
    chargesOf(new Map(Object.entries(accounts)));
  const truth = charges({ a: 60n, b: 30n, c: 10n });

  test("points of the share, what is misplaced, and what all pay too much", () => {
    // Shares 60, 40, 0 of twice as much; d has no business there.
    const { points, misplaced, total } = errorsOf(charges({ a: 100n, b: 80n, d: 20n }), truth);
    expect(Object.fromEntries(points!)).toEqual({ a: -10, b: 10, c: -10, d: 10 });
    expect({ misplaced, total }).toEqual({ misplaced: 20, total: 100 });
  });

  test("none where everybody pays his share, however much that is", () => {
    const { points, misplaced, total } = errorsOf(charges({ a: 30n, b: 15n, c: 5n }), truth);
    expect(Object.fromEntries(points!)).toEqual({ a: 0, b: 0, c: 0 });
    expect({ misplaced, total }).toEqual({ misplaced: 0, total: -50 });
  });

  test("nothing to compare: a scheme without accounts has a total only, and nobody is wrong about nothing", () => {
    expect(errorsOf({ accounts: new Map(), total: 125n }, truth)).toEqual({
      ...{ points: null, misplaced: null, total: 25 },
    });
    expect(errorsOf(truth, charges({}))).toEqual({ points: null, misplaced: null, total: null });
  });
});

describe("the working set by the length of a window", () => {
  function curveOf(...cycles: number[][]) {
    const set = new WorkingSet();
    for (const pages of cycles) set.take(new Set(pages));
    return set.curve();
  }

  test("windows of 1, 2, 4 cycles: the pages of all of them, each once", () => {
    // 2, 1, 1, 2, 1 pages; {1, 2} and {1, 3}; {1, 2, 3}. The fifth cycle is half of a pair.
    const curve = curveOf([1, 2], [1], [3], [1, 3], [7]);
    expect(curve.map(({ cycles, windows, pages }) => [cycles, windows, pages])).toEqual([
      [1, 5, 1.4],
      [2, 2, 2],
      [4, 1, 3],
    ]);
    // Of 2, 1, 1, 2, 1 the variance is 0.3.
    expect(curve[0]!.error).toBeCloseTo(Math.sqrt(0.3 / 5), 12);
    expect(curve[1]!.error).toBe(0);
    expect(curve[2]!.error).toBeNull();
    // Pages 1, 2, 3, 7 are referenced in 3, 1, 2 and 1 cycles of 5.
    const missed = (cycles: number) =>
      0.4 ** cycles + 0.8 ** cycles + 0.6 ** cycles + 0.8 ** cycles;
    for (const { cycles, independent } of curve) {
      expect(independent).toBeCloseTo(4 - missed(cycles), 12);
    }
    expect(curve[0]!.independent).toBeCloseTo(curve[0]!.pages, 12);
  });

  test("idle cycles count; no cycles have no curve", () => {
    expect(curveOf([], [1, 2])).toEqual([
      { cycles: 1, windows: 2, pages: 1, error: 1, independent: 1 },
      { cycles: 2, windows: 1, pages: 2, error: null, independent: 1.5 },
    ]);
    expect(curveOf()).toEqual([]);
  });
});

describe("a run", () => {
  const touched = (references: Counts) =>
    page(1, { first: "a", mappers: { a: 1, b: 1 }, references });
  const half = touched({ a: 1, b: 1 });

  function compared(samples: readonly Sample[]) {
    const comparison = new Comparison();
    for (const one of samples) comparison.take(one);
    return comparison.report();
  }

  test("sums over samples, errors, and how much of them is chance", () => {
    // By turns a and b take the fault, but for the last cycle, when nobody comes.
    const report = compared([
      ...[sample(1, { a: PAGE }, [half]), sample(2, { b: PAGE }, [half])],
      ...[sample(3, { a: PAGE }, [half]), sample(4, {}, [touched({})])],
    ]);
    const figures = Object.fromEntries(
      report.schemes.map(({ scheme, charges, errors }) => {
        const { misplaced, total } = errors;
        return [scheme, [Object.fromEntries(charges.accounts), charges.total, misplaced, total]];
      }),
    );
    expect(figures.access).toEqual([{ a: (PAGE * 3n) / 2n, b: (PAGE * 3n) / 2n }, 3n * PAGE, 0, 0]);
    // 66.7 : 33.3 instead of 50 : 50.
    expect(figures.multics!.slice(0, 2)).toEqual([{ a: 2n * PAGE, b: PAGE }, 3n * PAGE]);
    expect(figures.multics![2]).toBeCloseTo(100 / 6, 9);
    expect(figures.toucher).toEqual([{ a: 4n * PAGE }, 4n * PAGE, 50, 100 * (4 / 3 - 1)]);
    expect(figures.split!.slice(0, 3)).toEqual([{ a: 2n * PAGE, b: 2n * PAGE }, 4n * PAGE, 0]);
    expect(figures.idle).toEqual([{}, 3n * PAGE, null, 0]);
    expect(report.accounts).toEqual(["a", "b"]);
    // Differences of ½, −½, ½, 0 pages: variance 11/48, four of them, of three pages.
    const chance = (100 * Math.sqrt((11 / 48) * 4)) / 3;
    expect(report.chance!.get("a")).toBeCloseTo(chance, 9);
    expect(report.chance!.get("b")).toBeCloseTo(chance, 9);
  });

  test("faults, time and pages are of whole cycles; the run's ends are charged for only", () => {
    const samples = [sample(1, { a: PAGE }, [half]), sample(2, { b: PAGE }, [half])];
    const cut = { until: 2_001n, isWhole: false };
    const report = compared([...samples, sample(3, { a: PAGE }, [half], cut)]);
    expect(report).toMatchObject({ cycles: 2, time: 2000n, faults: 2, referenced: 1 });
    expect(report.curve.map(({ windows }) => windows)).toEqual([2, 1]);
    expect(report.course.map(({ until }) => until)).toEqual([1000n, 2000n]);
    expect(report.schemes[0]!.charges.total).toBe(3n * PAGE);
    expect(compared([sample(1, {}, [], { isWhole: false })])).toMatchObject({
      ...{ cycles: 0, referenced: 0, chance: null, curve: [], accounts: [] },
    });
  });

  test("its course has at most 200 stretches, none lost", () => {
    for (const count of [1, 200, 201, 1001]) {
      const course = new Course();
      for (let cycle = 1; cycle <= count; cycle++) {
        course.take(sample(cycle, { a: 1n, [`b${cycle % 2}`]: 2n }, [half], { fetches: 3 }));
      }
      const { stretches } = course;
      expect(stretches.length).toBeLessThanOrEqual(200);
      expect(stretches.length).toBeGreaterThanOrEqual(Math.min(count, 100));
      expect(stretches[0]!.since).toBe(0n);
      expect(stretches.at(-1)!.until).toBe(BigInt(PERIOD * count));
      let sum = 0n;
      for (const [index, { since, charges, ...rest }] of stretches.entries()) {
        if (index > 0) expect(since).toBe(stretches[index - 1]!.until);
        expect(rest).toMatchObject({ inCore: rest.cycles, fetches: 3 * rest.cycles });
        expect(charges.get("a")).toBe(BigInt(rest.cycles));
        for (const charge of charges.values()) sum += charge;
      }
      expect(sum).toBe(BigInt(3 * count));
      const lengths = new Set(stretches.slice(0, -1).map(({ cycles }) => cycles));
      expect(lengths.size).toBeLessThanOrEqual(1);
    }
  });
});
