// Keepers: host functions that answer for dry meters, and some ready-made ones.

import type { Domain } from "./domain.js";
import { OptionError } from "./errors.js";
import type { Meter } from "./meter.js";
import { callable, checkNames, cycles, whole } from "./options.js";

/** What a meter can run out of: cycles, or word-cycles of core. */
export type Resource = "cpu" | "storage";

/** What a keeper is told: a service handle of the dry meter, who ran dry (§7), and of what. */
export interface KeeperMessage {
  readonly meter: Meter;
  readonly domain: Domain;
  /** "storage" only in a kernel with `residence`: then it is `meter.storage` that has too little. */
  readonly resource: Resource;
  /** Cycles since the kernel was made. */
  readonly time: bigint;
  /** Lets the domain look at its chain again, now. One-shot: false if it, or decline, was used. */
  restart(): boolean;
  /**
   * Parks the domain until the counter is raised; for want of storage, what was last charged at or below the meter and is not
   * paid for goes out of core. One-shot, as restart.
   */
  decline(): boolean;
  /** Resolves when kernel time has come to `time`, in cycles; where nobody runs, time passes. */
  until(time: bigint): Promise<void>;
}

/**
 * Called when a domain needs cycles, or storage, and this is the nearest meter above it that has too little. After it returns (or
 * its promise resolves) the domain looks again, unless it answered "decline" or threw: then the
 * domain is parked, and the error told ("keeperError"). While it has not answered, other domains that run dry
 * here wait. A keeper that lets a domain go on three times in a row without cycles for it is not asked
 * again: it is parked.
 * One that answers later may find the meter switched off since: `if (meter.isOff) return "decline"`.
 */
export type Keeper = (message: KeeperMessage) => KeeperAnswer | PromiseLike<KeeperAnswer>;
// biome-ignore lint/suspicious/noConfusingVoidType: a keeper that returns nothing is the usual one
export type KeeperAnswer = void | undefined | "decline";

/**
 * Adds `amount` cycles where those are short, and `storage` word-cycles where that is, each at most `times` times; then
 * it declines, and so it does for what it was given nothing for. @throws {OptionError}
 */
export function refill(o: { amount?: bigint; storage?: bigint; times?: number }): Keeper {
  checkNames("refill", o, ["amount", "storage", "times"]);
  const amounts = amountsOf("refill", o);
  const times = o.times ?? Number.POSITIVE_INFINITY;
  if (o.times !== undefined) whole("refill: times", o.times, 0, Number.MAX_SAFE_INTEGER);
  const left = { cpu: times, storage: times };
  return ({ meter, resource }) => {
    const amount = amounts[resource];
    // Somebody may have switched it off since it ran dry.
    if (amount === undefined || left[resource] <= 0 || isRefused(meter, resource)) return "decline";
    left[resource]--;
    if (resource === "cpu") meter.add(amount);
    else meter.storage.add(amount);
  };
}

/**
 * Allows `amount` cycles, and `storage` word-cycles, in each `period` of kernel time, counted from 0: at the first exhaustion
 * in a period the counter is filled, after it domains wait for the next period. It declines for what it was given nothing
 * for. @throws {OptionError}
 */
export function perPeriod(o: { amount?: bigint; storage?: bigint; period: bigint }): Keeper {
  checkNames("perPeriod", o, ["amount", "storage", "period"]);
  const amounts = amountsOf("perPeriod", o);
  const period = cycles("perPeriod: period", o.period);
  if (period === 0n)
    throw new OptionError("perPeriod: period: found 0n, expected at least 1n cycle");
  const next = { cpu: 0n, storage: 0n };
  return async ({ meter, resource, time, until }) => {
    const amount = amounts[resource];
    if (amount === undefined) return "decline";
    const start = time < next[resource] ? next[resource] : time;
    next[resource] = (start / period + 1n) * period;
    if (start > time) await until(start);
    if (isRefused(meter, resource)) return "decline";
    if (resource === "cpu") meter.set(amount);
    else meter.storage.set(amount);
    return undefined;
  };
}

/** What a keeper gives of each resource; of one at least. @throws {OptionError} */
function amountsOf(
  what: string,
  { amount, storage }: { amount?: bigint; storage?: bigint },
): Readonly<Record<Resource, bigint | undefined>> {
  if (amount === undefined && storage === undefined) {
    throw new OptionError(`${what}: found neither, expected \`amount\` or \`storage\``);
  }
  return {
    cpu: amount === undefined ? undefined : cycles(`${what}: amount`, amount),
    storage: storage === undefined ? undefined : cycles(`${what}: storage`, storage),
  };
}

/** The cycles of a meter that is off are raised by nobody else. */
function isRefused(meter: Meter, resource: Resource): boolean {
  return resource === "cpu" && meter.isOff;
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
