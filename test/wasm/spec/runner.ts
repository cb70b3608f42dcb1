// Runs files of the official test suite, with their modules as they are or as another variant.

import type { Variant } from "../../../bench/wasm/intercept.js";
import type { Command, Expected, GetAction, InvokeAction, Literal, SuiteFile } from "./suite.js";
import { type Exact, exactly, signatures } from "./trampoline.js";
import { literalOf } from "./values.js";

export interface Report {
  /** Modules that were instantiated, and assertions that held. */
  modules: number;
  held: number;
  /** Left out: modules that this engine doesn't know, and what depends on them. */
  skipped: number;
  readonly failures: string[];
}

interface Made {
  readonly exports: WebAssembly.Exports;
  readonly calls: Map<string, Exact>;
}

/** Modules of a file that can't be had; what is done with them can't be either. */
class Skipped extends Error {}

export function run(file: SuiteFile, variant: Variant): Report {
  const report: Report = { modules: 0, held: 0, skipped: 0, failures: [] };
  const session = new Session(variant, report);
  for (const [at, command] of file.commands.entries()) {
    try {
      session.run(command);
    } catch (error) {
      if (error instanceof Skipped) report.skipped += 1;
      else report.failures.push(`${file.name} ${at} ${command[0]}: ${(error as Error).message}`);
    }
  }
  return report;
}

class Session {
  readonly #variant: Variant;
  readonly #report: Report;
  readonly #made = new Map<number | string, Made>();
  readonly #linkage: WebAssembly.Imports = { spectest: spectest() };
  readonly #externs = new Map<unknown, object>();

  constructor(variant: Variant, report: Report) {
    this.#variant = variant;
    this.#report = report;
  }

  run(command: Command): void {
    const [kind, action] = command;
    switch (kind) {
      case "module":
        this.#made.set(action.index, this.#instantiate(action.bytes));
        this.#report.modules += 1;
        return;
      case "register": {
        const made = this.#find(action.of);
        this.#made.set(action.as, made);
        this.#linkage[action.as] = made.exports as WebAssembly.ModuleImports;
        return;
      }
      case "invoke":
      case "get":
        this.#act(action);
        return;
      case "return": {
        const [, , expected] = command;
        const found = this.#act(action);
        const fits =
          found.length === expected.length && expected.every((e, at) => matches(found[at], e));
        if (!fits)
          throw new Error(`found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
        break;
      }
      case "trap":
      case "exhaustion":
      case "exception":
        this.#fails(kind, () => {
          if (action.kind === "module") this.#instantiate(action.bytes);
          else this.#act(action);
        });
        break;
      case "unlinkable":
        this.#fails(kind, () => this.#instantiate(action.bytes));
        break;
      case "invalid":
      case "malformed":
        this.#refused(action.bytes);
    }
    this.#report.held += 1;
  }

  #find(of: number | string): Made {
    const made = this.#made.get(of);
    if (!made) throw new Skipped();
    return made;
  }

  #instantiate(base64: string): Made {
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    // Others than those that the engine knows, and asks imports of modules that it didn't know.
    if (!WebAssembly.validate(bytes)) throw new Skipped();
    for (const { module } of WebAssembly.Module.imports(new WebAssembly.Module(bytes))) {
      if (!this.#linkage[module] && /^M|^\$/.test(module)) throw new Skipped();
    }
    const transformed = this.#variant.transform(bytes);
    const extra = transformed.imports?.();
    const module = new WebAssembly.Module(transformed.bytes as BufferSource);
    const instance = new WebAssembly.Instance(module, { ...this.#linkage, ...extra?.imports });
    extra?.made?.(instance);
    const { exports } = instance;
    const calls = new Map<string, Exact>();
    for (const [name, type] of signatures(bytes)) {
      calls.set(name, (given) => {
        const exact = exactly(type, exports[name]);
        calls.set(name, exact);
        return exact(given);
      });
    }
    return { exports, calls };
  }

  /** What is no module to the engine must be refused or stay none. */
  #refused(base64: string): void {
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    if (WebAssembly.validate(bytes)) throw new Skipped(); // it is one by now
    let made: Uint8Array;
    try {
      made = this.#variant.transform(bytes).bytes;
    } catch (error) {
      if ((error as { code?: string }).code === undefined) throw error;
      return;
    }
    if (WebAssembly.validate(made as BufferSource)) throw new Error("became a valid module");
  }

  /** Values in hexadecimal, or references. */
  #act(action: InvokeAction | GetAction): unknown[] {
    const { exports, calls } = this.#find(action.of);
    if (action.kind === "get") return [(exports[action.field] as WebAssembly.Global).value];
    const { field, given } = action;
    const call = calls.get(field);
    const exact = given.map((each) => (each && "bits" in each ? each.bits : undefined));
    if (call && exact.every((each) => each !== undefined)) return call(exact as string[]);
    if (given.some((each) => each && "type" in each && each.type === "v128")) throw new Skipped();
    const values = given.map((each) => this.#value(each));
    const result = (exports[field] as (...all: unknown[]) => unknown)(...values);
    if (result === undefined) return [];
    return Array.isArray(result) ? result : [result];
  }

  #value(of: Literal): unknown {
    if (of === null || "null" in of) return null;
    if ("extern" in of) {
      const known = this.#externs.get(of.extern) ?? { extern: of.extern };
      this.#externs.set(of.extern, known);
      return known;
    }
    return literalOf(of);
  }

  #fails(kind: "trap" | "exhaustion" | "exception" | "unlinkable", act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error instanceof Skipped) throw error;
      const fits =
        kind === "exception" ||
        (kind === "trap" && error instanceof WebAssembly.RuntimeError) ||
        (kind === "exhaustion" && error instanceof RangeError) ||
        (kind === "unlinkable" && error instanceof Error);
      if (fits) return;
      throw error;
    }
    throw new Error(`no ${kind}`);
  }
}

/** `found` is bits in hexadecimal where the call was exact, else a value of JavaScript. */
function matches(found: unknown, expected: Expected): boolean {
  if (expected === null) return found === null;
  if (typeof expected === "string") return isNaNOf(found, expected === "canonical_nan");
  if ("any" in expected) return expected.any.some((each) => matches(found, each));
  if ("lanes" in expected) {
    const size = 32 / expected.lanes.length;
    return expected.lanes.every((lane, at) =>
      matches((found as string).slice(at * size, (at + 1) * size), lane),
    );
  }
  if ("bits" in expected) {
    return typeof found === "string"
      ? found === expected.bits
      : Object.is(found, literalOf(expected));
  }
  if ("null" in expected) return expected.null === (found === null);
  if ("extern" in expected) {
    return found === expected.extern || (found as { extern?: number })?.extern === expected.extern;
  }
  return found !== null && found !== undefined;
}

function isNaNOf(found: unknown, isCanonical: boolean): boolean {
  if (typeof found !== "string") return Number.isNaN(found);
  const bits = BigInt(`0x${Buffer.from(found, "hex").reverse().toString("hex")}`);
  const [quiet, sign] = found.length === 8 ? [0x7fc00000n, 31n] : [0x7ff8000000000000n, 63n];
  const size = BigInt.asUintN(Number(sign), bits);
  return isCanonical ? size === quiet : (size & quiet) === quiet;
}

function spectest(): WebAssembly.ModuleImports {
  const quiet = () => {};
  return {
    ...{ print: quiet, print_i32: quiet, print_i64: quiet, print_f32: quiet, print_f64: quiet },
    ...{ print_i32_f32: quiet, print_f64_f64: quiet },
    ...{
      global_i32: 666,
      global_i64: new WebAssembly.Global({ value: "i64" }, 666n),
      global_f32: 666,
      global_f64: 666,
    },
    table: new WebAssembly.Table({ initial: 10, maximum: 20, element: "anyfunc" }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}
