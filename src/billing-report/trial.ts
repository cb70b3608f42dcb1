// One trial: the workload runs for so many ticks, is billed in one way, and the bills are compared with what
// each domain ran.

import { type Bill, type Errors, errorsOf } from "./errors.js";
import { TICK, type Way } from "./way.js";
import { openWorkload } from "./workload.js";

export interface TrialOptions {
  readonly rate: number;
  /** For how many ticks of 1 ms. */
  readonly ticks: number;
  readonly seed: number;
  readonly fault?: Fault;
}

/** Faults to plant: what the report must not let pass. */
export type Fault =
  /** Of what the first domain is billed for, one cycle in a hundred is lost. */
  | "lost-cycles"
  /** The one who dodges ticks runs at them. */
  | "no-dodge"
  /** No repair of the rollover race repairs it. */
  | "no-repair";

export interface Outcome extends Errors {
  readonly way: string;
  readonly rate: number;
  /** For how many ticks it ran. */
  readonly ticks: number;
  /** What came of it, really: switches in a tick. */
  readonly switches: number;
  readonly bills: readonly Bill[];
  /** Percent of the processor's time that the readings took, and how many there were at a switch. */
  readonly readTime: number;
  readonly readings: number;
  /** Times that the clock was found to go back, or to jump; ticks that were served too late to be seen. */
  readonly backwards: number;
  readonly jumps: number;
  readonly missed: number;
  /** Cycles that are neither billed to anybody, nor nobody's, nor still to be billed; of sound clocks 0. */
  readonly unaccounted: number;
  readonly findings: readonly string[];
}

export function trial(way: Way, { rate, ticks, seed, fault }: TrialOptions): Outcome {
  const { kernel, domains } = openWorkload({
    ...{ rate, billing: way.billing, seed },
    ...(fault === "no-dodge" && { dodges: false }),
  });
  const end = BigInt(ticks * TICK);
  while (kernel.time < end) kernel.step({ cycles: end - kernel.time });
  // Who runs is billed for what it ran so far, if billing has a point for that.
  for (const domain of domains) domain.stop();
  const bills = domains.map(({ name, ran, consumed, owed }, number) => {
    const kept = fault === "lost-cycles" && number === 0 ? 0.99 : 1;
    return { name, ran: Number(ran), billed: Math.round(Number(consumed + owed) * kept) };
  });
  const timing = kernel.timing();
  const { elapsed, billed, idle, unbilled, reads, readCycles } = timing;
  const switches = Number(kernel.statistics().switches);
  const { findings } = kernel.check();
  kernel.dispose();
  return {
    ...{ way: way.name, rate, ticks, bills, findings },
    ...errorsOf(bills),
    switches: switches / ticks,
    readTime: (100 * Number(readCycles)) / Number(elapsed),
    readings: Number(reads) / switches,
    backwards: Number(timing.backwards),
    jumps: Number(timing.jumps),
    missed: Number(timing.missedTicks),
    unaccounted: Number(elapsed - billed - idle - unbilled),
  };
}
