// Billing in the model: who runs in truth, and what the clock says of it. Every charge is an entry of a
// log; what a partition has used is summed up from that.

import { ModelClock } from "./clock.js";
import type { ModelDomain, Point, TimePlan } from "./parts.js";
import { Log } from "./usage.js";

export const NEVER = 2n ** 64n - 1n;

export class Biller {
  time = 0n;
  readonly clock: ModelClock;
  readonly log = new Log();
  /** Slots of the window that have begun since it was set. */
  slot = 0;
  /** Who runs, and since when that is not added to what it ran. */
  occupant: ModelDomain | null = null;
  since = 0n;
  /** It runs on the strength of the critical budget. */
  isCritical = false;
  /** When to look whether the cache is used up. */
  spent = NEVER;
  /** In truth, and as billed. */
  idle = 0n;
  billed = 0n;
  billedIdle = 0n;
  readCycles = 0n;
  charged = 0n;
  /** Who ran in the time that is not billed yet. */
  #party: ModelDomain | null = null;
  /** Who left last, and when. */
  #left: { readonly domain: ModelDomain; readonly at: bigint } | null = null;
  /** The host was told of the first of each. */
  readonly #told = new Set<string>();

  constructor(
    readonly plan: TimePlan,
    readonly say: (what: string, name: string, time: bigint) => void,
  ) {
    this.clock = new ModelClock(plan.clock, BigInt(plan.tick));
  }

  get #isByTick(): boolean {
    return this.plan.by === "tick";
  }

  get isCached(): boolean {
    return this.plan.advance !== null;
  }

  /** A billing point: reads the clock, unless it was read in this very instant. */
  charge(point: Point): void {
    if (this.#isByTick || !this.plan.points.includes(point)) return;
    if (this.clock.at === this.time) return;
    const { cost } = this.clock;
    this.time += cost;
    this.readCycles += cost;
    if (!this.occupant) this.idle += cost;
    this.sample();
  }

  sample(time = this.time, isQuiet = false): void {
    if (this.#isByTick) return;
    const { cycles, verdict, stood } = this.clock.read(time, isQuiet);
    this.pay(this.#party, cycles);
    if (verdict !== "sound") this.#tell(verdict, time);
    this.#party = this.occupant;
    if (this.occupant) this.look(stood);
  }

  pay(party: ModelDomain | null, cycles: bigint): void {
    if (cycles === 0n) return;
    if (!party) {
      this.billedIdle += cycles;
      return;
    }
    this.billed += cycles;
    party.owed += cycles;
    party.payOwed(this.isCached);
    this.log.add({
      to: this.time,
      tick: this.slot,
      partition: party.task.partition,
      cycles,
      isCritical: this.isCritical && party === this.occupant,
    });
  }

  admit(domain: ModelDomain): void {
    this.occupant = this.#party = domain;
    this.since = this.time;
    this.look(false);
  }

  vacate(point: Point): void {
    if (!this.occupant) return;
    this.charge(point);
    this.occupant.ran += this.time - this.since;
    if (this.time > this.since) this.#left = { domain: this.occupant, at: this.time };
    this.occupant = null;
    // If it was read just now, all that the one who leaves ran is billed.
    if (this.clock.at === this.time) this.#party = null;
    this.isCritical = false;
  }

  /** Sets when to look whether the cache is used up; a clock that stood is asked at the next tick. */
  look(stood: boolean): void {
    this.spent = NEVER;
    if (stood || this.#isByTick || !this.plan.points.includes("spent")) return;
    const now = this.since > this.clock.at ? this.since : this.clock.at;
    const available = this.occupant!.available(this.isCached);
    const { grain } = this.clock;
    this.spent = now + (available > grain ? available : grain);
  }

  /** An interrupt is served, so many ticks after the last one. */
  serve(ticks: bigint): void {
    this.clock.served(ticks);
    if (this.#isByTick) this.pay(this.#sampled, ticks * BigInt(this.plan.tick));
    else this.charge("tick");
  }

  /** Who runs at a tick; of two who change places just then, the one that ran. */
  get #sampled(): ModelDomain | null {
    return this.#left?.at === this.time ? this.#left.domain : this.occupant;
  }

  /** A tick while nobody runs: it is served when it is due, and its reading takes nobody's time. */
  serveIdly(): void {
    const { clock, plan } = this;
    clock.served(1n);
    const at = clock.ticks * BigInt(plan.tick);
    if (this.#isByTick) this.pay(null, BigInt(plan.tick));
    else if (plan.points.includes("tick") && at > clock.at) this.sample(at, true);
  }

  /** Clock cycles that have passed and are not billed yet. */
  get unbilled(): bigint {
    if (this.#isByTick) return this.time - this.clock.ticks * BigInt(this.plan.tick);
    return this.clock.peek(this.time, this.occupant === null);
  }

  forget(domain: ModelDomain): void {
    if (this.#party === domain) this.#party = null;
  }

  #tell(verdict: string, time: bigint): void {
    if (this.#told.has(verdict)) return;
    this.#told.add(verdict);
    this.say("clock", verdict, time);
  }
}
