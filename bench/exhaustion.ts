// From exhaustion to a keeper's first instruction: many domains under dry meters, each with a keeper of its
// own that takes the message and answers nobody. What a keeper that is a guest runs until it can take
// another is part of it: some ten instructions.

import { bursts, createKernel, type Domain, type Keeper, type Kernel } from "../src/index.js";
import type { Figure, Size } from "./bench.js";
import { taker } from "./callers.js";
import { type Candidate, measure } from "./measure.js";
import { counted, guest, pass } from "./pair.js";

const never = (): Promise<never> => new Promise(() => {});

export function exhaustions(size: Size): Figure[] {
  const count = size.small ? 50 : 400;
  const samples = measure([byGuests(count), byHost(count)], size);
  const [guests, host] = [samples.get("guests")!, samples.get("host")!];
  const name = "from exhaustion to the keeper";
  const yardstick = { name: "a keeper of the host", sample: host };
  return [
    guests.figure({ name, parameters: { keeper: "guest" }, factor: true, yardstick }),
    host.figure({ name, parameters: { keeper: "host" } }),
  ];
}

/** Domains that run dry at once, each under a meter of its own. */
function dryDomains(kernel: Kernel, count: number, keeperOf: (i: number) => unknown): Domain[] {
  const program = bursts({ run: 4_000_000_000 });
  return Array.from({ length: count }, (_, i) => {
    const keeper = keeperOf(i) as Keeper;
    const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 0n, keeper });
    return kernel.createDomain({ meter, program });
  });
}

/** Each domain looks again at its dry meter, whatever became of the call before. */
function again(domains: readonly Domain[]): void {
  for (const domain of domains) {
    domain.stop();
    domain.start();
  }
}

function byGuests(count: number): Candidate {
  const kernel = createKernel({ nodes: 8 * count + 16, frames: 48 * count + 1024 });
  const keepers = Array.from({ length: count }, () => guest(kernel, taker()));
  for (const keeper of keepers) keeper.start();
  pass(kernel, 100 * count);
  const domains = dryDomains(kernel, count, (i) => keepers[i]!.startKey());
  const taken = () => keepers.reduce((sum, keeper) => sum + counted(kernel, keeper), 0);
  let before = 0;
  const run = () => {
    while (kernel.step().reason === "ran");
    return taken() - before;
  };
  const prepare = () => {
    before = taken();
    again(domains);
  };
  return { name: "guests", operations: count, expected: count, run, prepare };
}

/** In a new kernel each time: a keeper that has not answered three times in a row is asked no more. */
function byHost(count: number): Candidate {
  let kernel: Kernel | undefined;
  let asked = 0;
  const keeper = () => {
    asked++;
    return never();
  };
  const prepare = () => {
    kernel?.dispose();
    kernel = createKernel({ nodes: 8 * count + 16, frames: 64 });
    for (const domain of dryDomains(kernel, count, () => keeper)) domain.start();
    asked = 0;
  };
  const run = () => {
    while (kernel!.step().reason === "ran");
    return asked;
  };
  return { name: "host", operations: count, expected: count, run, prepare };
}
