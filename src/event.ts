// What a kernel tells: typed events, in the order in which they happened.

import type { Domain } from "./domain.js";
import { OptionError } from "./errors.js";
import type { Resource } from "./keeper.js";
import type { Meter } from "./meter.js";
import { callable, show } from "./options.js";
import type { Partition } from "./partition.js";

/** `time` is in cycles since the kernel was made. */
export interface KernelEvents {
  /** The keeper of a dry meter was called for a domain, and what came of it. */
  keeper: {
    meter: Meter;
    domain: Domain;
    resource: Resource;
    time: bigint;
    outcome: KeeperOutcome;
  };
  /** A keeper threw or rejected; its domain is parked. Without a listener, `step` or `run` throws the error. */
  keeperError: { meter: Meter; domain: Domain; time: bigint; error: unknown };
  /** A domain is parked on a dry meter that no keeper answers for. */
  park: { domain: Domain; meter: Meter; resource: Resource; time: bigint };
  /** A domain trapped; `address` is of the target CPU's traps. */
  trap: { domain: Domain; code: number; address: number; time: bigint };
  /**
   * A host object threw or rejected; `domain` had invoked it, had run dry or trapped, or is null for the host.
   * Without a listener, `step` or `run` throws the error.
   */
  objectError: { domain: Domain | null; time: bigint; error: unknown };
  /** A program came to its end. */
  end: { domain: Domain; exitCode: number | null; time: bigint };
  /** A program wrote to file descriptor 1 or 2. */
  output: { domain: Domain; fd: 1 | 2; bytes: Uint8Array; time: bigint };
  /** A processor's worker ended that nobody had asked to; there is another, or there will be. */
  processor: { processor: number; error: unknown; time: bigint };
  /** A partition has overdrawn its critical budget; told where `partitions.bankruptcy` is "notify", once, or "stop". */
  bankruptcy: { partition: Partition; time: bigint };
  /** A processor's clock has gone back, or jumped ahead; told once of each. */
  clock: { fault: "backwards" | "jump"; time: bigint };
  /** The page-locking process has closed all pages, for the `cycle`th time: whoever is first to touch one pays. */
  scan: { cycle: number; time: bigint };
  /**
   * A guest that waits for its turn (`guest.domain.start()` lets it) has it, with so many cycles in its cache: who
   * calls it by `callNow` in the listener has it run now, in an order that is the same in every run.
   */
  turn: { domain: Domain; cycles: bigint; time: bigint };
  /** Traced: a domain left the processor after so many cycles. */
  slice: { domain: Domain; cycles: bigint; time: bigint };
  /** Traced: a domain borrowed so many cycles from its chain. */
  refill: { domain: Domain; cycles: bigint; time: bigint };
  /** Traced: a domain waits for so many cycles. */
  wait: { domain: Domain; cycles: bigint; time: bigint };
  /**
   * Traced: a domain was charged so many word-cycles for a page, by its number; by the account of `meter`, or by none where
   * that is no meter's.
   */
  charge: { domain: Domain; meter: Meter | null; page: number; amount: bigint; time: bigint };
  /**
   * Traced: a message or an answer was delivered, or a key of the kernel's own invoked; then `callee` is null.
   * `domain` is who did that, or for whom the kernel did; null is the host.
   */
  message: {
    domain: Domain | null;
    callee: Domain | null;
    order: number;
    mode: MessageMode;
    time: bigint;
  };
}

/** How a key was invoked; "implicit": by the kernel, for a domain that ran dry or trapped. */
export type MessageMode = (typeof MODES)[number];
/** As the kernel numbers them. */
export const MODES = ["call", "return", "fork", "implicit"] as const;

/** "later": the keeper returned a promise. */
export type KeeperOutcome = "restart" | "decline" | "later" | "error";

export type EventName = keyof KernelEvents;

const NAMES: Readonly<Record<EventName, true>> = {
  keeper: true,
  keeperError: true,
  park: true,
  trap: true,
  objectError: true,
  end: true,
  output: true,
  processor: true,
  bankruptcy: true,
  clock: true,
  scan: true,
  turn: true,
  slice: true,
  refill: true,
  wait: true,
  charge: true,
  message: true,
};
export const EVENT_NAMES = Object.freeze(Object.keys(NAMES)) as readonly EventName[];

export type Listener<Name extends EventName> = (event: KernelEvents[Name]) => void;

/**
 * Listeners by name. One that throws stops nobody: its error is kept until what the kernel was about
 * to do is done, and then thrown by `raise`.
 */
export class Emitter {
  /** While the kernel steps, errors wait for the end of the step. */
  isHeld = false;
  /** Never changed, only replaced, so that whoever goes through one meets nobody new. */
  readonly #listeners = new Map<EventName, readonly Listener<never>[]>();
  #errors: unknown[] = [];

  /** Returns the function that takes the listener off again. @throws {OptionError} */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    if (!EVENT_NAMES.includes(name)) {
      const names = EVENT_NAMES.join(", ");
      throw new OptionError(`on: no event ${show(name)}, expected one of ${names}`);
    }
    callable("on: listener", listener);
    // A wrapper of its own, so that a function that listens twice is called twice.
    const own = ((event: KernelEvents[Name]) => listener(event)) as Listener<never>;
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), own]);
    return () => {
      const listeners = this.#listeners.get(name) ?? [];
      this.#listeners.set(
        name,
        listeners.filter((other) => other !== own),
      );
    };
  }

  emit<Name extends EventName>(name: Name, event: KernelEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as Listener<Name>)(event);
      } catch (error) {
        this.#errors.push(error);
      }
    }
  }

  /** Tells of an error of the host's; where nobody listens for it, it is thrown as one of a listener is. */
  report<Name extends "keeperError" | "objectError">(name: Name, event: KernelEvents[Name]): void {
    if (this.has(name)) this.emit(name, event);
    else this.fail(event.error);
  }

  /** Lets `raise` throw an error as if it were a listener's. */
  fail(error: unknown): void {
    this.#errors.push(error);
  }

  /** Throws the first error that was kept since this was last called, if there was one. */
  raise(): void {
    if (this.isHeld || this.#errors.length === 0) return;
    const [error] = this.#errors;
    this.#errors = [];
    throw error;
  }

  has(name: EventName): boolean {
    return (this.#listeners.get(name)?.length ?? 0) > 0;
  }
}
