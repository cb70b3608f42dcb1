import { grouped } from "./number.js";
import type { DomainReport, Expectation, MeterReport } from "./report.js";
import type { ClaimPlan } from "./scenario.js";

/** What claims are held against. */
export interface Standing {
  readonly idle: boolean;
  conserved(): boolean;
  meter(name: string): MeterReport;
  /** All copies, where the name is that of several. */
  domains(name: string): readonly DomainReport[];
}

type Bounds = ClaimPlan["consumed"];
/** One thing claimed: the words for it, and a test that gives what was found, or null if true. */
type Check<Subject> = [words: string, fault: (subject: Subject) => string | null];

/** Holds every claim of one `[[expect]]` table against how things stand. */
export function judge(claim: ClaimPlan, standing: Standing): Expectation[] {
  const when = claim.cycle === undefined ? "" : `at ${grouped(claim.cycle)}, `;
  const { domain, meter } = claim;
  if (domain !== undefined) {
    const subjects = standing.domains(domain);
    const who = subjects.length > 1 ? `${domain} (${grouped(subjects.length)} copies)` : domain;
    return domainChecks(claim).map((check) => settle(`${when}${who}`, check, subjects));
  }
  if (meter !== undefined) {
    const subjects = [standing.meter(meter)];
    return meterChecks(claim).map((check) => settle(`${when}${meter}`, check, subjects));
  }
  const outcomes: Expectation[] = [];
  if (claim.conserved) {
    outcomes.push({ text: `${when}every cycle is accounted for`, ok: standing.conserved() });
  }
  if (claim.idle !== undefined) {
    const text = claim.idle ? "nothing is left to run" : "something is left to run";
    outcomes.push({ text: `${when}${text}`, ok: standing.idle === claim.idle });
  }
  return outcomes;
}

/** How many things an `[[expect]]` table claims. */
export function claimed({
  cycle: _cycle,
  domain: _domain,
  meter: _meter,
  ...rest
}: ClaimPlan): number {
  return Object.values(rest).filter((value) => value !== undefined).length;
}

/** A claim whose cycle never came. */
export function unreached(claim: ClaimPlan): Expectation {
  const who = claim.domain ?? claim.meter ?? "the whole";
  return { text: `at ${grouped(claim.cycle!)}, ${who}; the run ended before`, ok: false };
}

function settle<Subject extends { name: string }>(
  who: string,
  [words, fault]: Check<Subject>,
  subjects: readonly Subject[],
): Expectation {
  for (const subject of subjects) {
    const found = fault(subject);
    if (found === null) continue;
    const where = subjects.length > 1 ? ` in ${subject.name}` : "";
    return { text: `${who}: ${words}; found ${found}${where}`, ok: false };
  }
  return { text: `${who}: ${words}`, ok: true };
}

function domainChecks(claim: ClaimPlan): Check<DomainReport>[] {
  const checks: Check<DomainReport>[] = [];
  const { exit, state, output, trap } = claim;
  const contained = claim["output-contains"];
  if (exit !== undefined) {
    checks.push([`exit code ${exit}`, (d) => (d.exitCode === exit ? null : exitOf(d))]);
  }
  if (state !== undefined) {
    checks.push([state, (d) => (d.state === state ? null : d.state)]);
  }
  if (output !== undefined) {
    const fault = (d: DomainReport) => (d.output === output ? null : quoted(d.output));
    checks.push([`output ${quoted(output)}`, fault]);
  }
  if (contained !== undefined) {
    const fault = (d: DomainReport) => (d.output.includes(contained) ? null : quoted(d.output));
    checks.push([`output contains ${quoted(contained)}`, fault]);
  }
  if (trap !== undefined) {
    checks.push([
      `trap ${hex(trap)}`,
      (d) => (d.trap?.code === trap ? null : d.trap ? hex(d.trap.code) : "no trap"),
    ]);
  }
  const { consumed } = claim;
  if (consumed !== undefined) checks.push(within("consumed", consumed, (d) => d.consumed));
  return checks;
}

function meterChecks(claim: ClaimPlan): Check<MeterReport>[] {
  const checks: Check<MeterReport>[] = [];
  const { consumed, counter } = claim;
  const calls = claim["keeper-calls"];
  if (consumed !== undefined) checks.push(within("consumed", consumed, (m) => m.consumed));
  if (counter !== undefined) checks.push(within("counter", counter, (m) => m.counter));
  if (calls !== undefined) {
    checks.push(within("keeper calls", calls, (m) => BigInt(m.keeperCalls)));
  }
  return checks;
}

function within<Subject>(
  what: string,
  bounds: NonNullable<Bounds>,
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

function exitOf({ exitCode, state }: DomainReport): string {
  return exitCode === null ? `none, it is ${state}` : String(exitCode);
}

function hex(code: number): string {
  return `0x${code.toString(16)}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 44 ? `${text.slice(0, 43)}…` : text);
}
