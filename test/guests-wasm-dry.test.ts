// Guests whose meters are dry, or switched off, while they run and before; and calls one within the other.

import { describe, expect, test } from "vitest";
import { ExhaustedError, type Guest, type Keeper, refill } from "../src/index.js";
import { AROUND, balanced, isSettled, load, ran, TURN, tree } from "./wasm/plugin.js";

describe("a dry meter", () => {
  test("is refilled by a keeper within the call", async () => {
    const keeper = refill({ amount: 1000n });
    const world = tree({ cycles: 10n, keeper });
    const guest = await load(world);
    await guest.call("spin", 10_000);
    expect(ran(guest)).toBe(10_000n * TURN);
    expect(world.tenant.statistics().keeperCalls).toBe(50);
    balanced(world);
  });

  test("whose keeper declines ends the call, and later ones wait until it is raised", async () => {
    const world = tree({ cycles: 1000n });
    const guest = await load(world);
    const parks: string[] = [];
    world.kernel.on("park", ({ domain, meter }) => parks.push(`${domain.name} ${meter.name}`));
    await expect(guest.call("forever")).rejects.toThrow(
      "guest domain-1 ran out of cycles in the middle of a call: meter tenant is dry",
    );
    expect(guest.domain.state).toBe("parked");
    expect(parks).toEqual(["domain-1 tenant"]);
    expect(guest.domain.consumed).toBe(1000n);
    expect(guest.domain.owed).toBeLessThan(2n);
    balanced(world);
    const owed = guest.domain.owed;
    const call = guest.call("spin", 10);
    expect(await isSettled(call)).toBe(false);
    world.tenant.add(500n);
    await call;
    expect(ran(guest)).toBe(1000n + owed + 10n * TURN);
    expect(guest.domain.owed).toBe(0n);
    balanced(world);
  });

  test("is not waited for where onDecline is trap: who asks is told which meter it is", async () => {
    const world = tree({ cycles: 1000n });
    const guest = await load(world, { onDecline: "trap" });
    await expect(guest.call("forever")).rejects.toThrow(ExhaustedError);
    const errors = [
      await guest.call("spin", 1).catch((error) => error),
      await guest.untilMayRun().catch((error) => error),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(ExhaustedError);
      expect(error.message).toBe("guest domain-1 can't be called: meter tenant is dry");
      expect(error.meter).toBe(world.tenant);
      expect(error.domain).toBe(guest.domain);
    }
    world.tenant.off();
    const call = guest.call("spin", 1);
    expect(await isSettled(call)).toBe(false);
    world.tenant.on(1000n);
    await call;
    guest.domain.stop();
    expect(guest.mayRun()).toBe(false);
    const stopped = guest.call("spin", 1);
    expect(() => guest.callNow("spin", 1)).toThrow("guest domain-1 can't be called: it is stopped");
    expect(await isSettled(stopped)).toBe(false);
    guest.domain.start();
    await stopped;
    balanced(world);
  });

  test("whose keeper answers later is waited for where onDecline is trap, before a call begins", async () => {
    let answer: "decline" | undefined;
    const keeper: Keeper = async ({ meter }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (!answer) meter.add(1000n);
      return answer;
    };
    const world = tree({ cycles: 0n, keeper });
    const guest = await load(world, { onDecline: "trap" });
    await guest.call("spin", 10);
    answer = "decline";
    world.tenant.set(0n);
    await expect(guest.call("spin", 10)).rejects.toThrow("can't be called: meter tenant is dry");
    balanced(world);
  });

  test("does not wait for what nobody runs: caches are lent only while their guest runs", async () => {
    const world = tree({ cycles: 1000n });
    const text = `(module (table (export "t") 1 funcref) (elem (i32.const 0) $f)
      (func $f (loop $more (br_if $more (i32.const 0)))))`;
    const [first, second] = [await load(world, { text }), await load(world)];
    expect(first.mayRun()).toBe(true);
    await second.call("spin", 100);
    (first.exports.t as WebAssembly.Table).get(0)();
    await second.call("spin", 90);
    await Promise.resolve();
    expect(ran(first)).toBe(2n);
    balanced(world);
  });

  test("is the end also for what callNow asks", async () => {
    const world = tree({ cycles: 0n });
    const guest = await load(world);
    expect(() => guest.callNow("spin", 1)).toThrow(ExhaustedError);
    world.tenant.add(100n);
    guest.callNow("spin", 1);
    expect(ran(guest)).toBe(TURN);
    balanced(world);
  });

  test("whose keeper answers later: calls not begun wait for it, those under way end", async () => {
    const keeper: Keeper = async ({ meter }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      meter.add(1000n);
    };
    const world = tree({ cycles: 0n, keeper });
    const guest = await load(world);
    await guest.call("spin", 10);
    expect(ran(guest)).toBe(10n * TURN);
    const failed = guest.call("spin", 1000);
    await expect(failed).rejects.toThrow("it is waiting");
    await guest.call("spin", 10);
    expect(ran(guest)).toBeGreaterThan(1000n + 10n * TURN);
    balanced(world);
  });

  test("whose keeper throws: the domain is parked, the error told, the guest does not see it", async () => {
    const world = tree({
      cycles: 100n,
      keeper: () => {
        throw new RangeError("no");
      },
    });
    const guest = await load(world);
    const errors: unknown[] = [];
    world.kernel.on("keeperError", ({ error }) => errors.push(error));
    await expect(guest.call("forever")).rejects.toThrow(ExhaustedError);
    expect(errors).toEqual([new RangeError("no")]);
    expect(guest.domain.state).toBe("parked");
    balanced(world);
  });

  test("that brings back what others hold first: no cycle runs twice", async () => {
    // The cache of one that is in the midst of a call is what the other borrows from.
    const world = tree({ cycles: 1000n });
    const inner = await load(world);
    const outer = await load(world, { act: () => inner.callNow("spin", 150) });
    await expect(outer.call("around", 100)).rejects.toThrow(ExhaustedError);
    expect(inner.domain.consumed + outer.domain.consumed).toBe(1000n);
    expect(inner.domain.owed + outer.domain.owed).toBeLessThan(10n);
    balanced(world);
  });
});

describe("the switch", () => {
  test("off from an import: the guest stops at its next look; later calls wait; on: they go on", async () => {
    const world = tree({ cycles: 1_000_000n });
    let act = () => {
      world.tenant.off();
    };
    const guest = await load(world, { act: () => act() });
    await expect(guest.call("around", 1000)).rejects.toThrow(ExhaustedError);
    expect(ran(guest) - (1000n * TURN + 3n)).toBeLessThanOrEqual(TURN + 2n);
    balanced(world);
    act = () => {};
    const calls = [guest.call("around", 10), guest.call("spin", 10)];
    expect(await isSettled(Promise.race(calls))).toBe(false);
    const before = ran(guest);
    world.tenant.on(1_000_000n);
    await Promise.all(calls);
    expect(ran(guest) - before).toBe(30n * TURN + AROUND);
    balanced(world);
  });

  test("domain.stop from an import ends the call; start lets those that wait go on", async () => {
    const world = tree();
    const guest: Guest = await load(world, { act: () => guest.domain.stop() });
    await expect(guest.call("around", 1000)).rejects.toThrow("it is stopped");
    expect(ran(guest) - (1000n * TURN + 3n)).toBeLessThanOrEqual(TURN + 2n);
    const call = guest.call("spin", 10);
    expect(await isSettled(call)).toBe(false);
    expect(guest.domain.state).toBe("stopped");
    guest.domain.start();
    await call;
    balanced(world);
  });

  test("stop and start from the same import: it goes on", async () => {
    const world = tree();
    const guest: Guest = await load(world, {
      act() {
        guest.domain.stop();
        balanced(world);
        guest.domain.start();
      },
    });
    await guest.call("around", 1000);
    expect(ran(guest)).toBe(2000n * TURN + AROUND);
    balanced(world);
  });

  test("one guest is switched off, the other runs on", async () => {
    const world = tree();
    const { kernel, plugin } = world;
    const other = kernel.createMeter({ name: "other", superior: world.tenant.key });
    const [stays, goes] = [await load(world), await load(world, { meter: other })];
    other.off();
    const call = goes.call("spin", 10);
    await stays.call("spin", 10);
    expect(await isSettled(call)).toBe(false);
    expect(ran(stays)).toBe(10n * TURN);
    expect(plugin.statistics().consumed).toBe(10n * TURN);
    other.on(1000n);
    await call;
    expect(kernel.check().findings).toEqual([]);
  });
});

describe("calls one within the other", () => {
  test("a guest that its import calls again pays for both", async () => {
    const world = tree({ kernel: { advance: 100n } });
    let depth = 0;
    const guest: Guest = await load(world, {
      act() {
        if (++depth < 20) guest.callNow("around", 10);
        balanced(world);
      },
    });
    await guest.call("around", 10);
    expect(ran(guest)).toBe(20n * (20n * TURN + AROUND));
    balanced(world);
  });

  test("two guests that call each other pay for what is their own", async () => {
    const world = tree({ kernel: { advance: 100n } });
    let left = 20;
    const turn = (other: () => Guest, turns: number) => () => {
      if (left-- > 0) other().callNow("around", turns);
      balanced(world);
    };
    const first: Guest = await load(world, { act: turn(() => second, 100) });
    const second: Guest = await load(world, { act: turn(() => first, 1) });
    await first.call("around", 1);
    expect(ran(first)).toBe(11n * (2n * TURN + AROUND));
    expect(ran(second)).toBe(10n * (200n * TURN + AROUND));
    balanced(world);
  });

  test("what ends the inner one ends the outer, though the host caught it; then it is forgotten", async () => {
    const world = tree({ cycles: 10_000n });
    const caught: unknown[] = [];
    const guest: Guest = await load(world, {
      act() {
        try {
          guest.callNow("forever");
        } catch (error) {
          caught.push(error);
          // Too late: its memory is as the trap has left it.
          world.tenant.add(10_000n);
        }
      },
    });
    await expect(guest.call("around", 100)).rejects.toThrow(ExhaustedError);
    expect(caught).toEqual([expect.any(ExhaustedError)]);
    await guest.call("spin", 1);
    balanced(world);
  });

  test("an outer one that ends without a look gives its result; the next call is as any other", async () => {
    const world = tree({ cycles: 1000n });
    const text = `(module (import "host" "act" (func $act))
      (func (export "forever") (loop $more (br $more)))
      (func (export "once") (result i32) (call $act) (i32.const 7))
      (func (export "twice") (loop) (loop)))`;
    const guest: Guest = await load(world, {
      text,
      act: () => expect(() => guest.callNow("forever")).toThrow(ExhaustedError),
    });
    expect(await guest.call("once")).toBe(7);
    world.tenant.add(1000n);
    await guest.call("twice");
    balanced(world);
  });

  test("the kernel runs others in the midst of a call", async () => {
    const world = tree();
    const { kernel } = world;
    const { bursts } = await import("../src/index.js");
    const domain = kernel.createDomain({ meter: world.plugin, program: bursts({ run: 777 }) });
    const guest = await load(world, { act: () => void kernel.step({ cycles: 100_000n }) });
    domain.start();
    await guest.call("around", 10);
    expect(domain.consumed).toBeGreaterThanOrEqual(777n);
    expect(ran(guest)).toBe(20n * TURN + AROUND);
    balanced(world);
  });
});
