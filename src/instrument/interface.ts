// What a module imports and exports, with the types of functions and globals in words.

import { malformed } from "./error.js";
import { skipValueType } from "./instruction.js";
import { type Item, KINDS, type Outline } from "./outline.js";
import { Reader } from "./reader.js";

/** "ref": a reference of any other kind. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "funcref" | "externref" | "ref";

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface GlobalType {
  readonly type: ValueType;
  readonly isMutable: boolean;
}

/** Something that is exported. */
export interface Extern {
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  /** Among those of its kind, imported ones first. */
  readonly index: number;
  /** Of a function. */
  readonly signature?: Signature;
  /** Of a global. */
  readonly global?: GlobalType;
}

export interface Import extends Extern {
  readonly module: string;
}

export interface Interface {
  readonly imports: readonly Import[];
  readonly exports: readonly Extern[];
}

const WORDS: ReadonlyMap<number, ValueType> = new Map([
  [0x7f, "i32"],
  [0x7e, "i64"],
  [0x7d, "f32"],
  [0x7c, "f64"],
  [0x7b, "v128"],
  [0x70, "funcref"],
  [0x6f, "externref"],
]);

export function interfaceOf(outline: Outline): Interface {
  return {
    imports: outline.imports.map((item) => ({
      module: item.module,
      ...externOf(outline, item),
    })),
    exports: outline.exports.map((item) => externOf(outline, item)),
  };
}

/** @throws {ModuleError} for a function whose type is none of functions. */
function externOf(outline: Outline, { name, kind, index }: Item): Extern {
  const extern: Extern = { name, kind: KINDS[kind]!, index };
  if (extern.kind === "function") return { ...extern, signature: signatureOf(outline, index) };
  if (extern.kind === "global") return { ...extern, global: globalOf(outline, index) };
  return extern;
}

function signatureOf(outline: Outline, index: number): Signature {
  const type = outline.functionTypes[index]!;
  const at = outline.typesAt[type]!;
  if (outline.parameters[type]! < 0) {
    throw malformed(at, `found function ${index} of type ${type}, which is no function's`);
  }
  const reader = new Reader(outline.bytes, at);
  return { parameters: valueTypes(reader), results: valueTypes(reader) };
}

function globalOf(outline: Outline, index: number): GlobalType {
  const reader = new Reader(outline.bytes, outline.globalsAt[index]!);
  return { type: valueType(reader), isMutable: reader.byte() === 1 };
}

function valueTypes(reader: Reader): ValueType[] {
  return Array.from({ length: reader.u32() }, () => valueType(reader));
}

function valueType(reader: Reader): ValueType {
  const byte = reader.bytes[reader.at]!;
  skipValueType(reader);
  return WORDS.get(byte) ?? "ref";
}
