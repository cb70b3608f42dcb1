// What a processor's worker runs. Internal.

import { PANIC_WORKER, TURN_BLOCKED } from "../assembly/codes.js";
import { CONTROL, CONTROL_HOST_BELL, CONTROL_PANIC } from "../assembly/layout.js";
import {
  PHASE_CLAIMING,
  PHASE_RESTING,
  PROCESSOR_BELL,
  PROCESSOR_SIZE,
  PROCESSORS,
} from "../assembly/processor-layout.js";

/** Turns of the kernel between two looks at the bell; V8 replaces code by better code only then. */
const TURNS = 1024;

/**
 * How long a worker leaves its core to others, in milliseconds, when it has not got the lock, or somebody has
 * not come inside: the thread that it waits for may have lost its core, but is hardly ever away for long.
 */
const BLOCKED_MS = 0.02;

/** What a worker is handed. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly index: number;
  /** The place of its bell in the memory, in words. */
  readonly bell: number;
}

export function workerData(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  index: number,
): WorkerData {
  return {
    module,
    memory,
    index,
    bell: (PROCESSORS + index * PROCESSOR_SIZE + PROCESSOR_BELL) / 4,
  };
}

/**
 * The program of a worker, as text: a file of its own would have to be found from Node, from browsers, from
 * whatever bundlers make of this package, and from tests that run the sources; and the text of a function
 * is what compilers, minifiers and coverage tools make of it. It needs nothing but what it is handed.
 *
 * A trap of the kernel is a panic for everybody, since one instance can't tell what it left undone. A worker
 * that is terminated gets to none of this: the host finds that out.
 */
export const WORKER_SOURCE = `"use strict";
function serve({ module, memory, index, bell }) {
  const words = new Int32Array(memory.buffer);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  try {
    exports.become(index);
    for (;;) {
      const seen = Atomics.load(words, bell);
      const phase = exports.work(${TURNS});
      if (phase === ${PHASE_RESTING}) Atomics.wait(words, bell, seen);
      else if (phase === ${TURN_BLOCKED} || phase === ${PHASE_CLAIMING}) Atomics.wait(words, bell, seen, ${BLOCKED_MS});
    }
  } catch (error) {
    Atomics.compareExchange(words, ${(CONTROL + CONTROL_PANIC) / 4}, 0, ${PANIC_WORKER});
    Atomics.add(words, ${(CONTROL + CONTROL_HOST_BELL) / 4}, 1);
    Atomics.notify(words, ${(CONTROL + CONTROL_HOST_BELL) / 4});
    throw error;
  }
}
if (typeof require === "function") serve(require("node:worker_threads").workerData);
else if (typeof addEventListener === "function")
  addEventListener("message", ({ data }) => serve(data), { once: true });
// As a module, where Node was told by --input-type to take all programs for such.
else import("node:worker_threads").then(({ workerData }) => serve(workerData));
`;
