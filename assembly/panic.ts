// The end of a kernel whose invariant does not hold: a number for the host, then a wasm trap.

import { CONTROL, CONTROL_PANIC } from "./layout";

/** Never returns; the host turns the code (PANIC_*) into a KernelPanicError. */
export function panic(code: i32): void {
  store<i32>(CONTROL, code, CONTROL_PANIC);
  unreachable();
}
