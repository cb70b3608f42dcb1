// Who has the next step, and what the host does next: all by one seed.

import { type Act, actOf, randomAct } from "./act.js";
import { Random } from "./random.js";
import type { Choice, World } from "./world.js";

/** Acts with which a world begins, besides what its seed adds. */
const FIRST = 6;
/** Of so many acts, one is a death, and one finds the dead. */
const DEATH_EVERY = 12;
const RECOVERY_EVERY = 6;
/** Steps between two calms, about. */
const CALM_EVERY = 6000;

export class Chance {
  readonly #random: Random;
  readonly #world: World;
  #first: number;
  #who = 0;
  #streak = 0;

  constructor(world: World, seed = world.settings.seed) {
    this.#world = world;
    this.#random = new Random(seed);
    this.#first = FIRST + this.#random.below(20);
  }

  /** Of a world that begins with next to nothing. */
  static small(world: World, seed: number): Chance {
    const chance = new Chance(world, seed);
    chance.#first = 1 + (seed % 3);
    return chance;
  }

  next(): Choice {
    const world = this.#world;
    const { processors, hostEvery, streak } = world.settings;
    if (this.#streak > 0) {
      this.#streak--;
      if (world.isAwake(this.#who)) return this.#who;
      this.#streak = 0;
    }
    const random = this.#random;
    const number = random.next();
    if (number % hostEvery === 0) return this.#host();
    const { holder } = world.machine;
    // Half the time who has the lock goes on: the others do little but find it held.
    if (holder > 0 && (number & 0x80) !== 0 && world.isAwake(holder)) return holder;
    const first = (number >>> 8) % processors;
    for (let n = 0; n < processors; n++) {
      const who = 1 + ((first + n) % processors);
      if (!world.isAwake(who)) continue;
      this.#who = who;
      this.#streak = streak > 1 ? (number >>> 16) % streak : 0;
      return who;
    }
    return this.#host();
  }

  #host(): Choice {
    const { host, settings } = this.#world;
    const random = this.#random;
    if (!host.isFree) return this.#isStuck() ? this.#recover() : 0;
    if (this.#first > 0) {
      this.#first--;
      return this.#firstAct();
    }
    return random.once(settings.actEvery) ? this.#act() : 0;
  }

  /** Domains, and something for them to hang under. */
  #firstAct(): Act {
    const kind = this.#random.pick(["createMeter", "createChain", "createDomain", "createDomain"]);
    return actOf(kind as Act["kind"], this.#random);
  }

  #act(): Act {
    const random = this.#random;
    if (this.#world.machine.isStopped && random.once(2)) {
      return actOf(random.once(2) ? "go" : "limit", random);
    }
    if (random.once(CALM_EVERY / 40)) return actOf("calm", random);
    if (this.#world.settings.mortal) {
      if (random.once(DEATH_EVERY)) return actOf("die", random);
      if (random.once(RECOVERY_EVERY)) return this.#recover();
    }
    return randomAct(random);
  }

  /** The host waits for somebody who may be dead. */
  #isStuck(): boolean {
    return this.#world.settings.mortal && this.#random.once(RECOVERY_EVERY);
  }

  #recover(): Act {
    return actOf("recover", this.#random);
  }
}
