// Where the code went: offsets in a module, in order, and what they are in the one that comes of it.

export class Moves {
  /** Pairs: between two of them what was copied lies as it lay. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  /** The first pair whose place is still counted from the start of its body. */
  #first = 0;

  /** Offsets never go down; of several for one offset the first tells where it went. */
  note(from: number, to: number): void {
    this.#from.push(from);
    this.#to.push(to);
  }

  /** What was noted since the last call begins at `base`. */
  place(base: number): void {
    for (; this.#first < this.#to.length; this.#first++) this.#to[this.#first]! += base;
  }

  /** All of it begins at `base`. */
  shift(base: number): void {
    this.#first = 0;
    this.place(base);
  }

  /** Where the last one went. */
  get end(): number {
    return this.#to.at(-1) ?? 0;
  }

  /**
   * Where the instruction at an offset is now; what counts for it comes before, and begins there. Undefined for what is
   * not code.
   */
  to(offset: number): number | undefined {
    const index = this.#find(offset);
    if (this.#from[index] === offset) return this.#to[index]!;
    if (index === 0 || index === this.#from.length) return undefined;
    const moved = this.#to[index - 1]! + offset - this.#from[index - 1]!;
    return Math.min(moved, this.#to[index]!);
  }

  /** The first pair that is not below. */
  #find(offset: number): number {
    let [low, high] = [0, this.#from.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#from[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
