// A short trace in words.

import type { SimFailure } from "./failure.js";
import type { Settings } from "./settings.js";
import type { Sim } from "./sim.js";
import { type Choice, KERNEL } from "./world.js";

/** What happens in a world, line by line, up to its failure. */
export function story(sim: Sim, seed: number, choices: readonly Choice[]): string[] {
  const lines: string[] = [];
  const failure = sim.replay(seed, choices, (who, words) => {
    lines.push(`${nameOf(who).padEnd(12)} ${words}`);
  });
  if (failure) lines.push(`${"model".padEnd(12)} ${verdict(failure)}`);
  return lines;
}

export function verdict({ kind, where, found, expected }: SimFailure): string {
  return `${kind}: ${where}: found ${found}; expected ${expected}`;
}

function nameOf(who: number): string {
  if (who === KERNEL) return "  →";
  return who === 0 ? "host" : `processor ${who}`;
}

/** The settings of a world, as far as they are not those of all. */
export function settingsWords(settings: Settings): string {
  const { nodes, quantum, advance, tapered, ignoreDry, traced, mortal } = settings;
  const flags = Object.entries({ tapered, ignoreDry, traced, mortal });
  const set = flags.filter(([, value]) => value).map(([name]) => name);
  return [`nodes ${nodes - 1}`, `quantum ${quantum}`, `advance ${advance}`, ...set].join(", ");
}
