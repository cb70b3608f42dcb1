// What a bench is, and the figures that it yields.

/** One of the benches that `npm run bench` runs, by name. */
export interface Bench {
  readonly name: string;
  /** What it measures, in a line. */
  readonly about: string;
  run(size: Size): Figure[] | Promise<Figure[]>;
}

/** How much a bench does: small where it is to be quick (CI), in so many rounds. */
export interface Size {
  readonly small: boolean;
  readonly rounds: number;
}

export type Parameters = Readonly<Record<string, number | string>>;

export interface Figure {
  /** What was measured. */
  readonly name: string;
  readonly parameters: Parameters;
  /** Of `median`, `p25` and `p75`, which are over rounds. */
  readonly unit: string;
  readonly median: number;
  readonly p25: number;
  readonly p75: number;
  /** What it is compared with, in the same rounds, and the median of the ratios. */
  readonly yardstick?: string;
  readonly ratio?: number;
  /** Whether the ratio says how many times faster this is; else it is this over the yardstick. */
  readonly factor?: boolean;
  /** The figure or the ratio that it should reach, and whether it did. */
  readonly goal?: Goal;
  readonly met?: boolean;
}

export interface Goal {
  readonly of: "median" | "ratio";
  readonly atMost?: number;
  readonly atLeast?: number;
}

export function atMost(limit: number): Goal {
  return { of: "median", atMost: limit };
}

export function ratioAtMost(limit: number): Goal {
  return { of: "ratio", atMost: limit };
}

export function ratioAtLeast(limit: number): Goal {
  return { of: "ratio", atLeast: limit };
}

/** A goal in words. */
export function goalText({ of, atMost, atLeast }: Goal): string {
  const limit = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;
  return of === "ratio" ? `${limit} ×` : limit;
}

export function isMet(goal: Goal, median: number, ratio: number | undefined): boolean {
  const value = goal.of === "median" ? median : ratio;
  if (value === undefined) return false;
  return goal.atMost === undefined ? value >= goal.atLeast! : value <= goal.atMost;
}
