// From a world that failed to a short trace in words.

import { counted } from "../scenario/number.js";
import { instanceOf } from "./build.js";
import type { FailureKind, SimFailure } from "./failure.js";
import { shrink, simplify } from "./shrink.js";
import { type Failure, Sim, type SimOptions } from "./sim.js";
import { type Choice, KERNEL, LOCKED } from "./world.js";

const TRIES = 8000;
/** Choices that are told as they are, without a look for fewer. */
const FEW = 25;
/** Small worlds that are looked at for that, and their choices. */
const WORLDS = 4000;
const LONGEST = 150;
/** Lines at the end of a long story that are told, and at its beginning for each choice. */
const END = 50;

export interface Explanation {
  readonly choices: readonly Choice[];
  readonly lines: readonly string[];
}

/**
 * Shrinks the choices of a world to few that fail in the same way. In the build with assertions,
 * whichever it failed in: that one stops where a fault is done, the other where it shows, and may
 * run on in a store that is no store.
 */
export function explain({ seed, choices, failure }: Failure, options: SimOptions): Explanation {
  const sim = new Sim(instanceOf(options.processors, true), options);
  const { kind } = sim.replay(seed, choices) ?? failure;
  const fails = (some: readonly Choice[]) => areAlike(sim.replay(seed, some)?.kind, kind);
  const few = shrink(choices, fails, TRIES);
  const fewer = few.length > FEW ? (small(sim, seed, few.length, fails) ?? few) : few;
  const shortest = shrink(simplify(fewer, simpler, fails), fails, TRIES);
  return { choices: shortest, lines: story(sim, seed, shortest) };
}

/** Wrong accounts are found by whoever looks first: the model, the checker, the kernel itself. */
const ACCOUNTS: ReadonlySet<unknown> = new Set(["slice", "counter", "checker", "panic"]);

function areAlike(one: FailureKind | undefined, other: FailureKind): boolean {
  return one === other || (ACCOUNTS.has(one) && ACCOUNTS.has(other));
}

/**
 * The choices of a small world of the same settings that fails so, too. To leave a step out of a schedule
 * moves all that come after: what is left may fail for no choice less, and still be long.
 */
function small(
  sim: Sim,
  seed: number,
  length: number,
  fails: (some: readonly Choice[]) => boolean,
): Choice[] | undefined {
  let shortest: Choice[] | undefined;
  let most = Math.min(length, LONGEST);
  for (let number = 0; number < WORLDS; number++) {
    const choices = sim.smallWorld(seed, number, most);
    if (!choices || !fails(choices)) continue;
    const found = shrink(choices, fails, WORLDS);
    if (found.length >= most) continue;
    shortest = found;
    most = found.length;
    if (most <= FEW) break;
  }
  return shortest;
}

/** The same act on the first that there is, or for the least amount. */
function simpler(choice: Choice): Choice[] {
  if (typeof choice === "number") return [];
  const { a, b, c } = choice;
  const tries = [a && { ...choice, a: 0 }, b && { ...choice, b: 0 }, c && { ...choice, c: 0 }];
  return tries.filter((act) => act !== 0);
}

/**
 * What happens in a world, line by line, up to its failure. Whoever finds the lock held changes
 * nothing, and of a long end only the last lines tell something.
 */
function story(sim: Sim, seed: number, choices: readonly Choice[]): string[] {
  const lines: string[] = [];
  const failure = sim.replay(seed, choices, (who, words) => {
    if (words !== LOCKED) lines.push(`${nameOf(who).padEnd(12)} ${words}`);
  });
  const over = lines.length - choices.length - END;
  if (over > 0) lines.splice(choices.length, over, `… ${counted(over, "line")}`);
  if (failure) lines.push(`${"✗".padEnd(12)} ${verdict(failure)}`);
  return lines;
}

export function verdict({ kind, where, found, expected }: SimFailure): string {
  return `${kind}: ${where}: found ${found}; expected ${expected}`;
}

function nameOf(who: number): string {
  if (who === KERNEL) return "  →";
  return who === 0 ? "host" : `processor ${who}`;
}
