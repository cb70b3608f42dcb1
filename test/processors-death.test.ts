// Workers that die, and workers that must: no cycle is lost, nobody waits for them, nothing is left.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { bursts, type Domain, type Meter } from "../src/index.js";
import { findings } from "./lab.js";
import { dismiss, kill, start, team, turn, until, workerOf, workersOf } from "./team.js";

afterEach(dismiss);

/** A draw from 0 to below `most`, the same each time. */
function dice(seed: number): (most: number) => number {
  let x = seed;
  return (most) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % most;
  };
}

describe("a worker that dies", () => {
  test("is told of and replaced; its domains go on, and every cycle is accounted for", async () => {
    const kernel = team();
    const deaths: number[] = [];
    kernel.on("processor", ({ processor, error, time }) => {
      expect(error).toBeInstanceOf(Error);
      expect(time).toBeLessThanOrEqual(kernel.time);
      deaths.push(processor);
    });
    const domains = [start(kernel, kernel.primeMeter), start(kernel, kernel.primeMeter)];
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    for (const processor of [1, 2, 1]) {
      const before = deaths.length;
      await kill(kernel, processor);
      await until(() => deaths.length > before);
      const reached = domains.map(({ consumed }) => consumed);
      await until(() => domains.every(({ consumed }, i) => consumed > reached[i]! + 10_000n));
      expect(findings(kernel)).toEqual([]);
    }
    expect(deaths).toEqual([1, 2, 1]);
    aborter.abort();
    await run;
    expect(findings(kernel)).toEqual([]);
  });

  test("keeps nobody waiting who acts before the event loop has heard of it", async () => {
    const kernel = team();
    const meter = kernel.createMeter({ superior: kernel.primeMeter });
    const domains = [start(kernel, meter), start(kernel, meter)];
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    const roll = dice(7);
    for (let round = 0; round < 20; round++) {
      const before = domains.map(({ consumed }) => consumed);
      await until(() => domains.every(({ consumed }, i) => consumed > before[i]!));
      await kill(kernel, 1 + roll(2));
      // No turn of the event loop from here on.
      meter.off();
      const { consumed } = meter.statistics();
      expect(findings(kernel)).toEqual([]);
      expect(meter.statistics().consumed).toBe(consumed);
      meter.on(1_000_000_000_000n);
    }
    aborter.abort();
    await run;
    expect(findings(kernel)).toEqual([]);
  });

  test("dies at any point of the kernel's work, and nothing is lost", async () => {
    const roll = dice(20);
    for (let seed = 1; seed <= 4; seed++) {
      const kernel = team({ advance: 3000n, quantum: 100 });
      const program = bursts({ run: [50, 900], wait: [0, 300], times: 100, seed });
      let meter = kernel.primeMeter;
      const domains: Domain[] = [];
      for (let depth = 0; depth < 6; depth++) {
        const keeper = ({ meter }: { meter: Meter }) => meter.add(BigInt(1000 + roll(5000)));
        meter = kernel.createMeter({
          superior: meter,
          cycles: depth % 2 ? 5000n : 1n << 40n,
          keeper,
        });
        for (let i = 0; i < 3; i++) domains.push(start(kernel, meter, program));
      }
      let isOver = false;
      const run = kernel.run().finally(() => {
        isOver = true;
      });
      let deaths = 0;
      kernel.on("processor", () => deaths++);
      for (let round = 1; round <= 8; round++) {
        const { time } = kernel;
        await until(() => kernel.time > time || isOver);
        for (let turns = roll(40); turns > 0; turns--) await turn();
        if (isOver) break;
        await kill(kernel, 1 + roll(2));
        await until(() => deaths === round);
        expect(findings(kernel)).toEqual([]);
      }
      expect((await run).reason).toBe("idle");
      expect(domains.every(({ state }) => state === "ended")).toBe(true);
      expect(findings(kernel)).toEqual([]);
      kernel.dispose();
    }
  });

  test("again and again, without anything run between, ends the run with an error", async () => {
    const kernel = team();
    let answer = () => {};
    const meter = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: ({ meter }) =>
        new Promise<void>((resolve) => {
          answer = () => {
            meter.add(5000n);
            resolve();
          };
        }),
    });
    const domain = start(kernel, meter, bursts({ run: 1000, times: 3 }));
    let deaths = 0;
    kernel.on("processor", () => deaths++);
    const run = kernel.run();
    run.catch(() => {});
    await until(() => meter.statistics().keeperCalls === 1);
    for (let round = 1; round <= 3; round++) {
      await kill(kernel, 1);
      await until(() => deaths === round);
    }
    await expect(run).rejects.toMatchObject({
      name: "ProcessorError",
      code: "WORKERS_DIED",
      cause: expect.any(Error),
    });
    expect(findings(kernel)).toEqual([]);
    answer();
    expect((await kernel.run()).reason).toBe("idle");
    expect(domain.state).toBe("ended");
    expect(findings(kernel)).toEqual([]);
  });

  test("while nothing runs is replaced by the next run", async () => {
    const kernel = team();
    const domain = start(kernel, kernel.primeMeter);
    await kernel.run({ cycles: 5000 });
    let deaths = 0;
    kernel.on("processor", () => deaths++);
    await kill(kernel, 1);
    await until(() => deaths === 1);
    await kernel.run({ cycles: 5000 });
    expect(domain.consumed).toBe(10_000n);
  });

  test("is found by steps, which give the event loop no turn", () => {
    const kernel = team();
    const domains = [start(kernel, kernel.primeMeter), start(kernel, kernel.primeMeter)];
    while (kernel.time < 10_000n) kernel.step({ cycles: 10_000n });
    const { threads } = workersOf(kernel);
    for (const thread of threads.values()) void workerOf(thread).terminate();
    const before = domains.map(({ consumed }) => consumed);
    while (domains.some(({ consumed }, i) => consumed === before[i])) {
      kernel.step({ cycles: 10_000n });
    }
    expect(findings(kernel)).toEqual([]);
  });
});

describe("dispose", () => {
  test("in the midst of a run ends it, and every worker", async () => {
    const kernel = team();
    const domain = start(kernel, kernel.primeMeter);
    start(kernel, kernel.primeMeter);
    const run = kernel.run();
    run.catch(() => {});
    await until(() => domain.consumed > 10_000n);
    const { threads } = workersOf(kernel);
    const workers = [...threads.values()].map(workerOf);
    expect(workers.length).toBe(2);
    kernel.dispose();
    // Node says so of a thread that is no more.
    await until(() => workers.every(({ threadId }) => threadId === -1));
    await expect(run).rejects.toMatchObject({ code: "WRONG_STATE" });
    expect(threads.size).toBe(0);
    expect(() => kernel.time).toThrow("disposed");
    expect(() => kernel.check()).toThrow("disposed");
    expect(() => kernel.step()).toThrow("disposed");
    await expect(kernel.run()).rejects.toThrow("disposed");
    kernel.dispose();
  });
});

describe("a process", () => {
  const run = (body: string) => {
    const folder = mkdtempSync(join(tmpdir(), "primemeter-processors-"));
    const index = pathToFileURL("dist/src/index.js").href;
    const file = join(folder, "main.mjs");
    writeFileSync(
      file,
      `import { bursts, createKernel } from ${JSON.stringify(index)};
      const kernel = createKernel({ nodes: 64, frames: 16, processors: 2, quantum: 1000 });
      const start = (run, times) => {
        const program = bursts(times ? { run, times } : { run });
        const domain = kernel.createDomain({ meter: kernel.primeMeter, program });
        domain.start();
        return domain;
      };
      process.on("exit", () => console.log("left", process.getActiveResourcesInfo().length));
      ${body}`,
    );
    const { status, stdout, stderr, signal } = spawnSync(process.execPath, [file], {
      encoding: "utf8",
      timeout: 50_000,
    });
    rmSync(folder, { recursive: true });
    return { status, stdout, stderr, signal };
  };
  const fine = { status: 0, stderr: "", signal: null };

  test("ends by itself after a run, disposed of or not", () => {
    const body = `const domain = start(5000, 3); console.log((await kernel.run()).reason, domain.state);`;
    expect(run(body)).toMatchObject({ ...fine, stdout: expect.stringMatching(/^idle ended\n/) });
    expect(run(`${body} kernel.dispose();`)).toMatchObject({
      ...fine,
      stdout: expect.stringMatching(/^idle ended\n/),
    });
  });

  test("does not end while it runs, though nothing else keeps it", () => {
    expect(
      run(
        `start(1000, 200_000); start(1000, 200_000); kernel.run().then(() => console.log("done"));`,
      ),
    ).toMatchObject({
      ...fine,
      stdout: expect.stringMatching(/^done\n/),
    });
  });

  test("ends when the kernel is disposed of in the midst of a run", () => {
    expect(
      run(`start(1e9); start(1e9); const run = kernel.run(); run.catch((error) => console.log(error.code));
      setTimeout(() => kernel.dispose(), 100);`),
    ).toMatchObject({ ...fine, stdout: expect.stringMatching(/^WRONG_STATE\n/) });
  });

  test("ends after steps, which come first of all", () => {
    expect(
      run(`const domain = start(5000, 3); let reason = "ran";
      while (reason === "ran") ({ reason } = kernel.step()); console.log(reason, domain.state);`),
    ).toMatchObject({ ...fine, stdout: expect.stringMatching(/^idle ended\n/) });
  });
});
