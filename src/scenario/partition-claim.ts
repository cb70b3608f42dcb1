import { type Check, within, withinShares } from "./check.js";
import type { DomainReport, DomainTime, PartitionReport, TimeReport } from "./report.js";
import type { ClaimPlan } from "./scenario.js";

// Claims on partitions, and on what a clock says of domains and of the whole.

export function partitionChecks(claim: ClaimPlan): Check<PartitionReport>[] {
  const checks: Check<PartitionReport>[] = [];
  const { share, used, billed, bankrupt, bankruptcies } = claim;
  const critical = claim["critical-used"];
  if (share !== undefined) {
    checks.push(withinShares("share", share, (partition) => partition.share));
  }
  if (used !== undefined) {
    checks.push(withinShares("used", used, (partition) => partition.used));
  }
  if (claim["used-10"] !== undefined) {
    checks.push(withinShares("used in 10 windows", claim["used-10"], ({ used10 }) => used10));
  }
  if (claim["used-100"] !== undefined) {
    checks.push(withinShares("used in 100 windows", claim["used-100"], ({ used100 }) => used100));
  }
  if (billed !== undefined) checks.push(within("billed", billed, ({ total }) => total));
  if (critical !== undefined) {
    checks.push(within("critical used", critical, (p) => BigInt(p.criticalUsed)));
  }
  if (bankrupt !== undefined) {
    const fault = ({ isBankrupt }: PartitionReport) => {
      if (isBankrupt === bankrupt) return null;
      return isBankrupt ? "that it is" : "that it is not";
    };
    checks.push([bankrupt ? "bankrupt" : "not bankrupt", fault]);
  }
  if (bankruptcies !== undefined) {
    checks.push(within("bankruptcies", bankruptcies, (p) => BigInt(p.bankruptcies)));
  }
  return checks;
}

/** On a domain; `elapsed` says the time of all processors. */
export function domainTimeChecks(claim: ClaimPlan, elapsed: () => bigint): Check<DomainReport>[] {
  const checks: Check<DomainReport>[] = [];
  const { billed, ran, share, error } = claim;
  if (billed !== undefined) checks.push(within("billed", billed, (d) => d.time!.billed));
  if (ran !== undefined) checks.push(within("ran", ran, (d) => d.time!.ran));
  if (share !== undefined) {
    checks.push(withinShares("share", share, (d) => percentOf(d.time!.billed, elapsed())));
  }
  if (error !== undefined) {
    checks.push(withinShares("billing error", error, (d) => errorOf(d.time!)));
  }
  return checks;
}

/** On the whole. */
export function clockChecks(claim: ClaimPlan): Check<TimeReport>[] {
  const checks: Check<TimeReport>[] = [];
  const { backwards, jumps } = claim;
  const idle = claim["idle-share"];
  const missed = claim["missed-ticks"];
  if (idle !== undefined) {
    checks.push(withinShares("idle", idle, (time) => percentOf(idleOf(time), time.elapsed)));
  }
  if (backwards !== undefined) checks.push(within("backwards", backwards, (t) => t.backwards));
  if (jumps !== undefined) checks.push(within("jumps", jumps, (t) => t.jumps));
  if (missed !== undefined) checks.push(within("missed ticks", missed, (t) => t.missedTicks));
  return checks;
}

/** Cycles that nobody ran. */
export function idleOf({ elapsed, ran }: TimeReport): bigint {
  return elapsed - ran;
}

export function percentOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : (100 * Number(part)) / Number(whole);
}

/** By how much of what it ran a domain was billed too much or too little; null where it never ran. */
export function errorOf({ billed, ran }: DomainTime): number | null {
  const difference = billed < ran ? ran - billed : billed - ran;
  if (ran === 0n) return difference === 0n ? 0 : null;
  return percentOf(difference, ran);
}
