// The main path of several processors, in turns. A turn takes the kernel lock, or does one pass inside,
// or goes up by one node of a climb, or runs outside until the next look. `work` takes turn after turn;
// the simulator takes one turn of this and one of that processor, as its seed says. Whatever a
// processor waits for, it holds no meter lock while it looks for other work.

import { refillAhead } from "./cache";
import { descend } from "./chain";
import { CLIMBS, Climb, MET } from "./climb";
import {
  REASON_CLAIM,
  REASON_CLIMB,
  REASON_LIMIT,
  TRAP_LOST,
  TRAP_NONE,
  TURN_BLOCKED,
} from "./codes";
import { control } from "./control";
import { isDue, wakeDue } from "./due";
import { eventsFull } from "./event";
import { isInvocation, jump } from "./gate";
import { journalBegin } from "./journal";
import { trapped } from "./keeper";
import { allowanceOf, askForCall, bill, countSlices, settle } from "./kernel";
import {
  FLAG_CALLING,
  FLAG_PAGING,
  FLAG_STALE,
  FLAG_TRAPPED,
  POLL,
  PROGRAM_LOCKER,
  PROGRAM_RISCV,
} from "./layout";
import { leaveKernel, tryEnter } from "./lock";
import { attend as attendPage } from "./page-accounting";
import { isAwaited, lockIfDue } from "./page-locker";
import { count, me, Processor, ringHost } from "./processor";
import {
  PHASE_CLAIMING,
  PHASE_CLIMBING,
  PHASE_INSIDE,
  PHASE_OUTSIDE,
  PHASE_RESTING,
  PHASE_WANTING,
  REST_AHEAD,
  REST_EVENTS,
  REST_HALTED,
  REST_IDLE,
  REST_LIMIT,
  RUNNING_ANY,
  RUNNING_NONE,
  STATISTIC_CONFLICTS,
} from "./processor-layout";
import { keepOutcome, NOTHING, RAN, restoreOutcome, runProgram, used, wanted } from "./program";
import { passTime, rotate, takeIn } from "./ready";
import { Record } from "./record";
import { isSmooth, slicesAhead, sprint } from "./sprint";
import { share, steal } from "./steal";
import { refuse, supply } from "./supply";
import { isAhead, keepTime, ringAhead } from "./tick";
import { beginRun, isHeldUp, nextLook } from "./timed";
import { setTrap } from "./trap";
import { attend } from "./worrier";

/** Turn after turn, so many at most. Answers the last one's phase: see `turn`. */
export function work(turns: u32): i32 {
  let phase = turn();
  while (--turns != 0 && !isWaiting(phase)) phase = turn();
  return phase;
}

function isWaiting(phase: i32): bool {
  return phase == PHASE_RESTING || phase == TURN_BLOCKED || phase == PHASE_CLAIMING;
}

/**
 * One turn. Answers the phase that the processor is in then (PHASE_RESTING: until its bell rings), or
 * TURN_BLOCKED. Simulated, taking the lock is a turn of its own, and it is held until the next.
 */
export function turn(): i32 {
  const here = me();
  const phase = here.phase;
  here.ran = 0;
  if (phase == PHASE_OUTSIDE) return runOutside(here);
  if (phase == PHASE_INSIDE || phase == PHASE_CLAIMING) journalBegin();
  else {
    if (!tryEnter()) return TURN_BLOCKED;
    // Somebody may have rung it meanwhile.
    if (here.phase == PHASE_RESTING) {
      here.phase = PHASE_WANTING;
      control.resting--;
    }
    if (control.simulated) {
      here.phase = PHASE_INSIDE;
      return PHASE_INSIDE;
    }
  }
  const next = Climb.of(here).domain != 0 ? climbOn(here) : pass(here);
  here.phase = next;
  if (next != PHASE_CLAIMING) leaveKernel();
  return next;
}

/** One pass of the main path, under the kernel lock. Answers the phase that comes next. */
function pass(here: Processor): i32 {
  countSlices(here.slices);
  here.slices = 0;
  // First, while nothing is half done: waking many is several changes.
  if (isDue()) {
    wakeDue();
    if (isDue()) return PHASE_WANTING;
  }
  const hasRun = here.outcome != NOTHING;
  if (hasRun && settleKept() == REASON_LIMIT) return rest(here, REST_LIMIT);
  if (!control.going) return rest(here, REST_HALTED);
  if (eventsFull()) return rest(here, REST_EVENTS);
  takeIn();
  // Its clock may have gone on to that of whoever gave it something: sleepers first.
  if (isDue()) return PHASE_WANTING;
  if (control.timed != 0) keepTime();
  if (here.ready == 0) {
    if (control.worried == 0) return seek(here);
    attend();
    return PHASE_WANTING;
  }
  if (here.time >= control.until) return rest(here, REST_LIMIT);
  if (isAhead(here)) return rest(here, REST_AHEAD);
  return serve(here, changetype<Record>(here.ready));
}

/** What a run outside came to; by whoever has the kernel lock, in the stead of who ran. */
export function settleKept(): i32 {
  const here = me();
  const outcome = here.outcome;
  const domain = changetype<Record>(here.running);
  here.outcome = NOTHING;
  here.running = RUNNING_NONE;
  restoreOutcome(here);
  return settle(domain, outcome, here.short != 0, control.until);
}

/** A processor has died outside: nobody knows how far a machine has come that it ran. */
export function loseRun(lost: Processor): void {
  if (lost.running > <usize>RUNNING_ANY) {
    const domain = changetype<Record>(lost.running);
    if (domain.programKind == PROGRAM_RISCV) setTrap(domain, TRAP_LOST, 0);
  }
  lost.running = RUNNING_NONE;
}

/** As `serve` of kernel.ts, up to running. */
function serve(here: Processor, domain: Record): i32 {
  domain.flags &= ~(<u8>FLAG_STALE);
  if (control.timed != 0) beginRun(domain);
  if (domain.amount <= domain.short) {
    const reason = supply(domain);
    if (reason == REASON_CLIMB) {
      Climb.of(here).begin(domain);
      return PHASE_CLIMBING;
    }
    if (reason == REASON_CLAIM) return PHASE_CLAIMING;
    if (here.ready != changetype<usize>(domain)) return PHASE_WANTING;
    if (domain.amount <= domain.short) return PHASE_WANTING;
    refillAhead(domain);
    // A refill that is charged for takes time.
    if (here.time >= control.until || isDue()) return PHASE_WANTING;
  }
  if ((domain.flags & FLAG_TRAPPED) != 0) {
    trapped(domain);
    return PHASE_WANTING;
  }
  if ((domain.flags & FLAG_CALLING) != 0) {
    if (!isInvocation(domain)) askForCall(domain);
    else if (jump(domain) == REASON_CLAIM) return PHASE_CLAIMING;
    return PHASE_WANTING;
  }
  if ((domain.flags & FLAG_PAGING) != 0) {
    return attendPage(domain) == REASON_CLAIM ? PHASE_CLAIMING : PHASE_WANTING;
  }
  if (domain.programKind == PROGRAM_LOCKER && !lockIfDue(domain)) return PHASE_CLAIMING;
  return goOutside(here, domain);
}

/** From now on the domain, or all of the ready queue, are this processor's without the lock. */
function goOutside(here: Processor, domain: Record): i32 {
  here.attention = false;
  const smooth = isSmooth(domain, control.quantum);
  if (smooth) share();
  // Events are written under the lock only, so slices that are told are run one by one.
  here.sprint = smooth && !control.traced ? slicesAhead(control.until, u32.MAX_VALUE) : 0;
  if (here.sprint != 0) {
    here.running = RUNNING_ANY;
    return PHASE_OUTSIDE;
  }
  here.allowance = allowanceOf(domain, control.until);
  if (here.allowance == 0) return PHASE_WANTING;
  here.running = changetype<usize>(domain);
  return PHASE_OUTSIDE;
}

/** Runs until the next look whether somebody wants this processor inside. */
function runOutside(here: Processor): i32 {
  const goesOn = here.running == RUNNING_ANY ? sprintOn(here) : runOn(here);
  if (goesOn && !here.attention) return PHASE_OUTSIDE;
  if (here.outcome == NOTHING) here.running = RUNNING_NONE;
  here.phase = PHASE_WANTING;
  return PHASE_WANTING;
}

function sprintOn(here: Processor): bool {
  const most = control.simulated ? 1 : here.sprint;
  const slices = sprint(most);
  here.slices += slices;
  if (control.simulated && slices != 0) {
    here.ran = changetype<Record>(here.ready).readyPrevious;
    here.billed = control.quantum;
  }
  here.sprint -= slices;
  return slices == most && here.sprint != 0;
}

/** Whether it goes on: it looks up every POLL cycles. */
function runOn(here: Processor): bool {
  const domain = changetype<Record>(here.running);
  const most = min<u32>(here.allowance, POLL);
  const outcome = runProgram(domain, most);
  bill(domain, used);
  here.allowance -= used;
  here.ran = changetype<usize>(domain);
  here.billed = used;
  const isShort = used < most;
  // What did not fit before the look may fit after it.
  const fits = !isShort || wanted <= here.allowance;
  if (outcome == RAN && here.allowance != 0 && fits) return true;
  keepOutcome(here, outcome);
  here.short = isShort ? 1 : 0;
  return false;
}

/** A step of the climb, under the kernel lock; the phase that comes next. */
function climbOn(here: Processor): i32 {
  const climb = Climb.of(here);
  const domain = changetype<Record>(climb.domain);
  const came = climb.step();
  if (came == CLIMBS) return PHASE_CLIMBING;
  if (came == TRAP_NONE) {
    descend(climb);
    return PHASE_WANTING;
  }
  climb.giveBack();
  if (came == MET) {
    // Other work, if there is any, until the other has done.
    count(STATISTIC_CONFLICTS);
    rotate();
  } else refuse(domain, came);
  return PHASE_WANTING;
}

/** Nothing is ready here: takes over what another has too much of, or rests. */
function seek(here: Processor): i32 {
  if (control.resting + 1 < control.processors) {
    const came = steal();
    if (came != REASON_LIMIT) return came == REASON_CLAIM ? PHASE_CLAIMING : PHASE_WANTING;
  } else if ((isAwaited() || isHeldUp()) && !isHostAwaited()) {
    if (control.asked) return rest(here, REST_EVENTS);
    // All others rest, so time passes for nobody until a sleeper wakes.
    const wake = nextLook();
    const until = control.until;
    if (wake < until) {
      passTime(wake);
      ringAhead();
      return PHASE_WANTING;
    }
    if (until > here.time) passTime(until);
    return rest(here, REST_LIMIT);
  }
  if (isAwaited()) leaveSleepers(here);
  return rest(here, REST_IDLE);
}

/** Who sprints has looked for sleepers before: it is to look again, now that nobody else will. */
function leaveSleepers(here: Processor): void {
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (other != here && other.running == RUNNING_ANY) other.attention = true;
  }
}

/** Whether somebody rests only until the host has taken the events. */
function isHostAwaited(): bool {
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (other.phase == PHASE_RESTING && other.rest == REST_EVENTS) return true;
  }
  return false;
}

function rest(here: Processor, why: u32): i32 {
  // For whom it was behind.
  if (why != REST_AHEAD) ringAhead();
  here.rest = why;
  control.resting++;
  if (why == REST_EVENTS || control.resting == control.processors) ringHost();
  return PHASE_RESTING;
}
