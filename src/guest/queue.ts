// Acts that are done one after the other. Internal.

export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** Begins when all before have settled. */
  add<Result>(act: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(act);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when all is done, what is added meanwhile included. */
  async done(): Promise<void> {
    let last: unknown;
    do {
      last = this.#last;
      await last;
    } while (last !== this.#last);
  }
}
