// The tree: chains of the same depth to a hundred leaves. Above are `shared` meters in a row, which
// every domain is below; then a chain for each half of the domains, which ends in five meters with ten
// leaves each. The halves are two processors' work.

import {
  DOMAINS,
  Domain,
  Meter,
  PAGE_BYTES,
  Processor,
  QUANTUM,
  RECORD_BYTES,
  ROOT_LOCK,
  setLink,
} from "./record";

export const HALVES: u32 = 2;
const MIDDLE: u32 = 5;
const LEAVES: u32 = 10;
/** By what the caches of neighbours differ, in quanta, modulo the advance. */
const STEP: u32 = 7919;

/** How many there are. */
export let meters: u32 = 0;
export let domainCount: u32 = 0;
/** Whether records of the halves take turns; else each half's lie in pages of their own. */
let interleaved: bool = false;

/**
 * Plants a tree anew. `cycles`: what every meter has, in quanta, as is the advance. `together`: all caches are
 * empty at first, and so run dry in the same round; else each is filled to another degree. With one
 * processor, all domains are in its ring.
 */
export function plant(
  count: u32,
  depth: u32,
  shared: u32,
  advance: u32,
  cycles: u32,
  processors: u32,
  isInterleaved: bool,
  together: bool,
  ahead: u32,
): void {
  meters = 0;
  domainCount = count;
  interleaved = isInterleaved;
  store<u32>(ROOT_LOCK, 0);
  let trunk: usize = 0;
  for (let level: u32 = 0; level < shared; level++) trunk = meter(trunk, cycles);
  const half = count / HALVES;
  for (let which: u32 = 0; which < HALVES; which++) {
    const first = branch(trunk, depth - shared, cycles);
    for (let i: u32 = 0; i < half; i++) {
      const leaf = i % (MIDDLE * LEAVES);
      const at = Meter.at(first + leaf + leaf / LEAVES);
      const filled = together ? 0 : ((which * half + i) * STEP) % advance;
      domain(domainOf(which, i), changetype<usize>(at), filled * QUANTUM);
    }
    close(which, half, processors == 1 ? 1 - which : which);
    const processor = Processor.at(which);
    memory.fill(changetype<usize>(processor), 0, PAGE_BYTES);
    processor.advance = advance * QUANTUM;
    processor.ahead = ahead;
    processor.little = max(processor.advance / 4, QUANTUM);
    processor.ready = domainOf(which, 0);
  }
}

/** Of a half, the domain of that number. */
export function domainOf(which: u32, number: u32): usize {
  if (interleaved) return DOMAINS + <usize>((HALVES * number + which) * RECORD_BYTES);
  const half = ((domainCount / HALVES) * RECORD_BYTES + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
  return DOMAINS + <usize>(which * half + number * RECORD_BYTES);
}

/** So many levels below a meter, the last with many leaves; the number of the first leaf. */
function branch(superior: usize, levels: u32, cycles: u32): u32 {
  let lowest = superior;
  for (let level: u32 = 2; level < levels; level++) lowest = meter(lowest, cycles);
  const first = meters + 1;
  for (let i: u32 = 0; i < MIDDLE; i++) {
    const middle = meter(lowest, cycles);
    for (let j: u32 = 0; j < LEAVES; j++) meter(middle, cycles);
  }
  return first;
}

/** Makes a ring of a half's domains, or a part of one that goes on with the half `then`. */
function close(which: u32, half: u32, then: u32): void {
  for (let i: u32 = 0; i < half; i++) {
    const next = i + 1 == half ? domainOf(then, 0) : domainOf(which, i + 1);
    changetype<Domain>(domainOf(which, i)).next = next;
  }
}

function meter(superior: usize, quanta: u32): usize {
  const made = Meter.at(meters++);
  const at = changetype<usize>(made);
  memory.fill(at, 0, RECORD_BYTES);
  made.superior = superior;
  setLink(at, superior);
  made.amount = made.granted = quanta * QUANTUM;
  return at;
}

function domain(at: usize, leaf: usize, cache: u64): void {
  const made = changetype<Domain>(at);
  memory.fill(at, 0, RECORD_BYTES);
  made.superior = leaf;
  made.amount = cache;
  made.burstLeft = u64.MAX_VALUE;
  for (let above = leaf; above; above = changetype<Meter>(above).superior) {
    changetype<Meter>(above).amount -= cache;
  }
}

/**
 * Brings a processor's domains into the cache of whoever calls, to be written to, and the meters above
 * them. Answers a sum that means nothing, so that no load is left out.
 */
export function touch(index: u32): u32 {
  const first = Processor.at(index).ready;
  let sum: u64 = 0;
  let next = first;
  do {
    const domain = changetype<Domain>(next);
    domain.flags = 0;
    for (let above = domain.superior; above; above = changetype<Meter>(above).superior) {
      sum += changetype<Meter>(above).amount;
    }
    next = domain.next;
  } while (next != first);
  return <u32>sum;
}
