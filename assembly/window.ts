// The averaging window (A.3): on each processor, what every partition used in each of the last ticks, a ring
// of slots with running totals. A tick takes the oldest slot out of the totals and begins it anew, so
// nothing is ever added up again. When the ring has gone round once, its totals go into the history, which
// is for reports only.

import { journalBegin, journalFilled } from "./journal";
import { Partition } from "./partition";
import {
  HISTORY_OFFSET,
  HISTORY_SIZE,
  HISTORY_WINDOWS,
  MAX_PARTITIONS,
  MAX_TICKS,
  SLOT_SIZE,
  TIMER_USED,
  WINDOWS_OFFSET,
} from "./time-layout";
import { Time, Timer } from "./timer";

/** So many ticks have passed; those of more than a hundred windows are all empty. */
export function rotate(timer: Timer, ticks: u64): void {
  const slots = Time.own.slots;
  const most: u64 = slots * <u64>(HISTORY_WINDOWS + 1);
  let left = ticks;
  if (left > most) left = most + ((ticks - most) % slots);
  for (; left != 0; left--) {
    // Between two slots all sums are right.
    if (journalFilled()) journalBegin();
    let slot = timer.slot + 1;
    if (slot == slots) {
      slot = 0;
      remember(timer);
    }
    timer.slot = slot;
    clearSlot(timer, slot);
  }
}

/** The oldest slot leaves the totals, and is the new one. */
function clearSlot(timer: Timer, slot: u32): void {
  const partitions = Time.own.partitions;
  let from = changetype<usize>(timer) + WINDOWS_OFFSET + <usize>slot * SLOT_SIZE;
  let total = changetype<usize>(timer) + TIMER_USED;
  for (let index: u32 = 0; index < partitions; index++) {
    const used = load<u64>(from);
    if (used != 0) {
      const partition = Partition.at(index);
      partition.used -= used;
      store<u64>(total, load<u64>(total) - used);
      store<u64>(from, 0);
      const critical = load<u64>(from, 8);
      if (critical != 0) {
        partition.criticalUsed -= critical;
        store<u64>(total, load<u64>(total, 8) - critical, 8);
        store<u64>(from, 0, 8);
      }
    }
    from += 16;
    total += 16;
  }
}

/** A whole window is over: what was used in it replaces that of a hundred windows ago. */
function remember(timer: Timer): void {
  const partitions = Time.own.partitions;
  const at = timer.window;
  const tenth = (at + HISTORY_WINDOWS - 10) % HISTORY_WINDOWS;
  for (let index: u32 = 0; index < partitions; index++) {
    const used = load<u64>(changetype<usize>(timer) + TIMER_USED + ((<usize>index) << 4));
    const place = history(timer, at, index);
    const oldest = load<u64>(place);
    const older = load<u64>(history(timer, tenth, index));
    if ((used | oldest | older) == 0) continue;
    const partition = Partition.at(index);
    partition.used100 += used - oldest;
    partition.used10 += used - older;
    store<u64>(place, used);
  }
  timer.window = (at + 1) % HISTORY_WINDOWS;
}

function history(timer: Timer, window: u32, index: u32): usize {
  const place = window * MAX_PARTITIONS + index;
  return changetype<usize>(timer) + HISTORY_OFFSET + ((<usize>place) << 3);
}

/** Forgets what was used: a window of another length begins. */
export function forget(timer: Timer): void {
  const time = Time.own;
  clear(changetype<usize>(timer) + TIMER_USED, MAX_PARTITIONS << 4);
  clear(changetype<usize>(timer) + HISTORY_OFFSET, HISTORY_SIZE);
  clear(changetype<usize>(timer) + WINDOWS_OFFSET, <usize>time.slotsMost * SLOT_SIZE);
  timer.slot = timer.window = 0;
}

/** The host's work only, which is not journalled. */
function clear(address: usize, bytes: usize): void {
  for (let end = address + bytes; address < end; address += 8) store<u64>(address, 0);
}

if (
  HISTORY_WINDOWS * MAX_PARTITIONS * 8 != HISTORY_SIZE ||
  HISTORY_OFFSET + HISTORY_SIZE > WINDOWS_OFFSET ||
  MAX_PARTITIONS * 16 != SLOT_SIZE ||
  MAX_TICKS < 1
) {
  ERROR("windows are not as time-layout.ts says");
}
