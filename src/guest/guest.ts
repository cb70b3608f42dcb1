// Guests: modules of WebAssembly that count what they run (src/instrument/), as domains of a kernel. The host's
// thread runs them; each pays its chain of meters like any other domain.
//
// Guest invariant: what it has run and not paid yet is `#granted` less its counter, and it is in `core.running` while
// that may be other than 0. It is paid when the guest looks at its counter, when it leaves the thread for a while, when
// a call ends, and before the host does anything with the kernel.

import type { Core } from "../core.js";
import type { Domain, DomainState } from "../domain.js";
import { OptionError, StateError } from "../errors.js";
import type { Instrumented } from "../instrument/instrument.js";
import { show } from "../options.js";
import type { AnyGuest } from "./any-guest.js";
import type { AnyExports, FunctionName, Given, Result, Values } from "./exports.js";
import { GuestMemory } from "./guest-memory.js";
import type { CheckedGuestOptions } from "./guest-options.js";
import { HostCalls, runGuest } from "./host-calls.js";
import { END, Purse } from "./purse.js";
import { haveStack } from "./stack.js";
import { promising, suspendingRefill, WAIT } from "./suspension.js";

type Act = (...args: unknown[]) => unknown;

/** Frames of the host's stack that the kernel is sure to find: it must never be cut off in the middle of an act. */
const STACK_FRAMES = 400;

/** What is said of one that may not run when it is called. */
const UNFIT = "can't be called";

/**
 * Cycles that one that can't go on, and could be suspended but for a function of the host between it and its call, may
 * owe at most until that has returned.
 */
const CREDIT = 100_000n;

/** A program in WebAssembly under a meter: `kernel.loadWasm`. */
export class Guest<Exports extends object = AnyExports> implements AnyGuest<Exports> {
  /** Its place in the kernel: its states, the cycles that it consumed, `stop` and `start`. */
  readonly domain: Domain;
  readonly #core: Core;
  readonly #purse: Purse;
  readonly #instance: WebAssembly.Instance;
  readonly #counter: WebAssembly.Global;
  readonly #memory: GuestMemory;
  /** Exports that are not the module's own. */
  readonly #hidden: ReadonlySet<string | undefined>;
  readonly #suspends: boolean;
  /** Its functions as those that may be suspended, by name. */
  readonly #promising = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  #granted = 0n;
  /** What it may still owe until it can be suspended; whether that is what it was granted. */
  #credit = CREDIT;
  #isOnCredit = false;
  /** Calls of its exports that are under way, one within the other. */
  #depth = 0;
  /** Whether the thread is in one of them, as far as can be told: see `#comeBack`. */
  #isInside = false;
  /** Whether the outermost of them may be suspended; its waiting for cycles, until it goes on. */
  #isSuspendable = false;
  #suspension: { isOver: boolean } | undefined;
  /** Resolves when the calls made so far, of those that may be suspended, have ended; undefined without any. */
  #ended: Promise<unknown> | undefined;
  /** Why it was ended by a trap that is not its own. */
  #ending: Error | undefined;

  /** @internal */
  constructor(core: Core, domain: Domain, module: Instrumented, options: CheckedGuestOptions) {
    this.#core = core;
    this.domain = domain;
    this.#suspends = options.suspend;
    this.#purse = new Purse(core, domain, options.onDecline);
    domain.hosted = () => this.#state;
    domain.start();
    try {
      this.#instance = this.#instantiate(module, options);
      this.#counter = this.#instance.exports[module.counter] as WebAssembly.Global;
      this.#memory = new GuestMemory(this.#instance.exports, `guest ${domain.name}`);
      // Its start function is only an export now, or nobody could read its counter while it runs.
      const start = module.start && this.#instance.exports[module.start];
      if (typeof start === "function") {
        if (!this.#begins()) throw this.#purse.exhausted("can't be started");
        this.#within(() => start());
      }
      this.#hidden = new Set([module.counter, module.start]);
    } catch (error) {
      if (core.isLive(domain.id)) domain.rescind();
      throw error;
    }
  }

  /**
   * Calls an exported function. Where its meter is dry, or it is stopped, the call first waits until it may run; with
   * `suspend`, also until the calls made before have ended, and wherever it can't go on.
   *
   * Rejects with what the guest throws or traps with; with ExhaustedError where it ran out of cycles half-way and
   * its keeper gave none at once, or, with `suspend`, none at all and `onDecline` is "trap"; with OptionError where there
   * is no such function.
   */
  async call<Name extends FunctionName<Exports>>(
    name: Name,
    ...args: Given<Exports, Name>
  ): Promise<Result<Exports, Name>>;
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    const act = this.#function("call", name);
    if (this.#suspends) return this.#inTurn(() => this.#callSuspendable(name, act, args));
    while (!this.#isNested && !this.#begins()) await this.#purse.change(UNFIT);
    return this.#within(() => act(...args));
  }

  /**
   * The same at once, for functions of the host that the guest has called and that call it in turn. It is never
   * suspended.
   *
   * @throws {ExhaustedError} also where it may not run now. @throws {StateError} while a call of it is suspended, but for
   * one that waits for a function of the host. @throws {OptionError} and whatever the guest throws.
   */
  callNow<Name extends FunctionName<Exports>>(
    name: Name,
    ...args: Given<Exports, Name>
  ): Result<Exports, Name>;
  callNow(name: string, ...args: unknown[]): unknown {
    const act = this.#function("callNow", name);
    if (this.#suspension) {
      const of = this.domain.name;
      throw new StateError(`callNow: guest ${of} is suspended in the middle of a call`);
    }
    if (!this.#isNested && !this.#begins()) throw this.#purse.exhausted(UNFIT);
    return this.#within(() => act(...args));
  }

  /**
   * Whether it may run now, so that `callNow` begins: it has cycles, if need be after a keeper has answered within, and
   * no call of it is suspended. @throws {RescindedError}
   */
  mayRun(): boolean {
    if (this.#isNested) return true;
    if (this.#suspension || !this.#begins()) return false;
    this.#exit();
    return true;
  }

  /**
   * Resolves when it may run, and has paid what it owed; with `suspend`, and the calls made before have ended. Rejects as
   * `call` does before it begins.
   */
  async untilMayRun(): Promise<void> {
    const mayRun = async () => {
      while (!this.mayRun()) await this.#purse.change(UNFIT);
    };
    await (this.#suspends ? this.#inTurn(mayRun) : mayRun());
  }

  /** What it exports, but for functions, which are to be called by `call`: memories, tables, globals, tags. */
  get exports(): Values<Exports> {
    const all = Object.entries(this.#instance.exports);
    const own = all.filter(([name, value]) => typeof value !== "function" && !this.#isHidden(name));
    return Object.fromEntries(own) as Values<Exports>;
  }

  /**
   * A copy of bytes of its memory: that exported as "memory", else the first.
   *
   * @throws {OptionError} @throws {StateError} where it exports none. @throws {RangeError} for bytes that it has not.
   */
  read(address: number | bigint, length: number): Uint8Array<ArrayBuffer> {
    return this.#memory.read(address, length);
  }

  /** Puts bytes into its memory, all or none. @throws as `read`. */
  write(address: number | bigint, bytes: Uint8Array): void {
    this.#memory.write(address, bytes);
  }

  /** Pays what it has run so far; it looks at its counter as soon as it goes on. @internal */
  settle(): void {
    const left = this.#counter.value as bigint;
    this.#counter.value = 0n;
    const ran = this.#granted - left;
    this.#granted = 0n;
    if (this.#isOnCredit) this.#credit -= ran;
    this.#purse.spend(ran);
  }

  #instantiate({ module, refill }: Instrumented, options: CheckedGuestOptions) {
    const imports = this.#charged(module, options);
    const look = () => this.#look();
    const asked = this.#suspends
      ? suspendingRefill(
          look,
          () => this.#wait(),
          () => this.#exit(),
        )
      : look;
    const own = { ...imports[refill.module], [refill.field]: asked };
    return new WebAssembly.Instance(module, { ...imports, [refill.module]: own });
  }

  /** What it imports, functions such that it pays for calling them. */
  #charged(module: WebAssembly.Module, { imports, hostCalls }: CheckedGuestOptions) {
    if (hostCalls === undefined) return imports;
    const calls = new HostCalls(hostCalls, (cycles) => {
      this.#counter.value -= cycles;
    });
    return calls.imports(module, imports);
  }

  #function(what: string, name: string): Act {
    const { exports } = this.#instance;
    const isOwn = Object.hasOwn(exports, name) && !this.#isHidden(name);
    const act = isOwn ? exports[name] : undefined;
    if (typeof act === "function") return act as Act;
    const of = this.domain.name;
    throw new OptionError(`${what}: found no exported function ${show(name)} in ${of}`);
  }

  #isHidden(name: string): boolean {
    return this.#hidden.has(name);
  }

  /** How its domain stands while the kernel leaves that to the host. */
  get #state(): DomainState {
    if (this.#isInside) return "running";
    if (this.#depth === 0) return "available";
    return this.#suspension ? "ready" : "waiting";
  }

  /**
   * One call after the other: two that are suspended in turn would spoil each other's place in the guest's memory.
   */
  #inTurn(act: () => Promise<unknown>): Promise<unknown> {
    const result = this.#ended ? this.#ended.then(act) : act();
    const ended: Promise<void> = result
      .catch(() => {})
      .then(() => {
        if (this.#ended === ended) this.#ended = undefined;
      });
    this.#ended = ended;
    return result;
  }

  async #callSuspendable(name: string, act: Act, args: unknown[]): Promise<unknown> {
    // Within a function of the host that `callNow` led to: that ends before this goes on.
    if (this.#depth > 0) await undefined;
    const suspendable = this.#promising.get(name) ?? promising(act);
    this.#promising.set(name, suspendable);
    while (!this.#begins()) await this.#purse.change(UNFIT);
    this.#isInside = true;
    this.#depth++;
    this.#isSuspendable = true;
    try {
      const result = runGuest(() => suspendable(...args));
      // It has ended, or left the thread.
      this.#leave();
      return await result;
    } catch (error) {
      throw this.#reason(error);
    } finally {
      this.#isSuspendable = false;
      this.#depth--;
      this.#exit();
    }
  }

  /** Whether a call is one within another that the thread is in. */
  get #isNested(): boolean {
    return this.#depth > 0 && this.#isInside;
  }

  /** Whether it may run now; then it must at once, for its cache is lent to it. */
  #begins(): boolean {
    haveStack(STACK_FRAMES);
    if (this.#purse.refill() < 0n) return false;
    this.#core.running.add(this);
    return true;
  }

  /** Runs something of the guest's own; whatever comes of it, what it ran is paid. */
  #within<Result>(act: () => Result): Result {
    const isNested = this.#isNested;
    this.#isInside = true;
    this.#depth++;
    try {
      return runGuest(act);
    } catch (error) {
      throw this.#reason(error);
    } finally {
      this.#depth--;
      if (!isNested) this.#exit();
      // What called the function of the host is to look at once.
      else if (this.#isOnCredit) this.settle();
    }
  }

  /** What a call that ended by an error rejects with. */
  #reason(error: unknown): unknown {
    return this.#ending ?? (this.#suspension ? this.#purse.exhausted() : error);
  }

  /** The thread is in it no more. */
  #leave(): void {
    this.#isInside = false;
    const { running } = this.#core;
    if (running.has(this)) this.settle();
    // Where it waits for a promise of its host's, nobody tells when that is kept.
    if (this.#suspension) running.delete(this);
  }

  #exit(): void {
    this.#leave();
    if (this.#depth > 0) return;
    // Frames of the host between two calls may have caught it: the outermost tells.
    this.#ending = undefined;
    this.#suspension = undefined;
    this.#core.running.delete(this);
  }

  /** It goes on after it was suspended, or past all calls: until what the thread does now is over. */
  #comeBack(): void {
    this.#isInside = true;
    this.#core.running.add(this);
    queueMicrotask(() => this.#exit());
  }

  /**
   * The guest has looked at its counter, which is below 0 and in its global: what it is to be, or WAIT. Never throws:
   * what functions of the host throw, a guest may catch.
   */
  #look(): bigint {
    if (this.#suspension?.isOver) this.#suspension = undefined;
    if (this.#ending || this.#suspension) return END;
    try {
      haveStack(STACK_FRAMES);
      if (!this.#isInside) this.#comeBack();
      this.settle();
      this.#core.look();
      const granted = this.#purse.refill();
      this.#isOnCredit = granted < 0n;
      if (granted >= 0n) {
        this.#credit = CREDIT;
        this.#granted = granted;
        return granted;
      }
      if (this.#isSuspendable && this.#purse.isWorthWaiting) {
        if (this.#depth === 1) {
          // Where the engine can't suspend it and throws, which it may catch, its next look is its end.
          this.#suspension = { isOver: false };
          return WAIT;
        }
        if (this.#credit > 0n) {
          this.#granted = this.#credit;
          return this.#granted;
        }
      }
      this.#ending = this.#purse.exhausted();
    } catch (error) {
      this.#ending = error as Error;
    }
    return END;
  }

  /** The guest is suspended: resolves when it is to look again. Never rejects. */
  async #wait(): Promise<void> {
    const suspension = this.#suspension!;
    let ending: Error | undefined;
    try {
      do await this.#purse.change();
      while (this.#suspension === suspension && this.#purse.refill() < 0n);
      // Not lent to it before it looks.
      this.#purse.spend(0n);
    } catch (error) {
      ending = error as Error;
    }
    suspension.isOver = true;
    // Its call may be over: some engines ask first, and then can't suspend it.
    if (this.#suspension === suspension) this.#ending = ending;
  }
}
