// One 32-bit instruction into its record. Everything reserved, and every extension that is not
// there, becomes Illegal.

import { costOf } from "./costs";
import { isCounter } from "./csr";
import {
  CLASS_ALU,
  CLASS_ATOMIC,
  CLASS_BRANCH,
  CLASS_CSR,
  CLASS_DIV,
  CLASS_ECALL,
  CLASS_FENCE,
  CLASS_JUMP,
  CLASS_LOAD,
  CLASS_MUL,
  CLASS_STORE,
  MACHINE_SINK,
} from "./layout";
import { Op, Record } from "./record";

function setOp(record: Record, op: u32, kind: u32): void {
  record.op = <u8>op;
  record.base = <u8>op;
  record.cost = <u16>costOf(kind);
}

/** Traps cost nothing, but are only reached with a cycle left. */
function setTrap(record: Record, op: u32): void {
  record.op = <u8>op;
  record.base = <u8>op;
  record.cost = 1;
}

function immediateI(bits: u32): i32 {
  return <i32>bits >> 20;
}

function immediateB(bits: u32): i32 {
  const low = ((bits >> 8) & 15) << 1;
  return (((<i32>bits >> 31) << 12) |
    ((bits & 0x80) << 4) |
    (((bits >> 25) & 63) << 5) |
    low) as i32;
}

function immediateJ(bits: u32): i32 {
  const low = (((bits >> 21) & 0x3ff) << 1) | (((bits >> 20) & 1) << 11);
  return (((<i32>bits >> 31) << 20) | (bits & 0xff000) | low) as i32;
}

function decodeImmediate(record: Record, bits: u32): void {
  const f3 = (bits >> 12) & 7;
  const f7 = bits >> 25;
  record.imm = immediateI(bits);
  let op: u32 = Op.Illegal;
  if (f3 == 0) {
    op = record.rs1 == 0 ? Op.Li : record.imm == 0 ? Op.Mv : Op.Addi;
  } else if (f3 == 1) {
    record.imm &= 31;
    if (f7 == 0) op = Op.Slli;
  } else if (f3 == 5) {
    record.imm &= 31;
    if (f7 == 0) op = Op.Srli;
    else if (f7 == 0x20) op = Op.Srai;
  } else {
    op = f3 == 2 ? Op.Slti : f3 == 3 ? Op.Sltiu : f3 == 4 ? Op.Xori : f3 == 6 ? Op.Ori : Op.Andi;
  }
  setAlu(record, op);
}

/** What only computes, into x0, is nothing. */
function setAlu(record: Record, op: u32): void {
  if (op == Op.Illegal) setTrap(record, op);
  else setOp(record, record.rd == MACHINE_SINK ? Op.Nop : op, CLASS_ALU);
}

function decodeRegister(record: Record, bits: u32): void {
  const f3 = (bits >> 12) & 7;
  const f7 = bits >> 25;
  if (f7 == 1) {
    setOp(record, <u32>Op.Mul + f3, f3 < 4 ? CLASS_MUL : CLASS_DIV);
    return;
  }
  let op: u32 = Op.Illegal;
  if (f7 == 0x20) {
    if (f3 == 0) op = Op.Sub;
    else if (f3 == 5) op = Op.Sra;
  } else if (f7 == 0) {
    if (f3 == 0) {
      op = Op.Add;
      if (record.rs1 == 0 || record.rs2 == 0) {
        op = Op.Mv;
        if (record.rs1 == 0) record.rs1 = record.rs2;
      }
    } else if (f3 < 5) op = f3 == 1 ? Op.Sll : f3 == 2 ? Op.Slt : f3 == 3 ? Op.Sltu : Op.Xor;
    else op = f3 == 5 ? Op.Srl : f3 == 6 ? Op.Or : Op.And;
  }
  setAlu(record, op);
}

function decodeBranch(record: Record, bits: u32, pc: u32): void {
  const f3 = (bits >> 12) & 7;
  record.imm = <i32>pc + immediateB(bits);
  if (f3 == 2 || f3 == 3) {
    setTrap(record, Op.Illegal);
  } else if (f3 < 2) {
    // One of the two is often x0: then one register is read, which is rs1.
    const zero = record.rs1 == 0 || record.rs2 == 0;
    if (record.rs1 == 0) record.rs1 = record.rs2;
    const base: u32 = zero ? Op.Beqz : Op.Beq;
    setOp(record, base + f3, CLASS_BRANCH);
  } else {
    setOp(record, <u32>Op.Blt + (f3 - 4), CLASS_BRANCH);
  }
}

function decodeSystem(record: Record, bits: u32): void {
  const f3 = (bits >> 12) & 7;
  if (bits == 0x73) {
    setOp(record, Op.Ecall, CLASS_ECALL);
  } else if (bits == 0x100073) {
    setTrap(record, Op.Ebreak);
  } else if ((f3 & 3) >= 2 && ((bits >> 15) & 31) == 0 && isCounter(bits >> 20)) {
    // Setting or clearing no bits reads; anything else would write, and all of them are read-only.
    record.imm = <i32>(bits >> 20);
    setOp(record, Op.Csr, CLASS_CSR);
  } else {
    setTrap(record, Op.Illegal);
  }
}

function decodeAtomic(record: Record, bits: u32): void {
  const kind = bits >> 27;
  const known = kind < 5 || ((kind & 3) == 0 && kind < 32);
  if (((bits >> 12) & 7) != 2 || !known || (kind == 2 && record.rs2 != 0)) {
    setTrap(record, Op.Illegal);
  } else {
    record.imm = <i32>kind;
    setOp(record, Op.Atomic, CLASS_ATOMIC);
  }
}

function decodeMemory(record: Record, bits: u32): void {
  const f3 = (bits >> 12) & 7;
  if ((bits & 0x7f) == 0x03) {
    record.imm = immediateI(bits);
    if (f3 < 3) setOp(record, <u32>Op.Lb + f3, CLASS_LOAD);
    else if (f3 == 4 || f3 == 5) setOp(record, <u32>Op.Lbu + (f3 - 4), CLASS_LOAD);
    else setTrap(record, Op.Illegal);
  } else {
    record.imm = ((<i32>bits >> 25) << 5) | <i32>((bits >> 7) & 31);
    if (f3 < 3) setOp(record, <u32>Op.Sb + f3, CLASS_STORE);
    else setTrap(record, Op.Illegal);
  }
}

/** Fills `record` from a 32-bit instruction at `pc`; branches get their target's address as imm. */
export function decode(record: Record, bits: u32, pc: u32): void {
  const opcode = bits & 0x7f;
  const f3 = (bits >> 12) & 7;
  const rd = (bits >> 7) & 31;
  record.rd = <u8>(rd == 0 ? MACHINE_SINK : rd << 2);
  record.rs1 = <u8>(((bits >> 15) & 31) << 2);
  record.rs2 = <u8>(((bits >> 20) & 31) << 2);
  record.imm = 0;
  record.count = 1;
  record.pc = pc;
  if (opcode == 0x37 || opcode == 0x17) {
    record.imm = <i32>((bits & 0xfffff000) + (opcode == 0x17 ? pc : 0));
    setAlu(record, Op.Li);
  } else if (opcode == 0x6f) {
    record.imm = <i32>pc + immediateJ(bits);
    setOp(record, rd == 0 ? Op.J : Op.Jal, CLASS_JUMP);
  } else if (opcode == 0x67 && f3 == 0) {
    record.imm = immediateI(bits);
    setOp(record, Op.Jalr, CLASS_JUMP);
  } else if (opcode == 0x63) decodeBranch(record, bits, pc);
  else if (opcode == 0x03 || opcode == 0x23) decodeMemory(record, bits);
  else if (opcode == 0x13) decodeImmediate(record, bits);
  else if (opcode == 0x33) decodeRegister(record, bits);
  else if (opcode == 0x0f && f3 < 2) setOp(record, Op.Nop, CLASS_FENCE);
  else if (opcode == 0x73) decodeSystem(record, bits);
  else if (opcode == 0x2f) decodeAtomic(record, bits);
  else setTrap(record, Op.Illegal);
}
