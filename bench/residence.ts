// Core residence: what page-table words that name pages cost while there are no lock cycles, what lock cycles
// and faults cost, and what pages do. BEFORE=build/kernel.wasm of another commit is measured, too.

import { readFileSync } from "node:fs";
import { MACHINE_COUNTS, MACHINE_PAGES } from "../assembly/riscv/layout.js";
import { createKernel, type ElfProgram, type Kernel, type ResidenceOptions } from "../src/index.js";
import { atMost, type Bench, type Figure, ratioAtMost, type Size } from "./bench.js";
import { type Candidate, measure, Sample } from "./measure.js";
import { type Guest, guestProgram, PRINTED } from "./mips.js";
import { faults, lockCycle, sharing } from "./residence-pages.js";

const SMALL: readonly Guest[] = ["lz"];
const CORE = 2048;
/** Cycles: 2.5, 10, 40 and 100 ms of the simulated clock. */
const PERIODS = [40_000, 160_000, 640_000, 1_600_000];
const SLOWDOWN_OF_DAMON = 1.0116;

export const bench: Bench = {
  name: "residence",
  about: "core residence: words that name pages, lock cycles by period, faults, shared programs",
  run(size) {
    const guests = size.small ? SMALL : (Object.keys(PRINTED) as Guest[]);
    return [
      ...speeds(guests, size),
      ...guests.flatMap((guest) => periods(guest, size)),
      ...lockCycle(size),
      ...faults(size),
      ...sharing(size),
    ];
  },
};

/** A kernel in which a guest runs again and again; `run` is of the target CPU only. */
class Runner {
  readonly kernel: Kernel;
  readonly #program: ElfProgram;

  constructor(guest: Guest, residence?: ResidenceOptions, build?: Uint8Array) {
    const options = { nodes: 8, frames: 2048, ...(build ? { build } : {}) };
    this.kernel = createKernel(residence ? { ...options, residence } : options);
    this.#program = guestProgram(guest);
  }

  complete(): { readonly output: string; readonly milliseconds: number; readonly cycles: number } {
    const { kernel } = this;
    const domain = kernel.createDomain({ meter: kernel.primeMeter, program: this.#program });
    domain.start();
    const start = performance.now();
    while (domain.state !== "ended") kernel.step();
    const milliseconds = performance.now() - start;
    const { output } = domain;
    const cycles = Number(domain.consumed);
    domain.rescind();
    return { output, milliseconds, cycles };
  }

  candidate(name: string, guest: Guest, operations: number): Candidate {
    const run = () => {
      const { output, milliseconds } = this.complete();
      return { checksum: output, milliseconds };
    };
    return { name, operations, expected: PRINTED[guest], run };
  }
}

function locked(guest: Guest, period?: number, exact = false): Runner {
  const scan = period === undefined ? {} : { period };
  const runner = new Runner(guest, { core: CORE, pages: CORE, exact, ...scan });
  if (period === undefined) runner.kernel.residence.locker.stop();
  return runner;
}

function speeds(guests: readonly Guest[], size: Size): Figure[] {
  const ratios: number[] = [];
  const olds: number[] = [];
  const before = process.env.BEFORE ? readFileSync(process.env.BEFORE) : undefined;
  const figures = guests.flatMap((guest) => {
    const plain = new Runner(guest);
    const { cycles } = plain.complete();
    const samples = measure(
      [
        plain.candidate("none", guest, cycles),
        locked(guest).candidate("residence", guest, cycles),
        ...(before
          ? [new Runner(guest, undefined, before).candidate("before", guest, cycles)]
          : []),
      ],
      size,
    );
    const [none, residence, old] = ["none", "residence", "before"].map((of) => samples.get(of));
    ratios.push(residence!.over(none!).quantile(0.5));
    if (old) olds.push(none!.over(old).quantile(0.5));
    const parameters = { guest };
    return [
      residence!.figure({
        ...{ name: "a cycle, no lock cycles", parameters },
        yardstick: { name: "no residence", sample: none! },
      }),
      ...(old
        ? [
            none!.figure({
              ...{ name: "a cycle, no residence", parameters },
              yardstick: { name: "BEFORE", sample: old },
            }),
          ]
        : []),
    ];
  });
  const name = "geometric mean, no lock cycles";
  return [
    ...figures,
    mean(name, "no residence", ratios),
    ...(before ? [mean("geometric mean, no residence", "BEFORE", olds)] : []),
  ];
}

function mean(name: string, yardstick: string, ratios: readonly number[]): Figure {
  const logs = ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0);
  const ratio = Math.exp(logs / ratios.length);
  const sample = new Sample(ratios);
  const parameters = { guests: ratios.length };
  const goal = ratioAtMost(1.01);
  return {
    ...{ ...sample.figure({ name, parameters, unit: "×" }), median: ratio },
    ...{ yardstick, ratio, factor: false, goal, met: ratio <= 1.01 },
  };
}

/** What lock cycles cost a program, and how far off the working set is that faults tell. */
function periods(guest: Guest, size: Size): Figure[] {
  const still = locked(guest);
  const { cycles } = still.complete();
  const chosen = size.small ? PERIODS.slice(-1) : PERIODS;
  const runners = new Map(chosen.map((period) => [period, locked(guest, period)]));
  const samples = measure(
    [
      still.candidate("still", guest, cycles),
      ...chosen.map((period) => runners.get(period)!.candidate(`${period}`, guest, cycles)),
    ],
    size,
  );
  return chosen.flatMap((period) => {
    const sample = samples.get(`${period}`)!;
    const parameters = { guest, period };
    const ours = locked(guest, period);
    ours.complete();
    const found = Number(ours.kernel.residence.statistics().faults);
    const used = workingSets(guest, period);
    const more = sample.minus(samples.get("still")!).rounds.map((time) => (time * cycles) / found);
    return [
      sample.figure({
        ...{ name: "a cycle, with lock cycles", parameters },
        yardstick: { name: "none", sample: samples.get("still")! },
        goal: ratioAtMost(SLOWDOWN_OF_DAMON),
      }),
      new Sample(more).figure({
        name: "more, a fault",
        parameters: { ...parameters, faults: found },
      }),
      new Sample([(100 * Math.abs(found - used)) / used]).figure({
        ...{ name: "error of the working set", parameters, unit: "%", goal: atMost(1) },
      }),
    ];
  });
}

/** Pages that a guest uses in each period, added up, by counting every reference. */
function workingSets(guest: Guest, period: number): number {
  const { kernel } = locked(guest, period, true);
  const domain = kernel.createDomain({ meter: kernel.primeMeter, program: guestProgram(guest) });
  const { view } = kernel.core;
  const { address } = domain.machine!;
  const pages = view.u32(address + MACHINE_PAGES);
  const counts = view.u32(address + MACHINE_COUNTS);
  let used = 0;
  const take = () => {
    for (let page = 0; page < pages; page++) {
      if (view.u32(counts + 4 * page) === 0) continue;
      used++;
      view.setU32(counts + 4 * page, 0);
    }
  };
  kernel.on("scan", take);
  domain.start();
  while (domain.state !== "ended") kernel.step();
  take();
  return used;
}
