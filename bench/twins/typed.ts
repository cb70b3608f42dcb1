// The twins of refill (assembly/cache.ts) in JavaScript over typed arrays, one for each field. 64-bit
// arrays hold every counter; doubles are right up to 2^53 only, but fast.

export interface Chain<Counts> {
  readonly amounts: Counts;
  readonly superiors: Int32Array;
  readonly dry: Uint8Array;
}

/** A domain, the last, under a chain of meters, whose counters and cache are `amounts`. */
export function typedChain<Counts extends { length: number }>(amounts: Counts): Chain<Counts> {
  const superiors = new Int32Array(amounts.length).map((_, index) => index - 1);
  return { amounts, superiors, dry: new Uint8Array(amounts.length).fill(1) };
}

/** Gives back and borrows so many times; what was borrowed in all. */
export function borrowDoubles(chain: Chain<Float64Array>, times: number, advance: number): number {
  const { amounts, superiors, dry } = chain;
  const domain = amounts.length - 1;
  let sum = 0;
  for (let i = 0; i < times; i++) {
    const rest = amounts[domain]!;
    let smallest = Number.POSITIVE_INFINITY;
    for (let at = superiors[domain]!; at >= 0; at = superiors[at]!) {
      const counter = amounts[at]!;
      if (counter < smallest) smallest = counter;
    }
    smallest += rest;
    if (smallest < 1) return 0;
    const amount = smallest < advance ? smallest : advance;
    const change = rest - amount;
    for (let at = superiors[domain]!; at >= 0; at = superiors[at]!) amounts[at]! += change;
    amounts[domain] = amount;
    if (dry[domain] !== 0) wet(chain, domain);
    sum += amount;
  }
  return sum;
}

/** The same with 64-bit integers. */
export function borrowBigints(
  chain: Chain<BigUint64Array>,
  times: number,
  advance: bigint,
): bigint {
  const { amounts, superiors, dry } = chain;
  const domain = amounts.length - 1;
  let sum = 0n;
  for (let i = 0; i < times; i++) {
    const rest = amounts[domain]!;
    let smallest = (1n << 64n) - 1n;
    for (let at = superiors[domain]!; at >= 0; at = superiors[at]!) {
      const counter = amounts[at]!;
      if (counter < smallest) smallest = counter;
    }
    smallest += rest;
    if (smallest < 1n) return 0n;
    const amount = smallest < advance ? smallest : advance;
    const change = rest - amount;
    for (let at = superiors[domain]!; at >= 0; at = superiors[at]!) amounts[at]! += change;
    amounts[domain] = amount;
    if (dry[domain] !== 0) wet(chain, domain);
    sum += amount;
  }
  return sum;
}

function wet({ superiors, dry }: Chain<unknown>, domain: number): void {
  for (let at = domain; at >= 0 && dry[at] !== 0; at = superiors[at]!) dry[at] = 0;
}
