// What is between a guest and the glue of Emscripten, which calls it at once and is called by it. Internal.

import { RescindedError, StateError } from "../errors.js";
import type { Guest } from "../guest/guest.js";

/** What the glue offers of the module: its functions under their names, and its memory. */
export interface Glue {
  readonly HEAPU8: Uint8Array;
  stringToUTF8(text: string, at: number, bytes: number): void;
  UTF8ToString(at: number): string;
  lengthBytesUTF8(text: string): number;
}

/**
 * Whether one copy of QuickJS has ended, and why.
 *
 * Ending invariant: whatever leaves the guest's frames but by returning (a trap for want of cycles, the end of the
 * host's stack, an abort) has left its memory half-way through something. From then on nothing of it runs: frames of
 * it that are still there are left by the same error as soon as the host's function that they wait for returns.
 */
export class Ending {
  /** Of its domain. */
  name = "";
  error: Error | undefined;
  /** Called once. */
  onEnd: (error: Error) => void = () => {};
  #isHalfway = false;

  /** It ends by what has been thrown, unless it had ended before. @returns What its users are told. */
  end(thrown: unknown): Error {
    return this.close(this.#told(thrown));
  }

  /** It ends, unless it had ended before: not half-way, but because the host wants it to. */
  close(error: Error): Error {
    if (this.error) return this.error;
    this.error = error;
    this.onEnd(error);
    return error;
  }

  /** @throws {RescindedError} @throws {StateError} where it has ended. */
  check(): void {
    const { error } = this;
    if (error && this.#isHalfway) {
      const state = new StateError(
        `plugin ${this.name} was ended in the midst of a call, and its memory can't be trusted; ` +
          "load it anew: reset(), or createQuickJS",
      );
      state.cause = error;
      throw state;
    }
    if (error) throw error;
  }

  #told(thrown: unknown): Error {
    if (!this.error) this.#isHalfway = !(thrown instanceof RescindedError);
    if (thrown instanceof RangeError || thrown instanceof WebAssembly.RuntimeError) {
      const error = new StateError(
        thrown instanceof RangeError
          ? `plugin ${this.name} nests deeper than the host's stack: it has ended`
          : `plugin ${this.name} broke down: it has ended`,
      );
      error.cause = thrown;
      return error;
    }
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

/** What WASI calls an error. */
const REFUSED = 1;

/**
 * Imports that don't return to who has ended: no line of the script, not even of a `finally`, runs after its end.
 *
 * Until `isMade`, while its constructors run, there is nothing to be had: they ask for the environment, whose length
 * would move all that comes after it in memory, and make counts those of one host only.
 */
export function guarded(
  imports: WebAssembly.Imports,
  ending: Ending,
  isMade: () => boolean,
): WebAssembly.Imports {
  const guard = (act: (...given: unknown[]) => unknown) => {
    return (...given: unknown[]) => {
      if (!isMade()) return REFUSED;
      const result = act(...given);
      if (ending.error) throw ending.error;
      return result;
    };
  };
  const guardAll = (all: WebAssembly.ModuleImports) =>
    Object.fromEntries(
      Object.entries(all).map(([name, value]) => [
        name,
        typeof value === "function" ? guard(value as (...given: unknown[]) => unknown) : value,
      ]),
    );
  return Object.fromEntries(Object.entries(imports).map(([name, all]) => [name, guardAll(all)]));
}

/** What a memory has been refused. */
export interface Growth {
  wasRefused: boolean;
}

/** Memories that the glue grows: not to more than so many bytes. */
export function limit(imports: WebAssembly.Imports, bytes: number): Growth {
  const growth = { wasRefused: false };
  for (const memory of Object.values(imports).flatMap((all) => Object.values(all))) {
    if (!(memory instanceof WebAssembly.Memory)) continue;
    memory.grow = (pages) => {
      if (memory.buffer.byteLength + pages * PAGE_BYTES > bytes) {
        growth.wasRefused = true;
        // The glue asks for less, and at last tells the module that there is none.
        throw new RangeError("no more memory");
      }
      return WebAssembly.Memory.prototype.grow.call(memory, pages);
    };
  }
  return growth;
}

const PAGE_BYTES = 65_536;

/** The module's functions, to be called at once; `names` says which is which. */
export function bound(
  guest: Guest,
  module: WebAssembly.Module,
  ending: Ending,
  names: Map<unknown, string>,
): WebAssembly.Exports {
  const exports: WebAssembly.Exports = { ...guest.exports };
  for (const { name, kind } of WebAssembly.Module.exports(module)) {
    if (kind !== "function") continue;
    const act = (...given: unknown[]) => {
      ending.check();
      const begins = guest.mayRun();
      try {
        return guest.callNow(name, ...given);
      } catch (error) {
        throw begins ? ending.end(error) : error;
      }
    };
    names.set(act, name);
    exports[name] = act;
  }
  return exports;
}
