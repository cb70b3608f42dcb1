// Acts on what the kernel tells: passes events on to listeners, calls keepers, and does the system calls
// of programs. Internal.

import { OK } from "../assembly/codes.js";
import {
  CONTROL_EVENTS,
  EVENT_AVAILABLE,
  EVENT_BANKRUPT,
  EVENT_CALL,
  EVENT_CHARGE,
  EVENT_CLOCK,
  EVENT_END,
  EVENT_HOSTED,
  EVENT_KEEPER,
  EVENT_MESSAGE,
  EVENT_PARK,
  EVENT_REFILL,
  EVENT_SCAN,
  EVENT_SLICE,
  EVENT_TRAP,
  EVENT_WAIT,
} from "../assembly/layout.js";
import { BANKRUPT_STOP } from "../assembly/time-layout.js";
import type { Core } from "./core.js";
import { type Domain, trapReason } from "./domain.js";
import { PartitionError, StateError } from "./errors.js";
import { MODES } from "./event.js";
import { allocationOf, indexOf } from "./id.js";
import { type KeeperCalls, resourceOf } from "./keeper-calls.js";
import type { Meter } from "./meter.js";
import type { RawEvent } from "./view.js";

/** The events of the batch that are passed on as they are. */
const TOLD: ReadonlyMap<number, "park" | "end" | "slice" | "refill" | "wait" | "charge"> = new Map([
  [EVENT_PARK, "park"],
  [EVENT_END, "end"],
  [EVENT_SLICE, "slice"],
  [EVENT_REFILL, "refill"],
  [EVENT_WAIT, "wait"],
  [EVENT_CHARGE, "charge"],
]);

/** Those that are about no domain that the host knows of. */
const OF_NOBODY: ReadonlySet<number> = new Set([EVENT_BANKRUPT, EVENT_CLOCK, EVENT_SCAN]);

/** Those that ask the host to do something. One processor comes back from `step` with these. */
const ASKED = (1 << EVENT_KEEPER) | (1 << EVENT_CALL) | (1 << EVENT_TRAP);

/** An event, and whose the nodes were that it names: listeners may rescind them, and others get them. */
interface Entry {
  readonly event: RawEvent;
  /** Undefined only where the host itself has sent a message. */
  readonly domain: Domain | undefined;
  readonly meter: Meter | undefined;
  /** Who has got a message. */
  readonly callee: Domain | undefined;
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
    core.tellTrap = (domain) => {
      const { code, address } = domain.pendingTrap;
      // Several processors tell by an event.
      if (!core.shared) this.trap(domain, code, address, core.time);
    };
  }

  /** Passes the kernel's batch on. What it asks of the host waits for `act`. */
  report(): void {
    this.collect();
    // What waits came first: a listener that `act` has called may be about to rescind what both name.
    this.#taken.unshift(...this.#asked.splice(0));
    for (let entry = this.#taken.shift(); entry; entry = this.#taken.shift()) {
      if (isAsked(entry)) this.#asked.push(entry);
      else this.#tell(entry);
    }
  }

  /** Whether there is anything to pass on. */
  get hasNews(): boolean {
    return this.#taken.length > 0 || this.#core.view.control(CONTROL_EVENTS) > 0;
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

  /** One processor: does what an ecall of a domain asks for, made when its node had counted so many calls. */
  ecall(domain: Domain, calls: number, time: bigint): void {
    if (!domain.machine!.invokes) this.#systemCall(domain, time);
    // A listener may have stopped it since: then it invokes once more when it is started.
    else if (this.#core.awaits(domain.id, calls)) this.#core.objects.take(domain, calls >>> 0);
  }

  trap(domain: Domain, code: number, address: number, time: bigint): void {
    // With several processors it may have been started since, and forgotten it.
    if (!this.#core.shared || domain.remembersTrap) {
      domain.lastTrap = { code, address, reason: trapReason(code) };
    }
    this.#core.emitter.emit("trap", { domain, code, address, time });
  }

  #take(): Entry[] {
    const { domains, emitter, view, shared, post } = this.#core;
    let wanted = shared ? ASKED : 0;
    if (post.isWaiting) wanted |= 1 << EVENT_AVAILABLE;
    if (emitter.has("message")) wanted |= 1 << EVENT_MESSAGE;
    if (this.#stopsBankrupt || emitter.has("bankruptcy")) wanted |= 1 << EVENT_BANKRUPT;
    if (this.#core.waiting.size > 0 || emitter.has("turn")) wanted |= 1 << EVENT_HOSTED;
    if (emitter.has("clock")) wanted |= 1 << EVENT_CLOCK;
    if (emitter.has("scan")) wanted |= 1 << EVENT_SCAN;
    for (const [kind, name] of TOLD) if (emitter.has(name)) wanted |= 1 << kind;
    return this.#core.alone(() =>
      view.takeEvents(wanted).flatMap((event): Entry[] => {
        if (OF_NOBODY.has(event.kind)) {
          return [{ event, domain: undefined, meter: undefined, callee: undefined }];
        }
        const domain = domains.get(event.domain);
        if (event.kind === EVENT_MESSAGE) {
          return [{ event, domain, meter: undefined, callee: domains.get(event.meter) }];
        }
        const meter = event.meter ? this.#core.meterAt(event.meter) : undefined;
        return domain ? [{ event, domain, meter, callee: undefined }] : [];
      }),
    );
  }

  /** Several processors: does what an ecall asks for, once: a listener may have stopped the domain. */
  #answer(domain: Domain, call: number, time: bigint): void {
    // It may have gone on since: then its registers are no longer of what was asked.
    if (!this.#core.waits(domain, call)) return;
    if (domain.machine!.invokes) {
      this.#core.objects.take(domain, call);
      return;
    }
    const { domainAnswer, domainResume } = this.#core.shared!.exports;
    const { id } = domain;
    if (domainAnswer(indexOf(id), allocationOf(id), call) !== OK) return;
    if (this.#systemCall(domain, time)) domainResume(indexOf(id), allocationOf(id), call);
  }

  /** Answers whether the domain goes on. */
  #systemCall(domain: Domain, time: bigint): boolean {
    const { exports, emitter, post } = this.#core;
    const machine = domain.machine!;
    if (!this.#core.isLive(domain.id)) return false;
    const result = machine.call(time);
    if (result.output) emitter.emit("output", { domain, ...result.output, time });
    if (result.kind !== "exit") return true;
    exports.domainEnd(indexOf(domain.id), allocationOf(domain.id));
    machine.free();
    post.gone(domain.id, new StateError(`domain ${domain.name} has ended`));
    emitter.emit("end", { domain, exitCode: result.code, time });
    return false;
  }

  #isPresent({ event, domain }: Entry): boolean {
    return this.#core.domains.get(event.domain) === domain;
  }

  #tell(entry: Entry): void {
    const { event, meter, callee = null } = entry;
    const { kind, code, amount, time } = event;
    const { emitter, post } = this.#core;
    if (kind === EVENT_BANKRUPT) {
      this.#bankrupt(code, time);
      return;
    }
    if (kind === EVENT_CLOCK) {
      emitter.emit("clock", { fault: code === 0 ? "backwards" : "jump", time });
      return;
    }
    if (kind === EVENT_SCAN) {
      emitter.emit("scan", { cycle: Number(amount), time });
      return;
    }
    if (!this.#isPresent(entry)) return;
    if (kind === EVENT_HOSTED) {
      this.#core.wakeGuests();
      emitter.emit("turn", { domain: entry.domain!, cycles: amount, time });
      return;
    }
    if (kind === EVENT_MESSAGE) {
      const mode = MODES[Number(amount)]!;
      emitter.emit("message", { domain: entry.domain ?? null, callee, order: code, mode, time });
      return;
    }
    const domain = entry.domain!;
    const name = TOLD.get(kind);
    if (kind === EVENT_AVAILABLE) post.available(domain.id);
    else if (name === "park") {
      emitter.emit(name, { domain, meter: meter!, resource: resourceOf(code), time });
    } else if (name === "charge") {
      emitter.emit(name, { domain, meter: meter ?? null, page: code, amount, time });
    } else if (name === "end") emitter.emit(name, { domain, exitCode: null, time });
    else if (name) emitter.emit(name, { domain, cycles: amount, time });
  }

  get #stopsBankrupt(): boolean {
    return this.#core.timeBlock?.config.partitions?.bankruptcy === BANKRUPT_STOP;
  }

  #bankrupt(index: number, time: bigint): void {
    const { emitter, partitions } = this.#core;
    const partition = partitions?.all[index];
    if (!partition) return;
    emitter.emit("bankruptcy", { partition, time });
    if (!this.#stopsBankrupt) return;
    const what = `partition ${partition.name} has overdrawn its critical budget at cycle ${time}`;
    emitter.fail(new PartitionError("BANKRUPT", what));
  }

  #do(entry: Entry): void {
    if (!this.#isPresent(entry)) return;
    const { event, meter } = entry;
    const { kind, code, amount, time } = event;
    const domain = entry.domain!;
    if (kind === EVENT_CALL) this.#answer(domain, code, time);
    else if (kind === EVENT_TRAP) this.trap(domain, code, Number(amount), time);
    else if (meter) {
      const resource = resourceOf(Number(amount));
      this.#keeperCalls.make({ domain, number: code }, { meter, resource, time });
    } else this.#keeperCalls.trapped({ domain, number: code }, time);
  }
}

function isAsked({ event }: Entry): boolean {
  return ((ASKED >>> event.kind) & 1) === 1;
}
