// How a run went, in stretches of lock cycles: few enough to be drawn, however long it takes.

import { type Account, isReferenced, type Sample } from "./sample.js";
import { addTo } from "./share.js";

/** So many lock cycles, one after the other. */
export interface Stretch {
  readonly since: bigint;
  readonly until: bigint;
  readonly cycles: number;
  /** What the kernel charged, in word-cycles. */
  readonly charges: ReadonlyMap<Account, bigint>;
  /** Summed over its cycles: pages in core at their ends, pages referenced, pages read from the drum. */
  readonly inCore: number;
  readonly referenced: number;
  readonly fetches: number;
}

/** Of more, two become one. */
const MOST = 200;

export class Course {
  #stretches: Stretch[] = [];
  /** Cycles that the last stretch is to have. */
  #length = 1;

  take(sample: Sample): void {
    const next = stretchOf(sample);
    const last = this.#stretches.at(-1);
    if (last !== undefined && last.cycles < this.#length) {
      this.#stretches.splice(-1, 1, united(last, next));
      return;
    }
    if (this.#stretches.length === MOST) this.#halve();
    this.#stretches.push(next);
  }

  get stretches(): readonly Stretch[] {
    return this.#stretches;
  }

  #halve(): void {
    const old = this.#stretches;
    this.#stretches = Array.from({ length: MOST / 2 }, (_, pair) =>
      united(old[2 * pair]!, old[2 * pair + 1]!),
    );
    this.#length *= 2;
  }
}

function stretchOf({ since, until, charges, fetches, pages }: Sample): Stretch {
  const inCore = pages.filter((page) => page.isInCore).length;
  const referenced = pages.filter(isReferenced).length;
  return { since, until, cycles: 1, charges, inCore, referenced, fetches };
}

function united(first: Stretch, second: Stretch): Stretch {
  const charges = new Map(first.charges);
  for (const [account, amount] of second.charges) addTo(charges, account, amount);
  return {
    since: first.since,
    until: second.until,
    cycles: first.cycles + second.cycles,
    charges,
    inCore: first.inCore + second.inCore,
    referenced: first.referenced + second.referenced,
    fetches: first.fetches + second.fetches,
  };
}
