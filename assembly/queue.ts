// Who is ready, where there are partitions: a ring for each partition and priority, as those of
// processors (ready.ts). Domains that run are in none of them.
//
// Queue invariant: bit n of a partition's 256 is set if and only if the ring of its priority n is not
// empty; a task is `queued` while its domain is in the ring of its payer and rank.

import { BATCH } from "./layout";
import { Partition } from "./partition";
import { me } from "./processor";
import { Record } from "./record";
import { Task } from "./task";
import { PARTITION_READY, PRIORITIES, QUEUES_OFFSET } from "./time-layout";
import { Time } from "./timer";

/** Where the first of a ring is kept. */
function ring(partition: u32, rank: u32): usize {
  return changetype<usize>(Time.own) + QUEUES_OFFSET + ((partition * PRIORITIES + rank) << 2);
}

function bits(partition: Partition, rank: u32): usize {
  return changetype<usize>(partition) + PARTITION_READY + ((rank >> 6) << 3);
}

/** Puts a domain that is on no queue at the end of its ring, or before all others. */
export function queue(domain: Record, first: bool): void {
  const at = changetype<usize>(domain);
  const task = Task.of(domain);
  const place = ring(task.payer, task.rank);
  const head = load<usize>(place);
  const partition = Partition.at(task.payer);
  if (head == 0) {
    domain.readyNext = domain.readyPrevious = at;
    store<usize>(place, at);
    const word = bits(partition, task.rank);
    store<u64>(word, load<u64>(word) | ((<u64>1) << (task.rank & 63)));
  } else {
    const before = changetype<Record>(head);
    domain.readyNext = head;
    domain.readyPrevious = before.readyPrevious;
    changetype<Record>(before.readyPrevious).readyNext = at;
    before.readyPrevious = at;
    if (first) store<usize>(place, at);
  }
  task.queued = 1;
  task.ready = me().time;
  partition.queued++;
  Time.own.queued++;
}

/** Takes a domain out of its ring. */
export function unqueue(domain: Record): void {
  const at = changetype<usize>(domain);
  const task = Task.of(domain);
  const place = ring(task.payer, task.rank);
  const partition = Partition.at(task.payer);
  if (domain.readyNext == at) {
    store<usize>(place, 0);
    const word = bits(partition, task.rank);
    store<u64>(word, load<u64>(word) & ~((<u64>1) << (task.rank & 63)));
  } else if (load<usize>(place) == at) store<usize>(place, domain.readyNext);
  changetype<Record>(domain.readyPrevious).readyNext = domain.readyNext;
  changetype<Record>(domain.readyNext).readyPrevious = domain.readyPrevious;
  domain.readyNext = domain.readyPrevious = 0;
  task.queued = 0;
  partition.queued--;
  Time.own.queued--;
}

/** The highest priority at which somebody of a partition waits; −1 with nobody. */
export function highest(partition: Partition): i32 {
  if (partition.ready3) return 255 - <i32>clz(partition.ready3);
  if (partition.ready2) return 191 - <i32>clz(partition.ready2);
  if (partition.ready1) return 127 - <i32>clz(partition.ready1);
  if (partition.ready0) return 63 - <i32>clz(partition.ready0);
  return -1;
}

/**
 * Who waits longest at a priority, of those that were ready by a time: with several processors the clock of the
 * one that put somebody back may be ahead. Nobody, where many are.
 */
export function firstReady(partition: u32, rank: u32, by: u64): Record | null {
  const first = load<usize>(ring(partition, rank));
  if (by == u64.MAX_VALUE) return changetype<Record>(first);
  let at = first;
  for (let left = BATCH; left > 0; left--) {
    const domain = changetype<Record>(at);
    if (Task.of(domain).ready <= by) return domain;
    at = domain.readyNext;
    if (at == first) return null;
  }
  return null;
}

/** Who waits longest at a priority. */
export function firstAt(partition: u32, rank: u32): Record {
  return changetype<Record>(load<usize>(ring(partition, rank)));
}
