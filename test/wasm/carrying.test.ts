// Functions that get the counter from who calls them and give it back: they do and cost the same as they do when
// something refers to them, so that they have to fetch it themselves.

import { describe, expect, test } from "vitest";
import { metered } from "../../bench/wasm/variants.js";
import { instrument } from "../../src/instrument/index.js";
import { wat } from "./wat.js";

/** What calls of "main" by 0, 1, … come to, and what is counted after each; also what the host has read. */
function run(bytes: Uint8Array, isMetered = true): unknown[] {
  const counting = metered({ advance: 50n });
  const made = isMetered ? counting.transform(bytes) : { bytes };
  const extra = made.imports?.();
  const told: unknown[] = [];
  const tell = (value: number) => told.push([value, counting.counted()]);
  const module = new WebAssembly.Module(made.bytes as BufferSource);
  const instance = new WebAssembly.Instance(module, { host: { tell }, ...extra?.imports });
  extra?.made?.(instance);
  for (let argument = 0; argument < 4; argument++) {
    try {
      const result = (instance.exports.main as (of: number) => unknown)(argument);
      told.push([String(result), counting.counted()]);
    } catch (error) {
      told.push([(error as Error).message ?? "exception", counting.counted()]);
    }
  }
  return told;
}

/** Large enough to count for itself, not to be part of who calls it. */
const LARGE = "(drop (i32.const 1)) ".repeat(600);

/** A function $f of (i32) → (i32), and what else there must be. */
const FUNCTIONS: Record<string, string> = {
  "without locals": `(func $f (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.const 5)) (else (i32.add (local.get 0) (i32.const 1)))))`,
  "whose first local has another place": `(func $f (param i32) (result i32) (local i64 f64 i32)
    (local.set 1 (i64.const 7)) (local.set 2 (f64.const 1.5)) (local.set 3 (local.get 0))
    (if (local.get 3) (then (local.set 1 (i64.add (local.get 1) (i64.const 1)))))
    (i32.add (i32.wrap_i64 (local.tee 1 (local.get 1))) (i32.trunc_f64_s (local.get 2))))`,
  "with 300 locals, the first a reference": `(func $f (param i32) (result i32)
    (local externref ${"i32 ".repeat(299)})
    (if (local.get 0) (then (local.set 299 (i32.const 9)) (local.set 1 (ref.null extern))))
    (i32.add (local.get 299) (ref.is_null (local.get 1))))`,
  "left by branches": `(func $f (param i32) (result i32)
    (drop (br_if 0 (i32.const 7) (i32.eq (local.get 0) (i32.const 1))))
    (block (result i32) (br_table 0 1 (i32.const 8) (i32.eq (local.get 0) (i32.const 2))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (br 1 (i32.const 6)))))`,
  "left by return, in code that is reached and in code that is not": `(func $f (param i32) (result i32)
    (if (local.get 0) (then (return (i32.const 3)) (drop (i32.const 1)) (return (i32.const 2))))
    (return (i32.const 4)) (drop (call $g (i32.const 1))) (i32.const 1) (br 0))
    (func $g (param i32) (result i32) ${LARGE} (call $f (local.get 0)))`,
  "of no result, and of two": `(func $f (param i32) (result i32) (call $two (local.get 0)) (i32.add))
    (func $none (param i32) (br_if 0 (local.get 0)) ${LARGE})
    (func $two (param i32) (result i32 i32) (call $none (local.get 0)) ${LARGE}
      (if (local.get 0) (then (return (i32.const 1) (local.get 0)))) (i32.const 3) (i32.const 4))`,
  "of two results, left by a branch": `(func $f (param i32) (result i32) (call $two (local.get 0)) (i32.add))
    (func $two (param i32) (result i32 i32) ${LARGE} (i32.const 3) (i32.const 4) (br_if 0 (local.get 0)))`,
  "that call themselves, and each other": `(func $f (param i32) (result i32)
    (if (i32.le_s (local.get 0) (i32.const 0)) (then (return (i32.const 0))))
    (i32.add (call $f (i32.sub (local.get 0) (i32.const 2))) (call $g (i32.sub (local.get 0) (i32.const 1)))))
    (func $g (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))`,
  "with loops": `(func $f (param i32) (result i32) (local i32 i32)
    (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if 0 (i32.lt_s (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 20))))
    (local.get 1))`,
  "that grow and fill": `(memory 1 3) (func $f (param i32) (result i32)
    (memory.fill (i32.const 8) (i32.const 1) (i32.const 4000))
    (i32.add (memory.grow (local.get 0)) (i32.load8_u (i32.const 100))))`,
  "that tell the host": `(func $f (param i32) (result i32)
    (call $tell (local.get 0)) (if (local.get 0) (then (call $tell (i32.const 10))))
    (i32.add (call $g (local.get 0)) (i32.const 1)))
    (func $g (param i32) (result i32) ${LARGE} (call $tell (i32.const 20)) (local.get 0))`,
  "that throw": `(tag $e (param i32)) (func $f (param i32) (result i32)
    (try (result i32) (do (call $g (local.get 0))) (catch $e (i32.add (i32.const 1)))))
    (func $g (param i32) (result i32) (if (local.get 0) (then ${LARGE} (throw $e (local.get 0)))) (call $h))
    (func $h (result i32) (drop (i32.const 1)) (throw $e (i32.const 9)))`,
};

const moduleOf = (functions: string, rest: string) =>
  wat(`(module (import "host" "tell" (func $tell (param i32))) ${functions}
    (func (export "main") (param i32) (result i32)
      (i32.add (call $f (local.get 0)) (call $f (i32.const 1)))) ${rest})`);

describe("functions that carry the counter", () => {
  test.each(Object.entries(FUNCTIONS))("%s", async (_, functions) => {
    const names = [...functions.matchAll(/\(func (\$\w+)/g)].map(([, name]) => name);
    const carrying = await moduleOf(functions, "");
    const referenced = await moduleOf(functions, `(elem declare func ${names.join(" ")})`);
    const expected = run(referenced);
    expect(run(carrying)).toEqual(expected);
    const outcomes = (told: unknown[]) => told.map((each) => (each as unknown[])[0]);
    expect(outcomes(run(carrying, false))).toEqual(outcomes(expected));
  });

  test("at the end of the stack what ran is paid", async () => {
    const bytes = await wat(`(module
      (func $deep (param i32) (local i32)
        (local.set 1 (i32.const 100))
        (loop (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
        (call $deep (local.get 0)) (drop (i32.const 1)))
      (func (export "main") (param i32) (result i32) (call $deep (local.get 0)) (i32.const 1)))`);
    const counting = metered();
    const { bytes: made, imports } = counting.transform(bytes);
    const extra = imports!();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(made as BufferSource), {
      ...extra.imports,
    });
    extra.made!(instance);
    expect(() => (instance.exports.main as () => void)()).toThrow(RangeError);
    // Some thousand calls at least, each of 100 turns of five instructions.
    expect(counting.counted()).toBeGreaterThan(500_000n);
  });

  test("keep the names of their locals, but for the one that has another place", async () => {
    const name = (text: string) => [text.length, ...Buffer.from(text)];
    const locals = [
      [0, ...name("taken")],
      [1, ...name("first")],
      [2, ...name("second")],
    ];
    const part = [1, 0, locals.length, ...locals.flat()];
    const section = [...name("name"), 2, part.length, ...part];
    const bytes = await wat(`(module (func $f (param i32) (local i32 i32)
      (local.set 1 (i32.const 1)) (if (local.get 0) (then (call $f (local.get 1))))))`);
    const module = instrument(Buffer.concat([bytes, Uint8Array.of(0, section.length, ...section)]));
    const [made] = WebAssembly.Module.customSections(module.module, "name");
    const text = Buffer.from(made!).toString("latin1");
    expect(["taken", "first", "second"].map((each) => text.includes(each))).toEqual([
      true,
      false,
      true,
    ]);
  });
});

test("in a body of many calls that don't look, every block does", async () => {
  const small = "(drop (i32.const 1)) ".repeat(400);
  const bytes = await wat(`(module
    (func $f (param i32) (if (local.get 0) (then ${small})))
    (func (export "main") (param i32)
      (if (local.get 0) (then ${"(call $f (i32.const 1)) ".repeat(20_000)}))))`);
  const made = instrument(bytes);
  const refill = (left: bigint) => left + 100_000n;
  const instance = new WebAssembly.Instance(made.module, {
    [made.refill.module]: { [made.refill.field]: refill },
  });
  (instance.exports.main as (of: number) => void)(1);
  // Some 16,000,000 cycles were run; nobody has gone on for long with what he had not.
  expect((instance.exports[made.counter] as WebAssembly.Global).value).toBeGreaterThan(-10_000n);
});
