// primemeter: meters CPU in a tree. Everything that the library exports.

export type { CheckReport } from "./check.js";
export { Domain, type DomainState, type Trap, trapReason } from "./domain.js";
export { type ElfProgram, loadElf } from "./elf.js";
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
export { type Key, ZERO_KEY } from "./key.js";
export { Meter, MeterKey, type MeterStatistics } from "./meter.js";
export { Node } from "./node.js";
export { INSTRUCTION_CLASSES, type InstructionClass, type KernelOptions } from "./options.js";
export { type BurstsProgram, bursts, type Program } from "./program.js";
export type { Statistics } from "./statistics.js";
