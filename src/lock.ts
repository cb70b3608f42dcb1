// The host's hold on a kernel that several processors run: while it has the kernel lock, nobody else
// changes the store. Internal.

import { OK } from "../assembly/codes.js";

export interface LockExports {
  become(index: number): void;
  enter(): number;
  leave(): void;
  recover(index: number): number;
}

/** Thrown through what is done under the lock, which is then begun anew. */
const BUSY = Symbol("busy");

export class Lock {
  /** Gives whoever has the lock time to give it back, or recovers the dead. */
  onWait: () => void = () => {};
  /** Gives those time that are wanted inside; false where one of them is dead. Called under the lock. */
  comeIn: () => boolean = () => true;
  readonly #exports: LockExports;
  readonly #check: () => void;
  #depth = 0;

  /** `check` throws where another instance has panicked, maybe with the lock. */
  constructor(exports: LockExports, check: () => void) {
    this.#exports = exports;
    this.#check = check;
    exports.become(0);
  }

  /** Does something under the lock, whether or not the caller has it already. */
  hold<Result>(act: () => Result): Result {
    if (this.#depth > 0) return act();
    for (;;) {
      this.#enter();
      this.#depth = 1;
      try {
        return act();
      } catch (error) {
        if (error !== BUSY) throw error;
      } finally {
        this.#depth = 0;
        this.#exports.leave();
      }
      this.#wait();
    }
  }

  /**
   * A processor that is wanted inside has not come yet. Where it never will, lets go of the lock and begins
   * anew, with what was first to be done under it: whatever is done up to here must bear to be done again.
   */
  waitOn(): void {
    this.#check();
    if (!this.comeIn()) throw BUSY;
  }

  /** Takes back what a dead processor left half done, and what it had. */
  recover(index: number): void {
    while (this.#exports.recover(index) !== OK) this.#wait();
  }

  #enter(): void {
    this.#check();
    while (this.#exports.enter() === 0) this.#wait();
  }

  #wait(): void {
    this.#check();
    this.onWait();
  }
}
