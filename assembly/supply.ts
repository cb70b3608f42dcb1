// A domain without cycles: preparing its chain, refilling its cache, and what happens when a meter
// above it is dry (§5.4, §6, §7).

import { CLAIMS, refill } from "./cache";
import { isAttached, prepareChain } from "./chain";
import { REASON_CLAIM, REASON_CLIMB, REASON_KEEPER, REASON_RAN, TRAP_NONE } from "./codes";
import { control } from "./control";
import { emit } from "./event";
import {
  EVENT_KEEPER,
  EVENT_REFILL,
  HOOK_STALLED,
  KEEPER_LAPS,
  KIND_HOST,
  METER_KEEPER_SLOT,
  STATE_WAITING,
  STATISTIC_KEEPER_CALLS,
  STATISTIC_KERNEL_WORK,
  STATISTIC_VISITS,
} from "./layout";
import { Node } from "./node";
import { account, askHost, count, counted, me, report } from "./processor";
import { dequeue } from "./ready";
import { Record } from "./record";
import { park, stall } from "./stall";
import { deliverTrap, setTrap } from "./trap";

/**
 * Refills the cache of the domain at the head of the queue. REASON_RAN: look at the head again; there
 * may be cycles now, or another domain. REASON_KEEPER, REASON_TRAP: the host must act. With several
 * processors REASON_CLIMB: its chain is to be prepared; REASON_CLAIM: once others have come inside.
 */
export function supply(domain: Record): i32 {
  // Its root is a cold line: under any meter but the super key there is no need to look.
  if (domain.superior == 0 && !isAttached(domain)) {
    if (isDefined(SHARED)) return REASON_CLIMB;
    const trap = prepareChain(domain);
    if (trap != TRAP_NONE) return refuse(domain, trap);
  }
  const visits = counted(STATISTIC_VISITS);
  const dry = refill(domain);
  if (dry == CLAIMS) return REASON_CLAIM;
  if (dry) return exhausted(domain, changetype<Record>(dry).node);
  domain.laps = 0;
  if (control.traced) emit(EVENT_REFILL, domain.node, null, 0, domain.amount);
  chargeWork(domain, control.refillCost + control.visitCost * (counted(STATISTIC_VISITS) - visits));
  return REASON_RAN;
}

/**
 * Kernel work on behalf of a domain, where the host wants it charged: no more than it has (R10).
 * Answers what it paid.
 */
export function chargeWork(domain: Record, cycles: u64): u64 {
  const paid = min<u64>(domain.amount, cycles);
  if (paid == 0) return 0;
  domain.amount -= paid;
  domain.consumed += paid;
  me().time += paid;
  account(STATISTIC_KERNEL_WORK, paid);
  return paid;
}

/** The chain is no chain: the domain traps (R3). */
export function refuse(domain: Record, trap: i32): i32 {
  setTrap(domain, trap, 0);
  return deliverTrap(domain);
}

/** Calls the keeper of a dry meter, or waits for it, or parks the domain (R4). */
function exhausted(domain: Record, meter: Node): i32 {
  const node = domain.node;
  dequeue(domain);
  if (meter.key(METER_KEEPER_SLOT).kind == KIND_HOST) {
    if (meter.partner) {
      stall(domain, meter, HOOK_STALLED);
      return REASON_RAN;
    }
    if (domain.laps < <u8>KEEPER_LAPS) {
      domain.laps++;
      node.calls++;
      node.partner = changetype<usize>(meter);
      meter.partner = changetype<usize>(node);
      domain.state = <u8>STATE_WAITING;
      const said = report();
      said.domain = node.index;
      said.meter = meter.index;
      said.code = node.calls;
      count(STATISTIC_KEEPER_CALLS);
      emit(EVENT_KEEPER, node, meter, node.calls, 0);
      askHost();
      return REASON_KEEPER;
    }
  }
  park(domain, meter);
  return REASON_RAN;
}
