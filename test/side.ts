// One of the kernels that stand beside the model: its handles, and what it said.

import {
  createKernel,
  type Domain,
  type Keeper,
  type KeeperMessage,
  type Kernel,
  type KernelOptions,
  type Meter,
} from "../src/index.js";
import type { Policy } from "./model-parts.js";

/** Nodes besides the prime meter's. */
export const CAPACITY = 47;

export class Side {
  readonly kernel: Kernel;
  readonly meters: Meter[];
  readonly domains: Domain[] = [];
  /** What the model must say too. */
  readonly trace: string[] = [];
  /** Refills as well. */
  readonly everything: string[] = [];
  readonly pending: KeeperMessage[] = [];

  constructor(
    readonly name: string,
    options: KernelOptions,
  ) {
    this.kernel = createKernel({ nodes: CAPACITY + 2, frames: 8, trace: true, ...options });
    this.meters = [this.kernel.primeMeter];
    const { kernel } = this;
    kernel.on("slice", (e) => this.#say(e.time, "slice", e.domain, `${e.cycles}`));
    kernel.on("wait", (e) => this.#say(e.time, "wait", e.domain, `${e.cycles}`));
    kernel.on("end", (e) => this.#say(e.time, "end", e.domain));
    kernel.on("trap", (e) => this.#say(e.time, "trap", e.domain, e.code.toString(16)));
    kernel.on("park", (e) => this.#say(e.time, "park", e.domain, e.meter!.name));
    // What became of its domain is compared.
    kernel.on("keeperError", () => {});
    kernel.on("refill", (e) => this.everything.push(`${e.time} ${e.domain.name} ${e.cycles}`));
  }

  #say(time: bigint, what: string, domain: Domain, more = ""): void {
    const line = `${time} ${what} ${domain.name} ${more}`;
    this.trace.push(line);
    this.everything.push(line);
  }

  run(cycles: number): string {
    const until = this.kernel.time + BigInt(cycles);
    while (true) {
      const { reason } = this.kernel.step({ cycles: Number(until - this.kernel.time) });
      if (reason !== "ran") return reason;
    }
  }

  keeper(policy: Policy | null): Keeper | null {
    if (!policy) return null;
    let times = policy.kind === "refill" ? policy.times : 0;
    return (message) => {
      const { meter, domain, time } = message;
      this.#say(time, "keeper", domain, meter.name);
      switch (policy.kind) {
        case "nothing":
          return;
        case "decline":
          return "decline";
        case "throw":
          throw new Error("as planned");
        case "rescind":
          meter.rescind();
          return;
        case "leave":
          domain.setMeter(this.kernel.primeMeter);
          return;
        case "later":
          this.pending.push(message);
          return new Promise(() => {});
        case "contrary":
          meter.add(policy.amount);
          return "decline";
        case "refill":
          if (times-- <= 0) return "decline";
          meter.add(policy.amount);
      }
    };
  }
}
