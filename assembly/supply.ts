// A domain without cycles: preparing its chain, refilling its cache, and what happens when a meter
// above it is dry (§5.4, §6, §7).

import { refill } from "./cache";
import { isAttached, prepareChain } from "./chain";
import { control, count } from "./control";
import { emit } from "./event";
import {
  CONTROL,
  CONTROL_STATISTICS,
  EVENT_KEEPER,
  EVENT_REFILL,
  HOOK_STALLED,
  KEEPER_LAPS,
  KIND_HOST,
  METER_KEEPER_SLOT,
  REASON_KEEPER,
  REASON_RAN,
  STATE_WAITING,
  STATISTIC_KEEPER_CALLS,
  STATISTIC_KERNEL_WORK,
  STATISTIC_VISITS,
  TRAP_NONE,
} from "./layout";
import { Node } from "./node";
import { dequeue } from "./ready";
import { Record } from "./record";
import { park, stall } from "./stall";
import { deliverTrap, setTrap } from "./trap";

/**
 * Refills the cache of the domain at the head of the queue. REASON_RAN: look at the head again; there
 * may be cycles now, or another domain. REASON_KEEPER, REASON_TRAP: the host must act.
 */
export function supply(domain: Record): i32 {
  if (!isAttached(domain)) {
    const trap = prepareChain(domain);
    if (trap != TRAP_NONE) {
      setTrap(domain, trap, 0);
      return deliverTrap(domain);
    }
  }
  const visits = visitsSoFar();
  const dry = refill(domain);
  if (dry) return exhausted(domain, changetype<Record>(dry).node);
  domain.node.laps = 0;
  if (control.traced) emit(EVENT_REFILL, domain.node, null, 0, domain.amount);
  chargeWork(domain, control.refillCost + control.visitCost * (visitsSoFar() - visits));
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
  control.time += paid;
  count(STATISTIC_KERNEL_WORK, paid);
  return paid;
}

function visitsSoFar(): u64 {
  return load<u64>(CONTROL + CONTROL_STATISTICS + (STATISTIC_VISITS << 3));
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
    if (node.laps < <u32>KEEPER_LAPS) {
      node.laps++;
      node.calls++;
      node.partner = changetype<usize>(meter);
      meter.partner = changetype<usize>(node);
      domain.state = <u8>STATE_WAITING;
      control.domain = node.index;
      control.meter = meter.index;
      control.code = node.calls;
      count(STATISTIC_KEEPER_CALLS);
      emit(EVENT_KEEPER, node, meter, node.calls, 0);
      return REASON_KEEPER;
    }
  }
  park(domain, meter);
  return REASON_RAN;
}
