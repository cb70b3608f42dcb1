// Processors that take turns in the host's own thread: what happens when is what the seed says, here as
// everywhere.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bursts, createKernel, type Kernel, type KernelOptions } from "../src/index.js";
import { findings } from "./lab.js";
import { SHARED_DEBUG } from "./team.js";

const SMALL = { nodes: 64, frames: 16, quantum: 100, advance: 700n, trace: true };

function make(options: KernelOptions): Kernel {
  return createKernel({ ...SMALL, ...options });
}

/** All that can be told of a run of eight domains under meters that run dry, driven as `drive` does. */
function trace(options: KernelOptions, drive: (kernel: Kernel) => void): string[] {
  const kernel = make(options);
  const lines: string[] = [];
  for (const name of ["slice", "refill", "wait", "end", "park"] as const) {
    kernel.on(name, (event) => {
      const cycles = "cycles" in event ? event.cycles : "";
      lines.push(`${event.time} ${name} ${event.domain.name} ${cycles}`);
    });
  }
  const above = kernel.createMeter({ superior: kernel.primeMeter, cycles: 40_000n });
  const meters = [0, 1, 2].map(() =>
    kernel.createMeter({ superior: above, cycles: 500n, keeper: ({ meter }) => meter.add(900n) }),
  );
  for (let i = 0; i < 8; i++) {
    const program = bursts({ run: [50, 900], wait: [0, 60 * i], times: 12, seed: i });
    kernel.createDomain({ meter: meters[i % 3]!, program }).start();
  }
  kernel.at(2000n, () => lines.push(`off ${meters[0]!.off()}`));
  kernel.at(5000n, () => meters[0]!.on(3000n));
  drive(kernel);
  expect(findings(kernel)).toEqual([]);
  kernel.dispose();
  return lines;
}

function steps(kernel: Kernel): void {
  while (kernel.step().reason !== "idle");
}

describe("a trace", () => {
  const four = { processors: 4, seed: 7 };

  test("is the same on every machine, and of every build", () => {
    const lines = trace(four, steps);
    expect(lines.length).toBeGreaterThan(500);
    expect(trace({ ...four, build: SHARED_DEBUG }, steps)).toEqual(lines);
    const hash = createHash("sha256").update(lines.join("\n")).digest("hex");
    // A change of the main path may change it; a machine must not.
    expect(hash.slice(0, 16)).toBe("c8ddc697647be3ba");
  });

  test("is another with another seed, or other processors", () => {
    const lines = trace(four, steps);
    expect(trace({ ...four, seed: 8 }, steps)).not.toEqual(lines);
    expect(trace({ ...four, processors: 3 }, steps)).not.toEqual(lines);
  });

  test("of one processor is that of a kernel without any others", () => {
    expect(trace({ processors: 1, seed: 7 }, steps)).toEqual(trace({}, steps));
  });
});

describe("the host", () => {
  test("is waited for by nobody, and has its way at once", async () => {
    const kernel = make({ processors: 4, seed: 7 });
    const spin = bursts({ run: 1_000_000_000 });
    const meter = kernel.createMeter({ superior: kernel.primeMeter });
    const others = [1, 2, 3].map(() => kernel.createDomain({ meter, program: spin }));
    for (const domain of others) domain.start();
    const consumed = () => others.map((domain) => domain.consumed);
    const stopped: bigint[][] = [];
    let tries = 0;
    // While it is called, the three others are in the midst of their slices.
    const keeper = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: ({ meter: own }) => {
        // The lock is kept until all have come inside: nothing is begun anew.
        kernel.core.alone(() => {
          tries++;
          meter.off();
        });
        stopped.push(consumed());
        own.add(1000n);
        if (stopped.length < 5) kernel.at(kernel.time + 300n, () => meter.on(1_000_000n));
      },
    });
    const program = bursts({ run: 1000, times: 5 });
    kernel.createDomain({ meter: keeper, program }).start();
    await kernel.run({ cycles: 20_000 });
    expect([stopped.length, tries]).toEqual([5, 5]);
    expect(new Set(stopped.map(String)).size).toBe(5);
    expect(others.map(({ state }) => state)).toEqual(["parked", "parked", "parked"]);
    expect(consumed()).toEqual(stopped.at(-1));
    expect(findings(kernel)).toEqual([]);
  });

  test("runs it on and on, goes round its event loop, and can abort", async () => {
    const kernel = make({ processors: 2, seed: 0 });
    const program = bursts({ run: 1_000_000_000 });
    for (let i = 0; i < 3; i++) kernel.createDomain({ meter: kernel.primeMeter, program }).start();
    const aborter = new AbortController();
    const run = kernel.run({ signal: aborter.signal });
    setTimeout(() => aborter.abort(), 1);
    expect((await run).reason).toBe("aborted");
    expect(kernel.time).toBeGreaterThan(0n);
    expect(findings(kernel)).toEqual([]);
  });

  test("is not told that all is done while a keeper is still to answer", async () => {
    const kernel = make({ processors: 2, seed: 0 });
    let answer = () => {};
    const keeper = () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      });
    const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 0n, keeper });
    const program = bursts({ run: 10, times: 1 });
    const domain = kernel.createDomain({ meter, program });
    domain.start();
    const run = kernel.run();
    await new Promise((resolve) => setImmediate(resolve));
    meter.add(10n);
    answer();
    expect((await run).reason).toBe("idle");
    expect(domain.state).toBe("ended");
  });
});

describe("the option", () => {
  test.each([-1, 2 ** 32, 1.5, "7"])("refuses a seed of %s", (seed) => {
    expect(() => make({ processors: 2, seed: seed as number })).toThrow(
      /seed: found .*, expected a whole number from 0 to 4294967295/,
    );
  });

  test("refuses a seed without processors", () => {
    expect(() => make({ seed: 7 })).toThrow(
      expect.objectContaining({ code: "BAD_OPTION", message: expect.stringContaining("seed: ") }),
    );
  });

  test("refuses a build for one", () => {
    const build = readFileSync("build/kernel.wasm");
    expect(() => make({ processors: 1, seed: 7, build })).toThrow(
      /found one for a single processor/,
    );
  });

  test("takes the largest seed, and one processor", () => {
    const kernel = make({ processors: 1, seed: 2 ** 32 - 1 });
    expect(kernel.core.shared).toBeDefined();
    expect(kernel.step({ cycles: 5 })).toEqual({ reason: "idle", cycles: 0n });
  });
});
