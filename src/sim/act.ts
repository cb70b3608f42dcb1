// What the host may do next, as plain numbers: whom an act is for is found when it is done, by
// number among those who are there then. So an act of a recorded trace still means something after
// others were left out of it.

import type { Random } from "./random.js";

export interface Act {
  readonly kind: ActKind;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** How often each kind comes, among all; `die`, `recover` and `calm` are the world's. */
const WEIGHTS = {
  createMeter: 5,
  createDomain: 5,
  createChain: 2,
  createNode: 1,
  rescindMeter: 3,
  rescindDomain: 4,
  set: 6,
  add: 8,
  off: 2,
  on: 3,
  peek: 3,
  counter: 4,
  fell: 4,
  recall: 3,
  consumed: 1,
  granted: 1,
  setKeeper: 4,
  setSuperior: 5,
  misplace: 1,
  swapCounter: 2,
  spoil: 1,
  mend: 4,
  clear: 1,
  start: 5,
  revive: 20,
  stop: 2,
  end: 1,
  evict: 3,
  setMeter: 4,
  answer: 6,
  limit: 1,
  halt: 1,
  go: 3,
} as const;

export type HostActKind = keyof typeof WEIGHTS;
export type ActKind = HostActKind | "die" | "recover" | "calm";

export const HOST_ACTS = Object.keys(WEIGHTS) as HostActKind[];

const drawn: HostActKind[] = HOST_ACTS.flatMap((kind) =>
  new Array<HostActKind>(WEIGHTS[kind]).fill(kind),
);

export function randomAct(random: Random): Act {
  return actOf(random.pick(drawn), random);
}

export function actOf(kind: ActKind, random: Random): Act {
  return { kind, a: random.next(), b: random.next(), c: random.next() };
}
