// The tree: chains of the same depth to a hundred leaves. Above are `shared` meters in a row, which
// every domain is below; then a chain for each half of the domains, which ends in five meters, each
// with ten leaves.

import { Domain, METERS, Meter, PAGE_BYTES, Processor, QUANTUM, RECORD_BYTES, ROOT_LOCK } from "./record";

/** The half's own domains hang under its leaves. */
export const HALVES: u32 = 2;
const MIDDLE: u32 = 5;
const LEAVES: u32 = 10;
/** A step through the domains by which their caches differ, so that they do not run dry together. */
const STRIDE: u32 = 7919;

export let meters: u32 = 0;
export let domainCount: u32 = 0;
let domainsAt: usize = 0;
let placement: u32 = 0;

/** A placement of the domains. */
const INTERLEAVED = 1;

/**
 * Plants a tree anew. `cycles`: what every meter has, in quanta. `together`: all caches are empty at first;
 * else each is filled to another degree. `placed`: each half's domains lie in pages of their own, or
 * the halves take turns.
 */
export function plant(
  count: u32,
  depth: u32,
  shared: u32,
  advance: u32,
  cycles: u32,
  processors: u32,
  placed: u32,
  together: bool,
): void {
  meters = 0;
  placement = placed;
  store<u32>(ROOT_LOCK, 0);
  let trunk: usize = 0;
  for (let level: u32 = 0; level < shared; level++) trunk = meter(trunk, cycles);
  domainsAt = METERS + 4 * PAGE_BYTES;
  domainCount = count;
  const half = count / HALVES;
  for (let which: u32 = 0; which < HALVES; which++) {
    let own = trunk;
    for (let level = shared + 2; level < depth; level++) own = meter(own, cycles);
    const first = meters + 1;
    for (let i: u32 = 0; i < MIDDLE; i++) {
      const middle = meter(own, cycles);
      for (let j: u32 = 0; j < LEAVES; j++) meter(middle, cycles);
    }
    for (let i: u32 = 0; i < half; i++) {
      const leaf = i % (MIDDLE * LEAVES);
      const record = first + leaf + leaf / LEAVES;
      const filled = together ? 0 : (((which * half + i) * STRIDE) % advance) * QUANTUM;
      domain(at(which, i), changetype<usize>(Meter.at(record)), filled);
    }
  }
  for (let index: u32 = 0; index < HALVES; index++) {
    const processor = Processor.at(index);
    memory.fill(changetype<usize>(processor), 0, PAGE_BYTES);
    processor.advance = advance * QUANTUM;
    processor.ready = at(index, 0);
  }
  for (let which: u32 = 0; which < HALVES; which++) {
    for (let i: u32 = 0; i < half; i++) {
      let next = at(which, i + 1);
      if (i + 1 == half) next = at(processors == 1 ? 1 - which : which, 0);
      changetype<Domain>(at(which, i)).next = next;
    }
  }
}

/** Of a half, the domain of that number. */
export function at(which: u32, number: u32): usize {
  if (placement == INTERLEAVED) return domainsAt + (HALVES * number + which) * RECORD_BYTES;
  const half = (domainCount / HALVES) * RECORD_BYTES;
  return domainsAt + which * ((half + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1)) + number * RECORD_BYTES;
}

function meter(superior: usize, quanta: u32): usize {
  const made = Meter.at(meters++);
  memory.fill(changetype<usize>(made), 0, RECORD_BYTES);
  made.superior = superior;
  made.amount = made.granted = quanta * QUANTUM;
  return changetype<usize>(made);
}

function domain(where: usize, leaf: usize, cache: u64): void {
  const made = changetype<Domain>(where);
  memory.fill(where, 0, RECORD_BYTES);
  made.superior = leaf;
  made.amount = cache;
  made.burstLeft = u64.MAX_VALUE;
  for (let above = leaf; above; above = changetype<Meter>(above).superior) {
    changetype<Meter>(above).amount -= cache;
  }
}

/** Brings a processor's domains into its own caches of memory, to be written to. */
export function touch(index: u32): u32 {
  let sum: u64 = 0;
  const first = Processor.at(index).ready;
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
