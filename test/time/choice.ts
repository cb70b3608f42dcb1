// Which partition runs next, by the rules alone: every candidate is compared with every other, in whole
// numbers.

/** All that the rules ask of a partition. */
export interface Candidate {
  readonly index: number;
  /** In 1/100 %. */
  readonly budget: number;
  readonly max: number;
  /** Cycles of a window that critical domains may run beyond the budget. */
  readonly critical: bigint;
  readonly used: bigint;
  readonly criticalUsed: bigint;
  readonly isBankrupt: boolean;
  /** Its first domain of the highest priority that is ready; null: none is. */
  readonly best: { readonly priority: number; readonly isCritical: boolean } | null;
  /** Whether none of its domains is ready or runs on any processor. */
  readonly isIdle: boolean;
}

export interface Rules {
  /** Cycles of a window on all processors. */
  readonly window: bigint;
  readonly tick: bigint;
  /** Cycles until the next tick. */
  readonly left: bigint;
  readonly freeTime: "priority" | "ratio";
  /** Cycles that the clock counts in one. */
  readonly pace: number;
}

export interface Choice {
  readonly index: number;
  /** It may run only as critical. */
  readonly isCritical: boolean;
}

const WHOLE = 10_000n;

export function hasBudget(one: Candidate, rules: Rules): boolean {
  return !one.isBankrupt && one.used + paced(rules.left, rules) <= share(one.budget, rules);
}

export function mayRunCritical(one: Candidate, rules: Rules): boolean {
  if (one.critical === 0n || one.isBankrupt || !one.best?.isCritical) return false;
  return one.criticalUsed + rules.tick / 32n < paced(one.critical, rules);
}

export function isCapped(one: Candidate, rules: Rules): boolean {
  if (one.max === 0) return false;
  return one.used + paced(rules.left, rules) > share(one.max, rules);
}

/** Whole cycles of a window, as the clock counts them. */
export function share(hundredths: number, rules: Pick<Rules, "window" | "pace">): bigint {
  return paced((rules.window * BigInt(hundredths)) / WHOLE, rules);
}

/** So many cycles as the clock counts them. */
export function paced(cycles: bigint, { pace }: Pick<Rules, "pace">): bigint {
  return pace === 1 ? cycles : BigInt(Math.trunc(Number(cycles) * pace));
}

/** Above 0: `a` has the greater relative fraction free, 1 − used / budget; −∞ without a budget. */
function compareFree(a: Candidate, b: Candidate, rules: Rules): number {
  if (a.budget === 0 || b.budget === 0) return Number(a.budget !== 0) - Number(b.budget !== 0);
  const difference = b.used * share(a.budget, rules) - a.used * share(b.budget, rules);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** Whom to run, or null: nobody may. */
export function choose(all: readonly Candidate[], rules: Rules): Choice | null {
  const present = all.filter((one) => one.best !== null && !isCapped(one, rules));
  const competing = present.filter((one) => one.best!.priority > 0);
  const mayRun = competing.filter((one) => hasBudget(one, rules) || mayRunCritical(one, rules));
  const byPriority: Compare = (a, b) => a.best!.priority - b.best!.priority;
  const byFree: Compare = (a, b) => compareFree(a, b, rules);
  if (mayRun.length > 0) {
    const index = greatest(mayRun, [byPriority, byFree]);
    return { index, isCritical: !hasBudget(all.find((one) => one.index === index)!, rules) };
  }
  if (competing.length === 0) {
    return present.length === 0 ? null : plain(greatest(present, [byFree]));
  }
  const isFree = all.some((one) => one.budget > 0 && one.isIdle);
  const first = isFree && rules.freeTime === "priority";
  return plain(greatest(competing, first ? [byPriority, byFree] : [byFree, byPriority]));
}

function plain(index: number): Choice {
  return { index, isCritical: false };
}

type Compare = (a: Candidate, b: Candidate) => number;

/** The index of the first that no other exceeds. */
function greatest(all: readonly Candidate[], by: readonly Compare[]): number {
  const exceeds = (a: Candidate, b: Candidate) => {
    for (const compare of by) {
      const order = compare(a, b);
      if (order !== 0) return order > 0;
    }
    return false;
  };
  return all.find((one) => !all.some((other) => exceeds(other, one)))!.index;
}
