// What drives a kernel: one processor in the host's own thread, or several in threads of their own.
// Internal, but for what their words mean.

import type { Alarms } from "./alarm.js";

/**
 * How a step ended: nobody runs, the cycles are used, nobody runs until a keeper that is still out
 * has answered, or there is more to do.
 */
export type StepOutcome = "idle" | "limit" | "waiting" | "ran";

/** How a run ended. */
export type Ending = "idle" | "limit" | "aborted";

export interface Driver {
  readonly alarms: Alarms;
  /** Runs domains up to `until` or the next alarm, and does what they ask; throws what listeners threw. */
  step(until: bigint): StepOutcome;
  /** The same on and on; the host's event loop goes round meanwhile. */
  run(until: bigint, signal: AbortSignal | undefined): Promise<Ending>;
  /** Whatever it has started is ended. */
  dispose(): void;
}

/** How long `run` keeps the host's event loop waiting, in milliseconds. */
export const YIELD_MS = 10;

/** Lets everything run that the event loop has ready. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
