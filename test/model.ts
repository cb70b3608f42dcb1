// The naive kernel: no caches, no advances, no dry bits. Each cycle that a domain runs walks its whole
// chain, checks every meter and takes one from every counter. Written from the rules (R1–R16 and §2–§8 of
// the reference), to be compared with the real kernel in everything that can be seen.

import {
  ALL_ONES,
  type BurstPlan,
  type Link,
  ModelDomain,
  ModelMeter,
  type Policy,
} from "./model-parts.js";

const DEEPEST = 20;
const LAPS = 3;

export class Model {
  time = 0n;
  readonly trace: string[] = [];
  readonly meters: ModelMeter[] = [];
  readonly domains: ModelDomain[] = [];
  readonly prime: ModelMeter;
  /** Keeper calls that wait for an answer from outside, in the order of the calls. */
  readonly pending: { meter: ModelMeter; domain: ModelDomain; call: number }[] = [];
  #queue: ModelDomain[] = [];
  #sequence = 0;
  #used = 0;

  constructor(readonly quantum: number) {
    this.prime = this.createMeter("prime", "super", 2n ** 56n - 1n, null);
  }

  createMeter(name: string, superior: Link, cycles: bigint, keeper: Policy | null): ModelMeter {
    const meter = new ModelMeter(name, cycles, superior, keeper && { ...keeper });
    this.meters.push(meter);
    return meter;
  }

  createDomain(name: string, meter: Link, plan: BurstPlan): ModelDomain {
    const domain = new ModelDomain(name, meter, plan);
    this.domains.push(domain);
    return domain;
  }

  // --- Running ----------------------------------------------------------------------------------

  run(cycles: bigint): "limit" | "idle" {
    const until = this.time + cycles;
    while (true) {
      this.#wakeSleepers();
      const domain = this.#queue[0];
      if (!domain) {
        const wake = this.#sleepers()[0]?.wake?.at;
        if (wake === undefined) return "idle";
        this.time = wake < until ? wake : until;
        if (wake >= until) return "limit";
      } else {
        if (this.time >= until) return "limit";
        this.#pass(domain);
      }
    }
  }

  /** One cycle of a domain, or what keeps it from having one. */
  #pass(domain: ModelDomain): void {
    const chain = this.#chain(domain);
    if (typeof chain === "number") {
      this.#leaveQueue(domain);
      domain.state = "trapped";
      domain.trap = chain;
      this.#say("trap", domain, chain.toString(16));
      return;
    }
    const dry = chain.find((meter) => meter.counter === 0n);
    if (dry) {
      this.#exhausted(domain, dry);
      return;
    }
    domain.laps = 0;
    for (const meter of chain) {
      meter.counter--;
      meter.consumed++;
    }
    domain.consumed++;
    this.time++;
    this.#used++;
    if (--domain.left === 0) this.#endBurst(domain);
    if (this.#queue[0] === domain && this.#used === this.quantum) {
      this.#endSlice();
      this.#wakeSleepers();
      this.#queue.push(...this.#queue.splice(0, 1));
    }
  }

  #endBurst(domain: ModelDomain): void {
    if (domain.bursts > 0 && --domain.bursts === 0) {
      this.#leaveQueue(domain);
      domain.state = "ended";
      domain.call++;
      this.#say("end", domain);
      return;
    }
    if (domain.plan.wait[1] > 0) {
      this.#leaveQueue(domain);
      const pause = domain.draw(domain.plan.wait);
      domain.state = "waiting";
      domain.wake = { at: this.time + BigInt(pause), sequence: this.#sequence++ };
      this.#say("wait", domain, `${pause}`);
    }
    domain.left = domain.draw(domain.plan.run);
  }

  /** Every meter above, nearest first, or the code of the trap, nearest fault first. */
  #chain(domain: ModelDomain): ModelMeter[] | number {
    const chain: ModelMeter[] = [];
    let link = domain.meter;
    while (link !== "super") {
      if (link === null || link.rescinded) return 0x404;
      if (chain.length === DEEPEST) return 0x410;
      if (link instanceof ModelDomain || chain.includes(link)) return 0x40c;
      if (link.bad.size > 0) return 0x408;
      chain.push(link);
      link = link.superior;
    }
    return chain;
  }

  #exhausted(domain: ModelDomain, dry: ModelMeter): void {
    this.#leaveQueue(domain);
    if (dry.keeper && dry.busyWith) {
      dry.waiters.push({ domain, parked: false });
      domain.state = "waiting";
      return;
    }
    if (!dry.keeper || domain.laps === LAPS) {
      this.#park(domain, dry);
      return;
    }
    domain.laps++;
    dry.calls++;
    dry.busyWith = domain;
    domain.waitsFor = dry;
    domain.state = "waiting";
    const call = ++domain.call;
    this.#say("keeper", domain, dry.name);
    this.#keep(dry.keeper, dry, domain, call);
  }

  #keep(policy: Policy, meter: ModelMeter, domain: ModelDomain, call: number): void {
    let declines = policy.kind === "decline" || policy.kind === "throw";
    if (policy.kind === "later") {
      this.pending.push({ meter, domain, call });
      return;
    }
    if (policy.kind === "refill") {
      if (policy.times-- > 0) this.add(meter, policy.amount);
      else declines = true;
    } else if (policy.kind === "rescind") {
      // The prime meter can't be rescinded: the keeper comes to grief.
      if (meter === this.prime) declines = true;
      else this.rescindMeter(meter);
    } else if (policy.kind === "leave") this.setMeter(domain, this.prime);
    else if (policy.kind === "contrary") {
      this.add(meter, policy.amount);
      declines = true;
    }
    this.answer(domain, call, declines);
  }

  /** A keeper's answer; false where it is not (or no longer) awaited. */
  answer(domain: ModelDomain, call: number, declines: boolean): boolean {
    if (domain.rescinded || domain.call !== call) return false;
    const meter = domain.waitsFor;
    this.#detain(domain);
    if (declines && meter && this.#isAbove(meter, domain) && meter.counter === 0n) {
      this.#park(domain, meter);
    } else this.#enqueue(domain);
    return true;
  }

  #park(domain: ModelDomain, meter: ModelMeter): void {
    this.#say("park", domain, meter.name);
    domain.laps = 0;
    domain.state = "parked";
    meter.waiters.push({ domain, parked: true });
  }

  #isAbove(meter: ModelMeter, domain: ModelDomain): boolean {
    return this.#above(domain.meter).includes(meter);
  }

  /** The meters met going up from a link, good or bad, loops cut. */
  #above(from: Link): ModelMeter[] {
    const met: ModelMeter[] = [];
    let link = from;
    while (link instanceof ModelMeter && !link.rescinded && met.length < DEEPEST) {
      met.push(link);
      link = link.superior;
    }
    return met;
  }

  // --- Queues -----------------------------------------------------------------------------------

  #enqueue(domain: ModelDomain): void {
    domain.state = "ready";
    this.#queue.push(domain);
  }

  #leaveQueue(domain: ModelDomain): void {
    if (this.#queue[0] === domain) this.#endSlice();
    this.#queue = this.#queue.filter((other) => other !== domain);
  }

  #endSlice(): void {
    if (this.#used > 0) this.#say("slice", this.#queue[0]!, `${this.#used}`);
    this.#used = 0;
  }

  #sleepers(): ModelDomain[] {
    const asleep = this.domains.filter((domain) => domain.wake);
    return asleep.sort(
      (a, b) => Number(a.wake!.at - b.wake!.at) || a.wake!.sequence - b.wake!.sequence,
    );
  }

  #wakeSleepers(): void {
    for (const domain of this.#sleepers()) {
      if (domain.wake!.at > this.time) return;
      domain.wake = null;
      this.#enqueue(domain);
    }
  }

  /** Takes a domain away from whatever it does or waits for. */
  #detain(domain: ModelDomain): void {
    domain.call++;
    if (domain.state === "ready") this.#leaveQueue(domain);
    domain.wake = null;
    for (const meter of this.meters) {
      meter.waiters = meter.waiters.filter((waiter) => waiter.domain !== domain);
    }
    const meter = domain.waitsFor;
    domain.waitsFor = null;
    if (meter) {
      meter.busyWith = null;
      this.#wakeWaiters(meter, false);
    }
  }

  /** Those who are parked at a meter, or those who wait for its keeper, look again. */
  #wakeWaiters(meter: ModelMeter, parked: boolean): void {
    const woken = meter.waiters.filter((waiter) => waiter.parked === parked);
    meter.waiters = meter.waiters.filter((waiter) => waiter.parked !== parked);
    for (const waiter of woken) this.#enqueue(waiter.domain);
  }

  #wakeAllAbove(from: ModelMeter): void {
    for (const meter of this.#above(from)) {
      for (const waiter of meter.waiters.splice(0)) this.#enqueue(waiter.domain);
    }
  }

  // --- What holders of service keys and domain keys do -------------------------------------------

  /** Sets the counter; null where it is no meter now, false where it is switched off. */
  set(meter: ModelMeter, cycles: bigint): bigint | null | false {
    if (meter.bad.size > 0) return null;
    if (cycles > 0n && meter.aside) return false;
    return this.#put(meter, cycles);
  }

  /** The switch: its keeper isn't asked until it is switched on again. */
  off(meter: ModelMeter): void {
    this.#put(meter, 0n);
    if (meter.aside) return;
    meter.aside = [meter.keeper];
    if (meter.keeper) this.#wakeWaiters(meter, true);
    meter.keeper = null;
  }

  on(meter: ModelMeter, cycles: bigint): void {
    this.#put(meter, cycles);
    if (!meter.aside) return;
    [meter.keeper] = meter.aside;
    meter.aside = null;
    if (meter.keeper) this.#wakeWaiters(meter, true);
  }

  #put(meter: ModelMeter, cycles: bigint): bigint {
    const old = meter.counter;
    meter.counter = cycles;
    meter.granted = BigInt.asUintN(64, meter.granted + cycles - old);
    if (cycles > 0n) this.#wakeWaiters(meter, true);
    return old;
  }

  /** False where the counter would overflow, it is switched off, or it is no meter now. */
  add(meter: ModelMeter, cycles: bigint): boolean {
    if (meter.bad.size > 0 || meter.aside || meter.counter + cycles > ALL_ONES) return false;
    this.#put(meter, meter.counter + cycles);
    return true;
  }

  /**
   * Puts what must not be there into a slot. A bad slot 3 holds no cycles, but a number there, too
   * large as it is, lets those who are parked look again.
   */
  spoil(meter: ModelMeter, slot: number, isNumber: boolean): void {
    meter.bad.add(slot);
    if (slot !== 3) return;
    this.#put(meter, 0n);
    if (isNumber) this.#wakeWaiters(meter, true);
  }

  mend(meter: ModelMeter, slot: number): void {
    meter.bad.delete(slot);
  }

  /** Swaps a data key into slot 3. */
  swapCounter(meter: ModelMeter, cycles: bigint): void {
    meter.bad.delete(3);
    this.#put(meter, cycles);
  }

  /** All slots become DK(0). */
  clear(meter: ModelMeter): void {
    this.#wakeAllAbove(meter);
    meter.bad.clear();
    meter.superior = null;
    meter.keeper = null;
    this.#put(meter, 0n);
  }

  setKeeper(meter: ModelMeter, keeper: Policy | null): void {
    const policy = keeper && { ...keeper };
    if (meter.aside) {
      meter.aside = [policy];
      return;
    }
    if (policy === null && meter.keeper === null) return;
    meter.keeper = policy;
    this.#wakeWaiters(meter, true);
  }

  setSuperior(meter: ModelMeter, superior: Link): void {
    if (meter.superior === superior) return;
    this.#wakeAllAbove(meter);
    meter.superior = superior;
  }

  rescindMeter(meter: ModelMeter): void {
    this.#wakeAllAbove(meter);
    meter.rescinded = true;
    if (meter.busyWith) meter.busyWith.waitsFor = null;
    for (const other of [...this.meters, ...this.domains]) {
      if (other instanceof ModelMeter && other.superior === meter) other.superior = null;
      if (other instanceof ModelDomain && other.meter === meter) other.meter = null;
    }
  }

  setMeter(domain: ModelDomain, meter: Link): void {
    if (domain.meter === meter) return;
    domain.meter = meter;
    if (this.meters.some((other) => other.waiters.some((waiter) => waiter.domain === domain))) {
      this.#detain(domain);
      this.#enqueue(domain);
    }
  }

  start(domain: ModelDomain): boolean {
    if (domain.state === "ended") return false;
    if (domain.state === "ready") return true;
    this.#detain(domain);
    domain.trap = 0;
    this.#enqueue(domain);
    return true;
  }

  stop(domain: ModelDomain): boolean {
    if (domain.state === "ended") return false;
    this.#detain(domain);
    domain.state = "stopped";
    return true;
  }

  rescindDomain(domain: ModelDomain): void {
    this.#detain(domain);
    domain.rescinded = true;
    domain.state = "ended";
    for (const meter of this.meters) if (meter.superior === domain) meter.superior = null;
    for (const other of this.domains) if (other.meter === domain) other.meter = null;
  }

  #say(what: string, domain: ModelDomain, more = ""): void {
    this.trace.push(`${this.time} ${what} ${domain.name} ${more}`);
  }
}
