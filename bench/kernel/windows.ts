// The window of partitions: being charged, and that with a tick after it. What a tick alone takes is the
// difference; a window that nobody uses would turn for nothing.

import { control } from "../../assembly/control";
import { Partition } from "../../assembly/partition";
import { me } from "../../assembly/processor";
import { Timer } from "../../assembly/timer";
import { rotate } from "../../assembly/window";

const CYCLES = 10;

/** All partitions are charged, so many times. CONTROL_AMOUNT: what was charged in all. */
export function useWindow(partitions: u32, times: u32): void {
  const timer = Timer.of(me());
  let sum: u64 = 0;
  for (let i: u32 = 0; i < times; i++) sum += use(timer, partitions);
  control.amount = sum;
}

/** The same, and each time the window turns by a tick. */
export function turnWindow(partitions: u32, times: u32): void {
  const timer = Timer.of(me());
  let sum: u64 = 0;
  for (let i: u32 = 0; i < times; i++) {
    sum += use(timer, partitions);
    rotate(timer, 1);
  }
  control.amount = sum;
}

function use(timer: Timer, partitions: u32): u64 {
  for (let index: u32 = 0; index < partitions; index++) {
    Partition.at(index).use(timer, CYCLES, false);
  }
  return <u64>partitions * CYCLES;
}
