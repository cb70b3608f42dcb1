// Measuring long runs side by side, during which the event loop goes on and other threads work: each round
// runs every one once, in changing order, between two looks whether two processors are free (room.ts).
// Besides the time that a run took this gives the time that all threads had a CPU: where others are at
// work, too, they disturb that less.

import type { Size } from "./bench.js";
import type { Grove } from "./grove.js";
import { type Candidate, type Checksum, Sample } from "./measure.js";
import { freeRounds, roomCandidates, type Samples } from "./room.js";

/** Something to be timed once in a round. */
export interface LongRun {
  readonly name: string;
  /** What one run does: the figures are time per operation. */
  readonly operations: number;
  run(): Promise<unknown>;
  /** What the run came to: is to be `expected`. Neither this nor `prepare` is timed. */
  checksum(): Checksum;
  readonly expected: Checksum;
  prepare?(): void;
}

export interface Rounds extends Samples {
  /** CPU time of all threads, in all rounds. */
  cpu(name: string): Sample;
}

/** Slices of each domain in a look for room: these take as long as a run may be disturbed. */
const ROOM_LAPS = 512;
const SMALL_LAPS = 32;
const LOOKS = ["before", "after"];

/** In nanoseconds per operation. The first round is dropped. @throws {Error} where a checksum is wrong. */
export async function measureLong(
  runs: readonly LongRun[],
  grove: Grove,
  size: Size,
): Promise<Rounds> {
  const laps = size.small ? SMALL_LAPS : ROOM_LAPS;
  const [before, after] = LOOKS.map((name) => roomCandidates(grove, laps, name));
  const times = new Map<string, number[]>();
  const cpus = new Map<string, number[]>();
  for (let round = 0; round <= size.rounds; round++) {
    const shift = round % runs.length;
    const results = before!.map(look);
    for (const each of [...runs.slice(shift), ...runs.slice(0, shift)]) {
      results.push(await time(each));
    }
    results.push(...after!.map(look));
    if (round === 0) continue;
    for (const { name, nanoseconds, cpu } of results) {
      times.set(name, [...(times.get(name) ?? []), nanoseconds]);
      cpus.set(name, [...(cpus.get(name) ?? []), cpu]);
    }
  }
  const samples = new Map([...times].map(([name, rounds]) => [name, new Sample(rounds)]));
  return { ...freeRounds(samples, LOOKS), cpu: (name) => new Sample(cpus.get(name)!) };
}

interface Result {
  readonly name: string;
  readonly nanoseconds: number;
  readonly cpu: number;
}

async function time(each: LongRun): Promise<Result> {
  const { name, operations } = each;
  each.prepare?.();
  const used = process.cpuUsage();
  const start = performance.now();
  await each.run();
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  mustBe(name, each.checksum(), each.expected);
  const nanoseconds = (milliseconds * 1e6) / operations;
  return { name, nanoseconds, cpu: ((user + system) * 1e3) / operations };
}

function look(candidate: Candidate): Result {
  const { name, operations, expected } = candidate;
  candidate.prepare?.();
  const outcome = candidate.run();
  if (typeof outcome !== "object") throw new Error(`${name}: does not time itself`);
  mustBe(name, outcome.checksum, expected);
  return { name, nanoseconds: (outcome.milliseconds * 1e6) / operations, cpu: 0 };
}

function mustBe(name: string, checksum: Checksum, expected: Checksum): void {
  if (checksum !== expected) throw new Error(`${name}: checksum ${checksum}, expected ${expected}`);
}
