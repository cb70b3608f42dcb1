// What a model and several kernels have in common: which meter or domain a number means, doing something
// to all of them, and comparing everything that can be seen.

import { expect } from "vitest";
import { type Domain, type KernelOptions, type Meter, PrimemeterError } from "../src/index.js";
import { Model } from "./model.js";
import type { ModelDomain, ModelMeter } from "./model-parts.js";
import { Side } from "./side.js";

/** What an act came to: "ok" or the code of the error. */
export type Outcome = string;

const STALE_EVERY = 16;

export abstract class Sides {
  readonly model: Model;
  readonly sides: Side[];

  constructor(quantum: number, variants: Record<string, KernelOptions>) {
    this.model = new Model(quantum);
    this.sides = Object.entries(variants).map(([name, o]) => new Side(name, { quantum, ...o }));
  }

  run(cycles: number): void {
    const reason = this.model.run(BigInt(cycles));
    for (const side of this.sides) {
      const real = side.run(cycles);
      expect(real === "waiting" ? "idle" : real, side.name).toBe(reason);
    }
  }

  // --- Comparing --------------------------------------------------------------------------------

  compare(): void {
    this.run(0); // The batch of events is taken.
    const { model } = this;
    for (const side of this.sides) {
      expect(side.trace, side.name).toEqual(model.trace);
      expect(side.kernel.time, side.name).toBe(model.time);
      model.meters.forEach((meter, i) => {
        if (!meter.rescinded) this.#compareMeter(side, meter, side.meters[i]!);
      });
      model.domains.forEach((domain, i) => {
        if (!domain.rescinded) this.#compareDomain(side, domain, side.domains[i]!);
      });
      const report = side.kernel.check();
      expect(report.findings, side.name).toEqual([]);
      expect(report.ok, side.name).toBe(true);
    }
  }

  #compareMeter(side: Side, model: ModelMeter, meter: Meter): void {
    const what = `${side.name} ${model.name}`;
    const { granted, consumed, keeperCalls } = meter.statistics();
    expect({ granted, consumed, keeperCalls }, what).toEqual({
      granted: model.granted,
      consumed: model.consumed,
      keeperCalls: model.calls,
    });
    if (model.bad.size > 0) {
      expect(
        attempt(() => meter.peek()),
        what,
      ).toBe("MALFORMED_METER");
      return;
    }
    const counter = meter.peek();
    expect(counter, what).toBe(model.counter);
    expect(BigInt.asUintN(64, counter + consumed), what).toBe(granted);
  }

  #compareDomain(side: Side, model: ModelDomain, domain: Domain): void {
    const state = domain.state === "running" ? "ready" : domain.state;
    expect([state, domain.consumed, domain.trap?.code ?? 0], `${side.name} ${model.name}`).toEqual([
      model.state,
      model.consumed,
      model.trap,
    ]);
  }

  dispose(): void {
    for (const side of this.sides) side.kernel.dispose();
  }

  // --- Finding ----------------------------------------------------------------------------------

  /** The meter that a number means: a live one mostly; −1 is the newest. */
  protected meter(index: number): ModelMeter {
    const { meters } = this.model;
    if (index < 0) return meters.at(index)!;
    return choose(meters, index)!;
  }

  /** The same, but never the prime meter. */
  protected inferior(index: number): ModelMeter | undefined {
    return choose(this.model.meters.slice(1), index);
  }

  protected domain(index: number): ModelDomain | undefined {
    return choose(this.model.domains, index);
  }

  protected real(side: Side, meter: ModelMeter): Meter {
    return side.meters[this.model.meters.indexOf(meter)]!;
  }

  protected realDomain(side: Side, domain: ModelDomain): Domain {
    return side.domains[this.model.domains.indexOf(domain)]!;
  }

  protected each(expected: Outcome, act: (side: Side) => unknown): void {
    for (const side of this.sides) {
      expect(
        attempt(() => void act(side)),
        side.name,
      ).toBe(expected);
    }
  }

  protected toMeter(
    index: number,
    act: (meter: Meter) => unknown,
    predict: (meter: ModelMeter) => Outcome,
  ): void {
    const model = this.meter(index);
    const outcomes = this.sides.map((side) => attempt(() => act(this.real(side, model))));
    const expected = model.rescinded ? "RESCINDED" : predict(model);
    expect(outcomes).toEqual(outcomes.map(() => expected));
  }

  protected toDomain(
    index: number,
    act: (domain: Domain) => void,
    predict: (domain: ModelDomain) => Outcome,
  ): void {
    const model = this.domain(index);
    if (!model) return;
    const outcomes = this.sides.map((side) => attempt(() => act(this.realDomain(side, model))));
    const expected = model.rescinded ? "RESCINDED" : predict(model);
    expect(outcomes).toEqual(outcomes.map(() => expected));
  }
}

function choose<T extends { rescinded: boolean }>(all: readonly T[], index: number): T | undefined {
  const stale = all.filter((one) => one.rescinded);
  if (index % STALE_EVERY === STALE_EVERY - 1 && stale.length > 0) {
    return stale[index % stale.length];
  }
  const live = all.filter((one) => !one.rescinded);
  return live[index % live.length];
}

/** What an act returns as text, or "ok", or the code of its error; other errors go on. */
export function attempt(act: () => unknown): Outcome {
  try {
    const result = act();
    return typeof result === "string" ? result : "ok";
  } catch (error) {
    if (error instanceof PrimemeterError) return error.code;
    throw error;
  }
}
