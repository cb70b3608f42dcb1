// The naive model beside the kernel: no caches, no queues, no locks. Every cycle that a domain ran
// is charged to every meter above it, found by walking its chain; so what is left in a counter is
// known at every step, and with it who may run, whose keeper may be called, and who may be parked.
// The schedule is the kernel's own: the model is told what happened, and judges it (judge.ts).
//
// Nodes are the kernel's, by index. Cycles that ran are counted as numbers, exact below 2^53; what
// was granted in all is a bigint, since counters go to 2^64 − 1.

import {
  TRAP_LOCKED,
  TRAP_MALFORMED,
  TRAP_NO_METER,
  TRAP_NONE,
  TRAP_TOO_DEEP,
} from "../../assembly/codes.js";
import { MAX_CHAIN, PRIME_INDEX } from "../../assembly/layout.js";
import { SimFailure } from "./failure.js";

export const FREE = 0;
export const METER = 1;
export const DOMAIN = 2;

/** What slot 1 may mean besides a node. */
export const SUPER = 0;
export const NO_METER = -1;

export const STOPPED = 0;
/** On a ready queue, running, asleep, or waiting for a keeper who is busy with another. */
export const ACTIVE = 1;
export const PARKED = 2;
/** Its keeper's answer is awaited. */
export const CALLING = 3;
export const TRAPPED = 4;
export const ENDED = 5;
const STATE_NAMES = ["stopped", "active", "parked", "calling", "trapped", "ended"];

export const LARGEST = 2n ** 64n - 1n;
export const PRIME_COUNTER = 2n ** 56n - 1n;
const EXACT = 2n ** 53n;

/** A node by its handle. */
export interface Handle {
  readonly index: number;
  readonly allocation: number;
}

export class Model {
  readonly kind: Uint8Array;
  readonly allocation: Uint32Array;
  /** Slot 1: a node, SUPER or NO_METER. */
  readonly superior: Int32Array;
  /** Cycles that ran: of a domain, or below a meter. */
  readonly consumed: Float64Array;
  /** What may be consumed in all: a meter's grants, or a domain's program. */
  readonly allowed: Float64Array;
  /** The same, but not −1 while a slot is bad. */
  readonly #limit: Float64Array;
  /** Counter and consumption together, not taken modulo 2^64. */
  readonly #granted: bigint[];
  /** Slots that hold what they must not, as bits. */
  readonly bad: Uint32Array;
  /** The number of the host key in slot 2; 0 without one. */
  readonly keeper: Int32Array;
  /** Meter: whom its keeper is busy with. Domain: the meter whose keeper is to answer. */
  readonly partner: Int32Array;
  readonly state: Uint8Array;
  /** Where a parked domain hangs. */
  readonly parkedAt: Int32Array;
  /** The number of the keeper call that may still be answered, or 0. */
  readonly call: Uint32Array;
  /** Keeper calls since it last ran or was parked. */
  readonly laps: Uint32Array;
  /** In use, in the order in which they were made. */
  readonly meters: number[] = [];
  readonly domains: number[] = [];

  constructor(readonly nodes: number) {
    this.kind = new Uint8Array(nodes);
    this.allocation = new Uint32Array(nodes);
    this.superior = new Int32Array(nodes);
    this.consumed = new Float64Array(nodes);
    this.allowed = new Float64Array(nodes);
    this.#limit = new Float64Array(nodes);
    this.#granted = new Array<bigint>(nodes).fill(0n);
    this.bad = new Uint32Array(nodes);
    this.keeper = new Int32Array(nodes);
    this.partner = new Int32Array(nodes);
    this.state = new Uint8Array(nodes);
    this.parkedAt = new Int32Array(nodes);
    this.call = new Uint32Array(nodes);
    this.laps = new Uint32Array(nodes);
    this.createMeter({ index: PRIME_INDEX, allocation: 0 }, SUPER, PRIME_COUNTER, 0);
  }

  // --- Nodes ------------------------------------------------------------------------------------

  get inUse(): number {
    return this.meters.length + this.domains.length;
  }

  handle(index: number): Handle {
    return { index, allocation: this.allocation[index]! };
  }

  isLive({ index, allocation }: Handle): boolean {
    return this.kind[index] !== FREE && this.allocation[index] === allocation;
  }

  createMeter(handle: Handle, superior: number, cycles: bigint, keeper: number): void {
    this.#allocate(handle, METER);
    const { index } = handle;
    this.meters.push(index);
    this.superior[index] = superior;
    this.keeper[index] = keeper;
    this.put(index, cycles);
  }

  /** `total` is what its program runs until its end. */
  createDomain(handle: Handle, meter: number, total: number): void {
    this.#allocate(handle, DOMAIN);
    const { index } = handle;
    this.domains.push(index);
    this.superior[index] = meter;
    this.allowed[index] = total;
  }

  #allocate({ index, allocation }: Handle, kind: number): void {
    const isFree = index > 0 && index < this.nodes && this.kind[index] === FREE;
    if (!isFree) throw new SimFailure("answer", "a new node", `node ${index}`, "a free one");
    this.kind[index] = kind;
    this.allocation[index] = allocation;
    this.consumed[index] = 0;
    this.#granted[index] = 0n;
    this.bad[index] = 0;
    this.keeper[index] = 0;
    this.partner[index] = 0;
    this.state[index] = STOPPED;
    this.parkedAt[index] = 0;
    this.call[index] = 0;
    this.laps[index] = 0;
  }

  /** A node is free again: every key to it is void. */
  #free(index: number, all: number[]): void {
    this.kind[index] = FREE;
    all.splice(all.indexOf(index), 1);
    for (let node = 1; node < this.nodes; node++) {
      if (this.superior[node] === index) this.superior[node] = NO_METER;
    }
  }

  // --- Counters ---------------------------------------------------------------------------------

  /** What is left in a meter's counter, the caches below included. */
  counter(meter: number): bigint {
    return this.#granted[meter]! - BigInt(this.consumed[meter]!);
  }

  granted(meter: number): bigint {
    return this.#granted[meter]!;
  }

  isDry(meter: number): boolean {
    return this.consumed[meter]! >= this.#limit[meter]!;
  }

  /** Sets a counter, as `raised` or not: who is parked there looks again. */
  put(meter: number, cycles: bigint): void {
    this.#granted[meter] = cycles + BigInt(this.consumed[meter]!);
    this.#judge(meter);
    if (cycles > 0n) this.wakeParked(meter);
  }

  #judge(meter: number): void {
    const granted = this.#granted[meter]!;
    const limit = granted < EXACT ? Number(granted) : Number.POSITIVE_INFINITY;
    this.#limit[meter] = limit;
    this.allowed[meter] = this.bad[meter] ? -1 : limit;
  }

  spoil(meter: number, slot: number): void {
    this.bad[meter]! |= 1 << slot;
    if (slot === 3) this.#granted[meter] = BigInt(this.consumed[meter]!);
    this.#judge(meter);
  }

  mend(meter: number, slot: number): void {
    this.bad[meter]! &= ~(1 << slot);
    this.#judge(meter);
  }

  /** A domain ran: every meter above pays. */
  slice(domain: number, cycles: number): void {
    const { superior, consumed, allowed, kind } = this;
    if (this.state[domain] !== ACTIVE || kind[domain] !== DOMAIN) this.#mustNotRun(domain);
    this.laps[domain] = 0;
    const ran = consumed[domain]! + cycles;
    consumed[domain] = ran;
    if (ran > allowed[domain]!) this.#overdrawn(domain, cycles, domain);
    let depth = 0;
    let at = superior[domain]!;
    while (at > 0) {
      if (++depth > MAX_CHAIN || kind[at] !== METER) this.#mustNotRun(domain);
      const sum = consumed[at]! + cycles;
      consumed[at] = sum;
      if (sum > allowed[at]!) this.#overdrawn(domain, cycles, at);
      at = superior[at]!;
    }
    if (at !== SUPER) this.#mustNotRun(domain);
  }

  #mustNotRun(domain: number): never {
    const trap = this.kind[domain] === DOMAIN ? this.trapOf(domain) : TRAP_NONE;
    const chain = trap === TRAP_NONE ? "" : `, its chain is bad (0x${trap.toString(16)})`;
    const expected = `no slice: it is ${this.stateName(domain)}${chain}`;
    throw new SimFailure("slice", `domain ${domain}`, "it ran", expected);
  }

  stateName(domain: number): string {
    return this.kind[domain] === DOMAIN ? STATE_NAMES[this.state[domain]!]! : "no domain";
  }

  #overdrawn(domain: number, cycles: number, at: number): never {
    const left = this.allowed[at]! - this.consumed[at]! + cycles;
    const ran = `${cycles} cycles of domain ${domain}`;
    if (at === domain) {
      throw new SimFailure(
        "slice",
        `domain ${at}`,
        ran,
        `at most ${left}: its program has no more`,
      );
    }
    const most = this.bad[at] ? "none: its slots are not a meter's" : `at most ${left}, all it has`;
    throw new SimFailure("slice", `meter ${at}`, ran, most);
  }

  // --- Chains -----------------------------------------------------------------------------------

  /** What the chain of a domain traps it with, nearest fault first (R3). */
  trapOf(domain: number): number {
    const met: number[] = [];
    let at = this.superior[domain]!;
    while (at !== SUPER) {
      if (at === NO_METER) return TRAP_NO_METER;
      if (met.length === MAX_CHAIN) return TRAP_TOO_DEEP;
      if (this.kind[at] === DOMAIN || met.includes(at)) return TRAP_LOCKED;
      if (this.bad[at]) return TRAP_MALFORMED;
      met.push(at);
      at = this.superior[at]!;
    }
    return TRAP_NONE;
  }

  /** Whether domains can run under a meter: it and its chain are as they must be. */
  isGood(meter: number): boolean {
    return !this.bad[meter] && this.trapOf(meter) === TRAP_NONE;
  }

  /** The dry meter nearest to a domain whose chain is good, or 0. */
  nearestDry(domain: number): number {
    for (let at = this.superior[domain]!; at > 0; at = this.superior[at]!) {
      if (this.isDry(at)) return at;
    }
    return 0;
  }

  /** The meters met going up from a node's slot 1 as it stands, good or bad, loops cut. */
  above(node: number): number[] {
    const met: number[] = [];
    let at = this.superior[node]!;
    while (at > 0 && this.kind[at] === METER && met.length < MAX_CHAIN) {
      met.push(at);
      at = this.superior[at]!;
    }
    return met;
  }

  // --- Waiting ----------------------------------------------------------------------------------

  wakeParked(meter: number): void {
    for (const domain of this.domains) {
      if (this.state[domain] !== PARKED || this.parkedAt[domain] !== meter) continue;
      this.state[domain] = ACTIVE;
      this.parkedAt[domain] = 0;
    }
  }

  /** The chain above a meter is about to change: who is parked there, or at it, looks again. */
  #wakeChain(meter: number): void {
    this.wakeParked(meter);
    // Twenty in all: from below this one, no more could be reached.
    for (const above of this.above(meter).slice(0, MAX_CHAIN - 1)) this.wakeParked(above);
  }

  /** Takes a domain out of whatever it waits for; an answer of its keeper comes too late. */
  #detain(domain: number): void {
    this.call[domain] = 0;
    this.parkedAt[domain] = 0;
    const meter = this.partner[domain]!;
    this.partner[domain] = 0;
    if (meter > 0) this.partner[meter] = 0;
  }

  park(domain: number, meter: number): void {
    this.laps[domain] = 0;
    this.state[domain] = PARKED;
    this.parkedAt[domain] = meter;
  }

  callKeeper(domain: number, meter: number, call: number): void {
    this.laps[domain]!++;
    this.state[domain] = CALLING;
    this.call[domain] = call;
    this.partner[domain] = meter;
    this.partner[meter] = domain;
  }

  /** A keeper lets a domain go on; false where its answer comes too late. */
  restart(domain: number, call: number): boolean {
    if (this.call[domain] !== call) return false;
    this.#detain(domain);
    this.state[domain] = ACTIVE;
    return true;
  }

  /** A keeper will not help: the domain is parked, unless there is nothing to be parked at. */
  decline(domain: number, call: number): boolean {
    const meter = this.partner[domain]!;
    if (!this.restart(domain, call)) return false;
    if (meter > 0 && this.above(domain).includes(meter) && this.isDry(meter)) {
      this.park(domain, meter);
    }
    return true;
  }

  // --- What holders of keys do ------------------------------------------------------------------

  setKeeper(meter: number, keeper: number): void {
    if (this.keeper[meter] === keeper) return;
    this.keeper[meter] = keeper;
    this.wakeParked(meter);
  }

  setSuperior(meter: number, superior: number): void {
    if (this.superior[meter] === superior) return;
    this.#wakeChain(meter);
    this.superior[meter] = superior;
  }

  /** All slots become DK(0). */
  clear(meter: number): void {
    this.#wakeChain(meter);
    this.bad[meter] = 0;
    this.superior[meter] = NO_METER;
    this.keeper[meter] = 0;
    this.put(meter, 0n);
  }

  rescindMeter(meter: number): void {
    this.#wakeChain(meter);
    const domain = this.partner[meter]!;
    if (domain > 0) this.partner[domain] = 0;
    this.#free(meter, this.meters);
  }

  setMeter(domain: number, meter: number): void {
    if (this.superior[domain] === meter) return;
    this.superior[domain] = meter;
    if (this.state[domain] !== PARKED) return;
    this.#detain(domain);
    this.state[domain] = ACTIVE;
  }

  /** False once it has ended. */
  start(domain: number): boolean {
    if (this.state[domain] === ENDED) return false;
    this.#detain(domain);
    this.state[domain] = ACTIVE;
    return true;
  }

  /** False once it has ended. */
  stop(domain: number, state: number): boolean {
    if (this.state[domain] === ENDED) return false;
    this.#detain(domain);
    this.state[domain] = state;
    return true;
  }

  rescindDomain(domain: number): void {
    this.#detain(domain);
    this.#free(domain, this.domains);
  }
}
