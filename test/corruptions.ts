// Ways to damage a store, each with the invariant that no longer holds then: what proves that the
// checker can fail.

import * as layout from "../assembly/layout.js";
import { indexOf } from "../src/id.js";
import type { Domain, Meter, Node } from "../src/index.js";
import type { Mixed } from "./mixed.js";

type Has = Domain | Meter | Node;

/** Addresses in the memory of a mixed kernel, and writing there. */
export class Damage {
  readonly mixed: Mixed;

  constructor(mixed: Mixed) {
    this.mixed = mixed;
  }

  control(offset: number): number {
    return layout.CONTROL + offset;
  }

  index(of: Has): number {
    return indexOf(of.id);
  }

  nodeAt(index: number): number {
    return this.u32(this.control(layout.CONTROL_NODE_BASE)) + index * layout.NODE_SIZE;
  }

  node(of: Has): number {
    return this.nodeAt(this.index(of));
  }

  slot(of: Has, slot: number): number {
    return this.node(of) + layout.NODE_KEYS + slot * layout.KEY_SIZE;
  }

  record(of: Has): number {
    return this.u32(this.node(of) + layout.NODE_RECORD);
  }

  machine(of: Domain): number {
    return this.u32(this.record(of) + layout.RECORD_PROGRAM);
  }

  /** The word of the first mapped page of a domain, or a later one. */
  word(of: Domain, later = 0): number {
    const table = this.machine(of) + layout.MACHINE_TABLE;
    let page = 0;
    while ((this.u32(table + 4 * page) & layout.MARK_PRESENT) === 0) page++;
    return table + 4 * (page + later);
  }

  get prime(): Meter {
    return this.mixed.kernel.primeMeter;
  }

  /** The index of the first free node. */
  get free(): number {
    return this.u32(this.control(layout.CONTROL_FREE_NODE));
  }

  u32(address: number): number {
    return this.mixed.view.u32(address);
  }

  set8(address: number, value: number): void {
    this.mixed.bytes[address] = value;
  }

  set32(address: number, value: number): void {
    this.mixed.view.setU32(address, value);
  }

  set64(address: number, value: bigint): void {
    this.mixed.view.setU64(address, value);
  }

  add64(address: number, value: bigint): void {
    this.set64(address, this.mixed.view.u64(address) + value);
  }

  /** Sets bits of a byte, or, where negative, clears them. */
  bits(address: number, bits: number): void {
    const old = this.mixed.bytes[address]!;
    this.set8(address, bits < 0 ? old & ~-bits : old | bits);
  }
}

/** The invariant that is to be named, what is done, and doing it, which answers where it shows. */
export type Corruption = readonly [
  invariant: string,
  what: string,
  act: (damage: Damage, mixed: Mixed) => string,
];

const nodeOf = (d: Damage, of: Has) => `node ${d.index(of)}`;
const slotOf = (d: Damage, of: Has, slot: number) => `node ${d.index(of)} slot ${slot}`;

const NODES: Corruption[] = [
  ["layout", "one node only", (d) => (d.set32(d.control(layout.CONTROL_NODES), 1), "nodes")],
  ["layout", "nodes moved", (d) => (d.set32(d.control(layout.CONTROL_NODE_BASE), 64), "nodes")],
  ["layout", "more frames", (d) => (d.set32(d.control(layout.CONTROL_FRAMES), 1e6), "frames")],
  [
    "free nodes",
    "list empty",
    (d) => {
      const first = d.free;
      d.set32(d.control(layout.CONTROL_FREE_NODE), 0);
      return `node ${first}`;
    },
  ],
  [
    "free nodes",
    "list a loop",
    (d) => {
      const second = d.u32(d.nodeAt(d.free) + layout.NODE_RECORD);
      d.set32(d.nodeAt(second) + layout.NODE_RECORD, d.free);
      return `node ${d.free}: found twice`;
    },
  ],
  [
    "free nodes",
    "list leaves the nodes",
    (d) => {
      d.set32(d.nodeAt(d.free) + layout.NODE_RECORD, 70);
      return "node 70";
    },
  ],
  [
    "free nodes",
    "list has one in use",
    (d, { raw }) => {
      d.set32(d.control(layout.CONTROL_FREE_NODE), d.index(raw));
      return nodeOf(d, raw);
    },
  ],
  ["nodes used", "one more", (d) => (d.set32(d.control(layout.CONTROL_NODES_USED), 9), "found 9")],
  [
    "allocation",
    "above the limit",
    (d, { raw }) => {
      d.set32(d.node(raw) + layout.NODE_ALLOCATION, layout.MAX_ALLOCATION + 1);
      return nodeOf(d, raw);
    },
  ],
  [
    "lock",
    "left held",
    (d, { raw }) => (d.set8(d.node(raw) + layout.NODE_LOCK, 1), nodeOf(d, raw)),
  ],
  [
    "flags",
    "node with others",
    (d, { raw }) => {
      d.set8(d.node(raw) + layout.NODE_FLAGS, 4);
      return nodeOf(d, raw);
    },
  ],
  [
    "retired",
    "before its time",
    (d) => {
      d.set8(d.nodeAt(d.free) + layout.NODE_FLAGS, layout.NODE_RETIRED);
      return `node ${d.free}`;
    },
  ],
  ["prime", "not there", (d) => (d.set8(d.node(d.prime) + layout.NODE_FLAGS, 0), "node 1")],
  [
    "prepcode",
    "unknown",
    (d, { raw }) => {
      d.set8(d.node(raw) + layout.NODE_PREPCODE, 3);
      return nodeOf(d, raw);
    },
  ],
  [
    "prepcode",
    "of a free node",
    (d) => {
      d.set8(d.nodeAt(d.free) + layout.NODE_PREPCODE, layout.PREPCODE_METER);
      return `node ${d.free}`;
    },
  ],
  [
    "backchain",
    "of a free node",
    (d) => {
      d.set32(d.nodeAt(d.free) + layout.NODE_RIGHT, 4096);
      return `node ${d.free}, header`;
    },
  ],
  [
    "record",
    "of an unprepared node",
    (d, { raw, meters }) => {
      d.set32(d.node(raw) + layout.NODE_RECORD, d.record(meters.deep));
      return nodeOf(d, raw);
    },
  ],
  [
    "record",
    "not at a record",
    (d, { domains }) => {
      d.set32(d.node(domains.burst) + layout.NODE_RECORD, d.record(domains.burst) + 8);
      return nodeOf(d, domains.burst);
    },
  ],
  [
    "record",
    "of another node",
    (d, { domains }) => {
      d.set32(d.record(domains.burst) + layout.RECORD_NODE, d.node(domains.below));
      return nodeOf(d, domains.burst);
    },
  ],
  [
    "record",
    "of no node",
    (d, { domains }) => {
      d.set32(d.record(domains.burst) + layout.RECORD_NODE, 3);
      return "address 3";
    },
  ],
  [
    "record kind",
    "of the other role",
    (d, { meters }) => {
      d.set8(d.record(meters.deep) + layout.RECORD_KIND, layout.RECORD_DOMAIN);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "record kind",
    "unknown",
    (d, { meters }) => {
      d.set8(d.record(meters.deep) + layout.RECORD_KIND, 7);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "free records",
    "list empty",
    (d) => {
      d.set32(d.control(layout.CONTROL_FREE_RECORD), 0);
      return "not in the list";
    },
  ],
  [
    "free records",
    "list a loop",
    (d) => {
      const first = d.u32(d.control(layout.CONTROL_FREE_RECORD));
      d.set32(first + layout.RECORD_NEXT, first);
      return "twice";
    },
  ],
  [
    "free records",
    "list leaves the records",
    (d) => {
      d.set32(d.u32(d.control(layout.CONTROL_FREE_RECORD)) + layout.RECORD_NEXT, 5);
      return "address 5";
    },
  ],
  [
    "free records",
    "list has one in use",
    (d, { meters }) => {
      d.set32(d.control(layout.CONTROL_FREE_RECORD), d.record(meters.deep));
      return nodeOf(d, meters.deep);
    },
  ],
];

const KEYS: Corruption[] = [
  [
    "prepared",
    "a data key",
    (d, { raw }) => {
      d.bits(d.slot(raw, 8), layout.KEY_PREPARED);
      return slotOf(d, raw, 8);
    },
  ],
  [
    "prepared",
    "a key to no node",
    (d, { domains }) => {
      d.set32(d.slot(domains.burst, 1) + layout.KEY_SUBJECT, 5);
      return slotOf(d, domains.burst, 1);
    },
  ],
  [
    "prepared",
    "a key to a free node",
    (d, { domains }) => {
      d.set32(d.slot(domains.burst, 1) + layout.KEY_SUBJECT, d.nodeAt(d.free));
      return slotOf(d, domains.burst, 1);
    },
  ],
  [
    "prepared",
    "a key in a free node",
    (d) => {
      d.set8(d.nodeAt(d.free) + layout.NODE_KEYS, layout.KEY_PREPARED | layout.KIND_METER);
      return `node ${d.free} slot 0`;
    },
  ],
  [
    "involved",
    "a counter, for w only",
    (d, { meters }) => {
      d.bits(d.slot(meters.deep, 3), -layout.KEY_INVOLVED_R);
      return slotOf(d, meters.deep, 3);
    },
  ],
  [
    "involved",
    "a keeper",
    (d, { meters }) => {
      d.bits(d.slot(meters.deep, 2), layout.KEY_INVOLVED_W);
      return slotOf(d, meters.deep, 2);
    },
  ],
  [
    "involved",
    "slot 15 of a meter, not",
    (d, { meters }) => {
      d.bits(d.slot(meters.deep, 15), -layout.KEY_INVOLVED_W);
      return slotOf(d, meters.deep, 15);
    },
  ],
  [
    "involved",
    "a slot of an unprepared node",
    (d, { raw }) => {
      d.bits(d.slot(raw, 3), layout.KEY_INVOLVED_R);
      return slotOf(d, raw, 3);
    },
  ],
  [
    "involved",
    "slot 1 of a domain without chain",
    (d, { domains }) => {
      d.bits(d.slot(domains.stopped, 1), layout.KEY_INVOLVED_W);
      return slotOf(d, domains.stopped, 1);
    },
  ],
  [
    "involved",
    "slot 1 of a domain with a chain, not",
    (d, { domains }) => {
      d.bits(d.slot(domains.burst, 1), -layout.KEY_INVOLVED_W);
      return slotOf(d, domains.burst, 1);
    },
  ],
  [
    "format",
    "slot 0 is not DK(0)",
    (d, { meters }) => {
      d.set64(d.slot(meters.deep, 0) + layout.KEY_LOW, 1n << 63n);
      return slotOf(d, meters.deep, 0);
    },
  ],
  [
    "format",
    "slot 7 is not DK(0)",
    (d, { meters }) => {
      d.set8(d.slot(meters.deep, 7) + layout.KEY_HIGH + 2, 1);
      return slotOf(d, meters.deep, 7);
    },
  ],
  [
    "format",
    "counter above 2^64",
    (d, { meters }) => {
      d.set8(d.slot(meters.deep, 3) + layout.KEY_HIGH, 1);
      return slotOf(d, meters.deep, 3);
    },
  ],
  [
    "format",
    "slot 12 is no data key",
    (d, { meters }) => {
      d.bits(d.slot(meters.deep, 12), layout.KIND_HOST);
      return slotOf(d, meters.deep, 12);
    },
  ],
  ["kind", "unknown", (d, { raw }) => (d.set8(d.slot(raw, 11), 31), slotOf(d, raw, 11))],
  [
    "hook",
    "in a node that is no domain",
    (d, { raw }) => {
      d.set8(d.slot(raw, 13), layout.KIND_HOOK);
      return slotOf(d, raw, 13);
    },
  ],
  [
    "hook",
    "unprepared",
    (d, { domains }) => {
      d.bits(d.slot(domains.parked, 13), -layout.KEY_PREPARED);
      return slotOf(d, domains.parked, 13);
    },
  ],
  [
    "hook",
    "for no known reason",
    (d, { domains }) => {
      d.set8(d.slot(domains.parked, 13) + layout.KEY_DATABYTE, 2);
      return slotOf(d, domains.parked, 13);
    },
  ],
  [
    "hook",
    "another key in its slot",
    (d, { domains }) => {
      d.set64(d.slot(domains.burst, 13) + layout.KEY_LOW, 1n);
      return slotOf(d, domains.burst, 13);
    },
  ],
  [
    "super key",
    "in another node",
    (d, { raw }) => {
      d.set8(d.slot(raw, 10), layout.KIND_METER);
      return slotOf(d, raw, 10);
    },
  ],
  [
    "super key",
    "in another slot of the prime meter",
    (d) => {
      d.set8(d.slot(d.prime, 9), layout.KIND_METER);
      return "node 1 slot 9";
    },
  ],
  [
    "allocation",
    "a key to a tenant to come",
    (d, { raw }) => {
      const key = d.slot(raw, 4) + layout.KEY_ALLOCATION;
      d.set32(key, d.u32(key) + 1);
      return slotOf(d, raw, 4);
    },
  ],
  [
    "allocation",
    "a key to a tenant to come of a free node",
    (d, { raw }) => {
      d.set32(d.slot(raw, 4) + layout.KEY_SUBJECT, d.free);
      d.set32(
        d.slot(raw, 4) + layout.KEY_ALLOCATION,
        d.u32(d.nodeAt(d.free) + layout.NODE_ALLOCATION),
      );
      return slotOf(d, raw, 4);
    },
  ],
  [
    "allocation",
    "a key to no node",
    (d, { raw }) => {
      d.set32(d.slot(raw, 4) + layout.KEY_SUBJECT, 64);
      return slotOf(d, raw, 4);
    },
  ],
  [
    "registers",
    "a prepared key",
    (d) => {
      d.bits(d.control(layout.CONTROL_REGISTERS) + 2 * layout.KEY_SIZE, layout.KEY_PREPARED);
      return "register 2";
    },
  ],
];

const RINGS: Corruption[] = [
  [
    "backchain",
    "right of a key is no key",
    (d, { domains, meters }) => {
      d.set32(d.slot(domains.burst, 1) + layout.KEY_RIGHT, 7);
      return `${nodeOf(d, meters.deep)}, right of ${slotOf(d, domains.burst, 1)}`;
    },
  ],
  [
    "backchain",
    "a ring closed early",
    (d, { domains }) => {
      const key = d.slot(domains.burst, 1);
      d.set32(key + layout.KEY_RIGHT, key);
      return `${slotOf(d, domains.burst, 1)} again`;
    },
  ],
  [
    "backchain",
    "left of a key",
    (d, { domains }) => {
      d.set32(d.slot(domains.burst, 1) + layout.KEY_LEFT, 7);
      return `${slotOf(d, domains.burst, 1)}, left`;
    },
  ],
  [
    "backchain",
    "left of the header",
    (d, { meters }) => {
      d.set32(d.node(meters.deep) + layout.NODE_LEFT, 7);
      return `${nodeOf(d, meters.deep)}, left of header`;
    },
  ],
  [
    "backchain",
    "a key to another node",
    (d, { domains, meters }) => {
      d.set32(d.slot(domains.burst, 1) + layout.KEY_SUBJECT, d.node(meters.tenant));
      return slotOf(d, domains.burst, 1);
    },
  ],
  [
    "backchain",
    "a key that is not prepared",
    (d, { domains }) => {
      d.bits(d.slot(domains.burst, 1), -layout.KEY_PREPARED);
      return `${slotOf(d, domains.burst, 1)}: found an unprepared key`;
    },
  ],
  [
    "backchain",
    "a prepared key left out",
    (d, { domains }) => {
      const key = d.slot(domains.burst, 1);
      const right = d.u32(key + layout.KEY_RIGHT);
      const left = d.u32(key + layout.KEY_LEFT);
      d.set32(left + layout.KEY_RIGHT, right);
      d.set32(right + layout.KEY_LEFT, left);
      return `${slotOf(d, domains.burst, 1)}: found in no ring`;
    },
  ],
  [
    "backchain order",
    "an involved key after one that is not",
    (d, { meters }) => {
      d.bits(d.u32(d.node(meters.deep) + layout.NODE_RIGHT), -layout.KEY_INVOLVED_W);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "backchain order",
    "a hook among involved keys",
    (d, { domains, meters }) => {
      d.set8(d.slot(domains.burst, 1), layout.KEY_PREPARED | layout.KIND_HOOK);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "last hook",
    "none noted",
    (d, { meters }) => {
      d.set32(d.node(meters.busy) + layout.NODE_LAST_HOOK, 0);
      return nodeOf(d, meters.busy);
    },
  ],
  [
    "last hook",
    "not the last",
    (d, { meters, domains }) => {
      d.set32(d.node(meters.busy) + layout.NODE_LAST_HOOK, d.slot(domains.stalled, 13));
      return nodeOf(d, meters.busy);
    },
  ],
];

const RECORDS: Corruption[] = [
  [
    "superior",
    "not the meter in slot 1",
    (d, { domains, meters }) => {
      d.set32(d.record(domains.burst) + layout.RECORD_SUPERIOR, d.record(meters.tenant));
      return nodeOf(d, domains.burst);
    },
  ],
  [
    "superior",
    "of a domain without chain",
    (d, { domains, meters }) => {
      d.set32(d.record(domains.stopped) + layout.RECORD_SUPERIOR, d.record(meters.tenant));
      return nodeOf(d, domains.stopped);
    },
  ],
  [
    "superior",
    "of the prime meter",
    (d, { meters }) => {
      d.set32(d.record(d.prime) + layout.RECORD_SUPERIOR, d.record(meters.tenant));
      return "node 1";
    },
  ],
  [
    "chain",
    "slot 1 of a meter unprepared",
    (d, { meters }) => {
      d.bits(d.slot(meters.deep, 1), -layout.KEY_PREPARED);
      return slotOf(d, meters.deep, 1);
    },
  ],
  [
    "chain",
    "a superior that is not prepared",
    (d, { meters }) => {
      d.set8(d.node(meters.plugin) + layout.NODE_PREPCODE, 0);
      return slotOf(d, meters.deep, 1);
    },
  ],
  [
    "level",
    "not the superior's and one",
    (d, { meters }) => {
      d.set8(d.record(meters.deep) + layout.RECORD_LEVEL, 3);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "level",
    "above the limit",
    (d, { meters }) => {
      d.set8(d.record(meters.plugin) + layout.RECORD_LEVEL, 20);
      d.set8(d.record(meters.deep) + layout.RECORD_LEVEL, 21);
      return `found 21, expected at most 20`;
    },
  ],
  [
    "inferiors",
    "a list lost",
    (d, { meters, domains }) => {
      d.set32(d.record(meters.deep) + layout.RECORD_FIRST, 0);
      return `${nodeOf(d, domains.burst)} `;
    },
  ],
  [
    "inferiors",
    "a list in a loop",
    (d, { domains }) => {
      const record = d.record(domains.burst);
      d.set32(record + layout.RECORD_NEXT, record);
      return "listed already";
    },
  ],
  [
    "inferiors",
    "a list that leads nowhere",
    (d, { domains }) => {
      d.set32(d.record(domains.burst) + layout.RECORD_NEXT, 9);
      return "address 9";
    },
  ],
  [
    "inferiors",
    "another's in the list",
    (d, { domains, meters }) => {
      d.set32(d.record(meters.deep) + layout.RECORD_FIRST, d.record(domains.below));
      return nodeOf(d, domains.below);
    },
  ],
  [
    "inferiors",
    "previous",
    (d, { meters }) => {
      const second = d.u32(d.u32(d.record(meters.deep) + layout.RECORD_FIRST) + layout.RECORD_NEXT);
      d.set32(second + layout.RECORD_PREVIOUS, second);
      return "previous";
    },
  ],
  [
    "inferiors",
    "last",
    (d, { meters }) => {
      d.set32(d.u32(d.record(meters.deep) + layout.RECORD_FIRST) + layout.RECORD_PREVIOUS, 0);
      return `${nodeOf(d, meters.deep)} `;
    },
  ],
  [
    "dry (1)",
    "dry with a cache",
    (d, { domains }) => {
      d.bits(d.record(domains.burst) + layout.RECORD_FLAGS, layout.FLAG_DRY);
      return nodeOf(d, domains.burst);
    },
  ],
  [
    "dry (1)",
    "dry over a cache",
    (d, { meters }) => {
      d.bits(d.record(meters.tenant) + layout.RECORD_FLAGS, layout.FLAG_DRY);
      return nodeOf(d, meters.tenant);
    },
  ],
  [
    "dry (2)",
    "dry over one that is not",
    (d, { meters }) => {
      d.bits(d.record(meters.tenant) + layout.RECORD_FLAGS, layout.FLAG_DRY);
      return nodeOf(d, meters.tenant);
    },
  ],
  [
    "dry (3)",
    "dry before one that is not",
    (d, { meters }) => {
      d.bits(
        d.u32(d.record(meters.deep) + layout.RECORD_FIRST) + layout.RECORD_FLAGS,
        layout.FLAG_DRY,
      );
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "cache",
    "without a chain",
    (d, { domains }) => {
      d.set64(d.record(domains.stopped) + layout.RECORD_AMOUNT, 1n);
      return nodeOf(d, domains.stopped);
    },
  ],
  [
    "settled",
    "not, without a chain",
    (d, { domains }) => {
      d.set64(d.record(domains.stopped) + layout.RECORD_CONSUMED, 1n);
      return nodeOf(d, domains.stopped);
    },
  ],
  [
    "flags",
    "of a domain on a meter",
    (d, { meters }) => {
      d.bits(d.record(meters.deep) + layout.RECORD_FLAGS, layout.FLAG_STALE);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "stale",
    "without a cache",
    (d, { domains }) => {
      d.bits(d.record(domains.stopped) + layout.RECORD_FLAGS, layout.FLAG_STALE);
      return nodeOf(d, domains.stopped);
    },
  ],
  [
    "conservation",
    "a counter",
    (d, { meters }) => {
      d.add64(d.record(meters.plugin) + layout.RECORD_AMOUNT, 1n);
      return nodeOf(d, meters.plugin);
    },
  ],
  [
    "conservation",
    "a cache",
    (d, { domains, meters }) => {
      d.add64(d.record(domains.burst) + layout.RECORD_AMOUNT, 1n);
      return nodeOf(d, meters.tenant);
    },
  ],
  [
    "conservation",
    "what a domain consumed",
    (d, { domains }) => {
      d.add64(d.record(domains.burst) + layout.RECORD_CONSUMED, 1n);
      return "node 1";
    },
  ],
  [
    "conservation",
    "what a meter consumed",
    (d, { meters }) => {
      d.add64(d.record(meters.deep) + layout.RECORD_CONSUMED, -1n);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "conservation",
    "what was granted",
    (d, { meters }) => {
      d.add64(d.node(meters.deep) + layout.NODE_GRANTED, 1n);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "conservation",
    "the counter of an unprepared meter",
    (d, { meters }) => {
      d.add64(d.slot(meters.unused, 3) + layout.KEY_LOW, 1n);
      return nodeOf(d, meters.unused);
    },
  ],
  [
    "counter",
    "would pass 2^64",
    (d, { meters }) => {
      d.set64(d.record(meters.deep) + layout.RECORD_AMOUNT, (1n << 64n) - 1n);
      return nodeOf(d, meters.deep);
    },
  ],
  [
    "time",
    "a cycle that nobody ran",
    (d) => {
      d.add64(d.control(layout.CONTROL_TIME), 1n);
      return "control block";
    },
  ],
];

const QUEUES: Corruption[] = [
  ["quantum", "0", (d) => (d.set32(d.control(layout.CONTROL_QUANTUM), 0), "found 0")],
  ["slice", "longer", (d) => (d.set32(d.control(layout.CONTROL_SLICE_LEFT), 4000), "4000")],
  [
    "slice",
    "used by nobody",
    (d) => {
      d.set32(d.control(layout.CONTROL_READY), 0);
      d.set32(d.control(layout.CONTROL_SLICE_USED), 1);
      return "nobody ready";
    },
  ],
  [
    "ready queue",
    "head is nobody",
    (d) => (d.set32(d.control(layout.CONTROL_READY), 4), "address 4"),
  ],
  [
    "ready queue",
    "next of the head",
    (d, { domains }) => {
      d.set32(d.record(domains.burst) + layout.RECORD_READY_NEXT, 0);
      return `${nodeOf(d, domains.burst)} `;
    },
  ],
  [
    "ready queue",
    "previous",
    (d, { domains }) => {
      d.set32(d.record(domains.burst) + layout.RECORD_READY_PREVIOUS, 0);
      return `${nodeOf(d, domains.burst)} `;
    },
  ],
  [
    "ready queue",
    "a ring that misses its head",
    (d, { domains }) => {
      const record = d.record(domains.burst);
      const head = d.u32(d.control(layout.CONTROL_READY));
      const at = record === head ? d.u32(record + layout.RECORD_READY_NEXT) : record;
      d.set32(at + layout.RECORD_READY_NEXT, at);
      return "again, expected the head";
    },
  ],
  [
    "ready queue",
    "a stopped domain in the ring",
    (d, { domains }) => {
      d.set8(d.record(domains.burst) + layout.RECORD_STATE, layout.STATE_STOPPED);
      return `${nodeOf(d, domains.burst)} `;
    },
  ],
  [
    "ready queue",
    "links off the ring",
    (d, { domains }) => {
      d.set32(d.record(domains.stopped) + layout.RECORD_READY_NEXT, d.record(domains.burst));
      return `${nodeOf(d, domains.stopped)} `;
    },
  ],
  [
    "ready queue",
    "a link back off the ring",
    (d, { domains }) => {
      d.set32(d.record(domains.wild) + layout.RECORD_READY_PREVIOUS, 1);
      return `${nodeOf(d, domains.wild)} `;
    },
  ],
  [
    "state",
    "ready, but not in the ring",
    (d, { domains }) => {
      d.set8(d.record(domains.stopped) + layout.RECORD_STATE, layout.STATE_READY);
      return nodeOf(d, domains.stopped);
    },
  ],
  ["sleepers", "too many", (d) => (d.set32(d.control(layout.CONTROL_SLEEPERS), 64), "found 64")],
  [
    "sleepers",
    "an entry for nobody",
    (d) => {
      d.set32(sleeper(d, 1) + layout.SLEEPER_RECORD, 3);
      return "place 1: found address 3";
    },
  ],
  [
    "sleepers",
    "an entry twice",
    (d) => {
      d.set32(sleeper(d, 1) + layout.SLEEPER_RECORD, d.u32(sleeper(d, 0) + layout.SLEEPER_RECORD));
      return "twice in the heap";
    },
  ],
  [
    "sleepers",
    "not waiting",
    (d, { domains }) => {
      d.set8(d.record(domains.sleeper) + layout.RECORD_STATE, layout.STATE_READY);
      return `${nodeOf(d, domains.sleeper)} `;
    },
  ],
  [
    "sleepers",
    "place noted",
    (d, { domains }) => {
      d.set32(d.record(domains.sleeper) + layout.RECORD_READY_PREVIOUS, 9);
      return `${nodeOf(d, domains.sleeper)} `;
    },
  ],
  ["sleepers order", "by time", (d) => (d.set64(sleeper(d, 2), 1n), "place 2")],
  [
    "sleepers order",
    "by sequence",
    (d) => {
      d.set64(sleeper(d, 1), d.mixed.view.u64(sleeper(d, 0)));
      const sequence = (place: number) => sleeper(d, place) + layout.SLEEPER_SEQUENCE;
      d.set32(sequence(0), 1);
      d.set32(sequence(1), 0);
      return "place 1";
    },
  ],
  [
    "state",
    "asleep, but not in the heap",
    (d) => {
      const last = d.u32(d.control(layout.CONTROL_SLEEPERS)) - 1;
      const record = d.u32(sleeper(d, last) + layout.SLEEPER_RECORD);
      d.set32(d.control(layout.CONTROL_SLEEPERS), last);
      const node = d.u32(record + layout.RECORD_NODE);
      return `node ${(node - d.nodeAt(0)) / layout.NODE_SIZE}: found waiting for nothing`;
    },
  ],
];

const sleeper = (d: Damage, place: number) =>
  d.u32(d.control(layout.CONTROL_SLEEPER_BASE)) + place * layout.SLEEPER_SIZE;

const STATES: Corruption[] = [
  [
    "state",
    "unknown",
    (d, { domains }) => {
      d.set8(d.record(domains.burst) + layout.RECORD_STATE, 9);
      return nodeOf(d, domains.burst);
    },
  ],
  [
    "state",
    "parked, but hooked as stalled",
    (d, { domains }) => {
      d.set8(d.slot(domains.parked, 13) + layout.KEY_DATABYTE, layout.HOOK_STALLED);
      return nodeOf(d, domains.parked);
    },
  ],
  [
    "state",
    "waiting, but hooked as parked",
    (d, { domains }) => {
      d.set8(d.slot(domains.stalled, 13) + layout.KEY_DATABYTE, layout.HOOK_PARKED);
      return nodeOf(d, domains.stalled);
    },
  ],
  [
    "state",
    "stopped on a stall queue",
    (d, { domains }) => {
      d.set8(d.record(domains.parked) + layout.RECORD_STATE, layout.STATE_STOPPED);
      return nodeOf(d, domains.parked);
    },
  ],
  [
    "state",
    "ended with a chain",
    (d, { domains }) => {
      d.set8(d.record(domains.burst) + layout.RECORD_STATE, layout.STATE_ENDED);
      return `${nodeOf(d, domains.burst)}: found ended`;
    },
  ],
  [
    "state",
    "waiting for nothing",
    (d, { domains }) => {
      d.set8(d.record(domains.stopped) + layout.RECORD_STATE, layout.STATE_WAITING);
      return nodeOf(d, domains.stopped);
    },
  ],
  [
    "laps",
    "too many",
    (d, { domains }) => {
      d.set32(d.node(domains.caller) + layout.NODE_LAPS, 4);
      return nodeOf(d, domains.caller);
    },
  ],
  [
    "program",
    "unknown",
    (d, { domains }) => {
      d.set8(d.record(domains.burst) + layout.RECORD_PROGRAM_KIND, 3);
      return nodeOf(d, domains.burst);
    },
  ],
  [
    "program",
    "asleep on the target CPU",
    (d, { domains }) => {
      d.set8(d.record(domains.sleeper) + layout.RECORD_PROGRAM_KIND, layout.PROGRAM_RISCV);
      return nodeOf(d, domains.sleeper);
    },
  ],
  [
    "trap",
    "a code without the flag",
    (d, { domains }) => {
      d.set64(d.slot(domains.burst, 5) + layout.KEY_LOW, 0x404n);
      return slotOf(d, domains.burst, 5);
    },
  ],
  [
    "trap",
    "the flag without a code",
    (d, { domains }) => {
      d.bits(d.record(domains.burst) + layout.RECORD_FLAGS, layout.FLAG_TRAPPED);
      return slotOf(d, domains.burst, 5);
    },
  ],
  [
    "trap",
    "trapped without the flag",
    (d, { domains }) => {
      d.bits(d.record(domains.wild) + layout.RECORD_FLAGS, -layout.FLAG_TRAPPED);
      return slotOf(d, domains.wild, 5);
    },
  ],
  [
    "trap",
    "no data key in slot 5",
    (d, { domains }) => {
      d.set8(d.slot(domains.burst, 5), layout.KIND_HOST);
      return slotOf(d, domains.burst, 5);
    },
  ],
  [
    "partner",
    "unknown to the meter",
    (d, { meters }) => {
      d.set32(d.node(meters.busy) + layout.NODE_PARTNER, 0);
      return `${nodeOf(d, meters.busy)}, partner of`;
    },
  ],
  [
    "partner",
    "is no node",
    (d, { meters }) => {
      d.set32(d.node(meters.busy) + layout.NODE_PARTNER, 5);
      return nodeOf(d, meters.busy);
    },
  ],
  [
    "partner",
    "is a meter, too",
    (d, { meters }) => {
      d.set32(d.node(meters.busy) + layout.NODE_PARTNER, d.node(meters.deep));
      return `${nodeOf(d, meters.busy)}: found`;
    },
  ],
  [
    "stall queue",
    "stalled, and the keeper free",
    (d, { meters, domains }) => {
      d.set32(d.node(meters.busy) + layout.NODE_PARTNER, 0);
      return slotOf(d, domains.stalled, 13);
    },
  ],
  [
    "stall queue",
    "hooked at a meter of another chain",
    (d, { meters, domains }) => {
      d.set32(d.slot(domains.parked, 1) + layout.KEY_SUBJECT, d.node(meters.tenant));
      return slotOf(d, domains.parked, 13);
    },
  ],
];

const bitmap = (d: Damage) => d.u32(d.control(layout.CONTROL_FRAME_BASE));
const image = (d: Damage, of: Domain) => d.u32(d.machine(of) + layout.MACHINE_IMAGE);

const FRAMES: Corruption[] = [
  [
    "frames used",
    "one more",
    (d) => {
      d.set32(d.control(layout.CONTROL_FRAMES_USED), 1);
      return "found 1,";
    },
  ],
  ["frames", "the bitmap's own free", (d) => (d.bits(bitmap(d), -1), "bitmap")],
  [
    "frames",
    "a page's free",
    (d, { domains }) => {
      const frame = (d.u32(d.word(domains.spin)) - bitmap(d)) >> 12;
      d.bits(bitmap(d) + (frame >> 3), -(1 << (frame & 7)));
      return nodeOf(d, domains.spin);
    },
  ],
  [
    "frames",
    "a page's in another machine",
    (d, { domains }) => {
      d.set32(d.word(domains.spin), d.u32(d.word(domains.sieve)));
      return `of ${nodeOf(d, domains.spin)}, expected a frame owned once`;
    },
  ],
  [
    "frames",
    "a page's twice in one machine",
    (d, { domains }) => {
      d.set32(d.word(domains.spin), d.u32(d.word(domains.spin, 1)));
      return nodeOf(d, domains.spin);
    },
  ],
  [
    "frames",
    "a page over the bitmap",
    (d, { domains }) => {
      d.set32(d.word(domains.spin), bitmap(d) | layout.MARK_PRESENT);
      return "of bitmap";
    },
  ],
  [
    "frames",
    "a page outside of the frames",
    (d, { domains }) => {
      d.set32(d.word(domains.spin), layout.CONTROL | layout.MARK_PRESENT);
      return nodeOf(d, domains.spin);
    },
  ],
  [
    "page table",
    "page 0 mapped",
    (d, { domains }) => {
      const table = d.machine(domains.spin) + layout.MACHINE_TABLE;
      d.set32(table, d.u32(d.word(domains.spin)));
      return `${nodeOf(d, domains.spin)}, page 0`;
    },
  ],
  [
    "machine",
    "not in a frame",
    (d, { domains }) => {
      d.set32(d.record(domains.spin) + layout.RECORD_PROGRAM, 4096);
      return nodeOf(d, domains.spin);
    },
  ],
  [
    "machine",
    "no pages",
    (d, { domains }) => {
      d.set32(d.machine(domains.spin) + layout.MACHINE_PAGES, 0);
      return `${nodeOf(d, domains.spin)}, pages`;
    },
  ],
  [
    "frames",
    "a machine of two domains",
    (d, { domains }) => {
      d.set32(d.record(domains.spin) + layout.RECORD_PROGRAM, d.machine(domains.sieve));
      return `${nodeOf(d, domains.sieve)}, machine`;
    },
  ],
  [
    "cycles",
    "more than the domain consumed",
    (d, { domains }) => {
      d.add64(d.machine(domains.spin) + layout.MACHINE_CYCLES, 1n);
      return nodeOf(d, domains.spin);
    },
  ],
  [
    "image",
    "no machines",
    (d, { domains }) => {
      d.set32(image(d, domains.spin) + layout.IMAGE_MACHINES, 0);
      return "machines: found 0";
    },
  ],
  [
    "image",
    "a pool of more frames",
    (d, { domains }) => {
      d.set32(image(d, domains.spin) + layout.IMAGE_POOL_FRAMES, 7);
      return "found 7";
    },
  ],
  [
    "image",
    "not in a frame",
    (d, { domains }) => {
      d.set32(d.machine(domains.spin) + layout.MACHINE_IMAGE, 12);
      return nodeOf(d, domains.spin);
    },
  ],
  [
    "frames",
    "a pool in a loop",
    (d, { domains }) => {
      const pool = d.u32(image(d, domains.spin) + layout.IMAGE_POOL);
      d.set32(pool, pool);
      return "decoded code";
    },
  ],
  [
    "program",
    "bursts out of line",
    (d, { domains }) => {
      d.set32(d.record(domains.burst) + layout.RECORD_PROGRAM, bitmap(d) + 4);
      return nodeOf(d, domains.burst);
    },
  ],
  [
    "frames",
    "bursts in a page of a machine",
    (d, { domains }) => {
      const page = d.u32(d.word(domains.spin)) & -layout.PAGE_SIZE;
      d.set32(d.record(domains.burst) + layout.RECORD_PROGRAM, page);
      return `bursts, description for ${nodeOf(d, domains.burst)}`;
    },
  ],
];

export const CORRUPTIONS: readonly Corruption[] = [
  ...NODES,
  ...KEYS,
  ...RINGS,
  ...RECORDS,
  ...QUEUES,
  ...STATES,
  ...FRAMES,
];
