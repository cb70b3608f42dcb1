// What a guest has to spend: the cache of its domain, from which it is granted what it may run, and to which it
// owes what it ran. Internal.

import { OK, REASON_CLAIM } from "../../assembly/codes.js";
import type { Core } from "../core.js";
import type { Domain } from "../domain.js";
import { ExhaustedError, RescindedError, StateError } from "../errors.js";
import { allocationOf, indexOf } from "../id.js";

/** The answer to one that is not to go on. */
export const END = -1n;

export class Purse {
  readonly domain: Domain;
  readonly #core: Core;
  /** Who waits until it may run. */
  #waiting: (() => void)[] = [];

  constructor(core: Core, domain: Domain) {
    this.#core = core;
    this.domain = domain;
  }

  /** It has run so many cycles and stands: they are paid, or owed. The rest of its cache is lent no more. */
  spend(cycles: bigint): void {
    if (!this.#core.isLive(this.domain.id)) return;
    const { id } = this.domain;
    this.#core.exports.hostedSpend(indexOf(id), allocationOf(id), Number(cycles));
  }

  /**
   * Lends it what is in its cache, after a refill if that is needed; END where it may not run now. Keepers may answer
   * within. What it ran before must have been spent.
   *
   * @throws {RescindedError} where it has been rescinded, be it by who is told of it.
   */
  refill(): bigint {
    const core = this.#core;
    const { id } = this.domain;
    this.#checkLive();
    for (let isTold = false; ; ) {
      const status = core.exports.hostedRefill(indexOf(id), allocationOf(id));
      if (status === OK) return core.view.amount;
      // The keeper may answer at once, and so may whoever is told that the domain is parked.
      if (status === -REASON_CLAIM) core.settle();
      else if (status < 0) core.attend(-status);
      else if (isTold) return END;
      else core.report();
      isTold = status > 0;
      this.#checkLive();
    }
  }

  /** Resolves when somebody has done something. @throws {StateError} where it has ended. */
  change(): Promise<void> {
    if (this.domain.state === "ended") throw new StateError(`guest ${this.domain.name} has ended`);
    const { waiting } = this.#core;
    return new Promise((resolve) => {
      waiting.add(this);
      this.#waiting.push(() => {
        waiting.delete(this);
        resolve();
      });
    });
  }

  /** The host, or the kernel, has done something that may let it run. */
  wake(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Why it can't go on. */
  exhausted(): ExhaustedError {
    const { name, state } = this.domain;
    return new ExhaustedError(
      `guest ${name} ran out of cycles in the middle of a call: it is ${state}`,
    );
  }

  #checkLive(): void {
    if (!this.#core.isLive(this.domain.id)) throw new RescindedError(`guest ${this.domain.name}`);
  }
}
