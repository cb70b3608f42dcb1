// primemeter: meters CPU in a tree. Everything that the library exports.

export {
  BILLING_POINTS,
  type BillingOptions,
  type BillingPoint,
  type PartitioningOptions,
} from "./billing.js";
export type { CheckReport } from "./check.js";
export {
  type ClockFault,
  type ClockOptions,
  type ClockRepair,
  type CountdownClock,
  type CounterClock,
  clocks,
  type ExactClock,
} from "./clock.js";
// Kernels alone make domains, meters and nodes: their classes are types here.
export { type Domain, type DomainState, type Trap, trapReason } from "./domain.js";
export type { DomainKeys } from "./domain-keys.js";
export type { DomainOptions } from "./domain-maker.js";
export type { Ending, StepOutcome } from "./driver.js";
export { type ElfProgram, type ElfSegment, loadElf } from "./elf.js";
export * from "./errors.js";
export type { EventName, KeeperOutcome, KernelEvents, Listener, MessageMode } from "./event.js";
export type { AnyGuest } from "./guest/any-guest.js";
export type { Guest } from "./guest/guest.js";
export type { GuestOptions } from "./guest/guest-options.js";
export type { HostCallsOptions, HostTimeOptions } from "./guest/host-calls.js";
export type { WorkerGuest } from "./guest/worker-guest.js";
export type { WorkerGuestOptions, WorkerOptions } from "./guest/worker-options.js";
export type { HostAnswer, HostHandler, HostMessage } from "./host-object.js";
export type { DomainId, MeterId, NodeId } from "./id.js";
export {
  deny,
  type Keeper,
  type KeeperAnswer,
  type KeeperMessage,
  perPeriod,
  type Resource,
  refill,
  report,
} from "./keeper.js";
export {
  createKernel,
  type Kernel,
  type MeterOptions,
  type RunResult,
  type StepResult,
} from "./kernel.js";
export {
  clockKey,
  discrimKey,
  type Key,
  type MiscName,
  makerKey,
  type NodeKind,
  type ResumeKey,
  returnerKey,
  ZERO_KEY,
} from "./key.js";
export type { KeyLike } from "./key-like.js";
export type { MappedSegment, PageOptions } from "./mapping.js";
export type { Delivery, Message } from "./message.js";
export type { Meter, MeterKey, MeterStatistics } from "./meter.js";
export type { Node } from "./node.js";
export { INSTRUCTION_CLASSES, type InstructionClass, type KernelOptions } from "./options.js";
export { orders } from "./orders.js";
export type { Page } from "./page.js";
export type {
  Partition,
  PartitionChange,
  PartitionOptions,
  PartitionUsage,
} from "./partition.js";
export { type BurstsProgram, bursts, type Program } from "./program.js";
export type { Join, Wait } from "./rendezvous.js";
export {
  type CorePage,
  type Residence,
  type ResidenceStatistics,
  WORD_SECOND,
} from "./residence.js";
export type { ResidenceOptions, ScanChange, ScanPhase } from "./residence-options.js";
export type { Schedule, ScheduleOptions } from "./schedule.js";
export type { Segment, SegmentOptions } from "./segment.js";
export type { Statistics } from "./statistics.js";
export type { MeterStorage } from "./storage.js";
export type { Timing } from "./timing.js";
export { createWallClock, type WallClock } from "./wall-clock.js";
