// What it takes to wake processors, and for them to wake the host: a run in which nobody has anything to do,
// and the way of a system call to the host and back.

import { readFileSync } from "node:fs";
import { createKernel, type Kernel, loadElf } from "../src/index.js";
import type { Figure, Size } from "./bench.js";
import { Sample } from "./measure.js";
import { talker } from "./talker.js";

/** Cycles of the talker for each call. */
const CALL_CYCLES = 4;
const TALKERS = [1, 2, 64];

const SHARED = readFileSync(new URL("../../build/kernel.shared.wasm", import.meta.url));
const TEAMS: readonly { by: string; options: { processors?: number; build?: Uint8Array } }[] = [
  { by: "one", options: {} },
  { by: "shared, 1", options: { processors: 1, build: SHARED } },
  { by: "2", options: { processors: 2 } },
];

export async function wakings(size: Size): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { by, options } of TEAMS) {
    const kernel = createKernel({ nodes: 16, frames: 4, ...options });
    figures.push(await idle(kernel, by, size));
    kernel.dispose();
    for (const talkers of size.small ? [1] : TALKERS) {
      const crowded = createKernel({ nodes: 256, frames: 32_768, ...options });
      figures.push(await calls(crowded, talkers, by, size));
      crowded.dispose();
    }
  }
  return figures;
}

async function idle(kernel: Kernel, by: string, size: Size): Promise<Figure> {
  const times = size.small ? 20 : 200;
  const one = async () => {
    const start = performance.now();
    for (let i = 0; i < times; i++) await kernel.run();
    return ((performance.now() - start) * 1000) / times;
  };
  return figure("a run with nothing to do", { by }, await repeat(one, size));
}

async function calls(kernel: Kernel, talkers: number, by: string, size: Size): Promise<Figure> {
  const program = loadElf(talker());
  for (let i = 0; i < talkers; i++) {
    kernel.createDomain({ meter: kernel.primeMeter, program }).start();
  }
  const done = () => Number(kernel.statistics().hostCalls);
  const one = async () => {
    const before = done();
    const start = performance.now();
    await kernel.run({ cycles: (size.small ? 200 : 5000) * CALL_CYCLES });
    return ((performance.now() - start) * 1000) / (done() - before);
  };
  return figure("system call (brk)", { by, domains: talkers }, await repeat(one, size));
}

/** The first time doesn't count. */
async function repeat(one: () => Promise<number>, size: Size): Promise<Sample> {
  await one();
  const rounds: number[] = [];
  for (let round = 0; round < size.rounds; round++) rounds.push(await one());
  return new Sample(rounds);
}

function figure(name: string, parameters: Figure["parameters"], sample: Sample): Figure {
  return sample.figure({ name, parameters, unit: "µs" });
}
