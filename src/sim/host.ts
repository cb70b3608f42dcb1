// The host as a participant: each of its steps takes the kernel lock, makes one call, or gives the lock back. In
// between the processors go on, and a call may have to be made again until they have come inside.

import { PRIME_INDEX } from "../../assembly/layout.js";
import type { Act, HostActKind } from "./act.js";
import { type Call, Calls } from "./call.js";
import { SimFailure } from "./failure.js";
import type { Judge, KeeperCall } from "./judge.js";
import type { Machine } from "./machine.js";
import {
  ACTIVE,
  ENDED,
  type Handle,
  LARGEST,
  type Model,
  NO_METER,
  PARKED,
  STOPPED,
  TRAPPED,
} from "./model.js";
import { planOf } from "./plan.js";
import { Policies } from "./policy.js";
import type { Settings } from "./settings.js";
import { LOCKED } from "./world.js";

/** The slots that must hold data keys. */
const DATA_SLOTS = [3, 0, 4, 5, 6, 7, 8, 10, 11, 12, 15];
/** Of so many picks, one takes a handle whose node was rescinded. */
const STALE_EVERY = 16;
/** Of so many harms to the prime meter, one is done. */
const SPARED_EVERY = 16;
/** Of each unit an account holds so many quanta at most. */
const LARGE = 200;

export class Host {
  /** Keeper calls that are answered later. */
  readonly later: KeeperCall[] = [];
  readonly policies: Policies;
  /** How often each kind of act was done. */
  readonly counts = new Map<HostActKind, number>();
  /** Times at which it found the lock held by a processor. */
  conflicts = 0;
  keeperCalls = 0;
  /** What it does is said, while somebody listens. */
  say: ((words: string) => void) | undefined;
  readonly calls: Calls;
  readonly #machine: Machine;
  readonly #model: Model;
  readonly #judge: Judge;
  readonly #settings: Settings;
  #acts: Act[] = [];
  /** Calls that belong to what was begun, in order. */
  #next: Call[] = [];
  #inside = false;
  #bell = 0;

  constructor(machine: Machine, model: Model, judge: Judge, settings: Settings) {
    this.#machine = machine;
    this.#model = model;
    this.#judge = judge;
    this.#settings = settings;
    this.policies = new Policies(settings.quantum);
    this.calls = new Calls(machine, model, judge);
  }

  /** Nothing begun, nothing to be told. */
  get isFree(): boolean {
    const { length } = this.#next;
    return !this.#inside && length === 0 && this.#acts.length === 0 && !this.#isRung;
  }

  get isInside(): boolean {
    return this.#inside;
  }

  get #isRung(): boolean {
    return this.#machine.hostBell !== this.#bell;
  }

  begin(act: Act): void {
    this.#acts.push(act);
  }

  /** Calls to be made next, before all others. */
  push(...calls: Call[]): void {
    this.#next.push(...calls);
  }

  /** What a host does first. */
  open(): void {
    this.push(this.calls.go(Number.POSITIVE_INFINITY));
  }

  /** One step; false where there was nothing to do. */
  step(): boolean {
    if (this.isFree) return false;
    try {
      this.#step();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      const where = this.#next[0]?.words() ?? "the host";
      throw new SimFailure("panic", where, this.#machine.panic || error.message, "none");
    }
    return true;
  }

  #step(): void {
    this.#machine.beHost();
    if (!this.#inside) {
      this.#inside = this.#machine.enter();
      if (!this.#inside) this.conflicts++;
      this.say?.(this.#inside ? "takes the lock" : LOCKED);
      return;
    }
    if (this.#isRung) {
      this.#takeEvents();
      return;
    }
    const call = this.#nextCall();
    if (call) {
      const isDone = call.make();
      this.say?.(isDone ? call.words() : `${call.words()}: must wait for a processor`);
      if (!isDone) return;
      this.#next.shift();
    }
    this.leave();
  }

  /** Leaves, to come back to what it was about: a call that waits for a dead processor. */
  leave(): void {
    if (!this.#inside) return;
    this.#machine.beHost();
    this.#machine.leave();
    this.#inside = false;
  }

  #nextCall(): Call | undefined {
    while (this.#next.length === 0) {
      const act = this.#acts.shift();
      if (!act) return undefined;
      const kind = act.kind as HostActKind;
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      this.#next.push(...this.#callsOf(kind, act));
    }
    return this.#next[0];
  }

  /** Takes the batch of events, and does what the keepers say that were called. */
  #takeEvents(): void {
    // Read before the batch, as a host must that sleeps by it.
    this.#bell = this.#machine.hostBell;
    this.#machine.takeEvents();
    this.#machine.goOn();
    this.#judge.taken();
    this.say?.("takes the events");
    for (const call of this.#judge.calls.splice(0)) this.#next.push(...this.#keep(call));
  }

  // --- Keepers ----------------------------------------------------------------------------------

  #keep(asked: KeeperCall): Call[] {
    const { meter, domain, call } = asked;
    const model = this.#model;
    const isOut = model.isLive(domain) && model.call[domain.index] === call;
    if (!isOut) return [];
    this.keeperCalls++;
    const restart = this.calls.answer(domain, call, false);
    const decline = this.calls.answer(domain, call, true);
    if (!model.isLive(meter)) return [restart];
    const keeper = model.keeper[meter.index]!;
    if (keeper === 0) return [decline];
    const policy = this.policies.of(keeper);
    switch (policy.kind) {
      case "refill":
        if (policy.times-- <= 0) return [decline];
        return [this.calls.add(meter, policy.amount), restart];
      case "contrary":
        return [this.calls.add(meter, policy.amount), decline];
      case "nothing":
        return [restart];
      case "decline":
        return [decline];
      case "rescind":
        return meter.index === PRIME_INDEX ? [decline] : [this.calls.rescind(meter), restart];
      case "leave":
        return [this.calls.setMeter(domain, model.handle(PRIME_INDEX)), restart];
      case "later":
        this.later.push(asked);
        return [];
    }
  }

  /** Answers a keeper call that is still out. */
  answer(number: number, declines: boolean): Call[] {
    const { length } = this.later;
    if (length === 0) return [];
    const [{ domain, call }] = this.later.splice(number % length, 1) as [KeeperCall];
    return [this.calls.answer(domain, call, declines)];
  }

  // --- Acts -------------------------------------------------------------------------------------

  #callsOf(kind: HostActKind, { a, b, c }: Act): Call[] {
    const { calls } = this;
    switch (kind) {
      case "createMeter":
        return [calls.createMeter(this.#meter(a), this.#cycles(b), this.#keeper(c))];
      case "createDomain":
        return this.#createDomain(this.#meter(a), b);
      case "createChain":
        return this.#createChain(this.#meter(a), 1 + (b % 22), c);
      case "createNode":
        return [calls.createNode((node) => this.push(calls.setSuperior(node, this.#meter(a))))];
      case "rescindMeter":
        return this.#inferior(a, (meter) => calls.rescind(meter));
      case "set":
        return [calls.set(this.#victim(a), this.#cycles(b))];
      case "add":
        return [calls.add(this.#meter(a), this.#cycles(b))];
      case "off":
        return [calls.set(this.#victim(a), 0n), calls.setKeeper(this.#victim(a), 0)];
      case "on":
        return this.#on(this.#meter(a), b, c);
      case "peek":
        return [calls.peek(this.#meter(a))];
      case "counter":
        return [calls.unprepare(this.#meter(a)), calls.peek(this.#meter(a))];
      // All chains come apart, and are climbed at once by all.
      case "fell":
        return [calls.unprepare(this.#model.handle(PRIME_INDEX))];
      case "recall":
        return [calls.recall(this.#meter(a))];
      case "consumed":
        return [calls.consumed(this.#meter(a))];
      case "granted":
        return [calls.granted(this.#meter(a))];
      case "swapCounter":
        return [calls.swapCounter(this.#victim(a), this.#cycles(b))];
      case "spoil":
        return [calls.spoil(this.#victim(a), DATA_SLOTS[b % DATA_SLOTS.length]!)];
      case "mend":
        return this.#mend(this.#meter(a), b);
      case "setKeeper":
        return [calls.setKeeper(this.#meter(a), this.#keeper(b))];
      case "answer":
        return this.answer(a, b % 2 === 0);
      case "limit":
        return [calls.go(1 + (a % (LARGE * this.#settings.quantum)))];
      case "halt":
        return [calls.halt()];
      case "go":
        return [calls.go(Number.POSITIVE_INFINITY)];
      default:
        return this.#shape(kind, a, b);
    }
  }

  #on(meter: Handle, cycles: number, keeper: number): Call[] {
    const { calls } = this;
    return [calls.set(meter, this.#cycles(cycles)), calls.setKeeper(meter, this.#keeper(keeper))];
  }

  /** Acts that change who is above whom, or what a domain does. */
  #shape(kind: HostActKind, a: number, b: number): Call[] {
    const { calls } = this;
    switch (kind) {
      case "setSuperior":
        return this.#inferior(a, (meter) => this.#link(meter, this.#meter(b)));
      case "misplace":
        return this.#inferior(a, (meter) => this.#link(meter, this.#domain(b) ?? meter));
      case "clear":
        return this.#inferior(a, (meter) => calls.clear(meter));
      case "setMeter":
        return this.#toDomain(a, (domain) => this.#link(domain, this.#meter(b)));
      case "start":
        return this.#toDomain(a, (domain) => calls.start(domain));
      case "revive":
        return this.#revive(a, b);
      case "stop":
        return this.#toDomain(a, (domain) => calls.stop(domain, STOPPED));
      case "end":
        return this.#toDomain(a, (domain) => calls.stop(domain, ENDED));
      case "evict":
        return this.#toDomain(a, (domain) => calls.evict(domain));
      case "rescindDomain":
        return this.#toDomain(a, (domain) => calls.rescind(domain));
      default:
        throw new Error(`no act ${kind}`);
    }
  }

  /** What one who does not run needs, or his node for others. */
  #revive(number: number, cycles: number): Call[] {
    const { calls } = this;
    const model = this.#model;
    const still = model.domains.filter((index) => model.state[index] !== ACTIVE);
    if (still.length === 0) return [];
    const domain = this.#pick(still, number);
    switch (model.state[domain.index]) {
      case ENDED:
        return [calls.rescind(domain)];
      case PARKED:
        return [calls.set(model.handle(model.parkedAt[domain.index]!), this.#cycles(cycles | 4))];
      case TRAPPED: {
        const good = model.meters.filter((meter) => model.isGood(meter));
        const link = good.length > 0 && this.#link(domain, this.#pick(good, cycles));
        return link ? [link, calls.start(domain)] : [calls.start(domain)];
      }
      default:
        return [calls.start(domain)];
    }
  }

  /** Where both are bad, the kernel may or may not see a change: nothing is asked. */
  #link(node: Handle, superior: Handle): Call | undefined {
    const model = this.#model;
    const isBad = model.superior[node.index] === NO_METER && !model.isLive(superior);
    if (!model.isLive(node) || isBad) return undefined;
    const isDomain = model.domains.includes(node.index);
    return isDomain ? this.calls.setMeter(node, superior) : this.calls.setSuperior(node, superior);
  }

  #createDomain(meter: Handle, seed: number): Call[] {
    const plan = planOf(seed, this.#settings.quantum);
    const start = (domain: Handle) => this.push(this.calls.start(domain));
    return [this.calls.createDomain(meter, plan, start)];
  }

  /** Unlimited meters with one at their foot, and a domain below. */
  #createChain(superior: Handle, length: number, seed: number): Call[] {
    const isLast = length === 1;
    const cycles = isLast ? this.#cycles(seed) : LARGEST;
    const then = (meter: Handle) => {
      if (isLast) this.push(...this.#createDomain(meter, seed));
      else this.push(...this.#createChain(meter, length - 1, seed));
    };
    return [this.calls.createMeter(superior, cycles, 0, then)];
  }

  /** All that is bad in a meter, or in one that is bad if this one isn't. */
  #mend(meter: Handle, number: number): Call[] {
    const model = this.#model;
    const bad = model.meters.filter((index) => model.bad[index]);
    const index = bad.length > 0 ? bad[number % bad.length]! : meter.index;
    const node = model.handle(index);
    const slots = DATA_SLOTS.filter((slot) => (model.bad[index]! >>> slot) & 1);
    return slots.map((slot) =>
      slot === 3 ? this.calls.swapCounter(node, this.#cycles(number)) : this.calls.mend(node, slot),
    );
  }

  #toDomain(number: number, call: (domain: Handle) => Call | undefined): Call[] {
    const domain = this.#domain(number);
    const made = domain && call(domain);
    return made ? [made] : [];
  }

  /** The same for a meter that is not the prime meter. */
  #inferior(number: number, call: (meter: Handle) => Call | undefined): Call[] {
    const { meters } = this.#model;
    if (meters.length < 2) return [];
    const made = call(this.#model.handle(meters[1 + (number % (meters.length - 1))]!));
    return made ? [made] : [];
  }

  // --- Finding ----------------------------------------------------------------------------------

  /** The meter that a number means; now and then one that is no more. */
  #meter(number: number): Handle {
    return this.#stale(number) ?? this.#pick(this.#model.meters, number);
  }

  /** The same to be harmed: the prime meter, which ends all, only now and then. */
  #victim(number: number): Handle {
    const meter = this.#meter(number);
    const isSpared = meter.index === PRIME_INDEX && (number >>> 20) % SPARED_EVERY !== 0;
    return isSpared ? this.#meter(number + 1) : meter;
  }

  #domain(number: number): Handle | undefined {
    const { domains } = this.#model;
    return domains.length > 0 ? (this.#stale(number) ?? this.#pick(domains, number)) : undefined;
  }

  #pick(nodes: readonly number[], number: number): Handle {
    return this.#model.handle(nodes[number % nodes.length]!);
  }

  #stale(number: number): Handle | undefined {
    const { stale } = this.calls;
    const isWanted = (number >>> 16) % STALE_EVERY === 0 && stale.length > 0;
    return isWanted ? stale[number % stale.length] : undefined;
  }

  /** Half of them no more than a few quanta. */
  #cycles(number: number): bigint {
    const { quantum } = this.#settings;
    const amount = number >>> 8;
    switch (number % 8) {
      case 0:
        return LARGEST;
      case 1:
        return 0n;
      case 2:
        return BigInt(amount) << 32n;
      case 3:
      case 4:
        return BigInt(amount % (LARGE * quantum));
      default:
        return BigInt(amount % (10 * quantum));
    }
  }

  #keeper(number: number): number {
    return number % 3 === 0 ? 0 : this.policies.make(number);
  }
}
