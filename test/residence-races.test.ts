// Core residence on several simulated processors, turn by turn: random worlds of pagers that share text, file pages and
// page objects, under few frames, short periods and little storage, while a host stops, starts, moves, maps, stores and
// rescinds. After every turn all charges are a naive bookkeeper's; no page is lost or mixed up.
//
// SEED=n runs that world alone; RUNS=n so many.

import { expect, test } from "vitest";
import { OK } from "../assembly/codes.js";
import {
  CONTROL_NODE_BASE,
  NODE_RECORD,
  NODE_SIZE,
  PRIME_INDEX,
  RECORD_STATE,
  STATE_WAITING,
} from "../assembly/layout.js";
import { PHASE_OUTSIDE, PROCESSOR_RUNNING, PROCESSOR_TIME } from "../assembly/processor-layout.js";
import {
  PHASE_FIXED,
  PHASE_RANDOM,
  RESIDENCE_CYCLES,
  RESIDENCE_EPOCH,
  RESIDENCE_FAULTS,
  RESIDENCE_UNRESERVED,
} from "../assembly/residence-layout.js";
import { CODE_PAGES, type Pager } from "./pager.js";
import { act } from "./residence-acts.js";
import { Rig } from "./residence-rig.js";
import { PagedWorld } from "./residence-world.js";
import { randomOf } from "./simulated.js";

const RUNS = Number(process.env.RUNS ?? 3);
const SEEDS = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: RUNS }, (_, n) => n + 1);
const ROUNDS = 250;
const TIMEOUT = 60_000;

const WEATHERS = [
  ["roomy", { processors: 2, core: 64 }],
  ["8 frames each", { processors: 3, core: 24, phase: PHASE_RANDOM }],
  ["4 frames each", { processors: 2, core: 8, period: 1500 }],
  ["four of them, faults that cost", { processors: 4, core: 32, faultCost: 70, latency: 0 }],
] as const;

test.each(
  WEATHERS.flatMap(([name, options]) => SEEDS.map((seed) => [name, seed, options] as const)),
)(
  "%s, seed %i: nothing is lost, mixed up or paid for twice",
  { timeout: TIMEOUT },
  (_, seed, options) => {
    const world = new PagedWorld(seed, options);
    const free = world.rig.u32(RESIDENCE_UNRESERVED);
    for (let round = 0; round < ROUNDS; round++) {
      world.turns(world.random(60));
      act(world);
      world.serve();
      world.fill();
      world.check();
    }
    world.calm();
    world.check();
    expect(world.isWhole).toBe(true);
    expect(world.judge.cycles).toBeGreaterThan(5);
    expect(world.judge.faults).toBeGreaterThan(100n);
    expect(world.exits).toBeGreaterThan(0);
    // All pages of those who are gone can be had again; those of the first are the file's and the shared ones alone.
    expect(world.rig.u32(RESIDENCE_UNRESERVED)).toBeGreaterThan(free);
  },
);

/** A domain that runs on and on. */
const ENDLESS = { run: 1_000_000_000 };

test("a lock cycle is due by the clock that is furthest, however far a processor is behind", () => {
  const period = 5000;
  const rig = new Rig({ processors: 2, period, quantum: 500 });
  const { simulated } = rig;
  for (let n = 0; n < 8; n++) simulated.start(simulated.domain(PRIME_INDEX, ENDLESS));
  simulated.go();
  const random = randomOf(1);
  simulated.turns(100, random);
  for (let turn = 0; turn < 3000; turn++) simulated.turn(random(50) === 0 ? 1 : 2);
  const clocks = [1, 2].map((index) => Number(simulated.view.processor64(index, PROCESSOR_TIME)));
  expect(clocks[1]! / clocks[0]!).toBeGreaterThan(5);
  const due = Math.floor(clocks[1]! / period);
  expect(Number(rig.u64(RESIDENCE_CYCLES))).toBeGreaterThan(due * 0.9);
});

test("a period that is set while the lock process is outside is its period", () => {
  const long = 1_000_000_000;
  const rig = new Rig({ processors: 2, period: long, quantum: 500 });
  const { simulated } = rig;
  const { view } = simulated;
  const record = view.u32(view.control(CONTROL_NODE_BASE) + rig.locker * NODE_SIZE + NODE_RECORD);
  simulated.start(simulated.domain(PRIME_INDEX, ENDLESS));
  simulated.go();
  const outside = () =>
    [1, 2].find(
      (index) =>
        simulated.phase(index) === PHASE_OUTSIDE &&
        view.processor(index, PROCESSOR_RUNNING) === record,
    );
  const random = randomOf(2);
  while (outside() === undefined) simulated.turn(1 + random(2));
  expect(simulated.host((x) => x.residencePeriod(5000, PHASE_FIXED, 2500))).toBe(OK);
  const before = rig.u64(RESIDENCE_CYCLES);
  while (view.u8(record + RECORD_STATE) !== STATE_WAITING) simulated.turn(1 + random(2));
  for (let turn = 0; turn < 300; turn++) simulated.turn(1 + random(2));
  expect(rig.u64(RESIDENCE_CYCLES)).toBeGreaterThan(before);
  expect(simulated.check().findings).toEqual([]);
});

test.each([1, 2, 4])("%i processors: what all touch all the time is paid for once a cycle", (n) => {
  const rig = new Rig({ processors: n, core: 64, period: 60_000, latency: 0, quantum: 400 });
  const { simulated } = rig;
  const pager: Pager = { pages: 4, filled: 2, seed: 7, times: 1_000_000, shares: false };
  const pagings = Array.from({ length: n }, (_, i) => {
    const paging = rig.pager(PRIME_INDEX, { ...pager, seed: 7 + i })!;
    simulated.start(paging.domain);
    return paging;
  });
  simulated.go();
  const random = randomOf(n);
  const turnsTo = (epoch: number) => {
    while (rig.u32(RESIDENCE_EPOCH) < epoch) {
      simulated.turn(1 + random(n));
      if (simulated.holder === 0) simulated.takeEvents();
    }
  };
  turnsTo(4);
  const faults = rig.u64(RESIDENCE_FAULTS);
  turnsTo(10);
  const each = CODE_PAGES + pagings.length * (pager.pages + 1);
  expect(rig.u64(RESIDENCE_FAULTS) - faults).toBe(BigInt(6 * each));
});
