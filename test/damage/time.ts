// A kernel with partitions and a clock, to be damaged: queues, budgets, windows, and what was billed.

import * as layout from "../../assembly/layout.js";
import * as blocks from "../../assembly/processor-layout.js";
import * as time from "../../assembly/time-layout.js";
import { bursts, type Domain } from "../../src/index.js";
import { type OpenKernel, openKernel } from "../memory.js";
import { type Corruption, Damage, nodeOf } from "./damage.js";

const TICK = 16_000;
const PA = 1;
const PB = 2;
const HIGH = 20;
const HIGHEST = 30;

/** Who runs; two who wait behind each other in Pa; one in Pb; one who sleeps, one who has ended. */
export interface Timed extends OpenKernel {
  readonly domains: Record<"runs" | "first" | "second" | "other" | "asleep" | "ended", Domain>;
}

/** A kernel in the midst of a tick, after some whole windows. */
export function timedKernel(): Timed {
  const open = openKernel({
    ...{ nodes: 32, frames: 16, quantum: 5000 },
    billing: { tick: TICK, clock: { kind: "counter", read: 3 } },
    partitions: { window: 8 * TICK },
  });
  const { kernel } = open;
  const meter = kernel.primeMeter;
  const pa = kernel.createPartition({ name: "Pa", budget: 20, critical: 9000 });
  const pb = kernel.createPartition({ name: "Pb", budget: 10, max: 50 });
  const on = (plan: Parameters<typeof bursts>[0], options: object) =>
    kernel.createDomain({ meter, program: bursts(plan), ...options });
  const domains = {
    runs: on({ run: 9000 }, { priority: HIGH }),
    first: on({ run: 1000 }, { partition: pa }),
    second: on({ run: 900 }, { partition: pa, critical: true }),
    other: on({ run: 800 }, { partition: pb, policy: "fifo" }),
    asleep: on({ run: 100, wait: 50_000_000 }, { priority: HIGHEST }),
    ended: on({ run: 10, times: 1 }, { priority: HIGHEST }),
  };
  for (const domain of Object.values(domains)) domain.start();
  kernel.step({ cycles: 1_000_000 });
  // Until the one of the System partition runs, and all others wait.
  while (domains.runs.state !== "running") kernel.step({ cycles: 1000 });
  kernel.step({ cycles: 500 });
  return { ...open, domains };
}

export class TimeDamage extends Damage {
  #time(offset: number): number {
    return this.u32(this.control(layout.CONTROL_TIME)) + offset;
  }

  /** Sets a word of the options; answers what is found then. */
  option(offset: number, value: number): string {
    this.set32(this.#time(offset), value);
    return `found ${value}`;
  }

  share(index: number, offset: number): number {
    return this.#time(time.PARTITIONS_OFFSET + index * time.PARTITION_SIZE + offset);
  }

  queue(partition: number, priority: number): number {
    return this.#time(time.QUEUES_OFFSET + 4 * (partition * time.PRIORITIES + priority));
  }

  task(of: Domain, offset: number): number {
    return this.u32(this.#time(time.TIME_TASKS)) + this.index(of) * time.TASK_SIZE + offset;
  }

  timer(offset: number): number {
    return this.u32(this.#time(time.TIME_TIMERS)) + offset;
  }

  /** Of the window: a partition's cycles in a slot. */
  used(slot: number, partition: number): number {
    return this.timer(time.WINDOWS_OFFSET + slot * time.SLOT_SIZE + 16 * partition);
  }

  history(window: number, partition: number): number {
    return this.timer(time.HISTORY_OFFSET + 8 * (window * time.MAX_PARTITIONS + partition));
  }
}

export const TIMES: Corruption<Timed>[] = [];

function damage(
  invariant: string,
  what: string,
  act: (damage: TimeDamage, timed: Timed) => string,
): void {
  TIMES.push([invariant, what, (d, timed) => act(d as TimeDamage, timed)]);
}

// --- Where it is --------------------------------------------------------------------------------

damage("time", "partitions without time", (d) => {
  d.set32(d.control(layout.CONTROL_TIMED), time.PARTITIONED);
  return "control block, timed";
});

damage("time", "nowhere", (d) => {
  d.set32(d.control(layout.CONTROL_TIME), 0);
  return "control block, time";
});

damage("time", "too long a window", (d) => {
  d.option(time.TIME_SLOTS, 1000);
  return "ticks: found 1000";
});

damage("time", "no partition", (d) => {
  d.option(time.TIME_PARTITIONS, 0);
  return "partitions: found 0";
});

damage("time", "tasks elsewhere", (d) => {
  d.option(time.TIME_TASKS, 4096);
  return "tasks: found 4096";
});

damage("frames", "that are free", (d) => {
  d.bits(d.u32(d.control(layout.CONTROL_FRAME_BASE)), -1 << 1);
  d.bits(d.u32(d.control(layout.CONTROL_FRAME_BASE)) + 1, -1 << 1);
  return "time, what it knows";
});

// --- Partitions and queues ----------------------------------------------------------------------

damage("budget", "a part more than the whole", (d) => {
  d.set32(d.share(PA, time.PARTITION_BUDGET), 2001);
  return "all partitions: found 10001";
});

damage("budget", "a maximum above the whole", (d) => {
  d.set32(d.share(PB, time.PARTITION_MAX), 10_001);
  return "partition 2, max";
});

damage("parent", "that is younger", (d) => {
  d.set32(d.share(PA, time.PARTITION_PARENT), PB);
  return "partition 1";
});

damage("bankrupt", "the System partition", (d) => {
  d.set32(d.share(0, time.PARTITION_BANKRUPT), 1);
  return "partition 0";
});

damage("queue", "a bit for nobody", (d) => {
  d.bits(d.share(PA, time.PARTITION_READY + 31), 1 << 7);
  return "partition 1, priority 255, bit: found 1";
});

damage("queue", "no bit for who waits", (d) => {
  d.set32(d.share(PA, time.PARTITION_READY), 0);
  return "partition 1, priority 10, bit: found 0";
});

damage("queue", "that begins with nobody", (d) => {
  d.set32(d.queue(PA, 10), 4);
  return "partition 1, priority 10: found address 4";
});

damage("queue", "linked one way", (d, { domains }) => {
  d.set32(d.record(domains.second) + layout.RECORD_READY_PREVIOUS, 0);
  return `${nodeOf(d, domains.second)} record`;
});

damage("queue", "that has no end", (d, { domains }) => {
  d.set32(d.record(domains.first) + layout.RECORD_READY_NEXT, 0);
  return `${nodeOf(d, domains.first)} record`;
});

damage("queue", "of two partitions", (d, { domains }) => {
  d.set32(d.queue(PB, 11), d.record(domains.first));
  return "partition 2, priority 11";
});

damage("queue", "of another priority", (d, { domains }) => {
  d.set8(d.task(domains.other, time.TASK_RANK), 11);
  return nodeOf(d, domains.other);
});

damage("queue", "with one who is not ready", (d, { domains }) => {
  d.set8(d.record(domains.other) + layout.RECORD_STATE, layout.STATE_STOPPED);
  return `${nodeOf(d, domains.other)} record`;
});

damage("queue", "with the one that runs", (d, { domains }) => {
  d.set32(d.queue(0, HIGH), d.record(domains.runs));
  return `${nodeOf(d, domains.runs)} record`;
});

damage("queue", "of no partition", (d) => {
  d.option(time.TIME_PARTITIONS, 2);
  return "partition 2, priority 10: found 1 domains";
});

damage("queued", "one less", (d) => {
  d.set32(d.share(PA, time.PARTITION_QUEUED), 1);
  return "partition 1: found 1, expected 2";
});

damage("queued", "one more in all", (d) => {
  d.option(time.TIME_QUEUED, 4);
  return "time block: found 4, expected 3";
});

damage("task", "not queued", (d, { domains }) => {
  d.set8(d.task(domains.first, time.TASK_IS_QUEUED), 0);
  return `${nodeOf(d, domains.first)}, queued`;
});

damage("task", "queued asleep", (d, { domains }) => {
  d.set8(d.task(domains.asleep, time.TASK_IS_QUEUED), 1);
  return `${nodeOf(d, domains.asleep)}, queued`;
});

damage("task", "of no partition", (d, { domains }) => {
  d.set8(d.task(domains.asleep, time.TASK_PARTITION), 3);
  return `${nodeOf(d, domains.asleep)}, partition`;
});

damage("task", "with unknown flags", (d, { domains }) => {
  d.set8(d.task(domains.asleep, time.TASK_FLAGS), 64);
  return `${nodeOf(d, domains.asleep)}, flags`;
});

damage("state", "ready and lost", (d, { domains }) => {
  d.set32(d.queue(PB, 10), 0);
  return `${nodeOf(d, domains.other)}: found nowhere`;
});

damage("ready queue", "a second one in the ring", (d, { domains }) => {
  d.set32(d.record(domains.runs) + layout.RECORD_READY_NEXT, d.record(domains.ended));
  return "processor 0, after";
});

// --- Timers -------------------------------------------------------------------------------------

damage("occupant", "another than the head", (d, { domains }) => {
  d.set32(d.timer(time.TIMER_OCCUPANT), d.record(domains.first));
  return "processor 0";
});

damage("occupant", "critical beyond all measure", (d) => {
  d.set32(d.timer(time.TIMER_CRITICAL), 2);
  return "processor 0, critical";
});

damage("running", "in another partition", (d, { domains }) => {
  d.set8(d.task(domains.runs, time.TASK_PAYER), PB);
  return "partition 0: found 1, expected 0";
});

damage("running", "nobody", (d) => {
  d.set32(d.share(0, time.PARTITION_RUNNING), 0);
  return "partition 0: found 0, expected 1";
});

damage("timer", "read in times to come", (d) => {
  d.set64(d.timer(time.TIMER_READ_AT), 1n << 40n);
  return "processor 0, read at";
});

damage("timer", "a tick too many", (d) => {
  d.add64(d.timer(time.TIMER_TICKS), 1n);
  return "processor 0, ticks";
});

damage("window", "a slot beyond it", (d) => {
  d.set32(d.timer(time.TIMER_SLOT), 8);
  return "processor 0, slot";
});

damage("window", "a history without end", (d) => {
  d.set32(d.timer(time.TIMER_WINDOW), time.HISTORY_WINDOWS);
  return "processor 0, window";
});

damage("window", "a cycle in no slot", (d) => {
  d.add64(d.timer(time.TIMER_USED + 16 * PA), 1n);
  return "processor 0, partition 1, used";
});

damage("window", "a cycle in a slot only", (d) => {
  d.add64(d.used(7, PB), 1n);
  return "processor 0, partition 2, used";
});

damage("window", "a critical cycle in a slot that is not in use", (d) => {
  d.add64(d.used(100, PB) + 8, 1n);
  return "processor 0, partition 2, critical";
});

damage("used", "not as the windows", (d) => {
  d.add64(d.share(PA, time.PARTITION_USED), 1n);
  return "partition 1, used: ";
});

damage("used", "critical, not as the windows", (d) => {
  d.add64(d.share(PA, time.PARTITION_CRITICAL_USED), 1n);
  return "partition 1, critical used";
});

damage("used", "not as the last ten windows", (d) => {
  d.add64(d.share(PA, time.PARTITION_USED_10), 1n);
  return "partition 1, used in 10 windows";
});

damage("used", "a window that no sum has", (d) => {
  d.add64(d.history(50, PA), 1n);
  return "partition 1, used in 100 windows";
});

damage("used", "more critical cycles than there were", (d) => {
  d.add64(d.share(PA, time.PARTITION_CRITICAL_TOTAL), 1n << 50n);
  return "partition 1, critical total";
});

// --- Cycles -------------------------------------------------------------------------------------

damage("ran", "a cycle for nobody", (d, { domains }) => {
  d.add64(d.task(domains.ended, time.TASK_RAN), 1n);
  return "processors";
});

damage("ran", "since too long ago", (d) => {
  d.add64(d.timer(time.TIMER_SINCE), -1n);
  return "processors";
});

damage("ran", "a cycle that was idle, too", (d) => {
  d.add64(d.processor(blocks.PROCESSOR_STATISTICS + 8 * blocks.STATISTIC_IDLE), 1n);
  return "processors";
});

damage("billed", "a cycle to no partition", (d) => {
  d.add64(d.share(PB, time.PARTITION_TOTAL), -1n);
  return "partitions";
});

damage("billed", "a debt that nobody made", (d, { domains }) => {
  d.add64(d.task(domains.asleep, time.TASK_OWED), 1n);
  return "partitions";
});

damage("billed", "a cycle to nobody", (d) => {
  d.add64(d.timer(time.TIMER_IDLE), 1n);
  return "as the clocks say";
});

damage("billed", "what the host has not charged", (d) => {
  const at = d.u32(d.control(layout.CONTROL_TIME)) + time.TIME_CHARGED;
  d.add64(at, 1n);
  return "charged 1";
});
