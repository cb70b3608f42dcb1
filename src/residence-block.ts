// What the kernel keeps for core residence, as assembly/residence-layout.ts has it. Internal.

import { OK } from "../assembly/codes.js";
import { CONTROL_RESIDENCE, PRIME_INDEX, PROGRAM_LOCKER } from "../assembly/layout.js";
import {
  ACCOUNT_SIZE,
  PAGE_ENTRY_SIZE,
  PHASE_FIXED,
  PHASE_RANDOM,
  RESIDENCE_ACCOUNTS,
  RESIDENCE_EXACT,
  RESIDENCE_FAULT_COST,
  RESIDENCE_LATENCY,
  RESIDENCE_LOCK_COST,
  RESIDENCE_MAP,
  RESIDENCE_OFFSET,
  RESIDENCE_PERIOD,
  RESIDENCE_PHASE,
  RESIDENCE_RANDOM,
} from "../assembly/residence-layout.js";
import type { Core } from "./core.js";
import { Domain } from "./domain.js";
import { PrimemeterError } from "./errors.js";
import { allocationOf, indexOf } from "./id.js";
import type { Meter } from "./meter.js";
import type { CheckedResidence, Scan } from "./residence-options.js";

const LOCKER = "page-locker";
/** What a counter that nobody limits holds. */
const ALL_ONES = (1n << 64n) - 1n;

export class ResidenceBlock {
  readonly options: CheckedResidence;
  /** The page-locking process, and the meter that it alone runs under. */
  readonly locker: Domain;
  readonly meter: Meter;
  readonly #core: Core;
  readonly #address: number;

  /** Opens core residence in a kernel that was just initialized. @throws {CapacityError} NO_NODES */
  constructor(core: Core, options: CheckedResidence) {
    this.#core = core;
    this.options = options;
    const { exports, view } = core;
    // Its frames are beside those that were asked for; page 0 is none.
    expectOk("residenceOpen", exports.residenceOpen(options.core, options.pages + 1));
    this.#address = view.control(CONTROL_RESIDENCE);
    this.#write();
    const { period, phase, offset } = options;
    expectOk("residencePeriod", exports.residencePeriod(period, phaseNumber(phase), offset));
    this.meter = this.#makeMeter();
    this.locker = this.#makeLocker();
  }

  u32(offset: number): number {
    return this.#core.view.u32(this.#address + offset);
  }

  u64(offset: number): bigint {
    return this.#core.view.u64(this.#address + offset);
  }

  /** The address of a field of a page's entry in the core map. */
  page(number: number, offset: number): number {
    return this.u32(RESIDENCE_MAP) + number * PAGE_ENTRY_SIZE + offset;
  }

  /** The address of a field of the AMT entry of a meter, by the index of its node. */
  account(index: number, offset: number): number {
    return this.u32(RESIDENCE_ACCOUNTS) + index * ACCOUNT_SIZE + offset;
  }

  get scan(): Scan {
    const phase = this.u32(RESIDENCE_PHASE) === PHASE_RANDOM ? "random" : "fixed";
    return { period: this.u32(RESIDENCE_PERIOD), phase, offset: this.u32(RESIDENCE_OFFSET) };
  }

  #write(): void {
    const { latency, random, lockCost, faultCost, exact } = this.options;
    const words: readonly (readonly [offset: number, value: number])[] = [
      [RESIDENCE_LATENCY, latency],
      [RESIDENCE_LOCK_COST, lockCost],
      [RESIDENCE_FAULT_COST, faultCost],
      [RESIDENCE_RANDOM, random],
      [RESIDENCE_EXACT, Number(exact)],
    ];
    for (const [at, value] of words) this.#core.view.setU32(this.#address + at, value);
  }

  #makeMeter(): Meter {
    const core = this.#core;
    const prime = core.idAt(PRIME_INDEX);
    const id = core.made(() => {
      core.view.amount = ALL_ONES;
      return core.exports.meterCreate(indexOf(prime), allocationOf(prime), 0);
    }, LOCKER);
    return core.meterAt(indexOf(id), LOCKER);
  }

  #makeLocker(): Domain {
    const core = this.#core;
    const { exports } = core;
    const [index, allocation] = [indexOf(this.meter.id), allocationOf(this.meter.id)];
    const id = core.made(
      () => exports.domainCreate(index, allocation, PROGRAM_LOCKER, 0, 0),
      LOCKER,
    );
    const locker = new Domain(core, id, LOCKER, undefined);
    core.domains.set(indexOf(id), locker);
    locker.start();
    return locker;
  }
}

/** As the kernel numbers phases. */
export function phaseNumber(phase: Scan["phase"]): number {
  return phase === "random" ? PHASE_RANDOM : PHASE_FIXED;
}

function expectOk(what: string, status: number): void {
  if (status !== OK) throw new PrimemeterError("STATUS", `${what}: status ${status}`);
}
