// What a check of the store found: each finding names the invariant that does not hold, where, what
// was found there and what was expected.

/** Findings that are told in full; the rest is counted. */
const MOST = 100;

export class Findings {
  readonly #texts: string[] = [];
  #count = 0;

  add(invariant: string, where: string, found: unknown, expected: unknown): void {
    if (++this.#count > MOST) return;
    this.#texts.push(`${invariant}: ${where}: found ${found}, expected ${expected}`);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  list(): readonly string[] {
    const more = this.#count - this.#texts.length;
    return more > 0 ? [...this.#texts, `and ${more} more findings`] : this.#texts;
  }
}
