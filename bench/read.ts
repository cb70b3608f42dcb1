// Reading an exact counter while caches are out: as KeyKOS does, by unpreparing the meter and all below
// it, and by summing the caches.

import type { Bench } from "./bench.js";
import { measure } from "./measure.js";
import { broadTree } from "./tree.js";

export const bench: Bench = {
  name: "read",
  about: "reading a counter by unpreparing (counter) and by summing (peek), all caches out",
  run(size) {
    const counts = size.small ? [100, 10_000] : [1, 100, 10_000, 1_000_000];
    return counts.flatMap((domains) => {
      const { tree, first, top } = broadTree(domains, 1000n, false);
      const expected = tree.peek(top);
      const prepare = () => {
        tree.unprepare(top);
        tree.prepare(first, domains);
        tree.refill(first, domains);
      };
      const peek = () => tree.peek(top);
      const samples = measure(
        [
          {
            name: "counter",
            operations: 1,
            expected,
            prepare,
            run: () => {
              tree.unprepare(top);
              return peek();
            },
          },
          { name: "peek", operations: 1, expected, prepare, run: peek },
        ],
        domains >= 1_000_000 ? { ...size, rounds: Math.min(size.rounds, 7) } : size,
      );
      return samples.get("peek")!.figure({
        name: "peek",
        parameters: { domains },
        yardstick: { name: "counter", sample: samples.get("counter")! },
        factor: true,
      });
    });
  },
};
