#!/usr/bin/env node
// Makes suite-*.json.br of the official test suite, as it is in Debian's source package of mozjs128 (folder
// js/src/jit-test/tests/wasm/spec): files of JavaScript with the modules as text. To make them again:
//
//   apt-get source --download-only mozjs128    # needs a line of deb-src
//   tar xf mozjs128_*.orig.tar.xz --wildcards '*/jit-test/tests/wasm/spec/*'
//   npm install --no-save @bytecodealliance/jco    # has wasm-tools' parser of texts
//   node test/wasm/spec/convert.mjs firefox-*/js/src/jit-test/tests/wasm/spec

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { brotliCompressSync, constants } from "node:zlib";
import { parse } from "@bytecodealliance/jco";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const GROUPS = {
  core: ["spec", "tail-call", "extended-const"],
  simd: ["spec", "relaxed-simd"],
  new: ["exception-handling", "memory64", "multi-memory", "function-references", "gc"],
};

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: convert.mjs FOLDER");
  process.exit(2);
}

/** Runs a file of the suite, and writes down what it asks for instead of doing it. */
function record(source) {
  const commands = [];
  let modules = 0;
  let inner;
  const act = (action) => {
    if (inner) inner.push(action);
    else commands.push([action.kind, action]);
    return action;
  };
  const nameOf = (instance) => (typeof instance === "string" ? instance : instance.index);
  const within = (kind, expected) => (thunk) => {
    inner = [];
    let failed;
    try {
      thunk();
    } catch (error) {
      failed = error;
    }
    const [action] = inner.slice(-1);
    inner = undefined;
    if (!action) throw failed ?? new Error(`nothing in ${kind}`);
    commands.push(expected === undefined ? [kind, action] : [kind, action, expected]);
  };
  const bits = (type, list) => ({ type, bits: Buffer.from(list.buffer).toString("hex") });
  const value = (type, given) => {
    if (type === "i32") return bits(type, Int32Array.of(given));
    if (type === "i64") return bits(type, BigInt64Array.of(given));
    if (type === "f32") return bits(type, Float32Array.of(given));
    if (type === "f64") return bits(type, Float64Array.of(given));
    return { type, null: given === null };
  };
  /** i32 and i64 stand there as they are. */
  const literal = (given) => {
    if (typeof given === "bigint") return value("i64", given);
    return typeof given === "number" ? value("i32", given) : given;
  };
  const lanes = (of) => (list) => bits("v128", of.from(list));
  const yes = () => true;
  const globals = {
    value,
    bytes: (type, list) => bits(type, Uint8Array.from(list)),
    ...{ i8x16: lanes(Uint8Array), i16x8: lanes(Uint16Array), i32x4: lanes(Uint32Array) },
    ...{ i64x2: lanes(BigUint64Array), f32x4: lanes(Float32Array), f64x2: lanes(Float64Array) },
    either: (...any) => ({ any }),
    externref: (extern) => ({ extern }),
    hostref: (extern) => ({ extern }),
    F32x4Pattern: class {
      constructor(...all) {
        this.lanes = all;
      }
    },
    F64x2Pattern: class {
      constructor(...all) {
        this.lanes = all;
      }
    },
    RefWithType: class {
      constructor(of) {
        this.reference = of;
      }
    },
    ExternRefResult: class {
      constructor(extern) {
        this.extern = extern;
      }
    },
    HostRefResult: class {
      constructor(extern) {
        this.extern = extern;
      }
    },
    instantiate: (text) => act({ kind: "module", index: modules++, text }),
    register: (instance, as) => act({ kind: "register", of: nameOf(instance), as }),
    invoke: (instance, field, given) =>
      act({ kind: "invoke", of: nameOf(instance), field, given: given.map(literal) }),
    get: (instance, field) => act({ kind: "get", of: nameOf(instance), field }),
    assert_return: (thunk, expected = []) =>
      within("return", [expected].flat().map(literal))(thunk),
    ...{ assert_trap: within("trap"), assert_exception: within("exception") },
    ...{ assert_exhaustion: within("exhaustion"), assert_invalid: within("invalid") },
    ...{ assert_malformed: within("malformed"), assert_unlinkable: within("unlinkable") },
    ...{ wasmGcEnabled: yes, wasmMultiMemoryEnabled: yes, wasmSimdEnabled: yes },
    ...{ wasmTailCallsEnabled: yes, partialOobWriteMayWritePartialData: yes },
  };
  runInContext(source, createContext(globals));
  return commands;
}

/** Texts become bytes; those that are none (most that are malformed) are left out. */
async function assembled(commands) {
  const kept = [];
  let lost = 0;
  for (const [kind, action, ...rest] of commands) {
    if (action.kind === "module") {
      const { text, ...others } = action;
      try {
        const bytes = await parse(text);
        kept.push([kind, { ...others, bytes: Buffer.from(bytes).toString("base64") }, ...rest]);
      } catch (error) {
        if (kind === "module" || kind === "trap") console.error(`${error}`.slice(0, 200));
        lost += 1;
      }
    } else kept.push([kind, action, ...rest]);
  }
  return { kept, lost };
}

for (const [group, folders] of Object.entries(GROUPS)) {
  const files = [];
  for (const of of folders) {
    for (const name of readdirSync(join(folder, of)).sort()) {
      if (!name.endsWith(".wast.js")) continue;
      if (of === "spec" && (group === "simd") !== name.startsWith("simd_")) continue;
      const commands = record(readFileSync(join(folder, of, name), "utf8"));
      const { kept, lost } = await assembled(commands);
      files.push({ name: `${of}/${name.replace(".wast.js", "")}`, commands: kept });
      console.log(`${of}/${name}: ${kept.length} commands, ${lost} texts that aren't modules`);
    }
  }
  const json = Buffer.from(
    JSON.stringify(files, (_, of) => (typeof of === "bigint" ? `${of}n` : of)),
  );
  const { BROTLI_PARAM_QUALITY: q, BROTLI_PARAM_LGWIN: w } = constants;
  const small = brotliCompressSync(json, { params: { [q]: 11, [w]: 24 } });
  writeFileSync(join(HERE, `suite-${group}.json.br`), small);
  console.log(`${group}: ${json.length} bytes, ${small.length} packed`);
}
