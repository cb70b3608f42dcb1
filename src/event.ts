// What a kernel tells: typed events, in the order in which they happened.

import type { Domain } from "./domain.js";
import { OptionError } from "./errors.js";
import type { Meter } from "./meter.js";
import { callable, show } from "./options.js";

/** `time` is in cycles since the kernel was made. */
export interface KernelEvents {
  /** The keeper of a dry meter was called for a domain, and what came of it. */
  keeper: { meter: Meter; domain: Domain; time: bigint; outcome: KeeperOutcome };
  /** A keeper threw or rejected; its domain is parked. */
  keeperError: { meter: Meter; domain: Domain; time: bigint; error: unknown };
  /** A domain is parked on a dry meter that no keeper answers for. */
  park: { domain: Domain; meter: Meter; time: bigint };
  /** A domain trapped; `address` is of the target CPU's traps. */
  trap: { domain: Domain; code: number; address: number; time: bigint };
  /** A program came to its end. */
  end: { domain: Domain; exitCode: number | null; time: bigint };
  /** A program wrote to file descriptor 1 or 2. */
  output: { domain: Domain; fd: 1 | 2; bytes: Uint8Array; time: bigint };
  /** Traced: a domain left the processor after so many cycles. */
  slice: { domain: Domain; cycles: bigint; time: bigint };
  /** Traced: a domain borrowed so many cycles from its chain. */
  refill: { domain: Domain; cycles: bigint; time: bigint };
  /** Traced: a domain waits for so many cycles. */
  wait: { domain: Domain; cycles: bigint; time: bigint };
}

/** "later": the keeper returned a promise. */
export type KeeperOutcome = "restart" | "decline" | "later" | "error";

export type EventName = keyof KernelEvents;

const NAMES: Readonly<Record<EventName, true>> = {
  keeper: true,
  keeperError: true,
  park: true,
  trap: true,
  end: true,
  output: true,
  slice: true,
  refill: true,
  wait: true,
};
export const EVENT_NAMES = Object.freeze(Object.keys(NAMES)) as readonly EventName[];

export type Listener<Name extends EventName> = (event: KernelEvents[Name]) => void;

/** Listeners by name; one that throws stops the others and whoever emitted. */
export class Emitter {
  readonly #listeners = new Map<EventName, Set<Listener<never>>>();

  /** Returns the function that takes the listener off again. @throws {OptionError} */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    if (!EVENT_NAMES.includes(name)) {
      throw new OptionError(
        `on: no event ${show(name)}, expected one of ${EVENT_NAMES.join(", ")}`,
      );
    }
    callable("on: listener", listener);
    let listeners = this.#listeners.get(name);
    if (!listeners) {
      listeners = new Set();
      this.#listeners.set(name, listeners);
    }
    // A wrapper of its own, so that a function that listens twice is called twice.
    const own: Listener<Name> = (event) => listener(event);
    listeners.add(own as Listener<never>);
    return () => listeners.delete(own as Listener<never>);
  }

  emit<Name extends EventName>(name: Name, event: KernelEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as Listener<Name>)(event);
  }

  has(name: EventName): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }
}
