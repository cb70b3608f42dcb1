// The model of time and several kernels side by side: every act is done to all of them, and everything that
// can be seen is compared after it. The kernels differ in what must not be seen: in how they were compiled,
// in how the host cuts their time into steps, and, where every cycle is billed, in how much they borrow.

import { expect } from "vitest";
import {
  PARTITION_USED,
  PARTITION_USED_10,
  PARTITION_USED_100,
} from "../../assembly/time-layout.js";
import { type Domain, type Meter, PrimemeterError } from "../../src/index.js";
import { seedOf } from "../../src/program.js";
import { TimeModel } from "./model.js";
import {
  type ModelDomain,
  ModelDomain as ModelDomainClass,
  ModelMeter,
  type ModelPartition,
  type Refills,
  type TaskPlan,
  type TimePlan,
} from "./parts.js";
import type { BurstPlan } from "./program.js";
import { CAPACITY, programOf, TimeSide, type Variant } from "./side.js";

const PRIME = 2n ** 56n - 1n;
const MOST_PARTITIONS = 32;

export class TimePair {
  readonly model: TimeModel;
  readonly sides: TimeSide[];

  constructor(
    readonly plan: TimePlan,
    variants: Readonly<Record<string, Variant>>,
  ) {
    this.model = new TimeModel(plan);
    this.model.meters.push(new ModelMeter("prime", PRIME, null, null));
    this.sides = Object.entries(variants).map(
      ([name, variant]) => new TimeSide(name, plan, variant),
    );
  }

  // --- Making -----------------------------------------------------------------------------------

  createMeter(superior: number, cycles: bigint, refills: Refills | null): void {
    const { meters } = this.model;
    if (this.#isFull) return;
    const place = superior % meters.length;
    const name = `M${meters.length}`;
    meters.push(new ModelMeter(name, cycles, meters[place]!, refills));
    for (const side of this.sides) side.createMeter(name, side.meters[place]!, cycles, refills);
  }

  createDomain(meter: number, plan: BurstPlan, task: TaskPlan): void {
    const { domains, meters } = this.model;
    if (this.#isFull) return;
    const place = this.#mayShare(meters[meter % meters.length]!) ? meter % meters.length : 0;
    const name = `D${domains.length}`;
    const own = this.#task(task);
    const seed = seedOf(programOf(plan), domains.length + 1);
    domains.push(new ModelDomainClass(name, meters[place]!, plan, seed, own));
    for (const side of this.sides) side.createDomain(name, side.meters[place]!, plan, own);
    this.start(domains.length - 1);
  }

  /** What one has borrowed, another may take back where their meter is dry: the model knows nothing of that. */
  #mayShare(meter: ModelMeter): boolean {
    if (this.plan.advance === null) return true;
    return this.model.domains.every((domain) => domain.meter !== meter);
  }

  get #isFull(): boolean {
    return this.model.meters.length + this.model.domains.length > CAPACITY;
  }

  createPartition(parent: number, budget: number, max: number, critical: number): void {
    const partitions = this.model.shares.all;
    if (partitions.length === 0 || partitions.length === MOST_PARTITIONS) return;
    const above = partitions[parent % partitions.length]!;
    const most = max === 0 ? 0 : Math.max(max, budget);
    const made = this.model.createPartition(above, budget, most, BigInt(critical));
    this.#each(made ? "ok" : "NO_BUDGET", (side) => {
      const options = {
        name: `P${side.partitions.length}`,
        parent: side.partitions[above.index]!,
        budget: budget / 100,
        critical,
      };
      const limited = most === 0 ? options : { ...options, max: most / 100 };
      side.partitions.push(side.kernel.createPartition(limited));
    });
  }

  // --- Acts -------------------------------------------------------------------------------------

  run(cycles: number): void {
    const reason = this.model.run(BigInt(cycles));
    for (const side of this.sides) expect(side.run(cycles), side.name).toBe(reason);
  }

  add(index: number, cycles: bigint): void {
    const place = index % this.model.meters.length;
    if (place === 0) return;
    this.model.add(this.model.meters[place]!, cycles);
    this.#each("ok", (side) => side.meters[place]!.add(cycles));
  }

  start(index: number): void {
    this.#toDomain(
      index,
      (domain) => domain.start(),
      (domain) => this.model.start(domain),
    );
  }

  stop(index: number): void {
    this.#toDomain(
      index,
      (domain) => domain.stop(),
      (domain) => this.model.stop(domain),
    );
  }

  charge(index: number, cycles: bigint): void {
    this.#toDomain(
      index,
      (domain) => domain.charge(cycles),
      (domain) => this.model.charge(domain, cycles),
    );
  }

  schedule(index: number, task: TaskPlan): void {
    const own = this.#task(task);
    this.#toDomain(
      index,
      (domain, side) => domain.schedule(side.scheduling(own)),
      (domain) => this.model.schedule(domain, own),
    );
  }

  change(index: number, budget: number, max: number, critical: number): void {
    const partitions = this.model.shares.all;
    if (partitions.length === 0) return;
    const one = partitions[index % partitions.length]!;
    const share = one.parent ? budget : one.budget;
    const most = max === 0 ? 0 : Math.max(max, share);
    const isGood = this.model.changePartition(one, share, most, BigInt(critical));
    this.#each(isGood ? "ok" : "NO_BUDGET", (side) => {
      const change = { max: most === 0 ? null : most / 100, critical };
      side.partitions[one.index]!.change(one.parent ? { ...change, budget: share / 100 } : change);
    });
  }

  setWindow(slots: number): void {
    if (!this.plan.partitions) return;
    this.model.setWindow(slots);
    this.#each("ok", (side) => side.kernel.setWindow(slots * this.plan.tick));
  }

  /** Its own partition, of those that there are. */
  #task(task: TaskPlan): TaskPlan {
    return { ...task, partition: task.partition % Math.max(this.model.shares.all.length, 1) };
  }

  #each(expected: string, act: (side: TimeSide) => void): void {
    for (const side of this.sides)
      expect(
        attempt(() => act(side)),
        side.name,
      ).toBe(expected);
  }

  #toDomain(
    index: number,
    act: (domain: Domain, side: TimeSide) => void,
    predict: (domain: ModelDomain) => boolean,
  ): void {
    const { domains } = this.model;
    if (domains.length === 0) return;
    const place = index % domains.length;
    const expected = predict(domains[place]!) ? "ok" : "WRONG_STATE";
    this.#each(expected, (side) => act(side.domains[place]!, side));
  }

  // --- Comparing --------------------------------------------------------------------------------

  compare(): void {
    this.run(0); // The batch of events is taken.
    for (const side of this.sides) {
      const { model } = this;
      expect(side.trace, side.name).toEqual(model.trace);
      expect(side.kernel.time, side.name).toBe(model.time);
      model.domains.forEach((domain, i) => {
        this.#compareDomain(side, domain, side.domains[i]!);
      });
      model.meters.forEach((meter, i) => {
        this.#compareMeter(side, meter, side.meters[i]!);
      });
      model.shares.all.forEach((one) => {
        this.#comparePartition(side, one);
      });
      this.#compareTiming(side);
      expect(side.kernel.check().findings, side.name).toEqual([]);
    }
  }

  /**
   * What the one that runs is not billed for yet. Who borrows little reads the clock more often, and has been
   * billed for more: there it counts as if it were.
   */
  #late(billed: bigint): bigint {
    const { biller } = this.model;
    return biller.isCached || !biller.occupant ? 0n : billed;
  }

  #compareMeter(side: TimeSide, model: ModelMeter, meter: Meter): void {
    const { granted, consumed, keeperCalls } = meter.statistics();
    const isAbove = this.model.biller.occupant?.meter.chain.includes(model) === true;
    const real = isAbove ? this.#late(side.kernel.timing().unbilled) : 0n;
    const late = isAbove ? this.#late(this.model.biller.unbilled) : 0n;
    expect(
      {
        ...{ granted, keeperCalls },
        consumed: consumed + real,
        counter: meter.peek() - real,
      },
      this.#name(side, model),
    ).toEqual({
      ...{ granted: model.granted, keeperCalls: model.calls },
      consumed: model.consumed + late,
      counter: model.counter + this.#cachedBelow(model) - late,
    });
  }

  /** What domains below have borrowed is still theirs who lent it. */
  #cachedBelow(meter: ModelMeter): bigint {
    return this.model.domains
      .filter((domain) => domain.meter.chain.includes(meter))
      .reduce((sum, { cache }) => sum + cache, 0n);
  }

  #compareDomain(side: TimeSide, model: ModelDomain, domain: Domain): void {
    const { consumed, owed, ran, state } = domain;
    const isRunning = this.model.isRunning(model);
    const isBilled = this.model.biller.occupant === model;
    const real = isBilled ? this.#late(side.kernel.timing().unbilled) : 0n;
    const late = isBilled ? this.#late(this.model.biller.unbilled) : 0n;
    expect({ consumed: consumed + real, owed, ran, state }, this.#name(side, model)).toEqual({
      consumed: model.consumed + late,
      owed: model.owed,
      ran: this.model.ranOf(model),
      state: isRunning ? "running" : model.state,
    });
  }

  #comparePartition(side: TimeSide, one: ModelPartition): void {
    const { model } = this;
    const { critical, isBankrupt, bankruptcies, ...usage } = side.partitions[one.index]!.usage();
    const { biller } = model;
    const isBilled = biller.occupant?.task.partition === one.index;
    const real = isBilled ? this.#late(side.kernel.timing().unbilled) : 0n;
    const late = isBilled ? this.#late(biller.unbilled) : 0n;
    const isCritical = BigInt(biller.isCritical);
    expect(
      {
        ...{ critical, isBankrupt, bankruptcies, total: usage.total + real },
        ...{ budget: usage.budget, max: usage.max ?? 0 },
        used: side.partition64(one.index, PARTITION_USED) + real,
        criticalUsed: BigInt(usage.criticalUsed) + real * isCritical,
      },
      `${side.name} partition ${one.index}`,
    ).toEqual({
      ...{ critical: Number(one.critical), isBankrupt: one.isBankrupt },
      ...{ bankruptcies: one.bankruptcies, total: biller.log.total(one.index, "all") + late },
      ...{ budget: one.budget / 100, max: one.max / 100 },
      used: model.shares.used(one) + late,
      criticalUsed: model.shares.criticalUsed(one) + late * isCritical,
    });
    const history = [PARTITION_USED_10, PARTITION_USED_100];
    expect(history.map((offset) => side.partition64(one.index, offset))).toEqual(
      [10, 100].map((windows) => model.shares.usedIn(windows, one)),
    );
  }

  #compareTiming(side: TimeSide): void {
    const { biller, missed, time } = this.model;
    const { clock } = biller;
    const { elapsed, idle, reads, readCycles, billed, ...rest } = side.kernel.timing();
    const { backwards, jumps, dropped, ticks, missedTicks } = rest;
    // Who borrows little reads more often.
    const counted = biller.isCached ? reads : 0n;
    expect(
      {
        ...{ elapsed, ...this.#settled(billed, idle, rest.unbilled) },
        ...{ reads: counted, readCycles },
        ...{ backwards, jumps, dropped, ticks, missedTicks },
        nobody: side.kernel.statistics().idle,
      },
      side.name,
    ).toEqual({
      ...{ elapsed: time, ...this.#settled(biller.billed, biller.billedIdle, biller.unbilled) },
      ...{ reads: biller.isCached ? BigInt(clock.reads) : 0n, readCycles: biller.readCycles },
      ...{ backwards: BigInt(clock.backwards), jumps: BigInt(clock.jumps), dropped: clock.dropped },
      ...{ ticks: clock.ticks, missedTicks: missed, nobody: biller.idle },
    });
  }

  /** Where readings more or less must not be seen, it is as if the clock had just been read. */
  #settled(billed: bigint, idle: bigint, unbilled: bigint) {
    const { biller } = this.model;
    if (biller.isCached) return { billed, idle, unbilled };
    return biller.occupant
      ? { billed: billed + unbilled, idle, unbilled: 0n }
      : { billed, idle: idle + unbilled, unbilled: 0n };
  }

  #name(side: TimeSide, one: { readonly name: string }): string {
    return `${side.name} ${one.name}`;
  }

  dispose(): void {
    for (const side of this.sides) side.kernel.dispose();
  }
}

/** "ok", or the code of the error; other errors go on. */
function attempt(act: () => void): string {
  try {
    act();
    return "ok";
  } catch (error) {
    if (error instanceof PrimemeterError) return error.code;
    throw error;
  }
}
