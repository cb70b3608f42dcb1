// The C extension: each 16-bit instruction stands for one of 32 bits.

function field(half: u32, high: u32, low: u32): u32 {
  return (half >> low) & ((1 << (high - low + 1)) - 1);
}

function typeI(opcode: u32, f3: u32, rd: u32, rs1: u32, imm: u32): u32 {
  return opcode | (rd << 7) | (f3 << 12) | (rs1 << 15) | (imm << 20);
}

function typeR(f7: u32, f3: u32, rd: u32, rs1: u32, rs2: u32): u32 {
  return 0x33 | (rd << 7) | (f3 << 12) | (rs1 << 15) | (rs2 << 20) | (f7 << 25);
}

function typeS(rs1: u32, rs2: u32, imm: u32): u32 {
  return (
    0x23 |
    (field(imm, 4, 0) << 7) |
    (2 << 12) |
    (rs1 << 15) |
    (rs2 << 20) |
    (field(imm, 11, 5) << 25)
  );
}

function typeB(f3: u32, rs1: u32, imm: u32): u32 {
  const low = (field(imm, 4, 1) << 8) | (field(imm, 11, 11) << 7);
  return 0x63 | low | (f3 << 12) | (rs1 << 15) | (field(imm, 10, 5) << 25) | ((imm >> 31) << 31);
}

function typeJ(rd: u32, imm: u32): u32 {
  const middle = (field(imm, 19, 12) << 12) | (field(imm, 11, 11) << 20);
  return 0x6f | (rd << 7) | middle | (field(imm, 10, 1) << 21) | ((imm >> 31) << 31);
}

function signed(value: u32, bits: u32): u32 {
  return <u32>(<i32>(value << (32 - bits)) >> (32 - bits));
}

function jumpOffset(half: u32): u32 {
  const low = (field(half, 5, 3) << 1) | (field(half, 11, 11) << 4) | (field(half, 2, 2) << 5);
  const middle = (field(half, 7, 7) << 6) | (field(half, 6, 6) << 7) | (field(half, 10, 9) << 8);
  return signed(low | middle | (field(half, 8, 8) << 10) | (field(half, 12, 12) << 11), 12);
}

function branchOffset(half: u32): u32 {
  const low = (field(half, 4, 3) << 1) | (field(half, 11, 10) << 3) | (field(half, 2, 2) << 5);
  return signed(low | (field(half, 6, 5) << 6) | (field(half, 12, 12) << 8), 9);
}

function quadrant0(half: u32, f3: u32): u32 {
  const rd = 8 + field(half, 4, 2);
  const rs1 = 8 + field(half, 9, 7);
  const word = (field(half, 6, 6) << 2) | (field(half, 12, 10) << 3) | (field(half, 5, 5) << 6);
  if (f3 == 0) {
    const high = (field(half, 12, 11) << 4) | (field(half, 10, 7) << 6);
    const imm = (field(half, 6, 6) << 2) | (field(half, 5, 5) << 3) | high;
    return imm == 0 ? 0 : typeI(0x13, 0, rd, 2, imm);
  }
  if (f3 == 2) return typeI(0x03, 2, rd, rs1, word);
  if (f3 == 6) return typeS(rs1, rd, word);
  return 0;
}

function arithmetic(half: u32, imm: u32): u32 {
  const rd = 8 + field(half, 9, 7);
  const kind = field(half, 11, 10);
  if (kind == 2) return typeI(0x13, 7, rd, rd, imm);
  // Bit 12 is a shift by 32 and more, or an instruction of RV64.
  if ((half & 0x1000) != 0) return 0;
  if (kind < 2) return typeI(0x13, 5, rd, rd, (imm & 31) | (kind << 10));
  const rs2 = 8 + field(half, 4, 2);
  const which = field(half, 6, 5);
  if (which == 0) return typeR(0x20, 0, rd, rd, rs2);
  return typeR(0, which == 1 ? 4 : which == 2 ? 6 : 7, rd, rd, rs2);
}

function quadrant1(half: u32, f3: u32): u32 {
  const rd = field(half, 11, 7);
  const imm = signed(field(half, 6, 2) | (field(half, 12, 12) << 5), 6);
  if (f3 == 0) return typeI(0x13, 0, rd, rd, imm);
  if (f3 == 1) return typeJ(1, jumpOffset(half));
  if (f3 == 2) return typeI(0x13, 0, rd, 0, imm);
  if (f3 == 3) {
    if (imm == 0) return 0;
    if (rd != 2) return 0x37 | (rd << 7) | (imm << 12);
    const low = (field(half, 6, 6) << 4) | (field(half, 2, 2) << 5) | (field(half, 5, 5) << 6);
    const stack = low | (field(half, 4, 3) << 7) | (field(half, 12, 12) << 9);
    return typeI(0x13, 0, 2, 2, signed(stack, 10));
  }
  if (f3 == 4) return arithmetic(half, imm);
  if (f3 == 5) return typeJ(0, jumpOffset(half));
  return typeB(f3 - 6, 8 + field(half, 9, 7), branchOffset(half));
}

function quadrant2(half: u32, f3: u32): u32 {
  const rd = field(half, 11, 7);
  const rs2 = field(half, 6, 2);
  const bit12 = field(half, 12, 12);
  if (f3 == 0) return bit12 != 0 ? 0 : typeI(0x13, 1, rd, rd, rs2);
  if (f3 == 2) {
    const imm = (field(half, 6, 4) << 2) | (bit12 << 5) | (field(half, 3, 2) << 6);
    return rd == 0 ? 0 : typeI(0x03, 2, rd, 2, imm);
  }
  if (f3 == 6) return typeS(2, rs2, (field(half, 12, 9) << 2) | (field(half, 8, 7) << 6));
  if (f3 != 4) return 0;
  if (rs2 != 0) return typeR(0, 0, rd, bit12 != 0 ? rd : 0, rs2);
  if (rd != 0) return typeI(0x67, 0, bit12, rd, 0);
  return bit12 != 0 ? 0x00100073 : 0;
}

/** The 32-bit instruction that a 16-bit one stands for; 0, itself illegal, if it is illegal. */
export function expand(half: u32): u32 {
  const f3 = half >> 13;
  const quadrant = half & 3;
  if (quadrant == 0) return quadrant0(half, f3);
  return quadrant == 1 ? quadrant1(half, f3) : quadrant2(half, f3);
}
