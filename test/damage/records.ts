// Damage to hot records and to the accounts.

import * as layout from "../../assembly/layout.js";
import * as blocks from "../../assembly/processor-layout.js";
import { type Corruption, into, nodeOf } from "./damage.js";

export const RECORDS: Corruption[] = [];
const damage = into(RECORDS);

damage("superior", "not the meter in slot 1", (d, { domains, meters }) =>
  d.set32(d.record(domains.burst) + layout.RECORD_SUPERIOR, d.record(meters.tenant)),
);

damage("superior", "of a domain without chain", (d, { domains, meters }) =>
  d.set32(d.record(domains.stopped) + layout.RECORD_SUPERIOR, d.record(meters.tenant)),
);

damage("superior", "of the prime meter", (d, { meters }) =>
  d.set32(d.record(d.prime) + layout.RECORD_SUPERIOR, d.record(meters.tenant)),
);

damage("chain", "slot 1 of a meter unprepared", (d, { meters }) =>
  d.bits(d.slot(meters.deep, 1), -layout.KEY_PREPARED),
);

damage("chain", "a superior that is not prepared", (d, { meters }) =>
  d.set8(d.node(meters.plugin) + layout.NODE_PREPCODE, 0),
);

damage("level", "not the superior's and one", (d, { meters }) =>
  d.set8(d.record(meters.deep) + layout.RECORD_LEVEL, 3),
);

damage("level", "above the limit", (d, { meters }) => {
  d.set8(d.record(meters.plugin) + layout.RECORD_LEVEL, 20);
  d.set8(d.record(meters.deep) + layout.RECORD_LEVEL, 21);
  return `found 21, expected at most 20`;
});

damage("inferiors", "a list lost", (d, { meters, domains }) => {
  d.set32(d.record(meters.deep) + layout.RECORD_FIRST, 0);
  return `${nodeOf(d, domains.burst)} `;
});

damage("inferiors", "a list in a loop", (d, { domains }) => {
  const record = d.record(domains.burst);
  d.set32(record + layout.RECORD_NEXT, record);
  return "listed already";
});

damage("inferiors", "a list that leads nowhere", (d, { domains }) => {
  d.set32(d.record(domains.burst) + layout.RECORD_NEXT, 9);
  return "address 9";
});

damage("inferiors", "another's in the list", (d, { domains, meters }) => {
  d.set32(d.record(domains.burst) + layout.RECORD_SUPERIOR, d.record(meters.tenant));
  return `record ${d.recordIndex(domains.burst)}: found under ${nodeOf(d, meters.tenant)}`;
});

damage("inferiors", "previous", (d, { meters }) => {
  const second = d.u32(d.u32(d.record(meters.deep) + layout.RECORD_FIRST) + layout.RECORD_NEXT);
  d.set32(second + layout.RECORD_PREVIOUS, second);
  return "previous";
});

damage("inferiors", "last", (d, { meters }) => {
  d.set32(d.u32(d.record(meters.deep) + layout.RECORD_FIRST) + layout.RECORD_PREVIOUS, 0);
  return `${nodeOf(d, meters.deep)} `;
});

damage("dry (1)", "dry with a cache", (d, { domains }) =>
  d.bits(d.record(domains.burst) + layout.RECORD_FLAGS, layout.FLAG_DRY),
);

damage("dry (1)", "dry over a cache", (d, { meters }) =>
  d.bits(d.record(meters.tenant) + layout.RECORD_FLAGS, layout.FLAG_DRY),
);

damage("dry (2)", "dry over one that is not", (d, { meters }) =>
  d.bits(d.record(meters.tenant) + layout.RECORD_FLAGS, layout.FLAG_DRY),
);

damage("dry (3)", "dry before one that is not", (d, { meters }) => {
  d.bits(d.u32(d.record(meters.deep) + layout.RECORD_FIRST) + layout.RECORD_FLAGS, layout.FLAG_DRY);
  return nodeOf(d, meters.deep);
});

damage("cache", "without a chain", (d, { domains }) =>
  d.set64(d.record(domains.stopped) + layout.RECORD_AMOUNT, 1n),
);

damage("settled", "not, without a chain", (d, { domains }) =>
  d.set64(d.record(domains.stopped) + layout.RECORD_CONSUMED, 1n),
);

damage("flags", "of a domain on a meter", (d, { meters }) =>
  d.bits(d.record(meters.deep) + layout.RECORD_FLAGS, layout.FLAG_STALE),
);

damage("flags", "lent, of a program that no host runs", (d, { domains }) =>
  d.bits(d.record(domains.burst) + layout.RECORD_FLAGS, layout.FLAG_LENT),
);

damage("stale", "without a cache", (d, { domains }) =>
  d.bits(d.record(domains.stopped) + layout.RECORD_FLAGS, layout.FLAG_STALE),
);

damage("conservation", "a counter", (d, { meters }) =>
  d.add64(d.record(meters.plugin) + layout.RECORD_AMOUNT, 1n),
);

damage("conservation", "a cache", (d, { domains, meters }) => {
  d.add64(d.record(domains.burst) + layout.RECORD_AMOUNT, 1n);
  return nodeOf(d, meters.tenant);
});

damage("conservation", "what a domain consumed", (d, { domains }) => {
  d.add64(d.record(domains.burst) + layout.RECORD_CONSUMED, 1n);
  return "node 1";
});

damage("conservation", "what a meter consumed", (d, { meters }) =>
  d.add64(d.record(meters.deep) + layout.RECORD_CONSUMED, -1n),
);

damage("conservation", "what was granted", (d, { meters }) =>
  d.add64(d.node(meters.deep) + layout.NODE_GRANTED, 1n),
);

damage("conservation", "the counter of an unprepared meter", (d, { meters }) => {
  d.add64(d.slot(meters.unused, 3) + layout.KEY_LOW, 1n);
  return nodeOf(d, meters.unused);
});

damage("counter", "would pass 2^64", (d, { meters }) =>
  d.set64(d.record(meters.deep) + layout.RECORD_AMOUNT, (1n << 64n) - 1n),
);

damage("time", "a cycle that nobody ran", (d) => {
  d.add64(d.processor(blocks.PROCESSOR_TIME), 1n);
  return "processors";
});
