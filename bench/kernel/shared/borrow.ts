// Ways to take an advance from every meter above a domain, or from none. Each answers whether the
// domain has at least a quantum now. All take what is there where that is less than the advance.

import { lock, unlock } from "./lock";
import { Domain, Meter, Processor, QUANTUM, ROOT_LOCK } from "./record";

/** PHASE_* of the kernel: what others must know of a processor that leaves what it ran. */
const WANTING = 1;
const INSIDE = 2;
const OUTSIDE = 5;
/** Domains that are refilled in one holding of the lock at most. */
const AHEAD = 16;

/** With no lock: for one processor, as the unshared kernel does. */
export function borrowUnlocked(domain: Domain, processor: Processor, me: u32): bool {
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

/** One lock, and while it is held the next in the ring are refilled, too, if they need it. */
export function borrowAhead(domain: Domain, processor: Processor, me: u32): bool {
  lock(ROOT_LOCK, me);
  const isEnough = refill(domain, processor);
  let next = changetype<Domain>(domain.next);
  for (let i = 1; i < AHEAD && next.amount < QUANTUM && refill(next, processor); i++) {
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

/** Whoever calls has the chain for himself. */
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
 * Subtracts first and looks then: where a counter went below zero, all is undone, and less is tried.
 * Until then others see that counter; they must take it as signed, or see a huge one.
 */
export function borrowSubtract(domain: Domain, processor: Processor, me: u32): bool {
  const rest = domain.amount;
  let amount = processor.advance;
  while (amount >= QUANTUM) {
    const least = subtractAll(domain, amount - rest, processor);
    if (least >= 0) {
      domain.amount = amount;
      processor.refills++;
      return true;
    }
    amount = -least - 1 + rest;
  }
  return false;
}

/** Answers 0, or, when all is undone, -1 less what the meter that had too little has. */
function subtractAll(domain: Domain, amount: u64, processor: Processor): i64 {
  for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
    const before = <i64>atomic.sub<u64>(at, amount);
    if (before < <i64>amount) {
      atomic.add<u64>(at, amount);
      addBack(domain, at, amount);
      if (before < 0) processor.negative++;
      return -max<i64>(before, 0) - 1;
    }
  }
  return 0;
}

/** Compares and exchanges each counter: none is ever below zero, but a chain is seen half debited. */
export function borrowExchange(domain: Domain, processor: Processor, me: u32): bool {
  const rest = domain.amount;
  let amount = processor.advance;
  while (true) {
    for (let at = domain.superior; at; at = changetype<Meter>(at).superior) {
      amount = min(amount, atomic.load<u64>(at) + rest);
    }
    if (amount < QUANTUM) return false;
    if (exchangeAll(domain, amount - rest)) break;
  }
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
