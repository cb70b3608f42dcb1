// What partitions cost: a decision and a tick, by how many partitions there are; the turn of their window;
// guests that compute, and guests that talk, in partitions and without.

import { readFileSync } from "node:fs";
import {
  bursts,
  createKernel,
  type Domain,
  type Kernel,
  type KernelOptions,
  loadElf,
  type Partition,
  type Program,
} from "../src/index.js";
import { atMost, type Bench, type Figure, type Size } from "./bench.js";
import { CALLEE, caller, server } from "./callers.js";
import { type Candidate, measure } from "./measure.js";
import { counted, guest, type Pace, pace, paced, pass } from "./pair.js";
import { counter } from "./talker.js";

export const bench: Bench = {
  name: "partitions",
  about: "decisions, ticks and windows of 2 to 32 partitions; guests in partitions and without",
  run(size) {
    return [
      ...decisions(size),
      ...ticks(size),
      ...windows(size),
      ...computing(size),
      ...calls(size),
    ];
  },
};

const counts = (size: Size) => (size.small ? [2, 32] : [2, 8, 16, 32]);
/** What there is without partitions: a clock that bills the same. */
const BILLED = "billed by a clock";
const EXACT: KernelOptions = { billing: {} };
const LONG = bursts({ run: 4_000_000_000 });
/** Percent of all partitions but the first one together. */
const GIVEN = 80;

/** Kernels with domains in so many partitions, or in as many groups. */
function groups(count: number, options: KernelOptions, program: Program, each = 2): Kernel {
  const kernel = createKernel({ nodes: 256, frames: 16_384, ...options });
  const parts = options.partitions ? partitionsOf(kernel, count) : [];
  const meter = kernel.createMeter({ superior: kernel.primeMeter });
  for (let i = 0; i < count * each; i++) {
    const partition = parts[i % count];
    kernel.createDomain({ meter, program, ...(partition ? { partition } : {}) }).start();
  }
  return kernel;
}

function partitionsOf(kernel: Kernel, count: number): Partition[] {
  const budget = Math.floor((100 * GIVEN) / (count - 1)) / 100;
  const others = Array.from({ length: count - 1 }, (_, i) =>
    kernel.createPartition({ name: `P${i}`, budget }),
  );
  return [kernel.systemPartition, ...others];
}

/** Slices of a thirty-second of a tick, all domains ready: after each there is a decision. */
function decisions(size: Size): Figure[] {
  const quantum = 500;
  const slices = (options: KernelOptions, count: number) => {
    const kernel = groups(count, { quantum, ...options }, LONG);
    return pace(kernel, () => Number(kernel.statistics().switches), 4000 * quantum);
  };
  return compare("slice and decision", size, 4000, slices);
}

/** Ticks while nothing else happens: each bills, turns the window, and decides. */
function ticks(size: Size): Figure[] {
  const tick = 1000;
  const options = { quantum: 1_000_000, billing: { tick } };
  const ticking = (more: KernelOptions, count: number) => {
    const window = { window: 128 * tick };
    const partitions = more.partitions ? { partitions: window } : {};
    const kernel = groups(count, { ...options, ...partitions }, LONG);
    return pace(kernel, () => Number(kernel.timing().ticks), 4000 * tick);
  };
  return compare("tick", size, 4000, ticking);
}

/** By how many partitions there are, against a clock alone. */
function compare(
  name: string,
  size: Size,
  operations: number,
  make: (options: KernelOptions, count: number) => Pace,
): Figure[] {
  const plain = paced(BILLED, make(EXACT, 2), operations);
  const candidates = counts(size).map((count) =>
    paced(`${count}`, make({ partitions: {} }, count), operations),
  );
  const samples = measure([plain, ...candidates], size);
  const yardstick = { name: BILLED, sample: samples.get(BILLED)! };
  return [
    yardstick.sample.figure({ name, parameters: { partitions: "none" } }),
    ...counts(size).map((partitions) =>
      samples.get(`${partitions}`)!.figure({ name, parameters: { partitions }, yardstick }),
    ),
  ];
}

const BUILD = new URL("../../build/kernel.bench.wasm", import.meta.url);

/** What bench/kernel adds to the kernel's exports. */
interface WindowExports {
  turnWindow(partitions: number, times: number): void;
}

/** A tick's turn of the window, and before it every partition is charged. */
function windows(size: Size): Figure[] {
  const times = 4000;
  const build = readFileSync(BUILD);
  const candidates = counts(size).map((partitions): Candidate => {
    const { core } = groups(partitions, { partitions: {}, build }, LONG, 1);
    const exports = core.exports as unknown as WindowExports;
    return {
      name: `${partitions}`,
      operations: times,
      expected: BigInt(10 * partitions * times),
      run: () => {
        exports.turnWindow(partitions, times);
        return core.view.amount;
      },
    };
  });
  const samples = measure(candidates, size);
  return counts(size).map((partitions) => {
    const goal = partitions === 32 ? { goal: atMost(200) } : {};
    const name = "all are charged, and the window turns";
    return samples.get(`${partitions}`)!.figure({ name, parameters: { partitions }, ...goal });
  });
}

/** Guests that compute, four ticks in a slice: a thousand cycles. */
function computing(size: Size): Figure[] {
  const thousand = 1000;
  const quantum = 64_000;
  const program = loadElf(counter());
  const make = (options: KernelOptions, count: number) => {
    const kernel = groups(count, { quantum, ...options }, program, 1);
    return pace(kernel, () => Number(kernel.time) / thousand, 1_000_000);
  };
  return besideNone("1,000 cycles of guests", size, 4000, make);
}

/** A call of a guest in another partition, whose client pays, and its return. */
function calls(size: Size): Figure[] {
  return [0, 2000].flatMap((work) =>
    besideNone(`call and return, work ${work}`, size, work === 0 ? 2000 : 200, (options, count) => {
      const kernel = createKernel({ nodes: 64, frames: 4096, ...options });
      const parts = options.partitions ? partitionsOf(kernel, count) : [];
      const one = guest(kernel, caller(0));
      const other = guest(kernel, server(0, work));
      place(one, parts[0]);
      place(other, parts[1]);
      other.start();
      pass(kernel, 1000 + 2 * work);
      one.keys.set(CALLEE, other.startKey());
      one.start();
      return pace(kernel, () => counted(kernel, one), 200_000 + 20 * work);
    }),
  );
}

function place(domain: Domain, partition: Partition | undefined): void {
  if (partition) domain.schedule({ partition });
}

/** With cycles counted, with a clock, and with partitions too. */
function besideNone(
  name: string,
  size: Size,
  operations: number,
  make: (options: KernelOptions, count: number) => Pace,
): Figure[] {
  const none = "cycles counted";
  const candidates = [
    paced(none, make({}, 2), operations),
    paced(BILLED, make(EXACT, 2), operations),
    ...counts(size).map((count) => paced(`${count}`, make({ partitions: {} }, count), operations)),
  ];
  const samples = measure(candidates, size);
  const yardstick = { name: none, sample: samples.get(none)! };
  return [...samples].map(([way, sample]) => {
    const partitions = way === none || way === BILLED ? "none" : Number(way);
    const parameters = { partitions, ...(way === BILLED ? { by: "clock" } : {}) };
    if (way === none) return sample.figure({ name, parameters });
    return sample.figure({ name, parameters, yardstick });
  });
}
