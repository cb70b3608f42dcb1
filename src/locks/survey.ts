// The survey: every way, every manner of stopping a caller, every moment of a transaction; and what comes of a
// delay of the owner's own meter.

import type { BankOptions, Fault } from "./bank.js";
import { type Course, courseOf, type Moment } from "./course.js";
import { type DelayOutcome, delayTrial, type Outcome, stopTrial } from "./trial.js";
import { MANNERS, type Manner, mustSurvive, WAYS, type Way, type WayPlan } from "./way.js";

export interface SurveyOptions {
  readonly ways: readonly Way[];
  /** Without it, all. */
  readonly manners?: readonly Manner[];
  /** Only one moment in so many. */
  readonly every: number;
  readonly work: number;
  readonly processors: number;
  readonly fault?: Fault;
}

/** What many trials have in common. */
export interface Tally {
  readonly moments: number;
  readonly done: number;
  readonly wanted: number;
  /** Trials after which money was missing, or too much. */
  readonly lost: number;
  /** Trials after which a lock was held by nobody who would ever give it back. */
  readonly held: number;
  /** Callers, of all trials, who wait for ever. */
  readonly stranded: number;
  /** Cycles until the next caller got in, where one did. */
  readonly wait: { readonly mean: number | null; readonly worst: number | null };
  /** Trials after which nobody got in any more. */
  readonly never: number;
  /** What the checker found in the kernels' stores. */
  readonly findings: readonly string[];
}

export interface MannerReport extends Tally {
  readonly manner: Manner;
  readonly mustSurvive: boolean;
  /** It survived each moment where it must, or failed some where it can't but. */
  readonly ok: boolean;
  readonly outcomes: readonly Outcome[];
}

export interface DelayReport extends Tally {
  /** Cycles for which the owner's meter was off. */
  readonly delay: number;
  /** Transactions that the others did in this time, in all trials. */
  readonly meanwhile: number;
  readonly ok: boolean;
}

export interface WayReport {
  readonly plan: WayPlan;
  readonly course: Course;
  readonly manners: readonly MannerReport[];
  /** Null where nothing is done on an owner's meter. */
  readonly delay: DelayReport | null;
  readonly ok: boolean;
}

export interface SurveyTick {
  readonly way: Way;
  readonly what: Manner | "owner delayed";
  readonly moment: number;
  readonly moments: number;
}

/** Cycles of a slice: slices end all over transactions, but few are spent on spinning. */
const QUANTUM = 131;
/** What each of the others wants. */
const TRANSACTIONS = 8;
/** Some transactions long. */
const DELAY = 3000;

/** Yields after each trial, so that whoever goes through it can show how far it is, or stop. */
export function* survey(options: SurveyOptions): Generator<SurveyTick, WayReport[]> {
  const reports: WayReport[] = [];
  for (const plan of WAYS.filter(({ way }) => options.ways.includes(way))) {
    reports.push(yield* surveyWay(plan, options));
  }
  return reports;
}

function* surveyWay(plan: WayPlan, options: SurveyOptions): Generator<SurveyTick, WayReport> {
  const { every, work, processors, fault } = options;
  const common = { quantum: QUANTUM, transactions: TRANSACTIONS };
  const sound: BankOptions = { work, processors, ...common };
  const course = courseOf(plan, sound);
  const bank = fault ? { ...sound, fault } : sound;
  const manners: MannerReport[] = [];
  for (const { manner } of MANNERS) {
    if (options.manners && !options.manners.includes(manner)) continue;
    const moments = momentsOf(course, manner, every);
    const outcomes: Outcome[] = [];
    for (const moment of moments) {
      outcomes.push(stopTrial(plan, bank, course, moment, manner));
      yield tick(plan, manner, outcomes, moments);
    }
    manners.push(mannerReport(plan, manner, outcomes));
  }
  let delay: DelayReport | null = null;
  if (plan.servers > 0) {
    const moments = momentsOf(course, "off", every);
    const outcomes: DelayOutcome[] = [];
    for (const moment of moments) {
      outcomes.push(delayTrial(plan, bank, course, moment, DELAY));
      yield tick(plan, "owner delayed", outcomes, moments);
    }
    delay = delayReport(outcomes);
  }
  const ok = manners.every((each) => each.ok) && (delay?.ok ?? true);
  return { plan, course, manners, delay, ok };
}

/** A starved one ends with its own cycles: moments between which it pays nothing are one. */
function momentsOf({ moments }: Course, manner: Manner, every: number): Moment[] {
  const all =
    manner === "starved"
      ? moments.filter(({ paid }, i) => i === 0 || paid > moments[i - 1]!.paid)
      : moments;
  return all.filter((_, i) => i % every === 0);
}

function tick(
  { way }: WayPlan,
  what: SurveyTick["what"],
  outcomes: readonly Outcome[],
  moments: readonly Moment[],
): SurveyTick {
  return { way, what, moment: outcomes.length, moments: moments.length };
}

function mannerReport(plan: WayPlan, manner: Manner, outcomes: readonly Outcome[]): MannerReport {
  const tally = tallyOf(outcomes);
  const must = mustSurvive(plan, manner);
  const fails = tally.lost > 0 && tally.held > 0 && tally.stranded > 0;
  const ok = tally.findings.length === 0 && (must ? isWhole(tally) : fails);
  return { ...tally, manner, mustSurvive: must, ok, outcomes };
}

/** The delay is inherent: nobody gets in meanwhile but who was in already; then all go on. */
function delayReport(outcomes: readonly DelayOutcome[]): DelayReport {
  const tally = tallyOf(outcomes);
  const meanwhile = outcomes.reduce((sum, outcome) => sum + outcome.meanwhile, 0);
  const ok = tally.findings.length === 0 && isWhole(tally);
  return { ...tally, delay: DELAY, meanwhile, ok };
}

function isWhole({ done, wanted, lost, held, stranded, never }: Tally): boolean {
  return done === wanted && lost + held + stranded + never === 0;
}

function tallyOf(outcomes: readonly Outcome[]): Tally {
  const waits = outcomes.flatMap(({ wait }) => (wait === null ? [] : [wait]));
  const sum = (of: (outcome: Outcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0);
  return {
    moments: outcomes.length,
    done: sum(({ done }) => done),
    wanted: sum(({ wanted }) => wanted),
    lost: sum(({ conserved }) => Number(!conserved)),
    held: sum(({ held }) => Number(held)),
    stranded: sum(({ stranded }) => stranded),
    wait: {
      mean: waits.length > 0 ? waits.reduce((a, b) => a + b, 0) / waits.length : null,
      worst: waits.length > 0 ? Math.max(...waits) : null,
    },
    never: outcomes.length - waits.length,
    findings: [...new Set(outcomes.flatMap(({ findings }) => findings))],
  };
}
