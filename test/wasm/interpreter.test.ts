// The reference interpreter against the engine, one instruction at a time; and its counts by hand.

import { describe, expect, test } from "vitest";
import { type Bytes, header } from "./bytes.js";
import { F32, F64, I32, I64 } from "./decode.js";
import { Interpreter } from "./interpreter.js";
import { BINARY, Trap, UNARY } from "./numeric.js";
import { wat } from "./wat.js";

const VALUES: Record<number, readonly (number | bigint)[]> = {
  [I32]: [0, 1, -1, 2, 5, 31, 32, 33, 255, 32767, 65536, 0x12345678, 2 ** 31 - 1, -(2 ** 31)],
  [I64]: [
    ...[0n, 1n, -1n, 3n, 63n, 64n, 65n, 255n, 0x123456789abcdefn, 2n ** 32n, 2n ** 63n - 1n],
    ...[-(2n ** 63n), -(2n ** 31n), 2n ** 53n + 1n, 0x7fffff4000000001n, 0x7fffff8000000000n],
    ...[16777217n, -16777219n, 0x8000004000000001n - 2n ** 64n],
  ],
  [F32]: floats().map(Math.fround),
  [F64]: [
    ...floats(),
    2 ** 63 - 1024,
    -(2 ** 63) - 2048,
    2147483647.9,
    -2147483648.9,
    4294967295.9,
  ],
};

function floats(): number[] {
  const sizes = [0, 0.5, 0.4999999701976776, 1, 1.5, 2.5, 3.7, 8388609.5, 16777217, 1e-45, 1e38];
  const edges = [2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64, 2 ** 52 + 0.5, Infinity];
  return [...sizes, ...edges].flatMap((size) => [size, -size]).concat(NaN);
}

/** What instructions take and give: from an opcode to another. */
const SIGNATURES: readonly (readonly [
  first: number,
  last: number,
  takes: number,
  gives: number,
])[] = [
  ...([
    [0x45, 0x4f, I32, I32],
    [0x50, 0x5a, I64, I32],
    [0x5b, 0x60, F32, I32],
  ] as const),
  ...([
    [0x61, 0x66, F64, I32],
    [0x67, 0x78, I32, I32],
    [0x79, 0x8a, I64, I64],
  ] as const),
  ...([
    [0x8b, 0x98, F32, F32],
    [0x99, 0xa6, F64, F64],
    [0xa7, 0xa7, I64, I32],
  ] as const),
  ...([
    [0xa8, 0xa9, F32, I32],
    [0xaa, 0xab, F64, I32],
    [0xac, 0xad, I32, I64],
  ] as const),
  ...([
    [0xae, 0xaf, F32, I64],
    [0xb0, 0xb1, F64, I64],
    [0xb2, 0xb3, I32, F32],
  ] as const),
  ...([
    [0xb4, 0xb5, I64, F32],
    [0xb6, 0xb6, F64, F32],
    [0xb7, 0xb8, I32, F64],
  ] as const),
  ...([
    [0xb9, 0xba, I64, F64],
    [0xbb, 0xbb, F32, F64],
    [0xbc, 0xbc, F32, I32],
  ] as const),
  ...([
    [0xbd, 0xbd, F64, I64],
    [0xbe, 0xbe, I32, F32],
    [0xbf, 0xbf, I64, F64],
  ] as const),
  ...([
    [0xc0, 0xc1, I32, I32],
    [0xc2, 0xc4, I64, I64],
    [0xfc00, 0xfc01, F32, I32],
  ] as const),
  ...([
    [0xfc02, 0xfc03, F64, I32],
    [0xfc04, 0xfc05, F32, I64],
  ] as const),
  [0xfc06, 0xfc07, F64, I64],
];

function signature(opcode: number): { takes: number; gives: number } {
  const [, , takes, gives] = SIGNATURES.find(([first, last]) => opcode >= first && opcode <= last)!;
  return { takes, gives };
}

function moduleOf(opcode: number, arity: number): Uint8Array {
  const { takes, gives } = signature(opcode);
  const code = (to: Bytes) => {
    to.u32(0);
    for (let at = 0; at < arity; at++) to.add(0x20, at);
    if (opcode >= 0xfc00) to.add(0xfc, opcode - 0xfc00);
    else to.add(opcode);
    to.add(0x0b);
  };
  return header()
    .section(1, (to) => to.add(1, 0x60, arity, ...new Array(arity).fill(takes), 1, gives))
    .section(3, (to) => to.add(1, 0))
    .section(7, (to) => to.u32(1).name("f").add(0, 0))
    .section(10, (to) => to.u32(1).sized(code))
    .take();
}

function outcome(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (error instanceof Trap || error instanceof WebAssembly.RuntimeError) return "trap";
    throw error;
  }
}

describe("instructions come to what the engine says", () => {
  const one = [...UNARY.keys()].map((opcode) => ({ opcode, arity: 1 }));
  const two = [...BINARY.keys()].map((opcode) => ({ opcode, arity: 2 }));
  const all = [...one, ...two].map((each) => ({ ...each, hex: each.opcode.toString(16) }));
  test.each(all)("0x$hex", ({ opcode, arity }) => {
    const bytes = moduleOf(opcode, arity);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
    const native = instance.exports.f as (...given: unknown[]) => unknown;
    const interpreter = new Interpreter(bytes);
    const values = VALUES[signature(opcode).takes]!;
    const pairs =
      arity === 1 ? values.map((a) => [a]) : values.flatMap((a) => values.map((b) => [a, b]));
    for (const given of pairs) {
      const found = outcome(() => interpreter.call("f", ...given)[0]);
      expect(found, `${given}`).toBe(outcome(() => native(...given)));
    }
  });
});

/** Counts its argument down: six instructions and a branch each time, and one for the result. */
const LOOP = `loop local.get 0 i32.const 1 i32.sub local.tee 0 local.set 1 local.get 1 br_if 0 end
  i32.const 1`;

describe("counts by hand", () => {
  /** The count of one call of "f", in a function of this body. */
  async function count(body: string, ...given: number[]): Promise<bigint> {
    const text = `(module
      (memory 1 2)
      (table 4 10 funcref)
      (func $leaf (param i32) (result i32) local.get 0)
      (func $trap unreachable)
      (func $open (export "open") unreachable)
      (func (export "f") (param i32) (result i32) (local i32) ${body}))`;
    const interpreter = new Interpreter(await wat(text));
    outcome(() => interpreter.call("f", ...given));
    return interpreter.count;
  }

  test.each([
    ["what only gives structure is free", "nop block nop end i32.const 1", [0], 1n],
    [
      "an if, its condition and one of its arms",
      "local.get 0 if (result i32) i32.const 1 else i32.const 1 i32.eqz end",
      [1],
      3n,
    ],
    [
      "… the other arm",
      "local.get 0 if (result i32) i32.const 1 else i32.const 1 i32.eqz end",
      [0],
      4n,
    ],
    ["a loop, each time round", LOOP, [5], 1n + 5n * 7n + 0n],
    [
      "what comes after a branch that is taken is not paid",
      "block local.get 0 br_if 0 nop i32.const 1 drop end i32.const 1",
      [1],
      3n,
    ],
    [
      "… but where it is not taken",
      "block local.get 0 br_if 0 nop i32.const 1 drop end i32.const 1",
      [0],
      5n,
    ],
    [
      "what comes after a call that doesn't return is not paid",
      "i32.const 1 drop call $open i32.const 2 drop i32.const 3",
      [0],
      4n,
    ],
    [
      "a block that traps half-way is paid whole",
      "i32.const 1 i32.const 0 i32.div_u drop i32.const 1 drop i32.const 9",
      [0],
      7n,
    ],
    [
      "… to the end of a block where nothing branches to",
      "block i32.const 1 i32.const 0 i32.div_u drop end i32.const 9",
      [0],
      5n,
    ],
    [
      "… and for what may come after it, the longest way",
      "block local.get 0 br_if 0 i32.const 1 i32.const 0 i32.div_u drop end i32.const 9",
      [0],
      7n,
    ],
    [
      "… by all of its region: what its first block may go on with, the longest way",
      `local.get 0 if i32.const 1 i32.const 0 i32.div_u drop else nop local.get 0 br_if 0
        i32.const 1 drop i32.const 2 drop i32.const 3 drop end i32.const 9`,
      [1],
      2n + 2n + 6n + 1n,
    ],
    [
      "… where the region ends it ends: behind a call",
      "i32.const 1 i32.const 0 i32.div_u call $leaf drop call $open i32.const 9",
      [0],
      7n,
    ],
    ["a call and what is called", "i32.const 1 call $leaf", [0], 3n],
    ["a call in place of this", "i32.const 1 return_call $leaf", [0], 3n],
    [
      "memory, by eight bytes",
      "i32.const 0 i32.const 0 i32.const 80 memory.fill i32.const 1",
      [0],
      15n,
    ],
    [
      "… also where it traps",
      "i32.const -1 i32.const 0 i32.const 15 memory.fill i32.const 1",
      [0],
      6n,
    ],
    ["growing, by page", "i32.const 1 memory.grow", [0], 8194n],
    ["… but not where it can't", "i32.const 2 memory.grow", [0], 2n],
    ["tables, by entry", "ref.null func i32.const 5 table.grow", [0], 8n],
    [
      "a switch",
      "block block local.get 0 br_table 0 1 end i32.const 1 drop end i32.const 1",
      [0],
      5n,
    ],
  ])("%s", async (_, body, given, expected) => {
    expect(await count(body, ...given)).toBe(expected);
  });
});
