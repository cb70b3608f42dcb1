// The storage of a meter: what domains below it may still use of core, and what they have been charged for it.

import { ACCOUNT_CHARGED, ACCOUNT_FAULTS, ACCOUNT_OWN } from "../assembly/residence-layout.js";
import type { Core } from "./core.js";
import { RescindedError, StateError } from "./errors.js";
import { allocationOf, indexOf, type MeterId } from "./id.js";
import { cycles } from "./options.js";
import type { ResidenceBlock } from "./residence-block.js";

type StorageCall = (index: number, allocation: number) => number;

/**
 * The storage counter of a meter, its slot 5, and its account. Counts are word-cycles, 0 to 2^64 − 1: see WORD_SECOND. Where a
 * counter has less than a charge, the keeper of the nearest such meter is called, with `resource: "storage"`. Every member
 * throws RescindedError once the meter is rescinded, StateError in a kernel without `residence`, and those of the counter
 * MalformedMeterError while the slots are not a meter's.
 */
export class MeterStorage {
  readonly #core: Core;
  readonly #id: MeterId;
  readonly #name: string;

  /** @internal */
  constructor(core: Core, id: MeterId, name: string) {
    this.#core = core;
    this.#id = id;
    this.#name = name;
  }

  /** What the counter holds; 2^64 − 1 is unlimited: nothing is taken from it. So it is where nothing else was said. */
  peek(): bigint {
    return this.#amount(this.#core.exports.meterStoragePeek);
  }

  /** Sets the counter and returns the old one; who was parked for want of storage looks again. @throws {OptionError} */
  set(counter: bigint): bigint {
    return this.#amount(this.#core.exports.meterStorageSet, cycles("storage: set", counter));
  }

  /** Adds to the counter. @throws {OptionError} @throws {CounterOverflowError} past 2^64 − 1; then it is as it was. */
  add(amount: bigint): void {
    this.#amount(this.#core.exports.meterStorageAdd, cycles("storage: add", amount));
  }

  /** What domains at or below the meter were charged. */
  charged(): bigint {
    return this.#account(ACCOUNT_CHARGED);
  }

  /** What domains right under it were charged. */
  own(): bigint {
    return this.#account(ACCOUNT_OWN);
  }

  /** Page-accounting faults of domains right under it. */
  faults(): bigint {
    return this.#account(ACCOUNT_FAULTS);
  }

  /** A call that takes a count of word-cycles, or answers one. */
  #amount(call: StorageCall, argument = 0n): bigint {
    const core = this.#core;
    this.#block();
    return core.alone(() => {
      core.view.amount = argument;
      const status = call(indexOf(this.#id), allocationOf(this.#id));
      core.check(status, `the storage of meter ${this.#name}`);
      return core.view.amount;
    });
  }

  #account(offset: number): bigint {
    const core = this.#core;
    return core.alone(() => {
      const block = this.#block();
      if (!core.isLive(this.#id)) throw new RescindedError(`meter ${this.#name}`);
      return core.view.u64(block.account(indexOf(this.#id), offset));
    });
  }

  #block(): ResidenceBlock {
    const { residence } = this.#core;
    if (residence) return residence;
    throw new StateError(
      `meter ${this.#name}: this kernel counts no storage; create it with \`residence\``,
    );
  }
}
