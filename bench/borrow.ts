// A borrow: a domain gives its cache back to a prepared, hot chain and borrows anew.

import { atMost, type Bench, type Figure, type Goal, ratioAtLeast, ratioAtMost } from "./bench.js";
import { type Candidate, measure, type Sample } from "./measure.js";
import { PRIME, Tree } from "./tree.js";
import { compileTwin, type Twin } from "./twins/native.js";
import * as objects from "./twins/objects.js";
import * as typed from "./twins/typed.js";

const ADVANCE = 80_000_000;
/** In JavaScript's doubles exact, and never used up. */
const COUNTER = 2 ** 52;
/** The depths that have goals. */
const GOALS: ReadonlyMap<number, Goal> = new Map([
  [8, atMost(11)],
  [20, atMost(33)],
]);

export const bench: Bench = {
  name: "borrow",
  about: "giving a cache back and refilling it, by depth; against C, typed arrays and objects",
  run(size) {
    const twin = compileTwin("borrow");
    const times = size.small ? 20_000 : 100_000;
    const depths = size.small ? [1, 8, 20] : [1, 2, 4, 8, 16, 20];
    return depths.flatMap((depth) =>
      figures(depth, measure([...candidates(depth, times), ...native(twin, depth, times)], size)),
    );
  },
};

function candidates(depth: number, times: number): Candidate[] {
  const tree = new Tree({ nodes: depth + 1, advance: BigInt(ADVANCE) });
  const meter = tree.chain(PRIME, depth - 1, BigInt(COUNTER));
  const domain = tree.domains(1, () => meter);
  tree.prepare(domain, 1);
  const bigint = { counter: BigInt(COUNTER), advance: BigInt(ADVANCE) };
  const sum = times * ADVANCE;
  const borrow = () => {
    tree.exports.borrow(domain, times);
    return tree.view.amount;
  };
  const numbers = new Float64Array(depth + 1).fill(COUNTER, 0, depth);
  const bigints = new BigUint64Array(depth + 1).fill(bigint.counter, 0, depth);
  const arrays = { doubles: typed.typedChain(numbers), bigints: typed.typedChain(bigints) };
  const chains = {
    doubles: objects.chainOf(depth, COUNTER, 0),
    bigints: objects.chainOf(depth, bigint.counter, 0n),
  };
  const ways: [string, () => number | bigint][] = [
    ["kernel", borrow],
    ["typed arrays, 64-bit", () => typed.borrowBigints(arrays.bigints, times, bigint.advance)],
    ["typed arrays, doubles", () => typed.borrowDoubles(arrays.doubles, times, ADVANCE)],
    ["objects, bigints", () => objects.borrowBigints(chains.bigints, times, bigint.advance)],
    ["objects, doubles", () => objects.borrowDoubles(chains.doubles, times, ADVANCE)],
  ];
  return ways.map(([name, way]) => ({
    name,
    operations: times,
    expected: sum,
    run: () => Number(way()),
  }));
}

function native(twin: Twin | undefined, depth: number, times: number): Candidate[] {
  if (!twin) return [];
  const run = () => {
    const [checksum, nanoseconds] = twin.run(depth, times, ADVANCE).map(Number);
    return { checksum: checksum!, milliseconds: nanoseconds! / 1e6 };
  };
  return [{ name: "C -O3", operations: times, expected: times * ADVANCE, run }];
}

function figures(depth: number, samples: ReadonlyMap<string, Sample>): Figure[] {
  const kernel = samples.get("kernel")!;
  const parameters = { depth };
  const against = (name: string, goal: Goal) => {
    const sample = samples.get(name);
    const factor = goal.atLeast !== undefined;
    const about = { name: "borrow", parameters, factor, ...(GOALS.has(depth) ? { goal } : {}) };
    return sample ? [kernel.figure({ ...about, yardstick: { name, sample } })] : [];
  };
  const goal = GOALS.get(depth);
  return [
    kernel.figure({ name: "borrow", parameters, ...(goal ? { goal } : {}) }),
    ...against("C -O3", ratioAtMost(1.4)),
    ...against("typed arrays, 64-bit", ratioAtLeast(2.5)),
    ...against("typed arrays, doubles", ratioAtLeast(2.5)),
    ...against("objects, bigints", ratioAtLeast(5)),
    ...against("objects, doubles", ratioAtLeast(5)),
  ];
}
