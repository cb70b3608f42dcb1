// Runs of 8-byte words, cleared and copied; in the shared build word by word, so that each of them
// is journalled (journal.ts).

/** Makes `bytes`, a multiple of eight, zero. */
export function clearWords(address: usize, bytes: usize): void {
  if (isDefined(SHARED)) {
    for (let end = address + bytes; address < end; address += 8) store<u64>(address, 0);
  } else {
    memory.fill(address, 0, bytes);
  }
}

/** Copies `bytes`, a multiple of eight, to where they don't overlap. */
export function copyWords(address: usize, from: usize, bytes: usize): void {
  if (isDefined(SHARED)) {
    for (let end = address + bytes; address < end; address += 8, from += 8) {
      store<u64>(address, load<u64>(from));
    }
  } else {
    memory.copy(address, from, bytes);
  }
}
