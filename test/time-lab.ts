// What tests of billing and of partitions see by the host API: where the time of all processors went.

import { expect } from "vitest";
import { bursts, type Domain, type Partition } from "../src/index.js";
import { findings, type Lab } from "./lab.js";
import { processors, variant } from "./variants.js";

export const TICK = 16_000;
export const WINDOW = 1_600_000;
export const BUSY = bursts({ run: 1_000_000_000 });

/** The time of all processors, and where it went: to the cycle. */
export function expectNothingLost({ kernel }: Lab): void {
  const { elapsed, charged, billed, idle, unbilled } = kernel.timing();
  expect(billed + idle + unbilled).toBe(elapsed + charged);
  const domains = [...kernel.domains()];
  expect(sum(domains.map(({ ran }) => ran)) + kernel.statistics().idle).toBe(elapsed);
  expect(sum(domains.map(({ consumed, owed }) => consumed + owed))).toBe(billed);
  expect(findings(kernel)).toEqual([]);
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

/** What so many processors are of all of them, in percent; threads' clocks run apart, so theirs is not exact. */
export function expectShare(percent: number, busy: number, within = 1): void {
  if (isThreaded()) {
    expect(percent).toBeGreaterThan(0);
    expect(percent).toBeLessThanOrEqual(100.001);
  } else expect(Math.abs(percent - (100 * busy) / processors())).toBeLessThan(within);
}

export function isThreaded(): boolean {
  return processors() > 1 && variant().seed === undefined;
}

export function inPartition(lab: Lab, partition: Partition, more: object = {}): Domain {
  const options = { meter: lab.prime, program: BUSY, partition, ...more };
  const domain = lab.kernel.createDomain(options);
  domain.start();
  return domain;
}
