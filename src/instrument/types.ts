// The types of a module's exports and imports, as TypeScript: what `kernel.loadWasm<Exports, Imports>` takes.

import { OptionError } from "../errors.js";
import { show } from "../options.js";
import { Instrumented } from "./instrument.js";
import {
  type Extern,
  type Import,
  interfaceOf,
  type Signature,
  type ValueType,
} from "./interface.js";
import { type Outline, outlineOf } from "./outline.js";
import { readStamp, STAMP_NAME } from "./stamp.js";

/** Of a value that a function takes, or gives. */
const VALUES: Readonly<Record<ValueType, string>> = {
  ...{ i32: "number", i64: "bigint", f32: "number", f64: "number" },
  funcref: "((...given: never[]) => unknown) | null",
  ...{ externref: "unknown", ref: "unknown", v128: "never" },
};
/** Of a global: by the names that JavaScript has for them. */
const GLOBALS: Partial<Readonly<Record<ValueType, string>>> = { funcref: "anyfunc" };
const KINDS = { table: "WebAssembly.Table", memory: "WebAssembly.Memory", tag: "WebAssembly.Tag" };
const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/;
const HEAD =
  "// Of a module of WebAssembly, by primemeter: for `kernel.loadWasm<Exports, Imports>`.";

/**
 * A `.d.ts` with two interfaces, `Exports` and `Imports`, of a module as it is or instrumented, without what the
 * instrumenter has added. i64 is bigint, other numbers are number, references of the host and of garbage collected types
 * unknown; several results are a tuple. Exports that JavaScript can't call, for they have values of v128, are told in
 * comments.
 *
 * @throws {ModuleError} for what is no module. @throws {OptionError} for what is neither.
 */
export function typesOf(module: Uint8Array | Instrumented): string {
  const bytes = module instanceof Instrumented ? module.bytes : module;
  if (!(bytes instanceof Uint8Array)) {
    const what = "expected a Uint8Array or what `instrument` made";
    throw new OptionError(`typesOf: found ${show(module)}, ${what}`);
  }
  const outline = outlineOf(bytes);
  const { imports, exports } = interfaceOf(outline);
  const added = additionsTo(outline);
  const lines = [HEAD, "", "export interface Exports {"];
  for (const each of exports) if (!added.has(each.name)) lines.push(`  ${exported(each)}`);
  lines.push("}", "", "export interface Imports {");
  const modules = new Map<string, string[]>();
  for (const each of imports) {
    if (added.has(`${each.module}\0${each.name}`)) continue;
    const members = modules.get(each.module) ?? [];
    modules.set(each.module, members);
    members.push(`    ${imported(each)}`);
  }
  for (const [name, members] of modules) lines.push(`  ${nameOf(name)}: {`, ...members, "  };");
  return `${[...lines, "}"].join("\n")}\n`;
}

/** Names of exports, and of imports as "module\0name". */
function additionsTo(outline: Outline): Set<string> {
  if (!outline.sections.some(({ name }) => name === STAMP_NAME)) return new Set();
  const { counter, start, module, field } = readStamp(outline);
  return new Set([counter, start ?? counter, `${module}\0${field}`]);
}

function exported(each: Extern): string {
  const { name, kind, signature, global } = each;
  if (kind === "function") {
    const isCallable = !hasVector(signature!);
    return isCallable ? method(each) : `// ${quoted(name)}: a function with values of v128`;
  }
  if (kind === "global") return `readonly ${nameOf(name)}: ${globalType(global!)};`;
  return `readonly ${nameOf(name)}: ${KINDS[kind]};`;
}

function imported(each: Import): string {
  const { name, kind, signature, global } = each;
  if (kind === "function") {
    // Only a function of another module can take and give them.
    return hasVector(signature!)
      ? `${nameOf(name)}: (...given: never[]) => unknown;`
      : method(each);
  }
  if (kind === "global") {
    const { type, isMutable } = global!;
    const value = isMutable || type === "v128" ? "" : ` | ${VALUES[type]}`;
    return `${nameOf(name)}: ${globalType(global!)}${value};`;
  }
  return `${nameOf(name)}: ${KINDS[kind]};`;
}

function method({ name, signature }: Extern): string {
  const { parameters, results } = signature!;
  const given = parameters.map((type, at) => `p${at}: ${VALUES[type]}`).join(", ");
  return `${nameOf(name)}(${given}): ${resultType(results)};`;
}

function resultType(results: readonly ValueType[]): string {
  if (results.length === 0) return "void";
  const types = results.map((type) => VALUES[type]);
  return types.length === 1 ? types[0]! : `[${types.join(", ")}]`;
}

function globalType({ type }: NonNullable<Extern["global"]>): string {
  return type === "ref" ? "WebAssembly.Global" : `WebAssembly.Global<"${GLOBALS[type] ?? type}">`;
}

function hasVector({ parameters, results }: Signature): boolean {
  return parameters.includes("v128") || results.includes("v128");
}

function nameOf(name: string): string {
  return PLAIN_NAME.test(name) ? name : quoted(name);
}

/** On one line, whatever is in it. */
function quoted(name: string): string {
  return JSON.stringify(name).replace(
    /[\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16)}`,
  );
}
