// Guests in workers of their own: what they do is what they would do in the host's thread, and costs the same.

import { describe, expect, test } from "vitest";
import { type AnyGuest, createKernel, OptionError, StateError, WorkerError } from "../src/index.js";
import { AROUND, balanced, instrumented, load, ran, SPINNER, TURN } from "./wasm/plugin.js";
import { ranBy, remote, world } from "./wasm/remote.js";

const caches = [7n, 1000n, 80_000_000n];

/** A module with a memory that begins with "hello". */
const MEMORY = `(module (memory (export "memory") 1) (data (i32.const 0) "hello")
  (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))`;

describe("a guest in a worker", () => {
  test.each(caches)("pays every meter above it exactly, by advances of %d", async (advance) => {
    const here = world({ kernel: { advance } });
    const guest = await remote(here);
    await guest.ready;
    for (const turns of [1, 2, 1000, 33]) {
      const before = ranBy(guest);
      await guest.call("spin", turns);
      expect(ranBy(guest) - before).toBe(TURN * BigInt(turns));
      balanced(here);
    }
    expect(here.kernel.time).toBe(ranBy(guest));
    expect(guest.domain.state).toBe("available");
  });

  test("gives what its function gives, and takes what it takes", async () => {
    const guest = await remote(world(), {
      text: `(module (func (export "swap") (param i32 i64 f64) (result f64 i64 i32)
        (local.get 2) (local.get 1) (local.get 0)) (func (export "none")))`,
    });
    expect(await guest.call("swap", 7, 2n ** 63n - 1n, 0.5)).toEqual([0.5, 2n ** 63n - 1n, 7]);
    expect(await guest.call("swap", -1, 2n ** 64n - 1n, Number.NaN)).toEqual([Number.NaN, -1n, -1]);
    await expect(guest.call("swap")).rejects.toThrow(TypeError);
    expect(await guest.call("none")).toBe(undefined);
    await expect(guest.call("swap", 7, 8, 9)).rejects.toThrow(TypeError);
  });

  test("takes as many arguments as there can be", async () => {
    const params = Array(1000).fill("i64").join(" ");
    const text = `(module (func (export "last") (param ${params}) (result i64) (local.get 999)))`;
    const guest = await remote(world(), { text });
    expect(await guest.call("last", ...Array.from({ length: 1000 }, (_, i) => BigInt(i)))).toBe(
      999n,
    );
    await expect(guest.call("last", ...Array(1001).fill(0n))).rejects.toThrow(
      "call last: found 1001 arguments, expected 1000 at most",
    );
  });

  test("serves one call after the other", async () => {
    const here = world();
    const guest = await remote(here, {
      text: `(module (global $g (mut i32) (i32.const 0))
        (func (export "next") (param i32) (result i32)
          (global.set $g (i32.add (global.get $g) (i32.const 1)))
          (loop $more (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (global.get $g)))`,
    });
    const turns = [5000, 1, 3000, 1, 1];
    expect(await Promise.all(turns.map((n) => guest.call("next", n)))).toEqual([1, 2, 3, 4, 5]);
    balanced(here);
  });

  test("runs its start function before it is ready", async () => {
    const here = world();
    const seen: bigint[] = [];
    const text = `(module (import "host" "act" (func $act))
      (global $g (mut i32) (i32.const 0))
      (func $start (loop $more (call $act) (br_if $more (i32.eqz (global.get $g))))
        (global.set $g (i32.const 2)))
      (func (export "set") (global.set $g (i32.const 1)))
      (func (export "get") (result i32) (global.get $g))
      (start $start))`;
    const guest = await remote(here, {
      text,
      act: () => {
        seen.push(ranBy(guest));
        return seen.length === 3 ? guest.callNow("set") : undefined;
      },
    });
    const call = guest.call("get");
    await guest.ready;
    expect(seen).toEqual([1n, 5n, 9n]);
    expect(await call).toBe(2);
    expect(ranBy(guest)).toBe(9n + 2n + 3n + 2n + 1n);
    await expect(guest.call("primemeter.start")).rejects.toThrow(OptionError);
    balanced(here);
  });

  test.each([
    ["spin", [3]],
    ["around", [1000]],
    ["dig", [500]],
  ])("%s costs what it costs in the host's thread", async (name, args) => {
    const [there, here] = [world(), world()];
    const [one, other] = [await load(there), await remote(here)];
    for (let i = 0; i < 3; i++) {
      await one.call(name, ...args);
      await other.call(name, ...args);
      expect(ranBy(other)).toBe(ran(one));
    }
    expect(here.kernel.time).toBe(there.kernel.time);
    balanced(here);
  });

  test("what it traps with, the cycles before included, is what it is in the host's thread", async () => {
    const [there, here] = [world(), world()];
    const text = `(module (tag $e (param i32)) (memory 1)
      (func $spin (param $n i32)
        (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
      (func (export "unreachable") (call $spin (i32.const 50)) unreachable)
      (func (export "divide") (call $spin (i32.const 50))
        (drop (i32.div_s (i32.const 1) (i32.const 0))))
      (func (export "load") (call $spin (i32.const 50)) (drop (i32.load (i32.const -8))))
      (func (export "throw") (call $spin (i32.const 50)) (throw $e (i32.const 1)))
      (func $deep (export "deep") (call $deep)))`;
    const [one, other] = [await load(there, { text }), await remote(here, { text })];
    for (const name of ["unreachable", "divide", "load", "throw"]) {
      const error = (guest: AnyGuest) => guest.call(name).catch((error) => error as Error);
      const [expected, found] = [await error(one), await error(other)] as [Error, Error];
      expect(found.constructor).toBe(expected.constructor);
      expect(found.message).toBe(expected.message);
      expect(ranBy(other)).toBe(ran(one));
    }
    // How deep the stack is differs.
    await expect(other.call("deep")).rejects.toThrow(RangeError);
    balanced(here);
    await expect(other.call("divide")).rejects.toThrow("divide by zero");
  });
});

describe("its memory", () => {
  test("is read and written between calls", async () => {
    const guest = await remote(world(), { text: MEMORY });
    expect(Buffer.from(await guest.read(0, 5)).toString()).toBe("hello");
    await guest.write(1n, Buffer.from("u"));
    expect(await guest.call("get", 1)).toBe("u".charCodeAt(0));
    const bytes = Uint8Array.from({ length: 131_072 }, (_, i) => i % 251);
    await expect(guest.write(0, bytes)).rejects.toThrow(
      "write: found 131072 bytes at 0, expected them within the 65536 of its memory",
    );
    expect(Buffer.from(await guest.read(0, 5)).toString()).toBe("hullo");
    expect(await guest.call("grow")).toBe(1);
    await guest.write(0, bytes);
    expect(await guest.read(0, 131_072)).toEqual(bytes);
    expect(await guest.read(131_072, 0)).toEqual(new Uint8Array(0));
    await expect(guest.read(131_072, 1)).rejects.toThrow(RangeError);
    await guest.write(131_072, new Uint8Array(0));
  });

  test("waits for calls before; what is written is what was there when it was asked", async () => {
    const guest = await remote(world(), { text: MEMORY });
    const bytes = new Uint8Array([7]);
    const [first, , second] = await Promise.all([
      guest.call("get", 0),
      guest.write(0, bytes),
      guest.call("get", 0),
      Promise.resolve(bytes.fill(9)),
    ]);
    expect([first, second]).toEqual(["h".charCodeAt(0), 7]);
  });

  test("refuses what is no place, and guests without one", async () => {
    const guest = await remote(world(), { text: MEMORY });
    await expect(guest.read(-1, 1)).rejects.toThrow(OptionError);
    await expect(guest.read(0.5, 1)).rejects.toThrow("found 0.5, expected a whole number from 0");
    await expect(guest.read(0, -1)).rejects.toThrow("read: length: found -1");
    for (const address of [null, "5", [7], -1n] as unknown[] as number[]) {
      const found = /^read: address: found .*, expected a whole number from 0$/;
      await expect(guest.read(address, 1)).rejects.toThrow(found);
      await expect(guest.write(address, new Uint8Array(1))).rejects.toThrow(OptionError);
    }
    await expect(guest.write(0, [1] as never)).rejects.toThrow("expected a Uint8Array");
    const none = await remote(world());
    await expect(none.read(0, 1)).rejects.toThrow(StateError);
    await expect(none.write(0, new Uint8Array(1))).rejects.toThrow("domain-1 exports no memory");
  });
});

describe("loadWasm with worker", () => {
  test("refuses what it can't do, and keeps nothing", async () => {
    const here = world();
    const { kernel, plugin } = here;
    const module = await instrumented(SPINNER);
    const { nodes } = kernel.check();
    const wrong = (options: object) => () =>
      kernel.loadWasm(module, { meter: plugin, worker: true, ...options } as never);
    const act = () => {};
    for (const worker of [
      false,
      1,
      null,
      "x",
      { import: "x" },
      { imports: 3 },
      { imports: "./x.js" },
    ]) {
      expect(wrong({ worker, imports: { host: { act } } })).toThrow(OptionError);
    }
    expect(wrong({ imports: { host: { act }, env: { memory: 3 } } })).toThrow(
      "imports.env.memory: found 3, expected a function: what else a guest in a worker imports is made there",
    );
    expect(wrong({})).toThrow(
      "imports.host.act: found none, expected a function, or one of `worker.imports`",
    );
    expect(wrong({ imports: { host: { act } }, suspend: true })).toThrow(
      "suspend: found true, but a guest in a worker always waits where it can't go on",
    );
    expect(kernel.check().nodes).toBe(nodes);
    const memory = await instrumented(`(module (import "env" "memory" (memory 1)))`);
    expect(() => kernel.loadWasm(memory, { meter: plugin, worker: true })).toThrow(
      "imports.env.memory: found none, expected a memory of `worker.imports`",
    );
    balanced(here);
  });

  test("refuses a kernel of several processors", async () => {
    const kernel = createKernel({ processors: 2, seed: 1 });
    const module = await instrumented("(module)");
    const options = { meter: kernel.primeMeter, worker: true } as const;
    expect(() => kernel.loadWasm(module, options)).toThrow(StateError);
    kernel.dispose();
  });

  test("refuses where threads can't share memory", async () => {
    const here = world();
    const { SharedArrayBuffer: own } = globalThis;
    const module = await instrumented("(module)");
    Reflect.deleteProperty(globalThis, "SharedArrayBuffer");
    try {
      const load = () => here.kernel.loadWasm(module, { meter: here.plugin, worker: true });
      expect(load).toThrow(WorkerError);
      expect(load).toThrow("worker: it needs SharedArrayBuffer, which browsers keep for pages");
    } finally {
      globalThis.SharedArrayBuffer = own;
    }
    balanced(here);
  });

  test("calls of what it does not export, and of what can't cross, are refused", async () => {
    const here = world();
    const guest = await remote(here);
    for (const name of ["memory", "primemeter.counter", "toString", "x"]) {
      await expect(guest.call(name)).rejects.toThrow(`found no exported function "${name}"`);
    }
    await expect(guest.call("spin", "5")).rejects.toThrow(
      'call spin: argument 1: found "5", expected a number or a bigint: nothing else crosses to a worker',
    );
    await expect(guest.call("spin", 1, {})).rejects.toThrow(OptionError);
    await expect(guest.callNow("spin", 1)).rejects.toThrow(
      "callNow: domain-1 waits for no function of the host: use call",
    );
    await guest.call("around", 1);
    expect(ranBy(guest)).toBe(2n * TURN + AROUND);
    balanced(here);
  });

  test("results that can't cross are errors of the call; the guest goes on", async () => {
    const guest = await remote(world(), {
      text: `(module (func $f (export "f") (result funcref) (ref.func $f))
        (func (export "null") (result externref) (ref.null extern)))`,
    });
    const expected =
      "a result can't leave its worker: found function, expected a number or a bigint";
    await expect(guest.call("f")).rejects.toThrow(expected);
    await expect(guest.call("null")).rejects.toThrow("found null");
  });
});
