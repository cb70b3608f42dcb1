// Random worlds of partitions, clocks and programs: the model of time and kernels of several kinds side by
// side.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, test } from "vitest";
import type { ClockPlan } from "./time/clock.js";
import { TimePair } from "./time/pair.js";
import type { Point, Refills, TaskPlan, TimePlan } from "./time/parts.js";
import type { BurstPlan } from "./time/program.js";
import type { Variant } from "./time/side.js";

const debug = readFileSync(new URL("../build/kernel.debug.wasm", import.meta.url));

const SEEDS = [1, 2, 3];
/** For each seed; more by RUNS=200, one seed again by SEED=… */
const RUNS = Number(process.env.RUNS ?? 6);
const ACTS = 30;
const POINTS: readonly Point[] = [
  ...(["start", "stop", "message", "preempt", "wake", "tick", "decide", "spent"] as const),
];

/** A command of fast-check: an act with its arguments, and the comparison after it. */
class Command implements fc.Command<TimePair, TimePair> {
  constructor(
    readonly name: string,
    readonly args: readonly unknown[],
    readonly act: (pair: TimePair) => void,
  ) {}

  check(): boolean {
    return true;
  }

  run(_: TimePair, pair: TimePair): void {
    this.act(pair);
    pair.compare();
  }

  toString(): string {
    const text = (value: unknown) =>
      JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}n` : v));
    return `${this.name}(${this.args.map(text).join(", ")})`;
  }
}

const any = fc.nat(1000);
const chance = (of: number) => fc.nat(of - 1).map((n) => n === 0);

const length = (most: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.integer({ min: 1, max: most }), fc.nat(most)).map(([a, b]) => [a, a + b]);

const plan: fc.Arbitrary<BurstPlan> = fc
  .record({
    run: fc.oneof(length(200), length(3000), length(40_000)),
    wait: fc.oneof(fc.constant<[number, number]>([0, 0]), length(2000), length(60_000)),
    every: fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 50_000 }) },
    ),
    phase: any,
    times: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 })),
  })
  .map((p) => ({ ...p, phase: p.every === 0 ? 0 : p.phase % p.every }));

const task: fc.Arbitrary<TaskPlan> = fc.record({
  partition: fc.nat(31),
  priority: fc.oneof(fc.constantFrom(10, 10, 0, 255), fc.nat(255)),
  isFifo: chance(3),
  isCritical: chance(3),
});

const refills: fc.Arbitrary<Refills> = fc.record({
  amount: fc.bigInt(1n, 60_000n),
  times: fc.nat(8),
});

/** Of eight ticks, 12.5 % are one: a budget that is used up to the cycle. */
const budget = fc.oneof(fc.nat(4000), fc.constantFrom(0, 1, 1000), fc.constantFrom(1250, 2500));
const max = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 10_000 }) },
);
const critical = fc.oneof(fc.constant(0), fc.nat(60_000));
const cycles = fc.oneof(fc.nat(300), fc.nat(20_000), fc.nat(200_000));

function command<T extends unknown[]>(
  name: string,
  weight: number,
  act: (pair: TimePair, ...args: T) => void,
  ...args: { [K in keyof T]: fc.Arbitrary<T[K]> }
): { weight: number; arbitrary: fc.Arbitrary<Command> } {
  const arbitrary = fc
    .tuple(...(args as fc.Arbitrary<unknown>[]))
    .map((values) => new Command(name, values, (pair) => act(pair, ...(values as T))));
  return { weight, arbitrary };
}

const COMMON = [
  command("run", 14, (pair, n) => pair.run(n), cycles),
  command("createDomain", 3, (pair, m, p, t) => pair.createDomain(m, p, t), any, plan, task),
  command("add", 3, (pair, m, n) => pair.add(m, n), any, fc.bigInt(1n, 90_000n)),
  command("start", 3, (pair, d) => pair.start(d), any),
  command("stop", 2, (pair, d) => pair.stop(d), any),
];
const PARTITIONS = [
  command("schedule", 4, (pair, d, t) => pair.schedule(d, t), any, task),
  command(
    "createPartition",
    1,
    (pair, ...a) => pair.createPartition(...a),
    any,
    budget,
    max,
    critical,
  ),
  command("change", 3, (pair, ...a) => pair.change(...a), any, budget, max, critical),
  command("setWindow", 1, (pair, n) => pair.setWindow(8 * (1 + (n % 4))), any),
];

const CHARGE = command("charge", 3, (pair, d, n) => pair.charge(d, n), any, fc.bigInt(0n, 40_000n));

const partitioning: fc.Arbitrary<NonNullable<TimePlan["partitions"]>> = fc.record({
  slots: fc.constantFrom(8, 9, 20),
  freeTime: fc.constantFrom("priority" as const, "ratio" as const),
  bankruptcy: fc.constantFrom("default" as const, "cancel" as const, "notify" as const),
});

interface World {
  readonly plan: TimePlan;
  readonly meters: readonly (readonly [number, bigint, Refills | null])[];
  readonly partitions: readonly (readonly [number, number, number, number])[];
  readonly domains: readonly (readonly [number, BurstPlan, TaskPlan])[];
  readonly cuts: readonly number[];
}

const quantum = fc.oneof(
  fc.constantFrom(16_000, 64_000, 1000),
  fc.integer({ min: 50, max: 70_000 }),
);
const cuts = fc
  .array(fc.oneof(fc.nat(50), fc.nat(5000), fc.nat(40_000)), {
    minLength: 1,
    maxLength: 6,
  })
  .map((list) => [...list, 1 + (list[0] ?? 0)]);

const tree = fc.array(
  fc.tuple(any, fc.oneof(fc.bigInt(0n, 100_000n), fc.constant(2n ** 60n)), fc.option(refills)),
  { maxLength: 6 },
);

/** No meter but the prime one is above two domains: nobody takes back what another has borrowed. */
const own = tree.map((meters) => meters.map(([, n, refills]) => [0, n, refills] as const));

/** A reading takes a quarter of a tick at most. */
function quick(clock: ClockPlan, tick: number): ClockPlan {
  if (clock.kind === "exact") return clock;
  return { ...clock, read: Math.min(clock.read, Math.floor(tick / 4)) };
}

function world(
  billing: fc.Arbitrary<Pick<TimePlan, "by" | "clock" | "points" | "advance">>,
  meters: fc.Arbitrary<World["meters"]>,
  isPartitioned: boolean,
): fc.Arbitrary<World> {
  return fc
    .record({
      billing,
      meters,
      tick: isPartitioned ? fc.constantFrom(16_000) : fc.constantFrom(16_000, 1000, 777),
      quantum,
      partitioning,
      partitions: fc.array(fc.tuple(any, budget, max, critical), { maxLength: 5 }),
      domains: fc.array(fc.tuple(any, plan, task), { minLength: 1, maxLength: 8 }),
      cuts,
    })
    .map(({ billing, tick, quantum, partitioning, ...rest }) => ({
      plan: {
        ...{ ...billing, clock: quick(billing.clock, tick), tick, quantum },
        partitions: isPartitioned ? partitioning : null,
      },
      ...rest,
    }));
}

function build(world: World, variants: Readonly<Record<string, Variant>>): TimePair {
  const pair = new TimePair(world.plan, variants);
  for (const meter of world.meters) pair.createMeter(...meter);
  for (const partition of world.partitions) pair.createPartition(...partition);
  for (const domain of world.domains) pair.createDomain(...domain);
  pair.compare();
  return pair;
}

function explore(
  worlds: fc.Arbitrary<World>,
  commands: readonly ReturnType<typeof command>[],
  variants: (cuts: readonly number[]) => Readonly<Record<string, Variant>>,
  seed: number,
): void {
  fc.assert(
    fc.property(
      worlds,
      fc.commands([fc.oneof(...commands)], { maxCommands: ACTS, size: "max" }),
      (start, acts) => {
        const pair = build(start, variants(start.cuts));
        fc.modelRun(() => ({ model: pair, real: pair }), acts);
        pair.run(100_000);
        pair.compare();
        pair.dispose();
      },
    ),
    { seed, numRuns: RUNS, endOnFailure: process.env.SHRINK === undefined },
  );
}

/** Every cycle is billed in time: what a kernel borrows, and when, must not be seen. */
const exactBilling = fc.constant({
  by: "microbill" as const,
  clock: { kind: "exact" } as ClockPlan,
  points: POINTS,
  advance: null,
});
const exactVariants = (cuts: readonly number[]): Record<string, Variant> => ({
  release: {},
  debug: { options: { build: debug, advance: 5000n } },
  cut: { options: { advance: 9000n }, cuts },
  small: { options: { advance: 77n }, cuts },
  simulated: { options: { processors: 1, seed: 1, advance: 3000n } },
});

/** Clocks of all kinds, at any points: what a domain has borrowed shows in when it is told that it is spent. */
const few = fc.constantFrom(0, 0, 1, 20, 400);
const hz = fc.constantFrom(16_000_000, 16_000_000, 1_000_000, 100_000_000, 3_579_545);
const error = fc.constantFrom(0, 0, 0.1, -0.3);
const at = fc.bigInt(1n, 500_000n);
const fault = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("stop" as const), at }) },
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ does: fc.constantFrom("jump" as const, "back" as const), at },
      by: fc.bigInt(1n, 900_000n),
    }),
  },
);
const counter: fc.Arbitrary<ClockPlan> = fc
  .record({
    ...{ kind: fc.constant("counter" as const), hz, error, read: few, fault },
    drift: fc.constantFrom(0, 0, 500, -90),
    width: fc.constantFrom(64, 32, 20),
  })
  .map(({ fault, ...clock }) => (fault ? { ...clock, fault } : clock));
const countdown: fc.Arbitrary<ClockPlan> = fc.record({
  ...{ kind: fc.constant("countdown" as const), hz, error, read: few },
  masked: fc.oneof(fc.constant(0), fc.nat(3000), fc.nat(50_000)),
  repair: fc.constantFrom("none" as const, "add" as const, "hold" as const, "pending" as const),
});
const advance = fc.constantFrom(80_000_000n, 20_000n, 3000n, 500n);
const points = fc.oneof(fc.constant(POINTS), fc.subarray([...POINTS], { minLength: 1 }));
const clockBilling = fc.record({
  by: fc.constant("microbill" as const),
  clock: fc.oneof(
    fc.constant<ClockPlan>({ kind: "exact" }),
    counter,
    counter,
    countdown,
    countdown,
  ),
  ...{ points, advance },
});
const tickBilling = fc.record({
  by: fc.constant("tick" as const),
  clock: fc.constant<ClockPlan>({ kind: "exact" }),
  ...{ points: fc.constant(POINTS), advance },
});
/** Each domain may have a meter of its own: nobody takes back what another has borrowed. */
const clockVariants = (cuts: readonly number[]): Record<string, Variant> => ({
  release: {},
  debug: { options: { build: debug } },
  cut: { cuts },
});

const seed = Number(process.env.SEED ?? (Math.random() * 0x7fffffff) | 0);

/** Ten windows and more, of which `used10` tells. */
const LONG = command("run", 1, (pair, n) => pair.run(n), fc.constant(1_500_000));

const ALL = [...COMMON, ...PARTITIONS, LONG];
const KINDS = [
  ["an exact clock and partitions", world(exactBilling, tree, true), ALL, exactVariants],
  ["an exact clock", world(exactBilling, tree, false), COMMON, exactVariants],
  ["any clock and partitions", world(clockBilling, own, true), [...ALL, CHARGE], clockVariants],
  ["any clock", world(clockBilling, own, false), [...COMMON, CHARGE], clockVariants],
  ["ticks and partitions", world(tickBilling, own, true), [...ALL, CHARGE], clockVariants],
  ["ticks", world(tickBilling, own, false), [...COMMON, CHARGE], clockVariants],
] as const;

describe.each(KINDS)("with %s", (_, worlds, commands, variants) => {
  const run = (seed: number) => explore(worlds, commands, variants, seed);
  test.each(SEEDS)("seed %i", run);
  // Some worlds have many ticks, or windows, and take by far longer than others.
  test(`a random seed: SEED=${seed}`, () => run(seed), 600_000);
});

test("over more than a hundred windows", () => {
  const partitions = { slots: 8, freeTime: "ratio", bankruptcy: "default" } as const;
  const billing = { by: "microbill", clock: { kind: "exact" }, points: POINTS } as const;
  const plan: TimePlan = { ...billing, tick: 16_000, quantum: 8000, advance: null, partitions };
  const pair = new TimePair(plan, { release: {}, cut: { cuts: [9999, 123_456] } });
  pair.createPartition(0, 2500, 0, 0);
  pair.createPartition(0, 1000, 3000, 0);
  const task = { priority: 10, isFifo: false, isCritical: false };
  const busy: BurstPlan = { run: [5000, 9000], wait: [0, 0], every: 0, phase: 0, times: 0 };
  pair.createDomain(0, { ...busy, wait: [1, 40_000] }, { ...task, partition: 0 });
  pair.createDomain(0, { ...busy, every: 300_000 }, { ...task, partition: 1 });
  pair.createDomain(0, { ...busy, times: 900 }, { ...task, partition: 2 });
  for (let i = 0; i < 10; i++) {
    pair.run(1_600_000);
    pair.compare();
  }
  pair.dispose();
});
