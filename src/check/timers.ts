// Timers: the windows of each processor, who runs there, and that no cycle is lost between what processors
// spent, what clocks said, and what was billed (assembly/billing.ts, window.ts).

import {
  PROCESSOR_READY,
  PROCESSOR_STATISTICS,
  PROCESSOR_TIME,
  STATISTIC_IDLE,
} from "../../assembly/processor-layout.js";
import {
  BY_TICK,
  CLOCK_COUNTDOWN,
  HISTORY_OFFSET,
  HISTORY_WINDOWS,
  MAX_PARTITIONS,
  PARTITION_CRITICAL_TOTAL,
  PARTITION_CRITICAL_USED,
  PARTITION_RUNNING,
  PARTITION_TOTAL,
  PARTITION_USED,
  PARTITION_USED_10,
  PARTITION_USED_100,
  SLOT_SIZE,
  TASK_OWED,
  TASK_PAYER,
  TASK_RAN,
  TIME_BY,
  TIME_CHARGED,
  TIME_CLOCK,
  TIME_GONE_OWED,
  TIME_GONE_RAN,
  TIME_SLOTS_MOST,
  TIME_TICK,
  TIMER_BACKWARDS,
  TIMER_CRITICAL,
  TIMER_IDLE,
  TIMER_LAST,
  TIMER_OCCUPANT,
  TIMER_READ_AT,
  TIMER_SINCE,
  TIMER_SLOT,
  TIMER_TICKS,
  TIMER_USED,
  TIMER_WINDOW,
  WINDOWS_OFFSET,
} from "../../assembly/time-layout.js";
import type { TimeStore } from "./time-store.js";

const TENTH = 10;

export function checkTimers(time: TimeStore): void {
  const running = new Array<number>(MAX_PARTITIONS).fill(0);
  for (const index of time.store.runners) {
    checkTimer(time, index);
    checkOccupant(time, index, running);
    if (time.isPartitioned) checkWindows(time, index);
  }
  checkTruth(time);
  if (!time.isPartitioned) return;
  for (let index = 0; index < MAX_PARTITIONS; index++) {
    checkPartition(time, index);
    const found = time.store.u32(time.partition(index) + PARTITION_RUNNING);
    if (found === running[index]) continue;
    time.store.findings.add("running", `partition ${index}`, found, running[index]);
  }
}

/** `consumed`: by all domains, as the prime meter has it. */
export function checkBill(time: TimeStore, consumed: bigint): void {
  const { store } = time;
  const owed = time.sumOfTasks(TASK_OWED) + time.u64(TIME_GONE_OWED);
  const billed = consumed + owed;
  const parts = `consumed ${consumed} + owed ${owed}`;
  if (time.isPartitioned) {
    let total = 0n;
    for (let i = 0; i < time.partitions; i++)
      total += store.u64(time.partition(i) + PARTITION_TOTAL);
    if (total !== billed) store.findings.add("billed", "partitions", total, parts);
  }
  const said = clocks(time);
  if (said === undefined) return;
  const idle = time.sum(TIMER_IDLE);
  const charged = time.u64(TIME_CHARGED);
  const found = BigInt.asUintN(64, billed + idle - charged);
  if (found === said) return;
  const name = `${parts} + idle ${idle} − charged ${charged}`;
  store.findings.add("billed", name, found, `${said}, as the clocks say`);
}

/** Cycles that the clocks told of; undefined: one has gone back, which is charged to nobody. */
function clocks(time: TimeStore): bigint | undefined {
  if (time.u32(TIME_BY) === BY_TICK) return time.sum(TIMER_TICKS) * BigInt(time.u32(TIME_TICK));
  const isCountdown = time.u32(TIME_CLOCK) === CLOCK_COUNTDOWN;
  if (isCountdown && time.sum(TIMER_BACKWARDS) > 0n) return undefined;
  return time.sum(TIMER_LAST);
}

/** What processors spent for domains and for nobody is all of their time, whatever any clock says. */
function checkTruth(time: TimeStore): void {
  const { store } = time;
  let ran = time.sumOfTasks(TASK_RAN) + time.u64(TIME_GONE_RAN);
  for (const index of store.runners) {
    const timer = time.timer(index);
    if (store.u32(timer + TIMER_OCCUPANT) === 0) continue;
    ran += store.processor64(index, PROCESSOR_TIME) - store.u64(timer + TIMER_SINCE);
  }
  const idle = store.total64(PROCESSOR_STATISTICS + 8 * STATISTIC_IDLE);
  const all = store.total64(PROCESSOR_TIME);
  if (all === BigInt.asUintN(64, ran + idle)) return;
  store.findings.add("ran", "processors", all, `idle ${idle} + ran ${ran}`);
}

function checkTimer(time: TimeStore, index: number): void {
  const { store } = time;
  const { findings } = store;
  const timer = time.timer(index);
  const name = `processor ${index}`;
  const now = store.processor64(index, PROCESSOR_TIME);
  const read = store.u64(timer + TIMER_READ_AT);
  if (read > now) findings.add("timer", `${name}, read at`, read, `at most ${now}`);
  const ticks = store.u64(timer + TIMER_TICKS);
  const most = now / BigInt(Math.max(time.u32(TIME_TICK), 1));
  if (ticks > most) findings.add("timer", `${name}, ticks`, ticks, `at most ${most}`);
  const slot = store.u32(timer + TIMER_SLOT);
  if (time.isPartitioned && slot >= time.slots) {
    findings.add("window", `${name}, slot`, slot, `below ${time.slots}`);
  }
  const window = store.u32(timer + TIMER_WINDOW);
  if (window >= HISTORY_WINDOWS) {
    findings.add("window", `${name}, window`, window, `below ${HISTORY_WINDOWS}`);
  }
}

/** Who runs is the head of the ready ring; he is counted with the partition that pays for him. */
function checkOccupant(time: TimeStore, index: number, running: number[]): void {
  const { store } = time;
  const { findings } = store;
  const timer = time.timer(index);
  const name = `processor ${index}`;
  const occupant = store.u32(timer + TIMER_OCCUPANT);
  const head = store.processor(index, PROCESSOR_READY);
  const critical = store.u32(timer + TIMER_CRITICAL);
  if (critical > 1) findings.add("occupant", `${name}, critical`, critical, "0 or 1");
  if (occupant === 0) return;
  if (occupant !== head) {
    findings.add("occupant", name, store.nameOf(occupant), `${store.nameOf(head)}, its head`);
  }
  const record = store.recordAt(occupant);
  if (record === 0) return;
  const since = store.u64(timer + TIMER_SINCE);
  const now = store.processor64(index, PROCESSOR_TIME);
  if (since > now) findings.add("timer", `${name}, since`, since, `at most ${now}`);
  const payer = store.u8(time.task(store.nodeOf(record)) + TASK_PAYER);
  if (payer < MAX_PARTITIONS) running[payer]!++;
}

/** What a window holds is the sum of its slots, and there are no others. */
function checkWindows(time: TimeStore, index: number): void {
  const { store } = time;
  const timer = time.timer(index);
  const most = time.u32(TIME_SLOTS_MOST);
  for (let partition = 0; partition < MAX_PARTITIONS; partition++) {
    for (const [what, field] of [
      ["used", 0],
      ["critical", 8],
    ] as const) {
      const at = 16 * partition + field;
      let sum = 0n;
      for (let slot = 0; slot < most; slot++) {
        const place = timer + WINDOWS_OFFSET + slot * SLOT_SIZE + at;
        // Most are empty, and a bigint takes its time.
        if (store.u32(place) !== 0 || store.u32(place + 4) !== 0) sum += store.u64(place);
      }
      const found = store.u64(timer + TIMER_USED + at);
      if (found === sum) continue;
      const where = `processor ${index}, partition ${partition}, ${what}`;
      store.findings.add("window", where, found, `${sum}, as its slots`);
    }
  }
}

/** What a partition used is the sum of all processors' windows. */
function checkPartition(time: TimeStore, index: number): void {
  const { store } = time;
  const { findings } = store;
  const at = time.partition(index);
  const name = `partition ${index}`;
  const expected: [what: string, offset: number, sum: bigint][] = [
    ["used", PARTITION_USED, time.sum(TIMER_USED + 16 * index)],
    ["critical used", PARTITION_CRITICAL_USED, time.sum(TIMER_USED + 16 * index + 8)],
    ["used in 10 windows", PARTITION_USED_10, history(time, index, TENTH)],
    ["used in 100 windows", PARTITION_USED_100, history(time, index, HISTORY_WINDOWS)],
  ];
  for (const [what, offset, sum] of expected) {
    const found = store.u64(at + offset);
    if (found !== sum) findings.add("used", `${name}, ${what}`, found, sum);
  }
  const all = store.u64(at + PARTITION_TOTAL);
  const critical = store.u64(at + PARTITION_CRITICAL_TOTAL);
  if (critical > all) findings.add("used", `${name}, critical total`, critical, `at most ${all}`);
}

/** In the last so many whole windows, on all processors. */
function history(time: TimeStore, index: number, windows: number): bigint {
  let sum = 0n;
  for (const timer of time.timers) {
    const next = time.store.u32(timer + TIMER_WINDOW) % HISTORY_WINDOWS;
    for (let ago = 1; ago <= windows; ago++) {
      const place = (next + HISTORY_WINDOWS - ago) % HISTORY_WINDOWS;
      sum += time.store.u64(timer + HISTORY_OFFSET + 8 * (place * MAX_PARTITIONS + index));
    }
  }
  return sum;
}
