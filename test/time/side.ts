// A kernel beside the model of time: its handles, and what it said.

import {
  bursts,
  createKernel,
  type Domain,
  type DomainOptions,
  type Kernel,
  type KernelOptions,
  type Meter,
  type Partition,
  type ScheduleOptions,
} from "../../src/index.js";
import type { Refills, TaskPlan, TimePlan } from "./parts.js";
import type { BurstPlan } from "./program.js";

/** Nodes besides the prime meter's. */
export const CAPACITY = 40;

/** How a kernel differs from others in what must not be seen. */
export interface Variant {
  readonly options?: KernelOptions;
  /** The lengths of its steps, over and over; none: as long as they can be. */
  readonly cuts?: readonly number[];
}

export class TimeSide {
  readonly kernel: Kernel;
  readonly meters: Meter[];
  readonly domains: Domain[] = [];
  readonly partitions: Partition[];
  readonly trace: string[] = [];
  readonly #cuts: readonly number[];
  #cut = 0;

  constructor(
    readonly name: string,
    plan: TimePlan,
    { options = {}, cuts = [] }: Variant,
  ) {
    const base = { nodes: CAPACITY + 2, frames: 8, trace: true };
    this.kernel = createKernel({ ...base, ...optionsOf(plan), ...options });
    this.#cuts = cuts;
    const { kernel } = this;
    this.meters = [kernel.primeMeter];
    this.partitions = plan.partitions ? [kernel.systemPartition] : [];
    kernel.on("slice", (e) => this.#say(e.time, "slice", e.domain.name, `${e.cycles}`));
    kernel.on("wait", (e) => this.#say(e.time, "wait", e.domain.name));
    kernel.on("end", (e) => this.#say(e.time, "end", e.domain.name));
    kernel.on("park", (e) => this.#say(e.time, "park", e.domain.name, e.meter!.name));
    kernel.on("bankruptcy", (e) => this.#say(e.time, "bankruptcy", `${e.partition.index}`));
    kernel.on("clock", (e) => {
      this.#say(e.time, "clock", e.fault === "jump" ? "jumped" : e.fault);
    });
  }

  #say(time: bigint, what: string, name: string, more = ""): void {
    this.trace.push(`${time} ${what} ${name} ${more}`);
  }

  run(cycles: number): string {
    const until = this.kernel.time + BigInt(cycles);
    while (true) {
      const left = until > this.kernel.time ? until - this.kernel.time : 0n;
      const cut = this.#nextCut();
      const isCut = cut < left;
      const { reason } = this.kernel.step({ cycles: isCut ? cut : left });
      if (reason === "ran" || (reason === "limit" && isCut)) continue;
      return reason;
    }
  }

  #nextCut(): bigint {
    if (this.#cuts.length === 0) return 1n << 60n;
    return BigInt(this.#cuts[this.#cut++ % this.#cuts.length]!);
  }

  createMeter(name: string, superior: Meter, cycles: bigint, refills: Refills | null): void {
    let times = refills?.times ?? 0;
    const keeper = ({ meter, domain, time }: { meter: Meter; domain: Domain; time: bigint }) => {
      this.#say(time, "keeper", domain.name, meter.name);
      if (times-- <= 0) return "decline" as const;
      meter.add(refills!.amount);
      return undefined;
    };
    const options = { name, superior, cycles };
    this.meters.push(this.kernel.createMeter(refills ? { ...options, keeper } : options));
  }

  createDomain(name: string, meter: Meter, plan: BurstPlan, task: TaskPlan): void {
    const options: DomainOptions = { name, meter, program: programOf(plan) };
    this.domains.push(this.kernel.createDomain({ ...options, ...this.scheduling(task) }));
  }

  /** A count of the kernel's own, to the cycle. */
  partition64(index: number, offset: number): bigint {
    const { view, timeBlock } = this.kernel.core;
    return view.u64(timeBlock!.partition(index, offset));
  }

  scheduling(task: TaskPlan): ScheduleOptions {
    const partition = this.partitions[task.partition];
    if (!partition) return {};
    return {
      partition,
      priority: task.priority,
      policy: task.isFifo ? ("fifo" as const) : ("rr" as const),
      critical: task.isCritical,
    };
  }
}

export function programOf({ run, wait, every, phase, times }: BurstPlan) {
  const waits = every > 0 ? { every, phase } : { wait };
  return bursts({ run, ...waits, ...(times > 0 ? { times } : {}) });
}

function optionsOf({ by, tick, clock, points, quantum, advance, partitions }: TimePlan) {
  const reads = by === "tick" ? {} : { clock, points };
  return {
    quantum,
    ...(advance === null ? {} : { advance }),
    billing: { by, tick, ...reads },
    ...(partitions && {
      partitions: {
        window: partitions.slots * tick,
        freeTime: partitions.freeTime,
        bankruptcy: partitions.bankruptcy,
      },
    }),
  };
}
