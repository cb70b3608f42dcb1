// A simulation: one world after another, each of its own seed, until so many steps are done or one
// fails.

import {
  STATISTIC_CLAIMS,
  STATISTIC_CONFLICTS,
  STATISTIC_KEEPER_CALLS,
  STATISTIC_PARKS,
  STATISTIC_PREPARES,
  STATISTIC_REFILLS,
  STATISTIC_SCAVENGES,
  STATISTIC_STOLEN,
  STATISTIC_TRAPS,
} from "../../assembly/processor-layout.js";
import { actOf } from "./act.js";
import { Chance } from "./chance.js";
import { SimFailure } from "./failure.js";
import type { Instance } from "./instance.js";
import { Random } from "./random.js";
import { settingsOf } from "./settings.js";
import { type Choice, type Say, World } from "./world.js";

export interface SimOptions {
  readonly processors: number;
  readonly seed: number;
  readonly steps: number;
  /** Steps between two checks of the whole store. */
  readonly check: number;
  /** The fault that is planted, or 0; needs the build with assertions. */
  readonly canary: number;
  /** Processors die half-way through changes, too; needs the build with assertions. */
  readonly wounds: boolean;
}

export interface Failure {
  /** Of the world that failed, and the step of it. */
  readonly seed: number;
  readonly step: number;
  readonly failure: SimFailure;
  readonly choices: readonly Choice[];
}

/** Steps of one world, about. */
export const WORLD_STEPS = 20_000;

const FIGURES = {
  refills: STATISTIC_REFILLS,
  scavenges: STATISTIC_SCAVENGES,
  "meters prepared": STATISTIC_PREPARES,
  "keeper calls": STATISTIC_KEEPER_CALLS,
  parked: STATISTIC_PARKS,
  trapped: STATISTIC_TRAPS,
  "climbs given back": STATISTIC_CONFLICTS,
  "claims waited for": STATISTIC_CLAIMS,
  "domains taken over": STATISTIC_STOLEN,
} as const;

export class Sim {
  steps = 0;
  worlds = 0;
  failure: Failure | undefined;
  readonly acts = new Map<string, number>();
  readonly figures = new Map<string, number>();
  readonly #instance: Instance;
  readonly #options: SimOptions;
  #hash = new Hash();

  constructor(instance: Instance, options: SimOptions) {
    this.#instance = instance;
    this.#options = options;
  }

  /** Of the traces of all worlds. */
  get hash(): string {
    return this.#hash.text;
  }

  get isDone(): boolean {
    return this.failure !== undefined || this.steps >= this.#options.steps;
  }

  /** The next world, to its end. */
  next(): void {
    const { seed, steps } = this.#options;
    const worldSeed = (seed + this.worlds) >>> 0;
    const world = this.#world(worldSeed);
    const chance = new Chance(world);
    const most = Math.min(WORLD_STEPS, steps - this.steps);
    const choices: Choice[] = [];
    try {
      while (world.steps < most) {
        const choice = chance.next();
        choices.push(choice);
        world.do(choice);
      }
      const calm = actOf("calm", new Random(worldSeed));
      choices.push(calm);
      world.do(calm);
    } catch (error) {
      if (!(error instanceof SimFailure)) throw error;
      this.failure = { seed: worldSeed, step: world.steps, failure: error, choices };
    }
    this.worlds++;
    this.steps += world.steps;
    this.#count(world);
  }

  #world(seed: number): World {
    const { processors, check, canary, wounds } = this.#options;
    const settings = settingsOf(seed, processors);
    return new World(this.#instance.machine(settings, canary), settings, check, wounds);
  }

  /** Does recorded choices in a world of that seed; what failed, if something did. */
  replay(seed: number, choices: readonly Choice[], say?: Say): SimFailure | undefined {
    const world = this.#world(seed);
    if (say) world.tell(say);
    try {
      for (const choice of choices) world.do(choice);
    } catch (error) {
      if (error instanceof SimFailure) return error;
      throw error;
    }
    return undefined;
  }

  /** The choices of a world with few acts, so many at most; undefined where it does not fail. */
  smallWorld(seed: number, number: number, most: number): Choice[] | undefined {
    const world = this.#world(seed);
    const chance = Chance.small(world, number);
    const choices: Choice[] = [];
    try {
      while (choices.length < most) {
        const choice = chance.next();
        choices.push(choice);
        world.do(choice);
      }
    } catch (error) {
      if (error instanceof SimFailure) return choices;
      throw error;
    }
    return undefined;
  }

  #count(world: World): void {
    const { host, machine } = world;
    this.#hash.add(world.hash);
    for (const [kind, times] of host.counts) add(this.acts, kind, times);
    add(this.figures, "slices", world.slices);
    for (const [name, number] of Object.entries(FIGURES)) {
      add(this.figures, name, machine.statistic(number));
    }
    add(this.figures, "lock conflicts", world.conflicts + host.conflicts);
    add(this.figures, "calls that had to wait", host.calls.waits);
    add(this.figures, "deaths recovered", world.deaths);
    add(this.figures, "checks of the store", world.checks);
  }
}

function add(sums: Map<string, number>, name: string, count: number): void {
  sums.set(name, (sums.get(name) ?? 0) + count);
}

/** Of texts, one after the other: 64 bits, FNV-1a. */
class Hash {
  #hash = 0xcbf29ce484222325n;

  add(text: string): void {
    for (const character of text) {
      this.#hash ^= BigInt(character.charCodeAt(0));
      this.#hash = BigInt.asUintN(64, this.#hash * 0x100000001b3n);
    }
  }

  get text(): string {
    return this.#hash.toString(16).padStart(16, "0");
  }
}
