// Whether two processors were free: seen by slices that borrow nothing, which two bill twice as fast as one
// then. Rounds in which they were not say nothing about what two processors gain.

import type { Figure } from "./bench.js";
import type { Grove, Plan, Way } from "./grove.js";
import { type Candidate, Sample } from "./measure.js";

/** Where both are free and share nothing, two processors are so much faster than one. */
const FREE = 1.8;
/** Where they seem to gain more, the one was not free. */
const MOST = 2.2;
/** Rounds of that kind which make a figure. */
const LEAST = 3;
const WAY: Way = "ahead";

export interface Samples {
  of(name: string): Sample;
  /** What two processors gain where nothing is shared. */
  readonly room: Figure;
  readonly isFree: boolean;
}

/** A plan with caches that last. */
export function roomPlan(laps: number): Plan {
  return { domains: 10_000, depth: 8, shared: 6, advance: 2 ** 17, laps };
}

/** By one processor and by two; to be measured among the others, under a name of its own. */
export function roomCandidates(grove: Grove, laps: number, name = "room"): Candidate[] {
  return [1, 2].map((by) => grove.candidate(`${name} ${by}`, roomPlan(laps), WAY, by));
}

function isFreeAt(gain: number): boolean {
  return gain > FREE && gain < MOST;
}

/** Drops the rounds in which two processors were not free all the time, unless they hardly ever were. */
export function freeRounds(samples: ReadonlyMap<string, Sample>, names = ["room"]): Samples {
  const gains = names.map(
    (name) => samples.get(`${name} 1`)!.over(samples.get(`${name} 2`)!).rounds,
  );
  const isRound = gains[0]!.map((_, round) => gains.every((gain) => isFreeAt(gain[round]!)));
  const isFree = isRound.filter(Boolean).length >= Math.min(LEAST, isRound.length);
  const of = (name: string) => {
    const { rounds } = samples.get(name)!;
    return new Sample(rounds.filter((_, round) => !isFree || isRound[round]));
  };
  const [first] = names;
  const about = { name: "no borrowing", parameters: { by: 2 }, factor: true };
  const yardstick = { name: "by one", sample: of(`${first} 1`) };
  return { of, isFree, room: of(`${first} 2`).figure({ ...about, yardstick }) };
}
