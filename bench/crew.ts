// Threads that run one wasm module over one shared memory, and are timed from when the first starts to
// when the last is done. They take orders through memory, so that a bench need not await anything.

import { Worker } from "node:worker_threads";

// Words that the threads and the bench share; the threads wait on ORDER.
export const ORDER = 0;
export const DONE = 1;
export const ARRIVED = 2;
export const FAILED = 3;
export const WAY = 4;
export const SLICES = 5;
/** How many threads are to work; 0: all are to end. */
export const THREADS = 6;
const WORDS = 7;

/** What a thread is given to start with. */
export interface Place {
  readonly index: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
  /** When each thread began and ended, in nanoseconds of one clock. */
  readonly times: BigInt64Array;
}

const PATIENCE_MS = 60_000;

export class Crew {
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  readonly #times: BigInt64Array;

  /** The module exports `touch(index)`, which is not timed, and `run(index, slices, way)`. */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, threads: number) {
    this.#times = new BigInt64Array(new SharedArrayBuffer(16 * threads));
    for (let index = 0; index < threads; index++) {
      const place: Place = { index, module, memory, words: this.#words, times: this.#times };
      new Worker(new URL("./hand.js", import.meta.url), { workerData: place }).unref();
    }
  }

  /** The first so many threads run so many slices each; milliseconds. @throws {Error} where one fails. */
  run(way: number, threads: number, slices: number): number {
    const words = this.#words;
    words[WAY] = way;
    words[SLICES] = slices;
    words[THREADS] = threads;
    words[ARRIVED] = 0;
    Atomics.store(words, DONE, 0);
    this.#order();
    for (let done = 0; done < threads; done = Atomics.load(words, DONE)) {
      if (Atomics.wait(words, DONE, done, PATIENCE_MS) === "timed-out") {
        throw new Error("bench: a thread does not answer");
      }
    }
    if (words[FAILED] !== 0) throw new Error("bench: a thread failed");
    const times = [...this.#times.slice(0, 2 * threads)].sort();
    return Number(times.at(-1)! - times[0]!) / 1e6;
  }

  /** The threads end. */
  dispose(): void {
    this.#words[THREADS] = 0;
    this.#order();
  }

  #order(): void {
    Atomics.add(this.#words, ORDER, 1);
    Atomics.notify(this.#words, ORDER);
  }
}
