// Taking caches back: all of a tree's, against following the same pointers; and the few that there are
// below a dry meter, where the dry bits spare the domains without one.

import { atMost, type Bench, type Figure, type Goal, ratioAtMost, type Size } from "./bench.js";
import { measure } from "./measure.js";
import { broadTree, PRIME, scattered, Tree } from "./tree.js";

const ADVANCE = 1000n;

export const bench: Bench = {
  name: "recall",
  about: "taking all caches of a tree back; refills below a dry meter; the off switch",
  run(size) {
    const counts = size.small ? [1000, 20_000] : [1000, 10_000, 100_000, 1_000_000];
    const most = counts.at(-1)!;
    return [
      ...counts.flatMap((domains) => recalls(domains, false, size)),
      ...recalls(most, true, size),
      refills(most, false, size),
      refills(most, true, size),
      offs(most, size),
    ];
  },
};

/** A recall of a tree in which every domain holds a cache, per domain. */
function recalls(domains: number, scatter: boolean, size: Size): Figure[] {
  const { tree, first, top, meters } = broadTree(domains, ADVANCE, scatter);
  const stride = scatter ? scattered(domains) : 1;
  const prepare = () => tree.refill(first, domains, stride);
  const samples = measure(
    [
      {
        name: "recall",
        operations: domains,
        expected: ADVANCE * BigInt(domains),
        prepare,
        run: () => tree.recall(top),
      },
      {
        name: "chase",
        operations: domains,
        expected: domains + meters,
        prepare,
        run: () => tree.exports.chase(top),
      },
    ],
    size,
  );
  const isLarge = domains >= 1_000_000;
  return [
    samples.get("recall")!.figure({
      name: "recall",
      parameters: { domains, order: scatter ? "scattered" : "as made" },
      unit: "ns a domain",
      yardstick: { name: "pointer chase", sample: samples.get("chase")! },
      ...(isLarge ? { goal: ratioAtMost(1.2) } : {}),
    }),
  ];
}

/** Two domains take turns with the last of a meter, above many prepared ones that hold nothing. */
function refills(idle: number, ignoreDry: boolean, size: Size): Figure {
  const tree = new Tree({ nodes: idle + 4, advance: ADVANCE, ignoreDry });
  const meter = tree.meter(PRIME, ADVANCE / 2n);
  const first = tree.domains(idle + 2, () => meter);
  tree.prepare(first, idle + 2);
  const times = ignoreDry ? 4 : 5000;
  const name = ignoreDry ? "refill, dry bits ignored" : "refill";
  const run = () => {
    tree.exports.takeTurns(first, first + 1, times);
    return tree.view.amount;
  };
  const expected = (ADVANCE / 2n) * BigInt(times);
  const samples = measure([{ name, operations: times, expected, run }], {
    ...size,
    rounds: ignoreDry ? Math.min(size.rounds, 5) : size.rounds,
  });
  const goal: Goal | undefined = ignoreDry ? undefined : atMost(1000);
  const parameters = { "idle domains": idle };
  return samples.get(name)!.figure({ name, parameters, ...(goal ? { goal } : {}) });
}

/** The wire: off, and on again, above many prepared domains of which two hold caches. */
function offs(idle: number, size: Size): Figure {
  const tree = new Tree({ nodes: idle + 4, advance: ADVANCE });
  const meter = tree.meter(PRIME, 1n << 40n);
  const first = tree.domains(idle + 2, () => meter);
  tree.prepare(first, idle + 2);
  const times = 1000;
  const run = () => {
    let sum = 0n;
    for (let i = 0; i < times; i++) {
      tree.refill(first, 2);
      const old = tree.set(meter, 0n);
      sum += old;
      tree.set(meter, old);
    }
    return sum;
  };
  const expected = BigInt(times) << 40n;
  const sample = measure([{ name: "off", operations: times, expected, run }], size).get("off")!;
  const parameters = { "idle domains": idle, caches: 2 };
  return sample.figure({ name: "two refills, off, on", parameters });
}
