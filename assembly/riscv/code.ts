// Which record to run for a pc, and what happens when code is stored to.

import { TRAP_FETCH_FAULT } from "../codes";
import { freeRun } from "../frame";
import { Hand } from "../hand";
import { breakLock } from "../lock";
import { fault } from "./access";
import { Image, imageCreate, imageFlush } from "./image";
import { IMAGE_LOCK } from "./layout";
import { Machine } from "./machine";
import { countReference, mayEnter, memoryRefresh } from "./memory";
import { AT_IMM, Op, Record } from "./record";
import { rowBuild } from "./row";

/** The record of the instruction at `pc`, decoded if need be; 0 and a fetch fault if there is none. */
function enter(machine: Machine, pc: u32): usize {
  const image = machine.image;
  const known: usize = image == 0 ? 0 : changetype<Image>(image).find(pc);
  if (machine.residence == 0) return known != 0 ? known : rowBuild(machine, pc);
  if (known != 0 && !mayEnter(machine, pc)) return fault(machine, TRAP_FETCH_FAULT, pc);
  const record = known != 0 ? known : rowBuild(machine, pc);
  if (machine.counts != 0 && record != 0) {
    if (machine.again == 0) countReference(machine, pc);
    machine.again = 0;
  }
  return record;
}

/** The record that a Cross record leads to, 0 if there is no code, or its page is closed. */
export function codeCross(machine: Machine, from: usize): usize {
  const record = changetype<Record>(from);
  const image = machine.image;
  const generation = changetype<Image>(image).generation;
  const target = enter(machine, record.pc);
  if (target == 0 || machine.image != image) return target;
  if (changetype<Image>(image).generation != generation) return target;
  if (changetype<Image>(image).find(record.pc) == target) Image.publish(from + AT_IMM, target);
  return target;
}

/**
 * The record that an Enter record stands for, 0 if there is no code. What led here goes straight
 * there from now on.
 */
export function codeEnter(machine: Machine, from: usize): usize {
  const record = changetype<Record>(from);
  const pc = record.pc;
  const origin = record.imm;
  const image = machine.image;
  const generation = image == 0 ? 0 : changetype<Image>(image).generation;
  const target = enter(machine, pc);
  // Rows that are not kept, and records of a cache that is gone meanwhile, stay as they are.
  if (target == 0 || origin == 1 || machine.image != image) return target;
  if (changetype<Image>(image).generation != generation) return target;
  if (changetype<Image>(image).find(pc) != target) return target;
  if (isDefined(SHARED)) {
    Image.publish(<usize>origin + AT_IMM, target);
  } else if (origin == 0) {
    record.op = <u8>Op.Goto;
    record.imm = <i32>target;
  } else {
    changetype<Record>(origin).imm = <i32>target;
  }
  return target;
}

/** From now on the machine decodes for itself: its code differs from others'. */
export function codeDetach(machine: Machine): void {
  const image = machine.image;
  if (image == 0) return;
  if (machine.exclusive != 0) {
    imageFlush(changetype<Image>(image));
    return;
  }
  const own = imageCreate(machine.codeBase, machine.codeSize);
  // In a row.
  machine.exclusive = 1;
  machine.attach(own);
  memoryRefresh(machine);
}

/** Without frames for decoded code, the machine, whose image is its own, does without. */
export function codeForsake(machine: Machine): void {
  const image = machine.image;
  const frames = changetype<Image>(image).frames;
  imageFlush(changetype<Image>(image));
  // In a row.
  machine.attach(0);
  Hand.hold(image, frames);
  freeRun(image, frames);
  memoryRefresh(machine);
}

/**
 * A participant died while it ran this machine: what was about to be decoded is dropped, what is
 * published stays. The machine's pc is that of when the run began, its registers are later.
 */
export function machineRecover(address: usize, index: u32): void {
  const machine = changetype<Machine>(address);
  const image = machine.image;
  if (image != 0) {
    if (machine.exclusive != 0) imageFlush(changetype<Image>(image));
    else breakLock(image + IMAGE_LOCK, index);
  }
  memoryRefresh(machine);
}

/** Code may have changed in `size` bytes from `guest`: returns whether anything decoded is stale. */
export function codeStored(machine: Machine, guest: u32, size: u32): bool {
  if (machine.started == 0) return false;
  const image = changetype<Image>(machine.image);
  if (!image) return true;
  if (machine.exclusive != 0) {
    // An instruction that begins a halfword earlier may reach in.
    let found = false;
    for (let at = (guest & ~1) - 2; at - guest + 2 < size + 2; at += 2) {
      if (image.find(at) != 0) found = true;
    }
    if (!found) return false;
  }
  codeDetach(machine);
  return true;
}
