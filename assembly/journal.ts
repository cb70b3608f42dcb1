// The journal of a participant, in the shared build: what stood where it stores while it changes the
// kernel's store under the lock. A worker can die at any loop or call, half-way through a change;
// then the host takes the change back (`journalRollback`), and is where the change began.
//
// No kernel code calls `journalled…`: scripts/journal.mjs puts such a call into every store.
// Journal invariant: an entry counts once `top` is above it, and the store it is for comes later.
// So, from the last entry to the first, what is written back ends with what was there at `begin`.

import { PANIC_JOURNAL } from "./codes";
import { panic } from "./panic";
import {
  JOURNAL,
  JOURNAL_ADDRESS,
  JOURNAL_BYTES,
  JOURNAL_COUNTDOWN,
  JOURNAL_ENTRIES,
  JOURNAL_ENTRY_SIZE,
  JOURNAL_OLD,
  JOURNAL_TOP,
  PROCESSOR_BOUNCE,
} from "./processor-layout";

/** As many whole entries as fit. */
const LIMIT: u32 = (PROCESSOR_BOUNCE - JOURNAL - JOURNAL_ENTRIES) & ~(<u32>JOURNAL_ENTRY_SIZE - 1);

if (JOURNAL_BYTES != JOURNAL_ADDRESS + 4) ERROR("address and width are written as one");

/** The journal of this instance's participant; 0: it needs none. */
let own: usize = 0;
/** The same while it is kept, else 0. */
let open: usize = 0;

/** This instance journals in that participant's block; 0: it can't die alone, so it doesn't. */
export function journalUse(block: usize): void {
  if (isDefined(SHARED)) {
    own = block ? block + JOURNAL : 0;
    open = 0;
  }
}

/** A change begins here: the store is consistent now, and so it will be again after a rollback. */
export function journalBegin(): void {
  if (isDefined(SHARED)) {
    if (own) store<u32>(own, 0, JOURNAL_TOP);
    open = own;
  }
}

/** The changes are done, before the lock is given back; what is stored from now on isn't logged. */
export function journalEnd(): void {
  if (isDefined(SHARED)) {
    if (own) store<u32>(own, 0, JOURNAL_TOP);
    open = 0;
  }
}

/**
 * Whether a loop without a bound, where the store is consistent between two turns, should `begin`
 * anew: a quarter of the journal is left.
 */
export function journalFilled(): bool {
  if (isDefined(SHARED)) return open != 0 && load<u32>(open, JOURNAL_TOP) > (LIMIT >> 2) * 3;
  return false;
}

/** Undoes the change that the participant of a block was about. Interrupted, it can be begun again. */
export function journalRollback(block: usize): void {
  if (isDefined(SHARED)) {
    const journal = block + JOURNAL;
    for (let top = load<u32>(journal, JOURNAL_TOP); top != 0; ) {
      top -= JOURNAL_ENTRY_SIZE;
      const entry = journal + JOURNAL_ENTRIES + top;
      const old = load<u64>(entry, JOURNAL_OLD);
      const address: usize = load<u32>(entry, JOURNAL_ADDRESS);
      const bytes = load<u32>(entry, JOURNAL_BYTES);
      if (bytes == 8) store<u64>(address, old);
      else if (bytes == 4) store<u32>(address, <u32>old);
      else if (bytes == 2) store<u16>(address, <u16>old);
      else store<u8>(address, <u8>old);
      store<u32>(journal, top, JOURNAL_TOP);
    }
  }
}

@unmanaged
class Journal {
  /** Logs what a store is about to overwrite: neighbours may be another participant's. */
  @inline static log<T>(address: usize, offset: usize): usize {
    const journal = open;
    if (journal != 0) {
      if (isDefined(CHECKED)) countDown(journal);
      const top = load<u32>(journal, JOURNAL_TOP);
      if (top == LIMIT) panic(PANIC_JOURNAL);
      const entry = journal + top;
      const at = address + offset;
      const where = ((<u64>sizeof<T>()) << 32) | at;
      store<u64>(entry, <u64>load<T>(at), JOURNAL_ENTRIES + JOURNAL_OLD);
      store<u64>(entry, where, JOURNAL_ENTRIES + JOURNAL_ADDRESS);
      store<u32>(journal, top + JOURNAL_ENTRY_SIZE, JOURNAL_TOP);
    }
    return address;
  }
}

/** For tests: a death before any store that they choose. */
function countDown(journal: usize): void {
  const left = load<u32>(journal, JOURNAL_COUNTDOWN);
  if (left == 0) return;
  store<u32>(journal, left - 1, JOURNAL_COUNTDOWN);
  if (left == 1) unreachable();
}

/** Each answers `address`, where it stands in for the address of a store so many bits wide. */
export function journalled8(address: usize, offset: usize): usize {
  return Journal.log<u8>(address, offset);
}

export function journalled16(address: usize, offset: usize): usize {
  return Journal.log<u16>(address, offset);
}

export function journalled32(address: usize, offset: usize): usize {
  return Journal.log<u32>(address, offset);
}

export function journalled64(address: usize, offset: usize): usize {
  return Journal.log<u64>(address, offset);
}
