// What must be so at the end, whatever the way.

import { Domain, Meter, Processor, QUANTUM, ROOT_LOCK } from "./record";
import { domainCount, domainOf, HALVES, meters } from "./tree";

/**
 * Meters that are not as they should be: what was granted is in the counter, in caches below or
 * consumed below, no counter is below zero, and no lock is left.
 */
export function faults(): u32 {
  for (let number: u32 = 0; number < meters; number++) Meter.at(number).sum = 0;
  for (let number: u32 = 0; number < domainCount; number++) {
    const domain = numbered(number);
    const sum = domain.amount + domain.consumed;
    for (let above = domain.superior; above; above = changetype<Meter>(above).superior) {
      changetype<Meter>(above).sum += sum;
    }
  }
  let found: u32 = load<u32>(ROOT_LOCK) == 0 ? 0 : 1;
  for (let number: u32 = 0; number < meters; number++) {
    const meter = Meter.at(number);
    const isKept = meter.amount + meter.sum == meter.granted && <i64>meter.amount >= 0;
    if (!isKept || meter.lock != 0) found++;
  }
  return found;
}

/** In slices. */
export function consumed(): u32 {
  let sum: u64 = 0;
  for (let number: u32 = 0; number < domainCount; number++) sum += numbered(number).consumed;
  return <u32>(sum / QUANTUM);
}

/** Counters met that another processor had brought below zero. */
export function negatives(): u32 {
  let sum: u64 = 0;
  for (let index: u32 = 0; index < HALVES; index++) sum += Processor.at(index).negative;
  return <u32>sum;
}

function numbered(number: u32): Domain {
  return changetype<Domain>(domainOf(number % HALVES, number / HALVES));
}
