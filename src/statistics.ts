// What the kernel counted of its own work (R10).

import {
  STATISTIC_BORROWED,
  STATISTIC_DISPATCHES,
  STATISTIC_HOST_CALLS,
  STATISTIC_IDLE,
  STATISTIC_KEEPER_CALLS,
  STATISTIC_KERNEL_WORK,
  STATISTIC_MESSAGES,
  STATISTIC_PARKS,
  STATISTIC_PREPARES,
  STATISTIC_RECALLED,
  STATISTIC_REFILLS,
  STATISTIC_SCAVENGES,
  STATISTIC_STALLS,
  STATISTIC_SWITCHES,
  STATISTIC_TRAPS,
  STATISTIC_UNPAID,
  STATISTIC_UNPREPARES,
  STATISTIC_VISITS,
  STATISTIC_WORRIES,
} from "../assembly/processor-layout.js";
import type { View } from "./view.js";

const NUMBERS = {
  /** Times that a domain was run, a slice being run in several parts where it must be refilled. */
  dispatches: STATISTIC_DISPATCHES,
  /** Times that a domain left the processor. */
  switches: STATISTIC_SWITCHES,
  refills: STATISTIC_REFILLS,
  /** Cycles that refills took from the chains. */
  borrowed: STATISTIC_BORROWED,
  scavenges: STATISTIC_SCAVENGES,
  /** Records that tree walks came to. */
  visits: STATISTIC_VISITS,
  /** Cycles that came back out of caches. */
  recalled: STATISTIC_RECALLED,
  prepares: STATISTIC_PREPARES,
  unprepares: STATISTIC_UNPREPARES,
  keeperCalls: STATISTIC_KEEPER_CALLS,
  parks: STATISTIC_PARKS,
  traps: STATISTIC_TRAPS,
  hostCalls: STATISTIC_HOST_CALLS,
  /** Messages and answers that came to domains. */
  messages: STATISTIC_MESSAGES,
  /** Times that a domain had to wait for a busy one. */
  stalls: STATISTIC_STALLS,
  /** Of these, how many the worrier let go on. */
  worries: STATISTIC_WORRIES,
  /** Cycles that guests owed when they were rescinded. */
  unpaid: STATISTIC_UNPAID,
  /** Cycles in which nobody ran. */
  idle: STATISTIC_IDLE,
  /** Cycles charged to domains for kernel work, where the option says so. */
  kernelWork: STATISTIC_KERNEL_WORK,
} as const;

export type Statistics = { readonly [Name in keyof typeof NUMBERS]: bigint };

/** @internal */
export function readStatistics(view: View): Statistics {
  const entries = Object.entries(NUMBERS).map(([name, number]) => [name, view.statistic(number)]);
  return Object.fromEntries(entries) as Statistics;
}
