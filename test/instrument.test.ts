// The instrumenter by itself: what it takes, what it refuses and how, and what it leaves as it is.

import { describe, expect, test } from "vitest";
import { OptionError } from "../src/index.js";
import { instrument, ModuleError, openInstrumented } from "../src/instrument/index.js";
import { Bytes, header } from "./wasm/bytes.js";
import { wat } from "./wasm/wat.js";

const bytesOf = (...parts: (readonly number[] | Bytes)[]): Uint8Array => {
  const all = header();
  for (const part of parts)
    for (const byte of part instanceof Bytes ? part.list : part) all.add(byte);
  return all.take();
};
const section = (id: number, ...content: number[]) =>
  new Bytes().section(id, (to) => to.add(...content));
const TYPE = [...section(1, 1, 0x60, 0, 0).list];
const FUNCTION = [...section(3, 1, 0).list];
const OWN = [...TYPE, ...FUNCTION];
/** A module of one function, of type () → (), with this body behind its locals. */
const body = (fill: (to: Bytes) => void, locals = [0]): Uint8Array =>
  bytesOf(
    OWN,
    new Bytes().section(10, (to) => {
      to.add(1).sized((inner) => {
        inner.add(...locals);
        fill(inner);
        inner.add(0x0b);
      });
    }),
  );
const refused = (bytes: Uint8Array, message: RegExp | string) => {
  expect(() => instrument(bytes)).toThrow(message);
  try {
    instrument(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(ModuleError);
    expect((error as ModuleError).offset).toBeLessThanOrEqual(bytes.length);
  }
};
/** Metered, and opened again: what comes of it is a module to the engine, if it was before. */
const again = (bytes: Uint8Array) => {
  const made = instrument(bytes);
  expect(WebAssembly.validate(made.bytes)).toBe(WebAssembly.validate(bytes as BufferSource));
  expect(openInstrumented(made.bytes)).toMatchObject({ counter: made.counter, start: made.start });
  return made;
};
const sectionsOf = (bytes: Uint8Array, name: string) =>
  WebAssembly.Module.customSections(new WebAssembly.Module(bytes as BufferSource), name);

const REAL = `(module
  (type $t (func (param i32) (result i32)))
  (import "host" "f" (func $f (type $t)))
  (memory (export "memory") 1)
  (table 3 funcref)
  (global $g (mut i64) (i64.const 5))
  (tag $e (param i32))
  (elem (i32.const 0) $f $own)
  (data (i32.const 8) "some data")
  (start $start)
  (func $start (global.set $g (i64.const 9)))
  (func $own (export "own") (type $t)
    (local i64 f64)
    (block $out (result i32)
      (loop $more
        (br_if $more (i32.eqz (call $f (local.get 0))))
        (br_table 1 1 (i32.const 9) (i32.const 1)))
      (i32.const 3)))
  (func (export "other") (result i32)
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 10))
    (try (result i32)
      (do (call_indirect (type $t) (i32.const 1) (i32.const 0)))
      (catch $e) (catch_all (i32.const 2)))))`;

describe("input that is no module", () => {
  test.each([["text"], [null], [{}], [new ArrayBuffer(8)], [new Uint16Array(8)]])("%s", (bytes) => {
    expect(() => instrument(bytes as never)).toThrow(OptionError);
  });

  test("every prefix of a module is refused, or as good as it was", async () => {
    const whole = await wat(REAL);
    expect(WebAssembly.validate(whole as BufferSource)).toBe(true);
    let refusals = 0;
    for (let length = 0; length < whole.length; length++) {
      const prefix = whole.slice(0, length);
      try {
        const { bytes } = instrument(prefix);
        expect(WebAssembly.validate(bytes), `${length}`).toBe(WebAssembly.validate(prefix));
      } catch (error) {
        expect(error, `${length}`).toBeInstanceOf(ModuleError);
        expect(WebAssembly.validate(prefix), `${length}`).toBe(false);
        refusals++;
      }
    }
    expect(refusals).toBeGreaterThan(whole.length / 2);
    again(whole);
  });

  test("every byte changed: refused, or what it was to the engine, or at least no more than that", async () => {
    const whole = await wat(REAL);
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0x7f, 0x80, 0xff, whole[at]! ^ 1]) {
        const changed = whole.slice();
        changed[at] = value;
        const was = WebAssembly.validate(changed as BufferSource);
        let is = false;
        try {
          is = WebAssembly.validate(instrument(changed).bytes);
        } catch (error) {
          expect(error, `${at}: ${value}`).toBeInstanceOf(ModuleError);
        }
        // Of what the engine takes, only names of custom sections and the like may be refused here.
        if (is) expect(was, `${at}: ${value}`).toBe(true);
      }
    }
  });
});

describe("hostile modules", () => {
  test("100,000 blocks, one within the other", () => {
    const deep = (open: number) =>
      body((to) => {
        for (let i = 0; i < 100_000; i++) to.add(open, 0x40);
        for (let i = 0; i < 100_000; i++) to.add(0x0b);
      });
    again(deep(0x02));
    again(deep(0x03));
  });

  test("a br_table of 1,000,000 labels", () => {
    again(
      body((to) => {
        to.add(0x41, 0, 0x0e).u32(1_000_000);
        for (let i = 0; i <= 1_000_000; i++) to.add(0);
      }),
    );
  });

  test("100,000 locals, in one group or in many, and 2^32 of them", () => {
    refused(
      body(() => {}, [1, 0xa0, 0x8d, 0x06, 0x7f]),
      "100000 locals",
    );
    const many = new Bytes().u32(100_000);
    for (let i = 0; i < 100_000; i++) many.add(1, 0x7f);
    refused(
      body(() => {}, many.list),
      "100000 locals",
    );
    refused(
      body(() => {}, [2, ...Array(2).fill([0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f]).flat()]),
      "locals",
    );
    again(body(() => {}, [1, 0xd0, 0x0f, 0x7f]));
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13])(
    "section %i says 2^32 − 1 and has nothing",
    (id) => {
      const bomb = bytesOf([id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]);
      try {
        expect(WebAssembly.validate(instrument(bomb).bytes)).toBe(false);
      } catch (error) {
        expect(error).toBeInstanceOf(ModuleError);
      }
      refused(bytesOf([id, 0xff, 0xff, 0xff, 0xff, 0x0f]), "found its end");
    },
  );

  test("numbers that are too long", () => {
    refused(bytesOf([1, 0x84, 0x80, 0x80, 0x80, 0x80, 0x00, 1, 0x60, 0, 0]), "more than 32 bits");
    refused(bytesOf([1, 0xff, 0xff, 0xff, 0xff, 0x7f]), "more than 32 bits");
    const long = (opcode: number, length: number) =>
      body((to) => to.add(opcode, ...Array(length).fill(0x80), 0, 0x1a));
    refused(long(0x41, 5), "more than 32 bits");
    refused(long(0x42, 10), "more than 64 bits");
    again(long(0x41, 4));
    again(long(0x42, 9));
    // Sizes that are longer than they need be are good.
    again(bytesOf([1, 0x84, 0x80, 0x00, 1, 0x60, 0, 0]));
  });

  test("what is not known is refused by name", () => {
    const one = (...bytes: number[]) => body((to) => to.add(...bytes));
    refused(one(0x27), "found the instruction 0x27, which is not known");
    refused(one(0xff), "found the instruction 0xff, which is not known");
    refused(one(0xfc, 0x40), "found the instruction 0xfc 64, which is not known");
    refused(one(0xfd, 0xff, 0x7f), "found the instruction 0xfd 16383, which is not known");
    refused(one(0xfe, 0x4f), "found the instruction 0xfe 79, which is not known");
    refused(one(0xfb, 0x1f), "found the instruction 0xfb 31, which is not known");
    refused(bytesOf([14, 0]), "found section 14, which is not known");
    refused(bytesOf(TYPE, TYPE), "found section 1 out of order");
    refused(Uint8Array.of(0, 0x61, 0x73, 0x6d, 13, 0, 1, 0), "a component");
    refused(Uint8Array.of(1, 2, 3, 4), "no magic number");
    refused(bytesOf(section(1, 1, 0x5d, 0)), "a type of form 0x5d");
    refused(bytesOf([...section(0, 7, ...Buffer.from("linking"), 2).list]), "not linked");
    refused(bytesOf([...section(0, 10, ...Buffer.from("reloc.CODE"), 2).list]), "not linked");
  });

  test("a start function that takes or gives something", () => {
    const start = (...type: number[]) =>
      bytesOf(
        [...section(1, 1, 0x60, ...type).list, ...FUNCTION],
        section(8, 0),
        section(10, 1, 3, 0, 0, 0x0b),
      );
    refused(start(1, 0x7f, 0), "a start function that takes or gives");
    refused(start(0, 1, 0x7f), "a start function that takes or gives");
    again(start(0, 0));
  });

  test("blocks that don't fit", () => {
    const one = (...bytes: number[]) => body((to) => to.add(...bytes));
    refused(one(0x05), "an else without an if");
    refused(one(0x19), "a catch without a try");
    refused(one(0x0b, 0x0b), "after the end");
    refused(one(0x0c, 7), "a branch to label 7");
    refused(one(0x02, 0x40), "found its end");
    refused(one(0x04, 0x40, 0x05, 0x05, 0x0b), "an else without an if");
  });
});

describe("a module", () => {
  test("keeps its names, producers, source map and data; places in code go", async () => {
    const custom = (name: string, ...content: number[]) =>
      section(0, name.length, ...Buffer.from(name), ...content).list;
    const names = custom("name", 1, 4, 1, 0, 1, 0x61);
    const code = [...new Bytes().section(10, (to) => to.add(1, 2, 0, 0x0b)).list];
    const others = ["producers", "sourceMappingURL", "target_features", "mine"];
    const dropped = [".debug_info", ".debug_line", "metadata.code.mine", "external_debug_info"];
    const bytes = bytesOf(
      [...others.flatMap((name) => custom(name, 1, 2, 3)), ...OWN, ...code, ...names],
      [...dropped.flatMap((name) => custom(name, 1, 2, 3))],
    );
    const made = again(bytes);
    for (const name of others) {
      expect([...new Uint8Array(sectionsOf(made.bytes, name)[0]!)], name).toEqual([1, 2, 3]);
    }
    for (const name of dropped) expect(sectionsOf(made.bytes, name), name).toEqual([]);
    const [named] = sectionsOf(made.bytes, "name");
    const text = Buffer.from(named!).toString("latin1");
    // Function 0 is function 1 now; 0 is the import.
    expect(text).toContain("\x00\x11primemeter.refill\x01\x01a");
  });

  test("with custom sections that are malformed is as good as without", () => {
    const custom = (name: string, ...content: number[]) =>
      section(0, name.length, ...Buffer.from(name), ...content).list;
    const code = [...new Bytes().section(10, (to) => to.add(1, 2, 0, 0x0b)).list];
    for (const name of ["name", "metadata.code.branch_hint"]) {
      const bytes = bytesOf([...OWN, ...custom(name, 1, 0xff, 0xff, 3), ...code]);
      const made = instrument(bytes);
      expect(WebAssembly.validate(made.bytes), name).toBe(true);
    }
    const wrong = bytesOf([...OWN, ...code, ...custom("name", 1, 5, 1, 9, 2, 0x61, 0x61)]);
    expect(WebAssembly.validate(instrument(wrong).bytes)).toBe(true);
  });

  test("that is empty has what it needs", () => {
    const made = again(bytesOf());
    const imports = WebAssembly.Module.imports(made.module);
    expect(imports).toEqual([{ module: "primemeter", name: "refill", kind: "function" }]);
    expect(WebAssembly.Module.exports(made.module)).toEqual([
      { name: "primemeter.counter", kind: "global" },
    ]);
    expect(made.start).toBeUndefined();
  });

  test("is instrumented the same every time, and not changed itself", async () => {
    const bytes = await wat(REAL);
    const before = bytes.slice();
    expect(instrument(bytes).bytes).toEqual(instrument(bytes).bytes);
    expect(bytes).toEqual(before);
    // As a part of something larger, too.
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 5);
    expect(instrument(larger.subarray(5, 5 + bytes.length)).bytes).toEqual(instrument(bytes).bytes);
  });
});

describe("all of WebAssembly", () => {
  const proposals: Record<string, string> = {
    "sign extension and saturating conversions": `(func (param f64) (result i64)
      (i64.extend8_s (i64.trunc_sat_f64_s (local.get 0))))`,
    "several values": `(func (result i32 i64) (block (result i32 i64) (i32.const 1) (i64.const 2)))`,
    "bulk memory": `(memory 1) (data $d "x") (table 4 funcref) (elem $e func $f)
      (func $f (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $d)
        (memory.copy (i32.const 0) (i32.const 8) (i32.const 8)) (elem.drop $e)
        (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))
        (table.copy (i32.const 0) (i32.const 1) (i32.const 1)))`,
    "reference types": `(table $t 2 externref) (func (param externref) (result i32)
      (table.set $t (i32.const 0) (local.get 0)) (drop (table.grow $t (ref.null extern) (i32.const 1)))
      (table.fill $t (i32.const 0) (ref.null extern) (i32.const 1)) (table.size $t))`,
    SIMD: `(memory 1) (func (result v128) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
      (v128.load (i32.const 0)) (v128.load8_lane 3 (i32.const 0) (v128.const i32x4 1 2 3 4))))`,
    "tail calls": `(func $f (param i32) (result i32) (return_call $f (local.get 0)))`,
    exceptions: `(tag $e (param i32)) (func (result i32)
      (try (result i32) (do (throw $e (i32.const 1))) (catch $e) (catch_all (rethrow 0))))
      (func (try (do (try (do) (delegate 0))) (catch_all)))`,
    threads: `(memory 1 2 shared) (func (result i32) (atomic.fence)
      (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))`,
    "extended constants": `(global i32 (i32.add (i32.const 1) (i32.const 2)))`,
    "several memories": `(memory $a 1) (memory $b 1) (func (result i32)
      (memory.copy $a $b (i32.const 0) (i32.const 0) (i32.const 8)) (i32.load $b (i32.const 4)))`,
    "64-bit memories": `(memory i64 1) (func (result i64) (i64.store (i64.const 8) (i64.const 1))
      (memory.fill (i64.const 0) (i32.const 1) (i64.const 8)) (memory.grow (i64.const 1)))`,
  };

  test.each(Object.entries(proposals))("%s", async (_, text) => {
    again(await wat(`(module ${text})`));
  });

  test("exceptions by try_table, of both clauses", () => {
    // A tag of type 0; block, try_table with catch_all_ref and catch.
    const bytes = bytesOf(
      [...OWN, ...section(13, 1, 0, 0).list],
      new Bytes().section(10, (to) => {
        to.add(1).sized((inner) => {
          inner.add(0, 0x02, 0x40, 0x02, 0x69, 0x1f, 0x40, 2, 0, 0, 1, 3, 0, 0x08, 0, 0x0b);
          inner.add(0x00, 0x0b, 0x0a, 0x0b, 0x0b);
        });
      }),
    );
    again(bytes);
  });

  test("function references", () => {
    const export0 = section(7, 1, 1, 0x66, 0, 0);
    const call = [0, 0xd2, 0, 0x14, 0, 0xd2, 0, 0xd5, 0, 0x1a, 0xd2, 0, 0x15, 0, 0x0b];
    again(bytesOf(OWN, export0, section(10, 1, call.length, ...call)));
  });

  test("garbage collected types", () => {
    // (rec (sub (struct (field i32))) (array (mut i8))), then a function that makes and casts them.
    const types = section(1, 2, 0x4e, 2, 0x50, 0, 0x5f, 1, 0x7f, 0, 0x5e, 0x78, 1, 0x60, 0, 0);
    const bytes = bytesOf(
      types,
      section(3, 1, 2),
      new Bytes().section(10, (to) => {
        to.add(1).sized((inner) => {
          inner.add(0, 0x02, 0x63, 0, 0x41, 1, 0xfb, 0, 0, 0xfb, 0x18, 0, 0, 0x64, 0, 0x63, 0);
          inner.add(0x0b, 0x1a, 0x41, 0, 0x41, 9, 0xfb, 6, 1, 0x1a, 0x0b);
        });
      }),
    );
    again(bytes);
  });
});
