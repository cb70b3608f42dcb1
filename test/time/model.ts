// The naive scheduler: one processor, programs of bursts, partitions. No rings, no running totals: ready
// domains are one list, and whoever is to run is found by looking at all of them.

import { Biller, NEVER } from "./billing.js";
import {
  LAPS,
  type ModelDomain,
  type ModelMeter,
  type ModelPartition,
  type Point,
  sleepersOf,
  type TaskPlan,
  type TimePlan,
} from "./parts.js";
import { Shares } from "./shares.js";

export class TimeModel {
  readonly trace: string[] = [];
  readonly meters: ModelMeter[] = [];
  readonly domains: ModelDomain[] = [];
  readonly shares: Shares;
  readonly biller: Biller;
  missed = 0n;
  /** Ready, the first first; with partitions, all but the one that runs. */
  #ready: ModelDomain[] = [];
  /** Whose turn it is; only with partitions. */
  #chosen: ModelDomain | null = null;
  #isAsked = false;
  #sequence = 0;
  #sliceLeft: number;
  #sliceUsed = 0;
  #due: bigint;

  constructor(readonly plan: TimePlan) {
    this.biller = new Biller(plan, (what, name, time) => this.#say(what, name, "", time));
    this.#sliceLeft = plan.quantum;
    this.#due = BigInt(plan.tick);
    this.shares = new Shares(plan, this.biller);
  }

  get time(): bigint {
    return this.biller.time;
  }

  get #tick(): bigint {
    return this.biller.clock.tick;
  }

  get #head(): ModelDomain | null {
    return this.plan.partitions ? this.#chosen : (this.#ready[0] ?? null);
  }

  // --- Running ----------------------------------------------------------------------------------

  run(cycles: bigint): "limit" | "idle" {
    const until = this.time + cycles;
    let reason: "limit" | "idle" | null = null;
    while (!reason) reason = this.#pass(until);
    return reason;
  }

  #pass(until: bigint): "limit" | "idle" | null {
    this.#wakeSleepers();
    this.#keepTime();
    // Readings take time: whoever is due by then comes first.
    if (this.#nextWake <= this.time || this.time >= this.#due) return null;
    const head = this.#head;
    if (!head) {
      const isHeldUp = this.#ready.length > 0;
      const wake = this.#nextWake;
      if (wake === NEVER && !isHeldUp) return "idle";
      const tick = this.#afterNow((this.biller.clock.ticks + 1n) * this.#tick);
      const look = isHeldUp && tick < wake ? tick : wake;
      this.#passIdly(this.#afterNow(look < until ? look : until));
      return look < until ? null : "limit";
    }
    if (this.time >= until) return "limit";
    this.#serve(head, until);
    return null;
  }

  #serve(head: ModelDomain, until: bigint): void {
    const { biller } = this;
    if (biller.occupant !== head) {
      biller.charge("start");
      biller.admit(head);
    }
    if (biller.time >= biller.spent) {
      biller.spent = NEVER;
      biller.charge("spent");
    }
    if (head.available(biller.isCached) > 0n) this.#dispatch(head, until);
    else this.#supply(head);
  }

  /** Runs up to the next moment at which anything else may come first. */
  #dispatch(head: ModelDomain, until: bigint): void {
    head.laps = 0;
    const { biller } = this;
    const ends = [this.#due, biller.spent, this.#nextWake, until];
    const end = ends.reduce((first, other) => (other < first ? other : first));
    if (end <= this.time) return;
    const left = end - this.time;
    const allowance = left < BigInt(this.#sliceLeft) ? Number(left) : this.#sliceLeft;
    const isAtEnd = this.#runBursts(head, allowance);
    if (isAtEnd || this.#sliceLeft > 0) return;
    this.#wakeSleepers();
    this.#endSlice(head);
  }

  /** Whether it does not go on. */
  #runBursts(domain: ModelDomain, allowance: number): boolean {
    const { program } = domain;
    let rest = allowance;
    while (rest >= program.left) {
      rest -= program.left;
      this.#spend(program.left);
      const next = program.next(this.time);
      if (next === null) continue;
      this.#dequeue(domain);
      if (next === "end") this.#end(domain);
      else this.#sleep(domain, next);
      return true;
    }
    program.left -= rest;
    this.#spend(rest);
    return false;
  }

  #spend(cycles: number): void {
    this.biller.time += BigInt(cycles);
    this.#sliceLeft -= cycles;
    this.#sliceUsed += cycles;
  }

  #end(domain: ModelDomain): void {
    domain.borrow(0n);
    domain.state = "ended";
    this.#say("end", domain.name, "");
  }

  #sleep(domain: ModelDomain, until: bigint): void {
    domain.state = "waiting";
    domain.wake = { at: until, sequence: this.#sequence++ };
    this.#say("wait", domain.name, "");
  }

  // --- Cycles -----------------------------------------------------------------------------------

  /** The cache is used up, or the chain is where there are none. */
  #supply(domain: ModelDomain): void {
    const dry = domain.meter.chain.find(({ counter }) => counter + domain.cache === 0n);
    if (dry) {
      this.#exhausted(domain, dry);
      return;
    }
    if (this.plan.advance === null) return;
    domain.borrow(this.plan.advance);
    domain.laps = 0;
    domain.payOwed(true);
    if (this.biller.occupant === domain) this.biller.look(false);
  }

  #exhausted(domain: ModelDomain, meter: ModelMeter): void {
    this.#dequeue(domain);
    if (!meter.keeper || domain.laps === LAPS) {
      this.#park(domain, meter);
      return;
    }
    domain.laps++;
    domain.state = "waiting";
    meter.calls++;
    this.#say("keeper", domain.name, meter.name);
    if (meter.refills-- > 0) this.add(meter, meter.keeper.amount);
    else if (meter.counter === 0n) {
      this.#park(domain, meter);
      return;
    }
    this.#enqueue(domain);
  }

  #park(domain: ModelDomain, meter: ModelMeter): void {
    this.#say("park", domain.name, meter.name);
    domain.laps = 0;
    domain.state = "parked";
    meter.parked.push(domain);
  }

  // --- Queues -----------------------------------------------------------------------------------

  #enqueue(domain: ModelDomain): void {
    domain.state = "ready";
    this.biller.charge("wake");
    this.#ready.push(domain);
    this.#isAsked = true;
  }

  /** Whoever leaves, if it runs, stops at once. */
  #dequeue(domain: ModelDomain): void {
    if (this.#head === domain) this.#leave("stop");
    this.#ready = this.#ready.filter((other) => other !== domain);
  }

  /** The head does not go on. */
  #leave(point: Point): void {
    this.#closeSlice();
    this.biller.vacate(point);
    this.#chosen = null;
    this.#isAsked = true;
  }

  #closeSlice(): void {
    if (this.#sliceUsed > 0) this.#say("slice", this.#head!.name, `${this.#sliceUsed}`);
    this.#sliceLeft = this.plan.quantum;
    this.#sliceUsed = 0;
  }

  #endSlice(head: ModelDomain): void {
    if (this.plan.partitions && head.task.isFifo) {
      this.#closeSlice();
      return;
    }
    this.#leave("preempt");
    this.#ready = [...this.#ready.filter((other) => other !== head), head];
    this.#isAsked = true;
  }

  get #nextWake(): bigint {
    return sleepersOf(this.domains)[0]?.wake?.at ?? NEVER;
  }

  #wakeSleepers(): void {
    const now = this.time;
    for (const domain of sleepersOf(this.domains)) {
      if (domain.wake!.at > now) return;
      this.#rise(domain);
      this.#enqueue(domain);
    }
  }

  #rise(domain: ModelDomain): void {
    domain.wake = null;
    domain.program.begin();
  }

  // --- Ticks and decisions ----------------------------------------------------------------------

  #keepTime(): void {
    if (this.time >= this.#due) {
      const ticks = this.time / this.#tick - this.biller.clock.ticks;
      this.missed += ticks - 1n;
      this.#due = this.biller.clock.serviceOf(this.biller.clock.ticks + ticks + 1n);
      this.biller.serve(ticks);
      this.shares.setPace();
      for (let i = 0n; i < ticks; i++) this.#turn();
    }
    if (this.plan.partitions && this.#isAsked && this.#candidates.length > 0) this.#decide();
  }

  /** A reading may have taken the clock past a time. */
  #afterNow(time: bigint): bigint {
    return time > this.time ? time : this.time;
  }

  /** Time passes for nobody, tick by tick: each is served when it is due, or at once if it was. */
  #passIdly(to: bigint): void {
    this.biller.idle += to - this.time;
    this.biller.time = to;
    while ((this.biller.clock.ticks + 1n) * this.#tick <= to) {
      this.#due = this.biller.clock.serviceOf(this.biller.clock.ticks + 2n);
      this.biller.serveIdly();
      this.#turn();
    }
  }

  /** The window turns, and with it who has budget. */
  #turn(): void {
    this.biller.slot++;
    this.#isAsked = true;
    for (const { index } of this.shares.judge()) this.#say("bankruptcy", `${index}`, "");
  }

  #decide(): void {
    this.biller.charge("decide");
    const head = this.#chosen;
    const left = this.#due > this.time ? this.#due - this.time : 0n;
    const choice = this.shares.choose(left, (index) => this.#firstOf(index));
    const next = choice && this.#firstOf(choice.index);
    if (head && next !== head) {
      head.slice = this.#sliceLeft;
      this.#leave("preempt");
      this.#ready.unshift(head);
    }
    this.#isAsked = false;
    if (!next) return;
    if (next !== head) {
      this.#ready = this.#ready.filter((other) => other !== next);
      if (next.slice > 0) this.#sliceLeft = next.slice;
      next.slice = 0;
      this.#chosen = next;
    }
    this.biller.isCritical = choice.isCritical;
  }

  /** Who may be chosen, whoever runs before all others. */
  get #candidates(): readonly ModelDomain[] {
    return this.#chosen ? [this.#chosen, ...this.#ready] : this.#ready;
  }

  /** The first of the highest priority in a partition. */
  #firstOf(index: number): ModelDomain | null {
    const own = this.#candidates.filter(({ task }) => task.partition === index);
    const highest = Math.max(...own.map(({ task }) => task.priority));
    return own.find(({ task }) => task.priority === highest) ?? null;
  }

  /** What a domain has run, up to now. */
  ranOf(domain: ModelDomain): bigint {
    const { occupant, since, time } = this.biller;
    return domain.ran + (occupant === domain ? time - since : 0n);
  }

  isRunning(domain: ModelDomain): boolean {
    return this.#head === domain;
  }

  // --- What the host does -----------------------------------------------------------------------

  add(meter: ModelMeter, cycles: bigint): void {
    meter.counter += cycles;
    meter.granted += cycles;
    if (cycles === 0n) return;
    for (const domain of meter.parked.splice(0)) this.#enqueue(domain);
  }

  start(domain: ModelDomain): boolean {
    if (domain.state === "ended") return false;
    if (domain.state === "ready") return true;
    this.#detain(domain);
    this.#enqueue(domain);
    return true;
  }

  stop(domain: ModelDomain): boolean {
    if (domain.state === "ended") return false;
    this.#detain(domain);
    domain.state = "stopped";
    return true;
  }

  #detain(domain: ModelDomain): void {
    if (domain.state === "ready") this.#dequeue(domain);
    if (domain.wake) this.#rise(domain);
    for (const meter of this.meters) {
      meter.parked = meter.parked.filter((other) => other !== domain);
    }
  }

  schedule(domain: ModelDomain, task: TaskPlan): boolean {
    if (domain.state === "ended") return false;
    const runs = this.biller.occupant === domain;
    if (runs && this.biller.clock.at !== this.time) this.biller.sample();
    domain.task = task;
    if (this.plan.partitions && this.#ready.includes(domain)) {
      this.#ready = [...this.#ready.filter((other) => other !== domain), domain];
    }
    this.#isAsked = true;
    return true;
  }

  charge(domain: ModelDomain, cycles: bigint): boolean {
    if (domain.state === "ended") return false;
    this.biller.charged += cycles;
    this.biller.pay(domain, cycles);
    if (this.biller.occupant === domain) this.biller.look(false);
    this.#isAsked = true;
    return true;
  }

  createPartition(parent: ModelPartition, budget: number, max: number, critical: bigint) {
    const made = this.shares.create(parent, budget, max, critical);
    this.#isAsked ||= made !== null;
    return made;
  }

  changePartition(one: ModelPartition, budget: number, max: number, critical: bigint): boolean {
    const isChanged = this.shares.change(one, budget, max, critical);
    this.#isAsked ||= isChanged;
    return isChanged;
  }

  setWindow(slots: number): void {
    // What is not billed yet was used in the last window, too.
    if (this.biller.occupant && this.biller.clock.at !== this.time) this.biller.sample();
    this.shares.setWindow(slots);
    this.#isAsked = true;
  }

  #say(what: string, name: string, more: string, time = this.time): void {
    this.trace.push(`${time} ${what} ${name} ${more}`);
  }
}
