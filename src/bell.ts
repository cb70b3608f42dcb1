// A word of shared memory that is counted up to wake whoever waits for it to change. Internal.

/** How often a bell is looked at where nobody can wait for it without blocking, in milliseconds. */
const POLL_MS = 1;

/** Not in the library that TypeScript knows for the target. */
type WaitAsync = (
  words: Int32Array,
  index: number,
  value: number,
  milliseconds: number,
) => { readonly async: boolean; readonly value: Promise<string> | string };

export class Bell {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #index: number;

  constructor(memory: WebAssembly.Memory, address: number) {
    this.#words = new Int32Array(memory.buffer as unknown as SharedArrayBuffer);
    this.#index = address / 4;
  }

  /** How often it was rung, modulo 2^32. To be read before looking for what it tells of. */
  get count(): number {
    return Atomics.load(this.#words, this.#index);
  }

  ring(): void {
    Atomics.add(this.#words, this.#index, 1);
    Atomics.notify(this.#words, this.#index);
  }

  /**
   * Resolves once it was rung after it had been `seen`, or so many milliseconds are over; the event loop goes
   * on meanwhile.
   */
  async after(seen: number, milliseconds = Number.POSITIVE_INFINITY): Promise<void> {
    const { waitAsync } = Atomics as unknown as { waitAsync?: WaitAsync };
    if (waitAsync) {
      await waitAsync(this.#words, this.#index, seen, milliseconds).value;
      return;
    }
    const end = performance.now() + milliseconds;
    while (this.count === seen && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Blocks until it was rung after it had been `seen`, or so many milliseconds are over. */
  wait(seen: number, milliseconds: number): void {
    Atomics.wait(this.#words, this.#index, seen, milliseconds);
  }
}

const never =
  typeof SharedArrayBuffer === "function" ? new Int32Array(new SharedArrayBuffer(4)) : null;

/** Whether this thread may block: the main thread of a browser may not. */
export function mayBlock(): boolean {
  try {
    return never !== null && Atomics.wait(never, 0, 1, 0) === "not-equal";
  } catch {
    return false;
  }
}

/** Passes so much time, blocking; where that is forbidden, going round. */
export function pause(milliseconds: number): void {
  if (never !== null && mayBlock()) {
    Atomics.wait(never, 0, 0, milliseconds);
    return;
  }
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}
