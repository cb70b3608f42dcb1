// Stall queues: domains that wait at a meter or at a busy domain, by a hook in their slot 13. Some are
// parked because the meter is dry and nobody answers for it; some wait because its keeper is busy with
// another. Waking many may take several changes: it comes before what it is for, which is one.

import { auditDomain, auditRing } from "./audit";
import { emit } from "./event";
import { journalBegin, journalFilled } from "./journal";
import { Key } from "./key";
import {
  DOMAIN_HOOK_SLOT,
  EVENT_PARK,
  HOOK_PARKED,
  HOOK_STALLED,
  KIND_HOOK,
  MAX_CHAIN,
  STATE_PARKED,
  STATE_WAITING,
} from "./layout";
import { Node } from "./node";
import { count } from "./processor";
import { STATISTIC_PARKS } from "./processor-layout";
import { enqueue } from "./ready";
import { Record } from "./record";

/** Hangs a domain that is on no queue at the end of a stall queue. */
export function stall(domain: Record, meter: Node, why: i32): void {
  domain.node.key(DOMAIN_HOOK_SLOT).hook(meter, why);
  domain.state = <u8>(why == HOOK_PARKED ? STATE_PARKED : STATE_WAITING);
  if (isDefined(CHECKED)) {
    auditRing(meter);
    auditDomain(domain);
  }
}

/** Nobody will help: the domain stays at the dry meter until its counter of that RESOURCE_* is raised (R4). */
export function park(domain: Record, meter: Node, resource: u32): void {
  domain.laps = 0;
  stall(domain, meter, HOOK_PARKED);
  count(STATISTIC_PARKS);
  emit(EVENT_PARK, domain.node, meter, resource, 0);
}

/** Puts every domain stalled at a meter on the ready queue, the first first. */
export function wakeAll(meter: Node): void {
  while (meter.lastHook) {
    if (journalFilled()) journalBegin();
    const hook = changetype<Key>(meter.right);
    const domain = Node.owner(hook).hot;
    hook.unhook();
    enqueue(domain);
  }
}

/** The same for those that hang there for one reason only; others stay where they are. */
export function wakeSome(meter: Node, why: i32): void {
  let at = meter.right;
  while (at != changetype<usize>(meter)) {
    const hook = changetype<Key>(at);
    if (hook.kind != KIND_HOOK) return;
    at = hook.right;
    if (hook.databyte != why) continue;
    if (journalFilled()) journalBegin();
    const domain = Node.owner(hook).hot;
    hook.unhook();
    enqueue(domain);
  }
}

/**
 * Wakes who is stalled at a meter or at any above it by slot 1 as it stands: their chain is about to
 * change below the meter at which they wait, so they must look again.
 */
export function wakeChain(meter: Node): void {
  let node: Node | null = meter;
  for (let depth = 0; depth < MAX_CHAIN && node && !node.isDomain; depth++) {
    wakeAll(node);
    node = node.superior();
  }
}

/** Whoever waits for the keeper of a meter looks again. */
export function wakeStalled(meter: Node): void {
  wakeSome(meter, HOOK_STALLED);
}

/** The keeper of a meter is free again: whoever waited for it looks again. */
export function releaseKeeper(domain: Node): void {
  if (domain.partner == 0) return;
  const meter = changetype<Node>(domain.partner);
  domain.partner = 0;
  meter.partner = 0;
  wakeStalled(meter);
}
