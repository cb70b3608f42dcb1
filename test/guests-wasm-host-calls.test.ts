// What guests pay for the functions of the host that they call.

import { describe, expect, test } from "vitest";
import { HostCalls } from "../src/guest/host-calls.js";
import { createWallClock, ExhaustedError, type Guest, OptionError } from "../src/index.js";
import { AROUND, balanced, instrumented, load, ran, TURN, tree } from "./wasm/plugin.js";
import { wat } from "./wasm/wat.js";

/** A clock that goes as it is told, in cycles of 16 MHz. */
function clockwork() {
  return {
    now: 1000n,
    read() {
      return this.now;
    },
  };
}

const OWN = 20n * TURN + AROUND;

describe("cycles a call", () => {
  test.each([1n, 7n, 1_000_000n])("by advances of %d", async (advance) => {
    const world = tree({ kernel: { advance } });
    const seen: bigint[] = [];
    const act = () => seen.push(ran(guest));
    const guest: Guest = await load(world, { act, hostCalls: 500 });
    await guest.call("around", 10);
    await guest.call("around", 10);
    // Paid before it is called.
    expect(seen).toEqual([10n * TURN + 503n, 30n * TURN + 503n + AROUND + 500n]);
    expect(ran(guest)).toBe(2n * (OWN + 500n));
    balanced(world);
  });

  test("also of one that throws, and of one that calls the guest", async () => {
    const world = tree();
    const acts = [
      () => {
        throw new RangeError("no");
      },
      () => guest.callNow("around", 10),
      () => {},
    ];
    const guest: Guest = await load(world, { act: () => acts.shift()?.(), hostCalls: 500 });
    await expect(guest.call("around", 10)).rejects.toThrow("no");
    expect(ran(guest)).toBe(10n * TURN + 503n);
    await guest.call("around", 10);
    expect(ran(guest)).toBe(10n * TURN + 503n + 2n * (OWN + 500n));
    balanced(world);
  });

  test("more than there is: owed, and the end at the next look", async () => {
    const world = tree({ cycles: 1000n });
    const guest = await load(world, { hostCalls: 5000 });
    await expect(guest.call("around", 10)).rejects.toThrow(ExhaustedError);
    // The block behind the call, and the head of the loop where it looked.
    expect(ran(guest)).toBe(10n * TURN + 5003n + 2n + TURN);
    expect(guest.domain.consumed).toBe(1000n);
    balanced(world);
    world.tenant.add(10_000n);
    await guest.call("spin", 1);
    expect(guest.domain.owed).toBe(0n);
    balanced(world);
  });

  test("of start functions too", async () => {
    const text = `(module (import "host" "act" (func $act)) (func $start (call $act)) (start $start))`;
    expect(ran(await load(tree(), { text, hostCalls: 500 }))).toBe(501n);
  });
});

describe("the time of a call", () => {
  test.each([
    [undefined, 224n],
    [1000, 14n],
    [160_000, 2240n],
  ])("at %d cycles a millisecond, else 16,000; parts of a cycle add up", async (perMs, time) => {
    const world = tree();
    const clock = clockwork();
    const act = () => {
      clock.now += 7n;
    };
    const hostCalls = perMs === undefined ? { clock } : { clock, cyclesPerMs: perMs };
    const guest = await load(world, { act, hostCalls });
    for (let i = 0; i < 32; i++) {
      await guest.call("around", 10);
      clock.now += 1000n;
    }
    expect(ran(guest)).toBe(32n * OWN + time);
    balanced(world);
  });

  test("also of one that throws; not of a clock that goes back", async () => {
    const world = tree();
    const clock = clockwork();
    const steps = [700n, -300n];
    const act = () => {
      clock.now += steps.shift() ?? 0n;
      throw new RangeError("no");
    };
    const guest = await load(world, { act, hostCalls: { clock } });
    for (let i = 0; i < 2; i++) await expect(guest.call("around", 10)).rejects.toThrow("no");
    expect(ran(guest)).toBe(2n * (10n * TURN + 3n) + 700n);
    balanced(world);
  });

  test("without what the guest runs in it, and what others run", async () => {
    const clock = clockwork();
    // Whoever runs dry spends time that is nobody's.
    let refills = 0;
    const world = tree({
      cycles: 0n,
      kernel: { advance: 100n },
      keeper: ({ meter }) => {
        clock.now += 1_000_000n;
        return refills++ < 500 ? meter.add(100n) : "decline";
      },
    });
    const spend = (time: bigint) => {
      clock.now += time;
    };
    let depth = 0;
    const other: Guest = await load(world, { act: () => spend(30n), hostCalls: { clock } });
    const unpriced: Guest = await load(world, { act: () => spend(5n) });
    const act = () => {
      spend(100n);
      if (depth++ < 2) guest.callNow("around", 100);
      other.callNow("around", 100);
      unpriced.callNow("around", 100);
      spend(7n);
    };
    const guest: Guest = await load(world, { act, hostCalls: { clock } });
    await guest.call("around", 100);
    const each = 200n * TURN + AROUND;
    expect(ran(guest)).toBe(3n * (each + 107n));
    expect(ran(other)).toBe(3n * (each + 30n));
    expect(ran(unpriced)).toBe(3n * each);
    balanced(world);
  });

  test("is charged before the guest goes on, and before it is called again", async () => {
    const clock = clockwork();
    const seen: bigint[] = [];
    const acts = [
      () => {
        clock.now += 100n;
        seen.push(ran(guest));
        guest.callNow("around", 10);
      },
      () => seen.push(ran(guest)),
    ];
    const guest: Guest = await load(tree(), { act: () => acts.shift()?.(), hostCalls: { clock } });
    await guest.call("around", 10);
    const before = 10n * TURN + 3n;
    expect(seen).toEqual([before, before + 100n + before]);
  });

  test("more than there is stops a guest that does not want to hear of it", async () => {
    const world = tree({ cycles: 10_000n });
    const clock = clockwork();
    const guest = await load(world, {
      text: `(module (import "host" "act" (func $act))
        (func (export "f") (loop $more (try (do (call $act)) (catch_all)) (br $more))))`,
      act: () => {
        clock.now += 1600n;
        throw new Error("caught");
      },
      hostCalls: { clock },
    });
    await expect(guest.call("f")).rejects.toThrow(ExhaustedError);
    expect(ran(guest)).toBeGreaterThan(10_000n);
    expect(ran(guest)).toBeLessThan(12_000n);
    balanced(world);
  });

  test("can't be dodged by calling from the end of the stack", () => {
    const clock = clockwork();
    let [acts, charged] = [0n, 0n];
    let isInside = false;
    const act = () => {
      clock.now += 1600n;
      acts++;
      isInside = true;
    };
    // One that needs more of it at the end.
    const many = new Array<number>(300).fill(0);
    const read = () => clock.now + BigInt(isInside ? Math.max(...many) : 0);
    const calls = new HostCalls({ clock: { read } }, (cycles) => {
      charged += cycles;
    });
    const dig = (left: number) => {
      try {
        if (left > 0) dig(left - 1);
      } catch {}
      isInside = false;
      try {
        calls.run(act);
      } catch {}
    };
    dig(100_000);
    expect(acts).toBeGreaterThan(1000n);
    expect(charged).toBe(acts * 1600n);
  });

  test("of one that calls a function of the guest by itself", async () => {
    const clock = clockwork();
    let depth = 0;
    const act = () => {
      clock.now += 100n;
      const table = guest.exports.table as WebAssembly.Table;
      if (depth++ === 0) table.get(0)();
      clock.now += 7n;
    };
    const text = `(module (import "host" "act" (func $act)) (table (export "table") funcref (elem $f))
      (func $f (export "f") (call $act)))`;
    const guest: Guest = await load(tree(), { text, act, hostCalls: { clock } });
    await guest.call("f");
    expect(ran(guest)).toBe(2n + 2n * 107n);
  });

  test("by the machine's clock: something", async () => {
    const clock = createWallClock();
    const act = () => {
      const until = performance.now() + 2;
      while (performance.now() < until);
    };
    const guest = await load(tree(), { act, hostCalls: { clock } });
    await guest.call("around", 10);
    expect(ran(guest)).toBeGreaterThan(OWN + 16_000n);
  });
});

describe("imports", () => {
  const TEXT = `(module (import "host" "act" (func $act (param i32 i64) (result i32)))
    (import "host" "g" (global i32)) (import "other" "memory" (memory 1))
    (func (export "f") (result i32) (call $act (global.get 0) (i64.const 5))))`;

  test("functions give and take what they did, as nobody's methods; the rest is itself", async () => {
    const { kernel, plugin } = tree();
    const given: unknown[] = [];
    const memory = new WebAssembly.Memory({ initial: 1 });
    const act = function (this: unknown, ...args: unknown[]) {
      given.push(this, ...args);
      return 9;
    };
    const guest = kernel.loadWasm(await instrumented(TEXT), {
      ...{ meter: plugin, imports: { host: { act, g: 3 }, other: { memory } }, hostCalls: 100 },
    });
    expect(await guest.call("f")).toBe(9);
    expect(given).toEqual([undefined, 3, 5n]);
    expect(ran(guest)).toBe(103n);
  });

  test("functions of other instances are charged as well", async () => {
    const bytes = await wat(
      `(module (func (export "act") (param i32 i64) (result i32) (local.get 0)))`,
    );
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
    const { kernel, plugin } = tree();
    const memory = new WebAssembly.Memory({ initial: 1 });
    const guest = kernel.loadWasm(await instrumented(TEXT), {
      ...{ meter: plugin, imports: { host: { ...exports, g: 3 }, other: { memory } } },
      hostCalls: 100,
    });
    expect(await guest.call("f")).toBe(3);
    expect(ran(guest)).toBe(103n);
  });

  test("what is no function stays what it is, be it missing", async () => {
    const module = new WebAssembly.Module((await wat(TEXT)) as BufferSource);
    const calls = new HostCalls(5, () => {});
    // As WebAssembly.Suspending makes them.
    const suspending = {} as WebAssembly.ImportValue;
    const imports = calls.imports(module, { host: { act: suspending, more: 5 } });
    expect(imports.host!.act).toBe(suspending);
    expect(Object.keys(imports)).toEqual(["host", "other"]);
    expect(Object.keys(imports.host!)).toEqual(["act", "g"]);
    const { kernel, plugin } = tree();
    const instrument = await instrumented(TEXT);
    const load = (given: unknown) => () =>
      kernel.loadWasm(instrument, { meter: plugin, imports: given as never, hostCalls: 1 });
    expect(load({})).toThrow(TypeError);
    expect(load({ host: 3, other: 3 })).toThrow(TypeError);
    expect(load({ host: {}, other: {} })).toThrow(WebAssembly.LinkError);
    expect(kernel.check().findings).toEqual([]);
  });
});

describe("options that are refused", () => {
  const clock = clockwork();

  test.each<[unknown, string]>([
    [-1, "hostCalls: found -1, expected a whole number from 0 to 1000000000"],
    [1.5, "hostCalls: found 1.5"],
    [5n, "hostCalls: found 5n, expected cycles a call or { clock, cyclesPerMs }"],
    [null, "hostCalls: found null"],
    [{}, "hostCalls.clock.read: found undefined, expected a function"],
    [{ clock: {} }, "hostCalls.clock.read: found undefined, expected a function"],
    [{ clock: { read: () => 5 } }, "hostCalls.clock.read: answered 5, expected a bigint"],
    [{ clock, cycles: 3 }, 'hostCalls: no option "cycles", expected one of clock, cyclesPerMs'],
    [{ clock, cyclesPerMs: 0 }, "hostCalls.cyclesPerMs: found 0, expected a whole number from 1"],
  ])("%o", async (hostCalls, message) => {
    const world = tree();
    const wrong = load(world, { hostCalls: hostCalls as never });
    await expect(wrong).rejects.toThrow(OptionError);
    await expect(load(world, { hostCalls: hostCalls as never })).rejects.toThrow(message);
    expect([...world.kernel.domains()]).toEqual([]);
  });
});
