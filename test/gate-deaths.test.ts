// A processor that dies before any store of any jump: what guests invoke is done once all the same. Two kernels
// do the same; in one of them the worker dies before each store of each pass, and another goes on.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CONTROL, CONTROL_EVENTS, CONTROL_PANIC, CONTROL_UNTIL } from "../assembly/layout.js";
import {
  JOURNAL,
  JOURNAL_COUNTDOWN,
  PHASE_CLAIMING,
  PHASE_INSIDE,
  PHASE_RESTING,
  PROCESSOR_ATTENTION,
  PROCESSOR_BELL,
  PROCESSOR_PHASE,
  PROCESSOR_SIZE,
  PROCESSORS,
} from "../assembly/processor-layout.js";
import {
  bursts,
  clockKey,
  createKernel,
  discrimKey,
  type Kernel,
  type Key,
  type Meter,
  makerKey,
  orders,
  returnerKey,
} from "../src/index.js";
import type { TurnExports } from "../src/wasm.js";
import { findings } from "./lab.js";
import { call, exit, fork, play, reply, rest, type Seen, type Step, work } from "./puppet.js";

const build = readFileSync(new URL("../build/kernel.shared.debug.wasm", import.meta.url));
const BLOCK = PROCESSORS + PROCESSOR_SIZE;
/** What is no one's to take back: it is broken or rung anew by whoever recovers the dead. */
const ATOMICS = [PROCESSOR_PHASE, PROCESSOR_ATTENTION, PROCESSOR_BELL].map((at) => BLOCK + at);
const TURNS = 20_000;

interface Deadly extends TurnExports {
  journalRollback(block: number): void;
}

interface World {
  readonly kernel: Kernel;
  readonly seen: ReadonlyMap<string, Seen>;
}

type Script = readonly [name: string, keys: Record<number, Key | string>, steps: readonly Step[]];

const SERVICE: readonly Script[] = [
  // Who are called.
  [
    "echo",
    {},
    [
      rest({ take: [1, 2, 3, 0] }),
      { ...reply(0, { order: 7, string: "echo", keys: [1, 2, 3], take: [1, 2, 3, 0] }), next: 1 },
    ],
  ],
  [
    "slow",
    {},
    [
      rest({ take: [1, 2, 3, 0] }),
      { ...reply(0, { busy: 150, order: 8, take: [1, 2, 3, 0] }), next: 1 },
    ],
  ],
  ["idle", {}, [rest(), rest(), rest()]],
  [
    "keeper",
    { 4: "number" },
    [
      rest({ take: [1, 2, 3, 0] }),
      call(3, { order: orders.swap + 3, keys: [4] }),
      { ...reply(0, { take: [1, 2, 3, 0] }), next: 1 },
    ],
  ],
  [
    "medic",
    {},
    [
      rest({ take: [1, 2, 3, 0] }),
      reply(0, { take: [1, 2, 3, 0] }),
      reply(0, { order: 0x123, take: [1, 2, 3, 0] }),
      fork(0),
      exit(),
    ],
  ],
  // Who call.
  [
    "a",
    { 0: "echo", 1: "slow" },
    [
      call(0, { string: "x".repeat(300), keys: [0, 1], take: [2, 3, 4, 5], buffer: 600 }),
      call(1),
      call(1),
      fork(0),
      exit(),
    ],
  ],
  ["b", { 1: "slow" }, [call(1, { string: "b" }), call(1), work(30), exit()]],
  ["c", { 1: "slow" }, [call(1, { string: "c" }), exit()]],
  [
    "d",
    { 0: "join", 1: "wait", 2: "echo" },
    [
      call(0, { take: [3] }),
      fork(2, { keys: [null, null, null, 3] }),
      call(0, { order: 1 }),
      call(1, { order: 1, string: time(3000) }),
      call(1),
      exit(),
    ],
  ],
  [
    "e",
    { 0: "page", 1: "returner", 2: "data", 3: "clock", 4: "discrim" },
    [
      call(0, { order: 4096 + 5, string: "page" }),
      call(0, { order: 3 }),
      call(1, { order: 9, keys: [0, 1, 2], take: [5, 6, 7] }),
      call(2, { string: "abc", take: [8] }),
      call(3, { order: 7 }),
      call(4, { keys: [8] }),
      call(0, { order: 8192 }),
      exit(),
    ],
  ],
  [
    "f",
    { 0: "node", 1: "service", 2: "returner", 3: "number" },
    [
      call(0, { order: 16 + 4, keys: [2] }),
      call(0, { order: 4, take: [5] }),
      call(0, { order: 45, string: "\x05abcdefghijk\x06abcdefghijk" }),
      call(1, { order: 3, take: [6] }),
      call(1, { order: 19, keys: [3], take: [7] }),
      call(0, { order: 39 }),
      exit(),
    ],
  ],
  [
    "g",
    { 0: "domain idle", 1: "idle", 2: "meter", 3: "domain" },
    [
      call(0, { order: 10, buffer: 128 }),
      call(0, { order: 33, keys: [2], take: [5] }),
      call(0, { order: 66, take: [6] }),
      fork(6),
      call(0, { order: 65 }),
      fork(1),
      call(0, { order: 48, keys: [2] }),
      call(0, { order: 16, take: [7] }),
      call(0, { order: 67 }),
      call(3, { order: 33, keys: [2] }),
      call(0, { order: 64, string: "z", take: [8] }),
      fork(8),
      exit(),
    ],
  ],
  ["poor", {}, [work(400), work(400), work(400), exit()]],
  ["faulty", {}, [fork(9, { raw: { 13: 5000 } }), exit()]],
  ["self", { 0: "self" }, [call(0), exit()]],
];

/** A time for a wait object: 8 bytes, big-endian, 256 to the cycle. */
function time(cycles: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(cycles) * 256n);
  return bytes;
}

function world(): World {
  const kernel = createKernel({
    nodes: 256,
    frames: 2048,
    quantum: 100,
    advance: 700n,
    processors: 1,
    seed: 1,
    build,
  });
  const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1_000_000n });
  // What f reads and sets.
  const shared = kernel.createMeter({ superior: meter, cycles: 5000n });
  const poor = kernel.createMeter({ superior: meter, cycles: 100n });
  const domains = SERVICE.map(([name, , steps]) =>
    play(kernel, { poor, b: shared, c: shared, echo: shared }[name] ?? meter, steps, { name }),
  );
  const domain = (name: string) => domains.find((other) => other.domain.name === name)!.domain;
  const objects: Record<string, Key> = {
    join: kernel.createJoin().key,
    wait: kernel.createWait().key,
    page: kernel.createPage().key,
    node: kernel.createNode().nodeKey(),
    service: shared.serviceKey,
    meter: { kind: "meter", id: meter.id, databyte: 0 },
    number: { kind: "data", value: 900n },
    returner: returnerKey,
    data: makerKey,
    clock: clockKey,
    discrim: discrimKey,
    "domain idle": domain("idle").domainKey,
    domain: domain("g").domainKey,
    self: domain("self").startKey(),
  };
  SERVICE.forEach(([, keys], n) => {
    for (const [slot, key] of Object.entries(keys)) {
      const named = typeof key === "string" ? (objects[key] ?? domain(key).startKey(3)) : key;
      domains[n]!.domain.keys.set(Number(slot), named);
    }
  });
  poor.node.swap(2, domain("keeper").startKey(1));
  for (const name of ["faulty", "self"]) domain(name).keeper = domain("medic").startKey(2);
  for (const { domain } of domains) domain.start();
  return { kernel, seen: new Map(domains.map(({ domain, seen }) => [domain.name, seen])) };
}

/** Lets the one processor take its turns, and die before each `deadly`-th store; answers how often it did. */
function drive({ kernel }: World, deadly: number, until = 1_000_000n): number {
  const { view, shared } = kernel.core;
  const { module, memory, exports } = shared!;
  const bear = () => {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const worker = exports as unknown as Deadly;
    worker.become(1);
    return worker;
  };
  const countdown = BLOCK + JOURNAL + JOURNAL_COUNTDOWN;
  view.setU64(CONTROL + CONTROL_UNTIL, until);
  exports.go();
  let worker = bear();
  let deaths = 0;
  for (let turns = 0; turns < TURNS; turns++) {
    const phase = view.u32(BLOCK + PROCESSOR_PHASE);
    const isInside = phase === PHASE_INSIDE || phase === PHASE_CLAIMING;
    for (let store = 1; deadly > 0 && isInside; store += deadly) {
      const atomics = ATOMICS.map((at) => view.u32(at));
      view.setU32(countdown, store);
      try {
        worker.turn();
        break;
      } catch {
        expect(view.u32(CONTROL + CONTROL_PANIC)).toBe(0);
        deaths++;
        worker = bear();
        worker.journalRollback(BLOCK);
        for (const [n, at] of ATOMICS.entries()) view.setU32(at, atomics[n]!);
      }
    }
    view.setU32(countdown, 0);
    if (deadly === 0 || !isInside) worker.turn();
    view.setControl(CONTROL_EVENTS, 0);
    if (view.u32(BLOCK + PROCESSOR_PHASE) === PHASE_RESTING) return deaths;
  }
  return deaths;
}

function outcome({ kernel, seen }: World): unknown {
  return {
    time: kernel.time,
    logs: [...seen].map(([name, { log }]) => [name, log]),
    states: [...kernel.domains()].map(({ name, state, consumed }) => [name, state, consumed]),
    keys: [...kernel.domains()].flatMap(({ machine, keys }) =>
      machine ? Array.from({ length: 16 }, (_, slot) => keys.get(slot)) : [],
    ),
    meters: [...kernel.meters()].map((meter) => meter.peek()),
    findings: findings(kernel),
  };
}

test("whatever guests invoke is done once, wherever the worker dies", () => {
  const [spared, dying] = [world(), world()];
  drive(spared, 0);
  const deaths = drive(dying, 1);
  const expected = outcome(spared);
  expect(outcome(dying)).toEqual(expected);
  expect(expected).toMatchObject({ findings: [] });
  expect(deaths).toBeGreaterThan(1000);
});

/** So many that to take back their caches, or to wake them, is several changes. */
const CROWD = 450;

/** A guest that reads and sets the counter of a meter with a crowd below, and moves the meter. */
function crowd(): World {
  const kernel = createKernel({
    nodes: 1024,
    frames: 256,
    quantum: 100,
    advance: 700n,
    processors: 1,
    seed: 1,
    build,
  });
  const above = kernel.createMeter({ superior: kernel.primeMeter, cycles: 100_000_000n });
  const other = kernel.createMeter({ superior: kernel.primeMeter, cycles: 100_000_000n });
  const meter = kernel.createMeter({ superior: above, cycles: 10_000_000n });
  const steps = [
    call(0, { order: 3, take: [4] }),
    work(50),
    call(0, { order: 16 + 1, keys: [1], take: [5] }),
    work(50),
    call(0, { order: 16 + 3, keys: [2], take: [6] }),
    work(50),
    call(0, { order: 16 + 3, keys: [3], take: [7] }),
    work(50),
    call(0, { order: 39 }),
    rest(),
  ];
  const { domain, seen } = play(kernel, kernel.primeMeter, steps);
  const program = bursts({ run: 1_000_000 });
  for (let n = 0; n < CROWD; n++) kernel.createDomain({ meter, program }).start();
  const number = (value: bigint): Key => ({ kind: "data", value });
  const keys = [meter.serviceKey, keyOf(other), number(0n), number(5_000_000n)];
  keys.forEach((key, slot) => {
    domain.keys.set(slot, key);
  });
  domain.start();
  return { kernel, seen: new Map([["guest", seen]]) };
}

const keyOf = ({ id }: Meter): Key => ({ kind: "meter", id, databyte: 0 });

test("the same of what takes several changes", () => {
  const [spared, dying] = [crowd(), crowd()];
  drive(spared, 0, 3_000_000n);
  const deaths = drive(dying, 37, 3_000_000n);
  const expected = outcome(spared);
  expect(outcome(dying)).toEqual(expected);
  expect(expected).toMatchObject({ findings: [] });
  expect(spared.seen.get("guest")!.log.length).toBeGreaterThan(8);
  expect(deaths).toBeGreaterThan(200);
});
