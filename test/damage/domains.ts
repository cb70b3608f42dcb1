// Damage to queues, and to what domains wait for.

import * as codes from "../../assembly/codes.js";
import * as layout from "../../assembly/layout.js";
import * as blocks from "../../assembly/processor-layout.js";
import * as rv from "../../assembly/riscv/layout.js";
import { type Corruption, type Damage, into, nodeOf, slotOf } from "./damage.js";

export const QUEUES: Corruption[] = [];
const damage = into(QUEUES);

const sleeper = (d: Damage, place: number) =>
  d.u32(d.control(layout.CONTROL_SLEEPER_BASE)) + place * layout.SLEEPER_SIZE;

damage("quantum", "0", (d) => {
  d.set32(d.control(layout.CONTROL_QUANTUM), 0);
  return "found 0";
});

damage("slice", "longer", (d) => {
  d.set32(d.processor(blocks.PROCESSOR_SLICE_LEFT), 4000);
  return "4000";
});

damage("slice", "used by nobody", (d) => {
  d.set32(d.processor(blocks.PROCESSOR_READY), 0);
  d.set32(d.processor(blocks.PROCESSOR_SLICE_USED), 1);
  return "nobody ready";
});

damage("ready queue", "head is nobody", (d) => {
  d.set32(d.processor(blocks.PROCESSOR_READY), 4);
  return "address 4";
});

damage("ready queue", "next of the head", (d, { domains }) => {
  d.set32(d.record(domains.burst) + layout.RECORD_READY_NEXT, 0);
  return `${nodeOf(d, domains.burst)} `;
});

damage("ready queue", "previous", (d, { domains }) => {
  d.set32(d.record(domains.burst) + layout.RECORD_READY_PREVIOUS, 0);
  return `${nodeOf(d, domains.burst)} `;
});

damage("ready queue", "a ring that misses its head", (d, { domains }) => {
  const record = d.record(domains.burst);
  const head = d.u32(d.processor(blocks.PROCESSOR_READY));
  const at = record === head ? d.u32(record + layout.RECORD_READY_NEXT) : record;
  d.set32(at + layout.RECORD_READY_NEXT, at);
  return "again, expected the head";
});

damage("ready queue", "a stopped domain in the ring", (d, { domains }) => {
  d.set8(d.record(domains.burst) + layout.RECORD_STATE, layout.STATE_STOPPED);
  return `${nodeOf(d, domains.burst)} `;
});

damage("ready queue", "links off the ring", (d, { domains }) => {
  d.set32(d.record(domains.stopped) + layout.RECORD_READY_NEXT, d.record(domains.burst));
  return `${nodeOf(d, domains.stopped)} `;
});

damage("ready queue", "a link back off the ring", (d, { domains }) => {
  d.set32(d.record(domains.wild) + layout.RECORD_READY_PREVIOUS, 1);
  return `${nodeOf(d, domains.wild)} `;
});

damage("state", "ready, but not in the ring", (d, { domains }) =>
  d.set8(d.record(domains.stopped) + layout.RECORD_STATE, layout.STATE_READY),
);

damage("sleepers", "too many", (d) => {
  d.set32(d.control(layout.CONTROL_SLEEPERS), 64);
  return "found 64";
});

damage("sleepers", "an entry for nobody", (d) => {
  d.set32(sleeper(d, 1) + layout.SLEEPER_RECORD, 3);
  return "place 1: found address 3";
});

damage("sleepers", "an entry twice", (d) => {
  d.set32(sleeper(d, 1) + layout.SLEEPER_RECORD, d.u32(sleeper(d, 0) + layout.SLEEPER_RECORD));
  return "twice in the heap";
});

damage("sleepers", "not waiting", (d, { domains }) => {
  d.set8(d.record(domains.sleeper) + layout.RECORD_STATE, layout.STATE_READY);
  return `${nodeOf(d, domains.sleeper)} `;
});

damage("sleepers", "place noted", (d, { domains }) => {
  d.set32(d.record(domains.sleeper) + layout.RECORD_READY_PREVIOUS, 9);
  return `${nodeOf(d, domains.sleeper)} `;
});

damage("sleepers order", "by time", (d) => {
  d.set64(sleeper(d, 2), 1n);
  return "place 2";
});

damage("sleepers order", "by sequence", (d) => {
  d.set64(sleeper(d, 1), d.view.u64(sleeper(d, 0)));
  const sequence = (place: number) => sleeper(d, place) + layout.SLEEPER_SEQUENCE;
  d.set32(sequence(0), 1);
  d.set32(sequence(1), 0);
  return "place 1";
});

damage("state", "asleep, but not in the heap", (d) => {
  const last = d.u32(d.control(layout.CONTROL_SLEEPERS)) - 1;
  const record = d.u32(sleeper(d, last) + layout.SLEEPER_RECORD);
  d.set32(d.control(layout.CONTROL_SLEEPERS), last);
  const node = d.u32(record + layout.RECORD_NODE);
  return `node ${(node - d.nodeAt(0)) / layout.NODE_SIZE}: found waiting for nothing`;
});

damage("state", "unknown", (d, { domains }) =>
  d.set8(d.record(domains.burst) + layout.RECORD_STATE, 9),
);

damage("state", "parked, but hooked as stalled", (d, { domains }) => {
  d.set8(d.slot(domains.parked, 13) + layout.KEY_DATABYTE, layout.HOOK_STALLED);
  return nodeOf(d, domains.parked);
});

damage("state", "waiting, but hooked as parked", (d, { domains }) => {
  d.set8(d.slot(domains.stalled, 13) + layout.KEY_DATABYTE, layout.HOOK_PARKED);
  return nodeOf(d, domains.stalled);
});

damage("state", "stopped on a stall queue", (d, { domains }) =>
  d.set8(d.record(domains.parked) + layout.RECORD_STATE, layout.STATE_STOPPED),
);

damage("state", "ended with a chain", (d, { domains }) => {
  d.set8(d.record(domains.burst) + layout.RECORD_STATE, layout.STATE_ENDED);
  return `${nodeOf(d, domains.burst)}: found ended`;
});

damage("state", "waiting for nothing", (d, { domains }) =>
  d.set8(d.record(domains.stopped) + layout.RECORD_STATE, layout.STATE_WAITING),
);

damage("laps", "too many", (d, { domains }) =>
  d.set8(d.record(domains.caller) + layout.RECORD_LAPS, 4),
);

damage("program", "unknown", (d, { domains }) =>
  d.set8(d.record(domains.burst) + layout.RECORD_PROGRAM_KIND, 4),
);

damage("program", "run by the host, which has none of it", (d, { domains }) =>
  d.set8(d.record(domains.stopped) + layout.RECORD_STATE, layout.STATE_HOSTED),
);

damage("program", "a system call of bursts", (d, { domains }) =>
  d.bits(d.record(domains.burst) + layout.RECORD_FLAGS, layout.FLAG_CALLING),
);

damage("program", "asleep on the target CPU", (d, { domains }) =>
  d.set8(d.record(domains.sleeper) + layout.RECORD_PROGRAM_KIND, layout.PROGRAM_RISCV),
);

damage("trap", "a code without the flag", (d, { domains }) =>
  d.set64(d.slot(domains.burst, 5) + layout.KEY_LOW, 0x404n),
);

damage("trap", "the flag without a code", (d, { domains }) =>
  d.bits(d.record(domains.burst) + layout.RECORD_FLAGS, layout.FLAG_TRAPPED),
);

damage("trap", "trapped without the flag", (d, { domains }) => {
  d.bits(d.record(domains.wild) + layout.RECORD_FLAGS, -layout.FLAG_TRAPPED);
  return `${slotOf(d, domains.wild, 5)}: found not flagged`;
});

damage("trap", "no data key in slot 5", (d, { domains }) =>
  d.set8(d.slot(domains.burst, 5), layout.KIND_HOST),
);

damage("partner", "unknown to the meter", (d, { meters }) => {
  d.set32(d.node(meters.busy) + layout.NODE_PARTNER, 0);
  return `${nodeOf(d, meters.busy)}, partner of`;
});

damage("partner", "is no node", (d, { meters }) => {
  d.set32(d.node(meters.busy) + layout.NODE_PARTNER, 5);
  return `${nodeOf(d, meters.busy)}: found address 5`;
});

damage("partner", "is a meter, too", (d, { meters }) => {
  d.set32(d.node(meters.busy) + layout.NODE_PARTNER, d.node(meters.deep));
  return `${nodeOf(d, meters.busy)}: found ${nodeOf(d, meters.deep)}, expected a domain`;
});

damage("stall queue", "stalled, and the keeper free", (d, { meters, domains }) => {
  d.set32(d.node(meters.busy) + layout.NODE_PARTNER, 0);
  return slotOf(d, domains.stalled, 13);
});

damage("stall queue", "hooked at a meter of another chain", (d, { meters, domains }) => {
  d.set32(d.slot(domains.parked, 1) + layout.KEY_SUBJECT, d.node(meters.tenant));
  return slotOf(d, domains.parked, 13);
});

damage("short", "of more than an instruction costs", (d, { domains }) =>
  d.set32(d.record(domains.burst) + layout.RECORD_SHORT, rv.MAX_COST),
);

damage("panic", "was", (d) => {
  d.set32(d.control(layout.CONTROL_PANIC), codes.PANIC_RING);
  return "found 1";
});

damage("events", "more than there is room for", (d) => {
  d.set32(d.control(layout.CONTROL_EVENTS), layout.EVENT_CAPACITY + 1);
  return "found 1025";
});
