// What a domain can run: an ELF program on the target CPU, or bursts inside the kernel.

import type { ElfProgram } from "./elf.js";
import { OptionError } from "./errors.js";
import { checkNames, show, u32, whole } from "./options.js";

export type Program = ElfProgram | BurstsProgram;

/** A synthetic program: it runs, waits, runs …; all lengths in cycles. */
export interface BurstsProgram {
  readonly kind: "bursts";
  readonly runMin: number;
  readonly runSpan: number;
  readonly waitMin: number;
  readonly waitSpan: number;
  /** Each burst begins at a multiple of this, and `phase` cycles; 0: after a drawn wait. */
  readonly every: number;
  readonly phase: number;
  /** Bursts until it ends; 0 is for ever. */
  readonly times: number;
  readonly seed: number;
}

/**
 * A program of bursts: `run` cycles (at least 1), then `wait` cycles (0: it goes on at once), `times`
 * times or for ever. A pair draws each length evenly from min to max, from `seed` and the number of
 * the domain, so that domains of one program differ.
 *
 * In place of `wait`: with `every`, it waits after each burst until the clock is at the next multiple of so many cycles,
 * and `phase` cycles, fewer than `every`, more. @throws {OptionError}
 */
export function bursts(o: {
  run: number | readonly [number, number];
  wait?: number | readonly [number, number];
  every?: number;
  phase?: number;
  times?: number;
  seed?: number;
}): BurstsProgram {
  checkNames("bursts", o, ["run", "wait", "every", "phase", "times", "seed"]);
  const [runMin, runMax] = range("run", o.run, 1);
  const [waitMin, waitMax] = range("wait", o.wait ?? 0, 0);
  const { every, phase } = periodOf(o);
  const program: BurstsProgram = Object.freeze({
    kind: "bursts",
    runMin,
    runSpan: runMax - runMin,
    waitMin,
    waitSpan: waitMax - waitMin,
    ...{ every, phase },
    times: o.times === undefined ? 0 : u32("bursts: times", o.times, 1),
    seed: u32("bursts: seed", o.seed ?? 1),
  });
  checked.add(program);
  return program;
}

/** Programs that were checked here: a burst of no cycles, say, would run for ever in none. */
const checked = new WeakSet<object>();

export function isBurstsProgram(value: unknown): value is BurstsProgram {
  return typeof value === "object" && value !== null && checked.has(value);
}

/** every 0: it is not periodic. */
function periodOf(o: { wait?: unknown; every?: number; phase?: number }) {
  if (o.every === undefined) {
    if (o.phase === undefined) return { every: 0, phase: 0 };
    throw new OptionError("bursts: phase: it needs `every`, the period that it is a part of");
  }
  if (o.wait !== undefined) {
    throw new OptionError("bursts: wait: found it beside `every`, expected one of both");
  }
  const every = u32("bursts: every", o.every, 1);
  return { every, phase: whole("bursts: phase", o.phase ?? 0, 0, every - 1) };
}

function range(
  name: string,
  value: number | readonly [number, number],
  min: number,
): readonly [number, number] {
  if (typeof value === "number") {
    u32(`bursts: ${name}`, value, min);
    return [value, value];
  }
  if (!Array.isArray(value) || value.length !== 2) {
    throw new OptionError(`bursts: ${name}: found ${show(value)}, expected cycles or [min, max]`);
  }
  const [low, high] = value as [number, number];
  u32(`bursts: ${name}[0]`, low, min);
  u32(`bursts: ${name}[1]`, high, low);
  return [low, high];
}

/** Where the domain of that number, from 1, begins its draws. */
export function seedOf(program: BurstsProgram, number: number): number {
  const mixed = Math.imul(program.seed ^ Math.imul(number, 0x9e3779b9), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
