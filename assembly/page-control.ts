// Page control: brings pages into core, and takes out others by the clock (Corbató, 1968), with a drum that
// does one transfer at a time. Under the kernel lock; a frame is given to another page only once the
// change that took it from the last one is done, for its old content can't be brought back.

import { claimAll } from "./claim";
import { control } from "./control";
import { Page } from "./core-map";
import { journalBegin, journalFilled } from "./journal";
import { MAX_CHAIN, PAGE_SIZE, STATE_ENDED, STATE_READY } from "./layout";
import { Node } from "./node";
import { me } from "./processor";
import { Record } from "./record";
import { Residence } from "./residence";
import { CONTENT_DRUM, CONTENT_NEAR, CONTENT_ZERO } from "./residence-layout";
import { codeDetach } from "./riscv/code";
import { MARK_COPY, MARK_EXEC } from "./riscv/layout";
import { Machine, wordOf } from "./riscv/machine";
import { memoryRefresh } from "./riscv/memory";
import { pageMove, stringClear } from "./riscv/string";
import { isAsleep } from "./sleeper";

/** What bringing in came to: it is there or arrives; no frame is to be had now; others must come inside. */
export const CAME = 0;
export const NO_FRAME = 1;
export const CLAIMED = 2;

/** Brings a page into core that is not there, for a domain that needs it. */
export function bringIn(domain: Record, page: Page): i32 {
  const own = Residence.own;
  hold(domain, page);
  const isFirst = own.privileged == changetype<usize>(domain);
  if (own.starved != 0 && !isFirst) return NO_FRAME;
  if (own.freeFrame == 0) {
    if (!claimAll()) return CLAIMED;
    const victim = choose(domain);
    if (!victim) {
      if (isFirst) own.starved = 1;
      return NO_FRAME;
    }
    evict(victim);
    journalBegin();
  }
  if (isFirst) own.starved = 0;
  const now = me().time;
  page.occupy();
  page.arrives = now;
  if (page.content == CONTENT_ZERO) stringClear(page.frame, PAGE_SIZE);
  else {
    pageMove(page.frame, page.slot);
    if (page.content == CONTENT_DRUM) {
      own.fetches++;
      page.arrives = transfer(now);
    }
    page.content = <u8>CONTENT_DRUM;
  }
  return CAME;
}

/** The drum has one transfer more to do: when that will be done. */
function transfer(now: u64): u64 {
  const own = Residence.own;
  own.busy = max(own.busy, now) + own.latency;
  return own.busy;
}

/**
 * The page that goes out of core for one that a domain needs, or null. Spared are those that have not arrived, or
 * that whoever waited for them has not come to use; those of who is privileged, but for his own sake; and
 * what the instruction itself needs.
 */
function choose(domain: Record): Page | null {
  const own = Residence.own;
  const victim = sweep(domain, isPrivileged() ? own.token : 0);
  if (victim || own.privileged != changetype<usize>(domain)) return victim;
  return sweep(domain, 0);
}

/** The clock's hand passes pages that were referenced since it was there last, and those with a token. */
function sweep(domain: Record, token: u32): Page | null {
  const own = Residence.own;
  const machine = changetype<Machine>(domain.program);
  const now = me().time;
  for (let left = 2 * own.frames; left != 0; left--) {
    if (journalFilled()) journalBegin();
    const page = Page.at(load<u32>(own.owners + ((<usize>own.hand) << 2)));
    own.hand = own.hand + 1 == own.frames ? 0 : own.hand + 1;
    if (page.arrives > now || isAmong(machine, page.number)) continue;
    if (page.open == 0 && now - page.arrives < grace()) continue;
    if (token != 0 && page.token == token) continue;
    if (page.referenced == 0) return page;
    page.referenced = 0;
  }
  return null;
}

/** For how long a page that has arrived waits for its first use, and who is privileged stays so. */
function grace(): u64 {
  return 16 * <u64>Residence.own.latency + 64 * <u64>control.quantum;
}

/** Takes a page out of core, while nobody is outside. What was translated is void from now on. */
function evict(page: Page): void {
  const own = Residence.own;
  if (page.dirty != 0) {
    pageMove(page.slot, page.frame);
    page.content = <u8>CONTENT_DRUM;
    page.dirty = 0;
    own.writes++;
    transfer(me().time);
  }
  page.vacate();
  own.generation++;
  own.evictions++;
}

/**
 * A domain is about to wait for a page. An instruction may need four: those are noted. And where frames are few
 * all might only take them from each other. So one domain at a time is privileged (the token of Jiang and
 * Zhang, 2005): what it touches stays until it has run for a slice, or has had the time for several.
 */
function hold(domain: Record, page: Page): void {
  const own = Residence.own;
  const machine = changetype<Machine>(domain.program);
  if (machine.heldAt != machine.retired) {
    machine.heldAt = machine.retired;
    machine.held0 = machine.held1 = machine.held2 = machine.held3 = 0;
  }
  if (!isAmong(machine, page.number)) {
    machine.held3 = machine.held2;
    machine.held2 = machine.held1;
    machine.held1 = machine.held0;
    machine.held0 = page.number;
  }
  if (!isPrivileged()) {
    depose();
    own.privileged = changetype<usize>(domain);
    own.granted = machine.retired;
    own.until = me().time + grace();
    machine.token = ++own.token;
  }
  if (machine.token != 0) page.token = machine.token;
}

/** Whether somebody is privileged, and has not run for a slice yet, and still wants to. */
function isPrivileged(): bool {
  const own = Residence.own;
  if (own.privileged == 0) return false;
  const domain = changetype<Record>(own.privileged);
  if (me().time >= own.until) return false;
  if (domain.state != STATE_READY && !isAsleep(domain)) return false;
  return changetype<Machine>(domain.program).retired - own.granted < control.quantum;
}

/** Nobody is privileged any more. */
function depose(): void {
  const own = Residence.own;
  if (own.privileged == 0) return;
  const domain = changetype<Record>(own.privileged);
  // The machine of one that has ended may be gone.
  if (domain.state != STATE_ENDED) changetype<Machine>(domain.program).token = 0;
  own.privileged = 0;
  own.starved = 0;
}

function isAmong(machine: Machine, number: u32): bool {
  if (machine.held0 == number || machine.held1 == number) return true;
  return machine.held2 == number || machine.held3 == number;
}

/** A domain is no more. */
export function forgetHolder(domain: Record): void {
  if (Residence.own.privileged == changetype<usize>(domain)) depose();
}

/**
 * Gives a machine a page of its own with a copy of what is shared, where its word says so: that was promised
 * when it was mapped. The kernel's doing: no transfer is waited for that the source itself does not need.
 */
export function copyOnWrite(machine: Machine, guestPage: u32): void {
  const own = Residence.own;
  const at = wordOf(changetype<usize>(machine), guestPage);
  const word = load<u32>(at);
  const source = Page.at(word >>> 12);
  const page = changetype<Page>(Page.allocate(true));
  if (source.frame == 0 && source.content == CONTENT_ZERO) page.content = <u8>CONTENT_ZERO;
  else {
    page.content = <u8>(source.frame == 0 ? CONTENT_DRUM : CONTENT_NEAR);
    pageMove(page.slot, source.frame == 0 ? source.slot : source.frame);
  }
  store<u32>(at, (page.number << 12) | (word & 0xfff & ~MARK_COPY));
  source.drop();
  own.copies++;
  // Others that share the image execute what they did before.
  if ((word & MARK_EXEC) != 0) codeDetach(machine);
  memoryRefresh(machine);
}

/**
 * Nobody pays for the accounts at or below a meter: what they have not paid for in this lock cycle goes out of
 * core, while nobody is outside.
 */
export function withdraw(meter: Node): void {
  const own = Residence.own;
  for (let frame: u32 = 0; frame < own.frames; frame++) {
    if (journalFilled()) journalBegin();
    const page = Page.inFrame(frame);
    if (!page || page.paid == own.epoch || page.arrives > me().time) continue;
    if (isBelow(page, meter)) evict(page);
  }
}

/** Whether a page was last paid for at or below a meter. */
function isBelow(page: Page, meter: Node): bool {
  if (page.account == 0) return false;
  let node: Node | null = Node.at(page.account);
  for (let depth = 0; depth < MAX_CHAIN && node && !node.isDomain; depth++) {
    if (node == meter) return true;
    node = node.superior();
  }
  return false;
}
