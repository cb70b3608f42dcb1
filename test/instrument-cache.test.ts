// The cache of instrumented modules: what is told apart, what is kept, and what a directory may do to it.

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OptionError, StateError } from "../src/index.js";
import { keyOf, textOf } from "../src/instrument/cache-key.js";
import {
  createModuleCache,
  type InstrumentOptions,
  instrument,
  ModuleError,
} from "../src/instrument/index.js";
import { ran, tree } from "./wasm/plugin.js";
import { wat } from "./wasm/wat.js";

/** As many modules as numbers. */
const moduleOf = (value: number, extra = "") =>
  wat(`(module (func (export "f") (result i32) (i32.const ${value})) ${extra})`);

const MAP = { version: 3, sources: ["a.ts"], mappings: "AAAA" };
const SOURCE = `(module (func $start) (start $start) (func (export "f") (result i32) (i32.const 7)))`;

afterEach(() => vi.unstubAllGlobals());

describe("in memory", () => {
  test("the same bytes give the same one, compiled; they may be other bytes by then", async () => {
    const cache = createModuleCache();
    const bytes = await moduleOf(7);
    const expected = instrument(bytes).bytes;
    const copy = bytes.slice();
    const coming = [cache.instrument(bytes), cache.instrument(copy)];
    bytes.fill(0);
    const [first, second] = await Promise.all(coming);
    expect(second).toBe(first);
    expect(await cache.instrument(copy)).toBe(first);
    expect(first!.bytes).toEqual(expected);
    expect(first!.module).toBe(await first!.compile());
    expect(cache.statistics()).toEqual({
      ...{ modules: 1, bytes: expected.length, found: 2, read: 0, made: 1, faults: 0 },
      fault: undefined,
    });
  });

  test("other bytes, options and instrumenters are told apart", async () => {
    const bytes = Uint8Array.from(await moduleOf(7));
    const options: InstrumentOptions[] = [
      ...[{}, { costs: {} }, { costs: { default: 2 } }, { costs: { classes: { numeric: 2 } } }],
      ...[{ sourceMap: MAP }, { sourceMap: { ...MAP, sources: ["b.ts"] } }],
      ...[
        { sourceMap: JSON.stringify(MAP) },
        { sourceMappingURL: "x" },
        { sourceMappingURL: null },
      ],
    ];
    const keys = await Promise.all(options.map((each) => keyOf(bytes, textOf(each))));
    keys.push(await keyOf(bytes, textOf({}), "another"));
    keys.push(await keyOf(Uint8Array.from(await moduleOf(8)), textOf({})));
    expect(new Set(keys).size).toBe(options.length + 2);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });

  test("options that say the same are the same, and what they say is what is done", async () => {
    const cache = createModuleCache();
    const bytes = await moduleOf(7);
    const costs = { default: 3, classes: { numeric: 5, memory: 1 } };
    const coming = cache.instrument(bytes, { costs });
    // Too late.
    costs.classes.numeric = 100;
    const made = await coming;
    const same = { classes: { memory: 1, numeric: 5 }, default: 3 };
    expect(await cache.instrument(bytes, { costs: same })).toBe(made);
    const { kernel, plugin } = tree();
    const guest = kernel.loadWasm(made, { meter: plugin });
    expect(await guest.call("f")).toBe(7);
    expect(ran(guest)).toBe(5n);
  });

  test("those used longest ago go first, and none that is larger than all", async () => {
    const modules = await Promise.all([1, 2, 3, 4].map((value) => moduleOf(value)));
    const large = await moduleOf(5, `(memory 1) (data (i32.const 0) "${"x".repeat(1000)}")`);
    const [first, second, third, fourth] = modules;
    const size = instrument(first!).bytes.length;
    const cache = createModuleCache({ limit: 3 * size });
    const steps: [Uint8Array, number][] = [
      ...([
        [first, 1],
        [second, 2],
        [third, 3],
        [first, 3],
        [fourth, 4],
        [first, 4],
      ] as const),
      ...([
        [second, 5],
        [fourth, 5],
        [large, 6],
        [second, 6],
        [large, 7],
      ] as const),
    ].map(([bytes, made]) => [bytes!, made]);
    for (const [bytes, made] of steps) {
      await cache.instrument(bytes);
      expect(cache.statistics().made).toBe(made);
      expect(cache.statistics().bytes).toBe(size * cache.statistics().modules);
    }
    expect(cache.statistics().modules).toBe(3);
  });

  test("what is refused is not kept", async () => {
    const cache = createModuleCache();
    const bytes = await moduleOf(7);
    // i64.const where an i32 is to be given.
    const invalid = bytes.slice();
    invalid[bytes.length - 3] = 0x42;
    for (let times = 0; times < 2; times++) {
      await expect(cache.instrument(new Uint8Array(8))).rejects.toThrow(ModuleError);
      await expect(cache.instrument(invalid)).rejects.toThrow(WebAssembly.CompileError);
    }
    const wrong: [unknown, unknown?][] = [["text"], [bytes, 3], [bytes, { cost: {} }]];
    for (const costs of [() => {}, { default: Number.NaN }, { default: 1n }, null]) {
      wrong.push([bytes, { costs }]);
    }
    for (const sourceMap of [() => {}, { ...MAP, x: 1n }, null, 3, "{"]) {
      wrong.push([bytes, { sourceMap }]);
    }
    wrong.push([bytes, { sourceMappingURL: 3 }]);
    for (const [given, options] of wrong) {
      const refused = cache.instrument(given as Uint8Array, options as InstrumentOptions);
      await expect(refused).rejects.toThrow(OptionError);
    }
    expect(cache.statistics()).toMatchObject({ modules: 0, made: 0, found: 0 });
  });

  test("is all that there is where there is no Node; not without WebCrypto", async () => {
    const bytes = await moduleOf(7);
    vi.stubGlobal("process", undefined);
    expect((await createModuleCache().instrument(bytes)).start).toBeUndefined();
    const withFiles = createModuleCache({ directory: "modules" });
    await expect(withFiles.instrument(bytes)).rejects.toThrow(StateError);
    vi.unstubAllGlobals();
    vi.stubGlobal("crypto", {});
    await expect(createModuleCache().instrument(bytes)).rejects.toThrow("found no crypto.subtle");
  });

  test("options that are refused", () => {
    const wrong: unknown[] = [
      3,
      null,
      { dir: "x" },
      { directory: "" },
      { directory: 3 },
      { limit: -1 },
    ];
    for (const options of wrong) {
      expect(() => createModuleCache(options as never)).toThrow(OptionError);
    }
  });
});

describe("in a directory", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "primemeter-"));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  const files = () => readdirSync(directory);

  test("another cache reads what one has written: all of it", async () => {
    const bytes = await wat(SOURCE);
    const options = { sourceMap: MAP, costs: { default: 4 } };
    const made = await createModuleCache({ directory }).instrument(bytes, options);
    expect(files()).toHaveLength(1);
    const cache = createModuleCache({ directory });
    const read = await cache.instrument(bytes, options);
    expect(cache.statistics()).toMatchObject({ read: 1, made: 0, faults: 0 });
    expect(read).not.toBe(made);
    for (const name of ["bytes", "counter", "start", "refill", "figures", "sourceMap"] as const) {
      expect(read[name], name).toEqual(made[name]);
    }
    const { kernel, plugin } = tree();
    const guest = kernel.loadWasm(read, { meter: plugin });
    expect(await guest.call("f")).toBe(7);
    expect(ran(guest)).toBe(4n);
    expect(await cache.instrument(bytes)).not.toBe(read);
    expect(files()).toHaveLength(2);
  });

  test("a path is made; it stays where it was, wherever it leads later", async () => {
    const [deep, other, link] = ["a/b", "other", "link"].map((name) => join(directory, name));
    const fromHere = createModuleCache({ directory: relative(process.cwd(), deep!) });
    await fromHere.instrument(await moduleOf(7));
    expect(readdirSync(deep!)).toHaveLength(1);
    symlinkSync(deep!, link!);
    const cache = createModuleCache({ directory: link! });
    await cache.instrument(await moduleOf(8));
    rmSync(link!);
    mkdirSync(other!);
    symlinkSync(other!, link!);
    await cache.instrument(await moduleOf(9));
    expect(readdirSync(deep!)).toHaveLength(3);
    expect(cache.statistics().faults).toBe(0);
  });

  test("one cache that is asked at once makes it once", async () => {
    const cache = createModuleCache({ directory });
    const bytes = await moduleOf(7);
    const all = await Promise.all(Array.from({ length: 20 }, () => cache.instrument(bytes)));
    expect(new Set(all).size).toBe(1);
    expect(cache.statistics()).toMatchObject({ made: 1, found: 19 });
  });

  test("whatever is changed, cut off or added is found, and made anew", async () => {
    const bytes = await moduleOf(7);
    const made = await createModuleCache({ directory }).instrument(bytes);
    const file = join(directory, files()[0]!);
    const whole = readFileSync(file);
    const damaged: Buffer[] = [
      Buffer.concat([whole, Buffer.of(0)]),
      Buffer.alloc(0),
      Buffer.from("x"),
    ];
    for (let at = 0; at < whole.length; at += 3) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1 << (at % 8);
      damaged.push(changed, whole.subarray(0, at));
    }
    for (const [at, content] of damaged.entries()) {
      writeFileSync(file, content);
      const cache = createModuleCache({ directory });
      expect((await cache.instrument(bytes)).bytes, `${at}`).toEqual(made.bytes);
      expect(cache.statistics(), `${at}`).toMatchObject({ made: 1, read: 0 });
      expect(readFileSync(file).equals(whole), `${at}`).toBe(true);
    }
  });

  test("another module's file is not taken for it", async () => {
    const [one, other] = [await moduleOf(1), await moduleOf(2)];
    await createModuleCache({ directory }).instrument(one);
    const [first] = files();
    await createModuleCache({ directory }).instrument(other);
    const second = files().find((name) => name !== first)!;
    writeFileSync(join(directory, second), readFileSync(join(directory, first!)));
    const cache = createModuleCache({ directory });
    expect((await cache.instrument(other)).bytes).toEqual(instrument(other).bytes);
    expect(cache.statistics().made).toBe(1);
  });

  test("many at once write it, and all have it", async () => {
    const bytes = await moduleOf(7);
    const caches = Array.from({ length: 20 }, () => createModuleCache({ directory }));
    const all = await Promise.all(caches.map((cache) => cache.instrument(bytes)));
    for (const each of all) expect(each.bytes).toEqual(all[0]!.bytes);
    expect(caches.map((cache) => cache.statistics().faults)).toEqual(caches.map(() => 0));
    expect(files()).toHaveLength(1);
  });

  test("that is a file, or within one: an error each time; once it is mended, none", async () => {
    const bytes = await moduleOf(7);
    const file = join(directory, "file");
    writeFileSync(file, "");
    for (const path of [file, join(file, "within")]) {
      const cache = createModuleCache({ directory: path });
      const message = /^directory: found ".*" \(E[A-Z]+\), expected a directory that can be read/;
      await expect(cache.instrument(bytes)).rejects.toThrow(message);
      await expect(cache.instrument(bytes)).rejects.toThrow(OptionError);
      rmSync(file);
      await cache.instrument(bytes);
      expect(cache.statistics()).toMatchObject({ made: 1, modules: 1, faults: 0 });
      rmSync(file, { recursive: true });
      writeFileSync(file, "");
    }
  });

  test("that goes, or a file that is a directory, is no hindrance, but is told", async () => {
    const bytes = await moduleOf(7);
    const cache = createModuleCache({ directory: join(directory, "own") });
    await cache.instrument(bytes);
    const [name] = readdirSync(join(directory, "own"));
    rmSync(join(directory, "own"), { recursive: true });
    await cache.instrument(await moduleOf(8));
    expect(cache.statistics()).toMatchObject({ made: 2, faults: 1, fault: { code: "ENOENT" } });
    mkdirSync(join(directory, name!));
    const other = createModuleCache({ directory });
    await other.instrument(bytes);
    expect(other.statistics()).toMatchObject({ made: 1, faults: 2 });
    expect(files()).toEqual([name]);
  });
});
