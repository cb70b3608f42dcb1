// The turn of the window of partitions, as each tick does it. A window that nobody uses would turn for
// nothing, so all of them are charged before.

import { control } from "../../assembly/control";
import { Partition } from "../../assembly/partition";
import { me } from "../../assembly/processor";
import { Timer } from "../../assembly/timer";
import { rotate } from "../../assembly/window";

const CYCLES = 10;

/** So many partitions are charged and the window turns, so many times. CONTROL_AMOUNT: what was charged. */
export function turnWindow(partitions: u32, times: u32): void {
  const timer = Timer.of(me());
  let sum: u64 = 0;
  for (let i: u32 = 0; i < times; i++) {
    for (let index: u32 = 0; index < partitions; index++) {
      Partition.at(index).use(timer, CYCLES, false);
      sum += CYCLES;
    }
    rotate(timer, 1);
  }
  control.amount = sum;
}
