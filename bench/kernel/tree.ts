import { refill } from "../../assembly/cache";
import { prepareChain } from "../../assembly/chain";
import { Node } from "../../assembly/node";
import { Record } from "../../assembly/record";

/**
 * Prepares the chains of `count` domains with indices from `first` on, in steps of `stride`, which has no
 * divisor in common with the count. Answers how many would not be prepared.
 */
export function prepareEach(first: u32, count: u32, stride: u32): u32 {
  let refused: u32 = 0;
  let place: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (prepareChain(Node.at(first + place).hot) != 0) refused++;
    place = (place + stride) % count;
  }
  return refused;
}

/** The same for refilling the caches of domains whose chains are prepared. */
export function refillEach(first: u32, count: u32, stride: u32): u32 {
  let refused: u32 = 0;
  let place: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (refill(Node.at(first + place).hot) != 0) refused++;
    place = (place + stride) % count;
  }
  return refused;
}

/** Follows the pointers of a tree in the order of a recall, and does nothing else; the records met. */
export function chase(index: u32): u32 {
  const top = Node.at(index).hot;
  let met: u32 = 0;
  let meter = top;
  let at = top.first;
  while (true) {
    if (at == 0) {
      if (meter == top) return met;
      at = meter.next;
      meter = changetype<Record>(meter.superior);
      continue;
    }
    met++;
    const record = changetype<Record>(at);
    if (record.isMeter) {
      meter = record;
      at = record.first;
    } else {
      at = record.next;
    }
  }
}
