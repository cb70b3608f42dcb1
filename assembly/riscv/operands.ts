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
  /** Host address of a word in a page that was read lately, or 0. */
  // @ts-expect-error: a decorator of AssemblyScript
  @inline static lastRead(m: usize, guest: u32): usize {
    const entry = m + MACHINE_READ_TLB + (((guest >>> 12) % TLB_ENTRIES) << 3);
    return load<u32>(entry) == ((guest + 3) | 0xfff) ? <usize>(guest + load<u32>(entry, 4)) : 0;
  }
  /** Host address of a word in a page that was stored to lately, or 0. */
  // @ts-expect-error: a decorator of AssemblyScript
  @inline static lastWrite(m: usize, guest: u32): usize {
    const entry = m + MACHINE_WRITE_TLB + (((guest >>> 12) % TLB_ENTRIES) << 3);
    return load<u32>(entry) == ((guest + 3) | 0xfff) ? <usize>(guest + load<u32>(entry, 4)) : 0;
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
