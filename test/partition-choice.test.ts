// Who runs next (A.4), in small cases whose outcome can be told beforehand: one processor, an exact clock.

import { describe, expect, test } from "vitest";
import { bursts, type Domain, type KernelOptions, type Partition } from "../src/index.js";
import { KERNELS, PartitionLab, TICK } from "./partition-lab.js";

const ONE = KERNELS.filter(([, { processors = 1 }]) => processors === 1);
const WINDOW = 100 * TICK;
type Plan = Parameters<typeof bursts>[0];
type Given = Parameters<PartitionLab["make"]>[3];

const FOR_EVER = { run: 1_000_000_000 };

describe.each(ONE)("%s", (_, options) => {
  const lab = (more: KernelOptions = {}) => new PartitionLab({ ...options, ...more });

  function busy(
    here: PartitionLab,
    partition: Partition,
    given: Given = {},
    plan: Plan = FOR_EVER,
  ) {
    const program = bursts(plan);
    const domain = here.kernel.createDomain({ meter: here.all, program, partition, ...given });
    domain.start();
    return domain;
  }

  /** Of what was run in so many cycles, the hundredths that each had. */
  async function shares(here: PartitionLab, cycles: number, ...domains: Domain[]) {
    const before = domains.map(({ ran }) => ran);
    await here.run(cycles);
    return domains.map(({ ran }, n) => Math.round((100 * Number(ran - before[n]!)) / cycles));
  }

  test("below all budgets it goes by priority, whatever the budgets are", async () => {
    const here = lab();
    const [big, small] = [here.partition("big", 60), here.partition("small", 20)];
    const often = { run: 1000, every: 10_000 };
    const low = busy(here, big, { priority: 10 }, often);
    const high = busy(here, small, { priority: 11 }, { ...often, phase: 500 });
    await here.run(10_000 + 500);
    // The one had run for 500 cycles when the other came.
    expect([low.ran, high.ran]).toEqual([1500n, 1000n]);
    await here.run(1000);
    expect([low.ran, high.ran]).toEqual([1500n, 2000n]);
    await here.run(500);
    expect([low.ran, high.ran]).toEqual([2000n, 2000n]);
  });

  test("under full load by budgets, whatever the priorities are", async () => {
    const here = lab();
    const [big, small] = [here.partition("big", 60), here.partition("small", 25)];
    const domains = [
      busy(here, here.kernel.systemPartition, { priority: 10 }),
      busy(here, big, { priority: 20 }),
      busy(here, small, { priority: 30 }),
    ];
    await here.run(WINDOW);
    expect(await shares(here, 10 * WINDOW, ...domains)).toEqual([15, 60, 25]);
  });

  test.each([
    ["priority", [0, 20, 80]],
    ["ratio", [0, 67, 33]],
  ] as const)("free time goes by %s", async (freeTime, expected) => {
    const here = lab({ partitions: { freeTime } });
    const [big, small] = [here.partition("big", 20), here.partition("small", 10)];
    const idle = busy(here, here.kernel.systemPartition);
    const domains = [idle, busy(here, big), busy(here, small, { priority: 11 })];
    idle.stop();
    await here.run(WINDOW);
    const found = await shares(here, 10 * WINDOW, ...domains);
    // As for all budgets, to within a tick of the window.
    for (const [n, share] of found.entries()) {
      expect(Math.abs(share - expected[n]!)).toBeLessThanOrEqual(1);
    }
  });

  test("without a budget: free time only, and after those who have one where it goes by ratio", async () => {
    for (const freeTime of ["priority", "ratio"] as const) {
      const here = lab({ partitions: { freeTime } });
      const [some, none] = [here.partition("some", 30), here.partition("none", 0)];
      const system = busy(here, here.kernel.systemPartition);
      const domains = [busy(here, some), busy(here, none, { priority: 200 })];
      await here.run(WINDOW);
      expect(await shares(here, WINDOW, ...domains)).toEqual([30, 0]);
      system.stop();
      await here.run(2 * WINDOW);
      const expected = freeTime === "priority" ? [30, 70] : [100, 0];
      expect(await shares(here, WINDOW, ...domains)).toEqual(expected);
    }
  });

  test("priority 0 does not compete: it has what is left when nobody else is ready", async () => {
    const here = lab();
    const some = here.partition("some", 80);
    const last = busy(here, some, { priority: 0 });
    const often = busy(here, here.kernel.systemPartition, {}, { run: 6000, every: TICK });
    await here.run(WINDOW);
    // Though 80 % are guaranteed to its partition, and the other one has 20.
    expect(await shares(here, 4 * WINDOW, last, often)).toEqual([63, 38]);
    busy(here, here.kernel.systemPartition);
    expect(await shares(here, WINDOW, last)).toEqual([0]);
  });

  test("never beyond its maximum, and then nobody runs at all", async () => {
    const here = lab();
    const capped = busy(here, here.partition("capped", 10, { max: 30 }), { priority: 20 });
    await here.run(WINDOW);
    expect(await shares(here, 10 * WINDOW, capped)).toEqual([30]);
    expect(here.kernel.timing().idle).toBeGreaterThan(BigInt(7 * WINDOW));
  });

  test("inside by turns of four ticks, or as long as one likes", async () => {
    const here = lab();
    const { systemPartition } = here.kernel;
    const turns = [busy(here, systemPartition), busy(here, systemPartition)];
    for (const expected of [100, 0, 100, 0]) {
      expect(await shares(here, 4 * TICK, turns[0]!)).toEqual([expected]);
    }
    const first = busy(here, systemPartition, { policy: "fifo", priority: 20 });
    const second = busy(here, systemPartition, { policy: "fifo", priority: 20 });
    expect(await shares(here, 40 * TICK, ...turns, first, second)).toEqual([0, 0, 100, 0]);
    // One that comes before it leaves it its place.
    const short = busy(here, systemPartition, { priority: 30 }, { run: 1000, times: 1 });
    await here.run(2000);
    expect(short.state).toBe("ended");
    expect(await shares(here, 10 * TICK, first, second)).toEqual([100, 0]);
    first.stop();
    expect(await shares(here, 10 * TICK, first, second)).toEqual([0, 100]);
  });

  test("a critical one goes on beyond the budget, until little less than its critical budget", async () => {
    const here = lab();
    const critical = 10 * TICK;
    const partition = here.partition("P", 5, { critical });
    const one = busy(here, partition, { critical: true, priority: 20 });
    busy(here, here.kernel.systemPartition);
    await here.run(50 * TICK);
    // Five ticks by the budget; it stops at the first decision with less than a 32nd of a tick left.
    expect(partition.usage().criticalUsed).toBe(10 * TICK);
    expect(one.ran).toBe(BigInt(15 * TICK));
    expect(partition.usage()).toMatchObject({ isBankrupt: false, bankruptcies: 0 });
  });

  test.each([
    [499, 10, 0],
    [501, 11, 1],
  ])(
    "what is left of it, %i cycles, is too little below a 32nd of a tick",
    async (left, ran, found) => {
      const here = lab();
      const partition = here.partition("P", 5, { critical: 10 * TICK + left });
      const one = busy(here, partition, { critical: true, priority: 20 });
      busy(here, here.kernel.systemPartition);
      await here.run(50 * TICK);
      expect(one.ran).toBe(BigInt((5 + ran) * TICK));
      expect(partition.usage().bankruptcies).toBe(found);
    },
  );

  test("one that is not critical does not, nor does its partition's critical budget help it", async () => {
    const here = lab();
    const partition = here.partition("P", 5, { critical: 10 * TICK });
    const one = busy(here, partition, { priority: 20 });
    busy(here, here.kernel.systemPartition);
    await here.run(50 * TICK);
    expect(one.ran).toBe(BigInt(5 * TICK));
    expect(partition.usage().criticalUsed).toBe(0);
  });

  test("a bankrupt one is without any budget until its window is within that", async () => {
    const here = lab({ partitions: { bankruptcy: "notify" } });
    const told: bigint[] = [];
    here.kernel.on("bankruptcy", ({ time }) => told.push(time));
    // Not a whole number of ticks: the last of them takes it beyond.
    const partition = here.partition("P", 5, { critical: 10 * TICK + 5000 });
    const one = busy(here, partition, { critical: true, priority: 20 });
    const load = busy(here, here.kernel.systemPartition);
    await here.run(17 * TICK);
    expect(partition.usage()).toMatchObject({ isBankrupt: true, bankruptcies: 1 });
    expect(told).toEqual([BigInt(16 * TICK)]);
    expect(await shares(here, 83 * TICK, one, load)).toEqual([0, 100]);
    // 16 ticks are forgotten one by one; from the eleventh on it is within five.
    expect(partition.usage().isBankrupt).toBe(true);
    await here.run(11 * TICK);
    expect(partition.usage().isBankrupt).toBe(false);
    const { ran } = one;
    await here.run(10 * TICK);
    expect(one.ran).toBeGreaterThan(ran);
  });

  test("the System partition is never bankrupt", async () => {
    for (const isSystem of [true, false]) {
      const here = lab();
      const rest = here.partition("rest", 95);
      const { systemPartition } = here.kernel;
      const [mine, other] = isSystem ? [systemPartition, rest] : [rest, systemPartition];
      rest.change({ budget: isSystem ? 95 : 5 });
      mine.change({ critical: TICK + 5000 });
      busy(here, mine, { critical: true, priority: 20 });
      busy(here, other);
      await here.run(50 * TICK);
      expect(mine.usage().criticalUsed).toBe(2 * TICK);
      expect(mine.usage().bankruptcies).toBe(isSystem ? 0 : 1);
      expect(mine.usage().isBankrupt).toBe(!isSystem);
    }
  });
});
