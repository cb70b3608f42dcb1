// Guests that wait for functions of the host: those that the host has made WebAssembly.Suspending.

import { describe, expect, test } from "vitest";
import type { Guest } from "../../src/index.js";
import { AROUND, balanced, load, ran, TURN, tree } from "../wasm/plugin.js";
import { mixer, quiet, watched } from "./suspended.js";

const { Suspending } = WebAssembly as unknown as {
  Suspending: new (act: () => unknown) => () => void;
};

/** An import that waits until it is told to go on. */
function gate(): { act: () => void; open(): void; count: number } {
  const gate = {
    count: 0,
    open: () => {},
    act: new Suspending(() => {
      gate.count++;
      return new Promise<void>((resolve) => {
        gate.open = resolve;
      });
    }),
  };
  return gate;
}

const TURNS = 1000;
/** What it has run when it waits: its turns, the arguments and the call. */
const HALF = BigInt(TURNS) * TURN + 3n;
const ALL = 2n * BigInt(TURNS) * TURN + AROUND;

describe("a guest that waits for its host", () => {
  test.each([1n, 100n, 1_000_000n])(
    "does not run: all is paid, others may have what it has left; advance %d",
    async (advance) => {
      const world = tree({ cycles: 2n * ALL, kernel: { advance } });
      const waits = gate();
      const guest = await load(world, { suspend: true, act: waits.act });
      const call = guest.call("around", TURNS);
      expect(guest.domain.state).toBe("waiting");
      expect(ran(guest)).toBe(HALF);
      balanced(world);
      const other = await load(world, { suspend: true });
      await other.call("spin", TURNS);
      expect(ran(other)).toBe(BigInt(TURNS) * TURN);
      expect(ran(guest)).toBe(HALF);
      balanced(world);
      waits.open();
      await call;
      expect(ran(guest)).toBe(ALL);
      expect(guest.domain.state).toBe("available");
      balanced(world);
    },
  );

  test("goes on by its switch, not by its promise", async () => {
    const world = tree();
    const waits = gate();
    const guest = await load(world, { suspend: true, act: waits.act });
    const call = guest.call("around", TURNS);
    world.tenant.off();
    const seen = watched(call);
    waits.open();
    await quiet();
    expect(seen).toEqual({});
    expect(guest.domain.state).toBe("parked");
    expect(ran(guest) - HALF).toBeLessThanOrEqual(TURN + 2n);
    world.tenant.on();
    await call;
    expect(ran(guest)).toBe(ALL);
    balanced(world);
  });

  test("may be called by callNow meanwhile, and by call once it is through", async () => {
    const world = tree();
    const waits = gate();
    const guest: Guest = await load(world, { suspend: true, act: waits.act });
    const call = guest.call("around", TURNS);
    const next = watched(guest.call("around", 1));
    guest.callNow("spin", 10);
    expect(ran(guest)).toBe(HALF + 10n * TURN);
    expect(guest.domain.state).toBe("waiting");
    await quiet();
    expect(waits.count).toBe(1);
    waits.open();
    await call;
    await quiet();
    expect(waits.count).toBe(2);
    waits.open();
    await quiet();
    expect(next).toEqual({ value: undefined });
    expect(ran(guest)).toBe(ALL + 12n * TURN + AROUND);
    balanced(world);
  });

  test("reads counts that are exact, however often it waited", async () => {
    const world = tree({ kernel: { advance: 50n } });
    const seen: bigint[] = [];
    const text = `(module
      (import "host" "act" (func $act))
      (import "host" "read" (func $read))
      (func (export "f") (call $act) (call $read) (call $act) (call $read) (call $read)))`;
    const guest: Guest = await load(world, {
      ...{ text, suspend: true },
      imports: {
        host: { act: new Suspending(quiet), read: () => seen.push(ran(guest), world.kernel.time) },
      },
    });
    await guest.call("f");
    expect(seen).toEqual([2n, 2n, 4n, 4n, 5n, 5n]);
    expect(ran(guest)).toBe(5n);
    balanced(world);
  });

  test("rescinded: it is unwound once it goes on", async () => {
    const world = tree();
    const waits = gate();
    const guest = await mixer(world, { act: waits.act });
    const call = guest.call("catching", TURNS);
    guest.domain.rescind();
    waits.open();
    await expect(call).rejects.toThrow("guest domain-1 was rescinded");
    expect(world.kernel.check().findings).toEqual([]);
  });

  test("what its host rejects with is an exception to it", async () => {
    const world = tree();
    let left = 3;
    const act = new Suspending(async () => {
      if (left-- > 0) throw new RangeError("no");
    }) as () => void;
    const guest = await mixer(world, { act });
    await expect(guest.call("mix", 10)).rejects.toThrow(new RangeError("no"));
    const free = await mixer(tree(), { suspend: false });
    expect(await guest.call("catching", 10)).toBe(await free.call("mix", 10));
    expect(left).toBe(-1);
    balanced(world);
  });

  test("another guest's call is what it waits for", async () => {
    const world = tree({ cycles: 100n });
    const { kernel } = world;
    const rich = kernel.createMeter({ superior: kernel.primeMeter, cycles: 1_000_000n });
    const inner = await load(world, { suspend: true });
    const act = new Suspending(() => inner.call("spin", TURNS)) as () => void;
    const outer = await load(world, { suspend: true, meter: rich, act });
    const call = outer.call("around", TURNS);
    await quiet();
    expect([outer.domain.state, inner.domain.state]).toEqual(["waiting", "parked"]);
    world.tenant.add(1_000_000n);
    await call;
    expect(ran(outer)).toBe(ALL);
    expect(ran(inner)).toBe(BigInt(TURNS) * TURN);
    expect(kernel.check().findings).toEqual([]);
  });
});
