// Puppets that converse on several simulated processors: by the trace the judge knows what each was to
// receive. No message and no key is lost or doubled, also where processors die in the midst of a jump.

import { expect, test } from "vitest";
import { fill, JOIN, POOR } from "./gate-cast.js";
import { Storm } from "./gate-storm.js";
import { Threads } from "./gate-threads.js";
import { randomOf } from "./simulated.js";
import { SHARED_DEBUG } from "./team.js";

const TURNS = Number(process.env.TURNS ?? 6000);
const LISTEN = 100;
const CHECK = 50;
const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : [1, 2, 3, 4];
/** With deaths: one turn inside in so many is somebody's last. */
const DEADLY = 6;

/** Turns from one act of the operator to the next. */
const ACTS = 150;

/** Of each thread. */
const CYCLES = 300_000;

type Random = (below: number) => number;

function makeStorm(seed: number, processors: number, deadly: number): Storm {
  const storm = new Storm(seed, processors, deadly);
  fill(storm, randomOf(seed ^ 0x5eed));
  storm.start();
  return storm;
}

/** What an operator does now and then. */
function operate(storm: Storm, random: Random): void {
  const what = random(20);
  const domain = random(storm.domains.length);
  // Who is torn away from its join asks that for another key, of which there is no trace.
  const isJoiner = storm.domains[domain]!.model.puppet.steps.some(({ slot }) => slot === JOIN);
  if (what < 10 && !isJoiner) storm.restart(domain);
  else if (what < 19) storm.set(POOR, BigInt(random(2000)));
  else if (random(4) === 0 && domain !== 0) storm.rescind(domain);
}

/** Turns, and what was found after them. */
function blow(storm: Storm, random: Random, acts: number): string[] {
  for (let turn = 1; turn <= TURNS; turn++) {
    storm.turn();
    if (turn % LISTEN === 0) storm.listen();
    if (acts > 0 && turn % acts === 0) operate(storm, random);
    if (turn % CHECK === 0) {
      const { findings } = storm.simulated.check();
      if (findings.length > 0) return [`turn ${turn}`, ...findings];
    }
  }
  storm.calm();
  return [...storm.simulated.check().findings, ...storm.domains.flatMap((one) => storm.wrong(one))];
}

test.each(SEEDS.flatMap((seed) => [2, 3, 4].map((processors) => [seed, processors])))(
  "nothing is lost or doubled: seed %i, %i processors",
  (seed, processors) => {
    const storm = makeStorm(seed!, processors!, 0);
    expect(blow(storm, randomOf(0), 0)).toEqual([]);
    expect(storm.judge.jumps).toBeGreaterThan(TURNS / 100);
    expect(storm.deaths).toBe(0);
  },
);

test.each(SEEDS.flatMap((seed) => [2, 4].map((processors) => [seed, processors])))(
  "nor where processors die: seed %i, %i processors",
  (seed, processors) => {
    const storm = makeStorm(seed! + 100, processors!, DEADLY);
    expect(blow(storm, randomOf(0), 0)).toEqual([]);
    expect(storm.judge.jumps).toBeGreaterThan(TURNS / 200);
    expect(storm.deaths).toBeGreaterThan(TURNS / 1000);
  },
);

test.each(SEEDS.flatMap((seed) => [2, 3].map((processors) => [seed, processors])))(
  "nor where an operator stops, starts and rescinds: seed %i, %i processors",
  (seed, processors) => {
    const storm = makeStorm(seed! + 200, processors!, DEADLY * 3);
    expect(blow(storm, randomOf(seed!), ACTS)).toEqual([]);
    expect(storm.judge.jumps).toBeGreaterThan(TURNS / 400);
  },
);

test.each([2, 4])("nor with threads: %i processors", async (processors) => {
  const threads = new Threads(processors, SHARED_DEBUG);
  try {
    fill(threads, randomOf(processors));
    await threads.run(CYCLES);
    expect(threads.kernel.check().findings).toEqual([]);
    expect(threads.wrong()).toEqual([]);
    expect(threads.judge.jumps).toBeGreaterThan(CYCLES / 1000);
  } finally {
    threads.kernel.dispose();
  }
});
