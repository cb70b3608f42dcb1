// A domain without cycles: preparing its chain and refilling its cache (§5.4, §6).

import { lookAgain, payOwed } from "./billing";
import { CLAIMS, refill } from "./cache";
import { isAttached, prepareChain } from "./chain";
import { REASON_CLAIM, REASON_CLIMB, REASON_RAN, TRAP_NONE } from "./codes";
import { control } from "./control";
import { emit } from "./event";
import { exhausted, trapped } from "./keeper";
import { EVENT_REFILL, RESOURCE_CPU } from "./layout";
import { account, counted, me } from "./processor";
import { STATISTIC_KERNEL_WORK, STATISTIC_VISITS } from "./processor-layout";
import { Record } from "./record";
import { setTrap } from "./trap";

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
  if (dry) return exhausted(domain, changetype<Record>(dry).node, RESOURCE_CPU);
  domain.laps = 0;
  if (control.timed != 0) {
    payOwed(domain);
    lookAgain(domain);
  }
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
  me().time += paid;
  if (control.timed == 0) {
    domain.amount -= paid;
    domain.consumed += paid;
  }
  account(STATISTIC_KERNEL_WORK, paid);
  return paid;
}

/** The chain is no chain: the domain traps (R3). */
export function refuse(domain: Record, trap: i32): i32 {
  setTrap(domain, trap, 0);
  return trapped(domain);
}
