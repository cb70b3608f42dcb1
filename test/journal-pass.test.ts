// What the compiler pass does to modules small enough to be read.

import binaryen from "assemblyscript/binaryen";
import { expect, test } from "vitest";
import { journalStores } from "../scripts/journal.mjs";

const LOGGERS = [8, 16, 32, 64]
  .map(
    (bits) => `
      (export "journalled${bits}" (func $assembly/journal/journalled${bits}))
      (func $assembly/journal/journalled${bits} (param i32 i32) (result i32) (local.get 0))`,
  )
  .join("");
const JOURNAL = { "assembly/journal/": "itself" };

/** The functions of a module after the pass, by name, as folded text on one line. */
function pass(functions: string, excluded = {}, bulk = {}): Map<string, string> {
  const text = `(module (import "env" "memory" (memory 1 1 shared)) ${LOGGERS} ${functions})`;
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  journalStores(binaryen, module, { ...JOURNAL, ...excluded }, bulk);
  expect(module.validate()).toBe(1);
  expect(module.emitText()).not.toContain("(export");
  const found = module.emitText().matchAll(/^ \(func \$(\S+)(.*?)^ \)/gms);
  return new Map([...found].map(([, name, body]) => [name!, body!.replace(/\s+/g, " ").trim()]));
}

test("each width has its logger, told the address and the offset", () => {
  const functions = pass(`
    (func $f (param $at i32)
      (i32.store8 offset=3 (local.get $at) (i32.const 1))
      (i64.store16 (local.get $at) (i64.const 2))
      (i64.store32 offset=8 (local.get $at) (i64.const 3))
      (i64.store offset=16 (local.get $at) (i64.const 4)))`);
  const of = (bits: number, offset: number) =>
    `(call $assembly/journal/journalled${bits} (local.get $at) (i32.const ${offset}) )`;
  const body = functions.get("f")!;
  expect(body).toContain(`(i32.store8 offset=3 ${of(8, 3)} (i32.const 1) )`);
  expect(body).toContain(`(i64.store16 ${of(16, 0)} (i64.const 2) )`);
  expect(body).toContain(`(i64.store32 offset=8 ${of(32, 8)} (i64.const 3) )`);
  expect(body).toContain(`(i64.store offset=16 ${of(64, 16)} (i64.const 4) )`);
});

test("stores inside any other expression are found", () => {
  const store = "(i32.store (i32.const 8) (i32.const 1))";
  const value = `(block (result i32) ${store} (i32.const 0))`;
  const functions = pass(`
    (func $f (param i32) (result i32) (local $x i32)
      (block $b ${store} (br_if $b ${value}))
      (loop $l ${store} (br_table $l $l ${value}))
      (unreachable))
    (func $g (param i32) (result i32)
      (if ${value} (then ${store}) (else ${store}))
      (i32.store (i32.load ${value}) (call $f (i32.add ${value} (i32.eqz ${value}))))
      (drop (select ${value} ${value} (local.tee 0 ${value})))
      (drop (i32.atomic.rmw.cmpxchg ${value} ${value} ${value}))
      (drop (memory.atomic.wait32 ${value} ${value} (i64.const 0)))
      (drop (memory.atomic.notify ${value} ${value}))
      (return ${value}))`);
  for (const [name, stores] of Object.entries({ f: 4, g: 18 })) {
    const body = functions.get(name)!;
    expect(body.match(/i32\.store /g), name).toHaveLength(stores);
    expect(body.match(/i32\.store \(call \$assembly\/journal\/journalled32/g)).toHaveLength(stores);
  }
});

test("atomic stores are left as they are", () => {
  const body = pass("(func $f (i32.atomic.store (i32.const 8) (i32.const 1)))").get("f");
  expect(body).toContain("(i32.atomic.store (i32.const 8) (i32.const 1) )");
});

test("what is excluded stores unlogged, also by the setters that it shares with others", () => {
  const functions = pass(
    `(func $Thing#set:size (param i32) (i32.store (local.get 0) (i32.const 1)))
     (func $Thing#set:length (param i32) (call $Thing#set:size (local.get 0)))
     (func $outside/run (call $Thing#set:length (i32.const 8)) (call $inside (i32.const 8)))
     (func $inside (param i32) (call $Thing#set:length (local.get 0)))`,
    { "outside/": "a reason" },
  );
  const text = (name: string) => functions.get(name) ?? "(not there)";
  expect(text("outside/run")).toContain("call $Thing#set:length~plain");
  expect(text("Thing#set:length~plain")).toContain("call $Thing#set:size~plain");
  expect(text("Thing#set:size~plain")).not.toContain("journalled");
  expect(text("outside/run")).toContain("call $inside ");
  expect(text("inside")).toContain("call $Thing#set:length ");
  expect(text("Thing#set:length")).toContain("call $Thing#set:size ");
  expect(text("Thing#set:size")).toContain("journalled32");
});

test("memory that is filled or copied unlogged is refused, unless a reason is given", () => {
  const filled = "(func $f (memory.fill (i32.const 0) (i32.const 0) (i32.const 8)))";
  const copied = "(func $g (memory.copy (i32.const 0) (i32.const 8) (i32.const 8)))";
  expect(() => pass(filled)).toThrow("journal: f has a MemoryFill, which isn't logged");
  expect(() => pass(copied)).toThrow("journal: g has a MemoryCopy, which isn't logged");
  expect(pass(filled + copied, {}, { f: "a reason", g: "a reason" }).size).toBe(6);
  expect(pass(filled, { f: "a reason" }).size).toBe(5);
});

test("lists that name what is not there, and expressions not known, are refused", () => {
  expect(() => pass("", { "gone/": "a reason" })).toThrow("journal: the build has no gone/");
  expect(() => pass("(func $f)", {}, { f: "a reason" })).toThrow("journal: the build has no f");
  expect(() => pass("(func $f (drop (ref.null func)))")).toThrow(
    "f has an expression of a new kind, RefNullId",
  );
});
