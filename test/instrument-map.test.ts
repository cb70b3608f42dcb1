// Source maps: what an engine says of places in an instrumented module leads to the lines it was made of.

import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import asc from "assemblyscript/asc";
import { beforeAll, describe, expect, test } from "vitest";
import { createKernel, OptionError } from "../src/index.js";
import { instrument, openInstrumented, type SourceMap } from "../src/instrument/index.js";
import { Moves } from "../src/instrument/moves.js";
import { Bytes } from "./wasm/bytes.js";
import { wat } from "./wasm/wat.js";

/** Where it traps is told by the line; each way there has loops, calls and blocks before. */
const SOURCE = `let seen: i32 = 0;
function step(n: i32): i32 {
  return n * 3 + 1;
}
function deep(n: i32): i32 {
  for (let i = 0; i < n; i++) {
    seen += step(i);
    if (seen > 100) {
      unreachable(); // line 9
    }
  }
  if (n == 0) {
    return 5 / seen; // line 13
  }
  return deep(n - 1); // line 15
}
export function run(n: i32): i32 {
  seen = 0;
  const first = deep(n); // line 19
  memory.fill(0, 0, first);
  return first;
}
export function far(): i32 {
  return load<i32>(0xffff_fff0); // line 24
}
`;

interface Made {
  readonly bytes: Uint8Array;
  readonly map: SourceMap;
}

async function compile(...options: string[]): Promise<Made> {
  const files = new Map<string, string | Uint8Array>();
  const { error, stderr } = await asc.main(
    ["guest.ts", "-o", "guest.wasm", "--sourceMap", "--runtime", "stub", ...options],
    {
      readFile: (name: string) => (name === "guest.ts" ? SOURCE : null),
      writeFile: (name: string, contents: string | Uint8Array) => void files.set(name, contents),
      listFiles: () => [],
    },
  );
  if (error) throw new Error(stderr.toString());
  const map = JSON.parse(String(files.get("guest.wasm.map"))) as SourceMap;
  return { bytes: files.get("guest.wasm") as Uint8Array, map };
}

/** What a map says of an offset: the mapping at it, or the last one before. */
function lineAt(map: SourceMap, offset: number): string {
  const found = decode(map.mappings)[0]!.findLast(([at]) => at <= offset);
  if (found === undefined || found.length === 1) return "none";
  return `${map.sources[found[1]]}:${found[2] + 1}`;
}

/** The lines of the frames of a trap, innermost first. */
function lines(map: SourceMap, run: () => unknown): string[] {
  const { prepareStackTrace } = Error;
  // The engine's own words, which have offsets; the test runner's have not.
  Reflect.set(Error, "prepareStackTrace", undefined);
  try {
    run();
  } catch (error) {
    const frames = (error as Error).stack!.matchAll(/wasm-function\[\d+\]:0x([\da-f]+)/g);
    return [...frames].map(([, offset]) => lineAt(map, Number.parseInt(offset!, 16)));
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
  throw new Error("it came back");
}

const imports = { env: { abort: () => {} } };

describe.each([["-O0"], ["-O3"]])("a module of asc %s", (level) => {
  let plain: Made;
  beforeAll(async () => {
    plain = await compile(level);
  });

  test("traps at the same lines, instrumented or not", () => {
    const metered = instrument(plain.bytes, { sourceMap: plain.map });
    const kernel = createKernel({ nodes: 8 });
    const guest = kernel.loadWasm(metered, { meter: kernel.primeMeter, imports });
    const module = new WebAssembly.Module(plain.bytes as BufferSource);
    const { exports } = new WebAssembly.Instance(module, imports);
    const both = (name: string, ...args: number[]) => {
      const act = exports[name] as (...args: number[]) => unknown;
      const expected = lines(plain.map, () => act(...args));
      expect(lines(metered.sourceMap!, () => guest.callNow(name, ...args))).toEqual(expected);
      return expected;
    };
    expect(both("run", 40)[0]).toBe("guest.ts:9");
    expect(both("far")[0]).toBe("guest.ts:24");
    expect(both("run", 0)[0]).toBe("guest.ts:13");
  });

  test("keeps all mappings, in order, each at a place of its own instruction", () => {
    const { sourceMap, bytes } = instrument(plain.bytes, { sourceMap: plain.map });
    const before = decode(plain.map.mappings)[0]!;
    const after = decode(sourceMap!.mappings)[0]!;
    expect(after).toHaveLength(before.length + 1);
    for (const [i, segment] of before.entries()) {
      expect(after[i]!.slice(1)).toEqual(segment.slice(1));
      expect(after[i]![0]).toBeGreaterThanOrEqual(segment[0]);
      expect(after[i + 1]![0]).toBeGreaterThanOrEqual(after[i]![0]);
    }
    // What comes behind all functions of the module has no source.
    expect(after.at(-1)).toHaveLength(1);
    expect(after.at(-1)![0]).toBeLessThan(bytes.length);
    const { mappings: _, ...rest } = plain.map;
    expect(sourceMap).toMatchObject(rest);
  });

  test("with a map is the same module, and the map is not changed", () => {
    const text = JSON.stringify(plain.map);
    const metered = instrument(plain.bytes, { sourceMap: text });
    expect(metered.bytes).toEqual(instrument(plain.bytes).bytes);
    const again = instrument(plain.bytes, { sourceMap: plain.map });
    expect(again.sourceMap).toEqual(metered.sourceMap);
    expect(JSON.stringify(plain.map)).toBe(text);
  });
});

test("what is inside of an instruction leads exactly there, wherever it stands", async () => {
  const values = [51, 52, 53, 54, 55, 56, 57, 58];
  const constants = values.map((value) => `(i32.const ${value})`);
  const bytes = await wat(`(module (import "m" "f" (func $f (param i32) (result i32)))
    (memory 1)
    (func $small (result i32) ${constants[0]})
    (func (export "g") (param i32) (result i32) (local i64 i64)
      (if (i32.eqz (local.get 0)) (then (drop (call $f ${constants[1]}))) (else (drop ${constants[2]})))
      (loop (br_if 0 (call $f (call $small))) (drop ${constants[3]}))
      (drop (memory.grow ${constants[4]}))
      (memory.fill (local.get 0) ${constants[5]} ${constants[6]})
      (call $f ${constants[7]})))`);
  const mappings = encode([[...bytes.keys()].map((at): SourceMapSegment => [at, 0, at, 0])]);
  const map = { version: 3, sources: ["bytes"], mappings };
  const { bytes: made, sourceMap } = instrument(bytes, { sourceMap: map });
  const places = new Map(decode(sourceMap!.mappings)[0]!.map(([at, , from]) => [from, at]));
  const hex = (of: Uint8Array) => Buffer.from(of).toString("latin1");
  for (const value of values) {
    const constant = String.fromCharCode(0x41, value);
    const [from, to] = [hex(bytes).indexOf(constant), hex(made).indexOf(constant)];
    expect(places.get(from + 1)).toBe(to + 1);
    // The instruction itself begins where what counts for it does.
    expect(places.get(from)).toBeLessThanOrEqual(to);
    expect(places.get(from - 1)).toBeLessThanOrEqual(places.get(from)!);
  }
});

test("offsets within what was written anew stay in their order", () => {
  const moves = new Moves();
  // Ten bytes are copied, five that follow become one, and four more are copied.
  for (const [from, to] of [
    [100, 0],
    [110, 14],
    [115, 15],
    [119, 19],
  ])
    moves.note(from!, to!);
  moves.place(30);
  moves.shift(1000);
  const at = (offset: number) => moves.to(offset);
  expect([99, 100, 105, 110].map(at)).toEqual([undefined, 1030, 1035, 1044]);
  expect([111, 112, 114, 115, 116].map(at)).toEqual([1045, 1045, 1045, 1045, 1046]);
  expect([119, 120].map(at)).toEqual([1049, undefined]);
  expect(moves.end).toBe(1049);
});

describe("the section sourceMappingURL", () => {
  const withUrl = async (url: string) =>
    new Bytes()
      .append(await wat("(module (func))"))
      .section(0, (to) => to.name("sourceMappingURL").name(url))
      .take();
  const urls = (bytes: Uint8Array) =>
    WebAssembly.Module.customSections(
      new WebAssembly.Module(bytes as BufferSource),
      "sourceMappingURL",
    ).map((content) => new TextDecoder().decode(content).slice(1));

  test("is kept, replaced, made, or dropped", async () => {
    const bytes = await withUrl("./old.map");
    expect(urls(instrument(bytes).bytes)).toEqual(["./old.map"]);
    const replaced = instrument(bytes, { sourceMappingURL: "./new.map" });
    expect(urls(replaced.bytes)).toEqual(["./new.map"]);
    expect(openInstrumented(replaced.bytes).sourceMap).toBeUndefined();
    expect(urls(instrument(bytes, { sourceMappingURL: null }).bytes)).toEqual([]);
    const none = await wat("(module)");
    expect(urls(instrument(none, { sourceMappingURL: "x" }).bytes)).toEqual(["x"]);
    expect(instrument(none).sourceMap).toBeUndefined();
  });

  test("wrong options are refused", async () => {
    const bytes = await wat("(module)");
    expect(() => instrument(bytes, { sourceMappingURL: 3 } as never)).toThrow(
      "sourceMappingURL: found 3, expected a string or null",
    );
    expect(() => instrument(bytes, { sourcemap: "" } as never)).toThrow(OptionError);
    expect(() => instrument(bytes, null as never)).toThrow(OptionError);
  });
});

describe("a source map that is wrong", () => {
  const good = { version: 3, sources: ["a"], names: ["n"], mappings: "" };
  const cases: [map: unknown, found: string][] = [
    ["{", "found a text that is no JSON, expected a source map"],
    [[], "found an object, expected a source map, parsed or as text"],
    [3, "found 3, expected a source map, parsed or as text"],
    ["null", "found null, expected a source map"],
    [{ ...good, version: 2 }, "found version 2, expected version 3"],
    [{ version: 3, sections: [] }, "found sections, expected mappings: an index of maps"],
    [{ ...good, sources: "a" }, "found other sources, expected an array of strings or null"],
    [{ ...good, names: [3] }, "found other names, expected an array of strings"],
    [{ ...good, mappings: null }, "found mappings null, expected a string"],
    [{ ...good, mappings: "AAAA,A!AA" }, 'found mappings with "!" as character 6, expected'],
    [{ ...good, mappings: "AAAAé" }, 'found mappings with "é" as character 4, expected'],
    [{ ...good, mappings: "ggggggggA" }, 'found mappings with "g" as character 7'],
    [{ ...good, mappings: "AAAA,AAg" }, "found a mapping of 2 numbers before character 8"],
    [{ ...good, mappings: "AA" }, "found a mapping of 2 numbers before character 2, expected 1, 4"],
    [{ ...good, mappings: "AAA,A" }, "found a mapping of 3 numbers before character 3"],
    [{ ...good, mappings: "AAAAAA" }, "found a mapping of 6 numbers before character 6"],
    [{ ...good, mappings: "A,,A" }, "found a mapping of 0 numbers before character 2"],
    [{ ...good, mappings: "A," }, "found a mapping of 0 numbers before character 2"],
    [{ ...good, mappings: "A;;A" }, "found mappings of line 3, expected line 1 only"],
    [{ ...good, mappings: "D" }, "found a mapping at offset -1, expected below 8, the size"],
    [{ ...good, mappings: "QAAA" }, "found a mapping at offset 8, expected below 8, the size"],
    [{ ...good, mappings: "ACAA" }, "found source 1 at offset 0, expected below 1"],
    [{ ...good, mappings: "ADAA" }, "found source -1 at offset 0, expected below 1"],
    [{ ...good, mappings: "AADA" }, "found line -1, column 0 at offset 0, expected none below 0"],
    [{ ...good, mappings: "AAAAC" }, "found name 1 at offset 0, expected below 1"],
  ];

  test.each(cases)("%j", async (sourceMap, message) => {
    const bytes = await wat("(module)");
    expect(bytes).toHaveLength(8);
    const act = () => instrument(bytes, { sourceMap } as never);
    expect(act).toThrow(OptionError);
    expect(act).toThrow(`sourceMap: ${message}`);
  });

  test("nothing is wrong with one that is empty, or has lines after the first", async () => {
    const bytes = await wat("(module)");
    for (const mappings of ["", ";;", "A;"]) {
      const { sourceMap } = instrument(bytes, { sourceMap: { ...good, mappings } });
      // Byte 0 is no code.
      expect(sourceMap).toEqual({ ...good, mappings: "" });
    }
  });
});
