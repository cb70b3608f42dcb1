// Calls functions with arguments and results to the bit: JavaScript has no v128, and loses what a NaN is made
// of. A small module in between takes them from its memory and puts them there.

import { type Bytes, header } from "../bytes.js";
import { Cursor, F32, F64, type FunctionType, I32, I64, KINDS, V128 } from "../decode.js";

const NAMES: Record<string, number> = { i32: I32, i64: I64, f32: F32, f64: F64, v128: V128 };
const SIZE = 16;

/** What a module's exported functions take and give, as far as it is of numbers and vectors. */
export function signatures(bytes: Uint8Array): Map<string, FunctionType> {
  const found = new Map<string, FunctionType>();
  const types: FunctionType[] = [];
  const functions: number[] = [];
  const cursor = new Cursor(bytes, 8);
  const type = () => {
    const of = cursor.byte();
    if (!Object.values(NAMES).includes(of)) throw new Error("a type of another kind");
    return of;
  };
  try {
    while (cursor.at < bytes.length) {
      const id = cursor.byte();
      const end = cursor.u32() + cursor.at;
      if (id === 1) {
        cursor.list(() => {
          if (cursor.byte() !== 0x60) throw new Error("a type of another kind");
          types.push({ parameters: cursor.list(type), results: cursor.list(type) });
        });
      } else if (id === 2) {
        cursor.list(() => {
          cursor.name();
          cursor.name();
          if (cursor.byte() !== 0) throw new Error("an import of another kind");
          functions.push(cursor.u32());
        });
      } else if (id === 3) functions.push(...cursor.list(() => cursor.u32()));
      else if (id === 7) {
        cursor.list(() => {
          const name = cursor.name();
          const kind = KINDS[cursor.byte()];
          const index = cursor.u32();
          if (kind === "function") found.set(name, types[functions[index]!]!);
        });
      }
      cursor.at = end;
    }
  } catch {
    // What was found until then will do: others are called without a trampoline.
  }
  return found;
}

export type Exact = (given: readonly string[]) => string[];

/** A call of a function, with bits in hexadecimal. */
export function exactly(type: FunctionType, callee: unknown): Exact {
  const { parameters, results } = type;
  const module = new WebAssembly.Module(bytesFor(type) as BufferSource);
  const { exports } = new WebAssembly.Instance(module, { to: { call: callee as () => void } });
  const { buffer } = exports.memory as WebAssembly.Memory;
  return (given) => {
    for (const [at, hex] of given.entries()) Buffer.from(buffer, at * SIZE).write(hex, "hex");
    (exports.run as () => void)();
    return results.map((of, at) => {
      const place = (parameters.length + at) * SIZE;
      return Buffer.from(buffer, place, sizeOf(of)).toString("hex");
    });
  };
}

function sizeOf(type: number): number {
  if (type === V128) return 16;
  return type === I32 || type === F32 ? 4 : 8;
}

const LOADS = new Map<number, readonly number[]>([
  ...([
    [I32, [0x28]],
    [I64, [0x29]],
    [F32, [0x2a]],
    [F64, [0x2b]],
    [V128, [0xfd, 0]],
  ] as const),
]);
const STORES = new Map<number, readonly number[]>([
  ...([
    [I32, [0x36]],
    [I64, [0x37]],
    [F32, [0x38]],
    [F64, [0x39]],
    [V128, [0xfd, 11]],
  ] as const),
]);

function bytesFor({ parameters, results }: FunctionType): Uint8Array {
  const code = (to: Bytes) => {
    to.vector(results, (type, each) => each.add(1, type));
    for (const [at, type] of parameters.entries()) {
      to.add(0x41, 0, ...LOADS.get(type)!, 0).u32(at * SIZE);
    }
    to.add(0x10, 0);
    for (const at of [...results.keys()].reverse()) to.add(0x21).u32(at);
    for (const [at, type] of results.entries()) {
      to.add(0x41, 0, 0x20)
        .u32(at)
        .add(...STORES.get(type)!, 0);
      to.u32((parameters.length + at) * SIZE);
    }
    to.add(0x0b);
  };
  return header()
    .section(1, (to) => {
      to.add(2, 0x60)
        .u32(parameters.length)
        .add(...parameters);
      to.u32(results.length)
        .add(...results)
        .add(0x60, 0, 0);
    })
    .section(2, (to) => to.u32(1).name("to").name("call").add(0, 0))
    .section(3, (to) => to.add(1, 1))
    .section(5, (to) => to.add(1, 0, 1))
    .section(7, (to) => to.u32(2).name("memory").add(2, 0).name("run").add(0, 1))
    .section(10, (to) => to.u32(1).sized(code))
    .take();
}
