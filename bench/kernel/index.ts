// The kernel with a few more exports, which repeat one of its acts within wasm: what is timed is the
// act, not the call. Built apart, so that the product's exports stay its own.

export * from "../../assembly/index";
export { borrow, takeTurns } from "./borrow";
export { chargeCached, chargeNaive } from "./charging";
export { chase, prepareEach, refillEach } from "./tree";
export { turnWindow } from "./windows";
