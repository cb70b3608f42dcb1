// What costs are measured with: domains at the bottom of a tree of meters, switched in one way only.

import type { BillingOptions } from "../billing.js";
import { createKernel, type Kernel } from "../kernel.js";
import { guestProgram } from "../locks/guest.js";
import type { Meter } from "../meter.js";
import { bursts } from "../program.js";
import { TICK } from "./way.js";
import { around } from "./workload.js";

export type Load =
  /** Each domain runs a burst, then waits until it is woken. */
  | "blocking"
  /** All would run for ever, and are switched at the ends of their slices. */
  | "slices"
  /** Two programs of the target CPU call and answer each other, and do nothing else. */
  | "messages";

export interface LoadOptions {
  readonly load: Load;
  /** Switches a tick; messages are as many as they are, about 1,000. */
  readonly rate: number;
  /** Without it, cycles are counted. */
  readonly billing?: BillingOptions;
  /** Every slice borrows what it runs from all meters above. */
  readonly wholeChain?: boolean;
}

/** Meters above a domain, the prime meter among them. */
export const DEPTH = 8;
const DOMAINS = 16;
const MEMORY = 192 << 10;
const MOST_QUANTUM = 1_000_000;
const ENDLESS = 4_000_000_000;
/** Cycles of a call and an answer, with which chains are charged for each. */
const MESSAGE = 15;

export function openLoad({ load, rate, billing, wholeChain }: LoadOptions): Kernel {
  const length = load === "messages" ? MESSAGE : Math.max(1, Math.round(TICK / rate));
  const kernel = createKernel({
    ...{ nodes: 64, frames: 768 },
    quantum: load === "slices" ? length : MOST_QUANTUM,
    ...(wholeChain && { advance: BigInt(length) }),
    ...(billing && { billing }),
  });
  let meter: Meter = kernel.primeMeter;
  for (let level = 1; level < DEPTH; level++) meter = kernel.createMeter({ superior: meter });
  if (load === "messages") talk(kernel, meter);
  else {
    // Of those that block about half wait at any time: the processor is always busy. Lengths differ, or who
    // wakes would always do so when another stops.
    const run = load === "blocking" ? around(length) : ENDLESS;
    const wait = load === "blocking" ? around((length * DOMAINS) / 2) : 0;
    for (let number = 0; number < DOMAINS; number++) {
      kernel.createDomain({ meter, program: bursts({ run, wait }) }).start();
    }
  }
  return kernel;
}

function talk(kernel: Kernel, meter: Meter): void {
  const program = guestProgram("talk");
  const domain = (word: string) =>
    kernel.createDomain({ meter, program, args: [word], memory: MEMORY });
  const [asks, answers] = [domain("ask"), domain("answer")];
  asks.keys.set(0, answers.startKey());
  answers.start();
  asks.start();
}
