import { type Domain, deny, type Keeper, type KeeperMessage, perPeriod, refill } from "../index.js";
import type { KeeperPlan } from "./scenario.js";

/** The keeper that a scenario describes: `report` alone changes nothing, and so declines too. */
export function makeKeeper({ refill: amount, times }: KeeperPlan): Keeper {
  return amount === undefined ? deny() : refill({ amount, times });
}

/**
 * Fills a meter once in each period, at the first call. Whoever runs dry again in the same period is
 * parked, and looks again when the next one begins: a kernel has no alarm clock, so the runner calls
 * `renew` then.
 */
export class PeriodicKeeper {
  readonly period: bigint;
  readonly #keeper: Keeper;
  readonly #parked = new Set<Domain>();

  constructor(amount: bigint, period: bigint) {
    this.period = period;
    this.#keeper = perPeriod({ amount, period });
  }

  answer = (message: KeeperMessage): ReturnType<Keeper> => {
    const answer = this.#keeper(message);
    if (answer === "decline") this.#parked.add(message.domain);
    return answer;
  };

  /** The cycle at which somebody waits for it, if anybody does; `now` is the clock. */
  due(now: bigint): bigint | null {
    return this.#parked.size > 0 ? (now / this.period + 1n) * this.period : null;
  }

  renew(): void {
    for (const domain of this.#parked) if (domain.state === "parked") domain.start();
    this.#parked.clear();
  }
}
