// Guests that are suspended where they can't go on, and go on from that very instruction.

import { describe, expect, test } from "vitest";
import {
  ExhaustedError,
  type Guest,
  type Keeper,
  RescindedError,
  StateError,
} from "../../src/index.js";
import { balanced, load, ran, TURN, tree } from "../wasm/plugin.js";
import { mixer, quiet, watched } from "./suspended.js";

const TURNS = 3000;

/** Result and count of a call that nothing holds up. */
async function plain(name: string, ...args: unknown[]): Promise<[unknown, bigint]> {
  const guest = await mixer(tree(), { suspend: false });
  const result = await guest.call(name, ...args);
  return [result, ran(guest)];
}

const later =
  (cycles: bigint): Keeper =>
  async ({ meter }) => {
    await undefined;
    meter.add(cycles);
  };

describe("a guest that can't go on", () => {
  test.each([1n, 7n, 100n, 1_000_000n])(
    "waits for its keeper, and counts as if it had not: advance %d",
    async (advance) => {
      const [result, count] = await plain("mix", TURNS);
      const world = tree({ cycles: 10n, keeper: later(999n), kernel: { advance } });
      const guest = await mixer(world);
      expect(await guest.call("mix", TURNS)).toBe(result);
      expect(ran(guest)).toBe(count);
      expect(world.tenant.statistics().keeperCalls).toBe(Math.ceil((Number(count) - 10) / 999));
      expect(guest.domain.state).toBe("available");
      balanced(world);
    },
  );

  test("is parked on a dry meter, and goes on when somebody refills it", async () => {
    const [result, count] = await plain("mix", TURNS);
    const world = tree({ cycles: 0n });
    const guest = await mixer(world);
    const call = guest.call("mix", TURNS);
    const seen = watched(call);
    for (let given = 0n; given < count; given += 5000n) {
      await quiet();
      expect(seen).toEqual({});
      expect(guest.domain.state).toBe("parked");
      expect(guest.domain.consumed).toBe(given);
      expect(guest.domain.owed).toBeLessThan(30n);
      balanced(world);
      world.tenant.add(5000n);
      expect(guest.domain.state).toBe("ready");
    }
    expect(await call).toBe(result);
    expect(ran(guest)).toBe(count);
    balanced(world);
  });

  test("waits for the switch of any meter above", async () => {
    const [result, count] = await plain("mix", TURNS);
    const world = tree();
    const guest = await mixer(world, { onDecline: "trap", act: () => void world.plugin.off() });
    const call = guest.call("mix", TURNS);
    await quiet();
    expect(guest.domain.state).toBe("parked");
    expect(world.plugin.isOff).toBe(true);
    const before = ran(guest);
    world.plugin.on(1_000_000n);
    world.tenant.off();
    await quiet();
    expect(ran(guest)).toBe(before);
    world.tenant.on(1_000_000n);
    expect(await call).toBe(result);
    expect(ran(guest)).toBe(count);
  });

  test("waits while it is stopped", async () => {
    const [result, count] = await plain("mix", TURNS);
    const world = tree();
    const guest: Guest = await mixer(world, { act: () => guest.domain.stop() });
    const call = guest.call("mix", TURNS);
    await quiet();
    expect(guest.domain.state).toBe("stopped");
    world.tenant.add(1n);
    await quiet();
    expect(guest.domain.state).toBe("stopped");
    guest.domain.start();
    expect(await call).toBe(result);
    expect(ran(guest)).toBe(count);
    balanced(world);
  });

  test("goes on however deep it is, and with whatever it holds", async () => {
    const [result, count] = await plain("dig", 2000);
    const world = tree({ cycles: 0n, keeper: later(1000n), kernel: { advance: 64n } });
    const guest = await mixer(world);
    expect(await guest.call("dig", 2000)).toBe(result);
    expect(ran(guest)).toBe(count);
    await expect(guest.call("dig", 10_000_000)).rejects.toThrow(RangeError);
    expect(await guest.call("dig", 20)).toBe(20);
    balanced(world);
  });

  test.each(["throw", "trap"])("after which it may %s: all is paid", async (name) => {
    const free = await mixer(tree(), { suspend: false });
    await expect(free.call(name, 100)).rejects.toThrow();
    const world = tree({ cycles: 0n, keeper: later(100n) });
    const guest = await mixer(world);
    const error = name === "trap" ? WebAssembly.RuntimeError : WebAssembly.Exception;
    await expect(guest.call(name, 100)).rejects.toBeInstanceOf(error);
    expect(ran(guest)).toBe(ran(free));
    balanced(world);
  });

  test("under a kernel that is billed by a clock", async () => {
    const [result, count] = await plain("mix", TURNS);
    const world = tree({ cycles: 100n, kernel: { billing: { tick: 1000 } } });
    const guest = await mixer(world);
    const call = guest.call("mix", TURNS);
    await quiet();
    expect(guest.domain.state).toBe("parked");
    world.tenant.add(1_000_000n);
    expect(await call).toBe(result);
    expect(guest.domain.ran).toBe(count);
  });
});

describe("a keeper", () => {
  test("that declines ends the call where onDecline says so", async () => {
    const keeper: Keeper = () => "decline";
    const world = tree({ cycles: 5000n, keeper });
    const guest = await mixer(world, { onDecline: "trap" });
    const error = (await guest.call("catching", TURNS).catch((error) => error)) as ExhaustedError;
    expect(error).toBeInstanceOf(ExhaustedError);
    expect(error.message).toBe(
      "guest domain-1 ran out of cycles in the middle of a call: meter tenant is dry",
    );
    expect(error.meter).toBe(world.tenant);
    expect(error.domain).toBe(guest.domain);
    // Nor does one begin.
    await expect(guest.call("mix", 1)).rejects.toThrow("can't be called: meter tenant is dry");
    world.tenant.add(1_000_000n);
    await guest.call("mix", TURNS);
    balanced(world);
  });

  test("that declines later: the call waits for that, and ends", async () => {
    const keeper: Keeper = () => quiet().then(() => "decline");
    const world = tree({ cycles: 5000n, keeper });
    const guest = await mixer(world, { onDecline: "trap" });
    const call = guest.call("catching", TURNS);
    const seen = watched(call);
    await undefined;
    expect(guest.domain.state).toBe("waiting");
    expect(seen).toEqual({});
    await expect(call).rejects.toThrow("in the middle of a call: meter tenant is dry");
    balanced(world);
  });

  test("that answers once the switch was turned: on turns it on", async () => {
    let answer = () => {};
    const keeper: Keeper = async () => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
    };
    const world = tree({ cycles: 5000n, keeper });
    const guest = await mixer(world, { onDecline: "trap" });
    const call = guest.call("mix", TURNS);
    await quiet();
    expect(guest.domain.state).toBe("waiting");
    world.tenant.off();
    answer();
    await quiet();
    expect(guest.domain.state).toBe("parked");
    world.tenant.on(1_000_000n);
    const [result] = await plain("mix", TURNS);
    expect(await call).toBe(result);
    balanced(world);
  });
});

describe("the end of a suspended guest", () => {
  test.each(["mix", "catching"])("rescinded: the call rejects, %s is unwound", async (name) => {
    const world = tree({ cycles: 5000n });
    const guest = await mixer(world);
    const calls = [guest.call(name, TURNS), guest.call("mix", 1)];
    await quiet();
    guest.domain.rescind();
    await expect(calls[0]).rejects.toThrow(RescindedError);
    await expect(calls[1]).rejects.toThrow(RescindedError);
    expect(world.kernel.check().findings).toEqual([]);
    expect(world.tenant.statistics().consumed).toBe(5000n);
  });

  test("of the kernel: calls reject, those that have not begun, too", async () => {
    const world = tree({ cycles: 5000n });
    const [guest, other] = [await mixer(world), await mixer(world)];
    const calls = [guest.call("catching", TURNS), other.call("mix", 1), guest.call("mix", 1)];
    await quiet();
    world.kernel.dispose();
    for (const call of calls) await expect(call).rejects.toThrow(StateError);
  });

  test("its meter is no more: it waits trapped, until it has another", async () => {
    const [result, count] = await plain("mix", TURNS);
    const world = tree({ cycles: 5000n });
    const guest = await mixer(world);
    const call = guest.call("mix", TURNS);
    await quiet();
    world.plugin.rescind();
    await quiet();
    expect(guest.domain.state).toBe("trapped");
    guest.domain.setMeter(world.kernel.primeMeter);
    guest.domain.start();
    expect(await call).toBe(result);
    expect(ran(guest)).toBe(count);
  });
});

describe("calls of a guest that may be suspended", () => {
  test("are made one after the other, in their order", async () => {
    const world = tree({ cycles: 1000n, keeper: later(1000n) });
    const guest = await mixer(world);
    const order: number[] = [];
    const sizes = [500, 1, 300, 2];
    const calls = sizes.map(async (size) => {
      const result = await guest.call("mix", size);
      order.push(size);
      return result;
    });
    await expect(guest.call("trap", 1)).rejects.toThrow(WebAssembly.RuntimeError);
    const free = await mixer(tree(), { suspend: false });
    for (const [i, size] of sizes.entries()) {
      expect(await calls[i]).toBe(await free.call("mix", size));
    }
    expect(order).toEqual(sizes);
    balanced(world);
  });

  test("callNow is refused while one waits for cycles", async () => {
    const world = tree({ cycles: 1000n });
    const guest = await mixer(world);
    const call = guest.call("mix", TURNS);
    await quiet();
    expect(() => guest.callNow("mix", 1)).toThrow(StateError);
    expect(() => guest.callNow("mix", 1)).toThrow("is suspended in the middle of a call");
    world.tenant.add(1_000_000n);
    await call;
    guest.callNow("mix", 1);
    balanced(world);
  });

  test("callNow and ready come between two instructions at no time", async () => {
    const [result] = await plain("mix", TURNS);
    const world = tree({ cycles: 1000n, kernel: { advance: 100n } });
    const guest = await mixer(world);
    const call = watched(guest.call("mix", TURNS));
    const order: string[] = [];
    const ready = guest.untilMayRun().then(() => order.push(`ready ${call.value === result}`));
    await quiet();
    world.tenant.add(1000n);
    let refused = 0;
    for (let turn = 0; !("value" in call || "error" in call); turn++) {
      if (turn % 50 === 49) world.tenant.add(1000n);
      await undefined;
      try {
        guest.callNow("mix", 1);
      } catch (error) {
        if (error instanceof StateError) refused++;
      }
    }
    expect(call.error).toBeUndefined();
    expect(refused).toBeGreaterThan(100);
    expect(call.value).toBe(result);
    world.tenant.add(1000n);
    await ready;
    expect(order).toEqual(["ready true"]);
    balanced(world);
  });

  test("what a call within a call can't have ends both", async () => {
    const world = tree({ cycles: 20_000n });
    const guest: Guest = await mixer(world, { act: () => void guest.callNow("forever") });
    await expect(guest.call("catching", 10)).rejects.toThrow(ExhaustedError);
    expect(guest.domain.state).toBe("parked");
    world.tenant.add(1_000_000n);
    await expect(guest.call("dig", 7)).resolves.toBe(7);
    balanced(world);
  });

  test("a short call within a call is owed, and the outer one waits", async () => {
    const inner = (guest: () => Guest) => () => {
      if (++depth < 5) guest().callNow("mix", 20);
    };
    let depth = 0;
    const free: Guest = await mixer(tree(), { suspend: false, act: inner(() => free) });
    const result = await free.call("mix", TURNS);
    depth = 0;
    const world = tree({ kernel: { advance: 100n } });
    const { tenant } = world;
    const guest: Guest = await mixer(world, {
      act() {
        if (depth === 0) tenant.off();
        inner(() => guest)();
      },
    });
    const call = guest.call("mix", TURNS);
    await quiet();
    expect(guest.domain.state).toBe("parked");
    expect(guest.domain.owed).toBeGreaterThan(500n);
    expect(guest.domain.owed).toBeLessThan(3000n);
    expect(depth).toBe(5);
    balanced(world);
    tenant.on(1_000_000n);
    expect(await call).toBe(result);
    expect(ran(guest)).toBe(ran(free));
    expect(guest.domain.owed).toBe(0n);
    balanced(world);
  });

  test("a call that a function of the host makes waits until the guest is through", async () => {
    const world = tree();
    const inner: Promise<unknown>[] = [];
    const guest: Guest = await mixer(world, {
      act: () => void (inner.length < 1 && inner.push(guest.call("mix", 5))),
    });
    guest.callNow("mix", 10);
    const free = await mixer(tree(), { suspend: false });
    expect(await inner[0]).toBe(await free.call("mix", 5));
    inner.length = 0;
    await guest.call("mix", 10);
    expect(await inner[0]).toBe(await free.call("mix", 5));
    balanced(world);
  });

  test("with the host between: no more than a trap comes of it, and none is caught for long", async () => {
    const world = tree({ cycles: 3000n });
    const guest: Guest = await mixer(world, {
      act: () => (guest.exports.table as WebAssembly.Table).get(0)(),
    });
    await expect(guest.call("pick")).rejects.toThrow(ExhaustedError);
    expect(guest.domain.state).toBe("parked");
    expect(ran(guest)).toBeLessThan(3050n);
    balanced(world);
  });

  test("functions called past all calls don't disturb one that waits", async () => {
    const [result] = await plain("mix", TURNS);
    const world = tree({ cycles: 3000n });
    const guest = await mixer(world);
    const call = guest.call("mix", TURNS);
    await quiet();
    const taken = (guest.exports.table as WebAssembly.Table).get(0);
    expect(taken).toThrow(WebAssembly.RuntimeError);
    world.tenant.add(1_000_000n);
    await call;
    expect(await guest.call("mix", TURNS)).toBe(result);
  });

  test("the start function is never suspended", async () => {
    const world = tree({ cycles: 1000n, keeper: later(1_000_000n) });
    const text = "(module (func $start (loop $more (br $more))) (start $start))";
    await expect(load(world, { text, suspend: true })).rejects.toThrow(ExhaustedError);
    expect([...world.kernel.domains()]).toEqual([]);
  });
});

describe("others", () => {
  test("run while one is suspended, and pay for themselves alone", async () => {
    const world = tree();
    const { kernel, plugin } = world;
    const dry = kernel.createMeter({ name: "dry", superior: world.tenant.key, cycles: 1000n });
    const held = await mixer(world, { meter: dry });
    const call = held.call("mix", TURNS);
    await quiet();
    const [before, paid] = [ran(held), plugin.statistics().consumed];
    const other = await load(world, { suspend: true });
    await other.call("spin", 1000);
    expect(ran(other)).toBe(1000n * TURN);
    expect(plugin.statistics().consumed - paid).toBe(1000n * TURN);
    expect(ran(held)).toBe(before);
    expect(held.domain.state).toBe("parked");
    dry.add(1_000_000n);
    expect(await call).toBe((await plain("mix", TURNS))[0]);
    expect(kernel.check().findings).toEqual([]);
  });

  test("a guest that another called is suspended on its own", async () => {
    const world = tree();
    const { kernel } = world;
    const dry = kernel.createMeter({ name: "dry", superior: world.tenant.key, cycles: 1000n });
    const inner = await mixer(world, { meter: dry });
    let call: Promise<unknown> | undefined;
    const states: string[] = [];
    const outer: Guest = await mixer(world, {
      act() {
        call = inner.call("mix", TURNS);
        states.push(outer.domain.state, inner.domain.state);
      },
    });
    const [result, count] = await plain("mix", TURNS);
    expect(await outer.call("mix", TURNS)).toBe(result);
    expect(ran(outer)).toBe(count);
    expect(states).toEqual(["running", "parked"]);
    dry.add(1_000_000n);
    expect(await call).toBe(result);
    expect(ran(inner)).toBe(count);
    expect(kernel.check().findings).toEqual([]);
  });

  test("a thousand that wait: who is refilled goes on, nobody else", async () => {
    const world = tree({ cycles: 100_000_000n, kernel: { nodes: 4096 } });
    const { kernel } = world;
    const crowd: { guest: Guest; meter: typeof world.tenant; call: Promise<unknown> }[] = [];
    for (let i = 0; i < 1000; i++) {
      const meter = kernel.createMeter({ superior: world.tenant.key, cycles: 100n });
      const guest = await mixer(world, { meter });
      crowd.push({ guest, meter, call: guest.call("mix", 100) });
    }
    await quiet();
    const [result, count] = await plain("mix", 100);
    for (const at of [0, 500, 999]) {
      crowd[at]!.meter.add(10_000n);
      expect(await crowd[at]!.call).toBe(result);
      expect(ran(crowd[at]!.guest)).toBe(count);
    }
    await quiet();
    expect(crowd.filter(({ guest }) => guest.domain.state === "parked").length).toBe(997);
    for (const { meter } of crowd) meter.add(10_000n);
    for (const { call } of crowd) expect(await call).toBe(result);
    expect(kernel.check().findings).toEqual([]);
  });

  test("the kernel runs its domains meanwhile, and its time lets keepers answer", async () => {
    const { bursts } = await import("../../src/index.js");
    const keeper: Keeper = async ({ meter, time, until }) => {
      await until(time + 1000n);
      meter.add(1000n);
    };
    const world = tree({ cycles: 10n, keeper });
    const domain = world.kernel.createDomain({
      meter: world.kernel.primeMeter,
      program: bursts({ run: 100_000 }),
    });
    domain.start();
    const guest = await mixer(world);
    const call = guest.call("mix", 500);
    const run = world.kernel.run({ cycles: 1_000_000n });
    const [result, count] = await plain("mix", 500);
    expect(await call).toBe(result);
    expect(ran(guest)).toBe(count);
    await run;
    expect(domain.consumed).toBeGreaterThan(0n);
    expect(world.kernel.check().findings).toEqual([]);
  });
});
