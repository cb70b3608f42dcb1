// How a domain is scheduled: in which partition, and how it comes before others there.

import {
  DEFAULT_PRIORITY,
  PRIORITIES,
  SYSTEM_PARTITION,
  TASK_CRITICAL,
  TASK_FIFO,
  TASK_FLAGS,
  TASK_OWN_TIME,
  TASK_PARTITION,
  TASK_PRIORITY,
} from "../assembly/time-layout.js";
import { choice } from "./clock.js";
import type { Core } from "./core.js";
import type { Domain } from "./domain.js";
import { OptionError, StateError } from "./errors.js";
import { allocationOf, indexOf } from "./id.js";
import { whole, yes } from "./options.js";
import type { Partition } from "./partition.js";

/** Of a kernel with `partitions`. */
export interface ScheduleOptions {
  /** The System partition. */
  partition?: Partition;
  /** 0 to 255; of priority 0 are those that run when nobody else wants to. 10. */
  priority?: number;
  /** "rr": at the end of a slice the next of its priority has a turn. "fifo": it runs until it waits. "rr". */
  policy?: "rr" | "fifo";
  /** It may run on the critical budget of its partition. false */
  critical?: boolean;
  /** While it serves a call, it runs on the budget and with the priority of who called it. true */
  clientPays?: boolean;
}

/** What of it is a domain's own, without what has come with a message. */
export type Schedule = Readonly<Required<ScheduleOptions>>;

/** @internal */
export const SCHEDULE_NAMES = [
  "partition",
  "priority",
  "policy",
  "critical",
  "clientPays",
] as const;

/** As the kernel is told of it. @internal */
export interface Task {
  readonly partition: number;
  readonly priority: number;
  readonly flags: number;
}

const POLICIES = { rr: 0, fifo: TASK_FIFO } as const;

/**
 * What a domain is to have, options that are not given as it has them, or a new one does; undefined where none is
 * given. @throws {OptionError} @internal
 */
export function checkSchedule(
  core: Core,
  options: ScheduleOptions,
  domain?: Domain,
): Task | undefined {
  const given = SCHEDULE_NAMES.find((name) => options[name] !== undefined);
  if (!given) return undefined;
  const { partitions } = core;
  if (!partitions) {
    throw new OptionError(`${given}: this kernel has no partitions; create it with \`partitions\``);
  }
  const old = domain ? taskOf(core, domain) : NEW;
  const { partition, priority, policy, critical, clientPays } = options;
  const flags =
    flag(old, TASK_FIFO, policy, (policy) => choice("policy", policy, POLICIES) === "fifo") |
    flag(old, TASK_CRITICAL, critical, (critical) => yes("critical", critical)) |
    flag(old, TASK_OWN_TIME, clientPays, (pays) => !yes("clientPays", pays));
  return {
    partition:
      partition === undefined ? old.partition : partitions.of("partition", partition).index,
    priority:
      priority === undefined ? old.priority : whole("priority", priority, 0, PRIORITIES - 1),
    flags,
  };
}

/** @internal */
export function setTask(core: Core, domain: Domain, { partition, priority, flags }: Task): void {
  const { id, name } = domain;
  const status = core.exports.taskSet(indexOf(id), allocationOf(id), partition, priority, flags);
  core.check(status, `domain ${name}`);
}

/** @throws {StateError} @internal */
export function readSchedule(core: Core, domain: Domain): Schedule {
  const { partitions } = core;
  if (!partitions) {
    throw new StateError("scheduling: this kernel has no partitions; create it with `partitions`");
  }
  const { partition, priority, flags } = taskOf(core, domain);
  return {
    partition: partitions.all[partition]!,
    priority,
    policy: flags & TASK_FIFO ? "fifo" : "rr",
    critical: (flags & TASK_CRITICAL) !== 0,
    clientPays: (flags & TASK_OWN_TIME) === 0,
  };
}

const NEW: Task = { partition: SYSTEM_PARTITION, priority: DEFAULT_PRIORITY, flags: 0 };

function taskOf(core: Core, domain: Domain): Task {
  const at = (offset: number) => core.view.u8(core.timeBlock!.task(indexOf(domain.id), offset));
  return { partition: at(TASK_PARTITION), priority: at(TASK_PRIORITY), flags: at(TASK_FLAGS) };
}

/** A flag as an option says; as it was without one. */
function flag<Option>(
  { flags }: Task,
  bit: number,
  option: Option | undefined,
  isSet: (option: Option) => boolean,
): number {
  if (option === undefined) return flags & bit;
  return isSet(option) ? bit : 0;
}
