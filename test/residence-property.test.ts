// Random worlds of programs that share pages: the kernel and a naive model of the scheme agree on every charge, to the
// unit, for each account and each page.
//
// RUNS: worlds of each kind (all). SEED: of the random one. SHRINK: makes what fails smaller.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, test } from "vitest";
import { ResidencePair, type ResidencePlan, type Variant } from "./residence/pair.js";
import { ALL_ONES, type Policy } from "./residence/parts.js";
import { DATA, type Op, PAGE, type Script } from "./residence/script.js";

const RUNS = Number(process.env.RUNS ?? 8);
const SEEDS = [1, 2];
const debug = readFileSync(new URL("../build/kernel.debug.wasm", import.meta.url));

const OBJECTS = 3;
const any = fc.nat(1000);

// --- Programs -------------------------------------------------------------------------------------

/** Where a program touches memory: an object, or its data, sometimes across the border of two pages. */
function address(data: number): fc.Arbitrary<number> {
  const object = fc.integer({ min: 1, max: OBJECTS }).map((page) => page * PAGE);
  const own = fc.integer({ min: 0, max: data - 1 }).map((page) => DATA + page * PAGE);
  return fc
    .tuple(fc.oneof(object, own, own), fc.constantFrom(0, 0, 16, 4000))
    .map(([p, o]) => p + o);
}

function across(data: number): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max: data - 1 }).map((page) => DATA + page * PAGE - 2);
}

function ops(data: number, codePages: number): fc.Arbitrary<Op[]> {
  const at = address(data);
  const touches = fc.record({ does: fc.constantFrom("load" as const, "store" as const), at });
  const both = fc.record({
    does: fc.constantFrom("load" as const, "store" as const),
    at: across(data),
  });
  const rare = fc.record({
    does: fc.constantFrom("add" as const, "clock" as const, "print" as const),
    at,
  });
  const spin = fc.record({
    does: fc.constant("spin" as const),
    times: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 100, max: 900 })),
  });
  const go = fc.record({
    does: fc.constant("go" as const),
    page: fc.nat(codePages - 1),
    way: fc.constantFrom("jal" as const, "jalr" as const, "fall" as const, "straddle" as const),
  });
  const weighted = fc.oneof(
    { weight: 6, arbitrary: touches },
    { weight: 1, arbitrary: both },
    { weight: 2, arbitrary: rare },
    { weight: 3, arbitrary: spin },
    { weight: 2, arbitrary: go },
  );
  return fc.array(weighted, { minLength: 2, maxLength: 14, size: "max" });
}

const script: fc.Arbitrary<Script> = fc
  .record({
    codePages: fc.integer({ min: 1, max: 3 }),
    filled: fc.integer({ min: 1, max: 3 }),
    zeros: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer({ min: 1, max: 1 << 30 }),
  })
  .chain((sizes) =>
    ops(sizes.filled + sizes.zeros, sizes.codePages).map((ops) => ({ ...sizes, ops })),
  );

// --- Worlds ---------------------------------------------------------------------------------------

const period = fc.oneof(
  fc.integer({ min: 1000, max: 6000 }),
  fc.integer({ min: 1000, max: 60_000 }),
);
const scan = fc
  .record({ period, isRandom: fc.boolean(), offset: fc.nat(100_000) })
  .map(({ period, isRandom, offset }) => ({
    ...{ period, isRandom, offset: isRandom ? 0 : offset % period },
  }));

const storage = fc.oneof(
  { weight: 3, arbitrary: fc.constant(ALL_ONES) },
  { weight: 2, arbitrary: fc.bigInt(0n, 400_000_000n) },
  { weight: 1, arbitrary: fc.constant(0n) },
);
const amount = fc.bigInt(1n, 100_000_000n);
const policy: fc.Arbitrary<Policy> = fc.oneof(
  fc.record({ kind: fc.constant("refill" as const), amount, times: fc.nat(6) }),
  fc.constant<Policy>({ kind: "nothing" }),
  fc.constant<Policy>({ kind: "decline" }),
);

interface World {
  readonly plan: ResidencePlan;
  readonly meters: readonly (readonly [number, bigint, Policy | null])[];
  readonly scripts: readonly Script[];
  readonly domains: readonly (readonly [number, number, readonly (readonly [number, boolean])[]])[];
  readonly cuts: readonly number[];
}

function world(core: fc.Arbitrary<number>): fc.Arbitrary<World> {
  return fc.record({
    plan: fc.record({
      core,
      latency: fc.oneof(fc.nat(30), fc.nat(3000), fc.constant(0)),
      quantum: fc.oneof(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 200, max: 3000 })),
      lockCost: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 900 })),
      faultCost: fc.oneof(fc.constant(0), fc.nat(50)),
      scan,
      seed: any,
    }),
    meters: fc.array(fc.tuple(any, storage, fc.option(policy, { nil: null })), {
      maxLength: 5,
      size: "max",
    }),
    scripts: fc.array(script, { minLength: 1, maxLength: 3 }),
    domains: fc.array(
      fc.tuple(
        any,
        any,
        fc.array(fc.tuple(any, fc.boolean()), { maxLength: OBJECTS, size: "max" }),
      ),
      { minLength: 1, maxLength: 6, size: "max" },
    ),
    cuts: fc.array(fc.nat(3000), { minLength: 1, maxLength: 5 }),
  });
}

// --- Acts -----------------------------------------------------------------------------------------

type Act = (pair: ResidencePair) => void;

function act<Args extends unknown[]>(
  does: (pair: ResidencePair, ...args: Args) => void,
  ...args: { [Index in keyof Args]: fc.Arbitrary<Args[Index]> }
): fc.Arbitrary<Act> {
  return fc.tuple(...args).map((values) => {
    const text = `${does.toString().replace(/^.*=> /, "")} ${JSON.stringify(values, bigints)}`;
    const doIt: Act = (pair) => does(pair, ...(values as Args));
    return Object.assign(doIt, { toString: () => text, [fc.toStringMethod]: () => text });
  });
}

const bigints = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);

const cycles = fc.oneof(fc.nat(300), fc.nat(5000), fc.nat(20_000));
const ACTS: [weight: number, arbitrary: fc.Arbitrary<Act>][] = [
  [8, act((pair, n) => pair.run(n), cycles)],
  [2, act((pair, d) => pair.start(d), any)],
  [2, act((pair, d) => pair.stop(d), any)],
  [2, act((pair, d, m) => pair.setMeter(d, m), any, any)],
  [1, act((pair, d) => pair.rescindDomain(d), any)],
  [1, act((pair, m) => pair.rescindMeter(m), any)],
  [2, act((pair, m, s) => pair.setSuperior(m, s), any, any)],
  [2, act((pair, m) => pair.off(m), any)],
  [3, act((pair, m) => pair.on(m), any)],
  [2, act((pair, m, n) => pair.setStorage(m, n), any, storage)],
  [2, act((pair, m, n) => pair.addStorage(m, n), any, amount)],
  [2, act((pair, d, o, at, w) => pair.map(d, o, at, w), any, any, any, fc.boolean())],
  [3, act((pair, d, at) => pair.unmap(d, at), any, any)],
  [1, act((pair, s) => pair.set(s), scan)],
];
const acts = fc.array(fc.oneof(...ACTS.map(([weight, arbitrary]) => ({ weight, arbitrary }))), {
  maxLength: 25,
  size: "max",
});

function build(world: World, { isExact }: Kind): ResidencePair {
  const variants: Record<string, Variant> = {
    release: {},
    debug: { options: { build: debug } },
    cut: { cuts: world.cuts },
  };
  const pair = new ResidencePair(world.plan, isExact, variants);
  for (const meter of world.meters) pair.createMeter(...meter);
  for (const script of world.scripts) pair.createText(script);
  for (let i = 0; i < OBJECTS; i++) pair.createPage();
  for (const domain of world.domains) pair.createDomain(...domain);
  pair.compare();
  return pair;
}

function explore(kind: Kind, seed: number): void {
  fc.assert(
    fc.property(world(kind.core), acts, (start, acts) => {
      const pair = build(start, kind);
      for (const act of acts) {
        act(pair);
        pair.compare();
        pair.run(1500);
        pair.compare();
      }
      pair.run(10_000);
      pair.compare();
      pair.compareContents();
      pair.dispose();
    }),
    { seed, numRuns: RUNS, endOnFailure: process.env.SHRINK === undefined },
  );
}

const seed = Number(process.env.SEED ?? (Math.random() * 0x7fffffff) | 0);

interface Kind {
  readonly core: fc.Arbitrary<number>;
  /** Each reference is looked at; else what was translated before in its generation is not. */
  readonly isExact: boolean;
}

const MANY = fc.integer({ min: 100, max: 140 });
const FEW = fc.integer({ min: 8, max: 24 });
const KINDS: readonly (readonly [name: string, kind: Kind])[] = [
  ["core for all", { core: MANY, isExact: false }],
  ["core for all, each reference looked at", { core: MANY, isExact: true }],
  ["few frames", { core: FEW, isExact: false }],
  ["few frames, each reference looked at", { core: FEW, isExact: true }],
];

describe.each(KINDS)("with %s", (_, kind) => {
  const run = (seed: number) => explore(kind, seed);
  test.each(SEEDS)("seed %i", run, 300_000);
  test(`a random seed: SEED=${seed}`, () => run(seed), 300_000);
});
