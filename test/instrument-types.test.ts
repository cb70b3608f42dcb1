// Types of TypeScript, of a module's exports and imports.

import ts from "typescript";
import { describe, expect, test } from "vitest";
import { OptionError } from "../src/index.js";
import { instrument, ModuleError, typesOf } from "../src/instrument/index.js";
import { header } from "./wasm/bytes.js";
import { wat } from "./wasm/wat.js";

const TEXT = `(module
  (type $two (func (param i32 i64 f32 f64) (result i64 f32)))
  (import "host" "log" (func $log (param externref funcref)))
  (import "host" "limit" (global i32))
  (import "host" "left" (global (mut i64)))
  (import "other thing" "memory" (memory 1))
  (import "host" "dot" (func (param v128)))
  (import "other thing" "table" (table 1 funcref))
  (import "other thing" "tag" (tag (param i32)))
  (import "other thing" "any" (global externref))
  (global (export "g") (mut f64) (f64.const 0))
  (global (export "f") funcref (ref.null func))
  (table (export "table") 1 funcref)
  (memory (export "memory") 1)
  (tag (export "tag"))
  (func $start) (start $start)
  (func (export "two") (type $two) (local.get 1) (local.get 2))
  (func (export "do it") (result externref) (ref.null extern))
  (func (export "dot*/") (result v128) (v128.const i64x2 0 0))
  (func (export "class") (param i32))
  (export "log" (func $log)))`;

const TYPES = `// Of a module of WebAssembly, by primemeter: for \`kernel.loadWasm<Exports, Imports>\`.

export interface Exports {
  readonly g: WebAssembly.Global<"f64">;
  readonly f: WebAssembly.Global<"anyfunc">;
  readonly table: WebAssembly.Table;
  readonly memory: WebAssembly.Memory;
  readonly tag: WebAssembly.Tag;
  two(p0: number, p1: bigint, p2: number, p3: number): [bigint, number];
  "do it"(): unknown;
  // "dot*/": a function with values of v128
  class(p0: number): void;
  log(p0: unknown, p1: ((...given: never[]) => unknown) | null): void;
}

export interface Imports {
  host: {
    log(p0: unknown, p1: ((...given: never[]) => unknown) | null): void;
    limit: WebAssembly.Global<"i32"> | number;
    left: WebAssembly.Global<"i64">;
    dot: (...given: never[]) => unknown;
  };
  "other thing": {
    memory: WebAssembly.Memory;
    table: WebAssembly.Table;
    tag: WebAssembly.Tag;
    any: WebAssembly.Global<"externref"> | unknown;
  };
}
`;

/** What TypeScript has against a text. */
function complaints(text: string): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts"],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, target) =>
    name === "types.ts"
      ? ts.createSourceFile(name, text, target)
      : getSourceFile.call(host, name, target);
  const program = ts.createProgram(["types.ts"], options, host);
  const found = ts.getPreEmitDiagnostics(program, program.getSourceFile("types.ts"));
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe("typesOf", () => {
  test("of everything that there is, which TypeScript takes", async () => {
    const bytes = await wat(TEXT);
    expect(typesOf(bytes)).toBe(TYPES);
    expect(complaints(TYPES)).toEqual([]);
    expect(complaints(`${TYPES}let wrong: Exports["g"] = 3;`)).toHaveLength(1);
  });

  test("of the same module instrumented: without what was added", async () => {
    const made = instrument(await wat(TEXT));
    expect(typesOf(made)).toBe(TYPES);
    expect(typesOf(made.bytes)).toBe(TYPES);
  });

  test("of one that has nothing", () => {
    const [head] = TYPES.split("\n");
    const nothing = `${head}\n\nexport interface Exports {\n}\n\nexport interface Imports {\n}\n`;
    expect(typesOf(header().take())).toBe(nothing);
    expect(typesOf(instrument(header().take()))).toBe(nothing);
  });

  test("whatever the names are, they stay names", () => {
    const names = ["a\nb", "\u2028", '"', "\\", "__proto__", "", "*/ }", "é", "\0"];
    const bytes = header()
      .section(5, (to) => to.add(1, 0, 0))
      .section(7, (to) => to.vector(names, (name, each) => each.name(name).add(2, 0)))
      .take();
    const types = typesOf(bytes);
    expect(types.split(/[\n\u2028]/)).toHaveLength(9 + names.length - 1);
    expect(complaints(types)).toEqual([]);
    const uses = names.map(
      (name) => `let x${names.indexOf(name)}: Exports[${JSON.stringify(name)}];`,
    );
    expect(complaints(types + uses.join("\n"))).toEqual([]);
  });

  test("of what is no module", () => {
    expect(() => typesOf("x" as never)).toThrow(OptionError);
    expect(() => typesOf(null as never)).toThrow(
      "typesOf: found null, expected a Uint8Array or what `instrument` made",
    );
    expect(() => typesOf(new Uint8Array(8))).toThrow(ModuleError);
  });
});
