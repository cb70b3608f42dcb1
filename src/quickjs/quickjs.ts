// Plugins in JavaScript, as guests of a kernel.

import type { QuickJSContext, QuickJSRuntime, QuickJSSyncVariant } from "quickjs-emscripten-core";
import type { Domain } from "../domain.js";
import { OptionError, StateError } from "../errors.js";
import type { GuestOptions } from "../guest/guest-options.js";
import type { Instrumented } from "../instrument/instrument.js";
import { Kernel } from "../kernel.js";
import { checkNames, show, whole, yes } from "../options.js";
import { Exposed, type HostFunction, type HostFunctions } from "./exposed.js";
import { Instance, type InstanceOptions } from "./instance.js";
import { loadPeer, loadVariant, meteredModule } from "./peer.js";
import { Session } from "./session.js";

export interface QuickJSOptions
  extends Pick<GuestOptions, "name" | "meter" | "suspend" | "onDecline" | "hostCalls"> {
  /**
   * Bytes that its memory may grow to, QuickJS's own 6 MiB among them: from 2^24 (16 MiB) to 2^31; 2^26 if left out.
   * Beyond, the script has an error; where it leaves nothing at all, it ends with CapacityError.
   */
  memory?: number;
  /** Modules that it may import, by name: their code. All others are refused. */
  modules?: Readonly<Record<string, string>>;
  /** What `Date` takes for now, in milliseconds since 1970 (UTC); the host's clock if left out. */
  clock?: () => number;
  /** What `Math.random` gives; if left out, numbers of QuickJS's own that begin with the host's clock. */
  random?: () => number;
  /** Which build of QuickJS; `@jitl/quickjs-wasmfile-release-sync` if left out. */
  variant?: QuickJSSyncVariant;
  /** Its module where that is not beside its code, as in a bundle: the bytes, or what `instrument` made of them. */
  wasm?: Uint8Array | Instrumented;
}

export interface EvalOptions {
  /** What stacks of errors, and imports, call it; "plugin.js" if left out. */
  file?: string;
  /** Whether it is a module: has imports and exports, may await at its top, and is strict. */
  module?: boolean;
}

const MEMORY = 2 ** 26;
const OWN_NAMES = ["memory", "modules", "clock", "random", "variant", "wasm"];
const GUEST_NAMES = ["name", "meter", "suspend", "onDecline", "hostCalls"];

/**
 * Makes a plugin in JavaScript. Waits until its meter has something; making it takes some six million cycles.
 *
 * Rejects with OptionError; with StateError where quickjs-emscripten-core and the variant are not installed, or the
 * kernel runs no guests; with ExhaustedError where its cycles are used up before it is made; with RescindedError.
 */
export async function createQuickJS(kernel: Kernel, options: QuickJSOptions): Promise<QuickJS> {
  if (!(kernel instanceof Kernel)) {
    throw new OptionError(`createQuickJS: found ${show(kernel)}, expected a kernel`);
  }
  checkNames("createQuickJS", options, [...GUEST_NAMES, ...OWN_NAMES]);
  const { memory = MEMORY, modules = {}, clock, random, variant: chosen, wasm, ...guest } = options;
  whole("memory", memory, 2 ** 24, 2 ** 31);
  checkModules(modules);
  for (const [name, given] of Object.entries({ clock, random })) {
    if (given === undefined || typeof given === "function") continue;
    throw new OptionError(`${name}: found ${show(given)}, expected a function`);
  }
  const peer = await loadPeer();
  const variant = chosen ?? (await loadVariant());
  if (variant?.type !== "sync") {
    throw new OptionError("variant: expected one that is not asynchronous (…-sync)");
  }
  const module = await meteredModule(peer, variant, wasm);
  const exposed = new Exposed();
  const ids = {
    clock: clock ? exposed.number(clock) : -1,
    random: random ? exposed.number(random) : -1,
  };
  const load = async () => {
    const made: InstanceOptions = { kernel, peer, variant, module, memory, guest };
    const instance = await Instance.make(made);
    try {
      instance.runtime.setModuleLoader((name) => moduleOf(modules, name));
      return new Session(instance, exposed, ids);
    } catch (error) {
      instance.discard();
      throw error;
    }
  };
  return new QuickJS(exposed, load, await load());
}

/** A plugin in JavaScript: `createQuickJS`. */
export class QuickJS {
  readonly #exposed: Exposed;
  readonly #load: () => Promise<Session>;
  #session: Session;
  #resetting: Promise<void> | undefined;

  /** @internal */
  constructor(exposed: Exposed, load: () => Promise<Session>, session: Session) {
    this.#exposed = exposed;
    this.#load = load;
    this.#session = session;
  }

  /** Its place in the kernel: its states, the cycles that it consumed, `stop` and `start`. Another one after `reset`. */
  get domain(): Domain {
    return this.#session.instance.guest.domain;
  }

  /** For more than this class does: as quickjs-emscripten has it, metered all the same. Another one after `reset`. */
  get context(): QuickJSContext {
    return this.#session.instance.context;
  }

  get runtime(): QuickJSRuntime {
    return this.#session.instance.runtime;
  }

  /**
   * Runs code, then all that its promises have waiting. Waits until it may run, and for what was asked before.
   *
   * @returns What its last statement gives, as plain data, if a promise then what that gives; of a module nothing.
   * Rejects with ScriptError; with ExhaustedError where it ran out of cycles half-way: then it has ended, as when it
   * nests deeper than the host's stack (StateError); with StateError where it has ended before, or where its promise
   * is pending and nothing could settle it; with RescindedError; with CapacityError where code has no room, or the
   * script has left none: then it has ended, too.
   */
  async eval(code: string, options: EvalOptions = {}): Promise<unknown> {
    checkNames("eval", options, ["file", "module"]);
    const { file = "plugin.js", module = false } = options;
    for (const [name, text] of Object.entries({ code, file })) {
      if (typeof text === "string") continue;
      throw new OptionError(`eval: found ${show(text)} for ${name}, expected a text`);
    }
    return this.#session.eval(code, file, yes("module", module));
  }

  /**
   * Calls a function of the script: one that a module exports (the latest one first), or else a global. The rest is as
   * for `eval`; rejects also with OptionError where there is no such function, or an argument is no plain data.
   */
  async call(name: string, ...given: unknown[]): Promise<unknown> {
    return this.#session.call(name, given);
  }

  /**
   * The same at once, for functions of the host that the script has called. Promises have to wait for the end of what
   * called them.
   *
   * @throws {ExhaustedError} also where it may not run now. @throws {StateError} also where the function answers with
   * a promise. @throws {ScriptError} @throws {OptionError} @throws {RescindedError}
   */
  callNow(name: string, ...given: unknown[]): unknown {
    return this.#session.callNow(name, given);
  }

  /**
   * Gives its scripts a global: a function of the host, or an object of such. They have it from the next `eval` or
   * `call` on, and after `reset` too.
   *
   * @throws {OptionError}
   */
  expose(name: string, value: HostFunction | HostFunctions): void {
    this.#exposed.add(name, value);
  }

  /**
   * Loads it anew, with a memory in which nothing has run, as a new domain under the same meter; the old one is
   * rescinded. Calls that wait are rejected with StateError.
   *
   * Rejects as `createQuickJS`; then it remains ended.
   */
  reset(): Promise<void> {
    this.#resetting ??= this.#reset().finally(() => {
      this.#resetting = undefined;
    });
    return this.#resetting;
  }

  async #reset(): Promise<void> {
    const { instance } = this.#session;
    const { ending } = instance;
    ending.close(new StateError(`plugin ${ending.name} is loaded anew`));
    instance.discard();
    this.#session = await this.#load();
  }
}

function checkModules(modules: Readonly<Record<string, string>>): void {
  if (typeof modules !== "object" || modules === null) {
    throw new OptionError(`modules: found ${show(modules)}, expected an object of texts by name`);
  }
  for (const [name, code] of Object.entries(modules)) {
    if (typeof code === "string") continue;
    throw new OptionError(`modules: found ${show(code)} for ${show(name)}, expected its code`);
  }
}

function moduleOf(modules: Readonly<Record<string, string>>, name: string) {
  if (Object.hasOwn(modules, name)) return modules[name]!;
  return { error: new ReferenceError(`there is no module ${JSON.stringify(name)}`) };
}
