// What a puppet's registers say when it invokes: the message that it sends, or why that is none.

import { DK0, type GateDomain, type Message, message, present } from "./gate-parts.js";
import { FORK } from "./invoke.js";
import { IN_LOG, SCRIPT } from "./puppet.js";

/** Bytes of a message. */
export const MOST = 4096;

export interface Fault {
  readonly code: number;
  readonly address: number;
}

/** Why an invocation traps before it does anything, in the order in which that is looked at. */
export function faultOf(domain: GateDomain): Fault | null {
  const length = domain.register(13);
  if (length > MOST) return { code: 0x304, address: length };
  if (stringOf(domain) === null) return { code: 0x105, address: domain.register(12) };
  const room = Math.min(domain.register(16), MOST);
  const at = domain.register(15);
  const isReceiver = domain.step.kind !== FORK && room > 0;
  return isReceiver && !isWritable(at) ? { code: 0x107, address: at } : null;
}

/** Void keys are DK(0). */
export function messageOf(domain: GateDomain): Message {
  const passed = domain
    .slotsIn(14)
    .map((from) => present(from === null ? DK0 : domain.keys[from]!));
  return message(domain.register(11), stringOf(domain) ?? "", passed);
}

function stringOf(domain: GateDomain): string | null {
  const length = domain.register(13);
  const at = domain.register(12);
  if (length === 0) return "";
  const { script } = domain.puppet;
  if (at < SCRIPT || at + length > SCRIPT + script.length) return null;
  return String.fromCharCode(...script.subarray(at - SCRIPT, at - SCRIPT + length));
}

/** A buffer in the log is given relative to it. */
function isWritable(at: number): boolean {
  return at === IN_LOG || at >= SCRIPT;
}
