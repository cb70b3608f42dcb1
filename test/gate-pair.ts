// The model of gates and several kernels side by side: every act is done to all of them, and all that can be
// seen is compared after it.

import { expect } from "vitest";
import { GateModel, Unsaid } from "./gate-model.js";
import {
  data,
  type Entry,
  type GateDomain,
  GateJoin,
  type GateKey,
  GatePage,
  GateWait,
  nameOf,
  present,
} from "./gate-parts.js";
import { GateSide, type SideOptions } from "./gate-side.js";
import { type Act, type GatePlan, JOIN, type KeyPlan, NUMBERS, WAIT } from "./gate-world.js";
import type { Logged } from "./puppet.js";

/** Slots of a domain that its plan fills. */
const PLANNED = 8;

export class GatePair {
  readonly model: GateModel;
  readonly sides: GateSide[];

  constructor(plan: GatePlan, variants: Record<string, SideOptions>) {
    const { quantum } = plan;
    this.model = new GateModel(quantum);
    this.sides = Object.entries(variants).map(([name, o]) => new GateSide(name, { quantum, ...o }));
    for (const { superior, cycles } of plan.meters) {
      const above = superior % this.model.meters.length;
      this.model.createMeter(this.model.meters[above]!, cycles);
      for (const side of this.sides) side.createMeter(above, cycles);
    }
    for (const { meter, steps } of plan.domains) {
      const under = meter % this.model.meters.length;
      this.model.createDomain(this.model.meters[under]!, steps);
      for (const side of this.sides) side.createDomain(under, steps);
    }
    this.model.joins.push(new GateJoin("join"));
    this.model.waits.push(new GateWait("wait"));
    this.model.pages.push(new GatePage("page"));
    for (const side of this.sides) {
      side.createObject("join", "join");
      side.createObject("wait", "wait");
      side.createObject("page", "page");
    }
    this.#equip(plan);
  }

  /** Keys and keepers, once all that they may lead to is there. */
  #equip(plan: GatePlan): void {
    plan.meters.forEach(({ keeper }, n) => {
      if (keeper) this.setMeterKeeper(n + 1, this.#key(keeper));
    });
    plan.domains.forEach(({ keys, keeper }, n) => {
      keys.slice(0, PLANNED).forEach((key, slot) => {
        this.setKey(n, slot, this.#key(key));
      });
      this.setKey(n, JOIN, { kind: "start", to: this.model.joins[0]!, databyte: 0 });
      this.setKey(n, WAIT, { kind: "start", to: this.model.waits[0]!, databyte: 0 });
      NUMBERS.forEach((slot, place) => {
        this.setKey(n, slot, data([0, 60, 400, 5000][place]!));
      });
      if (keeper) this.setDomainKeeper(n, this.#key(keeper));
    });
    plan.domains.forEach((_, n) => {
      this.#each((side) => side.domains[n]!.start());
      this.model.start(this.model.domains[n]!);
    });
  }

  #key({ kind, of, databyte }: KeyPlan): GateKey {
    const { meters, domains, joins, waits, pages } = this.model;
    const meter = meters[of % meters.length]!;
    const domain = domains[of % domains.length]!;
    switch (kind) {
      case "start":
        return { kind, to: domain, databyte };
      case "domain":
        return { kind, to: domain };
      case "node":
      case "fetch":
        return { kind, to: meter, databyte };
      case "meter":
        return { kind, to: meter, databyte: 0 };
      case "join":
        return { kind: "start", to: joins[0]!, databyte };
      case "wait":
        return { kind: "start", to: waits[0]!, databyte };
      case "page":
        return { kind, to: pages[0]! };
      case "number":
        return data((1n << 87n) + BigInt(of));
      case "data":
        return of === 0 ? { kind: "misc", name: "data" } : data(of);
      default:
        return { kind: "misc", name: kind };
    }
  }

  #each(act: (side: GateSide) => void): void {
    for (const side of this.sides) act(side);
  }

  setKey(domain: number, slot: number, key: GateKey): void {
    this.#each((side) => side.setKey(domain, slot, key));
    this.model.domains[domain]!.keys[slot] = present(key);
  }

  setDomainKeeper(domain: number, key: GateKey): void {
    this.#each((side) => side.setDomainKeeper(domain, key));
    this.model.domains[domain]!.keeper = present(key);
  }

  setMeterKeeper(meter: number, key: GateKey): void {
    this.#each((side) => side.setMeterKeeper(meter, key));
    this.model.setKeeper(this.model.meters[meter]!, present(key));
  }

  /** False where the rules do not say what puppets see of what happened. */
  act(act: Act): boolean {
    try {
      this.#act(act);
    } catch (error) {
      if (!(error instanceof Unsaid)) throw error;
      return false;
    }
    return true;
  }

  #act(act: Act): void {
    const { model } = this;
    if (act.kind === "run") {
      // The kernels run all the same where the model can't say what they do.
      try {
        const reason = model.run(BigInt(act.cycles));
        for (const side of this.sides) expect(side.run(act.cycles), side.name).toBe(reason);
      } catch (error) {
        if (error instanceof Unsaid) this.#each((side) => side.run(act.cycles));
        throw error;
      }
      return;
    }
    if (act.kind === "set") {
      const place = act.of % model.meters.length;
      if (model.meters[place]!.bad) return;
      this.#each((side) => side.meters[place]!.set(act.cycles));
      model.set(model.meters[place]!, act.cycles);
      return;
    }
    if (act.kind === "keeper") {
      this.setMeterKeeper(act.of % model.meters.length, present(this.#key(act.key)));
      return;
    }
    if (act.kind === "rescind" && act.of >= model.domains.length) return;
    const place = act.of % model.domains.length;
    const domain = model.domains[place]!;
    if (domain.rescinded) return;
    if (act.kind === "key") this.setKey(place, act.slot, present(this.#key(act.key)));
    else if (act.kind === "domainKeeper") this.setDomainKeeper(place, present(this.#key(act.key)));
    else if (act.kind === "rescind") {
      this.#each((side) => side.domains[place]!.rescind());
      model.rescind(domain);
    } else {
      const { kind } = act;
      this.#each((side) => side.domains[place]![kind]());
      model[kind](domain);
    }
  }

  // --- Comparing --------------------------------------------------------------------------------

  compare(): void {
    for (const side of this.sides) {
      expect(side.trace, side.name).toEqual(this.model.trace);
      expect(side.page("page") === this.model.pages[0]!.text, `${side.name} page`).toBe(true);
      expect(side.kernel.time, side.name).toBe(this.model.time);
      this.model.domains.forEach((domain, n) => {
        if (!domain.rescinded) this.#compareDomain(side, domain, n);
      });
      this.model.meters.forEach((meter, n) => {
        const what = `${side.name} ${meter.name}`;
        const found = side.meters[n]!;
        expect(found.statistics().consumed, what).toBe(meter.consumed);
        if (meter.bad) expect(() => found.peek(), what).toThrow("not as a meter's");
        else expect(found.peek(), what).toBe(meter.counter);
        expect(side.meterKeeper(n), what).toBe(nameOf(meter.keeper));
      });
      this.check(side);
    }
  }

  check(side: GateSide): void {
    const { findings } = side.kernel.check();
    expect(findings, side.name).toEqual([]);
  }

  checkAll(): void {
    for (const side of this.sides) this.check(side);
  }

  #compareDomain(side: GateSide, model: GateDomain, n: number): void {
    const what = `${side.name} ${model.name}`;
    const seen = side.seen[n]!;
    const slots = model.keys.map((_, slot) => side.key(n, slot));
    expect(
      {
        state: side.state(n),
        consumed: side.domains[n]!.consumed,
        place: seen.place,
        logged: seen.count,
        stallers: side.stallers(n),
        keys: slots,
        keeper: side.domainKeeper(n),
      },
      what,
    ).toEqual({
      state: model.state,
      consumed: model.consumed,
      // Between being counted and the next step the register still has the one before.
      place: expect.toSatisfy((place: number) => isPlace(model, place)),
      logged: model.log.length,
      stallers: model.stallers.map(({ name }) => name),
      keys: model.keys.map(nameOf),
      keeper: nameOf(model.keeper),
    });
    const { log } = seen;
    expect(log.map(shown), what).toEqual(
      model.log.slice(-seen.puppet.capacity).map((entry, place) => told(entry, log[place]!)),
    );
  }

  dispose(): void {
    for (const side of this.sides) side.kernel.dispose();
  }
}

/** What a log says, and what the model has for it; bytes that it does not know are as they are. */
function shown({ order, databyte, stored, sent, string }: Logged): Entry {
  return { order, databyte, stored, sent, string };
}

function told(entry: Entry, log: Logged): Entry {
  if (entry.string === null) return { ...entry, string: log.string };
  const known = [...entry.string.slice(0, 48)].map((c, n) =>
    c === "?" ? (log.string[n] ?? "") : c,
  );
  return { ...entry, string: known.join("") };
}

function isPlace(model: GateDomain, place: number): boolean {
  if (place === model.place) return true;
  return model.doing === "invoke" && model.puppet.next(place) === model.place;
}
