// How domains are billed where a clock does that, and in which windows partitions are averaged: the options of
// createKernel for both, and their checks.

import { CLOCK_HZ, MAX_RUN } from "../assembly/layout.js";
import {
  BANKRUPT_CANCEL,
  BANKRUPT_DEFAULT,
  BANKRUPT_NOTIFY,
  BANKRUPT_STOP,
  BY_CLOCK,
  BY_TICK,
  MAX_TICKS,
  POINT_DECIDE,
  POINT_MESSAGE,
  POINT_PREEMPT,
  POINT_SPENT,
  POINT_START,
  POINT_STOP,
  POINT_TICK,
  POINT_WAKE,
} from "../assembly/time-layout.js";
import { type CheckedClock, type ClockOptions, checkClock, choice, clocks } from "./clock.js";
import { OptionError } from "./errors.js";
import { checkNames, show, whole } from "./options.js";

/** Domains are billed by the readings of a clock, as hosts without a cycle counter for each program do. */
export interface BillingOptions {
  /**
   * "microbill": at each of `points` the clock is read, and the difference billed to who ran since the last reading.
   * "tick": each tick is billed, whole, to who runs at it; no clock is read. "microbill".
   */
  readonly by?: "microbill" | "tick";
  /** The period of the timer in cycles, 16 to 16,000,000; with partitions 250 to 6,400,000. 16,000: 1 ms. */
  readonly tick?: number;
  /** `clocks.exact`. */
  readonly clock?: ClockOptions;
  /** When the clock is read, at least one. All of them. */
  readonly points?: readonly BillingPoint[];
}

/**
 * Domains are in partitions, which share the processors by their budgets. Each has one of all that is billed, by
 * `billing`, and without it to the cycle.
 */
export interface PartitioningOptions {
  /** The averaging window in cycles: 1 to 512 whole ticks, 128,000 to 6,400,000 (8 to 400 ms). 100 ticks. */
  readonly window?: number;
  /** Who has the time that others leave: who has the higher priority, or each in the ratio of budgets. "priority". */
  readonly freeTime?: "priority" | "ratio";
  /**
   * What follows where a partition has overdrawn its critical budget. Always: it has no budget until its window is within
   * the other one. "cancel": its critical budget is 0 from then on. "notify": also event "bankruptcy", the first time. "stop": that
   * event each time, and the run is rejected with PartitionError BANKRUPT. "default".
   */
  readonly bankruptcy?: "default" | "cancel" | "notify" | "stop";
}

/** The moments at which the clock can be read. */
export type BillingPoint = keyof typeof POINTS;

const POINTS = {
  /** A domain begins to run: what went before was nobody's. */
  start: POINT_START,
  /** The one that runs waits, traps or ends. */
  stop: POINT_STOP,
  /** It hands over to another with a message, an answer, or by a keeper call. */
  message: POINT_MESSAGE,
  /** Its slice ends, or another comes first. */
  preempt: POINT_PREEMPT,
  /** Some domain becomes ready. */
  wake: POINT_WAKE,
  tick: POINT_TICK,
  /** Somebody is to be chosen. */
  decide: POINT_DECIDE,
  /** The timer says that the cache of the one that runs is used up. */
  spent: POINT_SPENT,
} as const;

/** All billing points, as `points` names them. */
export const BILLING_POINTS = Object.freeze(Object.keys(POINTS)) as readonly BillingPoint[];

/** As the kernel is told of it. @internal */
export interface CheckedTime {
  readonly by: number;
  readonly tick: number;
  readonly points: number;
  readonly clock: CheckedClock;
  /** Undefined without partitions. */
  readonly partitions: CheckedPartitioning | undefined;
}

/** @internal */
export interface CheckedPartitioning {
  /** Ticks of the window, and how many it can come to have. */
  readonly slots: number;
  readonly mostSlots: number;
  readonly freeByRatio: boolean;
  readonly bankruptcy: number;
}

const WAYS = { microbill: BY_CLOCK, tick: BY_TICK } as const;
const FREE_TIMES = { priority: false, ratio: true } as const;
const POLICIES = {
  default: BANKRUPT_DEFAULT,
  cancel: BANKRUPT_CANCEL,
  notify: BANKRUPT_NOTIFY,
  stop: BANKRUPT_STOP,
} as const;

const MIN_TICK = 16;
const MAX_TICK = CLOCK_HZ;
const DEFAULT_TICK = 16_000;
const DEFAULT_SLOTS = 100;
/** Ticks of a slice, as QNX has it for round robin. */
const SLICE_TICKS = 4;
const MIN_WINDOW = (8 * CLOCK_HZ) / 1000;
const MAX_WINDOW = (400 * CLOCK_HZ) / 1000;

/** What both options together mean; undefined where neither is given. @throws {OptionError} @internal */
export function checkTime(
  billing: BillingOptions | undefined,
  partitions: PartitioningOptions | undefined,
): CheckedTime | undefined {
  if (billing === undefined && partitions === undefined) return undefined;
  const given = billing === undefined ? {} : billing;
  checkNames("billing", given, ["by", "tick", "clock", "points"]);
  const by = WAYS[choice("billing.by", given.by ?? "microbill", WAYS)];
  const isPartitioned = partitions !== undefined;
  const least = isPartitioned ? Math.ceil(MIN_WINDOW / MAX_TICKS) : MIN_TICK;
  const most = isPartitioned ? MAX_WINDOW : MAX_TICK;
  const tick = whole("billing.tick", given.tick ?? DEFAULT_TICK, least, most);
  for (const name of ["clock", "points"] as const) {
    if (by !== BY_TICK || given[name] === undefined) continue;
    throw new OptionError(`billing.${name}: by tick no clock is read, expected it left out`);
  }
  return {
    ...{ by, tick },
    points: checkPoints(given.points ?? BILLING_POINTS),
    clock: checkClock(given.clock === undefined ? clocks.exact : given.clock, tick),
    partitions: isPartitioned ? checkPartitioning(partitions, tick) : undefined,
  };
}

/** The quantum that partitions have where none is given, at least what any instruction takes. @internal */
export function sliceOf(tick: number, least: number): number {
  return Math.max(least, Math.min(SLICE_TICKS * tick, MAX_RUN));
}

/** Ticks of an averaging window. @throws {OptionError} @internal */
export function checkWindow(what: string, window: number, tick: number): number {
  whole(what, window, MIN_WINDOW, MAX_WINDOW);
  if (window < tick) {
    throw new OptionError(`${what}: found ${window}, shorter than a tick of ${tick} cycles`);
  }
  if (window % tick !== 0) {
    throw new OptionError(
      `${what}: found ${window}, expected a whole number of ticks of ${tick} cycles, such as ${tick * Math.round(window / tick)}`,
    );
  }
  if (window / tick > MAX_TICKS) {
    throw new OptionError(
      `${what}: found ${window}, which is ${window / tick} ticks, expected at most ${MAX_TICKS}`,
    );
  }
  return window / tick;
}

function checkPartitioning(partitions: PartitioningOptions, tick: number): CheckedPartitioning {
  checkNames("partitions", partitions, ["window", "freeTime", "bankruptcy"]);
  const { freeTime = "priority", bankruptcy = "default" } = partitions;
  const mostSlots = Math.min(MAX_TICKS, Math.floor(MAX_WINDOW / tick));
  const usual = Math.min(mostSlots, Math.max(DEFAULT_SLOTS, Math.ceil(MIN_WINDOW / tick)));
  return {
    slots: checkWindow("partitions.window", partitions.window ?? usual * tick, tick),
    mostSlots,
    freeByRatio: FREE_TIMES[choice("partitions.freeTime", freeTime, FREE_TIMES)],
    bankruptcy: POLICIES[choice("partitions.bankruptcy", bankruptcy, POLICIES)],
  };
}

function checkPoints(points: readonly BillingPoint[]): number {
  if (!Array.isArray(points) || points.length === 0) {
    const found = Array.isArray(points) ? "none" : show(points);
    throw new OptionError(`billing.points: found ${found}, expected an array of at least one`);
  }
  let bits = 0;
  for (const [i, point] of (points as readonly BillingPoint[]).entries()) {
    bits |= 1 << POINTS[choice(`billing.points[${i}]`, point, POINTS)];
  }
  return bits;
}
