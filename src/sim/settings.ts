// What a world is made with. Each seed has settings of its own: what is rare under some (a dry
// tree, a full store, a climb that meets another) is the rule under others.

import { Random } from "./random.js";

export const MOST_NODES = 96;

export interface Settings {
  readonly seed: number;
  readonly processors: number;
  /** Nodes and node 0. Few: they are used again and again. */
  readonly nodes: number;
  readonly quantum: number;
  readonly advance: number;
  readonly tapered: boolean;
  readonly ignoreDry: boolean;
  /** Slices are told as events: the batch is full now and then. */
  readonly traced: boolean;
  /** Of so many steps, the host has one. */
  readonly hostEvery: number;
  /** Of so many steps in which the host is free, one begins an act. */
  readonly actEvery: number;
  /** A participant has up to so many steps in a row. */
  readonly streak: number;
  /** Processors die. */
  readonly mortal: boolean;
}

export function settingsOf(seed: number, processors: number): Settings {
  const random = new Random(seed ^ 0x5e77_1465);
  const quantum = random.once(4) ? random.between(1, 3) : random.between(5, 100);
  const quanta = random.pick([1, 2, 4, 16, 64, 256]);
  return {
    seed,
    processors,
    nodes: random.pick([12, 24, 48, 48, MOST_NODES]),
    quantum,
    advance: random.once(6) ? random.between(1, quantum) : quantum * quanta,
    tapered: random.once(5),
    ignoreDry: random.once(8),
    traced: random.once(10),
    hostEvery: random.pick([4, 6, 8, 12]),
    actEvery: random.pick([1, 2, 4, 6]),
    streak: random.pick([1, 1, 2, 5, 20]),
    mortal: random.once(2),
  };
}

/** The settings of a world, as far as they are not those of all. */
export function settingsWords(settings: Settings): string {
  const { nodes, quantum, advance, tapered, ignoreDry, traced, mortal } = settings;
  const flags = Object.entries({ tapered, ignoreDry, traced, mortal });
  const set = flags.filter(([, value]) => value).map(([name]) => name);
  return [`nodes ${nodes - 1}`, `quantum ${quantum}`, `advance ${advance}`, ...set].join(", ");
}
