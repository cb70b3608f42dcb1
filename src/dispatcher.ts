// Driving a kernel of one processor: steps it, and acts on the reasons for which it comes back. Internal.

import {
  REASON_HOST_CALL,
  REASON_IDLE,
  REASON_KEEPER,
  REASON_LIMIT,
  REASON_TRAP,
} from "../assembly/codes.js";
import {
  PROCESSOR_ADDRESS,
  PROCESSOR_CODE,
  PROCESSOR_DOMAIN,
  PROCESSOR_METER,
  PROCESSOR_READY,
} from "../assembly/processor-layout.js";
import { Alarms, NEVER } from "./alarm.js";
import type { Core } from "./core.js";
import type { Driver, Ending, StepOutcome } from "./driver.js";
import { turn, YIELD_MS } from "./driver.js";
import { indexOf } from "./id.js";
import { KeeperCalls, resourceOf } from "./keeper-calls.js";
import { Reporter } from "./reporter.js";

/** Passes of one step: enough that entering the kernel costs nothing, few enough that V8 tiers up. */
const PASSES = 4096;
/** Cycles of one step. */
const CHUNK = 1 << 30;
/** The block that the host's thread is. */
const OWN = 0;

export class Dispatcher implements Driver {
  readonly alarms = new Alarms();
  readonly #core: Core;
  readonly #keeperCalls: KeeperCalls;
  readonly #reporter: Reporter;
  /** When the event loop last went round; across calls, so that many short ones don't starve it. */
  #yielded = performance.now();

  constructor(core: Core) {
    this.#core = core;
    this.#keeperCalls = new KeeperCalls(core, this.alarms);
    this.#reporter = new Reporter(core, this.#keeperCalls);
    core.look = () => {
      // Without a step, it waits for the next one.
      if (!core.emitter.isHeld) return;
      try {
        this.alarms.fire(core.time);
      } catch (error) {
        core.emitter.fail(error);
      }
    };
    core.attend = (reason) => {
      const act = this.#askedFor(reason);
      this.#reporter.report();
      act?.();
    };
  }

  step(until: bigint): StepOutcome {
    // Whoever calls this knows best when the event loop goes round.
    this.#takeTurn();
    return this.#stepHeld(until);
  }

  async run(until: bigint, signal: AbortSignal | undefined): Promise<Ending> {
    let onAbort = () => {};
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
    });
    signal?.addEventListener("abort", onAbort);
    let outcome: StepOutcome = "ran";
    try {
      while (!signal?.aborted) {
        outcome = this.#stepHeld(until);
        if (outcome === "waiting") await Promise.race([this.#core.answers.next(), aborted]);
        if (this.#takeTurn() || performance.now() - this.#yielded > YIELD_MS) {
          await turn();
          this.#yielded = performance.now();
        }
        if (outcome === "idle" || outcome === "limit") break;
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
    return signal?.aborted ? "aborted" : (outcome as Ending);
  }

  dispose(): void {}

  #stepHeld(until: bigint): StepOutcome {
    const { emitter } = this.#core;
    let outcome: StepOutcome;
    emitter.isHeld = true;
    try {
      outcome = this.#step(until);
    } finally {
      emitter.isHeld = false;
    }
    emitter.raise();
    return outcome;
  }

  #step(until: bigint): StepOutcome {
    this.alarms.fire(this.#core.time);
    const stop = this.alarms.next < until ? this.alarms.next : until;
    // Kernel work that was charged may have taken the clock past it.
    const left = stop > this.#core.time ? stop - this.#core.time : 0n;
    const cycles = left < CHUNK ? Number(left) : CHUNK;
    const reason = this.#core.exports.step(cycles, PASSES);
    const act = this.#askedFor(reason);
    if (this.#reporter.hasNews) this.#reporter.report();
    if (act) {
      act();
      return "ran";
    }
    switch (reason) {
      case REASON_LIMIT:
        if (cycles === CHUNK) return "ran";
        // The clock stays short of the stop where the next instruction does not fit before it.
        this.alarms.fire(stop);
        return stop === until ? "limit" : "ran";
      case REASON_IDLE:
        return this.#rest(until);
      default:
        return "ran";
    }
  }

  /** What the kernel asks of the host, read before listeners make it say something else. */
  #askedFor(reason: number): (() => void) | undefined {
    const { view } = this.#core;
    if (reason !== REASON_KEEPER && reason !== REASON_HOST_CALL && reason !== REASON_TRAP) return;
    const domain = this.#core.domains.get(view.processor(OWN, PROCESSOR_DOMAIN))!;
    if (reason === REASON_HOST_CALL) {
      const calls = view.calls(indexOf(domain.id));
      return () => this.#reporter.ecall(domain, calls, this.#core.time);
    }
    const code = view.processor(OWN, PROCESSOR_CODE);
    const address = view.processor(OWN, PROCESSOR_ADDRESS);
    if (reason === REASON_KEEPER) {
      const index = view.processor(OWN, PROCESSOR_METER);
      const call = { domain, number: code };
      // A domain's own keeper has no meter.
      if (index === 0) return () => this.#keeperCalls.trapped(call, this.#core.time);
      const meter = this.#core.meterAt(index);
      const resource = resourceOf(address);
      return () => this.#keeperCalls.make(call, { meter, resource, time: this.#core.time });
    }
    return () => this.#reporter.trap(domain, code, address, this.#core.time);
  }

  /** Nobody is ready or sleeps: time goes on to the next alarm, if somebody waits for one. */
  #rest(until: bigint): StepOutcome {
    const { answers, view, timeBlock } = this.#core;
    // Whoever was told of something may have given somebody something to do, or is about to (R15).
    if (answers.isAsked || view.processor(OWN, PROCESSOR_READY) !== 0) return "ran";
    if (timeBlock && timeBlock.queued !== 0) return "ran";
    const { next } = this.alarms;
    if (next === NEVER) return answers.areOut ? "waiting" : "idle";
    this.#core.view.amount = next < until ? next : until;
    this.#core.exports.idleUntil();
    if (next > until) return "limit";
    this.alarms.fire(next);
    return "ran";
  }

  /** Whether code of the host is about to run that the kernel must not outrun (R15). */
  #takeTurn(): boolean {
    const asked = this.#core.answers.takeAsked();
    return this.alarms.takeFired() || asked;
  }
}
