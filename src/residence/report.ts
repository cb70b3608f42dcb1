// What metering residence came to in a run: its schemes, its cost, and whether its own figures agree.

import { CLOCK_HZ } from "../../assembly/layout.js";
import type { Kernel } from "../kernel.js";
import type { ResidenceStatistics } from "../residence.js";
import type { ScanPhase } from "../residence-options.js";
import type { Comparison, ComparisonReport } from "./comparison.js";
import type { Account } from "./sample.js";
import type { Charges } from "./scheme.js";

export interface ResidenceReport extends ComparisonReport {
  /** Of the scan, at the run's end; and core frames. */
  readonly period: number;
  readonly phase: ScanPhase;
  readonly frames: number;
  readonly statistics: ResidenceStatistics;
  readonly cost: Cost;
  /** Null without a lock cycle. */
  readonly rate: FaultRate | null;
  /** Accounts of the kernel that hold another sum than samples came to. */
  readonly mismatches: readonly Mismatch[];
}

/** Cycles. */
export interface Cost {
  /** Of the page-locking process, and of page-accounting faults. */
  readonly locking: bigint;
  readonly faulting: bigint;
  /** Of all domains. */
  readonly ran: bigint;
  /** Null where nobody ran. */
  readonly percent: number | null;
}

export interface FaultRate {
  readonly faultsPerSecond: number;
  /** Pages: that rate times the scan period, which is to be the working set. */
  readonly workingSet: number;
  /** In percent of the pages that were referenced in a cycle; null where none were. */
  readonly error: number | null;
}

export interface Mismatch {
  readonly account: Account;
  readonly held: bigint;
  readonly sampled: bigint;
}

export function residenceReport(kernel: Kernel, comparison: Comparison): ResidenceReport {
  const { period, phase } = kernel.residence;
  const statistics = kernel.residence.statistics();
  const compared = comparison.report();
  return {
    ...compared,
    ...{ period, phase, frames: statistics.core, statistics },
    cost: costOf(kernel, statistics),
    rate: rateOf(compared, period),
    mismatches: mismatches(kernel, comparison.charges("multics")),
  };
}

function costOf(kernel: Kernel, { faults }: ResidenceStatistics): Cost {
  const locking = kernel.residence.locker.consumed;
  const faulting = faults * BigInt(kernel.core.residence!.options.faultCost);
  const ran = kernel.primeMeter.statistics().consumed;
  const percent = ran === 0n ? null : (100 * Number(locking + faulting)) / Number(ran);
  return { locking, faulting, ran, percent };
}

export function rateOf(
  { faults, referenced, time }: Pick<ComparisonReport, "faults" | "referenced" | "time">,
  period: number,
): FaultRate | null {
  if (time === 0n) return null;
  const faultsPerSecond = (faults * CLOCK_HZ) / Number(time);
  const workingSet = (faultsPerSecond * period) / CLOCK_HZ;
  const error = referenced === 0 ? null : 100 * (workingSet / referenced - 1);
  return { faultsPerSecond, workingSet, error };
}

/** Of meters that are still there. */
function mismatches(kernel: Kernel, { accounts }: Charges): Mismatch[] {
  return [...kernel.meters()].flatMap(({ name, storage }) => {
    const [held, sampled] = [storage.own(), accounts.get(name) ?? 0n];
    return held === sampled ? [] : [{ account: name, held, sampled }];
  });
}
