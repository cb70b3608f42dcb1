// Assertions of the debug build (`if (isDefined(CHECKED))`; compiled out of the release build): each
// mutator ends by proving the invariants of what it touched, by walking all of it: no dry bit spares
// a walk here. What src/check.ts does for the whole store, this does for a few records at once.

import {
  PANIC_CACHE,
  PANIC_COUNTER,
  PANIC_DRY,
  PANIC_KIND,
  PANIC_LEVEL,
  PANIC_QUEUE,
  PANIC_RING,
} from "./codes";
import { control } from "./control";
import { Key } from "./key";
import {
  DOMAIN_HOOK_SLOT,
  FLAG_DRY,
  KIND_HOOK,
  MAX_CHAIN,
  METER_COUNTER_SLOT,
  METER_SUPERIOR_SLOT,
  RECORD_DOMAIN,
  RECORD_METER,
  STATE_PARKED,
  STATE_READY,
  STATE_WAITING,
} from "./layout";
import { Node } from "./node";
import { panic } from "./panic";
import { me } from "./processor";
import { Record } from "./record";

function at(address: usize): Record {
  return changetype<Record>(address);
}

/** The record that comes after `here` in a walk over all below `top`, meters first; 0 at the end. */
function after(here: Record, top: Record): usize {
  if (here.isMeter && here.first != 0) return here.first;
  let record = here;
  while (record != top) {
    if (record.next != 0) return record.next;
    record = at(record.superior);
  }
  return 0;
}

/** Whether caches stand still: others may run outside, but not if they are simulated. */
function isStill(): bool {
  return control.processors == 0 || control.simulated != 0;
}

/** R12 for a prepared meter, and that its caches could all come back: PANIC_COUNTER. */
export function auditMeter(meter: Record): void {
  if (!isStill()) return;
  let caches: u64 = 0;
  let unsettled: u64 = 0;
  for (let here = after(meter, meter); here != 0; here = after(at(here), meter)) {
    const record = at(here);
    if (record.isMeter) continue;
    caches += record.amount;
    unsettled += record.consumed;
    if (caches < record.amount) panic(PANIC_COUNTER);
  }
  if (meter.amount + caches < caches) panic(PANIC_COUNTER);
  if (meter.node.granted != meter.amount + caches + meter.consumed + unsettled) {
    panic(PANIC_COUNTER);
  }
}

/** The same for a meter that is not prepared: nothing of it is below. */
function auditCold(node: Node): void {
  const key = node.key(METER_COUNTER_SLOT);
  const counter = key.type == 0 && key.high == 0 ? key.low : 0;
  if (node.granted != counter + node.consumed) panic(PANIC_COUNTER);
}

/**
 * Chain invariant, for a domain or prepared meter and all above it: slot 1 is involved and designates
 * the superior, levels count up by one: PANIC_LEVEL. No superior of a wet record is dry: PANIC_DRY.
 * Each meter on the way satisfies R12.
 */
export function auditChain(bottom: Record): void {
  let record = bottom;
  for (let depth = 0; depth <= MAX_CHAIN; depth++) {
    const key = record.node.key(METER_SUPERIOR_SLOT);
    if (record.isMeter) auditMeter(record);
    if (!key.involved) {
      // A domain without a chain holds nothing of it.
      if (record.isMeter || record.superior != 0) panic(PANIC_LEVEL);
      if ((record.amount | record.consumed) != 0) panic(PANIC_CACHE);
      return;
    }
    if (record.superior == 0) {
      if (!key.isSuper || (record.isMeter && record.level != 1)) panic(PANIC_LEVEL);
      return;
    }
    const superior = at(record.superior);
    if (!key.prepared || key.node.record != record.superior) panic(PANIC_LEVEL);
    if (!superior.isMeter || superior.node != key.node) panic(PANIC_KIND);
    if (record.isMeter && record.level != superior.level + 1) panic(PANIC_LEVEL);
    if (superior.dry && !record.dry) panic(PANIC_DRY);
    record = superior;
  }
  panic(PANIC_LEVEL);
}

/** Dry invariants (1) to (3) of record.ts, for a meter and all below it, and its lists: PANIC_DRY. */
export function auditDry(top: Record): void {
  auditList(top);
  for (let here = after(top, top); here != 0; here = after(at(here), top)) {
    const record = at(here);
    if (record.isMeter) auditList(record);
    else if (record.kind != RECORD_DOMAIN) panic(PANIC_KIND);
    else if (record.dry && record.amount != 0) panic(PANIC_DRY);
  }
}

/** The inferiors of one meter: linked both ways, the wet ones first and only under one that is wet. */
function auditList(meter: Record): void {
  if (meter.kind != RECORD_METER) panic(PANIC_KIND);
  let previous: usize = 0;
  let flags: u8 = 0;
  for (let here = meter.first; here != 0; here = at(here).next) {
    const record = at(here);
    if (record.superior != changetype<usize>(meter)) panic(PANIC_LEVEL);
    if (previous != 0 && record.previous != previous) panic(PANIC_RING);
    if (!record.dry && ((meter.flags | flags) & FLAG_DRY) != 0) panic(PANIC_DRY);
    flags |= record.flags;
    previous = here;
  }
  if (meter.first != 0 && at(meter.first).previous != previous) panic(PANIC_RING);
}

/** Backchain invariant, for one node: PANIC_RING. */
export function auditRing(node: Node): void {
  let left = changetype<usize>(node);
  let rank = 0;
  let lastHook: usize = 0;
  for (let here = node.right; here != changetype<usize>(node); here = changetype<Key>(here).right) {
    const key = changetype<Key>(here);
    if (!key.prepared || key.left != left || key.node != node) panic(PANIC_RING);
    const own = key.kind == KIND_HOOK ? 0 : key.involved ? 1 : 2;
    if (own < rank) panic(PANIC_RING);
    if (own == 0) lastHook = here;
    rank = own;
    left = here;
  }
  if (node.left != left || node.lastHook != lastHook) panic(PANIC_RING);
}

/** A meter that was changed, prepared or not: R12 and chain, its lists and ring, and all below. */
export function auditNode(node: Node): void {
  auditRing(node);
  if (node.isMeter) {
    auditChain(node.hot);
    auditDry(node.hot);
  } else if (node.isDomain) auditDomain(node.hot);
  else auditCold(node);
}

/** A domain: its chain, and that it hangs on a hook if its state says so, and only then. */
export function auditDomain(domain: Record): void {
  if (domain.kind != RECORD_DOMAIN || !domain.node.isDomain) panic(PANIC_KIND);
  auditChain(domain);
  const isHooked = domain.node.key(DOMAIN_HOOK_SLOT).prepared;
  if (isHooked && domain.state != STATE_PARKED && domain.state != STATE_WAITING) panic(PANIC_QUEUE);
  if (!isHooked && domain.state == STATE_PARKED) panic(PANIC_QUEUE);
  if (domain.amount != 0 && domain.dry) panic(PANIC_DRY);
}

/** What holds between two passes, as far as it costs no walk: the head of the ready queue. */
export function auditPass(): void {
  // What a slice has used may include the switch to it, which is no part of the quantum.
  const here = me();
  // Less than a slice where a gate has handed on the rest of one; more by kernel work that is charged.
  const slice = here.sliceUsed + here.sliceLeft;
  if (slice > control.quantum + control.switchCost) panic(PANIC_QUEUE);
  if (here.ready == 0) {
    if (here.sliceUsed != 0) panic(PANIC_QUEUE);
    return;
  }
  const head = at(here.ready);
  if (head.kind != RECORD_DOMAIN || head.state != STATE_READY) panic(PANIC_QUEUE);
  if (at(head.readyNext).readyPrevious != here.ready) panic(PANIC_QUEUE);
  if (at(head.readyPrevious).readyNext != here.ready) panic(PANIC_QUEUE);
  if (head.amount == 0) return;
  if (head.dry) panic(PANIC_DRY);
  if (head.superior == 0) panic(PANIC_CACHE);
}
