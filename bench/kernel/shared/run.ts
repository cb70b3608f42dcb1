// A processor's slices, as in the kernel's sprint: caches are billed, and refilled in one of the ways.

import {
  borrowAhead,
  borrowExchange,
  borrowNodes,
  borrowPhases,
  borrowRoot,
  borrowSubtract,
  borrowUnlocked,
} from "./borrow";
import { Domain, Processor, QUANTUM } from "./record";

export function runUnlocked(index: u32, slices: u32): void {
  run(index, slices, UNLOCKED);
}

export function runRoot(index: u32, slices: u32): void {
  run(index, slices, ROOT);
}

export function runPhases(index: u32, slices: u32): void {
  run(index, slices, PHASES);
}

export function runAhead(index: u32, slices: u32): void {
  run(index, slices, AHEAD);
}

export function runNodes(index: u32, slices: u32): void {
  run(index, slices, NODES);
}

export function runSubtract(index: u32, slices: u32): void {
  run(index, slices, SUBTRACT);
}

export function runExchange(index: u32, slices: u32): void {
  run(index, slices, EXCHANGE);
}

const UNLOCKED = 0;
const ROOT = 1;
const PHASES = 2;
const AHEAD = 3;
const NODES = 4;
const SUBTRACT = 5;
const EXCHANGE = 6;

/** A loop of its own for each way, which is a constant where it is inlined. */
// @ts-ignore: decorator
@inline
function run(index: u32, slices: u32, way: i32): void {
  const processor = Processor.at(index);
  const attention = changetype<usize>(processor) + offsetof<Processor>("attention");
  let at = processor.ready;
  for (let left = slices; left != 0; left--) {
    if (atomic.load<u32>(attention) != 0) break;
    const domain = changetype<Domain>(at);
    at = domain.next;
    if (domain.flags != 0 || domain.burstLeft <= QUANTUM) break;
    if (domain.amount < QUANTUM && !borrow(domain, processor, index + 1, way)) {
      processor.refused++;
      continue;
    }
    domain.burstLeft -= QUANTUM;
    domain.amount -= QUANTUM;
    domain.consumed += QUANTUM;
    processor.time += QUANTUM;
  }
  processor.ready = at;
}

// @ts-ignore: decorator
@inline
function borrow(domain: Domain, processor: Processor, me: u32, way: i32): bool {
  if (way == UNLOCKED) return borrowUnlocked(domain, processor, me);
  if (way == ROOT) return borrowRoot(domain, processor, me);
  if (way == PHASES) return borrowPhases(domain, processor, me);
  if (way == AHEAD) return borrowAhead(domain, processor, me);
  if (way == NODES) return borrowNodes(domain, processor, me);
  if (way == SUBTRACT) return borrowSubtract(domain, processor, me);
  return borrowExchange(domain, processor, me);
}
