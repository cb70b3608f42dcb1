import type { Domain } from "../domain.js";

import type { AnyExports, FunctionName, Given, Result } from "./exports.js";

/** What guests have in common, in whatever thread they run. */
export interface AnyGuest<Exports extends object = AnyExports> {
  /** Its place in the kernel: its states, the cycles that it consumed, `stop` and `start`. */
  readonly domain: Domain;
  /** Calls an exported function; where the guest may not run, the call first waits until it may. */
  call<Name extends FunctionName<Exports>>(
    name: Name,
    ...args: Given<Exports, Name>
  ): Promise<Result<Exports, Name>>;
}
