// One copy of QuickJS: a guest of the kernel, and the glue of Emscripten and of quickjs-emscripten around it. Internal.

import type {
  QuickJSContext,
  QuickJSRuntime,
  QuickJSSyncVariant,
  QuickJSWASMModule,
} from "quickjs-emscripten-core";
import { CapacityError, OptionError, RescindedError } from "../errors.js";
import type { Guest } from "../guest/guest.js";
import type { GuestOptions } from "../guest/guest-options.js";
import { type Instrumented, instrument } from "../instrument/instrument.js";
import type { Kernel } from "../kernel.js";
import { bound, Ending, type Glue, type Growth, guarded, limit } from "./glue.js";
import type { Peer } from "./peer.js";

/** A call of a function of the module, "malloc" or "QTS_Eval": steps yield it, and are given its result. */
export type Step = readonly [name: string, ...numbers: number[]];
export type Steps<Result> = Generator<Step, Result, number>;

export interface InstanceOptions {
  readonly kernel: Kernel;
  readonly peer: Peer;
  readonly variant: QuickJSSyncVariant;
  readonly module: Instrumented;
  /** Bytes that its memory may grow to. */
  readonly memory: number;
  readonly guest: Omit<GuestOptions, "imports">;
}

/**
 * Bytes of QuickJS's own stack: a script that recurs is told that it has overflowed before the host's stack, which each
 * engine has as it pleases, has ended. Only brackets nested in code take more of the host's than of this. (Some 370
 * functions, one in the other; by 80,000 bytes JSON nests deeper than Node's stack.)
 */
const STACK_BYTES = 65_536;
/** More than any result takes. */
const ROOM_BYTES = 64;

export class Instance {
  readonly guest: Guest;
  readonly glue: Glue;
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
  readonly ending: Ending;
  /** Of exports, by functions of the glue. */
  readonly #names: ReadonlyMap<unknown, string>;
  readonly #growth: Growth;

  private constructor(
    guest: Guest,
    glue: Glue,
    quickjs: QuickJSWASMModule,
    ending: Ending,
    names: ReadonlyMap<unknown, string>,
    growth: Growth,
  ) {
    this.guest = guest;
    this.glue = glue;
    this.ending = ending;
    this.#names = names;
    this.#growth = growth;
    this.runtime = quickjs.newRuntime({ maxStackSizeBytes: STACK_BYTES });
    this.context = this.runtime.newContext();
  }

  /** Waits until it may run. Rejects with ExhaustedError where its cycles do not last until it is made. */
  static async make(options: InstanceOptions): Promise<Instance> {
    const { kernel, peer, variant, module, memory } = options;
    const names = new Map<unknown, string>();
    const ending = new Ending();
    let guest: Guest | undefined;
    let glue: Glue | undefined;
    let growth: Growth | undefined;
    let isMade = false;
    const exportsFor = async (imports: WebAssembly.Imports) => {
      // Its start function would not wait.
      await beReady(kernel, options.guest);
      const given = guarded(imports, ending, () => isMade);
      guest = kernel.loadWasm(module, { ...options.guest, imports: given });
      ending.name = guest.domain.name;
      growth = limit(imports, memory);
      return bound(guest, await module.compile(), ending, names);
    };
    // The glue wants to be called back, and never hears of a failure.
    let fail: (error: unknown) => void = () => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const emscriptenModule = {
      instantiateWasm: (
        imports: WebAssembly.Imports,
        done: (instance: { exports: WebAssembly.Exports }) => void,
      ) => {
        exportsFor(imports).then((exports) => done({ exports }), fail);
        // What older glue takes for "later".
        return {};
      },
      print: () => {},
      printErr: () => {},
    };
    const hooked = peer.newVariant(variant, { emscriptenModule });
    const load = (await hooked.importModuleLoader()) as () => Promise<Glue>;
    const importModuleLoader = async () => async () => {
      glue = await load();
      return glue;
    };
    try {
      const loaded = peer.newQuickJSWASMModuleFromVariant({
        ...hooked,
        importModuleLoader,
      } as never);
      const quickjs = await Promise.race([loaded, failed]);
      isMade = true;
      return new Instance(guest!, glue!, quickjs, ending, names, growth!);
    } catch (error) {
      discard(guest);
      throw error;
    }
  }

  /** Its domain goes. */
  discard(): void {
    discard(this.guest);
  }

  /** Does steps one after the other; where it may not run at one, it waits. */
  async run<Result>(steps: Steps<Result>): Promise<Result> {
    const watched = this.#watched(steps);
    let next = watched.next();
    while (!next.done) next = watched.next(await this.#step(next.value));
    return next.value;
  }

  /** The same at once. @throws {ExhaustedError} */
  runNow<Result>(steps: Steps<Result>): Result {
    const watched = this.#watched(steps);
    let next = watched.next();
    while (!next.done) {
      const [name, ...numbers] = next.value;
      next = watched.next(this.#function(name)(...numbers));
    }
    return next.value;
  }

  /**
   * The same steps; but QuickJS does not look whether it has room for a result, so where its memory could not grow in
   * one of them, and nothing is left of it, the result is none, and it has ended.
   */
  *#watched<Result>(steps: Steps<Result>): Steps<Result> {
    let next = steps.next();
    while (!next.done) {
      const result = yield next.value;
      if (this.#growth.wasRefused) {
        const room = yield ["malloc", ROOM_BYTES];
        this.#growth.wasRefused = false;
        if (room === 0) throw this.ending.end(this.#full());
        yield ["free", room];
      }
      next = steps.next(result);
    }
    return next.value;
  }

  #full(): CapacityError {
    const full = `plugin ${this.ending.name} has used all of its memory: it has ended`;
    return new CapacityError("NO_MEMORY", `${full}; create it with more \`memory\``);
  }

  async #step([name, ...numbers]: Step): Promise<number> {
    const exported = this.#exported(name);
    const { guest, ending } = this;
    try {
      while (!guest.mayRun()) await guest.untilMayRun();
    } catch (error) {
      // Its domain may have gone because it has ended.
      throw ending.error ?? error;
    }
    // While it waited. `call` does not wait any more, or nobody would look again.
    if (ending.error) throw ending.error;
    try {
      return (await guest.call(exported, ...numbers)) as number;
    } catch (error) {
      throw ending.end(error);
    }
  }

  #function(name: string): (...numbers: number[]) => number {
    const act = (this.glue as unknown as Record<string, unknown>)[`_${name}`];
    if (typeof act === "function") return act as (...numbers: number[]) => number;
    throw new OptionError(`variant: it has no function ${name}, expected one of version 0.32`);
  }

  #exported(name: string): string {
    return this.#names.get(this.#function(name)) ?? name;
  }
}

/** Waits until a guest of a meter may run. */
async function beReady(kernel: Kernel, options: Omit<GuestOptions, "imports">): Promise<void> {
  const guest = kernel.loadWasm(NOTHING, options);
  try {
    await guest.untilMayRun();
  } finally {
    discard(guest);
  }
}

/** A module of nothing: eight bytes say that it is one. */
const NOTHING = instrument(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

function discard(guest: Guest | undefined): void {
  try {
    guest?.domain.rescind();
  } catch (error) {
    // It has gone already.
    if (!(error instanceof RescindedError)) throw error;
  }
}
