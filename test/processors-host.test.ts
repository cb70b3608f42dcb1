// Several processors ask the host: keepers that are functions, and system calls.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { CONTROL_EVENTS } from "../assembly/layout.js";
import { bursts, createKernel, type Kernel, loadElf } from "../src/index.js";
import { guestFile } from "./guests.js";
import { findings } from "./lab.js";
import { dismiss, start, team, turn, until } from "./team.js";

afterEach(dismiss);

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
