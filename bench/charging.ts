// Billing a slice: by caches, and by charging every meter above each time.

import { type Bench, type Goal, ratioAtLeast } from "./bench.js";
import { measure } from "./measure.js";
import { PRIME, Tree } from "./tree.js";

const QUANTUM = 100_000;
const QUANTA = 64;
const DOMAINS = 64;
const GOALS: ReadonlyMap<number, Goal> = new Map([
  [8, ratioAtLeast(5)],
  [20, ratioAtLeast(12)],
]);

export const bench: Bench = {
  name: "charging",
  about: `billing a slice by caches of ${QUANTA} quanta; against charging the chain each time`,
  run(size) {
    const slices = size.small ? 50_000 : 400_000;
    const depths = size.small ? [8, 20] : [1, 2, 4, 8, 16, 20];
    return depths.map((depth) => {
      const advance = BigInt(QUANTA * QUANTUM);
      const tree = new Tree({ nodes: depth + DOMAINS, advance });
      const meter = tree.chain(PRIME, depth - 1, 1n << 56n);
      const first = tree.domains(DOMAINS, () => meter);
      tree.prepare(first, DOMAINS);
      tree.start(first, DOMAINS);
      const candidate = (name: "chargeCached" | "chargeNaive") => ({
        name,
        operations: slices,
        expected: BigInt(slices * QUANTUM),
        run: () => {
          tree.exports[name](slices, QUANTUM);
          return tree.view.amount;
        },
      });
      const samples = measure([candidate("chargeCached"), candidate("chargeNaive")], size);
      const goal = GOALS.get(depth);
      return samples.get("chargeCached")!.figure({
        name: "billed slice",
        parameters: { depth },
        yardstick: { name: "charging the chain", sample: samples.get("chargeNaive")! },
        factor: true,
        ...(goal ? { goal } : {}),
      });
    });
  },
};
