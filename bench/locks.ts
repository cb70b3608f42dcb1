// How borrowing is locked where two processors, each a thread, bill slices to one tree: by one lock, by
// a lock for each meter, by atomic subtraction. Decision 10 says what follows.

import { type Bench, type Figure, type Goal, ratioAtLeast, type Size } from "./bench.js";
import { Grove, type Plan, type Way } from "./grove.js";
import { type Candidate, measure } from "./measure.js";
import { freeRounds, roomCandidates, roomPlan, type Samples } from "./room.js";

const DOMAINS = 10_000;
/** Slices of each domain. */
const LAPS = 64;
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

function plan(depth: number, advance: number): Plan {
  const laps = advance === NAIVE ? 4 : LAPS;
  return { domains: DOMAINS, depth, shared: depth - BRANCHES, advance, laps };
}

/** Measures, without the rounds in which two processors were not free. */
function measureFree(grove: Grove, candidates: readonly Candidate[], size: Size): Samples {
  return freeRounds(measure([...roomCandidates(grove, LAPS), ...candidates], size));
}

/** Charging each slice to the whole chain, against caches of 64 quanta by as many processors. */
function naive(grove: Grove, depth: number, size: Size): Figure[] {
  const each = plan(depth, NAIVE);
  const charged: Way[] = ["root", "links", "nodes", "subtract", "exchange"];
  const candidates = [1, 2].flatMap((by) => [
    grove.candidate(`cached ${by}`, plan(depth, 64), TAKEN, by),
    ...charged.map((way) => grove.candidate(`${way} ${by}`, each, way, by)),
  ]);
  const samples = measureFree(grove, candidates, size);
  return charged.flatMap((way) =>
    [1, 2].map((by) => {
      const name = WAYS.get(way)!;
      const yardstick = { name: "cached", sample: samples.of(`cached ${by}`) };
      const parameters = { depth, charging: "naive", by };
      return samples.of(`${way} ${by}`).figure({ name, parameters, yardstick });
    }),
  );
}

/** Each way by one processor, against no lock at all, and by two, against the same by one. */
function ways(grove: Grove, each: Plan, size: Size): Figure[] {
  const candidates = [...WAYS.keys()].flatMap((way) => [
    grove.candidate(`${way} 1`, each, way, 1),
    grove.candidate(`${way} 2`, each, way, 2),
  ]);
  const alone = grove.candidate("unlocked", each, "unlocked", 1);
  const { of, room, isFree } = measureFree(grove, [alone, ...candidates], size);
  const unlocked = { name: "no lock", sample: of("unlocked") };
  const figures = [...WAYS].flatMap(([way, name]) => {
    const one = { name: "by one", sample: of(`${way} 1`) };
    const two = { name, parameters: parameters(each, 2), yardstick: one, factor: true };
    const goal = way === TAKEN && isFree ? goalOf(each) : undefined;
    return [
      one.sample.figure({ name, parameters: parameters(each, 1), yardstick: unlocked }),
      of(`${way} 2`).figure({ ...two, ...(goal ? { goal } : {}) }),
    ];
  });
  const first = unlocked.sample.figure({ name: "no lock", parameters: parameters(each, 1) });
  return [room, first, ...figures];
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
  const apart = roomPlan(LAPS);
  const interleaved = { ...apart, interleaved: true };
  const candidates = [1, 2].flatMap((by) => [
    grove.candidate(`apart ${by}`, apart, TAKEN, by),
    grove.candidate(`interleaved ${by}`, interleaved, TAKEN, by),
  ]);
  const { of } = measureFree(grove, candidates, size);
  return [1, 2].map((by) => {
    const yardstick = { name: "interleaved", sample: of(`interleaved ${by}`) };
    const about = { name: "pages apart", parameters: { by }, yardstick, factor: true };
    return of(`apart ${by}`).figure(about);
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
