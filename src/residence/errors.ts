// How far what a scheme charges is from the truth.

import type { Account } from "./sample.js";
import type { Charges } from "./scheme.js";

/** Null wherever there is nothing to compare: a scheme or the truth charges nobody. */
export interface SchemeErrors {
  /** By how many points the account's share of all charges is too large; below 0: too small. */
  readonly points: ReadonlyMap<Account, number> | null;
  /** Percent of all charges that whoever should have paid them does not: half the sum of what shares are off. */
  readonly misplaced: number | null;
  /** In percent, what all accounts together are charged too much. */
  readonly total: number | null;
}

export function errorsOf(charges: Charges, truth: Charges): SchemeErrors {
  const total = truth.total === 0n ? null : 100 * (Number(charges.total) / Number(truth.total) - 1);
  if (charges.accounts.size === 0 || truth.accounts.size === 0) {
    return { points: null, misplaced: null, total };
  }
  const accounts = new Set([...truth.accounts.keys(), ...charges.accounts.keys()]);
  const points = new Map(
    [...accounts].map((account) => [account, shareOf(charges, account) - shareOf(truth, account)]),
  );
  const off = [...points.values()].reduce((sum, point) => sum + Math.abs(point), 0);
  return { points, misplaced: off / 2, total };
}

/** Percent of all charges. */
export function shareOf({ accounts, total }: Charges, account: Account): number {
  const charge = accounts.get(account) ?? 0n;
  return total === 0n ? 0 : (100 * Number(charge)) / Number(total);
}
