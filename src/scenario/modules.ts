import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Instrumented, instrument, ModuleError } from "../instrument/index.js";
import { type Extern, type Import, interfaceOf } from "../instrument/interface.js";
import { outlineOf } from "../instrument/outline.js";
import type { Problem } from "./problem.js";
import { fileFault } from "./programs.js";
import type { WasmData, WasmPlan } from "./scenario.js";
import { describe, type TomlDocument } from "./toml.js";

/** A module that counts what it runs, and what it takes and offers. */
export interface Module {
  readonly instrumented: Instrumented;
  readonly imports: readonly Import[];
  readonly exports: readonly Extern[];
}

/** The modules of WebAssembly that a scenario names, each file instrumented and compiled once. */
export class Modules {
  readonly problems: Problem[] = [];
  readonly #loaded = new Map<string, Module | string>();

  constructor(document: TomlDocument) {
    const domains = document.root.domain;
    if (!Array.isArray(domains)) return;
    for (const index of domains.keys()) {
      const path = ["domain", index, "program", "wasm"];
      const name = document.at(path);
      if (typeof name !== "string") continue;
      if (!this.#loaded.has(name)) this.#loaded.set(name, load(document.file, name));
      const module = this.#loaded.get(name)!;
      if (typeof module === "string") this.problems.push(document.problem(path, module));
    }
  }

  /** Undefined for one that could not be loaded. */
  get(name: string): Module | undefined {
    const module = this.#loaded.get(name);
    return typeof module === "string" ? undefined : module;
  }
}

/** What a domain's table says of its calls, once the rules have found nothing wrong. */
export function planOf(
  { instrumented, exports }: Module,
  { call, args = [], times = 1 }: Omit<WasmData, "wasm">,
): WasmPlan {
  const { signature } = exports.find(({ name, kind }) => kind === "function" && name === call)!;
  const given = args.map((value, i) =>
    signature!.parameters[i] === "i64" ? BigInt(value) : Number(value),
  );
  return { module: instrumented, call, args: given, times };
}

/** The module, or what is wrong with it. */
function load(file: string, name: string): Module | string {
  const path = resolve(dirname(file), name);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const expected = "expected a module of WebAssembly, by its path from the scenario file";
    return `found ${fileFault(error)} at ${path}, ${expected}`;
  }
  try {
    const instrumented = instrument(bytes);
    // Whether it is valid, the engine finds.
    void instrumented.module;
    return { instrumented, ...interfaceOf(outlineOf(bytes)) };
  } catch (error) {
    const isKnown = error instanceof ModuleError || error instanceof WebAssembly.CompileError;
    if (!isKnown) throw error;
    const code = error instanceof ModuleError ? ` (${error.code})` : "";
    return `found a bad module, ${describe(name)}: ${error.message}${code}`;
  }
}
