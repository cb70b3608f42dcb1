// Programs that trap at each instruction in turn that can: the same trap as plain, and counted as the reference
// interpreter counts it, wherever the instruction is.

import { describe, expect, test } from "vitest";
import { metered } from "../../bench/wasm/variants.js";
import { compare, interpreted, steps } from "./differential.js";
import { wat } from "./wat.js";

/** 1 if it is this one's turn to trap, by the parameter; else 0. */
type Turn = string;

/** Statements that trap in their turn, one for each way in which an instruction can. */
const WAYS: readonly ((turn: Turn) => string)[] = [
  (turn) => `(if ${turn} (then unreachable))`,
  ...division("i32", ["div_s", "div_u", "rem_s", "rem_u"]),
  ...division("i64", ["div_s", "div_u", "rem_s", "rem_u"]),
  (turn) => `(drop (i32.div_s (i32.const 0x80000000) ${pick("i32", "-1", "3", turn)}))`,
  (turn) => `(drop (i64.div_s (i64.const 0x8000000000000000) ${pick("i64", "-1", "3", turn)}))`,
  ...["i32", "i64"].flatMap((to) =>
    ["f32", "f64"].flatMap((from) =>
      ["s", "u"].flatMap((sign) =>
        ["nan", "-1e30", "inf"].map(
          (bad) => (turn: Turn) =>
            `(drop (${to}.trunc_${from}_${sign} ${pick(from, bad, "1.5", turn)}))`,
        ),
      ),
    ),
  ),
  ...["i32.load", "i32.load8_s", "i64.load16_u", "i64.load", "f32.load", "f64.load"].map(
    (load) => (turn: Turn) => `(drop (${load} ${pick("i32", "-1", "8", turn)}))`,
  ),
  ...["i32.store", "i32.store8", "i64.store32", "i64.store", "f32.store", "f64.store"].map(
    (store) => (turn: Turn) =>
      `(${store} offset=4 ${pick("i32", "65533", "8", turn)} (${store.slice(0, 3)}.const 1))`,
  ),
  ...["memory.fill", "memory.copy", "memory.init $data"].flatMap((bulk) => [
    (turn: Turn) => `(${bulk} ${pick("i32", "65530", "0", turn)} (i32.const 0) (i32.const 16))`,
    (turn: Turn) => `(${bulk} (i32.const 0) (i32.const 1) ${pick("i32", "-1", "9", turn)})`,
  ]),
  (turn) => `(memory.copy (i32.const 0) ${pick("i32", "65530", "0", turn)} (i32.const 16))`,
  (turn) => `(drop (table.get $table ${pick("i32", "8", "1", turn)}))`,
  (turn) => `(table.set $table ${pick("i32", "-1", "6", turn)} (ref.null func))`,
  ...["table.copy $table $table", "table.init $table $elements"].flatMap((bulk) => [
    (turn: Turn) => `(${bulk} ${pick("i32", "7", "4", turn)} (i32.const 0) (i32.const 2))`,
    (turn: Turn) => `(${bulk} (i32.const 4) ${pick("i32", "7", "0", turn)} (i32.const 2))`,
  ]),
  (turn) => `(table.fill $table (i32.const 6) (ref.null func) ${pick("i32", "3", "1", turn)})`,
  // Null, beyond the table, of another type, what traps itself, and the host's that throws.
  ...["3", "8", "1", "2"].map(
    (bad) => (turn: Turn) =>
      `(drop (call_indirect $table (type $one) (i32.const 1) ${pick("i32", bad, "0", turn)}))`,
  ),
  (turn) => `(drop (call $mix ${pick("i32", "63", "5", turn)}))`,
  (turn) => `(drop (call $plain ${pick("i32", "0", "5", turn)}))`,
  (turn) => `(drop (call $counted ${pick("i32", "0", "5", turn)}))`,
  (turn) => `(call $last ${turn})`,
  (turn) => `(call $last_indirect ${pick("i32", "3", "7", turn)})`,
];

function division(type: string, operators: readonly string[]) {
  return operators.map(
    (operator) => (turn: Turn) =>
      `(drop (${type}.${operator} (${type}.const 7) ${pick(type, "0", "2", turn)}))`,
  );
}

function pick(type: string, bad: string, good: string, turn: Turn): string {
  return `(select (${type}.const ${bad}) (${type}.const ${good}) ${turn})`;
}

/** Where a statement is: each must be left by a trap as by any other way. */
const PLACES: Record<string, (statement: string) => string> = {
  "on its own": (statement) => statement,
  "in a block that may be left": (statement) =>
    `(block $out (br_if $out (i32.lt_s (local.get $i) (i32.const 0))) ${statement})`,
  "in an arm of an if": (statement) =>
    `(if (i32.ge_s (local.get $i) (i32.const 0)) (then ${statement}) (else (nop)))`,
  "in the second turn of a loop": (statement) =>
    `(local.set $n (i32.const 0))
     (loop $more
       (if (local.get $n) (then ${statement}))
       (br_if $more (i32.lt_s (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))`,
  "behind a call": (statement) => `(drop (call $counted (i32.const 1))) ${statement}`,
};

const world = (body: string) => `(module
  (type $one (func (param i32) (result i32)))
  (import "host" "mix" (func $mix (type $one)))
  (global (export "g0") (mut i32) (i32.const 0))
  (memory (export "memory") 1 1)
  (data $data "0123456789abcdef")
  (table $table (export "table") 8 8 funcref)
  (elem $elements func $plain $other)
  (elem (table $table) (i32.const 0) func $open $other $traps)
  (elem (table $table) (i32.const 7) func $none)
  (func $plain (param i32) (result i32) (i32.rem_u (i32.const 9) (local.get 0)))
  (func $open (type $one) (call $plain (local.get 0)))
  (func $other)
  (func $none (param i32))
  (func $traps (type $one) (call $plain (i32.const 0)))
  (func $counted (param i32) (result i32)
    (if (local.get 0) (then (return (call $open (local.get 0)))))
    (call $plain (local.get 0)))
  (func $turn (param i32 i32) (result i32) (i32.eq (local.get 0) (local.get 1)))
  (func $last (param i32) (return_call $ends (i32.sub (i32.const 1) (local.get 0))))
  (func $ends (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
  (func $last_indirect (param i32)
    (return_call_indirect $table (param i32) (local.get 0) (local.get 0)))
  (func (export "f0") (param $i i32) (result i32) (local $n i32)
    ${body}
    (local.get $i)))`;

describe("a trap at each instruction in turn", () => {
  test.each(Object.entries(PLACES))("%s", async (_, place) => {
    const body = WAYS.map((way, index) =>
      place(way(`(call $turn (local.get $i) (i32.const ${index}))`)),
    );
    const bytes = await wat(world(body.join("\n")));
    const calls = [...WAYS.keys(), -2, WAYS.length].map((i) => ({ name: "f0", given: [i] }));
    const module = { bytes, calls };
    const outcomes = steps(module, () => interpreted(module)).slice(2);
    const left = outcomes.filter(({ outcome }) => !["trap", "host"].includes(String(outcome[0])));
    expect(left.map(({ outcome }) => outcome)).toEqual([["-2"], [`${WAYS.length}`]]);
    for (const advance of [1n, 7n, 1_000_000n]) {
      expect(compare(module, metered({ advance })), `advance ${advance}`).toBeUndefined();
    }
  });
});
