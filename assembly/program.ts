// What a domain runs: bursts inside the kernel, a machine of the target CPU, or the lock process.

import { Bursts } from "./burst";
import { TRAP_PAGE } from "./codes";
import { PROGRAM_BURSTS, PROGRAM_LOCKER } from "./layout";
import { me, Processor } from "./processor";
import { Record } from "./record";
import { STOP_ECALL, STOP_TRAP } from "./riscv/layout";
import { Machine } from "./riscv/machine";
import { run } from "./riscv/run";

/** How a run came back; NOTHING: there was none, or it is settled. */
export const NOTHING = -1;
export const RAN = 0;
export const WAITS = 1;
export const ENDED = 2;
export const CALLED = 3;
export const TRAPPED = 4;
/** Its machine has touched a closed page. */
export const PAGED = 5;

/** Cycles that the last run used. */
export let used: u32 = 0;
/** Cycles that the domain now waits (WAITS). */
export let pause: u32 = 0;
/** What the next instruction costs, where it did not fit the rest of the allowance (RAN). */
export let wanted: u32 = 0;
/** What it trapped with (TRAPPED). */
export let trapCode: u32 = 0;
export let trapAddress: u32 = 0;

/** Runs a domain for at most `allowance` cycles, which are at least one. */
export function runProgram(domain: Record, allowance: u32): i32 {
  if (domain.programKind == PROGRAM_BURSTS) return runBursts(domain, allowance);
  if (domain.programKind == PROGRAM_LOCKER) return runLocker(domain, allowance);
  return runMachine(domain, allowance);
}

/** Keeps what a run came to until it is settled: several processors share an instance if simulated. */
export function keepOutcome(processor: Processor, outcome: i32): void {
  processor.outcome = outcome;
  processor.pause = pause;
  processor.wanted = wanted;
  processor.trapCode = trapCode;
  processor.trapAddress = trapAddress;
}

export function restoreOutcome(processor: Processor): void {
  pause = processor.pause;
  wanted = processor.wanted;
  trapCode = processor.trapCode;
  trapAddress = processor.trapAddress;
}

function runMachine(domain: Record, allowance: u32): i32 {
  const machine = changetype<Machine>(domain.program);
  const stop = run(domain.program, <i32>allowance);
  used = machine.used;
  wanted = machine.wanted;
  if (stop == STOP_ECALL) return CALLED;
  if (stop != STOP_TRAP) return RAN;
  trapCode = machine.trapCode;
  trapAddress = machine.trapAddress;
  return trapCode == TRAP_PAGE ? PAGED : TRAPPED;
}

/** What its lock cycle takes; then it waits for the next (nextLock). */
function runLocker(domain: Record, allowance: u32): i32 {
  used = min(domain.burstLeft, allowance);
  domain.burstLeft -= used;
  return domain.burstLeft != 0 ? RAN : WAITS;
}

function runBursts(domain: Record, allowance: u32): i32 {
  let rest = allowance;
  while (domain.burstLeft <= rest) {
    rest -= domain.burstLeft;
    if (domain.bursts != 0 && --domain.bursts == 0) {
      used = allowance - rest;
      return ENDED;
    }
    if (Bursts.of(domain).waits) {
      used = allowance - rest;
      pause = Bursts.wait(domain, me().time + used);
      return WAITS;
    }
    Bursts.next(domain);
  }
  domain.burstLeft -= rest;
  used = allowance;
  return RAN;
}
