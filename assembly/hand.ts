// Frames in hand, in the shared build: how frames are taken and given back by several at once, under
// no lock, any of whom may die. A participant's hand names frames that are taken in the bitmap and
// that nothing leads to: not yet, or no longer. When a worker dies the host frees them.
//
// V8 stops wasm only at loop headers and function entries, so what is written *in a row*, without
// either in between, is written whole or not at all. Methods with @inline are no function entries.

import { CONTROL, CONTROL_FRAMES_USED, PAGE_SIZE } from "./layout";
import { JOURNAL, PROCESSOR_HAND, PROCESSOR_SIZE, PROCESSORS } from "./processor-layout";

/** A variable of this file, not a call of `me`: that would be a function entry. */
let own: usize = PROCESSORS + PROCESSOR_HAND;

@unmanaged
export class Hand {
  address: usize;
  count: u32;

  static get own(): Hand {
    return changetype<Hand>(own);
  }

  static of(index: u32): Hand {
    return changetype<Hand>(PROCESSORS + PROCESSOR_HAND + <i32>index * PROCESSOR_SIZE);
  }

  /** Nothing leads to these frames any more: to be written in a row with what has led there. */
  @inline static hold(address: usize, count: u32): void {
    if (isDefined(SHARED)) {
      const hand = changetype<Hand>(own);
      hand.address = address;
      hand.count = count;
    }
  }

  /** Something leads to what is in hand: to be written in a row with that. */
  @inline static keep(): void {
    if (isDefined(SHARED)) changetype<Hand>(own).count = 0;
  }

  /** Takes frames, or none if one of them is taken. `words` is the bitmap, `first` an index. */
  take(words: usize, first: u32, count: u32): bool {
    this.count = 0;
    this.address = words + <usize>first * PAGE_SIZE;
    const end = first + count;
    while (first < end) {
      const word = words + ((first >> 5) << 2);
      const bits = min(32 - (first & 31), end - first);
      const mask = (u32.MAX_VALUE >> (32 - bits)) << (first & 31);
      const old = atomic.load<u32>(word);
      if ((old & mask) != 0) {
        this.free(words);
        return false;
      }
      // In a row.
      if (atomic.cmpxchg<u32>(word, old, old | mask) == old) {
        this.count += bits;
        atomic.add<u32>(CONTROL, bits, CONTROL_FRAMES_USED);
        first += bits;
      }
    }
    return true;
  }

  /** Gives back what is in hand, from the end. */
  free(words: usize): void {
    const first = <u32>((this.address - words) / PAGE_SIZE);
    while (this.count != 0) {
      const last = first + this.count - 1;
      const bits = min((last & 31) + 1, this.count);
      const mask = (u32.MAX_VALUE >> (32 - bits)) << ((last & 31) + 1 - bits);
      // In a row.
      atomic.and<u32>(words + ((last >> 5) << 2), ~mask);
      atomic.sub<u32>(CONTROL, bits, CONTROL_FRAMES_USED);
      this.count -= bits;
    }
  }
}

if (offsetof<Hand>() > <usize>(JOURNAL - PROCESSOR_HAND)) ERROR("Hand is too long");

/** From now on the hand of this instance is that of the participant with this block. */
export function handUse(block: usize): void {
  if (isDefined(SHARED)) own = block + PROCESSOR_HAND;
}
