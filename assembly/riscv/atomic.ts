// LR, SC and the AMOs. A reservation lives until the next SC, and SC also compares the value: another
// domain may share the frame, and run on another processor. With one processor each is atomic by itself.

import {
  TRAP_LOAD_FAULT,
  TRAP_LOAD_MISALIGNED,
  TRAP_STORE_FAULT,
  TRAP_STORE_MISALIGNED,
} from "../codes";
import { fault, readSlow, resumeAt, writeSlow } from "./access";
import { Machine } from "./machine";
import { writableCell } from "./memory";
import { RECORD_BYTES, Record } from "./record";

const SWAP: u32 = 1;
const LR: u32 = 2;
const SC: u32 = 3;

function combine(kind: u32, old: u32, operand: u32): u32 {
  if (kind == 0) return old + operand;
  if (kind == SWAP) return operand;
  if (kind == 4) return old ^ operand;
  if (kind == 8) return old | operand;
  if (kind == 12) return old & operand;
  if (kind == 16) return <i32>old < <i32>operand ? old : operand;
  if (kind == 20) return <i32>old > <i32>operand ? old : operand;
  if (kind == 24) return old < operand ? old : operand;
  return old > operand ? old : operand;
}

function trap(machine: Machine, code: u32, guest: u32): usize {
  machine.trapCode = code;
  machine.trapAddress = guest;
  return 0;
}

/** SC or an AMO at a cell that no instruction is decoded from, whatever other processors do there. */
function exchange(machine: Machine, at: usize, cell: usize): usize {
  const record = changetype<Record>(at);
  const registers = changetype<usize>(machine);
  const kind = <u32>record.imm;
  const rd = registers + record.rd;
  const operand = load<u32>(registers + record.rs2);
  if (kind == SC) {
    const guest = load<u32>(registers + record.rs1);
    const expected = machine.reservedValue;
    const holds = machine.reservation == guest + 1;
    machine.reservation = 0;
    const done = holds && atomic.cmpxchg<u32>(cell, expected, operand) == expected;
    store<u32>(rd, done ? 0 : 1);
    return at + RECORD_BYTES;
  }
  let old = atomic.load<u32>(cell);
  while (true) {
    const seen = atomic.cmpxchg<u32>(cell, old, combine(kind, old, operand));
    if (seen == old) break;
    old = seen;
  }
  store<u32>(rd, old);
  return at + RECORD_BYTES;
}

/** Does the atomic instruction at record `at`. Returns the record that comes next, 0 after a trap. */
export function amo(machine: Machine, at: usize): usize {
  const record = changetype<Record>(at);
  const registers = changetype<usize>(machine);
  const kind = <u32>record.imm;
  const rd = registers + record.rd;
  const guest = load<u32>(registers + record.rs1);
  const operand = load<u32>(registers + record.rs2);
  if ((guest & 3) != 0) {
    return trap(machine, kind == LR ? TRAP_LOAD_MISALIGNED : TRAP_STORE_MISALIGNED, guest);
  }
  if (isDefined(SHARED)) {
    if (kind != LR) {
      const cell = writableCell(machine, guest);
      if (cell != 0) return exchange(machine, at, cell);
    }
  }
  const host = readSlow(machine, guest, 4);
  if (host == 0) return fault(machine, kind == LR ? TRAP_LOAD_FAULT : TRAP_STORE_FAULT, guest);
  const old = load<u32>(host);
  if (kind == LR) {
    machine.reservation = guest + 1;
    machine.reservedValue = old;
    store<u32>(rd, old);
    return at + RECORD_BYTES;
  }
  let value = combine(kind, old, operand);
  const holds = machine.reservation == guest + 1 && machine.reservedValue == old;
  // An SC that fails writes back what is there: it faults where one that succeeds would.
  if (kind == SC) value = holds ? operand : old;
  const next = changetype<Record>(at + RECORD_BYTES);
  const pc = next.pc;
  const cost = next.cost;
  const count = next.count;
  const status = writeSlow(machine, guest, value, 4);
  if (status == 0) return 0;
  if (kind == SC) machine.reservation = 0;
  store<u32>(rd, kind == SC ? (holds ? 0 : 1) : old);
  return status == 1 ? at + RECORD_BYTES : resumeAt(machine, pc, cost, count);
}
