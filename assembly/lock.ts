// A lock is a word: 0, or who holds it, as a participant's index + 1. Nothing in the unshared build,
// where nobody else is there.

/** Takes the lock if nobody has it. */
export function tryLock(address: usize, holder: u32): bool {
  if (isDefined(SHARED)) return atomic.cmpxchg<u32>(address, 0, holder) == 0;
  return true;
}

/** All that was stored before is seen by whoever takes the lock next. */
export function unlock(address: usize): void {
  if (isDefined(SHARED)) atomic.store<u32>(address, 0);
}

/** Takes the lock off a holder that is dead, if that has it. */
export function breakLock(address: usize, holder: u32): void {
  if (isDefined(SHARED)) atomic.cmpxchg<u32>(address, holder, 0);
}
