import type { Domain } from "../domain.js";

/** What guests have in common, in whatever thread they run. */
export interface AnyGuest {
  /** Its place in the kernel: its states, the cycles that it consumed, `stop` and `start`. */
  readonly domain: Domain;
  /** Calls an exported function; where the guest may not run, the call first waits until it may. */
  call(name: string, ...args: unknown[]): Promise<unknown>;
}
