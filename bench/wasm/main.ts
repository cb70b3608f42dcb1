#!/usr/bin/env node
// npm run bench:wasm -- [--small] [--json] [--rounds N] [--node 24] [--no-hints] [--wall] [names…]

import { Command, InvalidArgumentError } from "commander";
import { instrument } from "../../src/instrument/instrument.js";
import type { Bench, Figure, Size } from "../bench.js";
import { Sample } from "../measure.js";
import { report } from "../table.js";
import { bytesOf } from "./fresh.js";
import { type Guest, loadAs, type Work } from "./guest.js";
import { GUESTS } from "./guests.js";
import type { Variant } from "./intercept.js";
import { readBranchHints, runWith } from "./other-node.js";
import { type Counting, metered, plain, reencoded } from "./variants.js";

const LARGE_ROUNDS = 11;
const SMALL_ROUNDS = 3;
/** Runs before the first round, in which V8 finds out what is hot and optimises it. */
const WARM_UPS = 4;
const MEBI = 2 ** 20;

interface Options {
  small: boolean;
  json: boolean;
  hints: boolean;
  wall: boolean;
  rounds?: number;
  node?: string;
}

/**
 * In milliseconds. Where others use the processors, too, the time that this process had one tells more than
 * that of the wall; what V8 does in the background counts as well, but hardly any after the first runs.
 */
let clock = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** All ratios of a variant to `plain`, by guest: what the geometric mean is of. */
type Ratios = Map<string, Sample[]>;

function benchOf(guest: Guest, ratios: Ratios): Bench {
  return {
    name: guest.name,
    about: guest.producer,
    async run(size) {
      const counting = metered();
      const samples = await measure(guest, [plain, reencoded, counting], size);
      const yardstick = { name: plain.name, sample: samples.get(plain.name)! };
      const figures = [...samples].map(([name, sample]) => {
        if (name === plain.name) return sample.figure({ name, parameters: {}, unit: "ms" });
        const all = ratios.get(name) ?? [];
        ratios.set(name, [...all, sample.over(yardstick.sample)]);
        return sample.figure({ name, parameters: {}, unit: "ms", yardstick });
      });
      return [...figures, ...making(guest, counting, size)];
    },
  };
}

/** Each round runs every variant once, in changing order. @throws {Error} where checksums differ. */
async function measure(guest: Guest, variants: readonly Variant[], size: Size) {
  const works = new Map<string, Work>();
  for (const variant of variants) works.set(variant.name, await loadAs(variant, guest));
  const expected = await works.get(plain.name)!();
  const times = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  const time = async (name: string) => {
    const start = clock();
    const sum = await works.get(name)!();
    const milliseconds = clock() - start;
    if (sum === expected) return milliseconds;
    throw new Error(`${guest.name}, ${name}: checksum ${sum}, expected ${expected}`);
  };
  for (let round = -WARM_UPS; round < size.rounds; round++) {
    const shift = (round + WARM_UPS) % variants.length;
    for (const { name } of [...variants.slice(shift), ...variants.slice(0, shift)]) {
      const milliseconds = await time(name);
      if (round >= 0) times.get(name)!.push(milliseconds);
    }
  }
  return new Map([...times].map(([name, rounds]) => [name, new Sample(rounds)]));
}

/** How long the making takes, and how much larger the modules get. */
function making(guest: Guest, counting: Counting, size: Size): Figure[] {
  const modules = guest.modules.map(bytesOf);
  const bytes = modules.reduce((sum, { length }) => sum + length, 0);
  const results = Array.from({ length: size.rounds }, () => {
    const start = clock();
    const made = modules.map((each) => instrument(each).bytes.length);
    const seconds = (clock() - start) / 1000;
    return { rate: bytes / MEBI / seconds, growth: made.reduce((a, b) => a + b, 0) / bytes };
  });
  const rate = new Sample(results.map(({ rate }) => rate));
  const growth = new Sample(results.map(({ growth }) => growth));
  const runs = BigInt(1 + WARM_UPS + size.rounds);
  const cycles = new Sample([Number(counting.counted() / runs) / 1e6]);
  return [
    cycles.figure({ name: "cycles of a run, and of loading", parameters: {}, unit: "M" }),
    rate.figure({ name: "instrumenting", parameters: { bytes }, unit: "MiB/s" }),
    growth.figure({ name: "growth", parameters: {}, unit: "×" }),
  ];
}

/** Over the guests that were run; the goal is the issue's. */
function meanOf(ratios: Ratios): Bench {
  const major = Number(process.versions.node.split(".")[0]);
  const goal = { of: "median", atMost: major >= 24 ? 1.1 : 1.15 } as const;
  const run = () =>
    [...ratios].map(([name, samples]) => {
      const quantile = (q: number) => {
        const logs = samples.map((sample) => Math.log(sample.quantile(q)));
        return Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
      };
      const [p25, median, p75] = [0.25, 0.5, 0.75].map(quantile) as [number, number, number];
      const parameters = { guests: samples.length };
      const judged = name === reencoded.name ? {} : { goal, met: median <= goal.atMost };
      return { name, parameters, unit: "×", median, p25, p75, ...judged };
    });
  return { name: "mean", about: "geometric mean of the medians of ratios", run };
}

async function main(names: readonly string[], options: Options): Promise<void> {
  const unknown = names.filter((name) => !GUESTS.some((guest) => guest.name === name));
  if (unknown.length > 0) {
    console.error(`bench: no guest ${unknown.join(", ")}; there are\n${listing}`);
    process.exit(2);
  }
  const { small, json, rounds = small ? SMALL_ROUNDS : LARGE_ROUNDS } = options;
  if (options.node) {
    const [, script] = process.argv as [string, string];
    const flags = [
      small && "--small",
      json && "--json",
      !options.hints && "--no-hints",
      options.wall && "--wall",
    ];
    const given = [...flags.filter((flag) => flag !== false), "--rounds", `${rounds}`, ...names];
    process.exit(runWith(options.node, script, given));
  }
  if (options.hints) readBranchHints();
  if (options.wall) clock = () => performance.now();
  const ratios: Ratios = new Map();
  const chosen = GUESTS.filter(({ name }) => names.length === 0 || names.includes(name));
  const benches = chosen.map((guest) => benchOf(guest, ratios));
  await report([...benches, meanOf(ratios)], { small, rounds }, json);
  process.exit(); // some guests have timers
}

function wholeFromOne(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("expected a whole number from 1");
  return Number(text);
}

const longest = Math.max(...GUESTS.map(({ name }) => name.length));
const listing = GUESTS.map(({ name, producer }) => `  ${name.padEnd(longest)} ${producer}`).join(
  "\n",
);

new Command("bench:wasm")
  .description("Measures guests metered against the same guests plain; without names, all guests.")
  .argument("[names...]", "guests to run")
  .option("--small", "few rounds", false)
  .option("--json", "figures as JSON", false)
  .option("--wall", "the time of the wall, not that of the processors", false)
  .option("--no-hints", "branch hints are not read where V8 asks to be told")
  .option("--rounds <n>", `rounds (${LARGE_ROUNDS}; small ${SMALL_ROUNDS})`, wholeFromOne)
  .option("--node <version>", "with another Node, which npm installs: 24, 26, 26.10.0 …")
  .addHelpText("after", `\nGuests:\n${listing}\n\nExample: npm run bench:wasm -- lua --node 26`)
  .action(main)
  .parseAsync();
