// What was billed, as a log: every entry that there ever was. How much of the window a partition has used
// is summed up from all of it each time, so there is no total that could be wrong.

/** So many cycles that a partition was billed for, at a time. */
export interface Entry {
  readonly to: bigint;
  /** The slot of the window that they count in. */
  readonly tick: number;
  readonly partition: number;
  readonly cycles: bigint;
  readonly isCritical: boolean;
}

/** Of all cycles, or of critical ones only. */
export type Which = "all" | "critical";

export class Log {
  readonly #entries: Entry[] = [];
  /** Entries before this place were made under another window, and count no more. */
  #forgotten = 0;

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  forget(): void {
    this.#forgotten = this.#entries.length;
  }

  /** What a partition has used in the `slots` ticks that end with the tick `now`. */
  used(partition: number, now: number, slots: number, which: Which): bigint {
    return sum(
      this.#entries
        .slice(this.#forgotten)
        .filter((entry) => entry.partition === partition && now - entry.tick < slots)
        .filter((entry) => which === "all" || entry.isCritical),
    );
  }

  /** The same between two ticks, the last not included. */
  between(partition: number, from: number, to: number): bigint {
    return sum(
      this.#entries
        .slice(this.#forgotten)
        .filter((entry) => entry.partition === partition)
        .filter((entry) => entry.tick >= from && entry.tick < to),
    );
  }

  total(partition: number, which: Which): bigint {
    return sum(
      this.#entries
        .filter((entry) => entry.partition === partition)
        .filter((entry) => which === "all" || entry.isCritical),
    );
  }
}

function sum(entries: readonly Entry[]): bigint {
  return entries.reduce((total, { cycles }) => total + cycles, 0n);
}
