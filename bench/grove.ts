// The shared bench kernel (kernel/shared/): its tree, and threads that bill slices to it.

import { readFileSync } from "node:fs";
import type { Candidate } from "./measure.js";
import { Crew } from "./crew.js";

interface SharedExports {
  plant(
    domains: number,
    depth: number,
    shared: number,
    advance: number,
    cycles: number,
    processors: number,
    placement: number,
    together: number,
  ): void;
  faults(): number;
  consumed(): number;
  refills(): number;
  negatives(): number;
}

const MEMORY_PAGES = 16;
const build = new URL("../../build/locks.bench.wasm", import.meta.url);

/** Ways to lock a borrow, as the bench kernel exports them. */
export const WAYS = [
  "runUnlocked",
  "runRoot",
  "runPhases",
  "runAhead",
  "runNodes",
  "runSubtract",
  "runExchange",
] as const;
export type Way = (typeof WAYS)[number];

export interface Plan {
  readonly domains: number;
  readonly depth: number;
  /** Meters in a row, from the prime meter on, that all domains are below. */
  readonly shared: number;
  /** In quanta, as are cycles. */
  readonly advance: number;
  readonly cycles?: number;
  readonly interleaved?: boolean;
  /** All caches are empty at first, and so run dry at once. */
  readonly together?: boolean;
  /** Slices of each domain. */
  readonly laps: number;
}

export class Grove {
  readonly #crew: Crew;
  readonly #exports: SharedExports;

  constructor(threads = 2) {
    const module = new WebAssembly.Module(readFileSync(build));
    const memory = new WebAssembly.Memory({
      initial: MEMORY_PAGES,
      maximum: MEMORY_PAGES,
      shared: true,
    });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.#exports = exports as unknown as SharedExports;
    this.#crew = new Crew({ module, memory, threads, ways: WAYS });
  }

  get exports(): SharedExports {
    return this.#exports;
  }

  /** The slices of a plan, in a way, by one processor or shared by two. */
  candidate(name: string, plan: Plan, way: Way, processors: number): Candidate {
    const slices = plan.domains * plan.laps;
    return {
      name,
      operations: slices,
      expected: slices,
      prepare: () => this.#plant(plan, processors),
      run: () => {
        const milliseconds = this.#crew.run(way, processors, slices / processors);
        const faults = this.#exports.faults();
        if (faults !== 0) throw new Error(`${name}: ${faults} meters are wrong`);
        return { checksum: this.#exports.consumed(), milliseconds };
      },
    };
  }

  dispose(): void {
    this.#crew.dispose();
  }

  #plant(plan: Plan, processors: number): void {
    const { domains, depth, shared, advance, cycles = 2 ** 31 } = plan;
    const { interleaved = false, together = false } = plan;
    this.#exports.plant(
      domains,
      depth,
      shared,
      advance,
      cycles,
      processors,
      Number(interleaved),
      Number(together),
    );
  }
}
