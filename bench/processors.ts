// Two processors against one, through the host API: domains of bursts, which are all meters and caches, and
// guests that compute; and what one processor pays for the build that several share. "One" is the
// unshared build, which is what a kernel of one processor runs.

import { readFileSync } from "node:fs";
import {
  bursts,
  createKernel,
  type Domain,
  type Kernel,
  type KernelOptions,
} from "../src/index.js";
import { type Bench, type Figure, ratioAtLeast, ratioAtMost, type Size } from "./bench.js";
import { Grove } from "./grove.js";
import { type Guest, guestProgram, PRINTED } from "./mips.js";
import { type LongRun, measureLong, type Rounds } from "./rounds.js";
import { switchings } from "./switching.js";
import { wakings } from "./waking.js";

const QUANTUM = 100_000;
const DEPTH = 8;
const DOMAINS = 10_000;
/** Domains below one meter of the lowest level. */
const BROOD = 10;
/** What two processors are to gain, by the advance in quanta; the last is the default. */
const GAINS: ReadonlyMap<number, number | undefined> = new Map([
  [64, 1.6],
  [256, 1.8],
  [800, undefined],
]);
const GUEST_GAIN = 1.9;
/** What one processor may pay for the shared build. */
const PRICE = 1.05;
const SMALL_GUESTS: readonly Guest[] = ["lz"];
/** Instructions of a run, about. */
const INSTRUCTIONS = 60e6;

/** Who runs a load; `shared 1` is the shared build with one processor. */
const TEAMS = ["one", "shared 1", "two"] as const;
type Team = (typeof TEAMS)[number];

export const bench: Bench = {
  name: "processors",
  about: "two processors against one; the shared build; off() and wake-ups across processors",
  async run(size) {
    const grove = new Grove();
    try {
      const figures: Figure[] = [];
      const advances = size.small ? [64] : [...GAINS.keys()];
      for (const advance of advances) figures.push(...(await slices(grove, advance, size)));
      const guests = size.small ? SMALL_GUESTS : (Object.keys(PRINTED) as Guest[]);
      for (const guest of guests) figures.push(...(await speed(grove, guest, size)));
      figures.push(...(await switchings(size)), ...(await wakings(size)));
      return figures;
    } finally {
      grove.dispose();
    }
  },
};

function kernelOf(team: Team, options: KernelOptions): Kernel {
  if (team === "one") return createKernel(options);
  const build = readFileSync(new URL("../../build/kernel.shared.wasm", import.meta.url));
  return createKernel({ ...options, build, processors: team === "two" ? 2 : 1 });
}

/** Domains that never wait take turns, and refill after `advance` quanta. */
async function slices(grove: Grove, advance: number, size: Size): Promise<Figure[]> {
  const kernels = TEAMS.map((team) => forest(team, advance));
  const count = size.small ? 1_000_000 : 20_000_000;
  const runs = TEAMS.map((team, place) => slicing(team, kernels[place]!, count));
  try {
    const rounds = await measureLong(runs, grove, size);
    const parameters = { advance, domains: DOMAINS, depth: DEPTH };
    return compare(rounds, "slices a second", parameters, GAINS.get(advance));
  } finally {
    for (const kernel of kernels) kernel.dispose();
  }
}

function forest(team: Team, advance: number): Kernel {
  const kernel = kernelOf(team, {
    nodes: 2 * DOMAINS,
    frames: 64,
    quantum: QUANTUM,
    advance: BigInt(advance * QUANTUM),
  });
  let superior = kernel.primeMeter;
  for (let level = 2; level < DEPTH; level++) superior = kernel.createMeter({ superior });
  const program = bursts({ run: 4_000_000_000 });
  for (let first = 0; first < DOMAINS; first += BROOD) {
    const meter = kernel.createMeter({ superior });
    for (let i = 0; i < BROOD; i++) kernel.createDomain({ meter, program }).start();
  }
  return kernel;
}

function slicing(name: Team, kernel: Kernel, count: number): LongRun {
  const cycles = (count / (name === "two" ? 2 : 1)) * QUANTUM;
  let before = 0n;
  const consumed = () => kernel.primeMeter.statistics().consumed;
  return {
    name,
    operations: count,
    prepare: () => {
      before = consumed();
    },
    run: () => kernel.run({ cycles }),
    checksum: () => consumed() - before,
    expected: BigInt(count * QUANTUM),
  };
}

/** Several domains run a program to its end. */
async function speed(grove: Grove, guest: Guest, size: Size): Promise<Figure[]> {
  const kernels = TEAMS.map((team) => kernelOf(team, { nodes: 256, frames: 16_384 }));
  try {
    const runs = await Promise.all(
      TEAMS.map((team, place) => computing(team, kernels[place]!, guest, size)),
    );
    const rounds = await measureLong(runs, grove, size);
    return compare(rounds, "instructions a second", { guest }, GUEST_GAIN);
  } finally {
    for (const kernel of kernels) kernel.dispose();
  }
}

async function computing(
  name: Team,
  kernel: Kernel,
  guest: Guest,
  { small }: Size,
): Promise<LongRun> {
  const program = guestProgram(guest);
  const create = () => kernel.createDomain({ meter: kernel.primeMeter, program });
  // What is decoded of the program stays as long as somebody may run it.
  create();
  const first = create();
  first.start();
  await kernel.run();
  const instructions = Number(first.consumed);
  const copies = small ? 2 : 2 * Math.ceil(INSTRUCTIONS / instructions / 2);
  let domains: Domain[] = [];
  return {
    name,
    operations: copies * instructions,
    prepare: () => {
      domains = Array.from({ length: copies }, create);
      for (const domain of domains) domain.start();
    },
    run: () => kernel.run(),
    checksum: () => {
      const output = new Set(domains.map((domain) => domain.output));
      for (const domain of domains) domain.rescind();
      return [...output].join();
    },
    expected: PRINTED[guest],
  };
}

/** Rates of all teams; ratios have goals only where two processors were free. */
function compare(
  rounds: Rounds,
  name: string,
  parameters: Figure["parameters"],
  gain: number | undefined,
): Figure[] {
  const { of, cpu, isFree } = rounds;
  const about = { name, unit: "million", rate: true };
  const [one, single, two] = TEAMS.map((team) => ({ name: team, sample: of(team) }));
  const [cpuOne, cpuSingle, cpuTwo] = TEAMS.map((team) => ({ name: team, sample: cpu(team) }));
  const price = isFree ? { goal: ratioAtMost(PRICE) } : {};
  const goal = isFree && gain !== undefined ? { goal: ratioAtLeast(gain) } : {};
  const by = (team: string) => ({ ...parameters, by: team });
  return [
    rounds.room,
    one!.sample.figure({ ...about, parameters: by("one") }),
    single!.sample.figure({ ...about, parameters: by("shared, 1"), yardstick: one!, ...price }),
    two!.sample.figure({ ...about, parameters: by("2"), yardstick: one!, factor: true, ...goal }),
    two!.sample.figure({ ...about, parameters: by("2"), yardstick: single!, factor: true }),
    ...[cpuSingle!, cpuTwo!].map(({ name: team, sample }) =>
      sample.figure({
        name: "… CPU time",
        parameters: by(team === "two" ? "2" : "shared, 1"),
        yardstick: cpuOne!,
      }),
    ),
  ];
}
