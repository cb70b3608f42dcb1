import { CONTROL, CONTROL_PANIC } from "./layout";

/** An invariant did not hold: leaves a code for the host and ends the call for good. */
export function panic(code: i32): void {
  store<i32>(CONTROL, code, CONTROL_PANIC);
  unreachable();
}
