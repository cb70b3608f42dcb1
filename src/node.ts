// A node as the holder of its service key sees it: sixteen slots of keys.

import {
  ANSWER_INVALID_ORDER,
  ORDER_CLEAR,
  ORDER_FETCH,
  ORDER_MAKE_FETCH,
  ORDER_MAKE_METER,
  ORDER_MAKE_NODE,
  ORDER_MAKE_SENSE,
  ORDER_SWAP,
} from "../assembly/codes.js";
import { SLOTS } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { RescindedError, StateError } from "./errors.js";
import { allocationOf, indexOf, type NodeId } from "./id.js";
import type { Key } from "./key.js";
import type { KeyLike } from "./key-like.js";
import { whole } from "./options.js";

/** A handle of a node; every call throws RescindedError once the node is rescinded. */
export class Node {
  readonly id: NodeId;
  readonly #core: Core;
  readonly #what: string;

  /** @internal */
  constructor(core: Core, id: NodeId, what: string) {
    this.#core = core;
    this.id = id;
    this.#what = what;
  }

  /**
   * What a slot, 0 to 15, holds. Reading one of the slots 3–6 and 10–12 of a meter unprepares it and
   * all below it, so that the value is exact (§3.2).
   */
  fetch(slot: number): Key {
    return this.#order(ORDER_FETCH + this.#slot(slot));
  }

  /**
   * Stores a key in a slot and returns the old one. A key that names a rescinded node is stored as
   * DK(0). @throws {StateError} for slots that are the kernel's: 5 and 13 of a domain's root, 1 of the
   * prime meter.
   */
  swap(slot: number, key: KeyLike): Key {
    return this.#order(ORDER_SWAP + this.#slot(slot), this.#core.keyOf(key, "swap: key"));
  }

  /** All slots become DK(0). @throws {StateError} for a domain's root. */
  clear(): void {
    this.#order(ORDER_CLEAR);
  }

  /** The key that lets its holder run, or hang a meter, under this node; nothing else (§3.1). */
  meterKey(): Key {
    return this.#order(ORDER_MAKE_METER);
  }

  /** A service key. */
  nodeKey(databyte = 0): Key {
    whole("databyte", databyte, 0, 255);
    return this.#order(ORDER_MAKE_NODE, { kind: "node", id: this.id, databyte });
  }

  /** A key that reads slots but writes none. */
  fetchKey(): Key {
    return this.#order(ORDER_MAKE_FETCH);
  }

  /** A key that reads data, and weaker keys only. */
  senseKey(): Key {
    return this.#order(ORDER_MAKE_SENSE);
  }

  /** Every key to the node is DK(0) from now on. @throws {StateError} for the prime meter's node. */
  rescind(): void {
    const { exports, meters, domains, emitter, hosts, mappings, post } = this.#core;
    const index = indexOf(this.id);
    // While what the batch tells of still has its handles; and what the freeing adds to it.
    this.#alive();
    this.#core.report();
    const meter = this.#core.meterIfAny(this.id);
    const keeper = meter?.keeperIfAny();
    const status = this.#core.alone(() => {
      this.#core.collect();
      mappings.forget(this.id);
      return exports.nodeFree(index, allocationOf(this.id));
    });
    this.#core.check(status, this.#what);
    if (keeper) hosts.release(keeper);
    post.gone(this.id, new RescindedError(this.#what));
    this.#core.report();
    // A listener may have given the node to somebody else by now.
    if (meters.get(index)?.id === this.id) meters.delete(index);
    if (domains.get(index)?.id === this.id) domains.delete(index);
    emitter.raise();
  }

  /** @internal */
  isOf(core: Core): boolean {
    return this.#core === core;
  }

  #slot(slot: number): number {
    return whole("slot", slot, 0, SLOTS - 1);
  }

  #order(order: number, argument?: Key): Key {
    this.#alive();
    const own: Key = { kind: "node", id: this.id, databyte: 0 };
    const { code, key } = this.#core.invoke(own, order, argument);
    if (code === ANSWER_INVALID_ORDER) {
      throw new StateError(`${this.#what}: the kernel keeps its own accounts there`);
    }
    return key;
  }

  #alive(): void {
    if (!this.#core.isLive(this.id)) throw new RescindedError(this.#what);
  }
}
