// Partitions: their budgets, and who waits in their queues (assembly/partition.ts).
//
// Partition invariant: the budgets sum to the whole; a queue is a ring of ready domains whose tasks have its
// partition for payer and its priority for rank, and who are on no other; a bit is set for each queue that
// is not empty; what is counted is so.

import {
  NODE_RECORD,
  PREPCODE_DOMAIN,
  RECORD_DOMAIN,
  RECORD_READY_NEXT,
  RECORD_READY_PREVIOUS,
  RECORD_STATE,
  STATE_READY,
} from "../../assembly/layout.js";
import { PROCESSOR_READY } from "../../assembly/processor-layout.js";
import {
  MAX_PARTITIONS,
  PARTITION_BANKRUPT,
  PARTITION_BUDGET,
  PARTITION_MAX,
  PARTITION_PARENT,
  PARTITION_QUEUED,
  PARTITION_READY,
  PRIORITIES,
  SYSTEM_PARTITION,
  TASK_CRITICAL,
  TASK_FIFO,
  TASK_FLAGS,
  TASK_IS_QUEUED,
  TASK_OWN_TIME,
  TASK_PARTITION,
  TASK_PAYER,
  TASK_RANK,
  TIME_QUEUED,
  WHOLE_BUDGET,
} from "../../assembly/time-layout.js";
import type { TimeStore } from "./time-store.js";

const ALL_FLAGS = TASK_FIFO | TASK_CRITICAL | TASK_OWN_TIME;

/** Answers which domains, by record, wait in a queue; `ready`: those in the rings of processors, who do not. */
export function checkPartitions(time: TimeStore, ready: Uint8Array): Uint8Array {
  checkBudgets(time);
  const queued = new Uint8Array(time.store.nodes);
  let all = 0;
  for (let index = 0; index < MAX_PARTITIONS; index++) all += checkQueues(time, index, queued);
  const found = time.u32(TIME_QUEUED);
  if (found !== all) time.store.findings.add("queued", "time block", found, all);
  checkTasks(time, queued);
  for (const index of time.store.runners) checkRing(time, index);
  queued.forEach((isQueued, record) => {
    if (!isQueued || !ready[record]) return;
    const name = time.store.nameOfRecord(record);
    time.store.findings.add("queue", name, "in the ring of a processor, too", "in one");
  });
  return queued;
}

/** What each is guaranteed beside its inferiors: together the whole, and nobody more than he may have. */
function checkBudgets(time: TimeStore): void {
  const { store, partitions } = time;
  const { findings } = store;
  let sum = 0;
  for (let index = 0; index < partitions; index++) {
    const name = `partition ${index}`;
    const at = time.partition(index);
    sum += store.u32(at + PARTITION_BUDGET);
    const max = store.u32(at + PARTITION_MAX);
    if (max > WHOLE_BUDGET) findings.add("budget", `${name}, max`, max, `0 to ${WHOLE_BUDGET}`);
    const parent = store.u32(at + PARTITION_PARENT);
    if (parent >= Math.max(index, 1)) findings.add("parent", name, parent, "an older one");
    const bankrupt = store.u32(at + PARTITION_BANKRUPT);
    if (bankrupt > 1) findings.add("bankrupt", name, bankrupt, "0 or 1");
    if (bankrupt !== 0 && index === SYSTEM_PARTITION) {
      findings.add("bankrupt", name, "System", "never");
    }
  }
  if (sum !== WHOLE_BUDGET) findings.add("budget", "all partitions", sum, WHOLE_BUDGET);
}

/** All queues of a partition; answers how many wait in them. */
function checkQueues(time: TimeStore, index: number, queued: Uint8Array): number {
  const { store } = time;
  const { findings } = store;
  const bits = time.partition(index) + PARTITION_READY;
  let count = 0;
  for (let priority = 0; priority < PRIORITIES; priority++) {
    const where = `partition ${index}, priority ${priority}`;
    const length = checkQueue(time, index, priority, queued);
    const bit = (store.u8(bits + (priority >> 3)) >> (priority & 7)) & 1;
    const isWaited = time.queue(index, priority) !== 0;
    if ((bit !== 0) !== isWaited) {
      findings.add("queue", `${where}, bit`, bit, isWaited ? "1: somebody waits" : "0: nobody");
    }
    if (isWaited && index >= time.partitions) {
      findings.add("queue", where, `${length} domains`, "no such partition");
    }
    count += length;
  }
  const found = store.u32(time.partition(index) + PARTITION_QUEUED);
  if (found !== count) findings.add("queued", `partition ${index}`, found, count);
  return count;
}

/** A ring, linked both ways, each in it ready and once; answers its length. */
function checkQueue(time: TimeStore, index: number, priority: number, queued: Uint8Array): number {
  const { store } = time;
  const { findings } = store;
  const where = `partition ${index}, priority ${priority}`;
  const head = time.queue(index, priority);
  let previous = 0;
  let length = 0;
  for (let at = head; at !== 0; ) {
    const record = store.recordAt(at);
    if (record === 0 || store.recordKind(record) !== RECORD_DOMAIN) {
      findings.add("queue", where, store.nameOf(at), "a domain");
      return length;
    }
    const name = store.nameOfRecord(record);
    if (queued[record]) {
      if (at === head && length > 0) checkLeft(time, at, previous);
      else findings.add("queue", where, `${name} again`, "the head, or another");
      return length;
    }
    queued[record] = 1;
    length++;
    const state = store.u8(at + RECORD_STATE);
    if (state !== STATE_READY) findings.add("queue", `${name}, state`, state, STATE_READY);
    const task = time.task(store.nodeOf(record));
    const payer = store.u8(task + TASK_PAYER);
    const rank = store.u8(task + TASK_RANK);
    if (payer !== index || rank !== priority) {
      findings.add("queue", name, `in that of ${where}`, `partition ${payer}, priority ${rank}`);
    }
    if (previous !== 0) checkLeft(time, at, previous);
    previous = at;
    at = store.u32(at + RECORD_READY_NEXT);
    if (at === 0) findings.add("queue", `${name}, next`, "none", "the next of the ring");
  }
  return length;
}

/** Who runs is alone in the ring of his processor: all others wait in their queues, and nobody is given. */
function checkRing({ store }: TimeStore, index: number): void {
  const head = store.processor(index, PROCESSOR_READY);
  if (head === 0 || store.recordAt(head) === 0) return;
  const next = store.u32(head + RECORD_READY_NEXT);
  if (next === head) return;
  const name = `processor ${index}, after ${store.nameOf(head)}`;
  store.findings.add("ready queue", name, store.nameOf(next), "itself: it is alone");
}

function checkLeft({ store }: TimeStore, at: number, previous: number): void {
  const found = store.u32(at + RECORD_READY_PREVIOUS);
  if (found === previous) return;
  store.findings.add(
    "queue",
    `${store.nameOf(at)}, previous`,
    store.nameOf(found),
    store.nameOf(previous),
  );
}

function checkTasks(time: TimeStore, queued: Uint8Array): void {
  const { store, partitions } = time;
  const { findings } = store;
  for (let index = 1; index < store.nodes; index++) {
    const task = time.task(index);
    const name = `node ${index}`;
    const isDomain = store.isAllocated(index) && store.prepcode(index) === PREPCODE_DOMAIN;
    const record = isDomain ? store.recordAt(store.u32(store.node(index) + NODE_RECORD)) : 0;
    const isQueued = record !== 0 && queued[record] === 1;
    const noted = store.u8(task + TASK_IS_QUEUED);
    if (noted !== Number(isQueued)) findings.add("task", `${name}, queued`, noted, isQueued);
    if (!isDomain) continue;
    for (const [what, offset] of [
      ["partition", TASK_PARTITION],
      ["payer", TASK_PAYER],
    ] as const) {
      const found = store.u8(task + offset);
      if (found >= partitions) findings.add("task", `${name}, ${what}`, found, `of ${partitions}`);
    }
    const flags = store.u8(task + TASK_FLAGS);
    if ((flags & ~ALL_FLAGS) !== 0) findings.add("task", `${name}, flags`, flags, ALL_FLAGS);
  }
}
