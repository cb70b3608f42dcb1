// Damage to nodes, their roles and the free lists.

import * as layout from "../../assembly/layout.js";
import { type Corruption, into, nodeOf } from "./damage.js";

export const NODES: Corruption[] = [];
const damage = into(NODES);

damage("layout", "one node only", (d) => {
  d.set32(d.control(layout.CONTROL_NODES), 1);
  return "nodes";
});

damage("layout", "nodes moved", (d) => {
  d.set32(d.control(layout.CONTROL_NODE_BASE), 64);
  return "nodes";
});

damage("layout", "more frames", (d) => {
  d.set32(d.control(layout.CONTROL_FRAMES), 1e6);
  return "frames";
});

damage("free nodes", "list empty", (d) => {
  const first = d.free;
  d.set32(d.control(layout.CONTROL_FREE_NODE), 0);
  return `node ${first}`;
});

damage("free nodes", "list a loop", (d) => {
  const second = d.u32(d.nodeAt(d.free) + layout.NODE_RECORD);
  d.set32(d.nodeAt(second) + layout.NODE_RECORD, d.free);
  return `node ${d.free}: found twice`;
});

damage("free nodes", "list leaves the nodes", (d) => {
  d.set32(d.nodeAt(d.free) + layout.NODE_RECORD, 70);
  return "node 70";
});

damage("free nodes", "list has one in use", (d, { raw }) => {
  d.set32(d.control(layout.CONTROL_FREE_NODE), d.index(raw));
  return nodeOf(d, raw);
});

damage("nodes used", "one more", (d) => {
  d.set32(d.control(layout.CONTROL_NODES_USED), 9);
  return "found 9";
});

damage("allocation", "above the limit", (d, { raw }) =>
  d.set32(d.node(raw) + layout.NODE_ALLOCATION, layout.MAX_ALLOCATION + 1),
);

damage("lock", "left held", (d, { raw }) => d.set8(d.node(raw) + layout.NODE_LOCK, 1));

damage("flags", "node with others", (d, { raw }) => d.set8(d.node(raw) + layout.NODE_FLAGS, 4));

damage("retired", "before its time", (d) => {
  d.set8(d.nodeAt(d.free) + layout.NODE_FLAGS, layout.NODE_RETIRED);
  return `node ${d.free}`;
});

damage("prime", "not there", (d) => d.set8(d.node(d.prime) + layout.NODE_FLAGS, 0));

damage("prepcode", "unknown", (d, { raw }) => d.set8(d.node(raw) + layout.NODE_PREPCODE, 3));

damage("prepcode", "of a free node", (d) =>
  d.set8(d.nodeAt(d.free) + layout.NODE_PREPCODE, layout.PREPCODE_METER),
);

damage("backchain", "of a free node", (d) => {
  d.set32(d.nodeAt(d.free) + layout.NODE_RIGHT, 4096);
  return `node ${d.free}, header`;
});

damage("record", "of an unprepared node", (d, { raw, meters }) =>
  d.set32(d.node(raw) + layout.NODE_RECORD, d.record(meters.deep)),
);

damage("record", "not at a record", (d, { domains }) => {
  d.set32(d.node(domains.burst) + layout.NODE_RECORD, d.record(domains.burst) + 8);
  return `${nodeOf(d, domains.burst)}: found`;
});

damage("record", "of another node", (d, { domains }) =>
  d.set32(d.record(domains.burst) + layout.RECORD_NODE, d.node(domains.below)),
);

damage("record", "of no node", (d, { domains }) => {
  d.set32(d.record(domains.burst) + layout.RECORD_NODE, 3);
  return "address 3";
});

damage("record kind", "of the other role", (d, { meters }) =>
  d.set8(d.record(meters.deep) + layout.RECORD_KIND, layout.RECORD_DOMAIN),
);

damage("record kind", "unknown", (d, { meters }) =>
  d.set8(d.record(meters.deep) + layout.RECORD_KIND, 7),
);

damage("free records", "list empty", (d) => {
  d.set32(d.control(layout.CONTROL_FREE_RECORD), 0);
  return "not in the list";
});

damage("free records", "list a loop", (d) => {
  const first = d.u32(d.control(layout.CONTROL_FREE_RECORD));
  d.set32(first + layout.RECORD_NEXT, first);
  return "twice";
});

damage("free records", "list leaves the records", (d) => {
  d.set32(d.u32(d.control(layout.CONTROL_FREE_RECORD)) + layout.RECORD_NEXT, 5);
  return "address 5";
});

damage("free records", "list has one in use", (d, { meters }) => {
  d.set32(d.control(layout.CONTROL_FREE_RECORD), d.record(meters.deep));
  return nodeOf(d, meters.deep);
});

damage("free nodes", "list has a retired one", (d) => {
  d.set8(d.nodeAt(d.free) + layout.NODE_FLAGS, layout.NODE_RETIRED);
  return `node ${d.free}: found retired`;
});

damage("record", "of a node that has another", (d, { domains }) => {
  const record = d.recordIndex(domains.burst);
  d.set32(d.record(domains.burst) + layout.RECORD_NODE, d.node(domains.below));
  return `record ${record}, node: found ${nodeOf(d, domains.below)}`;
});

damage("record kind", "of a free one", (d) => {
  d.set8(d.u32(d.control(layout.CONTROL_FREE_RECORD)) + layout.RECORD_KIND, 7);
  return "found 7";
});
