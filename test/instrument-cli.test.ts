// `primemeter instrument`: modules are instrumented ahead of time, and opened again.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createKernel } from "../src/index.js";
import { instrument, openInstrumented, typesOf } from "../src/instrument/index.js";
import { Bytes } from "./wasm/bytes.js";
import { wat } from "./wasm/wat.js";

const MAIN = "dist/src/cli/main.js";
const TEXT = `(module (memory (export "memory") 1)
  (func $start (i32.store (i32.const 0) (i32.const 7))) (start $start)
  (func (export "spin") (param $n i32)
    (loop $more (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;

let folder: string;
let plugin: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "primemeter-instrument-"));
  plugin = file("plugin.wasm", await wat(TEXT));
  mkdirSync(join(folder, "folder"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function primemeter(...args: string[]) {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "instrument", ...args], {
    encoding: "utf8",
    env: { ...env, CI: "true" },
  });
  return { status, stdout, stderr };
}

test("prints what came of it, and writes what opens and runs", async () => {
  const out = join(folder, "out.wasm");
  const { status, stdout, stderr } = primemeter(plugin, "-o", out);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const bytes = readFileSync(out);
  const before = readFileSync(plugin).length;
  const growth = (bytes.length / before).toFixed(2);
  const lines = stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, "  "));
  expect(lines).toEqual([
    `  module  ${plugin}`,
    `  size  ${before} → ${bytes.length} bytes, ${growth}×`,
    "  functions  2",
    "  blocks charged  2",
    expect.stringMatching(/^ {2}time {2}[\d.]+ ms, [\d.]+ MB\/s$/),
    "  counter  export primemeter.counter",
    "  start function  export primemeter.start",
    "  refill  import primemeter.refill",
    `  written  ${out}`,
    "",
  ]);
  expect(bytes).toEqual(Buffer.from(instrument(readFileSync(plugin)).bytes));
  const kernel = createKernel({ nodes: 8 });
  const guest = kernel.loadWasm(openInstrumented(bytes), { meter: kernel.primeMeter });
  await guest.call("spin", 100);
  expect(guest.domain.consumed + guest.domain.owed).toBe(503n);
});

test("without --output nothing is written; --json prints one object", () => {
  const { stdout } = primemeter(plugin);
  expect(stdout).toContain("  written         nothing: --output OUT writes it\n");
  const { status, stdout: json, stderr } = primemeter(plugin, "--json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const before = readFileSync(plugin).length;
  const after = instrument(readFileSync(plugin)).bytes.length;
  expect(JSON.parse(json)).toEqual({
    ...{ file: plugin, output: null, before, after, growth: after / before },
    ...{ functions: 2, blocks: 2, counter: "primemeter.counter", start: "primemeter.start" },
    refill: { module: "primemeter", field: "refill" },
    ...{ dropped: [], seconds: expect.any(Number) },
  });
});

test("sections that are dropped are told of", () => {
  const debug = (name: string) => [...new Bytes().section(0, (to) => to.name(name).add(1)).list];
  const whole = readFileSync(plugin);
  const one = file("debug.wasm", Buffer.from([...whole, ...debug(".debug_line")]));
  expect(primemeter(one).stderr).toBe(
    "primemeter: dropped the section .debug_line: places in the code are others now\n",
  );
  const two = [...debug(".debug_line"), ...debug("external_debug_info")];
  const more = file("debug.wasm", Buffer.from([...whole, ...two]));
  expect(primemeter(more).stderr).toContain(
    "dropped the sections .debug_line, external_debug_info:",
  );
  const { stdout, stderr } = primemeter(more, "--json");
  expect(JSON.parse(stdout).dropped).toEqual([".debug_line", "external_debug_info"]);
  expect(stderr).toBe("");
});

test("a source map goes along, and the module says where it is", async () => {
  const source = "export function run(n: i32): i32 {\n  return 100 / n;\n}\n";
  const made = new Map<string, string | Uint8Array>();
  await asc.main(["a.ts", "-o", "a.wasm", "--sourceMap", "--runtime", "stub"], {
    readFile: (name: string) => (name === "a.ts" ? source : null),
    writeFile: (name: string, contents: string | Uint8Array) => void made.set(name, contents),
    listFiles: () => [],
  });
  const module = file("a.wasm", made.get("a.wasm")!);
  const map = file("a.wasm.map", made.get("a.wasm.map")!);
  const out = join(folder, "a metered.wasm");
  const { status, stderr } = primemeter(module, "-o", out, "--source-map", map);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const bytes = readFileSync(out);
  const [url] = WebAssembly.Module.customSections(
    new WebAssembly.Module(bytes),
    "sourceMappingURL",
  );
  expect(new TextDecoder().decode(url).slice(1)).toBe("./a%20metered.wasm.map");
  const { sourceMap } = instrument(readFileSync(module), { sourceMap: readFileSync(map, "utf8") });
  expect(JSON.parse(readFileSync(`${out}.map`, "utf8"))).toEqual(sourceMap);
  expect(sourceMap!.mappings).not.toBe(JSON.parse(readFileSync(map, "utf8")).mappings);
});

test("costs are those of a file, TOML or JSON", () => {
  const toml = file("costs.toml", 'default = 2\n[instructions]\n"i32.sub" = 1_000\n');
  const json = file("costs.json", '{ "default": 2, "instructions": { "i32.sub": 1000 } }');
  const costs = { default: 2, instructions: { "i32.sub": 1000 } };
  const expected = Buffer.from(instrument(readFileSync(plugin), { costs }).bytes);
  expect(expected).not.toEqual(Buffer.from(instrument(readFileSync(plugin)).bytes));
  for (const costsFile of [toml, json]) {
    const out = join(folder, "dear.wasm");
    const { status, stderr } = primemeter(plugin, "-o", out, "--costs", costsFile);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(readFileSync(out)).toEqual(expected);
  }
});

test("types of exports and imports are written, with or without the module", () => {
  const types = join(folder, "plugin.d.ts");
  const { status, stdout, stderr } = primemeter(plugin, "--types", types);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("nothing: --output OUT writes it");
  expect(readFileSync(types, "utf8")).toBe(typesOf(readFileSync(plugin)));
  expect(readFileSync(types, "utf8")).toContain("  spin(p0: number): void;");
});

test.each<[args: (() => string)[], message: RegExp]>([
  [[], /^error: missing required argument 'file'\n$/],
  [[() => plugin, () => plugin], /^error: too many arguments for 'instrument'\. Expected 1 /],
  [[() => plugin, () => "--out"], /^error: unknown option '--out'/],
  [[() => "none.wasm"], /^none\.wasm: found no such file, expected a module of WebAssembly\n$/],
  [[() => join(folder, "folder")], /folder: found a folder, expected a module of WebAssembly\n$/],
  [
    [() => "package.json"],
    /^package\.json: module: found no magic number, expected \\0asm \(byte 0\) \(MALFORMED\)\n$/,
  ],
  [
    [() => file("cut.wasm", readFileSync(plugin).subarray(0, -3))],
    /cut\.wasm: module: found its end, expected more \(byte \d+\) \(MALFORMED\)\n$/,
  ],
  [
    [() => file("twice.wasm", instrument(readFileSync(plugin)).bytes)],
    /twice\.wasm: module: found a module that is instrumented already, .* \(INSTRUMENTED\)\n$/,
  ],
  [
    [() => plugin, () => "-o", () => join(folder, "folder")],
    /folder: found a folder, expected a file that can be written\n$/,
  ],
  [
    [() => plugin, () => "--source-map", () => "x"],
    /^error: --source-map needs --output: the map goes beside that\n$/,
  ],
  [
    [() => plugin, () => "-o", () => join(folder, "x"), () => "--source-map", () => "none.map"],
    /^none\.map: found no such file, expected a source map\n$/,
  ],
  [
    [() => plugin, () => "-o", () => join(folder, "x"), () => "--source-map", () => "package.json"],
    /^package\.json: sourceMap: found version "0\.1\.0", expected version 3\n$/,
  ],
  [
    [() => plugin, () => "--costs", () => file("x.toml", "[classes]\nmemry = 3\n")],
    /x\.toml: costs\.classes: no "memry" \(did you mean "memory"\?\)\n$/,
  ],
  [
    [() => plugin, () => "--costs", () => file("y.toml", "default = \n")],
    /y\.toml:2:1: not TOML: /,
  ],
  [[() => plugin, () => "--costs", () => file("z.json", "{")], /z\.json: not JSON: /],
  [
    [() => plugin, () => "--costs", () => file("w.json", "null")],
    /w\.json: costs: found null, expected an object of options\n$/,
  ],
  [
    [() => plugin, () => "--costs", () => "costs.yaml"],
    /^costs\.yaml: found another ending, expected \.toml or \.json\n$/,
  ],
  [
    [() => plugin, () => "--types", () => join(folder, "folder")],
    /folder: found a folder, expected a file that can be written\n$/,
  ],
  [
    [() => plugin, () => "--costs", () => "none.toml"],
    /^none\.toml: found no such file, expected a table of costs\n$/,
  ],
])("wrong input is exit code 2: %#", (args, message) => {
  const { status, stdout, stderr } = primemeter(...args.map((arg) => arg()));
  expect(stderr).toMatch(message);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
});
