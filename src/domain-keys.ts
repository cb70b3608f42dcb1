// The sixteen general keys of a domain, by which its program invokes what it may.

import { OK } from "../assembly/codes.js";
import { SLOTS } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { RescindedError, StateError } from "./errors.js";
import type { DomainId } from "./id.js";
import type { Key } from "./key.js";
import type { KeyLike } from "./key-like.js";
import { whole } from "./options.js";
import { orders } from "./orders.js";

/** Slots are 0 to 15. Both throw RescindedError once the domain is, and StateError where it runs no ELF program. */
export class DomainKeys {
  readonly #core: Core;
  readonly #id: DomainId;
  readonly #name: string;

  /** @internal */
  constructor(core: Core, id: DomainId, name: string) {
    this.#core = core;
    this.#id = id;
    this.#name = name;
  }

  /** What a slot holds. @throws {OptionError} */
  get(slot: number): Key {
    return this.#order(orders.getKey + whole("keys: slot", slot, 0, SLOTS - 1));
  }

  /** Puts a key in a slot, and returns the old one. @throws {OptionError} @throws {RescindedError} */
  set(slot: number, key: KeyLike): Key {
    const order = orders.swapKey + whole("keys: slot", slot, 0, SLOTS - 1);
    return this.#order(order, this.#core.keyOf(key, `keys[${slot}]`));
  }

  #order(order: number, argument?: Key): Key {
    if (!this.#core.isLive(this.#id)) throw new RescindedError(`domain ${this.#name}`);
    const own: Key = { kind: "domain", id: this.#id, databyte: 0 };
    const { code, key } = this.#core.invoke(own, order, argument);
    if (code !== OK) {
      throw new StateError(`domain ${this.#name} runs no ELF program: it has no general keys`);
    }
    return key;
  }
}
