// Pairs of instructions that the interpreter does in one go. The second record stays as it is, for
// jumps to it and for budgets that end between the two.

import { Op, RECORD_BYTES, Record } from "./record";

/** The operation that does both, or 0. */
function fused(first: u32, second: u32): u32 {
  switch ((first << 8) | second) {
    case (Op.Addi << 8) | Op.Addi:
      return Op.AddiAddi;
    case (Op.Addi << 8) | Op.Mv:
      return Op.AddiMv;
    case (Op.Addi << 8) | Op.Add:
      return Op.AddiAdd;
    case (Op.Addi << 8) | Op.Mul:
      return Op.AddiMul;
    case (Op.Mv << 8) | Op.Mv:
      return Op.MvMv;
    case (Op.Mv << 8) | Op.Addi:
      return Op.MvAddi;
    case (Op.Mv << 8) | Op.Li:
      return Op.MvLi;
    case (Op.Li << 8) | Op.Li:
      return Op.LiLi;
    case (Op.Add << 8) | Op.Add:
      return Op.AddAdd;
    case (Op.Add << 8) | Op.Addi:
      return Op.AddAddi;
    case (Op.Mul << 8) | Op.Add:
      return Op.MulAdd;
    case (Op.Slli << 8) | Op.Add:
      return Op.SlliAdd;
    case (Op.Slli << 8) | Op.Srli:
      return Op.SlliSrli;
    case (Op.Slli << 8) | Op.Or:
      return Op.SlliOr;
    case (Op.Srli << 8) | Op.Slli:
      return Op.SrliSlli;
    case (Op.Srli << 8) | Op.Or:
      return Op.SrliOr;
    case (Op.Srli << 8) | Op.Xor:
      return Op.SrliXor;
    case (Op.Srli << 8) | Op.Andi:
      return Op.SrliAndi;
    case (Op.Xor << 8) | Op.Andi:
      return Op.XorAndi;
    case (Op.Xor << 8) | Op.Srli:
      return Op.XorSrli;
    case (Op.Xor << 8) | Op.Xor:
      return Op.XorXor;
    case (Op.Andi << 8) | Op.Srli:
      return Op.AndiSrli;
    default:
      return 0;
  }
}

/** Pairs up the instructions of a row so that the fewest steps are left from each to the end. */
export function fuseRow(row: usize, count: u32): void {
  let steps: u32 = 0;
  let stepsAfter: u32 = 0;
  for (let index: i32 = count - 1; index >= 0; --index) {
    const record = changetype<Record>(row + <usize>index * RECORD_BYTES);
    const next = changetype<Record>(row + <usize>(index + 1) * RECORD_BYTES);
    const op = <u32>index + 1 < count ? fused(record.base, next.base) : 0;
    const alone = steps + 1;
    const pair = stepsAfter + 1;
    stepsAfter = steps;
    steps = alone;
    if (op != 0 && pair <= alone) {
      record.op = <u8>op;
      steps = pair;
    }
  }
}
