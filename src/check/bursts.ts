// Synthetic programs: what a domain has left of its burst, and the description of all of them
// (assembly/burst.ts).

import {
  BURSTS_RUN_MIN,
  BURSTS_TIMES,
  RECORD_BURST_LEFT,
  RECORD_BURSTS,
  RECORD_RANDOM,
} from "../../assembly/layout.js";
import { PROCESSOR_OUTCOME, PROCESSOR_RUNNING } from "../../assembly/processor-layout.js";
import type { Store } from "./store.js";

/** As an outcome: assembly/program.ts. */
const ENDED = 2;

/** Every burst takes a cycle at least, or the domain would run for ever in none. */
export function checkBursts(store: Store, index: number, record: number, program: number): void {
  const { findings } = store;
  const name = `node ${index}`;
  if (store.u32(program + BURSTS_RUN_MIN) === 0) {
    findings.add("bursts", `${name}, shortest`, 0, "at least 1");
  }
  if (store.u32(record + RECORD_BURST_LEFT) === 0) {
    findings.add("bursts", `${name}, left of the burst`, 0, "at least 1");
  }
  if (store.u32(record + RECORD_RANDOM) === 0) {
    findings.add("bursts", `${name}, random`, 0, "another number: xorshift stays at 0");
  }
  const times = store.u32(program + BURSTS_TIMES);
  const bursts = store.u32(record + RECORD_BURSTS);
  const least = hasEnded(store, record) ? 0 : 1;
  const isRight = times === 0 ? bursts === 0 : bursts >= least && bursts <= times;
  if (!isRight) findings.add("bursts", `${name}, bursts left`, bursts, `of ${times}, 0 for ever`);
}

/** It has run its last burst outside, which its processor is to settle yet. */
function hasEnded(store: Store, record: number): boolean {
  return store.runners.some(
    (index) =>
      store.processor(index, PROCESSOR_RUNNING) === record &&
      store.processor(index, PROCESSOR_OUTCOME) === ENDED,
  );
}
