// A lock is a word: 0, or the holder's index + 1.

/** Spins, reading only, until the lock is free. Wasm has no way to pause, and none to yield. */
export function lock(at: usize, me: u32): void {
  while (atomic.cmpxchg<u32>(at, 0, me) != 0) {
    while (atomic.load<u32>(at) != 0) {}
  }
}

export function unlock(at: usize): void {
  atomic.store<u32>(at, 0);
}
