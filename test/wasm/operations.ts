// What instructions the generator chooses from, by the type of what they give.

import { EXTERNREF, F32, F64, FUNCREF, I32, I64 } from "./decode.js";

/** What takes one value of a type, gives another and never traps; and what traps, where it is wanted. */
export const UNARY: Record<number, [number, number][]> = {
  [I32]: [
    ...ops(I32, 0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1),
    ...ops(I64, 0x50, 0xa7),
    ...ops(F32, 0xbc, 0xfc00, 0xfc01),
    ...ops(F64, 0xfc02, 0xfc03),
    ...ops(FUNCREF, 0xd1),
    ...ops(EXTERNREF, 0xd1),
  ],
  [I64]: [
    ...ops(I64, 0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4),
    ...ops(I32, 0xac, 0xad),
    ...ops(F32, 0xfc04, 0xfc05),
    ...ops(F64, 0xbd, 0xfc06, 0xfc07),
  ],
  [F32]: [
    ...ops(F32, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91),
    ...ops(I32, 0xb2, 0xb3, 0xbe),
    ...ops(I64, 0xb4, 0xb5),
    ...ops(F64, 0xb6),
  ],
  [F64]: [
    ...ops(F64, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f),
    ...ops(I32, 0xb7, 0xb8),
    ...ops(I64, 0xb9, 0xba, 0xbf),
    ...ops(F32, 0xbb),
  ],
};

export const BINARY: Record<number, [number, number][]> = {
  [I32]: [
    ...ops(I32, ...range(0x46, 0x4f), ...range(0x6a, 0x6c), ...range(0x71, 0x78)),
    ...ops(I64, ...range(0x51, 0x5a)),
    ...ops(F32, ...range(0x5b, 0x60)),
    ...ops(F64, ...range(0x61, 0x66)),
  ],
  [I64]: ops(I64, ...range(0x7c, 0x7e), ...range(0x83, 0x8a)),
  [F32]: ops(F32, ...range(0x92, 0x98)),
  [F64]: ops(F64, ...range(0xa0, 0xa6)),
};

/** These may trap. */
export const DIVISIONS: Record<number, number[]> = {
  [I32]: range(0x6d, 0x70),
  [I64]: range(0x7f, 0x82),
};
export const TRUNCATIONS: Record<number, [number, number][]> = {
  [I32]: [...ops(F32, 0xa8, 0xa9), ...ops(F64, 0xaa, 0xab)],
  [I64]: [...ops(F32, 0xae, 0xaf), ...ops(F64, 0xb0, 0xb1)],
};

export const LOADS: Record<number, number[]> = {
  ...{ [I32]: [0x28, 0x2c, 0x2d, 0x2e, 0x2f], [I64]: [0x29, ...range(0x30, 0x35)] },
  ...{ [F32]: [0x2a], [F64]: [0x2b] },
};
export const STORES: Record<number, number[]> = {
  ...{ [I32]: [0x36, 0x3a, 0x3b], [I64]: [0x37, 0x3c, 0x3d, 0x3e], [F32]: [0x38], [F64]: [0x39] },
};

export const COPYSIGN = [0x98, 0xa6];
/** Looks at what a NaN is made of. */
export const REINTERPRET = [0xbc, 0xbd];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

function ops(type: number, ...codes: number[]): [number, number][] {
  return codes.map((code) => [type, code]);
}
