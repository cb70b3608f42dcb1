// The interpreter: one jump table over records. Straight-line cases end in `continue`, which is
// much faster than a common tail; `break` is for branches that are taken.

import { TRAP_BREAKPOINT, TRAP_ILLEGAL } from "../codes";
import { loadSlow, resumeAt, storeSlow } from "./access";
import { amo } from "./atomic";
import { codeCross, codeEnter } from "./code";
import { STOP_BUDGET, STOP_ECALL, STOP_TRAP } from "./layout";
import { csr, leave, leaveEnter, leaveTrap } from "./leave";
import { Machine } from "./machine";
import { divide, remainder, X } from "./operands";
import { AT_COST, AT_COUNT, AT_OP, AT_PC, Op, RECORD_BYTES } from "./record";
import { rowTail } from "./row";

/** Offsets in a page of what lies within it, however long. */
const WITHIN: u32 = 0x1000 - 3;

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
      case Op.Cross: {
        target = X.imm(at);
        const pc = load<u32>(at, AT_PC);
        if (target == 0 || load<u32>(machine.cellOf(pc)) != machine.generation) {
          target = codeCross(machine, at);
          if (target == 0) return leaveEnter(machine, at, left);
        }
        at = target;
        if (!isDefined(UNCOUNTED)) {
          left -= <i32>load<u16>(at, AT_COST);
          if (machine.weighted) machine.counted += <i32>load<u8>(at, AT_COUNT);
          if (left < 0) at = rowTail(machine, at, left);
        }
        continue;
      }
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
        target = amo(machine, at);
        if (target == 0) return leave(machine, at, left, STOP_TRAP);
        at = target;
        continue;
      case Op.Li:
        at = X.set(m, at, X.imm(at));
        continue;
      case Op.Mv:
        at = X.set(m, at, X.rs1(m, at));
        continue;
      case Op.Addi:
        at = X.set(m, at, X.rs1(m, at) + X.imm(at));
        continue;
      case Op.Slti:
        at = X.set(m, at, <u32>(<i32>X.rs1(m, at) < <i32>X.imm(at)));
        continue;
      case Op.Sltiu:
        at = X.set(m, at, <u32>(X.rs1(m, at) < X.imm(at)));
        continue;
      case Op.Xori:
        at = X.set(m, at, X.rs1(m, at) ^ X.imm(at));
        continue;
      case Op.Ori:
        at = X.set(m, at, X.rs1(m, at) | X.imm(at));
        continue;
      case Op.Andi:
        at = X.set(m, at, X.rs1(m, at) & X.imm(at));
        continue;
      case Op.Slli:
        at = X.set(m, at, X.rs1(m, at) << X.imm(at));
        continue;
      case Op.Srli:
        at = X.set(m, at, X.rs1(m, at) >> X.imm(at));
        continue;
      case Op.Srai:
        at = X.set(m, at, <u32>(<i32>X.rs1(m, at) >> <i32>X.imm(at)));
        continue;
      case Op.Add:
        at = X.set(m, at, X.rs1(m, at) + X.rs2(m, at));
        continue;
      case Op.Sub:
        at = X.set(m, at, X.rs1(m, at) - X.rs2(m, at));
        continue;
      case Op.Sll:
        at = X.set(m, at, X.rs1(m, at) << X.rs2(m, at));
        continue;
      case Op.Slt:
        at = X.set(m, at, <u32>(<i32>X.rs1(m, at) < <i32>X.rs2(m, at)));
        continue;
      case Op.Sltu:
        at = X.set(m, at, <u32>(X.rs1(m, at) < X.rs2(m, at)));
        continue;
      case Op.Xor:
        at = X.set(m, at, X.rs1(m, at) ^ X.rs2(m, at));
        continue;
      case Op.Srl:
        at = X.set(m, at, X.rs1(m, at) >> X.rs2(m, at));
        continue;
      case Op.Sra:
        at = X.set(m, at, <u32>(<i32>X.rs1(m, at) >> <i32>X.rs2(m, at)));
        continue;
      case Op.Or:
        at = X.set(m, at, X.rs1(m, at) | X.rs2(m, at));
        continue;
      case Op.And:
        at = X.set(m, at, X.rs1(m, at) & X.rs2(m, at));
        continue;
      case Op.Mul:
        at = X.set(m, at, X.rs1(m, at) * X.rs2(m, at));
        continue;
      case Op.Mulh:
        at = X.set(m, at, <u32>((<i64>(<i32>X.rs1(m, at)) * <i64>(<i32>X.rs2(m, at))) >> 32));
        continue;
      case Op.Mulhsu:
        at = X.set(m, at, <u32>((<i64>(<i32>X.rs1(m, at)) * <i64>X.rs2(m, at)) >> 32));
        continue;
      case Op.Mulhu:
        at = X.set(m, at, <u32>((<u64>X.rs1(m, at) * <u64>X.rs2(m, at)) >> 32));
        continue;
      case Op.Div:
        at = X.set(m, at, divide(X.rs1(m, at), X.rs2(m, at)));
        continue;
      case Op.Divu:
        at = X.set(m, at, X.rs2(m, at) == 0 ? 0xffffffff : X.rs1(m, at) / X.rs2(m, at));
        continue;
      case Op.Rem:
        at = X.set(m, at, remainder(X.rs1(m, at), X.rs2(m, at)));
        continue;
      case Op.Remu:
        at = X.set(m, at, X.rs2(m, at) == 0 ? X.rs1(m, at) : X.rs1(m, at) % X.rs2(m, at));
        continue;
      case Op.Lb: {
        const guest = X.rs1(m, at) + X.imm(at);
        let host = <usize>(guest - readStart) + readHost;
        if (guest - readStart >= readSize) {
          const entry = X.readEntry(m, guest);
          const offset = guest - load<u32>(entry);
          if (offset >= WITHIN) {
            if (!loadSlow(machine, at, guest)) return leave(machine, at, left, STOP_TRAP);
            at += RECORD_BYTES;
            continue;
          }
          host = <usize>(offset + load<u32>(entry, 4));
        }
        at = X.set(m, at, <u32>load<i8>(host));
        continue;
      }
      case Op.Lh: {
        const guest = X.rs1(m, at) + X.imm(at);
        let host = <usize>(guest - readStart) + readHost;
        if (guest - readStart >= readSize) {
          const entry = X.readEntry(m, guest);
          const offset = guest - load<u32>(entry);
          if (offset >= WITHIN) {
            if (!loadSlow(machine, at, guest)) return leave(machine, at, left, STOP_TRAP);
            at += RECORD_BYTES;
            continue;
          }
          host = <usize>(offset + load<u32>(entry, 4));
        }
        at = X.set(m, at, <u32>load<i16>(host));
        continue;
      }
      case Op.Lw: {
        const guest = X.rs1(m, at) + X.imm(at);
        let host = <usize>(guest - readStart) + readHost;
        if (guest - readStart >= readSize) {
          const entry = X.readEntry(m, guest);
          const offset = guest - load<u32>(entry);
          if (offset >= WITHIN) {
            if (!loadSlow(machine, at, guest)) return leave(machine, at, left, STOP_TRAP);
            at += RECORD_BYTES;
            continue;
          }
          host = <usize>(offset + load<u32>(entry, 4));
        }
        at = X.set(m, at, load<u32>(host));
        continue;
      }
      case Op.Lbu: {
        const guest = X.rs1(m, at) + X.imm(at);
        let host = <usize>(guest - readStart) + readHost;
        if (guest - readStart >= readSize) {
          const entry = X.readEntry(m, guest);
          const offset = guest - load<u32>(entry);
          if (offset >= WITHIN) {
            if (!loadSlow(machine, at, guest)) return leave(machine, at, left, STOP_TRAP);
            at += RECORD_BYTES;
            continue;
          }
          host = <usize>(offset + load<u32>(entry, 4));
        }
        at = X.set(m, at, load<u8>(host));
        continue;
      }
      case Op.Lhu: {
        const guest = X.rs1(m, at) + X.imm(at);
        let host = <usize>(guest - readStart) + readHost;
        if (guest - readStart >= readSize) {
          const entry = X.readEntry(m, guest);
          const offset = guest - load<u32>(entry);
          if (offset >= WITHIN) {
            if (!loadSlow(machine, at, guest)) return leave(machine, at, left, STOP_TRAP);
            at += RECORD_BYTES;
            continue;
          }
          host = <usize>(offset + load<u32>(entry, 4));
        }
        at = X.set(m, at, load<u16>(host));
        continue;
      }
      case Op.Sb: {
        const guest = X.rs1(m, at) + X.imm(at);
        let host = <usize>(guest - writeStart) + writeHost;
        if (guest - writeStart >= writeSize) {
          const entry = X.writeEntry(m, guest);
          const offset = guest - load<u32>(entry);
          if (offset >= WITHIN) {
            target = storeSlow(machine, at, guest);
            if (target == 0) return leave(machine, at, left, STOP_TRAP);
            at = target;
            continue;
          }
          host = <usize>(offset + load<u32>(entry, 4));
        }
        store<u8>(host, <u8>X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      }
      case Op.Sh: {
        const guest = X.rs1(m, at) + X.imm(at);
        let host = <usize>(guest - writeStart) + writeHost;
        if (guest - writeStart >= writeSize) {
          const entry = X.writeEntry(m, guest);
          const offset = guest - load<u32>(entry);
          if (offset >= WITHIN) {
            target = storeSlow(machine, at, guest);
            if (target == 0) return leave(machine, at, left, STOP_TRAP);
            at = target;
            continue;
          }
          host = <usize>(offset + load<u32>(entry, 4));
        }
        store<u16>(host, <u16>X.rs2(m, at));
        at += RECORD_BYTES;
        continue;
      }
      case Op.Sw: {
        const guest = X.rs1(m, at) + X.imm(at);
        let host = <usize>(guest - writeStart) + writeHost;
        if (guest - writeStart >= writeSize) {
          const entry = X.writeEntry(m, guest);
          const offset = guest - load<u32>(entry);
          if (offset >= WITHIN) {
            target = storeSlow(machine, at, guest);
            if (target == 0) return leave(machine, at, left, STOP_TRAP);
            at = target;
            continue;
          }
          host = <usize>(offset + load<u32>(entry, 4));
        }
        store<u32>(host, X.rs2(m, at));
        at += RECORD_BYTES;
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
      case Op.JalrPaged: {
        const pc = (X.rs1(m, at) + X.imm(at)) & ~1;
        X.set(m, at, load<u32>(at + RECORD_BYTES, AT_PC));
        const offset = pc - machine.codeBase;
        at = offset < machine.mapSize ? <usize>load<u32>(machine.map + ((<usize>offset) << 1)) : 0;
        if (at != 0 && load<u32>(machine.cellOf(pc)) != machine.generation) at = 0;
        if (at == 0) at = resumeAt(machine, pc, 0, 0);
        if (!isDefined(UNCOUNTED)) {
          left -= <i32>load<u16>(at, AT_COST);
          if (machine.weighted) machine.counted += <i32>load<u8>(at, AT_COUNT);
          if (left < 0) at = rowTail(machine, at, left);
        }
        continue;
      }
      // Pairs.
      case Op.AddiAddi:
        at = X.set(m, at, X.rs1(m, at) + X.imm(at));
        at = X.set(m, at, X.rs1(m, at) + X.imm(at));
        continue;
      case Op.AddiMv:
        at = X.set(m, at, X.rs1(m, at) + X.imm(at));
        at = X.set(m, at, X.rs1(m, at));
        continue;
      case Op.AddiAdd:
        at = X.set(m, at, X.rs1(m, at) + X.imm(at));
        at = X.set(m, at, X.rs1(m, at) + X.rs2(m, at));
        continue;
      case Op.AddiMul:
        at = X.set(m, at, X.rs1(m, at) + X.imm(at));
        at = X.set(m, at, X.rs1(m, at) * X.rs2(m, at));
        continue;
      case Op.MvMv:
        at = X.set(m, at, X.rs1(m, at));
        at = X.set(m, at, X.rs1(m, at));
        continue;
      case Op.MvAddi:
        at = X.set(m, at, X.rs1(m, at));
        at = X.set(m, at, X.rs1(m, at) + X.imm(at));
        continue;
      case Op.MvLi:
        at = X.set(m, at, X.rs1(m, at));
        at = X.set(m, at, X.imm(at));
        continue;
      case Op.LiLi:
        at = X.set(m, at, X.imm(at));
        at = X.set(m, at, X.imm(at));
        continue;
      case Op.AddAdd:
        at = X.set(m, at, X.rs1(m, at) + X.rs2(m, at));
        at = X.set(m, at, X.rs1(m, at) + X.rs2(m, at));
        continue;
      case Op.AddAddi:
        at = X.set(m, at, X.rs1(m, at) + X.rs2(m, at));
        at = X.set(m, at, X.rs1(m, at) + X.imm(at));
        continue;
      case Op.MulAdd:
        at = X.set(m, at, X.rs1(m, at) * X.rs2(m, at));
        at = X.set(m, at, X.rs1(m, at) + X.rs2(m, at));
        continue;
      case Op.SlliAdd:
        at = X.set(m, at, X.rs1(m, at) << X.imm(at));
        at = X.set(m, at, X.rs1(m, at) + X.rs2(m, at));
        continue;
      case Op.SlliSrli:
        at = X.set(m, at, X.rs1(m, at) << X.imm(at));
        at = X.set(m, at, X.rs1(m, at) >> X.imm(at));
        continue;
      case Op.SlliOr:
        at = X.set(m, at, X.rs1(m, at) << X.imm(at));
        at = X.set(m, at, X.rs1(m, at) | X.rs2(m, at));
        continue;
      case Op.SrliSlli:
        at = X.set(m, at, X.rs1(m, at) >> X.imm(at));
        at = X.set(m, at, X.rs1(m, at) << X.imm(at));
        continue;
      case Op.SrliOr:
        at = X.set(m, at, X.rs1(m, at) >> X.imm(at));
        at = X.set(m, at, X.rs1(m, at) | X.rs2(m, at));
        continue;
      case Op.SrliXor:
        at = X.set(m, at, X.rs1(m, at) >> X.imm(at));
        at = X.set(m, at, X.rs1(m, at) ^ X.rs2(m, at));
        continue;
      case Op.SrliAndi:
        at = X.set(m, at, X.rs1(m, at) >> X.imm(at));
        at = X.set(m, at, X.rs1(m, at) & X.imm(at));
        continue;
      case Op.XorAndi:
        at = X.set(m, at, X.rs1(m, at) ^ X.rs2(m, at));
        at = X.set(m, at, X.rs1(m, at) & X.imm(at));
        continue;
      case Op.XorSrli:
        at = X.set(m, at, X.rs1(m, at) ^ X.rs2(m, at));
        at = X.set(m, at, X.rs1(m, at) >> X.imm(at));
        continue;
      case Op.XorXor:
        at = X.set(m, at, X.rs1(m, at) ^ X.rs2(m, at));
        at = X.set(m, at, X.rs1(m, at) ^ X.rs2(m, at));
        continue;
      case Op.AndiSrli:
        at = X.set(m, at, X.rs1(m, at) & X.imm(at));
        at = X.set(m, at, X.rs1(m, at) >> X.imm(at));
        continue;
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
