// What instructions without side effects come to. i32 and floats are numbers (i32 from −2³¹ on), i64 are
// bigints (from −2⁶³ on). What a NaN is made of is not kept: all of them are the same one.

/** A guest's own error, by what V8 says of it. */
export class Trap extends Error {
  readonly kind: TrapKind;

  constructor(kind: TrapKind) {
    super(kind);
    this.kind = kind;
  }
}

export type TrapKind =
  | "unreachable"
  | "memory"
  | "table"
  | "call"
  | "zero"
  | "overflow"
  | "conversion"
  | "stack";

type Unary = (a: never) => number | bigint;
type Binary = (a: never, b: never) => number | bigint;

const scratch = new DataView(new ArrayBuffer(8));
const signed = (a: bigint) => BigInt.asIntN(64, a);
const unsigned = (a: bigint) => BigInt.asUintN(64, a);
const truth = (is: boolean) => (is ? 1 : 0);
const { fround } = Math;

function ctz32(a: number): number {
  return a === 0 ? 32 : 31 - Math.clz32(a & -a);
}

function popcnt32(a: number): number {
  let count = 0;
  for (let left = a >>> 0; left > 0; left = (left & (left - 1)) >>> 0) count += 1;
  return count;
}

function halves(a: bigint): { high: number; low: number } {
  return { high: Number(unsigned(a) >> 32n) | 0, low: Number(a & 0xffffffffn) | 0 };
}

function clz64(a: bigint): bigint {
  const { high, low } = halves(a);
  return BigInt(high === 0 ? 32 + Math.clz32(low) : Math.clz32(high));
}

function ctz64(a: bigint): bigint {
  const { high, low } = halves(a);
  return BigInt(low === 0 ? 32 + ctz32(high) : ctz32(low));
}

function popcnt64(a: bigint): bigint {
  const { high, low } = halves(a);
  return BigInt(popcnt32(high) + popcnt32(low));
}

/** To even where it lies between two. */
function nearest(a: number): number {
  if (!Number.isFinite(a) || Math.abs(a) >= 2 ** 52) return a;
  const floor = Math.floor(a);
  const rest = a - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const rounded = up ? floor + 1 : floor;
  return rounded === 0 && (a < 0 || Object.is(a, -0)) ? -0 : rounded;
}

function copysign(a: number, b: number): number {
  const isNegative = b < 0 || Object.is(b, -0);
  return isNegative ? -Math.abs(a) : Math.abs(a);
}

/** Towards zero, within bounds that are not included. */
function truncated(a: number, above: number, below: number): number {
  if (Number.isNaN(a) || !(a > above && a < below)) throw new Trap("conversion");
  return Math.trunc(a) + 0; // never −0
}

/** The same where what is too large comes to the last one there is. */
function saturated(a: number, least: bigint, most: bigint): bigint {
  if (Number.isNaN(a)) return 0n;
  const whole = Math.trunc(a);
  if (whole <= Number(least)) return least;
  return whole >= Number(most) ? most : BigInt(whole);
}

/** Rounds once: a double between would round twice. */
function toF32(a: bigint): number {
  const size = a < 0n ? -a : a;
  const surplus = size.toString(2).length - 32;
  if (surplus <= 0) return fround(Number(a));
  const shift = BigInt(surplus);
  const sticky = size & ((1n << shift) - 1n) ? 1n : 0n;
  const rounded = fround(Number((size >> shift) | sticky)) * 2 ** surplus;
  return a < 0n ? -rounded : rounded;
}

function divided(a: number, b: number): number {
  if (b === 0) throw new Trap("zero");
  if (a === -(2 ** 31) && b === -1) throw new Trap("overflow");
  return (a / b) | 0;
}

function divided64(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Trap("zero");
  if (a === -(2n ** 63n) && b === -1n) throw new Trap("overflow");
  return a / b;
}

function nonZero<T extends number | bigint>(b: T): T {
  if (!b) throw new Trap("zero");
  return b;
}

function bits32(a: number): number {
  scratch.setFloat32(0, a);
  return Number.isNaN(a) ? 0x7fc00000 : scratch.getInt32(0);
}

function bits64(a: number): bigint {
  scratch.setFloat64(0, a);
  return Number.isNaN(a) ? 0x7ff8000000000000n : scratch.getBigInt64(0);
}

function float32(bits: number): number {
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}

function float64(bits: bigint): number {
  scratch.setBigInt64(0, bits);
  return scratch.getFloat64(0);
}

function extended(a: bigint, bits: number): bigint {
  return BigInt.asIntN(bits, a);
}

const LEAST_32 = -(2n ** 31n);
const LEAST_64 = -(2n ** 63n);
const MOST_32 = 2n ** 31n - 1n;
const MOST_64 = 2n ** 63n - 1n;
const MOST_U32 = 2n ** 32n - 1n;
const MOST_U64 = 2n ** 64n - 1n;

/** f32 from 0x8b and f64 from 0x99. */
function floats(round: (a: number) => number): { unary: Unary[]; binary: Binary[] } {
  const unary: ((a: number) => number)[] = [
    Math.abs,
    (a) => -a,
    Math.ceil,
    Math.floor,
    Math.trunc,
    nearest,
    (a) => round(Math.sqrt(a)),
  ];
  const binary: ((a: number, b: number) => number)[] = [
    (a, b) => round(a + b),
    (a, b) => round(a - b),
    (a, b) => round(a * b),
    (a, b) => round(a / b),
    Math.min,
    Math.max,
    copysign,
  ];
  return { unary, binary };
}

const f32 = floats(fround);
const f64 = floats((a) => a);

const COMPARED: ((a: number, b: number) => number)[] = [
  (a, b) => truth(a === b),
  (a, b) => truth(a !== b),
  (a, b) => truth(a < b),
  (a, b) => truth(a > b),
  (a, b) => truth(a <= b),
  (a, b) => truth(a >= b),
];

function from(first: number, list: readonly unknown[]): [number, never][] {
  return list.map((each, at) => [first + at, each as never]);
}

/** By opcode. */
export const UNARY = new Map<number, Unary>([
  ...from(0x45, [(a: number) => truth(a === 0)]),
  ...from(0x50, [(a: bigint) => truth(a === 0n)]),
  ...from(0x67, [Math.clz32, ctz32, popcnt32]),
  ...from(0x79, [clz64, ctz64, popcnt64]),
  ...from(0x8b, f32.unary),
  ...from(0x99, f64.unary),
  ...from(0xa7, [
    (a: bigint) => Number(BigInt.asIntN(32, a)),
    ...[
      (a: number) => truncated(a, -(2 ** 31) - 1, 2 ** 31),
      (a: number) => truncated(a, -1, 2 ** 32) | 0,
      (a: number) => truncated(a, -(2 ** 31) - 1, 2 ** 31),
      (a: number) => truncated(a, -1, 2 ** 32) | 0,
    ],
    (a: number) => BigInt(a),
    (a: number) => BigInt(a >>> 0),
    ...[
      (a: number) => BigInt(truncated(a, -(2 ** 63) - 2 ** 11, 2 ** 63)),
      (a: number) => signed(BigInt(truncated(a, -1, 2 ** 64))),
      (a: number) => BigInt(truncated(a, -(2 ** 63) - 2 ** 11, 2 ** 63)),
      (a: number) => signed(BigInt(truncated(a, -1, 2 ** 64))),
    ],
    ...[fround, (a: number) => fround(a >>> 0), toF32, (a: bigint) => toF32(unsigned(a))],
    fround,
    ...[(a: number) => a, (a: number) => a >>> 0],
    ...[(a: bigint) => Number(a), (a: bigint) => Number(unsigned(a))],
    (a: number) => a,
    ...[bits32, bits64, float32, float64],
    ...[(a: number) => (a << 24) >> 24, (a: number) => (a << 16) >> 16],
    ...[8, 16, 32].map((bits) => (a: bigint) => extended(a, bits)),
  ]),
  ...from(0xfc00, [
    (a: number) => Number(saturated(a, LEAST_32, MOST_32)),
    (a: number) => Number(saturated(a, 0n, MOST_U32)) | 0,
    (a: number) => Number(saturated(a, LEAST_32, MOST_32)),
    (a: number) => Number(saturated(a, 0n, MOST_U32)) | 0,
    (a: number) => saturated(a, LEAST_64, MOST_64),
    (a: number) => signed(saturated(a, 0n, MOST_U64)),
    (a: number) => saturated(a, LEAST_64, MOST_64),
    (a: number) => signed(saturated(a, 0n, MOST_U64)),
  ]),
]);

export const BINARY = new Map<number, Binary>([
  ...from(0x46, [
    ...[
      (a: number, b: number) => truth(a === b),
      (a: number, b: number) => truth(a !== b),
      (a: number, b: number) => truth(a < b),
      (a: number, b: number) => truth(a >>> 0 < b >>> 0),
      (a: number, b: number) => truth(a > b),
      (a: number, b: number) => truth(a >>> 0 > b >>> 0),
      (a: number, b: number) => truth(a <= b),
      (a: number, b: number) => truth(a >>> 0 <= b >>> 0),
      (a: number, b: number) => truth(a >= b),
      (a: number, b: number) => truth(a >>> 0 >= b >>> 0),
    ],
  ]),
  ...from(0x51, [
    ...[
      (a: bigint, b: bigint) => truth(a === b),
      (a: bigint, b: bigint) => truth(a !== b),
      (a: bigint, b: bigint) => truth(a < b),
      (a: bigint, b: bigint) => truth(unsigned(a) < unsigned(b)),
      (a: bigint, b: bigint) => truth(a > b),
      (a: bigint, b: bigint) => truth(unsigned(a) > unsigned(b)),
      (a: bigint, b: bigint) => truth(a <= b),
      (a: bigint, b: bigint) => truth(unsigned(a) <= unsigned(b)),
      (a: bigint, b: bigint) => truth(a >= b),
      (a: bigint, b: bigint) => truth(unsigned(a) >= unsigned(b)),
    ],
  ]),
  ...from(0x5b, COMPARED),
  ...from(0x61, COMPARED),
  ...from(0x6a, [
    (a: number, b: number) => (a + b) | 0,
    (a: number, b: number) => (a - b) | 0,
    Math.imul,
    divided,
    (a: number, b: number) => ((a >>> 0) / (nonZero(b) >>> 0)) | 0,
    (a: number, b: number) => (a % nonZero(b)) | 0,
    (a: number, b: number) => ((a >>> 0) % (nonZero(b) >>> 0)) | 0,
    (a: number, b: number) => a & b,
    (a: number, b: number) => a | b,
    (a: number, b: number) => a ^ b,
    (a: number, b: number) => a << b,
    (a: number, b: number) => a >> b,
    (a: number, b: number) => (a >>> b) | 0,
    (a: number, b: number) => (a << b) | (a >>> -b),
    (a: number, b: number) => (a >>> b) | (a << -b),
  ]),
  ...from(0x7c, [
    (a: bigint, b: bigint) => signed(a + b),
    (a: bigint, b: bigint) => signed(a - b),
    (a: bigint, b: bigint) => signed(a * b),
    divided64,
    (a: bigint, b: bigint) => signed(unsigned(a) / unsigned(nonZero(b))),
    (a: bigint, b: bigint) => a % nonZero(b),
    (a: bigint, b: bigint) => signed(unsigned(a) % unsigned(nonZero(b))),
    (a: bigint, b: bigint) => a & b,
    (a: bigint, b: bigint) => a | b,
    (a: bigint, b: bigint) => a ^ b,
    (a: bigint, b: bigint) => signed(a << (b & 63n)),
    (a: bigint, b: bigint) => a >> (b & 63n),
    (a: bigint, b: bigint) => signed(unsigned(a) >> (b & 63n)),
    (a: bigint, b: bigint) => rotated(a, b & 63n),
    (a: bigint, b: bigint) => rotated(a, -b & 63n),
  ]),
  ...from(0x92, f32.binary),
  ...from(0xa0, f64.binary),
]);

function rotated(a: bigint, left: bigint): bigint {
  return signed((unsigned(a) << left) | (unsigned(a) >> (64n - left)));
}
