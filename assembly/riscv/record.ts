// A decoded instruction. Records lie in a row in the order in which they run, so that the next one
// is always 16 bytes further; see image.ts for how rows begin and end.

export const RECORD_BYTES: usize = 16;

@unmanaged
export class Record {
  /** What the interpreter does here: `base`, or more if it does the next record in one go. */
  op: u8;
  /** Registers are byte offsets into the machine; x0 as a destination is its sink. */
  rd: u8;
  rs1: u8;
  rs2: u8;
  /**
   * The immediate; for branches, JAL and GOTO the address of the target's record. Of an Enter, the
   * record whose `imm` it is and that is to lead to pc itself; 0: this one; 1: none. Of a Cross, the
   * target's record, or 0.
   */
  imm: i32;
  /** Cycles from here to the end of the row, this instruction included. */
  cost: u16;
  /** Instructions from here to the end of the row. */
  count: u8;
  base: u8;
  pc: u32;
}

export const AT_OP: usize = 0;
export const AT_RD: usize = 1;
export const AT_RS1: usize = 2;
export const AT_RS2: usize = 3;
export const AT_IMM: usize = 4;
export const AT_COST: usize = 8;
export const AT_COUNT: usize = 10;
export const AT_BASE: usize = 11;
export const AT_PC: usize = 12;

if (offsetof<Record>() != RECORD_BYTES) ERROR("Record is not 16 bytes");
if (offsetof<Record>("op") != AT_OP) ERROR("AT_OP");
if (offsetof<Record>("rd") != AT_RD) ERROR("AT_RD");
if (offsetof<Record>("rs1") != AT_RS1) ERROR("AT_RS1");
if (offsetof<Record>("rs2") != AT_RS2) ERROR("AT_RS2");
if (offsetof<Record>("imm") != AT_IMM) ERROR("AT_IMM");
if (offsetof<Record>("cost") != AT_COST) ERROR("AT_COST");
if (offsetof<Record>("count") != AT_COUNT) ERROR("AT_COUNT");
if (offsetof<Record>("base") != AT_BASE) ERROR("AT_BASE");
if (offsetof<Record>("pc") != AT_PC) ERROR("AT_PC");

/** Operations; dense, because the interpreter's switch is to become one jump table. */
export const enum Op {
  /** Not an instruction: the row goes on at pc, whose record is not known yet. */
  Enter,
  /** Not an instruction: the row goes on at the record `imm`. */
  Goto,
  /** Not an instruction: the budget does not hold the instruction at pc, which costs `imm`. */
  Exit,
  /** Not an instruction: things go on at pc, in another page, which may be closed (core residence). */
  Cross,
  Illegal,
  Ebreak,
  Ecall,
  Nop,
  Csr,
  Atomic,
  Li,
  Mv,
  Addi,
  Slti,
  Sltiu,
  Xori,
  Ori,
  Andi,
  Slli,
  Srli,
  Srai,
  Add,
  Sub,
  Sll,
  Slt,
  Sltu,
  Xor,
  Srl,
  Sra,
  Or,
  And,
  Mul,
  Mulh,
  Mulhsu,
  Mulhu,
  Div,
  Divu,
  Rem,
  Remu,
  Lb,
  Lh,
  Lw,
  Lbu,
  Lhu,
  Sb,
  Sh,
  Sw,
  Beq,
  Bne,
  Blt,
  Bge,
  Bltu,
  Bgeu,
  Beqz,
  Bnez,
  J,
  Jal,
  Jalr,
  /** The same with core residence: the page that it leads to may be closed. */
  JalrPaged,
  // Pairs: this instruction and the next one.
  AddiAddi,
  AddiMv,
  AddiAdd,
  AddiMul,
  MvMv,
  MvAddi,
  MvLi,
  LiLi,
  AddAdd,
  AddAddi,
  MulAdd,
  SlliAdd,
  SlliSrli,
  SlliOr,
  SrliSlli,
  SrliOr,
  SrliXor,
  SrliAndi,
  XorAndi,
  XorSrli,
  XorXor,
  AndiSrli,
}

/** Whether `imm` is to become the record of the target. */
export function isBranch(op: u32): bool {
  return op >= <u32>Op.Beq && op <= <u32>Op.Jal;
}

/** Whether nothing runs on from this instruction to the next one. */
export function endsRow(op: u32): bool {
  return op >= <u32>Op.J || (op >= <u32>Op.Illegal && op <= <u32>Op.Ecall);
}
