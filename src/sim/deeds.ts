// What each act is, as calls of the kernel.

import { METER_COUNTER_SLOT, PRIME_INDEX } from "../../assembly/layout.js";
import type { Act, HostActKind } from "./act.js";
import type { Call } from "./caller.js";
import type { Calls } from "./calls.js";
import type { Keepers } from "./keepers.js";
import {
  ACTIVE,
  ENDED,
  type Handle,
  LARGEST,
  type Model,
  NO_METER,
  PARKED,
  STOPPED,
  TRAPPED,
} from "./model.js";
import { LARGE, Pick } from "./pick.js";
import { planOf } from "./plan.js";

/** The slots that must hold data keys. */
const DATA_SLOTS = [METER_COUNTER_SLOT, 0, 4, 5, 6, 7, 8, 10, 11, 12, 15];
/** Two more than a chain may have. */
const LONGEST = 22;

/** Nothing, where there is nobody for it. */
type Deed = Call | undefined;

export class Deeds {
  readonly #calls: Calls;
  readonly #model: Model;
  readonly #keepers: Keepers;
  readonly #pick: Pick;
  readonly #quantum: number;
  /** Has calls made once one before has been. */
  readonly #push: (...calls: Call[]) => void;

  constructor(
    calls: Calls,
    model: Model,
    keepers: Keepers,
    quantum: number,
    push: (...calls: Call[]) => void,
  ) {
    this.#calls = calls;
    this.#model = model;
    this.#keepers = keepers;
    this.#pick = new Pick(model, calls.nodes.stale, quantum);
    this.#quantum = quantum;
    this.#push = push;
  }

  of({ kind, a, b, c }: Act): Call[] {
    const deed = this.#deed(kind as HostActKind, a, b, c);
    if (Array.isArray(deed)) return deed;
    return deed ? [deed] : [];
  }

  #deed(kind: HostActKind, a: number, b: number, c: number): Deed | Call[] {
    const pick = this.#pick;
    const { meters, kernel } = this.#calls;
    switch (kind) {
      case "set":
        return meters.set(pick.victim(a), pick.cycles(b));
      case "add":
        return meters.add(pick.meter(a), pick.cycles(b));
      case "off":
        return [meters.set(pick.victim(a), 0n), meters.setKeeper(pick.victim(a), 0)];
      case "on":
        return this.#on(pick.meter(a), b, c);
      case "peek":
        return meters.peek(pick.meter(a));
      case "counter":
        return [meters.unprepare(pick.meter(a)), meters.peek(pick.meter(a))];
      // All chains come apart, and are climbed at once by all.
      case "fell":
        return meters.unprepare(this.#model.handle(PRIME_INDEX));
      case "recall":
        return meters.recall(pick.meter(a));
      case "consumed":
        return meters.consumed(pick.meter(a));
      case "granted":
        return meters.granted(pick.meter(a));
      case "swapCounter":
        return meters.swapCounter(pick.victim(a), pick.cycles(b));
      case "spoil":
        return meters.spoil(pick.victim(a), DATA_SLOTS[b % DATA_SLOTS.length]!);
      case "mend":
        return this.#mend(pick.meter(a), b);
      case "setKeeper":
        return meters.setKeeper(pick.meter(a), this.#keeper(b));
      case "answer":
        return this.#keepers.answer(a, b % 2 === 0);
      case "limit":
        return kernel.go(1 + (a % (LARGE * this.#quantum)));
      case "halt":
        return kernel.halt();
      case "go":
        return kernel.go(Number.POSITIVE_INFINITY);
      default:
        return this.#make(kind, a, b, c);
    }
  }

  /** Acts by which nodes come and go. */
  #make(kind: HostActKind, a: number, b: number, c: number): Deed | Call[] {
    const pick = this.#pick;
    const { nodes } = this.#calls;
    const inferior = pick.inferior(a);
    const domain = pick.domain(a);
    switch (kind) {
      case "createMeter":
        return nodes.createMeter(pick.meter(a), pick.cycles(b), this.#keeper(c));
      case "createDomain":
        return this.#createDomain(pick.meter(a), b);
      case "createChain":
        return this.#createChain(pick.meter(a), 1 + (b % LONGEST), c);
      case "createNode":
        return this.#createNode(a);
      case "rescindMeter":
        return inferior && nodes.rescind(inferior);
      case "rescindDomain":
        return domain && nodes.rescind(domain);
      default:
        return this.#shape(kind, inferior, domain, b);
    }
  }

  /** Acts that change who is above whom, or what a domain does. */
  #shape(
    kind: HostActKind,
    inferior: Handle | undefined,
    domain: Handle | undefined,
    b: number,
  ): Deed | Call[] {
    const pick = this.#pick;
    const { meters, domains } = this.#calls;
    switch (kind) {
      case "setSuperior":
        return inferior && this.#link(inferior, pick.meter(b));
      case "misplace":
        return inferior && this.#link(inferior, pick.domain(b) ?? inferior);
      case "clear":
        return inferior && meters.clear(inferior);
      case "setMeter":
        return domain && this.#link(domain, pick.meter(b));
      case "start":
        return domain && domains.start(domain);
      case "revive":
        return this.#revive(b);
      case "stop":
        return domain && domains.stop(domain, STOPPED);
      case "end":
        return domain && domains.stop(domain, ENDED);
      case "evict":
        return domain && domains.evict(domain);
      default:
        throw new Error(`no act ${kind}`);
    }
  }

  #on(meter: Handle, cycles: number, keeper: number): Call[] {
    const { meters } = this.#calls;
    return [
      meters.set(meter, this.#pick.cycles(cycles)),
      meters.setKeeper(meter, this.#keeper(keeper)),
    ];
  }

  /** What one who does not run needs, or his node for others. */
  #revive(number: number): Call[] {
    const { nodes, meters, domains } = this.#calls;
    const pick = this.#pick;
    const model = this.#model;
    const still = model.domains.filter((index) => model.state[index] !== ACTIVE);
    if (still.length === 0) return [];
    const domain = pick.of(still, number);
    switch (model.state[domain.index]) {
      case ENDED:
        return [nodes.rescind(domain)];
      case PARKED: {
        const meter = model.handle(model.parkedAt[domain.index]!);
        return [meters.set(meter, pick.cycles(number | 4))];
      }
      case TRAPPED: {
        const good = model.meters.filter((meter) => model.isGood(meter));
        const link = good.length > 0 && this.#link(domain, pick.of(good, number >>> 4));
        return link ? [link, domains.start(domain)] : [domains.start(domain)];
      }
      default:
        return [domains.start(domain)];
    }
  }

  /** Where both are bad, the kernel may or may not see a change: nothing is asked. */
  #link(node: Handle, superior: Handle): Deed {
    const model = this.#model;
    const isBad = model.superior[node.index] === NO_METER && !model.isLive(superior);
    if (!model.isLive(node) || isBad) return undefined;
    const { meters, domains } = this.#calls;
    const isDomain = model.domains.includes(node.index);
    return isDomain ? domains.setMeter(node, superior) : meters.setSuperior(node, superior);
  }

  #createNode(superior: number): Call {
    const { nodes, meters } = this.#calls;
    return nodes.createNode((node) => {
      this.#push(meters.setSuperior(node, this.#pick.meter(superior)));
    });
  }

  #createDomain(meter: Handle, seed: number): Call {
    const { nodes, domains } = this.#calls;
    const plan = planOf(seed, this.#quantum);
    return nodes.createDomain(meter, plan, (domain) => this.#push(domains.start(domain)));
  }

  /** Unlimited meters with one at their foot, and a domain below. */
  #createChain(superior: Handle, length: number, seed: number): Call {
    const isLast = length === 1;
    const cycles = isLast ? this.#pick.cycles(seed) : LARGEST;
    return this.#calls.nodes.createMeter(superior, cycles, 0, (meter) => {
      if (isLast) this.#push(this.#createDomain(meter, seed));
      else this.#push(this.#createChain(meter, length - 1, seed));
    });
  }

  /** All that is bad in a meter: in one that is bad, if there is one. */
  #mend(meter: Handle, number: number): Call[] {
    const model = this.#model;
    const { meters } = this.#calls;
    const bad = model.meters.filter((index) => model.bad[index]);
    const node = bad.length > 0 ? this.#pick.of(bad, number) : meter;
    const slots = DATA_SLOTS.filter((slot) => (model.bad[node.index]! >>> slot) & 1);
    return slots.map((slot) =>
      slot === METER_COUNTER_SLOT
        ? meters.swapCounter(node, this.#pick.cycles(number))
        : meters.mend(node, slot),
    );
  }

  #keeper(number: number): number {
    return number % 3 === 0 ? 0 : this.#keepers.policies.make(number);
  }
}
