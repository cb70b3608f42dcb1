// Domains: a root node whose record, the DIB, is there from creation to the end. What a domain waits
// for is found by its state: `detain` undoes any waiting, so that each act starts from the same place.

import { Bursts } from "./burst";
import { leaveChain } from "./chain";
import { claim, claimAll, claimNode } from "./claim";
import { abandonClimb } from "./climb";
import {
  ANSWER_ABANDONED,
  OK,
  STATUS_BUSY,
  STATUS_NO_NODES,
  STATUS_NOT_DOMAIN,
  STATUS_RESCINDED,
  STATUS_SPENT,
  STATUS_WRONG_STATE,
} from "./codes";
import { control } from "./control";
import { Key } from "./key";
import {
  DOMAIN_HOOK_SLOT,
  DOMAIN_KEYS_SLOT,
  DOMAIN_METER_SLOT,
  FLAG_CALLING,
  FLAG_PAGING,
  KIND_METER,
  KIND_NODE,
  MAX_CHAIN,
  PREPCODE_DOMAIN,
  PREPCODE_KEYS,
  PROGRAM_BURSTS,
  PROGRAM_LOCKER,
  PROGRAM_RISCV,
  RECORD_DOMAIN,
  RESOURCE_CPU,
  RESOURCE_STORAGE,
  STATE_AVAILABLE,
  STATE_CALLING,
  STATE_ENDED,
  STATE_KEPT,
  STATE_READY,
  STATE_STOPPED,
} from "./layout";
import { abandon } from "./message";
import { counterOf } from "./meter";
import { Node } from "./node";
import { isOutOfCore } from "./page-accounting";
import { withdraw } from "./page-control";
import { lockerBegin } from "./page-locker";
import { Processor } from "./processor";
import { dequeue, enqueue } from "./ready";
import { Record } from "./record";
import { isAsleep, rise } from "./sleeper";
import { park, releaseKeeper } from "./stall";
import { Task } from "./task";
import { clearTrap, showTrap } from "./trap";
import { release } from "./worrier";

/**
 * Makes a stopped domain with a meter key to `meter` in slot 1, which is first looked at when it is
 * dispatched. `program` is a machine or a description of bursts; `seed` is for the latter. Answers its
 * index, or 0 with CONTROL_CODE.
 */
export function domainCreate(
  meter: u32,
  allocation: u32,
  programKind: i32,
  program: usize,
  seed: u32,
): u32 {
  const above = Key.find(meter, allocation);
  control.code = above ? STATUS_NO_NODES : STATUS_RESCINDED;
  if (!above) return 0;
  const node = Node.allocate();
  if (!node) return 0;
  if (programKind == PROGRAM_RISCV) {
    const general = Node.allocate();
    if (!general) {
      node.free();
      return 0;
    }
    general.prepcode = <u8>PREPCODE_KEYS;
    node.key(DOMAIN_KEYS_SLOT).setNode(KIND_NODE, general);
  }
  node.key(DOMAIN_METER_SLOT).setNode(KIND_METER, above);
  node.prepcode = <u8>PREPCODE_DOMAIN;
  const domain = Record.allocate(RECORD_DOMAIN, node, nextProcessor());
  domain.programKind = <u8>programKind;
  domain.program = program;
  domain.state = <u8>STATE_STOPPED;
  if (control.time != 0) Task.of(domain).reset();
  if (programKind == PROGRAM_BURSTS) Bursts.begin(domain, seed);
  if (programKind == PROGRAM_LOCKER) lockerBegin(domain);
  control.code = OK;
  return node.index;
}

/**
 * The processor that a domain is made for; 0 where the host is the only one. Those that are made one
 * after the other tend to be under the same meter, and the line of that meter had better stay where it
 * is: so it is the last one again, while that has hardly more domains than another.
 */
function nextProcessor(): u32 {
  if (control.processors == 0) return 0;
  const last = Processor.at(control.nextProcessor);
  let least = last;
  let all: u32 = 0;
  for (let index: u32 = 1; index <= control.processors; index++) {
    const other = Processor.at(index);
    all += other.domains;
    if (other.domains < least.domains || least.index == 0) least = other;
  }
  if (last.index == 0 || last.domains - least.domains > all >> 5) {
    control.nextProcessor = least.index;
  }
  return control.nextProcessor;
}

/** Makes a domain run when its turn comes; it forgets a trap. One that takes messages goes on doing so. */
export function domainStart(index: u32, allocation: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (domain.state == STATE_ENDED) return STATUS_WRONG_STATE;
  if (domain.state == STATE_READY || domain.state == STATE_AVAILABLE) return OK;
  detain(domain);
  clearTrap(domain);
  enqueue(domain);
  return OK;
}

/** Takes a domain out of whatever it does or waits for; it keeps its place in its program. */
export function domainStop(index: u32, allocation: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (domain.state == STATE_ENDED) return STATUS_WRONG_STATE;
  detain(domain);
  domain.state = <u8>STATE_STOPPED;
  return OK;
}

/** The program is at its end: the rest of the cache goes back, and it never runs again. */
export function domainEnd(index: u32, allocation: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (domain.state == STATE_ENDED) return STATUS_WRONG_STATE;
  end(domain);
  return OK;
}

export function end(domain: Record): void {
  detain(domain);
  leaveChain(domain);
  domain.state = <u8>STATE_ENDED;
  // Nobody can call it any more.
  release(domain.node);
}

/** Returns the cache to every meter above, as when a DIB is taken away; it re-borrows when it runs. */
export function domainUnprepare(index: u32, allocation: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  leaveChain(domain);
  return OK;
}

/** The keeper lets the domain go on: it looks at its chain again. Good once for each call. */
export function domainRestart(index: u32, allocation: u32, call: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (domain.node.calls != call) return STATUS_SPENT;
  detain(domain);
  enqueue(domain);
  return OK;
}

/** The keeper will not help: the domain is parked at the dry meter until the counter is raised. */
export function domainDecline(index: u32, allocation: u32, call: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (domain.node.calls != call) return STATUS_SPENT;
  if (domain.state == STATE_KEPT) {
    // A domain keeper: the trap stands.
    domain.node.newCall();
    showTrap(domain);
    return OK;
  }
  const partner = domain.node.partner;
  if (partner && !claimNode(changetype<Node>(partner))) return STATUS_BUSY;
  const wantsCore = (domain.flags & FLAG_PAGING) != 0;
  if (partner && wantsCore && !claimAll()) return STATUS_BUSY;
  detain(domain);
  // The meter may have been rescinded, raised or left meanwhile: a look at the chain will tell.
  if (!partner || !isAbove(domain, changetype<Node>(partner))) {
    enqueue(domain);
    return OK;
  }
  const meter = changetype<Node>(partner);
  if (counterOf(meter) <= domain.short) park(domain, meter, RESOURCE_CPU);
  else if (wantsCore && isOutOfCore(meter)) {
    withdraw(meter);
    park(domain, meter, RESOURCE_STORAGE);
  } else enqueue(domain);
  return OK;
}

/** The host does the system call of a domain now: whatever becomes of that, it isn't made again. */
export function domainAnswer(index: u32, allocation: u32, call: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (domain.node.calls != call || (domain.flags & FLAG_CALLING) == 0) return STATUS_SPENT;
  domain.flags &= ~(<u8>FLAG_CALLING);
  return OK;
}

/** It is done, and the domain goes on after it. Good once for each call. */
export function domainResume(index: u32, allocation: u32, call: u32): i32 {
  const domain = find(index, allocation);
  if (!domain) return control.code;
  if (domain.node.calls != call) return STATUS_SPENT;
  detain(domain);
  domain.flags &= ~(<u8>FLAG_CALLING);
  enqueue(domain);
  return OK;
}

/** Whether the meter is still above the domain. */
function isAbove(domain: Record, meter: Node): bool {
  let above = domain.node.superior();
  for (let depth = 0; depth < MAX_CHAIN && above && !above.isDomain; depth++) {
    if (above == meter) return true;
    above = above.superior();
  }
  return false;
}

/** Takes a domain off the queue, heap or stall queue it is on; a pending restart is void. */
export function detain(domain: Record): void {
  const node = domain.node;
  abandonClimb(domain);
  node.newCall();
  if (domain.state == STATE_READY) dequeue(domain);
  else if (isAsleep(domain)) {
    // At a wait object, not for a page.
    const waits = node.partner != 0;
    rise(domain);
    if (waits) abandon(domain, ANSWER_ABANDONED);
  } else if (node.hooked) node.key(DOMAIN_HOOK_SLOT).unhook();
  else if (domain.state == STATE_CALLING || domain.state == STATE_AVAILABLE) {
    abandon(domain, ANSWER_ABANDONED);
  }
  releaseKeeper(node);
}

/** The record of a domain by its handle, which nobody runs now; null with CONTROL_CODE. */
export function find(index: u32, allocation: u32): Record | null {
  const node = Key.find(index, allocation);
  control.code = node ? STATUS_NOT_DOMAIN : STATUS_RESCINDED;
  if (!node || !node.isDomain) return null;
  control.code = STATUS_BUSY;
  return claim(node.hot) ? node.hot : null;
}
