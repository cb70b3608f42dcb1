// Amounts that are shared without a rest.

/**
 * Shares an amount in proportion to weights, which are above 0: each gets its whole part, and what is left goes one by
 * one to those with the largest remainders, of equal ones to the first. The parts' sum is the amount. Nobody gets
 * anything without weights.
 */
export function shareOut<Who>(
  amount: bigint,
  weights: ReadonlyMap<Who, number>,
): readonly (readonly [Who, bigint])[] {
  if (weights.size <= 1) return [...weights.keys()].map((who) => [who, amount]);
  let whole = 0n;
  for (const weight of weights.values()) whole += BigInt(weight);
  let left = amount;
  const parts = [...weights].map(([who, weight]) => {
    const product = amount * BigInt(weight);
    const part = product / whole;
    left -= part;
    return { who, part, rest: product % whole };
  });
  const lucky = parts.toSorted((a, b) => (a.rest > b.rest ? -1 : a.rest < b.rest ? 1 : 0));
  for (const one of lucky.slice(0, Number(left))) one.part += 1n;
  return parts.map(({ who, part }) => [who, part]);
}

/** Adds to what somebody has. */
export function addTo<Who>(sums: Map<Who, bigint>, who: Who, amount: bigint): void {
  sums.set(who, (sums.get(who) ?? 0n) + amount);
}
