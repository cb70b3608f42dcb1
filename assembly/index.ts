// The kernel's exports, and nothing else.

// Frames and the target CPU.
export { allocateRun, frameInit, framesFree, freeRun } from "./frame";
export { costSet } from "./riscv/costs";
export { imageCreate, imageFree } from "./riscv/image";
export { machineCreate, machineFree } from "./riscv/machine";
export { machineMap, machineProtect, machineTranslate, machineUnmap } from "./riscv/memory";
export { run } from "./riscv/run";
