// The names of instructions in the text format, by opcode, and their classes, as the specification's chapters
// have them. The order of each list is that of the opcodes; "-": there is none.

import * as op from "./opcode.js";

export const CLASSES = [
  ...["numeric", "vector", "reference", "parametric", "variable", "table", "memory"],
  ...["atomic", "control", "exception", "aggregate"],
] as const;
/** Of what costs something: chapters of the specification, and those of the proposals for threads and exceptions. */
export type CostClass = (typeof CLASSES)[number];
/** What only gives structure is never charged for. */
type Kind = CostClass | "structure";

/** An instruction. One name may stand for several. */
export interface Instruction {
  readonly name: string;
  readonly kind: Kind;
  /** 0: none. */
  readonly prefix: number;
  /** The opcode; behind a prefix the code. */
  readonly code: number;
}

export const INSTRUCTIONS: readonly Instruction[] = [...all()];

type Part = readonly [prefix: number, first: number, kind: Kind, names: string];

function* all(): Generator<Instruction> {
  for (const [prefix, first, kind, names] of [...plain(), ...prefixed(), ...simd(), ...atomic()]) {
    for (const [at, name] of names.trim().split(/\s+/).entries()) {
      if (name !== "-") yield { name, kind, prefix, code: first + at };
    }
  }
}

/** Each behind the same beginning. */
function each(start: string, ends: string): string {
  return ends.replaceAll(/\S+/g, (end) => (end === "-" ? end : start + end));
}

function plain(): Part[] {
  const compare = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
  const compareFloats = "eq ne lt gt le ge";
  const integers = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u";
  const floats = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign";
  return [
    [0, 0x00, "control", "unreachable"],
    [0, op.NOP, "structure", "nop block loop"],
    [0, op.IF, "control", "if"],
    [0, op.ELSE, "structure", "else try catch"],
    [0, op.THROW, "exception", "throw rethrow throw_ref"],
    [0, op.END, "structure", "end"],
    [0, op.BR, "control", "br br_if br_table return call call_indirect return_call"],
    [0, op.RETURN_CALL_INDIRECT, "control", "return_call_indirect call_ref return_call_ref"],
    [0, op.DELEGATE, "structure", "delegate catch_all"],
    [0, op.DROP, "parametric", "drop select select"],
    [0, op.TRY_TABLE_OP, "structure", "try_table"],
    [0, op.LOCAL_GET, "variable", `${each("local.", "get set tee")} ${each("global.", "get set")}`],
    [0, 0x25, "table", "table.get table.set"],
    [0, 0x28, "memory", "i32.load i64.load f32.load f64.load"],
    [0, 0x2c, "memory", each("i32.load", "8_s 8_u 16_s 16_u")],
    [0, 0x30, "memory", each("i64.load", "8_s 8_u 16_s 16_u 32_s 32_u")],
    [0, 0x36, "memory", "i32.store i64.store f32.store f64.store i32.store8 i32.store16"],
    [0, 0x3c, "memory", each("i64.store", "8 16 32")],
    [0, 0x3f, "memory", "memory.size memory.grow"],
    [0, op.I32_CONST, "numeric", "i32.const i64.const f32.const f64.const"],
    [0, 0x45, "numeric", each("i32.", `eqz ${compare}`)],
    [0, 0x50, "numeric", each("i64.", `eqz ${compare}`)],
    [0, 0x5b, "numeric", each("f32.", compareFloats)],
    [0, 0x61, "numeric", each("f64.", compareFloats)],
    [0, 0x67, "numeric", each("i32.", `${integers} rotl rotr`)],
    [0, 0x79, "numeric", each("i64.", `${integers} rotl rotr`)],
    [0, 0x8b, "numeric", each("f32.", floats)],
    [0, 0x99, "numeric", each("f64.", floats)],
    [0, 0xa7, "numeric", each("i32.", "wrap_i64 trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u")],
    [0, 0xac, "numeric", each("i64.", "extend_i32_s extend_i32_u trunc_f32_s trunc_f32_u")],
    [0, 0xb0, "numeric", each("i64.", "trunc_f64_s trunc_f64_u")],
    [0, 0xb2, "numeric", each("f32.convert_", "i32_s i32_u i64_s i64_u")],
    [0, 0xb6, "numeric", "f32.demote_f64"],
    [0, 0xb7, "numeric", each("f64.convert_", "i32_s i32_u i64_s i64_u")],
    [0, 0xbb, "numeric", "f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64"],
    [0, 0xbe, "numeric", "f32.reinterpret_i32 f64.reinterpret_i64 i32.extend8_s i32.extend16_s"],
    [0, 0xc2, "numeric", "i64.extend8_s i64.extend16_s i64.extend32_s"],
    [0, 0xd0, "reference", "ref.null ref.is_null ref.func ref.eq ref.as_non_null"],
    [0, op.BR_ON_NULL, "control", "br_on_null br_on_non_null"],
  ];
}

function prefixed(): Part[] {
  const { PREFIX_GC: gc, PREFIX_MISC: misc } = op;
  const trunc = "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u";
  return [
    [gc, 0x00, "aggregate", each("struct.", "new new_default get get_s get_u set")],
    [gc, 0x06, "aggregate", each("array.", "new new_default new_fixed new_data new_elem")],
    [gc, 0x0b, "aggregate", each("array.", "get get_s get_u set len fill copy")],
    [gc, 0x12, "aggregate", each("array.", "init_data init_elem")],
    [gc, 0x14, "reference", "ref.test ref.test ref.cast ref.cast"],
    [gc, op.BR_ON_CAST, "control", "br_on_cast br_on_cast_fail"],
    [gc, 0x1a, "aggregate", "any.convert_extern extern.convert_any ref.i31 i31.get_s i31.get_u"],
    [misc, 0x00, "numeric", each("i32.", trunc)],
    [misc, 0x04, "numeric", each("i64.", trunc)],
    [misc, 0x08, "memory", "memory.init data.drop memory.copy memory.fill"],
    [misc, 0x0c, "table", "table.init elem.drop table.copy table.grow table.size table.fill"],
  ];
}

function simd(): Part[] {
  const prefix = op.PREFIX_SIMD;
  const of = (first: number, start: string, ends: string): Part => [
    ...([prefix, first, "vector"] as const),
    each(start, ends),
  ];
  const memory = (first: number, ends: string): Part => [
    ...([prefix, first, "memory"] as const),
    each("v128.", ends),
  ];
  const signs = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
  const floats = "eq ne lt gt le ge";
  const shifts = "shl shr_s shr_u";
  const arithmetic = "add sub mul div min max pmin pmax";
  const saturated = "add add_sat_s add_sat_u sub sub_sat_s sub_sat_u";
  const extmul = (by: string) => `low_${by}_s high_${by}_s low_${by}_u high_${by}_u`;
  return [
    memory(0x00, "load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u"),
    memory(0x07, "load8_splat load16_splat load32_splat load64_splat store"),
    of(0x0c, "", "v128.const i8x16.shuffle i8x16.swizzle"),
    of(0x0f, "", "i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat"),
    of(0x15, "i8x16.", "extract_lane_s extract_lane_u replace_lane"),
    of(0x18, "i16x8.", "extract_lane_s extract_lane_u replace_lane"),
    of(0x1b, "i32x4.", "extract_lane replace_lane"),
    of(0x1d, "i64x2.", "extract_lane replace_lane"),
    of(0x1f, "f32x4.", "extract_lane replace_lane"),
    of(0x21, "f64x2.", "extract_lane replace_lane"),
    of(0x23, "i8x16.", signs),
    of(0x2d, "i16x8.", signs),
    of(0x37, "i32x4.", signs),
    of(0x41, "f32x4.", floats),
    of(0x47, "f64x2.", floats),
    of(0x4d, "v128.", "not and andnot or xor bitselect any_true"),
    memory(0x54, "load8_lane load16_lane load32_lane load64_lane"),
    memory(0x58, "store8_lane store16_lane store32_lane store64_lane load32_zero load64_zero"),
    of(0x5e, "", "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"),
    of(0x60, "i8x16.", "abs neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u"),
    of(0x67, "f32x4.", "ceil floor trunc nearest"),
    of(0x6b, "i8x16.", `${shifts} ${saturated}`),
    of(0x74, "f64x2.", "ceil floor"),
    of(0x76, "i8x16.", "min_s min_u max_s max_u"),
    of(0x7a, "", "f64x2.trunc i8x16.avgr_u"),
    of(0x7c, "i16x8.extadd_pairwise_", "i8x16_s i8x16_u"),
    of(0x7e, "i32x4.extadd_pairwise_", "i16x8_s i16x8_u"),
    of(0x80, "i16x8.", "abs neg q15mulr_sat_s all_true bitmask narrow_i32x4_s narrow_i32x4_u"),
    of(0x87, "i16x8.extend_", extmul("i8x16")),
    of(0x8b, "i16x8.", `${shifts} ${saturated}`),
    of(0x94, "", "f64x2.nearest i16x8.mul i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u"),
    of(0x9b, "i16x8.", "avgr_u"),
    of(0x9c, "i16x8.extmul_", extmul("i8x16")),
    of(0xa0, "i32x4.", "abs neg - all_true bitmask"),
    of(0xa7, "i32x4.extend_", extmul("i16x8")),
    of(0xab, "i32x4.", `${shifts} add - - sub - - - mul`),
    of(0xb6, "i32x4.", "min_s min_u max_s max_u dot_i16x8_s"),
    of(0xbc, "i32x4.extmul_", extmul("i16x8")),
    of(0xc0, "i64x2.", "abs neg - all_true bitmask"),
    of(0xc7, "i64x2.extend_", extmul("i32x4")),
    of(0xcb, "i64x2.", `${shifts} add - - sub - - - mul eq ne lt_s gt_s le_s ge_s`),
    of(0xdc, "i64x2.extmul_", extmul("i32x4")),
    of(0xe0, "f32x4.", `abs neg - sqrt ${arithmetic}`),
    of(0xec, "f64x2.", `abs neg - sqrt ${arithmetic}`),
    of(0xf8, "i32x4.trunc_sat_", "f32x4_s f32x4_u"),
    of(0xfa, "f32x4.convert_", "i32x4_s i32x4_u"),
    of(0xfc, "i32x4.trunc_sat_", "f64x2_s_zero f64x2_u_zero"),
    of(0xfe, "f64x2.convert_low_", "i32x4_s i32x4_u"),
    of(0x100, "i8x16.", "relaxed_swizzle"),
    of(0x101, "i32x4.relaxed_trunc_", "f32x4_s f32x4_u f64x2_s_zero f64x2_u_zero"),
    of(0x105, "", each("f32x4.relaxed_", "madd nmadd")),
    of(0x107, "", each("f64x2.relaxed_", "madd nmadd")),
    of(0x109, "", "i8x16.relaxed_laneselect i16x8.relaxed_laneselect"),
    of(0x10b, "", "i32x4.relaxed_laneselect i64x2.relaxed_laneselect"),
    of(0x10d, "", each("f32x4.relaxed_", "min max")),
    of(0x10f, "", each("f64x2.relaxed_", "min max")),
    of(0x111, "i16x8.", "relaxed_q15mulr_s relaxed_dot_i8x16_i7x16_s"),
    of(0x113, "i32x4.", "relaxed_dot_i8x16_i7x16_add_s"),
  ];
}

function atomic(): Part[] {
  const prefix = op.PREFIX_ATOMIC;
  const widths = (operation: string) =>
    `${each("i32.atomic.rmw.", operation)} ${each("i64.atomic.rmw.", operation)} ` +
    `i32.atomic.rmw8.${operation}_u i32.atomic.rmw16.${operation}_u ` +
    each("i64.atomic.", `rmw8.${operation}_u rmw16.${operation}_u rmw32.${operation}_u`);
  const operations = "add sub and or xor xchg cmpxchg".split(" ");
  return [
    [prefix, 0x00, "atomic", each("memory.atomic.", "notify wait32 wait64")],
    [prefix, 0x03, "atomic", "atomic.fence"],
    [prefix, 0x10, "atomic", "i32.atomic.load i64.atomic.load"],
    [prefix, 0x12, "atomic", each("i32.atomic.", "load8_u load16_u")],
    [prefix, 0x14, "atomic", each("i64.atomic.", "load8_u load16_u load32_u")],
    [prefix, 0x17, "atomic", "i32.atomic.store i64.atomic.store"],
    [prefix, 0x19, "atomic", each("i32.atomic.", "store8 store16")],
    [prefix, 0x1b, "atomic", each("i64.atomic.", "store8 store16 store32")],
    ...operations.map((name, at): Part => [prefix, 0x1e + 7 * at, "atomic", widths(name)]),
  ];
}
