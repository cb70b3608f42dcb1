// The options of createKernel and their checks.

import {
  DEFAULT_ADVANCE,
  DEFAULT_FRAMES,
  DEFAULT_NODES,
  DEFAULT_QUANTUM,
  MAX_NODES,
  MAX_PROCESSORS,
  MAX_RUN,
} from "../assembly/layout.js";
import {
  type BillingOptions,
  type CheckedTime,
  checkTime,
  type PartitioningOptions,
  sliceOf,
} from "./billing.js";
import { OptionError } from "./errors.js";
import {
  type CheckedResidence,
  checkResidence,
  type ResidenceOptions,
} from "./residence-options.js";

export interface KernelOptions {
  /**
   * Meters, domains, joins, waits and pages that there can be at one time, the prime meter included; a domain
   * with an ELF program counts twice. 65,536.
   */
  nodes?: number;
  /** 4 KiB frames for the memories of domains and their decoded programs. 32,768. */
  frames?: number;
  /** Cycles of a slice, 1 (the dearest of `costs`) to 1,000,000. 100,000; with `partitions` 4 ticks. */
  quantum?: number;
  /** Cycles that a refill asks for, from 1. 80,000,000: five seconds of a 16 MHz clock. */
  advance?: bigint;
  /** Near exhaustion, ask for an eighth of the smallest counter only (R11). */
  tapered?: boolean;
  /** Also emit "slice", "refill", "wait", "charge" and "message" events. */
  trace?: boolean;
  /** Cycles charged to a domain for kernel work on its behalf (R10). All 0. */
  kernelCosts?: { refill?: number; visit?: number; switch?: number; invoke?: number };
  /** Cycles per class of instruction of the target CPU, 1 to 255. All 1. */
  costs?: Partial<Record<InstructionClass, number>>;
  /** Walk whole trees even where the dry bits spare it: to show what they are for. */
  ignoreDry?: boolean;
  /** How many processors run domains at the same time, each a worker thread, 1 to 16. 1: none is. */
  processors?: number;
  /**
   * Simulates the `processors` in the host's own thread, who take turns as this number says, 0 to 2^32 − 1:
   * what happens when is the same on every machine.
   */
  seed?: number;
  /** Domains are billed by the readings of a clock, and not by counting their cycles. */
  billing?: BillingOptions;
  /** Domains are in partitions, each with a part of the processors' time. */
  partitions?: PartitioningOptions;
  /** The memories of domains are paged, and who uses core pays for it. `{}` takes the defaults. */
  residence?: ResidenceOptions;
  /**
   * The bytes of another build of the kernel, such as the one with assertions; with several processors,
   * of a shared one.
   */
  build?: Uint8Array;
}

export const INSTRUCTION_CLASSES = [
  "alu",
  "multiply",
  "divide",
  "load",
  "store",
  "branch",
  "jump",
  "atomic",
  "csr",
  "fence",
  "ecall",
] as const;
export type InstructionClass = (typeof INSTRUCTION_CLASSES)[number];

/** With what they are where they are not given. @internal */
export type CheckedOptions = Required<
  Omit<KernelOptions, "build" | "kernelCosts" | "seed" | "billing" | "partitions" | "residence">
> & {
  /** Billing by a clock, and partitions. */
  time: CheckedTime | undefined;
  residence: CheckedResidence | undefined;
  seed: number | undefined;
  kernelCosts: Required<NonNullable<KernelOptions["kernelCosts"]>>;
  build: Uint8Array | undefined;
};

const MAX_FRAMES = 1 << 20;
const U32 = 2 ** 32 - 1;

/** Fills in the defaults. @throws {OptionError} that names the option and what was expected. @internal */
export function checkOptions(options: KernelOptions): CheckedOptions {
  checkNames("createKernel", options, [
    "nodes",
    "frames",
    "quantum",
    "advance",
    "tapered",
    "trace",
    "kernelCosts",
    "costs",
    "ignoreDry",
    "processors",
    "seed",
    "billing",
    "partitions",
    "residence",
    "build",
  ]);
  const { kernelCosts = {}, costs = {} } = options;
  checkNames("kernelCosts", kernelCosts, ["refill", "visit", "switch", "invoke"]);
  checkNames("costs", costs, INSTRUCTION_CLASSES);
  // A slice must hold any instruction, or who comes to a dear one would never get past it.
  let dearest = 1;
  for (const [name, cost] of Object.entries(costs)) {
    dearest = Math.max(dearest, whole(`costs.${name}`, cost, 1, 255));
  }
  const advance = cycles("advance", options.advance ?? BigInt(DEFAULT_ADVANCE));
  if (advance === 0n) throw new OptionError("advance: found 0n, expected at least 1n cycle");
  if (options.build !== undefined && !(options.build instanceof Uint8Array)) {
    throw new OptionError("build: expected the bytes of a kernel, a Uint8Array");
  }
  if (options.seed !== undefined && options.processors === undefined) {
    throw new OptionError("seed: it needs `processors`, how many take turns as it says");
  }
  const time = checkTime(options.billing, options.partitions);
  const quantum = time?.partitions ? sliceOf(time.tick, dearest) : DEFAULT_QUANTUM;
  const processors = whole("processors", options.processors ?? 1, 1, MAX_PROCESSORS);
  const several = processors > 1 || options.seed !== undefined;
  return {
    nodes: whole("nodes", options.nodes ?? DEFAULT_NODES, 2, MAX_NODES),
    frames: whole("frames", options.frames ?? DEFAULT_FRAMES, 0, MAX_FRAMES),
    quantum: whole("quantum", options.quantum ?? quantum, dearest, MAX_RUN),
    advance,
    tapered: yes("tapered", options.tapered ?? false),
    trace: yes("trace", options.trace ?? false),
    ignoreDry: yes("ignoreDry", options.ignoreDry ?? false),
    kernelCosts: {
      refill: whole("kernelCosts.refill", kernelCosts.refill ?? 0, 0, MAX_RUN),
      visit: whole("kernelCosts.visit", kernelCosts.visit ?? 0, 0, MAX_RUN),
      switch: whole("kernelCosts.switch", kernelCosts.switch ?? 0, 0, MAX_RUN),
      invoke: whole("kernelCosts.invoke", kernelCosts.invoke ?? 0, 0, MAX_RUN),
    },
    costs,
    processors,
    seed: options.seed === undefined ? undefined : u32("seed", options.seed),
    time,
    residence: checkResidence(options.residence, several),
    build: options.build,
  };
}

/** A name that was given, if one was. @throws {OptionError} */
export function nameOf(name: string | undefined): string | undefined {
  if (name === undefined || (typeof name === "string" && name !== "")) return name;
  throw new OptionError(`name: found ${show(name)}, expected a text that is not empty`);
}

/** A whole number in a range. @throws {OptionError} */
export function whole(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new OptionError(
      `${name}: found ${show(value)}, expected a whole number from ${min} to ${max}`,
    );
  }
  return value;
}

/** A count of cycles that fits a counter. @throws {OptionError} */
export function cycles(name: string, value: bigint): bigint {
  if (typeof value !== "bigint" || value < 0n || value >= 1n << 64n) {
    throw new OptionError(
      `${name}: found ${show(value)}, expected a bigint from 0n to 2n ** 64n - 1n`,
    );
  }
  return value;
}

/** A 32-bit count. @throws {OptionError} */
export function u32(name: string, value: number, min = 0): number {
  return whole(name, value, min, U32);
}

/** @throws {OptionError} */
export function yes(name: string, value: boolean): boolean {
  if (typeof value !== "boolean") {
    throw new OptionError(`${name}: found ${show(value)}, expected true or false`);
  }
  return value;
}

/** @throws {OptionError} for what can't be called. */
export function callable(name: string, value: unknown): void {
  if (typeof value !== "function") {
    throw new OptionError(`${name}: found ${show(value)}, expected a function`);
  }
}

/** Refuses what is not an object, and names that mean nothing. @throws {OptionError} */
export function checkNames(what: string, options: object, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new OptionError(`${what}: found ${show(options)}, expected an object of options`);
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new OptionError(`${what}: no option "${name}", expected one of ${names.join(", ")}`);
    }
  }
}

/** A value as it would be written, for messages. */
export function show(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
