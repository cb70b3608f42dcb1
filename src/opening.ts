// How a kernel comes to be: its memory, laid out as the options say, and the options written there. Internal.

import { OK } from "../assembly/codes.js";
import {
  CONTROL_IGNORE_DRY,
  CONTROL_INVOKE_COST,
  CONTROL_REFILL_COST,
  CONTROL_SIMULATED,
  CONTROL_SWITCH_COST,
  CONTROL_TAPERED,
  CONTROL_TRACED,
  CONTROL_VISIT_COST,
} from "../assembly/layout.js";
import { Core } from "./core.js";
import { PrimemeterError, ProcessorError } from "./errors.js";
import { type CheckedOptions, INSTRUCTION_CLASSES } from "./options.js";
import { Partitions } from "./partitions.js";
import { ResidenceBlock } from "./residence-block.js";
import { bytesOf, checkRoom, residenceFrames, timeFrames } from "./size.js";
import { missingForThreads } from "./thread.js";
import { slotsOf, TimeBlock } from "./time-block.js";
import { instantiate } from "./wasm.js";

/** @throws {OptionError} @throws {CapacityError} NO_MEMORY @throws {ProcessorError} NO_WORKERS */
export function openCore(options: CheckedOptions): Core {
  const { nodes, frames, processors, seed, build, time, residence } = options;
  const several = processors > 1 || seed !== undefined;
  const missing = several && seed === undefined && missingForThreads();
  if (missing) {
    throw new ProcessorError("NO_WORKERS", `processors: more than one needs ${missing}`);
  }
  // A build that is given may be a shared one for one processor, too.
  const beside = several || build ? processors : 0;
  const timed = time ? timeFrames(nodes, beside, slotsOf(time)) : 0;
  let bytes = bytesOf(nodes, frames, beside, timed);
  let own = timed;
  if (residence) {
    checkRoom(nodes, frames + timed, residence, bytes);
    own += residenceFrames(nodes, frames + timed, residence);
    bytes = bytesOf(nodes, frames, beside, own);
  }
  const instance = instantiate(bytes, build, several);
  const core = new Core(instance, options);
  const others = instance.shared ? processors : 0;
  const status = core.exports.initialize(nodes, frames + own, others);
  if (status !== OK) throw new PrimemeterError("STATUS", `initialize: status ${status}`);
  write(core, options);
  if (time) core.timeBlock = new TimeBlock(core, time);
  if (time?.partitions) core.partitions = new Partitions(core, core.timeBlock!);
  if (residence) core.residence = new ResidenceBlock(core, residence);
  return core;
}

function write({ view, exports }: Core, options: CheckedOptions): void {
  const { kernelCosts } = options;
  view.quantum = options.quantum;
  view.advance = options.advance;
  view.setControl(CONTROL_TAPERED, Number(options.tapered));
  view.setControl(CONTROL_TRACED, Number(options.trace));
  view.setControl(CONTROL_SIMULATED, Number(options.seed !== undefined));
  view.setControl(CONTROL_IGNORE_DRY, Number(options.ignoreDry));
  view.setControl(CONTROL_REFILL_COST, kernelCosts.refill);
  view.setControl(CONTROL_VISIT_COST, kernelCosts.visit);
  view.setControl(CONTROL_SWITCH_COST, kernelCosts.switch);
  view.setControl(CONTROL_INVOKE_COST, kernelCosts.invoke);
  INSTRUCTION_CLASSES.forEach((name, number) => {
    exports.costSet(number, options.costs[name] ?? 1);
  });
}
