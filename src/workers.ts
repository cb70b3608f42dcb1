// Processors that are threads: a worker each, which is started when there is first something to run,
// replaced when it dies, and asleep while nothing runs. Internal.

import { PROCESSOR_TIME } from "../assembly/processor-layout.js";
import { type Bell, mayBlock, pause } from "./bell.js";
import type { Core } from "./core.js";
import { ProcessorError, StateError } from "./errors.js";
import type { Processors } from "./processors.js";
import { loadThreads, startThread, type Thread } from "./thread.js";
import type { Shared } from "./wasm.js";
import { WORKER_SOURCE, workerData } from "./worker-source.js";

/** Workers that may die one after the other without any progress between. */
const MOST_DEATHS = 3;
/** How long one is waited for at a time, in milliseconds: a dead one rings no bell. */
const LOOK_MS = 1;
/** How long to leave the lock to others at a time, in milliseconds; how often before a look at them. */
const WAIT_MS = 0.05;
const WAITS_PER_LOOK = 16;

export class Workers implements Processors {
  /** By index; the host is 0. */
  readonly #threads = new Map<number, Thread>();
  readonly #core: Core;
  readonly #shared: Shared;
  readonly #bell: Bell;
  readonly #count: number;
  #waits = 0;
  #isHeld = false;
  #isEnded = false;
  /** Deaths since anything last ran, and how far everybody had come then. */
  #deaths = 0;
  #progress = -1n;
  #failure: ProcessorError | undefined;

  constructor(core: Core, shared: Shared, bell: Bell) {
    this.#core = core;
    this.#shared = shared;
    this.#bell = bell;
    this.#count = core.options.processors;
    shared.lock.comeIn = () => {
      pause(WAIT_MS);
      return [...this.#threads.values()].every(({ isOver }) => !isOver);
    };
    shared.lock.onWait = () => {
      // Where the processors are alive, as they nearly always are, it is not for long.
      if (++this.#waits % WAITS_PER_LOOK === 0) this.bury();
      pause(WAIT_MS);
    };
    shared.onPanic(() => this.end());
    // Where it takes time, it has passed by the first run. A failure is that run's.
    loadThreads().catch(() => {});
  }

  load(): Promise<void> {
    return loadThreads();
  }

  mayWait(): void {
    if (mayBlock()) return;
    throw new StateError("step: this thread must not wait for processors: use run()");
  }

  /** Starts those that are not there; they keep the process alive until `rest`. */
  start(): void {
    this.#isHeld = true;
    this.#deaths = 0;
    this.#failure = undefined;
    for (let index = 1; index <= this.#count; index++) {
      if (!this.#threads.has(index)) this.#start(index);
      this.#threads.get(index)!.hold(true);
    }
  }

  /** Nothing runs: the process may end. */
  rest(): void {
    this.#isHeld = false;
    for (const thread of this.#threads.values()) thread.hold(false);
  }

  /** Where there is no thread any more, nothing runs. */
  has(index: number): boolean {
    return this.#threads.has(index);
  }

  /** Blocks; and while the event loop stands still, nobody hears of workers that die. */
  wait(seen: number): void {
    this.#bell.wait(seen, LOOK_MS);
    this.bury();
  }

  after(seen: number, milliseconds?: number): Promise<void> {
    return this.#bell.after(seen, milliseconds);
  }

  /** Recovers what the dead had, those included of whom the event loop has not heard yet. */
  bury(): void {
    for (const [index, thread] of this.#threads) {
      if (thread.isOver) this.#bury(index, thread);
    }
  }

  /** @throws {ProcessorError} WORKERS_DIED when they die again and again. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Ends all; the kernel is not used further. */
  end(): void {
    this.#isEnded = true;
    for (const thread of this.#threads.values()) thread.end();
    this.#threads.clear();
  }

  /** The threads by index: what tests kill. */
  get threads(): ReadonlyMap<number, Thread> {
    return this.#threads;
  }

  #start(index: number): void {
    const { module, memory } = this.#shared;
    const thread = startThread(WORKER_SOURCE, workerData(module, memory, index), (error) =>
      this.#ended(index, thread, error),
    );
    this.#threads.set(index, thread);
    thread.hold(this.#isHeld);
  }

  /** A thread has ended that was not asked to: now the event loop knows it, too. */
  #ended(index: number, thread: Thread, error: unknown): void {
    if (this.#isEnded) return;
    try {
      this.#shared.check();
      this.#bury(index, thread);
      if (this.#failure) this.#failure.cause ??= error;
      const { emitter, time } = this.#core;
      emitter.emit("processor", { processor: index, error, time });
    } catch (panic) {
      // A panic is told to whoever next asks something of the kernel: here nobody does.
      if (!this.#shared.hasPanicked) throw panic;
    }
    this.#bell.ring();
  }

  #bury(index: number, thread: Thread): void {
    if (this.#threads.get(index) !== thread) return;
    this.#threads.delete(index);
    this.#shared.lock.recover(index);
    const progress = this.#progressSoFar();
    this.#deaths = progress === this.#progress ? this.#deaths + 1 : 1;
    this.#progress = progress;
    if (this.#deaths < MOST_DEATHS) {
      if (this.#isHeld) this.#start(index);
    } else {
      this.#failure = new ProcessorError(
        "WORKERS_DIED",
        `processors: ${MOST_DEATHS} workers ended one after the other without running anything`,
      );
    }
    this.#bell.ring();
  }

  /** Grows as soon as anybody has run anything. */
  #progressSoFar(): bigint {
    const { view } = this.#core;
    let sum = 0n;
    for (let index = 1; index <= this.#count; index++) {
      sum += view.processor64(index, PROCESSOR_TIME);
    }
    return sum;
  }
}
