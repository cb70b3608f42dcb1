// The shared bench kernel: several processors, each a thread with an instance of this over the same
// memory, bill slices to one meter tree. It is no part of the kernel; it is to show what its locks cost.

export { plant, touch } from "./tree";
export {
  runAhead,
  runExchange,
  runNodes,
  runPhases,
  runRoot,
  runSubtract,
  runUnlocked,
} from "./run";
export { consumed, faults, negatives, refills } from "./check";
