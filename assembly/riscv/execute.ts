// The interpreter: one jump table over records. Straight-line cases end in `continue`, which is
// much faster than a common tail; `break` is for branches that are taken.

import { STOP_BUDGET, STOP_ECALL, STOP_TRAP, TRAP_BREAKPOINT, TRAP_ILLEGAL } from "../layout";
import { atomic } from "./atomic";
import { codeEnter } from "./code";
import { readCounter } from "./csr";
import { Machine } from "./machine";
import { loadSlow, resumeAt, storeSlow } from "./memory";
import {
  AT_COST,
  AT_COUNT,
  AT_IMM,
  AT_OP,
  AT_PC,
  AT_RD,
  AT_RS1,
  AT_RS2,
  Op,
  RECORD_BYTES,
  Record,
} from "./record";
import { rowTail } from "./row";

/** Operands of the record `at`; names are those of the ISA. */
@unmanaged
class X {
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
  @inline static set(m: usize, at: usize, value: u32): void {
    store<u32>(m + load<u8>(at, AT_RD), value);
  }
}

function leave(machine: Machine, at: usize, left: i32, reason: i32): i32 {
  const record = changetype<Record>(at);
  machine.pc = record.pc;
  if (isDefined(UNCOUNTED)) return reason;
  const used = machine.budget - left - <i32>record.cost;
  machine.used = used;
  machine.cycles += used;
  machine.retired += machine.weighted != 0 ? machine.counted - <i32>record.count : used;
  return reason;
}

function leaveTrap(machine: Machine, at: usize, left: i32, code: u32): i32 {
  machine.trapCode = code;
  machine.trapAddress = changetype<Record>(at).pc;
  return leave(machine, at, left, STOP_TRAP);
}

/** There is no code at the pc of this record, which only shows if there is a cycle left. */
function leaveEnter(machine: Machine, at: usize, left: i32): i32 {
  if (!isDefined(UNCOUNTED) && left + <i32>changetype<Record>(at).cost < 1) {
    machine.wanted = 1;
    machine.trapCode = 0;
    machine.trapAddress = 0;
    return leave(machine, at, left, STOP_BUDGET);
  }
  return leave(machine, at, left, STOP_TRAP);
}

function csr(machine: Machine, at: usize, left: i32): void {
  const record = changetype<Record>(at);
  const used = machine.budget - left - <i32>record.cost;
  const retired = machine.weighted != 0 ? machine.counted - <i32>record.count : used;
  const value = readCounter(machine, record.imm, used, retired);
  store<u32>(changetype<usize>(machine) + record.rd, value);
}

function divide(dividend: u32, divisor: u32): u32 {
  if (divisor == 0) return 0xffffffff;
  // The one quotient that does not fit is the dividend again.
  return divisor == 0xffffffff ? 0 - dividend : <u32>(<i32>dividend / <i32>divisor);
}

function remainder(dividend: u32, divisor: u32): u32 {
  if (divisor == 0) return dividend;
  return divisor == 0xffffffff ? 0 : <u32>(<i32>dividend % <i32>divisor);
}

/** Runs from the machine's pc. */
export function execute(machine: Machine, budget: i32): i32 {
  const m = changetype<usize>(machine);
  let left = budget;
  let at = resumeAt(machine, machine.pc, 0, 0);
  let target: usize;
  let readStart: u32 = 0;
  let readSize: u32 = 0;
  let readHost: usize = 0;
  let writeStart: u32 = 0;
  let writeSize: u32 = 0;
  let writeHost: usize = 0;
  while (true) {
    switch (<i32>load<u8>(at, AT_OP)) {
      case Op.Enter: {
        const given = <i32>load<u16>(at, AT_COST);
        const givenCount = <i32>load<u8>(at, AT_COUNT);
        target = codeEnter(machine, at);
        if (target == 0) return leaveEnter(machine, at, left);
        readStart = machine.readStart;
        readSize = machine.readSize;
        readHost = machine.readHost;
        writeStart = machine.writeStart;
        writeSize = machine.writeSize;
        writeHost = machine.writeHost;
        at = target;
        if (!isDefined(UNCOUNTED)) {
          left += given - <i32>load<u16>(at, AT_COST);
          if (machine.weighted) machine.counted += <i32>load<u8>(at, AT_COUNT) - givenCount;
          if (left < 0) at = rowTail(machine, at, left);
        }
        continue;
      }
      case Op.Goto:
      case Op.J:
        at = X.imm(at);
        if (!isDefined(UNCOUNTED)) {
          left -= <i32>load<u16>(at, AT_COST);
          if (machine.weighted) machine.counted += <i32>load<u8>(at, AT_COUNT);
          if (left < 0) at = rowTail(machine, at, left);
        }
        continue;
      case Op.Exit:
        machine.wanted = X.imm(at);
        return leave(machine, at, left, STOP_BUDGET);
      case Op.Illegal:
        return leaveTrap(machine, at, left, TRAP_ILLEGAL);
      case Op.Ebreak:
        return leaveTrap(machine, at, left, TRAP_BREAKPOINT);
      case Op.Ecall:
        return leave(machine, at + RECORD_BYTES, left, STOP_ECALL);
      case Op.Nop:
        at += RECORD_BYTES;
        continue;
      case Op.Csr:
        csr(machine, at, left);
        at += RECORD_BYTES;
        continue;
      case Op.Atomic:
        target = atomic(machine, at);
        if (target == 0) return leave(machine, at, left, STOP_TRAP);
        at = target;
        continue;
      case Op.Li:
        X.set(m, at, X.imm(at));
        at += RECORD_BYTES;
        continue;
      case Op.Mv:
        X.set(m, at, X.rs1(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Addi:
        X.set(m, at, X.rs1(m, at) + X.imm(at));
        at += RECORD_BYTES;
        continue;
      case Op.Slti:
        X.set(m, at, <u32>(<i32>X.rs1(m, at) < <i32>X.imm(at)));
        at += RECORD_BYTES;
        continue;
      case Op.Sltiu:
        X.set(m, at, <u32>(X.rs1(m, at) < X.imm(at)));
        at += RECORD_BYTES;
        continue;
      case Op.Xori:
        X.set(m, at, X.rs1(m, at) ^ X.imm(at));
        at += RECORD_BYTES;
        continue;
      case Op.Ori:
        X.set(m, at, X.rs1(m, at) | X.imm(at));
        at += RECORD_BYTES;
        continue;
      case Op.Andi:
        X.set(m, at, X.rs1(m, at) & X.imm(at));
        at += RECORD_BYTES;
        continue;
      case Op.Slli:
        X.set(m, at, X.rs1(m, at) << X.imm(at));
        at += RECORD_BYTES;
        continue;
      case Op.Srli:
        X.set(m, at, X.rs1(m, at) >> X.imm(at));
        at += RECORD_BYTES;
        continue;
      case Op.Srai:
        X.set(m, at, <u32>(<i32>X.rs1(m, at) >> <i32>X.imm(at)));
        at += RECORD_BYTES;
        continue;
      case Op.Add:
        X.set(m, at, X.rs1(m, at) + X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Sub:
        X.set(m, at, X.rs1(m, at) - X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Sll:
        X.set(m, at, X.rs1(m, at) << X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Slt:
        X.set(m, at, <u32>(<i32>X.rs1(m, at) < <i32>X.rs2(m, at)));
        at += RECORD_BYTES;
        continue;
      case Op.Sltu:
        X.set(m, at, <u32>(X.rs1(m, at) < X.rs2(m, at)));
        at += RECORD_BYTES;
        continue;
      case Op.Xor:
        X.set(m, at, X.rs1(m, at) ^ X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Srl:
        X.set(m, at, X.rs1(m, at) >> X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Sra:
        X.set(m, at, <u32>(<i32>X.rs1(m, at) >> <i32>X.rs2(m, at)));
        at += RECORD_BYTES;
        continue;
      case Op.Or:
        X.set(m, at, X.rs1(m, at) | X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.And:
        X.set(m, at, X.rs1(m, at) & X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Mul:
        X.set(m, at, X.rs1(m, at) * X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Mulh:
        X.set(m, at, <u32>((<i64>(<i32>X.rs1(m, at)) * <i64>(<i32>X.rs2(m, at))) >> 32));
        at += RECORD_BYTES;
        continue;
      case Op.Mulhsu:
        X.set(m, at, <u32>((<i64>(<i32>X.rs1(m, at)) * <i64>X.rs2(m, at)) >> 32));
        at += RECORD_BYTES;
        continue;
      case Op.Mulhu:
        X.set(m, at, <u32>((<u64>X.rs1(m, at) * <u64>X.rs2(m, at)) >> 32));
        at += RECORD_BYTES;
        continue;
      case Op.Div:
        X.set(m, at, divide(X.rs1(m, at), X.rs2(m, at)));
        at += RECORD_BYTES;
        continue;
      case Op.Divu:
        X.set(m, at, X.rs2(m, at) == 0 ? 0xffffffff : X.rs1(m, at) / X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Rem:
        X.set(m, at, remainder(X.rs1(m, at), X.rs2(m, at)));
        at += RECORD_BYTES;
        continue;
      case Op.Remu:
        X.set(m, at, X.rs2(m, at) == 0 ? X.rs1(m, at) : X.rs1(m, at) % X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      case Op.Lb: {
        const guest = X.rs1(m, at) + X.imm(at);
        if (guest - readStart < readSize) {
          X.set(m, at, <u32>load<i8>(<usize>(guest - readStart) + readHost));
        } else if (!loadSlow(machine, at, guest)) {
          return leave(machine, at, left, STOP_TRAP);
        }
        at += RECORD_BYTES;
        continue;
      }
      case Op.Lh: {
        const guest = X.rs1(m, at) + X.imm(at);
        if (guest - readStart < readSize) {
          X.set(m, at, <u32>load<i16>(<usize>(guest - readStart) + readHost));
        } else if (!loadSlow(machine, at, guest)) {
          return leave(machine, at, left, STOP_TRAP);
        }
        at += RECORD_BYTES;
        continue;
      }
      case Op.Lw: {
        const guest = X.rs1(m, at) + X.imm(at);
        if (guest - readStart < readSize) {
          X.set(m, at, load<u32>(<usize>(guest - readStart) + readHost));
        } else if (!loadSlow(machine, at, guest)) {
          return leave(machine, at, left, STOP_TRAP);
        }
        at += RECORD_BYTES;
        continue;
      }
      case Op.Lbu: {
        const guest = X.rs1(m, at) + X.imm(at);
        if (guest - readStart < readSize) {
          X.set(m, at, load<u8>(<usize>(guest - readStart) + readHost));
        } else if (!loadSlow(machine, at, guest)) {
          return leave(machine, at, left, STOP_TRAP);
        }
        at += RECORD_BYTES;
        continue;
      }
      case Op.Lhu: {
        const guest = X.rs1(m, at) + X.imm(at);
        if (guest - readStart < readSize) {
          X.set(m, at, load<u16>(<usize>(guest - readStart) + readHost));
        } else if (!loadSlow(machine, at, guest)) {
          return leave(machine, at, left, STOP_TRAP);
        }
        at += RECORD_BYTES;
        continue;
      }
      case Op.Sb: {
        const guest = X.rs1(m, at) + X.imm(at);
        if (guest - writeStart < writeSize) {
          store<u8>(<usize>(guest - writeStart) + writeHost, <u8>X.rs2(m, at));
          at += RECORD_BYTES;
          continue;
        }
        target = storeSlow(machine, at, guest);
        if (target == 0) return leave(machine, at, left, STOP_TRAP);
        at = target;
        continue;
      }
      case Op.Sh: {
        const guest = X.rs1(m, at) + X.imm(at);
        if (guest - writeStart < writeSize) {
          store<u16>(<usize>(guest - writeStart) + writeHost, <u16>X.rs2(m, at));
          at += RECORD_BYTES;
          continue;
        }
        target = storeSlow(machine, at, guest);
        if (target == 0) return leave(machine, at, left, STOP_TRAP);
        at = target;
        continue;
      }
      case Op.Sw: {
        const guest = X.rs1(m, at) + X.imm(at);
        if (guest - writeStart < writeSize) {
          store<u32>(<usize>(guest - writeStart) + writeHost, X.rs2(m, at));
          at += RECORD_BYTES;
          continue;
        }
        target = storeSlow(machine, at, guest);
        if (target == 0) return leave(machine, at, left, STOP_TRAP);
        at = target;
        continue;
      }
      case Op.Beq:
        if (X.rs1(m, at) == X.rs2(m, at)) break;
        at += RECORD_BYTES;
        continue;
      case Op.Bne:
        if (X.rs1(m, at) != X.rs2(m, at)) break;
        at += RECORD_BYTES;
        continue;
      case Op.Blt:
        if (<i32>X.rs1(m, at) < <i32>X.rs2(m, at)) break;
        at += RECORD_BYTES;
        continue;
      case Op.Bge:
        if (<i32>X.rs1(m, at) >= <i32>X.rs2(m, at)) break;
        at += RECORD_BYTES;
        continue;
      case Op.Bltu:
        if (X.rs1(m, at) < X.rs2(m, at)) break;
        at += RECORD_BYTES;
        continue;
      case Op.Bgeu:
        if (X.rs1(m, at) >= X.rs2(m, at)) break;
        at += RECORD_BYTES;
        continue;
      case Op.Beqz:
        if (X.rs1(m, at) == 0) break;
        at += RECORD_BYTES;
        continue;
      case Op.Bnez:
        if (X.rs1(m, at) != 0) break;
        at += RECORD_BYTES;
        continue;
      case Op.Jal:
        X.set(m, at, load<u32>(at + RECORD_BYTES, AT_PC));
        at = X.imm(at);
        if (!isDefined(UNCOUNTED)) {
          left -= <i32>load<u16>(at, AT_COST);
          if (machine.weighted) machine.counted += <i32>load<u8>(at, AT_COUNT);
          if (left < 0) at = rowTail(machine, at, left);
        }
        continue;
      case Op.Jalr: {
        const pc = (X.rs1(m, at) + X.imm(at)) & ~1;
        X.set(m, at, load<u32>(at + RECORD_BYTES, AT_PC));
        const offset = pc - machine.codeBase;
        at = offset < machine.mapSize ? <usize>load<u32>(machine.map + ((<usize>offset) << 1)) : 0;
        if (at == 0) at = resumeAt(machine, pc, 0, 0);
        if (!isDefined(UNCOUNTED)) {
          left -= <i32>load<u16>(at, AT_COST);
          if (machine.weighted) machine.counted += <i32>load<u8>(at, AT_COUNT);
          if (left < 0) at = rowTail(machine, at, left);
        }
        continue;
      }
      default:
        unreachable();
    }
    // A branch that is taken: the rest of this row is given back.
    target = X.imm(at);
    if (!isDefined(UNCOUNTED)) {
      left += <i32>load<u16>(at, AT_COST) - machine.branchCost - <i32>load<u16>(target, AT_COST);
      if (machine.weighted) {
        machine.counted += <i32>load<u8>(target, AT_COUNT) - <i32>load<u8>(at, AT_COUNT) + 1;
      }
      at = target;
      if (left < 0) at = rowTail(machine, at, left);
    } else {
      at = target;
    }
  }
}
