// What a report on residence shows, in sentences.

import { CYCLES_OF_MS } from "../../assembly/layout.js";
import { digits, percent } from "../billing-report/digits.js";
import type { Verdict } from "../billing-report/verdict.js";
import { grouped } from "../scenario/number.js";
import type { ResidenceReport } from "./report.js";
import type { Scheme } from "./scheme.js";

/** So many standard errors are not chance; and what is less in points is of no account. */
const MOST_ERRORS = 3;
const LEAST_POINTS = 0.5;
/** Of the time that lock cycles should take; one that waits for a slice now and then is no matter. */
const LATE = 1.02;
/** Words of those that are furthest from the truth. */
const MOST_NAMED = 4;

/** What must be so. */
export function residenceVerdicts({ mismatches, statistics }: ResidenceReport): Verdict[] {
  const [first] = mismatches;
  const text = first
    ? `The kernel's account of "${first.account}" holds ${grouped(first.held)} word-cycles, but ${grouped(first.sampled)} were charged.`
    : `The kernel's accounts hold what was charged, ${grouped(statistics.charged)} word-cycles, to the unit.`;
  return [{ ok: first === undefined, text }];
}

/** What is found out. */
export function findings(report: ResidenceReport): string[] {
  return [
    workingSetWords(report),
    lateWords(report),
    schemeWords(report),
    unfairWords(report),
  ].filter((text) => text !== "");
}

function workingSetWords({ rate, referenced }: ResidenceReport): string {
  if (rate === null) return "No lock cycle has ended: there is nothing to say of rates.";
  const { faultsPerSecond, workingSet, error } = rate;
  const product = `${digits(faultsPerSecond)} faults a second × the scan period = ${digits(workingSet)} pages`;
  const off = error === null ? "" : ` (${percent(error)} off)`;
  return `${product}; ${digits(referenced)} were referenced in a period${off}.`;
}

/** Rates are by the period, and mean little where lock cycles are not so often. */
function lateWords({ cycles, time, period }: ResidenceReport): string {
  if (cycles === 0 || Number(time) <= LATE * cycles * period) return "";
  const found = digits(Number(time) / cycles / CYCLES_OF_MS);
  return `Lock cycles were one in ${found} ms in the mean, not one in ${digits(period / CYCLES_OF_MS)} ms: they wait for slices that last longer, or the period was changed.`;
}

function schemeWords({ schemes }: ResidenceReport): string {
  const words = schemes.flatMap(({ name, scheme, errors: { misplaced } }) =>
    misplaced === null || scheme === TRUTH ? [] : [`${name} ${percent(misplaced)}`],
  );
  return words.length === 0
    ? ""
    : `Of all charges, whoever is to pay does not: ${words.join(", ")}.`;
}

const TRUTH: Scheme = "access";

/** Whom Multics treats better or worse than chance would. */
function unfairWords({ schemes, chance }: ResidenceReport): string {
  const { points } = schemes.find(({ scheme }) => scheme === "multics")!.errors;
  if (points === null || chance === null) return "";
  const unfair = [...points].filter(
    ([account, off]) =>
      Math.abs(off) > Math.max(LEAST_POINTS, MOST_ERRORS * (chance.get(account) ?? 0)),
  );
  if (unfair.length === 0) return "By Multics nobody pays more or less than chance explains.";
  const named = unfair
    .toSorted(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, MOST_NAMED)
    .map(
      ([account, off]) =>
        `${account} ${digits(Math.abs(off))} points too ${off < 0 ? "little" : "much"}`,
    );
  return `By Multics, more than chance explains: ${named.join(", ")}.`;
}
