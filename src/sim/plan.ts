// What a simulated domain runs: bursts, drawn by the kernel from a seed, so that the model knows
// how many cycles they come to.

import { PROGRAM_BURSTS } from "../../assembly/layout.js";
import { Random } from "./random.js";

export interface Plan {
  readonly kind: number;
  readonly runMin: number;
  readonly runSpan: number;
  readonly waitMin: number;
  readonly waitSpan: number;
  /** Bursts until the end; 0 is for ever. */
  readonly times: number;
  readonly seed: number;
  /** Cycles until the end. */
  readonly total: number;
  readonly words: string;
}

export function planOf(number: number, quantum: number): Plan {
  const random = new Random(number);
  const longest = random.pick([1, quantum, 3 * quantum, 40 * quantum]);
  const runMin = random.between(1, longest);
  const runSpan = random.once(3) ? 0 : random.below(longest + 1);
  const waits = random.once(3);
  const waitMin = waits ? random.below(10 * quantum) : 0;
  const waitSpan = waits && random.once(2) ? random.below(10 * quantum) : 0;
  const times = random.once(3) ? random.between(1, 12) : 0;
  const seed = random.next();
  const plan = { kind: PROGRAM_BURSTS, runMin, runSpan, waitMin, waitSpan, times, seed };
  const wait = waitMin + waitSpan > 0 ? `, waits ${waitMin} to ${waitMin + waitSpan}` : "";
  const words = `runs ${runMin} to ${runMin + runSpan}${wait}, ${times || "∞"} times`;
  return { ...plan, total: totalOf(plan), words };
}

/** Draws as the kernel will: the length of a burst, after each but the last that of a wait. */
function totalOf(plan: Omit<Plan, "total" | "words">): number {
  const { runMin, runSpan, waitMin, waitSpan, times } = plan;
  if (times === 0) return Number.POSITIVE_INFINITY;
  let x = plan.seed || 1;
  const draw = (least: number, span: number) => {
    if (span === 0) return least;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return least + ((x >>> 0) % (span + 1));
  };
  let total = draw(runMin, runSpan);
  for (let burst = 1; burst < times; burst++) {
    if (waitMin + waitSpan > 0) draw(waitMin, waitSpan);
    total += draw(runMin, runSpan);
  }
  return total;
}
