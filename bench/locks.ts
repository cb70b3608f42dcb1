// How borrowing is locked where two processors, each a thread, bill slices to one tree: by one lock, by
// a lock for each meter, by atomic subtraction. Decision 10 says what follows.

import { type Bench, type Figure, type Goal, ratioAtLeast, type Size } from "./bench.js";
import { Grove, type Plan, type Way } from "./grove.js";
import { type Candidate, measure, type Sample } from "./measure.js";

const DOMAINS = 10_000;
/** Meters at the lower end of a chain that not all share. */
const BRANCHES = 2;
/** An advance of one quantum: no caches, every slice is charged to the whole chain. */
const NAIVE = 1;
/** What the issue asks of two processors, by the advance; the way taken is to reach it. */
const GOALS: ReadonlyMap<number, number> = new Map([
  [64, 1.6],
  [256, 1.8],
]);
const TAKEN: Way = "ahead";
/** Two processors run this much faster than one where both are free. Else no goal can be asked. */
const FREE = 1.8;

const WAYS: ReadonlyMap<Way, string> = new Map([
  ["root", "one lock"],
  ["phases", "… and phases"],
  ["links", "… links apart"],
  ["ahead", "… and ahead"],
  ["nodes", "lock a meter"],
  ["subtract", "subtraction"],
  ["exchange", "exchange"],
]);

export const bench: Bench = {
  name: "locks",
  about: "borrowing, two processors against one, by how it is locked",
  run(size) {
    const grove = new Grove();
    try {
      const plans = size.small
        ? [plan(8, 64)]
        : [8, 20].flatMap((depth) => [plan(depth, 64), plan(depth, 256)]);
      return [
        ...plans.flatMap((each) => ways(grove, each, size)),
        ...(size.small ? [8] : [8, 20]).flatMap((depth) => naive(grove, depth, size)),
        ...(size.small ? [] : others(grove, size)),
        negatives(grove),
      ];
    } finally {
      grove.dispose();
    }
  },
};

/** What only large benches measure. */
function others(grove: Grove, size: Size): Figure[] {
  return [
    ...ways(grove, { ...plan(8, 64), together: true }, size),
    ...ways(grove, { ...plan(8, 64), shared: 1 }, size),
    ...placement(grove, size),
  ];
}

/** Caches that last: what two processors do where nothing is shared, unless others keep them busy. */
const withoutBorrowing: Plan = plan(8, 2 ** 17);

function plan(depth: number, advance: number): Plan {
  const laps = advance === NAIVE ? 4 : 64;
  return { domains: DOMAINS, depth, shared: depth - BRANCHES, advance, laps };
}

/** Charging each slice to the whole chain, against caches of 64 quanta by as many processors. */
function naive(grove: Grove, depth: number, size: Size): Figure[] {
  const each = plan(depth, NAIVE);
  const charged: Way[] = ["root", "links", "nodes", "subtract", "exchange"];
  const by = [1, 2];
  const candidates = by.flatMap((processors) => [
    grove.candidate(`cached ${processors}`, plan(depth, 64), TAKEN, processors),
    ...charged.map((way) => grove.candidate(`${way} ${processors}`, each, way, processors)),
  ]);
  const samples = measure(candidates, size);
  return charged.flatMap((way) =>
    by.map((processors) => {
      const cached = samples.get(`cached ${processors}`)!;
      return samples.get(`${way} ${processors}`)!.figure({
        name: WAYS.get(way)!,
        parameters: { depth, charging: "naive", by: processors },
        yardstick: { name: "cached", sample: cached },
      });
    }),
  );
}

/** Each way by one processor, against no lock at all, and by two, against the same by one. */
function ways(grove: Grove, each: Plan, size: Size): Figure[] {
  const both = (way: Way): Candidate[] => [
    grove.candidate(`${way} 1`, each, way, 1),
    grove.candidate(`${way} 2`, each, way, 2),
  ];
  const alone = grove.candidate("unlocked", each, "unlocked", 1);
  const idle = [1, 2].map((by) => grove.candidate(`idle ${by}`, withoutBorrowing, TAKEN, by));
  const samples = measure([alone, ...idle, ...[...WAYS.keys()].flatMap(both)], size);
  const unlocked = { name: "no lock", sample: samples.get("unlocked")! };
  const [one, two] = [samples.get("idle 1")!, samples.get("idle 2")!];
  const isFree = one.over(two).quantile(0.5) > FREE;
  const figures = [...WAYS].flatMap(([way, name]) => {
    const one = samples.get(`${way} 1`)!;
    const two = samples.get(`${way} 2`)!;
    return [
      one.figure({ name, parameters: parameters(each, 1), yardstick: unlocked }),
      twoFigure(name, each, two, one, way === TAKEN && isFree ? goalOf(each) : undefined),
    ];
  });
  return [
    twoFigure("no borrowing", withoutBorrowing, two, one),
    unlocked.sample.figure({ name: "no lock", parameters: parameters(each, 1) }),
    ...figures,
  ];
}

function twoFigure(name: string, each: Plan, two: Sample, one: Sample, goal?: Goal): Figure {
  return two.figure({
    name,
    parameters: parameters(each, 2),
    yardstick: { name: "by one", sample: one },
    factor: true,
    ...(goal ? { goal } : {}),
  });
}

function goalOf({ depth, advance, shared, together }: Plan): Goal | undefined {
  const limit = GOALS.get(advance);
  if (limit === undefined) return undefined;
  const isAsked = depth === 8 && shared === depth - BRANCHES && !together;
  return isAsked ? ratioAtLeast(limit) : undefined;
}

function parameters({ depth, advance, shared, together }: Plan, processors: number) {
  return {
    depth,
    advance,
    ...(shared === depth - BRANCHES ? {} : { shared }),
    ...(together ? { dry: "at once" } : {}),
    by: processors,
  };
}

/** Hot records of the processors in pages of their own, and taking turns; with no borrowing. */
function placement(grove: Grove, size: Size): Figure[] {
  const apart = withoutBorrowing;
  const interleaved = { ...apart, interleaved: true };
  const candidates = [1, 2].flatMap((processors) => [
    grove.candidate(`apart ${processors}`, apart, TAKEN, processors),
    grove.candidate(`interleaved ${processors}`, interleaved, TAKEN, processors),
  ]);
  const samples = measure(candidates, size);
  return [1, 2].map((by) => {
    const sample = samples.get(`apart ${by}`)!;
    const yardstick = { name: "interleaved", sample: samples.get(`interleaved ${by}`)! };
    return sample.figure({ name: "pages apart", parameters: { by }, yardstick, factor: true });
  });
}

/** With too few cycles for all: what makes plain subtraction unfit. */
function negatives(grove: Grove): Figure {
  const each = plan(8, 64);
  const cycles = (each.domains * each.laps) / 2;
  const value = grove.negatives({ ...each, cycles, together: true }, "subtract");
  const name = "seen below zero";
  return { name, parameters: {}, unit: "", median: value, p25: value, p75: value };
}
