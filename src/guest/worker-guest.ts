// Guests that run in workers of their own, and wait there when they can't go on. The host's thread does all that
// concerns the kernel; what it and the worker tell each other is in src/guest/mailbox.ts.
//
// WorkerGuest invariant: what a worker has been granted is in the cache of its domain until it is spent, which is when a
// call ends, when the worker asks for more, and before the host does anything with the kernel.

import type { Core } from "../core.js";
import type { Domain } from "../domain.js";
import { OptionError, RescindedError, StateError, WorkerError } from "../errors.js";
import { allocationOf, indexOf } from "../id.js";
import type { Instrumented } from "../instrument/instrument.js";
import { show } from "../options.js";
import { loadThreads, startThread, type Thread } from "../thread.js";
import type { AnyGuest } from "./any-guest.js";
import { argumentsOf, errorOf, resultOf } from "./crossing.js";
import type { AnyExports, FunctionName, Given, Result } from "./exports.js";
import { mustBeBytes, placeOf } from "./guest-memory.js";
import { HostCalls } from "./host-calls.js";
import { IDLE, Mailbox, MOST_BYTES, type Value } from "./mailbox.js";
import { Purse } from "./purse.js";
import { Queue } from "./queue.js";
import type { CheckedWorkerOptions } from "./worker-options.js";
import { GUEST_WORKER_SOURCE, type GuestMessage, type GuestWorkerData } from "./worker-program.js";

interface Answer {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What is said of one that may not run when it is called. */
const UNFIT = "can't be called";

type HostFunction = (...args: (number | bigint)[]) => unknown;

/** A program in WebAssembly under a meter, in a thread of its own: `kernel.loadWasm` with `worker`. */
export class WorkerGuest<Exports extends object = AnyExports> implements AnyGuest<Exports> {
  readonly domain: Domain;
  /**
   * Resolves when its instance is there and its start function has run. Rejects with what that throws, or with WorkerError;
   * then nothing is kept, and every call rejects with the same.
   */
  readonly ready: Promise<void>;
  readonly #core: Core;
  readonly #purse: Purse;
  readonly #box = new Mailbox();
  /** What tests kill. @internal */
  thread: Thread | undefined;
  /** Places of its functions among all that the module exports. */
  readonly #functions: ReadonlyMap<string, number>;
  /** The one among them that is not the module's own. */
  readonly #start: string | undefined;
  readonly #hasMemory: boolean;
  readonly #hosts: HostFunction[] = [];
  /** What it pays for calling them. */
  readonly #hostCalls: HostCalls | undefined;
  /** Calls of its exports; then what is asked while it waits for a function of the host, one within the other. */
  readonly #queues = [new Queue()];
  /** Who waits for the worker to answer; the latest is answered first. */
  readonly #answers: Answer[] = [];
  /** What functions of the host have thrown in the call that is under way. */
  readonly #thrown: unknown[] = [];
  /** Whether a call of its exports is under way. */
  #isCalled = false;
  /** Why a call was ended by a trap that is not its own. */
  #ending: Error | undefined;
  /** Why it can't be called any more. */
  #failure: unknown;

  /** @internal */
  constructor(core: Core, domain: Domain, module: Instrumented, options: CheckedWorkerOptions) {
    this.#core = core;
    this.domain = domain;
    this.#purse = new Purse(core, domain, options.onDecline);
    const exports = WebAssembly.Module.exports(module.module);
    const functions = exports.filter(({ kind }) => kind === "function");
    this.#functions = new Map(functions.map(({ name }, index) => [name, index]));
    this.#start = module.start;
    const { hostCalls } = options;
    if (hostCalls !== undefined) {
      this.#hostCalls = new HostCalls(hostCalls, (cycles) => this.#box.charge(cycles));
    }
    this.#hasMemory = exports.some(({ kind }) => kind === "memory");
    domain.hosted = () => (this.#isCalled ? "running" : "available");
    domain.start();
    core.remotes.add(this);
    this.ready = this.#queues[0]!.add(() => this.#begin(module, options));
    // It may be awaited later, or never: calls reject, too.
    this.ready.catch(() => {});
  }

  /**
   * Calls an exported function, after all calls before. Where it can't go on (its meter is off or dry, it is stopped, its
   * keeper takes its time) it waits, at the very instruction, until it can. Arguments and results are numbers and bigints.
   *
   * Rejects with what the guest throws or traps with; with ExhaustedError where its meter is dry and nobody refills it, if
   * `onDecline` is "trap"; with RescindedError; with WorkerError where its worker has ended; with OptionError.
   */
  async call<Name extends FunctionName<Exports>>(
    name: Name,
    ...args: Given<Exports, Name>
  ): Promise<Result<Exports, Name>>;
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    const index = this.#function("call", name);
    const values = argumentsOf(`call ${name}`, args);
    return this.#queues[0]!.add(() => this.#hold(() => this.#run(index, values)));
  }

  /**
   * The same at once, for functions of the host that the guest has called, and waits for.
   *
   * Rejects as `call`; with StateError where it waits for none.
   */
  async callNow<Name extends FunctionName<Exports>>(
    name: Name,
    ...args: Given<Exports, Name>
  ): Promise<Result<Exports, Name>>;
  async callNow(name: string, ...args: unknown[]): Promise<unknown> {
    const index = this.#function("callNow", name);
    const values = argumentsOf(`callNow ${name}`, args);
    if (this.#queues.length === 1) {
      throw new StateError(
        `callNow: ${this.domain.name} waits for no function of the host: use call`,
      );
    }
    return this.#within(() => this.#ask(() => this.#box.call(index, values)));
  }

  /**
   * Bytes of its memory: that exported as "memory", else the first. At once where it waits for a function of the host; else
   * after all calls before.
   *
   * Rejects with RangeError for bytes that it has not; with StateError where it exports no memory.
   */
  async read(address: number | bigint, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const [at, count] = [placeOf("read: address", address), placeOf("read: length", length)];
    this.#mustHaveMemory("read");
    const bytes = await this.#within(() => this.#ask(() => this.#box.read(at, count)));
    return bytes as Uint8Array<ArrayBuffer>;
  }

  /** Puts bytes into its memory, all or none, when `read` would read. Rejects as `read`. */
  async write(address: number | bigint, bytes: Uint8Array): Promise<void> {
    const at = placeOf("write: address", address);
    mustBeBytes(bytes);
    this.#mustHaveMemory("write");
    const own = bytes.slice();
    await this.#within(async () => {
      let from = 0;
      do {
        const part = own.subarray(from, from + MOST_BYTES);
        await this.#ask(() => this.#box.write(at + from, part, own.length - from));
        from += MOST_BYTES;
      } while (from < own.length);
    });
  }

  /** It stops at its next look. @internal */
  want(): void {
    this.#box.want();
  }

  /** Pays what it has run so far, once it has stopped; it asks when it goes on. @internal */
  settle(): void {
    const ran = this.#box.take(() => this.thread?.isOver ?? false);
    if (ran === undefined) this.#died(new Error("it does not come back to look at its counter"));
    else this.#purse.spend(ran);
  }

  /** Its domain is no more. @internal */
  end(): void {
    this.#fail(new RescindedError(`guest ${this.domain.name}`));
  }

  async #begin(module: Instrumented, { imports, own }: CheckedWorkerOptions): Promise<void> {
    const { counter, refill } = module;
    const hosts: [string, string][] = [];
    for (const { module: from, name } of WebAssembly.Module.imports(module.module)) {
      const act = imports[from]?.[name];
      if (typeof act !== "function") continue;
      hosts.push([from, name]);
      this.#hosts.push(act as HostFunction);
    }
    const { buffer } = this.#box;
    const data = { module: module.module, buffer, counter, refill, hosts, own };
    try {
      await loadThreads();
      if (this.#failure) throw this.#failure;
      await this.#ask(() => this.#startThread(data));
      if (this.#start !== undefined) await this.#run(this.#functions.get(this.#start)!, []);
      this.thread?.hold(false);
    } catch (error) {
      this.#fail(error);
      if (this.#core.isLive(this.domain.id)) this.domain.rescind();
      throw error;
    }
  }

  #startThread(data: GuestWorkerData): void {
    this.thread = startThread(
      GUEST_WORKER_SOURCE,
      data,
      (error) => this.#died(error),
      (message) => this.#hear(message as GuestMessage),
    );
  }

  /** Runs one of its functions, when it may. */
  async #run(index: number, values: readonly Value[]): Promise<unknown> {
    let result: Promise<unknown> | undefined;
    this.#isCalled = true;
    try {
      await this.#supply((cycles) => {
        result = this.#ask(() => this.#box.call(index, values, cycles));
      });
      return await result;
    } finally {
      this.#isCalled = false;
      this.#ending = undefined;
      this.#thrown.length = 0;
    }
  }

  /** Tells the worker what to do; what it answers. */
  #ask(tell: () => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure;
      this.#answers.push({ resolve, reject });
      const isIdle = this.#box.state === IDLE;
      tell();
      if (isIdle) this.thread!.send(null);
    });
  }

  /** Refills its purse, and at once gives what is in it; waits until there is something, or refuses. */
  async #supply(give: (cycles: bigint) => void, refuse?: () => void): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      this.settle();
      const granted = this.#purse.refill();
      // Whoever was asked, or told, may have ended it.
      if (this.#failure) throw this.#failure;
      if (granted >= 0n) return give(granted);
      if (refuse && !this.#purse.isWorthWaiting) return refuse();
      // A call that nobody lets go on is none that the process is to be kept alive for.
      this.thread!.hold(false);
      await this.#purse.change(UNFIT);
      this.thread?.hold(true);
    }
  }

  #hear(message: GuestMessage): void {
    if (message.kind === "ask") void this.#answer();
    else if (message.kind === "host") void this.#serve(message.index, message.args);
    else {
      // While it waits for a function of the host, what is left to it stays with it.
      if (this.#queues.length === 1) this.settle();
      const answer = this.#answers.pop();
      if (message.kind === "done") answer?.resolve(message.value);
      else if (message.thrown !== undefined) answer?.reject(this.#thrown[message.thrown]);
      else answer?.reject(this.#ending ?? errorOf(message));
    }
  }

  async #answer(): Promise<void> {
    const refuse = () => {
      this.#ending = this.#purse.exhausted();
      this.#box.end();
    };
    try {
      await this.#supply((cycles) => this.#box.grant(cycles), refuse);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Calls a function of the host for the guest, which waits for it. */
  async #serve(index: number, args: (number | bigint)[]): Promise<void> {
    const queue = new Queue();
    this.#queues.push(queue);
    let answer: () => void;
    try {
      const act = () => this.#hosts[index]!(...args);
      const { values, isList } = resultOf(
        await (this.#hostCalls ? this.#hostCalls.run(act) : act()),
      );
      answer = () => this.#box.return(values, isList);
    } catch (error) {
      const number = this.#thrown.push(error) - 1;
      answer = () => this.#box.throw(number);
    }
    await queue.done();
    this.#queues.pop();
    if (!this.#failure) answer();
  }

  /** Does something with it where it is: idle, or in the latest function of the host that it waits for. */
  #within<Result>(act: () => Promise<Result>): Promise<Result> {
    const queue = this.#queues.at(-1)!;
    return queue.add(() => (queue === this.#queues[0] ? this.#hold(act) : act()));
  }

  /** The process is not to end meanwhile. */
  async #hold<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#failure) throw this.#failure;
    this.thread!.hold(true);
    try {
      return await act();
    } finally {
      this.thread?.hold(false);
    }
  }

  /** Its worker is not there any more, or of no use: what may have run is paid. */
  #died(cause: unknown): void {
    if (this.#failure) return;
    const { name, id } = this.domain;
    this.#purse.spend(this.#box.lost());
    this.#fail(new WorkerError("WORKER_DIED", `guest ${name}: its worker has ended`, cause));
    const { exports } = this.#core;
    if (this.#core.isLive(id)) exports.domainEnd(indexOf(id), allocationOf(id));
  }

  /** Nothing is done with it any more. */
  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#core.remotes.delete(this);
    this.thread?.end();
    this.thread = undefined;
    for (const { reject } of this.#answers.splice(0)) reject(error);
    this.#purse.release();
  }

  #function(what: string, name: string): number {
    const index = this.#functions.get(name);
    if (index !== undefined && name !== this.#start) return index;
    throw new OptionError(
      `${what}: found no exported function ${show(name)} in ${this.domain.name}`,
    );
  }

  #mustHaveMemory(what: string): void {
    if (this.#hasMemory) return;
    throw new StateError(`${what}: guest ${this.domain.name} exports no memory`);
  }
}
