// Keepers: what is called for a domain whose meter is dry (§7), or that has trapped (§13, R3). A keeper
// is a domain, by a start or resume key in slot 2 of the meter or of the domain's root, or a function or
// object of the host. A domain is called as if the one it is called for had done so; that one's registers
// are not touched.

import {
  INVOKE_IMPLICIT,
  ORDER_KEEPER,
  ORDER_STORAGE,
  ORDER_TRAP,
  REASON_KEEPER,
  REASON_RAN,
  TRAP_SELF,
} from "./codes";
import { control } from "./control";
import { emit } from "./event";
import { stallAt, tell, useResume } from "./gate";
import { Key } from "./key";
import {
  DOMAIN_KEEPER_SLOT,
  DOMAIN_TRAP_SLOT,
  EVENT_KEEPER,
  FLAG_TRAPPED,
  HOOK_STALLED,
  KEEPER_LAPS,
  KIND_DOMAIN,
  KIND_HOST,
  KIND_NODE,
  KIND_RESUME,
  KIND_START,
  METER_KEEPER_SLOT,
  RESOURCE_CPU,
  RESOURCE_STORAGE,
  RESUME_FAULT,
  RESUME_RESTART,
  STATE_AVAILABLE,
  STATE_KEPT,
  STATE_WAITING,
} from "./layout";
import {
  begin,
  deliver,
  keyAt,
  nodeOf,
  numberAt,
  scratch,
  setDatabyte,
  setString,
} from "./message";
import { Node } from "./node";
import { withdraw } from "./page-control";
import { askHost, count, me, report } from "./processor";
import { STATISTIC_KEEPER_CALLS } from "./processor-layout";
import { dequeue, relieve } from "./ready";
import { Record } from "./record";
import { MACHINE_PC } from "./riscv/layout";
import { park, stall } from "./stall";
import { Task } from "./task";
import { setTrap, showTrap } from "./trap";
import { CLOCK_UNITS } from "./wait";

/** What a key in slot 2 comes to: no keeper; itself; it is busy; it can be called. */
const UNUSABLE = 0;
const SELF = 1;
const BUSY = 2;
const USABLE = 3;

/**
 * The head can't go on without more of a RESOURCE_* from this meter: calls its keeper, waits for it, or parks
 * (R4). For core nobody is outside.
 */
export function exhausted(domain: Record, meter: Node, resource: u32): i32 {
  const key = meter.key(METER_KEEPER_SLOT);
  if (key.kind == KIND_HOST) return callFunction(domain, meter, resource);
  const use = judge(domain, key);
  if (use == BUSY) stallAt(domain, nodeOf(key));
  else if (use == USABLE) {
    begin(resource == RESOURCE_CPU ? ORDER_KEEPER : ORDER_STORAGE);
    setString(numberAt(me().time * CLOCK_UNITS), 8);
    keyAt(2).setNode(KIND_NODE, meter);
    meter.calls++;
    call(domain, key, RESUME_RESTART);
  } else if (use == SELF && (domain.flags & FLAG_TRAPPED) == 0) setTrap(domain, TRAP_SELF, 0);
  else {
    giveUp(domain, meter, resource);
  }
  return REASON_RAN;
}

/** Nobody helps: the domain is parked, and what its accounts can't pay for goes out of core. */
function giveUp(domain: Record, meter: Node, resource: u32): void {
  if (resource == RESOURCE_STORAGE) withdraw(meter);
  dequeue(domain);
  park(domain, meter, resource);
}

/** The head has trapped: its keeper is called, or the host is told. */
export function trapped(domain: Record): i32 {
  const node = domain.node;
  const key = node.key(DOMAIN_KEEPER_SLOT);
  const use = key.kind == KIND_HOST ? UNUSABLE : judge(domain, key);
  if (use == BUSY) {
    stallAt(domain, nodeOf(key));
    return REASON_RAN;
  }
  if (use == USABLE) {
    const trap = node.key(DOMAIN_TRAP_SLOT).low;
    begin(ORDER_TRAP + <u32>trap);
    const at = scratch();
    store<u32>(at, bswap<u32>(<u32>trap));
    store<u32>(at, bswap<u32>(<u32>(trap >> 32)), 4);
    store<u32>(at, bswap<u32>(pcOf(domain)), 8);
    setString(at, 12);
    keyAt(2).setNode(KIND_DOMAIN, node);
    call(domain, key, RESUME_FAULT);
    return REASON_RAN;
  }
  dequeue(domain);
  // A host object pays for nothing: as with dry meters, one that mends nothing is not asked for ever.
  if (key.kind != KIND_HOST || domain.laps >= <u8>KEEPER_LAPS) return showTrap(domain);
  domain.laps++;
  domain.state = <u8>STATE_KEPT;
  return askKeeper(domain, null, RESOURCE_CPU);
}

function pcOf(domain: Record): u32 {
  return domain.node.isGate ? load<u32>(domain.program + MACHINE_PC) : 0;
}

/** A host function answers for the meter; one that lets a domain go on fruitlessly is not asked again. */
function callFunction(domain: Record, meter: Node, resource: u32): i32 {
  if (meter.partner) {
    dequeue(domain);
    stall(domain, meter, HOOK_STALLED);
    return REASON_RAN;
  }
  if (domain.laps >= <u8>KEEPER_LAPS) {
    giveUp(domain, meter, resource);
    return REASON_RAN;
  }
  dequeue(domain);
  domain.laps++;
  domain.node.partner = changetype<usize>(meter);
  meter.partner = changetype<usize>(domain.node);
  domain.state = <u8>STATE_WAITING;
  return askKeeper(domain, meter, resource);
}

function askKeeper(domain: Record, meter: Node | null, resource: u32): i32 {
  const node = domain.node;
  node.newCall();
  const said = report();
  said.domain = node.index;
  said.meter = meter ? meter.index : 0;
  said.code = node.calls;
  said.address = resource;
  count(STATISTIC_KEEPER_CALLS);
  emit(EVENT_KEEPER, node, meter, node.calls, resource);
  askHost();
  return REASON_KEEPER;
}

/** What a key in slot 2 is good for now. One that is void is DK(0) from now on. */
function judge(domain: Record, key: Key): i32 {
  if (key.kind != KIND_START && key.kind != KIND_RESUME) return UNUSABLE;
  if (key.isVoid) {
    key.zero();
    return UNUSABLE;
  }
  if (key.kind == KIND_RESUME) return USABLE;
  const node = nodeOf(key);
  if (node == domain.node) return SELF;
  if (!node.isGate) return UNUSABLE;
  return node.hot.state == STATE_AVAILABLE ? USABLE : BUSY;
}

/** Sends the message under way: the keeper runs at once, and pays for itself. */
function call(domain: Record, key: Key, kind: i32): void {
  const node = domain.node;
  const keeper = nodeOf(key);
  node.newCall();
  keyAt(3).setResume(kind, node);
  count(STATISTIC_KEEPER_CALLS);
  tell(domain, keeper, INVOKE_IMPLICIT);
  let next: Record | null = keeper.isDomain ? keeper.hot : null;
  if (key.kind == KIND_START) {
    setDatabyte(key.databyte);
    deliver(keeper.hot);
    if (control.timed != 0) Task.of(keeper.hot).serve(Task.of(domain));
  } else next = useResume(key);
  if (next) relieve(domain, next);
  else dequeue(domain);
  domain.state = <u8>STATE_KEPT;
}
