// What billing by a clock and partitions have in memory, as the checker reads it (assembly/time-layout.ts):
// by index, once it is known to lie where it must.

import { CONTROL_TIME, CONTROL_TIMED, PAGE_SIZE } from "../../assembly/layout.js";
import { PROCESSOR_TIME } from "../../assembly/processor-layout.js";
import {
  MAX_PARTITIONS,
  MAX_TICKS,
  PARTITION_SIZE,
  PARTITIONED,
  PARTITIONS_OFFSET,
  PRIORITIES,
  QUEUES_OFFSET,
  SLOT_SIZE,
  TASK_RAN,
  TASK_SIZE,
  TASKS_OFFSET,
  TIME_PARTITIONS,
  TIME_SLOTS,
  TIME_SLOTS_MOST,
  TIME_TASKS,
  TIME_TIMER_SIZE,
  TIME_TIMERS,
  TIMED,
  TIMER_OCCUPANT,
  TIMER_SINCE,
  WINDOWS_OFFSET,
} from "../../assembly/time-layout.js";
import type { Store } from "./store.js";

export class TimeStore {
  readonly store: Store;
  readonly base: number;
  readonly isPartitioned: boolean;
  /** How many partitions there are, and ticks of a window. */
  readonly partitions: number;
  readonly slots: number;
  /** Where it ends. */
  readonly end: number;
  readonly #tasks: number;
  readonly #timers: number;
  readonly #timerSize: number;

  private constructor(store: Store) {
    this.store = store;
    this.base = store.control(CONTROL_TIME);
    this.isPartitioned = (store.control(CONTROL_TIMED) & PARTITIONED) !== 0;
    this.partitions = store.u32(this.base + TIME_PARTITIONS);
    this.slots = store.u32(this.base + TIME_SLOTS);
    this.#tasks = store.u32(this.base + TIME_TASKS);
    this.#timers = store.u32(this.base + TIME_TIMERS);
    this.#timerSize = store.u32(this.base + TIME_TIMER_SIZE);
    this.end = this.#timers + (store.processors + 1) * this.#timerSize;
  }

  /** What there is, or undefined: nobody opened it, or it lies where nothing can be found. */
  static open(store: Store): TimeStore | undefined {
    const { findings } = store;
    const timed = store.control(CONTROL_TIMED);
    if (timed === 0) return undefined;
    if (timed !== TIMED && timed !== (TIMED | PARTITIONED)) {
      findings.add("time", "control block, timed", timed, "0, 1 or 3");
      return undefined;
    }
    const base = store.control(CONTROL_TIME);
    const frames = store.frameBase + store.frames * PAGE_SIZE;
    if (base < store.frameBase || base % PAGE_SIZE !== 0 || base + TASKS_OFFSET > frames) {
      findings.add("time", "control block, time", `address ${base}`, "a frame");
      return undefined;
    }
    const time = new TimeStore(store);
    return time.#isSound(frames) ? time : undefined;
  }

  #isSound(frames: number): boolean {
    const { findings, nodes } = this.store;
    const most = this.store.u32(this.base + TIME_SLOTS_MOST);
    const tasks = this.base + TASKS_OFFSET;
    const timers = tasks + Math.ceil((nodes * TASK_SIZE) / PAGE_SIZE) * PAGE_SIZE;
    const size = WINDOWS_OFFSET + Math.ceil((most * SLOT_SIZE) / PAGE_SIZE) * PAGE_SIZE;
    const expected: [what: string, found: number, isRight: boolean, text: string][] = [
      ["most ticks", most, most <= MAX_TICKS, `at most ${MAX_TICKS}`],
      ["ticks", this.slots, this.#hasWindow(most), `1 to ${most}`],
      ["partitions", this.partitions, this.#hasPartitions, `1 to ${MAX_PARTITIONS}, if any`],
      ["tasks", this.#tasks, this.#tasks === tasks, `${tasks}`],
      ["timers", this.#timers, this.#timers === timers, `${timers}`],
      ["size of a timer", this.#timerSize, this.#timerSize === size, `${size}`],
      ["end", this.end, this.end <= frames, `at most ${frames}`],
    ];
    const wrong = expected.filter(([, , isRight]) => !isRight);
    for (const [what, found, , text] of wrong) findings.add("time", what, found, text);
    return wrong.length === 0;
  }

  #hasWindow(most: number): boolean {
    return !this.isPartitioned || (this.slots >= 1 && this.slots <= most);
  }

  get #hasPartitions(): boolean {
    const { partitions, isPartitioned } = this;
    return isPartitioned ? partitions >= 1 && partitions <= MAX_PARTITIONS : partitions <= 1;
  }

  u32(offset: number): number {
    return this.store.u32(this.base + offset);
  }

  u64(offset: number): bigint {
    return this.store.u64(this.base + offset);
  }

  partition(index: number): number {
    return this.base + PARTITIONS_OFFSET + index * PARTITION_SIZE;
  }

  /** The first in the queue of a partition and a priority. */
  queue(partition: number, priority: number): number {
    return this.store.u32(this.base + QUEUES_OFFSET + 4 * (partition * PRIORITIES + priority));
  }

  /** What the scheduler knows of the domain with that node. */
  task(node: number): number {
    return this.#tasks + node * TASK_SIZE;
  }

  /** Of a participant. */
  timer(index: number): number {
    return this.#timers + index * this.#timerSize;
  }

  /** What processors have spent for the domain with that node and record, up to now. */
  ranOf(node: number, record: number): bigint {
    const { store } = this;
    let ran = store.u64(this.task(node) + TASK_RAN);
    for (const index of store.runners) {
      const timer = this.timer(index);
      if (store.u32(timer + TIMER_OCCUPANT) !== record) continue;
      ran += store.processor64(index, PROCESSOR_TIME) - store.u64(timer + TIMER_SINCE);
    }
    return ran;
  }

  /** Those of the participants that run domains. */
  get timers(): readonly number[] {
    return this.store.runners.map((index) => this.timer(index));
  }

  /** A 64-bit field of them all. */
  sum(offset: number): bigint {
    return this.timers.reduce((sum, timer) => sum + this.store.u64(timer + offset), 0n);
  }

  /** A 64-bit field of all tasks. */
  sumOfTasks(offset: number): bigint {
    let sum = 0n;
    for (let node = 1; node < this.store.nodes; node++) {
      sum += this.store.u64(this.task(node) + offset);
    }
    return sum;
  }
}
