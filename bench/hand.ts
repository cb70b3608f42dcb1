// One thread of a crew (crew.ts).

import { workerData } from "node:worker_threads";
import {
  ARRIVED,
  DONE,
  FAILED,
  ORDER,
  type Place,
  PROCESSORS,
  SLICES,
  WAY,
} from "./crew.js";

type Exports = Record<string, (index: number, slices: number) => void>;

const { index, module, memory, words, times, ways } = workerData as Place;
const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;

for (let order = 0; ; ) {
  Atomics.wait(words, ORDER, order);
  order = Atomics.load(words, ORDER);
  if (order === 0) continue;
  const processors = words[PROCESSORS]!;
  if (processors === 0) break;
  if (index < processors) {
    try {
      obey(processors);
    } catch (error) {
      console.error(error);
      Atomics.store(words, FAILED, 1);
    }
    Atomics.add(words, DONE, 1);
    Atomics.notify(words, DONE);
  }
}

function obey(processors: number): void {
  const way = exports[ways[words[WAY]!]!]!;
  const slices = words[SLICES]!;
  exports.touch!(index, 0);
  Atomics.add(words, ARRIVED, 1);
  while (Atomics.load(words, ARRIVED) < processors);
  times[2 * index] = process.hrtime.bigint();
  way(index, slices);
  times[2 * index + 1] = process.hrtime.bigint();
}
