// Keepers: host functions that answer for dry meters, and some ready-made ones.

import type { Domain } from "./domain.js";
import { OptionError } from "./errors.js";
import type { Meter } from "./meter.js";
import { callable, checkNames, cycles, whole } from "./options.js";

/** What a keeper is told: a service handle of the dry meter, and who ran dry (§7). */
export interface KeeperMessage {
  readonly meter: Meter;
  readonly domain: Domain;
  /** Cycles since the kernel was made. */
  readonly time: bigint;
  /** Lets the domain look at its chain again, now. One-shot: false if it, or decline, was used. */
  restart(): boolean;
  /** Parks the domain until the counter is raised. One-shot, as restart. */
  decline(): boolean;
  /** Resolves when kernel time has come to `time`, in cycles; where nobody runs, time passes. */
  until(time: bigint): Promise<void>;
}

/**
 * Called when a domain needs cycles and this is the nearest dry meter above it. After it returns (or
 * its promise resolves) the domain looks again, unless it answered "decline" or threw: then the
 * domain is parked, and the error told ("keeperError"). While it has not answered, other domains that run dry
 * here wait. A keeper that lets a domain go on three times in a row without cycles for it is not asked
 * again: it is parked.
 * One that answers later may find the meter switched off since: `if (meter.isOff) return "decline"`.
 */
export type Keeper = (message: KeeperMessage) => KeeperAnswer | PromiseLike<KeeperAnswer>;
// biome-ignore lint/suspicious/noConfusingVoidType: a keeper that returns nothing is the usual one
export type KeeperAnswer = void | undefined | "decline";

/** Adds `amount` cycles, at most `times` times; then it declines. @throws {OptionError} */
export function refill(o: { amount: bigint; times?: number }): Keeper {
  checkNames("refill", o, ["amount", "times"]);
  const amount = cycles("refill: amount", o.amount);
  let left = o.times ?? Number.POSITIVE_INFINITY;
  if (o.times !== undefined) whole("refill: times", o.times, 0, Number.MAX_SAFE_INTEGER);
  return ({ meter }) => {
    // Somebody may have switched it off since it ran dry.
    if (left <= 0 || meter.isOff) return "decline";
    left--;
    meter.add(amount);
  };
}

/**
 * Allows `amount` cycles in each `period` of kernel time, counted from 0: at the first exhaustion in a
 * period the counter is filled, after it domains wait for the next period. @throws {OptionError}
 */
export function perPeriod(o: { amount: bigint; period: bigint }): Keeper {
  checkNames("perPeriod", o, ["amount", "period"]);
  const amount = cycles("perPeriod: amount", o.amount);
  const period = cycles("perPeriod: period", o.period);
  if (period === 0n)
    throw new OptionError("perPeriod: period: found 0n, expected at least 1n cycle");
  let next = 0n;
  return async ({ meter, time, until }) => {
    const start = time < next ? next : time;
    next = (start / period + 1n) * period;
    if (start > time) await until(start);
    if (meter.isOff) return "decline";
    meter.set(amount);
    return undefined;
  };
}

/** Always declines: domains park at the dry meter. */
export function deny(): Keeper {
  return () => "decline";
}

/** Tells a listener of each call, then does as another keeper would; without one it declines. @throws {OptionError} */
export function report(listener: (message: KeeperMessage) => void, keeper?: Keeper): Keeper {
  callable("report: listener", listener);
  if (keeper !== undefined) callable("report: keeper", keeper);
  return (message) => {
    listener(message);
    return keeper ? keeper(message) : "decline";
  };
}
