// Guests: modules of WebAssembly that count what they run (src/instrument/), as domains of a kernel. The host's
// thread runs them; each pays its chain of meters like any other domain.
//
// What a guest runs is known when it looks at its counter, and when the host looks at the kernel: until then
// it is in the counter, which is granted from the domain's cache.

import { OK, REASON_KEEPER } from "../assembly/codes.js";
import { PROGRAM_HOSTED } from "../assembly/layout.js";
import type { Core } from "./core.js";
import { Domain, type DomainState } from "./domain.js";
import { ExhaustedError, OptionError, StateError } from "./errors.js";
import { allocationOf, indexOf } from "./id.js";
import type { Instrumented } from "./instrument/instrument.js";
import type { Meter, MeterKey } from "./meter.js";
import { checkNames, nameOf, show } from "./options.js";

export interface GuestOptions {
  name?: string;
  meter: Meter | MeterKey;
  /** What the module imports, as for WebAssembly.instantiate. */
  imports?: WebAssembly.Imports;
}

const NAMES = ["name", "meter", "imports"];
const EXPECTED = "expected what `instrument` of primemeter/wasm made";

/** A program in WebAssembly under a meter. */
export class Guest {
  /** Its place in the kernel: states, cycles consumed, `stop` and `start`. */
  readonly domain: Domain;
  readonly #core: Core;
  readonly #instance: WebAssembly.Instance;
  readonly #counter: WebAssembly.Global<"i64">;
  /** What the counter was when it was last set; nothing while it does not run. */
  #granted = 0n;
  /** Calls of its exports that are under way, one in the other. */
  #depth = 0;
  /** Why it was ended with a trap, which then is not its own. */
  #ending: Error | undefined;
  /** Resolves waiting calls when it may have something again. */
  #wake: (() => void)[] = [];

  /** @internal */
  constructor(core: Core, instrumented: Instrumented, options: GuestOptions, number: number) {
    this.#core = core;
    this.domain = makeDomain(core, options, number);
    core.guests.set(indexOf(this.domain.id), this);
    try {
      this.#depth = 1;
      this.#instance = this.#instantiate(instrumented, options.imports ?? {});
      this.#counter = this.#instance.exports[instrumented.counter] as WebAssembly.Global<"i64">;
      this.#settleStart();
    } catch (error) {
      core.guests.delete(indexOf(this.domain.id));
      this.domain.rescind();
      throw this.#ending ?? error;
    } finally {
      this.#depth = 0;
    }
  }
}
