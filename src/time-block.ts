// What the kernel keeps for billing by a clock and for partitions, as assembly/time-layout.ts has it. Internal.

import { OK, STATUS_NO_FRAMES } from "../assembly/codes.js";
import { CONTROL_TIME } from "../assembly/layout.js";
import { PROCESSOR_TIME } from "../assembly/processor-layout.js";
import {
  BY_TICK,
  PARTITION_SIZE,
  PARTITIONED,
  PARTITIONS_OFFSET,
  TASK_SIZE,
  TIME_BANKRUPT,
  TIME_BY,
  TIME_CHARGED,
  TIME_CLOCK,
  TIME_DRIFT,
  TIME_FAULT,
  TIME_FAULT_AT,
  TIME_FAULT_BY,
  TIME_FREE_BY_RATIO,
  TIME_MASKED,
  TIME_PACE,
  TIME_PARTITIONS,
  TIME_POINTS,
  TIME_QUEUED,
  TIME_RATE,
  TIME_READ,
  TIME_REPAIR,
  TIME_SCALE,
  TIME_SLOTS,
  TIME_TASKS,
  TIME_TICK,
  TIME_TIMER_SIZE,
  TIME_TIMERS,
  TIME_WIDTH,
  TIMED,
  TIMER_OCCUPANT,
  TIMER_READ_AT,
  TIMER_SINCE,
  TIMER_TICKS,
} from "../assembly/time-layout.js";
import type { CheckedTime } from "./billing.js";
import type { Core } from "./core.js";
import { PrimemeterError } from "./errors.js";

/** The ticks that a processor has served, up to which cycle of its clock, and up to which it has billed. */
export interface Standing {
  readonly ticks: bigint;
  readonly served: bigint;
  readonly billed: bigint;
}

export class TimeBlock {
  readonly config: CheckedTime;
  readonly #core: Core;
  readonly #address: number;
  /** Indices of the processors that run domains. */
  readonly #processors: readonly number[];

  /** Opens time in a kernel that was just initialized. */
  constructor(core: Core, config: CheckedTime) {
    this.#core = core;
    this.config = config;
    const { exports, shared, options, view } = core;
    const status = exports.timeOpen(slotsOf(config));
    // Its frames are beside those that were asked for.
    if (status !== OK) {
      const why = status === STATUS_NO_FRAMES ? "no frames" : `status ${status}`;
      throw new PrimemeterError("STATUS", `timeOpen: ${why}`);
    }
    this.#address = view.control(CONTROL_TIME);
    const { processors } = options;
    this.#processors = shared ? Array.from({ length: processors }, (_, i) => i + 1) : [0];
    this.#write(config);
    exports.timeBegin(config.partitions ? TIMED | PARTITIONED : TIMED);
  }

  /** The address of a field of a partition. */
  partition(index: number, offset: number): number {
    return this.#address + PARTITIONS_OFFSET + index * PARTITION_SIZE + offset;
  }

  /** The address of a field of what the scheduler knows of the domain at a node. */
  task(node: number, offset: number): number {
    return this.#field(TIME_TASKS) + node * TASK_SIZE + offset;
  }

  /** A 64-bit count of timers, over all processors. */
  sum(offset: number): bigint {
    const { view } = this.#core;
    return this.#timers.reduce((sum, timer) => sum + view.u64(timer + offset), 0n);
  }

  /** The time of all processors together, in cycles. */
  get elapsed(): bigint {
    const { view } = this.#core;
    return this.#processors.reduce((sum, i) => sum + view.processor64(i, PROCESSOR_TIME), 0n);
  }

  /** How far the windows of each processor are. */
  get standing(): readonly Standing[] {
    const { view } = this.#core;
    return this.#processors.map((index) => {
      const timer = this.#timer(index);
      const ticks = view.u64(timer + TIMER_TICKS);
      const served = ticks * BigInt(this.config.tick);
      const billed = this.config.by === BY_TICK ? served : view.u64(timer + TIMER_READ_AT);
      return { ticks, served, billed };
    });
  }

  /** Cycles that a processor has spent for its occupant, and not added to what that ran; 0 for who runs nowhere. */
  runningFor(occupant: number): bigint {
    const { view } = this.#core;
    for (const index of this.#processors) {
      const timer = this.#timer(index);
      if (view.u32(timer + TIMER_OCCUPANT) !== occupant) continue;
      return view.processor64(index, PROCESSOR_TIME) - view.u64(timer + TIMER_SINCE);
    }
    return 0n;
  }

  /** Cycles that the host has charged. */
  get charged(): bigint {
    return this.#core.view.u64(this.#address + TIME_CHARGED);
  }

  /** Cycles that the clock counts in one, as its ticks tell. */
  get pace(): number {
    return this.#core.view.f64(this.#address + TIME_PACE);
  }

  /** Domains that are ready, and wait in partitions. */
  get queued(): number {
    return this.#field(TIME_QUEUED);
  }

  /** How many partitions there are; one, where there is no talk of them. */
  get partitions(): number {
    return Math.max(1, this.#field(TIME_PARTITIONS));
  }

  /** Ticks of the averaging window. */
  get slots(): number {
    return this.#field(TIME_SLOTS);
  }

  get #timers(): readonly number[] {
    return this.#processors.map((index) => this.#timer(index));
  }

  #timer(index: number): number {
    return this.#field(TIME_TIMERS) + index * this.#field(TIME_TIMER_SIZE);
  }

  #field(offset: number): number {
    return this.#core.view.u32(this.#address + offset);
  }

  #write(config: CheckedTime): void {
    const { by, tick, points, clock, partitions } = config;
    const { view } = this.#core;
    const words: readonly (readonly [offset: number, value: number])[] = [
      [TIME_TICK, tick],
      [TIME_BY, by],
      [TIME_POINTS, points],
      [TIME_CLOCK, clock.kind],
      [TIME_WIDTH, clock.width],
      [TIME_READ, clock.read],
      [TIME_REPAIR, clock.repair],
      [TIME_MASKED, clock.masked],
      [TIME_FAULT, clock.fault],
      [TIME_FREE_BY_RATIO, Number(partitions?.freeByRatio ?? false)],
      [TIME_BANKRUPT, partitions?.bankruptcy ?? 0],
      [TIME_SLOTS, partitions?.slots ?? 0],
    ];
    for (const [offset, value] of words) view.setU32(this.#address + offset, value);
    view.setF64(this.#address + TIME_RATE, clock.rate);
    view.setF64(this.#address + TIME_SCALE, clock.scale);
    view.setF64(this.#address + TIME_DRIFT, clock.drift);
    view.setU64(this.#address + TIME_FAULT_AT, clock.faultAt);
    view.setU64(this.#address + TIME_FAULT_BY, clock.faultBy);
  }
}

/** Ticks that windows have room for. */
export function slotsOf(config: CheckedTime): number {
  return config.partitions?.mostSlots ?? 0;
}
