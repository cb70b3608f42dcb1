// A billed slice in the whole loop of the dispatcher (`step`): domains of synthetic programs at depth 8
// take turns, and refill after 64 quanta.

import { PROCESSOR_TIME, PROCESSORS } from "../assembly/processor-layout.js";
import { atMost, type Bench, type Goal } from "./bench.js";
import { type Candidate, measure } from "./measure.js";
import { PRIME, type Program, scattered, Tree } from "./tree.js";

const QUANTUM = 100_000;
const QUANTA = 64;
const DEPTH = 8;
/** Meters at depth 8, which share the domains. */
const LEAVES = 50;
/** Slices of a step, as the host API asks for. */
const SLICES = 4096;
const PASSES = 0x7fffffff;

interface Load {
  readonly name: string;
  readonly program: Program;
  /** Whether the ready queue jumps about in memory. */
  readonly scatter?: boolean;
}

const LONG: Load = { name: "long bursts", program: { run: 0xffffffff, wait: 0 } };
const SCATTERED: Load = { ...LONG, name: "long bursts, scattered", scatter: true };
const OTHERS: readonly Load[] = [
  { name: "bursts of ⅓ quantum", program: { run: Math.floor(QUANTUM / 3), wait: 0 } },
  { name: "a quantum, then a wait", program: { run: QUANTUM, wait: 5000 * QUANTUM } },
];

export const bench: Bench = {
  name: "slices",
  about: `a billed slice in the dispatcher's loop, depth ${DEPTH}, advance of ${QUANTA} quanta`,
  run(size) {
    const sizes: [number, Goal][] = size.small
      ? [
          [100, atMost(3)],
          [10_000, atMost(7)],
        ]
      : [
          [100, atMost(3)],
          [10_000, atMost(7)],
          [1_000_000, atMost(16)],
        ];
    const least = size.small ? 400_000 : 1_000_000;
    const figure = (load: Load, domains: number, goal?: Goal) => {
      const parameters = { domains, of: load.name };
      // Cache misses make these slow, and steady.
      const rounds = load.scatter ? Math.min(size.rounds, 3) : size.rounds;
      const samples = measure([candidate(load, domains, least)], { ...size, rounds });
      const about = { name: "billed slice", parameters, ...(goal ? { goal } : {}) };
      return samples.get(load.name)!.figure(about);
    };
    return [
      ...sizes.map(([domains, goal]) => figure(LONG, domains, goal)),
      ...sizes.slice(1).map(([domains]) => figure(SCATTERED, domains)),
      ...OTHERS.map((load) => figure(load, 10_000)),
    ];
  },
};

/** A round in which every domain is refilled equally often, so that a slice's share of it is right. */
function candidate(load: Load, domains: number, least: number): Candidate {
  const advance = BigInt(QUANTA * QUANTUM);
  const tree = new Tree({ nodes: DEPTH + LEAVES + domains, advance, program: load.program });
  const trunk = tree.chain(PRIME, DEPTH - 2, 1n << 60n);
  const leaves = Array.from({ length: LEAVES }, () => tree.meter(trunk, 1n << 60n));
  const first = tree.domains(domains, (number) => leaves[number % LEAVES]!);
  const stride = load.scatter ? scattered(domains) : 1;
  for (let i = 0, place = 0; i < domains; i++, place = (place + stride) % domains) {
    tree.start(first + place, 1);
  }
  const period = domains * QUANTA;
  const slices = period * Math.max(1, Math.round(least / period));
  const { view, exports } = tree;
  const all = tree.peek(PRIME);
  return {
    name: load.name,
    operations: slices,
    expected: all,
    run: () => {
      for (let left = slices; left > 0; left -= SLICES) {
        exports.step(Math.min(left, SLICES) * QUANTUM, PASSES);
      }
      // What the prime meter lost is the time that passed.
      return tree.peek(PRIME) + view.u64(PROCESSORS + PROCESSOR_TIME) - tree.idle;
    },
  };
}
