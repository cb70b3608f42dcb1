// Runs one module by the reference interpreter, plain by the engine and metered by the engine, and tells
// where they differ: in results, traps, memory, globals, the table, what hosts were told, or in the count.

import { createHash } from "node:crypto";
import type { Counting } from "../../bench/wasm/variants.js";
import { FUEL, type Generated, type Given, HOST } from "./generator.js";
import { Interpreter } from "./interpreter.js";
import { Trap, type TrapKind } from "./numeric.js";
import { type Prices, USUAL } from "./prices.js";
import { type Cell, MemoryStore, TableStore, type Value } from "./store.js";

/** What came of a call, and how everything is then; for comparing as JSON. */
export interface Step {
  readonly outcome: readonly unknown[];
  readonly state: unknown;
  readonly count: bigint | undefined;
}

/** One way to run a module. */
interface Runner {
  /** @throws {Error} what the call throws. */
  call(name: string, given: readonly Given[]): unknown[];
  state(): unknown;
  count(): bigint | undefined;
}

/** What hosts do: something with values, and now and then throw. */
class Host {
  readonly notes: unknown[] = [];

  readonly functions: Record<string, (...given: never[]) => unknown> = {
    mix: (a: number) => {
      if ((a & 63) === 63) throw new HostError();
      return a ^ 0x5a5a;
    },
    two: (a: bigint, b: number) => [b * 0.5, BigInt.asIntN(64, a + 1n)],
    note: (a: number, b: number) => {
      this.notes.push([a, shown(b)]);
    },
  };
}

class HostError extends Error {}

/** Where an export is among those that were made. */
type Names = Map<unknown, string>;

const TRAPS: readonly [RegExp, TrapKind][] = [
  [/unreachable/, "unreachable"],
  [/divide by zero|remainder by zero/, "zero"],
  [/unrepresentable in integer/, "conversion"],
  [/divide result/, "overflow"],
  [/memory access|data segment/, "memory"],
  [/table index|table access|element segment|table or segment/i, "table"],
  [/signature mismatch|null function/, "call"],
  [/call stack/, "stack"],
];

/** A trap by its kind, a host's error as itself; anything else is a fault of the test. */
function errorOf(error: unknown): unknown[] {
  if (error instanceof HostError) return ["host"];
  if (error instanceof Trap) return ["trap", error.kind];
  const isTrap = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
  const [, kind] = TRAPS.find(([of]) => isTrap && of.test(error.message)) ?? [];
  if (!kind) throw error;
  return ["trap", kind];
}

function shown(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : `${value}`;
  return value === null ? null : typeof value === "object" || typeof value === "function";
}

export function steps(module: Generated, make: () => Runner): Step[] {
  const all: Step[] = [];
  const step = (runner: Runner | undefined, act: () => unknown[]) => {
    let outcome: unknown[];
    try {
      outcome = act();
    } catch (error) {
      outcome = errorOf(error);
    }
    all.push({ outcome, state: runner?.state(), count: runner?.count() });
  };
  let runner: Runner | undefined;
  step(undefined, () => {
    runner = make();
    return ["made"];
  });
  if (!runner) return all;
  const there = runner;
  step(there, () => []);
  for (const { name, given } of module.calls) {
    step(there, () => there.call(name, given).map(shown));
  }
  return all;
}

export function interpreted(module: Generated, prices: Prices = USUAL): Runner {
  const { bytes } = module;
  const host = new Host();
  const imports = Object.fromEntries(
    HOST.map(({ name, type }) => {
      const call = (given: Value[]): Value[] => {
        const result = host.functions[name]!(...(given as never[]));
        return type.results.length > 1 ? (result as Value[]) : [result as Value];
      };
      return [name, { ...type, call: (g: Value[]) => call(g).slice(0, type.results.length) }];
    }),
  );
  const instance = new Interpreter(bytes, { host: imports }, prices);
  const names: Names = new Map();
  const exports = new Map(instance.module.exports.map(({ name }) => [name, instance.get(name)]));
  for (const [name, value] of exports) names.set(value, name);
  const state = () => {
    const kept: Record<string, unknown> = { notes: host.notes.slice() };
    for (const [name, value] of exports) {
      if (value instanceof TableStore) kept[name] = entries(value.entries, names);
      else if (value instanceof MemoryStore) kept[name] = memory(value.bytes);
      else if ("value" in value) kept[name] = shown((value as Cell).value);
    }
    return kept;
  };
  return {
    call(name, given) {
      (instance.get("g0") as Cell).value = FUEL;
      return instance.call(name, ...(given as Value[]));
    },
    state,
    count: () => instance.count,
  };
}

export function native(module: Generated, metered?: Counting): Runner {
  const host = new Host();
  const made = metered?.transform(module.bytes);
  const extra = made?.imports?.();
  const compiled = new WebAssembly.Module((made?.bytes ?? module.bytes) as BufferSource);
  const imports = { host: host.functions as WebAssembly.ModuleImports, ...extra?.imports };
  const instance = new WebAssembly.Instance(compiled, imports);
  extra?.made?.(instance);
  const original = new WebAssembly.Module(module.bytes as BufferSource);
  const wanted = WebAssembly.Module.exports(original).map(({ name }) => name);
  const names: Names = new Map();
  for (const name of wanted) names.set(instance.exports[name], name);
  const state = () => {
    const kept: Record<string, unknown> = { notes: host.notes.slice() };
    for (const name of wanted) {
      const value = instance.exports[name];
      if (value instanceof WebAssembly.Table) {
        const list = Array.from({ length: value.length }, (_, at) => value.get(at));
        kept[name] = entries(list, names);
      } else if (value instanceof WebAssembly.Memory) {
        kept[name] = memory(new Uint8Array(value.buffer));
      } else if (value instanceof WebAssembly.Global) kept[name] = shown(value.value);
    }
    return kept;
  };
  return {
    call(name, given) {
      (instance.exports.g0 as WebAssembly.Global).value = FUEL;
      const result = (instance.exports[name] as (...all: unknown[]) => unknown)(...given);
      if (result === undefined) return [];
      return Array.isArray(result) ? result : [result];
    },
    state,
    count: () => metered?.counted(),
  };
}

function entries(list: readonly unknown[], names: Names): unknown[] {
  return list.map((each) => (each === null ? null : (names.get(each) ?? "import")));
}

function memory(bytes: Uint8Array): string {
  return `${bytes.length} ${createHash("sha1").update(bytes).digest("hex")}`;
}

/** By the interpreter, by the engine, and metered if there is something to meter with. */
export function compare(
  module: Generated,
  metered: Counting | undefined,
  prices?: Prices,
): string | undefined {
  const reference = steps(module, () => interpreted(module, prices));
  const plain = steps(module, () => native(module));
  const others = metered ? [plain, steps(module, () => native(module, metered))] : [plain];
  for (const [which, other] of others.entries()) {
    const by = which === 0 ? "plain" : "metered";
    if (other.length !== reference.length) return `${by}: ${other.length} steps`;
    for (const [at, expected] of reference.entries()) {
      const found = other[at]!;
      const what = at < 2 ? "making" : `call ${at - 2}, ${module.calls[at - 2]!.name}`;
      if (`${found.outcome}` !== `${expected.outcome}`) {
        return `${by}, ${what}: found ${found.outcome}, expected ${expected.outcome}`;
      }
      const [state, right] = [found.state, expected.state].map((each) => JSON.stringify(each));
      if (state !== right) return `${by}, ${what}: found ${state}, expected ${right}`;
      if (found.count !== undefined && found.count !== expected.count) {
        return `${by}, ${what}: counted ${found.count}, expected ${expected.count}`;
      }
    }
  }
  return undefined;
}
