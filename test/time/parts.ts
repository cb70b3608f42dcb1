// What the model of time is made of: meters with a counter each, partitions, domains, and the options.

import type { ClockPlan } from "./clock.js";
import { type BurstPlan, Program } from "./program.js";

export type Point = "start" | "stop" | "message" | "preempt" | "wake" | "tick" | "decide" | "spent";

export interface TimePlan {
  readonly by: "microbill" | "tick";
  readonly tick: number;
  readonly clock: ClockPlan;
  readonly points: readonly Point[];
  readonly quantum: number;
  /** Cycles that a refill asks for; null: every cycle is taken from the chain when it is billed. */
  readonly advance: bigint | null;
  readonly partitions: {
    /** Ticks of the window. */
    readonly slots: number;
    readonly freeTime: "priority" | "ratio";
    readonly bankruptcy: "default" | "cancel" | "notify" | "stop";
  } | null;
}

/** How often in a row a domain that got no cycles asks a keeper. */
export const LAPS = 3;

/** What a host keeper does: it adds so many cycles, so often, and declines then. */
export interface Refills {
  readonly amount: bigint;
  readonly times: number;
}

export class ModelMeter {
  granted: bigint;
  consumed = 0n;
  calls = 0;
  /** How often its keeper still refills it. */
  refills: number;
  /** Domains that wait until it is raised. */
  parked: ModelDomain[] = [];

  constructor(
    readonly name: string,
    public counter: bigint,
    readonly superior: ModelMeter | null,
    readonly keeper: Refills | null,
  ) {
    this.granted = counter;
    this.refills = keeper?.times ?? 0;
  }

  /** It and every meter above, the nearest first. */
  get chain(): readonly ModelMeter[] {
    return this.superior ? [this, ...this.superior.chain] : [this];
  }
}

export class ModelPartition {
  isBankrupt = false;
  bankruptcies = 0;

  constructor(
    readonly index: number,
    readonly parent: ModelPartition | null,
    /** In 1/100 %; a maximum of 0 is none. */
    public budget: number,
    public max: number,
    public critical: bigint,
  ) {}
}

export interface TaskPlan {
  readonly partition: number;
  readonly priority: number;
  readonly isFifo: boolean;
  readonly isCritical: boolean;
}

type State = "stopped" | "ready" | "waiting" | "parked" | "ended";

export class ModelDomain {
  readonly program: Program;
  state: State = "stopped";
  /** Cycles that the processor has spent for it; that it paid; that it could not pay yet. */
  ran = 0n;
  consumed = 0n;
  owed = 0n;
  /** What it has borrowed from its chain, and not paid with. */
  cache = 0n;
  laps = 0;
  wake: { at: bigint; sequence: number } | null = null;
  /** What is left of its slice; 0: a whole one. */
  slice = 0;

  constructor(
    readonly name: string,
    readonly meter: ModelMeter,
    plan: BurstPlan,
    seed: number,
    public task: TaskPlan,
  ) {
    this.program = new Program(plan, seed);
  }

  /** What it can pay of its debts, from its cache or from every meter above. */
  available(isCached: boolean): bigint {
    if (isCached) return this.cache;
    return this.meter.chain.reduce(
      (least, { counter }) => (counter < least ? counter : least),
      this.meter.counter,
    );
  }

  /** Its cache becomes as much as it asks for, or as there is; what it has is given back before. */
  borrow(advance: bigint): void {
    const { chain } = this.meter;
    for (const meter of chain) meter.counter += this.cache;
    this.cache = chain.reduce((least, { counter }) => (counter < least ? counter : least), advance);
    for (const meter of chain) meter.counter -= this.cache;
  }

  payOwed(isCached: boolean): void {
    const available = this.available(isCached);
    const paid = this.owed < available ? this.owed : available;
    this.owed -= paid;
    this.consumed += paid;
    for (const meter of this.meter.chain) {
      meter.consumed += paid;
      if (!isCached) meter.counter -= paid;
    }
    if (isCached) this.cache -= paid;
  }
}

/** Who sleep, in the order in which they wake. */
export function sleepersOf(domains: readonly ModelDomain[]): ModelDomain[] {
  const asleep = domains.filter((domain) => domain.wake);
  return asleep.sort(
    (a, b) => Number(a.wake!.at - b.wake!.at) || a.wake!.sequence - b.wake!.sequence,
  );
}
