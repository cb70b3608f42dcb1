// Driving the kernel: steps it, and acts on the reasons for which it comes back. Internal.

import {
  CONTROL,
  CONTROL_ADDRESS,
  CONTROL_CODE,
  CONTROL_DOMAIN,
  CONTROL_EVENTS,
  CONTROL_METER,
  CONTROL_NODE_BASE,
  CONTROL_TIME,
  EVENT_CAPACITY,
  EVENT_END,
  EVENT_PARK,
  EVENT_REFILL,
  EVENT_SLICE,
  EVENT_WAIT,
  METER_KEEPER_SLOT,
  NODE_CALLS,
  NODE_SIZE,
  OK,
  REASON_HOST_CALL,
  REASON_IDLE,
  REASON_KEEPER,
  REASON_LIMIT,
  REASON_TRAP,
} from "../assembly/layout.js";
import { Alarms, NEVER } from "./alarm.js";
import type { Core } from "./core.js";
import { type Domain, trapReason } from "./domain.js";
import { OptionError } from "./errors.js";
import type { KeeperOutcome } from "./event.js";
import { allocationOf, indexOf } from "./id.js";
import type { KeeperAnswer, KeeperMessage } from "./keeper.js";
import type { StepOutcome } from "./kernel.js";
import type { Meter } from "./meter.js";
import { cycles as checkCycles, show } from "./options.js";
import type { RawEvent } from "./view.js";

/** Passes of one step: enough that entering the kernel costs nothing, few enough that V8 tiers up. */
const PASSES = 4096;
/** Cycles of one step. */
const CHUNK = 1 << 30;

/** The events that the kernel writes into its batch, of those that the host passes on. */
const BATCHED: ReadonlyMap<number, "park" | "end" | "slice" | "refill" | "wait"> = new Map([
  [EVENT_PARK, "park"],
  [EVENT_END, "end"],
  [EVENT_SLICE, "slice"],
  [EVENT_REFILL, "refill"],
  [EVENT_WAIT, "wait"],
]);

interface Call {
  readonly domain: Domain;
  readonly call: number;
}

export class Dispatcher {
  readonly alarms = new Alarms();
  readonly #core: Core;
  /** Calls of keepers that answer later. */
  readonly #pending = new Set<Call>();
  /** A keeper has returned a promise since the last turn of the event loop. */
  #asked = false;
  #answered: () => void = () => {};

  constructor(core: Core) {
    this.#core = core;
    core.report = () => this.#report();
    core.acted = () => this.#answered();
  }

  get time(): bigint {
    return this.#core.view.u64(CONTROL + CONTROL_TIME);
  }

  /**
   * One step of the kernel, up to `until` or the next alarm, and what it asks for. Throws what listeners
   * threw, when all is done.
   */
  step(until: bigint): StepOutcome {
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
    this.alarms.fire(this.time);
    const stop = this.alarms.next < until ? this.alarms.next : until;
    // Kernel work that was charged may have taken the clock past it.
    const left = stop > this.time ? stop - this.time : 0n;
    const cycles = left < CHUNK ? Number(left) : CHUNK;
    const reason = this.#core.exports.step(cycles, PASSES);
    const act = this.#askedFor(reason);
    if (this.#core.view.control(CONTROL_EVENTS) > 0) this.#report();
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
    const domain = this.#core.domains.get(view.control(CONTROL_DOMAIN))!;
    if (reason === REASON_HOST_CALL) return () => this.#callHost(domain);
    const code = view.control(CONTROL_CODE);
    if (reason === REASON_KEEPER) {
      const meter = this.#core.meterAt(view.control(CONTROL_METER));
      return () => this.#callKeeper({ domain, call: code }, meter);
    }
    const address = view.control(CONTROL_ADDRESS);
    const time = this.time;
    domain.lastTrap = { code, address, reason: trapReason(code) };
    return () => this.#core.emitter.emit("trap", { domain, code, address, time });
  }

  /** Resolves when a keeper that is still out may have answered, or the host has done something. */
  answer(): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  /** Nobody is ready or sleeps: time goes on to the next alarm, if somebody waits for one. */
  #rest(until: bigint): StepOutcome {
    const { next } = this.alarms;
    if (next === NEVER) {
      for (const call of this.#pending) if (this.#isOut(call)) return "waiting";
      return "idle";
    }
    this.#core.view.amount = next < until ? next : until;
    this.#core.exports.idleUntil();
    if (next > until) return "limit";
    this.alarms.fire(next);
    return "ran";
  }

  /** Whether code of the host is about to run that the kernel must not outrun (R15). */
  takeTurn(): boolean {
    const asked = this.#asked;
    this.#asked = false;
    return this.alarms.takeFired() || asked;
  }

  /** Whether a domain still waits for the answer: it may have been stopped, started or rescinded. */
  #isOut({ domain, call }: Call): boolean {
    const { view } = this.#core;
    const index = indexOf(domain.id);
    if (!this.#core.isLive(domain.id)) return false;
    return view.u32(view.control(CONTROL_NODE_BASE) + index * NODE_SIZE + NODE_CALLS) === call;
  }

  #callKeeper({ domain, call }: Call, meter: Meter): void {
    const { view, exports, emitter, keepers } = this.#core;
    const time = this.time;
    const index = indexOf(domain.id);
    const allocation = allocationOf(domain.id);
    const restart = () => {
      const isDone = exports.domainRestart(index, allocation, call) === OK;
      this.#answered();
      return isDone;
    };
    const decline = () => {
      const isDone = exports.domainDecline(index, allocation, call) === OK;
      // Many may decline between two steps, each with an event.
      if (view.control(CONTROL_EVENTS) > EVENT_CAPACITY / 2) this.#report();
      this.#answered();
      return isDone;
    };
    // A listener may have been faster than the call.
    if (!this.#isOut({ domain, call })) return;
    if (!this.#core.isLive(meter.id)) {
      restart();
      return;
    }
    const until = (at: bigint) => this.alarms.promise(checkCycles("until", at));
    const settle = (outcome: KeeperOutcome) => {
      if (outcome === "decline" || outcome === "error") decline();
      else if (outcome === "restart") restart();
    };
    const fail = (error: unknown) => {
      settle("error");
      emitter.emit("keeperError", { meter, domain, time, error });
      return "error" as const;
    };
    const key = meter.node.fetch(METER_KEEPER_SLOT);
    const keeper = key.kind === "host" ? keepers.get(key.number) : undefined;
    meter.keeperCalls++;
    const message: KeeperMessage = { meter, domain, time, restart, decline, until };
    let outcome: KeeperOutcome;
    try {
      const answer = keeper ? keeper(message) : "decline";
      if (isPromise(answer)) {
        outcome = "later";
        this.#await({ domain, call }, Promise.resolve(answer), settle, fail);
      } else {
        outcome = outcomeOf(answer);
        settle(outcome);
      }
    } catch (error) {
      outcome = fail(error);
    }
    emitter.emit("keeper", { meter, domain, time, outcome });
  }

  #await(
    call: Call,
    answer: Promise<KeeperAnswer>,
    settle: (outcome: KeeperOutcome) => void,
    fail: (error: unknown) => void,
  ): void {
    this.#pending.add(call);
    this.#asked = true;
    answer
      .then(outcomeOf)
      .then(settle, fail)
      .finally(() => {
        this.#pending.delete(call);
        this.#answered();
      });
  }

  #callHost(domain: Domain): void {
    const { exports, emitter } = this.#core;
    const { machine } = domain;
    if (!this.#core.isLive(domain.id)) return;
    const result = machine!.call(this.time);
    if (result.output) emitter.emit("output", { domain, ...result.output, time: this.time });
    if (result.kind !== "exit") return;
    exports.domainEnd(indexOf(domain.id), allocationOf(domain.id));
    machine!.free();
    emitter.emit("end", { domain, exitCode: result.code, time: this.time });
  }

  /** Passes the kernel's batch on; keepers, traps and ends of ELF programs are told where they occur. */
  #report(): void {
    const { domains, emitter, view } = this.#core;
    let wanted = 0;
    for (const [kind, name] of BATCHED) if (emitter.has(name)) wanted |= 1 << kind;
    // Whose nodes they are now: listeners may rescind them, and others get the nodes.
    const batch = view.takeEvents(wanted).map((event) => ({
      event,
      domain: domains.get(event.domain),
      meter: event.kind === EVENT_PARK ? this.#core.meterAt(event.meter) : undefined,
    }));
    for (const { event, domain, meter } of batch) {
      if (domain && domains.get(event.domain) === domain) this.#tell(event, domain, meter);
    }
  }

  #tell({ kind, amount: cycles, time }: RawEvent, domain: Domain, meter: Meter | undefined): void {
    const { emitter } = this.#core;
    const name = BATCHED.get(kind)!;
    if (name === "park") emitter.emit(name, { domain, meter: meter!, time });
    else if (name === "end") emitter.emit(name, { domain, exitCode: null, time });
    else emitter.emit(name, { domain, cycles, time });
  }
}

/** Promises of other realms and libraries count, too. */
function isPromise(
  answer: KeeperAnswer | PromiseLike<KeeperAnswer>,
): answer is PromiseLike<KeeperAnswer> {
  return typeof (answer as PromiseLike<KeeperAnswer> | undefined)?.then === "function";
}

/** What an arrow function happens to return means nothing; a word does. @throws {OptionError} */
function outcomeOf(answer: KeeperAnswer): "restart" | "decline" {
  if (typeof answer === "string" && answer !== "decline") {
    throw new OptionError(`keeper: answered ${show(answer)}, expected nothing or "decline"`);
  }
  return answer === "decline" ? "decline" : "restart";
}
