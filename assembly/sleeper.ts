// Domains that wait for a time: a binary heap ordered by (time, sequence), so that those who wake at
// the same cycle do so in the order in which they fell asleep (R15).

import { Bursts } from "./burst";
import { control } from "./control";
import { journalBegin, journalFilled } from "./journal";
import {
  BATCH,
  PROGRAM_BURSTS,
  SLEEPER_RECORD,
  SLEEPER_SEQUENCE,
  SLEEPER_SIZE,
  SLEEPER_TIME,
  STATE_WAITING,
} from "./layout";
import { Node } from "./node";
import { enqueue } from "./ready";
import { Record } from "./record";

@unmanaged
class Sleeper {
  time: u64;
  record: usize;
  sequence: u32;

  @inline static at(place: u32): Sleeper {
    return changetype<Sleeper>(control.sleeperBase + <usize>place * SLEEPER_SIZE);
  }

  isBefore(other: Sleeper): bool {
    // Sequence numbers wrap: the difference tells, as long as fewer than 2^31 lie between.
    return (
      this.time < other.time ||
      (this.time == other.time && <i32>(this.sequence - other.sequence) < 0)
    );
  }

  /** Writes an entry at a place, and the place into the domain, which may leave the heap early. */
  static put(place: u32, time: u64, record: usize, sequence: u32): void {
    const sleeper = Sleeper.at(place);
    sleeper.time = time;
    sleeper.record = record;
    sleeper.sequence = sequence;
    changetype<Record>(record).readyPrevious = place + 1;
  }
}

if (
  offsetof<Sleeper>("time") != SLEEPER_TIME ||
  offsetof<Sleeper>("record") != SLEEPER_RECORD ||
  offsetof<Sleeper>("sequence") != SLEEPER_SEQUENCE ||
  offsetof<Sleeper>() != SLEEPER_SIZE
) {
  ERROR("sleepers are not as layout.ts says");
}

/** When the first sleeper wakes; 2^64 − 1 with none. */
export function nextWake(): u64 {
  return control.sleepers ? Sleeper.at(0).time : u64.MAX_VALUE;
}

/** So many cycles after a time, which ends at 2^64 − 1. */
export function later(time: u64, cycles: u32): u64 {
  return cycles < u64.MAX_VALUE - time ? time + cycles : u64.MAX_VALUE;
}

/** Puts a domain that is on no queue to sleep. */
export function sleepUntil(domain: Record, until: u64): void {
  domain.state = <u8>STATE_WAITING;
  const place = control.sleepers++;
  Sleeper.put(place, until, changetype<usize>(domain), control.sequence++);
  lift(place);
}

export function isAsleep(domain: Record): bool {
  return domain.state == STATE_WAITING && domain.readyPrevious != 0;
}

/** Makes ready all who sleep until a time or less long; several processors do so in batches. */
export function wakeSleepers(until: u64): void {
  let batch = BATCH;
  while (control.sleepers != 0 && nextWake() <= until) {
    if (isDefined(SHARED)) {
      if (--batch < 0) return;
      if (journalFilled()) journalBegin();
    }
    const domain = changetype<Record>(Sleeper.at(0).record);
    rise(domain);
    enqueue(domain);
  }
}

/** A sleeper is to go on: with its next burst, or with the answer of the wait object that it was at. */
export function rise(domain: Record): void {
  awake(domain);
  if (domain.programKind == PROGRAM_BURSTS) Bursts.next(domain);
  else leaveWait(domain.node);
}

/** Nobody waits at the wait object of this domain any more. */
export function leaveWait(node: Node): void {
  if (node.partner == 0) return;
  changetype<Node>(node.partner).partner = 0;
  node.partner = 0;
}

/** Takes a sleeper out of the heap, wherever it is. */
export function awake(domain: Record): void {
  const place = <u32>domain.readyPrevious - 1;
  domain.readyPrevious = 0;
  const last = --control.sleepers;
  if (place == last) return;
  const moved = Sleeper.at(last);
  Sleeper.put(place, moved.time, moved.record, moved.sequence);
  lift(place);
  sink(place);
}

function swap(a: u32, b: u32): void {
  const first = Sleeper.at(a);
  const second = Sleeper.at(b);
  const time = first.time;
  const record = first.record;
  const sequence = first.sequence;
  Sleeper.put(a, second.time, second.record, second.sequence);
  Sleeper.put(b, time, record, sequence);
}

function lift(from: u32): void {
  let place = from;
  while (place > 0) {
    const parent = (place - 1) >>> 1;
    if (!Sleeper.at(place).isBefore(Sleeper.at(parent))) return;
    swap(place, parent);
    place = parent;
  }
}

function sink(from: u32): void {
  let place = from;
  while (true) {
    let child: u32 = 2 * place + 1;
    if (child >= control.sleepers) return;
    if (child + 1 < control.sleepers && Sleeper.at(child + 1).isBefore(Sleeper.at(child))) child++;
    if (!Sleeper.at(child).isBefore(Sleeper.at(place))) return;
    swap(child, place);
    place = child;
  }
}
