// The kernel as the host sees it: makes meters and domains, runs them, tells what happens.

import { METER_KEEPER_SLOT, PRIME_INDEX } from "../assembly/layout.js";
import { type CheckReport, checkStore } from "./check.js";
import { Conductor } from "./conductor.js";
import type { Core } from "./core.js";
import { Dispatcher } from "./dispatcher.js";
import type { Domain } from "./domain.js";
import { DomainMaker, type DomainOptions } from "./domain-maker.js";
import type { Driver, Ending, StepOutcome } from "./driver.js";
import { OptionError, RescindedError, StateError } from "./errors.js";
import type { EventName, Listener } from "./event.js";
import type { AnyGuest } from "./guest/any-guest.js";
import type { AnyExports, AnyImports, NeededImports } from "./guest/exports.js";
import type { Guest } from "./guest/guest.js";
import type { GuestOptions } from "./guest/guest-options.js";
import type { WorkerGuest } from "./guest/worker-guest.js";
import type { WorkerGuestOptions } from "./guest/worker-options.js";
import type { HostHandler } from "./host-object.js";
import { allocationOf, indexOf, type NodeId } from "./id.js";
import type { Instrumented } from "./instrument/instrument.js";
import type { Keeper } from "./keeper.js";
import type { Key } from "./key.js";
import type { KeyLike } from "./key-like.js";
import type { Delivery, Message } from "./message.js";
import type { Meter, MeterKey } from "./meter.js";
import { Node } from "./node.js";
import { openCore } from "./opening.js";
import {
  type CheckedOptions,
  callable,
  cycles as checkCycles,
  checkNames,
  checkOptions,
  type KernelOptions,
  nameOf,
  show,
  u32,
} from "./options.js";
import { Page } from "./page.js";
import type { Partition, PartitionOptions } from "./partition.js";
import type { Partitions } from "./partitions.js";
import { Join, Wait } from "./rendezvous.js";
import { Residence } from "./residence.js";
import { createSegment, type Segment, type SegmentOptions } from "./segment.js";
import { readStatistics, type Statistics } from "./statistics.js";
import { readTiming, type Timing } from "./timing.js";

export interface MeterOptions {
  name?: string;
  superior: Meter | MeterKey;
  /** What the counter begins with; without it 2^64 − 1, as good as unlimited. */
  cycles?: bigint;
  /** What the storage counter begins with, in word-cycles; without it 2^64 − 1, which is unlimited. In a kernel with `residence` only. */
  storage?: bigint;
  /** A function of the host, or a key for slot 2, such as a start key to a domain. */
  keeper?: Keeper | KeyLike;
}

export interface StepResult {
  readonly reason: StepOutcome;
  /** Cycles of kernel time that passed. */
  readonly cycles: bigint;
}

export interface RunResult {
  readonly reason: Ending;
  readonly cycles: bigint;
}

const UNLIMITED = (1n << 64n) - 1n;

/**
 * Makes a kernel of its own memory, with a prime meter in it.
 *
 * @throws {OptionError} @throws {CapacityError} NO_MEMORY
 */
export function createKernel(options: KernelOptions = {}): Kernel {
  return new Kernel(checkOptions(options));
}

export class Kernel {
  /** The meter above all others; its superior is the super meter key. Counter 2^56 − 1. */
  readonly primeMeter: Meter;
  readonly #core: Core;
  readonly #driver: Driver;
  readonly #domainMaker: DomainMaker;
  readonly #residence: Residence | undefined;
  #isRunning = false;

  /** @internal */
  constructor(options: CheckedOptions) {
    const core = openCore(options);
    const { shared } = core;
    this.#core = core;
    this.#driver = shared ? new Conductor(core, shared) : new Dispatcher(core);
    this.#domainMaker = new DomainMaker(core);
    this.#residence = core.residence && new Residence(core);
    this.primeMeter = core.meterAt(PRIME_INDEX, "prime");
  }

  /**
   * Hangs a new meter under another.
   *
   * @throws {OptionError} @throws {RescindedError} @throws {CapacityError} NO_NODES
   */
  createMeter(options: MeterOptions): Meter {
    checkNames("createMeter", options, ["name", "superior", "cycles", "storage", "keeper"]);
    const core = this.#core;
    const { storage } = options;
    if (storage !== undefined) checkStorage(core, storage);
    const cycles = checkCycles("cycles", options.cycles ?? UNLIMITED);
    const superior = core.liveMeter("superior", options.superior);
    const name = nameOf(options.name);
    const { keeper = null } = options;
    const key = core.hosts.keyOf(keeper, (like) => core.keyOf(like, "keeper"));
    try {
      return core.alone(() => {
        const id = core.made(() => {
          core.view.amount = cycles;
          return core.exports.meterCreate(indexOf(superior), allocationOf(superior), 0);
        }, "createMeter");
        const meter = core.meterAt(indexOf(id), name);
        if (storage !== undefined) meter.storage.set(storage);
        if (keeper) meter.node.swap(METER_KEEPER_SLOT, key);
        return meter;
      });
    } catch (error) {
      if (typeof keeper === "function") core.hosts.release(key);
      throw error;
    }
  }

  /**
   * Makes a stopped domain.
   *
   * @throws {OptionError} @throws {RescindedError} @throws {CapacityError} NO_NODES, NO_FRAMES or NO_PAGES; then
   * nothing is kept.
   */
  createDomain(options: DomainOptions): Domain {
    return this.#domainMaker.make(options);
  }

  /**
   * Makes a guest of a module that `instrument` of primemeter/wasm made: a domain whose program is WebAssembly, and
   * which the host's thread runs when it is called. Its start function runs at once. With `worker` it runs in a thread
   * of its own; what it throws then comes by `guest.ready`, and by every call.
   *
   * @throws {OptionError} @throws {RescindedError} @throws {CapacityError} @throws {StateError} in a kernel of several
   * processors, and for `suspend` where the engine has no JSPI. @throws {ExhaustedError} and whatever the start function
   * throws; then nothing is kept.
   */
  loadWasm<Exports extends object = AnyExports, Imports extends object = AnyImports>(
    module: Instrumented,
    options: WorkerGuestOptions<NoInfer<Imports>>,
  ): WorkerGuest<Exports>;
  loadWasm<Exports extends object = AnyExports, Imports extends object = AnyImports>(
    module: Instrumented,
    options: GuestOptions<NoInfer<Imports>> & NeededImports<NoInfer<Imports>>,
  ): Guest<Exports>;
  loadWasm(module: Instrumented, options: GuestOptions | WorkerGuestOptions): AnyGuest {
    return this.#domainMaker.guest(module, options);
  }

  /** A node of sixteen DK(0), to be made a meter slot by slot. @throws {CapacityError} NO_NODES */
  createNode(): Node {
    const id = this.#core.made(() => this.#core.exports.nodeCreate(), "createNode");
    return new Node(this.#core, id, `node ${indexOf(id)}`);
  }

  /**
   * A handle to a node as a meter, whether or not it is well-formed as one; by its service key, too.
   *
   * @throws {OptionError} @throws {RescindedError}
   */
  meterOf(node: Node | Key, name?: string): Meter {
    const key = this.#core.keyOf(node, "meterOf");
    if (key.kind !== "node") {
      throw new OptionError(`meterOf: found a ${key.kind} key, expected a Node or a node key`);
    }
    if (!this.#core.isLive(key.id)) throw new RescindedError("the node");
    return this.#core.meterAt(indexOf(key.id), nameOf(name));
  }

  /** A key that makes a function of the host the keeper of a meter, in slot 2. */
  hostKey(keeper: Keeper): Key {
    return { kind: "host", number: this.#core.hosts.keeper(keeper, true) };
  }

  /** A key that lets domains invoke a function of the host, as they invoke each other. */
  hostObject(handler: HostHandler): Key {
    return { kind: "host", number: this.#core.hosts.object(handler) };
  }

  /** A join, where an answer and whoever wants it wait for each other. @throws {CapacityError} */
  createJoin(name?: string): Join {
    return this.#named("join", name, (id, name) => new Join(this.#core, id, name));
  }

  /** A wait, where a domain waits for a time. @throws {CapacityError} */
  createWait(name?: string): Wait {
    return this.#named("wait", name, (id, name) => new Wait(this.#core, id, name));
  }

  /** A page of 4,096 zeros. @throws {CapacityError} */
  createPage(name?: string): Page {
    return this.#named("page", name, (id, name) => new Page(this.#core, id, name));
  }

  /**
   * A segment: a range of an address space, of pages and of segments of a lower level. @throws {OptionError}
   * @throws {RescindedError} @throws {CapacityError} Then there is none.
   */
  createSegment(options: SegmentOptions = {}): Segment {
    return createSegment(this.#core, options);
  }

  /** Invokes a key of the kernel's own with an order of §3: its return code and the key that comes back. */
  invoke(key: KeyLike, order: number, argument?: KeyLike): { code: number; key: Key } {
    const core = this.#core;
    const { code, key: result } = core.invoke(
      core.keyOf(key, "invoke: key"),
      u32("invoke: order", order),
      argument && core.keyOf(argument, "invoke: argument"),
    );
    return { code, key: result };
  }

  /**
   * Sends a message; who gets it has nobody to answer but by the keys that are in it. Resolves when it is taken:
   * at once, or as soon as a busy domain is available, messages of the host in their order. That takes a run or
   * steps, now or later.
   *
   * Rejects with OptionError; with RescindedError where the key names what is rescinded, or will be before it takes
   * the message; and with StateError for a resume key that was used, and a domain that has ended.
   */
  send(key: KeyLike, message: Message = {}): Promise<void> {
    return this.#core.post.send(key, message);
  }

  /**
   * Sends a message, as `send`, whose key 4 is to the host; resolves with what is sent to that, once. Key 4 of the
   * answer lets the host go on in the conversation, where it came by a call.
   *
   * Rejects as `send`, and where the domain is rescinded, or ends, without an answer.
   */
  call(key: KeyLike, message: Message = {}): Promise<Delivery> {
    return this.#core.post.call(key, message);
  }

  /** Cycles since the kernel was made, those in which nobody ran included. */
  get time(): bigint {
    return this.#core.time;
  }

  /**
   * Does something when kernel time comes to `time`; at once, in the next step, if it has passed. Where a guest runs
   * then, called by a listener of the run, it is done when that next looks. Returns the function that takes it back.
   */
  at(time: bigint, act: () => void): () => void {
    checkCycles("at: time", time);
    callable("at: act", act);
    return this.#driver.alarms.set(time, act);
  }

  /**
   * Runs the kernel until something happens that the host acts on, or a few thousand slices, or
   * `cycles` of kernel time are over. Then it throws what a listener threw meanwhile.
   *
   * @throws {StateError} when the kernel runs already: in a keeper, a listener, or beside `run`.
   */
  step(options: { cycles?: bigint | number } = {}): StepResult {
    this.#alone();
    checkNames("step", options, ["cycles"]);
    const start = this.time;
    const until = limit(start, options.cycles);
    this.#isRunning = true;
    try {
      const reason = this.#driver.step(until);
      return { reason, cycles: this.time - start };
    } finally {
      this.#isRunning = false;
    }
  }

  /**
   * Runs until nobody has anything to do (asynchronous keepers have answered, too), or `cycles` of
   * kernel time are over, or `signal` aborts. The host's event loop goes round every 10 ms.
   *
   * @throws {StateError} when the kernel runs already.
   */
  async run(options: { cycles?: bigint | number; signal?: AbortSignal } = {}): Promise<RunResult> {
    this.#alone();
    checkNames("run", options, ["cycles", "signal"]);
    const { signal } = options;
    if (signal !== undefined && typeof signal?.addEventListener !== "function") {
      throw new OptionError(`signal: found ${show(signal)}, expected an AbortSignal`);
    }
    const start = this.time;
    const until = limit(start, options.cycles);
    this.#isRunning = true;
    try {
      const reason = await this.#driver.run(until, signal);
      return { reason, cycles: this.time - start };
    } finally {
      this.#isRunning = false;
    }
  }

  /** The partition of all domains that are in no other, which begins with 100 percent. @throws {StateError} */
  get systemPartition(): Partition {
    return this.#partitions.system;
  }

  /**
   * Makes a partition, whose budget is taken from its parent's. There are 32 at most.
   *
   * @throws {OptionError} @throws {StateError} in a kernel without `partitions`. @throws {PartitionError} NO_BUDGET or
   * NO_PARTITIONS; then nothing has changed.
   */
  createPartition(options: PartitionOptions): Partition {
    return this.#partitions.create(options);
  }

  /** The System partition, and the others by age. @throws {StateError} in a kernel without `partitions`. */
  partitions(): readonly Partition[] {
    return [...this.#partitions.all];
  }

  /** The averaging window of partitions, in cycles. @throws {StateError} in a kernel without `partitions`. */
  get window(): number {
    return this.#core.alone(() => this.#partitions.window);
  }

  /**
   * Sets the averaging window, in cycles: 1 to 512 whole ticks, 128,000 to 6,400,000. What was used in the last one is
   * forgotten. @throws {OptionError} @throws {StateError} in a kernel without `partitions`.
   */
  setWindow(cycles: number): void {
    this.#partitions.setWindow(cycles);
  }

  /** Core residence: the page-locking process, its period, and what was counted. @throws {StateError} without. */
  get residence(): Residence {
    if (this.#residence) return this.#residence;
    throw new StateError("this kernel has no core residence; create it with `residence`");
  }

  /** What billing by a clock came to so far. @throws {StateError} in a kernel without `billing` and `partitions`. */
  timing(): Timing {
    return readTiming(this.#core);
  }

  meters(): IterableIterator<Meter> {
    return this.#core.meters.values();
  }

  domains(): IterableIterator<Domain> {
    return this.#core.domains.values();
  }

  /** Walks the whole store and compares it with every invariant; changes nothing. */
  check(): CheckReport {
    return this.#core.still(() => checkStore(this.#core.view, this.#domainMaker.imagePages));
  }

  statistics(): Statistics {
    return this.#core.still(() => readStatistics(this.#core.view));
  }

  /**
   * Listens to an event; returns the function that stops it. What a listener throws is thrown on by the
   * `step` or `run` it was called in, after all that was to be done is done.
   */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    return this.#core.emitter.on(name, listener);
  }

  /** What drives it: tests kill its workers. @internal */
  get driver(): Driver {
    return this.#driver;
  }

  /** Lets the memory go, and ends the workers. Whatever needs it throws StateError from now on. */
  dispose(): void {
    this.#driver.dispose();
    this.#core.dispose();
  }

  /** What tests of the kernel look into. @internal */
  get core(): Core {
    return this.#core;
  }

  #named<Handle>(
    what: "join" | "wait" | "page",
    name: string | undefined,
    make: (id: NodeId, name: string) => Handle,
  ): Handle {
    const { exports } = this.#core;
    const given = nameOf(name);
    const create = { join: "joinCreate", wait: "waitCreate", page: "pageCreate" } as const;
    const id = this.#core.made(() => exports[create[what]](), `create a ${what}`);
    return make(id, given ?? `${what}-${indexOf(id)}`);
  }

  get #partitions(): Partitions {
    const { partitions } = this.#core;
    if (partitions) return partitions;
    throw new StateError("this kernel has no partitions; create it with `partitions`");
  }

  #alone(): void {
    if (this.#isRunning) throw new StateError("the kernel is running already");
  }
}

/** @throws {OptionError} for a count that is none, and where nobody counts. */
function checkStorage(core: Core, storage: bigint): void {
  checkCycles("storage", storage);
  if (core.residence) return;
  throw new OptionError("storage: this kernel counts no storage; create it with `residence`");
}

function limit(start: bigint, cycles: bigint | number | undefined): bigint {
  if (cycles === undefined) return UNLIMITED;
  const isWhole = typeof cycles === "bigint" || Number.isSafeInteger(cycles);
  if (!isWhole || cycles < 0) {
    throw new OptionError(`cycles: found ${show(cycles)}, expected a whole number from 0`);
  }
  const until = start + BigInt(cycles);
  return until < UNLIMITED ? until : UNLIMITED;
}
