import { type Check, within, withinShares } from "./check.js";
import { percentOf } from "./partition-claim.js";
import type { ResidenceReport, StorageReport } from "./report.js";
import type { ClaimPlan } from "./scenario.js";

// Claims on the storage of meters, and on core residence as a whole.

/** On a meter; `all` says what was charged to all accounts. */
export function storageChecks(claim: ClaimPlan, all: () => bigint): Check<StorageReport>[] {
  const checks: Check<StorageReport>[] = [];
  const { storage, charged, faults } = claim;
  const share = claim["charged-share"];
  const pages = claim["core-pages"];
  if (storage !== undefined) checks.push(within("storage left", storage, ({ left }) => left));
  if (charged !== undefined) checks.push(within("charged", charged, ({ charged }) => charged));
  if (share !== undefined) {
    const of = ({ charged }: StorageReport) => percentOf(charged, all());
    checks.push(withinShares("share of what was charged", share, of));
  }
  if (faults !== undefined) checks.push(within("faults", faults, ({ faults }) => faults));
  if (pages !== undefined) checks.push(within("pages in core", pages, (s) => BigInt(s.corePages)));
  return checks;
}

/** On the whole. */
export function pagingChecks(claim: ClaimPlan): Check<ResidenceReport>[] {
  const checks: Check<ResidenceReport>[] = [];
  const { faults, fetches, evictions, copies } = claim;
  const cycles = claim["lock-cycles"];
  const pages = claim["core-pages"];
  if (cycles !== undefined) checks.push(within("lock cycles", cycles, ({ cycles }) => cycles));
  if (faults !== undefined) checks.push(within("faults", faults, ({ faults }) => faults));
  if (fetches !== undefined) checks.push(within("pages fetched", fetches, (r) => r.fetches));
  if (evictions !== undefined) checks.push(within("pages evicted", evictions, (r) => r.evictions));
  if (copies !== undefined) checks.push(within("pages copied", copies, ({ copies }) => copies));
  if (pages !== undefined) {
    checks.push(within("pages in core", pages, (r) => BigInt(r.core - r.coreFree)));
  }
  return checks;
}
