// Partitions: groups of domains that are guaranteed a part of the processors' time.

import {
  PARTITION_BANKRUPT,
  PARTITION_BANKRUPTCIES,
  PARTITION_BUDGET,
  PARTITION_CRITICAL,
  PARTITION_CRITICAL_USED,
  PARTITION_MAX,
  PARTITION_TOTAL,
  PARTITION_USED,
  PARTITION_USED_10,
  PARTITION_USED_100,
} from "../assembly/time-layout.js";
import type { Core } from "./core.js";
import type { Partitions } from "./partitions.js";

export interface PartitionOptions {
  name?: string;
  /** Whose budget its own is taken from. The System partition. */
  parent?: Partition;
  /** What it is guaranteed, in percent of all processors, 0 to 100 with two decimals at most. */
  budget: number;
  /** What it never has more of, in percent, also while there is free time; at least the budget. No limit. */
  max?: number | null;
  /**
   * Cycles in a window that its critical domains may run beyond the budget, up to those of a window on all processors. 0.
   */
  critical?: number;
}

export interface PartitionChange {
  /** Without what its inferiors have of it; more is taken from the parent, less goes back there. */
  budget?: number;
  /** null: no limit. */
  max?: number | null;
  critical?: number;
}

/** All percentages are of the time of all processors. */
export interface PartitionUsage {
  readonly name: string;
  /** 0 for the System partition, then by age. */
  readonly index: number;
  readonly parent: string | null;
  /** Without what its inferiors have of it. */
  readonly budget: number;
  readonly max: number | null;
  /** Cycles per window. */
  readonly critical: number;
  /**
   * What it was billed for: of the time in the last window, the current tick so far included, and of the last 10 and
   * 100 whole ones, or as many as there were; 0 before there are any.
   */
  readonly used: number;
  readonly used10: number;
  readonly used100: number;
  /** Cycles of the last window that were critical. */
  readonly criticalUsed: number;
  /** All cycles that it was ever billed for. */
  readonly total: bigint;
  readonly isBankrupt: boolean;
  /** How often it has been found so. */
  readonly bankruptcies: number;
}

/** A partition lasts as long as its kernel. */
export class Partition {
  readonly name: string;
  /** 0 for the System partition, then 1 to 31. */
  readonly index: number;
  readonly parent: Partition | null;
  readonly #partitions: Partitions;
  readonly #core: Core;

  /** @internal */
  constructor(
    core: Core,
    partitions: Partitions,
    { name, index, parent }: { name: string; index: number; parent: Partition | null },
  ) {
    this.#core = core;
    this.#partitions = partitions;
    this.name = name;
    this.index = index;
    this.parent = parent;
  }

  /** Whether it is good in a kernel. @internal */
  isOf(core: Core): boolean {
    return this.#core === core;
  }

  /**
   * Changes what is given; domains of it that run are looked at again at once.
   *
   * @throws {OptionError} @throws {PartitionError} NO_BUDGET where the parent has not as much; then nothing has changed.
   */
  change(change: PartitionChange): void {
    this.#partitions.change(this, change);
  }

  /** What it has, and what it was billed for, at this moment. */
  usage(): PartitionUsage {
    const core = this.#core;
    return core.still(() => {
      const { view } = core;
      const block = core.timeBlock!;
      const at = (offset: number) => block.partition(this.index, offset);
      const { last, last10, last100 } = this.#partitions.covered;
      // Of what the clock has counted, not of the time that has really passed.
      const percent = (offset: number, of: bigint) =>
        of === 0n ? 0 : (100 * Number(view.u64(at(offset)))) / (Number(of) * block.pace);
      const max = view.u32(at(PARTITION_MAX));
      return {
        name: this.name,
        index: this.index,
        parent: this.parent?.name ?? null,
        budget: view.u32(at(PARTITION_BUDGET)) / 100,
        max: max === 0 ? null : max / 100,
        critical: Number(view.u64(at(PARTITION_CRITICAL))),
        used: percent(PARTITION_USED, last),
        used10: percent(PARTITION_USED_10, last10),
        used100: percent(PARTITION_USED_100, last100),
        criticalUsed: Number(view.u64(at(PARTITION_CRITICAL_USED))),
        total: view.u64(at(PARTITION_TOTAL)),
        isBankrupt: view.u32(at(PARTITION_BANKRUPT)) !== 0,
        bankruptcies: Number(view.u64(at(PARTITION_BANKRUPTCIES))),
      };
    });
  }
}
