// The off switch across processors: how long `off()` takes while domains below the meter run on two of
// them, or only others do; and what was still run after the call began. How far a processor or a guest
// has come is read from memory while it goes on: any call of the API would bring it in.

import { PROCESSOR_TIME, STATISTIC_CLAIMS } from "../assembly/processor-layout.js";
import { MACHINE_REGISTERS } from "../assembly/riscv/layout.js";
import {
  bursts,
  createKernel,
  type Domain,
  type Kernel,
  loadElf,
  type Meter,
} from "../src/index.js";
import type { Figure, Size } from "./bench.js";
import { Sample } from "./measure.js";
import { COUNTER_CYCLES, COUNTER_REGISTER, counter } from "./talker.js";

const PROCESSORS = 2;
const QUANTUM = 100_000;
/** Cycles that nobody uses up. */
const PLENTY = 1n << 55n;
/** Slices of each domain before anything is switched. */
const LAPS = 4;
/** Between two switchings, in microseconds: they find the processors here and there. */
const LEAST_PAUSE = 200;
const PAUSES = 97;
/** A guest is seen to run within so many microseconds, if it has a CPU. */
const SEEN = 30;
const TRIES = 5;
/** Nobody may run on this long after the call, in microseconds. */
const WATCHED = 20;

/** Who is below the meter that is switched off. */
interface Crowd {
  readonly name: string;
  readonly domains: number;
  readonly guests: boolean;
}

const CROWDS: readonly Crowd[] = [
  { name: "guests", domains: 2, guests: true },
  { name: "bursts", domains: 2, guests: false },
  { name: "bursts", domains: 10_000, guests: false },
];

export async function switchings(size: Size): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const crowd of size.small ? CROWDS.slice(0, 2) : CROWDS) {
    for (const others of [false, true]) figures.push(...(await switching(crowd, others, size)));
  }
  return figures;
}

/** What came of switching off in one round. */
interface Round {
  /** Microseconds that the calls took. */
  readonly times: number[];
  /** Cycles that a domain (guests) or a processor (bursts) ran after the calls began: the most of all. */
  readonly cycles: number[];
}

async function switching(crowd: Crowd, others: boolean, size: Size): Promise<Figure[]> {
  const count = size.small ? 10 : 100;
  const scene = new Scene(crowd, others);
  const rounds: Round[] = [];
  await scene.begin();
  try {
    await scene.round(count);
    const before = scene.claims;
    for (let round = 0; round < size.rounds; round++) rounds.push(await scene.round(count));
    const claims = (scene.claims - before) / (count * size.rounds);
    return figures(crowd, others, count, rounds, claims);
  } finally {
    await scene.end();
  }
}

class Scene {
  readonly #kernel: Kernel;
  readonly #switched: Meter;
  readonly #domains: number;
  readonly #idle: Domain[];
  /** How far each guest or processor has come, in cycles. */
  readonly #probes: (() => number)[];
  readonly #watched: boolean;
  readonly #aborter = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #switches = 0;

  constructor({ domains, guests }: Crowd, others: boolean) {
    const kernel = createKernel({
      nodes: 2 * domains + 8,
      frames: 2048,
      quantum: QUANTUM,
      processors: PROCESSORS,
    });
    const meters = [0, 1].map(() => kernel.createMeter({ superior: kernel.primeMeter }));
    const [switched, other] = meters as [Meter, Meter];
    const program = guests ? loadElf(counter()) : bursts({ run: 4_000_000_000 });
    const crowd = (meter: Meter) =>
      Array.from({ length: domains }, () => {
        const domain = kernel.createDomain({ meter, program });
        domain.start();
        return domain;
      });
    const below = crowd(switched);
    const running = others ? crowd(other) : below;
    const { view } = kernel.core;
    this.#kernel = kernel;
    this.#domains = 2 * domains;
    this.#switched = switched;
    this.#idle = others ? below : [];
    this.#watched = !others;
    this.#probes = guests
      ? running.map(({ machine }) => {
          const at = machine!.address + MACHINE_REGISTERS + 4 * COUNTER_REGISTER;
          return () => view.u32(at) * COUNTER_CYCLES;
        })
      : [1, 2].map((index) => () => Number(view.processor64(index, PROCESSOR_TIME)));
  }

  /** How often a processor was called in. */
  get claims(): number {
    return Number(this.#kernel.core.view.statistic(STATISTIC_CLAIMS));
  }

  /** All have run; those who are to be idle have caches and run no more. */
  async begin(): Promise<void> {
    await this.#kernel.run({ cycles: QUANTUM * LAPS * this.#domains });
    for (const domain of this.#idle) domain.stop();
    this.#running = this.#kernel.run({ signal: this.#aborter.signal });
  }

  async end(): Promise<void> {
    this.#aborter.abort();
    await this.#running;
    this.#kernel.dispose();
  }

  async round(count: number): Promise<Round> {
    const times: number[] = [];
    const cycles: number[] = [];
    for (let i = 0; i < count; i++) {
      await this.#allRun();
      const before = this.#progress();
      const start = performance.now();
      this.#switched.off();
      times.push((performance.now() - start) * 1000);
      if (this.#watched) cycles.push(this.#since(before));
      this.#switched.on(PLENTY);
    }
    return { times, cycles };
  }

  /** Until a moment at which everybody is seen running, as long as that may be had. */
  async #allRun(): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      await new Promise((resolve) => setImmediate(resolve));
      spend(LEAST_PAUSE + (this.#switches++ % PAUSES));
      const before = this.#progress();
      spend(SEEN);
      if (this.#progress().every((value, place) => value !== before[place])) return;
    }
  }

  /** The most that one has run since; nobody runs any more. */
  #since(before: readonly number[]): number {
    const after = this.#progress();
    const { consumed } = this.#switched.statistics();
    spend(WATCHED);
    const later = this.#switched.statistics().consumed;
    if (later !== consumed) {
      throw new Error(`processors: ${later - consumed} cycles run below a meter that is off`);
    }
    return Math.max(...after.map((value, place) => value - before[place]!));
  }

  #progress(): number[] {
    return this.#probes.map((probe) => probe());
  }
}

/** The host's thread is busy for so many microseconds. */
function spend(microseconds: number): void {
  const end = performance.now() + microseconds / 1000;
  while (performance.now() < end);
}

function figures(
  { name, domains }: Crowd,
  others: boolean,
  count: number,
  rounds: readonly Round[],
  claims: number,
): Figure[] {
  const parameters = { [name]: domains, run: others ? "elsewhere" : "below" };
  const over = (what: string, unit: string, of: (round: Round) => number) =>
    new Sample(rounds.map(of)).figure({ name: what, parameters, unit });
  const median = (values: number[]) => new Sample(values).quantile(0.5);
  const most = (values: number[]) => Math.max(...values);
  const ran = name === "guests" ? "cycles" : "slices";
  const cycles = (each: Round) =>
    name === "guests" ? each.cycles : each.cycles.map((value) => value / QUANTUM);
  return [
    over("off()", "µs", ({ times }) => median(times)),
    over(`off(), worst of ${count}`, "µs", ({ times }) => most(times)),
    ...(others
      ? []
      : [
          over("run meanwhile", ran, (each) => median(cycles(each))),
          over(`run meanwhile, worst of ${count}`, ran, (each) => most(cycles(each))),
        ]),
    {
      name: "called in by off() and on()",
      parameters,
      unit: "times",
      median: claims,
      p25: claims,
      p75: claims,
    },
  ];
}
