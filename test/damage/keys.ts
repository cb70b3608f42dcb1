// Damage to keys and to the rings that they hang in.

import * as layout from "../../assembly/layout.js";
import { type Corruption, into, nodeOf, slotOf } from "./damage.js";

export const KEYS: Corruption[] = [];
const damage = into(KEYS);

damage("prepared", "a data key", (d, { raw }) => d.bits(d.slot(raw, 8), layout.KEY_PREPARED));

damage("prepared", "a key to no node", (d, { domains }) =>
  d.set32(d.slot(domains.burst, 1) + layout.KEY_SUBJECT, 5),
);

damage("prepared", "a key to a free node", (d, { domains }) =>
  d.set32(d.slot(domains.burst, 1) + layout.KEY_SUBJECT, d.nodeAt(d.free)),
);

damage("prepared", "a key in a free node", (d) => {
  d.set8(d.nodeAt(d.free) + layout.NODE_KEYS, layout.KEY_PREPARED | layout.KIND_METER);
  return `node ${d.free} slot 0`;
});

damage("involved", "a counter, for w only", (d, { meters }) =>
  d.bits(d.slot(meters.deep, 3), -layout.KEY_INVOLVED_R),
);

damage("involved", "a keeper", (d, { meters }) =>
  d.bits(d.slot(meters.deep, 2), layout.KEY_INVOLVED_W),
);

damage("involved", "slot 15 of a meter, not", (d, { meters }) =>
  d.bits(d.slot(meters.deep, 15), -layout.KEY_INVOLVED_W),
);

damage("involved", "a slot of an unprepared node", (d, { raw }) =>
  d.bits(d.slot(raw, 3), layout.KEY_INVOLVED_R),
);

damage("involved", "slot 1 of a domain without chain", (d, { domains }) =>
  d.bits(d.slot(domains.stopped, 1), layout.KEY_INVOLVED_W),
);

damage("involved", "slot 1 of a domain with a chain, not", (d, { domains }) =>
  d.bits(d.slot(domains.burst, 1), -layout.KEY_INVOLVED_W),
);

damage("format", "slot 0 is not DK(0)", (d, { meters }) =>
  d.set64(d.slot(meters.deep, 0) + layout.KEY_LOW, 1n << 63n),
);

damage("format", "slot 7 is not DK(0)", (d, { meters }) =>
  d.set8(d.slot(meters.deep, 7) + layout.KEY_HIGH + 2, 1),
);

damage("format", "counter above 2^64", (d, { meters }) =>
  d.set8(d.slot(meters.deep, 3) + layout.KEY_HIGH, 1),
);

damage("format", "slot 12 is no data key", (d, { meters }) =>
  d.bits(d.slot(meters.deep, 12), layout.KIND_HOST),
);

damage("kind", "unknown", (d, { raw }) => d.set8(d.slot(raw, 11), 31));

damage("hook", "in a node that is no domain", (d, { raw }) => {
  d.set8(d.slot(raw, 13), layout.KIND_HOOK);
  return `${slotOf(d, raw, 13)}: found a hook`;
});

damage("hook", "unprepared", (d, { domains }) =>
  d.bits(d.slot(domains.parked, 13), -layout.KEY_PREPARED),
);

damage("hook", "for no known reason", (d, { domains }) =>
  d.set8(d.slot(domains.parked, 13) + layout.KEY_DATABYTE, 3),
);

damage("hook", "another key in its slot", (d, { domains }) =>
  d.set64(d.slot(domains.burst, 13) + layout.KEY_LOW, 1n),
);

damage("super key", "in another node", (d, { raw }) => d.set8(d.slot(raw, 10), layout.KIND_METER));

damage("super key", "in another slot of the prime meter", (d) => {
  d.set8(d.slot(d.prime, 9), layout.KIND_METER);
  return "node 1 slot 9";
});

damage("allocation", "a key to a tenant to come", (d, { raw }) => {
  const key = d.slot(raw, 4) + layout.KEY_ALLOCATION;
  d.set32(key, d.u32(key) + 1);
  return slotOf(d, raw, 4);
});

damage("allocation", "a key to a tenant to come of a free node", (d, { raw }) => {
  d.set32(d.slot(raw, 4) + layout.KEY_SUBJECT, d.free);
  d.set32(d.slot(raw, 4) + layout.KEY_ALLOCATION, d.u32(d.nodeAt(d.free) + layout.NODE_ALLOCATION));
  return slotOf(d, raw, 4);
});

damage("allocation", "a key to no node", (d, { raw }) =>
  d.set32(d.slot(raw, 4) + layout.KEY_SUBJECT, 64),
);

damage("registers", "a prepared key", (d) => {
  d.bits(d.control(layout.CONTROL_REGISTERS) + 2 * layout.KEY_SIZE, layout.KEY_PREPARED);
  return "register 2";
});

damage("backchain", "right of a key is no key", (d, { domains, meters }) => {
  d.set32(d.slot(domains.burst, 1) + layout.KEY_RIGHT, 7);
  return `${nodeOf(d, meters.deep)}, right of ${slotOf(d, domains.burst, 1)}`;
});

damage("backchain", "a ring closed early", (d, { domains }) => {
  const key = d.slot(domains.burst, 1);
  d.set32(key + layout.KEY_RIGHT, key);
  return `${slotOf(d, domains.burst, 1)} again`;
});

damage("backchain", "left of a key", (d, { domains }) => {
  d.set32(d.slot(domains.burst, 1) + layout.KEY_LEFT, 7);
  return `${slotOf(d, domains.burst, 1)}, left`;
});

damage("backchain", "left of the header", (d, { meters }) => {
  d.set32(d.node(meters.deep) + layout.NODE_LEFT, 7);
  return `${nodeOf(d, meters.deep)}, left of header`;
});

damage("backchain", "a key to another node", (d, { domains, meters }) =>
  d.set32(d.slot(domains.burst, 1) + layout.KEY_SUBJECT, d.node(meters.tenant)),
);

damage("backchain", "a key that is not prepared", (d, { domains }) => {
  d.bits(d.slot(domains.burst, 1), -layout.KEY_PREPARED);
  return `${slotOf(d, domains.burst, 1)}: found an unprepared key`;
});

damage("backchain", "a prepared key left out", (d, { domains }) => {
  const key = d.slot(domains.burst, 1);
  const right = d.u32(key + layout.KEY_RIGHT);
  const left = d.u32(key + layout.KEY_LEFT);
  d.set32(left + layout.KEY_RIGHT, right);
  d.set32(right + layout.KEY_LEFT, left);
  return `${slotOf(d, domains.burst, 1)}: found in no ring`;
});

damage("backchain order", "an involved key after one that is not", (d, { meters }) => {
  d.bits(d.u32(d.node(meters.deep) + layout.NODE_RIGHT), -layout.KEY_INVOLVED_W);
  return nodeOf(d, meters.deep);
});

damage("backchain order", "a hook among involved keys", (d, { domains, meters }) => {
  d.set8(d.slot(domains.burst, 1), layout.KEY_PREPARED | layout.KIND_HOOK);
  return nodeOf(d, meters.deep);
});

damage("last hook", "none noted", (d, { meters }) =>
  d.set32(d.node(meters.busy) + layout.NODE_LAST_HOOK, 0),
);

damage("last hook", "not the last", (d, { meters, domains }) =>
  d.set32(d.node(meters.busy) + layout.NODE_LAST_HOOK, d.slot(domains.stalled, 13)),
);
