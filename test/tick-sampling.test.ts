// Billing by ticks: no clock is read, and who runs at a tick is charged with all of it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bursts, createKernel, type Domain, type KernelOptions } from "../src/index.js";
import { billedTo } from "./clock-lab.js";
import { KERNELS, sum } from "./partition-lab.js";

const TICK = 16_000;

type Plan = Parameters<typeof bursts>[0];

function made(options: KernelOptions, plans: readonly Plan[], tick = TICK) {
  const sizes = { nodes: 64, frames: 512, quantum: 1_000_000 };
  const kernel = createKernel({ ...sizes, billing: { by: "tick", tick }, ...options });
  const domains: Domain[] = plans.map((plan) => {
    const program = bursts(plan);
    const domain = kernel.createDomain({ meter: kernel.primeMeter, program });
    domain.start();
    return domain;
  });
  return { kernel, domains };
}

const FOR_EVER = { run: 1_000_000_000 };
const LATER = 4_000_000_000;

describe("the one that runs at a tick", () => {
  test.each([
    ["half a tick", { quantum: 8000 }],
    ["a tick", { quantum: TICK }],
    ["four ticks, as partitions have it", { quantum: 4 * TICK, partitions: {} }],
  ])("is billed for it: slices of %s", async (_, options) => {
    const { kernel, domains } = made(options, [FOR_EVER, FOR_EVER]);
    await kernel.run({ cycles: 80 * TICK });
    const { idle, reads } = kernel.timing();
    // Where both have half of each tick, it is always the second who runs at its end.
    const half = BigInt(40 * TICK);
    expect(domains.map(({ ran }) => ran)).toEqual([half, half]);
    expect(domains.map(billedTo)).toEqual(options.quantum < TICK ? [0n, 2n * half] : [half, half]);
    expect([idle, reads]).toEqual([0n, 0n]);
    kernel.dispose();
  });

  test("that goes just then has run, and who comes has not", async () => {
    const plans = [
      { run: TICK, wait: LATER },
      { run: TICK, wait: LATER },
    ];
    const { kernel, domains } = made({}, plans);
    await kernel.run({ cycles: 5 * TICK });
    expect(domains.map(billedTo)).toEqual([BigInt(TICK), BigInt(TICK)]);
    expect(kernel.timing().idle).toBe(BigInt(3 * TICK));
    kernel.dispose();
  });

  test("pays 10 ms, where the tick is KeyKOS's", async () => {
    const plans = [{ run: 160_001, wait: LATER }, { run: 159_998, wait: LATER }, FOR_EVER];
    const { kernel, domains } = made({}, plans, 160_000);
    await kernel.run({ cycles: 480_000 });
    // The second ran from 160,001 to 319,999.
    expect(domains.map(billedTo)).toEqual([160_000n, 0n, 320_000n]);
    kernel.dispose();
  });

  test("a whole tick after it was idle for nearly all of it", async () => {
    const { kernel, domains } = made({}, [{ run: 2, every: TICK, phase: TICK - 1 }]);
    await kernel.run({ cycles: 10 * TICK });
    // It begins at the first cycle of all, and a cycle before each tick.
    expect(domains[0]!.ran).toBe(2n + 9n * 2n + 1n);
    expect(billedTo(domains[0]!)).toBe(BigInt(10 * TICK));
    kernel.dispose();
  });
});

test.each(KERNELS)("%s: every tick is billed to somebody or to nobody", async (_, options) => {
  const plan = fc.record({
    run: fc.integer({ min: 1, max: 40_000 }),
    wait: fc.integer({ min: 0, max: 40_000 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1000, max: 30_000 }),
      async (plans, ticks, quantum) => {
        const { kernel, domains } = made({ ...options, quantum }, plans);
        await kernel.run({ cycles: ticks * TICK + 5 });
        const { billed, idle, unbilled, ticks: served, elapsed } = kernel.timing();
        expect(billed).toBe(sum(domains.map(billedTo)));
        expect(billed + idle).toBe(served * BigInt(TICK));
        expect(billed + idle + unbilled).toBe(elapsed);
        // A processor that nobody needs may rest, and its time with it.
        const time = BigInt(ticks * TICK + 5);
        expect(kernel.time).toBe(time);
        expect(elapsed).toBeLessThanOrEqual(time * BigInt(options.processors ?? 1));
        expect(sum(domains.map(({ ran }) => ran))).toBeLessThanOrEqual(elapsed);
        expect(kernel.check().findings).toEqual([]);
        kernel.dispose();
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 15), seed: 4 },
  );
});
