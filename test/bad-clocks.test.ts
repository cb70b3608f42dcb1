// Clocks that stop, jump, go back or lose ticks in the middle of runs, on one processor and on several: what is
// billed may be wrong, but all sums are right, and nobody runs for nothing for more than a tick once the
// clock is well again.

import { describe, expect, test } from "vitest";
import {
  bursts,
  type ClockOptions,
  createKernel,
  type Domain,
  type Kernel,
  type KernelOptions,
} from "../src/index.js";
import { imbalances, KERNELS, sum } from "./partition-lab.js";
import { call, play, reply, rest, work } from "./puppet.js";

const TICK = 16_000n;
const AT = 100n * TICK + 5000n;
const LONG = 1_000_000_000;

function made(options: KernelOptions, clock: ClockOptions, more: KernelOptions = {}): Kernel {
  const sizes = { nodes: 128, frames: 1024 };
  return createKernel({ ...sizes, ...options, billing: { clock }, ...more });
}

/** As many domains at work for ever as there are processors. */
function busy(kernel: Kernel, options: KernelOptions, cycles?: bigint): Domain[] {
  return Array.from({ length: options.processors ?? 1 }, () => {
    const amount = cycles === undefined ? {} : { cycles };
    const meter = kernel.createMeter({ superior: kernel.primeMeter, ...amount });
    const domain = kernel.createDomain({ meter, program: bursts({ run: LONG }) });
    domain.start();
    return domain;
  });
}

/** The clock's own events: what, and when. */
function faults(kernel: Kernel): [string, bigint][] {
  const told: [string, bigint][] = [];
  kernel.on("clock", ({ fault, time }) => told.push([fault, time]));
  return told;
}

describe.each(KERNELS)("%s", (_, options) => {
  const processors = BigInt(options.processors ?? 1);

  describe.each([
    ["goes back by less than a tick", "back", 9000n, 0],
    ["goes back by a tick", "back", TICK, 0],
    ["goes back by more than a tick", "back", TICK + 1n, 0],
    ["goes back by hours", "back", 10n ** 12n, 0],
    ["jumps by a tick", "jump", TICK, 1],
    ["jumps by hours", "jump", 10n ** 12n, 0],
  ] as const)("one that %s", (_name, does, by, gained) => {
    test("bills all but a tick", async () => {
      const fault = { at: AT, does, by };
      const kernel = made(options, { kind: "counter", fault });
      const told = faults(kernel);
      const domains = busy(kernel, options);
      await kernel.run({ cycles: Number(200n * TICK) });
      const { elapsed, billed, idle, unbilled, backwards, jumps, dropped } = kernel.timing();
      expect(elapsed).toBe(processors * 200n * TICK);
      expect(sum(domains.map(({ ran }) => ran))).toBe(elapsed);
      expect(idle).toBe(0n);
      const lost = elapsed - billed - unbilled;
      const isSlight = by <= TICK;
      if (gained > 0) expect(lost).toBe(-processors * by);
      else expect(lost).toBe(processors * (isSlight ? by : TICK));
      // What can be seen of it: the reading at the tick after it, on each processor.
      const seen = gained === 0 && !isSlight;
      expect(backwards).toBe(seen && does === "back" ? processors : 0n);
      expect(jumps).toBe(seen && does === "jump" ? processors : 0n);
      expect(dropped).toBe(seen && does === "jump" ? processors * (TICK + by) : 0n);
      const event = does === "back" ? "backwards" : "jump";
      const expected = Array.from({ length: Number(processors) }, () => [event, 101n * TICK]);
      expect(told).toEqual(seen ? expected : []);
      expect(imbalances(kernel)).toEqual([]);
      kernel.dispose();
    });

    test("lets nobody have more than a tick beyond his meter", async () => {
      const fault = { at: AT, does, by };
      const kernel = made(options, { kind: "counter", fault });
      const budget = 120n * TICK;
      const domains = busy(kernel, options, budget);
      await kernel.run({ cycles: Number(200n * TICK) });
      for (const domain of domains) {
        expect(domain.state).toBe("parked");
        expect(domain.consumed).toBe(budget);
        expect(domain.ran).toBeLessThanOrEqual(budget + TICK);
        expect(domain.ran).toBeGreaterThanOrEqual(budget - TICK);
      }
      expect(imbalances(kernel)).toEqual([]);
      kernel.dispose();
    });
  });

  test("one that stops bills nobody any more, and disturbs nothing", async () => {
    const clock = { kind: "counter", fault: { at: AT, does: "stop" } } as const;
    const kernel = made(options, clock, { partitions: {} });
    const domains = busy(kernel, options, 50_000_000n);
    await kernel.run({ cycles: Number(400n * TICK) });
    const { elapsed, billed, idle, backwards, jumps } = kernel.timing();
    expect(billed + idle).toBeLessThanOrEqual(processors * AT);
    expect(billed).toBeGreaterThan(processors * (AT - TICK));
    expect([backwards, jumps]).toEqual([0n, 0n]);
    expect(sum(domains.map(({ ran }) => ran))).toBe(elapsed);
    // A window in which nobody used anything divides by nothing.
    const { used, used10, used100, criticalUsed } = kernel.systemPartition.usage();
    expect([used, criticalUsed]).toEqual([0, 0]);
    expect(used10).toBeGreaterThan(0);
    expect(used100).toBeGreaterThan(0);
    expect(imbalances(kernel)).toEqual([]);
    kernel.dispose();
  });

  test("one that stood from the beginning", async () => {
    const clock = { kind: "counter", fault: { at: 0n, does: "stop" } } as const;
    const kernel = made(options, clock, { partitions: { freeTime: "ratio" } });
    const partition = kernel.createPartition({ name: "P", budget: 30, critical: 1000 });
    const all = kernel.primeMeter;
    const program = bursts({ run: 300, wait: 200 });
    kernel.createDomain({ meter: all, program, partition, critical: true }).start();
    busy(kernel, options);
    await kernel.run({ cycles: Number(30n * TICK) });
    const { billed, idle, elapsed } = kernel.timing();
    expect([billed, idle, elapsed]).toEqual([0n, 0n, processors * 30n * TICK]);
    const { used, isBankrupt, total } = partition.usage();
    expect([used, isBankrupt, total]).toEqual([0, false, 0n]);
    expect(imbalances(kernel)).toEqual([]);
    kernel.dispose();
  });

  const CLOCKS: readonly [string, ClockOptions][] = [
    ["exact", { kind: "exact" }],
    ["stops", { kind: "counter", read: 3, fault: { at: AT, does: "stop" } }],
    ["jumps", { kind: "counter", read: 3, fault: { at: AT, does: "jump", by: 10n * TICK } }],
    ["goes back", { kind: "counter", read: 3, fault: { at: AT, does: "back", by: 10n * TICK } }],
    ["wraps", { kind: "counter", width: 16 }],
    [
      "wraps and goes back",
      { kind: "counter", width: 16, fault: { at: AT, does: "back", by: 777n } },
    ],
    ["is coarse", { kind: "counter", hz: 2000 }],
    ["drifts", { kind: "counter", drift: 1000, error: -0.5 }],
    ["misses ticks", { kind: "countdown", masked: 70_000, repair: "none", read: 5 }],
    ["stands still", { kind: "countdown", masked: 15_000, repair: "hold", hz: 40_000 }],
    ["is slow", { kind: "countdown", masked: 100, repair: "pending", read: 4000 }],
  ];

  test.each(CLOCKS)("all sums are right while it %s and meters run dry", async (_name, clock) => {
    for (const partitions of [undefined, { freeTime: "ratio" as const }]) {
      const more = partitions ? { partitions } : {};
      const kernel = made(options, clock, { advance: 30_000n, quantum: 20_000, ...more });
      const meters = [40_000n, 700_000n, 3_000_000n].map((cycles) =>
        kernel.createMeter({
          superior: kernel.primeMeter,
          cycles,
          keeper: ({ meter }) => meter.add(cycles / 2n),
        }),
      );
      const [poor, some, rich] = meters as [
        (typeof meters)[0],
        (typeof meters)[0],
        (typeof meters)[0],
      ];
      const partition = partitions && kernel.createPartition({ budget: 20, critical: 50_000 });
      const inIt = partition ? { partition, critical: true } : {};
      const take = [null, null, null, 5];
      const serve = [rest({ take }), reply(5, { busy: 40, take, next: 1 })];
      const server = play(kernel, some, serve, inIt).domain;
      const asks = play(kernel, poor, [call(0, { busy: 30, next: 0 })]).domain;
      asks.keys.set(0, server.startKey());
      const works = play(kernel, rich, [work(999, { next: 0 })]).domain;
      const program = bursts({ run: [10, 9000], wait: [0, 20_000] });
      const sleeper = kernel.createDomain({ meter: rich, program, ...inIt });
      const domains = [server, asks, works, sleeper];
      for (const domain of domains) domain.start();
      let told = 0n;
      for (const part of [99n, 1n, 1n, 1n, 30n, 20n]) {
        await kernel.run({ cycles: Number(part * TICK) + 777 });
        expect(imbalances(kernel)).toEqual([]);
        const { billed, idle } = kernel.timing();
        expect(billed).toBe(sum(domains.map((one) => one.consumed + one.owed)));
        expect(billed + idle).toBeGreaterThanOrEqual(told);
        told = billed + idle;
      }
      kernel.dispose();
    }
  });
});
