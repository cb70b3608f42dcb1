// What the keepers of a world do when they are called, as calls of the kernel.

import { PRIME_INDEX } from "../../assembly/layout.js";
import type { Call } from "./caller.js";
import type { Calls } from "./calls.js";
import type { KeeperCall } from "./judge.js";
import type { Model } from "./model.js";
import { Policies } from "./policy.js";

export class Keepers {
  readonly policies: Policies;
  /** Calls that are answered later. */
  readonly #later: KeeperCall[] = [];
  readonly #calls: Calls;
  readonly #model: Model;

  constructor(calls: Calls, model: Model, quantum: number) {
    this.#calls = calls;
    this.#model = model;
    this.policies = new Policies(quantum);
  }

  keep(asked: KeeperCall): Call[] {
    const { meter, domain, call } = asked;
    const model = this.#model;
    const isOut = model.isLive(domain) && model.call[domain.index] === call;
    if (!isOut) return [];
    const restart = this.#calls.domains.answer(domain, call, false);
    const decline = this.#calls.domains.answer(domain, call, true);
    if (!model.isLive(meter)) return [restart];
    const keeper = model.keeper[meter.index]!;
    if (keeper === 0) return [decline];
    const policy = this.policies.of(keeper);
    switch (policy.kind) {
      case "refill":
        if (policy.times-- <= 0) return [decline];
        return [this.#calls.meters.add(meter, policy.amount), restart];
      case "contrary":
        return [this.#calls.meters.add(meter, policy.amount), decline];
      case "nothing":
        return [restart];
      case "decline":
        return [decline];
      case "rescind":
        return meter.index === PRIME_INDEX
          ? [decline]
          : [this.#calls.nodes.rescind(meter), restart];
      case "leave":
        return [this.#calls.domains.setMeter(domain, model.handle(PRIME_INDEX)), restart];
      case "later":
        this.#later.push(asked);
        return [];
    }
  }

  /** Answers a keeper call that is still out. */
  answer(number: number, declines: boolean): Call[] {
    const { length } = this.#later;
    if (length === 0) return [];
    const [{ domain, call }] = this.#later.splice(number % length, 1) as [KeeperCall];
    return [this.#calls.domains.answer(domain, call, declines)];
  }
}
