// What the instrumenter refuses, with the place in the module's bytes.

import { PrimemeterError } from "../errors.js";

/**
 * Why a module is refused: it is no module; it has something that is not understood; it is instrumented, and must not
 * be; it is not, and must be.
 */
export type ModuleFault = "MALFORMED" | "UNSUPPORTED" | "INSTRUMENTED" | "NOT_INSTRUMENTED";

/** A module that is refused; nothing is made of it. `offset`: where in its bytes. */
export class ModuleError extends PrimemeterError {
  readonly offset: number;

  constructor(code: ModuleFault, offset: number, what: string) {
    super(code, `module: ${what} (byte ${offset})`);
    this.offset = offset;
  }
}

export function malformed(offset: number, what: string): ModuleError {
  return new ModuleError("MALFORMED", offset, what);
}

export function unsupported(offset: number, what: string): ModuleError {
  return new ModuleError("UNSUPPORTED", offset, what);
}

/** Custom sections that are malformed don't matter to an engine: they are as good as none. */
export function harmless<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
}
