// Damage to the rings of several processors, to their climbs, and to their pools of records.

import * as layout from "../../assembly/layout.js";
import * as blocks from "../../assembly/processor-layout.js";
import { type Busy, type BusyDamage, intoBusy } from "./busy.js";
import { type Corruption, nodeOf } from "./damage.js";

export const RINGS: Corruption<Busy>[] = [];
const damage = intoBusy(RINGS);

damage("ready queue", "of another processor", (d, { domains }) =>
  d.set8(d.record(domains.second) + layout.RECORD_PROCESSOR, 1),
);

damage("ready queue", "one ring is another's inbox", (d, { domains }) => {
  d.block(4, blocks.PROCESSOR_INBOX, d.record(domains.climber));
  return `processor 4, inbox: found ${nodeOf(d, domains.climber)}`;
});

damage("ready queue", "two rings are one", (d, { domains }) => {
  d.block(5, blocks.PROCESSOR_READY, d.record(domains.alone));
  return `processor 5, ring: found ${nodeOf(d, domains.alone)}`;
});

damage("ready queue", "an inbox linked one way", (d, { domains }) => {
  d.set32(d.record(domains.inbox) + layout.RECORD_READY_PREVIOUS, d.record(domains.any));
  return `${nodeOf(d, domains.inbox)} `;
});

damage("ready queue", "an inbox of nobody", (d) => {
  d.block(4, blocks.PROCESSOR_INBOX, 5);
  return "processor 4, inbox: found address 5";
});

damage("ready count", "one less", (d) => d.block(2, blocks.PROCESSOR_READY_COUNT, 1));

damage("ready count", "an inbox lost", (d) => d.block(4, blocks.PROCESSOR_INBOX, 0));

damage("state", "ready in a lost inbox", (d, { domains }) => {
  d.block(4, blocks.PROCESSOR_INBOX, 0);
  return `${nodeOf(d, domains.inbox)}: found nowhere`;
});

damage("attention", "given to one outside who is not told", (d) =>
  d.block(4, blocks.PROCESSOR_ATTENTION, 0),
);

damage("slice", "of a processor longer", (d) => d.block(4, blocks.PROCESSOR_SLICE_LEFT, 4000));

damage("slice", "used by nobody", (d) => {
  d.block(5, blocks.PROCESSOR_SLICE_USED, 1);
  return "processor 5, nobody ready";
});

damage("state", "waiting for no system call", (d, { domains }) => {
  d.bits(d.record(domains.calling) + layout.RECORD_FLAGS, -layout.FLAG_CALLING);
  return `${nodeOf(d, domains.calling)}: found waiting for nothing`;
});

damage("program", "a system call of bursts", (d, { domains }) =>
  d.bits(d.record(domains.stopped) + layout.RECORD_FLAGS, layout.FLAG_CALLING),
);

damage("flags", "a system call of a meter", (d, { meters }) =>
  d.bits(d.record(meters.used) + layout.RECORD_FLAGS, layout.FLAG_CALLING),
);

// --- Climbs ---------------------------------------------------------------------------------------

damage("lock", "on a node that nobody climbs", (d, { meters }) => {
  d.set8(d.node(meters.high) + layout.NODE_LOCK, 3);
  return `${nodeOf(d, meters.high)}: found held by participant 2, expected held by nobody`;
});

damage("lock", "given back too early", (d, { meters }) =>
  d.set8(d.node(meters.low) + layout.NODE_LOCK, 0),
);

damage("lock", "taken over by another", (d, { meters }) => {
  d.set8(d.node(meters.middle) + layout.NODE_LOCK, 2);
  return `${nodeOf(d, meters.middle)}: found held by participant 1, expected held by participant 2`;
});

damage("lock", "for no reason", (d, { meters }) => {
  d.set8(d.node(meters.low) + layout.NODE_REASON, 0);
  return `${nodeOf(d, meters.low)}, reason`;
});

damage("lock", "a reason without one", (d, { meters }) => {
  d.set8(d.node(meters.used) + layout.NODE_REASON, layout.LOCK_PREPARING);
  return `${nodeOf(d, meters.used)}, reason`;
});

damage("lock", "on a prepared meter", (d, { meters }) => {
  d.set8(d.node(meters.used) + layout.NODE_LOCK, 3);
  return `${nodeOf(d, meters.used)}: found held, with prepcode 7`;
});

damage("climb", "of nobody", (d) => {
  d.block(2, blocks.PROCESSOR_CLIMBER, 0);
  return "processor 2, path without a climber";
});

damage("climb", "for who is not at the head", (d, { domains }) => {
  d.block(2, blocks.PROCESSOR_CLIMBER, d.record(domains.second));
  return `processor 2, climber: found ${nodeOf(d, domains.second)}`;
});

damage("climb", "in another phase", (d) => {
  d.block(2, blocks.PROCESSOR_PHASE, blocks.PHASE_WANTING);
  return "processor 2, phase: found 1";
});

damage("climb", "of the host", (d, { domains }) => {
  d.block(0, blocks.PROCESSOR_CLIMBER, d.record(domains.stopped));
  return "processor 0, climber";
});

damage("climb", "too high", (d) => {
  d.block(2, blocks.PROCESSOR_CLIMB_LENGTH, layout.MAX_CHAIN + 1);
  return "processor 2, path: found 21 meters";
});

damage("climb", "through another node", (d, { meters }) => {
  d.block(2, blocks.PROCESSOR_PATH + 4, d.node(meters.used));
  return `processor 2, path 1: found ${nodeOf(d, meters.used)}`;
});

damage("climb", "in a loop", (d, { meters }) => {
  d.block(2, blocks.PROCESSOR_PATH + 4, d.node(meters.low));
  return `processor 2, path 1: found ${nodeOf(d, meters.low)} again`;
});

damage("climb", "from another key on", (d, { meters }) => {
  d.block(2, blocks.PROCESSOR_CLIMB_KEY, d.slot(meters.high, 1));
  return "processor 2, next key";
});

damage("climb", "with a chain already", (d, { domains }) => {
  d.bits(d.slot(domains.climber, 1), layout.KEY_INVOLVED_W);
  return `processor 2, climber: found ${nodeOf(d, domains.climber)}, with a chain`;
});

// --- Pools of records -----------------------------------------------------------------------------

const pool = (d: BusyDamage, index: number) => d.field(index, blocks.PROCESSOR_FREE_RECORD);
const numberOf = (d: BusyDamage, record: number) =>
  (record - d.u32(d.control(layout.CONTROL_RECORD_BASE))) / layout.RECORD_SIZE;
const end = (d: BusyDamage) => d.u32(d.control(layout.CONTROL_NEXT_RECORD));

damage("free records", "a processor's list lost", (d) => {
  const first = pool(d, 3);
  d.block(3, blocks.PROCESSOR_FREE_RECORD, 0);
  return `record ${numberOf(d, first)}: found not in the list`;
});

damage("free records", "one list in two pools", (d) => {
  d.block(3, blocks.PROCESSOR_FREE_RECORD, pool(d, 2));
  return `processor 3, list, record ${numberOf(d, pool(d, 2))}: found twice`;
});

damage("free records", "a list that leaves the records", (d) => {
  d.set32(pool(d, 4) + layout.RECORD_NEXT, 5);
  return "processor 4, list: found address 5";
});

damage("free records", "a list of the host's own", (d) => {
  d.block(0, blocks.PROCESSOR_FREE_RECORD, pool(d, 1));
  return "the host's list";
});

damage("free records", "one that no pool has, in a list", (d) => {
  const record = numberOf(d, end(d)) + 3;
  let last = pool(d, 4);
  while (d.u32(last + layout.RECORD_NEXT) !== 0) last = d.u32(last + layout.RECORD_NEXT);
  d.set32(last + layout.RECORD_NEXT, end(d) + 3 * layout.RECORD_SIZE);
  return `record ${record}: found in a list`;
});

damage("next record", "within a pool", (d) => {
  d.set32(d.control(layout.CONTROL_NEXT_RECORD), end(d) + layout.RECORD_SIZE);
  return "control block";
});

damage("next record", "one after it used before", (d) => {
  d.set32(end(d) + layout.RECORD_SIZE + layout.RECORD_RANDOM, 7);
  return `record ${numberOf(d, end(d)) + 1}, byte ${layout.RECORD_RANDOM}`;
});

damage("domains", "one more of a processor", (d) => d.block(3, blocks.PROCESSOR_DOMAINS, 1000));

damage("processor", "the host's domain", (d, { domains }) =>
  d.set8(d.record(domains.stopped) + layout.RECORD_PROCESSOR, 0),
);

damage("processor", "a processor's meter", (d, { meters }) =>
  d.set8(d.record(meters.used) + layout.RECORD_PROCESSOR, 1),
);
