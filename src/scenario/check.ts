import { grouped } from "./number.js";
import type { Expectation } from "./report.js";
import type { ClaimPlan } from "./scenario.js";

const PERCENT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** One thing claimed: the words for it, and a test that gives what was found, or null if true. */
export type Check<Subject> = [words: string, fault: (subject: Subject) => string | null];

export function settle<Subject>(
  who: string,
  [words, fault]: Check<Subject>,
  subject: Subject,
): Expectation {
  const found = fault(subject);
  return { text: who + words + (found === null ? "" : `; found ${found}`), ok: found === null };
}

export function within<Subject>(
  what: string,
  bounds: NonNullable<ClaimPlan["consumed"]>,
  of: (subject: Subject) => bigint,
): Check<Subject> {
  const exact = typeof bounds === "bigint";
  const { min, max } = exact ? { min: bounds, max: bounds } : bounds;
  const words = [
    ...(min === undefined || exact ? [] : [`at least ${grouped(min)}`]),
    ...(max === undefined || exact ? [] : [`at most ${grouped(max)}`]),
    ...(exact ? [grouped(bounds)] : []),
  ].join(", ");
  const fault = (subject: Subject) => {
    const found = of(subject);
    return (min !== undefined && found < min) || (max !== undefined && found > max)
      ? grouped(found)
      : null;
  };
  return [`${what} ${words}`, fault];
}

/** The same of a percentage; null is one of nothing. */
export function withinShares<Subject>(
  what: string,
  { min, max, about, within }: NonNullable<ClaimPlan["share"]>,
  of: (subject: Subject) => number | null,
): Check<Subject> {
  const least = about === undefined ? min : about - within!;
  const most = about === undefined ? max : about + within!;
  const words =
    about === undefined
      ? [
          ...(min === undefined ? [] : [`at least ${percentage(min)}`]),
          ...(max === undefined ? [] : [`at most ${percentage(max)}`]),
        ].join(", ")
      : `${percentage(about)} ± ${PERCENT.format(within!)}`;
  const fault = (subject: Subject) => {
    const found = of(subject);
    if (found === null) return "nothing to compare with";
    const isIn = (least === undefined || found >= least) && (most === undefined || found <= most);
    return isIn ? null : percentage(found);
  };
  return [`${what} ${words}`, fault];
}

function percentage(number: number): string {
  return `${PERCENT.format(number)} %`;
}
