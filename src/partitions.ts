// The partitions of a kernel: makes them, changes them, and their averaging window. Internal.

import { OK, STATUS_NO_NODES, STATUS_OVERFLOW } from "../assembly/codes.js";
import { CONTROL_CODE } from "../assembly/layout.js";
import {
  MAX_PARTITIONS,
  PARTITION_BUDGET,
  PARTITION_CRITICAL,
  PARTITION_MAX,
  SYSTEM_PARTITION,
} from "../assembly/time-layout.js";
import { checkWindow } from "./billing.js";
import type { Core } from "./core.js";
import { OptionError, PartitionError, StateError } from "./errors.js";
import { checkNames, nameOf, show, whole } from "./options.js";
import { Partition, type PartitionChange, type PartitionOptions } from "./partition.js";
import type { Standing, TimeBlock } from "./time-block.js";

export class Partitions {
  readonly all: Partition[];
  readonly #core: Core;
  readonly #time: TimeBlock;
  /** How far the processors were when the window was set. */
  #begun: readonly Standing[];

  constructor(core: Core, time: TimeBlock) {
    this.#core = core;
    this.#time = time;
    this.#begun = time.standing;
    this.all = [
      new Partition(core, this, { name: "System", index: SYSTEM_PARTITION, parent: null }),
    ];
  }

  get system(): Partition {
    return this.all[SYSTEM_PARTITION]!;
  }

  create(options: PartitionOptions): Partition {
    checkNames("createPartition", options, ["name", "parent", "budget", "max", "critical"]);
    const core = this.#core;
    const index = this.all.length;
    const name = nameOf(options.name) ?? `partition-${index}`;
    if (this.all.some((other) => other.name === name)) {
      throw new OptionError(`name: found ${show(name)}, which another partition has`);
    }
    const parent = options.parent === undefined ? this.system : this.of("parent", options.parent);
    const budget = hundredths("budget", options.budget);
    const max = maxOf(options.max ?? null, budget);
    const critical = this.#criticalOf(options.critical ?? 0);
    core.alone(() => {
      const made = core.exports.partitionCreate(parent.index, budget, max);
      if (made === 0) this.#refuse(core.view.control(CONTROL_CODE), parent, options.budget);
      this.#setCritical(made, critical);
      this.all.push(new Partition(core, this, { name, index: made, parent }));
    });
    core.acted();
    return this.all.at(-1)!;
  }

  change(partition: Partition, change: PartitionChange): void {
    checkNames("change", change, ["budget", "max", "critical"]);
    const core = this.#core;
    const { parent, index } = partition;
    if (!parent && change.budget !== undefined) {
      throw new OptionError("budget: the System partition has what others leave of 100 percent");
    }
    core.alone(() => {
      const now = (offset: number) => core.view.u32(this.#time.partition(index, offset));
      const { budget: percent, max: most } = change;
      const budget = percent === undefined ? now(PARTITION_BUDGET) : hundredths("budget", percent);
      const max = most === undefined ? now(PARTITION_MAX) : maxOf(most, budget);
      checkMax(max, budget);
      const critical = change.critical === undefined ? null : this.#criticalOf(change.critical);
      const status = core.exports.partitionChange(index, budget, max);
      if (status !== OK) this.#refuse(status, parent ?? partition, budget / 100);
      if (critical !== null) this.#setCritical(index, critical);
    });
    core.acted();
  }

  /** Sets the averaging window. What was used in the last one is forgotten. */
  setWindow(cycles: number): void {
    const { exports } = this.#core;
    const slots = checkWindow("window", cycles, this.#time.config.tick);
    this.#core.still(() => {
      this.#core.check(exports.windowSet(slots), "setWindow");
      this.#begun = this.#time.standing;
    });
  }

  /** A partition of this kernel. @throws {OptionError} */
  of(option: string, partition: Partition): Partition {
    if (!(partition instanceof Partition)) {
      throw new OptionError(`${option}: found ${show(partition)}, expected a Partition`);
    }
    if (!partition.isOf(this.#core)) {
      throw new OptionError(`${option}: found one of another kernel, expected one of this kernel`);
    }
    return partition;
  }

  /** The averaging window, in cycles. */
  get window(): number {
    const { config, slots } = this.#time;
    return slots * config.tick;
  }

  /** Cycles of all processors together in it. */
  get capacity(): number {
    return this.window * this.#core.options.processors;
  }

  /** The time of all processors that the windows hold: the last one, and the last 10 and 100 whole ones. */
  get covered(): Readonly<Record<"last" | "last10" | "last100", bigint>> {
    const begun = this.#begun;
    const sum = (of: (now: Standing, begun: Standing) => bigint) =>
      this.#time.standing.reduce((sum, now, i) => sum + of(now, begun[i]!), 0n);
    return {
      last: sum((now, then) => this.#lastOf(now, then)),
      last10: sum((now, then) => this.#wholeOf(now, then, 10n)),
      last100: sum((now, then) => this.#wholeOf(now, then, 100n)),
    };
  }

  /** All ticks of a window but the last one, and of that one what was billed. */
  #lastOf({ served, billed }: Standing, begun: Standing): bigint {
    const { slots, config } = this.#time;
    const start = later(served - BigInt((slots - 1) * config.tick), begun.billed);
    return later(billed, start) - start;
  }

  #wholeOf({ ticks }: Standing, begun: Standing, most: bigint): bigint {
    const window = BigInt(this.window);
    const windows = ((ticks - begun.ticks) * BigInt(this.#time.config.tick)) / window;
    if (windows > most) return most * window;
    // The first one began when it was set, in the midst of a tick.
    return windows === 0n ? 0n : begun.served + windows * window - begun.billed;
  }

  #criticalOf(critical: number): number {
    return whole("critical", critical, 0, this.capacity);
  }

  #setCritical(index: number, critical: number): void {
    const { view, exports } = this.#core;
    if (view.u64(this.#time.partition(index, PARTITION_CRITICAL)) === BigInt(critical)) return;
    view.amount = BigInt(critical);
    this.#core.check(exports.partitionCritical(index), "critical");
  }

  #refuse(status: number, parent: Partition, percent: number): never {
    if (status === STATUS_OVERFLOW) {
      const { view } = this.#core;
      const left = view.u32(this.#time.partition(parent.index, PARTITION_BUDGET)) / 100;
      throw new PartitionError(
        "NO_BUDGET",
        `budget: found ${percent} percent, but partition ${parent.name} has ${left} percent left to give`,
      );
    }
    if (status === STATUS_NO_NODES) {
      throw new PartitionError(
        "NO_PARTITIONS",
        `createPartition: all ${MAX_PARTITIONS} partitions are there, the System partition included`,
      );
    }
    throw new StateError(`partitions: the kernel refused (status ${status})`);
  }
}

/** A part of the whole in 1/100 percent. @throws {OptionError} */
function hundredths(option: string, percent: number): number {
  if (typeof percent !== "number" || !(percent >= 0 && percent <= 100)) {
    throw new OptionError(`${option}: found ${show(percent)}, expected percent from 0 to 100`);
  }
  const parts = Math.round(percent * 100);
  if (parts / 100 !== percent) {
    throw new OptionError(`${option}: found ${percent}, expected two decimals at most`);
  }
  return parts;
}

/** 0: no limit. */
function maxOf(max: number | null, budget: number): number {
  if (max === null) return 0;
  const parts = hundredths("max", max);
  if (parts === 0) throw new OptionError("max: found 0, expected percent above 0; null: no limit");
  checkMax(parts, budget);
  return parts;
}

function checkMax(max: number, budget: number): void {
  if (max !== 0 && max < budget) {
    throw new OptionError(
      `max: ${max / 100} percent is below the budget of ${budget / 100} percent`,
    );
  }
}

function later(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
