// The host among several processors: participant 0, which holds the kernel lock while it acts and
// never runs a domain.

import { claimAll } from "./claim";
import { Climb } from "./climb";
import { OK, STATUS_BUSY, STATUS_RANGE } from "./codes";
import { control } from "./control";
import { eventsFull } from "./event";
import { frameRecover } from "./frame";
import { journalRollback } from "./journal";
import { PROGRAM_RISCV } from "./layout";
import { leaveKernel, seizeKernel, tryEnter } from "./lock";
import { actAs, latest, me, Processor, wakeAll } from "./processor";
import {
  PHASE_OUTSIDE,
  PHASE_RESTING,
  PHASE_WANTING,
  REST_EVENTS,
  RUNNING_ANY,
} from "./processor-layout";
import { NOTHING } from "./program";
import { passTime } from "./ready";
import { Record } from "./record";
import { machineRecover } from "./riscv/code";
import { loseRun } from "./turn";

/** Takes the kernel lock for the host; 0: somebody has it for long, wait a little and call again. */
export function enter(): i32 {
  if (!tryEnter()) return 0;
  me().time = latest();
  return 1;
}

export function leave(): void {
  leaveKernel();
}

/** Lets the processors run, from one time on, up to CONTROL_UNTIL. */
export function go(): void {
  catchUp(latest());
  control.going = 1;
  control.asked = 0;
  ringAll();
}

/** The host has taken the events: who rested for want of room goes on, whatever others do. */
export function rouse(): void {
  if (eventsFull()) return;
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (other.phase == PHASE_RESTING && other.rest == REST_EVENTS) other.ring();
  }
}

/** CONTROL_UNTIL is earlier than it was: who runs ahead of need looks again. */
export function look(): void {
  for (let index: u32 = 1; index <= control.processors; index++) {
    Processor.at(index).attention = true;
  }
}

/** Stops them all, where they are. */
export function halt(): void {
  control.going = 0;
  ringAll();
}

/** Whether all are inside or rest, so that caches and consumptions can be read: OK or STATUS_BUSY. */
export function still(): i32 {
  return claimAll() ? OK : STATUS_BUSY;
}

/** All clocks that are behind a time go on to it: nobody ran there. */
export function catchUp(time: u64): void {
  const self = me();
  for (let index: u32 = 1; index <= control.processors; index++) {
    actAs(Processor.at(index));
    if (me().time < time) passTime(time);
  }
  actAs(self);
}

/** All are to look at what the host wants now. */
function ringAll(): void {
  for (let index: u32 = 1; index <= control.processors; index++) {
    Processor.at(index).attention = true;
    Processor.at(index).ring();
  }
}

/**
 * The thread of a processor is no more: what it was about to change is taken back, its locks are given
 * back, and a machine that it ran traps with TRAP_LOST; no cycle is lost. Its ready queue is there for
 * the thread that takes its place. OK, STATUS_RANGE where there is no such processor, or STATUS_BUSY
 * where somebody else has the kernel lock for long: call again.
 */
export function recover(index: u32): i32 {
  if (index == 0 || index > control.processors) return STATUS_RANGE;
  const lost = Processor.at(index);
  const isHeld = seizeKernel(index);
  if (isHeld) journalRollback(changetype<usize>(lost));
  // Under no lock: whoever has that may be waiting for one that the lost one had.
  frameRecover(index);
  if (lost.phase == PHASE_OUTSIDE && lost.running > <usize>RUNNING_ANY) {
    const domain = changetype<Record>(lost.running);
    if (domain.programKind == PROGRAM_RISCV) machineRecover(domain.program, index);
  }
  // Whoever has the lock may be waiting for it to come inside.
  if (lost.phase != PHASE_RESTING) lost.phase = PHASE_WANTING;
  if (!isHeld && !tryEnter()) return STATUS_BUSY;
  Climb.of(lost).giveBack();
  if (lost.outcome == NOTHING) loseRun(lost);
  control.resting = countResting();
  wakeAll();
  leaveKernel();
  return OK;
}

function countResting(): u32 {
  let resting: u32 = 0;
  for (let index: u32 = 1; index <= control.processors; index++) {
    if (Processor.at(index).phase == PHASE_RESTING) resting++;
  }
  return resting;
}
