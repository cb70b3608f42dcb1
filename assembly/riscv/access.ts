// Loads and stores that take more than the last translations.

import { TRAP_LOAD_FAULT, TRAP_PAGE, TRAP_STORE_FAULT } from "../codes";
import { PAGE_SIZE } from "../layout";
import { codeStored } from "./code";
import { MACHINE_RESUME, Machine } from "./machine";
import { FRAME_BITS, translateRead, translateWrite } from "./memory";
import { Op, RECORD_BYTES, Record } from "./record";

/** The access has failed: for good, or because its page is closed, which `missing` says. */
export function fault(machine: Machine, code: u32, guest: u32): usize {
  machine.trapCode = machine.missing != 0 ? TRAP_PAGE : code;
  machine.trapAddress = guest;
  return 0;
}

/** Host address of `size` bytes to be read, or 0 and a load fault. */
export function readSlow(machine: Machine, guest: u32, size: u32): usize {
  const host = translateRead(machine, guest);
  if (host == 0) return fault(machine, TRAP_LOAD_FAULT, guest);
  if ((guest & 0xfff) + size <= <u32>PAGE_SIZE) return host;
  const border = (guest + size) & FRAME_BITS;
  const rest = translateRead(machine, border);
  if (rest == 0) return fault(machine, TRAP_LOAD_FAULT, border);
  const gather = changetype<usize>(machine) + offsetof<Machine>("gather");
  for (let index: u32 = 0; index < size; ++index) {
    const from = guest + index;
    const page = ((from ^ guest) & FRAME_BITS) == 0 ? host - (guest & 0xfff) : rest;
    store<u8>(gather + index, load<u8>(page + (from & 0xfff)));
  }
  return gather;
}

/**
 * Stores the low `size` bytes of `value`. Returns 0 after a store fault, 1 when done, 2 when done
 * and what is decoded may be stale.
 */
export function writeSlow(machine: Machine, guest: u32, value: u32, size: u32): i32 {
  const page = translateWrite(machine, guest);
  if (page == 0) return <i32>fault(machine, TRAP_STORE_FAULT, guest);
  let last = page;
  if ((guest & 0xfff) + size > <u32>PAGE_SIZE) {
    const border = (guest + size) & FRAME_BITS;
    last = translateWrite(machine, border);
    if (last == 0) return <i32>fault(machine, TRAP_STORE_FAULT, border);
  }
  for (let index: u32 = 0; index < size; ++index) {
    const to = guest + index;
    const frame = (((to ^ guest) & FRAME_BITS) == 0 ? page : last) & ~1;
    store<u8>(frame + (to & 0xfff), <u8>(value >> (index << 3)));
  }
  return ((page | last) & 1) != 0 && codeStored(machine, guest, size) ? 2 : 1;
}

/** Does the load at record `at` from `guest` whatever it takes; false after a fault. */
export function loadSlow(machine: Machine, at: usize, guest: u32): bool {
  const record = changetype<Record>(at);
  const op = <u32>record.base;
  const size: u32 = op == Op.Lw ? 4 : op == Op.Lh || op == Op.Lhu ? 2 : 1;
  const host = readSlow(machine, guest, size);
  if (host == 0) return false;
  let value: u32;
  if (op == Op.Lw) value = load<u32>(host);
  else if (op == Op.Lh) value = <u32>load<i16>(host);
  else if (op == Op.Lhu) value = load<u16>(host);
  else value = op == Op.Lb ? <u32>load<i8>(host) : load<u8>(host);
  store<u32>(changetype<usize>(machine) + record.rd, value);
  return true;
}

/**
 * Does the store at record `at` whatever it takes. Returns the record that comes next, 0 after a
 * fault.
 */
export function storeSlow(machine: Machine, at: usize, guest: u32): usize {
  const record = changetype<Record>(at);
  const op = <u32>record.base;
  const value = load<u32>(changetype<usize>(machine) + record.rs2);
  // Decoded records may be gone after this.
  const next = changetype<Record>(at + RECORD_BYTES);
  const pc = next.pc;
  const cost = next.cost;
  const count = next.count;
  const status = writeSlow(machine, guest, value, op == Op.Sw ? 4 : op == Op.Sh ? 2 : 1);
  if (status == 0) return 0;
  return status == 1 ? at + RECORD_BYTES : resumeAt(machine, pc, cost, count);
}

/** A record that goes on at `pc`, after giving back what is charged for a row left early. */
export function resumeAt(machine: Machine, pc: u32, cost: u16, count: u8): usize {
  const resume = changetype<Record>(changetype<usize>(machine) + MACHINE_RESUME);
  resume.op = <u8>Op.Enter;
  resume.base = <u8>Op.Enter;
  resume.pc = pc;
  resume.cost = cost;
  resume.count = count;
  resume.imm = 1;
  return changetype<usize>(resume);
}
