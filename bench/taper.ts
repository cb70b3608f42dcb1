// Scavenges near exhaustion (R11): domains share the last of a meter, with plain and with tapered
// advances. Counts, which are the same on every machine.

import { REASON_IDLE } from "../assembly/codes.js";
import { CONTROL_TAPERED } from "../assembly/layout.js";
import { STATISTIC_DISPATCHES, STATISTIC_SCAVENGES } from "../assembly/processor-layout.js";
import type { Bench, Figure } from "./bench.js";
import { PRIME, Tree } from "./tree.js";

const QUANTUM = 100_000;
const SLICES = 100_000;
const PASSES = 0x7fffffff;

export const bench: Bench = {
  name: "taper",
  about: `scavenges while domains use up a meter of ${SLICES} slices, plain and tapered advances`,
  run() {
    return [2, 8, 64, 512].flatMap((domains) => {
      const plain = scavenges(domains, false);
      return [count("plain", domains, plain), count("tapered", domains, scavenges(domains, true))];
    });
  },
};

function count(advance: string, domains: number, value: number): Figure {
  const parameters = { domains, advance };
  return { name: "scavenges", parameters, unit: "", median: value, p25: value, p75: value };
}

function scavenges(domains: number, tapered: boolean): number {
  const program = { run: 0xffffffff, wait: 0 };
  const tree = new Tree({ nodes: domains + 4, advance: 800n * BigInt(QUANTUM), program });
  tree.view.setControl(CONTROL_TAPERED, Number(tapered));
  const meter = tree.meter(PRIME, BigInt(SLICES) * BigInt(QUANTUM));
  const first = tree.domains(domains, () => meter);
  tree.start(first, domains);
  while (tree.exports.step(0xffffffff, PASSES) !== REASON_IDLE);
  if (tree.peek(meter) !== 0n) throw new Error("taper: the meter is not used up");
  if (tree.statistic(STATISTIC_DISPATCHES) < SLICES) throw new Error("taper: slices are missing");
  return tree.statistic(STATISTIC_SCAVENGES);
}
