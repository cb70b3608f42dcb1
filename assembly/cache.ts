// Caches of CPU time: borrowing from a chain, and taking back (§5.5–§5.7).
//
// Cache invariant: every cycle in a cache has been deducted from each meter above its domain, so
// counter(M) = stored(M) + Σ caches below M. Stored counters never pass below zero.

import { auditChain, auditDry } from "./audit";
import { claimBelow } from "./claim";
import { CANARY_REFILL } from "./codes";
import { control } from "./control";
import { journalBegin, journalFilled } from "./journal";
import { BATCH, FLAG_DRY, FLAG_LENT, FLAG_STALE } from "./layout";
import { count, subtotals } from "./processor";
import {
  STATISTIC_BORROWED,
  STATISTIC_RECALLED,
  STATISTIC_REFILLS,
  STATISTIC_SCAVENGES,
  STATISTIC_VISITS,
} from "./processor-layout";
import { Record } from "./record";

/** `refill` has to wait for others who run domains below the dry meter, or hosts of such. */
export const CLAIMS: usize = 1;

/**
 * Fills the cache of a domain whose chain is prepared: min(advance, every counter above it), at
 * least one cycle more than the domain is short of. All meters are debited alike, or none (R6).
 * Answers 0, CLAIMS, or the record of the dry meter, the nearest to the domain (R5).
 */
export function refill(domain: Record): usize {
  const least: u64 = <u64>domain.short + 1;
  // What is left in the cache goes back in the same pass that takes the new amount.
  let rest = domain.amount;
  let smallest = smallestAbove(domain) + rest;
  while (smallest < least) {
    giveBack(domain);
    rest = 0;
    const meter = nearestBelow(domain, least);
    if (meter.dry && !control.ignoreDry) return changetype<usize>(meter);
    if (!claimBelow(meter)) return CLAIMS;
    if (scavenge(meter, max(control.advance, least) - meter.amount) == 0) {
      return isLent ? CLAIMS : changetype<usize>(meter);
    }
    // Counters below the scavenged meter have changed: look at the whole chain again.
    smallest = smallestAbove(domain);
  }
  let amount = control.advance > least ? control.advance : least;
  if (control.tapered) amount = taper(amount, smallest, least);
  if (smallest < amount) amount = smallest;
  const change = rest - amount;
  for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
    if (isDefined(CHECKED) && isForgotten(changetype<Record>(above))) break;
    changetype<Record>(above).amount += change;
  }
  domain.amount = amount;
  if (domain.dry) domain.wet();
  count(STATISTIC_REFILLS);
  count(STATISTIC_BORROWED, amount);
  if (isDefined(CHECKED)) auditChain(domain);
  return 0;
}

/**
 * While the lines of the meters above are with this processor: refills those, too, who come soon on the
 * ready queue and will need it soon. Only where the whole advance is there for the taking; a trace
 * tells each refill when its domain is dispatched.
 */
export function refillAhead(first: Record): void {
  const advance = control.advance;
  if (control.traced || control.tapered || control.refillCost) return;
  if (advance > u64.MAX_VALUE / BATCH) return; // The totals would not fit.
  let at = first.readyNext;
  let left = BATCH;
  while (left > 0 && at != changetype<usize>(first)) {
    // Neighbours under one meter are paid for at once.
    const superior = changetype<Record>(at).superior;
    const start = at;
    let total: u64 = 0;
    while (left > 0 && at != changetype<usize>(first)) {
      const domain = changetype<Record>(at);
      if (domain.superior != superior) break;
      if (domain.amount < advance >> 2) total += advance - domain.amount;
      at = domain.readyNext;
      left--;
    }
    if (superior == 0 || total == 0) continue;
    // Each may have many meters of its own that are to be wet.
    if (journalFilled()) return;
    if (smallestAbove(changetype<Record>(start)) < total) return;
    for (let above = superior; above; above = changetype<Record>(above).superior) {
      changetype<Record>(above).amount -= total;
    }
    fillAll(start, at);
    count(STATISTIC_BORROWED, total);
  }
}

/** Gives those of a stretch of the ready queue that were paid for their advance. */
function fillAll(start: usize, end: usize): void {
  const advance = control.advance;
  for (let at = start; at != end; at = changetype<Record>(at).readyNext) {
    const domain = changetype<Record>(at);
    if (domain.amount >= advance >> 2) continue;
    domain.amount = advance;
    domain.laps = 0;
    if (domain.dry) domain.wet();
    count(STATISTIC_REFILLS);
  }
  if (isDefined(CHECKED)) auditChain(changetype<Record>(start));
}

/** Debug build: the fault that the simulator must find. */
function isForgotten(meter: Record): bool {
  return control.canary == CANARY_REFILL && meter.superior == 0;
}

/** The smallest counter stored above a domain. */
function smallestAbove(domain: Record): u64 {
  let smallest = u64.MAX_VALUE;
  for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
    smallest = min(smallest, changetype<Record>(above).amount);
  }
  return smallest;
}

/** The meter with less than `least` that is nearest to a domain; there is one (R5). */
function nearestBelow(domain: Record, least: u64): Record {
  let meter = changetype<Record>(domain.superior);
  while (meter.amount >= least) meter = changetype<Record>(meter.superior);
  return meter;
}

/** At most an eighth of the smallest counter, but never under a quantum (R11). */
function taper(amount: u64, smallest: u64, least: u64): u64 {
  let limit = smallest >> 3;
  if (limit < control.quantum) limit = control.quantum;
  if (limit < least) limit = least;
  return amount < limit ? amount : limit;
}

/** Returns a rest that is too small to go on with. */
function giveBack(domain: Record): void {
  if (domain.amount == 0) return;
  for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
    changetype<Record>(above).amount += domain.amount;
  }
  domain.amount = 0;
}

/**
 * Finds cycles for a meter with too few (R7). The first pass takes the caches of domains that have not
 * run since a scavenging marked them stale, spares the others and marks them. Only if that brings
 * nothing does the second take what the first has spared, until it has `want`: who still has his
 * cache then is stale, and loses it next time unless he runs. Answers the total; 0: the meter is dry.
 */
export function scavenge(top: Record, want: u64): u64 {
  const total = take(top, true, u64.MAX_VALUE);
  return total != 0 ? total : take(top, false, want);
}

/** Takes back every cache below a meter; every record below is dry afterwards. Answers the total. */
export function recall(top: Record): u64 {
  return take(top, false, u64.MAX_VALUE);
}

function take(top: Record, gentle: bool, want: u64): u64 {
  count(STATISTIC_SCAVENGES);
  if (isDefined(SHARED)) credited = 0;
  let total = walk(top, gentle, want);
  for (let above = top.superior; above; above = changetype<Record>(above).superior) {
    changetype<Record>(above).amount += total;
  }
  if (isDefined(SHARED)) total += credited;
  count(STATISTIC_RECALLED, total);
  if (isDefined(CHECKED)) {
    auditChain(top);
    auditDry(top);
  }
  return total;
}

/** Whether the last walk has met caches that are lent, and left them alone. */
let isLent: bool = false;

/** What the last walk had credited before its end. */
let credited: u64 = 0;

/**
 * A walk may be too long for one change: this ends the change where the walk is, at `meter`, and
 * begins another. What was taken so far is credited to all meters above; it is `sum` from the
 * inferiors of `meter`, and subtotals from there up to `top`.
 */
function credit(meter: Record, top: Record, sum: u64): void {
  const totals = subtotals();
  let total = sum;
  let record = meter;
  record.amount += total;
  while (record != top) {
    record = changetype<Record>(record.superior);
    const subtotal = totals + (record.level << 4);
    total += load<u64>(subtotal);
    store<u64>(subtotal, 0);
    record.amount += total;
  }
  for (let above = top.superior; above; above = changetype<Record>(above).superior) {
    changetype<Record>(above).amount += total;
  }
  credited += total;
  journalBegin();
}

/** Inferiors of a list are done with at its end, at the first dry one, or when there is enough. */
function walk(top: Record, gentle: bool, want: u64): u64 {
  const totals = subtotals();
  const all = !gentle && want == u64.MAX_VALUE;
  let taken: u64 = 0;
  const ends: u8 = control.ignoreDry ? 0 : <u8>FLAG_DRY;
  isLent = false;
  let visits: u64 = 0;
  let meter = top;
  let sum: u64 = 0;
  let at = top.first;
  while (true) {
    // Not where all is taken: lists are in order again at their ends only. But that is the host's.
    if (isDefined(SHARED) && !all && journalFilled()) {
      credit(meter, top, sum);
      sum = 0;
    }
    if (at == 0 || (changetype<Record>(at).flags & ends) != 0 || taken >= want) {
      meter.amount += sum;
      const isDry = meter.first == 0 || changetype<Record>(meter.first).dry;
      if (meter == top) {
        if (isDry) top.dryOut();
        break;
      }
      const superior = changetype<Record>(meter.superior);
      at = meter.next;
      if (isDry) {
        if (all) meter.flags |= <u8>FLAG_DRY;
        else meter.dryOut();
      }
      sum += load<u64>(totals + (superior.level << 4));
      meter = superior;
      continue;
    }
    visits++;
    const record = changetype<Record>(at);
    if (record.isMeter) {
      store<u64>(totals + (meter.level << 4), sum);
      sum = 0;
      meter = record;
      at = record.first;
      continue;
    }
    at = record.next;
    if (all) {
      // All of this list becomes dry, so the order of the list needs no mending.
      sum += record.amount;
      record.amount = 0;
      record.flags = (record.flags & ~(<u8>FLAG_STALE)) | <u8>FLAG_DRY;
    } else if ((record.flags & FLAG_LENT) != 0) {
      isLent = true;
    } else if (gentle && record.amount != 0 && (record.flags & FLAG_STALE) == 0) {
      record.flags |= <u8>FLAG_STALE;
    } else {
      taken += record.amount;
      sum += record.amount;
      record.amount = 0;
      record.flags &= ~(<u8>FLAG_STALE);
      record.dryOut();
    }
  }
  count(STATISTIC_VISITS, visits);
  return sum;
}

/** Σ caches below a meter; changes nothing. */
export function cachesBelow(top: Record): u64 {
  return sumBelow(top, false);
}

/** Cycles that the domains below a meter consumed and that are not settled yet; changes nothing. */
export function unsettledBelow(top: Record): u64 {
  return sumBelow(top, true);
}

/** Who is dry has no cache, but may have consumed something: then all are looked at. */
function sumBelow(top: Record, consumed: bool): u64 {
  let sum: u64 = 0;
  let meter = top;
  let at = top.first;
  while (true) {
    if (at == 0 || (!consumed && changetype<Record>(at).dry)) {
      if (meter == top) return sum;
      at = meter.next;
      meter = changetype<Record>(meter.superior);
      continue;
    }
    const record = changetype<Record>(at);
    if (record.isMeter) {
      meter = record;
      at = record.first;
    } else {
      sum += consumed ? record.consumed : record.amount;
      at = record.next;
    }
  }
}
