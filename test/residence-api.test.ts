// Core residence by the host API: its options, the lock process, and the scan.

import { describe, expect, test } from "vitest";
import { createKernel, type KernelOptions, type ResidenceOptions } from "../src/index.js";
import { findings } from "./lab.js";
import { PERIOD, ResidenceLab } from "./residence-lab.js";
import { everywhere, variant } from "./variants.js";

const BAD_OPTION = expect.objectContaining({ code: "BAD_OPTION" });
const WRONG_STATE = expect.objectContaining({ code: "WRONG_STATE" });
const create = (residence: unknown, options: KernelOptions = {}) =>
  createKernel({ nodes: 64, frames: 64, ...options, residence: residence as ResidenceOptions });

/** Frames that there can be without core residence. */
function frameMost(): number {
  try {
    return createKernel({ nodes: 64, frames: 1 << 20 }).core.options.frames;
  } catch (error) {
    return Number((error as Error).message.match(/expected at most (\d+) frames/)![1]);
  }
}

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
    expect(findings(kernel)).toEqual([]);
    kernel.dispose();
  });

  test("takes frames of its own, beside those that are asked for", () => {
    // With so many the bitmap of frames grows, too.
    for (const options of [
      {},
      { residence: {} },
      { residence: { core: 8, pages: 40_000 } },
      { residence: {}, billing: {}, partitions: {} },
    ]) {
      const kernel = createKernel({ nodes: 64, frames: 100, ...options });
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
    // What nodes and frames leave is too little for the pages, for the core frames, or for anything.
    const frames = frameMost();
    expect(() => create({}, { frames: frames - 2000 })).toThrow(/at most \d+ pages with 1024/);
    expect(() => create({}, { frames: frames - 600 })).toThrow(/expected at most \d+ core frames$/);
    expect(() => create({}, { frames: frames - 9 })).toThrow(/expected fewer `nodes` or `frames`$/);
  });

  test("needs nodes for the lock process", () => {
    expect(() => create({}, { nodes: 2 })).toThrow(/^page-locker: all 1 nodes are in use/);
    expect(() => create({}, { nodes: 3 })).toThrow(/^page-locker: all 2 nodes are in use/);
    expect(create({}, { nodes: 4 }).residence.locker.name).toBe("page-locker");
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
    // Where its worker is late, periods pass without one.
    const isThreaded = variant().processors !== undefined && variant().seed === undefined;
    const counted = cyclesIn(20);
    if (!isThreaded) expect(counted).toBeGreaterThanOrEqual(19);
    expect(counted).toBeLessThanOrEqual(21);
    locker.stop();
    expect(cyclesIn(5)).toBe(0);
    locker.start();
    lab.runUntil(() => cyclesIn(1) > 0);
    meter.off();
    cyclesIn(1);
    expect(cyclesIn(5)).toBe(0);
    meter.on();
    lab.runUntil(() => cyclesIn(1) > 0);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("runs no program of the host's, and can be rescinded as others can", () => {
    const lab = new ResidenceLab();
    const { residence } = lab.kernel;
    const { locker, meter } = residence;
    const page = lab.kernel.createPage();
    for (const use of [
      () => locker.startKey(),
      () => locker.keys.get(0),
      () => locker.map(page, 0x8000),
    ]) {
      expect(use).toThrow(WRONG_STATE);
      expect(use).toThrow(/domain page-locker runs no ELF program: it (takes|has) no/);
    }
    lab.busy("B", lab.prime);
    lab.runUntil(() => lab.statistics.cycles >= 2n);
    locker.rescind();
    meter.rescind();
    const { cycles } = lab.statistics;
    lab.run(5 * PERIOD);
    expect(lab.statistics.cycles).toBe(cycles);
    residence.set({ period: 50_000 });
    expect(residence.period).toBe(50_000);
    expect(() => residence.locker.state).toThrow(expect.objectContaining({ code: "RESCINDED" }));
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
