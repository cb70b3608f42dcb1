// What follows each opcode, and what the instrumenter must know of it. An opcode that is not here is
// refused by its number: to pass over what is not understood is to count it wrongly.

/** What follows an opcode. 0 in a table: there is no such instruction. */
export const NONE = 1;
export const BLOCK_TYPE = 2;
export const INDEX = 3;
export const TWO_INDICES = 4;
export const LABEL = 5;
export const LABELS = 6;
export const FUNCTION = 7;
export const MEMARG = 8;
export const MEMARG_LANE = 9;
export const INT32 = 10;
export const INT64 = 11;
export const BYTE = 12;
export const BYTES_4 = 13;
export const BYTES_8 = 14;
export const BYTES_16 = 15;
export const HEAP_TYPE = 16;
export const VALUE_TYPES = 17;
export const TRY_TABLE = 18;
export const INDEX_COUNT = 19;
export const CAST_BRANCH = 20;
export const PREFIX = 21;
/** What the scanner sees to itself: it is not straight-line code. */
export const CONTROL = 0x80;
/** It may trap, or in EH terms throw. */
export const TRAPS = 0x40;
export const IMMEDIATE = 0x1f;

export const UNREACHABLE = 0x00;
export const NOP = 0x01;
export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const TRY = 0x06;
export const CATCH = 0x07;
export const THROW = 0x08;
export const RETHROW = 0x09;
export const THROW_REF = 0x0a;
export const END = 0x0b;
export const BR = 0x0c;
export const BR_IF = 0x0d;
export const BR_TABLE = 0x0e;
export const RETURN = 0x0f;
export const CALL = 0x10;
export const CALL_INDIRECT = 0x11;
export const RETURN_CALL = 0x12;
export const RETURN_CALL_INDIRECT = 0x13;
export const CALL_REF = 0x14;
export const RETURN_CALL_REF = 0x15;
export const DELEGATE = 0x18;
export const CATCH_ALL = 0x19;
export const TRY_TABLE_OP = 0x1f;
export const DROP = 0x1a;
export const LOCAL_GET = 0x20;
export const LOCAL_SET = 0x21;
export const LOCAL_TEE = 0x22;
export const GLOBAL_GET = 0x23;
export const GLOBAL_SET = 0x24;
export const SELECT = 0x1b;
export const I32_CONST = 0x41;
export const I64_CONST = 0x42;
export const I32_NE = 0x47;
export const I64_NE = 0x52;
export const I64_LT_S = 0x53;
export const I64_LT_U = 0x54;
export const I64_ADD = 0x7c;
export const I64_SUB = 0x7d;
export const I64_MUL = 0x7e;
export const I64_SHL = 0x86;
export const I64_SHR_U = 0x88;
export const I64_EXTEND_I32_U = 0xad;
export const MEMORY_GROW = 0x40;
export const REF_FUNC = 0xd2;
export const BR_ON_NULL = 0xd5;
export const BR_ON_NON_NULL = 0xd6;
export const PREFIX_GC = 0xfb;
export const PREFIX_MISC = 0xfc;
export const PREFIX_SIMD = 0xfd;
export const PREFIX_ATOMIC = 0xfe;
export const BR_ON_CAST = 0x18;
export const BR_ON_CAST_FAIL = 0x19;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const EMPTY = 0x40;

type Range = readonly [first: number, last: number, what: number];

function table(size: number, ranges: readonly Range[]): Uint8Array {
  const entries = new Uint8Array(size);
  for (const [first, last, what] of ranges) entries.fill(what, first, last + 1);
  return entries;
}

export const PLAIN = table(256, [
  [UNREACHABLE, UNREACHABLE, NONE | CONTROL],
  [NOP, NOP, NONE],
  [BLOCK, IF, BLOCK_TYPE | CONTROL],
  [ELSE, ELSE, NONE | CONTROL],
  [TRY, TRY, BLOCK_TYPE | CONTROL],
  [CATCH, CATCH, INDEX | CONTROL],
  [THROW, THROW, INDEX | CONTROL],
  [RETHROW, RETHROW, LABEL | CONTROL],
  [THROW_REF, END, NONE | CONTROL],
  [BR, BR_IF, LABEL | CONTROL],
  [BR_TABLE, BR_TABLE, LABELS | CONTROL],
  [RETURN, RETURN, NONE | CONTROL],
  [CALL, CALL, FUNCTION | CONTROL],
  [CALL_INDIRECT, CALL_INDIRECT, TWO_INDICES | CONTROL],
  [RETURN_CALL, RETURN_CALL, FUNCTION | CONTROL],
  [RETURN_CALL_INDIRECT, RETURN_CALL_INDIRECT, TWO_INDICES | CONTROL],
  [CALL_REF, RETURN_CALL_REF, INDEX | CONTROL],
  [DELEGATE, DELEGATE, LABEL | CONTROL],
  [CATCH_ALL, CATCH_ALL, NONE | CONTROL],
  [0x1a, 0x1b, NONE],
  [0x1c, 0x1c, VALUE_TYPES],
  [TRY_TABLE_OP, TRY_TABLE_OP, TRY_TABLE | CONTROL],
  [LOCAL_GET, GLOBAL_SET, INDEX],
  // table.get and table.set
  [0x25, 0x26, INDEX | TRAPS],
  [0x28, 0x3e, MEMARG | TRAPS],
  [0x3f, 0x3f, INDEX],
  [MEMORY_GROW, MEMORY_GROW, INDEX | CONTROL],
  [I32_CONST, I32_CONST, INT32],
  [I64_CONST, I64_CONST, INT64],
  [0x43, 0x43, BYTES_4],
  [0x44, 0x44, BYTES_8],
  [0x45, 0xc4, NONE],
  // Division, remainder and truncation.
  [0x6d, 0x70, NONE | TRAPS],
  [0x7f, 0x82, NONE | TRAPS],
  [0xa8, 0xab, NONE | TRAPS],
  [0xae, 0xb1, NONE | TRAPS],
  [0xd0, 0xd0, HEAP_TYPE],
  [0xd1, 0xd1, NONE],
  [REF_FUNC, REF_FUNC, FUNCTION | CONTROL],
  [0xd3, 0xd3, NONE],
  [0xd4, 0xd4, NONE | TRAPS],
  [BR_ON_NULL, BR_ON_NON_NULL, LABEL | CONTROL],
  [PREFIX_GC, PREFIX_ATOMIC, PREFIX],
]);

export const GC = table(31, [
  [0x00, 0x01, INDEX],
  [0x02, 0x05, TWO_INDICES | TRAPS],
  // Arrays: made, and filled or copied, by their lengths.
  [0x06, 0x07, INDEX | TRAPS | CONTROL],
  [0x08, 0x08, INDEX_COUNT | TRAPS],
  [0x09, 0x0a, TWO_INDICES | TRAPS | CONTROL],
  [0x0b, 0x0e, INDEX | TRAPS],
  [0x0f, 0x0f, NONE | TRAPS],
  [0x10, 0x10, INDEX | TRAPS | CONTROL],
  [0x11, 0x13, TWO_INDICES | TRAPS | CONTROL],
  [0x14, 0x15, HEAP_TYPE],
  [0x16, 0x17, HEAP_TYPE | TRAPS],
  [BR_ON_CAST, BR_ON_CAST_FAIL, CAST_BRANCH | CONTROL],
  [0x1a, 0x1c, NONE],
  [0x1d, 0x1e, NONE | TRAPS],
]);

export const MISC = table(18, [
  [0x00, 0x07, NONE],
  [0x08, 0x08, TWO_INDICES | TRAPS | CONTROL],
  [0x09, 0x09, INDEX],
  [0x0a, 0x0a, TWO_INDICES | TRAPS | CONTROL],
  [0x0b, 0x0b, INDEX | TRAPS | CONTROL],
  [0x0c, 0x0c, TWO_INDICES | TRAPS | CONTROL],
  [0x0d, 0x0d, INDEX],
  [0x0e, 0x0e, TWO_INDICES | TRAPS | CONTROL],
  [0x0f, 0x0f, INDEX | TRAPS | CONTROL],
  [0x10, 0x10, INDEX],
  [0x11, 0x11, INDEX | TRAPS | CONTROL],
]);

/** Those of the SIMD proposal that have none are left out by number; then the relaxed ones. */
export const SIMD = table(0x114, [
  [0x00, 0x0b, MEMARG | TRAPS],
  [0x0c, 0x0d, BYTES_16],
  [0x0e, 0x14, NONE],
  [0x15, 0x22, BYTE],
  [0x23, 0x53, NONE],
  [0x54, 0x5b, MEMARG_LANE | TRAPS],
  [0x5c, 0x5d, MEMARG | TRAPS],
  [0x5e, 0xff, NONE],
  [0x9a, 0x9a, 0],
  [0xa2, 0xa2, 0],
  [0xa5, 0xa6, 0],
  [0xaf, 0xb0, 0],
  [0xb2, 0xb4, 0],
  [0xbb, 0xbb, 0],
  [0xc2, 0xc2, 0],
  [0xc5, 0xc6, 0],
  [0xcf, 0xd0, 0],
  [0xd2, 0xd4, 0],
  [0xe2, 0xe2, 0],
  [0xee, 0xee, 0],
  [0x100, 0x113, NONE],
]);

export const ATOMIC = table(0x4f, [
  [0x00, 0x00, MEMARG | TRAPS],
  // Waits, by how long they may last.
  [0x01, 0x02, MEMARG | TRAPS | CONTROL],
  [0x03, 0x03, BYTE],
  [0x10, 0x4e, MEMARG | TRAPS],
]);
