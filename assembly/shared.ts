// The exports of the shared build: those of the other, and what several processors need.

// What `recover` does about frames and machines, for tests that have nothing else.
export { frameRecover } from "./frame";
export { enter, go, halt, leave, look, recover, rouse, still } from "./host";
export * from "./index";
// For scripts/journal.mjs, which takes them off the exports when it has put calls of them in.
export { journalled8, journalled16, journalled32, journalled64 } from "./journal";
export { become } from "./processor";
export { machineRecover } from "./riscv/code";
export { turn, work } from "./turn";
