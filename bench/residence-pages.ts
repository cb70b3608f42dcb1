// What lock cycles, faults and pages cost: 10⁵ words in the tables of 100 machines; pages of zeros, copies, and
// evictions; and what domains of one program share.

import { readFileSync } from "node:fs";
import { bursts, createKernel, type Domain, type Kernel, loadElf } from "../src/index.js";
import { atMost, type Figure, type Size } from "./bench.js";
import { Sample } from "./measure.js";

const PAGE = 4096;
/** A hog's block, in pages. */
const BLOCK = 16;
const LEAST_CORE = 8;
const LONG = 1_600_000_000;
/** Pages of an address space that are no one's: 16 below the program, and one below the stack. */
const GAP = 17;

function program(name: string) {
  return loadElf(readFileSync(new URL(`../../guests/${name}.elf`, import.meta.url)));
}

function timed(act: () => void): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

/** Many lock cycles over so many words, with somebody running beside them; and the first touches after one. */
export function lockCycle(size: Size): Figure[] {
  const domains = size.small ? 5 : 100;
  const blocks = size.small ? 4 : 62;
  const memory = (blocks * BLOCK + 8) * PAGE + (256 << 10);
  const cycles: number[] = [];
  const touches: number[] = [];
  let pages = 0;
  for (let round = -1; round < Math.min(size.rounds, 5); round++) {
    const plain = touched(domains, blocks, memory);
    const without = timed(() => finish(plain.kernel, plain.hogs));
    plain.kernel.dispose();
    const { kernel, hogs } = touched(domains, blocks, memory);
    const { residence } = kernel;
    pages = residence.statistics().pages - residence.statistics().pagesFree;
    const cycle = lockTime(kernel);
    residence.set({ period: LONG });
    const faults = residence.statistics().faults;
    const took = timed(() => finish(kernel, hogs));
    const more = Number(residence.statistics().faults - faults);
    kernel.dispose();
    if (round < 0) continue;
    cycles.push(cycle);
    touches.push(((took - without) * 1e6) / more);
  }
  const parameters = { words: pages, machines: domains };
  return [
    new Sample(cycles).figure({
      ...{ name: "a lock cycle", parameters, unit: "µs", goal: atMost(1000) },
    }),
    new Sample(touches).figure({ name: "a first touch after it, all told", parameters }),
  ];
}

/** Hogs that have written to all of their pages and read none of them yet. */
function touched(domains: number, blocks: number, memory: number) {
  const pages = domains * (memory / PAGE + 16) + 64;
  const kernel = createKernel({
    ...{ nodes: 1024, frames: 64 + domains * 4, quantum: 1000 },
    residence: { core: pages, pages, period: LONG, offset: LONG - 1 },
  });
  kernel.residence.locker.stop();
  const options = {
    meter: kernel.primeMeter,
    program: program("hog"),
    args: [`${blocks}`],
    memory,
  };
  const hogs = Array.from({ length: domains }, () => kernel.createDomain(options));
  const total = consumedBy(kernel, options);
  for (const hog of hogs) {
    hog.start();
    while (hog.consumed < (total * 6n) / 10n) kernel.step({ cycles: 1000n });
    hog.stop();
  }
  return { kernel, hogs };
}

function consumedBy(kernel: Kernel, options: Parameters<Kernel["createDomain"]>[0]): bigint {
  const hog = kernel.createDomain(options);
  finish(kernel, [hog]);
  const total = hog.consumed;
  hog.rescind();
  return total;
}

function finish(kernel: Kernel, domains: readonly Domain[]): void {
  for (const domain of domains) domain.start();
  while (domains.some(({ state }) => state !== "ended")) kernel.step();
}

/** Microseconds of a lock cycle and the locker's turn: what many of them take more than as many slices alone. */
function lockTime(kernel: Kernel): number {
  const { residence } = kernel;
  const period = 2000;
  const times = 2000;
  const domain = kernel.createDomain({ meter: kernel.primeMeter, program: bursts({ run: 1000 }) });
  domain.start();
  const span = BigInt(period * times);
  const run = () =>
    timed(() => {
      const end = kernel.time + span;
      while (kernel.time < end) kernel.step({ cycles: end - kernel.time });
    });
  run();
  const alone = run();
  residence.set({ period, offset: 0 });
  residence.locker.start();
  const before = residence.statistics().cycles;
  const took = run();
  const cycles = Number(residence.statistics().cycles - before);
  residence.locker.stop();
  domain.rescind();
  return ((took - alone) * 1e3) / cycles;
}

/** A page of zeros at its first store; one that takes the frame of another, which goes to the drum. */
export function faults(size: Size): Figure[] {
  const blocks = size.small ? 4 : 62;
  const pages = blocks * BLOCK;
  const memory = (pages + 8) * PAGE + (256 << 10);
  const options = { program: program("hog"), args: [`${blocks}`], memory };
  const open = (core?: number) => {
    const residence = { core: core ?? LEAST_CORE, pages: 2048, latency: 1, period: LONG };
    const kernel = createKernel({ nodes: 16, frames: 2048, ...(core ? { residence } : {}) });
    if (core) kernel.residence.locker.stop();
    return kernel;
  };
  const kernels = [open(), open(2048), open(64)] as const;
  const one = (kernel: Kernel) => {
    const domain = kernel.createDomain({ ...options, meter: kernel.primeMeter });
    const took = timed(() => finish(kernel, [domain]));
    domain.rescind();
    return took;
  };
  const best = (kernel: Kernel) => Math.min(...[1, 2, 3, 4].map(() => one(kernel)));
  const evictions = () => Number(kernels[2].residence.statistics().evictions);
  // So that the memory is there.
  const before = evictions();
  for (const kernel of kernels) one(kernel);
  const times = evictions() - before;
  const zeros: number[] = [];
  const evicted: number[] = [];
  for (let round = -1; round < size.rounds; round++) {
    const [plain, wide, tight] = kernels.map(best) as [number, number, number];
    if (round < 0) continue;
    zeros.push(((wide - plain) * 1e6) / pages);
    evicted.push(((tight - wide) * 1e6) / times);
  }
  return [
    new Sample(zeros).figure({ name: "a page's first store: fault, frame, zeros", parameters: {} }),
    new Sample(evicted).figure({
      ...{ name: "a page out to the drum and another in", parameters: { core: 64 } },
    }),
  ];
}

/** A hundred domains of one program: how long they take to make, and how many pages each has to itself. */
export function sharing(size: Size): Figure[] {
  const count = size.small ? 10 : 100;
  const options = { program: program("mix"), memory: 256 << 10 };
  const figures: Figure[] = [];
  for (const residence of [undefined, { core: 8192, pages: 16_384 }]) {
    const times: number[] = [];
    let own = 0;
    for (let round = -1; round < size.rounds; round++) {
      const kernel = createKernel({
        ...{ nodes: 1024, frames: 16_384 },
        ...(residence ? { residence } : {}),
      });
      if (residence) kernel.residence.locker.stop();
      const meter = kernel.primeMeter;
      const domains: Domain[] = [];
      const took = timed(() => {
        for (let made = 0; made < count; made++) {
          domains.push(kernel.createDomain({ ...options, meter }));
        }
      });
      if (residence) {
        for (const domain of domains) domain.start();
        const end = kernel.time + BigInt(count * 300_000);
        while (kernel.time < end) kernel.step({ cycles: end - kernel.time });
        const statistics = kernel.residence.statistics();
        own = (statistics.core - statistics.coreFree) / count;
      } else own = options.memory / PAGE - GAP;
      kernel.dispose();
      if (round >= 0) times.push((took * 1e3) / count);
    }
    const parameters = { domains: count, pages: residence ? "shared" : "its own" };
    figures.push(
      new Sample(times).figure({ name: "making a domain of mix", parameters, unit: "µs" }),
      new Sample([own]).figure({ name: "frames a domain", parameters, unit: "" }),
    );
  }
  return figures;
}
