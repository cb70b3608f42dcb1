// What is known of core between two lock cycles: the trace that schemes are compared on.

import { PAGE_WORDS } from "../../assembly/residence-layout.js";

/** The name of a meter that domains are right under: who can be charged. */
export type Account = string;

/** A page that was in core as a cycle ended, or was referenced in it. */
export interface PageUse {
  /** Its number in the core map. */
  readonly page: number;
  readonly isInCore: boolean;
  /** Who paid for it first since it was last free or taken out of core. */
  readonly first: Account | null;
  /** Page-table words that lead to it, and references in the cycle, by whose domains'; none are 0. */
  readonly mappers: ReadonlyMap<Account, number>;
  readonly references: ReadonlyMap<Account, number>;
}

/** A lock cycle's end, and what happened since the one before. */
export interface Sample {
  /** Of the kernel's clock. */
  readonly since: bigint;
  readonly until: bigint;
  /** It is from one lock cycle to the next; the first one begins with the run, and the last one ends with it. */
  readonly isWhole: boolean;
  /** The scan period, in cycles: what is paid for a page, times its words, however long it was to this lock cycle. */
  readonly period: number;
  /** What the kernel charged, in word-cycles, and by how many page-accounting faults. */
  readonly charges: ReadonlyMap<Account, bigint>;
  readonly faults: number;
  /** Pages read from the drum. */
  readonly fetches: number;
  readonly pages: readonly PageUse[];
}

/** Word-cycles of a page that is paid for in a cycle. */
export function chargeOf({ period }: Pick<Sample, "period">): bigint {
  return BigInt(PAGE_WORDS) * BigInt(period);
}

export function isReferenced({ references }: Pick<PageUse, "references">): boolean {
  return references.size > 0;
}
