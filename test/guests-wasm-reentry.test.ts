// Guests and functions of the host that call each other in turn: they run dry at each level, hosts throw at each
// call, exceptions pass through the frames of both. What ran is paid, and nothing else.

import { describe, expect, test } from "vitest";
import { ExhaustedError, type Guest } from "../src/index.js";
import { balanced, load, ran, tree } from "./wasm/plugin.js";
import { wat } from "./wasm/wat.js";

const SPIN = `(func $spin (param $n i32)
  (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))`;
const LEVELS = 12;

describe("a host and a guest that call each other, twelve levels deep", () => {
  const text = `(module (import "host" "act" (func $act)) ${SPIN}
    (func (export "down") (call $spin (i32.const 3)) (call $act) (call $spin (i32.const 3))))`;
  /** Guests in turn, `guests` of them; `catches`: the host's functions go on whatever comes of a call. */
  const down = async (cycles: bigint, guests: number, catches: boolean) => {
    const world = tree({ cycles, kernel: { advance: 10n } });
    const all: Guest[] = [];
    let level = 0;
    const act = () => {
      level++;
      if (level === LEVELS) return;
      const next = all[level % guests]!;
      try {
        next.callNow("down");
      } catch (error) {
        if (!catches) throw error;
        expect(error).toBeInstanceOf(ExhaustedError);
      }
      balanced(world);
    };
    for (let i = 0; i < guests; i++) all.push(await load(world, { text, act }));
    const error = await Promise.race([
      all[0]!.call("down").catch((thrown: unknown) => thrown),
      new Promise((resolve) => setTimeout(resolve, 20, "waits")),
    ]);
    balanced(world);
    let [owed, sum] = [0n, 0n];
    for (const guest of all) {
      owed += guest.domain.owed;
      sum += ran(guest);
    }
    return { error, level, owed, sum, left: world.tenant.peek() };
  };

  describe.each([
    [1, false],
    [1, true],
    [3, false],
    [3, true],
  ])("%d guests, hosts catch: %s", (guests, catches) => {
    test("with all that it takes", async () => {
      const { error, level, owed, sum, left } = await down(10_000n, guests, catches);
      expect(error).toBeUndefined();
      expect([level, owed, sum]).toEqual([LEVELS, 0n, BigInt(LEVELS) * 35n]);
      expect(left).toBe(10_000n - sum);
    });

    test("dry at each level: all that there was is consumed, and what is owed is some blocks", async () => {
      const whole = BigInt(LEVELS) * 35n;
      const reached = new Set<number>();
      for (let cycles = 1n; cycles < whole - 5n; cycles += 3n) {
        const { error, level, owed, sum, left } = await down(cycles, guests, catches);
        reached.add(level);
        // Of several guests each is ended by itself: the first may get to its end without a look.
        if (guests === 1 && !catches) expect(error, `${cycles}`).toBeInstanceOf(ExhaustedError);
        expect(left, `${cycles}`).toBe(0n);
        expect(sum - owed, `${cycles}`).toBe(cycles);
        expect(owed, `${cycles}`).toBeLessThanOrEqual(BigInt(level + 1) * 8n);
      }
      expect(reached.size).toBe(LEVELS + 1);
    });
  });
});

const ENCODINGS: Record<string, (act: string) => string> = {
  legacy: (act) => `(try (do ${act}) (catch_all))`,
  try_table: (act) => `(block $h (try_table (catch_all $h) ${act}))`,
};
/** Both, as far as the engine has them. */
const known = (
  await Promise.all(
    Object.entries(ENCODINGS).map(async ([name, encoded]) => {
      const bytes = await wat(`(module (func ${encoded("(nop)")}))`);
      return WebAssembly.validate(bytes as BufferSource) ? [name] : [];
    }),
  )
).flat();

test("an engine knows one encoding of exceptions at least", () => {
  expect(known).not.toEqual([]);
});

describe.each(known)("exceptions, %s", (encoding) => {
  const caught = ENCODINGS[encoding]!;
  /** What a level runs before the next one, and behind it. */
  const BEFORE = 10n * 5n + 2n;
  const AFTER = 10n * 5n + 2n;

  test.each([
    ["of the guest's", "(throw $e)", false],
    ["of the host's", "(call $throw)", false],
    ["through frames of the host's", "(throw $e)", true],
  ])("%s, caught at each level in turn", async (_, thrown, throughHost) => {
    const next = (level: number) => {
      if (level === LEVELS) return thrown;
      return throughHost ? `(call $act (i32.const ${level + 1}))` : `(call $level${level + 1})`;
    };
    const levels = (catching: number) =>
      Array.from({ length: LEVELS + 1 }, (_, level) => {
        const act = level === catching ? caught(next(level)) : next(level);
        return `(func $level${level} (export "level${level}")
          (call $spin (i32.const 10)) ${act} (call $spin (i32.const 10)))`;
      });
    const costs: bigint[] = [];
    for (let catching = 0; catching <= LEVELS; catching++) {
      const world = tree({ kernel: { advance: 100n } });
      const text = `(module (import "host" "call" (func $act (param i32)))
        (import "host" "throw" (func $throw)) (tag $e) ${SPIN} ${levels(catching).join("\n")})`;
      const call = (level: number) => void guest.callNow(`level${level}`);
      const thrower = () => {
        throw new RangeError("the host's");
      };
      const imports = { host: { call, throw: thrower } };
      const guest: Guest = await load(world, { text, imports });
      await guest.call("level0");
      balanced(world);
      costs.push(ran(guest));
    }
    // Every level runs what is before; only those outside of the handler, and its own, what is behind.
    for (const [catching, cost] of costs.entries()) {
      expect(cost - costs[0]!, `${catching}`).toBe(AFTER * BigInt(catching));
    }
    const calls = BigInt(LEVELS) * (throughHost ? 2n : 1n) + 1n;
    expect(costs[0]).toBe(BEFORE * BigInt(LEVELS + 1) + calls + AFTER);
  });

  test("a host that throws at each call in turn, with the guest catching it or not", async () => {
    const TURNS = 20;
    for (const catches of [true, false]) {
      const call = "(call $act)";
      const text = `(module (import "host" "act" (func $act)) ${SPIN}
        (func (export "run") (local $n i32) (local.set $n (i32.const ${TURNS}))
          (loop $more (call $spin (i32.const 3)) ${catches ? caught(call) : call}
            (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;
      const whole: bigint[] = [];
      for (let turn = 0; turn < TURNS; turn++) {
        const world = tree({ kernel: { advance: 10n } });
        let [calls, atThrow] = [0, 0n];
        const act = () => {
          if (calls++ !== turn) return;
          atThrow = ran(guest);
          throw new RangeError("the host's");
        };
        const guest: Guest = await load(world, { text, act });
        const error = await guest.call("run").catch((thrown: unknown) => thrown);
        balanced(world);
        if (catches) {
          expect([error, calls]).toEqual([undefined, TURNS]);
          whole.push(ran(guest));
        } else {
          expect(error).toBeInstanceOf(RangeError);
          expect(calls).toBe(turn + 1);
          expect(ran(guest)).toBe(atThrow);
        }
      }
      expect(new Set(whole).size).toBe(catches ? 1 : 0);
    }
  });
});

describe("the stack ends", () => {
  test.each(["nobody", "the guest", "the host"])(
    "at each depth in turn, and %s catches it: all is paid",
    async (who) => {
      // Frames of other sizes end it at other places: in the guest, in a look, in a function of the host.
      for (let size = 0; size < 6; size++) {
        const world = tree({ cycles: 2n ** 40n, kernel: { advance: 1000n } });
        const values = "(local.get 0) ".repeat(size * 3);
        const call = `(call $act) (call $down (i32.add (local.get 0) (i32.const 1)))`;
        const text = `(module (import "host" "act" (func $act)) ${SPIN}
          (func $down (export "run") (param i32) (call $spin (i32.const 5))
            ${values} ${who === "the guest" ? ENCODINGS.legacy!(call) : call}
            ${"(drop) ".repeat(size * 3)}))`;
        let depth = 0;
        const act = () => {
          depth++;
          if (who === "the host" && depth % 50 === 0) {
            try {
              guest.callNow("run", depth);
            } catch {
              // It goes on.
            }
          }
        };
        const guest: Guest = await load(world, { text, act });
        await expect(guest.call("run", 0)).rejects.toThrow(RangeError);
        expect(ran(guest)).toBeGreaterThan(BigInt(depth) * 25n);
        expect(ran(guest)).toBe(world.kernel.time);
        balanced(world);
      }
    },
  );
});
