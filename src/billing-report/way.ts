// The ways to bill that the report compares: by the tick, and by clocks that are good, dear, coarse or wrong.

import { BILLING_POINTS, type BillingOptions, type BillingPoint } from "../billing.js";
import { type ClockOptions, type ClockRepair, clocks } from "../clock.js";

/** Cycles of a tick: 1 ms of a 16 MHz clock. */
export const TICK = 16_000;
/** Cycles of the tick that KeyKOS billed by: 10 ms. */
export const LONG_TICK = 160_000;

export interface Way {
  readonly name: string;
  /** What it is, in a line. */
  readonly about: string;
  readonly billing: BillingOptions;
  /** For how many ticks it is tried, where its errors are of chance and even out in time. */
  readonly ticks?: number;
}

/** A clock in the hands of microbilling, at all points. */
function way(name: string, about: string, clock: ClockOptions): Way {
  return { name, about, billing: { tick: TICK, clock } };
}

/**
 * 200 units in a tick, as QNX wants them at least, and a few in a second more: a clock has a crystal of its own, or
 * who begins with the tick would be billed the same wrong amount each time.
 */
const COARSE_HZ = 200_017;
/** A hundredth of a tick: a handler of interrupts, or a short section with interrupts off. */
const MASKED = TICK / 100;

export const WAYS = {
  tick: {
    name: "tick of 1 ms",
    about: "each tick is billed, whole, to who runs at it",
    billing: { by: "tick", tick: TICK },
    ticks: 10_000,
  },
  longTick: {
    name: "tick of 10 ms",
    about: "the same, with the tick that KeyKOS had",
    billing: { by: "tick", tick: LONG_TICK },
    ticks: 10_000,
  },
  exact: way(
    "exact",
    "microbilling, all points, with a clock that is exact and free",
    clocks.exact,
  ),
  x86: way("x86", "a counter on the chip: a reading is one cycle", clocks.x86),
  powerpc: way("powerpc", "the same: a reading is 4 cycles", clocks.powerpc),
  mips: way("mips", "emulated from a countdown on the chip: 20 cycles", {
    ...clocks.mips,
    masked: MASKED,
  }),
  unmended: way("mips, no repair", "the same, but the rollover race is not repaired", {
    ...clocks.mips,
    masked: MASKED,
    repair: "none",
  }),
  arm: way("arm", "emulated from a countdown off the chip: 400 cycles", {
    ...clocks.arm,
    masked: MASKED,
  }),
  coarse: {
    ...way("coarse", "a free counter of 200 units a tick: the least that QNX asks for", {
      kind: "counter",
      hz: COARSE_HZ,
    }),
    // At 1,000 switches a tick it takes many bursts until its readings even out.
    ticks: 40_000,
  },
  fast: way("10 % fast", "a free counter, 10 % faster than is believed", {
    kind: "counter",
    error: 0.1,
  }),
  drifting: way("drifting", "a free counter that gains 1,000 millionths in each second", {
    kind: "counter",
    drift: 1000,
  }),
} as const satisfies Record<string, Way>;

/** Clocks whose readings take time, by that. */
export const READ_WAYS: readonly Way[] = [WAYS.x86, WAYS.powerpc, WAYS.mips, WAYS.arm];

/** One after the other: what is billed gets better with each, or no worse. */
const GROWING: readonly BillingPoint[] = [
  ...(["tick", "stop", "start", "message", "preempt", "wake", "decide"] as const),
];

export const ALL_POINTS = "all points";
/** Sets of billing points, with the exact clock: what they miss is all that they err by. */
export const POINT_WAYS: readonly Way[] = [
  ...GROWING.map((point, number) =>
    points(number === 0 ? `${point} alone` : `  and ${point}`, GROWING.slice(0, number + 1)),
  ),
  points(ALL_POINTS, BILLING_POINTS),
  ...BILLING_POINTS.map((point) => points(`all but ${point}`, without(point))),
];

function points(name: string, points: readonly BillingPoint[]): Way {
  return { name, about: points.join(", "), billing: { tick: TICK, clock: clocks.exact, points } };
}

function without(left: BillingPoint): BillingPoint[] {
  return BILLING_POINTS.filter((point) => point !== left);
}

export const REPAIRS: readonly ClockRepair[] = ["none", "add", "hold", "pending"];
/** Cycles for which interrupts are masked at most: parts of a tick, and more than one. */
export const MASKED_TIMES: readonly number[] = [0.01, 0.1, 0.5, 0.9, 1.5].map(
  (ticks) => ticks * TICK,
);

/** A clock of a MIPS, repaired so. Readings are free: else they would be part of the error. */
export function repairWay(repair: ClockRepair, masked: number): Way {
  return way(repair, "", { kind: "countdown", repair, masked });
}
