// Questions that the kernel has asked the host: keepers and host objects answer at once or later, and a run
// that has nothing else to do waits for those that are out. Internal.

/** One that is put to somebody, what becomes of the answer, and whether anybody still waits for it. */
export interface Question<Answer, Outcome> {
  ask(): Answer | PromiseLike<Answer>;
  settle(answer: Answer): Outcome;
  /** What becomes of an error that `ask` or `settle` threw. */
  fail(error: unknown): Outcome;
  isOut(): boolean;
}

export class Answers {
  /** Called when an answer may have come, or the host has done something: a run may go on. */
  onAnswer: () => void = () => {};
  readonly #out = new Set<() => boolean>();
  #asked = false;
  #isEnded = false;

  /** "later" where the answer is a promise: it is settled when that is. */
  put<Answer, Outcome>(question: Question<Answer, Outcome>): Outcome | "later" {
    try {
      const answer = question.ask();
      if (!isPromise(answer)) return question.settle(answer);
      this.#await(Promise.resolve(answer), question);
      return "later";
    } catch (error) {
      return question.fail(error);
    }
  }

  /** Code of the host that awaited something is about to run: the kernel must not outrun it (R15). */
  awaken(): void {
    this.#asked = true;
    this.onAnswer();
  }

  /** Whether anybody waits for an answer that may still come. */
  get areOut(): boolean {
    for (const isOut of this.#out) if (isOut()) return true;
    return false;
  }

  /** Resolves when an answer that is still out may have come, or the host has done something. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.onAnswer = resolve;
    });
  }

  /** Whether the event loop must go round before time passes, since `takeAsked`. */
  get isAsked(): boolean {
    return this.#asked;
  }

  /** The same, since this was last asked. */
  takeAsked(): boolean {
    const asked = this.#asked;
    this.#asked = false;
    return asked;
  }

  /** The kernel is no more: answers that come later are nobody's. */
  end(): void {
    this.#isEnded = true;
    this.#out.clear();
    this.onAnswer();
  }

  #await<Answer, Outcome>(answer: Promise<Answer>, question: Question<Answer, Outcome>): void {
    const isOut = () => question.isOut();
    this.#out.add(isOut);
    this.#asked = true;
    answer
      .then((value) => {
        if (!this.#isEnded) question.settle(value);
      })
      .catch((error) => {
        if (!this.#isEnded) question.fail(error);
      })
      .finally(() => {
        this.#out.delete(isOut);
        this.onAnswer();
      })
      // A panic of the kernel is thrown by whatever is next asked of it: here nobody listens.
      .catch(() => {});
  }
}

/** Promises of other realms and libraries count, too. */
function isPromise<Answer>(answer: Answer | PromiseLike<Answer>): answer is PromiseLike<Answer> {
  return typeof (answer as PromiseLike<Answer> | undefined)?.then === "function";
}
