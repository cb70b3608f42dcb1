import type { Domain, Trap } from "../index.js";

/** What became of a scenario; all counts are cycles. */
export interface Report {
  /** The checker found nothing, and every meter's sums and the domains' sum add up. */
  readonly conserved: boolean;
  /** What does not add up; empty when conserved. */
  readonly findings: readonly string[];
  readonly ending: Ending;
  /** What the clock shows: cycles run and cycles idle. */
  readonly cycles: bigint;
  /** How many ran domains, each all those cycles. */
  readonly processors: number;
  /** Cycles that domains ran. */
  readonly consumed: bigint;
  /** Wall time inside the kernel. */
  readonly seconds: number;
  /** Millions of cycles run in a second of wall time. */
  readonly mips: number;
  /** Some domains are bursts, whose cycles are no instructions. */
  readonly synthetic: boolean;
  readonly meters: readonly MeterReport[];
  readonly domains: readonly DomainReport[];
  readonly expectations: readonly Expectation[];
}

/** Nothing left to run; the cycles asked for are used; interrupted. */
export type Ending = "idle" | "limit" | "aborted";

export interface MeterReport {
  readonly name: string;
  /** Null for the prime meter. */
  readonly superior: string | null;
  readonly granted: bigint;
  readonly consumed: bigint;
  readonly counter: bigint;
  readonly keeperCalls: number;
  /** Its figures are then those it had just before. */
  readonly rescinded: boolean;
}

export interface DomainReport {
  readonly name: string;
  /** The name in the file: copies share it. */
  readonly group: string;
  readonly meter: string;
  readonly state: Domain["state"];
  readonly exitCode: number | null;
  readonly consumed: bigint;
  readonly output: string;
  readonly trap: Trap | null;
}

export interface Expectation {
  readonly text: string;
  readonly ok: boolean;
}
