// Millions of instructions a second of the target CPU, for each program of guests/: as they run under a
// kernel, cycles counted; and, for contrast, by a kernel compiled without counting.

import { readFileSync } from "node:fs";
import { createKernel, type Domain, type ElfProgram, loadElf } from "../src/index.js";
import { type Bench, type Figure, ratioAtMost, type Size } from "./bench.js";
import { type Candidate, measure } from "./measure.js";

/** The guests that compute, and what they print without arguments. */
export const PRINTED = {
  mix: "mix rounds 150 lists 87ac matrices 0864 texts c0a5 all b496\n",
  sort: "sort count 50000 ordered hash 9199c89e\n",
  matmul: "matmul size 64 times 6 trace -2036 hash cc4a6099\n",
  lz: "lz bytes 32768 packed 11439 alike hash 71163a52\n",
  sieve: "sieve limit 1000000 primes 78498 last 999983\n",
  strhash: "strhash words 20000 different 2778 most lo 629 hash 5fe7c0c7\n",
};
export type Guest = keyof typeof PRINTED;
const SMALL: readonly Guest[] = ["lz", "strhash"];

export const bench: Bench = {
  name: "mips",
  about: "the target CPU's speed by program, in slices of 100,000; against not counting cycles",
  run(size) {
    const guests = size.small ? SMALL : (Object.keys(PRINTED) as Guest[]);
    return guests.map((guest) => speed(guest, size));
  },
};

export function guestProgram(guest: Guest): ElfProgram {
  return loadElf(readFileSync(new URL(`../../guests/${guest}.elf`, import.meta.url)));
}

function speed(guest: Guest, size: Size): Figure {
  const program = guestProgram(guest);
  const uncounted = readFileSync(new URL("../../build/kernel.uncounted.wasm", import.meta.url));
  const counted = new Runner(program);
  const instructions = Number(counted.complete().consumed);
  const operations = instructions;
  const expected = PRINTED[guest];
  const samples = measure(
    [
      counted.candidate("counted", operations, expected),
      new Runner(program, uncounted).candidate("uncounted", operations, expected),
    ],
    size,
  );
  return samples.get("counted")!.figure({
    name: "instructions a second",
    parameters: { guest, instructions },
    unit: "million",
    rate: true,
    yardstick: { name: "uncounted", sample: samples.get("uncounted")! },
    goal: ratioAtMost(1.02),
  });
}

/** A kernel in which a program runs again and again. */
class Runner {
  readonly #kernel;
  readonly #program: ElfProgram;

  constructor(program: ElfProgram, build?: Uint8Array) {
    this.#kernel = createKernel({ nodes: 8, frames: 2048, ...(build ? { build } : {}) });
    this.#program = program;
  }

  /** Runs it to its end in a domain that is its own. */
  complete(): Domain {
    const kernel = this.#kernel;
    const domain = kernel.createDomain({ meter: kernel.primeMeter, program: this.#program });
    domain.start();
    while (domain.state !== "ended") kernel.step();
    return domain;
  }

  candidate(name: string, operations: number, expected: string): Candidate {
    const run = () => {
      const domain = this.complete();
      const { output } = domain;
      domain.rescind();
      return output;
    };
    return { name, operations, expected, run };
  }
}
