import { TRAP_FETCH_MISALIGNED, TRAP_NONE } from "../codes";
import { execute } from "./execute";
import { STOP_BUDGET, STOP_TRAP } from "./layout";
import { Machine } from "./machine";
import { memoryRenew } from "./memory";

/**
 * Runs a machine for at most `budget` cycles (0 to MAX_RUN) and returns STOP_BUDGET, STOP_ECALL or
 * STOP_TRAP. MACHINE_USED says what it used. However a budget is split over calls, the machine ends
 * in the same state, the counts included.
 */
export function run(address: usize, budget: i32): i32 {
  const machine = changetype<Machine>(address);
  machine.trapCode = TRAP_NONE;
  machine.trapAddress = 0;
  machine.used = 0;
  machine.wanted = 0;
  machine.counted = 0;
  machine.budget = budget;
  machine.started = 1;
  if (machine.residence != 0) memoryRenew(machine);
  if ((machine.pc & 1) == 0) return execute(machine, budget);
  if (budget < 1) {
    machine.wanted = 1;
    return STOP_BUDGET;
  }
  machine.trapCode = TRAP_FETCH_MISALIGNED;
  machine.trapAddress = machine.pc;
  return STOP_TRAP;
}
