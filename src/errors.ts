import type { Domain } from "./domain.js";
import type { Meter } from "./meter.js";

/** What every error of this package extends: `code` names the kind, for programs. */
export class PrimemeterError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An argument or option of the wrong type or outside its range. */
export class OptionError extends PrimemeterError {
  constructor(message: string) {
    super("BAD_OPTION", message);
  }
}

export type ElfErrorCode =
  | "ELF_MAGIC"
  | "ELF_CLASS"
  | "ELF_ENDIAN"
  | "ELF_VERSION"
  | "ELF_TYPE"
  | "ELF_MACHINE"
  | "ELF_FLOAT_ABI"
  | "ELF_EMBEDDED_ABI"
  | "ELF_HEADER"
  | "ELF_TRUNCATED"
  | "ELF_DYNAMIC"
  | "ELF_SEGMENT"
  | "ELF_ENTRY";

/** A program file that is not a static 32-bit RISC-V executable, or is malformed. */
export class ElfError extends PrimemeterError {
  declare readonly code: ElfErrorCode;

  constructor(code: ElfErrorCode, message: string) {
    super(code, message);
  }
}

/** The handle or key names a node that was rescinded. */
export class RescindedError extends PrimemeterError {
  constructor(what: string) {
    super("RESCINDED", `${what} was rescinded: every key to it is void`);
  }
}

/** The kernel has no room for what was asked; the message names the option that would make it. */
export class CapacityError extends PrimemeterError {
  declare readonly code: "NO_NODES" | "NO_FRAMES" | "NO_PAGES" | "NO_MEMORY";

  constructor(code: "NO_NODES" | "NO_FRAMES" | "NO_PAGES" | "NO_MEMORY", message: string) {
    super(code, message);
  }
}

/** A counter would pass 2^64 − 1. Nothing was changed. */
export class CounterOverflowError extends PrimemeterError {
  constructor(message: string) {
    super("COUNTER_OVERFLOW", message);
  }
}

/** The operation does not fit the state of its object, such as starting a domain that has ended. */
export class StateError extends PrimemeterError {
  constructor(message: string) {
    super("WRONG_STATE", message);
  }
}

/** A node whose slots are not as a meter's must be (0x408 for a domain under it). */
export class MalformedMeterError extends PrimemeterError {
  constructor(message: string) {
    super("MALFORMED_METER", message);
  }
}

/**
 * There is no running on several processors: the environment lacks what they need, or their workers end
 * again and again. The kernel is as it was before the workers went.
 */
export class ProcessorError extends PrimemeterError {
  declare readonly code: "NO_WORKERS" | "WORKERS_DIED";

  constructor(code: "NO_WORKERS" | "WORKERS_DIED", message: string, cause?: unknown) {
    super(code, message);
    this.cause = cause;
  }
}

/**
 * A parent has less budget than is asked of it, there are as many partitions as there can be, or one has overdrawn its
 * critical budget where that stops the run.
 */
export class PartitionError extends PrimemeterError {
  declare readonly code: "NO_BUDGET" | "NO_PARTITIONS" | "BANKRUPT";

  constructor(code: "NO_BUDGET" | "NO_PARTITIONS" | "BANKRUPT", message: string) {
    super(code, message);
  }
}

/** A guest ran out of cycles, or was stopped, half-way or before it began, and is not to wait until it may run. */
export class ExhaustedError extends PrimemeterError {
  /** Whose guest it is. */
  readonly domain: Domain;
  /** The meter that is dry, or off, if that is the reason: of several the nearest. */
  readonly meter: Meter | undefined;

  constructor(message: string, domain: Domain, meter: Meter | undefined) {
    super("EXHAUSTED", message);
    this.domain = domain;
    this.meter = meter;
  }
}

/**
 * A guest can't run in a worker of its own: the environment lacks what that needs, or its worker has ended. What it may have
 * run until then is paid.
 */
export class WorkerError extends PrimemeterError {
  declare readonly code: "NO_WORKERS" | "WORKER_DIED";

  constructor(code: "NO_WORKERS" | "WORKER_DIED", message: string, cause?: unknown) {
    super(code, message);
    this.cause = cause;
  }
}

/** A bug of this package: an invariant of the kernel did not hold. The kernel can't be used further. */
export class KernelPanicError extends PrimemeterError {
  constructor(message: string) {
    super("KERNEL_PANIC", message);
  }
}
