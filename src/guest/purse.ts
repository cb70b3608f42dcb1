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
  /** Whether a meter that is dry for good is the end, and not a reason to wait. */
  readonly #isEndedDry: boolean;
  /** Who waits until it may run, and the state in which its domain was when the last of them began. */
  #waiting: (() => void)[] = [];
  #state = 0;

  constructor(core: Core, domain: Domain, onDecline: "park" | "trap") {
    this.#core = core;
    this.domain = domain;
    this.#isEndedDry = onDecline === "trap";
  }

  /** It has run so many cycles and stands: they are paid, or owed. The rest of its cache is lent no more. */
  spend(cycles: bigint): void {
    if (this.#core.isDisposed || !this.#core.isLive(this.domain.id)) return;
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

  /** Whether one that may not run now is to wait until it may: nobody has said that it never will. */
  get isWorthWaiting(): boolean {
    const { domain } = this;
    const { state, parkedAt } = domain;
    if (state === "ended") return false;
    if (!this.#isEndedDry) return true;
    // A switch is turned on again; whoever is dry, or has no meter at all, was given up.
    return state !== "trapped" && (!parkedAt || parkedAt.isAside);
  }

  /** Resolves when its state is another. @throws {StateError} @throws {ExhaustedError} where nothing is waited for. */
  change(what?: string): Promise<void> {
    if (!this.isWorthWaiting) {
      const { name, state } = this.domain;
      if (state === "ended") throw new StateError(`guest ${name} has ended`);
      throw this.exhausted(what);
    }
    this.#state = this.domain.recorded;
    return new Promise((resolve) => {
      this.#core.waiting.add(this);
      this.#waiting.push(resolve);
    });
  }

  /** The host, or the kernel, has done something, perhaps to it. */
  wake(): void {
    if (this.#core.isLive(this.domain.id) && this.domain.recorded === this.#state) return;
    this.release();
  }

  /** Whoever waits looks again. */
  release(): void {
    this.#core.waiting.delete(this);
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Why it can't go on. */
  exhausted(what = "ran out of cycles in the middle of a call"): ExhaustedError {
    const { domain } = this;
    const { name, state, parkedAt } = domain;
    const why = parkedAt
      ? `meter ${parkedAt.name} is ${parkedAt.isAside ? "off" : "dry"}`
      : `it is ${state}`;
    return new ExhaustedError(`guest ${name} ${what}: ${why}`, domain, parkedAt ?? undefined);
  }

  #checkLive(): void {
    if (!this.#core.isLive(this.domain.id)) throw new RescindedError(`guest ${this.domain.name}`);
  }
}
