// Core residence where processors die: before any store of what they are about under the lock, wherever V8 may
// stop them, at random in the midst of everything, and as threads. Nothing leaks, no page is lost or mixed
// up, and all that is touched is paid for, once.

import { afterEach, expect, test } from "vitest";
import { TRAP_LOST } from "../assembly/codes.js";
import { PRIME_INDEX } from "../assembly/layout.js";
import {
  JOURNAL,
  JOURNAL_COUNTDOWN,
  PHASE_OUTSIDE,
  PROCESSOR_SIZE,
  PROCESSORS,
} from "../assembly/processor-layout.js";
import {
  RESIDENCE_COPIES,
  RESIDENCE_CYCLES,
  RESIDENCE_EVICTIONS,
  RESIDENCE_FAULTS,
  RESIDENCE_FETCHES,
  RESIDENCE_UNPAID,
  RESIDENCE_WRITES,
} from "../assembly/residence-layout.js";
import type { Domain } from "../src/index.js";
import { addsOf, type Pager, SHARED_AT } from "./pager.js";
import { act } from "./residence-acts.js";
import { Rig } from "./residence-rig.js";
import { Scene } from "./residence-scene.js";
import { addedTo, expectConserved, kernelOf, listen, meterOf, pagerOf } from "./residence-team.js";
import { PagedWorld } from "./residence-world.js";
import { compileMortal } from "./riscv/mortal.js";
import { randomOf } from "./simulated.js";
import { dismiss, kill, turn, until } from "./team.js";

afterEach(dismiss);

const TIMEOUT = 120_000;
const RUNS = Number(process.env.RUNS ?? 2);
const SEEDS = process.env.SEED
  ? [Number(process.env.SEED)]
  : Array.from({ length: RUNS }, (_, n) => n + 1);
/** Pages are touched, copied, brought in and taken out, found unpaid, and locked. */
const COUNTS = {
  cycles: RESIDENCE_CYCLES,
  faults: RESIDENCE_FAULTS,
  copies: RESIDENCE_COPIES,
  evictions: RESIDENCE_EVICTIONS,
  fetches: RESIDENCE_FETCHES,
  writes: RESIDENCE_WRITES,
  unpaid: RESIDENCE_UNPAID,
};

/** Whether a turn is its processor's last, where that gets so far and no further. */
type Doom = (index: number, survived: number) => boolean;

/** Does a turn over and over, with a later death each time, until it is survived; answers how often it was not. */
function doom(scene: Scene, index: number, dies: Doom, stride: number, finish: number): number {
  const { bytes } = scene.rig.simulated;
  const before = bytes.slice();
  const { ends, lost } = scene;
  for (let deaths = 0; ; deaths++) {
    const judge = scene.judge();
    if (!dies(index, deaths * stride)) return deaths;
    scene.bury(index);
    scene.look(judge);
    scene.check();
    // All that comes of it, too.
    if (deaths % finish === 0) scene.finish(judge, randomOf(deaths));
    bytes.set(before);
    Object.assign(scene, { ends, lost });
  }
}

interface Play {
  readonly dies: Doom;
  readonly stride: number;
  /** One death in so many is followed to the end. */
  readonly finish: number;
  readonly turns: number;
  /** Whether a turn is to be a processor's last. */
  isDoomed(index: number): boolean;
}

/** Goes on with a scene, and dooms turns. Answers how many deaths there were, and what was done in those turns. */
function play(scene: Scene, { dies, stride, finish, turns, isDoomed }: Play) {
  const { rig } = scene;
  const random = randomOf(5);
  const done = Object.fromEntries(Object.keys(COUNTS).map((name) => [name, 0n]));
  let judge = scene.judge();
  let deaths = 0;
  for (let turn = 0; turn < turns; turn++) {
    const index = 1 + random(rig.simulated.processors);
    scene.look(judge);
    if (!isDoomed(index)) {
      rig.simulated.turn(index);
      continue;
    }
    const before = Object.values(COUNTS).map((offset) => rig.u64(offset));
    judge = scene.judge();
    deaths += doom(scene, index, dies, stride, finish);
    for (const [n, [name, offset]] of Object.entries(COUNTS).entries()) {
      done[name]! += rig.u64(offset) - before[n]!;
    }
  }
  scene.finish(judge, random);
  return { deaths, done };
}

function throws(what: () => unknown): boolean {
  try {
    what();
    return false;
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return true;
  }
}

test.each([1, 2, 3])(
  "before any store of a pass about pages, %i processors",
  { timeout: TIMEOUT },
  (processors) => {
    const scene = new Scene({ processors });
    const { simulated } = scene.rig;
    const dies: Doom = (index, survived) => {
      const countdown = PROCESSORS + index * PROCESSOR_SIZE + JOURNAL + JOURNAL_COUNTDOWN;
      simulated.view.setU32(countdown, survived + 1);
      const isDead = throws(() => simulated.turn(index));
      simulated.view.setU32(countdown, 0);
      return isDead;
    };
    const isDoomed = (index: number) => scene.isAboutPages(index);
    const { deaths, done } = play(scene, { dies, stride: 1, finish: 40, turns: 5000, isDoomed });
    expect(deaths).toBeGreaterThan(1000);
    for (const [name, count] of Object.entries(done)) {
      expect(count, name).toBeGreaterThan(0n);
    }
  },
);

const MORTAL = compileMortal("kernel.shared");

/** Who was outside when his processor died is lost, and only he. */
class MortalScene extends Scene {
  protected override trapped(domain: number, code: number): void {
    if (code === TRAP_LOST) this.lost++;
    else super.trapped(domain, code);
  }
}

test.each([1, 2])(
  "wherever V8 may stop a thread, in passes about pages and outside, %i processors",
  { timeout: TIMEOUT },
  (processors) => {
    const scene = new MortalScene({ processors, module: MORTAL });
    const { simulated } = scene.rig;
    const { left } = simulated.exports as unknown as { left: WebAssembly.Global<"i32"> };
    const dies: Doom = (index, survived) => {
      left.value = survived;
      const isDead = throws(() => simulated.turn(index));
      left.value = -1;
      return isDead;
    };
    let doomed = 0;
    const isDoomed = (index: number) => {
      const isOutside = simulated.phase(index) === PHASE_OUTSIDE && simulated.holder === 0;
      // A few of each.
      return (isOutside || scene.isAboutPages(index)) && doomed++ % 5 === 0;
    };
    const { deaths, done } = play(scene, { dies, stride: 3, finish: 60, turns: 4000, isDoomed });
    expect(deaths).toBeGreaterThan(500);
    expect(scene.lost).toBe(0);
    expect(done.faults).toBeGreaterThan(0n);
  },
);

const WEATHERS = [
  ["roomy", { processors: 2, core: 64 }],
  ["8 frames each", { processors: 3, core: 24 }],
  ["4 frames each", { processors: 2, core: 8, period: 1500 }],
  ["faults that cost", { processors: 4, core: 32, faultCost: 70, latency: 0 }],
] as const;

test.each(
  WEATHERS.flatMap(([name, options]) => SEEDS.map((seed) => [name, seed, options] as const)),
)("at random, while a host acts: %s, seed %i", { timeout: TIMEOUT }, (_, seed, options) => {
  const world = new PagedWorld(seed, options);
  let deaths = 0;
  for (let round = 0; round < 200; round++) {
    world.turns(world.random(60));
    if (round % 2 === 0) act(world);
    world.serve();
    world.fill();
    for (let n = 0; n < 3; n++) if (world.die(world.pick([40, 200, 400]))) deaths++;
    world.check();
  }
  world.calm();
  world.check();
  expect(deaths).toBeGreaterThan(30);
  expect(world.isWhole).toBe(true);
});

test("the clock's hand may pass more frames than a journal has room for", () => {
  const core = 2500;
  const rig = new Rig({
    processors: 1,
    core,
    pages: core + 600,
    frames: 64,
    period: 1_000_000_000,
  });
  const { simulated } = rig;
  const paging = rig.pager(PRIME_INDEX, {
    ...{ pages: 2048, filled: 2, seed: 1, times: 100_000, shares: false },
  })!;
  const other = rig.pager(PRIME_INDEX, {
    ...{ pages: 512, filled: 2, seed: 2, times: 100_000, shares: false },
  })!;
  for (const { domain } of [paging, other]) simulated.start(domain);
  simulated.go();
  for (let turn = 0; rig.u64(RESIDENCE_EVICTIONS) < 20n; turn++) {
    simulated.turn(1);
    if (simulated.holder === 0) simulated.takeEvents();
    expect(turn).toBeLessThan(1_000_000);
  }
  expect(simulated.check().findings).toEqual([]);
});

test.each([2, 3])("%i threads, in storms of pages", { timeout: TIMEOUT }, async (processors) => {
  const options = { processors, trace: true };
  const kernel = kernelOf({ core: 8 * processors, latency: 100, pages: 600 }, options);
  const { pagesFree } = kernel.residence.statistics();
  const random = randomOf(processors);
  const heard = listen(kernel);
  const page = kernel.createPage();
  const pagers = new Map<Domain, Pager>();
  const ended: Pager[] = [];
  const lost: Pager[] = [];
  const traps: number[] = [];
  let seed = 0;
  const make = () => {
    const pager = { pages: 8, filled: 3, seed: ++seed * 13, times: 4000, shares: true };
    const domain = pagerOf(kernel, meterOf(kernel), pager);
    domain.map(page, SHARED_AT, { write: true });
    domain.start();
    pagers.set(domain, pager);
  };
  const leave = (domain: Domain, list: Pager[]) => {
    list.push(pagers.get(domain)!);
    pagers.delete(domain);
    domain.rescind();
  };
  kernel.on("end", ({ domain, exitCode }) => {
    if (exitCode !== 0) traps.push(-1);
    leave(domain, ended);
  });
  kernel.on("trap", ({ domain, code }) => {
    if (code !== TRAP_LOST) traps.push(code);
    leave(domain, lost);
  });
  let deaths = 0;
  kernel.on("processor", () => deaths++);
  for (let n = 0; n < 3 * processors; n++) make();
  const aborter = new AbortController();
  const run = kernel.run({ signal: aborter.signal });
  for (let round = 1; round <= 25; round++) {
    const { time } = kernel;
    await until(() => kernel.time > time);
    for (let turns = random(6); turns > 0; turns--) await turn();
    await kill(kernel, 1 + random(processors));
    await until(() => deaths === round);
    while (pagers.size < 3 * processors) make();
    expect(kernel.check().findings).toEqual([]);
  }
  await until(() => pagers.size === 0);
  aborter.abort();
  await run;
  expect(traps).toEqual([]);
  expect(ended.length).toBeGreaterThan(0);
  const addsBy = (list: readonly Pager[]) => list.reduce((sum, pager) => sum + addsOf(pager), 0);
  expect(addedTo(page)).toBeGreaterThanOrEqual(addsBy(ended));
  expect(addedTo(page)).toBeLessThanOrEqual(addsBy(ended) + addsBy(lost));
  expect(heard.twice).toEqual([]);
  expectConserved(kernel);
  // The page object is left.
  expect(kernel.residence.statistics().pagesFree).toBe(pagesFree - 1);
});
