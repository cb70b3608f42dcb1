// Tables of costs: what they say is what is charged, and what they can't say. The names and codes of instructions.

import { describe, expect, test } from "vitest";
import wabt from "wabt";
import { metered } from "../bench/wasm/variants.js";
import { ExhaustedError, OptionError } from "../src/index.js";
import { type Costs, instrument } from "../src/instrument/index.js";
import { INSTRUCTIONS } from "../src/instrument/names.js";
import * as op from "../src/instrument/opcode.js";
import { header } from "./wasm/bytes.js";
import { ran, tree } from "./wasm/plugin.js";
import { wat } from "./wasm/wat.js";

const TABLES = new Map([
  [0, op.PLAIN],
  [op.PREFIX_GC, op.GC],
  [op.PREFIX_MISC, op.MISC],
  [op.PREFIX_SIMD, op.SIMD],
  [op.PREFIX_ATOMIC, op.ATOMIC],
]);

describe("names of instructions", () => {
  test("every opcode that is known has one, and no other", () => {
    const named = new Set(INSTRUCTIONS.map(({ prefix, code }) => `${prefix} ${code}`));
    expect(named.size).toBe(INSTRUCTIONS.length);
    for (const [prefix, entries] of TABLES) {
      for (const [code, entry] of entries.entries()) {
        const isKnown = entry !== 0 && (entry & op.IMMEDIATE) !== op.PREFIX;
        expect(named.delete(`${prefix} ${code}`), `${prefix} ${code}`).toBe(isKnown);
      }
    }
    expect([...named]).toEqual([]);
  });

  test("are those of wabt, as far as that reads them", async () => {
    const { readWasm } = await wabt();
    const features = {
      ...{ exceptions: true, threads: true, simd: true, relaxed_simd: true, tail_call: true },
      ...{ function_references: true, reference_types: true, bulk_memory: true, gc: true },
    };
    let seen = 0;
    for (const { name, kind, prefix, code } of INSTRUCTIONS) {
      if (kind === "structure") continue;
      const bytes = header()
        .section(1, (to) => to.add(1, 0x60, 0, 0))
        .section(3, (to) => to.add(1, 0))
        .section(4, (to) => to.add(1, 0x70, 0, 0))
        .section(5, (to) => to.add(1, 0, 0))
        .section(12, (to) => to.add(1))
        .section(10, (to) =>
          to.add(1).sized((inner) => {
            inner.add(0);
            if (prefix !== 0) inner.add(prefix).u32(code);
            else inner.add(code);
            inner.add(...immediatesOf(TABLES.get(prefix)![code]!), 0x0b);
            if (code === op.IF && prefix === 0) inner.add(0x0b);
          }),
        )
        .section(11, (to) => to.add(1, 1, 0))
        .take();
      let text: string;
      try {
        text = readWasm(bytes, features).toText({ foldExprs: false });
      } catch {
        continue;
      }
      expect(text.split(/[\s()]+/), name).toContain(name);
      seen++;
    }
    // Of garbage collected types it knows few.
    expect(seen).toBeGreaterThan(500);
  });
});

/** All zero, as few as there may be. */
function immediatesOf(entry: number): number[] {
  const what = entry & op.IMMEDIATE;
  const lengths: Record<number, number> = {
    ...{ [op.NONE]: 0, [op.TWO_INDICES]: 2, [op.LABELS]: 2, [op.MEMARG]: 2, [op.MEMARG_LANE]: 3 },
    ...{ [op.BYTES_4]: 4, [op.BYTES_8]: 8, [op.BYTES_16]: 16, [op.INDEX_COUNT]: 2 },
  };
  if (what === op.BLOCK_TYPE) return [op.EMPTY];
  if (what === op.HEAP_TYPE) return [0x70];
  if (what === op.VALUE_TYPES) return [1, op.I32];
  return new Array<number>(lengths[what] ?? 1).fill(0);
}

/** What a call of a module's only export costs. */
async function cost(text: string, costs: Costs, ...given: unknown[]): Promise<bigint> {
  const counting = metered({ costs });
  const { bytes, imports } = counting.transform(await wat(text));
  const extra = imports?.();
  const module = new WebAssembly.Module(bytes as BufferSource);
  const instance = new WebAssembly.Instance(module, extra?.imports);
  extra?.made?.(instance);
  const [name] = WebAssembly.Module.exports(module).map((each) => each.name);
  (instance.exports[name!] as (...all: unknown[]) => unknown)(...given);
  return counting.counted();
}

describe("what a table says", () => {
  const DIVIDE = `(module (func (export "f") (result f64)
    (f64.mul (f64.const 2) (f64.convert_i32_s (i32.div_s (i32.const 7) (i32.const 2))))))`;

  test.each<[string, Costs, bigint]>([
    ["nothing", {}, 6n],
    ["a default", { default: 10 }, 60n],
    ["a class", { classes: { numeric: 3, memory: 100 } }, 18n],
    ["an instruction", { instructions: { "i32.div_s": 40 } }, 45n],
    ["all three", { default: 5, classes: { numeric: 3 }, instructions: { "f64.mul": 9 } }, 24n],
    ["that some are free", { instructions: { "i32.const": 0, "f64.const": 0 } }, 3n],
  ])("%s", async (_, costs, cycles) => {
    expect(await cost(DIVIDE, costs)).toBe(cycles);
  });

  test.each<[Costs["lengths"], bigint, bigint, bigint]>([
    [{}, 125n, 500n, 16_384n],
    [{ kibibyte: 1024, element: 3, page: 10 }, 1000n, 1500n, 20n],
    [{ kibibyte: 300, element: 8, page: 4096 }, 292n, 4000n, 8192n],
    [{ kibibyte: 1, element: 1_000_000, page: 1 }, 0n, 500_000_000n, 2n],
  ])("lengths %o", async (lengths, bytes, elements, pages) => {
    const fill = `(module (memory 1) (func (export "f") (param i32)
      (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))`;
    const elementsOf = `(module (table 500 funcref) (func (export "f") (param i32)
      (table.fill (i32.const 0) (ref.null func) (local.get 0))))`;
    const grow = `(module (memory 1 3) (func (export "f") (param i32)
      (drop (memory.grow (local.get 0)))))`;
    const costs = lengths ? { lengths } : {};
    expect(await cost(fill, costs, 1000)).toBe(4n + bytes);
    expect(await cost(elementsOf, costs, 500)).toBe(4n + elements);
    expect(await cost(grow, costs, 2)).toBe(3n + pages);
    // What was not grown is not paid for.
    expect(await cost(grow, costs, 3)).toBe(3n);
  });

  test("blocks of more than 2^31 cycles", async () => {
    const text = `(module (func (export "f") ${"(drop (i64.const 1))".repeat(5000)}))`;
    expect(await cost(text, { default: 1_000_000 })).toBe(10_000_000_000n);
  });
});

describe("what is free", () => {
  const FREE: Costs = {
    classes: { ...{ numeric: 0, vector: 0, reference: 0, parametric: 0, variable: 0 }, memory: 0 },
  };

  test("costs a cycle for each 64 in a row", async () => {
    const drops = (count: number) =>
      `(module (func (export "f") ${"i32.const 1 drop ".repeat(count)}))`;
    expect(await cost(drops(31), FREE)).toBe(0n);
    expect(await cost(drops(32), FREE)).toBe(1n);
    expect(await cost(drops(6400), FREE)).toBe(200n);
  });

  test.each([
    ["a loop", '(func (export "f") (loop $more (br $more)))'],
    ["one by br_if", '(func (export "f") (loop $more (br_if $more (i32.const 1))))'],
    ["one by br_table", '(func (export "f") (loop $more (br_table $more (i32.const 1))))'],
    ["calls in a circle", '(func $f (export "f") (return_call $g)) (func $g (return_call $f))'],
    [
      "calls by reference",
      `(table funcref (elem $f)) (func $f (export "f") (return_call_indirect (i32.const 0)))`,
    ],
    [
      "calls of calls of calls",
      `${Array.from({ length: 50 }, (_, at) => `(func $f${at} (call $f${at + 1}) (call $f${at + 1}))`).join(" ")}
      (func $f50 (drop (i32.const 1))) (func (export "f") (call $f0))`,
    ],
    [
      "exceptions in a loop",
      `(tag $e) (func (export "f")
        (loop $more (try (do (throw $e)) (catch $e (br $more)))))`,
    ],
  ])("is stopped all the same: %s", async (_, functions) => {
    const { kernel, plugin } = tree({ cycles: 100_000n, kernel: { advance: 1000n } });
    const module = instrument(await wat(`(module ${functions})`), { costs: FREE });
    const guest = kernel.loadWasm(module, { meter: plugin });
    await expect(guest.call("f")).rejects.toThrow(ExhaustedError);
    expect(ran(guest)).toBeLessThan(102_000n);
  });
});

describe("tables that are refused", () => {
  const empty = header().take();

  test.each<[unknown, string]>([
    [3, "costs: found 3, expected an object of options"],
    [{ defaults: 3 }, 'costs: no option "defaults", expected one of default, classes, '],
    [{ default: 0 }, "costs.default: found 0, expected a whole number from 1 to 1000000"],
    [{ classes: { numerics: 3 } }, 'costs.classes: no "numerics" (did you mean "numeric"?)'],
    [{ classes: { zzz: 3 } }, 'costs.classes: no "zzz", expected one of numeric, vector, '],
    [{ classes: null }, "costs.classes: found null, expected an object of cycles by name"],
    [{ classes: { numeric: 1.5 } }, "costs.classes.numeric: found 1.5, expected a whole number"],
    [{ classes: { numeric: -1 } }, "costs.classes.numeric: found -1, expected a whole number"],
    [{ classes: { control: 0 } }, "costs.classes.control: found 0, expected a whole number from 1"],
    [{ classes: { exception: 0 } }, "costs.classes.exception: found 0, expected a whole number"],
    [
      { instructions: { "i64.divs": 3 } },
      'costs.instructions: no "i64.divs" (did you mean "i64.div_s"?)',
    ],
    [{ instructions: { toString: 3 } }, 'costs.instructions: no "toString"'],
    [{ instructions: { loop: 3 } }, '"loop" only gives structure, and costs nothing'],
    [
      { instructions: { br: 0 } },
      'costs.instructions["br"]: found 0, expected a whole number from 1',
    ],
    [{ instructions: { "i32.add": 1_000_001 } }, 'costs.instructions["i32.add"]: found 1000001, '],
    [{ instructions: { "i32.add": "3" } }, 'costs.instructions["i32.add"]: found "3", expected'],
    [{ lengths: { page: 0 } }, "costs.lengths.page: found 0, expected a whole number from 1 to"],
    [{ lengths: { pages: 1 } }, 'costs.lengths: no "pages" (did you mean "page"?)'],
  ])("%o", (costs, message) => {
    const make = () => instrument(empty, { costs: costs as Costs });
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });

  test("and other options", () => {
    expect(() => instrument(empty, { cost: {} } as never)).toThrow('instrument: no option "cost"');
  });
});

test("the same names for what has two codes", () => {
  const twice = INSTRUCTIONS.filter(({ name }, at) =>
    INSTRUCTIONS.some((other, place) => place < at && other.name === name),
  );
  expect(twice.map(({ name }) => name)).toEqual(["select", "ref.test", "ref.cast"]);
});
