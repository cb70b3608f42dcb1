// What billing by a clock came to: a report over all processors.

import {
  PARTITION_TOTAL,
  TIMER_BACKWARDS,
  TIMER_DROPPED,
  TIMER_IDLE,
  TIMER_JUMPS,
  TIMER_MISSED,
  TIMER_READ_CYCLES,
  TIMER_READS,
  TIMER_TICKS,
} from "../assembly/time-layout.js";
import type { Core } from "./core.js";
import { StateError } from "./errors.js";

/**
 * Over all processors, in cycles or in times that something happened. With an exact clock
 * `elapsed + charged = billed + idle + unbilled`; with another, that is what the clock says of it.
 */
export interface Timing {
  /** The time of all processors together; the only figure that is not by the clock. */
  readonly elapsed: bigint;
  /** Cycles of the host's work that domains were charged. */
  readonly charged: bigint;
  /** Billed to domains, what they were charged included. */
  readonly billed: bigint;
  /** Billed to nobody. */
  readonly idle: bigint;
  /** What the clock has counted since its last readings. */
  readonly unbilled: bigint;
  /** Readings of the clock, and the cycles that they took. */
  readonly reads: bigint;
  readonly readCycles: bigint;
  /** Readings that were below the one before: nobody was billed. */
  readonly backwards: bigint;
  /** Readings too far above the one before, which nobody was billed for either, and their cycles. */
  readonly jumps: bigint;
  readonly dropped: bigint;
  /** Ticks that were served, and those that were not in time. */
  readonly ticks: bigint;
  readonly missedTicks: bigint;
}

/** @throws {StateError} in a kernel that bills by counting cycles. @internal */
export function readTiming(core: Core): Timing {
  const { timeBlock } = core;
  if (!timeBlock) {
    throw new StateError("timing: this kernel reads no clock; create it with `billing`");
  }
  return core.still(() => {
    const { exports, view } = core;
    exports.timePeek();
    const unbilled = view.amount;
    let billed = 0n;
    for (let index = 0; index < timeBlock.partitions; index++) {
      billed += view.u64(timeBlock.partition(index, PARTITION_TOTAL));
    }
    return {
      elapsed: timeBlock.elapsed,
      charged: timeBlock.charged,
      ...{ billed, idle: timeBlock.sum(TIMER_IDLE), unbilled },
      ...{ reads: timeBlock.sum(TIMER_READS), readCycles: timeBlock.sum(TIMER_READ_CYCLES) },
      backwards: timeBlock.sum(TIMER_BACKWARDS),
      ...{ jumps: timeBlock.sum(TIMER_JUMPS), dropped: timeBlock.sum(TIMER_DROPPED) },
      ...{ ticks: timeBlock.sum(TIMER_TICKS), missedTicks: timeBlock.sum(TIMER_MISSED) },
    };
  });
}
