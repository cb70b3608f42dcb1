// A processor's slices, as in the kernel's sprint: caches are billed, and refilled in one of the ways.
// The loop is the same code for all, for where it lies in memory matters as much as some locks do.

import {
  borrowAhead,
  borrowExchange,
  borrowLinks,
  borrowNodes,
  borrowPhases,
  borrowRoot,
  borrowSubtract,
  borrowUnlocked,
} from "./borrow";
import { Domain, Processor, QUANTUM } from "./record";

/** Runs so many slices of a processor's ring. The ways are numbered in bench/grove.ts. */
export function run(index: u32, slices: u32, way: i32): void {
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

function borrow(domain: Domain, processor: Processor, me: u32, way: i32): bool {
  switch (way) {
    case 0:
      return borrowUnlocked(domain, processor);
    case 1:
      return borrowRoot(domain, processor, me);
    case 2:
      return borrowPhases(domain, processor, me);
    case 3:
      return borrowLinks(domain, processor, me);
    case 4:
      return borrowAhead(domain, processor, me);
    case 5:
      return borrowNodes(domain, processor, me);
    case 6:
      return borrowSubtract(domain, processor);
    default:
      return borrowExchange(domain, processor);
  }
}
