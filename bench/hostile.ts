// Instrumenting modules that are large in one respect: how much of each in a second. The goal is linear time, not
// a speed: a module of 14 MB in seconds, whatever it has so much of.

import { instrument } from "../src/instrument/index.js";
import { type Bench, type Figure, ratioAtMost } from "./bench.js";
import { Sample } from "./measure.js";
import { HOSTILE } from "./wasm/hostile.js";

const LARGE_BYTES = 14_000_000;
const SMALL_BYTES = 200_000;
/** How much smaller the module is that each is compared with. */
const PART = 8;
const LARGE_ROUNDS = 3;

export const bench: Bench = {
  name: "hostile",
  about: "instrumenting modules that are large in one respect, against an eighth of each",
  run: ({ small, rounds }) => {
    const bytes = small ? SMALL_BYTES : LARGE_BYTES;
    return HOSTILE.map((each) =>
      figureOf(each.name, each.make, bytes, small ? 1 : Math.min(rounds, LARGE_ROUNDS)),
    );
  },
};

/** Milliseconds for a megabyte, which are to be the same for the part. */
function figureOf(
  name: string,
  make: (bytes: number) => Uint8Array,
  bytes: number,
  rounds: number,
): Figure {
  const [whole, part] = [make(bytes), make(Math.round(bytes / PART))];
  const times = Array.from({ length: rounds }, () => [timed(whole), timed(part)] as const);
  const yardstick = { name: "an eighth", sample: new Sample(times.map(([, small]) => small)) };
  return new Sample(times.map(([large]) => large)).figure({
    ...{ name, parameters: { bytes: whole.length }, unit: "ms/MB", yardstick },
    goal: ratioAtMost(3),
  });
}

function timed(module: Uint8Array): number {
  const start = process.cpuUsage();
  instrument(module);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000 / (module.length / 1e6);
}
