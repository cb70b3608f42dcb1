// Damage to gates: to what waits for messages, and to the objects that they know.

import * as layout from "../../assembly/layout.js";
import * as riscv from "../../assembly/riscv/layout.js";
import type { GateMixed } from "../gate-mixed.js";
import { type Corruption, type Damage, into } from "./damage.js";

export const GATES: Corruption<GateMixed>[] = [];
const damage = into(GATES);

const CALL_HOOK = 13;
const KEYS_SLOT = layout.DOMAIN_KEYS_SLOT;
const FREE_PAGE = 12;

const state = (d: Damage, index: number, value: number) =>
  d.set8(d.record(index) + layout.RECORD_STATE, value);

/** The node of a domain's general keys. */
const keysOf = (d: Damage, index: number) => d.u32(d.slot(index, KEYS_SLOT) + layout.KEY_SUBJECT);

/** Where a page table says what guest page 12 is. */
const word = (d: Damage, index: number, page = FREE_PAGE) =>
  d.machine(index) + riscv.MACHINE_TABLE + 4 * page;

damage("worry list", "begins nowhere", (d) => {
  d.set32(d.control(layout.CONTROL_WORRIED), 12);
  return "found address 12";
});

damage("worry list", "is a ring", (d, { node }) =>
  d.set32(d.node(node("popular")) + layout.NODE_NEXT_WORRY, d.node(node("popular"))),
);

damage("worry list", "holds a join", (d, { node }) => {
  d.set32(d.node(node("popular")) + layout.NODE_NEXT_WORRY, d.node(node("held")));
  return `found node ${node("held")}`;
});

damage("worry list", "ends elsewhere", (d, { node }) => {
  d.set32(d.control(layout.CONTROL_LAST_WORRIED), d.node(node("free")));
  return "last";
});

damage("worry list", "flag without an entry", (d, { node }) =>
  d.bits(d.node(node("free")) + layout.NODE_FLAGS, layout.NODE_WORRIED),
);

damage("worry list", "entry without the flag", (d, { node }) =>
  d.bits(d.node(node("popular")) + layout.NODE_FLAGS, -layout.NODE_WORRIED),
);

damage("stall queue", "nobody sees to stallers", (d, { node }) => {
  d.set32(d.control(layout.CONTROL_WORRIED), 0);
  return `node ${node("fourth")} slot 13`;
});

damage("stall queue", "at one that takes messages", (d, { node }) => {
  state(d, node("busy"), layout.STATE_AVAILABLE);
  return `node ${node("stalled")} slot 13`;
});

damage("state", "available, and ready", (d, { node }) =>
  state(d, node("busy"), layout.STATE_AVAILABLE),
);

damage("state", "waiting for an answer, and stalled", (d, { node }) =>
  state(d, node("stalled"), layout.STATE_CALLING),
);

damage("state", "kept, and asleep", (d, { node }) => state(d, node("sleeper"), layout.STATE_KEPT));

damage("state", "stalled, and nowhere", (d, { node }) =>
  state(d, node("kept"), layout.STATE_WAITING),
);

damage("hook", "of an unknown kind", (d, { node }) => {
  const at = d.slot(node("stalled"), CALL_HOOK) + layout.KEY_DATABYTE;
  return d.set8(at, 3).replace("slot 13", "slot 13, databyte");
});

damage("flags", "a join that the host awaits", (d, { node }) =>
  d.bits(d.node(node("idle")) + layout.NODE_FLAGS, layout.NODE_AWAITED),
);

damage("general keys", "of another", (d, { node }) => {
  const at = d.slot(node("free"), KEYS_SLOT) + layout.KEY_SUBJECT;
  d.set32(at, keysOf(d, node("busy")));
  return `node ${node("busy")} slot 14`;
});

damage("general keys", "of nobody", (d, { node }) => {
  const keys = keysOf(d, node("free"));
  d.set32(d.slot(node("free"), KEYS_SLOT) + layout.KEY_SUBJECT, keysOf(d, node("busy")));
  return `node ${keys}: found of nobody`;
});

damage("general keys", "none", (d, { node }) =>
  d.set8(d.slot(node("free"), KEYS_SLOT) + layout.KEY_TYPE, layout.KIND_DATA),
);

damage("general keys", "in no node of keys", (d, { node }) => {
  d.set8(d.nodeAt(keysOf(d, node("free"))) + layout.NODE_PREPCODE, layout.PREPCODE_NONE);
  return `node ${node("free")} slot 14`;
});

damage("prepcode", "none that there is", (d, { node }) =>
  d.set8(d.nodeAt(keysOf(d, node("free"))) + layout.NODE_PREPCODE, 5),
);

damage("record", "of a node of keys", (d, { node }) => {
  d.set32(d.nodeAt(keysOf(d, node("free"))) + layout.NODE_RECORD, d.record(node("free")));
  return `node ${keysOf(d, node("free"))}`;
});

// The keeper has a restart key in its slot 6.
const resume = (d: Damage, { node }: GateMixed) => d.slot(keysOf(d, node("keeper")), 6);

damage("resume", "of an unknown kind", (d, mixed) =>
  d.set8(resume(d, mixed) + layout.KEY_DATABYTE, 3),
);

damage("resume", "of a call that is to come", (d, mixed) =>
  d.set32(resume(d, mixed) + layout.KEY_CALLS, 1 << 20),
);

damage("resume", "of a call that is to come, far off", (d, mixed) =>
  d.set8(resume(d, mixed) + layout.KEY_CALLS_HIGH, 1),
);

damage("resume", "to a page", (d, mixed) => {
  const page = mixed.node("page");
  const at = resume(d, mixed);
  d.set32(at + layout.KEY_ALLOCATION, d.u32(d.node(page) + layout.NODE_ALLOCATION));
  return d.set32(at + layout.KEY_SUBJECT, page);
});

damage("resume", "prepared", (d, mixed) => d.bits(resume(d, mixed), layout.KEY_PREPARED));

damage("misc", "of no service", (d, { node }) =>
  d.set8(d.slot(keysOf(d, node("free")), 1) + layout.KEY_DATABYTE, 0),
);

damage("misc", "of an unknown service", (d, { node }) =>
  d.set8(d.slot(keysOf(d, node("free")), 1) + layout.KEY_DATABYTE, 200),
);

damage("prepared", "a service's key", (d, { node }) =>
  d.bits(d.slot(keysOf(d, node("free")), 1) + layout.KEY_TYPE, layout.KEY_PREPARED),
);

damage("join", "does what no join does", (d, { node }) =>
  d.set32(d.node(node("idle")) + layout.NODE_PARTNER, 3),
);

damage("join", "holds what somebody waits for", (d, { node }) => {
  d.set32(d.node(node("awaited")) + layout.NODE_PARTNER, layout.JOIN_HOLDING);
  return `node ${node("awaited")} slot 1`;
});

damage("join", "awaits nothing, and somebody waits", (d, { node }) => {
  d.set32(d.node(node("awaited")) + layout.NODE_PARTNER, layout.JOIN_IDLE);
  return `node ${node("awaited")} slot 1`;
});

damage("join", "holds more than a message", (d, { node }) => {
  d.set64(d.slot(node("held"), layout.JOIN_LENGTH_SLOT) + layout.KEY_LOW, 4097n);
  return `node ${node("held")}, length`;
});

damage("join", "holds an order that is no number", (d, { node }) =>
  d.set8(d.slot(node("held"), layout.JOIN_ORDER_SLOT) + layout.KEY_TYPE, layout.KIND_MISC),
);

damage("frames", "a join without a frame", (d, { node }) => {
  d.set32(d.node(node("held")) + layout.NODE_RECORD, 0);
  return `node ${node("held")}, its message`;
});

damage("wait", "until another time", (d, { node }) =>
  d.add64(d.node(node("wait")) + layout.NODE_DUE, 1n),
);

damage("wait", "of one who is not asleep", (d, { node }) => {
  const [wait, caller] = [d.node(node("wait")), d.node(node("caller"))];
  d.set32(wait + layout.NODE_PARTNER, caller);
  return d.set32(caller + layout.NODE_PARTNER, wait);
});

damage("partner", "of a wait object, who does not know it", (d, { node }) => {
  d.set32(d.node(node("sleeper")) + layout.NODE_PARTNER, 0);
  return `node ${node("sleeper")}, partner of node ${node("wait")}`;
});

damage("program", "asleep at nothing", (d, { node }) => {
  d.set32(d.node(node("wait")) + layout.NODE_PARTNER, 0);
  return d.set32(d.node(node("sleeper")) + layout.NODE_PARTNER, 0);
});

damage("page", "mapped once less than it is", (d, { node }) => {
  d.set32(d.node(node("page")) + layout.NODE_CALLS, 1);
  return `node ${node("page")}, mappings`;
});

damage("page", "mapped once more than it is", (d, { node }) => {
  d.set32(d.node(node("page")) + layout.NODE_CALLS, 3);
  return `node ${node("page")}, mappings`;
});

damage("page", "unmapped behind its back", (d, { node }) => {
  d.set32(word(d, node("free")), 0);
  return `node ${node("page")}, mappings: found 2, expected 1`;
});

damage("page", "to be executed", (d, { node }) => {
  d.bits(word(d, node("free")), riscv.MARK_EXEC);
  return `node ${node("free")}, page ${FREE_PAGE}, marks`;
});

damage("page", "another frame of the machine as an object's", (d, { node }) => {
  d.bits(word(d, node("free"), 2), riscv.MARK_FOREIGN);
  return `node ${node("free")}, page 2`;
});

damage("frames", "a page of two machines that is no object's", (d, { node }) => {
  d.bits(word(d, node("free")), -riscv.MARK_FOREIGN);
  return `node ${node("free")}, page ${FREE_PAGE}`;
});

damage("frames", "two objects in a frame", (d, { node }) => {
  d.set32(
    d.node(node("held")) + layout.NODE_RECORD,
    d.u32(d.node(node("idle")) + layout.NODE_RECORD),
  );
  return "its message";
});
