// The shared bench kernel: several processors, each a thread with an instance of this over the same
// memory, bill slices to one meter tree. It is no part of the kernel; it is to show what locks cost.

export { consumed, faults, negatives } from "./check";
export { run } from "./run";
export { plant, touch } from "./tree";
