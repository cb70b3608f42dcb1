// The page-locking process (Multics, 1966): once in each scan period it puts a directed fault into every
// page-table word, so that whoever touches a page next is found out. As words only say which page it
// is, and a page is open in one lock cycle only, all are closed by counting that up. What metering and
// the fault path need themselves (machines, decoded code, the store) has no such words.

import { claimAll } from "./claim";
import { control } from "./control";
import { emit } from "./event";
import { EVENT_SCAN } from "./layout";
import { latest } from "./processor";
import { enqueue } from "./ready";
import { Record } from "./record";
import { Residence } from "./residence";
import { PHASE_FIXED } from "./residence-layout";
import { awake, isAsleep } from "./sleeper";

/** A domain is the lock process from now on. */
export function lockerBegin(domain: Record): void {
  Residence.own.locker = changetype<usize>(domain);
}

/** It is no more: no page is closed from now on. */
export function lockerEnd(domain: Record): void {
  const own = Residence.own;
  if (own.locker == changetype<usize>(domain)) own.locker = 0;
}

/** The periods count anew: the lock process finds out when its first cycle is due. */
export function rearm(locker: Record | null): void {
  const own = Residence.own;
  own.due = own.since + within();
  if (locker && isAsleep(locker)) {
    awake(locker);
    enqueue(locker);
  }
}

/** Where in its period a lock cycle is. */
function within(): u64 {
  const own = Residence.own;
  if (own.phase == PHASE_FIXED) return own.offset;
  // Xorshift: never 0.
  let random = own.random;
  random ^= random << 13;
  random ^= random >> 17;
  random ^= random << 5;
  own.random = random;
  return (<u64>random * own.period) >> 32;
}

/**
 * Does its lock cycle where that is due, by the clock that is furthest: it may have been woken for a processor that
 * is far behind. False: others are to come inside first.
 */
export function lockIfDue(locker: Record): bool {
  const own = Residence.own;
  const now = latest();
  if (locker.burstLeft != 0 || now < own.due) return true;
  if (!claimAll()) return false;
  own.epoch++;
  own.generation++;
  own.cycles++;
  locker.burstLeft = own.lockCost;
  own.due = nextDue(now);
  emit(EVENT_SCAN, locker.node, null, own.epoch, own.cycles, now);
  // It counts what was referenced in the cycle before, and nothing of this one: the next pass ends the step.
  if (own.exact != 0) control.asked = 1;
  return true;
}

/** The time of the next lock cycle: one in each period, but for those that have passed meanwhile. */
function nextDue(now: u64): u64 {
  const own = Residence.own;
  let next = (own.due - own.since) / own.period + 1;
  if (own.since + (next + 1) * own.period <= now) next = (now - own.since) / own.period;
  return own.since + next * own.period + within();
}

/** Whether somebody sleeps for whose sake time must pass; nobody notices lock cycles while nobody runs. */
export function isAwaited(): bool {
  if (control.residence == 0) return control.sleepers != 0;
  const locker = Residence.own.locker;
  const isLockerAsleep = locker != 0 && isAsleep(changetype<Record>(locker));
  return control.sleepers != <u32>isLockerAsleep;
}

/** Until when it waits now: asked under the kernel lock, for the period may just have changed. */
export function nextLock(): u64 {
  return Residence.own.due;
}
