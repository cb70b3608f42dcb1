// The page-accounting fault (Multics, 1966): the first to touch a page after a lock cycle pays for it, size
// times scan period. From the domain that the processor runs, by its chain, to the accounts: each meter above it
// has an entry in the AMT, and in slot 5 the counter of main storage. Unit: the word-cycle, a word of
// 4 bytes in core for one cycle.

import { claimAll } from "./claim";
import { REASON_CLAIM, REASON_RAN } from "./codes";
import { control } from "./control";
import { Page } from "./core-map";
import { emit } from "./event";
import { journalBegin } from "./journal";
import { exhausted } from "./keeper";
import {
  EVENT_CHARGE,
  EVENT_WAIT,
  FLAG_PAGING,
  METER_STORAGE_SLOT,
  RESOURCE_STORAGE,
} from "./layout";
import { Node } from "./node";
import { bringIn, CAME, CLAIMED, copyOnWrite } from "./page-control";
import { me } from "./processor";
import { dequeue } from "./ready";
import { Record } from "./record";
import { Residence } from "./residence";
import {
  ACCOUNT_CHARGED,
  ACCOUNT_FAULTS,
  ACCOUNT_OWN,
  ACCOUNT_SIZE,
  PAGE_WORDS,
} from "./residence-layout";
import { MARK_COPY, MARK_PRESENT } from "./riscv/layout";
import { Machine, wordOf } from "./riscv/machine";
import { MISSING_STORE, pageOpen } from "./riscv/memory";
import { sleepUntil } from "./sleeper";
import { chargeWork } from "./supply";
import { clearWords } from "./words";

/** All ones, which meters are made with: it is not counted down. Else long runs would come to its end. */
const UNLIMITED: u64 = u64.MAX_VALUE;

/** An AMT entry. */
@unmanaged
export class Account {
  charged: u64;
  own: u64;
  faults: u64;

  @inline static of(node: Node): Account {
    return changetype<Account>(Residence.own.accounts + <usize>node.index * ACCOUNT_SIZE);
  }
}

if (
  offsetof<Account>("charged") != ACCOUNT_CHARGED ||
  offsetof<Account>("own") != ACCOUNT_OWN ||
  offsetof<Account>("faults") != ACCOUNT_FAULTS ||
  offsetof<Account>() != ACCOUNT_SIZE
) {
  ERROR("accounts are not as residence-layout.ts says");
}

/** A meter is no more, and neither is its account: pages in core that it paid for are nobody's. The host's. */
export function accountClose(node: Node): void {
  const own = Residence.own;
  const account = Account.of(node);
  own.gone += account.own;
  own.goneFaults += account.faults;
  clearWords(changetype<usize>(account), ACCOUNT_SIZE);
  for (let frame: u32 = 0; frame < own.frames; frame++) {
    const page = Page.inFrame(frame);
    if (!page) continue;
    if (page.account == node.index) page.account = 0;
    if (page.first == node.index) page.first = 0;
  }
}

/**
 * The head of the ready queue has touched a page that is closed. Does what can be done: the instruction is
 * executed again when the page is open, or traps by itself if it was unmapped meanwhile. REASON_RAN: look at the head
 * again; REASON_KEEPER: the host must act; REASON_CLAIM: once others have come inside.
 */
export function attend(domain: Record): i32 {
  const own = Residence.own;
  const machine = changetype<Machine>(domain.program);
  const missing = machine.missing;
  const word = load<u32>(wordOf(domain.program, missing >>> 12));
  if ((word & MARK_PRESENT) == 0) return goOn(domain);
  if ((word & MARK_COPY) != 0 && (missing & MISSING_STORE) != 0) {
    copyOnWrite(machine, missing >>> 12);
    return REASON_RAN;
  }
  const page = Page.at(word >>> 12);
  const isFree = page.paid == own.epoch;
  const dry: usize = isFree ? 0 : dryAbove(domain);
  if (dry != 0) {
    // Nobody may pay: then pages go out of core.
    if (!claimAll()) return REASON_CLAIM;
    own.unpaid++;
    return exhausted(domain, changetype<Record>(dry).node, RESOURCE_STORAGE);
  }
  const now = me().time;
  if (page.frame == 0) {
    const came = bringIn(domain, page);
    if (came == CLAIMED) return REASON_CLAIM;
    if (came != CAME) return wait(domain, now + max<u64>(own.latency, 1));
  }
  if (page.arrives > now) return wait(domain, page.arrives);
  if (!isFree) charge(domain, page);
  // What was paid for in this lock cycle, and has gone and come again, is whose it comes for.
  if (page.account == 0) page.account = accountOf(domain);
  if (page.first == 0) page.first = page.account;
  goOn(domain);
  // What others see of it outside is done, whatever becomes of this processor.
  journalBegin();
  pageOpen(page, own.epoch);
  return REASON_RAN;
}

function goOn(domain: Record): i32 {
  domain.flags &= ~(<u8>FLAG_PAGING);
  return REASON_RAN;
}

function wait(domain: Record, until: u64): i32 {
  const now = me().time;
  dequeue(domain);
  if (domain.amount == 0) domain.dryOut();
  sleepUntil(domain, until);
  if (control.traced) emit(EVENT_WAIT, domain.node, null, 0, until - now);
  return REASON_RAN;
}

/** The record of the nearest meter above a domain that can't pay for a page; 0: all can. */
function dryAbove(domain: Record): usize {
  for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
    if (isOutOfCore(changetype<Record>(above).node)) return above;
  }
  return 0;
}

/** What a page costs in a lock cycle, in word-cycles. */
function price(): u64 {
  return <u64>PAGE_WORDS * Residence.own.period;
}

/** Charges all accounts above a domain alike; each of them can pay. */
function charge(domain: Record, page: Page): void {
  const own = Residence.own;
  const amount = price();
  for (let above = domain.superior; above; above = changetype<Record>(above).superior) {
    const meter = changetype<Record>(above).node;
    const counter = meter.key(METER_STORAGE_SLOT);
    if (counter.low != UNLIMITED) counter.low -= amount;
    Account.of(meter).charged += amount;
  }
  if (page.paid == 0) own.starts++;
  own.faults++;
  page.paid = own.epoch;
  domain.laps = 0;
  let account: Node | null = null;
  if (domain.superior == 0) {
    own.unowned += amount;
    own.goneFaults++;
    page.account = 0;
  } else {
    account = changetype<Record>(domain.superior).node;
    Account.of(account).own += amount;
    Account.of(account).faults++;
    own.charged += amount;
    page.account = account.index;
  }
  if (own.faultCost != 0) chargeWork(domain, own.faultCost);
  if (control.traced) emit(EVENT_CHARGE, domain.node, account, page.number, amount);
}

/** The node of the meter that a domain is right under; 0: the super key. */
function accountOf(domain: Record): u32 {
  return domain.superior == 0 ? 0 : changetype<Record>(domain.superior).node.index;
}

/** Whether a meter has too little for a page; of a number beyond 64 bits only the low ones are counted. */
export function isOutOfCore(meter: Node): bool {
  return meter.key(METER_STORAGE_SLOT).low < price();
}
