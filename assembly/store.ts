// The node store: laying out linear memory, and handing nodes out and back.

import { auditNode } from "./audit";
import { forgetParty } from "./billing";
import { leaveChain, unprepare } from "./chain";
import { claimNode } from "./claim";
import { breakClimb } from "./climb";
import {
  OK,
  STATUS_BUSY,
  STATUS_MAPPED,
  STATUS_NO_MEMORY,
  STATUS_NO_NODES,
  STATUS_NOT_ALLOWED,
  STATUS_RANGE,
  STATUS_RESCINDED,
} from "./codes";
import { control } from "./control";
import { detain } from "./domain";
import { frameInit } from "./frame";
import { joinFree } from "./join";
import { Key } from "./key";
import {
  DEFAULT_ADVANCE,
  DEFAULT_QUANTUM,
  KIND_METER,
  MAX_NODES,
  MAX_PROCESSORS,
  METER_COUNTER_SLOT,
  METER_SUPERIOR_SLOT,
  NODE_SIZE,
  PAGE_SIZE,
  PREPCODE_JOIN,
  PREPCODE_KEYS,
  PREPCODE_METER,
  PREPCODE_NONE,
  PREPCODE_PAGE,
  PREPCODE_SEGMENT,
  PRIME_INDEX,
  PROGRAM_HOSTED,
  PROGRAM_LOCKER,
  PROGRAM_RISCV,
  RECORD_SIZE,
  REGIONS,
  SLEEPER_SIZE,
  SUPER_INDEX,
  WASM_PAGE_SIZE,
} from "./layout";
import { Node } from "./node";
import { pageFree } from "./page";
import { accountClose } from "./page-accounting";
import { forgetHolder } from "./page-control";
import { lockerEnd } from "./page-locker";
import { account, Processor } from "./processor";
import { PROCESSOR_SIZE, STATISTIC_UNPAID } from "./processor-layout";
import { NOTHING } from "./program";
import { Record } from "./record";
import { segmentFree } from "./segment";
import { wakeAll, wakeChain } from "./stall";
import { waitFree } from "./wait";
import { forget } from "./worrier";

/** The prime meter's counter: 2^56 − 1, some 142 years at 16 MHz (§9). */
const PRIME_COUNTER: u64 = ((<u64>1) << 56) - 1;

/**
 * Lays out a memory that is all zero and makes the prime meter under the super key. `nodes` counts
 * node 0, which is none; `processors` are those beside the host, 0 in the unshared build. CONTROL_AMOUNT
 * is the bytes that are needed.
 */
export function initialize(nodes: u32, frames: u32, processors: u32): i32 {
  const most: u32 = isDefined(SHARED) ? MAX_PROCESSORS : 0;
  if (nodes < 2 || nodes > <u32>MAX_NODES || processors > most) return STATUS_RANGE;
  const records: u64 = REGIONS + <u64>processors * PROCESSOR_SIZE;
  const sleepers = wholePages(records + <u64>nodes * RECORD_SIZE);
  const cold = wholePages(sleepers + <u64>nodes * SLEEPER_SIZE);
  const frameBase = wholePages(cold + <u64>nodes * NODE_SIZE);
  control.amount = frameBase + <u64>frames * PAGE_SIZE;
  if (control.amount > <u64>memory.size() * WASM_PAGE_SIZE) return STATUS_NO_MEMORY;
  control.nodes = nodes;
  control.frames = frames;
  control.recordBase = <usize>records;
  control.sleeperBase = <usize>sleepers;
  control.nodeBase = <usize>cold;
  control.frameBase = <usize>frameBase;
  control.quantum = DEFAULT_QUANTUM;
  control.processors = control.resting = processors;
  for (let index: u32 = 0; index <= processors; index++) {
    Processor.at(index).index = index;
    Processor.at(index).outcome = NOTHING;
    Processor.at(index).sliceLeft = DEFAULT_QUANTUM;
  }
  control.advance = DEFAULT_ADVANCE;
  for (let index = nodes - 1; index > 0; index--) {
    Node.at(index).record = control.freeNode;
    control.freeNode = index;
  }
  poolRecords(nodes);
  frameInit();
  makePrime();
  return OK;
}

/** All in one pool; with several processors, each takes pages for its own. Record 0 is none. */
function poolRecords(nodes: u32): void {
  control.nextRecord = control.recordBase + RECORD_SIZE;
  if (isDefined(SHARED)) return;
  for (let index = nodes - 1; index > 0; index--) {
    const record = changetype<Record>(control.recordBase + <usize>index * RECORD_SIZE);
    record.next = control.freeRecord;
    control.freeRecord = changetype<usize>(record);
  }
}

function wholePages(bytes: u64): u64 {
  return (bytes + (PAGE_SIZE - 1)) & ~(<u64>PAGE_SIZE - 1);
}

function makePrime(): void {
  const prime = Node.allocate();
  if (!prime) return;
  // Slot 1 is the super meter key: a meter key to node 0.
  prime.key(METER_SUPERIOR_SLOT).type = <u8>KIND_METER;
  for (let slot = METER_COUNTER_SLOT; slot < METER_COUNTER_SLOT + 3; slot++) {
    prime.key(slot).setData(PRIME_COUNTER);
  }
  prime.granted = PRIME_COUNTER;
}

/** A fresh node of sixteen DK(0); answers its index, or 0 when none is left. */
export function nodeCreate(): u32 {
  const node = Node.allocate();
  control.code = node ? OK : STATUS_NO_NODES;
  return node ? node.index : 0;
}

/** The allocation count of a node in use, the other half of a handle to it; of any other 2^32 − 1. */
export function nodeAllocation(index: u32): u32 {
  if (index == SUPER_INDEX || index >= control.nodes) return u32.MAX_VALUE;
  const node = Node.at(index);
  return node.isAllocated ? node.allocation : u32.MAX_VALUE;
}

/**
 * Rescinds a node: every key to it is DK(0) from now on (§5.12). Caches below a meter go back to its
 * superiors; who waits at it looks again. The prime meter can't be rescinded.
 */
export function nodeFree(index: u32, allocation: u32): i32 {
  const node = Key.find(index, allocation);
  if (!node) return STATUS_RESCINDED;
  const prepcode = node.prepcode;
  if (index == PRIME_INDEX || prepcode == PREPCODE_KEYS) return STATUS_NOT_ALLOWED;
  if (prepcode == PREPCODE_PAGE && node.calls != 0) return STATUS_MAPPED;
  if (!claimNode(node)) return STATUS_BUSY;
  breakClimb(node);
  if (node.isDomain) freeDomain(node);
  else if (prepcode > <u8>PREPCODE_METER) freeObject(node);
  else {
    wakeChain(node);
    if (node.isMeter) unprepare(node.hot);
    if (control.residence != 0) accountClose(node);
    // Its keeper's answer will find the domain, if not this meter.
    if (node.partner) changetype<Node>(node.partner).partner = 0;
  }
  node.free();
  if (isDefined(CHECKED)) {
    const superior = node.superior();
    if (superior) auditNode(superior);
  }
  return OK;
}

function freeDomain(node: Node): void {
  const domain = node.hot;
  detain(domain);
  leaveChain(domain);
  // Whoever has stalled on it finds no domain there.
  wakeAll(node);
  forget(node);
  if (control.timed != 0) forgetParty(domain);
  if (domain.programKind == PROGRAM_RISCV) {
    node.keys.prepcode = <u8>PREPCODE_NONE;
    node.keys.free();
  }
  if (domain.programKind == PROGRAM_LOCKER) lockerEnd(domain);
  if (control.residence != 0) forgetHolder(domain);
  if (domain.programKind == PROGRAM_HOSTED) account(STATISTIC_UNPAID, domain.debt);
  domain.free();
  node.prepcode = <u8>PREPCODE_NONE;
}

function freeObject(node: Node): void {
  if (node.prepcode == PREPCODE_PAGE) pageFree(node);
  else if (node.prepcode == PREPCODE_JOIN) joinFree(node);
  else if (node.prepcode == PREPCODE_SEGMENT) segmentFree(node);
  else waitFree(node);
}
