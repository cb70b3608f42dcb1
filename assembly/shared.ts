// The exports of the shared build: those of the other, and what several processors need.

// For the host when a worker has died.
export { frameRecover } from "./frame";
export { handUse } from "./hand";
export * from "./index";
// For scripts/journal.mjs, which takes them off the exports when it has put calls of them in.
export { journalled8, journalled16, journalled32, journalled64 } from "./journal";
export { machineRecover } from "./riscv/code";
