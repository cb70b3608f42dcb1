// Meters: the service handle, and the key that only lets one run below.

import { METER_KEEPER_SLOT, METER_SUPERIOR_SLOT } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { OptionError } from "./errors.js";
import { allocationOf, indexOf, type MeterId } from "./id.js";
import type { Keeper } from "./keeper.js";
import { type Key, ZERO_KEY } from "./key.js";
import { Node } from "./node.js";
import { cycles } from "./options.js";

/**
 * Confers the right to run a domain, or to hang a meter, under a meter; it can't read or change
 * anything there (§3.1).
 */
export class MeterKey {
  readonly id: MeterId;

  readonly #core: Core;

  /** @internal */
  constructor(core: Core, id: MeterId) {
    this.#core = core;
    this.id = id;
  }

  /** Whether it is good in a kernel: ids of different kernels are alike. @internal */
  isOf(core: Core): boolean {
    return this.#core === core;
  }
}

export interface MeterStatistics {
  /** All that was put into the counter, less what was taken out, modulo 2^64. */
  readonly granted: bigint;
  /** Cycles that ran below, exactly. */
  readonly consumed: bigint;
  readonly keeperCalls: number;
}

/**
 * The service handle of a meter. Counts are cycles, 0 to 2^64 − 1. Every member but `id`, `name` and
 * `key` throws RescindedError once the meter is rescinded, and MalformedMeterError while its slots, which
 * `node` gives access to, are not a meter's.
 */
export class Meter {
  readonly id: MeterId;
  readonly name: string;
  readonly key: MeterKey;
  /** The node behind it, slot by slot. */
  readonly node: Node;
  /** @internal */
  keeperCalls = 0;
  readonly #core: Core;
  /** The key of slot 2 while the meter is switched off. */
  #putAside: Key | null = null;
  #switched = false;

  /** @internal */
  constructor(core: Core, id: MeterId, name: string) {
    this.#core = core;
    this.id = id;
    this.name = name;
    this.key = new MeterKey(core, id);
    this.node = new Node(core, id, `meter ${name}`);
  }

  /** The exact counter, read as KeyKOS does: the meter and all below it are unprepared (R9). */
  counter(): bigint {
    this.#do(this.#core.exports.meterUnprepare);
    return this.peek();
  }

  /** The exact counter, without side effects: stored, and the caches below. */
  peek(): bigint {
    this.#do(this.#core.exports.meterPeek);
    return this.#core.view.amount;
  }

  /** Sets the counter and returns the old one: in one act, exact, also while domains below run. */
  set(counter: bigint): bigint {
    this.#core.view.amount = cycles("set", counter);
    this.#do(this.#core.exports.meterSet);
    const old = this.#core.view.amount;
    if (counter > 0n) this.#switchOn();
    return old;
  }

  /** Adds to the counter. @throws {CounterOverflowError} past 2^64 − 1; then nothing has changed. */
  add(amount: bigint): void {
    this.#core.view.amount = cycles("add", amount);
    this.#do(this.#core.exports.meterAdd);
    if (amount > 0n) this.#switchOn();
  }

  /**
   * The wire: no domain below runs another cycle, until the counter is raised by `on`, `set` or `add`.
   * Its keeper isn't asked meanwhile: it answers for exhaustion, not for the switch. One that was asked
   * before and answers later must look at `isOff`, or it switches on again. Returns what the counter
   * held.
   */
  off(): bigint {
    const old = this.set(0n);
    this.#switched = true;
    const keeper = this.node.fetch(METER_KEEPER_SLOT);
    if (keeper.kind === "host") {
      this.#putAside = keeper;
      this.node.swap(METER_KEEPER_SLOT, ZERO_KEY);
    }
    return old;
  }

  /** Sets the counter, and whoever was parked here goes on where it stood. */
  on(counter: bigint): void {
    if (cycles("on", counter) === 0n) throw new OptionError("on: found 0n, expected at least 1n");
    this.set(counter);
  }

  /** Whether it was switched off, and not raised since. */
  get isOff(): boolean {
    return this.peek() === 0n && this.#switched;
  }

  /** Takes all caches below back into the counters; returns how much that was. */
  recall(): bigint {
    this.#do(this.#core.exports.meterRecall);
    return this.#core.view.amount;
  }

  /** The function in slot 2, or null. Setting it lets those parked here look again. */
  get keeper(): Keeper | null {
    const key = this.#putAside ?? this.node.fetch(METER_KEEPER_SLOT);
    return key.kind === "host" ? (this.#core.keepers.get(key.number) ?? null) : null;
  }

  set keeper(keeper: Keeper | null) {
    this.#returnKeeper();
    const key = keeper
      ? ({ kind: "host", number: this.#core.register(keeper) } as const)
      : ZERO_KEY;
    const old = this.node.swap(METER_KEEPER_SLOT, key);
    if (old.kind === "host") this.#core.keepers.delete(old.number);
  }

  /** The meter above: null for the prime meter, and where slot 1 holds no key to a meter. */
  get superior(): Meter | null {
    const key = this.node.fetch(METER_SUPERIOR_SLOT);
    return key.kind === "meter" ? (this.#core.meters.get(indexOf(key.id)) ?? null) : null;
  }

  /**
   * Hangs this meter under another: caches below go back to the old superiors, what is borrowed later
   * is paid by the new ones. A loop, or a chain of more than 20, traps the domains below (R2, R3).
   *
   * @throws {RescindedError} where `superior` is rescinded; then nothing has changed.
   */
  setSuperior(superior: Meter | MeterKey): void {
    const id = this.#core.liveMeter("superior", superior);
    this.node.swap(METER_SUPERIOR_SLOT, { kind: "meter", id, databyte: 0 });
  }

  /** Every key to it is void from now on: domains below trap with 0x404 when next dispatched. */
  rescind(): void {
    this.node.rescind();
  }

  statistics(): MeterStatistics {
    const { exports, view } = this.#core;
    this.#do(exports.meterGranted);
    const granted = view.amount;
    this.#do(exports.meterConsumed);
    return { granted, consumed: view.amount, keeperCalls: this.keeperCalls };
  }

  #switchOn(): void {
    this.#switched = false;
    this.#returnKeeper();
  }

  #returnKeeper(): void {
    if (this.#putAside) this.node.swap(METER_KEEPER_SLOT, this.#putAside);
    this.#putAside = null;
  }

  #do(call: (index: number, allocation: number) => number): void {
    this.#core.check(call(indexOf(this.id), allocationOf(this.id)), `meter ${this.name}`);
  }
}
