// Kernels with core residence, for tests of what the host sees of it.

import { readFileSync } from "node:fs";
import {
  type ElfProgram,
  type KernelOptions,
  loadElf,
  type ResidenceOptions,
  type ResidenceStatistics,
} from "../src/index.js";
import { Cast } from "./cast.js";
import { guestFile } from "./guests.js";
import { type Step, work } from "./puppet.js";

/** Of `SMALL`, and where there is one lock cycle only. */
export const PERIOD = 100_000;
const LONG = 1_600_000_000;
/** What a page is charged for a period: its 1,024 words for so many cycles. */
export const chargeOf = (period: number): bigint => 1024n * BigInt(period);
export const CHARGE = chargeOf(LONG);
/** Its code, its script and its log are what such a puppet touches. */
export const THREE_PAGES: readonly Step[] = [work(1)];

/** Room for a few programs; the drum needs no time. */
export const SMALL: ResidenceOptions = { core: 64, pages: 512, period: PERIOD, latency: 0 };

export class ResidenceLab extends Cast {
  constructor(residence: ResidenceOptions = {}, options: KernelOptions = {}) {
    super({ residence: { ...SMALL, ...residence }, ...options });
  }

  /** The first lock cycle is over, and the next is far away. */
  static ofOneCycle(): ResidenceLab {
    const lab = new ResidenceLab({ period: LONG });
    lab.runUntil(() => lab.statistics.cycles === 1n);
    return lab;
  }

  get statistics(): ResidenceStatistics {
    return this.kernel.residence.statistics();
  }

  get pagesFree(): number {
    return this.statistics.pagesFree;
  }
}

export function guest(name: string): ElfProgram {
  return loadElf(readFileSync(guestFile(name)));
}
