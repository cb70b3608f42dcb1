// Two ways to bill the domains in the ready queue for a slice each, in turn: as this kernel does, and
// as one does without caches. Nothing else of the dispatcher's work is in them.

import { refill } from "../../assembly/cache";
import { control } from "../../assembly/control";
import { Record } from "../../assembly/record";

/** Bills the cache, and refills it where it is empty. CONTROL_AMOUNT: what was billed. */
export function chargeCached(slices: u32, cycles: u32): void {
  let at = control.ready;
  let billed: u64 = 0;
  for (let i: u32 = 0; i < slices; i++) {
    const domain = changetype<Record>(at);
    if (domain.amount < cycles && refill(domain) != 0) break;
    domain.amount -= cycles;
    domain.consumed += cycles;
    billed += cycles;
    at = domain.readyNext;
  }
  control.amount = billed;
}

/** Bills every meter above, in one pass that is undone where a counter is too low. */
export function chargeNaive(slices: u32, cycles: u32): void {
  let at = control.ready;
  let billed: u64 = 0;
  for (let i: u32 = 0; i < slices; i++) {
    const domain = changetype<Record>(at);
    let above = domain.superior;
    while (above) {
      const meter = changetype<Record>(above);
      if (meter.amount < cycles) break;
      meter.amount -= cycles;
      above = meter.superior;
    }
    if (above) {
      for (let paid = domain.superior; paid != above; paid = changetype<Record>(paid).superior) {
        changetype<Record>(paid).amount += cycles;
      }
      break;
    }
    domain.consumed += cycles;
    billed += cycles;
    at = domain.readyNext;
  }
  control.amount = billed;
}
