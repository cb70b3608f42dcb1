// What the handles of one kernel share: its exports and memory, who is who, and how a status of the
// kernel becomes an error. Internal.

import {
  OK,
  STATUS_MAPPED,
  STATUS_NO_FRAMES,
  STATUS_NO_NODES,
  STATUS_NO_PAGES,
  STATUS_NOT_ALLOWED,
  STATUS_NOT_DOMAIN,
  STATUS_NOT_METER,
  STATUS_OVERFLOW,
  STATUS_RESCINDED,
  STATUS_WRONG_STATE,
} from "../assembly/codes.js";
import { CONTROL_CODE, CONTROL_EVENTS, EVENT_CAPACITY } from "../assembly/layout.js";
import { Answers } from "./answers.js";
import type { Domain } from "./domain.js";
import {
  CapacityError,
  CounterOverflowError,
  MalformedMeterError,
  OptionError,
  PrimemeterError,
  RescindedError,
  StateError,
} from "./errors.js";
import { Emitter } from "./event.js";
import type { Guest } from "./guest/guest.js";
import type { Purse } from "./guest/purse.js";
import type { WorkerGuest } from "./guest/worker-guest.js";
import { HostObjects } from "./host-object.js";
import { Hosts } from "./hosts.js";
import { allocationOf, idOf, indexOf, type MeterId, type NodeId } from "./id.js";
import { copyKey, type Key, ZERO_KEY } from "./key.js";
import { type KeyLike, keyOf } from "./key-like.js";
import type { Machine } from "./machine.js";
import { Mappings } from "./mappings.js";
import type { Delivery } from "./message.js";
import { Meter, MeterKey } from "./meter.js";
import { type CheckedOptions, show } from "./options.js";
import type { Partitions } from "./partitions.js";
import { Post } from "./post.js";
import { Registry } from "./registry.js";
import type { ResidenceBlock } from "./residence-block.js";
import type { TimeBlock } from "./time-block.js";
import { View } from "./view.js";
import { disposed, type KernelExports, type KernelInstance, type Shared } from "./wasm.js";

const NO_BYTES = new Uint8Array(0);
const NO_KEYS: Delivery["keys"] = [ZERO_KEY, ZERO_KEY, ZERO_KEY, ZERO_KEY];

export class Core {
  exports: KernelExports;
  view: View;
  /** What there is for several processors; undefined with one. */
  shared: Shared | undefined;
  readonly options: CheckedOptions;
  readonly emitter = new Emitter();
  /** By node index; rescinded ones are gone. */
  readonly meters = new Map<number, Meter>();
  readonly domains = new Registry<Domain>();
  /** What host keys stand for. */
  readonly hosts = new Hosts();
  readonly answers = new Answers();
  readonly objects = new HostObjects(this);
  readonly post = new Post(this);
  /** Which pages are in which address spaces. */
  readonly mappings = new Mappings();
  /** Guests of the host's thread that may have run what they have not paid; those that have workers of their own. */
  readonly running = new Set<Pick<Guest, "settle">>();
  readonly remotes = new Set<Pick<WorkerGuest, "domain" | "want" | "settle" | "end">>();
  /** The purses of those with calls that wait until they may. */
  readonly waiting = new Set<Purse>();
  /** Does what is due by the clock while a step waits for a guest, which looks. */
  look: () => void = () => {};
  /** Does what the kernel came back for, for a guest. */
  attend: (reason: number) => void = () => {};
  /** Where domains are billed by a clock, or are in partitions; and those. */
  timeBlock: TimeBlock | undefined;
  partitions: Partitions | undefined;
  /** Where the memories of domains are paged. */
  residence: ResidenceBlock | undefined;
  /** Whoever counts references looks at a machine's before its memory is let go. */
  leaving: (machine: Machine) => void = () => {};
  /** Passes the kernel's batch of events on; before a node changes hands, or they would be lost. */
  report: () => void = () => {};
  /** Tells of a trap that a keeper has not mended. */
  tellTrap: (domain: Domain) => void = () => {};
  /** Only takes it, so that nothing comes between that and what changes hands. */
  collect: () => void = () => {};
  #isLive = true;

  constructor(instance: KernelInstance, options: CheckedOptions) {
    this.exports = instance.exports;
    this.view = new View(instance.memory);
    this.shared = instance.shared;
    this.options = options;
  }

  /** Lets the memory go. Whatever needs it throws StateError from now on. */
  dispose(): void {
    for (const guest of this.remotes) guest.end();
    this.post.end();
    this.answers.end();
    this.#isLive = false;
    // Guests that run look again, and find that there is no kernel.
    this.settle();
    this.running.clear();
    this.exports = disposed();
    this.view = disposed();
    if (this.shared) this.shared = disposed();
    this.meters.clear();
    this.domains.clear();
    this.hosts.clear();
    this.mappings.clear();
    for (const purse of [...this.waiting]) purse.release();
  }

  /** The host has done something to the kernel: a run may have something to do again. */
  acted(): void {
    // The kernel drops events for which there is no room; each act of the host is good for a few.
    if (this.#isLive && this.view.control(CONTROL_EVENTS) > EVENT_CAPACITY / 2) this.collect();
    this.answers.onAnswer();
    this.wakeGuests();
  }

  /** Guests that wait look again; workers of those that are no more are ended. */
  wakeGuests(): void {
    for (const guest of this.remotes) if (!this.isLive(guest.domain.id)) guest.end();
    for (const purse of [...this.waiting]) purse.wake();
  }

  /** Guests that run pay for what they have run: the host is about to look, or to do something. */
  settle(): void {
    // All stop at once, and each is waited for only then.
    for (const guest of this.remotes) guest.want();
    for (const guest of this.running) guest.settle();
    for (const guest of this.remotes) guest.settle();
  }

  /** Does something while no processor changes the store: calls that belong together, or reading. */
  alone<Result>(act: () => Result): Result {
    this.settle();
    return this.shared ? this.shared.lock.hold(act) : act();
  }

  /** The same while no processor runs anything either: caches and consumptions stand still. */
  still<Result>(act: () => Result): Result {
    const { shared } = this;
    if (!shared) return this.alone(act);
    return shared.lock.hold(() => {
      shared.exports.still();
      return act();
    });
  }

  /** Cycles since the kernel was made: the latest clock. */
  get time(): bigint {
    return this.alone(() => this.view.time);
  }

  /** Whether a domain still waits for what it asked of the host in its latest call. */
  waits(domain: Domain, call: number): boolean {
    if (!this.isLive(domain.id)) return false;
    return this.view.calls(indexOf(domain.id)) % 2 ** 32 === call;
  }

  /** Whether a node still counts so many calls, as a resume key to it says. */
  awaits(id: NodeId, calls: number): boolean {
    return this.isLive(id) && this.view.calls(indexOf(id)) === calls;
  }

  /** Throws the error that a status means; `what` names the object. */
  check(status: number, what: string): void {
    if (status !== OK) throw this.#error(status, what);
    this.acted();
  }

  /** Whether its memory was let go. */
  get isDisposed(): boolean {
    return !this.#isLive;
  }

  /** Whether a node is still the one that an id named. */
  isLive(id: NodeId): boolean {
    return this.exports.nodeAllocation(indexOf(id)) === allocationOf(id);
  }

  /** The id of the node that a call makes, or the error for which there is none. */
  made(make: () => number, what: string): NodeId {
    const [index, status] = this.alone(() => [make(), this.view.control(CONTROL_CODE)] as const);
    if (index === 0) throw this.#error(status, what);
    this.acted();
    return this.idAt(index);
  }

  /** The id of whoever has a node now. */
  idAt(index: number): NodeId {
    return idOf(index, this.exports.nodeAllocation(index));
  }

  /** The id behind a handle or key of a meter. @throws {OptionError} @throws {RescindedError} */
  liveMeter(option: "meter" | "superior", meter: Meter | MeterKey): MeterId {
    if (!(meter instanceof Meter || meter instanceof MeterKey)) {
      throw new OptionError(`${option}: found ${show(meter)}, expected a Meter or a MeterKey`);
    }
    const key = meter instanceof Meter ? meter.key : meter;
    if (!key.isOf(this)) {
      throw new OptionError(`${option}: found one of another kernel, expected one of this kernel`);
    }
    if (this.idAt(indexOf(meter.id)) !== meter.id) {
      throw new RescindedError(meter instanceof Meter ? `meter ${meter.name}` : `the ${option}`);
    }
    return meter.id;
  }

  /** The handle of whoever has a node now, as a meter; made where there is none yet. */
  meterAt(index: number, name = `meter-${index}`): Meter {
    const id = this.idAt(index);
    let meter = this.meters.get(index);
    if (meter?.id !== id) {
      meter = new Meter(this, id, name);
      this.meters.set(index, meter);
    }
    return meter;
  }

  /** The handle of a meter that the host has one of. */
  meterIfAny(id: NodeId): Meter | undefined {
    const meter = this.meters.get(indexOf(id));
    return meter?.id === id ? meter : undefined;
  }

  /** A key, or the one that a handle stands for. @throws {OptionError} @throws {RescindedError} */
  keyOf(like: KeyLike, what: string): Key {
    return keyOf(this, like, what);
  }

  /** Invokes a key; the return code, and the keys and the string that come back. `all`: keys 2 and 3 of it. */
  invoke(
    key: Key,
    order: number,
    argument: Key = ZERO_KEY,
    string: Uint8Array = NO_BYTES,
    all: Delivery["keys"] = NO_KEYS,
  ): { code: number; key: Key; keys: Delivery["keys"]; string: Uint8Array } {
    const own = copyKey(key, "invoke: key");
    const given = copyKey(argument, "invoke: argument");
    const answer = this.alone(() => {
      this.view.setInvoked(own);
      this.view.setArgument(given);
      this.view.keys = [given, all[1], all[2], ZERO_KEY];
      this.view.string = string;
      const code = this.exports.invoke(order) >>> 0;
      const { result, keys } = this.view;
      return { code, key: result, keys, string: this.view.string };
    });
    this.acted();
    return answer;
  }

  #error(status: number, what: string): PrimemeterError {
    switch (status) {
      case STATUS_RESCINDED:
        return new RescindedError(what);
      case STATUS_NO_NODES:
        return new CapacityError(
          "NO_NODES",
          `${what}: all ${this.options.nodes - 1} nodes are in use; create the kernel with more \`nodes\``,
        );
      case STATUS_NO_FRAMES:
        return new CapacityError(
          "NO_FRAMES",
          `${what}: the ${this.options.frames} frames are used up; create the kernel with more \`frames\``,
        );
      case STATUS_NO_PAGES:
        return new CapacityError(
          "NO_PAGES",
          `${what}: the ${this.options.residence?.pages} pages are used up, or promised to copies; create the kernel with more \`residence.pages\``,
        );
      case STATUS_NOT_METER:
        return new MalformedMeterError(`${what}: its slots are not as a meter's must be`);
      case STATUS_NOT_DOMAIN:
        return new StateError(`${what}: not a domain`);
      case STATUS_OVERFLOW:
        return new CounterOverflowError(`${what}: the counter would pass 2^64 - 1`);
      case STATUS_NOT_ALLOWED:
        return new StateError(`${what} can't be rescinded`);
      case STATUS_MAPPED:
        return new StateError(`${what} is mapped`);
      case STATUS_WRONG_STATE:
        return new StateError(`${what} has ended`);
      default:
        return new PrimemeterError("STATUS", `${what}: the kernel refused (status ${status})`);
    }
  }
}
