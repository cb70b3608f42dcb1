// Ready queues (CPUQUEUE): a ring of hot records for each processor, served round robin. `ready` is
// its head: the domain that runs now or runs next. At the end of a slice the ring just turns by one.
// Domains that somebody else makes ready for a processor wait in its inbox, another ring, until it
// comes inside; so nobody but itself appends to a ring that may be running.
// Where there are partitions, ready domains wait in theirs (queue.ts), and a ring holds who runs, if anybody.

import { charge, succeed, vacate } from "./billing";
import { askAll } from "./choice";
import { PANIC_QUEUE } from "./codes";
import { control } from "./control";
import { emit } from "./event";
import { EVENT_SLICE, PROGRAM_LOCKER, STATE_READY } from "./layout";
import { panic } from "./panic";
import { account, count, me, Processor } from "./processor";
import { STATISTIC_IDLE, STATISTIC_SWITCHES } from "./processor-layout";
import { queue, unqueue } from "./queue";
import { Record } from "./record";
import { Task } from "./task";
import { tickIdly } from "./tick";
import { PARTITIONED, POINT_MESSAGE, POINT_PREEMPT, POINT_STOP, POINT_WAKE } from "./time-layout";
import { Timer } from "./timer";

/** Makes a domain that is on no queue the last of a ring; answers the ring's head. */
function join(head: usize, domain: Record): usize {
  const at = changetype<usize>(domain);
  if (head == 0) {
    domain.readyNext = domain.readyPrevious = at;
    return at;
  }
  const first = changetype<Record>(head);
  const last = first.readyPrevious;
  domain.readyNext = head;
  domain.readyPrevious = last;
  changetype<Record>(last).readyNext = at;
  first.readyPrevious = at;
  return head;
}

/** Makes a domain that is on no queue ready, for the processor that it ran on or for an idle one. */
export function enqueue(domain: Record): void {
  domain.state = <u8>STATE_READY;
  const here = me();
  if (control.timed != 0) {
    if (!isDefined(SHARED) || here.index != 0) charge(here, POINT_WAKE);
    if (isPartitioned()) {
      queue(domain, false);
      askAll();
      return;
    }
  }
  if (isDefined(SHARED)) {
    const there = placeFor(domain);
    domain.moveTo(there.index);
    there.readyCount++;
    if (there != here) {
      give(domain, there);
      return;
    }
  }
  if (domain.programKind == PROGRAM_LOCKER && here.ready != 0) enqueueNext(here, domain);
  else here.ready = join(here.ready, domain);
}

/** A lock cycle is late by the slice under way, if one is, and not by those of all who are ready. */
function enqueueNext(here: Processor, domain: Record): void {
  if (here.sliceUsed != 0) {
    join(changetype<Record>(here.ready).readyNext, domain);
    return;
  }
  if (control.timed != 0) vacate(here, POINT_PREEMPT);
  join(here.ready, domain);
  here.ready = changetype<usize>(domain);
}

function isPartitioned(): bool {
  return (control.timed & PARTITIONED) != 0;
}

/**
 * Who has hardly anything to do keeps what he makes ready himself: to wake another costs more than a short
 * burst, and long ones are shared when their slices end (steal.ts). Else it is the processor that the domain
 * ran on, or an idle one, that has least in its inbox. The lock process stays with whose clock has woken it.
 */
function placeFor(domain: Record): Processor {
  const here = me();
  const stays = here.readyCount < 2 || domain.programKind == PROGRAM_LOCKER;
  if (here.index != 0 && stays) return here;
  let best = Processor.at(domain.processor);
  if (control.resting == 0) return best;
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    if (other.isIdle && (!best.isIdle || other.readyCount < best.readyCount)) best = other;
  }
  return best;
}

/** Into the inbox of another, who is told. */
function give(domain: Record, there: Processor): void {
  there.inbox = join(there.inbox, domain);
  there.given = max(there.given, me().time);
  there.attention = true;
  there.ring();
}

/** Takes in what others have given; who had nothing to do has waited until now. */
export function takeIn(): void {
  const here = me();
  if (here.inbox == 0) return;
  if (here.ready == 0) {
    if (here.given > here.time) passTime(here.given);
    here.ready = here.inbox;
  } else {
    const first = changetype<Record>(here.ready);
    const given = changetype<Record>(here.inbox);
    const last = first.readyPrevious;
    first.readyPrevious = given.readyPrevious;
    changetype<Record>(given.readyPrevious).readyNext = here.ready;
    changetype<Record>(last).readyNext = here.inbox;
    given.readyPrevious = last;
  }
  here.inbox = 0;
}

/** Time passes in which this processor runs nobody. */
export function passTime(to: u64): void {
  const here = me();
  // A reading may have taken it there already, and beyond a tick.
  const until = max(to, here.time);
  account(STATISTIC_IDLE, until - here.time);
  if (control.timed != 0) tickIdly(here, until);
  else here.time = until;
}

/** Takes a ready domain off the queue; if it was the head, the next one starts a slice. */
export function dequeue(domain: Record): void {
  const at = changetype<usize>(domain);
  if (isPartitioned() && Task.of(domain).queued != 0) {
    unqueue(domain);
    return;
  }
  const there = isDefined(SHARED) ? Processor.at(domain.processor) : me();
  const next: usize = domain.readyNext == at ? 0 : domain.readyNext;
  if (isDefined(SHARED)) {
    there.readyCount--;
    if (there.inbox == at) there.inbox = next;
  } else if (there.ready == 0) panic(PANIC_QUEUE);
  if (there.ready == at) {
    closeSlice(there);
    if (control.timed != 0) {
      vacate(there, POINT_STOP);
      Timer.of(there).ask();
    }
    there.ready = next;
  }
  changetype<Record>(domain.readyPrevious).readyNext = domain.readyNext;
  changetype<Record>(domain.readyNext).readyPrevious = domain.readyPrevious;
  domain.readyNext = domain.readyPrevious = 0;
}

/**
 * A gate: the head leaves, and a domain that is on no queue runs at once in its stead, for the rest of
 * its slice. So two who converse have no more of the processor than one.
 */
export function relieve(head: Record, next: Record): void {
  const here = me();
  const at = changetype<usize>(next);
  if (isPartitioned() && !Task.of(head).isLike(Task.of(next))) {
    vacate(here, POINT_MESSAGE);
    dequeue(head);
    enqueue(next);
    return;
  }
  next.state = <u8>STATE_READY;
  if (isDefined(SHARED)) next.moveTo(here.index);
  countSlice(here);
  here.sliceUsed = 0;
  if (head.readyNext == changetype<usize>(head)) {
    next.readyNext = next.readyPrevious = at;
  } else {
    next.readyNext = head.readyNext;
    next.readyPrevious = head.readyPrevious;
    changetype<Record>(next.readyNext).readyPrevious = at;
    changetype<Record>(next.readyPrevious).readyNext = at;
  }
  head.readyNext = head.readyPrevious = 0;
  here.ready = at;
  if (control.timed != 0) succeed(head, next);
  if (here.sliceLeft == 0) rotate();
}

/** Hands a ready domain to another processor. */
export function handOver(domain: Record, there: Processor): void {
  dequeue(domain);
  domain.moveTo(there.index);
  there.readyCount++;
  give(domain, there);
}

/** Takes a domain over from another processor, as the last of the own queue. */
export function adopt(domain: Record): void {
  const here = me();
  dequeue(domain);
  domain.moveTo(here.index);
  here.readyCount++;
  here.ready = join(here.ready, domain);
}

/** The head has used up its slice and goes to the end. */
export function rotate(): void {
  const here = me();
  const head = changetype<Record>(here.ready);
  closeSlice(here);
  if (control.timed == 0) {
    here.ready = head.readyNext;
    return;
  }
  if (isPartitioned()) requeue(head);
  else {
    vacate(here, POINT_PREEMPT);
    here.ready = head.readyNext;
  }
}

/** Its slice has ended: it comes after those of its priority, unless it has no slices. */
function requeue(head: Record): void {
  const here = me();
  if (Task.of(head).isFifo) return;
  vacate(here, POINT_PREEMPT);
  here.ready = 0;
  if (isDefined(SHARED)) here.readyCount--;
  queue(head, false);
  Timer.own.ask();
}

/** The head leaves the processor; the next one begins a slice of its own. */
export function closeSlice(there: Processor): void {
  countSlice(there);
  there.sliceLeft = control.quantum;
  there.sliceUsed = 0;
}

function countSlice(there: Processor): void {
  if (there.sliceUsed == 0) return;
  count(STATISTIC_SWITCHES);
  const head = changetype<Record>(there.ready);
  if (control.traced) emit(EVENT_SLICE, head.node, null, 0, there.sliceUsed, there.time);
}
