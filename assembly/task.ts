// What the scheduler and the bill know of a domain beside its record: a task for each node, there if
// time is open. A domain runs with a partition and a priority of its own, or, while it does what a
// client waits for, with that client's.

import { Node } from "./node";
import { Record } from "./record";
import {
  DEFAULT_PRIORITY,
  SYSTEM_PARTITION,
  TASK_CRITICAL,
  TASK_FIFO,
  TASK_FLAGS,
  TASK_IS_QUEUED,
  TASK_OWED,
  TASK_OWN_TIME,
  TASK_PARTITION,
  TASK_PAYER,
  TASK_READY,
  TASK_SIZE,
  TASK_SLICE,
} from "./time-layout";
import { Time } from "./timer";

/** Fields as in time-layout.ts. */
@unmanaged
export class Task {
  ran: u64;
  owed: u64;
  partition: u8;
  priority: u8;
  flags: u8;
  spare: u8;
  payer: u8;
  rank: u8;
  critical: u8;
  queued: u8;
  slice: u32;
  ready: u64;

  static at(node: u32): Task {
    return changetype<Task>(Time.own.tasks + <usize>node * TASK_SIZE);
  }

  static of(domain: Record): Task {
    return Task.ofNode(domain.node);
  }

  static ofNode(node: Node): Task {
    return Task.at(node.index);
  }

  /** As of a new domain; what the last one of this node ran and owed is not forgotten. */
  reset(): void {
    Time.own.goneRan += this.ran;
    Time.own.goneOwed += this.owed;
    this.ran = this.owed = 0;
    this.partition = <u8>SYSTEM_PARTITION;
    this.priority = <u8>DEFAULT_PRIORITY;
    this.flags = 0;
    this.queued = 0;
    this.slice = 0;
    this.goHome();
  }

  /** It runs with what is its own. */
  goHome(): void {
    this.payer = this.partition;
    this.rank = this.priority;
    this.critical = <u8>((this.flags & TASK_CRITICAL) != 0);
  }

  /** It runs for a client that waits for it, who pays (A.4). */
  serve(client: Task): void {
    if ((this.flags & TASK_OWN_TIME) != 0) return;
    this.payer = client.payer;
    this.rank = client.rank;
    this.critical = client.critical;
  }

  /** Whether it runs on until it waits, or has slices. */
  get isFifo(): bool {
    return (this.flags & TASK_FIFO) != 0;
  }

  /** Whether one can take the place of the other. */
  isLike(other: Task): bool {
    return this.payer == other.payer && this.rank == other.rank && this.critical == other.critical;
  }
}

if (
  offsetof<Task>("owed") != TASK_OWED ||
  offsetof<Task>("partition") != TASK_PARTITION ||
  offsetof<Task>("flags") != TASK_FLAGS ||
  offsetof<Task>("payer") != TASK_PAYER ||
  offsetof<Task>("queued") != TASK_IS_QUEUED ||
  offsetof<Task>("slice") != TASK_SLICE ||
  offsetof<Task>("ready") != TASK_READY ||
  <i32>offsetof<Task>() > TASK_SIZE
) {
  ERROR("tasks are not as time-layout.ts says");
}
