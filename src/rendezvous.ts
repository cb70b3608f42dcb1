// Where domains meet who come at different times: joins and waits, objects of the kernel.

import { Handle } from "./handle.js";
import type { Key } from "./key.js";

/** A handle of a join or a wait; `key` throws RescindedError once it is rescinded, and so does `rescind`. */
abstract class Rendezvous extends Handle {
  /** A start key to it, data byte 0. */
  get key(): Key {
    this.mustBeLive();
    return { kind: "start", id: this.id, databyte: 0 };
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
