// The working set W(T): how many pages are referenced in a time T, by the length of T.

export interface WorkingSetPoint {
  /** Cycles that were united to one window. */
  readonly cycles: number;
  readonly windows: number;
  /** Pages referenced in a window: mean, and the mean's standard error; null where there is one window only. */
  readonly pages: number;
  readonly error: number | null;
  /** Pages there would be if each page's cycles were independent: of W(P) the same as measured. */
  readonly independent: number;
}

/** Windows of one length. */
interface Level {
  windows: number;
  sum: number;
  squares: number;
  /** The first window of a pair that is to be one of the next level. */
  waiting: ReadonlySet<number> | null;
}

/** Of windows of 1, 2, 4, 8 … cycles, one after the other, as far as there are any. */
export class WorkingSet {
  readonly #levels: Level[] = [];
  /** In how many cycles a page was referenced. */
  readonly #counts = new Map<number, number>();

  /** The pages that were referenced in the next cycle. */
  take(pages: ReadonlySet<number>): void {
    for (const page of pages) this.#counts.set(page, (this.#counts.get(page) ?? 0) + 1);
    let window = pages;
    for (let at = 0; ; at++) {
      this.#levels[at] ??= { windows: 0, sum: 0, squares: 0, waiting: null };
      const level = this.#levels[at]!;
      level.windows++;
      level.sum += window.size;
      level.squares += window.size ** 2;
      if (level.waiting === null) {
        level.waiting = window;
        return;
      }
      window = new Set([...level.waiting, ...window]);
      level.waiting = null;
    }
  }

  /** From windows of one cycle on. */
  curve(): WorkingSetPoint[] {
    return this.#levels.map(({ windows, sum, squares }, at) => {
      const cycles = 2 ** at;
      const pages = sum / windows;
      const variance = Math.max(0, squares - windows * pages ** 2) / (windows - 1);
      const error = windows === 1 ? null : Math.sqrt(variance / windows);
      return { cycles, windows, pages, error, independent: this.#independent(cycles) };
    });
  }

  #independent(cycles: number): number {
    const all = this.#levels[0]!.windows;
    let pages = 0;
    for (const count of this.#counts.values()) pages += 1 - (1 - count / all) ** cycles;
    return pages;
  }
}
