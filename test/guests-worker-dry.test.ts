// Guests in workers whose meters are dry, or switched off, and who are stopped: they wait in the midst of a call.

import { describe, expect, test } from "vitest";
import { ExhaustedError, type Keeper, RescindedError, refill } from "../src/index.js";
import { balanced, load, TURN } from "./wasm/plugin.js";
import { ranBy, remote, until, world } from "./wasm/remote.js";

/** Nobody is told anything for so long that whoever could go on would have. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 20));

/** What a promise came to by now. */
function watch(promise: Promise<unknown>): { is: string } {
  const seen = { is: "waits" };
  promise.then(
    () => {
      seen.is = "done";
    },
    (error) => {
      seen.is = error.code ?? error.message;
    },
  );
  return seen;
}

describe("a dry meter", () => {
  test("is refilled by a keeper, as often as in the host's thread", async () => {
    const keeper = refill({ amount: 1000n });
    const there = world({ cycles: 10n, keeper });
    const here = world({ cycles: 10n, keeper });
    await (await load(there)).call("spin", 10_000);
    const guest = await remote(here);
    await guest.call("spin", 10_000);
    expect(ranBy(guest)).toBe(10_000n * TURN);
    expect(here.tenant.statistics().keeperCalls).toBe(there.tenant.statistics().keeperCalls);
    balanced(here);
  });

  test("that a keeper fills later: the call goes on from where it stood", async () => {
    const keeper: Keeper = async ({ meter }) => {
      await aWhile();
      meter.add(3000n);
    };
    const here = world({ cycles: 0n, keeper });
    const guest = await remote(here);
    const calls = [guest.call("spin", 1000), guest.call("spin", 1000)];
    await until(() => guest.domain.state === "waiting");
    balanced(here);
    await Promise.all(calls);
    expect(ranBy(guest)).toBe(2000n * TURN);
    expect(here.tenant.statistics().keeperCalls).toBe(4);
    balanced(here);
  });

  test.each(["none", "decline"])(
    "whose keeper is %s: parked until it is raised",
    async (keeper) => {
      const here = world({
        cycles: 1000n,
        keeper: keeper === "none" ? undefined : () => "decline",
      });
      const guest = await remote(here);
      const parks: string[] = [];
      here.kernel.on("park", ({ domain, meter }) => parks.push(`${domain.name} ${meter.name}`));
      const call = guest.call("spin", 1000);
      const seen = watch(call);
      await until(() => guest.domain.state === "parked");
      await aWhile();
      expect(seen.is).toBe("waits");
      expect(guest.domain.consumed).toBe(1000n);
      expect(guest.domain.owed).toBeLessThanOrEqual(TURN);
      expect(parks).toEqual(["domain-1 tenant"]);
      balanced(here);
      for (const part of [1n, 999n, 2000n]) here.tenant.add(part);
      await until(() => guest.domain.state === "parked");
      expect(seen.is).toBe("waits");
      balanced(here);
      here.tenant.add(1000n);
      await call;
      expect(ranBy(guest)).toBe(1000n * TURN);
      balanced(here);
    },
  );

  test("is the end of the call where that is asked for, and of those that have not begun", async () => {
    const here = world({ cycles: 1000n });
    const guest = await remote(here, { onDecline: "trap" });
    const calls = [guest.call("forever"), guest.call("spin", 10)];
    await expect(calls[0]).rejects.toThrow(
      "guest domain-1 ran out of cycles in the middle of a call: meter tenant is dry",
    );
    await expect(calls[1]).rejects.toThrow("guest domain-1 can't be called: meter tenant is dry");
    expect(guest.domain.consumed).toBe(1000n);
    balanced(here);
    here.tenant.add(1000n);
    await guest.call("spin", 10);
    balanced(here);
  });

  test("a keeper that answers later is waited for also then, and so is the switch", async () => {
    let isGenerous = true;
    const keeper: Keeper = async ({ meter }) => {
      await aWhile();
      if (!isGenerous) return "decline";
      meter.add(1000n);
      return;
    };
    const here = world({ cycles: 1000n, keeper });
    const guest = await remote(here, { onDecline: "trap" });
    await guest.call("spin", 300);
    const call = guest.call("forever");
    const seen = watch(call);
    await until(() => guest.domain.state === "waiting");
    here.tenant.off();
    await aWhile();
    expect(seen.is).toBe("waits");
    here.tenant.on(1000n);
    await aWhile();
    expect(seen.is).toBe("waits");
    isGenerous = false;
    await expect(call).rejects.toThrow(ExhaustedError);
    balanced(here);
  });

  test("whose keeper throws: parked, and the error told", async () => {
    const here = world({
      cycles: 100n,
      keeper: () => {
        throw new RangeError("no");
      },
    });
    const guest = await remote(here);
    const errors: unknown[] = [];
    here.kernel.on("keeperError", ({ error }) => errors.push(error));
    const call = guest.call("spin", 100);
    await until(() => guest.domain.state === "parked");
    expect(errors).toEqual([new RangeError("no")]);
    here.tenant.add(1000n);
    await call;
    balanced(here);
  });

  test("two guests share what there is, to the last cycle", async () => {
    const here = world({ cycles: 100_000n });
    const guests = [await remote(here), await remote(here)];
    for (const guest of guests) guest.call("forever").catch(() => {});
    await until(() => guests.every(({ domain }) => domain.state === "parked"));
    expect(here.tenant.peek()).toBe(0n);
    expect(guests[0]!.domain.consumed + guests[1]!.domain.consumed).toBe(100_000n);
    balanced(here);
  });
});

describe("the switch", () => {
  test("off: it stands at once, exact; on: it goes on from where it stood", async () => {
    const here = world({ cycles: 2n ** 60n });
    const guest = await remote(here);
    const call = guest.call("forever");
    await until(() => guest.domain.consumed > 0n);
    for (let i = 0; i < 10; i++) {
      const left = here.tenant.off();
      const before = ranBy(guest);
      expect(left).toBe(2n ** 60n - before);
      balanced(here);
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(ranBy(guest)).toBe(before);
      await until(() => guest.domain.state === "parked");
      here.tenant.on(left);
      await until(() => ranBy(guest) > before);
    }
    guest.domain.rescind();
    await expect(call).rejects.toThrow(RescindedError);
  });

  test("stop and start", async () => {
    const here = world();
    here.tenant.set(2n ** 60n);
    const guest = await remote(here);
    const call = guest.call("spin", 20_000_000);
    await until(() => guest.domain.consumed > 0n);
    guest.domain.stop();
    const before = ranBy(guest);
    balanced(here);
    await aWhile();
    expect([guest.domain.state, ranBy(guest)]).toEqual(["stopped", before]);
    guest.domain.start();
    await call;
    expect(ranBy(guest)).toBe(20_000_000n * TURN);
    balanced(here);
  });

  test("one is switched off, the other runs on", async () => {
    const here = world({ cycles: 2n ** 60n });
    const other = here.kernel.createMeter({ name: "other", superior: here.tenant.key });
    const [stays, goes] = [await remote(here), await remote(here, { meter: other })];
    const calls = [stays.call("spin", 10_000_000), goes.call("spin", 10_000_000)];
    await until(() => goes.domain.consumed > 0n);
    other.off();
    const before = ranBy(goes);
    await calls[0];
    expect(ranBy(goes)).toBe(before);
    expect(ranBy(stays)).toBe(10_000_000n * TURN);
    other.on(2n ** 60n);
    await calls[1];
    expect(here.kernel.check().findings).toEqual([]);
  });

  test("off before the first call: even a start function waits", async () => {
    const here = world();
    here.tenant.off();
    const text = `(module (func $start) (start $start) (func (export "f") (result i32) (i32.const 7)))`;
    const guest = await remote(here, { text });
    const seen = watch(guest.ready);
    const call = guest.call("f");
    await until(() => guest.domain.state === "parked");
    await aWhile();
    expect(seen.is).toBe("waits");
    here.tenant.on(100n);
    expect(await call).toBe(7);
    balanced(here);
  });
});

describe("reading and changing while it runs", () => {
  test("every way of reading is exact at its moment", async () => {
    const here = world({ cycles: 2n ** 60n });
    const { kernel, tenant, plugin } = here;
    const guest = await remote(here);
    const call = guest.call("forever");
    await until(() => guest.domain.consumed > 0n);
    for (let i = 0; i < 20; i++) {
      const consumed = ranBy(guest);
      expect(kernel.time).toBe(consumed);
      expect(2n ** 60n - tenant.counter()).toBe(guest.domain.consumed);
      expect(2n ** 60n - tenant.peek()).toBe(guest.domain.consumed);
      expect(plugin.statistics().consumed).toBe(guest.domain.consumed);
      expect(guest.domain.state).toBe("running");
      if (i === 5) tenant.recall();
      if (i === 10) guest.domain.unprepare();
      balanced(here);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    here.tenant.off();
    guest.domain.rescind();
    await expect(call).rejects.toThrow(RescindedError);
  });

  test("under another meter from now on", async () => {
    const here = world({ cycles: 2n ** 60n });
    const { kernel, primeMeter } = { ...here, primeMeter: here.kernel.primeMeter };
    const other = kernel.createMeter({ name: "other", superior: primeMeter });
    const guest = await remote(here);
    const call = guest.call("spin", 20_000_000);
    await until(() => guest.domain.consumed > 0n);
    guest.domain.setMeter(other);
    const before = guest.domain.consumed;
    expect(here.tenant.statistics().consumed).toBe(before);
    await call;
    expect(other.statistics().consumed).toBe(20_000_000n * TURN - before);
    expect(kernel.check().findings).toEqual([]);
  });
});

describe("a rescinded guest", () => {
  test.each(["running", "parked", "available"])("that is %s", async (state) => {
    const here = world({ cycles: 1_000_000n });
    const guest = await remote(here);
    await guest.call("spin", 1);
    const calls = state === "available" ? [] : [guest.call("forever"), guest.call("spin", 1)];
    if (state === "running") here.tenant.set(2n ** 60n);
    await until(() => guest.domain.state === state);
    const { consumed } = here.plugin.statistics();
    guest.domain.rescind();
    for (const call of [...calls, guest.call("spin", 1)]) {
      await expect(call).rejects.toThrow(RescindedError);
    }
    expect(here.plugin.statistics().consumed).toBeGreaterThanOrEqual(consumed);
    expect(here.kernel.check().findings).toEqual([]);
    expect([...here.kernel.domains()]).toEqual([]);
  });

  test("a meter that is rescinded above it: trapped, and it goes on under another", async () => {
    const here = world({ cycles: 2n ** 60n });
    const { kernel } = here;
    const gone = kernel.createMeter({ superior: here.tenant });
    const guest = await remote(here, { meter: gone });
    const call = guest.call("forever");
    await until(() => guest.domain.consumed > 0n);
    gone.rescind();
    await until(() => guest.domain.state === "trapped");
    const before = ranBy(guest);
    expect(kernel.check().findings).toEqual([]);
    guest.domain.setMeter(here.plugin);
    guest.domain.start();
    await until(() => ranBy(guest) > before);
    expect(here.plugin.statistics().consumed).toBe(guest.domain.consumed - before);
    guest.domain.rescind();
    await expect(call).rejects.toThrow(RescindedError);
  });

  test("dispose ends calls under way, and those that wait", async () => {
    const here = world({ cycles: 1_000_000n });
    const guests = [await remote(here), await remote(here), await remote(here)];
    const calls = guests.flatMap((guest) => [guest.call("forever"), guest.call("spin", 1)]);
    const seen = calls.map(watch);
    await until(() => guests.every(({ domain }) => domain.state === "parked"));
    here.kernel.dispose();
    await Promise.allSettled(calls);
    expect(seen.map(({ is }) => is)).toEqual(Array(6).fill("RESCINDED"));
  });
});
