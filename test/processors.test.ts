// Several processors, each a worker: what a host sees of them is what it sees of one, but for who runs
// when. No test depends on how fast anything is.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  CONTROL_NODE_BASE,
  NODE_RECORD,
  NODE_SIZE,
  RECORD_BURST_LEFT,
  RECORD_PROGRAM,
} from "../assembly/layout.js";
import { indexOf } from "../src/id.js";
import { bursts, createKernel } from "../src/index.js";
import { findings } from "./lab.js";
import { dismiss, SHARED_DEBUG, start, team, turn, until } from "./team.js";

afterEach(() => {
  dismiss();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("the option", () => {
  test.each([0, 17, 1.5, -1, Number.NaN, "2"])("refuses %s processors", (processors) => {
    expect(() => createKernel({ processors: processors as number })).toThrow(
      /processors: found .*, expected a whole number from 1 to 16/,
    );
  });

  test("refuses a build for one", () => {
    const build = readFileSync("build/kernel.wasm");
    expect(() => createKernel({ processors: 2, build })).toThrow(/build: found one for a single/);
  });

  test("1 is the kernel without workers", async () => {
    const kernel = createKernel({ nodes: 16, frames: 16, processors: 1 });
    expect(kernel.core.shared).toBeUndefined();
    start(kernel, kernel.primeMeter);
    expect(await kernel.run({ cycles: 5000 })).toEqual({ reason: "limit", cycles: 5000n });
  });

  test("says what is missing before anything is made, where memory can't be shared", () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    const memory = vi.spyOn(WebAssembly, "Memory");
    expect(() => createKernel({ processors: 2 })).toThrow(
      expect.objectContaining({
        name: "ProcessorError",
        code: "NO_WORKERS",
        message: expect.stringContaining("Cross-Origin-Opener-Policy"),
      }),
    );
    expect(memory).not.toHaveBeenCalled();
  });

  test("a shared build runs one processor, too", async () => {
    const kernel = team({ processors: 1 });
    const domain = start(kernel, kernel.primeMeter);
    expect(await kernel.run({ cycles: 50_000 })).toEqual({ reason: "limit", cycles: 50_000n });
    expect(domain.consumed).toBe(50_000n);
    expect(findings(kernel)).toEqual([]);
  });
});

describe("a run", () => {
  test("ends when nobody has anything to do, and can be had again", async () => {
    const kernel = team();
    const program = bursts({ run: 5000, times: 3 });
    const domains = [1, 2, 3].map(() => start(kernel, kernel.primeMeter, program));
    const ended: string[] = [];
    kernel.on("end", ({ domain }) => ended.push(domain.name));
    expect((await kernel.run()).reason).toBe("idle");
    expect(domains.map(({ consumed }) => consumed)).toEqual([15_000n, 15_000n, 15_000n]);
    expect(domains.map(({ state }) => state)).toEqual(["ended", "ended", "ended"]);
    expect(ended.toSorted()).toEqual(["domain-1", "domain-2", "domain-3"]);
    const time = kernel.time;
    expect(await kernel.run()).toEqual({ reason: "idle", cycles: 0n });
    const more = start(kernel, kernel.primeMeter, program);
    expect(await kernel.run()).toEqual({ reason: "idle", cycles: 15_000n });
    expect(more.state).toBe("ended");
    expect(kernel.time).toBe(time + 15_000n);
    expect(findings(kernel)).toEqual([]);
  });

  test("gives each of two domains all the cycles of a processor", async () => {
    const kernel = team();
    const domains = [start(kernel, kernel.primeMeter), start(kernel, kernel.primeMeter)];
    for (const cycles of [100_000n, 250_000n, 1n]) {
      expect(await kernel.run({ cycles })).toEqual({ reason: "limit", cycles });
    }
    expect(kernel.time).toBe(350_001n);
    expect(domains.map(({ consumed }) => consumed)).toEqual([350_001n, 350_001n]);
    expect(kernel.primeMeter.statistics().consumed).toBe(700_002n);
    expect(findings(kernel)).toEqual([]);
  });

  test("is all that lets anybody run, on a clock that is behind, too", async () => {
    const kernel = team();
    const first = start(kernel, kernel.primeMeter);
    await kernel.run({ cycles: 100_000 });
    // Each under a meter of its own, so that some are for the processor that has run nobody.
    const domains = [1, 2, 3].map(() =>
      start(kernel, kernel.createMeter({ superior: kernel.primeMeter })),
    );
    for (let i = 0; i < 200; i++) await turn();
    expect(domains.map(({ consumed }) => consumed)).toEqual([0n, 0n, 0n]);
    expect(first.consumed).toBe(100_000n);
    await kernel.run({ cycles: 100_000 });
    expect(kernel.primeMeter.statistics().consumed).toBe(300_000n);
  });

  test("goes by an alarm at which everybody stands still", async () => {
    const kernel = team();
    const domains = [start(kernel, kernel.primeMeter), start(kernel, kernel.primeMeter)];
    const seen: bigint[][] = [];
    for (const time of [70_000n, 30_500n, 30_500n]) {
      kernel.at(time, () => seen.push([kernel.time, ...domains.map(({ consumed }) => consumed)]));
    }
    await kernel.run({ cycles: 100_000 });
    expect(seen).toEqual([
      [30_500n, 30_500n, 30_500n],
      [30_500n, 30_500n, 30_500n],
      [70_000n, 70_000n, 70_000n],
    ]);
  });

  test("lets time pass to an alarm, and to its limit, where nobody runs", async () => {
    const kernel = team();
    const times: bigint[] = [];
    kernel.at(5000n, () => times.push(kernel.time));
    expect(await kernel.run({ cycles: 2000 })).toEqual({ reason: "limit", cycles: 2000n });
    expect(await kernel.run()).toEqual({ reason: "idle", cycles: 3000n });
    expect(times).toEqual([5000n]);
  });

  test("ends where its signal aborts, with everybody at rest", async () => {
    const kernel = team();
    const domain = start(kernel, kernel.primeMeter);
    start(kernel, kernel.primeMeter);
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    await until(() => domain.consumed > 10_000n);
    aborter.abort();
    expect((await run).reason).toBe("aborted");
    const { consumed } = domain;
    for (let i = 0; i < 100; i++) await turn();
    expect(domain.consumed).toBe(consumed);
    expect(findings(kernel)).toEqual([]);
    expect((await kernel.run({ signal: AbortSignal.abort() })).reason).toBe("aborted");
  });

  test("leaves the event loop to others while guests spin", async () => {
    const kernel = team();
    start(kernel, kernel.primeMeter);
    start(kernel, kernel.primeMeter);
    let isOver = false;
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal }).finally(() => {
      isOver = true;
    });
    // Neither domain ever ends, so whatever comes round here does so in the midst of it.
    for (let i = 0; i < 500; i++) await turn();
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(isOver).toBe(false);
    aborter.abort();
    await run;
  });

  test("throws what a listener threw, when all is done", async () => {
    const kernel = team();
    const program = bursts({ run: 500, times: 1 });
    const domains = [1, 2, 3, 4].map(() => start(kernel, kernel.primeMeter, program));
    let ends = 0;
    kernel.on("end", () => {
      ends++;
      throw new Error("mine");
    });
    await expect(kernel.run()).rejects.toThrow("mine");
    while (ends < domains.length) await kernel.run().catch(() => {});
    expect(domains.map(({ state }) => state)).toEqual(["ended", "ended", "ended", "ended"]);
    expect(await kernel.run()).toEqual({ reason: "idle", cycles: 0n });
  });

  test("is refused while another one is under way, and so is a step", async () => {
    const kernel = team();
    start(kernel, kernel.primeMeter);
    const run = kernel.run({ cycles: 1000 });
    await expect(kernel.run()).rejects.toThrow("running already");
    expect(() => kernel.step()).toThrow("running already");
    await run;
  });

  test("does without Atomics.waitAsync, which not every browser has", async () => {
    vi.stubGlobal("Atomics", { ...descriptors(Atomics), waitAsync: undefined });
    const kernel = team();
    const domain = start(kernel, kernel.primeMeter, bursts({ run: 5000, times: 20 }));
    expect((await kernel.run()).reason).toBe("idle");
    expect(domain.state).toBe("ended");
  });
});

function descriptors(of: object): object {
  return Object.fromEntries(
    Object.getOwnPropertyNames(of).map((name) => [name, Reflect.get(of, name)]),
  );
}

describe("the host acts while processors run", () => {
  test("off() returns when nobody below runs any more; others go on, and on() lets them go on", async () => {
    const kernel = team();
    const meter = kernel.createMeter({ superior: kernel.primeMeter });
    const below = start(kernel, kernel.createMeter({ superior: meter }));
    const other = start(kernel, kernel.primeMeter);
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    for (let round = 0; round < 20; round++) {
      const before = below.consumed;
      await until(() => below.consumed > before);
      meter.off();
      const stopped = below.consumed;
      const going = other.consumed;
      await until(() => other.consumed > going + 100_000n);
      expect(below.consumed).toBe(stopped);
      expect(meter.statistics().consumed).toBe(stopped);
      meter.on(1_000_000_000_000n);
    }
    aborter.abort();
    await run;
    expect(findings(kernel)).toEqual([]);
  });

  test("what is read is exact", async () => {
    const kernel = team();
    const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1n << 40n });
    const domains = [start(kernel, meter), start(kernel, meter)];
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    for (let round = 0; round < 50; round++) {
      await turn();
      const [granted, consumed, counter, sum] = kernel.core.still(() => [
        meter.statistics().granted,
        meter.statistics().consumed,
        meter.peek(),
        domains.reduce((sum, { consumed }) => sum + consumed, 0n),
      ]);
      expect(granted).toBe(consumed! + counter!);
      expect(sum).toBe(consumed);
      expect(kernel.check().findings).toEqual([]);
    }
    aborter.abort();
    await run;
  });
});

describe("a step", () => {
  test("blocks until there is something to tell, and leaves everybody at rest", () => {
    const kernel = team();
    const program = bursts({ run: 5000, times: 3 });
    const domains = [1, 2, 3].map(() => start(kernel, kernel.primeMeter, program));
    const reasons = new Set<string>();
    for (let reason = "ran"; reason === "ran"; reasons.add(reason)) reason = kernel.step().reason;
    expect(domains.map(({ state }) => state)).toEqual(["ended", "ended", "ended"]);
    expect([...reasons].at(-1)).toBe("idle");
    const spinning = start(kernel, kernel.primeMeter);
    const { time } = kernel;
    let result = kernel.step({ cycles: 100_000 });
    while (result.reason === "ran") {
      result = kernel.step({ cycles: time + 100_000n - kernel.time });
    }
    expect(result.reason).toBe("limit");
    expect(spinning.consumed).toBe(100_000n);
    expect(findings(kernel)).toEqual([]);
  });

  test("is refused where a thread must not block", () => {
    vi.spyOn(Atomics, "wait").mockImplementation(() => {
      throw new TypeError("Atomics.wait cannot be called in this context");
    });
    const kernel = team();
    expect(() => kernel.step()).toThrow(expect.objectContaining({ code: "WRONG_STATE" }));
    expect(() => kernel.step()).toThrow(/use run\(\)/);
  });
});

test("a panic of one is everybody's", async () => {
  const kernel = team({ build: SHARED_DEBUG });
  const domain = start(kernel, kernel.primeMeter);
  start(kernel, kernel.primeMeter);
  const run = kernel.run();
  await until(() => domain.consumed > 10_000n);
  kernel.core.still(() => {
    const { view } = kernel.core;
    const node = view.control(CONTROL_NODE_BASE) + indexOf(domain.id) * NODE_SIZE;
    const record = view.u32(node + NODE_RECORD);
    // A program where no memory is, and the end of its burst.
    view.setU32(record + RECORD_PROGRAM, 0xfffffff0);
    view.setU32(record + RECORD_BURST_LEFT, 1);
  });
  await expect(run).rejects.toMatchObject({ code: "KERNEL_PANIC" });
  expect(() => kernel.time).toThrow(expect.objectContaining({ code: "KERNEL_PANIC" }));
  await expect(kernel.run()).rejects.toMatchObject({ code: "KERNEL_PANIC" });
  expect(() => kernel.step()).toThrow(expect.objectContaining({ code: "KERNEL_PANIC" }));
  kernel.dispose();
});
