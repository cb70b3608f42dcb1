// Core residence as the host sees it: the page-locking process, its period, what was counted, and the pages.

import { OK } from "../assembly/codes.js";
import {
  PAGE_ACCOUNT,
  PAGE_DIRTY,
  PAGE_FIRST,
  PAGE_FRAME,
  PAGE_OPEN,
  PAGE_PAID,
  PAGE_REFERENCED,
  PAGE_USERS,
  RESIDENCE_CHARGED,
  RESIDENCE_COPIES,
  RESIDENCE_CYCLES,
  RESIDENCE_EVICTIONS,
  RESIDENCE_FAULTS,
  RESIDENCE_FETCHES,
  RESIDENCE_FRAMES,
  RESIDENCE_PAGES,
  RESIDENCE_STARTS,
  RESIDENCE_UNOWNED,
  RESIDENCE_UNPAID,
  RESIDENCE_UNRESERVED,
  RESIDENCE_WRITES,
} from "../assembly/residence-layout.js";
import type { Core } from "./core.js";
import type { Domain } from "./domain.js";
import { PrimemeterError } from "./errors.js";
import type { Meter } from "./meter.js";
import { checkNames } from "./options.js";
import { phaseNumber, type ResidenceBlock } from "./residence-block.js";
import { checkScan, type ScanChange, type ScanPhase } from "./residence-options.js";

/**
 * Word-cycles of core in a word-second: a word of 4 bytes in core for a second of a 16 MHz clock. A charge for a page is
 * 1,024 words times the scan period.
 */
export const WORD_SECOND = 16_000_000n;

export interface ResidenceStatistics {
  /** Lock cycles. */
  readonly cycles: bigint;
  /** Page-accounting faults, those for pages that were just assigned included. */
  readonly faults: bigint;
  /** Of these, how many were for pages that were just assigned. */
  readonly starts: bigint;
  /** Faults that an account had too little for. */
  readonly unpaid: bigint;
  /** Pages read from the drum, and written there. */
  readonly fetches: bigint;
  readonly writes: bigint;
  /** Pages taken out of core. */
  readonly evictions: bigint;
  /** Pages copied on write. */
  readonly copies: bigint;
  /** Word-cycles charged to accounts, and those of domains that have none. */
  readonly charged: bigint;
  readonly unowned: bigint;
  /** Core frames, and how many of them have no page. */
  readonly core: number;
  readonly coreFree: number;
  /** Pages that there can be, and how many of them are neither there nor promised to copies on write. */
  readonly pages: number;
  readonly pagesFree: number;
}

/** A page as it is. Lock cycles are counted from 1; 0 is the time before the first one. */
export interface CorePage {
  /** From 1. */
  readonly number: number;
  readonly inCore: boolean;
  /** Stored to since it came into core. */
  readonly dirty: boolean;
  /** Touched since replacement last looked at it. */
  readonly referenced: boolean;
  /** The lock cycle since which it is open to all that have it, or was last; null: it never was. */
  readonly opened: number | null;
  /** The lock cycle after which it was last paid for; null: it never was. */
  readonly paid: number | null;
  /** Who paid last since it came into core; null: nobody, or a meter that was rescinded since. */
  readonly account: Meter | null;
  /** In how many places of address spaces it is; and one more where it is of a program's file, or an object. */
  readonly users: number;
  /** Who was the first to pay since then; null as above. */
  readonly first: Meter | null;
}

/** A handle of a kernel's core residence. */
export class Residence {
  readonly #core: Core;

  /** @internal */
  constructor(core: Core) {
    this.#core = core;
  }

  /** The page-locking process: while it is stopped, or its meter is off, there are no lock cycles. */
  get locker(): Domain {
    return this.#block.locker;
  }

  /** The meter that the page-locking process runs under, which is under the prime meter. */
  get meter(): Meter {
    return this.#block.meter;
  }

  /** The scan period in cycles. */
  get period(): number {
    return this.#core.alone(() => this.#block.scan.period);
  }

  get phase(): ScanPhase {
    return this.#core.alone(() => this.#block.scan.phase);
  }

  /** Cycles from the beginning of a period to its lock cycle; 0 with a random phase. */
  get offset(): number {
    return this.#core.alone(() => this.#block.scan.offset);
  }

  /**
   * Changes the scan at once; periods count from now. What is not given stays as it is. Charges are by the period in which
   * they are made. @throws {OptionError} with the range; then nothing has changed.
   */
  set(change: ScanChange): void {
    checkNames("set", change, ["period", "phase", "offset"]);
    const core = this.#core;
    core.alone(() => {
      const { period, phase, offset } = checkScan("set: ", { ...change }, this.#block.scan);
      const status = core.exports.residencePeriod(period, phaseNumber(phase), offset);
      if (status !== OK) throw new PrimemeterError("STATUS", `residencePeriod: status ${status}`);
    });
    core.acted();
  }

  statistics(): ResidenceStatistics {
    return this.#core.alone(() => {
      const block = this.#block;
      const core = block.u32(RESIDENCE_FRAMES);
      const inCore = [...this.#used()].filter((number) => this.#isInCore(number)).length;
      return {
        cycles: block.u64(RESIDENCE_CYCLES),
        ...{ faults: block.u64(RESIDENCE_FAULTS), starts: block.u64(RESIDENCE_STARTS) },
        unpaid: block.u64(RESIDENCE_UNPAID),
        ...{ fetches: block.u64(RESIDENCE_FETCHES), writes: block.u64(RESIDENCE_WRITES) },
        ...{ evictions: block.u64(RESIDENCE_EVICTIONS), copies: block.u64(RESIDENCE_COPIES) },
        ...{ charged: block.u64(RESIDENCE_CHARGED), unowned: block.u64(RESIDENCE_UNOWNED) },
        ...{ core, coreFree: core - inCore },
        pages: block.u32(RESIDENCE_PAGES) - 1,
        pagesFree: block.u32(RESIDENCE_UNRESERVED),
      };
    });
  }

  /** All pages that there are, as they are now, by their numbers. */
  pages(): readonly CorePage[] {
    return this.#core.alone(() => [...this.#used()].map((number) => this.#read(number)));
  }

  #read(number: number): CorePage {
    const { view } = this.#core;
    const block = this.#block;
    const word = (offset: number) => view.u32(block.page(number, offset));
    const mark = (offset: number) => view.u8(block.page(number, offset)) !== 0;
    return {
      number,
      inCore: this.#isInCore(number),
      dirty: mark(PAGE_DIRTY),
      referenced: mark(PAGE_REFERENCED),
      ...{ opened: cycleOf(word(PAGE_OPEN)), paid: cycleOf(word(PAGE_PAID)) },
      account: this.#meterOf(word(PAGE_ACCOUNT)),
      users: word(PAGE_USERS),
      first: this.#meterOf(word(PAGE_FIRST)),
    };
  }

  /** The kernel forgets who paid when his meter is rescinded. */
  #meterOf(index: number): Meter | null {
    return index === 0 ? null : this.#core.meterAt(index);
  }

  /** Numbers of the pages that are not free. */
  *#used(): Generator<number> {
    const { view } = this.#core;
    const block = this.#block;
    const end = block.u32(RESIDENCE_PAGES);
    for (let number = 1; number < end; number++) {
      if (view.u32(block.page(number, PAGE_USERS)) !== 0) yield number;
    }
  }

  #isInCore(number: number): boolean {
    return this.#core.view.u32(this.#block.page(number, PAGE_FRAME)) !== 0;
  }

  get #block(): ResidenceBlock {
    return this.#core.residence!;
  }
}

/** The kernel counts epochs from 1: the first one is that before all lock cycles. */
function cycleOf(epoch: number): number | null {
  return epoch === 0 ? null : epoch - 1;
}
