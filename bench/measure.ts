// Measuring candidates side by side: each round runs all of them once, in changing order, so that what
// disturbs a round disturbs all; a ratio is of figures of the same round. What a candidate takes in a round
// is its shortest run in some milliseconds, for the longer ones had to share the processor.

import { Bench as Tinybench } from "tinybench";
import { type Figure, type Goal, isMet, type Parameters, type Size } from "./bench.js";

/** Something to be timed. */
export interface Candidate {
  readonly name: string;
  /** What one run does: the figure is time per operation. */
  readonly operations: number;
  /**
   * Does it, and answers a checksum that is `expected`. Work that times itself (another process)
   * answers its time in milliseconds, too.
   */
  run(): Checksum | { readonly checksum: Checksum; readonly milliseconds: number };
  readonly expected: Checksum;
  /** Is not timed. */
  prepare?(): void;
}

export type Checksum = number | bigint | string;

/** The figures of one candidate, by round, in nanoseconds per operation. */
export class Sample {
  readonly rounds: readonly number[];

  constructor(rounds: readonly number[]) {
    this.rounds = rounds;
  }

  /** A quantile, 0 to 1, between the nearest ones. */
  quantile(q: number): number {
    const sorted = this.rounds.toSorted((a, b) => a - b);
    const place = q * (sorted.length - 1);
    const below = sorted[Math.floor(place)]!;
    return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
  }

  /** The ratio to another, round by round. */
  over(other: Sample): Sample {
    return new Sample(this.rounds.map((value, round) => value / other.rounds[round]!));
  }

  /** What this takes more than another, round by round. */
  minus(other: Sample): Sample {
    return new Sample(this.rounds.map((value, round) => value - other.rounds[round]!));
  }

  /** A figure. The ratio is `this / yardstick`; as a `factor`, how often this goes into the yardstick. */
  figure(o: {
    name: string;
    parameters: Parameters;
    unit?: string;
    yardstick?: { name: string; sample: Sample };
    factor?: boolean;
    /** Shows millions of operations a second instead of time; the ratio stays one of times. */
    rate?: boolean;
    goal?: Goal;
  }): Figure {
    const { name, parameters, unit = "ns", yardstick, factor = false, rate = false, goal } = o;
    const shown = rate ? new Sample(this.rounds.map((value) => 1000 / value)) : this;
    const median = shown.quantile(0.5);
    const ratios = factor ? yardstick?.sample.over(this) : yardstick && this.over(yardstick.sample);
    const ratio = ratios?.quantile(0.5);
    return {
      name,
      parameters,
      unit,
      median,
      p25: shown.quantile(0.25),
      p75: shown.quantile(0.75),
      ...(yardstick ? { yardstick: yardstick.name, ratio: ratio!, factor } : {}),
      ...(goal ? { goal, met: isMet(goal, median, ratio) } : {}),
    };
  }
}

/**
 * The time per operation of each candidate, by name. A first round, in which V8 finds its optimised
 * code, is dropped. @throws {Error} where a checksum is wrong.
 */
export function measure(candidates: readonly Candidate[], size: Size): Map<string, Sample> {
  const rounds = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round <= size.rounds; round++) {
    const shift = round % candidates.length;
    const order = [...candidates.slice(shift), ...candidates.slice(0, shift)];
    for (const [name, time] of runRound(order, round === 0 ? WARM_UPS : 1)) {
      if (round > 0) rounds.get(name)!.push(time);
    }
  }
  return new Map([...rounds].map(([name, values]) => [name, new Sample(values)]));
}

/** Runs of the round that is dropped. */
const WARM_UPS = 3;
/** Milliseconds in which short runs are repeated in each round. */
const ROUND_MS = 5;

function runRound(candidates: readonly Candidate[], iterations: number): Map<string, number> {
  const tinybench = new Tinybench({ iterations, time: ROUND_MS, warmup: false, throws: true });
  for (const candidate of candidates) {
    tinybench.add(candidate.name, () => check(candidate, candidate.run()), {
      beforeEach: () => candidate.prepare?.(),
    });
  }
  tinybench.runSync();
  return new Map(
    candidates.map(({ name, operations }) => {
      const { result } = tinybench.getTask(name)!;
      if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
      return [name, (result.latency.min * 1e6) / operations];
    }),
  );
}

function check(candidate: Candidate, outcome: ReturnType<Candidate["run"]>) {
  const isTimed = typeof outcome === "object";
  const checksum = isTimed ? outcome.checksum : outcome;
  if (checksum !== candidate.expected) {
    throw new Error(`${candidate.name}: checksum ${checksum}, expected ${candidate.expected}`);
  }
  return isTimed ? { overriddenDuration: outcome.milliseconds } : undefined;
}
