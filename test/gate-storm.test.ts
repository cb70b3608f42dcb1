// Puppets that converse on several simulated processors: by the trace the judge knows what each was to
// receive. No message and no key is lost or doubled, also where processors die in the midst of a jump.

import { expect, test } from "vitest";
import { data, type GateKey } from "./gate-parts.js";
import { Storm } from "./gate-storm.js";
import { call, fork, reply, rest, type Step, work } from "./puppet.js";
import { randomOf } from "./simulated.js";

const TURNS = Number(process.env.TURNS ?? 6000);
const LISTEN = 100;
const CHECK = 50;
const SEEDS = process.env.SEED ? [Number(process.env.SEED)] : [1, 2, 3, 4];
/** With deaths: one turn inside in so many is somebody's last. */
const DEADLY = 6;

/** Slots: servers 0 to 2, the returner, a join; 8 and 9 numbers; received are 5 and 12 to 15. */
const RETURNER = 3;
const JOIN = 4;
const LONG = 1n << 40n;

type Random = (below: number) => number;

const server = (random: Random): Step[] => [
  rest({ take: [5, 6, 12, 7] }),
  reply(7, {
    order: 100 + random(50),
    string: "served".repeat(random(9)),
    keys: [5, 6],
    take: [5, 6, 12, 7],
    busy: random(20),
    next: 1,
  }),
];

/** Asks another before it answers. */
const relay = (random: Random): Step[] => [
  rest({ take: [5, 6, 12, 7] }),
  call(0, { order: 200 + random(50), string: "passed on", keys: [5, 6], take: [12, 13] }),
  reply(7, { order: 300, keys: [12, 13], take: [5, 6, 12, 7], busy: random(9), next: 1 }),
];

const client = (random: Random): Step[] => [
  call(random(3), { order: 400 + random(50), string: "asks", keys: [8, 9], take: [12, 13] }),
  call(RETURNER, { order: 77, string: "again", keys: [12, 13, 8], take: [14, 15] }),
  work(random(60)),
  { ...call(random(3), { order: 500, keys: [14, 15], take: [13, 12], busy: random(30) }), next: 0 },
];

/** Has its question answered into a join, and does something else meanwhile. */
const joiner = (random: Random): Step[] => [
  call(JOIN, { order: 0, take: [5] }),
  fork(random(3), { order: 600 + random(50), string: "later", keys: [9, 8, null, 5] }),
  work(random(80)),
  { ...call(JOIN, { order: 1, take: [12, 13] }), next: 0 },
];

const keeper = (random: Random): Step[] => [
  rest({ take: [null, null, 5, 6] }),
  call(5, { order: 19, keys: [8], take: [14], busy: random(30) }),
  reply(6, { order: 9, string: "unseen", take: [null, null, 5, 6], next: 1 }),
];

function makeStorm(seed: number, processors: number, deadly: number): Storm {
  const random = randomOf(seed ^ 0x5eed);
  const storm = new Storm(seed, processors, deadly);
  const { model } = storm.judge;
  const key = (domain: number): GateKey => ({
    kind: "start",
    to: model.domains[domain]!,
    databyte: random(200),
  });
  const rich = storm.meter(LONG);
  const poor = storm.meter(BigInt(random(500)));
  const hand = storm.domain(rich, keeper(random));
  storm.setKey(hand, 8, data(300 + random(3000)));
  storm.setKeeper(poor, key(hand));
  const servers = [storm.domain(rich, server(random)), storm.domain(poor, server(random))];
  const relays = [storm.domain(random(2) === 0 ? rich : poor, relay(random))];
  for (const n of relays) storm.setKey(n, 0, key(servers[random(servers.length)]!));
  const called = [...servers, ...relays];
  const count = 3 + random(4);
  for (let n = 0; n < count; n++) {
    const under = random(2) === 0 ? rich : poor;
    const steps = random(3) === 0 ? joiner(random) : client(random);
    const domain = storm.domain(under, steps);
    for (let slot = 0; slot < 3; slot++) {
      storm.setKey(domain, slot, key(called[random(called.length)]!));
    }
    storm.setKey(domain, RETURNER, { kind: "misc", name: "returner" });
    const join = storm.joins[storm.join()]!;
    storm.setKey(domain, JOIN, { kind: "start", to: join, databyte: 0 });
    storm.setKey(domain, 8, data(1000 * seed + 2 * n));
    storm.setKey(domain, 9, data(1000 * seed + 2 * n + 1));
  }
  storm.start();
  return storm;
}

/** Turns, and what was found after them. */
function blow(storm: Storm): string[] {
  for (let turn = 1; turn <= TURNS; turn++) {
    storm.turn();
    if (turn % LISTEN === 0) storm.listen();
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
    expect(blow(storm)).toEqual([]);
    expect(storm.judge.jumps).toBeGreaterThan(TURNS / 100);
    expect(storm.deaths).toBe(0);
  },
);

test.each(SEEDS.flatMap((seed) => [2, 4].map((processors) => [seed, processors])))(
  "nor where processors die: seed %i, %i processors",
  (seed, processors) => {
    const storm = makeStorm(seed! + 100, processors!, DEADLY);
    expect(blow(storm)).toEqual([]);
    expect(storm.judge.jumps).toBeGreaterThan(TURNS / 200);
    expect(storm.deaths).toBeGreaterThan(TURNS / 1000);
  },
);
