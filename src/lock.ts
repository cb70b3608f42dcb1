// The host's hold on a kernel that several processors run: while it has the lock, nobody changes the
// store, and its own calls don't get in the way of each other. Internal.

import { pause } from "./bell.js";

export interface LockExports {
  become(index: number): void;
  enter(): number;
  leave(): void;
  recover(index: number): number;
}

export class Lock {
  /** Called while another has the lock for long: it may be dead, or have panicked. May throw. */
  onWait: () => void = () => {};
  readonly #exports: LockExports;
  #depth = 0;

  constructor(exports: LockExports) {
    this.#exports = exports;
    exports.become(0);
  }

  /** Does something under the lock, whether or not the caller has it already. */
  hold<Result>(act: () => Result): Result {
    if (this.#depth === 0) this.#enter();
    this.#depth++;
    try {
      return act();
    } finally {
      if (--this.#depth === 0) this.#exports.leave();
    }
  }

  /** Undoes what a dead processor left half done, and gives back what it had. */
  recover(index: number): void {
    this.#exports.recover(index);
  }

  #enter(): void {
    while (this.#exports.enter() === 0) {
      this.onWait();
      pause(1);
    }
  }
}
