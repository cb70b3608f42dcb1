// Guests: modules of WebAssembly that count what they run (src/instrument/), as domains of a kernel. The host's
// thread runs them; each pays its chain of meters like any other domain.
//
// Guest invariant: while a guest runs, what it has run and not paid yet is `#granted` less its counter. It is
// paid when the guest looks at its counter, when a call ends, and before the host does anything with the kernel.

import { OK } from "../assembly/codes.js";
import type { Core } from "./core.js";
import type { Domain } from "./domain.js";
import { ExhaustedError, OptionError, StateError } from "./errors.js";
import { allocationOf, indexOf } from "./id.js";
import type { Instrumented } from "./instrument/instrument.js";
import type { Meter, MeterKey } from "./meter.js";
import { show } from "./options.js";

export interface GuestOptions {
  name?: string;
  meter: Meter | MeterKey;
  /** What the module imports, as for WebAssembly.instantiate. */
  imports?: WebAssembly.Imports;
}

/** The counter of one that is not to go on. */
const END = -1n;

/** A program in WebAssembly under a meter: `kernel.loadWasm`. */
export class Guest {
  /** Its place in the kernel: its states, the cycles that it consumed, `stop` and `start`. */
  readonly domain: Domain;
  readonly #core: Core;
  readonly #instance: WebAssembly.Instance;
  #counter: WebAssembly.Global | undefined;
  #granted = 0n;
  /** Calls of its exports that are under way, one within the other. */
  #depth = 0;
  /** Why it was ended by a trap that is not its own. */
  #ending: Error | undefined;
  /** Calls that wait until it may run. */
  #waiting: (() => void)[] = [];

  /** @internal */
  constructor(core: Core, domain: Domain, module: Instrumented, imports: WebAssembly.Imports) {
    this.#core = core;
    this.domain = domain;
    domain.start();
    try {
      this.#instance = this.#within(() => this.#instantiate(module, imports));
    } catch (error) {
      domain.rescind();
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
    const act = this.#instance.exports[name];
    if (typeof act !== "function") {
      throw new OptionError(
        `call: found no exported function ${show(name)} in ${this.domain.name}`,
      );
    }
    while (this.#depth === 0 && this.#refill() < 0n) await this.#change();
    return this.#within(() => act(...args));
  }

  /** What it exports, but for functions, which are to be called by `call`: memories, tables, globals. */
  get exports(): Readonly<Record<string, WebAssembly.ExportValue>> {
    const own = Object.entries(this.#instance.exports);
    return Object.fromEntries(
      own.filter(([, value]) => typeof value !== "function" && value !== this.#counter),
    );
  }

  /** Pays what it has run so far; it looks at its counter as soon as it goes on. @internal */
  settle(): void {
    // Without an instance there is no counter to be asked: a start function that failed has run all of it.
    const left = (this.#counter?.value as bigint | undefined) ?? 0n;
    if (this.#counter) this.#counter.value = 0n;
    this.#spend(this.#granted - left);
    this.#granted = 0n;
  }

  /** The host, or the kernel, has done something that may let it run. @internal */
  wake(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  #instantiate({ module, refill, counter }: Instrumented, imports: WebAssembly.Imports) {
    const own = { ...imports[refill.module], [refill.field]: (left: bigint) => this.#look(left) };
    const instance = new WebAssembly.Instance(module, { ...imports, [refill.module]: own });
    this.#counter = instance.exports[counter] as WebAssembly.Global;
    return instance;
  }

  /** Runs something of the guest's own; whatever comes of it, what it ran is paid. */
  #within<Result>(act: () => Result): Result {
    if (this.#depth++ === 0) this.#core.running.add(this);
    try {
      return act();
    } catch (error) {
      throw this.#takeEnding() ?? error;
    } finally {
      if (--this.#depth === 0) {
        this.settle();
        this.#core.running.delete(this);
      }
    }
  }

  #takeEnding(): Error | undefined {
    // Frames of the host between two calls may have caught it: the outermost tells.
    const ending = this.#ending;
    if (this.#depth === 1) this.#ending = undefined;
    return ending;
  }

  /** The guest has looked at its counter and found it below 0: what it is to be. */
  #look(left: bigint): bigint {
    this.#spend(this.#granted - left);
    this.#granted = 0n;
    const granted = this.#ending ? END : this.#refill();
    if (granted < 0n) {
      this.#ending ??= this.#exhausted();
      return END;
    }
    this.#granted = granted;
    return granted;
  }

  #spend(cycles: bigint): void {
    if (cycles === 0n || !this.#core.isLive(this.domain.id)) return;
    const { id } = this.domain;
    this.#core.exports.hostedSpend(indexOf(id), allocationOf(id), Number(cycles));
  }

  /** What is in its cache, after a refill if that is needed; below 0 where it may not run now. */
  #refill(): bigint {
    const core = this.#core;
    const { id } = this.domain;
    if (!core.isLive(id)) throw new StateError(`guest ${this.domain.name} was rescinded`);
    for (;;) {
      const status = core.exports.hostedRefill(indexOf(id), allocationOf(id));
      if (status === OK) return core.view.amount;
      if (status > 0) return END;
      // The keeper may answer at once.
      core.attend(-status);
    }
  }

  #exhausted(): Error {
    const { name, state } = this.domain;
    return new ExhaustedError(
      `guest ${name} ran out of cycles in the middle of a call: it is ${state}`,
    );
  }

  /** Resolves when somebody has done something. */
  #change(): Promise<void> {
    if (this.domain.state === "ended") throw new StateError(`guest ${this.domain.name} has ended`);
    const { waiting } = this.#core;
    return new Promise((resolve) => {
      waiting.add(this);
      this.#waiting.push(() => {
        waiting.delete(this);
        resolve();
      });
    });
  }
}
