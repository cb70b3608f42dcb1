// The bank's ledger, as guests/include/bank.h describes it, read where it lies.

import { CONTROL_NODE_BASE, NODE_RECORD, NODE_SIZE } from "../../assembly/layout.js";
import { indexOf } from "../id.js";
import type { Kernel } from "../kernel.js";
import type { Page } from "../page.js";
import type { View } from "../view.js";

/** Where it is mapped. */
export const LEDGER = 0x8000;

const INSIDE = 2;
const ACCOUNTS = 64;
const AT = { lock: 8, waiting: 12, pair: 24, teller: 64, change: 1024 };
const PERSON = { size: 16, state: 0, begun: 4, done: 8 };

/**
 * Reads words in the kernel's memory, not by page.read(), which copies a page: they are looked at after each
 * cycle of thousands of runs.
 */
export class Ledger {
  readonly #view: View;
  readonly #base: number;

  constructor(kernel: Kernel, page: Page) {
    this.#view = kernel.core.view;
    const nodes = this.#view.control(CONTROL_NODE_BASE);
    this.#base = this.#view.u32(nodes + indexOf(page.id) * NODE_SIZE + NODE_RECORD);
  }

  /** Whether a lock is taken, or somebody means to be woken by whoever gives it back. */
  get isHeld(): boolean {
    return this.#word(AT.lock) !== 0 || this.#word(AT.waiting) !== 0;
  }

  /** What all accounts have gained since opening: 0 where money is conserved. */
  get gained(): number {
    const pair = this.#word(AT.pair);
    // Of ways other than d the pair is 0, and d leaves the accounts alone.
    let gained = ((pair & 0xffff) + (pair >>> 16)) & 0xffff;
    for (let i = 0; i < ACCOUNTS; i++) gained = (gained + this.#word(AT.change + 4 * i)) | 0;
    return gained;
  }

  isInside(teller: number): boolean {
    return this.#person(teller, PERSON.state) === INSIDE;
  }

  begun(teller: number): number {
    return this.#person(teller, PERSON.begun);
  }

  done(teller: number): number {
    return this.#person(teller, PERSON.done);
  }

  #person(teller: number, field: number): number {
    return this.#word(AT.teller + teller * PERSON.size + field);
  }

  #word(at: number): number {
    return this.#view.u32(this.#base + at);
  }
}
