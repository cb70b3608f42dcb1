// Schemes side by side, on the samples of one run.

import { Course, type Stretch } from "./course.js";
import { errorsOf, type SchemeErrors } from "./errors.js";
import { type Account, isReferenced, type Sample } from "./sample.js";
import { type Charges, SCHEMES, type Scheme, type SchemePlan } from "./scheme.js";
import { addTo } from "./share.js";
import { WorkingSet, type WorkingSetPoint } from "./working-set.js";

export interface SchemeReport extends Omit<SchemePlan, "charge"> {
  readonly charges: Charges;
  /** Against the truth; all 0 for that itself. */
  readonly errors: SchemeErrors;
}

export interface ComparisonReport {
  /** All who were charged by a scheme, those first who come first in a sample. */
  readonly accounts: readonly Account[];
  readonly schemes: readonly SchemeReport[];
  /**
   * The standard error of Multics' points, from how its charges and the truth differ from cycle to cycle: who pays is
   * a matter of chance, and more than three of these are not. Null for fewer than two cycles.
   */
  readonly chance: ReadonlyMap<Account, number> | null;
  /** From one lock cycle to another: how many, and the clock's cycles from the first one to the last. */
  readonly cycles: number;
  readonly time: bigint;
  /** In these: page-accounting faults; pages that were referenced, in the mean. */
  readonly faults: number;
  readonly referenced: number;
  readonly curve: readonly WorkingSetPoint[];
  readonly course: readonly Stretch[];
}

/** What an account's charges differ by from the truth: sums over cycles. */
interface Differences {
  sum: number;
  squares: number;
}

export class Comparison {
  readonly #charges = new Map<Scheme, { accounts: Map<Account, bigint>; total: bigint }>(
    SCHEMES.map(({ scheme }) => [scheme, { accounts: new Map(), total: 0n }]),
  );
  readonly #differences = new Map<Account, Differences>();
  readonly #workingSet = new WorkingSet();
  readonly #course = new Course();
  #samples = 0;
  #cycles = 0;
  #time = 0n;
  #faults = 0;
  #referenced = 0;

  take(sample: Sample): void {
    const charged = new Map<Scheme, Charges>();
    for (const { scheme, charge } of SCHEMES) {
      const charges = charge(sample);
      const sums = this.#charges.get(scheme)!;
      for (const [account, amount] of charges.accounts) addTo(sums.accounts, account, amount);
      sums.total += charges.total;
      charged.set(scheme, charges);
    }
    this.#compare(charged.get("multics")!, charged.get("access")!);
    this.#samples++;
    // The run's ends are charged for, but say nothing of rates.
    if (!sample.isWhole) return;
    this.#course.take(sample);
    const referenced = new Set(sample.pages.filter(isReferenced).map(({ page }) => page));
    this.#workingSet.take(referenced);
    this.#referenced += referenced.size;
    this.#faults += sample.faults;
    this.#time += sample.until - sample.since;
    this.#cycles++;
  }

  get cycles(): number {
    return this.#cycles;
  }

  /** What a scheme charged so far. */
  charges(scheme: Scheme): Charges {
    return this.#charges.get(scheme)!;
  }

  report(): ComparisonReport {
    const truth = this.charges("access");
    const schemes = SCHEMES.map(({ charge: _charge, ...plan }) => {
      const charges = this.charges(plan.scheme);
      return { ...plan, charges, errors: errorsOf(charges, truth) };
    });
    const accounts = new Set(schemes.flatMap(({ charges }) => [...charges.accounts.keys()]));
    return {
      accounts: [...accounts],
      schemes,
      chance: this.#chance(truth),
      cycles: this.#cycles,
      time: this.#time,
      faults: this.#faults,
      referenced: this.#cycles === 0 ? 0 : this.#referenced / this.#cycles,
      curve: this.#workingSet.curve(),
      course: this.#course.stretches,
    };
  }

  #compare(multics: Charges, truth: Charges): void {
    for (const account of new Set([...multics.accounts.keys(), ...truth.accounts.keys()])) {
      const off = (multics.accounts.get(account) ?? 0n) - (truth.accounts.get(account) ?? 0n);
      const differences = this.#differences.get(account) ?? { sum: 0, squares: 0 };
      differences.sum += Number(off);
      differences.squares += Number(off) ** 2;
      this.#differences.set(account, differences);
    }
  }

  #chance({ total }: Charges): ReadonlyMap<Account, number> | null {
    const count = this.#samples;
    if (count < 2 || total === 0n) return null;
    const points = ({ sum, squares }: Differences) => {
      const variance = Math.max(0, squares - sum ** 2 / count) / (count - 1);
      return (100 * Math.sqrt(variance * count)) / Number(total);
    };
    return new Map([...this.#differences].map(([account, one]) => [account, points(one)]));
  }
}
