// Several guests in workers, one in the host's thread and a synthetic one, under meters that are changed at random while
// they run: after each act everything is paid, to the cycle, and in the end each has run what its calls cost.

import { describe, expect, test } from "vitest";
import { bursts, type Domain, type Meter, type WorkerGuest } from "../src/index.js";
import { Random } from "../src/sim/random.js";
import { AROUND, balanced, load, type Tree, TURN } from "./wasm/plugin.js";
import { ranBy, remote, world } from "./wasm/remote.js";

/** Turns that a call makes: from a glance to some milliseconds. */
const TURNS = [1, 300, 20_000, 1_000_000];
const PLENTY = 2n ** 60n;

interface Caller {
  readonly guest: WorkerGuest;
  /** What its calls cost that were made. */
  expected: bigint;
  readonly calls: Promise<unknown>[];
}

class Storm {
  readonly #tree: Tree;
  readonly #random: Random;
  readonly #meters: Meter[];
  readonly #callers: Caller[] = [];
  readonly #domains: Domain[] = [];

  constructor(tree: Tree, seed: number) {
    this.#tree = tree;
    this.#random = new Random(seed);
    this.#meters = [tree.tenant, tree.plugin];
  }

  async begin(workers: number): Promise<void> {
    const { kernel, plugin, tenant } = this.#tree;
    for (let i = 0; i < workers; i++) {
      const meter = i % 2 ? kernel.createMeter({ name: `meter ${i}`, superior: plugin }) : plugin;
      if (meter !== plugin) this.#meters.push(meter);
      const guest = await remote(this.#tree, { meter, act: () => this.#hostAct() });
      this.#callers.push({ guest, expected: 0n, calls: [] });
      this.#domains.push(guest.domain);
    }
    const program = bursts({ run: 50_000, wait: 10_000 });
    const domain = kernel.createDomain({ meter: tenant, program });
    domain.start();
    this.#domains.push(domain);
  }

  /** Does something, looks whether all is paid, and lets the others go on. */
  async act(): Promise<void> {
    this.#something();
    this.check();
    const wait = this.#random.below(4);
    if (wait === 0) await new Promise((resolve) => setTimeout(resolve, this.#random.below(3)));
    else if (wait < 3) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Everybody may run to the end of his calls, which have cost what they cost. */
  async end(): Promise<void> {
    for (const meter of this.#meters) meter.on(PLENTY);
    for (const { guest } of this.#callers)
      if (guest.domain.state === "stopped") guest.domain.start();
    await Promise.all(this.#callers.flatMap(({ calls }) => calls));
    this.check();
    for (const { guest, expected } of this.#callers) expect(ranBy(guest)).toBe(expected);
  }

  check(): void {
    const { kernel, tenant } = this.#tree;
    expect(kernel.check().findings).toEqual([]);
    let consumed = 0n;
    for (const domain of kernel.domains()) consumed += domain.consumed;
    for (const meter of [tenant, kernel.primeMeter]) {
      const { granted, consumed: paid } = meter.statistics();
      expect(paid, meter.name).toBe(consumed);
      expect(BigInt.asUintN(64, granted - meter.peek()), meter.name).toBe(consumed);
    }
  }

  /** Within a call of a guest's, which waits for it. */
  #hostAct(): Promise<void> | undefined {
    this.check();
    if (this.#random.below(2) === 0) return undefined;
    this.#give(this.#pick(this.#meters), 1000);
    return new Promise((resolve) => setTimeout(resolve, this.#random.below(2)));
  }

  #something(): void {
    const { kernel } = this.#tree;
    const meter = this.#pick(this.#meters);
    const { guest } = this.#pick(this.#callers);
    const acts = [
      () => this.#call(),
      () => this.#call(),
      () => this.#call(),
      () => meter.off(),
      () => meter.on(BigInt(1 + this.#random.below(3_000_000))),
      () => meter.on(PLENTY),
      () => this.#give(meter, 1 + this.#random.below(500_000)),
      () => meter.counter(),
      () => meter.recall(),
      () => guest.domain.stop(),
      () => guest.domain.start(),
      () => guest.domain.unprepare(),
      () => guest.domain.setMeter(meter),
      () => kernel.step(),
      () => kernel.step({ cycles: 10_000n }),
    ];
    this.#pick(acts)();
  }

  #give(meter: Meter, cycles: number): void {
    if (meter.isOff) meter.on(BigInt(cycles));
    else if (meter.peek() < PLENTY) meter.add(BigInt(cycles));
  }

  #call(): void {
    const caller = this.#pick(this.#callers);
    const turns = this.#pick(TURNS);
    const isAround = this.#random.below(3) === 0;
    caller.expected += BigInt(turns) * TURN * (isAround ? 2n : 1n) + (isAround ? AROUND : 0n);
    caller.calls.push(caller.guest.call(isAround ? "around" : "spin", turns));
  }

  #pick<Thing>(things: readonly Thing[]): Thing {
    return things[this.#random.below(things.length)]!;
  }
}

describe("a storm of acts on guests in workers", () => {
  const seeds = [1, 2, 3, 4, 5, 6];
  const advances = [1000n, 100_000n, 80_000_000n];

  test.each(seeds)("seed %d", async (seed) => {
    const advance = advances[seed % advances.length]!;
    const tree = world({ cycles: 10_000_000n, kernel: { advance } });
    const storm = new Storm(tree, seed);
    await storm.begin(2 + (seed % 2));
    for (let i = 0; i < 150; i++) await storm.act();
    await storm.end();
  });

  test("beside guests in the host's thread, which need what was lent", async () => {
    const here = world({ cycles: 50_000n, kernel: { advance: 20_000n } });
    const there = await remote(here);
    void there.call("forever").catch(() => {});
    const guests = [await load(here), await load(here)];
    let calls = 0;
    while (here.tenant.peek() > 0n || guests[0]!.domain.state !== "parked") {
      const guest = guests[calls++ % 2]!;
      await Promise.race([
        guest.call("spin", 100).catch(() => {}),
        new Promise((resolve) => setImmediate(resolve)),
      ]);
      balanced(here);
    }
    const ran = [there, ...guests].map(ranBy);
    const owed = [there, ...guests].reduce((sum, { domain }) => sum + domain.owed, 0n);
    expect(ran.reduce((sum, cycles) => sum + cycles) - owed).toBe(50_000n);
    balanced(here);
  });
});
