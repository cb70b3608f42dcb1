import { type Domain, ExhaustedError, type Guest, type Kernel } from "../index.js";
import type { WasmPlan } from "./scenario.js";

/** What came of one call of a module's function. */
export interface Called {
  readonly domain: string;
  /** As it would be written: `run(1000)`. */
  readonly call: string;
  /** It came back; it trapped or threw; or it ran out of cycles half-way. */
  readonly outcome: "returned" | "failed" | "exhausted";
  /** What it gave; null where it did not come back. */
  readonly results: readonly Result[] | null;
  /** What it trapped with or threw; null where it came back. */
  readonly error: string | null;
  /** When it was over. */
  readonly cycle: bigint;
}

/** A number; a reference in words. */
export type Result = number | bigint | string;

/** What the calls of one domain came to. */
export interface CallsReport {
  readonly returned: number;
  readonly failed: number;
  readonly exhausted: number;
  /** Of the latest call that came back; null before. */
  readonly results: readonly Result[] | null;
  /** Of the latest that did not. */
  readonly error: string | null;
  /** Cycles that it ran and has not paid yet. */
  readonly owed: bigint;
}

/**
 * The calls of a scenario's guests. Each waits in the ready queue with the other domains; at its turn its function is
 * called, and runs to its end, or until it runs dry and nobody refills it at once. Then it queues again.
 */
export class Calls {
  /** Called after each call. */
  readonly listeners: ((called: Called) => void)[] = [];
  /** The last cycle of the run: a call under way is ended then, or the run would wait for it. */
  limit: bigint | undefined;
  /** Whether one was. */
  isCut = false;
  readonly #kernel: Kernel;
  readonly #series = new Map<Domain, Series>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    kernel.on("turn", ({ domain }) => this.#turn(domain));
  }

  add(guest: Guest, plan: WasmPlan): void {
    this.#series.set(guest.domain, new Series(guest, plan));
  }

  /** Null for a domain that is no guest. */
  report(domain: Domain): CallsReport | null {
    return this.#series.get(domain)?.report() ?? null;
  }

  #turn(domain: Domain): void {
    const { limit } = this;
    const cut = () => {
      this.isCut = true;
      domain.stop();
    };
    const cancel = limit === undefined ? undefined : this.#kernel.at(limit, cut);
    const called = this.#series.get(domain)?.call(this.#kernel);
    cancel?.();
    if (called) for (const listener of this.listeners) listener(called);
  }
}

class Series {
  readonly #guest: Guest;
  readonly #plan: WasmPlan;
  readonly #words: string;
  #left: number;
  readonly #counts = { returned: 0, failed: 0, exhausted: 0 };
  #results: readonly Result[] | null = null;
  #error: string | null = null;

  constructor(guest: Guest, plan: WasmPlan) {
    this.#guest = guest;
    this.#plan = plan;
    this.#words = `${plan.call}(${plan.args.join(", ")})`;
    this.#left = plan.times;
  }

  /** Undefined where it has not even begun, or is through with its calls. */
  call(kernel: Kernel): Called | undefined {
    if (this.#left === 0) return undefined;
    const { domain } = this.#guest;
    const before = domain.ran;
    const outcome = this.#act();
    // All that its refill gave went to what it owed: it will have another turn.
    if (outcome === "exhausted" && domain.ran === before) return undefined;
    this.#left--;
    this.#counts[outcome]++;
    // Where it is parked, or its keeper takes its time, it comes back by itself.
    if (this.#left > 0 && domain.state === "available") domain.start();
    const isBack = outcome === "returned";
    const came = { results: isBack ? this.#results : null, error: isBack ? null : this.#error };
    return { domain: domain.name, call: this.#words, outcome, ...came, cycle: kernel.time };
  }

  report(): CallsReport {
    const { owed } = this.#guest.domain;
    return { ...this.#counts, results: this.#results, error: this.#error, owed };
  }

  #act(): Called["outcome"] {
    try {
      this.#results = resultsOf(this.#guest.callNow(this.#plan.call, ...this.#plan.args));
      return "returned";
    } catch (error) {
      this.#error = String(error);
      return error instanceof ExhaustedError ? "exhausted" : "failed";
    }
  }
}

function resultsOf(value: unknown): Result[] {
  if (value === undefined) return [];
  const values = Array.isArray(value) ? value : [value];
  return values.map((each) =>
    typeof each === "number" || typeof each === "bigint" ? each : `a reference (${typeof each})`,
  );
}
