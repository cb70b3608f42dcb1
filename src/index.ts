// primemeter: meters CPU in a tree. Everything that the library exports.

export type { CheckReport } from "./check.js";
// Kernels alone make domains, meters and nodes: their classes are types here.
export { type Domain, type DomainState, type Trap, trapReason } from "./domain.js";
export type { Ending, StepOutcome } from "./driver.js";
export { type ElfProgram, type ElfSegment, loadElf } from "./elf.js";
export * from "./errors.js";
export type { EventName, KeeperOutcome, KernelEvents, Listener } from "./event.js";
export type { DomainId, MeterId, NodeId } from "./id.js";
export {
  deny,
  type Keeper,
  type KeeperAnswer,
  type KeeperMessage,
  perPeriod,
  refill,
  report,
} from "./keeper.js";
export {
  createKernel,
  type DomainOptions,
  type Kernel,
  type MeterOptions,
  type RunResult,
  type StepResult,
} from "./kernel.js";
export { type Key, type NodeKind, ZERO_KEY } from "./key.js";
export type { Meter, MeterKey, MeterStatistics } from "./meter.js";
export type { Node } from "./node.js";
export { INSTRUCTION_CLASSES, type InstructionClass, type KernelOptions } from "./options.js";
export { type BurstsProgram, bursts, type Program } from "./program.js";
export type { Statistics } from "./statistics.js";
