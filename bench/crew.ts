// Threads that run one wasm module over one shared memory, and are timed from when all have started
// to when the last is done. They take orders through memory, so that a bench need not await anything.

import { Worker } from "node:worker_threads";

/** Words that the threads and the bench share; the threads wait on the first. */
export const ORDER = 0;
export const DONE = 1;
export const ARRIVED = 2;
export const FAILED = 3;
export const WAY = 4;
export const SLICES = 5;
export const PROCESSORS = 6;
const WORDS = 8;

/** What a thread is given to start with. */
export interface Place {
  readonly index: number;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly words: Int32Array;
  /** When each thread began and ended, in nanoseconds of one clock. */
  readonly times: BigInt64Array;
  readonly ways: readonly string[];
}

const PATIENCE_MS = 60_000;

export class Crew {
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  readonly #times: BigInt64Array;
  readonly #ways: readonly string[];

  /** `ways`: exports of the module that take a processor's index and how many slices to run. */
  constructor(o: {
    module: WebAssembly.Module;
    memory: WebAssembly.Memory;
    threads: number;
    ways: readonly string[];
  }) {
    this.#times = new BigInt64Array(new SharedArrayBuffer(16 * o.threads));
    this.#ways = o.ways;
    for (let index = 0; index < o.threads; index++) {
      const { module, memory, ways } = o;
      const place: Place = {
        index,
        module,
        memory,
        ways,
        words: this.#words,
        times: this.#times,
      };
      new Worker(new URL("./hand.js", import.meta.url), { workerData: place }).unref();
    }
  }

  /** Runs a way on the first so many threads; milliseconds. @throws {Error} where one fails. */
  run(way: string, processors: number, slices: number): number {
    const words = this.#words;
    words[WAY] = this.#ways.indexOf(way);
    words[SLICES] = slices;
    words[PROCESSORS] = processors;
    words[ARRIVED] = 0;
    Atomics.store(words, DONE, 0);
    this.#order();
    for (let done = 0; done < processors; done = Atomics.load(words, DONE)) {
      if (Atomics.wait(words, DONE, done, PATIENCE_MS) === "timed-out") {
        throw new Error(`${way}: the threads do not answer`);
      }
    }
    if (words[FAILED] !== 0) throw new Error(`${way}: a thread failed`);
    const of = (which: number) =>
      Array.from({ length: processors }, (_, index) => this.#times[2 * index + which]!);
    const [starts, ends] = [of(0), of(1)];
    const first = starts.reduce((a, b) => (b < a ? b : a));
    const last = ends.reduce((a, b) => (b > a ? b : a));
    return Number(last - first) / 1e6;
  }

  /** The threads end. */
  dispose(): void {
    this.#words[PROCESSORS] = 0;
    this.#order();
  }

  #order(): void {
    Atomics.add(this.#words, ORDER, 1);
    Atomics.notify(this.#words, ORDER);
  }
}
