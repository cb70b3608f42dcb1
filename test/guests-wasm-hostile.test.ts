// Guests that trap, throw, or try not to pay.

import { describe, expect, test } from "vitest";
import { ExhaustedError, type Guest, RescindedError, refill } from "../src/index.js";
import { instrument, ModuleError } from "../src/instrument/index.js";
import { balanced, load, ran, TURN, tree } from "./wasm/plugin.js";
import { wat } from "./wasm/wat.js";

const SPIN = `(func $spin (param $n i32)
  (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))`;

/** What comes of `run`, and what it paid. */
async function paid(text: string, act?: () => void) {
  const world = tree();
  const guest = await load(world, {
    text: `(module (import "host" "act" (func $act)) ${text})`,
    act,
  });
  let error: unknown;
  try {
    await guest.call("run");
  } catch (thrown) {
    error = thrown;
  }
  balanced(world);
  return { error, cycles: ran(guest) };
}

describe("work is paid whatever it ends with", () => {
  test.each([
    ["unreachable", "unreachable", /unreachable/, 1n],
    ["a division by zero", "(drop (i32.div_s (i32.const 1) (i32.const 0)))", /divide by zero/, 4n],
    ["memory out of bounds", "(drop (i32.load (i32.const -8)))", /out of bounds/, 3n],
    ["a null function", "(call_indirect (i32.const 0))", /null|signature/, 2n],
    ["what the host throws", "(call $act)", /the host/, 1n],
  ])("%s", async (_, body, message, cycles) => {
    const text = `(memory 1) (table 1 funcref) ${SPIN}
      (func (export "run") (call $spin (i32.const 50)) ${body} (call $spin (i32.const 50)))`;
    const act = () => {
      throw new Error("the host");
    };
    const { error, cycles: found } = await paid(text, act);
    expect(String(error)).toMatch(message);
    // A block is paid whole: what comes before the next call is in that of the trap.
    expect(found - (50n * TURN + 2n)).toBeGreaterThanOrEqual(cycles);
    expect(found - (50n * TURN + 2n)).toBeLessThanOrEqual(cycles + 2n);
  });

  test("an exception of the guest's, caught by itself or by nobody", async () => {
    const throws = `(tag $e) ${SPIN} (func $throws (call $spin (i32.const 50)) (throw $e))`;
    const none = await paid(`${throws} (func (export "run") (call $throws))`);
    expect(none.error).toBeInstanceOf((WebAssembly as never as { Exception: never }).Exception);
    expect(none.cycles).toBe(50n * TURN + 4n);
    const caught = await paid(`${throws} (func (export "run")
      (try (do (call $throws)) (catch $e (call $spin (i32.const 50))))
      (call $spin (i32.const 50)))`);
    expect(caught.error).toBeUndefined();
    expect(caught.cycles).toBe(150n * TURN + 8n);
  });

  test("an exception of the host's that the guest catches", async () => {
    const act = () => {
      throw new Error("the host");
    };
    const text = `${SPIN} (func (export "run")
      (try (do (call $spin (i32.const 50)) (call $act)) (catch_all (call $spin (i32.const 50)))))`;
    const { error, cycles } = await paid(text, act);
    expect(error).toBeUndefined();
    expect(cycles).toBe(100n * TURN + 5n);
  });
});

describe("a hostile guest", () => {
  const endless: Record<string, string> = {
    "an endless loop": `(func (export "run") (loop $l (br $l)))`,
    "two functions that call each other for ever": `(func $a (export "run") (return_call $b))
      (func $b (return_call $a))`,
    "a call through a table, for ever": `(table funcref (elem $a))
      (func $a (export "run") (return_call_indirect (i32.const 0)))`,
    "a loop that catches everything": `(func (export "run")
      (loop $l (try (do (loop $m (br $m))) (catch_all)) (br $l)))`,
    "tries within tries around everything that could tell it to end": `(func $a
      (try (do (try (do (loop $m (br $m))) (catch_all (call $a)))) (catch_all (call $a))))
      (func (export "run") (loop $l (try (do (call $a)) (catch_all)) (br $l)))`,
    "memory that is filled again and again": `(memory 16) (func (export "run")
      (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) (br $l)))`,
    "a fill of all there is": `(memory 200) (func (export "run")
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 13107200))
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 13107200)))`,
    "memory that grows to the limit": `(memory 1) (func (export "run")
      (loop $l (drop (memory.grow (i32.const 1))) (br $l)))`,
    "a grow beyond the limit": `(memory 1 2) (func (export "run")
      (loop $l (drop (memory.grow (i32.const -1))) (br $l)))`,
    "a table that grows": `(table 1 100 funcref) (func (export "run")
      (loop $l (drop (table.grow (ref.null func) (i32.const 1))) (br $l)))`,
  };

  test.each(Object.entries(endless))("is stopped: %s", async (_, text) => {
    const { error } = await paid(text);
    expect(error).toBeInstanceOf(ExhaustedError);
  });

  test("that calls itself for ever is stopped by its meter or its stack, and is paid for", async () => {
    const text = `(func $a (export "run") (param i32) (call $a (i32.add (local.get 0) (i32.const 1))))`;
    for (const cycles of [1000n, 1_000_000_000n]) {
      const world = tree({ cycles });
      const guest = await load(world, { text: `(module ${text})` });
      await expect(guest.call("run", 0)).rejects.toThrow(
        cycles === 1000n ? ExhaustedError : RangeError,
      );
      expect(ran(guest)).toBeGreaterThanOrEqual(1000n);
      balanced(world);
      // The next call finds nothing of it.
      const before = ran(guest);
      world.tenant.set(cycles);
      await expect(guest.call("run", 0)).rejects.toThrow();
      expect(ran(guest)).toBeGreaterThan(before);
    }
  });

  test("that looks at its counter with hardly any stack left does the kernel no harm", async () => {
    // Each look is a refill: somewhere near the end of the stack one of them fails, at another place for each size.
    for (let values = 0; values < 4; values++) {
      const world = tree({ cycles: 10n, keeper: refill({ amount: 10n }), kernel: { advance: 1n } });
      const text = `(module (func $a (export "run") (param i32) (result i32)
        ${"(local.get 0) ".repeat(values)}
        (try (result i32) (do (call $a (local.get 0))) (catch_all (i32.const 3)))
        ${"(i32.add) ".repeat(values)}))`;
      const guest = await load(world, { text });
      await expect(guest.call("run", 0)).rejects.toThrow(RangeError);
      expect(ran(guest)).toBe(world.kernel.time);
      balanced(world);
    }
  });

  test("that its import has rescinded ends, whatever it catches", async () => {
    const world = tree();
    const text = `(module (import "host" "act" (func $act)) (func (export "run") (call $act)
      (try (do (loop $m (br $m))) (catch_all))))`;
    const guest: Guest = await load(world, { text, act: () => guest.domain.rescind() });
    await expect(guest.call("run")).rejects.toThrow(RescindedError);
    expect(world.kernel.check().findings).toEqual([]);
  });

  test("that catches what its import throws, at the end of its stack, pays all the same", async () => {
    const world = tree({ cycles: 1_000_000n, kernel: { advance: 100n } });
    const text = `(module (func $a (export "run")
      (try (do (call $a)) (catch_all)) (loop $l (br $l))))`;
    const guest = await load(world, { text });
    await expect(guest.call("run")).rejects.toThrow();
    balanced(world);
  });
});

describe("the counter", () => {
  test("can't be named: an index that only our additions would make good is refused", async () => {
    // Written by hand, for no tool writes them: a global, a function, a start, an element, one beyond.
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const type = [1, 4, 1, 0x60, 0, 0];
    const own = [3, 2, 1, 0];
    const code = (...body: number[]) => [10, body.length + 4, 1, body.length + 2, 0, ...body, 0x0b];
    const some = code(1);
    const cases: Record<string, number[]> = {
      "global.get": [...type, ...own, ...code(0x23, 0, 0x1a)],
      "global.set": [...type, ...own, ...code(0x42, 9, 0x24, 0)],
      "global.get in dead code": [...type, ...own, ...code(0x00, 0x23, 0, 0x1a)],
      "an exported global": [...type, ...own, 7, 5, 1, 1, 0x63, 3, 0, ...some],
      "an exported function": [...type, ...own, 7, 5, 1, 1, 0x63, 0, 1, ...some],
      "a start function": [...type, ...own, 8, 1, 1, ...some],
      "a call": [...type, ...own, ...code(0x10, 1)],
      "a reference": [...type, ...own, ...code(0xd2, 1, 0x1a)],
      "a function of a type": [...type, 3, 2, 1, 1, ...some],
      "an import of a type": [...type, 2, 5, 1, 0, 0, 0, 1],
      "an element": [
        ...[...type, ...own, 4, 4, 1, 0x70, 0, 1],
        ...[9, 7, 1, 0, 0x41, 0, 0x0b, 1, 1, ...some],
      ],
      "a local": [...type, ...own, ...code(0x20, 0, 0x1a)],
      "the type of a block": [...type, ...own, ...code(0x02, 1, 0x0b)],
      "the type of a call": [...type, ...own, 4, 4, 1, 0x70, 0, 1, ...code(0x41, 0, 0x11, 1, 0)],
      "the type of a table": [...type, ...own, 4, 5, 1, 0x63, 1, 0, 1, ...some],
      "the type of an element": [...type, ...own, 9, 5, 1, 5, 0x63, 1, 0, ...some],
      "the type of a local": [...type, ...own, 10, 7, 1, 5, 1, 1, 0x63, 1, 0x0b],
      "a type in a type": [1, 6, 1, 0x60, 1, 0x63, 1, 0, ...own, ...some],
    };
    for (const [what, bytes] of Object.entries(cases)) {
      const module = Uint8Array.from([...header, ...bytes]);
      expect(WebAssembly.validate(module), what).toBe(false);
      expect(() => instrument(module), what).toThrow(ModuleError);
    }
    const good = Uint8Array.from([...header, ...type, ...own, ...some]);
    expect(WebAssembly.validate(good)).toBe(true);
    expect(WebAssembly.validate(instrument(good).bytes)).toBe(true);
  });

  test("has a name of its own where the guest uses that, and so have the others", async () => {
    const text = `(module
      (import "host" "act" (func $act))
      (import "primemeter" "refill" (func $refill (param i64) (result i64)))
      (import "primemeter" "refill'" (global $g i64))
      (global (export "primemeter.counter") (mut i64) (i64.const 5))
      (func $start) (start $start)
      (func (export "primemeter.start") (result i32) (i32.const 9))
      (func (export "run") (result i64) (call $refill (i64.const 1000000))))`;
    const module = instrument(await wat(text));
    expect(module).toMatchObject({
      ...{ counter: "primemeter.counter'", start: "primemeter.start'" },
      refill: { module: "primemeter", field: "refill''" },
    });
    const world = tree();
    const refill = (x: bigint) => x + 1n;
    const primemeter = { refill, "refill'": new WebAssembly.Global({ value: "i64" }, 7n) };
    const guest: Guest = world.kernel.loadWasm(module, {
      meter: world.plugin,
      imports: { host: { act() {} }, primemeter },
    });
    expect(await guest.call("run")).toBe(1_000_001n);
    expect(await guest.call("primemeter.start")).toBe(9);
    expect(Object.keys(guest.exports)).toEqual(["primemeter.counter"]);
    expect(ran(guest)).toBe(3n);
    balanced(world);
  });
});
