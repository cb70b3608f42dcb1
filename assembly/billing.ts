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
  PARTITIONED,
  POINT_SPENT,
  POINT_START,
  SYSTEM_PARTITION,
} from "./time-layout";
import { Time, Timer } from "./timer";

/** A domain begins to run on this processor, or goes on. */
export function occupy(domain: Record): void {
  const timer = Timer.own;
  const at = changetype<usize>(domain);
  if (timer.occupant == at) return;
  charge(me(), POINT_START);
  admit(timer, domain);
}

/** From now on a domain is the one that runs. */
function admit(timer: Timer, domain: Record): void {
  timer.occupant = changetype<usize>(domain);
  // Of two who change places at a tick, the one that ran is the party still.
  if (Time.own.by != BY_TICK) timer.party = timer.occupant;
  timer.since = me().time;
  setLook(Time.own, timer);
  if ((control.timed & PARTITIONED) != 0) Partition.of(domain).running++;
}

/** Who runs on a processor, if anybody, does so no more. */
export function vacate(there: Processor, point: i32): void {
  const timer = Timer.of(there);
  if (timer.occupant == 0) return;
  charge(there, point);
  const domain = changetype<Record>(timer.occupant);
  Task.of(domain).ran += there.time - timer.since;
  if (Time.own.by == BY_TICK) {
    timer.party = timer.occupant;
    timer.readAt = there.time;
  } else if (timer.readAt == there.time) timer.party = 0;
  timer.occupant = 0;
  // It has paid; what comes now is nobody's.
  if (timer.readAt == there.time) timer.party = 0;
  timer.critical = 0;
  if ((control.timed & PARTITIONED) != 0) Partition.of(domain).running--;
}

/** One that runs goes, and another runs in its place, at the same instant and for the same reason. */
export function succeed(head: Record, next: Record, point: i32): void {
  const timer = Timer.own;
  if (timer.occupant != changetype<usize>(head)) return;
  const critical = timer.critical;
  vacate(me(), point);
  timer.critical = critical;
  admit(timer, next);
}

/** A billing point. Who bills by ticks reads no clock, and in the instant of a reading no more passes. */
export function charge(there: Processor, point: i32): void {
  const time = Time.own;
  if (((time.points >> point) & 1) == 0 || time.by == BY_TICK) return;
  const timer = Timer.of(there);
  if (timer.readAt == there.time) return;
  if (time.read != 0) {
    // The sample is taken at the end of the reading: that falls to who ran.
    there.time += time.read;
    timer.readCycles += time.read;
    if (timer.occupant == 0) account(STATISTIC_IDLE, time.read);
  }
  sample(there, timer, there.time, false);
}

/** Reads the clock as of a time. `whole`: see `lookAt`. */
export function sample(there: Processor, timer: Timer, now: u64, whole: bool): void {
  if (timer.readAt == now) return;
  const cycles = lookAt(timer, now, whole);
  const sound = keep(timer);
  const passed = cycles - timer.last;
  timer.reads++;
  timer.readAt = now;
  timer.readTicks = timer.ticks;
  timer.last = cycles;
  if (sound == SOUND) pay(timer, timer.party, passed);
  else tell(there, timer, sound);
  timer.party = timer.occupant;
  if (timer.occupant != 0) setLook(Time.own, timer, passed == 0);
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
  task.owed += cycles;
  payOwed(domain);
  if ((control.timed & PARTITIONED) != 0) {
    Partition.of(domain).use(timer, cycles, timer.critical != 0 && party == timer.occupant);
  } else Partition.at(SYSTEM_PARTITION).total += cycles;
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

/**
 * When to look whether the cache is used up: no clock tells sooner than its grain, and one that has not
 * moved at all is asked again at the next tick.
 */
function setLook(time: Time, timer: Timer, stood: bool = false): void {
  if (((time.points >> POINT_SPENT) & 1) == 0 || time.by == BY_TICK || stood) {
    timer.spent = u64.MAX_VALUE;
    return;
  }
  const now = max(timer.since, timer.readAt);
  const amount = max(changetype<Record>(timer.occupant).amount, grain(time));
  timer.spent = amount < u64.MAX_VALUE - now ? now + amount : u64.MAX_VALUE;
}

/** After a refill, or after a charge of the host. */
export function lookAgain(domain: Record): void {
  const timer = Timer.of(Processor.at(isDefined(SHARED) ? domain.processor : 0));
  if (timer.occupant == changetype<usize>(domain)) setLook(Time.own, timer);
}

/** The cache of who runs may be used up. */
export function checkSpent(): void {
  if (me().time >= Timer.own.spent) {
    Timer.own.spent = u64.MAX_VALUE;
    charge(me(), POINT_SPENT);
  }
}

/** A processor's clock is about to go on while nobody runs: who is on it, 0 if nobody, steps aside. */
export function pause(there: Processor): usize {
  const timer = Timer.of(there);
  const occupant = timer.occupant;
  if (occupant == 0) return 0;
  if (Time.own.by != BY_TICK) sample(there, timer, there.time, false);
  Task.of(changetype<Record>(occupant)).ran += there.time - timer.since;
  timer.occupant = timer.party = 0;
  return occupant;
}

/** And comes back. */
export function unpause(there: Processor, occupant: usize): void {
  const timer = Timer.of(there);
  if (Time.own.by != BY_TICK) sample(there, timer, there.time, false);
  timer.occupant = timer.party = occupant;
  timer.since = there.time;
  setLook(Time.own, timer);
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
function tell(there: Processor, timer: Timer, fault: i32): void {
  const bit: u32 = 1 << fault;
  if ((timer.told & bit) != 0) return;
  timer.told |= bit;
  emit(EVENT_CLOCK, null, null, fault - 1, there.time);
}
