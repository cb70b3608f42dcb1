// A tiny assembler: functions from operands to an instruction's bits.

export const typeR = (op: number, f3: number, f7: number, rd: number, rs1: number, rs2: number) =>
  (op | (rd << 7) | (f3 << 12) | (rs1 << 15) | (rs2 << 20) | (f7 << 25)) >>> 0;
export const typeI = (op: number, f3: number, rd: number, rs1: number, imm: number) =>
  (op | (rd << 7) | (f3 << 12) | (rs1 << 15) | ((imm & 0xfff) << 20)) >>> 0;
export const typeS = (op: number, f3: number, rs1: number, rs2: number, imm: number) =>
  typeR(op, f3, (imm >> 5) & 0x7f, imm & 31, rs1, rs2);
export const typeB = (f3: number, rs1: number, rs2: number, offset: number) => {
  const high = (((offset >> 12) & 1) << 6) | ((offset >> 5) & 63);
  return typeR(0x63, f3, high, (offset & 0x1e) | ((offset >> 11) & 1), rs1, rs2);
};
export const jal = (rd: number, offset: number) => {
  const low = (((offset >> 1) & 0x3ff) << 21) | (((offset >> 11) & 1) << 20);
  const high = (((offset >> 20) & 1) << 31) | (((offset >> 12) & 0xff) << 12);
  return (0x6f | (rd << 7) | low | high) >>> 0;
};

type Register3 = (rd: number, rs1: number, rs2: number) => number;
type Immediate = (rd: number, rs1: number, imm: number) => number;

const register = (f3: number, f7: number): Register3 => typeR.bind(null, 0x33, f3, f7);
export const registerOps: Record<string, Register3> = {
  add: register(0, 0),
  sub: register(0, 0x20),
  sll: register(1, 0),
  slt: register(2, 0),
  sltu: register(3, 0),
  xor: register(4, 0),
  srl: register(5, 0),
  sra: register(5, 0x20),
  or: register(6, 0),
  and: register(7, 0),
  mul: register(0, 1),
  mulh: register(1, 1),
  mulhsu: register(2, 1),
  mulhu: register(3, 1),
  div: register(4, 1),
  divu: register(5, 1),
  rem: register(6, 1),
  remu: register(7, 1),
};

const immediate = (f3: number): Immediate => typeI.bind(null, 0x13, f3);
export const immediateOps: Record<string, Immediate> = {
  addi: immediate(0),
  slti: immediate(2),
  sltiu: immediate(3),
  xori: immediate(4),
  ori: immediate(6),
  andi: immediate(7),
};
export const shiftOps: Record<string, Immediate> = {
  slli: immediate(1),
  srli: immediate(5),
  srai: (rd, rs1, shift) => typeI(0x13, 5, rd, rs1, shift | 0x400),
};

export const loadOps: Record<string, Immediate> = {
  lb: typeI.bind(null, 0x03, 0),
  lh: typeI.bind(null, 0x03, 1),
  lw: typeI.bind(null, 0x03, 2),
  lbu: typeI.bind(null, 0x03, 4),
  lhu: typeI.bind(null, 0x03, 5),
};
/** Operands: rs1 (address), rs2 (value), offset. */
export const storeOps: Record<string, Immediate> = {
  sb: typeS.bind(null, 0x23, 0),
  sh: typeS.bind(null, 0x23, 1),
  sw: typeS.bind(null, 0x23, 2),
};
/** Operands: rs1, rs2, offset. */
export const branchOps: Record<string, Immediate> = {
  beq: typeB.bind(null, 0),
  bne: typeB.bind(null, 1),
  blt: typeB.bind(null, 4),
  bge: typeB.bind(null, 5),
  bltu: typeB.bind(null, 6),
  bgeu: typeB.bind(null, 7),
};

const atomic = (kind: number): Register3 => typeR.bind(null, 0x2f, 2, kind << 2);
/** Operands: rd, rs1 (address), rs2. */
export const atomicOps: Record<string, Register3> = {
  amoadd: atomic(0),
  amoswap: atomic(1),
  amoxor: atomic(4),
  amoor: atomic(8),
  amoand: atomic(12),
  amomin: atomic(16),
  amomax: atomic(20),
  amominu: atomic(24),
  amomaxu: atomic(28),
};
export const lr = (rd: number, rs1: number) => atomic(2)(rd, rs1, 0);
export const sc = atomic(3);

export const lui = (rd: number, imm: number) => ((imm & 0xfffff000) | (rd << 7) | 0x37) >>> 0;
export const auipc = (rd: number, imm: number) => ((imm & 0xfffff000) | (rd << 7) | 0x17) >>> 0;
export const jalr: Immediate = (rd, rs1, imm) => typeI(0x67, 0, rd, rs1, imm);
export const ECALL = 0x73;
export const EBREAK = 0x100073;
export const FENCE = 0x0ff0000f;
export const FENCE_I = 0x100f;
export const CYCLE = 0xc00;
export const TIME = 0xc01;
export const INSTRET = 0xc02;
/** Reads a counter. */
export const csrr = (rd: number, number: number) => typeI(0x73, 2, rd, 0, number);

/** A constant of 32 bits in one or two instructions. */
export function li(rd: number, value: number): number[] {
  const low = (value << 20) >> 20;
  const high = (value - low) | 0;
  if (high === 0) return [immediateOps.addi!(rd, 0, low)];
  return [lui(rd, high), immediateOps.addi!(rd, rd, low)];
}

/** Bytes of instructions: those whose two low bits are not both set take 16 bits. */
export function assemble(instructions: number[]): Uint8Array {
  const bytes: number[] = [];
  for (const bits of instructions) {
    bytes.push(bits & 255, (bits >>> 8) & 255);
    if ((bits & 3) === 3) bytes.push((bits >>> 16) & 255, bits >>> 24);
  }
  return Uint8Array.from(bytes);
}
