import type {
  Domain,
  PartitionUsage,
  ResidenceStatistics,
  ScanPhase,
  Timing,
  Trap,
} from "../index.js";
import type { CallsReport } from "./calls.js";
import type { Told } from "./console.js";

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
  /** What billing by a clock came to; null where cycles are counted. */
  readonly time: TimeReport | null;
  /** With System, each by its index; none where there are none. */
  readonly partitions: readonly PartitionReport[];
  /** What came of core residence; null without. */
  readonly residence: ResidenceReport | null;
  /** Messages that were delivered, keepers' included, and times that somebody stalled on a callee. */
  readonly messages: number;
  readonly stalls: number;
  /** What domains told the console, in the order in which it came. */
  readonly console: readonly Told[];
  /** Of the operator's calls, in the order in which they were made. */
  readonly answers: readonly AnswerReport[];
  readonly expectations: readonly Expectation[];
}

/**
 * Nothing left to run; the cycles asked for are used; interrupted; stopped because a partition is bankrupt, where the
 * file says so.
 */
export type Ending = "idle" | "limit" | "aborted" | "bankrupt";

export interface TimeReport extends Timing {
  readonly by: "microbill" | "tick";
  /** Cycles that domains ran: the truth that `billed` is compared with. */
  readonly ran: bigint;
  /** Cycles of the averaging window; null without partitions. */
  readonly window: number | null;
}

export interface PartitionReport extends PartitionUsage {
  /** Percent of the processors' time since the beginning that it was billed for. */
  readonly share: number;
}

/** Word-cycles are its unit. */
export interface ResidenceReport extends ResidenceStatistics {
  /** When lock cycles are, by now. */
  readonly period: number;
  readonly phase: ScanPhase;
  readonly offset: number;
}

export interface MeterReport {
  readonly name: string;
  /** Null for the prime meter. */
  readonly superior: string | null;
  readonly granted: bigint;
  readonly consumed: bigint;
  readonly counter: bigint;
  readonly keeperCalls: number;
  /** The domain that the file makes its keeper; null where that is none of its domains. */
  readonly keeper: string | null;
  /** Null without core residence. */
  readonly storage: StorageReport | null;
  /** Its figures are then those it had just before. */
  readonly rescinded: boolean;
}

/** What core residence knows of a meter; counts of word-cycles. */
export interface StorageReport {
  /** What its storage counter still holds. */
  readonly left: bigint;
  /** What domains at or below it were charged, and those right under it. */
  readonly charged: bigint;
  readonly own: bigint;
  /** Page-accounting faults of those right under it. */
  readonly faults: bigint;
  /** Pages in core that somebody at or below it was the last to pay for. */
  readonly corePages: number;
}

export interface DomainReport {
  readonly name: string;
  /** The name in the file: copies share it. */
  readonly group: string;
  readonly meter: string;
  /** Of one that is rescinded, the figures are those it had just before. */
  readonly state: Domain["state"] | "rescinded";
  readonly exitCode: number | null;
  readonly consumed: bigint;
  readonly output: string;
  readonly trap: Trap | null;
  /** Of a module of WebAssembly; null for others. */
  readonly calls: CallsReport | null;
  /** Null where cycles are counted. */
  readonly time: DomainTime | null;
}

/** What a clock says of a domain. */
export interface DomainTime {
  /** Cycles that it was billed for: what it consumed, and what it owes. */
  readonly billed: bigint;
  /** Cycles that processors spent for it. */
  readonly ran: bigint;
  readonly owed: bigint;
  /** Its own partition and priority; null without partitions. */
  readonly partition: string | null;
  readonly priority: number | null;
}

export interface AnswerReport {
  /** As the file calls it. */
  readonly name: string | null;
  /** Whom the operator called. */
  readonly to: string;
  /** When the call was made. */
  readonly asked: bigint;
  /** When it was answered, and with what; null where it was not. */
  readonly cycle: bigint | null;
  readonly order: number | null;
  readonly bytes: Uint8Array | null;
  /** Why nobody can answer, where that is so. */
  readonly refusal: string | null;
}

export interface Expectation {
  readonly text: string;
  readonly ok: boolean;
}
