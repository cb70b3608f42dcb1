// Guests in workers that call functions: of the host's thread, which they wait for, and of their own workers.

import { describe, expect, test } from "vitest";
import { ExhaustedError, RescindedError, type WorkerGuest } from "../src/index.js";
import { AROUND, balanced, load, TURN } from "./wasm/plugin.js";
import { ranBy, remote, until, world } from "./wasm/remote.js";

const imports = new URL("wasm/imports.mjs", import.meta.url);
const caches = [7n, 1000n, 80_000_000n];

const SPIN = `(func $spin (param $n i32)
  (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))`;

describe("a function of the host", () => {
  test.each(caches)("finds every count exact, by advances of %d", async (advance) => {
    const here = world({ kernel: { advance } });
    const seen: bigint[] = [];
    const guest = await remote(here, {
      act: () => {
        seen.push(ranBy(guest), 1_000_000n - here.tenant.peek() + guest.domain.owed);
        seen.push(here.kernel.time);
        expect(guest.domain.state).toBe("running");
        balanced(here);
      },
    });
    await guest.call("around", 100);
    expect(seen).toEqual(Array(3).fill(100n * TURN + 3n));
    expect(ranBy(guest)).toBe(200n * TURN + AROUND);
    balanced(here);
  });

  test("may take its time: the guest waits, others run", async () => {
    const here = world({ cycles: 2n ** 60n });
    const other = await remote(here);
    let done = false;
    const guest = await remote(here, {
      act: async () => {
        await other.call("spin", 1000);
        done = true;
      },
    });
    await guest.call("around", 10);
    expect(done).toBe(true);
    expect(ranBy(guest)).toBe(20n * TURN + AROUND);
    balanced(here);
  });

  test("is given numbers and bigints, and gives them back as in the host's thread", async () => {
    const text = `(module
      (import "host" "act" (func $act (param i32 i64 f32 f64) (result f64 i64 i32)))
      (import "host" "one" (func $one (param i64) (result i64)))
      (func (export "all") (param i32 i64 f32 f64) (result f64 i64 i32)
        (call $act (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
      (func (export "one") (param i64) (result i64) (call $one (local.get 0))))`;
    const given: unknown[] = [];
    const answers: unknown[] = [
      [1.5, 2n, 3],
      [true, 2n ** 64n - 1n, 2 ** 32],
      [1, 2],
      "x",
      [1, 2n, "3"],
      [{}, 2n, 3],
      undefined,
    ];
    const host = {
      act: (...args: unknown[]) => {
        given.push(args);
        return answers[0];
      },
      one: (value: bigint) => (value > 5n ? value + 1n : Number(value)),
    };
    const [one, other] = [
      await load(world(), { text, imports: { host } }),
      await remote(world(), { text, imports: { host } }),
    ];
    const both = async (name: string, ...args: unknown[]) => {
      const settled = await Promise.allSettled([
        one.call(name, ...args),
        other.call(name, ...args),
      ]);
      return settled.map((result) =>
        result.status === "fulfilled" ? result.value : (result.reason as Error).constructor,
      );
    };
    for (; answers.length > 0; answers.shift()) {
      const [expected, found] = await both("all", -1, 2n ** 63n, 0.1, Number.NaN);
      // A text that is a number is one only in the host's thread.
      if (Array.isArray(answers[0]) && answers[0][2] === "3") expect(found).toBe(TypeError);
      else if (Array.isArray(answers[0]) && answers[0][0] === 1 && answers[0].length === 2)
        expect([expected, found]).toEqual([TypeError, TypeError]);
      else if (Array.isArray(answers[0]) && typeof answers[0][0] === "object")
        expect(found).toBe(TypeError);
      else expect(found).toEqual(expected);
    }
    for (let i = 0; i < given.length; i += 2) expect(given[i + 1]).toEqual(given[i]);
    expect(await both("one", 7n)).toEqual([8n, 8n]);
    expect(await both("one", 3n)).toEqual([TypeError, TypeError]);
  });

  test("gives what nobody wants, of whatever kind", async () => {
    const guest = await remote(world(), { act: () => new Map([[1, () => {}]]) });
    await guest.call("around", 1);
  });

  test("can't be given what does not cross", async () => {
    const text = `(module (import "host" "act" (func $act (param funcref)))
      (func $f (export "f") (call $act (ref.func $f))))`;
    const here = world();
    const guest = await remote(here, { text });
    await expect(guest.call("f")).rejects.toThrow(
      "an argument of host.act can't leave its worker: found function, expected a number or a bigint",
    );
    balanced(here);
  });

  test("throws through the guest: its very error comes back, and all is paid", async () => {
    const here = world();
    for (const thrown of [new RangeError("no"), { a: 1 }, undefined, Promise.reject]) {
      const guest = await remote(here, {
        act: async () => {
          throw thrown;
        },
      });
      const error = await guest.call("around", 10).then(
        () => "resolved",
        (error) => error,
      );
      expect(error).toBe(thrown);
      expect(ranBy(guest)).toBe(10n * TURN + 3n);
    }
    balanced(here);
  });

  test("throws, and the guest catches it", async () => {
    const text = `(module (import "host" "act" (func $act))
      (func (export "f") (result i32)
        (try (result i32) (do (call $act) (i32.const 1)) (catch_all (i32.const 2)))))`;
    const guest = await remote(world(), {
      text,
      act: () => {
        throw new Error("no");
      },
    });
    expect(await guest.call("f")).toBe(2);
  });

  test("calls the guest in turn, which may call it again, and reads its memory", async () => {
    const here = world({ kernel: { advance: 100n } });
    const text = `(module (import "host" "act" (func $act (param i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "deeper") (param $n i32) (result i32)
        (i32.store8 (local.get $n) (local.get $n))
        (i32.add (local.get $n) (call $act (local.get $n)))))`;
    const read: number[] = [];
    const guest: WorkerGuest = await remote(here, {
      text,
      act: async (n: number) => {
        balanced(here);
        const [[byte]] = await Promise.all([
          guest.read(n, 1),
          guest.write(n, new Uint8Array([100 + n])),
        ]);
        read.push(byte!, (await guest.read(n, 1))[0]!);
        balanced(here);
        return n === 0 ? 0 : guest.callNow("deeper", n - 1);
      },
    });
    const [sum, after] = await Promise.all([guest.call("deeper", 4), guest.call("deeper", 0)]);
    expect([sum, after]).toEqual([10, 0]);
    expect(read).toEqual([4, 104, 3, 103, 2, 102, 1, 101, 0, 100, 0, 100]);
    expect(ranBy(guest)).toBe(6n * 7n);
    balanced(here);
  });

  test("answers only when what it asked of the guest is done", async () => {
    const text = `(module (import "host" "act" (func $act)) (memory (export "memory") 1)
      (func (export "f") (result i32) (call $act) (i32.load8_u (i32.const 0))))`;
    const guest: WorkerGuest = await remote(world(), {
      text,
      act: () => {
        // Not awaited.
        void guest.write(0, new Uint8Array([1]));
        void guest.write(0, new Uint8Array([2]));
      },
    });
    expect(await guest.call("f")).toBe(2);
  });

  test("ends the inner call with the outer, where its meter is dry", async () => {
    const here = world({ cycles: 10_000n });
    const caught: unknown[] = [];
    const guest: WorkerGuest = await remote(here, {
      onDecline: "trap",
      act: () =>
        guest.callNow("forever").catch((error) => {
          caught.push(error);
          here.tenant.add(10_000n);
        }),
    });
    await expect(guest.call("around", 100)).rejects.toThrow(ExhaustedError);
    expect(caught).toEqual([expect.any(ExhaustedError)]);
    await guest.call("spin", 1);
    balanced(here);
  });

  test("switches it off: not one instruction more until it is on", async () => {
    const here = world();
    const guest = await remote(here, { act: () => void here.tenant.off() });
    const call = guest.call("around", 100);
    await until(() => guest.domain.state === "parked");
    expect(ranBy(guest)).toBe(100n * TURN + 3n);
    here.tenant.on(1_000_000n);
    await call;
    expect(ranBy(guest)).toBe(200n * TURN + AROUND);
    balanced(here);
  });

  test.each([1n, 7n, 80_000_000n])(
    "is paid for by the call, by advances of %d",
    async (advance) => {
      const here = world({ kernel: { advance } });
      const seen: bigint[] = [];
      const guest = await remote(here, { hostCalls: 500, act: () => void seen.push(ranBy(guest)) });
      await guest.call("around", 10);
      await guest.call("around", 10);
      expect(seen).toEqual([10n * TURN + 503n, 30n * TURN + 503n + AROUND + 500n]);
      expect(ranBy(guest)).toBe(2n * (20n * TURN + AROUND + 500n));
      balanced(here);
    },
  );

  test("is paid for by its time, until it answers or promises to", async () => {
    const here = world({ cycles: 1000n });
    let now = 5n;
    const clock = { read: () => now };
    const guest = await remote(here, {
      hostCalls: { clock, cyclesPerMs: 32_000 },
      act: async () => {
        now += 300n;
        await new Promise((resolve) => setTimeout(resolve, 1));
        now += 70_000n;
      },
    });
    await guest.call("around", 10);
    expect(ranBy(guest)).toBe(20n * TURN + AROUND + 600n);
    // More than there is.
    const call = guest.call("around", 10);
    await until(() => guest.domain.state === "parked");
    expect(ranBy(guest)).toBe(30n * TURN + AROUND + 1200n + 3n);
    balanced(here);
    here.tenant.add(1000n);
    await call;
    expect(ranBy(guest)).toBe(40n * TURN + 2n * AROUND + 1200n);
    balanced(here);
  });

  test("rescinds it: it runs no more", async () => {
    const here = world();
    const guest: WorkerGuest = await remote(here, { act: () => guest.domain.rescind() });
    await expect(guest.call("around", 1000)).rejects.toThrow(RescindedError);
    expect(here.tenant.statistics().consumed).toBe(1000n * TURN + 3n);
    expect(here.kernel.check().findings).toEqual([]);
  });
});

describe("a function of the worker's own", () => {
  const text = `(module ${["block", "act"]
    .map(
      (name) =>
        `(import "host" "${name}" (func $${name}${name === "block" ? " (param i32)" : ""}))`,
    )
    .join(" ")}
    (import "host" "double" (func $double (param f64) (result f64)))
    (import "host" "first" (func $first (result i32)))
    (import "host" "early" (func $early (result i32)))
    (import "host" "fail" (func $fail))
    (import "host" "hide" (func $hide (param i32) (result externref)))
    (import "host" "show" (func $show (param externref) (result i32)))
    (import "host" "back" (func $back (param funcref)))
    (import "env" "memory" (memory 2))
    (export "memory" (memory 0))
    (data (i32.const 0) "\\07")
    ${SPIN}
    (func $inner (export "inner") (call $spin (i32.const 100)))
    (func (export "double") (param f64) (result f64) (call $double (local.get 0)))
    (func (export "first") (result i32) (call $first))
    (func (export "early") (result i32) (call $early))
    (func (export "fail") (call $spin (i32.const 10)) (call $fail))
    (func (export "through") (param i32) (result i32) (call $show (call $hide (local.get 0))))
    (func (export "back") (call $back (ref.func $inner)))
    (func (export "act") (call $act))
    (func (export "block") (param i32)
      (call $spin (i32.const 100)) (call $block (local.get 0)) (call $spin (i32.const 100))))`;

  const own = (here: ReturnType<typeof world>, more = {}) =>
    remote(here, { text, imports: {}, worker: { imports }, ...more });

  test("is called there, with anything; some may be the host's", async () => {
    const here = world();
    let acts = 0;
    const act = () => {
      acts++;
    };
    const guest = await own(here, {
      imports: { host: { act } },
      worker: { imports: imports.href },
    });
    expect(await guest.call("double", 1.25)).toBe(2.5);
    expect(await guest.call("through", 7)).toBe(7);
    expect(await guest.call("first")).toBe(7);
    expect(await guest.call("early")).toBe(
      "the guest's memory is not there before its instance, or not exported".length,
    );
    await guest.call("act");
    expect(acts).toBe(1);
    expect((await guest.read(0, 1))[0]).toBe(7);
    balanced(here);
  });

  test("nobody waits for it; meanwhile the grant is taken back, and counts are exact", async () => {
    const here = world({ cycles: 2n ** 60n });
    const guest = await own(here);
    await guest.ready;
    const call = guest.call("block", 300);
    await until(() => ranBy(guest) === 100n * TURN + 4n);
    for (let i = 0; i < 20; i++) {
      expect(ranBy(guest)).toBe(100n * TURN + 4n);
      balanced(here);
    }
    here.tenant.off();
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(ranBy(guest)).toBe(100n * TURN + 4n);
    here.tenant.on(1_000_000n);
    await call;
    expect(ranBy(guest)).toBe(200n * TURN + 6n);
    balanced(here);
  });

  test("throws: class and message come over", async () => {
    const here = world();
    const guest = await own(here);
    const error = await guest.call("fail").catch((error) => error as Error);
    expect(error).toEqual(new RangeError("from the worker"));
    expect((error as Error).stack).toContain("imports.mjs");
    balanced(here);
  });

  test("that calls a function of the guest's has it counted", async () => {
    const here = world({ kernel: { advance: 100n } });
    const guest = await own(here);
    await guest.call("back");
    expect(ranBy(guest)).toBe(100n * TURN + 2n + 2n);
    balanced(here);
  });

  test.each([
    ["data:text/javascript,export default 3", "worker.imports: expected a module whose default"],
    ["data:text/javascript,throw new TypeError('mine')", "mine"],
    ["file:///nowhere/imports.mjs", "Cannot find module"],
    ["data:text/javascript,export default () => ({ host: {} })", "WebAssembly.Instance()"],
    ["data:text/javascript,export default () => null", "WebAssembly.Instance()"],
  ])("of %s: an error of all calls, and nothing is kept", async (address, message) => {
    const here = world();
    const { nodes } = here.kernel.check();
    const guest = await own(here, { worker: { imports: address } });
    await expect(guest.ready).rejects.toThrow(message);
    await expect(guest.call("first")).rejects.toThrow(message);
    expect([...here.kernel.domains()]).toEqual([]);
    expect(here.kernel.check().nodes).toBe(nodes);
  });

  test("a start function that throws: what ran is paid, nothing else is kept", async () => {
    const here = world();
    const text = `(module ${SPIN} (func $start (call $spin (i32.const 100)) unreachable)
      (start $start) (func (export "f")))`;
    const guest = await remote(here, { text });
    await expect(guest.call("f")).rejects.toThrow(WebAssembly.RuntimeError);
    await expect(guest.ready).rejects.toThrow(WebAssembly.RuntimeError);
    expect([...here.kernel.domains()]).toEqual([]);
    const there = world();
    await expect(load(there, { text })).rejects.toThrow(WebAssembly.RuntimeError);
    expect(here.tenant.peek()).toBe(there.tenant.peek());
  });
});
