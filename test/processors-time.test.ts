// Time on several processors: it passes for those who run, and where nobody can; never while the host has
// still to do what it was asked for, which takes none.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { bursts, createKernel, type Keeper, type Kernel, loadElf } from "../src/index.js";
import { guestFile } from "./guests.js";
import { findings } from "./lab.js";
import { dismiss, team } from "./team.js";

afterEach(dismiss);

/** Long after everybody else is done. */
const LATER = 1_000_000_000;

const kernels: [string, () => Kernel][] = [
  ["one processor", () => createKernel({ nodes: 16, frames: 1024, quantum: 1000 })],
  ["workers", () => team({ frames: 1024 })],
  ["simulated", () => team({ frames: 1024, seed: 3 })],
];

describe.each(kernels)("%s", (_, make) => {
  /** A domain that sleeps until much later: time may pass to then, if nobody else has anything to do. */
  function withSleeper(): Kernel {
    const kernel = make();
    const program = bursts({ run: 1, wait: LATER });
    kernel.createDomain({ meter: kernel.primeMeter, program }).start();
    return kernel;
  }

  const keepers: [string, Keeper][] = [
    ["at once", ({ meter }) => meter.add(1000n)],
    [
      "when others have had a turn",
      async ({ meter }) => {
        await undefined;
        meter.add(1000n);
      },
    ],
  ];

  test.each(keepers)("a keeper that answers %s takes no time", async (_, keeper) => {
    const kernel = withSleeper();
    const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 0n, keeper });
    const program = bursts({ run: 1000, times: 50 });
    kernel.createDomain({ meter, program }).start();
    const ends: bigint[] = [];
    kernel.on("end", ({ time }) => ends.push(time));
    await kernel.run({ cycles: LATER / 2 });
    expect(meter.statistics().keeperCalls).toBe(50);
    // The sleeper has run its cycle before, or beside it.
    expect([50_000n, 50_001n]).toContain(ends[0]);
    expect(findings(kernel)).toEqual([]);
  });

  test("a system call takes no time", async () => {
    const kernel = withSleeper();
    const program = loadElf(readFileSync(guestFile("hello")));
    const domain = kernel.createDomain({ meter: kernel.primeMeter, program });
    domain.start();
    const ends: bigint[] = [];
    kernel.on("end", ({ time }) => ends.push(time));
    await kernel.run({ cycles: LATER / 2 });
    expect(domain.exitCode).toBe(0);
    expect([domain.consumed, domain.consumed + 1n]).toContain(ends[0]);
    expect(findings(kernel)).toEqual([]);
  });
});
