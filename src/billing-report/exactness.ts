// The part of the report that is the same on every machine: how exact each way to bill is, by how often the
// processor is switched; what sets of billing points miss; what repairs of the rollover race are worth.

import type { ClockRepair } from "../clock.js";
import { type Fault, type Outcome, trial } from "./trial.js";
import { MASKED_TIMES, POINT_WAYS, REPAIRS, repairWay, WAYS, type Way } from "./way.js";

export interface ExactnessOptions {
  /** Fewer rates, and shorter: all for as many ticks. */
  readonly small: boolean;
  readonly seed: number;
  readonly fault?: Fault;
}

export interface WayReport {
  readonly way: Way;
  /** One for each rate. */
  readonly outcomes: readonly Outcome[];
}

export interface RepairReport {
  readonly repair: ClockRepair;
  /** Cycles for which interrupts are masked at most. */
  readonly masked: number;
  readonly outcome: Outcome;
}

export interface Exactness {
  /** Switches a tick, about. */
  readonly rates: readonly number[];
  /** By its key in WAYS. */
  readonly ways: Readonly<Record<keyof typeof WAYS, WayReport>>;
  readonly points: readonly WayReport[];
  readonly repairs: readonly RepairReport[];
}

export interface ExactnessTick {
  /** What is tried just now, and the how manyeth trial it is. */
  readonly what: string;
  readonly trial: number;
  readonly trials: number;
}

const RATES = [0.01, 0.1, 1, 10, 100, 1000];
const SMALL_RATES = [0.1, 1, 10];
/** Of ways that err by what they miss, not by chance. */
const TICKS = 2000;
const SMALL_TICKS = 1000;
/** A repair that knows little needs many readings. */
const REPAIR_RATES = [1, 100];

/** Yields after each trial, so that whoever goes through it can show how far it is, or stop. */
export function* exactness(options: ExactnessOptions): Generator<ExactnessTick, Exactness> {
  const { small } = options;
  const rates = small ? SMALL_RATES : RATES;
  const ticks = small ? SMALL_TICKS : TICKS;
  const names = Object.keys(WAYS) as (keyof typeof WAYS)[];
  const trials =
    (names.length + POINT_WAYS.length) * rates.length +
    REPAIR_RATES.length * MASKED_TIMES.length * REPAIRS.length;
  let number = 0;
  const ways: [keyof typeof WAYS, WayReport][] = [];
  for (const name of names) ways.push([name, yield* atAllRates(WAYS[name])]);
  const points: WayReport[] = [];
  for (const way of POINT_WAYS) points.push(yield* atAllRates(way));
  const repairs: RepairReport[] = [];
  for (const rate of REPAIR_RATES) {
    for (const masked of MASKED_TIMES) {
      for (const repair of REPAIRS) {
        const done = options.fault === "no-repair" ? "none" : repair;
        const outcome = yield* tried(repairWay(done, masked), rate, ticks);
        repairs.push({ repair, masked, outcome });
      }
    }
  }
  return {
    ...{ rates, points, repairs },
    ways: Object.fromEntries(ways) as Exactness["ways"],
  };

  function* atAllRates(way: Way): Generator<ExactnessTick, WayReport> {
    const outcomes: Outcome[] = [];
    for (const rate of rates) {
      outcomes.push(yield* tried(way, rate, small ? ticks : (way.ticks ?? ticks)));
    }
    return { way, outcomes };
  }

  function* tried(way: Way, rate: number, ticks: number): Generator<ExactnessTick, Outcome> {
    const what = `${way.name}, ${rate} switches a tick`;
    yield { what, trial: ++number, trials };
    const { seed, fault } = options;
    return trial(way, { rate, ticks, seed, ...(fault && { fault }) });
  }
}
