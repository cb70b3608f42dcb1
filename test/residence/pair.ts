// The model of core residence and kernels beside it: what is done to one is done to all, and all that can be seen is
// compared.

import { expect } from "vitest";
import { type KernelOptions, OptionError } from "../../src/index.js";
import { Model, type ModelPlan, type Scan } from "./model.js";
import type { ModelDomain, ModelMeter, ModelPage, Policy } from "./parts.js";
import { CODE, compile, DATA, PAGE, type Script, SUM, type Text } from "./script.js";
import { type SeenPage, Side } from "./side.js";

export interface ResidencePlan extends ModelPlan {
  readonly scan: Scan;
  readonly seed: number;
}

export interface Variant {
  readonly options?: KernelOptions;
  readonly cuts?: readonly number[];
}

const PAGES = 512;

/** What can be seen but for pages and what was told. */
interface Seen {
  readonly time: bigint;
  readonly statistics: Readonly<Record<string, bigint>>;
  readonly meters: readonly object[];
  readonly domains: readonly object[];
}

export class ResidencePair {
  readonly model: Model;
  readonly sides: readonly Side[];
  readonly #texts: Text[] = [];
  #told = 0;

  constructor(plan: ResidencePlan, exact: boolean, variants: Readonly<Record<string, Variant>>) {
    const { core, latency, quantum, lockCost, faultCost, scan, seed } = plan;
    const { period, isRandom, offset } = scan;
    const phase = isRandom ? { phase: "random" as const } : { phase: "fixed" as const, offset };
    const residence = { core, pages: PAGES, latency, period, seed, lockCost, faultCost, exact };
    this.sides = Object.entries(variants).map(
      ([name, { options = {}, cuts }]) =>
        new Side(name, { quantum, residence: { ...residence, ...phase }, ...options }, cuts),
    );
    const { random, due } = this.sides[0]!.start;
    this.model = new Model(plan, scan, random, due);
  }

  // --- Making things ----------------------------------------------------------------------------

  createMeter(superior: number, storage: bigint, keeper: Policy | null): void {
    const { meters } = this.model;
    const above = superior % meters.length === 1 ? 0 : superior % meters.length;
    const name = `M${meters.length}`;
    for (const side of this.sides) side.createMeter(name, side.meters[above]!, storage, keeper);
    this.model.createMeter(name, meters[above]!, storage, keeper);
  }

  createText(script: Script): void {
    this.#texts.push(compile(script));
  }

  createPage(): void {
    for (const side of this.sides) side.objects.push(side.kernel.createPage());
    this.model.createPage();
  }

  createDomain(
    meter: number,
    text: number,
    objects: readonly (readonly [number, boolean])[],
  ): void {
    const above = this.#meter(meter);
    const its = this.#texts[text % this.#texts.length]!;
    const name = `D${this.model.domains.length}`;
    const index = this.model.domains.length;
    for (const side of this.sides) side.createDomain(name, side.meters[above]!, its);
    this.model.createDomain(name, this.model.meters[above]!, its);
    objects.forEach(([object, isWritable], i) => {
      this.#map(index, object % this.model.objects.length, 1 + i, isWritable);
    });
    this.#start(index);
  }

  /** One that is not the lock process's, by a number. */
  #meter(number: number): number {
    const index = number % this.model.meters.length;
    return index === 1 ? 0 : index;
  }

  // --- Acts -------------------------------------------------------------------------------------

  run(cycles: number): void {
    for (const side of this.sides) side.run(cycles);
    this.model.run(cycles);
  }

  /** A live domain by a number, or undefined; but not that for whose sake time passes. */
  #domain(number: number): { index: number; domain: ModelDomain } | undefined {
    const index = number % this.model.domains.length;
    const domain = this.model.domains[index]!;
    return domain.state === "gone" || index === 1 ? undefined : { index, domain };
  }

  #start(index: number): void {
    for (const side of this.sides) side.domains[index]!.start();
    this.model.start(this.model.domains[index]!);
  }

  start(number: number): void {
    const found = this.#domain(number);
    if (found) this.#start(found.index);
  }

  stop(number: number): void {
    const found = this.#domain(number);
    if (!found) return;
    for (const side of this.sides) side.domains[found.index]!.stop();
    this.model.stop(found.domain);
  }

  setMeter(number: number, meter: number): void {
    const found = this.#domain(number);
    const above = this.#liveMeter(meter);
    if (!found?.domain.text || !above || found.domain.meter === above.meter) return;
    for (const side of this.sides) side.domains[found.index]!.setMeter(side.meters[above.index]!);
    this.model.setMeter(found.domain, above.meter);
  }

  rescindDomain(number: number): void {
    const found = this.#domain(number);
    if (!found?.domain.text) return;
    const { index, domain } = found;
    const isLast = domain.image!.users === 1;
    for (const side of this.sides) {
      // Its pages are handed out again.
      for (const [at, { page }] of domain.words) {
        if (page.isOwned && !(isLast && !this.model.objects.includes(page))) continue;
        side.charged.delete(side.pageAt(index, at));
      }
      side.domains[index]!.rescind();
    }
    this.model.rescind(domain);
  }

  #liveMeter(number: number): { index: number; meter: ModelMeter } | undefined {
    const index = this.#meter(number);
    const meter = this.model.meters[index]!;
    return meter.rescinded ? undefined : { index, meter };
  }

  rescindMeter(number: number): void {
    const found = this.#liveMeter(number);
    if (!found || found.index === 0) return;
    for (const side of this.sides) side.meters[found.index]!.rescind();
    this.model.rescindMeter(found.meter);
  }

  /** Under an older one only: no loops. */
  setSuperior(number: number, superior: number): void {
    const found = this.#liveMeter(number);
    if (!found || found.index === 0) return;
    const above = this.#liveMeter(superior % found.index);
    if (!above || found.meter.superior === above.meter) return;
    for (const side of this.sides) {
      side.meters[found.index]!.setSuperior(side.meters[above.index]!);
    }
    this.model.setSuperior(found.meter, above.meter);
  }

  off(number: number): void {
    const found = this.#liveMeter(number);
    if (!found || found.index === 0) return;
    for (const side of this.sides) side.meters[found.index]!.off();
    this.model.off(found.meter);
  }

  on(number: number): void {
    const found = this.#liveMeter(number);
    if (!found) return;
    for (const side of this.sides) side.meters[found.index]!.on();
    this.model.on(found.meter);
  }

  setStorage(number: number, amount: bigint): void {
    const found = this.#liveMeter(number);
    if (!found) return;
    for (const side of this.sides) side.meters[found.index]!.storage.set(amount);
    this.model.setStorage(found.meter, amount);
  }

  addStorage(number: number, amount: bigint): void {
    const found = this.#liveMeter(number);
    if (!found || !this.model.addStorage(found.meter, amount)) return;
    for (const side of this.sides) side.meters[found.index]!.storage.add(amount);
  }

  map(number: number, object: number, at: number, isWritable: boolean): void {
    const found = this.#domain(number);
    if (!found?.domain.text) return;
    this.#map(found.index, object % this.model.objects.length, 1 + (at % 8), isWritable);
  }

  #map(index: number, object: number, at: number, isWritable: boolean): void {
    const { model } = this;
    const isDone = model.map(model.domains[index]!, model.objects[object]!, at, isWritable);
    for (const side of this.sides) {
      const act = () =>
        side.domains[index]!.map(side.objects[object]!, at * PAGE, { write: isWritable });
      if (isDone) act();
      else expect(act).toThrow(OptionError);
    }
  }

  unmap(number: number, at: number): void {
    const found = this.#domain(number);
    const page = 1 + (at % 8);
    if (!found?.domain.text || !this.model.unmap(found.domain, page)) return;
    for (const side of this.sides) side.domains[found.index]!.unmap(page * PAGE);
  }

  set(scan: Scan): void {
    const { period, isRandom, offset } = scan;
    for (const side of this.sides) {
      side.kernel.residence.set(
        isRandom ? { period, phase: "random" } : { period, phase: "fixed", offset },
      );
    }
    this.model.set(scan);
  }

  // --- Comparing --------------------------------------------------------------------------------

  compare(): void {
    const expected = this.#modelled();
    const lines = this.model.trace;
    for (const side of this.sides) {
      const { name } = side;
      // A line that differs says more than the whole.
      const at = lines.findIndex((line, i) => i >= this.#told && line !== side.trace[i]);
      if (at >= 0 || side.trace.length !== lines.length) {
        const from = at < 0 ? lines.length : at;
        expect(side.trace.slice(from, from + 3), `${name}, trace from ${from}`).toEqual(
          lines.slice(from, from + 3),
        );
      }
      expect(this.#side(side), name).toEqual(expected);
      this.#comparePages(side);
      expect(side.kernel.check().findings, name).toEqual([]);
    }
    this.#told = lines.length;
  }

  #modelled(): Seen {
    const { model } = this;
    const { fetches, writes, evictions, copies } = model.core;
    const { cycles, faults, starts, unpaid, charged } = model;
    return {
      time: model.time,
      statistics: { cycles, faults, starts, unpaid, fetches, writes, evictions, copies, charged },
      meters: model.meters.map(({ name, storage, charged, own, faults, rescinded }) =>
        rescinded ? { name } : { name, storage, charged, own, faults },
      ),
      domains: model.domains.map(({ name, state, pc, registers, text }) => {
        if (state === "gone") return { name };
        return { name, state, ...(text ? { pc: pc >>> 0, sum: registers[SUM] } : {}) };
      }),
    };
  }

  #side(side: Side): Seen {
    const { cycles, faults, starts, unpaid, fetches, writes, evictions, copies, charged } =
      side.kernel.residence.statistics();
    return {
      time: side.kernel.time,
      statistics: { cycles, faults, starts, unpaid, fetches, writes, evictions, copies, charged },
      meters: side.meters.map((meter, i) => {
        const { name, storage } = meter;
        if (this.model.meters[i]!.rescinded) return { name };
        const [charged, own, faults] = [storage.charged(), storage.own(), storage.faults()];
        return { name, storage: storage.peek(), charged, own, faults };
      }),
      domains: side.domains.map((domain, i) => {
        const { name } = domain;
        const its = this.model.domains[i]!;
        if (its.state === "gone") return { name };
        const state = domain.state === "running" ? "ready" : domain.state;
        if (!its.text) return { name, state };
        const { pc, value } = side.registers(i);
        return { name, state, pc, sum: value(SUM) };
      }),
    };
  }

  /** Words lead to one page here just where they do there; and each is as it is there. */
  #comparePages(side: Side): void {
    const numbers = new Map<ModelPage, number>();
    const pages = new Map<number, ModelPage>();
    this.model.domains.forEach((domain, i) => {
      for (const [at, { page }] of domain.words) {
        const number = side.pageAt(i, at);
        const where = `${side.name}: ${domain.name}, page ${at}`;
        expect(number, where).toBeGreaterThan(0);
        expect(numbers.get(page) ?? number, where).toBe(number);
        expect(pages.get(number) ?? page, where).toBe(page);
        if (!numbers.has(page)) expect(side.see(number), where).toEqual(seen(page));
        numbers.set(page, number);
        pages.set(number, page);
      }
    });
  }

  /** All bytes of all pages. */
  compareContents(): void {
    for (const side of this.sides) {
      this.model.domains.forEach((domain, i) => {
        for (const [at, { page }] of domain.words) {
          // The model has no code but by instructions.
          if (at >= CODE / PAGE && at < DATA / PAGE) continue;
          const found = Buffer.compare(side.content(side.pageAt(i, at)), page.content);
          expect(found, `${side.name}: ${domain.name}, page ${at}, its bytes`).toBe(0);
        }
      });
    }
  }

  dispose(): void {
    for (const side of this.sides) side.kernel.dispose();
  }
}

function seen(page: ModelPage): SeenPage {
  return {
    isInCore: page.frame !== null,
    isDirty: page.isDirty,
    isReferenced: page.isReferenced,
    isPaid: page.isPaid,
    users: page.words.size + (page.isOwned ? 1 : 0),
    account: page.account?.name ?? null,
    first: page.first?.name ?? null,
    charged: page.charged,
  };
}
