// Domains that do the same again and again, driven by cycles: how many a round takes is found out first,
// and then so many rounds are had to the cycle.

import { MACHINE_REGISTERS } from "../assembly/riscv/layout.js";
import {
  createKernel,
  type Domain,
  type Kernel,
  type KernelOptions,
  loadElf,
  type Meter,
} from "../src/index.js";
import { CALLEE, ROUNDS_REGISTER } from "./callers.js";
import type { Candidate } from "./measure.js";

/** A stack, and pages that are nobody's. */
const WITHOUT_HEAP = (64 << 10) + 8192;
const BEGINNING = 10_000;
/** In which a round is measured. */
const ROUNDS = 4;

/** Rounds in a kernel of their own. */
export interface Talk {
  readonly kernel: Kernel;
  /** Rounds so far. */
  count(): number;
  /** Cycles of one. */
  readonly cycles: number;
}

export function smallKernel(options: KernelOptions = {}): Kernel {
  return createKernel({ nodes: 64, frames: 4096, ...options });
}

export function guest(kernel: Kernel, elf: Uint8Array, meter: Meter = kernel.primeMeter): Domain {
  const program = loadElf(elf);
  return kernel.createDomain({ meter, program, memory: program.end + WITHOUT_HEAP });
}

/** What a guest of callers.ts has counted. */
export function counted({ core }: Kernel, { machine }: Domain): number {
  return core.view.u32(machine!.address + MACHINE_REGISTERS + 4 * ROUNDS_REGISTER);
}

/** One domain that calls another. */
export function pair(kernel: Kernel, one: Domain, other: Domain): Talk {
  other.start();
  pass(kernel, 1000);
  one.keys.set(CALLEE, other.startKey());
  one.start();
  return talk(kernel, () => counted(kernel, one));
}

/** Once all have begun: every round takes the same. */
export function talk(kernel: Kernel, count: () => number): Talk {
  pass(kernel, BEGINNING);
  const next = () => {
    const before = count();
    while (count() === before) kernel.step({ cycles: 1 });
    return kernel.time;
  };
  const begun = next();
  for (let round = 1; round < ROUNDS; round++) next();
  return { kernel, count, cycles: Number(next() - begun) / ROUNDS };
}

/** So much time passes, unless nobody has anything to do. */
export function pass(kernel: Kernel, cycles: number): void {
  const end = kernel.time + BigInt(cycles);
  while (kernel.step({ cycles: end - kernel.time }).reason === "ran");
}

/** To be timed: so many rounds, as they are counted. */
export function candidate(
  name: string,
  { kernel, count, cycles }: Talk,
  rounds: number,
): Candidate {
  const run = () => {
    const before = count();
    pass(kernel, rounds * cycles);
    return count() - before;
  };
  return { name, operations: rounds, expected: rounds, run };
}

/** Operations of a kernel, by how many cycles one takes on an average. */
export interface Pace {
  readonly kernel: Kernel;
  /** Operations so far. */
  count(): number;
  readonly cycles: number;
}

/** Found out in so many cycles. */
export function pace(kernel: Kernel, count: () => number, cycles: number): Pace {
  pass(kernel, BEGINNING);
  const before = count();
  const begun = kernel.time;
  pass(kernel, cycles);
  return { kernel, count, cycles: Number(kernel.time - begun) / (count() - before) };
}

/** Where some operations take longer than others (ticks, readings): there may be some more or fewer in a run. */
const TOLERANCE = 0.05;

/** To be timed: about so many operations; the time is that of just so many. */
export function paced(
  name: string,
  { kernel, count, cycles }: Pace,
  operations: number,
): Candidate {
  const run = () => {
    const before = count();
    const start = performance.now();
    pass(kernel, Math.round(operations * cycles));
    const took = performance.now() - start;
    const done = count() - before;
    const isRight = Math.abs(done - operations) <= TOLERANCE * operations + 1;
    return { checksum: isRight ? operations : done, milliseconds: (took * operations) / done };
  };
  return { name, operations, expected: operations, run };
}
