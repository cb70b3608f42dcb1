// Calls of keepers: what one is told, what its answer does, and whose answers are still out. Internal.

import { OK } from "../assembly/codes.js";
import { CONTROL_EVENTS, EVENT_CAPACITY, METER_KEEPER_SLOT } from "../assembly/layout.js";
import type { Alarms } from "./alarm.js";
import type { Core } from "./core.js";
import type { Domain } from "./domain.js";
import { OptionError } from "./errors.js";
import type { KeeperOutcome } from "./event.js";
import { allocationOf, indexOf } from "./id.js";
import type { Keeper, KeeperAnswer, KeeperMessage } from "./keeper.js";
import type { Meter } from "./meter.js";
import { cycles, show } from "./options.js";

/** The kernel numbers the calls made for a domain; only the latest can be answered. */
interface Call {
  readonly domain: Domain;
  readonly number: number;
}

export class KeeperCalls {
  readonly #core: Core;
  readonly #alarms: Alarms;
  /** Those whose keepers answer later. */
  readonly #pending = new Set<Call>();
  /** Called when a keeper that is out may have answered, or the host has done something. */
  onAnswer: () => void = () => {};
  #asked = false;

  constructor(core: Core, alarms: Alarms) {
    this.#core = core;
    this.#alarms = alarms;
    core.acted = () => this.onAnswer();
    alarms.onSet = () => this.onAnswer();
  }

  /** Calls the keeper of a dry meter for a domain, and does as it answers. */
  make(call: Call, meter: Meter, time: bigint): void {
    // A listener may have been faster than the call.
    if (!this.#isOut(call)) return;
    if (!this.#core.isLive(meter.id)) {
      this.#restart(call);
      return;
    }
    const { emitter } = this.#core;
    const message = this.#messageOf(call, meter, time);
    const { domain } = call;
    const fail = (error: unknown): KeeperOutcome => {
      this.#decline(call);
      emitter.emit("keeperError", { meter, domain, time, error });
      return "error";
    };
    meter.keeperCalls++;
    let outcome: KeeperOutcome = "later";
    try {
      const keeper = this.#keeperOf(meter);
      const answer = keeper ? keeper(message) : "decline";
      if (isPromise(answer)) this.#await(call, Promise.resolve(answer), fail);
      else outcome = this.#settle(call, answer);
    } catch (error) {
      outcome = fail(error);
    }
    emitter.emit("keeper", { meter, domain, time, outcome });
  }

  /** Whether a domain waits for an answer that may still come. */
  get areOut(): boolean {
    for (const call of this.#pending) if (this.#isOut(call)) return true;
    return false;
  }

  /** Resolves when a keeper that is still out may have answered, or the host has done something. */
  answer(): Promise<void> {
    return new Promise((resolve) => {
      this.onAnswer = resolve;
    });
  }

  /** Whether a keeper has returned a promise since `takeAsked`. */
  get isAsked(): boolean {
    return this.#asked;
  }

  /** Whether a keeper has returned a promise since this was last asked. */
  takeAsked(): boolean {
    const asked = this.#asked;
    this.#asked = false;
    return asked;
  }

  #messageOf(call: Call, meter: Meter, time: bigint): KeeperMessage {
    return {
      meter,
      domain: call.domain,
      time,
      restart: () => this.#restart(call),
      decline: () => this.#decline(call),
      until: (time) => this.#alarms.promise(cycles("until", time)),
    };
  }

  #keeperOf(meter: Meter): Keeper | undefined {
    const key = meter.node.fetch(METER_KEEPER_SLOT);
    return key.kind === "host" ? this.#core.keepers.get(key.number) : undefined;
  }

  #await(call: Call, answer: Promise<KeeperAnswer>, fail: (error: unknown) => void): void {
    this.#pending.add(call);
    this.#asked = true;
    answer
      .then((value) => this.#settle(call, value))
      .catch(fail)
      .finally(() => {
        this.#pending.delete(call);
        this.onAnswer();
      });
  }

  /** What an arrow function happens to return means nothing; a word does. @throws {OptionError} */
  #settle(call: Call, answer: KeeperAnswer): "restart" | "decline" {
    if (typeof answer === "string" && answer !== "decline") {
      throw new OptionError(`keeper: answered ${show(answer)}, expected nothing or "decline"`);
    }
    if (answer === "decline") this.#decline(call);
    else this.#restart(call);
    return answer === "decline" ? "decline" : "restart";
  }

  #restart({ domain, number }: Call): boolean {
    const { exports } = this.#core;
    const { id } = domain;
    const isDone = exports.domainRestart(indexOf(id), allocationOf(id), number) === OK;
    this.onAnswer();
    return isDone;
  }

  #decline({ domain, number }: Call): boolean {
    const { exports, view } = this.#core;
    const { id } = domain;
    const isDone = exports.domainDecline(indexOf(id), allocationOf(id), number) === OK;
    // Many may decline between two steps, each with an event.
    if (view.control(CONTROL_EVENTS) > EVENT_CAPACITY / 2) this.#core.report();
    this.onAnswer();
    return isDone;
  }

  #isOut({ domain, number }: Call): boolean {
    return this.#core.waits(domain, number);
  }
}

/** Promises of other realms and libraries count, too. */
function isPromise(
  answer: KeeperAnswer | PromiseLike<KeeperAnswer>,
): answer is PromiseLike<KeeperAnswer> {
  return typeof (answer as PromiseLike<KeeperAnswer> | undefined)?.then === "function";
}
