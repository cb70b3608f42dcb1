// Driving a kernel of several processors: sets them going, does what they ask while they go on, and sees
// when all of them rest. Internal.

import {
  CONTROL,
  CONTROL_ASKED,
  CONTROL_EVENTS,
  CONTROL_GOING,
  CONTROL_HOST_BELL,
  CONTROL_UNTIL,
} from "../assembly/layout.js";
import {
  PHASE_RESTING,
  PROCESSOR_PHASE,
  PROCESSOR_READY_COUNT,
  PROCESSOR_REST,
  REST_AHEAD,
  REST_IDLE,
  REST_LIMIT,
} from "../assembly/processor-layout.js";
import { Alarms, NEVER } from "./alarm.js";
import { Bell } from "./bell.js";
import type { Core } from "./core.js";
import { type Driver, type Ending, type StepOutcome, turn, YIELD_MS } from "./driver.js";
import { KeeperCalls } from "./keeper-calls.js";
import type { Processors } from "./processors.js";
import { Reporter } from "./reporter.js";
import { Turns } from "./turns.js";
import type { Shared } from "./wasm.js";
import { Workers } from "./workers.js";

/** How often a step looks whether something has happened; counted, so that simulated ones end alike. */
const LOOKS = 10;

/** What the processors do, all told; "told": first there is something to be done by the host. */
type Standing = "told" | "running" | "idle" | "limit" | "stopped";

export class Conductor implements Driver {
  readonly alarms = new Alarms();
  readonly processors: Processors;
  readonly #core: Core;
  readonly #shared: Shared;
  readonly #bell: Bell;
  readonly #reporter: Reporter;
  /** Up to when they run. */
  #stop = 0n;
  /** Whether they may run, and have been told up to when. */
  #isOn = false;
  #isGoing = false;
  /** How often the bell had been rung before the last look at how things stand. */
  #seen = 0;
  /** Whether the last look has found anything to do. */
  #hasActed = false;
  #isDisposed = false;
  #yielded = performance.now();

  constructor(core: Core, shared: Shared) {
    this.#core = core;
    this.#shared = shared;
    this.#bell = new Bell(shared.memory, CONTROL + CONTROL_HOST_BELL);
    const { seed } = core.options;
    this.processors =
      seed === undefined
        ? new Workers(core, shared, this.#bell)
        : new Turns(core, shared, this.#bell, seed);
    this.#reporter = new Reporter(core, new KeeperCalls(core, this.alarms));
    core.answers.onAnswer = () => this.#bell.ring();
  }

  step(until: bigint): StepOutcome {
    this.processors.mayWait();
    this.processors.start();
    this.#takeTurn();
    try {
      let outcome = this.#look(until);
      for (let looks = 1; looks < LOOKS && outcome === "ran" && !this.#hasActed; looks++) {
        this.processors.wait(this.#seen);
        outcome = this.#look(until);
      }
      return outcome;
    } finally {
      while (!this.#comeToRest()) this.processors.wait(this.#seen);
      this.#core.emitter.raise();
    }
  }

  async run(until: bigint, signal: AbortSignal | undefined): Promise<Ending> {
    await this.processors.load();
    const ring = () => this.#bell.ring();
    signal?.addEventListener("abort", ring);
    try {
      this.processors.start();
      while (!signal?.aborted) {
        const outcome = this.#look(until);
        if (outcome === "idle" || outcome === "limit") return outcome;
        if (this.#takeTurn() || performance.now() - this.#yielded > YIELD_MS) {
          await turn();
          this.#yielded = performance.now();
        } else if (outcome === "waiting") await this.processors.after(this.#seen);
        // Events that don't ask for anything ring no bell, either: they are told in batches.
        else await this.processors.after(this.#seen, YIELD_MS);
      }
      return "aborted";
    } finally {
      signal?.removeEventListener("abort", ring);
      // Nobody rings for the dead, whom the others miss when they count who rests.
      while (!this.#comeToRest()) await this.processors.after(this.#seen, YIELD_MS);
      this.#core.emitter.raise();
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.processors.end();
    this.#bell.ring();
  }

  /** Does what was asked for and sees how things stand; sets the processors going where they rest. */
  #look(until: bigint): StepOutcome {
    const outcome = this.#held(() => this.#act(until));
    this.#core.emitter.raise();
    return outcome;
  }

  #act(until: bigint): StepOutcome {
    this.processors.check();
    this.#seen = this.#bell.count;
    this.#hasActed = this.#reporter.act();
    // Whoever answers later has a turn of the event loop before time passes for nobody (R15).
    if (this.#core.answers.isAsked) return "ran";
    if (!this.#isGoing) return this.#go(until);
    switch (this.#standing()) {
      case "idle":
        return this.#pass(until);
      case "limit":
        this.#stand();
        this.#hasActed = true;
        this.alarms.fire(this.#stop);
        return this.#stop === until ? "limit" : "ran";
      case "stopped":
        return this.#go(until);
      case "running":
        // Others may wait for room in the batch, which has been taken.
        this.#shared.exports.rouse();
        // What keepers wait for since then.
        if (this.alarms.next < this.#stop) {
          this.#setStop(this.alarms.next);
          this.#shared.exports.look();
        }
        return "ran";
      case "told":
        return "ran";
    }
  }

  #go(until: bigint): StepOutcome {
    this.alarms.fire(this.#core.time);
    this.#core.alone(() => {
      this.#setStop(this.alarms.next < until ? this.alarms.next : until);
      this.#shared.exports.go();
    });
    this.#isOn = this.#isGoing = true;
    return "ran";
  }

  /** All rest: whom the host now gives something to do waits until they are set going again. */
  #stand(): void {
    this.#isGoing = false;
    this.#core.alone(() => this.#core.view.setControl(CONTROL_GOING, 0));
  }

  #setStop(time: bigint): void {
    this.#stop = time;
    this.#core.alone(() => this.#core.view.setU64(CONTROL + CONTROL_UNTIL, time));
  }

  /** Nobody is ready or sleeps: time goes on to the next alarm, if somebody waits for one. */
  #pass(until: bigint): StepOutcome {
    const { next } = this.alarms;
    if (next === NEVER) return this.#core.answers.areOut ? "waiting" : "idle";
    this.#core.alone(() => {
      this.#core.view.amount = next < until ? next : until;
      this.#core.exports.idleUntil();
    });
    if (next > until) return "limit";
    this.#stand();
    this.#hasActed = true;
    this.alarms.fire(next);
    return "ran";
  }

  #standing(): Standing {
    const { view, options } = this.#core;
    return this.#core.alone(() => {
      if (view.control(CONTROL_EVENTS) > 0) return "told";
      view.setControl(CONTROL_ASKED, 0);
      let standing: Standing = "idle";
      for (let index = 1; index <= options.processors; index++) {
        if (!this.processors.has(index)) continue;
        if (view.processor(index, PROCESSOR_PHASE) !== PHASE_RESTING) return "running";
        const rest = view.processor(index, PROCESSOR_REST);
        if (rest === REST_AHEAD) return "running";
        if (rest === REST_IDLE) {
          // Somebody has just given it something, and its bell has been rung.
          if (view.processor(index, PROCESSOR_READY_COUNT) > 0) return "running";
        } else if (rest !== REST_LIMIT) standing = "stopped";
        else if (standing === "idle") standing = "limit";
      }
      return standing;
    });
  }

  /** Stops everybody, and does what they still asked for; whether that is done. */
  #comeToRest(): boolean {
    if (this.#isDisposed) return true;
    if (this.#isOn) this.#halt();
    this.#seen = this.#bell.count;
    this.#held(() => this.#reporter.act());
    if (this.#isDisposed) return true;
    const standing = this.#standing();
    if (standing === "told" || standing === "running") return false;
    this.processors.rest();
    return true;
  }

  #halt(): void {
    this.#isOn = this.#isGoing = false;
    this.#core.alone(() => {
      const standing = this.#standing();
      // Who rests need not be woken to be told so.
      if (standing !== "idle" && standing !== "limit") this.#shared.exports.halt();
      else this.#core.view.setControl(CONTROL_GOING, 0);
    });
  }

  /** Errors of listeners are thrown when all is done. */
  #held<Result>(act: () => Result): Result {
    const { emitter } = this.#core;
    emitter.isHeld = true;
    try {
      return act();
    } finally {
      emitter.isHeld = false;
    }
  }

  /** Whether code of the host is about to run that the kernel must not outrun (R15). */
  #takeTurn(): boolean {
    const asked = this.#core.answers.takeAsked();
    return this.alarms.takeFired() || asked;
  }
}
