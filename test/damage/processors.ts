// Damage to processors: their phases, what they run, and who has the kernel lock.

import * as layout from "../../assembly/layout.js";
import * as blocks from "../../assembly/processor-layout.js";
import * as rv from "../../assembly/riscv/layout.js";
import { type Busy, intoBusy } from "./busy.js";
import { type Corruption, nodeOf } from "./damage.js";

export const PROCESSORS: Corruption<Busy>[] = [];
const damage = intoBusy(PROCESSORS);

damage("layout", "more processors than there can be", (d) => {
  d.set32(d.control(layout.CONTROL_PROCESSORS), 17);
  return "processors: found 17";
});

damage("layout", "records where a processor's block is", (d) => {
  d.set32(d.control(layout.CONTROL_PROCESSORS), 6);
  return "records";
});

damage("phase", "unknown", (d) => d.block(5, blocks.PROCESSOR_PHASE, 6));

damage("rest", "for no known reason", (d) => d.block(5, blocks.PROCESSOR_REST, 5));

damage("rest", "idle with a domain ready", (d, { domains }) => {
  d.block(5, blocks.PROCESSOR_REST, blocks.REST_IDLE);
  d.block(5, blocks.PROCESSOR_READY, d.record(domains.second));
  return `processor 5: found idle with ${nodeOf(d, domains.second)}`;
});

damage("resting", "one more", (d) => {
  d.set32(d.control(layout.CONTROL_RESTING), 2);
  return "found 2, expected 1";
});

damage("resting", "one who is counted does not", (d) => {
  d.block(5, blocks.PROCESSOR_PHASE, blocks.PHASE_WANTING);
  return "found 1, expected 0";
});

damage("index", "another's", (d) => d.block(2, blocks.PROCESSOR_INDEX, 3));

damage("next processor", "is none", (d) => {
  d.set32(d.control(layout.CONTROL_NEXT_PROCESSOR), 6);
  return "found 6";
});

damage("kernel lock", "with nobody there is", (d) => {
  d.set32(d.control(layout.CONTROL_LOCK), 7);
  return "control block: found 7";
});

damage("kernel lock", "inside without it", (d) =>
  d.block(3, blocks.PROCESSOR_PHASE, blocks.PHASE_INSIDE),
);

damage("kernel lock", "claiming while the host has it", (d) => {
  d.set32(d.control(layout.CONTROL_LOCK), 1);
  return d.block(5, blocks.PROCESSOR_PHASE, blocks.PHASE_CLAIMING);
});

damage("kernel lock", "with one who is outside", (d) => {
  d.set32(d.control(layout.CONTROL_LOCK), 2);
  return "processor 1: found phase 5, the lock with participant 1";
});

damage("journal", "not empty", (d) =>
  d.block(3, blocks.JOURNAL + blocks.JOURNAL_TOP, blocks.JOURNAL_ENTRY_SIZE),
);

damage("journal", "of another than who is inside", (d) => {
  d.set32(d.control(layout.CONTROL_LOCK), 4);
  d.block(3, blocks.PROCESSOR_PHASE, blocks.PHASE_INSIDE);
  return d.block(2, blocks.JOURNAL + blocks.JOURNAL_TOP, blocks.JOURNAL_ENTRY_SIZE);
});

damage("host", "with a domain ready", (d, { domains }) => {
  d.block(0, blocks.PROCESSOR_READY, d.record(domains.stopped));
  return "processor 0, ready";
});

damage("host", "with a domain given to it", (d, { domains }) => {
  d.block(0, blocks.PROCESSOR_INBOX, d.record(domains.stopped));
  return "processor 0, inbox";
});

damage("host", "running", (d) => {
  d.block(0, blocks.PROCESSOR_RUNNING, blocks.RUNNING_ANY);
  return "processor 0, running";
});

damage("clock", "of the host ahead of all", (d) => {
  d.set64(d.processor(blocks.PROCESSOR_TIME), 1n << 40n);
  return "processor 0";
});

damage("clock", "behind the time that it was idle", (d) => {
  const idle = blocks.PROCESSOR_STATISTICS + 8 * blocks.STATISTIC_IDLE;
  d.add64(d.processor(idle, 1), 1n << 40n);
  return "processor 1";
});

damage("time", "a cycle that nobody ran", (d) => {
  d.add64(d.processor(blocks.PROCESSOR_TIME, 4), 1n);
  return "processors";
});

damage("conservation", "a cycle that a domain outside has not paid", (d, { domains }) => {
  d.add64(d.record(domains.alone) + layout.RECORD_CONSUMED, 1n);
  return "node 1";
});

damage("running", "who is not at the head", (d, { domains }) =>
  d.block(1, blocks.PROCESSOR_RUNNING, d.record(domains.any)),
);

damage("running", "nobody, outside", (d) => {
  d.block(1, blocks.PROCESSOR_RUNNING, blocks.RUNNING_NONE);
  return "processor 1, outside: found nobody";
});

damage("running", "any of none", (d) => {
  d.block(4, blocks.PROCESSOR_READY, 0);
  return "processor 4, outside: found nobody ready";
});

damage("running", "somebody, not outside", (d) => {
  d.block(5, blocks.PROCESSOR_RUNNING, blocks.RUNNING_ANY);
  return "processor 5, not outside";
});

damage("outcome", "unknown", (d) => d.block(3, blocks.PROCESSOR_OUTCOME, 5));

damage("outcome", "kept outside", (d) => {
  d.block(1, blocks.PROCESSOR_OUTCOME, 0);
  return "processor 1, outside";
});

damage("outcome", "of nobody's run", (d) => d.block(3, blocks.PROCESSOR_RUNNING, 0));

damage("outcome", "not settled by one who climbs", (d) => {
  d.block(3, blocks.PROCESSOR_PHASE, blocks.PHASE_CLIMBING);
  return "processor 3, phase 3";
});

damage("allowance", "none, outside", (d) => d.block(1, blocks.PROCESSOR_ALLOWANCE, 0));

damage("allowance", "beyond the slice", (d) => d.block(1, blocks.PROCESSOR_ALLOWANCE, 1001));

damage("allowance", "beyond the cache", (d, { domains }) => {
  d.set64(d.record(domains.alone) + layout.RECORD_AMOUNT, 100n);
  return "processor 1";
});

damage("hand", "not empty", (d) => d.block(1, blocks.PROCESSOR_HAND + 4, 1));

damage("image", "whose lock nobody has given back", (d, { domains }) => {
  d.set32(d.image(domains.calling) + rv.IMAGE_LOCK, 2);
  return "lock: found 2"; // of whoever of its users comes first
});
