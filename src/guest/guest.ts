// Guests: modules of WebAssembly that count what they run (src/instrument/), as domains of a kernel. The host's
// thread runs them; each pays its chain of meters like any other domain.
//
// Guest invariant: while a guest runs, what it has run and not paid yet is `#granted` less its counter. It is
// paid when the guest looks at its counter, when a call ends, and before the host does anything with the kernel.

import type { Core } from "../core.js";
import type { Domain } from "../domain.js";
import { OptionError } from "../errors.js";
import type { Instrumented } from "../instrument/instrument.js";
import { show } from "../options.js";
import type { AnyGuest } from "./any-guest.js";
import type { CheckedGuestOptions } from "./guest-options.js";
import { END, Purse } from "./purse.js";

/** Frames of the host's stack that the kernel is sure to find: it must never be cut off in the middle of an act. */
const STACK_FRAMES = 400;

/** A program in WebAssembly under a meter: `kernel.loadWasm`. */
export class Guest implements AnyGuest {
  /** Its place in the kernel: its states, the cycles that it consumed, `stop` and `start`. */
  readonly domain: Domain;
  readonly #core: Core;
  readonly #purse: Purse;
  readonly #instance: WebAssembly.Instance;
  readonly #counter: WebAssembly.Global;
  /** Exports that are not the module's own. */
  readonly #hidden: ReadonlySet<string | undefined>;
  #granted = 0n;
  /** Calls of its exports that are under way, one within the other. */
  #depth = 0;
  /** Why it was ended by a trap that is not its own. */
  #ending: Error | undefined;

  /** @internal */
  constructor(core: Core, domain: Domain, module: Instrumented, options: CheckedGuestOptions) {
    this.#core = core;
    this.domain = domain;
    this.#purse = new Purse(core, domain);
    domain.start();
    try {
      this.#instance = this.#instantiate(module, options.imports);
      this.#counter = this.#instance.exports[module.counter] as WebAssembly.Global;
      // Its start function is only an export now, or nobody could read its counter while it runs.
      const start = module.start && this.#instance.exports[module.start];
      if (typeof start === "function") {
        if (this.#purse.refill() < 0n) throw this.#purse.exhausted();
        this.#within(() => start());
      }
      this.#hidden = new Set([module.counter, module.start]);
    } catch (error) {
      if (core.isLive(domain.id)) domain.rescind();
      throw error;
    }
  }

  /**
   * Calls an exported function. Where its meter is dry, or it is stopped, the call first waits until it may run.
   *
   * Rejects with what the guest throws or traps with; with ExhaustedError where it ran out of cycles half-way and
   * its keeper gave none at once; with OptionError where there is no such function.
   */
  async call(name: string, ...args: unknown[]): Promise<unknown> {
    const act = this.#function("call", name);
    while (this.#depth === 0 && this.#purse.refill() < 0n) await this.#purse.change();
    return this.#within(() => act(...args));
  }

  /**
   * The same at once, for functions of the host that the guest has called and that call it in turn.
   *
   * @throws {ExhaustedError} also where it may not run now. @throws {OptionError} and whatever the guest throws.
   */
  callNow(name: string, ...args: unknown[]): unknown {
    const act = this.#function("callNow", name);
    if (this.#depth === 0 && this.#purse.refill() < 0n) throw this.#purse.exhausted();
    return this.#within(() => act(...args));
  }

  /** What it exports, but for functions, which are to be called by `call`: memories, tables, globals, tags. */
  get exports(): Readonly<Record<string, WebAssembly.ExportValue>> {
    const all = Object.entries(this.#instance.exports);
    const own = all.filter(([name, value]) => typeof value !== "function" && !this.#isHidden(name));
    return Object.fromEntries(own);
  }

  /** Pays what it has run so far; it looks at its counter as soon as it goes on. @internal */
  settle(): void {
    const left = this.#counter.value as bigint;
    this.#counter.value = 0n;
    const ran = this.#granted - left;
    this.#granted = 0n;
    this.#purse.spend(ran);
  }

  #instantiate({ module, refill }: Instrumented, imports: WebAssembly.Imports) {
    const own = { ...imports[refill.module], [refill.field]: () => this.#look() };
    return new WebAssembly.Instance(module, { ...imports, [refill.module]: own });
  }

  #function(what: string, name: string): (...args: unknown[]) => unknown {
    const { exports } = this.#instance;
    const isOwn = Object.hasOwn(exports, name) && !this.#isHidden(name);
    const act = isOwn ? exports[name] : undefined;
    if (typeof act === "function") return act as (...args: unknown[]) => unknown;
    const of = this.domain.name;
    throw new OptionError(`${what}: found no exported function ${show(name)} in ${of}`);
  }

  #isHidden(name: string): boolean {
    return this.#hidden.has(name);
  }

  /** Runs something of the guest's own; whatever comes of it, what it ran is paid. */
  #within<Result>(act: () => Result): Result {
    if (this.#depth === 0) {
      haveStack(STACK_FRAMES);
      this.#core.running.add(this);
    }
    this.#depth++;
    try {
      return act();
    } catch (error) {
      throw this.#ending ?? error;
    } finally {
      if (--this.#depth === 0) {
        // Frames of the host between two calls may have caught it: the outermost tells.
        this.#ending = undefined;
        this.#core.running.delete(this);
        this.settle();
      }
    }
  }

  /**
   * The guest has looked at its counter, which is below 0 and in its global: what it is to be. Never throws: what
   * functions of the host throw, a guest may catch.
   */
  #look(): bigint {
    if (this.#ending) return END;
    try {
      haveStack(STACK_FRAMES);
      this.settle();
      const granted = this.#purse.refill();
      if (granted >= 0n) {
        this.#granted = granted;
        return granted;
      }
      this.#ending = this.#purse.exhausted();
    } catch (error) {
      this.#ending = error as Error;
    }
    return END;
  }
}

/** @throws {RangeError} where the stack has no room for so many frames. */
function haveStack(frames: number): number {
  return frames === 0 ? 0 : 1 + haveStack(frames - 1);
}
