// One trial: a bank runs to a moment of a caller's transaction, there the caller is stopped, and then it is
// seen what becomes of the others.

import { type Bank, type BankOptions, OTHERS, openBank } from "./bank.js";
import type { Course, Moment } from "./course.js";
import type { Manner, WayPlan } from "./way.js";

export interface Outcome {
  /** Cycles from where the caller's transaction began. */
  readonly at: number;
  /** Transactions that the others did of those that they want. */
  readonly done: number;
  readonly wanted: number;
  readonly conserved: boolean;
  readonly held: boolean;
  /** Others who wait for ever. */
  readonly stranded: number;
  /** Cycles until another caller gets in; null where nobody ever does. */
  readonly wait: number | null;
  /** What the checker found in the kernel's store. */
  readonly findings: readonly string[];
}

/** So many cycles after the stop are looked at one by one. */
const FINE = 4000;
/** Cycles of a look after these. */
const COARSE = 500n;
/** How much longer than undisturbed the others are given. */
const PATIENCE = 4n;

/** Stops the caller at a moment, in a manner. */
export function stopTrial(
  plan: WayPlan,
  options: BankOptions,
  course: Course,
  moment: Moment,
  manner: Manner,
): Outcome {
  const isStarved = manner === "starved" && options.fault !== "no-stop";
  // Starved by what it has, so that its last cycle is the one that it comes to by itself.
  const bank = openBank(plan, options, isStarved ? moment.paid : undefined);
  const { kernel, tenant, victim } = bank;
  runTo(bank, moment.time);
  if (options.fault !== "no-stop") {
    if (manner === "off") tenant.off();
    else if (manner === "rescinded") tenant.rescind();
    else if (manner === "killed") victim.rescind();
  }
  const wait = waitForNext(bank, plan, course);
  runOn(bank, course);
  const outcome = { ...lookAt(bank, options, course, moment), wait };
  kernel.dispose();
  return outcome;
}

export interface DelayOutcome extends Outcome {
  /** Transactions of the others in the time of the delay. */
  readonly meanwhile: number;
}

/** Switches the owner's meter off at a moment, and on again `delay` cycles later. */
export function delayTrial(
  plan: WayPlan,
  options: BankOptions,
  course: Course,
  moment: Moment,
  delay: number,
): DelayOutcome {
  const bank = openBank(plan, options);
  const { kernel, owner } = bank;
  runTo(bank, moment.time);
  const before = doneByOthers(bank);
  const old = owner.off();
  let meanwhile = 0;
  kernel.at(moment.time + BigInt(delay), () => {
    meanwhile = doneByOthers(bank) - before;
    owner.on(old);
  });
  const wait = waitForNext(bank, plan, course, delay);
  runOn(bank, course, BigInt(delay));
  const outcome = lookAt(bank, options, course, moment);
  kernel.dispose();
  return { ...outcome, wait, meanwhile };
}

function runTo({ kernel }: Bank, time: bigint): void {
  while (kernel.time < time) {
    if (kernel.step({ cycles: time - kernel.time }).reason === "idle") return;
  }
}

function doneByOthers({ ledger }: Bank): number {
  return OTHERS.reduce((sum, teller) => sum + ledger.done(teller), 0);
}

/**
 * Cycles until one of the others gets in who was not: in way d, where everybody always is, until one
 * is through.
 */
function waitForNext(bank: Bank, { way }: WayPlan, course: Course, delay = 0): number | null {
  const { kernel, ledger } = bank;
  const [first, second] = OTHERS;
  const start = kernel.time;
  const doneBefore = doneByOthers(bank);
  const most = BigInt(FINE + delay);
  let [one, two] = [ledger.isInside(first), ledger.isInside(second)];
  while (kernel.time - start < course.whole * PATIENCE + most) {
    const { reason } = kernel.step({ cycles: kernel.time - start < most ? 1n : COARSE });
    const [isOne, isTwo] = [ledger.isInside(first), ledger.isInside(second)];
    const isIn = way === "d" ? doneByOthers(bank) > doneBefore : (isOne && !one) || (isTwo && !two);
    if (isIn) return Number(kernel.time - start);
    [one, two] = [isOne, isTwo];
    if (reason === "idle") return null;
  }
  return null;
}

/** Until the others are done, or should be. */
function runOn({ kernel, others }: Bank, { whole }: Course, delay = 0n): void {
  const limit = kernel.time + whole * PATIENCE + delay;
  while (kernel.time < limit && others.some(({ state }) => state !== "ended")) {
    if (kernel.step({ cycles: COARSE }).reason === "idle") return;
  }
}

function lookAt(
  bank: Bank,
  { transactions }: BankOptions,
  { moments, length }: Course,
  { time }: Moment,
): Omit<Outcome, "wait"> {
  const { kernel, ledger, others } = bank;
  settle(bank, length);
  return {
    at: Number(time - moments[0]!.time),
    done: doneByOthers(bank),
    wanted: transactions * OTHERS.length,
    conserved: ledger.gained === 0,
    held: ledger.isHeld,
    stranded: others.filter(({ state }) => state !== "ended").length,
    findings: kernel.check().findings,
  };
}

/** Somebody may be inside just now: whoever ever leaves has the time for it. */
function settle({ kernel, ledger }: Bank, length: number): void {
  for (let steps = 0; steps < length * 4 && (ledger.isHeld || ledger.gained !== 0); steps++) {
    if (kernel.step({ cycles: 1 }).reason === "idle") return;
  }
}
