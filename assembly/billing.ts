// Microbilling: at each billing point the clock is read, and what has passed since the last reading is
// charged to who ran: to the cache of that domain, which all meters above it have paid already, and to
// its partition. What the processors really spend for each domain is kept beside that.
//
//   point     the clock is read when                         and it is called in
//   START     a domain begins to run                          billing.ts  occupy
//   STOP      it waits, traps or ends                         ready.ts    dequeue
//   MESSAGE   it hands over with a message or an answer       ready.ts    relieve
//   PREEMPT   its slice ends, or another comes first          ready.ts    rotate; choice.ts decide
//   WAKE      some domain becomes ready                       ready.ts    enqueue
//   TICK      the timer's interrupt is served                 tick.ts     serveTicks
//   DECIDE    somebody is to be chosen                        choice.ts   decide
//   SPENT     the cache of who runs must be used up by now    billing.ts  checkSpent
//
// Billing invariants: (1) Σ ran + idle = Σ processors' clocks, to the cycle, whatever the clock says;
// (2) consumed + owed of all domains + idle of all timers = the differences of all sound readings + what the
// host has charged. Nothing is charged that is not in a cache: the rest is owed, and paid first from the
// next refill.

import { grain, keep, lookAt, SOUND } from "./clock";
import { control } from "./control";
import { emit } from "./event";
import { EVENT_CLOCK } from "./layout";
import { Partition } from "./partition";
import { account, me, Processor } from "./processor";
import { STATISTIC_IDLE } from "./processor-layout";
import { Record } from "./record";
import { Task } from "./task";
import {
  BY_TICK,
  CLOCK_EXACT,
  PARTITIONED,
  POINT_MESSAGE,
  POINT_SPENT,
  POINT_START,
  SYSTEM_PARTITION,
} from "./time-layout";
import { Time, Timer } from "./timer";

/** A domain begins to run on this processor, or goes on. */
export function occupy(domain: Record): void {
  const here = me();
  const timer = Timer.of(here);
  if (timer.occupant == changetype<usize>(domain)) return;
  charge(here, POINT_START);
  admit(timer, domain, here.time);
  if ((control.timed & PARTITIONED) != 0) Partition.of(domain).running++;
}

/** From now on a domain is the one that runs. */
function admit(timer: Timer, domain: Record, now: u64): void {
  const time = Time.own;
  timer.occupant = changetype<usize>(domain);
  // Of two who change places at a tick, the one that ran is the party still.
  if (time.by != BY_TICK) timer.party = changetype<usize>(domain);
  timer.since = now;
  timer.spent = lookFor(time, domain, max(now, timer.readAt));
}

/** Who runs on a processor, if anybody, does so no more. */
export function vacate(there: Processor, point: i32): void {
  const timer = Timer.of(there);
  const occupant = timer.occupant;
  if (occupant == 0) return;
  charge(there, point);
  Task.of(changetype<Record>(occupant)).ran += there.time - timer.since;
  timer.occupant = 0;
  // By ticks it pays for the tick that ends just now; else it has paid, and what comes now is nobody's.
  if (Time.own.by == BY_TICK) {
    timer.party = occupant;
    timer.readAt = there.time;
  } else if (timer.readAt == there.time) timer.party = 0;
  timer.critical = 0;
  if ((control.timed & PARTITIONED) != 0) Partition.of(changetype<Record>(occupant)).running--;
}

/** One that runs goes, and another that is paid for alike runs in its place, at the same instant. */
export function succeed(head: Record, next: Record): void {
  const here = me();
  const timer = Timer.of(here);
  if (timer.occupant != changetype<usize>(head)) return;
  const task = Task.of(head);
  if (Time.own.isSimple && succeedSimply(here, timer, task, head, next)) return;
  charge(here, POINT_MESSAGE);
  task.ran += here.time - timer.since;
  admit(timer, next, here.time);
}

/** The same in one go, for messages are many, where who ran can pay; else nothing is done. */
function succeedSimply(
  here: Processor,
  timer: Timer,
  task: Task,
  head: Record,
  next: Record,
): bool {
  const time = Time.own;
  const now = here.time + time.read;
  const passed = now - timer.last;
  const amount = next.amount;
  if (timer.readAt == here.time || timer.party != changetype<usize>(head)) return false;
  // Of none it is the clock's grain that says when to look, and of very much nothing.
  if (task.owed != 0 || passed > head.amount || amount - 1 > <u64>i64.MAX_VALUE) return false;
  here.time = now;
  timer.readAt = timer.last = now;
  timer.readCycles += time.read;
  timer.reads++;
  head.amount -= passed;
  head.consumed += passed;
  Partition.at(SYSTEM_PARTITION).total += passed;
  task.ran += now - timer.since;
  timer.occupant = timer.party = changetype<usize>(next);
  timer.since = now;
  timer.spent = now + amount;
  return true;
}

/** A billing point. In the instant of a reading no more passes. Who bills by ticks has no points. */
export function charge(there: Processor, point: i32): void {
  const time = Time.own;
  const timer = Timer.of(there);
  if (((time.points >> point) & 1) == 0 || timer.readAt == there.time) return;
  if (time.read != 0) {
    // The sample is taken at the end of the reading: that falls to who ran.
    there.time += time.read;
    timer.readCycles += time.read;
    if (timer.occupant == 0) account(STATISTIC_IDLE, time.read);
  }
  take(time, timer, there.time, false);
}

/** Reads the clock as of a time, unless it was read then. `whole`: see `lookAt`. */
export function sample(timer: Timer, now: u64, whole: bool): void {
  if (timer.readAt != now) take(Time.own, timer, now, whole);
}

function take(time: Time, timer: Timer, now: u64, whole: bool): void {
  const last = timer.last;
  let cycles = now;
  let sound = SOUND;
  if (time.clock != CLOCK_EXACT) {
    cycles = lookAt(timer, now, whole);
    sound = keep(timer);
    timer.readTicks = timer.ticks;
  }
  timer.reads++;
  timer.readAt = now;
  timer.last = cycles;
  const occupant = timer.occupant;
  if (sound == SOUND) pay(timer, timer.party, cycles - last);
  else tell(timer, sound, now);
  timer.party = occupant;
  if (occupant == 0) return;
  // A clock that has not moved at all is asked again at the next tick.
  timer.spent = cycles == last ? u64.MAX_VALUE : lookFor(time, changetype<Record>(occupant), now);
}

/** Charges a domain, or nobody. */
export function pay(timer: Timer, party: usize, cycles: u64): void {
  if (cycles == 0) return;
  if (party == 0) {
    timer.idle += cycles;
    return;
  }
  const domain = changetype<Record>(party);
  const task = Task.of(domain);
  if (task.owed == 0 && cycles <= domain.amount) {
    domain.amount -= cycles;
    domain.consumed += cycles;
  } else {
    task.owed += cycles;
    payOwed(domain);
  }
  if ((control.timed & PARTITIONED) == 0) Partition.at(SYSTEM_PARTITION).total += cycles;
  else {
    const isCritical = timer.critical != 0 && party == timer.occupant;
    Partition.at(task.payer).use(timer, cycles, isCritical);
  }
}

/** Debts come first, as far as the cache goes. */
export function payOwed(domain: Record): void {
  const task = Task.of(domain);
  if (task.owed == 0) return;
  const paid = min<u64>(domain.amount, task.owed);
  domain.amount -= paid;
  domain.consumed += paid;
  task.owed -= paid;
}

/** When to look whether a cache is used up, as of a time: no clock tells sooner than its grain. */
function lookFor(time: Time, domain: Record, now: u64): u64 {
  if (((time.points >> POINT_SPENT) & 1) == 0) return u64.MAX_VALUE;
  let amount = domain.amount;
  if (amount == 0 || time.clock != CLOCK_EXACT) amount = max(amount, grain(time));
  return amount < u64.MAX_VALUE - now ? now + amount : u64.MAX_VALUE;
}

function setLook(timer: Timer): void {
  const domain = changetype<Record>(timer.occupant);
  timer.spent = lookFor(Time.own, domain, max(timer.since, timer.readAt));
}

/** After a refill, or after a charge of the host. */
export function lookAgain(domain: Record): void {
  const timer = Timer.of(Processor.at(isDefined(SHARED) ? domain.processor : 0));
  if (timer.occupant == changetype<usize>(domain)) setLook(timer);
}

/** The cache of who runs is used up, if the clock says so. */
export function checkSpent(): void {
  const here = me();
  const timer = Timer.of(here);
  if (here.time < timer.spent) return;
  timer.spent = u64.MAX_VALUE;
  charge(here, POINT_SPENT);
}

/** A processor's clock is about to go on while nobody runs: who is on it, 0 if nobody, steps aside. */
export function pause(there: Processor): usize {
  const timer = Timer.of(there);
  const occupant = timer.occupant;
  if (occupant == 0) return 0;
  if (Time.own.by != BY_TICK) sample(timer, there.time, false);
  Task.of(changetype<Record>(occupant)).ran += there.time - timer.since;
  timer.occupant = timer.party = 0;
  return occupant;
}

/** And comes back. */
export function unpause(there: Processor, occupant: usize): void {
  const timer = Timer.of(there);
  if (Time.own.by != BY_TICK) sample(timer, there.time, false);
  timer.occupant = timer.party = occupant;
  timer.since = there.time;
  setLook(timer);
}

/** Nobody is left who could pay. */
export function forgetParty(domain: Record): void {
  const processors: u32 = isDefined(SHARED) ? control.processors : 0;
  for (let index: u32 = 0; index <= processors; index++) {
    const timer = Timer.of(Processor.at(index));
    if (timer.party == changetype<usize>(domain)) timer.party = 0;
  }
}

/** The host is told of the first fault of each kind. */
function tell(timer: Timer, fault: i32, now: u64): void {
  const bit: u32 = 1 << fault;
  if ((timer.told & bit) != 0) return;
  timer.told |= bit;
  emit(EVENT_CLOCK, null, null, fault - 1, 0, now);
}
