// The model and several kernels side by side: every act is done to all of them, and everything that
// can be seen is compared after it. The kernels differ in what must not be seen: in how much a refill
// asks for, in whether the dry bits are believed, in how they were compiled.

import { expect } from "vitest";
import { bursts, type Key } from "../src/index.js";
import { seedOf } from "../src/program.js";
import { ALL_ONES, type BurstPlan, type ModelMeter, type Policy } from "./model-parts.js";
import { CAPACITY } from "./side.js";
import { attempt, type Outcome, Sides } from "./sides.js";

export class Pair extends Sides {
  // --- Making -----------------------------------------------------------------------------------

  createMeter(superior: number, cycles: bigint, policy: Policy | null): void {
    const above = this.meter(superior);
    const name = `M${this.model.meters.length}`;
    const expected = this.#creation(above);
    this.each(expected, (side) => {
      const keeper = side.keeper(policy);
      const o = { name, superior: this.real(side, above).key, cycles };
      side.meters.push(side.kernel.createMeter(keeper ? { ...o, keeper } : o));
    });
    if (expected === "ok") this.model.createMeter(name, above, cycles, policy);
  }

  /** A chain of unlimited meters with one of `cycles` at its foot. */
  createChain(superior: number, length: number, cycles: bigint): void {
    this.createMeter(superior, length > 1 ? ALL_ONES : cycles, null);
    for (let i = 1; i < length; i++) {
      this.createMeter(-1, i === length - 1 ? cycles : ALL_ONES, null);
    }
  }

  createDomain(meter: number, plan: BurstPlan): void {
    const above = this.meter(meter);
    const name = `D${this.model.domains.length}`;
    const expected = this.#creation(above);
    const { times, ...lengths } = plan;
    const program = bursts(times > 0 ? { ...lengths, times } : lengths);
    this.each(expected, (side) => {
      side.domains.push(
        side.kernel.createDomain({ name, meter: this.real(side, above).key, program }),
      );
    });
    if (expected !== "ok") return;
    const seed = seedOf(program, this.model.domains.length + 1);
    this.model.createDomain(name, above, { ...plan, seed });
  }

  #creation(above: ModelMeter): Outcome {
    if (above.rescinded) return "RESCINDED";
    const { meters, domains } = this.model;
    const live = [...meters, ...domains].filter((one) => !one.rescinded).length;
    return live <= CAPACITY ? "ok" : "NO_NODES";
  }

  // --- Acts -------------------------------------------------------------------------------------

  set(index: number, cycles: bigint): void {
    this.toMeter(
      index,
      (meter) => meter.set(cycles),
      (meter) => {
        const old = this.model.set(meter, cycles);
        if (old === null) return "MALFORMED_METER";
        return old === false ? "WRONG_STATE" : "ok";
      },
    );
  }

  /** Off, and the old value that comes back. */
  off(index: number): void {
    this.toMeter(
      index,
      (meter) => `${meter.off()}`,
      (meter) => {
        if (meter.bad.size > 0) return "MALFORMED_METER";
        const old = meter.counter;
        this.model.off(meter);
        return `${old}`;
      },
    );
  }

  on(index: number, cycles: bigint): void {
    this.toMeter(
      index,
      (meter) => meter.on(cycles),
      (meter) => {
        if (meter.bad.size > 0) return "MALFORMED_METER";
        this.model.on(meter, cycles);
        return "ok";
      },
    );
  }

  add(index: number, cycles: bigint): void {
    this.toMeter(
      index,
      (meter) => meter.add(cycles),
      (meter) => {
        if (meter.bad.size > 0) return "MALFORMED_METER";
        if (meter.aside) return "WRONG_STATE";
        return this.model.add(meter, cycles) ? "ok" : "COUNTER_OVERFLOW";
      },
    );
  }

  /** Reads as KeyKOS does: the tree below comes apart. */
  counter(index: number): void {
    this.toMeter(
      index,
      (meter) => `${meter.counter()}`,
      (meter) => (meter.bad.size > 0 ? "MALFORMED_METER" : `${meter.counter}`),
    );
  }

  recall(index: number): void {
    this.toMeter(
      index,
      (meter) => meter.recall(),
      () => "ok",
    );
  }

  setKeeper(index: number, policy: Policy | null): void {
    const model = this.meter(index);
    for (const side of this.sides) {
      const keeper = side.keeper(policy);
      const code = attempt(() => {
        this.real(side, model).keeper = keeper;
      });
      expect(code, side.name).toBe(model.rescinded ? "RESCINDED" : "ok");
    }
    if (!model.rescinded) this.model.setKeeper(model, policy);
  }

  setSuperior(index: number, superior: number): void {
    const above = this.meter(superior);
    const meter = this.inferior(index);
    if (!meter) return;
    const isStale = meter.rescinded || above.rescinded;
    this.each(isStale ? "RESCINDED" : "ok", (side) => {
      this.real(side, meter).setSuperior(this.real(side, above).key);
    });
    if (!isStale) this.model.setSuperior(meter, above);
  }

  /** A meter key to a domain's root, or no meter key, in slot 1. */
  misplaceSuperior(index: number, domain: number): void {
    const meter = this.inferior(index);
    if (!meter || meter.rescinded) return;
    const root = this.domain(domain);
    const target = root && !root.rescinded ? root : null;
    this.each("ok", (side) => {
      const id = target && side.domains[this.model.domains.indexOf(target)]!.id;
      const key: Key = id ? { kind: "meter", id, databyte: 0 } : { kind: "data", value: 1n };
      this.real(side, meter).node.swap(1, key);
    });
    this.model.setSuperior(meter, target);
  }

  rescindMeter(index: number): void {
    const meter = this.inferior(index);
    if (!meter) return;
    this.each(meter.rescinded ? "RESCINDED" : "ok", (side) => this.real(side, meter).rescind());
    if (!meter.rescinded) this.model.rescindMeter(meter);
  }

  /** Puts a key into a slot that must hold data. */
  spoil(index: number, slot: number, key: Key): void {
    const meter = this.meter(index);
    if (meter.rescinded) return;
    this.each("ok", (side) => this.real(side, meter).node.swap(slot, key));
    this.model.spoil(meter, slot, key.kind === "data");
  }

  mend(index: number, slot: number): void {
    const meter = this.meter(index);
    if (meter.rescinded || !meter.bad.has(slot)) return;
    this.each("ok", (side) => {
      this.real(side, meter).node.swap(slot, { kind: "data", value: 0n });
    });
    this.model.mend(meter, slot);
  }

  swapCounter(index: number, value: bigint): void {
    const meter = this.meter(index);
    if (meter.rescinded) return;
    const old = meter.counter;
    const isReadable = !meter.bad.has(3);
    this.each("ok", (side) => {
      const key = this.real(side, meter).node.swap(3, { kind: "data", value });
      if (isReadable) expect(key, side.name).toEqual({ kind: "data", value: old });
    });
    this.model.swapCounter(meter, value);
  }

  clear(index: number): void {
    const meter = this.inferior(index);
    if (!meter || meter.rescinded) return;
    this.each("ok", (side) => this.real(side, meter).node.clear());
    this.model.clear(meter);
  }

  start(index: number): void {
    this.toDomain(
      index,
      (domain) => domain.start(),
      (domain) => (this.model.start(domain) ? "ok" : "WRONG_STATE"),
    );
  }

  stop(index: number): void {
    this.toDomain(
      index,
      (domain) => domain.stop(),
      (domain) => (this.model.stop(domain) ? "ok" : "WRONG_STATE"),
    );
  }

  /** Takes the domain's record away. */
  evict(index: number): void {
    this.toDomain(
      index,
      (domain) => domain.unprepare(),
      () => "ok",
    );
  }

  setMeter(index: number, meter: number): void {
    const domain = this.domain(index);
    if (!domain) return;
    const above = this.meter(meter);
    const isStale = domain.rescinded || above.rescinded;
    this.each(isStale ? "RESCINDED" : "ok", (side) => {
      this.realDomain(side, domain).setMeter(this.real(side, above));
    });
    if (!isStale) this.model.setMeter(domain, above);
  }

  rescindDomain(index: number): void {
    const domain = this.domain(index);
    if (!domain) return;
    this.each(domain.rescinded ? "RESCINDED" : "ok", (side) =>
      this.realDomain(side, domain).rescind(),
    );
    if (!domain.rescinded) this.model.rescindDomain(domain);
  }

  /** A keeper that was to answer later does so; it may do so again and again. */
  answer(index: number, declines: boolean): void {
    const { pending } = this.model;
    if (pending.length === 0) return;
    const place = index % pending.length;
    const { domain, call } = pending[place]!;
    const expected = this.model.answer(domain, call, declines);
    for (const side of this.sides) {
      const message = side.pending[place]!;
      expect(declines ? message.decline() : message.restart(), side.name).toBe(expected);
    }
  }
}
