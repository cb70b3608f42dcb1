// All calls of the kernel that the host makes.

import { OK } from "../../assembly/codes.js";
import { type Call, Caller } from "./caller.js";
import { DomainCalls } from "./domain-calls.js";
import type { Judge } from "./judge.js";
import type { Machine } from "./machine.js";
import { MeterCalls } from "./meter-calls.js";
import type { Model } from "./model.js";
import { NodeCalls } from "./node-calls.js";

export class Calls {
  readonly nodes: NodeCalls;
  readonly meters: MeterCalls;
  readonly domains: DomainCalls;
  readonly kernel: KernelCalls;

  constructor(machine: Machine, model: Model, judge: Judge) {
    this.nodes = new NodeCalls(machine, model, judge);
    this.meters = new MeterCalls(machine, model, judge);
    this.domains = new DomainCalls(machine, model, judge);
    this.kernel = new KernelCalls(machine, model, judge);
  }

  /** Times at which one had to wait for a processor. */
  get waits(): number {
    return this.nodes.waits + this.meters.waits + this.domains.waits;
  }
}

/** Of all processors together. */
class KernelCalls extends Caller {
  /** Lets all processors run, for so many cycles at most. */
  go(cycles: number): Call {
    const words = Number.isFinite(cycles) ? `lets all run for ${cycles} cycles` : "lets all run";
    return this.call(
      () => words,
      () => {
        this.machine.go(cycles);
        return OK;
      },
      () => OK,
    );
  }

  halt(): Call {
    return this.call(
      () => "halts all",
      () => {
        this.machine.halt();
        return OK;
      },
      () => OK,
    );
  }
}
