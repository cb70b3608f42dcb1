// Driving the kernel: steps it, and acts on the reasons for which it comes back. Internal.

import {
  REASON_HOST_CALL,
  REASON_IDLE,
  REASON_KEEPER,
  REASON_LIMIT,
  REASON_TRAP,
} from "../assembly/codes.js";
import {
  CONTROL_EVENTS,
  EVENT_END,
  EVENT_PARK,
  EVENT_REFILL,
  EVENT_SLICE,
  EVENT_WAIT,
  PROCESSOR_ADDRESS,
  PROCESSOR_CODE,
  PROCESSOR_DOMAIN,
  PROCESSOR_METER,
} from "../assembly/layout.js";
import { Alarms, NEVER } from "./alarm.js";
import type { Core } from "./core.js";
import { type Domain, trapReason } from "./domain.js";
import { allocationOf, indexOf } from "./id.js";
import { KeeperCalls } from "./keeper-calls.js";
import type { StepOutcome } from "./kernel.js";
import type { Meter } from "./meter.js";
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

export class Dispatcher {
  readonly alarms = new Alarms();
  readonly #core: Core;
  readonly keeperCalls: KeeperCalls;

  constructor(core: Core) {
    this.#core = core;
    this.keeperCalls = new KeeperCalls(core, this.alarms);
    core.report = () => this.#report();
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
    this.alarms.fire(this.#core.time);
    const stop = this.alarms.next < until ? this.alarms.next : until;
    // Kernel work that was charged may have taken the clock past it.
    const left = stop > this.#core.time ? stop - this.#core.time : 0n;
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
    const domain = this.#core.domains.get(view.processor(0, PROCESSOR_DOMAIN))!;
    if (reason === REASON_HOST_CALL) return () => this.#callHost(domain);
    const code = view.processor(0, PROCESSOR_CODE);
    if (reason === REASON_KEEPER) {
      const meter = this.#core.meterAt(view.processor(0, PROCESSOR_METER));
      return () => this.keeperCalls.make({ domain, number: code }, meter);
    }
    const address = view.processor(0, PROCESSOR_ADDRESS);
    const time = this.#core.time;
    domain.lastTrap = { code, address, reason: trapReason(code) };
    return () => this.#core.emitter.emit("trap", { domain, code, address, time });
  }

  /** Nobody is ready or sleeps: time goes on to the next alarm, if somebody waits for one. */
  #rest(until: bigint): StepOutcome {
    const { next } = this.alarms;
    if (next === NEVER) return this.keeperCalls.areOut ? "waiting" : "idle";
    this.#core.view.amount = next < until ? next : until;
    this.#core.exports.idleUntil();
    if (next > until) return "limit";
    this.alarms.fire(next);
    return "ran";
  }

  /** Whether code of the host is about to run that the kernel must not outrun (R15). */
  takeTurn(): boolean {
    const asked = this.keeperCalls.takeAsked();
    return this.alarms.takeFired() || asked;
  }

  #callHost(domain: Domain): void {
    const { exports, emitter } = this.#core;
    const { machine } = domain;
    if (!this.#core.isLive(domain.id)) return;
    const result = machine!.call(this.#core.time);
    if (result.output) emitter.emit("output", { domain, ...result.output, time: this.#core.time });
    if (result.kind !== "exit") return;
    exports.domainEnd(indexOf(domain.id), allocationOf(domain.id));
    machine!.free();
    emitter.emit("end", { domain, exitCode: result.code, time: this.#core.time });
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
