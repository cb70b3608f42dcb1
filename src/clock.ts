// The clocks that billing can read: what they count, what a reading takes, and how they go wrong.

import { CLOCK_HZ } from "../assembly/layout.js";
import {
  CLOCK_COUNTDOWN,
  CLOCK_COUNTER,
  CLOCK_EXACT,
  FAULT_BACK,
  FAULT_JUMP,
  FAULT_NONE,
  FAULT_STOP,
  REPAIR_ADD,
  REPAIR_HOLD,
  REPAIR_NONE,
  REPAIR_PENDING,
} from "../assembly/time-layout.js";
import { OptionError } from "./errors.js";
import { checkNames, cycles, show, whole } from "./options.js";

export type ClockOptions = ExactClock | CounterClock | CountdownClock;

/** Counts cycles as the kernel itself does; reading it takes none. */
export interface ExactClock {
  readonly kind: "exact";
}

/** A counter that runs freely and wraps. */
export interface CounterClock {
  readonly kind: "counter";
  /** Units in a second, in which 16,000,000 cycles pass; at least one in a tick. 16,000,000. */
  readonly hz?: number;
  /** Its bits, 8 to 64: half of what it can count must be more than two ticks. 64. */
  readonly width?: number;
  /** Cycles that a reading takes, up to a quarter of a tick. 0. */
  readonly read?: number;
  /** By what part of its rate it is faster than the kernel believes, −0.5 to 1. 0. */
  readonly error?: number;
  /**
   * By how many millionths of its rate it gains in each second, −100 to 1,000: one that loses stands still in the
   * end, after 10,000 seconds at the soonest. 0.
   */
  readonly drift?: number;
  /** What breaks, once. */
  readonly fault?: ClockFault;
}

/**
 * A clock emulated from a timer that counts down and is reloaded at each tick: between the reload and the service of
 * its interrupt, a reading is one load too low.
 */
export interface CountdownClock {
  readonly kind: "countdown";
  readonly hz?: number;
  readonly read?: number;
  readonly error?: number;
  /** For how many cycles interrupts are masked at most, up to 100 ticks: a tick is served that much later. 0. */
  readonly masked?: number;
  /**
   * What a reading does about the reload. "add" adds a load where it would be below the last one, "hold" answers the last
   * one then, "pending" asks whether the interrupt is pending, and adds a load. "none".
   */
  readonly repair?: ClockRepair;
}

export type ClockRepair = keyof typeof REPAIRS;

/** At a time of the kernel, in cycles, it stops for good, jumps ahead, or goes back, by so many cycles. */
export type ClockFault =
  | { readonly at: bigint; readonly does: "stop" }
  | { readonly at: bigint; readonly does: "jump" | "back"; readonly by: bigint };

/**
 * The clocks of targets that QNX runs on. Known is in which order their readings cost: one instruction of an x86, a few of
 * a PowerPC, an on-chip countdown of a MIPS that is quick to ask, and the slow input and output of an older ARM. The
 * cycles are numbers for that, not measurements.
 */
export const clocks = Object.freeze({
  exact: Object.freeze({ kind: "exact" }),
  x86: Object.freeze({ kind: "counter", read: 1 }),
  powerpc: Object.freeze({ kind: "counter", read: 4 }),
  mips: Object.freeze({ kind: "countdown", read: 20, repair: "pending" }),
  arm: Object.freeze({ kind: "countdown", read: 400, repair: "pending" }),
}) satisfies Readonly<Record<string, ClockOptions>>;

/** As the kernel is told of it. @internal */
export interface CheckedClock {
  readonly kind: number;
  /** Units per cycle; cycles per unit, as the kernel believes; what the rate gains in a cycle. */
  readonly rate: number;
  readonly scale: number;
  readonly drift: number;
  readonly width: number;
  readonly read: number;
  readonly repair: number;
  readonly masked: number;
  readonly fault: number;
  readonly faultAt: bigint;
  readonly faultBy: bigint;
}

const KINDS = { exact: CLOCK_EXACT, counter: CLOCK_COUNTER, countdown: CLOCK_COUNTDOWN } as const;
const NAMES = {
  exact: ["kind"],
  counter: ["kind", "hz", "width", "read", "error", "drift", "fault"],
  countdown: ["kind", "hz", "read", "error", "masked", "repair"],
} as const;
const REPAIRS = {
  none: REPAIR_NONE,
  add: REPAIR_ADD,
  hold: REPAIR_HOLD,
  pending: REPAIR_PENDING,
} as const;
const FAULTS = { stop: FAULT_STOP, jump: FAULT_JUMP, back: FAULT_BACK } as const;

/** A thousand units in a cycle: what they come to in a kernel's life still fits 64 bits. */
const MAX_HZ = 1000 * CLOCK_HZ;
const MAX_WIDTH = 64;
/** Readings that take as long as a tick would leave no time between ticks. */
const READS_IN_TICK = 4;
const MOST_MASKED_TICKS = 100;
const MILLION = 1_000_000;

/** @throws {OptionError} @internal */
export function checkClock(clock: ClockOptions, tick: number): CheckedClock {
  const what = "billing.clock";
  // Any names: which ones there are depends on its kind.
  if (typeof clock !== "object" || clock === null || !Object.hasOwn(KINDS, clock.kind)) {
    const found = show(typeof clock === "object" && clock !== null ? clock.kind : clock);
    throw new OptionError(
      `${what}: found ${found}, expected an object with a kind of ${Object.keys(KINDS).join(", ")}`,
    );
  }
  checkNames(what, clock, NAMES[clock.kind]);
  // A clock without an option is as one that could have it and does not.
  const o: Partial<CounterClock & Omit<CountdownClock, "kind">> = clock as CounterClock;
  const hz = whole(`${what}.hz`, o.hz ?? CLOCK_HZ, 1, MAX_HZ);
  const error = within(`${what}.error`, o.error ?? 0, -0.5, 1);
  const drift = within(`${what}.drift`, o.drift ?? 0, -100, 1000);
  const width = whole(`${what}.width`, o.width ?? MAX_WIDTH, 8, MAX_WIDTH);
  const rate = (hz / CLOCK_HZ) * (1 + error);
  checkResolution(rate, tick, hz);
  checkWidth(rate, tick, width);
  return {
    kind: KINDS[clock.kind],
    ...{ rate, scale: CLOCK_HZ / hz, drift: drift / MILLION / CLOCK_HZ, width },
    read: whole(`${what}.read`, o.read ?? 0, 0, Math.floor(tick / READS_IN_TICK)),
    repair: REPAIRS[choice(`${what}.repair`, o.repair ?? "none", REPAIRS)],
    masked: whole(`${what}.masked`, o.masked ?? 0, 0, MOST_MASKED_TICKS * tick),
    ...checkFault(`${what}.fault`, o.fault),
  };
}

/** The one of several names that was given. @throws {OptionError} @internal */
export function choice<Name extends string>(
  what: string,
  value: Name,
  names: Readonly<Record<Name, unknown>>,
): Name {
  if (typeof value === "string" && Object.hasOwn(names, value)) return value;
  const expected = Object.keys(names).join(", ");
  throw new OptionError(`${what}: found ${show(value)}, expected one of ${expected}`);
}

function checkResolution(rate: number, tick: number, hz: number): void {
  if (rate * tick >= 1) return;
  const least = Math.ceil((hz / rate) * (1 / tick));
  throw new OptionError(
    `billing.clock.hz: found ${hz}, less than one unit in a tick of ${tick} cycles, expected at least ${least}`,
  );
}

/** A difference of more than half of what it counts looks as if it had gone back. */
function checkWidth(rate: number, tick: number, width: number): void {
  const most = 2 * tick * rate;
  if (most < 2 ** (width - 1)) return;
  const least = Math.floor(Math.log2(most)) + 2;
  throw new OptionError(
    `billing.clock.width: found ${width}, too few bits to tell two ticks of ${tick} cycles from going back, expected at least ${least}`,
  );
}

function checkFault(what: string, fault: ClockFault | undefined) {
  if (fault === undefined) return { fault: FAULT_NONE, faultAt: 0n, faultBy: 0n };
  checkNames(what, fault, ["at", "does", "by"]);
  const does = choice(`${what}.does`, fault.does, FAULTS);
  const faultAt = cycles(`${what}.at`, fault.at);
  const by = "by" in fault ? fault.by : undefined;
  if (does === "stop" && by !== undefined) {
    throw new OptionError(`${what}.by: found ${show(by)}, but a clock that stops goes nowhere`);
  }
  const faultBy = does === "stop" ? 0n : cycles(`${what}.by`, by as bigint);
  if (does !== "stop" && faultBy === 0n) {
    throw new OptionError(`${what}.by: found 0n, expected at least 1n cycle`);
  }
  return { fault: FAULTS[does], faultAt, faultBy };
}

function within(what: string, value: number, min: number, max: number): number {
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw new OptionError(`${what}: found ${show(value)}, expected a number from ${min} to ${max}`);
}
