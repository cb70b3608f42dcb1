// One thread of a crew (crew.ts).

import { workerData } from "node:worker_threads";
import { ARRIVED, DONE, FAILED, ORDER, type Place, SLICES, THREADS, WAY } from "./crew.js";

const LOOKS = 20_000;

interface Exports {
  touch(index: number): void;
  run(index: number, slices: number, way: number): void;
}

const { index, module, memory, words, times } = workerData as Place;
const instance = new WebAssembly.Instance(module, { env: { memory } });
const exports = instance.exports as unknown as Exports;

for (let order = 0; ; ) {
  Atomics.wait(words, ORDER, order);
  order = Atomics.load(words, ORDER);
  if (order === 0) continue;
  const threads = words[THREADS]!;
  if (threads === 0) break;
  if (index >= threads) continue;
  try {
    obey(threads);
  } catch (error) {
    console.error(error);
    Atomics.store(words, FAILED, 1);
  }
  Atomics.add(words, DONE, 1);
  Atomics.notify(words, DONE);
}

/** Ends when all have come, which is soon unless they share one processor. */
function meet(threads: number): void {
  Atomics.add(words, ARRIVED, 1);
  Atomics.notify(words, ARRIVED);
  for (let looks = 0; Atomics.load(words, ARRIVED) < threads; looks++) {
    // Who sleeps wakes late: only after some 100 µs.
    if (looks > LOOKS) Atomics.wait(words, ARRIVED, threads - 1, 1);
  }
}

function obey(threads: number): void {
  exports.touch(index);
  meet(threads);
  times[2 * index] = process.hrtime.bigint();
  exports.run(index, words[SLICES]!, words[WAY]!);
  times[2 * index + 1] = process.hrtime.bigint();
}
