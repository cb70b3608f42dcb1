// Acts on what the kernel tells: passes events on to listeners, calls keepers, and does the system calls
// of programs. Internal.

import { OK } from "../assembly/codes.js";
import {
  EVENT_CALL,
  EVENT_END,
  EVENT_KEEPER,
  EVENT_PARK,
  EVENT_REFILL,
  EVENT_SLICE,
  EVENT_TRAP,
  EVENT_WAIT,
} from "../assembly/layout.js";
import type { Core } from "./core.js";
import { type Domain, trapReason } from "./domain.js";
import { allocationOf, indexOf } from "./id.js";
import type { KeeperCalls } from "./keeper-calls.js";
import type { Meter } from "./meter.js";
import type { RawEvent } from "./view.js";

/** The events of the batch that are passed on as they are. */
const TOLD: ReadonlyMap<number, "park" | "end" | "slice" | "refill" | "wait"> = new Map([
  [EVENT_PARK, "park"],
  [EVENT_END, "end"],
  [EVENT_SLICE, "slice"],
  [EVENT_REFILL, "refill"],
  [EVENT_WAIT, "wait"],
]);

/** Those that ask the host to do something. One processor comes back from `step` with these. */
const ASKED = (1 << EVENT_KEEPER) | (1 << EVENT_CALL) | (1 << EVENT_TRAP);

/** An event, and whose the nodes were that it names: listeners may rescind them, and others get them. */
interface Entry {
  readonly event: RawEvent;
  readonly domain: Domain;
  readonly meter: Meter | undefined;
}

export class Reporter {
  readonly #core: Core;
  readonly #keeperCalls: KeeperCalls;
  /** What was taken from the kernel and not been passed on. */
  readonly #taken: Entry[] = [];
  /** What the host is asked and has not done yet; several processors only. */
  readonly #asked: Entry[] = [];

  constructor(core: Core, keeperCalls: KeeperCalls) {
    this.#core = core;
    this.#keeperCalls = keeperCalls;
    core.report = () => this.report();
    core.collect = () => this.collect();
  }

  /** Passes the kernel's batch on. What it asks of the host waits for `act`. */
  report(): void {
    this.collect();
    for (let entry = this.#taken.shift(); entry; entry = this.#taken.shift()) {
      if (isAsked(entry)) this.#asked.push(entry);
      else this.#tell(entry);
    }
  }

  /** Takes the kernel's batch, while the nodes that it names are whose they were, to pass it on later. */
  collect(): void {
    this.#taken.push(...this.#take());
  }

  /** Passes on and does all there is, in its order; answers whether there was anything. */
  act(): boolean {
    let acted = false;
    for (;;) {
      this.collect();
      this.#asked.push(...this.#taken.splice(0));
      if (this.#asked.length === 0) return acted;
      acted = true;
      // From the queue, one by one: listeners may ask for what is still in it to be done first.
      for (let entry = this.#asked.shift(); entry; entry = this.#asked.shift()) {
        if (isAsked(entry)) this.#do(entry);
        else this.#tell(entry);
      }
    }
  }

  trap(domain: Domain, code: number, address: number, time: bigint): void {
    // With several processors it may have been started since, and forgotten it.
    if (!this.#core.shared || domain.remembersTrap) {
      domain.lastTrap = { code, address, reason: trapReason(code) };
    }
    this.#core.emitter.emit("trap", { domain, code, address, time });
  }

  /** Does the system call that a domain waits for; answers whether it goes on. */
  call(domain: Domain, time: bigint): boolean {
    const { exports, emitter } = this.#core;
    const machine = domain.machine!;
    if (!this.#core.isLive(domain.id)) return false;
    const result = machine.call(time);
    if (result.output) emitter.emit("output", { domain, ...result.output, time });
    if (result.kind !== "exit") return true;
    exports.domainEnd(indexOf(domain.id), allocationOf(domain.id));
    machine.free();
    emitter.emit("end", { domain, exitCode: result.code, time });
    return false;
  }

  #take(): Entry[] {
    const { domains, emitter, view, shared } = this.#core;
    let wanted = shared ? ASKED : 0;
    for (const [kind, name] of TOLD) if (emitter.has(name)) wanted |= 1 << kind;
    return this.#core.alone(() =>
      view.takeEvents(wanted).flatMap((event) => {
        const domain = domains.get(event.domain);
        const meter = event.meter ? this.#core.meterAt(event.meter) : undefined;
        return domain ? [{ event, domain, meter }] : [];
      }),
    );
  }

  /** Does a system call, once: a listener that is told of output may stop the domain. */
  #answer(domain: Domain, call: number, time: bigint): void {
    const { domainAnswer, domainResume } = this.#core.shared!.exports;
    const { id } = domain;
    if (domainAnswer(indexOf(id), allocationOf(id), call) !== OK) return;
    if (this.call(domain, time)) domainResume(indexOf(id), allocationOf(id), call);
  }

  #isPresent({ event, domain }: Entry): boolean {
    return this.#core.domains.get(event.domain) === domain;
  }

  #tell(entry: Entry): void {
    if (!this.#isPresent(entry)) return;
    const { event, domain, meter } = entry;
    const { amount: cycles, time } = event;
    const { emitter } = this.#core;
    const name = TOLD.get(event.kind)!;
    if (name === "park") emitter.emit(name, { domain, meter: meter!, time });
    else if (name === "end") emitter.emit(name, { domain, exitCode: null, time });
    else emitter.emit(name, { domain, cycles, time });
  }

  #do(entry: Entry): void {
    if (!this.#isPresent(entry)) return;
    const { event, domain, meter } = entry;
    const { kind, code, amount, time } = event;
    if (kind === EVENT_KEEPER) this.#keeperCalls.make({ domain, number: code }, meter!, time);
    else if (kind === EVENT_CALL) this.#answer(domain, code, time);
    else this.trap(domain, code, Number(amount), time);
  }
}

function isAsked({ event }: Entry): boolean {
  return ((ASKED >>> event.kind) & 1) === 1;
}
