// The twins of refill (assembly/cache.ts) in plain JavaScript objects. A bigint holds every counter of 64
// bits; a double is right up to 2^53 only, but fast.

interface Payer<Count> {
  amount: Count;
  dry: boolean;
  readonly superior: Payer<Count> | null;
}

/** A domain under a chain of meters that hold `counter` each. */
export function chainOf<Count>(depth: number, counter: Count, zero: Count): Payer<Count> {
  let superior: Payer<Count> | null = null;
  for (let level = 0; level < depth; level++) superior = { amount: counter, dry: true, superior };
  return { amount: zero, dry: true, superior };
}

/** Gives back and borrows so many times; what was borrowed in all. */
export function borrowDoubles(domain: Payer<number>, times: number, advance: number): number {
  let sum = 0;
  for (let i = 0; i < times; i++) {
    const rest = domain.amount;
    let smallest = Number.POSITIVE_INFINITY;
    for (let above = domain.superior; above; above = above.superior) {
      if (above.amount < smallest) smallest = above.amount;
    }
    smallest += rest;
    if (smallest < 1) return 0;
    const amount = smallest < advance ? smallest : advance;
    const change = rest - amount;
    for (let above = domain.superior; above; above = above.superior) above.amount += change;
    domain.amount = amount;
    if (domain.dry) wet(domain);
    sum += amount;
  }
  return sum;
}

/** The same with bigints. */
export function borrowBigints(domain: Payer<bigint>, times: number, advance: bigint): bigint {
  let sum = 0n;
  for (let i = 0; i < times; i++) {
    const rest = domain.amount;
    let smallest = 1n << 64n;
    for (let above = domain.superior; above; above = above.superior) {
      if (above.amount < smallest) smallest = above.amount;
    }
    smallest += rest;
    if (smallest < 1n) return 0n;
    const amount = smallest < advance ? smallest : advance;
    const change = rest - amount;
    for (let above = domain.superior; above; above = above.superior) above.amount += change;
    domain.amount = amount;
    if (domain.dry) wet(domain);
    sum += amount;
  }
  return sum;
}

function wet(domain: Payer<number> | Payer<bigint>): void {
  for (let at: Payer<number> | Payer<bigint> | null = domain; at?.dry; at = at.superior) {
    at.dry = false;
  }
}
