// The shared bench kernel (kernel/shared/): a meter tree, and threads that bill slices to it.

import { readFileSync } from "node:fs";
import { Crew } from "./crew.js";
import type { Candidate } from "./measure.js";

interface SharedExports {
  plant(
    domains: number,
    depth: number,
    shared: number,
    advance: number,
    cycles: number,
    processors: number,
    interleaved: number,
    together: number,
    ahead: number,
  ): void;
  faults(): number;
  consumed(): number;
  negatives(): number;
}

/** Ways to lock a borrow, by the numbers that run.ts has for them. */
const WAYS = {
  unlocked: 0,
  root: 1,
  phases: 2,
  links: 3,
  ahead: 4,
  nodes: 5,
  subtract: 6,
  exchange: 7,
} as const;
export type Way = keyof typeof WAYS;

export interface Plan {
  readonly domains: number;
  readonly depth: number;
  /** Meters in a row, from the prime meter on, that all domains are below. */
  readonly shared: number;
  /** In quanta. */
  readonly advance: number;
  /** What each meter has, in quanta; plenty unless given. */
  readonly cycles?: number;
  /** Whether domains of two processors take turns in memory. */
  readonly interleaved?: boolean;
  /** Whether all domains run dry in the same round. */
  readonly together?: boolean;
  /** Slices of each domain. */
  readonly laps: number;
}

const PLENTY = 2 ** 31;
/** Domains that one holding of the lock may top up, besides the one that needs it. */
export const AHEAD = 63;
const PROCESSORS = 2;
const MEMORY_PAGES = 16;
const build = new URL("../../build/kernel.bench-shared.wasm", import.meta.url);

export class Grove {
  readonly #crew: Crew;
  readonly #exports: SharedExports;

  constructor() {
    const module = new WebAssembly.Module(readFileSync(build));
    const pages = { initial: MEMORY_PAGES, maximum: MEMORY_PAGES };
    const memory = new WebAssembly.Memory({ ...pages, shared: true });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    this.#exports = exports as unknown as SharedExports;
    this.#crew = new Crew(module, memory, PROCESSORS);
  }

  /** A plan's slices, borrowed for in a way, by one processor or by two that share them. */
  candidate(name: string, plan: Plan, way: Way, processors: number): Candidate {
    const slices = plan.domains * plan.laps;
    return {
      name,
      operations: slices,
      expected: slices,
      prepare: () => this.#plant(plan, processors),
      run: () => {
        const milliseconds = this.#bill(plan, way, processors);
        return { checksum: this.#exports.consumed(), milliseconds };
      },
    };
  }

  /** How often two processors, with too few cycles for both, meet a counter that is below zero. */
  negatives(plan: Plan, way: Way): number {
    this.#plant(plan, PROCESSORS);
    this.#bill(plan, way, PROCESSORS);
    return this.#exports.negatives();
  }

  /** The threads end. */
  dispose(): void {
    this.#crew.dispose();
  }

  #bill({ domains, laps }: Plan, way: Way, processors: number): number {
    const milliseconds = this.#crew.run(WAYS[way], processors, (domains * laps) / processors);
    const faults = this.#exports.faults();
    if (faults !== 0) throw new Error(`locks: ${way}: ${faults} meters are not conserved`);
    return milliseconds;
  }

  #plant(plan: Plan, processors: number): void {
    const { domains, depth, shared, advance, cycles = PLENTY } = plan;
    const interleaved = Number(plan.interleaved ?? false);
    const together = Number(plan.together ?? false);
    this.#exports.plant(
      domains,
      depth,
      shared,
      advance,
      cycles,
      processors,
      interleaved,
      together,
      AHEAD,
    );
  }
}
