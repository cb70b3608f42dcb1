// The main path: choose, prepare, refill, run, bill, put away. A pass of the dispatcher does one of
// these for the domain at the head of the ready queue; `step` returns where the host must act. With
// several processors turn.ts does the same in turns, and only what is here under the kernel lock.

import { auditPass } from "./audit";
import { REASON_HOST_CALL, REASON_IDLE, REASON_LIMIT, REASON_RAN } from "./codes";
import { control } from "./control";
import { end } from "./domain";
import { isDue, wakeDue } from "./due";
import { emit, eventsFull } from "./event";
import { isInvocation, jump } from "./gate";
import { catchUp } from "./host";
import { handToHost } from "./hosted";
import { trapped } from "./keeper";
import {
  EVENT_CALL,
  EVENT_END,
  EVENT_WAIT,
  FLAG_CALLING,
  FLAG_PAGING,
  FLAG_STALE,
  FLAG_TRAPPED,
  PROGRAM_HOSTED,
  PROGRAM_LOCKER,
  RECORD_AMOUNT,
  RECORD_CONSUMED,
  STATE_WAITING,
} from "./layout";
import { attend as attendPage } from "./page-accounting";
import { isAwaited, lockIfDue, nextLock } from "./page-locker";
import { askHost, count, me, report } from "./processor";
import {
  PROCESSOR_TIME,
  STATISTIC_DISPATCHES,
  STATISTIC_HOST_CALLS,
  STATISTIC_SWITCHES,
} from "./processor-layout";
import {
  CALLED,
  ENDED,
  PAGED,
  pause,
  RAN,
  runProgram,
  TRAPPED,
  trapAddress,
  trapCode,
  used,
  wanted,
} from "./program";
import { dequeue, passTime, rotate } from "./ready";
import { Record } from "./record";
import { later, sleepUntil } from "./sleeper";
import { slicesAhead, sprint } from "./sprint";
import { share } from "./steal";
import { chargeWork, supply } from "./supply";
import { keepTime } from "./tick";
import { allowed, beginRun, isHeldUp, makeTime, nextLook } from "./timed";
import { Timer } from "./timer";
import { setTrap } from "./trap";
import { attend } from "./worrier";

/**
 * Runs domains for so many cycles of kernel time and so many passes at most. Answers a REASON_*, with
 * what it says so of in PROCESSOR_DOMAIN, _METER, _CODE and _ADDRESS.
 */
export function step(cycles: u32, passes: u32): i32 {
  const here = me();
  const until = here.time + cycles;
  for (let pass: u32 = 0; pass < passes; pass++) {
    if (eventsFull() || control.asked != 0) {
      control.asked = 0;
      return REASON_RAN;
    }
    if (isDue()) wakeDue();
    if (control.timed != 0) {
      if (Timer.of(here).isDue(here.time)) keepTime();
      // Its readings take time: whoever is due by then comes first, however that was cut up (R15).
      if (isDue() || here.time >= Timer.of(here).due) continue;
    }
    if (here.ready == 0 && control.worried != 0) {
      attend();
      if (control.timed != 0) continue;
    }
    if (here.ready == 0) {
      if (control.worried != 0) continue;
      if (!isAwaited() && !isHeldUp()) return REASON_IDLE;
      if (!idle(until)) return REASON_LIMIT;
      continue;
    }
    if (here.time >= until) return REASON_LIMIT;
    let reason = REASON_RAN;
    const slices = control.timed != 0 ? 0 : sprint(slicesAhead(until, passes - pass));
    if (slices != 0) {
      countSlices(slices);
      pass += slices - 1;
    } else reason = serve(changetype<Record>(here.ready), until);
    if (isDefined(CHECKED)) auditPass();
    if (reason != REASON_RAN) return reason;
  }
  return REASON_RAN;
}

/** §5.2: being dispatched makes a cache fresh; then it needs cycles; then its trap is delivered. */
function serve(domain: Record, until: u64): i32 {
  domain.flags &= ~(<u8>FLAG_STALE);
  if (control.timed != 0) beginRun(domain);
  if (domain.amount <= domain.short) return supply(domain);
  if ((domain.flags & (FLAG_TRAPPED | FLAG_CALLING | FLAG_PAGING)) != 0) {
    if ((domain.flags & FLAG_TRAPPED) != 0) return trapped(domain);
    return (domain.flags & FLAG_CALLING) != 0 ? jump(domain) : attendPage(domain);
  }
  return dispatch(domain, until);
}

/** Runs a domain that has cycles, bills it, and puts it away unless its slice goes on. */
function dispatch(domain: Record, until: u64): i32 {
  if (domain.programKind == PROGRAM_HOSTED) return handToHost(domain);
  if (domain.programKind == PROGRAM_LOCKER) lockIfDue(domain);
  const allowance = allowanceOf(domain, until);
  if (allowance == 0) return REASON_RAN;
  const outcome = runProgram(domain, allowance);
  bill(domain, used);
  return settle(domain, outcome, used < allowance, until);
}

/** What a domain may run now: no more than its slice and its cache hold, and not past `until`. */
export function allowanceOf(domain: Record, until: u64): u32 {
  const here = me();
  if (here.sliceUsed == 0 && control.switchCost != 0) {
    // As a part of the slice: a slice that is cut up is charged for once.
    here.sliceUsed += <u32>chargeWork(domain, control.switchCost);
    if (domain.amount == 0 || here.time >= until) return 0;
  }
  let allowance: u64 = here.sliceLeft;
  if (control.timed != 0) allowance = min(allowance, allowed());
  else if (domain.amount < allowance) allowance = domain.amount;
  if (here.time >= until) return 0;
  if (until - here.time < allowance) allowance = until - here.time;
  domain.short = 0;
  return <u32>allowance;
}

/**
 * Who ran pays, from its cache, which every meter above it has paid already. Stores in a row, without a
 * call between: a worker that dies here has billed all or nothing.
 */
export function bill(domain: Record, cycles: u32): void {
  const here = me();
  if (control.timed != 0) {
    // A clock will tell.
    here.time += cycles;
    here.sliceLeft -= cycles;
    here.sliceUsed += cycles;
    return;
  }
  const amount = domain.amount - cycles;
  const consumed = domain.consumed + cycles;
  const time = here.time + cycles;
  const at = changetype<usize>(domain);
  store<u64>(at, amount, RECORD_AMOUNT);
  store<u64>(at, consumed, RECORD_CONSUMED);
  store<u64>(changetype<usize>(here), time, PROCESSOR_TIME);
  here.sliceLeft -= cycles;
  here.sliceUsed += cycles;
}

/** What comes after a run that is billed; `isShort`: it ended before its allowance did. */
export function settle(domain: Record, outcome: i32, isShort: bool, until: u64): i32 {
  count(STATISTIC_DISPATCHES);
  if (outcome != RAN) return putAway(domain, outcome, until);
  if (me().sliceLeft == 0) {
    endSlice();
    if (isDefined(SHARED)) share();
  } else if (isShort) return makeRoom(domain, until);
  return REASON_RAN;
}

export function countSlices(slices: u32): void {
  count(STATISTIC_DISPATCHES, slices);
  count(STATISTIC_SWITCHES, slices);
}

/** The next instruction costs more than was left of the allowance: it waits for a whole one (R16). */
function makeRoom(domain: Record, until: u64): i32 {
  if (control.timed != 0) return makeTime(until);
  if (domain.amount < wanted) domain.short = <u16>(wanted - 1);
  else if (me().sliceLeft < wanted) endSlice();
  else if (until - me().time < wanted) return REASON_LIMIT;
  return REASON_RAN;
}

/** Who wakes by now queues before the domain whose slice ends, however its time was cut up (R15). */
export function endSlice(): void {
  if (isDue()) wakeDue();
  rotate();
}

/** A domain that doesn't just want to go on: it sleeps, is at its end, asks the host, or trapped. */
function putAway(domain: Record, outcome: i32, until: u64): i32 {
  const node = domain.node;
  if (outcome == TRAPPED) {
    // Its keeper has got it further.
    if (me().sliceUsed != 0) domain.laps = 0;
    setTrap(domain, trapCode, trapAddress);
    return REASON_RAN;
  }
  if (outcome == PAGED) {
    domain.flags |= <u8>FLAG_PAGING;
    return REASON_RAN;
  }
  if (outcome == CALLED) {
    if (isInvocation(domain)) {
      domain.flags |= <u8>FLAG_CALLING;
      if (control.invokeCost != 0) chargeWork(domain, control.invokeCost);
      return isClear(domain, until) ? jump(domain) : REASON_RAN;
    }
    count(STATISTIC_HOST_CALLS);
    if (isDefined(SHARED)) domain.flags |= <u8>FLAG_CALLING;
    return askForCall(domain);
  }
  if (outcome == ENDED) {
    end(domain);
    emit(EVENT_END, node, null, 0, node.consumed);
  } else {
    const since = me().time;
    dequeue(domain);
    if (domain.amount == 0) domain.dryOut();
    // Not before others who are due by now, however its time was cut up (R15).
    const isLocker = domain.programKind == PROGRAM_LOCKER;
    const until = isLocker ? max(since, nextLock()) : later(since, pause);
    sleepUntil(domain, until);
    if (control.traced) emit(EVENT_WAIT, node, null, 0, until > since ? until - since : 0);
  }
  return REASON_RAN;
}

/** Whether a turn of the head would come to its invocation at once, with nothing to be done before. */
function isClear(domain: Record, until: u64): bool {
  if (isDefined(SHARED) || domain.amount <= domain.short) return false;
  return me().time < until && !isDue();
}

/** The host is to do a system call of the head, or what it invokes, at once if that is possible. */
export function askForCall(domain: Record): i32 {
  if (isDefined(SHARED)) return callHost(domain);
  report().domain = domain.node.index;
  // The host finds those ready who are due, however its time was cut up (R15).
  if (isDue()) wakeDue();
  if (me().sliceLeft == 0) rotate();
  return REASON_HOST_CALL;
}

/** The domain waits until the host has done its system call: `domainResume`. */
function callHost(domain: Record): i32 {
  const node = domain.node;
  node.newCall();
  dequeue(domain);
  domain.state = <u8>STATE_WAITING;
  emit(EVENT_CALL, node, null, node.calls, 0);
  askHost();
  return REASON_RAN;
}

/** Nobody is ready or sleeps, but the host waits for a time: CONTROL_AMOUNT, not in the past. */
export function idleUntil(): void {
  if (isDefined(SHARED)) catchUp(control.amount);
  else if (me().ready == 0 && control.amount >= me().time) passTime(control.amount);
}

/** Nobody is ready: time passes until a sleeper wakes; false where the limit comes first. */
function idle(until: u64): bool {
  const wake = nextLook();
  passTime(wake < until ? wake : until);
  return wake < until;
}
