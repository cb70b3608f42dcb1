// What is billed: domains that block many times a tick or seldom, two that send each other messages, and one
// that dodges the ticks: it begins after one, and is done before the next.

import type { BillingOptions } from "../billing.js";
import type { Domain } from "../domain.js";
import { createKernel, type Kernel } from "../kernel.js";
import { clockKey } from "../key.js";
import { guestProgram } from "../locks/guest.js";
import { bursts } from "../program.js";
import { TICK } from "./way.js";

export interface WorkloadOptions {
  /** Switches a tick, about. */
  readonly rate: number;
  readonly billing: BillingOptions;
  readonly seed: number;
  /** Without it, it does; else the dodger runs at ticks. */
  readonly dodges?: boolean;
}

export interface Workload {
  readonly kernel: Kernel;
  readonly domains: readonly Domain[];
  readonly dodger: Domain;
}

const MEMORY = 192 << 10;
/** Of the averaging window: 100 ms, whichever tick there is. */
const WINDOW = 1_600_000;
const MOST_QUANTUM = 1_000_000;

/** The dodger begins an eighth of a tick after one, and runs for a quarter of a tick. */
const DODGE = { phase: TICK / 8, least: (3 * TICK) / 16, most: (5 * TICK) / 16, mean: TICK / 4 };
/** It has two switches in so many ticks, at most half of all. */
const SWITCHES_OF_DODGE = 2;

/**
 * Those that block: the mean lengths of their bursts against each other, and what they want of the processor. With
 * the others that is less than all of it: it idles now and then. Who has short bursts waits for others often.
 */
const TALKERS = [
  { part: 0.5, wants: 0.32 },
  { part: 1, wants: 0.2 },
  { part: 1.5, wants: 0.17 },
];
/** What is used of the processor, but for the dodger: found by trying, to come near the rate. */
const USED = 0.8;

/** Two that talk: messages until the one who asks sleeps, and the cycles that a message takes without work. */
const CALLS = 8;
const PAIR_WANTS = 0.3;
const CALL = 15;

export function openWorkload(options: WorkloadOptions): Workload {
  const { rate, billing, seed, dodges = true } = options;
  // An odd number of ticks: not in step with other clocks.
  const every = rate < 2 * SWITCHES_OF_DODGE ? Math.ceil((2 * SWITCHES_OF_DODGE) / rate) | 1 : 1;
  const dodged = DODGE.mean / (every * TICK);
  const length = ((USED - dodged) * TICK) / (rate - SWITCHES_OF_DODGE / every);
  const kernel = createKernel({
    ...{ nodes: 64, frames: 768, billing, partitions: { window: WINDOW } },
    quantum: Math.round(Math.min(MOST_QUANTUM, Math.max(16, 8 * length))),
  });
  const meter = kernel.createMeter({ name: "all", superior: kernel.primeMeter });
  const dodger = kernel.createDomain({
    ...{ name: "dodger", meter, priority: 20 },
    program: bursts({
      ...{ run: [DODGE.least, DODGE.most], seed },
      ...{ every: every * TICK, phase: dodges ? DODGE.phase : TICK - DODGE.phase },
    }),
  });
  const talkers = TALKERS.map(({ part, wants }, number) =>
    kernel.createDomain({
      ...{ name: `blocks ${number + 1}`, meter, policy: "fifo" as const },
      program: bursts({
        run: around(part * length),
        wait: around((part * length * (1 - wants)) / wants),
        seed: seed + number + 1,
      }),
    }),
  );
  const domains = [dodger, ...talkers, ...pair()];
  for (const domain of domains) domain.start();
  return { kernel, domains, dodger };

  function pair(): Domain[] {
    const program = guestProgram("talk");
    const work = Math.max(0, Math.round((length - CALL) / 2));
    const talk = 2 * CALLS * Math.max(length, CALL);
    const pause = Math.round((talk * (1 - PAIR_WANTS)) / PAIR_WANTS);
    const [asks, answers] = [
      ["ask", String(work), String(CALLS), String(pause)],
      ["answer", String(work)],
    ].map((args) =>
      kernel.createDomain({ name: `${args[0]}s`, meter, program, args, memory: MEMORY }),
    ) as [Domain, Domain];
    asks.keys.set(SLOT.partner, answers.startKey());
    asks.keys.set(SLOT.clock, clockKey);
    asks.keys.set(SLOT.wait, kernel.createWait("pause").key);
    return [answers, asks];
  }
}

/** By the customs of guests/include/primemeter.h. */
const SLOT = { partner: 0, clock: 2, wait: 5 };

/** From half of a length to one and a half. */
export function around(length: number): [number, number] {
  const least = Math.max(1, Math.round(length / 2));
  return [least, Math.max(least, Math.round(1.5 * length))];
}
