// How a run ends: the machine learns its pc and what it used.

import { readCounter } from "./csr";
import { STOP_BUDGET, STOP_TRAP } from "./layout";
import { Machine } from "./machine";
import { Record } from "./record";

export function leave(machine: Machine, at: usize, left: i32, reason: i32): i32 {
  const record = changetype<Record>(at);
  machine.pc = record.pc;
  if (isDefined(UNCOUNTED)) return reason;
  const used = machine.budget - left - <i32>record.cost;
  machine.used = used;
  machine.cycles += used;
  machine.retired += machine.weighted != 0 ? machine.counted - <i32>record.count : used;
  return reason;
}

export function leaveTrap(machine: Machine, at: usize, left: i32, code: u32): i32 {
  machine.trapCode = code;
  machine.trapAddress = changetype<Record>(at).pc;
  return leave(machine, at, left, STOP_TRAP);
}

/** There is no code at the pc of this record, which only shows if there is a cycle left. */
export function leaveEnter(machine: Machine, at: usize, left: i32): i32 {
  if (!isDefined(UNCOUNTED) && left + <i32>changetype<Record>(at).cost < 1) {
    machine.wanted = 1;
    machine.trapCode = 0;
    machine.trapAddress = 0;
    return leave(machine, at, left, STOP_BUDGET);
  }
  return leave(machine, at, left, STOP_TRAP);
}

export function csr(machine: Machine, at: usize, left: i32): void {
  const record = changetype<Record>(at);
  const used = machine.budget - left - <i32>record.cost;
  const retired = machine.weighted != 0 ? machine.counted - <i32>record.count : used;
  const value = readCounter(machine, record.imm, used, retired);
  store<u32>(changetype<usize>(machine) + record.rd, value);
}
