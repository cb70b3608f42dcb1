// Core residence: the options of createKernel and of a change while it runs, and their checks.

import { MAX_RUN } from "../assembly/layout.js";
import {
  DEFAULT_CORE,
  DEFAULT_LATENCY,
  DEFAULT_LOCK_COST,
  DEFAULT_PAGES,
  DEFAULT_PERIOD,
  LEAST_CORE,
  LEAST_PERIOD,
  MAX_CORE_PAGES,
  MOST_PERIOD,
} from "../assembly/residence-layout.js";
import { choice } from "./clock.js";
import { OptionError } from "./errors.js";
import { checkNames, u32, whole, yes } from "./options.js";

/** When in its period a lock cycle is: always at `offset`, or at a moment that is drawn anew each time. */
export type ScanPhase = "fixed" | "random";

/**
 * The memories of domains are pages on a simulated drum, which share a limited number of core frames. Whoever is the first
 * to touch a page after a lock cycle pays for it, in word-cycles, by the storage counters of its meters.
 */
export interface ResidenceOptions {
  /** Frames of core that pages are brought into, 8 to 1,048,575. 1,024. */
  readonly core?: number;
  /** Pages that there can be at one time, in core or on the drum, 1 to 1,048,575. 8,192. */
  readonly pages?: number;
  /** Cycles of a drum transfer, 0 to 2^32 − 1. 16,000: 1 ms. */
  readonly latency?: number;
  /** The scan period in cycles, 1,000 to 1,600,000,000. 1,600,000: 100 ms. */
  readonly period?: number;
  /** "fixed" */
  readonly phase?: ScanPhase;
  /** Cycles from the beginning of a period to its lock cycle, fewer than a period; with a fixed phase only. 0. */
  readonly offset?: number;
  /** What random phases are drawn from, 0 to 2^32 − 1. 1. */
  readonly seed?: number;
  /** Cycles that a lock cycle takes the page-locking process, 1 to 1,000,000. 200. */
  readonly lockCost?: number;
  /** Cycles that a page-accounting fault takes the domain that had it, 0 to 1,000,000. 0. */
  readonly faultCost?: number;
  /**
   * Every reference to a page is counted, so that charges can be compared with the truth; runs are slower. One processor
   * only. false
   */
  readonly exact?: boolean;
}

/** A change of the scan: what is not given stays as it is, but for an offset where the phase becomes random. */
export interface ScanChange {
  /** As the options of createKernel of the same names. */
  readonly period?: number;
  readonly phase?: ScanPhase;
  readonly offset?: number;
}

/** @internal */
export interface Scan {
  readonly period: number;
  readonly phase: ScanPhase;
  readonly offset: number;
}

/** As the kernel is told of it. @internal */
export interface CheckedResidence extends Scan {
  readonly core: number;
  readonly pages: number;
  readonly latency: number;
  /** The first state of the generator of random phases, never 0. */
  readonly random: number;
  readonly lockCost: number;
  readonly faultCost: number;
  readonly exact: boolean;
}

const PHASES = { fixed: 0, random: 1 } as const;
const FIRST_SCAN: Scan = { period: DEFAULT_PERIOD, phase: "fixed", offset: 0 };
const NAMES = [
  ...["core", "pages", "latency", "period", "phase", "offset", "seed"],
  ...["lockCost", "faultCost", "exact"],
];

/** Undefined where it is not given. `several`: there are processors beside the host. @throws {OptionError} @internal */
export function checkResidence(
  residence: ResidenceOptions | undefined,
  several: boolean,
): CheckedResidence | undefined {
  if (residence === undefined) return undefined;
  checkNames("residence", residence, NAMES);
  const exact = yes("residence.exact", residence.exact ?? false);
  if (exact && several) {
    throw new OptionError(
      "residence.exact: references are counted with one processor only, expected it without `processors` and `seed`",
    );
  }
  const { period, phase, offset } = residence;
  return {
    core: whole("residence.core", residence.core ?? DEFAULT_CORE, LEAST_CORE, MAX_CORE_PAGES),
    pages: whole("residence.pages", residence.pages ?? DEFAULT_PAGES, 1, MAX_CORE_PAGES),
    latency: u32("residence.latency", residence.latency ?? DEFAULT_LATENCY),
    ...checkScan("residence.", { period, phase, offset }, FIRST_SCAN),
    random: mixed(u32("residence.seed", residence.seed ?? 1)),
    lockCost: whole("residence.lockCost", residence.lockCost ?? DEFAULT_LOCK_COST, 1, MAX_RUN),
    faultCost: whole("residence.faultCost", residence.faultCost ?? 0, 0, MAX_RUN),
    exact,
  };
}

/** What a scan is after a change; `prefix` goes before the names of its options. @throws {OptionError} @internal */
export function checkScan(
  prefix: string,
  change: { [Name in keyof ScanChange]: ScanChange[Name] | undefined },
  now: Scan,
): Scan {
  const phase = choice(`${prefix}phase`, change.phase ?? now.phase, PHASES);
  const period = whole(`${prefix}period`, change.period ?? now.period, LEAST_PERIOD, MOST_PERIOD);
  if (phase === "fixed") {
    const offset = whole(`${prefix}offset`, change.offset ?? now.offset, 0, period - 1);
    return { period, phase, offset };
  }
  if (change.offset !== undefined) {
    throw new OptionError(
      `${prefix}offset: a random phase has none, expected it left out or \`phase: "fixed"\``,
    );
  }
  return { period, phase, offset: 0 };
}

/** So that seeds that are alike draw what is not. */
function mixed(seed: number): number {
  const once = Math.imul(seed ^ (seed >>> 16) ^ 0x9e3779b9, 0x85ebca6b);
  return (once ^ (once >>> 13)) >>> 0 || 1;
}
