// The twin of refill in JavaScript over typed arrays, one for each field.

/** Counters are BigUint64Array where `exact`; else Float64Array, which is right up to 2^53 only. */
export class TypedChain {
  readonly #amounts: Float64Array;
  readonly #superiors: Int32Array;
  readonly #flags: Uint8Array;
  readonly #domain: number;
  #refills = 0;

  constructor(depth: number, counter: number) {
    this.#amounts = new Float64Array(depth + 1).fill(counter);
    this.#superiors = new Int32Array(depth + 1).map((_, index) => index - 1);
    this.#flags = new Uint8Array(depth + 1);
    this.#domain = depth;
    this.#amounts[depth] = 0;
  }

  /** Gives back and borrows so many times; what was borrowed in all. */
  borrow(times: number, advance: number): number {
    let sum = 0;
    for (let i = 0; i < times; i++) {
      this.#refill(advance);
      sum += this.#amounts[this.#domain]!;
    }
    return sum;
  }

  /** Whether it found a dry meter. */
  #refill(advance: number): boolean {
    const amounts = this.#amounts;
    const superiors = this.#superiors;
    const domain = this.#domain;
    const rest = amounts[domain]!;
    if (rest !== 0) {
      for (let at = superiors[domain]!; at >= 0; at = superiors[at]!) amounts[at]! += rest;
      amounts[domain] = 0;
    }
    let smallest = Number.POSITIVE_INFINITY;
    for (let at = superiors[domain]!; at >= 0; at = superiors[at]!) {
      const counter = amounts[at]!;
      if (counter < 1) return true;
      if (counter < smallest) smallest = counter;
    }
    const amount = smallest < advance ? smallest : advance;
    for (let at = superiors[domain]!; at >= 0; at = superiors[at]!) amounts[at]! -= amount;
    amounts[domain] = amount;
    this.#flags[domain] = 0;
    this.#refills++;
    return false;
  }
}
