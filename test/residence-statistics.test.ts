// What must follow of the scheme where tenants touch a page at independent moments, over a thousand scan periods: each
// pays his share, all together what the theory says, and faults are as many as the working set.

import { describe, expect, test } from "vitest";
import { createKernel, type Domain, type Kernel, loadElf } from "../src/index.js";
import { assemble, ECALL, immediateOps, jal, li, loadOps, lui } from "./riscv/assembler.js";
import { writeElf } from "./riscv/elf.js";

const PERIODS = 1000;
const PERIOD = 100_000;
const CHARGE = 1024n * BigInt(PERIOD);
const PAGE = 4096;
const [T0, T1, A0, A7] = [5, 6, 10, 17];
const INVOKE_RETURN = 0x4b01;
/** Touches of each tenant in a period, on an average. */
const RATES = [0.2, 0.5, 1.3];
const ALL = RATES.reduce((sum, rate) => sum + rate);

/** Loads from the page at PAGE for each message that it takes. */
function toucher() {
  const loop = [
    immediateOps.addi!(A0, 0, 0),
    ...li(A7, INVOKE_RETURN),
    ECALL,
    lui(T0, PAGE),
    loadOps.lw!(T1, T0, 0),
  ];
  return loadElf(writeElf(assemble([...loop, jal(0, -4 * loop.length)]), 1));
}

/** Mulberry32: numbers from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Who touches when, in order: each at a rate, independently. */
function touches(seed: number): [time: number, tenant: number][] {
  const random = generator(seed);
  const all = RATES.flatMap((rate, tenant) => {
    const times: [time: number, tenant: number][] = [];
    let time = 0;
    while (true) {
      time += (-Math.log(1 - random()) / rate) * PERIOD;
      if (time >= PERIODS * PERIOD) return times;
      times.push([time, tenant]);
    }
  });
  return all.sort(([a], [b]) => a - b);
}

interface Outcome {
  /** Charges for the page, by tenant. */
  readonly charges: readonly number[];
  readonly amount: bigint;
  /** Lock cycles in which somebody touched the page at all: its working set, in pages × periods. */
  readonly used: number;
  readonly kernel: Kernel;
}

function measure(seed: number, phase: "fixed" | "random"): Outcome {
  const residence = { core: 64, pages: 256, period: PERIOD, phase, latency: 0, lockCost: 1 };
  const kernel = createKernel({ nodes: 64, frames: 64, trace: true, residence });
  const page = kernel.createPage();
  const program = toucher();
  const domains: Domain[] = RATES.map((_, i) => {
    const meter = kernel.createMeter({ name: `tenant ${i}`, superior: kernel.primeMeter });
    const pages = [{ page, at: PAGE }];
    const domain = kernel.createDomain({ meter, program, memory: 0x40000, pages });
    domain.start();
    return domain;
  });
  const charges = RATES.map(() => 0);
  let amount = 0n;
  let used = 0;
  let isUsed = false;
  const number = kernel.residence.pages().at(-1)!.number;
  const its = kernel.residence.pages().find(({ users }) => users === RATES.length + 1)!.number;
  expect(its).toBeLessThanOrEqual(number);
  kernel.on("scan", () => {
    isUsed = false;
  });
  kernel.on("charge", (event) => {
    if (event.page !== its) return;
    charges[domains.indexOf(event.domain)]!++;
    amount += event.amount;
  });
  for (const [time, tenant] of touches(seed)) {
    const until = BigInt(Math.ceil(time));
    let isThere = until <= kernel.time;
    kernel.at(until, () => {
      isThere = true;
      void kernel.send(domains[tenant]!.startKey());
    });
    while (!isThere) kernel.step();
    // Until it has touched the page, and waits for the next message.
    while (domains[tenant]!.state !== "available") kernel.step();
    if (!isUsed) used++;
    isUsed = true;
  }
  return { charges, amount, used, kernel };
}

describe.each(["fixed", "random"] as const)("over 1,000 scan periods with a %s phase", (phase) => {
  const { charges, amount, used, kernel } = measure(7, phase);
  const total = charges.reduce((sum, count) => sum + count, 0);

  test("each tenant's share is that of his touches", () => {
    RATES.forEach((rate, tenant) => {
      const share = rate / ALL;
      const error = Math.sqrt((share * (1 - share)) / total);
      expect(Math.abs(charges[tenant]! / total - share)).toBeLessThan(3 * error);
    });
  });

  test("all together pay for the periods in which somebody touches the page", () => {
    expect(amount).toBe(BigInt(total) * CHARGE);
    const isTouched = 1 - Math.exp(-ALL);
    const error = Math.sqrt(PERIODS * isTouched * (1 - isTouched));
    // With a random phase periods differ in length, which makes it a little less.
    const expected = phase === "fixed" ? PERIODS * isTouched : PERIODS * meanTouched();
    expect(Math.abs(total - expected)).toBeLessThan(3 * error);
  });

  test("faults are as many as the working set", () => {
    expect(Math.abs(total / used - 1)).toBeLessThan(0.01);
    expect(kernel.check().findings).toEqual([]);
  });
});

/** How likely a touch is between two lock cycles, each anywhere in its period: the length is P (1 + u − v). */
function meanTouched(): number {
  const steps = 400;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    for (let j = 0; j < steps; j++) {
      sum += 1 - Math.exp(-ALL * (1 + (i - j) / steps));
    }
  }
  return sum / (steps * steps);
}
