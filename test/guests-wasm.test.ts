import { describe, expect, test } from "vitest";
import {
  createKernel,
  ExhaustedError,
  type Guest,
  OptionError,
  RescindedError,
  StateError,
} from "../src/index.js";
import { AROUND, balanced, instrumented, load, ran, SPINNER, TURN, tree } from "./wasm/plugin.js";

const caches = [1n, 7n, 100n, 1_000_000n];

describe("a guest", () => {
  test.each(caches)("pays every meter above it exactly, by advances of %d", async (advance) => {
    const world = tree({ kernel: { advance } });
    const guest = await load(world);
    for (const turns of [1, 2, 1000, 33]) {
      const before = ran(guest);
      await guest.call("spin", turns);
      expect(ran(guest) - before).toBe(TURN * BigInt(turns));
      balanced(world);
    }
    expect(world.kernel.time).toBe(ran(guest));
    expect(guest.domain.state).toBe("available");
  });

  test("gives what its function gives, and takes what it takes", async () => {
    const guest = await load(tree(), {
      text: `(module (func (export "swap") (param i32 i64) (result i64 i32)
        (local.get 1) (local.get 0)))`,
    });
    expect(await guest.call("swap", 7, 8n)).toEqual([8n, 7]);
    await expect(guest.call("swap", 7, 8)).rejects.toThrow(TypeError);
  });

  test("is of the meter tree: two guests under one tenant share what it has", async () => {
    const world = tree({ cycles: 10_000n });
    const [first, second] = [await load(world), await load(world)];
    await first.call("spin", 1500);
    await expect(second.call("spin", 1000)).rejects.toThrow(ExhaustedError);
    expect(world.tenant.peek()).toBe(0n);
    expect(first.domain.consumed + second.domain.consumed).toBe(10_000n);
    balanced(world);
  });

  test("has exports, but neither functions nor what is the instrumenter's", async () => {
    const guest = await load(tree(), {
      text: `(module (memory (export "memory") 1) (global (export "g") i32 (i32.const 3))
        (func $start) (start $start) (func (export "f")))`,
    });
    expect(Object.keys(guest.exports)).toEqual(["memory", "g"]);
    expect(guest.exports.memory).toBeInstanceOf(WebAssembly.Memory);
    for (const name of ["memory", "primemeter.counter", "primemeter.start", "toString", "x"]) {
      await expect(guest.call(name)).rejects.toThrow(OptionError);
      expect(() => guest.callNow(name)).toThrow(OptionError);
    }
  });
});

describe("a guest's memory", () => {
  test("is read and written by the host, also once it has grown", async () => {
    const guest = await load(tree(), {
      text: `(module (memory (export "memory") 1)
        (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export "grow") (drop (memory.grow (i32.const 1)))))`,
    });
    expect(guest.read(65_530, 6)).toEqual(new Uint8Array(6));
    await guest.call("grow");
    guest.write(65_534n, Uint8Array.of(1, 2, 3, 4));
    expect(await guest.call("peek", 65_537)).toBe(4);
    const bytes = guest.read(65_533, 5);
    expect(bytes).toEqual(Uint8Array.of(0, 1, 2, 3, 4));
    bytes[0] = 9;
    expect(guest.read(65_533, 1)).toEqual(Uint8Array.of(0));
    expect(guest.read(131_072, 0)).toEqual(new Uint8Array(0));
  });

  test("is nothing but its own: what is past it, or no place, is refused and nothing written", async () => {
    const guest = await load(tree(), { text: `(module (memory (export "m") 1))` });
    for (const [address, length] of [
      [65_536, 1],
      [65_530, 7],
      [2 ** 40, 1],
      [0, 2 ** 50],
    ] as const) {
      expect(() => guest.read(address, length)).toThrow(RangeError);
    }
    expect(() => guest.write(65_530, new Uint8Array(7).fill(1))).toThrow(
      "write: found 7 bytes at 65530, expected them within the 65536 of its memory",
    );
    expect(guest.read(65_530, 6)).toEqual(new Uint8Array(6));
    for (const bad of [-1, 1.5, Number.NaN, "0", null, undefined, -1n, 2n ** 60n] as number[]) {
      expect(() => guest.read(bad, 1)).toThrow(OptionError);
      expect(() => guest.write(bad, new Uint8Array(1))).toThrow(OptionError);
      if (bad !== undefined) expect(() => guest.read(0, bad)).toThrow(OptionError);
    }
    expect(() => guest.write(0, [1] as unknown as Uint8Array)).toThrow(OptionError);
    const bare = await load(tree());
    expect(() => bare.read(0, 1)).toThrow(new StateError("read: guest domain-1 exports no memory"));
  });
});

describe("loadWasm", () => {
  test("refuses what it can't do, and keeps nothing", async () => {
    const world = tree();
    const { kernel, plugin } = world;
    const module = await instrumented(SPINNER);
    const { nodes } = kernel.check();
    const wrong =
      (options: object, of: unknown = module) =>
      () =>
        kernel.loadWasm(of as typeof module, options as never);
    const imports = { host: { act() {} } };
    expect(wrong({ meter: plugin, imports }, new Uint8Array(8))).toThrow(OptionError);
    expect(wrong({ meter: plugin, imports }, null)).toThrow(OptionError);
    expect(wrong({ meter: 3, imports })).toThrow(OptionError);
    for (const options of [undefined, null, 3]) {
      expect(wrong(options as never)).toThrow(OptionError);
    }
    expect(wrong({ meter: plugin, imports: 3 })).toThrow(OptionError);
    expect(wrong({ meter: plugin, import: imports })).toThrow(OptionError);
    for (const suspend of [1, null, "yes"]) {
      const message = `suspend: found ${JSON.stringify(suspend)}, expected true or false`;
      expect(wrong({ meter: plugin, imports, suspend })).toThrow(new OptionError(message));
    }
    for (const onDecline of ["wait", null, true]) {
      const message = `onDecline: found ${JSON.stringify(onDecline)}, expected "park" or "trap"`;
      expect(wrong({ meter: plugin, imports, onDecline })).toThrow(new OptionError(message));
    }
    expect(wrong({ meter: plugin, imports: {} })).toThrow(TypeError);
    expect(wrong({ meter: plugin, imports: { host: {} } })).toThrow(WebAssembly.LinkError);
    expect(kernel.check().nodes).toBe(nodes);
    balanced(world);
  });

  test("refuses to suspend where the engine can't", async () => {
    const world = tree();
    const engine = WebAssembly as unknown as Record<string, unknown>;
    const { Suspending } = engine;
    engine.Suspending = undefined;
    try {
      const message =
        "suspend: found an engine without JSPI, expected one with WebAssembly.Suspending";
      await expect(load(world, { suspend: true })).rejects.toThrow(message);
      await expect(load(world, { suspend: true })).rejects.toThrow(StateError);
      expect([...world.kernel.domains()]).toEqual([]);
      await (await load(world, { suspend: false, onDecline: "trap" })).call("spin", 1);
    } finally {
      if (Suspending) engine.Suspending = Suspending;
      else delete engine.Suspending;
    }
  });

  test("refuses a kernel of several processors", async () => {
    const kernel = createKernel({ processors: 2, seed: 1 });
    const module = await instrumented("(module)");
    expect(() => kernel.loadWasm(module, { meter: kernel.primeMeter })).toThrow(StateError);
    kernel.dispose();
  });
});

describe("reading counts from an import", () => {
  test.each(caches)("is exact, by advances of %d", async (advance) => {
    const world = tree({ kernel: { advance } });
    const seen: bigint[] = [];
    const guest: Guest = await load(world, {
      act: () => {
        seen.push(ran(guest), 1_000_000n - world.tenant.peek() + guest.domain.owed);
        seen.push(world.kernel.time);
        expect(guest.domain.state).toBe("running");
        balanced(world);
      },
    });
    await guest.call("around", 100);
    // The call of `act` belongs to the block before it: local.get, call, call.
    expect(seen).toEqual(Array(3).fill(100n * TURN + 3n));
    expect(ran(guest)).toBe(200n * TURN + AROUND);
    balanced(world);
  });

  test("reading by every way there is", async () => {
    const world = tree();
    const { kernel, tenant } = world;
    const readings: bigint[] = [];
    const guest: Guest = await load(world, {
      act: () => {
        readings.push(1_000_000n - tenant.counter(), tenant.statistics().consumed);
        readings.push(guest.domain.ran, kernel.time);
        tenant.recall();
        guest.domain.unprepare();
        readings.push(1_000_000n - tenant.set(1_000_000n));
      },
    });
    await guest.call("around", 1000);
    expect(readings).toEqual(Array(5).fill(1000n * TURN + 3n));
    expect(ran(guest)).toBe(2000n * TURN + AROUND);
    balanced(world);
  });
});

describe("start functions", () => {
  const start = (body: string) => `(module
    (import "host" "act" (func $act))
    (global $g (export "g") (mut i32) (i32.const 0))
    (func $spin (param $n i32)
      (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func $start ${body} (global.set $g (i32.const 1)))
    (start $start))`;

  test("run at once, and are paid exactly, readings from imports included", async () => {
    const world = tree();
    const seen: bigint[] = [];
    const text = start("(call $spin (i32.const 100)) (call $act)");
    const guest = await load(world, { text, act: () => seen.push(world.kernel.time) });
    expect(seen).toEqual([100n * TURN + 3n]);
    expect(ran(guest)).toBe(100n * TURN + 5n);
    expect((guest.exports.g as WebAssembly.Global).value).toBe(1);
    balanced(world);
  });

  test.each([
    ["runs dry", "(loop $more (br $more))", ExhaustedError, 1_000_000n],
    ["traps", "(call $spin (i32.const 100)) unreachable", WebAssembly.RuntimeError, 503n],
    ["calls what throws", "(call $spin (i32.const 100)) (call $act)", RangeError, 503n],
  ])("that %s: what ran is paid, nothing else is kept", async (_, body, error, paid) => {
    const world = tree();
    const act = () => {
      throw new RangeError("no");
    };
    await expect(load(world, { text: start(body), act })).rejects.toThrow(error);
    expect([...world.kernel.domains()]).toEqual([]);
    expect(world.tenant.peek()).toBe(1_000_000n - paid);
    expect(world.kernel.check().findings).toEqual([]);
  });

  test("under a dry meter: an error, nothing is kept", async () => {
    const world = tree({ cycles: 0n });
    await expect(load(world, { text: start("") })).rejects.toThrow(ExhaustedError);
    expect([...world.kernel.domains()]).toEqual([]);
    balanced(world);
  });
});

describe("the end of the kernel", () => {
  test("is told to calls that wait", async () => {
    const world = tree({ cycles: 0n });
    const guest = await load(world);
    const calls = [guest.call("spin", 1), guest.call("spin", 1), guest.untilMayRun()];
    world.kernel.dispose();
    for (const call of calls) await expect(call).rejects.toThrow(StateError);
  });

  test("in the midst of a call: it ends at its next look", async () => {
    const world = tree();
    const guest: Guest = await load(world, { act: () => world.kernel.dispose() });
    await expect(guest.call("around", 1000)).rejects.toThrow(StateError);
    await expect(guest.call("around", 1000)).rejects.toThrow(StateError);
  });
});

describe("a rescinded guest", () => {
  test("is called no more; calls that wait are told", async () => {
    const world = tree({ cycles: 0n });
    const guest = await load(world);
    const call = guest.call("spin", 1);
    guest.domain.rescind();
    await expect(call).rejects.toThrow(RescindedError);
    await expect(guest.call("spin", 1)).rejects.toThrow(RescindedError);
    balanced(world);
  });

  test("rescinded by an import it stops at its next look, whatever it catches", async () => {
    const world = tree();
    const guest: Guest = await load(world, { act: () => guest.domain.rescind() });
    await expect(guest.call("around", 1000)).rejects.toThrow(RescindedError);
    const { consumed } = world.tenant.statistics();
    expect(consumed).toBe(1000n * TURN + 3n);
    expect(world.kernel.check().findings).toEqual([]);
  });
});
