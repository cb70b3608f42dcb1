// Partitions from the host's side: what they are given, what they use, and who is in them.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadElf, type Partition, PartitionError } from "../src/index.js";
import { guestFile } from "./guests.js";
import { Lab } from "./lab.js";
import {
  BUSY,
  expectNothingLost,
  expectShare,
  inPartition,
  isThreaded,
  TICK,
  WINDOW,
} from "./time-lab.js";
import { everywhere, processors } from "./variants.js";

everywhere("partitions", () => {
  test("have what they were given, and their parents the rest", () => {
    const { kernel } = new Lab({ partitions: {} });
    const a = kernel.createPartition({ name: "A", budget: 30.25, max: 50, critical: WINDOW });
    const b = kernel.createPartition({ parent: a, budget: 0.07 });
    const c = kernel.createPartition({ budget: 0 });
    expect(kernel.partitions()).toEqual([kernel.systemPartition, a, b, c]);
    expect([a.index, b.index, c.index, kernel.systemPartition.index]).toEqual([1, 2, 3, 0]);
    const none = { used: 0, used10: 0, used100: 0, criticalUsed: 0, total: 0n };
    const fine = { ...none, isBankrupt: false, bankruptcies: 0 };
    const free = { max: null, critical: 0 };
    expect(kernel.partitions().map((partition) => partition.usage())).toEqual([
      { ...fine, name: "System", index: 0, parent: null, budget: 69.75, ...free },
      { ...fine, name: "A", index: 1, parent: "System", budget: 30.18, max: 50, critical: WINDOW },
      { ...fine, name: "partition-2", index: 2, parent: "A", budget: 0.07, ...free },
      { ...fine, name: "partition-3", index: 3, parent: "System", budget: 0, ...free },
    ]);
    expect([b.parent, c.parent, kernel.systemPartition.parent]).toEqual([
      a,
      kernel.systemPartition,
      null,
    ]);
  });

  test("change what is given, and nothing else", () => {
    const { kernel } = new Lab({ partitions: {} });
    const a = kernel.createPartition({ name: "A", budget: 30, max: 50, critical: 1000 });
    const seen = () => {
      const { budget, max, critical } = a.usage();
      return [budget, max, critical, kernel.systemPartition.usage().budget];
    };
    a.change({ budget: 45.5 });
    expect(seen()).toEqual([45.5, 50, 1000, 54.5]);
    a.change({ max: null });
    expect(seen()).toEqual([45.5, null, 1000, 54.5]);
    a.change({ critical: 0, budget: 0, max: 0.01 });
    expect(seen()).toEqual([0, 0.01, 0, 100]);
    a.change({});
    expect(seen()).toEqual([0, 0.01, 0, 100]);
    kernel.systemPartition.change({ max: 100, critical: 5 });
    expect(kernel.systemPartition.usage()).toMatchObject({ budget: 100, max: 100, critical: 5 });
  });

  test("use, in a window and on average, what their domains were billed for", () => {
    const lab = new Lab({ partitions: {} });
    const a = lab.kernel.createPartition({ name: "A", budget: 30 });
    inPartition(lab, a);
    lab.run(WINDOW / 2);
    const { used10, used100 } = a.usage();
    expect([used10, used100]).toEqual([0, 0]);
    // A little beyond the end of the third, at which it is counted.
    lab.run(2.5 * WINDOW + TICK);
    const usage = a.usage();
    for (const used of [usage.used, usage.used10, usage.used100]) expectShare(used, 1);
    expect(usage.total).toBe([...lab.kernel.domains()][0]!.consumed);
    expectNothingLost(lab);
  });

  test.each([{}, { by: "tick" }] as const)("use, all told, all there is; billed: %o", (billing) => {
    // Slices end in the midst of ticks.
    const lab = new Lab({ billing, partitions: {}, quantum: 50_000, trace: false });
    const { kernel } = lab;
    const names = Array.from({ length: 3 * processors() }, (_, i) => `${i}`);
    for (const name of names) {
      inPartition(lab, kernel.createPartition({ name, budget: 100 / 4 / processors() }));
    }
    const expectAll = (...which: ("used" | "used10" | "used100")[]) => {
      for (const name of which) {
        const all = kernel.partitions().map((partition) => partition.usage()[name]);
        expectShare(
          all.reduce((sum, used) => sum + used),
          processors(),
          1e-6,
        );
      }
    };
    for (const cycles of [1.3 * TICK, TICK, 3.5 * TICK, WINDOW - TICK]) {
      lab.run(Math.round(cycles));
      expectAll("used");
    }
    for (let i = 0; i < 11; i++) {
      lab.run(WINDOW - 777);
      expectAll("used", "used10", "used100");
    }
    for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      lab.run(part * TICK);
      kernel.setWindow(10 * TICK);
      lab.run(5 * TICK);
      expectAll("used");
      lab.run(55 * TICK + 77);
      expectAll("used", "used10", "used100");
    }
    expectNothingLost(lab);
  });

  test("forget what they used when the window is another", () => {
    const lab = new Lab({ partitions: {} });
    const { kernel } = lab;
    const a = kernel.createPartition({ name: "A", budget: 30 });
    inPartition(lab, a);
    lab.run(3 * WINDOW);
    kernel.setWindow(10 * TICK);
    expect(kernel.window).toBe(10 * TICK);
    expect(a.usage()).toMatchObject({ used: 0, used10: 0, used100: 0 });
    expect(a.usage().total > 0n).toBe(true);
    lab.run(25 * TICK);
    expectShare(a.usage().used10, 1);
    kernel.setWindow(400 * TICK);
    expect(kernel.window).toBe(6_400_000);
    expectNothingLost(lab);
  });

  /** No whole number of ticks: what is left when the last one begins is less than that. */
  const CRITICAL = 4.5 * TICK;

  test("are told of where they overdraw their critical budget, as the policy says", async () => {
    const bankrupt = (bankruptcy: "default" | "cancel" | "notify" | "stop", listens = true) => {
      const lab = new Lab({ partitions: { bankruptcy }, trace: false });
      const { kernel } = lab;
      const a = kernel.createPartition({ name: "A", budget: 10, critical: CRITICAL });
      inPartition(lab, kernel.systemPartition);
      // More than there are processors, so that nobody has time for nothing.
      for (let i = 0; i <= processors(); i++) inPartition(lab, kernel.systemPartition);
      inPartition(lab, a, { priority: 20, critical: true });
      const told: [Partition, bigint][] = [];
      if (listens) kernel.on("bankruptcy", ({ partition, time }) => told.push([partition, time]));
      return { kernel, a, told };
    };
    for (const policy of ["default", "cancel", "notify"] as const) {
      const { kernel, a, told } = bankrupt(policy);
      await kernel.run({ cycles: 8n * BigInt(WINDOW) });
      expect(a.usage().bankruptcies, policy).toBeGreaterThan(0);
      expect(told.map(([partition]) => partition)).toEqual(policy === "notify" ? [a] : []);
      expect(a.usage().critical).toBe(policy === "cancel" ? 0 : CRITICAL);
    }
    const { kernel, a, told } = bankrupt("stop");
    const run = kernel.run({ cycles: 8n * BigInt(WINDOW) });
    await expect(run).rejects.toThrow(PartitionError);
    expect(told[0]![0]).toBe(a);
    expect(told[0]![1] > 0n).toBe(true);
    // Nobody listens there.
    const other = bankrupt("stop", false).kernel;
    await expect(other.run({ cycles: 8n * BigInt(WINDOW) })).rejects.toMatchObject({
      code: "BANKRUPT",
      message: expect.stringMatching(/partition A has overdrawn its critical budget at cycle \d+$/),
    });
    // Each time; when the next one is, is another thing with threads.
    if (isThreaded()) return;
    await expect(kernel.run({ cycles: 8n * BigInt(WINDOW) })).rejects.toThrow(PartitionError);
    expect(told.length).toBeGreaterThan(1);
  });

  test("have domains that were made for them", () => {
    const { kernel, prime } = new Lab({ partitions: {}, frames: 4000 });
    const a = kernel.createPartition({ name: "A", budget: 30 });
    const plain = { partition: kernel.systemPartition, priority: 10, policy: "rr" } as const;
    const usual = { ...plain, critical: false, clientPays: true };
    const make = (o: object) =>
      kernel.createDomain({ meter: prime, program: BUSY, ...o }).scheduling;
    expect(make({})).toEqual(usual);
    const other = { partition: a, priority: 255, policy: "fifo", critical: true } as const;
    expect(make({ ...other, clientPays: false })).toEqual({ ...other, clientPays: false });
    expect(make({ priority: 0 })).toEqual({ ...usual, priority: 0 });
    expect(make({ policy: "fifo" })).toEqual({ ...usual, policy: "fifo" });
    expect(make({ critical: true })).toEqual({ ...usual, critical: true });
    expect(make({ clientPays: false })).toEqual({ ...usual, clientPays: false });
    expect(
      make({ partition: a, program: loadElf(readFileSync(guestFile("spin"))) }).partition,
    ).toBe(a);
  });

  test("get domains from others, whatever those do", () => {
    const lab = new Lab({ partitions: {} });
    const { kernel, prime } = lab;
    const a = kernel.createPartition({ name: "A", budget: 30 });
    const dry = lab.meter("dry", prime, 0n);
    const domains = {
      runs: lab.busy("runs", prime),
      waits: lab.sleepy("waits", prime),
      parked: lab.busy("parked", dry),
      stopped: kernel.createDomain({ meter: prime, program: BUSY }),
    };
    lab.run(10 * TICK);
    const before = kernel.systemPartition.usage().total;
    for (const domain of Object.values(domains)) {
      domain.schedule({ partition: a, priority: 7, policy: "fifo" });
      domain.schedule({ critical: true });
      expect(domain.scheduling).toMatchObject({ partition: a, priority: 7, policy: "fifo" });
      expect(domain.scheduling).toMatchObject({ critical: true, clientPays: true });
      domain.schedule({});
      domain.schedule({ policy: "rr", clientPays: false, critical: false });
      const now = { partition: a, priority: 7, policy: "rr", critical: false, clientPays: false };
      expect(domain.scheduling).toEqual(now);
    }
    expect([domains.waits, domains.parked, domains.stopped].map(({ state }) => state)).toEqual([
      "waiting",
      "parked",
      "stopped",
    ]);
    dry.on(1_000_000n);
    domains.stopped.start();
    lab.run(40 * TICK);
    const moved = kernel.systemPartition.usage().total - before;
    // What was not billed yet when they were moved.
    expect(moved <= BigInt(TICK * processors())).toBe(true);
    expect(a.usage().total > 0n && domains.stopped.ran > 0n).toBe(true);
    expectNothingLost(lab);
  });
});
