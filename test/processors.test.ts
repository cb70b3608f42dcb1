// Several processors, each a worker: what a host sees of them is what it sees of one, but for who runs
// when. No test depends on how fast anything is.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  CONTROL_EVENTS,
  CONTROL_NODE_BASE,
  NODE_RECORD,
  NODE_SIZE,
  RECORD_BURST_LEFT,
  RECORD_PROGRAM,
} from "../assembly/layout.js";
import { indexOf } from "../src/id.js";
import {
  bursts,
  createKernel,
  type Domain,
  type Kernel,
  loadElf,
  type Meter,
} from "../src/index.js";
import { guestFile } from "./guests.js";
import { findings } from "./lab.js";
import { dismiss, SHARED_DEBUG, team, turn, until } from "./team.js";

const FOREVER = bursts({ run: 1_000_000_000 });

afterEach(() => {
  dismiss();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function start(kernel: Kernel, meter: Meter, program = FOREVER): Domain {
  const domain = kernel.createDomain({ meter, program });
  domain.start();
  return domain;
}

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

describe("keepers", () => {
  test("are called in the host while others run, and answer at once or later", async () => {
    const kernel = team();
    const other = start(kernel, kernel.primeMeter);
    let calls = 0;
    const prompt = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: ({ meter }) => {
        meter.add(10_000n);
      },
    });
    const slow = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: async ({ meter }) => {
        calls++;
        for (let i = 0; i < 20; i++) await turn();
        meter.add(10_000n);
      },
    });
    const program = bursts({ run: 1000, times: 100 });
    const domains = [start(kernel, prompt, program), start(kernel, slow, program)];
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    // The second worker may start when the others have ended already.
    await until(() => domains.every(({ state }) => state === "ended") && other.consumed > 0n);
    aborter.abort();
    await run;
    expect(domains.map(({ consumed }) => consumed)).toEqual([100_000n, 100_000n]);
    expect(prompt.statistics().keeperCalls).toBe(10);
    expect(calls).toBe(10);
    expect(findings(kernel)).toEqual([]);
  });

  test("are waited for when nobody else has anything to do", async () => {
    const kernel = team();
    let answer = () => {};
    const meter = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: () =>
        new Promise<"decline">((resolve) => {
          answer = () => resolve("decline");
        }),
    });
    const domain = start(kernel, meter);
    let isOver = false;
    const run = kernel.run().finally(() => {
      isOver = true;
    });
    await until(() => meter.statistics().keeperCalls === 1);
    for (let i = 0; i < 100; i++) await turn();
    expect(isOver).toBe(false);
    answer();
    expect((await run).reason).toBe("idle");
    expect(domain.state).toBe("parked");
  });

  test("can wait for a time", async () => {
    const kernel = team();
    const times: bigint[] = [];
    const meter = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: async ({ meter, until }) => {
        await until(40_000n);
        times.push(kernel.time);
        meter.add(1000n);
      },
    });
    const domain = start(kernel, meter, bursts({ run: 1000, times: 1 }));
    expect((await kernel.run()).reason).toBe("idle");
    expect(times).toEqual([40_000n]);
    expect(domain.state).toBe("ended");
    expect(kernel.time).toBe(41_000n);
  });
});

test("a keeper's time comes while others run on, and an abort while it is waited for", async () => {
  const kernel = team();
  let isReached = false;
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    cycles: 0n,
    keeper: async ({ time, until }) => {
      await until(time + 50_000n);
      isReached = true;
      await new Promise(() => {});
    },
  });
  const spinning = start(kernel, kernel.primeMeter);
  const waiting = start(kernel, meter);
  const aborter = new AbortController();
  const run = kernel.run({ signal: aborter.signal });
  // Nothing but that time ends what the spinning one may run.
  await until(() => isReached);
  spinning.stop();
  // Long enough for the run to have nothing to wait for but the keeper.
  await new Promise((resolve) => setTimeout(resolve, 100));
  aborter.abort();
  expect((await run).reason).toBe("aborted");
  expect(waiting.state).toBe("waiting");
});

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

describe("programs", () => {
  test("run as they do alone, with their system calls done by the host", async () => {
    const runs = [
      { file: "sha256", args: ["abc", "1"], stdin: "" },
      { file: "strhash", args: ["-"], stdin: "a b a" },
      { file: "lz", args: ["1000"], stdin: "" },
      { file: "selfmod", args: [], stdin: "" },
    ];
    const play = async (kernel: Kernel) => {
      const domains = runs.map(({ file, args, stdin }) => {
        const program = loadElf(readFileSync(guestFile(file)));
        const domain = kernel.createDomain({ meter: kernel.primeMeter, program, args, stdin });
        domain.start();
        return domain;
      });
      expect((await kernel.run()).reason).toBe("idle");
      expect(findings(kernel)).toEqual([]);
      return domains.map(({ exitCode, output, consumed }) => ({ exitCode, output, consumed }));
    };
    const options = { frames: 8192, quantum: 10_000 };
    const expected = await play(createKernel(options));
    expect(expected.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(await play(team({ ...options, build: undefined }))).toEqual(expected);
    expect(await play(team(options))).toEqual(expected);
  });

  test("one that is stopped before its system call is done makes it when it is started", async () => {
    const kernel = team({ frames: 8192 });
    const program = loadElf(readFileSync(guestFile("hello")));
    const domain = kernel.createDomain({ meter: kernel.primeMeter, program, args: [] });
    domain.start();
    const outputs: string[] = [];
    kernel.on("output", ({ bytes }) => outputs.push(new TextDecoder().decode(bytes)));
    for (;;) {
      await kernel.run({ cycles: 997 });
      if (domain.state === "ended") break;
      domain.stop();
      await kernel.run({ cycles: 5 });
      domain.start();
    }
    expect(domain.exitCode).toBe(0);
    expect(outputs.join("")).toBe(domain.output);
    expect(findings(kernel)).toEqual([]);
  });
});

test("a system call is done once, whatever becomes of its domain before the host comes to it", async () => {
  const kernel = team({ frames: 8192 });
  const program = loadElf(readFileSync(guestFile("hello")));
  const [first, second] = ["first", "second"].map((name) => {
    const meter = kernel.createMeter({ superior: kernel.primeMeter });
    const domain = kernel.createDomain({ name, meter, program, args: [] });
    domain.start();
    return domain;
  });
  let restarts = 0;
  kernel.on("output", ({ domain }) => {
    const other = domain === first ? second! : first!;
    if (other.state === "ended") return;
    // It asks for something, too, on the other processor, before this listener returns; or has done so.
    while (kernel.core.view.control(CONTROL_EVENTS) === 0 && other.state !== "waiting");
    other.stop();
    other.start();
    restarts++;
  });
  expect((await kernel.run()).reason).toBe("idle");
  expect(restarts).toBeGreaterThan(0);
  expect(first!.output).not.toBe("");
  expect(second!.output).toBe(first!.output.replaceAll("first", "second"));
  expect(findings(kernel)).toEqual([]);
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
