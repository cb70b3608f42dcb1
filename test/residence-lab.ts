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

/** Word-cycles of a page for a cycle: what it is charged for is this times the scan period. */
export const PAGE_WORDS = 1024n;
/** Of `SMALL`. */
export const PERIOD = 100_000;
export const CHARGE = PAGE_WORDS * BigInt(PERIOD);

/** Room for a few programs; the drum needs no time. */
export const SMALL: ResidenceOptions = { core: 64, pages: 512, period: PERIOD, latency: 0 };

export class ResidenceLab extends Cast {
  constructor(residence: ResidenceOptions = {}, options: KernelOptions = {}) {
    super({ residence: { ...SMALL, ...residence }, ...options });
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
