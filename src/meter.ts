// Meters: the service handle, and the key that only lets one run below.

import { METER_KEEPER_SLOT, METER_SUPERIOR_SLOT } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { OptionError, StateError } from "./errors.js";
import { allocationOf, indexOf, type MeterId } from "./id.js";
import type { Keeper } from "./keeper.js";
import { type Key, ZERO_KEY } from "./key.js";
import type { KeyLike } from "./key-like.js";
import { Node } from "./node.js";
import { cycles } from "./options.js";
import { MeterStorage } from "./storage.js";

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

type MeterCall = (index: number, allocation: number) => number;

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
  /** The key of slot 2 while the meter is switched off; DK(0) where it has no keeper. */
  #putAside: Key | null = null;
  /** What the counter held when the meter was switched off. */
  #held = 0n;

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
    return this.#core.alone(() => {
      this.#do(this.#core.exports.meterUnprepare);
      return this.peek();
    });
  }

  /** The exact counter, without side effects: stored, and the caches below. */
  peek(): bigint {
    return this.#amount(this.#core.exports.meterPeek);
  }

  /**
   * Sets the counter and returns the old one: in one act, exact, also while domains below run.
   *
   * @throws {StateError} while the meter is off, unless `counter` is 0n.
   */
  set(counter: bigint): bigint {
    cycles("set", counter);
    if (counter > 0n) this.#mustBeOn();
    return this.#store(counter);
  }

  /**
   * Adds to the counter. @throws {CounterOverflowError} past 2^64 − 1; @throws {StateError} while the
   * meter is off; then nothing has changed.
   */
  add(amount: bigint): void {
    cycles("add", amount);
    this.#mustBeOn();
    this.#amount(this.#core.exports.meterAdd, amount);
  }

  /**
   * The wire: no domain below runs another cycle, until `on`. Nothing else raises the counter meanwhile:
   * its keeper isn't asked, and one that was asked before finds `add` and `set` refused. Returns what
   * the counter held.
   */
  off(): bigint {
    let old: bigint | undefined;
    this.#core.alone(() => {
      old ??= this.#store(0n);
      if (this.#putAside) return;
      this.#held = old;
      this.#putAside = this.node.swap(METER_KEEPER_SLOT, ZERO_KEY);
    });
    return old!;
  }

  /**
   * Sets the counter, and whoever was parked here goes on where it stood. Without an argument the counter is what it
   * was when the meter was switched off; one that is on stays as it is. @throws {OptionError} for 0n.
   */
  on(counter?: bigint): void {
    if (counter === undefined && !this.isOff) return;
    if (counter !== undefined && cycles("on", counter) === 0n) {
      throw new OptionError("on: found 0n, expected at least 1n");
    }
    this.#core.alone(() => {
      this.#store(counter ?? this.#held);
      if (this.#putAside) this.node.swap(METER_KEEPER_SLOT, this.#putAside);
      this.#putAside = null;
    });
  }

  /** Whether it is switched off. */
  get isOff(): boolean {
    this.peek();
    return this.#putAside !== null;
  }

  /** The same, for whoever must not act on the kernel. @internal */
  get isAside(): boolean {
    return this.#putAside !== null;
  }

  /** Takes all caches below back into the counters; returns how much that was. */
  recall(): bigint {
    return this.#amount(this.#core.exports.meterRecall);
  }

  /**
   * What answers for it where it is dry: a function of the host, or another key in slot 2, such as a start
   * key to a domain; null for DK(0). Setting it lets those parked here look again; while the meter is off,
   * the new one waits aside as the old one did. @throws {OptionError} @throws {RescindedError}
   */
  get keeper(): Keeper | Key | null {
    const key = this.keeperKey();
    if (key.kind === "data" && key.value === 0n) return null;
    return this.#core.hosts.keeperOf(key) ?? key;
  }

  set keeper(keeper: Keeper | KeyLike | null) {
    const { hosts } = this.#core;
    const old = this.keeperKey();
    const key = hosts.keyOf(keeper, (like) => this.#core.keyOf(like, "keeper"));
    if (this.#putAside) this.#putAside = key;
    else this.node.swap(METER_KEEPER_SLOT, key);
    if (key.kind !== "host" || old.kind !== "host" || key.number !== old.number) hosts.release(old);
  }

  /** Its storage counter, and what was charged for core at or below it. */
  get storage(): MeterStorage {
    return new MeterStorage(this.#core, this.id, this.name);
  }

  /** The service key, data byte 0: whoever holds it can do all that this handle can. */
  get serviceKey(): Key {
    return this.node.nodeKey();
  }

  /** What slot 2 holds, or would if the meter were on. @internal */
  keeperKey(): Key {
    const key = this.node.fetch(METER_KEEPER_SLOT);
    return this.#putAside ?? key;
  }

  /** The same; undefined where the node is a page's, a join's or the like, whose slots nobody reads. @internal */
  keeperIfAny(): Key | undefined {
    try {
      return this.keeperKey();
    } catch (error) {
      if (error instanceof StateError) return undefined;
      throw error;
    }
  }

  /** The meter above: null for the prime meter, and where slot 1 holds no key to a meter. */
  get superior(): Meter | null {
    const key = this.node.fetch(METER_SUPERIOR_SLOT);
    return key.kind === "meter" ? this.#core.meterAt(indexOf(key.id)) : null;
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
    return this.#core.alone(() => ({
      granted: this.#amount(exports.meterGranted),
      consumed: this.#amount(exports.meterConsumed),
      // The host's are counted here, those of domains in the node.
      keeperCalls: this.keeperCalls + view.calls(indexOf(this.id)),
    }));
  }

  #store(counter: bigint): bigint {
    return this.#amount(this.#core.exports.meterSet, counter);
  }

  #mustBeOn(): void {
    if (this.isOff) throw new StateError(`meter ${this.name} is off: only on() raises its counter`);
  }

  /** A call that takes a count of cycles, or answers one. */
  #amount(call: MeterCall, argument = 0n): bigint {
    const { view } = this.#core;
    return this.#core.alone(() => {
      view.amount = argument;
      this.#do(call);
      return view.amount;
    });
  }

  #do(call: MeterCall): void {
    this.#core.check(call(indexOf(this.id), allocationOf(this.id)), `meter ${this.name}`);
  }
}
