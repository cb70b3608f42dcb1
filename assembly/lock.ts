// Spin locks: a word, 0 while it is free, else its holder's index + 1. Nothing in the unshared build.

import { control } from "./control";
import { journalBegin, journalEnd } from "./journal";
import { CONTROL, CONTROL_LOCK } from "./layout";
import { me, wakeRung } from "./processor";

const kernelLock: usize = CONTROL + CONTROL_LOCK;
/** Looks at a lock that is held before its waiter had better let the holder's thread run. */
const PATIENCE: i32 = 4096;

/** Whether the caller has the lock now. */
export function tryLock(word: usize): bool {
  if (isDefined(SHARED)) return atomic.cmpxchg<u32>(word, 0, me().index + 1) == 0;
  else return true;
}

export function unlock(word: usize): void {
  if (isDefined(SHARED)) atomic.store<u32>(word, 0);
}

/** Takes a lock off a participant that is no more, if that has it. */
export function breakLock(word: usize, index: u32): void {
  if (isDefined(SHARED)) atomic.cmpxchg<u32>(word, index + 1, 0);
}

/** Takes the kernel lock, and begins a change; false where it is held for long, or simulated. */
export function tryEnter(): bool {
  if (isDefined(SHARED)) {
    let patience = control.simulated ? 0 : PATIENCE;
    while (!tryLock(kernelLock)) {
      do {
        if (--patience < 0) return false;
      } while (atomic.load<u32>(kernelLock) != 0);
    }
    journalBegin();
  }
  return true;
}

/** The change is done: gives the kernel lock back. */
export function leaveKernel(): void {
  if (isDefined(SHARED)) {
    journalEnd();
    unlock(kernelLock);
    wakeRung();
  }
}

/** Takes the kernel lock from a holder that is no more. */
export function seizeKernel(from: u32): bool {
  if (isDefined(SHARED))
    return atomic.cmpxchg<u32>(kernelLock, from + 1, me().index + 1) == from + 1;
  else return false;
}
