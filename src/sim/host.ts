// The host as a participant: each of its steps takes the kernel lock, makes one call, or gives the
// lock back. In between the processors go on, and a call may have to be made again until they have
// come inside.

import type { Act, HostActKind } from "./act.js";
import type { Call } from "./caller.js";
import { Calls } from "./calls.js";
import { Deeds } from "./deeds.js";
import { SimFailure } from "./failure.js";
import type { Judge } from "./judge.js";
import { Keepers } from "./keepers.js";
import type { Machine } from "./machine.js";
import type { Model } from "./model.js";
import type { Settings } from "./settings.js";
import { LOCKED } from "./world.js";

export class Host {
  /** How often each kind of act was done. */
  readonly counts = new Map<HostActKind, number>();
  /** Times at which it found the lock held by a processor. */
  conflicts = 0;
  /** What it does is said, while somebody listens. */
  say: ((words: string) => void) | undefined;
  readonly calls: Calls;
  readonly keepers: Keepers;
  readonly #machine: Machine;
  readonly #judge: Judge;
  readonly #deeds: Deeds;
  #acts: Act[] = [];
  /** Calls that belong to what was begun, in order. */
  #next: Call[] = [];
  #inside = false;
  #bell = 0;

  constructor(machine: Machine, model: Model, judge: Judge, settings: Settings) {
    this.#machine = machine;
    this.#judge = judge;
    const { quantum } = settings;
    const push = (...calls: Call[]) => this.push(...calls);
    this.calls = new Calls(machine, model, judge);
    this.keepers = new Keepers(this.calls, model, quantum);
    this.#deeds = new Deeds(this.calls, model, this.keepers, quantum, push);
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
    this.push(this.calls.kernel.goIfResting(Number.POSITIVE_INFINITY));
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
      this.#next.push(...this.#deeds.of(act));
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
    for (const call of this.#judge.calls.splice(0)) this.#next.push(...this.keepers.keep(call));
  }
}
