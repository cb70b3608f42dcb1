// Domains whose programs the host runs, such as metered WebAssembly: they have a place in the tree, a cache
// and keepers like any other, but what they run is known when the host says so. Dispatched, such a
// domain leaves the queue, and the host is told that it may run for what is in its cache.
//
// A program may run past its cache before it looks: what it ran is then owed, and is paid first from the
// next refill, so no cycle is forgiven.
//
// From the refill until it is said what was run the cache is *lent*: scavenging leaves it alone. Whoever needs
// it all the same is answered that others must be asked first. Before anything else the host settles
// what it has lent, so everywhere else caches are as they are said to be.

import { occupy, pause, unpause, vacate } from "./billing";
import { OK, REASON_RAN, STATUS_NOT_DOMAIN, STATUS_WRONG_STATE } from "./codes";
import { control } from "./control";
import { find } from "./domain";
import { emit } from "./event";
import {
  EVENT_HOSTED,
  FLAG_LENT,
  FLAG_STALE,
  PROGRAM_HOSTED,
  STATE_ENDED,
  STATE_HOSTED,
  STATE_READY,
} from "./layout";
import { askHost, me } from "./processor";
import { dequeue, enqueue } from "./ready";
import { Record } from "./record";
import { supply } from "./supply";
import { serveTick } from "./tick";
import { POINT_STOP } from "./time-layout";
import { Timer } from "./timer";

/** The record of a hosted domain; null with CONTROL_CODE. */
function hosted(index: u32, allocation: u32): Record | null {
  const domain = find(index, allocation);
  if (!domain) return null;
  control.code = STATUS_NOT_DOMAIN;
  return domain.programKind == PROGRAM_HOSTED ? domain : null;
}

/**
 * Its program has run so many cycles, below 2^53, and runs no more until the next refill: they are paid from its
 * cache, the rest is owed.
 */
export function hostedSpend(index: u32, allocation: u32, cycles: f64): i32 {
  const domain = hosted(index, allocation);
  if (!domain) return control.code;
  if (domain.state == STATE_ENDED) return STATUS_WRONG_STATE;
  domain.flags &= ~(<u8>FLAG_LENT);
  if (control.timed != 0) spendTime(domain, <u64>cycles);
  else {
    domain.debt += <u64>cycles;
    me().time += <u64>cycles;
    payDebt(domain);
  }
  if (domain.amount == 0 && domain.state == STATE_HOSTED && !domain.dry) domain.dryOut();
  return OK;
}

/** Billed by a clock: it has the processor for that long, and is stopped by no tick. */
function spendTime(domain: Record, cycles: u64): void {
  const here = me();
  const other = pause(here);
  occupy(domain);
  const timer = Timer.own;
  for (let left = cycles; left != 0; ) {
    const step = timer.due > here.time ? min(left, timer.due - here.time) : 0;
    here.time += step;
    left -= step;
    if (here.time >= timer.due) serveTick();
  }
  vacate(here, POINT_STOP);
  if (other) unpause(here, other);
}

function payDebt(domain: Record): void {
  const paid = min<u64>(domain.amount, domain.debt);
  domain.amount -= paid;
  domain.consumed += paid;
  domain.debt -= paid;
}

/**
 * Its program wants to run. OK: for CONTROL_AMOUNT cycles, which are lent. −REASON_KEEPER, −REASON_TRAP: the host
 * must act, as for `step`. −REASON_CLAIM: what others have been lent is to be settled first. STATUS_WRONG_STATE: its
 * state says what it waits for; the host will be told when it may run.
 */
export function hostedRefill(index: u32, allocation: u32): i32 {
  const domain = hosted(index, allocation);
  if (!domain) return control.code;
  while (true) {
    if (domain.state == STATE_READY) dequeue(domain);
    else if (domain.state != STATE_HOSTED) return STATUS_WRONG_STATE;
    domain.state = <u8>STATE_HOSTED;
    domain.flags &= ~(<u8>FLAG_STALE);
    if (control.timed == 0) payDebt(domain);
    if (domain.amount != 0) break;
    enqueue(domain);
    const reason = supply(domain);
    if (reason != REASON_RAN) return -reason;
  }
  domain.flags |= <u8>FLAG_LENT;
  control.amount = domain.amount;
  return OK;
}

/** It is at the head of the ready queue, with cycles: the host is told, and runs it when it comes to that. */
export function handToHost(domain: Record): i32 {
  dequeue(domain);
  domain.state = <u8>STATE_HOSTED;
  emit(EVENT_HOSTED, domain.node, null, 0, domain.amount);
  control.asked = 1;
  askHost();
  return REASON_RAN;
}
