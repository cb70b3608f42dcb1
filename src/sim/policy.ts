// What keepers do: all of it follows from the number in the host key, and how often it was called.

import { Random } from "./random.js";

export type Policy =
  | { readonly kind: "refill"; readonly amount: bigint; times: number }
  /** Raises the counter, and declines all the same. */
  | { readonly kind: "contrary"; readonly amount: bigint }
  | { readonly kind: "nothing" | "decline" | "later" | "rescind" | "leave" };

const OTHERS = ["nothing", "decline", "later", "later", "rescind", "leave"] as const;

/** Keepers of a world, each under a number of its own, from 1. */
export class Policies {
  readonly #all: Policy[] = [];

  constructor(readonly quantum: number) {}

  /** A new keeper, drawn from a number; its number. */
  make(seed: number): number {
    const random = new Random(seed);
    const amount = BigInt(random.between(1, 40 * this.quantum));
    const choice = random.below(10);
    if (choice < 6) this.#all.push({ kind: "refill", amount, times: random.between(1, 30) });
    else if (choice < 9) this.#all.push({ kind: random.pick(OTHERS) });
    else this.#all.push({ kind: "contrary", amount });
    return this.#all.length;
  }

  of(number: number): Policy {
    return this.#all[number - 1]!;
  }

  words(number: number): string {
    if (number === 0) return "no keeper";
    const policy = this.of(number);
    if (policy.kind === "refill") {
      return `keeper ${number} (adds ${policy.amount}, ${policy.times} times)`;
    }
    if (policy.kind === "contrary") return `keeper ${number} (adds ${policy.amount} and declines)`;
    return `keeper ${number} (${policy.kind})`;
  }
}
