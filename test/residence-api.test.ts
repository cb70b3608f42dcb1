// Core residence by the host API: its options, its handle, storage counters and events.

import { describe, expect, test } from "vitest";
import {
  createKernel,
  type KernelOptions,
  orders,
  perPeriod,
  type ResidenceOptions,
  refill,
  WORD_SECOND,
} from "../src/index.js";
import { findings } from "./lab.js";
import { call, rest } from "./puppet.js";
import { CHARGE, guest, PERIOD, ResidenceLab } from "./residence-lab.js";
import { everywhere } from "./variants.js";

const UNLIMITED = 2n ** 64n - 1n;
const BAD_OPTION = expect.objectContaining({ code: "BAD_OPTION" });
const WRONG_STATE = expect.objectContaining({ code: "WRONG_STATE" });
const create = (residence: unknown, options: KernelOptions = {}) =>
  createKernel({ nodes: 64, frames: 64, ...options, residence: residence as ResidenceOptions });

describe("the option residence", () => {
  test.each<[residence: unknown, message: RegExp, options?: KernelOptions]>([
    [{ period: 0 }, /^residence\.period: found 0, expected .* from 1000 to 1600000000$/],
    [{ period: 999 }, /period: found 999/],
    [{ period: 1_600_000_001 }, /period: found 1600000001/],
    [{ period: 1e300 }, /period: found 1e\+300/],
    [{ period: Number.NaN }, /period: found NaN/],
    [{ period: 1000.5 }, /period: found 1000.5/],
    [{ period: 5000n }, /period: found 5000n/],
    [{ core: 7 }, /^residence\.core: found 7, expected .* from 8 to 1048575$/],
    [{ core: 2 ** 20 }, /core: found 1048576/],
    [{ pages: 0 }, /^residence\.pages: found 0, expected .* from 1 to 1048575$/],
    [{ pages: 2 ** 20 }, /pages: found 1048576/],
    [{ latency: -1 }, /^residence\.latency: found -1, expected .* from 0 to 4294967295$/],
    [{ latency: 2 ** 32 }, /latency: found 4294967296/],
    [
      { phase: "sometimes" },
      /^residence\.phase: found "sometimes", expected one of fixed, random$/,
    ],
    [{ phase: 1 }, /phase: found 1/],
    [{ offset: -1 }, /^residence\.offset: found -1, expected .* from 0 to 1599999$/],
    [{ period: 2000, offset: 2000 }, /offset: found 2000, expected .* from 0 to 1999$/],
    [{ phase: "random", offset: 0 }, /^residence\.offset: a random phase has none/],
    [{ seed: -1 }, /^residence\.seed: found -1/],
    [{ seed: 2 ** 32 }, /seed: found 4294967296/],
    [{ lockCost: 0 }, /^residence\.lockCost: found 0, expected .* from 1 to 1000000$/],
    [{ lockCost: 1_000_001 }, /lockCost: found 1000001/],
    [{ faultCost: -1 }, /^residence\.faultCost: found -1, expected .* from 0 to 1000000$/],
    [{ exact: 1 }, /^residence\.exact: found 1, expected true or false$/],
    [{ exact: true }, /^residence\.exact: .* one processor only/, { processors: 2 }],
    [{ exact: true }, /^residence\.exact: .* one processor only/, { processors: 1, seed: 1 }],
    [{ frames: 8 }, /^residence: no option "frames", expected one of core, pages,/],
    [true, /^residence: found true, expected an object/],
    [null, /^residence: found null, expected an object/],
  ])("refuses %o", (residence, message, options) => {
    const act = () => create(residence, options);
    expect(act).toThrow(BAD_OPTION);
    expect(act).toThrow(message);
  });

  test.each<ResidenceOptions>([
    {},
    { core: 8, pages: 1, latency: 0, period: 1000, offset: 999, lockCost: 1, faultCost: 0 },
    { period: 1_600_000_000, phase: "random", seed: 0, latency: 2 ** 32 - 1, exact: true },
  ])("takes %o", (residence) => {
    const kernel = create(residence);
    const {
      core = 1024,
      pages = 8192,
      period = 1_600_000,
      phase = "fixed",
      offset = 0,
    } = residence;
    expect(kernel.residence).toMatchObject({ period, phase, offset });
    const free = { core, coreFree: core, pages, pagesFree: pages };
    expect(kernel.residence.statistics()).toMatchObject({ ...free, cycles: 0n, charged: 0n });
    expect(kernel.residence.pages()).toEqual([]);
    expect(kernel.check().findings).toEqual([]);
    kernel.dispose();
  });

  test("takes frames of its own, beside those that are asked for", () => {
    // With so many the bitmap of frames grows, too.
    for (const residence of [undefined, {}, { core: 8, pages: 40_000 }]) {
      const kernel = createKernel({ nodes: 64, frames: 100, ...(residence && { residence }) });
      expect(kernel.core.exports.framesFree()).toBe(99);
    }
  });

  test("refuses more than a memory holds, with what would fit", () => {
    const act = (residence: ResidenceOptions) => () => create(residence);
    const most = (residence: ResidenceOptions): number => {
      try {
        create(residence);
      } catch (error) {
        expect(error).toMatchObject({ code: "NO_MEMORY" });
        return Number((error as Error).message.match(/expected at most (\d+) (core|pages)/)![1]);
      }
      return Number.NaN;
    };
    const pages = most({ pages: 1_048_575 });
    expect(pages).toBeGreaterThan(1_000_000);
    expect(most({ pages: pages + 1 })).toBe(pages);
    const core = most({ core: 1_048_575 });
    expect(act({ core: core + 1 })).toThrow(`expected at most ${core} core frames`);
    // No pages at all would leave enough for these nodes and frames.
    expect(() => create({}, { frames: 1_040_000 })).toThrow(/expected at most \d+ pages with 1024/);
    expect(() => create({}, { frames: 1_047_000 })).toThrow(/expected at most \d+ core frames$/);
    expect(() => create({}, { frames: 1_048_000 })).toThrow(/expected fewer `nodes` or `frames`$/);
  });

  test("needs nodes for the lock process", () => {
    expect(() => create({}, { nodes: 2 })).toThrow(/^page-locker: all 1 nodes are in use/);
    expect(() => create({}, { nodes: 3 })).toThrow(/^page-locker: all 2 nodes are in use/);
    expect(create({}, { nodes: 4 }).residence.locker.state).toBe("ready");
  });
});

describe("without residence", () => {
  const kernel = createKernel({ nodes: 64, frames: 64 });
  const { storage } = kernel.primeMeter;

  test("there is no handle, and no storage", () => {
    expect(() => kernel.residence).toThrow(WRONG_STATE);
    for (const use of [
      () => storage.peek(),
      () => storage.set(1n),
      () => storage.add(1n),
      () => storage.charged(),
      () => storage.own(),
      () => storage.faults(),
    ]) {
      expect(use).toThrow(WRONG_STATE);
      expect(use).toThrow(/create it with `residence`/);
    }
  });

  test("a meter gets no storage", () => {
    const superior = kernel.primeMeter;
    const before = [...kernel.meters()].length;
    expect(() => kernel.createMeter({ superior, storage: 1n })).toThrow(BAD_OPTION);
    expect([...kernel.meters()].length).toBe(before);
  });
});

everywhere("the lock process", () => {
  test("is a domain under a meter of its own, and pays for its cycles", () => {
    const lab = new ResidenceLab({ lockCost: 300 });
    const { locker, meter } = lab.kernel.residence;
    expect([locker.name, meter.name]).toEqual(["page-locker", "page-locker"]);
    expect([locker.meter, meter.superior]).toEqual([meter, lab.prime]);
    expect([...lab.kernel.meters()]).toContain(meter);
    expect([...lab.kernel.domains()]).toContain(locker);
    const scans: number[] = [];
    lab.kernel.on("scan", ({ cycle }) => scans.push(cycle));
    // Somebody else keeps the time going.
    lab.busy("B", lab.prime);
    lab.runUntil(() => lab.statistics.cycles >= 5n);
    const cycles = Number(lab.statistics.cycles);
    expect(scans).toEqual(Array.from({ length: cycles }, (_, i) => i + 1));
    lab.kernel.residence.locker.stop();
    expect(locker.consumed).toBeLessThanOrEqual(300n * BigInt(cycles));
    expect(locker.consumed).toBeGreaterThan(300n * BigInt(cycles - 1));
    expect(meter.statistics().consumed).toBe(locker.consumed);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("has a cycle in each period; none while it is stopped, or its meter is off", () => {
    const lab = new ResidenceLab();
    const { locker, meter } = lab.kernel.residence;
    lab.busy("B", lab.prime);
    const cyclesIn = (periods: number) => {
      const before = lab.statistics.cycles;
      lab.run(periods * PERIOD);
      return Number(lab.statistics.cycles - before);
    };
    cyclesIn(1);
    expect(cyclesIn(20)).toBeGreaterThanOrEqual(19);
    expect(cyclesIn(20)).toBeLessThanOrEqual(21);
    locker.stop();
    expect(cyclesIn(5)).toBe(0);
    locker.start();
    expect(cyclesIn(10)).toBeGreaterThanOrEqual(9);
    meter.off();
    cyclesIn(1);
    expect(cyclesIn(5)).toBe(0);
    meter.on();
    expect(cyclesIn(10)).toBeGreaterThanOrEqual(9);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("does not keep a run going", async () => {
    const lab = new ResidenceLab();
    const domain = lab.sleepy("S", lab.prime);
    domain.stop();
    expect((await lab.kernel.run()).reason).toBe("idle");
  });
});

describe("the scan", () => {
  test("is changed at once; what is not given stays", () => {
    const { residence } = new ResidenceLab().kernel;
    residence.set({ period: 50_000 });
    expect(residence).toMatchObject({ period: 50_000, phase: "fixed", offset: 0 });
    residence.set({ offset: 49_999 });
    expect(residence).toMatchObject({ period: 50_000, phase: "fixed", offset: 49_999 });
    residence.set({ phase: "random" });
    expect(residence).toMatchObject({ period: 50_000, phase: "random", offset: 0 });
    residence.set({});
    expect(residence).toMatchObject({ period: 50_000, phase: "random", offset: 0 });
    residence.set({ phase: "fixed", offset: 7 });
    expect(residence).toMatchObject({ period: 50_000, phase: "fixed", offset: 7 });
  });

  test("keeps its ranges, and stays as it is where they are not kept", () => {
    const { residence } = new ResidenceLab().kernel;
    residence.set({ period: 50_000, offset: 10_000 });
    for (const change of [
      { period: 999 },
      { period: 1_600_000_001 },
      { period: 10_000 },
      { offset: 50_000 },
      { phase: "random", offset: 3 },
      { phase: "never" },
      { interval: 5 },
      null,
    ]) {
      expect(() => residence.set(change as never)).toThrow(BAD_OPTION);
      expect(residence).toMatchObject({ period: 50_000, phase: "fixed", offset: 10_000 });
    }
    expect(() => residence.set({ period: 10_000 })).toThrow(/offset: found 10000, .* to 9999$/);
  });

  test("has the cycles of a new period", () => {
    const lab = new ResidenceLab();
    lab.busy("B", lab.prime);
    const cyclesIn = (cycles: number) => {
      const before = lab.statistics.cycles;
      lab.run(cycles);
      return Number(lab.statistics.cycles - before);
    };
    lab.kernel.residence.set({ period: 1_000_000 });
    cyclesIn(1_000_000);
    expect(cyclesIn(10_000_000)).toBe(10);
    lab.kernel.residence.set({ period: 200_000, phase: "random" });
    const counted = cyclesIn(10_000_000);
    expect(counted).toBeGreaterThanOrEqual(49);
    expect(counted).toBeLessThanOrEqual(51);
  });

  test("draws random phases from the seed", () => {
    const times = (seed: number) => {
      const lab = new ResidenceLab({ phase: "random", seed, period: 1_000_000 }, { quantum: 1000 });
      const seen: bigint[] = [];
      lab.kernel.on("scan", ({ time }) => seen.push(time));
      lab.busy("B", lab.prime);
      lab.run(10_000_000);
      return seen;
    };
    expect(times(1)).toEqual(times(1));
    expect(times(2)).not.toEqual(times(1));
    expect(times(0)).not.toEqual(times(1));
    // Each is somewhere in a period of its own.
    expect(times(3).map((time) => time / 1_000_000n)).toEqual(times(4).map((_, i) => BigInt(i)));
  });
});

everywhere("storage", () => {
  test("a counter is read, set and added to", () => {
    const lab = new ResidenceLab();
    const { storage } = lab.meter("M", lab.prime);
    expect(storage.peek()).toBe(UNLIMITED);
    expect(storage.set(3n * WORD_SECOND)).toBe(UNLIMITED);
    storage.add(WORD_SECOND);
    expect([storage.peek(), WORD_SECOND]).toEqual([64_000_000n, 16_000_000n]);
    const overflow = expect.objectContaining({ code: "COUNTER_OVERFLOW" });
    expect(() => storage.add(UNLIMITED)).toThrow(overflow);
    for (const wrong of [-1n, 2n ** 64n, 5, undefined]) {
      expect(() => storage.set(wrong as bigint)).toThrow(BAD_OPTION);
      expect(() => storage.add(wrong as bigint)).toThrow(BAD_OPTION);
    }
    expect(storage.peek()).toBe(64_000_000n);
    expect([storage.charged(), storage.own(), storage.faults()]).toEqual([0n, 0n, 0n]);
  });

  test("createMeter gives it", () => {
    const { kernel } = new ResidenceLab();
    const superior = kernel.primeMeter;
    const meter = kernel.createMeter({ superior, storage: 5n });
    expect([meter.storage.peek(), meter.peek()]).toEqual([5n, UNLIMITED]);
    for (const storage of [-1n, 2n ** 64n, 5]) {
      const act = () => kernel.createMeter({ superior, storage: storage as bigint });
      expect(act).toThrow(BAD_OPTION);
      expect(act).toThrow(/^storage: found/);
    }
    // It is slot 5 of the node.
    expect(meter.node.fetch(5)).toEqual({ kind: "data", value: 5n });
  });

  test("of a rescinded meter is nobody's, nor of what is malformed as one", () => {
    const lab = new ResidenceLab();
    const meter = lab.meter("M", lab.prime);
    meter.node.swap(5, { kind: "host", number: 1 });
    expect(() => meter.storage.peek()).toThrow(
      expect.objectContaining({ code: "MALFORMED_METER" }),
    );
    meter.rescind();
    const rescinded = expect.objectContaining({ code: "RESCINDED" });
    const { storage } = meter;
    for (const use of ["peek", "charged", "own", "faults"] as const) {
      expect(() => storage[use]()).toThrow(rescinded);
    }
    expect(() => storage.set(1n)).toThrow(rescinded);
    expect(() => storage.add(1n)).toThrow(rescinded);
  });

  test("is charged up the chain, a page for a period", () => {
    const lab = new ResidenceLab({ period: 1_600_000_000 });
    const charge = 1024n * 1_600_000_000n;
    const upper = lab.meter("U", lab.prime);
    const lower = lab.kernel.createMeter({ superior: upper, storage: 1_000n * charge });
    const charges: object[] = [];
    lab.kernel.on("charge", ({ domain, meter, amount }) => charges.push({ domain, meter, amount }));
    // Its code, its script and its log.
    const { domain } = lab.play([], { meter: lower });
    lab.runUntil(() => domain.state === "available");
    expect(charges).toEqual(Array(3).fill({ domain, meter: lower, amount: charge }));
    const { storage } = lower;
    const figures = [storage.charged(), storage.own(), storage.faults()];
    expect(figures).toEqual([3n * charge, 3n * charge, 3n]);
    expect(storage.peek()).toBe(997n * charge);
    expect([upper.storage.charged(), upper.storage.own()]).toEqual([3n * charge, 0n]);
    expect(upper.storage.peek()).toBe(UNLIMITED - 3n * charge);
    expect(lab.statistics).toMatchObject({ charged: 3n * charge, unowned: 0n, faults: 3n });
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("who runs out of storage", () => {
  /** A domain that needs three pages, under a meter that has enough for one. */
  function dry(keeper?: Parameters<ResidenceLab["meter"]>[3]) {
    const lab = new ResidenceLab({ period: 1_600_000_000 });
    const charge = 1024n * 1_600_000_000n;
    const meter = lab.kernel.createMeter({
      ...{ name: "M", superior: lab.prime, storage: charge },
      ...(keeper && { keeper }),
    });
    const seen: object[] = [];
    lab.kernel.on("keeper", ({ meter: { name }, resource, outcome }) =>
      seen.push({ keeper: name, resource, outcome }),
    );
    lab.kernel.on("park", ({ meter: { name }, resource }) => seen.push({ park: name, resource }));
    const { domain } = lab.play([], { meter, name: "D" });
    return { lab, meter, charge, domain, seen };
  }

  test("is parked, and goes on when the counter is raised", () => {
    const { lab, meter, charge, domain, seen } = dry();
    lab.runUntil(() => domain.state === "parked");
    expect(seen).toEqual([{ park: "M", resource: "storage" }]);
    expect(meter.storage.peek()).toBe(0n);
    meter.storage.add(charge - 1n);
    lab.runUntil(() => domain.state === "parked");
    expect(lab.statistics.unpaid).toBe(2n);
    meter.storage.set(2n * charge);
    lab.runUntil(() => domain.state === "available");
    expect(meter.storage.peek()).toBe(0n);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("has the keeper told which resource it is", () => {
    const told: object[] = [];
    const { lab, charge, domain, meter, seen } = dry(({ meter, resource, domain, time }) => {
      told.push({ resource, name: domain.name, isTime: typeof time === "bigint" });
      meter.storage.add(charge);
    });
    lab.runUntil(() => domain.state === "available");
    expect(told).toEqual(Array(2).fill({ resource: "storage", name: "D", isTime: true }));
    expect(seen).toEqual(Array(2).fill({ keeper: "M", resource: "storage", outcome: "restart" }));
    expect([meter.storage.peek(), meter.statistics().keeperCalls]).toEqual([0n, 2]);
  });

  test("is kept by refill as far as that was given storage", () => {
    const charge = 1024n * 1_600_000_000n;
    const given = dry(refill({ storage: charge, times: 1 }));
    given.lab.runUntil(() => given.domain.state === "parked");
    expect(given.meter.storage.charged()).toBe(2n * charge);
    // Each resource has its own times.
    given.meter.set(1n);
    expect(given.seen.map((event) => Object.values(event).at(-1))).toEqual([
      "restart",
      "decline",
      "storage",
    ]);
    const cycles = dry(refill({ amount: 5n }));
    cycles.lab.runUntil(() => cycles.domain.state === "parked");
    expect(cycles.meter.statistics().granted).toBe(UNLIMITED);
    expect(cycles.seen[0]).toEqual({ keeper: "M", resource: "storage", outcome: "decline" });
  });

  test("is kept by perPeriod in each period of the keeper", async () => {
    const charge = 1024n * 1_600_000_000n;
    const period = 1_000_000n;
    const { lab, domain } = dry(perPeriod({ storage: charge, period }));
    let time = 0n;
    lab.kernel.on("charge", (event) => {
      time = event.time;
    });
    await lab.kernel.run({ cycles: 10_000_000n });
    expect(domain.state).toBe("available");
    expect(lab.statistics.charged).toBe(3n * charge);
    // The first at once, the second at the beginning of the next period.
    expect(time).toBeGreaterThanOrEqual(period);
    const none = dry(perPeriod({ amount: 5n, period }));
    await none.lab.kernel.run({ cycles: 1_000_000n });
    expect(none.domain.state).toBe("parked");
  });

  test("has an object of the host called with its own order", () => {
    const charge = 1024n * 1_600_000_000n;
    const lab = new ResidenceLab({ period: 1_600_000_000 });
    const got: number[] = [];
    const meter = lab.kernel.createMeter({ superior: lab.prime, storage: 0n });
    meter.keeper = lab.kernel.hostObject(({ order }) => {
      got.push(order);
      meter.storage.add(charge);
      return {};
    });
    const { domain } = lab.play([], { meter });
    lab.runUntil(() => domain.state === "available");
    expect(got).toEqual(Array(3).fill(orders.dryStorage));
  });

  test("has a domain called as keeper with that order", () => {
    const charge = 1024n * 1_600_000_000n;
    const lab = new ResidenceLab({ period: 1_600_000_000 });
    const meter = lab.kernel.createMeter({ superior: lab.prime, storage: 0n });
    // It gives what there is: the operator's act comes with the message.
    const keeper = lab.play([rest(), call(0)], {
      keys: {
        0: lab.kernel.hostObject(() => {
          meter.storage.set(10n * charge);
          return {};
        }),
      },
    });
    lab.runUntil(() => keeper.domain.state === "available");
    meter.keeper = keeper.domain.startKey();
    const { domain } = lab.play([], { meter });
    lab.runUntil(() => keeper.seen.count >= 2);
    expect(keeper.seen.entry(0).order).toBe(orders.dryStorage);
    domain.start();
    lab.runUntil(() => domain.state === "available");
    expect(findings(lab.kernel)).toEqual([]);
  });
});

test("keepers are given something at least", () => {
  expect(() => refill({})).toThrow(/^refill: found neither, expected `amount` or `storage`$/);
  expect(() => perPeriod({ period: 5n })).toThrow(/^perPeriod: found neither/);
  expect(() => refill({ storage: -1n })).toThrow(/^refill: storage: found -1n/);
  expect(() => perPeriod({ storage: 5 as never, period: 5n })).toThrow(
    /^perPeriod: storage: found 5/,
  );
});

test("charges are told where the kernel is traced", () => {
  const run = (trace: boolean) => {
    const lab = new ResidenceLab({}, { trace });
    const charges: { page: number; amount: bigint }[] = [];
    lab.kernel.on("charge", ({ page, amount }) => charges.push({ page, amount }));
    const program = guest("spin");
    const domain = lab.kernel.createDomain({ meter: lab.prime, program });
    domain.start();
    lab.run(10 * PERIOD);
    return { charges, charged: lab.statistics.charged, pages: lab.kernel.residence.pages() };
  };
  const { charges, charged, pages } = run(true);
  expect(charged).toBe(BigInt(charges.length) * CHARGE);
  expect(new Set(charges.map(({ amount }) => amount))).toEqual(new Set([CHARGE]));
  const numbers = new Set(pages.map(({ number }) => number));
  expect(charges.filter(({ page }) => !numbers.has(page))).toEqual([]);
  expect(run(false)).toMatchObject({ charges: [], charged });
});
