// Who runs when, in the model of gates: one queue, served round robin, those who wait for a time, and the
// worrier, each as naively as can be: all of them are looked at for every cycle.

import {
  DK0,
  type GateDomain,
  type GateKey,
  type GateWait,
  type Message,
  message,
  present,
} from "./gate-parts.js";

/** Where in the queue whoever is made running goes. */
export type Where = "first" | "last";

export abstract class GateSchedule {
  time = 0n;
  idle = 0n;
  readonly domains: GateDomain[] = [];
  readonly waits: GateWait[] = [];
  protected queue: GateDomain[] = [];
  protected used = 0;
  #sequence = 0;
  /** Available domains with more stallers, and when the next of those is due. */
  protected worries: { domain: GateDomain; due: bigint }[] = [];

  constructor(readonly quantum: number) {}

  /** One cycle of a domain, or what it does without one, or what keeps it from having one. */
  protected abstract pass(domain: GateDomain): void;
  abstract answer(to: GateKey, answer: Message, where: Where): void;

  run(cycles: bigint): "limit" | "idle" {
    const until = this.time + cycles;
    for (let passes = 0n; ; passes++) {
      // A jump takes no time, but it comes after a cycle.
      if (passes > 1000n + 20n * cycles) throw new Error("the model makes no headway");
      this.#wake();
      const domain = this.queue[0];
      if (!domain) {
        const next = this.#waiters()[0];
        if (!next) return "idle";
        const wake = ceil(next.time);
        const to = wake < until ? wake : until;
        if (to > this.time) this.idle += to - this.time;
        if (to > this.time) this.time = to;
        if (wake >= until) return "limit";
      } else {
        if (this.time >= until) return "limit";
        this.pass(domain);
      }
    }
  }

  /** Those whose time has come, and stallers that nobody else sees to. */
  #wake(): void {
    for (const wait of this.#waiters()) {
      if (ceil(wait.time) > this.time) break;
      this.wakeWaiter(wait);
    }
    for (const worry of [...this.worries]) {
      if (worry.due <= this.time || this.queue.length === 0) this.#worryAbout(worry);
    }
  }

  #waiters(): GateWait[] {
    const waits = this.waits.filter((wait) => present(wait.waiter) !== DK0);
    return waits.sort((a, b) => Number(a.time - b.time) || a.sequence - b.sequence);
  }

  #worryAbout(worry: { domain: GateDomain; due: bigint }): void {
    this.worries = this.worries.filter((other) => other !== worry);
    const { domain } = worry;
    if (domain.state === "available") this.#release(domain);
  }

  protected endSlice(): void {
    if (this.used < this.quantum) return;
    this.#wake();
    this.used = 0;
    this.queue.push(...this.queue.splice(0, 1));
  }

  /** Takes messages from now on: the first who wanted in tries again, the worrier sees to the rest. */
  protected becomeAvailable(domain: GateDomain): void {
    domain.state = "available";
    this.#release(domain);
  }

  #release(domain: GateDomain): void {
    const first = domain.stallers.shift();
    if (first) this.enqueue(first);
    const isNoted = this.worries.some((worry) => worry.domain === domain);
    if (domain.stallers.length > 0 && !isNoted) {
      this.worries.push({ domain, due: this.time + BigInt(this.quantum) });
    }
  }

  enqueue(domain: GateDomain): void {
    domain.state = "ready";
    domain.stalledOn = null;
    this.queue.push(domain);
  }

  leaveQueue(domain: GateDomain): void {
    if (this.queue[0] === domain) this.used = 0;
    this.queue = this.queue.filter((other) => other !== domain);
  }

  wakeWaiter(wait: GateWait): void {
    const { waiter } = wait;
    wait.waiter = DK0;
    // It brings no keys, not even DK(0).
    this.answer(waiter, { ...message(0), keys: [] }, "last");
  }

  wait(wait: GateWait, waiter: GateKey): void {
    wait.waiter = waiter;
    wait.sequence = this.#sequence++;
  }
}

function ceil(time: bigint): bigint {
  return (time + 255n) / 256n;
}
