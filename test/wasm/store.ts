// What an instance of the reference interpreter has and shares with others: values, functions, tables, memories, globals.

import type { Interpreter } from "./interpreter.js";

export const PAGE = 65536;
const MOST_PAGES = 65536;
const MOST_ENTRIES = 10_000_000;

export type Value = number | bigint | Reference;
export type Reference = FunctionReference | Opaque | null;
/** What hosts hand in as externref. */
export type Opaque = { readonly opaque: unknown };

export interface FunctionReference {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  call(given: Value[]): Value[];
  /** A function of a module, which may be called in place of another. */
  readonly within?: { readonly instance: Interpreter; readonly index: number };
}

export interface Cell {
  value: Value;
}

export class TableStore {
  readonly entries: Reference[];
  readonly most: number;

  constructor(least: number, most = MOST_ENTRIES) {
    this.entries = new Array<Reference>(least).fill(null);
    this.most = Math.min(most, MOST_ENTRIES);
  }
}

export class MemoryStore {
  bytes: Uint8Array;
  readonly most: number;

  constructor(least: number, most = MOST_PAGES) {
    this.bytes = new Uint8Array(least * PAGE);
    this.most = Math.min(most, MOST_PAGES);
  }

  get view(): DataView {
    return new DataView(this.bytes.buffer);
  }
}

export type Imported = FunctionReference | TableStore | MemoryStore | Cell;

/** Of the accesses from 0x28 on. */
export const SIZES = [4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4];

export const LOADS: ((view: DataView, at: number) => number | bigint)[] = [
  (view, at) => view.getInt32(at, true),
  (view, at) => view.getBigInt64(at, true),
  (view, at) => view.getFloat32(at, true),
  (view, at) => view.getFloat64(at, true),
  (view, at) => view.getInt8(at),
  (view, at) => view.getUint8(at),
  (view, at) => view.getInt16(at, true),
  (view, at) => view.getUint16(at, true),
  (view, at) => BigInt(view.getInt8(at)),
  (view, at) => BigInt(view.getUint8(at)),
  (view, at) => BigInt(view.getInt16(at, true)),
  (view, at) => BigInt(view.getUint16(at, true)),
  (view, at) => BigInt(view.getInt32(at, true)),
  (view, at) => BigInt(view.getUint32(at, true)),
];

const low = (value: bigint) => Number(value & 0xffffffffn);

export const STORES: ((view: DataView, at: number, value: never) => void)[] = [
  (view, at, value: number) => view.setInt32(at, value, true),
  (view, at, value: bigint) => view.setBigInt64(at, value, true),
  (view, at, value: number) => view.setFloat32(at, value, true),
  (view, at, value: number) => view.setFloat64(at, value, true),
  (view, at, value: number) => view.setInt8(at, value),
  (view, at, value: number) => view.setInt16(at, value, true),
  (view, at, value: bigint) => view.setInt8(at, low(value)),
  (view, at, value: bigint) => view.setInt16(at, low(value), true),
  (view, at, value: bigint) => view.setInt32(at, low(value), true),
];
