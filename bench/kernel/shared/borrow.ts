// Ways to take an advance from every meter above a domain, or from none. Each answers whether the
// domain has at least a quantum now. All take what is there where that is less than the advance.

import { lock, unlock } from "./lock";
import { Domain, Meter, Processor, QUANTUM, ROOT_LOCK, superiorOf } from "./record";

/** PHASE_* of the kernel: what others must know of a processor that leaves what it ran. */
const WANTING = 1;
const INSIDE = 2;
const OUTSIDE = 5;

/** With no lock: for one processor, as the unshared kernel does. */
export function borrowUnlocked(domain: Domain, processor: Processor): bool {
  return refill(domain, processor);
}

/** One lock for all meters, around both passes over the chain. */
export function borrowRoot(domain: Domain, processor: Processor, me: u32): bool {
  lock(ROOT_LOCK, me);
  const isEnough = refill(domain, processor);
  unlock(ROOT_LOCK);
  return isEnough;
}

/** The same, telling others each time where this processor is. */
export function borrowPhases(domain: Domain, processor: Processor, me: u32): bool {
  const phase = changetype<usize>(processor) + offsetof<Processor>("phase");
  atomic.store<u32>(phase, WANTING);
  lock(ROOT_LOCK, me);
  atomic.store<u32>(phase, INSIDE);
  const isEnough = refill(domain, processor);
  atomic.store<u32>(phase, OUTSIDE);
  unlock(ROOT_LOCK);
  return isEnough;
}

/** One lock, and superiors found in lines that nobody writes to. */
export function borrowLinks(domain: Domain, processor: Processor, me: u32): bool {
  lock(ROOT_LOCK, me);
  const isEnough = refillByLinks(domain, processor);
  unlock(ROOT_LOCK);
  return isEnough;
}

/** The same, and while the lock is held the next in the ring are topped up, if they have little. */
export function borrowAhead(domain: Domain, processor: Processor, me: u32): bool {
  const little = processor.little;
  lock(ROOT_LOCK, me);
  const isEnough = refillByLinks(domain, processor);
  let next = changetype<Domain>(domain.next);
  for (let left = processor.ahead; left != 0; left--) {
    if (next.amount < little && !refillByLinks(next, processor)) break;
    next = changetype<Domain>(next.next);
  }
  unlock(ROOT_LOCK);
  return isEnough;
}

/** A lock for each meter: all of the chain's are taken, from the lowest up, and then given back. */
export function borrowNodes(domain: Domain, processor: Processor, me: u32): bool {
  for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
    lock(at + offsetof<Meter>("lock"), me);
  }
  const isEnough = refill(domain, processor);
  for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
    unlock(at + offsetof<Meter>("lock"));
  }
  return isEnough;
}

/** The kernel's refill. Whoever calls has the chain for himself. */
function refill(domain: Domain, processor: Processor): bool {
  const rest = domain.amount;
  let amount = processor.advance;
  for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
    amount = min(amount, changetype<Meter>(at).amount + rest);
  }
  if (amount < QUANTUM) return false;
  const change = rest - amount;
  for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
    changetype<Meter>(at).amount += change;
  }
  domain.amount = amount;
  processor.refills++;
  return true;
}

/**
 * The same in one pass, which is undone where a counter has too little. The address of a meter does not
 * wait for the line of the one below it, so that lines of several meters are fetched at once.
 */
function refillByLinks(domain: Domain, processor: Processor): bool {
  const change = processor.advance - domain.amount;
  let isShort = false;
  for (let at = domain.superior; at; at = superiorOf(at)) {
    const before = changetype<Meter>(at).amount;
    changetype<Meter>(at).amount = before - change;
    isShort = isShort || before < change;
  }
  if (isShort) {
    for (let at = domain.superior; at; at = superiorOf(at)) changetype<Meter>(at).amount += change;
    return refill(domain, processor);
  }
  domain.amount += change;
  processor.refills++;
  return true;
}

/**
 * Subtracts first and looks then: where a counter went below zero, all is undone, and less is tried.
 * Until then others see that counter; they must take it as signed, or see a huge one.
 */
export function borrowSubtract(domain: Domain, processor: Processor): bool {
  const rest = domain.amount;
  let amount = processor.advance;
  while (amount >= QUANTUM) {
    const lacking = subtractAll(domain, amount - rest, processor);
    if (!lacking) {
      domain.amount = amount;
      processor.refills++;
      return true;
    }
    const left = <i64>atomic.load<u64>(lacking);
    amount = min<u64>(amount, <u64>max<i64>(left, 0) + rest);
  }
  return false;
}

/** Answers 0, or, when all is undone, the meter that had too little. */
function subtractAll(domain: Domain, amount: u64, processor: Processor): usize {
  for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
    const before = <i64>atomic.sub<u64>(at, amount);
    if (before < <i64>amount) {
      if (before < 0) processor.negative++;
      atomic.add<u64>(at, amount);
      addBack(domain, at, amount);
      return at;
    }
  }
  return 0;
}

/** Compares and exchanges each counter: none is ever below zero, but a chain is seen half debited. */
export function borrowExchange(domain: Domain, processor: Processor): bool {
  const rest = domain.amount;
  let amount = processor.advance;
  do {
    for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
      amount = min(amount, atomic.load<u64>(at) + rest);
    }
    if (amount < QUANTUM) return false;
  } while (!exchangeAll(domain, amount - rest));
  domain.amount = amount;
  processor.refills++;
  return true;
}

function exchangeAll(domain: Domain, amount: u64): bool {
  for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
    let seen = atomic.load<u64>(at);
    while (true) {
      if (seen < amount) {
        addBack(domain, at, amount);
        return false;
      }
      const found = atomic.cmpxchg<u64>(at, seen, seen - amount);
      if (found == seen) break;
      seen = found;
    }
  }
  return true;
}

/** To every meter below `end`. */
function addBack(domain: Domain, end: usize, amount: u64): void {
  for (let at = domain.superior; at != end; at = changetype<Meter>(at).superior) {
    atomic.add<u64>(at, amount);
  }
}
