// The cast of a storm: servers, those who ask others before they answer, clients, clients who wait at
// joins, and the keeper of a meter that runs dry; each with keys to others, drawn at random.

import type { GateJudge } from "./gate-judge.js";
import { data, type GateJoin, type GateKey } from "./gate-parts.js";
import { call, fork, reply, rest, type Step, work } from "./puppet.js";

/** Where a cast plays: simulated processors or threads. All are numbers of what the judge's model has. */
export interface Stage {
  readonly judge: GateJudge;
  readonly joins: readonly GateJoin[];
  meter(cycles: bigint): number;
  domain(meter: number, steps: readonly Step[]): number;
  join(): number;
  setKey(domain: number, slot: number, key: GateKey): void;
  setKeeper(meter: number, key: GateKey): void;
}

/** Slots: servers 0 to 2, the returner, a join; 8 and 9 numbers; received are 5 and 12 to 15. */
const RETURNER = 3;
export const JOIN = 4;
const LONG = 1n << 40n;
/** The meter that runs dry. */
export const POOR = 2;
type Random = (below: number) => number;

const server = (random: Random): Step[] => [
  rest({ take: [5, 6, 12, 7] }),
  reply(7, {
    order: 100 + random(50),
    string: "served".repeat(random(9)),
    keys: [5, 6, 12],
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
  fork(random(3), { order: 600 + random(50), string: "later", keys: [9, 8, 9, 5] }),
  work(random(80)),
  { ...call(JOIN, { order: 1, take: [12, 13, 14] }), next: 0 },
];

const keeper = (random: Random): Step[] => [
  rest({ take: [null, null, 5, 6] }),
  call(5, { order: 19, keys: [8], take: [14], busy: random(30) }),
  reply(6, { order: 9, string: "unseen", take: [null, null, 5, 6], next: 1 }),
];

export function fill(stage: Stage, random: Random): void {
  const { model } = stage.judge;
  const numbers = 1000 * random(1000);
  const key = (domain: number): GateKey => ({
    kind: "start",
    to: model.domains[domain]!,
    databyte: random(200),
  });
  const rich = stage.meter(LONG);
  const poor = stage.meter(BigInt(random(500)));
  const hand = stage.domain(rich, keeper(random));
  stage.setKey(hand, 8, data(300 + random(3000)));
  stage.setKeeper(poor, key(hand));
  const servers = [stage.domain(rich, server(random)), stage.domain(poor, server(random))];
  const relays = [stage.domain(random(2) === 0 ? rich : poor, relay(random))];
  for (const n of relays) stage.setKey(n, 0, key(servers[random(servers.length)]!));
  const called = [...servers, ...relays];
  const count = 3 + random(4);
  for (let n = 0; n < count; n++) {
    const under = random(2) === 0 ? rich : poor;
    const steps = random(3) === 0 ? joiner(random) : client(random);
    const domain = stage.domain(under, steps);
    for (let slot = 0; slot < 3; slot++) {
      stage.setKey(domain, slot, key(called[random(called.length)]!));
    }
    stage.setKey(domain, RETURNER, { kind: "misc", name: "returner" });
    const join = stage.joins[stage.join()]!;
    stage.setKey(domain, JOIN, { kind: "start", to: join, databyte: 0 });
    stage.setKey(domain, 8, data(numbers + 2 * n));
    stage.setKey(domain, 9, data(numbers + 2 * n + 1));
  }
}
