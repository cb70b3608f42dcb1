// The naive model of core residence, from the rules of 1966: at each lock cycle every page-table word gets a fault; who
// touches a page first then pays for it, by all meters above him or by none, and the fault is off for all. It runs
// programs instruction by instruction, and knows nothing of caches of cycles, translations or decoded code.

import { ModelCore } from "./core.js";
import { ModelCpu } from "./cpu.js";
import {
  ALL_ONES,
  ModelDomain,
  type ModelImage,
  ModelMeter,
  ModelPage,
  ModelWord,
  type Policy,
} from "./parts.js";
import { CODE, DATA, HEART, PAGE, type Text } from "./script.js";

const LAPS = 3;
const WORDS = 1024n;
const NO_METER = 0x404;
const BEAT = BigInt(HEART.wait);

export interface ModelPlan {
  readonly core: number;
  readonly latency: number;
  readonly quantum: number;
  readonly lockCost: number;
  readonly faultCost: number;
}

export interface Scan {
  readonly period: number;
  readonly isRandom: boolean;
  readonly offset: number;
}

/** What runs, waits and pays; what the host does to it is in model.ts. */
export abstract class Course {
  time = 0n;
  readonly trace: string[] = [];
  readonly prime = new ModelMeter("prime", null, ALL_ONES, null);
  readonly meters: ModelMeter[] = [this.prime];
  readonly domains: ModelDomain[] = [];
  /** Page objects. */
  readonly objects: ModelPage[] = [];
  readonly core: ModelCore;
  readonly locker: ModelDomain;
  cycles = 0n;
  faults = 0n;
  starts = 0n;
  unpaid = 0n;
  charged = 0n;
  readonly #cpu: ModelCpu;
  /** Time passes for its sake when nobody else has anything to do. */
  readonly #heart: ModelDomain;
  readonly #plan: ModelPlan;
  protected readonly images = new Map<Text, ModelImage>();
  #scan: Scan;
  #random: number;
  #since = 0n;
  #due: bigint;
  #left = 0;
  #queue: ModelDomain[] = [];
  #used = 0;
  #sequence = 0;

  /** `random`: the state of the generator behind random phases; `due`: when the first lock cycle is. */
  constructor(plan: ModelPlan, scan: Scan, random: number, due: bigint) {
    this.#plan = plan;
    this.#scan = scan;
    this.#random = random;
    this.#due = due;
    this.core = new ModelCore(plan);
    this.#cpu = new ModelCpu(this.core);
    const meter = this.createMeter("page-locker", this.prime, ALL_ONES, null);
    this.locker = new ModelDomain("page-locker", meter, undefined, undefined);
    this.#heart = new ModelDomain("heart", this.prime, undefined, undefined);
    this.domains.push(this.locker, this.#heart);
    this.start(this.locker);
    this.start(this.#heart);
  }

  createMeter(
    name: string,
    superior: ModelMeter,
    storage: bigint,
    keeper: Policy | null,
  ): ModelMeter {
    const meter = new ModelMeter(name, superior, storage, keeper && { ...keeper });
    this.meters.push(meter);
    return meter;
  }

  createDomain(name: string, meter: ModelMeter, text: Text): ModelDomain {
    const image = this.#imageOf(text);
    image.users++;
    const domain = new ModelDomain(name, meter, text, image);
    const { filled, zeros } = text.script;
    for (const [at, page] of image.pages) {
      const isData = at * PAGE >= DATA;
      domain.words.set(at, new ModelWord(page, isData, isData));
    }
    for (let i = filled; i < filled + zeros; i++) {
      domain.words.set(DATA / PAGE + i, new ModelWord(new ModelPage(false), true, false));
    }
    this.domains.push(domain);
    return domain;
  }

  #imageOf(text: Text): ModelImage {
    const known = this.images.get(text);
    if (known && known.users > 0) return known;
    const pages = new Map<number, ModelPage>();
    const add = (at: number, bytes: Uint8Array | null) => {
      const page = new ModelPage(true);
      page.place = "drum";
      if (bytes) page.content.set(bytes);
      pages.set(at, page);
    };
    const { codePages, filled } = text.script;
    for (let i = 0; i < codePages; i++) add(CODE / PAGE + i, null);
    for (let i = 0; i < filled; i++) {
      add(DATA / PAGE + i, text.data.subarray(i * PAGE, (i + 1) * PAGE));
    }
    const image = { pages, users: 0 };
    this.images.set(text, image);
    return image;
  }

  // --- Running ----------------------------------------------------------------------------------

  run(cycles: number): void {
    const until = this.time + BigInt(cycles);
    while (true) {
      this.#wakeSleepers();
      const domain = this.#queue[0];
      if (this.time >= until) return;
      if (domain) this.#pass(domain);
      else {
        // Somebody always sleeps.
        const wake = this.#sleepers()[0]!.wake!.at;
        this.time = wake < until ? wake : until;
      }
    }
  }

  /** One cycle of a domain, or what keeps it from having one. */
  #pass(domain: ModelDomain): void {
    if (!domain.hasCycles) {
      if (!this.#supply(domain)) return;
    }
    if (domain.trap !== 0) {
      this.#trap(domain);
      return;
    }
    if (domain.missing) {
      this.#attend(domain);
      return;
    }
    if (domain === this.locker) this.#lock();
    else if (domain === this.#heart) {
      this.#passCycle();
      this.#sleep(domain, this.time + BEAT);
    } else this.#runOn(domain);
    if (this.#queue[0] === domain && this.#used === this.#plan.quantum) {
      this.#wakeSleepers();
      this.#used = 0;
      this.#queue.push(...this.#queue.splice(0, 1));
    }
  }

  #runOn(domain: ModelDomain): void {
    if (!this.#cpu.execute(domain, this.time + 1n)) {
      if (domain.trap !== 0 && this.#used > 0) domain.laps = 0;
      return;
    }
    this.#passCycle();
  }

  #passCycle(): void {
    this.time++;
    this.#used++;
  }

  /** Cycles are there unless a meter is off; false where the domain has to wait, or traps. */
  #supply(domain: ModelDomain): boolean {
    const chain = this.#chain(domain);
    if (!chain) {
      domain.trap = NO_METER;
      this.#trap(domain);
      return false;
    }
    const off = chain.find((meter) => meter.isOff);
    if (off) {
      this.#exhausted(domain, off, false);
      return false;
    }
    domain.laps = 0;
    domain.hasCycles = true;
    return true;
  }

  /** Every meter above, nearest first; null where one is no more. */
  #chain(domain: ModelDomain): ModelMeter[] | null {
    const chain: ModelMeter[] = [];
    let meter = domain.meter;
    while (meter && !meter.rescinded) {
      chain.push(meter);
      if (meter === this.prime) return chain;
      meter = meter.superior;
    }
    return null;
  }

  #trap(domain: ModelDomain): void {
    this.#leaveQueue(domain);
    domain.state = "trapped";
    this.#say("trap", domain, domain.trap.toString(16));
  }

  // --- The lock process -------------------------------------------------------------------------

  #lock(): void {
    if (this.#left === 0 && this.time >= this.#due) this.#lockCycle();
    if (this.#left > 0) {
      this.#left--;
      this.#passCycle();
    }
    if (this.#left > 0) return;
    this.#sleep(this.locker, this.#due > this.time ? this.#due : this.time);
  }

  /** A fault into every page-table word. */
  #lockCycle(): void {
    for (const page of this.#pages()) {
      page.isOpen = false;
      page.isPaid = false;
    }
    for (const domain of this.domains) {
      for (const word of domain.words.values()) word.isFaulted = true;
    }
    this.cycles++;
    this.#left = this.#plan.lockCost;
    const period = BigInt(this.#scan.period);
    let next = (this.#due - this.#since) / period + 1n;
    if (this.#since + (next + 1n) * period <= this.time) next = (this.time - this.#since) / period;
    this.#due = this.#since + next * period + this.#within();
    this.trace.push(`${this.time} scan ${this.cycles}`);
  }

  #within(): bigint {
    if (!this.#scan.isRandom) return BigInt(this.#scan.offset);
    let random = this.#random;
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    this.#random = random >>> 0;
    return (BigInt(this.#random) * BigInt(this.#scan.period)) >> 32n;
  }

  set(scan: Scan): void {
    this.#scan = scan;
    this.#since = this.time;
    this.#due = this.#since + this.#within();
    if (!this.locker.wake) return;
    this.locker.wake = null;
    this.enqueue(this.locker);
  }

  /** All that there are, once each. */
  *#pages(): Generator<ModelPage> {
    const seen = new Set<ModelPage>(this.objects);
    for (const { pages } of this.images.values()) for (const page of pages.values()) seen.add(page);
    for (const { words } of this.domains) for (const { page } of words.values()) seen.add(page);
    yield* seen;
  }

  // --- The page-accounting fault ----------------------------------------------------------------

  #attend(domain: ModelDomain): void {
    const { at, isStore } = domain.missing!;
    const word = domain.words.get(at);
    if (!word) {
      domain.missing = null;
      return;
    }
    if (isStore && word.isCopied) {
      this.core.copy(word);
      return;
    }
    const { page } = word;
    const isFree = page.isPaid;
    const dry = isFree ? undefined : this.#chain(domain)!.find((meter) => this.#lacks(meter));
    if (dry) {
      this.unpaid++;
      this.#exhausted(domain, dry, true);
      return;
    }
    if (page.frame === null && !this.core.bringIn(domain, page, this.time)) {
      this.#sleep(domain, this.time + BigInt(Math.max(this.#plan.latency, 1)));
      return;
    }
    if (page.arrives > this.time) {
      this.#sleep(domain, page.arrives);
      return;
    }
    if (!isFree) this.#charge(domain, page);
    page.account ??= domain.meter;
    page.first ??= page.account;
    page.isOpen = true;
    page.wasOpen = true;
    // For all who have it.
    for (const shared of page.words) shared.isFaulted = false;
    domain.missing = null;
  }

  get #price(): bigint {
    return WORDS * BigInt(this.#scan.period);
  }

  #lacks(meter: ModelMeter): boolean {
    return meter.storage < this.#price;
  }

  #charge(domain: ModelDomain, page: ModelPage): void {
    const amount = this.#price;
    for (const meter of this.#chain(domain)!) {
      if (meter.storage !== ALL_ONES) meter.storage -= amount;
      meter.charged += amount;
    }
    const account = domain.meter!;
    account.own += amount;
    account.faults++;
    this.charged += amount;
    this.faults++;
    if (!page.wasPaid) this.starts++;
    page.wasPaid = true;
    page.isPaid = true;
    page.account = account;
    page.charged += amount;
    domain.laps = 0;
    // Not a part of the slice.
    this.time += BigInt(this.#plan.faultCost);
    this.#say("charge", domain, `${account.name} ${amount}`);
  }

  // --- Exhaustion -------------------------------------------------------------------------------

  #exhausted(domain: ModelDomain, dry: ModelMeter, isStorage: boolean): void {
    const { keeper } = dry;
    if (!keeper || domain.laps === LAPS) {
      this.#giveUp(domain, dry, isStorage);
      return;
    }
    this.#leaveQueue(domain);
    domain.laps++;
    domain.state = "waiting";
    this.#say("keeper", domain, `${dry.name} ${isStorage ? "storage" : "cpu"}`);
    let declines = keeper.kind === "decline" || !isStorage;
    if (keeper.kind === "refill" && isStorage) {
      if (keeper.times-- > 0) this.addStorage(dry, keeper.amount);
      else declines = true;
    }
    if (declines && (isStorage ? this.#lacks(dry) : dry.isOff)) {
      this.#giveUp(domain, dry, isStorage);
    } else this.enqueue(domain);
  }

  #giveUp(domain: ModelDomain, dry: ModelMeter, isStorage: boolean): void {
    if (isStorage) this.core.withdraw((account) => this.#isAtOrBelow(account, dry), this.time);
    this.#leaveQueue(domain);
    domain.laps = 0;
    domain.state = "parked";
    dry.waiters.push(domain);
    this.#say("park", domain, `${dry.name} ${isStorage ? "storage" : "cpu"}`);
  }

  #isAtOrBelow(meter: ModelMeter, top: ModelMeter): boolean {
    for (let at: ModelMeter | null = meter; at; at = at.superior) if (at === top) return true;
    return false;
  }

  // --- Queues -----------------------------------------------------------------------------------

  protected enqueue(domain: ModelDomain): void {
    domain.state = "ready";
    // A lock cycle waits for the slice under way only.
    if (domain === this.locker) this.#queue.splice(this.#used > 0 ? 1 : 0, 0, domain);
    else this.#queue.push(domain);
  }

  #leaveQueue(domain: ModelDomain): void {
    if (this.#queue[0] === domain) this.#used = 0;
    this.#queue = this.#queue.filter((other) => other !== domain);
  }

  #sleep(domain: ModelDomain, at: bigint): void {
    this.#leaveQueue(domain);
    domain.state = "waiting";
    domain.wake = { at, sequence: this.#sequence++ };
  }

  #sleepers(): ModelDomain[] {
    const asleep = this.domains.filter((domain) => domain.wake);
    return asleep.sort(
      (a, b) => Number(a.wake!.at - b.wake!.at) || a.wake!.sequence - b.wake!.sequence,
    );
  }

  #wakeSleepers(): void {
    if (!this.domains.some(({ wake }) => wake && wake.at <= this.time)) return;
    for (const domain of this.#sleepers()) {
      if (domain.wake!.at > this.time) return;
      domain.wake = null;
      this.enqueue(domain);
    }
  }

  protected detain(domain: ModelDomain): void {
    if (domain.state === "ready") this.#leaveQueue(domain);
    domain.wake = null;
    for (const meter of this.meters) {
      meter.waiters = meter.waiters.filter((waiter) => waiter !== domain);
    }
  }

  protected wakeWaiters(meter: ModelMeter): void {
    for (const waiter of meter.waiters.splice(0)) this.enqueue(waiter);
  }

  protected wakeAllAbove(from: ModelMeter): void {
    for (let at: ModelMeter | null = from; at && !at.rescinded; at = at.superior) {
      this.wakeWaiters(at);
    }
  }

  /** What has been borrowed below a meter has gone back: who is there looks at its chain again. */
  protected recall(meter: ModelMeter): void {
    for (const domain of this.domains) {
      if (domain.meter && this.#isAtOrBelow(domain.meter, meter)) domain.hasCycles = false;
    }
  }

  start(domain: ModelDomain): void {
    if (domain.state === "ready") return;
    this.detain(domain);
    domain.trap = 0;
    this.enqueue(domain);
  }

  setStorage(meter: ModelMeter, amount: bigint): void {
    meter.storage = amount;
    if (amount > 0n) this.wakeWaiters(meter);
  }

  /** False where it would be too much. */
  addStorage(meter: ModelMeter, amount: bigint): boolean {
    if (meter.storage + amount > ALL_ONES) return false;
    this.setStorage(meter, meter.storage + amount);
    return true;
  }

  #say(what: string, domain: ModelDomain, more = ""): void {
    this.trace.push(`${this.time} ${what} ${domain.name} ${more}`);
  }
}
