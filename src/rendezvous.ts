// Where domains meet who come at different times: joins and waits, objects of the kernel.

import type { Core } from "./core.js";
import { RescindedError } from "./errors.js";
import type { NodeId } from "./id.js";
import type { Key } from "./key.js";
import { Node } from "./node.js";

/** A handle of a join or a wait; `key` throws RescindedError once it is rescinded, and so does `rescind`. */
abstract class Rendezvous {
  readonly id: NodeId;
  readonly name: string;
  readonly #core: Core;

  /** @internal */
  constructor(core: Core, id: NodeId, name: string) {
    this.#core = core;
    this.id = id;
    this.name = name;
  }

  /** A start key to it, data byte 0. */
  get key(): Key {
    if (!this.#core.isLive(this.id)) throw new RescindedError(this.name);
    return { kind: "start", id: this.id, databyte: 0 };
  }

  /** Every key to it is void from now on. */
  rescind(): void {
    new Node(this.#core, this.id, this.name).rescind();
  }
}

/**
 * A join holds an answer until somebody asks for it, whichever comes first. Order 0 answers, as key 1, a
 * return key to it, for one message; order 1 answers that message, or waits for it. 1: nothing is
 * awaited; 3: somebody else waits.
 */
export class Join extends Rendezvous {}

/**
 * A wait lets one domain at a time wait for a time. Order 0 waits until then; 3: somebody else does. Order 1
 * sets the time, 8 bytes, big-endian, in 2^−12 µs; one that has passed wakes who waits, now.
 */
export class Wait extends Rendezvous {}
