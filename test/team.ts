// Kernels of two processors, real workers and all, for tests.

import { readFileSync } from "node:fs";
import type { Worker } from "node:worker_threads";
import { CONTROL_PANIC } from "../assembly/layout.js";
import {
  PROCESSOR_PHASE,
  PROCESSOR_READY_COUNT,
  PROCESSOR_REST,
} from "../assembly/processor-layout.js";
import type { Conductor } from "../src/conductor.js";
import {
  bursts,
  createKernel,
  type Domain,
  type Kernel,
  type KernelOptions,
  type Meter,
} from "../src/index.js";
import type { Thread } from "../src/thread.js";
import type { Workers } from "../src/workers.js";

/** The shared build with assertions. */
export const SHARED_DEBUG = readFileSync("build/kernel.shared.debug.wasm");

const made: Kernel[] = [];

export function team(options: KernelOptions = {}): Kernel {
  const kernel = createKernel({
    nodes: 256,
    frames: 64,
    quantum: 1000,
    processors: 2,
    build: SHARED_DEBUG,
    ...options,
  });
  made.push(kernel);
  return kernel;
}

/** For afterEach: whatever a test left running ends. */
export function dismiss(): void {
  for (const kernel of made.splice(0)) kernel.dispose();
}

/** Once round the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How long to wait before it is certain that nothing comes any more; shorter than a test may take. */
const PATIENCE_MS = 45_000;

/** Goes round the event loop until something holds. Where it never does, says how the processors stand. */
export async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!holds()) {
    await turn();
    if (performance.now() > end) throw new Error(`in vain; ${made.map(standing).join("; ")}`);
  }
}

function standing(kernel: Kernel): string {
  const { view, shared } = kernel.core;
  const threads = [...workersOf(kernel).threads.keys()];
  const each = Array.from({ length: kernel.core.options.processors + 1 }, (_, index) => {
    const word = (offset: number) => view.processor(index, offset);
    const [phase, rest] = [word(PROCESSOR_PHASE), word(PROCESSOR_REST)];
    return `${index}: phase ${phase}, rest ${rest}, ${word(PROCESSOR_READY_COUNT)} ready`;
  });
  const panic = view.control(CONTROL_PANIC);
  return `panic ${panic} (${shared?.hasPanicked}), threads ${threads}, ${each.join(", ")}`;
}

export function workersOf(kernel: Kernel): Workers {
  return (kernel.driver as Conductor).processors as Workers;
}

/** Ends the worker of a processor, as if it had crashed; once it is there. */
export async function kill(kernel: Kernel, processor: number): Promise<void> {
  const { threads } = workersOf(kernel);
  await until(() => threads.has(processor));
  void workerOf(threads.get(processor)!).terminate();
}

export function workerOf(thread: Thread): Worker {
  return (thread as Thread & { worker: Worker }).worker;
}

const FOREVER = bursts({ run: 1_000_000_000 });

/** A domain that runs on and on, unless its program is another. */
export function start(kernel: Kernel, meter: Meter, program = FOREVER): Domain {
  const domain = kernel.createDomain({ meter, program });
  domain.start();
  return domain;
}
