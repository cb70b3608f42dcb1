// The main path: choose, prepare, refill, run, bill, put away. A pass of the dispatcher does one of
// these for the domain at the head of the ready queue; `step` returns where the host must act.

import { auditPass } from "./audit";
import { control, count } from "./control";
import { end } from "./domain";
import { emit, eventsFull } from "./event";
import {
  EVENT_END,
  EVENT_WAIT,
  FLAG_STALE,
  FLAG_TRAPPED,
  REASON_HOST_CALL,
  REASON_IDLE,
  REASON_LIMIT,
  REASON_RAN,
  STATISTIC_DISPATCHES,
  STATISTIC_HOST_CALLS,
  STATISTIC_IDLE,
} from "./layout";
import {
  CALLED,
  ENDED,
  pause,
  RAN,
  runProgram,
  TRAPPED,
  trapAddress,
  trapCode,
  used,
  wanted,
} from "./program";
import { dequeue, rotate } from "./ready";
import { Record } from "./record";
import { nextWake, sleep, wakeSleepers } from "./sleeper";
import { sprint } from "./sprint";
import { chargeWork, supply } from "./supply";
import { deliverTrap, setTrap } from "./trap";

/**
 * Runs domains for so many cycles of kernel time and so many passes at most. Answers a REASON_*, with
 * CONTROL_DOMAIN, CONTROL_METER, CONTROL_CODE and CONTROL_ADDRESS where it says so.
 */
export function step(cycles: u32, passes: u32): i32 {
  const until = control.time + cycles;
  for (let pass: u32 = 0; pass < passes; pass++) {
    if (eventsFull()) return REASON_RAN;
    if (nextWake() <= control.time) wakeSleepers();
    if (control.ready == 0) {
      if (control.sleepers == 0) return REASON_IDLE;
      if (!idle(until)) return REASON_LIMIT;
      continue;
    }
    if (control.time >= until) return REASON_LIMIT;
    let reason = REASON_RAN;
    const slices = sprint(until, passes - pass);
    if (slices != 0) pass += slices - 1;
    else reason = serve(changetype<Record>(control.ready), until);
    if (isDefined(CHECKED)) auditPass();
    if (reason != REASON_RAN) return reason;
  }
  return REASON_RAN;
}

/** §5.2: being dispatched makes a cache fresh; then it needs cycles; then its trap is delivered. */
function serve(domain: Record, until: u64): i32 {
  domain.flags &= ~(<u8>FLAG_STALE);
  if (domain.amount <= domain.short) return supply(domain);
  if ((domain.flags & FLAG_TRAPPED) != 0) return deliverTrap(domain);
  return dispatch(domain, until);
}

/** Runs a domain that has cycles, bills it, and puts it away unless its slice goes on. */
function dispatch(domain: Record, until: u64): i32 {
  if (control.sliceUsed == 0 && control.switchCost != 0) {
    // As a part of the slice: a slice that is cut up is charged for once.
    control.sliceUsed += <u32>chargeWork(domain, control.switchCost);
    if (domain.amount == 0 || control.time >= until) return REASON_RAN;
  }
  let allowance: u64 = control.sliceLeft;
  if (domain.amount < allowance) allowance = domain.amount;
  if (until - control.time < allowance) allowance = until - control.time;
  domain.short = 0;
  const outcome = runProgram(domain, <u32>allowance);
  count(STATISTIC_DISPATCHES);

  domain.amount -= used;
  domain.consumed += used;
  control.time += used;
  control.sliceLeft -= used;
  control.sliceUsed += used;

  if (outcome != RAN) return putAway(domain, outcome);
  if (control.sliceLeft == 0) endSlice();
  else if (used < allowance) return makeRoom(domain, until);
  return REASON_RAN;
}

/** The next instruction costs more than was left of the allowance: it waits for a whole one (R16). */
function makeRoom(domain: Record, until: u64): i32 {
  if (domain.amount < wanted) domain.short = wanted - 1;
  else if (control.sliceLeft < wanted) endSlice();
  else if (until - control.time < wanted) return REASON_LIMIT;
  return REASON_RAN;
}

/** Who wakes by now queues before the domain whose slice ends, however its time was cut up (R15). */
function endSlice(): void {
  if (nextWake() <= control.time) wakeSleepers();
  rotate();
}

/** A domain that doesn't just want to go on: it sleeps, is at its end, asks the host, or trapped. */
function putAway(domain: Record, outcome: i32): i32 {
  const node = domain.node;
  if (outcome == TRAPPED) {
    setTrap(domain, trapCode, trapAddress);
    return REASON_RAN;
  }
  if (outcome == CALLED) {
    control.domain = node.index;
    count(STATISTIC_HOST_CALLS);
    // The host finds those ready who are due, however its time was cut up (R15).
    if (nextWake() <= control.time) wakeSleepers();
    if (control.sliceLeft == 0) rotate();
    return REASON_HOST_CALL;
  }
  if (outcome == ENDED) {
    end(domain);
    emit(EVENT_END, node, null, 0, node.consumed);
  } else {
    dequeue(domain);
    if (domain.amount == 0) domain.dryOut();
    sleep(domain, pause);
    if (control.traced) emit(EVENT_WAIT, node, null, 0, pause);
  }
  return REASON_RAN;
}

/** Nobody is ready or sleeps, but the host waits for a time: CONTROL_AMOUNT, not in the past. */
export function idleUntil(): void {
  if (control.ready != 0 || control.amount < control.time) return;
  count(STATISTIC_IDLE, control.amount - control.time);
  control.time = control.amount;
}

/** Nobody is ready: time passes until a sleeper wakes; false where the limit comes first. */
function idle(until: u64): bool {
  const wake = nextWake();
  const to = wake < until ? wake : until;
  count(STATISTIC_IDLE, to - control.time);
  control.time = to;
  return wake < until;
}
