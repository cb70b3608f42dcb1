// What the handles of one kernel share: its exports and memory, who is who, and how a status of the
// kernel becomes an error. Internal.

import {
  OK,
  STATUS_NO_FRAMES,
  STATUS_NO_NODES,
  STATUS_NOT_ALLOWED,
  STATUS_NOT_DOMAIN,
  STATUS_NOT_METER,
  STATUS_OVERFLOW,
  STATUS_RESCINDED,
  STATUS_WRONG_STATE,
} from "../assembly/codes.js";
import { CONTROL_CODE, CONTROL_NODE_BASE, NODE_CALLS, NODE_SIZE } from "../assembly/layout.js";
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
import { allocationOf, idOf, indexOf, type MeterId, type NodeId } from "./id.js";
import type { Keeper } from "./keeper.js";
import { checkKey, type Key } from "./key.js";
import { Meter, MeterKey } from "./meter.js";
import { type CheckedOptions, callable, show } from "./options.js";
import { Registry } from "./registry.js";
import { View } from "./view.js";
import { disposed, type KernelExports, type KernelInstance, type Shared } from "./wasm.js";

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
  /** The functions behind host keys. */
  readonly keepers = new Map<number, Keeper>();
  /** Called after the host has done something to the kernel: a run may have something to do again. */
  acted: () => void = () => {};
  /** Passes the kernel's batch of events on; before a node changes hands, or they would be lost. */
  report: () => void = () => {};
  /** Only takes it, so that nothing comes between that and what changes hands. */
  collect: () => void = () => {};
  #nextKeeper = 1;
  /** Those that `kernel.hostKey` gave out: other slots may hold them. */
  readonly #shared = new Set<number>();

  constructor(instance: KernelInstance, options: CheckedOptions) {
    this.exports = instance.exports;
    this.view = new View(instance.memory);
    this.shared = instance.shared;
    this.options = options;
  }

  /** Lets the memory go. Whatever needs it throws StateError from now on. */
  dispose(): void {
    this.exports = disposed();
    this.view = disposed();
    if (this.shared) this.shared = disposed();
    this.meters.clear();
    this.domains.clear();
    this.keepers.clear();
    this.acted();
  }

  /** Does something while no processor changes the store: calls that belong together, or reading. */
  alone<Result>(act: () => Result): Result {
    return this.shared ? this.shared.lock.hold(act) : act();
  }

  /** The same while no processor runs anything either: caches and consumptions stand still. */
  still<Result>(act: () => Result): Result {
    const { shared } = this;
    if (!shared) return act();
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
    const node = this.view.control(CONTROL_NODE_BASE) + indexOf(domain.id) * NODE_SIZE;
    return this.view.u32(node + NODE_CALLS) === call;
  }

  /** Throws the error that a status means; `what` names the object. */
  check(status: number, what: string): void {
    if (status !== OK) throw this.#error(status, what);
    this.acted();
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

  /** Gives a keeper a number, for a host key: one of its own, or one for as many as like it. */
  register(keeper: Keeper, isShared = false): number {
    callable("keeper", keeper);
    const number = this.#nextKeeper++;
    this.keepers.set(number, keeper);
    if (isShared) this.#shared.add(number);
    return number;
  }

  /** A meter has done with what was in its slot 2: a keeper of its own is forgotten. */
  unregister(key: Key): void {
    if (key.kind === "host" && !this.#shared.has(key.number)) this.keepers.delete(key.number);
  }

  /** Invokes a key; the return code and the key that comes back. */
  invoke(key: Key, order: number, argument?: Key): { code: number; key: Key } {
    checkKey(key, "invoke: key");
    if (argument) checkKey(argument, "invoke: argument");
    const answer = this.alone(() => {
      this.view.setInvoked(key);
      this.view.setArgument(argument ?? { kind: "data", value: 0n });
      const code = this.exports.invoke(order) >>> 0;
      return { code, key: this.view.result };
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
      case STATUS_NOT_METER:
        return new MalformedMeterError(`${what}: its slots are not as a meter's must be`);
      case STATUS_NOT_DOMAIN:
        return new StateError(`${what}: not a domain`);
      case STATUS_OVERFLOW:
        return new CounterOverflowError(`${what}: the counter would pass 2^64 - 1`);
      case STATUS_NOT_ALLOWED:
        return new StateError(`${what} can't be rescinded`);
      case STATUS_WRONG_STATE:
        return new StateError(`${what} has ended`);
      default:
        return new PrimemeterError("STATUS", `${what}: the kernel refused (status ${status})`);
    }
  }
}
