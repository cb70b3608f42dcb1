import { MACHINE_READ_TLB, MACHINE_WRITE_TLB, TLB_ENTRIES } from "./machine";
import { AT_IMM, AT_RD, AT_RS1, AT_RS2, RECORD_BYTES } from "./record";

/** Operands of the record `at`; names are those of the ISA. `set` returns the next record. */
@unmanaged
export class X {
  // @ts-expect-error: a decorator of AssemblyScript
  @inline static rs1(m: usize, at: usize): u32 {
    return load<u32>(m + load<u8>(at, AT_RS1));
  }
  // @ts-expect-error: a decorator of AssemblyScript
  @inline static rs2(m: usize, at: usize): u32 {
    return load<u32>(m + load<u8>(at, AT_RS2));
  }
  // @ts-expect-error: a decorator of AssemblyScript
  @inline static imm(at: usize): u32 {
    return load<u32>(at, AT_IMM);
  }
  // @ts-expect-error: a decorator of AssemblyScript
  @inline static set(m: usize, at: usize, value: u32): usize {
    store<u32>(m + load<u8>(at, AT_RD), value);
    return at + RECORD_BYTES;
  }
  /**
   * The translation of a page for loads, if that is the page it is of: its first address, and where that is.
   */
  // @ts-expect-error: a decorator of AssemblyScript
  @inline static readEntry(m: usize, guest: u32): usize {
    return m + MACHINE_READ_TLB + (((guest >>> 12) % TLB_ENTRIES) << 3);
  }
  /** The same for stores. */
  // @ts-expect-error: a decorator of AssemblyScript
  @inline static writeEntry(m: usize, guest: u32): usize {
    return m + MACHINE_WRITE_TLB + (((guest >>> 12) % TLB_ENTRIES) << 3);
  }
}

export function divide(dividend: u32, divisor: u32): u32 {
  if (divisor == 0) return 0xffffffff;
  // The one quotient that does not fit is the dividend again.
  return divisor == 0xffffffff ? 0 - dividend : <u32>(<i32>dividend / <i32>divisor);
}

export function remainder(dividend: u32, divisor: u32): u32 {
  if (divisor == 0) return dividend;
  return divisor == 0xffffffff ? 0 : <u32>(<i32>dividend % <i32>divisor);
}
