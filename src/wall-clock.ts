// The clock of the machine that this runs on, for hosts that bill domains for work of their own.

import { CLOCK_HZ } from "../assembly/layout.js";
import { choice } from "./clock.js";
import type { Domain } from "./domain.js";
import { OptionError } from "./errors.js";
import { callable, checkNames } from "./options.js";

export interface WallClockOptions {
  /**
   * "performance": performance.now, which is everywhere, and coarse in browsers. "hrtime": process.hrtime.bigint, of
   * Node. The latter where it is.
   */
  readonly by?: "performance" | "hrtime";
}

/** What was measured just now. */
export interface WallClockMeasure {
  /** The least time between two readings that differ, in nanoseconds; Infinity where none did. */
  readonly resolution: number;
  /** What a reading takes, in nanoseconds. */
  readonly cost: number;
}

/** @throws {OptionError} also where the environment has no such clock. */
export function createWallClock(options: WallClockOptions = {}): WallClock {
  checkNames("createWallClock", options, ["by"]);
  const hrtime = (globalThis.process as Partial<NodeJS.Process> | undefined)?.hrtime?.bigint;
  const by = choice("by", options.by ?? (hrtime ? "hrtime" : "performance"), SOURCES);
  if (by === "performance") return new WallClock(by, () => performance.now() * NS_IN_MS);
  if (!hrtime) throw new OptionError('by: no process.hrtime.bigint here, expected "performance"');
  const start = hrtime();
  return new WallClock(by, () => Number(hrtime() - start));
}

const SOURCES = { performance: true, hrtime: true } as const;
const NS_IN_MS = 1e6;
const CYCLES_IN_NS = CLOCK_HZ / 1e9;
/** Readings that a measurement takes at most, and how many of them have to differ. */
const MOST_READINGS = 1_000_000;
const STEPS = 200;

/** Never goes back. */
export class WallClock {
  readonly by: "performance" | "hrtime";
  readonly #now: () => number;
  #last = 0;

  /** `now` answers nanoseconds. @internal */
  constructor(by: "performance" | "hrtime", now: () => number) {
    this.by = by;
    this.#now = now;
  }

  /** Cycles of 16 MHz since some moment. */
  read(): bigint {
    this.#last = Math.max(this.#last, this.#now());
    return BigInt(Math.floor(this.#last * CYCLES_IN_NS));
  }

  /** Measures it: reads it until it has moved on 200 times, for a million times at most. */
  measure(): WallClockMeasure {
    const first = this.#now();
    let last = first;
    let resolution = Number.POSITIVE_INFINITY;
    let readings = 0;
    for (let steps = 0; steps < STEPS && readings < MOST_READINGS; readings++) {
      const now = this.#now();
      if (now <= last) continue;
      resolution = Math.min(resolution, now - last);
      last = now;
      steps++;
    }
    return { resolution, cost: (last - first) / readings };
  }

  /**
   * Does something, and bills a domain for the time that it took, what it waited for included; also where it throws. Resolves, or
   * returns, as `act` does.
   *
   * @throws what `domain.charge` throws: before `act` is done, where the domain can't be billed; and after, where it has
   * gone meanwhile.
   */
  bill<Result>(domain: Domain, act: () => Result): Result {
    callable("bill: act", act);
    domain.charge(0n);
    const start = this.read();
    const charge = () => domain.charge(this.read() - start);
    let result: Result;
    try {
      result = act();
    } catch (error) {
      this.#chargeAfter(charge);
      throw error;
    }
    if (!isPromise(result)) {
      charge();
      return result;
    }
    const billed = result.then(
      (value) => {
        charge();
        return value;
      },
      (error) => {
        this.#chargeAfter(charge);
        throw error;
      },
    );
    return billed as Result;
  }

  /** What `act` has thrown says more than that nobody is left to bill. */
  #chargeAfter(charge: () => void): void {
    try {
      charge();
    } catch {}
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === "function";
}
