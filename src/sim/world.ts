// One simulated multiprocessor: a kernel, its processors and its host, and the model beside it. Who
// has the next step is chosen from outside; a world does nothing of itself, so the same choices
// give the same world.

import { TURN_BLOCKED } from "../../assembly/codes.js";
import { PHASE_CLAIMING, PHASE_OUTSIDE, PHASE_RESTING } from "../../assembly/processor-layout.js";
import { checkStore } from "../check.js";
import type { Act } from "./act.js";
import { calm } from "./calm.js";
import { compare } from "./compare.js";
import { SimFailure } from "./failure.js";
import { Host } from "./host.js";
import { Judge } from "./judge.js";
import type { Machine } from "./machine.js";
import { Model } from "./model.js";
import type { Settings } from "./settings.js";

/** The participant that has the next step, 0 being the host; or an act for the host to begin. */
export type Choice = number | Act;

/** Told what happens, in words: who is a participant, or KERNEL. */
export type Say = (who: number, words: string) => void;
export const KERNEL = -1;
/** Said of who could do nothing. */
export const LOCKED = "finds the lock held";

const HOST = 0;

const ALIVE = 0;
const DEAD = 1;
/** Half-way through a change: it has the lock, and the store is nobody's business. */
const TORN = 2;
/** The host could not finish with it. */
const HALF_RECOVERED = 3;

const PHASES = ["rests", "leaves", "takes the lock", "climbs", "waits for others", "runs outside"];
/** Stores that a doomed processor has left at most. */
const LAST_STORES = 300;

export class World {
  readonly model: Model;
  readonly host: Host;
  readonly judge: Judge;
  steps = 0;
  slices = 0;
  checks = 0;
  deaths = 0;
  /** Times at which a processor found the lock held. */
  conflicts = 0;
  say: Say | undefined;
  readonly #asleep: Uint8Array;
  readonly #bells: Uint32Array;
  readonly #dead: Uint8Array;
  /** When each ended its last slice, and the limit of the one that it is at. */
  readonly #clocks: Float64Array;
  readonly #until: Float64Array;
  /** Dead ones in whose state the store isn't as it should be. */
  #torn = 0;
  #half = 0;
  /** Who waits, under the lock, for others: if it dies, what it did and said before is undone. */
  #claiming = 0;
  #nextCheck: number;
  #low = 0x811c9dc5 | 0;
  #high = 0x2545f491 | 0;

  /** Checks the whole store after so many steps each. `wounds`: processors may die at any store. */
  constructor(
    readonly machine: Machine,
    readonly settings: Settings,
    readonly every: number,
    readonly wounds: boolean,
  ) {
    const { processors, nodes } = settings;
    this.model = new Model(nodes);
    this.judge = new Judge(machine.view, this.model);
    this.host = new Host(machine, this.model, this.judge, settings);
    this.#asleep = new Uint8Array(processors + 1);
    this.#bells = new Uint32Array(processors + 1);
    this.#dead = new Uint8Array(processors + 1);
    this.#clocks = new Float64Array(processors + 1);
    this.#until = new Float64Array(processors + 1);
    this.#nextCheck = every;
    this.host.open();
  }

  /** From now on somebody listens. */
  tell(say: Say): void {
    this.say = say;
    this.host.say = (words) => say(HOST, words);
    this.judge.say = (words) => say(KERNEL, words);
  }

  /** All that happened, as 16 digits. */
  get hash(): string {
    return [this.#high, this.#low].map((n) => (n >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ value ^ (this.#low >>> 15), 0x9e3779b1);
  }

  /** Whether a processor would do anything: it is alive, and its bell has rung if it rests. */
  isAwake(processor: number): boolean {
    if (this.#dead[processor]) return false;
    return !this.#asleep[processor] || this.machine.bell(processor) !== this.#bells[processor];
  }

  isDead(processor: number): boolean {
    return this.#dead[processor] !== 0;
  }

  /** @throws {SimFailure} */
  do(choice: Choice): void {
    if (typeof choice !== "number") this.#act(choice);
    else if (choice === HOST) this.#hostStep();
    else if (this.isAwake(choice)) this.#turn(choice);
    if (this.steps >= this.#nextCheck) this.check();
  }

  #turn(processor: number): void {
    const { machine } = this;
    this.steps++;
    // As a worker does: who reads it after a look at the queue sleeps through what came between.
    this.#bells[processor] = machine.bell(processor);
    if (processor === this.#claiming) this.#settle();
    let phase: number;
    try {
      phase = machine.turn(processor);
    } catch (error) {
      machine.hasDied(processor, error);
      this.#die(processor, true);
      return;
    }
    const { used } = machine;
    this.#mix((processor << 8) | phase);
    if (used !== 0) {
      this.slices++;
      this.#mix((machine.ran << 20) ^ used);
      this.model.slice(machine.ran, used);
      this.#checkClock(processor, used);
    } else if (phase === PHASE_OUTSIDE) this.#until[processor] = machine.until;
    if (phase === PHASE_CLAIMING) this.#claiming = processor;
    if (this.#isSettled) this.#mix(this.judge.look());
    this.#asleep[processor] = phase === PHASE_RESTING ? 1 : 0;
    if (phase === TURN_BLOCKED) this.conflicts++;
    if (this.say) this.#sayTurn(processor, phase, used);
  }

  /** A slice takes its time, and ends by the limit that there was when it began. */
  #checkClock(processor: number, used: number): void {
    const clock = this.machine.clock(processor);
    const least = this.#clocks[processor]! + used;
    const most = this.#until[processor]!;
    this.#clocks[processor] = clock;
    if (clock >= least && clock <= most) return;
    const where = `clock of processor ${processor}`;
    throw new SimFailure("clock", where, `${clock} after ${used} cycles`, `${least} to ${most}`);
  }

  /** Whether nothing that was said may yet be taken back. */
  get #isSettled(): boolean {
    return this.#torn === 0 && this.#claiming === 0;
  }

  #settle(): void {
    this.#claiming = 0;
    this.#mix(this.judge.look());
  }

  #sayTurn(processor: number, phase: number, used: number): void {
    const ran = used > 0 ? `runs domain ${this.machine.ran} for ${used} cycles, ` : "";
    this.say?.(processor, ran + (PHASES[phase] ?? LOCKED));
  }

  #hostStep(): void {
    if (!this.host.step()) return;
    this.steps++;
    this.#mix(HOST);
  }

  // --- Acts -------------------------------------------------------------------------------------

  #act(act: Act): void {
    const { processors } = this.settings;
    if (act.kind === "die") this.#doom(1 + (act.a % processors), act);
    else if (act.kind === "recover") this.#recover(1 + (act.a % processors));
    else if (act.kind === "calm") calm(this, act.a);
    else this.host.begin(act);
  }

  /** It dies here, between two turns, or at a store of one to come. */
  #doom(processor: number, { b, c }: Act): void {
    if (this.#dead[processor]) return;
    if (this.wounds && b % 2 === 0) {
      this.machine.doom(processor, 1 + (c % LAST_STORES));
      this.say?.(processor, "will die");
    } else this.#die(processor, false);
  }

  #die(processor: number, isTorn: boolean): void {
    this.#dead[processor] = isTorn ? TORN : DEAD;
    if (isTorn) this.#torn++;
    this.say?.(processor, isTorn ? "dies half-way through a change" : "dies");
  }

  /** The host finds it dead, and another takes its place. */
  #recover(processor: number): void {
    if (!this.#dead[processor]) return;
    this.host.leave();
    if (!this.machine.recover(processor)) {
      // Half done: it must be asked again once whoever has the lock gives it back.
      this.say?.(HOST, `must wait to bury processor ${processor}`);
      if (this.#dead[processor] === DEAD) this.#half++;
      this.#dead[processor] = HALF_RECOVERED;
      return;
    }
    this.deaths++;
    if (this.#dead[processor] === TORN) this.#torn--;
    if (this.#dead[processor] === HALF_RECOVERED) this.#half--;
    this.#dead[processor] = ALIVE;
    this.#asleep[processor] = 0;
    if (this.#claiming === processor) this.#claiming = 0;
    if (this.#isSettled) this.#mix(this.judge.look());
    this.say?.(processor, "is replaced");
  }

  // --- Checks -----------------------------------------------------------------------------------

  /** Everything in memory against the model, and against the kernel's own invariants. */
  check(): void {
    this.#nextCheck = this.steps + this.every;
    if (!this.#isSettled || this.#half > 0) return;
    this.checks++;
    compare(this.machine.view, this.model);
    const { ok, findings } = checkStore(this.machine.view);
    if (!ok) throw new SimFailure("checker", "the store", findings.join("; "), "no findings");
  }
}
