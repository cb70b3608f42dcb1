// What the figures say, and whether they are as they must be.

import { grouped } from "../scenario/number.js";
import { digits, percent } from "./digits.js";
import { errorOf } from "./errors.js";
import type { Exactness, WayReport } from "./exactness.js";
import type { Outcome } from "./trial.js";
import { ALL_POINTS, TICK } from "./way.js";

export interface Verdict {
  readonly text: string;
  readonly ok: boolean;
}

/** Percent of a domain's time by which a clock of 1/200 tick may be wrong. */
const MOST_COARSE = 0.5;
/** Points by which a clock of the wrong speed may change a share. */
const MOST_SHIFT = 0.01;
/** How much of its time who dodges the ticks has for nothing, in percent. */
const DODGED = 100;

export function verdicts({ ways, points, repairs }: Exactness): Verdict[] {
  const { tick, longTick, exact, coarse, fast } = ways;
  const dodged = dodgedBy([tick, longTick]);
  const off = worstOf(coarse);
  const shift = Math.max(...fast.outcomes.map(({ shareShift }) => shareShift));
  const outcomes = [...Object.values(ways), ...points].flatMap(({ outcomes }) => outcomes);
  const mended = repairs.filter(({ repair, masked }) => repair !== "none" && masked < TICK);
  const backwards = mended.reduce((sum, { outcome }) => sum + outcome.backwards, 0);
  return [
    {
      ok: worstOf(exact).worst === 0,
      text:
        worstOf(exact).worst === 0
          ? "An exact clock, read at all points, bills every domain for what it ran, to the cycle."
          : `With an exact clock ${sentence(worstOf(exact))}, and must not be wrong at all.`,
    },
    {
      ok: off.worst <= MOST_COARSE,
      text: `A clock of 200 units a tick: ${sentence(off)}; it may be ${MOST_COARSE} %.`,
    },
    {
      ok: dodged >= DODGED,
      text:
        dodged >= DODGED
          ? "By the tick, who dodges ticks pays for none of its time: its bill is 100 % wrong."
          : `By the tick, who dodges ticks is found out: of its time ${percent(Math.max(0, dodged))} is for nothing.`,
    },
    {
      ok: shift <= MOST_SHIFT,
      text: `A clock that is 10 % fast changes no share by more than ${digits(shift)} of a point; it may be ${MOST_SHIFT}.`,
    },
    {
      ok: backwards === 0,
      text:
        backwards === 0
          ? "With any repair a countdown never runs backwards, as long as no tick is missed."
          : `With a repair countdowns ran backwards ${backwards} times, though no tick was missed.`,
    },
    accounts(outcomes),
  ];
}

/** Whether every cycle is billed to somebody, or nobody's, and the stores are sound. */
function accounts(outcomes: readonly Outcome[]): Verdict {
  const findings = new Set(outcomes.flatMap(({ findings }) => findings));
  const [found] = findings;
  if (found !== undefined) return { ok: false, text: `The checker found: ${found}` };
  const isSum = outcomes.every(({ way, unaccounted }) => !EXACT_WAYS.has(way) || unaccounted === 0);
  return {
    ok: isSum,
    text: isSum
      ? "What is billed, what is nobody's and what is still to be billed are all time, to the cycle."
      : "Some time is neither billed, nor nobody's, nor still to be billed.",
  };
}

/** Of which the clock's time is the time. */
const EXACT_WAYS = new Set(["exact", ALL_POINTS, "x86", "powerpc"]);

/** How much of its time the dodger has for nothing at least, in percent. */
function dodgedBy(reports: readonly WayReport[]): number {
  const dodgers = reports.flatMap(({ outcomes }) => outcomes.map(({ bills }) => bills[0]!));
  return Math.min(...dodgers.map((bill) => -errorOf(bill)));
}

/** The outcome whose worst domain is the worst of all. */
function worstOf({ outcomes }: WayReport): Outcome {
  return outcomes.reduce((worst, outcome) => (outcome.worst > worst.worst ? outcome : worst));
}

function sentence({ worst, worstOf, rate }: Outcome): string {
  return `at worst a bill is ${percent(worst)} wrong ("${worstOf}", ${grouped(rate)} switches a tick)`;
}
