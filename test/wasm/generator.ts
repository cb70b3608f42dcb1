// Makes up valid modules, the same ones from the same seed. They end by themselves: every way back to the
// head of a loop and every entry of a function takes from a counter of the module's own, and where that is
// used up goes another way. What a NaN is made of is the engine's own affair, so it gets into no memory.

import { dice } from "../../bench/wasm/guest.js";
import { BodyMaker } from "./body-maker.js";
import { type Bytes, header } from "./bytes.js";
import { EXTERNREF, F32, F64, FUNCREF, type FunctionType, I32, I64 } from "./decode.js";

export interface Generated {
  readonly bytes: Uint8Array;
  /** Exported functions "f0", "f1" … in this order, with what to give them. */
  readonly calls: readonly { readonly name: string; readonly given: readonly Given[] }[];
}

/** null for references. */
export type Given = number | bigint | null;

/** What the bodies are made in. */
export interface World {
  readonly roll: (bound: number) => number;
  readonly types: readonly FunctionType[];
  /** Indices of types; imported ones first. */
  readonly functions: readonly number[];
  readonly imported: number;
  readonly globals: readonly number[];
  /** Functions that nothing refers to but calls, and that only reckon and call earlier ones of them. */
  readonly flat: ReadonlySet<number>;
  /** Of the globals, the one that is used up. */
  readonly fuel: number;
  readonly passiveData: readonly number[];
  readonly passiveElements: readonly number[];
  readonly hasMemory: boolean;
}

export const NUMBERS = [I32, I64, F32, F64];
/** What a module begins with, as its global 0, "g0"; callers may set it anew. */
export const FUEL = 150;
/** Entries of the table. */
const ENTRIES = 12;
const PASSIVE_BYTES = 200;

/** What modules import, from "host". */
export const HOST: readonly { name: string; type: FunctionType }[] = [
  { name: "mix", type: { parameters: [I32], results: [I32] } },
  { name: "two", type: { parameters: [I64, F64], results: [F64, I64] } },
  { name: "note", type: { parameters: [I32, F32], results: [] } },
];

export function generate(seed: number): Generated {
  const roll = dice(seed);
  roll(2);
  const some = <T>(from: readonly T[]): T => from[roll(from.length)]!;
  const several = (most: number) => Array.from({ length: roll(most + 1) }, () => some(NUMBERS));
  const withReference = (list: number[]) =>
    roll(8) === 0 ? [...list, some([EXTERNREF, FUNCREF])] : list;
  const types: FunctionType[] = [
    ...HOST.map(({ type }) => type),
    { parameters: [], results: [] },
    ...Array.from({ length: 3 + roll(5) }, () => ({
      parameters: withReference(several(4)),
      results: several(3),
    })),
  ];
  const imported = HOST.length;
  const own = Array.from({ length: 2 + roll(6) }, () => imported + roll(types.length - imported));
  const functions = [...HOST.map((_, at) => at), ...own];
  const flat = new Set(
    own.map((_, at) => imported + at).filter((index) => index > imported && roll(3) === 0),
  );
  const open = [...functions.keys()].filter((index) => !flat.has(index));
  const globals = [I32, ...Array.from({ length: roll(5) }, () => some(NUMBERS))];
  const hasMemory = roll(10) > 0;
  const world: World = {
    ...{ roll, types, functions, imported, globals, fuel: 0, flat, hasMemory },
    passiveData: hasMemory ? [1] : [],
    passiveElements: [1],
  };
  const bodies = own.map((type, at) => new BodyMaker(world, types[type]!).make(imported + at));
  const indices = Array.from({ length: ENTRIES - 2 }, () => open[roll(open.length)]!);
  const starts = own.findIndex((type) => types[type]!.parameters.length === 0);
  const hasStart = roll(3) === 0 && starts >= 0 && types[own[starts]!]!.results.length === 0;

  const module = header()
    .section(1, (to) => to.vector(types, writeType))
    .section(2, (to) =>
      to.vector([...HOST.entries()], ([at, { name }], each) => {
        each.name("host").name(name).add(0).u32(at);
      }),
    )
    .section(3, (to) => to.vector(own, (type, each) => each.u32(type)))
    .section(4, (to) =>
      to
        .u32(1)
        .add(FUNCREF, 1)
        .u32(ENTRIES)
        .u32(ENTRIES + 6),
    );
  if (hasMemory) module.section(5, (to) => to.u32(1).add(1, 1, 3));
  module
    .section(6, (to) => {
      const [, ...rest] = globals;
      to.u32(globals.length).add(I32, 1, 0x41).signed(BigInt(FUEL)).add(0x0b);
      for (const type of rest) {
        to.add(type, 1);
        writeConstant(type, to, roll);
        to.add(0x0b);
      }
    })
    .section(7, (to) => {
      const names: [string, number, number][] = open
        .slice(imported)
        .map((index) => [`f${index - imported}`, 0, index]);
      names.push(
        ["table", 1, 0],
        ...globals.map((_, at): [string, number, number] => [`g${at}`, 3, at]),
      );
      if (hasMemory) names.push(["memory", 2, 0]);
      to.vector(names, ([name, kind, index], each) => each.name(name).add(kind).u32(index));
    });
  if (hasStart) module.section(8, (to) => to.u32(imported + starts));
  module.section(9, (to) => {
    to.u32(3);
    to.u32(0)
      .add(0x41, 1, 0x0b)
      .vector(indices, (index, each) => each.u32(index));
    to.u32(1)
      .add(0)
      .vector(indices.slice(0, 4), (index, each) => each.u32(index));
    // These may be referred to.
    to.u32(3)
      .add(0)
      .vector(open, (index, each) => each.u32(index));
  });
  if (hasMemory) module.section(12, (to) => to.u32(2));
  module.section(10, (to) =>
    to.vector(bodies, (body, each) => each.sized((inner) => inner.append(body))),
  );
  if (hasMemory) {
    const random = Uint8Array.from({ length: PASSIVE_BYTES }, () => roll(256));
    module.section(11, (to) => {
      to.u32(2);
      to.u32(0).add(0x41, 16, 0x0b).u32(PASSIVE_BYTES).append(random);
      to.u32(1).u32(PASSIVE_BYTES).append(random);
    });
  }
  const calls = open.slice(imported).flatMap((index) =>
    [0, 1].map(() => ({
      name: `f${index - imported}`,
      given: types[functions[index]!]!.parameters.map((of) => given(of, roll)),
    })),
  );
  return { bytes: module.take(), calls };
}

function writeType({ parameters, results }: FunctionType, to: Bytes): void {
  to.add(0x60)
    .u32(parameters.length)
    .add(...parameters)
    .u32(results.length)
    .add(...results);
}

const I32S = [0, 1, -1, 2, 7, 64, 255, 65535, 65536, -(2 ** 31), 2 ** 31 - 1];
const I64S = [0n, 1n, -1n, 3n, 255n, 2n ** 32n, -(2n ** 63n), 2n ** 63n - 1n, 12345678901234n];
const FLOATS = [0, -0, 1, -1, 0.5, 3.75, 1e10, -1e20, Infinity, -Infinity, NaN, 2 ** 31, 2 ** 63];

/** A value that is likely to be a special one. */
function given(type: number, roll: (bound: number) => number): Given {
  const some = <T>(from: readonly T[]): T => from[roll(from.length)]!;
  if (type === I32) return roll(2) ? some(I32S) : roll(2 ** 32) | 0;
  if (type === I64) return roll(2) ? some(I64S) : BigInt.asIntN(64, BigInt(roll(2 ** 32)) ** 2n);
  if (type === F32) return Math.fround(roll(2) ? some(FLOATS) : roll(1000) / 8);
  if (type === F64) return roll(2) ? some(FLOATS) : roll(1e6) / 7;
  return null;
}

export function writeConstant(type: number, to: Bytes, roll: (bound: number) => number): void {
  const value = given(type, roll);
  if (type === I32) to.add(0x41).signed(BigInt(value as number));
  else if (type === I64) to.add(0x42).signed(value as bigint);
  else if (type === F32) to.add(0x43).f32(value as number);
  else if (type === F64) to.add(0x44).f64(value as number);
  else to.add(0xd0, type);
}
