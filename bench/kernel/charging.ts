// Two ways to bill the domains in the ready queue for a slice each, in turn. Either finds before the slice
// how much may run, and bills after it what was used. Nothing else of the dispatcher's work is in them.

import { refill } from "../../assembly/cache";
import { control } from "../../assembly/control";
import { me } from "../../assembly/processor";
import { Record } from "../../assembly/record";

/** As this kernel does: the cache is asked and billed. CONTROL_AMOUNT: what was billed in all. */
export function chargeCached(slices: u32, cycles: u32): void {
  let at: usize = me().ready;
  let billed: u64 = 0;
  let left = slices;
  while (left != 0) {
    // A loop of its own, as in the dispatcher (sprint.ts), of domains that have a whole slice.
    while (left != 0) {
      const domain = changetype<Record>(at);
      if (domain.amount < cycles) break;
      domain.amount -= cycles;
      domain.consumed += cycles;
      billed += cycles;
      at = domain.readyNext;
      left--;
    }
    if (left != 0 && refill(changetype<Record>(at)) != 0) break;
  }
  control.amount = billed;
}

/** As one does without caches: all meters above are asked, and all are billed. */
export function chargeNaive(slices: u32, cycles: u32): void {
  let at: usize = me().ready;
  let billed: u64 = 0;
  for (let i: u32 = 0; i < slices; i++) {
    const domain = changetype<Record>(at);
    let used: u64 = cycles;
    for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
      const counter = changetype<Record>(above).amount;
      if (counter < used) used = counter;
    }
    for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
      changetype<Record>(above).amount -= used;
    }
    domain.consumed += used;
    billed += used;
    at = domain.readyNext;
  }
  control.amount = billed;
}
