// Making meters and domains, and moving their counters between cold nodes and hot records.

import { bursts, createKernel } from "../src/index.js";
import { atMost, type Bench, type Figure, type Size } from "./bench.js";
import { measure } from "./measure.js";
import { broadTree, PRIME, Tree } from "./tree.js";

export const bench: Bench = {
  name: "prepare",
  about: "preparing and unpreparing chains and trees; making meters and domains",
  run(size) {
    const depths = size.small ? [8] : [2, 8, 20];
    const counts = size.small ? [10_000] : [1000, 30_000, 1_000_000];
    return [
      ...depths.map((depth) => chains(depth, size)),
      ...counts.flatMap((domains) => trees(domains, size)),
      makes(size.small ? 10_000 : 1_000_000, size),
    ];
  },
};

/** A domain and the chain above it but the prime meter are unprepared and prepared, per meter. */
function chains(depth: number, size: Size): Figure {
  const tree = new Tree({ nodes: depth + 2, advance: 1n });
  const top = tree.meter(PRIME, 1n << 40n);
  const lowest = tree.chain(top, depth - 2, 1n << 40n);
  const domain = tree.domains(1, () => lowest);
  tree.prepare(domain, 1);
  const times = size.small ? 500 : 1000;
  const name = "prepare and unprepare a chain";
  const run = () => {
    for (let i = 0; i < times; i++) {
      tree.unprepare(top);
      tree.prepare(domain, 1);
    }
    return tree.peek(top);
  };
  const operations = times * (depth - 1);
  const samples = measure([{ name, operations, expected: 1n << 40n, run }], size);
  return samples.get(name)!.figure({ name, parameters: { depth }, unit: "ns a meter" });
}

/** A tree is prepared, and unprepared while all domains hold caches; per domain. */
function trees(domains: number, size: Size): Figure[] {
  const { tree, first, top } = broadTree(domains, 1000n, false);
  const counter = tree.peek(top);
  const samples = measure(
    [
      {
        name: "prepare a tree",
        operations: domains,
        expected: counter,
        prepare: () => tree.unprepare(top),
        run: () => {
          tree.prepare(first, domains);
          return counter;
        },
      },
      {
        name: "unprepare a tree",
        operations: domains,
        expected: counter,
        prepare: () => {
          tree.unprepare(top);
          tree.prepare(first, domains);
          tree.refill(first, domains);
        },
        run: () => {
          tree.unprepare(top);
          return tree.peek(top);
        },
      },
    ],
    domains >= 1_000_000 ? { ...size, rounds: Math.min(size.rounds, 7) } : size,
  );
  return [...samples].map(([name, sample]) =>
    sample.figure({ name, parameters: { domains }, unit: "ns a domain" }),
  );
}

/** The host API makes domains. */
function makes(domains: number, size: Size): Figure {
  const program = bursts({ run: 1000 });
  const name = "createDomain";
  const run = () => {
    const kernel = createKernel({ nodes: domains + 3, frames: 2 });
    const start = performance.now();
    const meter = kernel.createMeter({ superior: kernel.primeMeter });
    for (let i = 0; i < domains; i++) kernel.createDomain({ meter, program });
    const milliseconds = performance.now() - start;
    let checksum = 0;
    for (const domain of kernel.domains()) checksum += Number(domain.state === "stopped");
    kernel.dispose();
    return { checksum, milliseconds };
  };
  const samples = measure([{ name, operations: domains, expected: domains, run }], {
    ...size,
    rounds: Math.min(size.rounds, 5),
  });
  return samples.get(name)!.figure({ name, parameters: { domains }, goal: atMost(1000) });
}
