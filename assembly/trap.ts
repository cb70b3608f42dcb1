// Traps: a code in slot 5 of the domain's root, delivered when the domain has cycles (§5.2) or will
// never have any, because its chain is no chain (R3).

import { REASON_TRAP } from "./codes";
import { emit } from "./event";
import { DOMAIN_TRAP_SLOT, EVENT_TRAP, FLAG_TRAPPED, STATE_TRAPPED } from "./layout";
import { askHost, count, report } from "./processor";
import { STATISTIC_TRAPS } from "./processor-layout";
import { Record } from "./record";

/** The domain at the head of the queue has trapped: `address` is for the target CPU's traps. */
export function setTrap(domain: Record, code: u32, address: u32): void {
  domain.flags |= <u8>FLAG_TRAPPED;
  domain.node.key(DOMAIN_TRAP_SLOT).setData(((<u64>address) << 32) | code);
}

export function clearTrap(domain: Record): void {
  domain.flags &= ~(<u8>FLAG_TRAPPED);
  domain.node.key(DOMAIN_TRAP_SLOT).zero();
}

/** A domain that is on no queue waits, visible as trapped, until it is made to run; the host is told. */
export function showTrap(domain: Record): i32 {
  const node = domain.node;
  const trap = node.key(DOMAIN_TRAP_SLOT).low;
  domain.state = <u8>STATE_TRAPPED;
  domain.laps = 0;
  const said = report();
  said.domain = node.index;
  said.code = <u32>trap;
  said.address = <u32>(trap >> 32);
  count(STATISTIC_TRAPS);
  emit(EVENT_TRAP, node, null, said.code, said.address);
  askHost();
  return REASON_TRAP;
}
