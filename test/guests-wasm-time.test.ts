// Guests where domains are billed by clocks and are in partitions.

import { describe, expect, test } from "vitest";
import { bursts, clocks, ExhaustedError, type Guest, type KernelOptions } from "../src/index.js";
import { AROUND, load, type Tree, TURN, tree } from "./wasm/plugin.js";

const kinds: Record<string, KernelOptions> = {
  "an exact clock": { billing: { by: "microbill", clock: clocks.exact } },
  "a coarse clock": { billing: { by: "microbill", clock: { kind: "counter", hz: 1e5 } } },
  "a countdown": { billing: { by: "microbill", clock: clocks.arm } },
  ticks: { billing: { by: "tick" } },
  partitions: { partitions: {} },
  "partitions by a clock": { billing: { by: "microbill", clock: clocks.x86 }, partitions: {} },
};

/** Whatever the clock says: what ran is the processor's time, and what was billed is the clock's. */
function told({ kernel }: Tree): void {
  expect(kernel.check().findings).toEqual([]);
  const { elapsed, charged, billed, idle, unbilled } = kernel.timing();
  let [owed, consumed] = [0n, 0n];
  for (const domain of kernel.domains()) {
    owed += domain.owed;
    consumed += domain.consumed;
  }
  expect(consumed + owed).toBe(billed);
  // What the clock counts is what passed, but for what it can't tell yet.
  const off = elapsed + charged - billed - idle - unbilled;
  expect(off < 0n ? -off : off).toBeLessThan(20_000n);
}

describe.each(Object.entries(kinds))("with %s", (_, kernel) => {
  test("what a guest ran is exact", async () => {
    const world = tree({ cycles: 10_000_000n, kernel });
    const seen: bigint[] = [];
    const guest: Guest = await load(world, { act: () => seen.push(guest.domain.ran) });
    await guest.call("around", 10_000);
    expect(seen).toEqual([10_000n * TURN + 3n]);
    expect(guest.domain.ran).toBe(20_000n * TURN + AROUND);
    told(world);
  });

  test("so it is beside a domain of the kernel's, and what each ran is all that passed", async () => {
    const world = tree({ cycles: 100_000_000n, kernel });
    const domain = world.kernel.createDomain({
      meter: world.plugin,
      program: bursts({ run: 70_000, wait: 3000, times: 10 }),
    });
    domain.start();
    const guest = await load(world, { act: () => void world.kernel.step({ cycles: 50_000n }) });
    for (let i = 0; i < 5; i++) {
      world.kernel.step({ cycles: 33_333n });
      await guest.call("around", 5000);
      told(world);
    }
    await world.kernel.run();
    expect(guest.domain.ran).toBe(5n * (10_000n * TURN + AROUND));
    expect(domain.ran).toBe(700_000n);
    told(world);
  });

  test("it runs dry, and goes on when its meter is raised", async () => {
    const world = tree({ cycles: 100_000n, kernel });
    const guest = await load(world);
    const endless = guest.call("forever");
    await expect(endless).rejects.toThrow(ExhaustedError);
    told(world);
    const call = guest.call("spin", 10_000);
    world.tenant.add(10_000_000n);
    await call;
    told(world);
  });
});

describe("partitions", () => {
  test("a guest's cycles count for its domain's partition", async () => {
    const world = tree({ cycles: 10_000_000n, kernel: { partitions: {} } });
    const { kernel } = world;
    const part = kernel.createPartition({ name: "plugins", budget: 30 });
    const guest = await load(world);
    guest.domain.schedule({ partition: part });
    await guest.call("spin", 20_000);
    expect(part.usage().total).toBe(20_000n * TURN);
    expect(kernel.systemPartition.usage().total).toBe(0n);
    told(world);
  });
});
