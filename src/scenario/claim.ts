import { callChecks } from "./call-claim.js";
import { type Check, settle, within } from "./check.js";
import type { Told } from "./console.js";
import { answerChecks, consoleChecks, pageChecks } from "./message-claim.js";
import { grouped } from "./number.js";
import { clockChecks, domainTimeChecks, partitionChecks } from "./partition-claim.js";
import type {
  AnswerReport,
  DomainReport,
  Expectation,
  MeterReport,
  PartitionReport,
  ResidenceReport,
  TimeReport,
} from "./report.js";
import { pagingChecks, storageChecks } from "./residence-claim.js";
import type { ClaimPlan } from "./scenario.js";

/** What claims are held against. */
export interface Standing {
  readonly idle: boolean;
  conserved(): boolean;
  meter(name: string): MeterReport;
  /** All copies, where the name is that of several. */
  domains(name: string): readonly DomainReport[];
  partition(name: string): PartitionReport;
  /** The time of all processors; of this and `time`, there is nothing where cycles are counted. */
  readonly elapsed: bigint;
  time(): TimeReport | null;
  /** Null without core residence. */
  residence(): ResidenceReport | null;
  /** What a domain told the console. */
  console(domain: string): readonly Told[];
  /** Undefined before the call is made. */
  answer(name: string): AnswerReport | undefined;
  page(name: string, offset: number, length: number): Uint8Array;
  readonly messages: number;
  readonly stalls: number;
}

/** Holds every claim of one `[[expect]]` table against how things stand. */
export function judge(claim: ClaimPlan, standing: Standing): Expectation[] {
  const when = claim.cycle === undefined ? "" : `at ${grouped(claim.cycle)}, `;
  const { domain, meter, answer, page, partition } = claim;
  if (domain !== undefined) {
    const subjects = standing.domains(domain);
    const who = subjects.length > 1 ? `${domain} (${grouped(subjects.length)} copies)` : domain;
    const checks = [
      ...domainChecks(claim),
      ...callChecks(claim),
      ...consoleChecks(claim, standing),
      ...domainTimeChecks(claim, () => standing.elapsed),
    ];
    return checks.map((check) => settleAll(`${when}${who}`, check, subjects));
  }
  if (meter !== undefined) {
    const subject = standing.meter(meter);
    const all = () => standing.residence()!.charged;
    return [
      ...meterChecks(claim).map((check) => settle(`${when}${meter}: `, check, subject)),
      ...storageChecks(claim, all).map((check) =>
        settle(`${when}${meter}: `, check, subject.storage!),
      ),
    ];
  }
  if (answer !== undefined) {
    const subject = standing.answer(answer);
    return answerChecks(claim).map((check) => settle(`${when}answer ${answer}: `, check, subject));
  }
  if (page !== undefined) {
    const { offset = 0 } = claim;
    const bytes = (length: number) => standing.page(page, offset, length);
    const where = claim.offset === undefined ? "" : `, byte ${offset}`;
    return pageChecks(claim).map((check) => settle(`${when}page ${page}${where}: `, check, bytes));
  }
  if (partition !== undefined) {
    const subject = standing.partition(partition);
    return partitionChecks(claim).map((check) => settle(`${when}${partition}: `, check, subject));
  }
  const clocked = clockChecks(claim).map((check) => settle(when, check, standing.time()!));
  const paged = pagingChecks(claim).map((check) => settle(when, check, standing.residence()!));
  return [
    ...worldOutcomes(claim, standing, when),
    ...trafficOutcomes(claim, standing, when),
    ...clocked,
    ...paged,
  ];
}

function worldOutcomes(claim: ClaimPlan, standing: Standing, when: string): Expectation[] {
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

function trafficOutcomes(claim: ClaimPlan, standing: Standing, when: string): Expectation[] {
  const checks: Check<Standing>[] = [];
  for (const what of ["messages", "stalls"] as const) {
    const bounds = claim[what];
    if (bounds !== undefined) checks.push(within(what, bounds, (all) => BigInt(all[what])));
  }
  return checks.map((check) => settle(when, check, standing));
}

/** How many things an `[[expect]]` table claims. */
export function claimed({
  cycle: _cycle,
  domain: _domain,
  meter: _meter,
  answer: _answer,
  page: _page,
  partition: _partition,
  offset: _offset,
  ...rest
}: ClaimPlan): number {
  return Object.values(rest).filter((value) => value !== undefined).length;
}

/** A claim whose cycle never came. */
export function unreached(claim: ClaimPlan): Expectation {
  const { domain, meter, answer, page, partition } = claim;
  const who = domain ?? meter ?? answer ?? page ?? partition ?? "the whole";
  return { text: `at ${grouped(claim.cycle!)}, ${who}; the run ended before`, ok: false };
}

/** What is claimed of several is claimed of each. */
function settleAll(
  who: string,
  [words, fault]: Check<DomainReport>,
  domains: readonly DomainReport[],
): Expectation {
  const wrong = domains.find((domain) => fault(domain) !== null);
  if (wrong === undefined) return { text: `${who}: ${words}`, ok: true };
  const where = domains.length > 1 ? ` in ${wrong.name}` : "";
  return { text: `${who}: ${words}; found ${fault(wrong)}${where}`, ok: false };
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

function exitOf({ exitCode, state }: DomainReport): string {
  return exitCode === null ? `none, it is ${state}` : String(exitCode);
}

function hex(code: number): string {
  return `0x${code.toString(16)}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 44 ? `${text.slice(0, 43)}…` : text);
}
