import type { Signature, ValueType } from "../instrument/interface.js";
import { didYouMean } from "../nearest.js";
import { type Inspection, isTable } from "./inspection.js";
import type { Modules } from "./modules.js";
import { counted } from "./number.js";
import { describe, type Path, type Plain, type Table } from "./toml.js";

/** What only a program for the target CPU has a use for. */
const OF_ELF = ["args", "stdin", "memory", "keys", "pages"];
/** The integers that a type can be given: those below 0, and those above what is signed. */
const RANGES: { readonly [T in ValueType]?: readonly [least: bigint, most: bigint] } = {
  i32: [-(2n ** 31n), 2n ** 32n - 1n],
  i64: [-(2n ** 63n), 2n ** 64n - 1n],
};

/** Domains whose programs are modules of WebAssembly: what they call is there, and takes what it is given. */
export function wasmRules(inspection: Inspection, modules: Modules): void {
  for (const [path, domain] of inspection.tables("domain")) {
    const { program } = domain;
    if (!isTable(program)) continue;
    for (const key of OF_ELF) {
      if (domain[key] === undefined) continue;
      const found = "found a module of WebAssembly beside it, expected it with an ELF program only";
      inspection.say([...path, key], found, "key");
    }
    processorRule(inspection, [...path, "program"]);
    callRules(inspection, [...path, "program"], program, modules);
  }
}

/** Guests run in the host's thread, which is the only processor that can take turns with them. */
function processorRule(inspection: Inspection, path: Path): void {
  const { kernel } = inspection.document.root;
  const processors = isTable(kernel) ? kernel.processors : undefined;
  if (typeof processors !== "bigint" || processors === 1n) return;
  const found = `found a module of WebAssembly on ${processors} processors`;
  inspection.say(path, `${found}, expected one processor`);
}

function callRules(inspection: Inspection, path: Path, program: Table, modules: Modules): void {
  const { wasm, call, args = [] } = program;
  const module = typeof wasm === "string" ? modules.get(wasm) : undefined;
  if (module === undefined) return;
  const [first] = module.imports;
  if (first !== undefined) {
    const found = `found one that imports ${describe(`${first.module}.${first.name}`)}`;
    inspection.say([...path, "wasm"], `${found}, expected a module without imports`);
  }
  if (typeof call !== "string") return;
  const functions = module.exports.filter(({ kind }) => kind === "function");
  const signature = functions.find(({ name }) => name === call)?.signature;
  if (signature === undefined) {
    const meant = didYouMean(
      call,
      functions.map(({ name }) => name),
    );
    const expected = `expected a function that ${describe(wasm)} exports${meant}`;
    inspection.say([...path, "call"], `found ${describe(call)}, ${expected}`);
  } else if (Array.isArray(args)) argumentRules(inspection, path, signature, args);
}

function argumentRules(
  inspection: Inspection,
  path: Path,
  { parameters }: Signature,
  args: readonly Plain[],
): void {
  if (args.length !== parameters.length) {
    const types = parameters.length === 0 ? "" : `: ${parameters.join(", ")}`;
    const found = `found ${counted(args.length, "argument")}`;
    const at = [...path, ...(args.length > 0 ? ["args"] : [])];
    inspection.say(at, `${found}, expected ${parameters.length}${types}`);
    return;
  }
  for (const [index, type] of parameters.entries()) {
    const value = args[index]!;
    if (fits(value, type)) continue;
    const range = RANGES[type];
    const kind = range ? `an integer from ${range[0]} to ${range[1]}` : "a call without one";
    const found = `found ${describe(value)} for a parameter of type ${type}`;
    inspection.say([...path, "args", index], `${found}, expected ${kind}`);
  }
}

/** What is no number at all is told by the schema. */
function fits(value: Plain, type: ValueType): boolean {
  if (typeof value !== "bigint" && typeof value !== "number") return true;
  if (type === "f32" || type === "f64") return true;
  const range = RANGES[type];
  return range !== undefined && typeof value === "bigint" && value >= range[0] && value <= range[1];
}
