// Figures that were measured in rounds, and what they have in common.

/** The middle of what rounds came to, and where its middle half lies. */
export interface Spread {
  readonly median: number;
  readonly p25: number;
  readonly p75: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    p25: quantile(sorted, 0.25),
    p75: quantile(sorted, 0.75),
  };
}

/** Between the nearest ones. */
function quantile(sorted: readonly number[], q: number): number {
  const place = q * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  if (below === undefined) throw new Error("billing: no rounds");
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
}

/** Something to be timed, over and over. */
export interface Candidate {
  readonly name: string;
  run(): void;
  /** How many operations it has done in its life. */
  operations(): number;
}

/** What each took for an operation, in nanoseconds, by round. */
export type Rounds = ReadonlyMap<string, readonly number[]>;

/** In a round a candidate is run again and again for so many milliseconds, and so often at least. */
const ROUND_MS = 3;
const LEAST_RUNS = 3;

/**
 * In each round each candidate comes once, in changing order, so that what disturbs a round disturbs all. What it
 * takes in a round is its shortest run, for the longer ones had to share the processor. A first round, in which V8
 * finds its optimised code, is dropped. Yields after each round.
 */
export function* measured(
  candidates: readonly Candidate[],
  count: number,
): Generator<number, Rounds> {
  const rounds = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round <= count; round++) {
    const shift = round % candidates.length;
    for (const candidate of [...candidates.slice(shift), ...candidates.slice(0, shift)]) {
      const nanoseconds = shortest(candidate);
      if (round > 0) rounds.get(candidate.name)!.push(nanoseconds);
    }
    yield round;
  }
  return rounds;
}

function shortest({ run, operations }: Candidate): number {
  const end = performance.now() + ROUND_MS;
  let least = Number.POSITIVE_INFINITY;
  let before = operations();
  for (let runs = 0; runs < LEAST_RUNS || performance.now() < end; runs++) {
    const start = performance.now();
    run();
    const milliseconds = performance.now() - start;
    const after = operations();
    least = Math.min(least, (milliseconds * 1e6) / (after - before));
    before = after;
  }
  return least;
}
