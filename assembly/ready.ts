// Ready queues (CPUQUEUE): a ring of hot records for each processor, served round robin. `ready` is
// its head: the domain that runs now or runs next. At the end of a slice the ring just turns by one.
// Domains that somebody else makes ready for a processor wait in its inbox, another ring, until it
// comes inside; so nobody but itself appends to a ring that may be running.

import { PANIC_QUEUE } from "./codes";
import { control } from "./control";
import { emit } from "./event";
import { EVENT_SLICE, STATE_READY } from "./layout";
import { panic } from "./panic";
import { account, count, me, Processor } from "./processor";
import { STATISTIC_IDLE, STATISTIC_SWITCHES } from "./processor-layout";
import { Record } from "./record";

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
  if (isDefined(SHARED)) {
    const there = placeFor(domain);
    domain.moveTo(there.index);
    there.readyCount++;
    if (there != here) {
      give(domain, there);
      return;
    }
  }
  here.ready = join(here.ready, domain);
}

/**
 * Who has hardly anything to do keeps what he makes ready himself: to wake another costs more than a short
 * burst, and long ones are shared when their slices end (steal.ts). Else it is the processor that the domain
 * ran on, or an idle one, that has least in its inbox.
 */
function placeFor(domain: Record): Processor {
  const here = me();
  if (here.index != 0 && here.readyCount < 2) return here;
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
  account(STATISTIC_IDLE, to - me().time);
  me().time = to;
}

/** Takes a ready domain off the queue; if it was the head, the next one starts a slice. */
export function dequeue(domain: Record): void {
  const at = changetype<usize>(domain);
  const there = isDefined(SHARED) ? Processor.at(domain.processor) : me();
  const next: usize = domain.readyNext == at ? 0 : domain.readyNext;
  if (isDefined(SHARED)) {
    there.readyCount--;
    if (there.inbox == at) there.inbox = next;
  } else if (there.ready == 0) panic(PANIC_QUEUE);
  if (there.ready == at) {
    closeSlice(there);
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
  closeSlice(here);
  here.ready = changetype<Record>(here.ready).readyNext;
}

/** The head leaves the processor; the next one begins a slice of its own. */
function closeSlice(there: Processor): void {
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
