// The kernel's exports, and nothing else.

export {
  domainCreate,
  domainDecline,
  domainEnd,
  domainRestart,
  domainStart,
  domainStop,
  domainUnprepare,
} from "./domain";
export { invoke } from "./invoke";
export { idleUntil, step } from "./kernel";
export {
  meterAdd,
  meterConsumed,
  meterCreate,
  meterGranted,
  meterPeek,
  meterRecall,
  meterSet,
  meterUnprepare,
} from "./meter";
export { initialize, nodeAllocation, nodeCreate, nodeFree } from "./store";
