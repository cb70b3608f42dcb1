// What the official suite's modules cost: as the reference interpreter has it. Of those that need no imports, and
// that it knows.

import { describe, expect, test } from "vitest";
import { type Counting, metered } from "../../../bench/wasm/variants.js";
import { Interpreter } from "../interpreter.js";
import type { Value } from "../store.js";
import { type Command, type InvokeAction, type Literal, suite } from "./suite.js";
import { literalOf } from "./values.js";

interface Pair {
  readonly interpreter: Interpreter;
  readonly exports: WebAssembly.Exports;
  readonly metered: Counting;
}

function pairOf(base64: string): Pair | undefined {
  const bytes = new Uint8Array(Buffer.from(base64, "base64"));
  if (!WebAssembly.validate(bytes)) return undefined;
  if (WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length > 0) return undefined;
  let interpreter: Interpreter;
  try {
    interpreter = new Interpreter(bytes);
  } catch {
    return undefined;
  }
  const counting = metered();
  const made = counting.transform(bytes);
  const extra = made.imports?.();
  const module = new WebAssembly.Module(made.bytes as BufferSource);
  const instance = new WebAssembly.Instance(module, { ...extra?.imports });
  extra?.made?.(instance);
  return { interpreter, exports: instance.exports, metered: counting };
}

/** A call that can be made from JavaScript. */
function callOf([, action]: Command): InvokeAction | undefined {
  if (action.kind !== "invoke") return undefined;
  const isPlain = (each: Literal) => each !== null && "bits" in each && each.type !== "v128";
  return action.given.every(isPlain) ? action : undefined;
}

function quietly(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if ((error as Error).message.startsWith("interpreter:")) throw error;
  }
}

describe("counts of the official suite", () => {
  let compared = 0;
  test.each(suite("core"))("$name", ({ commands }) => {
    const pairs = new Map<number | string, Pair>();
    for (const [at, command] of commands.entries()) {
      const [kind, action] = command;
      if (kind === "module") {
        const pair = pairOf(action.bytes);
        if (pair) pairs.set(action.index, pair);
      }
      const call = callOf(command);
      const pair = call && pairs.get(call.of);
      if (!pair) continue;
      // How deep calls may go is the engine's own affair.
      if (kind === "exhaustion") pairs.delete(call.of);
      else if (isKnown(pair, call)) {
        expect(pair.metered.counted(), `command ${at}, ${call.field}`).toBe(pair.interpreter.count);
        compared += 1;
      } else pairs.delete(call.of);
    }
  });

  test("are of thousands of calls", () => {
    expect(compared).toBeGreaterThan(10_000);
  });
});

/** Makes the call both ways, unless the interpreter comes upon what it doesn't know. */
function isKnown({ interpreter, exports }: Pair, { field, given }: InvokeAction): boolean {
  const values = given.map(literalOf);
  try {
    quietly(() => interpreter.call(field, ...(values as Value[])));
  } catch {
    return false;
  }
  quietly(() => (exports[field] as (...all: unknown[]) => unknown)(...values));
  return true;
}
