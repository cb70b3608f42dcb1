// Compares what the kernel says that happened with what the model knows, at the very step: events
// are read as they are written, long before the host takes them.

import { TRAP_NONE } from "../../assembly/codes.js";
import {
  CONTROL_EVENTS,
  EVENT_AMOUNT,
  EVENT_CODE,
  EVENT_DOMAIN,
  EVENT_END,
  EVENT_KEEPER,
  EVENT_KIND,
  EVENT_METER,
  EVENT_PARK,
  EVENT_SIZE,
  EVENT_SLICE,
  EVENT_TRAP,
  EVENTS,
  KEEPER_LAPS,
} from "../../assembly/layout.js";
import type { View } from "../view.js";
import { SimFailure } from "./failure.js";
import { ACTIVE, DOMAIN, ENDED, type Handle, type Model, PARKED, TRAPPED } from "./model.js";

/** A keeper was asked, and has not been told yet. */
export interface KeeperCall {
  readonly meter: Handle;
  readonly domain: Handle;
  readonly call: number;
}

export class Judge {
  /** Those of the batch that the host has not taken. */
  readonly calls: KeeperCall[] = [];
  /** What was said of every event, while somebody listens. */
  say: ((words: string) => void) | undefined;
  #seen = 0;
  /** A keeper is just declining: who is parked by that. */
  declining: ((domain: number) => void) | undefined;
  /** Cycles of slices that were told, by domain; only where the kernel traces. */
  readonly told: Float64Array;

  constructor(
    readonly view: View,
    readonly model: Model,
  ) {
    this.told = new Float64Array(model.nodes);
  }

  /** Looks at the events that are new. Answers how many are in the batch. */
  look(): number {
    const events = this.view.control(CONTROL_EVENTS);
    while (this.#seen < events) this.#event(EVENTS + this.#seen++ * EVENT_SIZE);
    return events;
  }

  /** The host has taken the batch. */
  taken(): void {
    this.#seen = 0;
  }

  #event(at: number): void {
    const { view, model } = this;
    const kind = view.u32(at + EVENT_KIND);
    const domain = view.u32(at + EVENT_DOMAIN);
    const meter = view.u32(at + EVENT_METER);
    const code = view.u32(at + EVENT_CODE);
    if (kind === EVENT_SLICE) {
      this.told[domain]! += view.u32(at + EVENT_AMOUNT);
      return;
    }
    if (model.kind[domain] !== DOMAIN) {
      throw new SimFailure("event", `event ${kind}`, `node ${domain}`, "a domain");
    }
    switch (kind) {
      case EVENT_KEEPER:
        this.#keeper(domain, meter, code);
        break;
      case EVENT_PARK:
        this.#park(domain, meter);
        break;
      case EVENT_TRAP:
        this.#trap(domain, code);
        break;
      case EVENT_END:
        this.#end(domain);
        break;
    }
  }

  #keeper(domain: number, meter: number, call: number): void {
    const { model } = this;
    this.say?.(`the keeper of meter ${meter} is called for domain ${domain}`);
    this.#isDryAt("keeper", domain, meter);
    const where = `keeper of meter ${meter} for domain ${domain}`;
    if (model.keeper[meter] === 0) throw new SimFailure("keeper", where, "a call", "no keeper");
    const busy = model.partner[meter]!;
    if (busy !== 0) {
      throw new SimFailure("keeper", where, "a call", `to wait: it is busy with domain ${busy}`);
    }
    this.calls.push({ meter: model.handle(meter), domain: model.handle(domain), call });
    model.callKeeper(domain, meter, call);
  }

  #park(domain: number, meter: number): void {
    const { model } = this;
    this.say?.(`domain ${domain} is parked at meter ${meter}`);
    this.declining?.(domain);
    if (model.state[domain] === PARKED && model.parkedAt[domain] === meter) return;
    this.#isDryAt("park", domain, meter);
    if (model.keeper[meter] !== 0 && model.laps[domain]! < KEEPER_LAPS) {
      const found = `parked after ${model.laps[domain]} calls of the keeper`;
      throw new SimFailure("park", `domain ${domain} at meter ${meter}`, found, `${KEEPER_LAPS}`);
    }
    model.park(domain, meter);
  }

  /** Who runs dry does so at the nearest meter of his chain that has nothing left (R5). */
  #isDryAt(what: "keeper" | "park", domain: number, meter: number): void {
    const { model } = this;
    this.#isActive(what, domain);
    const trap = model.trapOf(domain);
    const where = `domain ${domain}, meter ${meter}`;
    if (trap !== TRAP_NONE) {
      throw new SimFailure(what, where, "it is dry", `a trap 0x${trap.toString(16)}`);
    }
    const dry = model.nearestDry(domain);
    if (dry === meter) return;
    const expected = dry === 0 ? "none: no meter of its chain is dry" : `meter ${dry}, the nearest`;
    throw new SimFailure(what, where, `meter ${meter} is dry`, expected);
  }

  #trap(domain: number, code: number): void {
    const { model } = this;
    this.say?.(`domain ${domain} traps with 0x${code.toString(16)}`);
    this.#isActive("trap", domain);
    const trap = model.trapOf(domain);
    if (trap !== code) {
      const expected = trap === TRAP_NONE ? "none" : `0x${trap.toString(16)}`;
      throw new SimFailure("trap", `domain ${domain}`, `0x${code.toString(16)}`, expected);
    }
    model.state[domain] = TRAPPED;
  }

  #end(domain: number): void {
    const { model } = this;
    this.say?.(`domain ${domain} ends`);
    this.#isActive("end", domain);
    const consumed = model.consumed[domain]!;
    const total = model.allowed[domain]!;
    if (consumed !== total) {
      throw new SimFailure("end", `domain ${domain}`, `${consumed} cycles ran`, `${total}`);
    }
    model.stop(domain, ENDED);
  }

  #isActive(what: "keeper" | "park" | "trap" | "end", domain: number): void {
    const { model } = this;
    if (model.state[domain] === ACTIVE) return;
    throw new SimFailure(what, `domain ${domain}`, "it was served", model.stateName(domain));
  }
}
