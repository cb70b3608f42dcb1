// Passing over single instructions, types and constant expressions.

import { malformed, unsupported } from "./error.js";
import {
  ATOMIC,
  BLOCK_TYPE,
  BYTE,
  BYTES_4,
  BYTES_8,
  BYTES_16,
  CAST_BRANCH,
  END,
  FUNCTION,
  GC,
  HEAP_TYPE,
  IMMEDIATE,
  INDEX,
  INDEX_COUNT,
  INT32,
  INT64,
  LABEL,
  LABELS,
  MEMARG,
  MEMARG_LANE,
  MISC,
  NONE,
  PLAIN,
  PREFIX,
  PREFIX_GC,
  PREFIX_MISC,
  PREFIX_SIMD,
  REF_FUNC,
  SIMD,
  TRY_TABLE,
  TWO_INDICES,
  VALUE_TYPES,
} from "./opcode.js";
import type { Reader } from "./reader.js";

/** The byte of a reference type that says what it refers to. */
const REF = 0x64;
const REF_NULL = 0x63;

export function skipValueType(reader: Reader): void {
  const at = reader.at;
  const type = reader.byte();
  if (type === REF || type === REF_NULL) reader.s33();
  else if (type < 0x69 || type > 0x7f) {
    throw unsupported(at, `found a value type 0x${type.toString(16)}, which is not known`);
  }
}

/** What a prefixed opcode is: the entry of its table. `code` is behind the prefix. */
export function prefixed(prefix: number, code: number, at: number): number {
  const table =
    prefix === PREFIX_GC
      ? GC
      : prefix === PREFIX_MISC
        ? MISC
        : prefix === PREFIX_SIMD
          ? SIMD
          : ATOMIC;
  const entry = code < table.length ? table[code]! : 0;
  if (entry === 0) throw unknown(at, `0x${prefix.toString(16)} ${code}`);
  return entry;
}

export function unknown(at: number, what: string) {
  return unsupported(at, `found the instruction ${what}, which is not known`);
}

/** Passes what follows an opcode, by its entry; `seeCall` for functions by their index. */
export function skipImmediate(reader: Reader, entry: number): void {
  switch (entry & IMMEDIATE) {
    case NONE:
      return;
    case INDEX:
    case LABEL:
    case FUNCTION:
      reader.u32();
      return;
    case TWO_INDICES:
    case INDEX_COUNT:
      reader.u32();
      reader.u32();
      return;
    case BLOCK_TYPE:
      skipBlockType(reader);
      return;
    case LABELS:
      for (let left = reader.u32(); left >= 0; left--) reader.u32();
      return;
    case MEMARG:
      skipMemarg(reader);
      return;
    case MEMARG_LANE:
      skipMemarg(reader);
      reader.byte();
      return;
    case INT32:
      reader.skipLeb(32);
      return;
    case INT64:
      reader.skipLeb(64);
      return;
    case BYTE:
      reader.byte();
      return;
    case BYTES_4:
      reader.skip(4);
      return;
    case BYTES_8:
      reader.skip(8);
      return;
    case BYTES_16:
      reader.skip(16);
      return;
    case HEAP_TYPE:
      reader.s33();
      return;
    case VALUE_TYPES:
      for (let left = reader.u32(); left > 0; left--) skipValueType(reader);
      return;
    case CAST_BRANCH:
      reader.byte();
      reader.u32();
      reader.s33();
      reader.s33();
      return;
    case TRY_TABLE:
      skipBlockType(reader);
      for (let left = reader.u32(); left > 0; left--) skipCatch(reader, () => {});
      return;
  }
}

export function skipBlockType(reader: Reader): void {
  const first = reader.bytes[reader.at]!;
  if (first === REF || first === REF_NULL) skipValueType(reader);
  else reader.s33();
}

/** A clause of try_table; its label counts from outside of the block. */
export function skipCatch(reader: Reader, see: (label: number) => void): void {
  const at = reader.at;
  const kind = reader.byte();
  if (kind > 3) throw unsupported(at, `found a catch clause of kind ${kind}, which is not known`);
  if (kind < 2) reader.u32();
  see(reader.u32());
}

function skipMemarg(reader: Reader): void {
  // Bit 6 of the alignment says that the index of a memory follows.
  if (reader.u32() & 0x40) reader.u32();
  reader.skipLeb(64);
}

/** Passes a constant expression, its end included; tells of each index of a function, and where that is. */
export function skipExpression(
  reader: Reader,
  seeFunction: (index: number, at: number) => void,
): void {
  while (true) {
    const at = reader.at;
    const op = reader.byte();
    if (op === END) return;
    if (op === REF_FUNC) {
      const place = reader.at;
      seeFunction(reader.u32(), place);
      continue;
    }
    let entry = PLAIN[op]!;
    if (entry === 0) throw unknown(at, `0x${op.toString(16)}`);
    if ((entry & IMMEDIATE) === PREFIX) entry = prefixed(op, reader.u32(), at);
    else if (entry & 0x80) throw malformed(at, "found an instruction that is not constant");
    skipImmediate(reader, entry);
  }
}
