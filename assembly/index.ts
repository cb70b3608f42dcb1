// The kernel's exports, and nothing else.

export { corePageBytes, corePageCreate, corePageDrop } from "./core-map";
export {
  domainAnswer,
  domainCreate,
  domainDecline,
  domainEnd,
  domainRestart,
  domainResume,
  domainStart,
  domainStop,
  domainUnprepare,
} from "./domain";
// Frames and the target CPU.
export { allocateRun, frameInit, framesFree, freeRun } from "./frame";
export { hostedRefill, hostedSpend } from "./hosted";
export { invoke } from "./invoke";
export { joinCreate } from "./join";
export { idleUntil, step } from "./kernel";
export {
  meterAdd,
  meterConsumed,
  meterCreate,
  meterGranted,
  meterPeek,
  meterRecall,
  meterSet,
  meterStorageAdd,
  meterStoragePeek,
  meterStorageSet,
  meterUnprepare,
} from "./meter";
export { pageCreate } from "./page";
export { gateSend, gateTake } from "./post";
export { residenceOpen, residencePeriod } from "./residence";
export { costSet } from "./riscv/costs";
export { imageCreate, imageFree } from "./riscv/image";
export { machineCreate, machineFree } from "./riscv/machine";
export { machineMap, machineMapCore, machineProtect, machineUnmap } from "./riscv/mapping";
export { machineTranslate } from "./riscv/memory";
export { run } from "./riscv/run";
export { machineMapPage, machineUnmapPage, segmentCreate, segmentPut } from "./segment";
export { initialize, nodeAllocation, nodeCreate, nodeFree } from "./store";
export {
  domainCharge,
  partitionChange,
  partitionCreate,
  partitionCritical,
  taskSet,
  timeBegin,
  timeOpen,
  timePeek,
  windowSet,
} from "./time";
export { waitCreate } from "./wait";
