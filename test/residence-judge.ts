// A naive bookkeeper of core residence: by what the kernel tells it knows which pages were paid for in this lock
// cycle, what each account was charged and what each storage counter has left. It compares all of that with
// the kernel's memory, to the word-cycle.

import {
  CONTROL_NODE_BASE,
  EVENT_CHARGE,
  EVENT_SCAN,
  KEY_LOW,
  KEY_SIZE,
  METER_STORAGE_SLOT,
  NODE_KEYS,
  NODE_SIZE,
} from "../assembly/layout.js";
import {
  ACCOUNT_CHARGED,
  ACCOUNT_FAULTS,
  ACCOUNT_OWN,
  ACCOUNT_SIZE,
  PAGE_FRAME,
  PAGE_OPEN,
  PAGE_PAID,
  PAGE_USERS,
  PAGE_WORDS,
  RESIDENCE_ACCOUNTS,
  RESIDENCE_CHARGED,
  RESIDENCE_CYCLES,
  RESIDENCE_EPOCH,
  RESIDENCE_FAULTS,
  RESIDENCE_PERIOD,
  RESIDENCE_UNOWNED,
} from "../assembly/residence-layout.js";
import type { RawEvent } from "../src/view.js";
import type { Rig } from "./residence-rig.js";

const ALL_EVENTS = -1;
const UNLIMITED = (1n << 64n) - 1n;

interface Account {
  superior: number;
  storage: bigint;
  charged: bigint;
  own: bigint;
  faults: bigint;
}

export class ResidenceJudge {
  readonly #rig: Rig;
  readonly #accounts = new Map<number, Account>();
  /** Pages that were paid for in this lock cycle. */
  readonly #paid = new Set<number>();
  #epoch: number;
  #charged: bigint;
  #unowned: bigint;
  faults: bigint;

  /** Begins with what is there. */
  constructor(rig: Rig) {
    this.#rig = rig;
    this.#epoch = rig.u32(RESIDENCE_EPOCH);
    this.#charged = rig.u64(RESIDENCE_CHARGED);
    this.#unowned = rig.u64(RESIDENCE_UNOWNED);
    this.faults = rig.u64(RESIDENCE_FAULTS);
    const { view } = rig.simulated;
    for (let page = 1; page < rig.pages; page++) {
      if (view.u32(rig.entry(page) + PAGE_PAID) === this.#epoch) this.#paid.add(page);
    }
  }

  get cycles(): number {
    return this.#epoch - 1;
  }

  /** What all accounts were charged, those that are no more included. */
  get charged(): bigint {
    return this.#charged;
  }

  /** There is a meter under another; 0 for the super key. */
  open(meter: number, superior: number): void {
    this.#accounts.set(meter, { superior, ...this.#read(meter) });
  }

  close(meter: number): void {
    this.#accounts.delete(meter);
  }

  move(meter: number, superior: number): void {
    this.#accounts.get(meter)!.superior = superior;
  }

  storageOf(meter: number): bigint {
    return this.#accounts.get(meter)!.storage;
  }

  setStorage(meter: number, left: bigint): void {
    this.#accounts.get(meter)!.storage = left;
  }

  /** Takes what the kernel has told; all that is in memory must be as it follows. Answers what was told. */
  observe(): RawEvent[] {
    const events = this.#rig.simulated.view.takeEvents(ALL_EVENTS);
    for (const event of events) {
      if (event.kind === EVENT_SCAN) this.#scan(event);
      else if (event.kind === EVENT_CHARGE) this.#charge(event);
    }
    this.#comparePages();
    this.#compareAccounts();
    return events;
  }

  #scan({ code }: RawEvent): void {
    same("the lock cycle told", code, ++this.#epoch);
    this.#paid.clear();
  }

  #charge({ code, meter, amount }: RawEvent): void {
    if (this.#paid.has(code)) throw new Error(`page ${code} was paid for in this lock cycle`);
    this.#paid.add(code);
    same("a charge", amount, BigInt(PAGE_WORDS) * BigInt(this.#rig.u32(RESIDENCE_PERIOD)));
    this.faults++;
    if (meter === 0) {
      this.#unowned += amount;
      return;
    }
    this.#charged += amount;
    const account = this.#accounts.get(meter)!;
    account.own += amount;
    account.faults++;
    for (let above = account; above; above = this.#accounts.get(above.superior)!) {
      above.charged += amount;
      if (above.storage === UNLIMITED) continue;
      if (above.storage < amount) throw new Error(`a charge of ${amount}, ${above.storage} left`);
      above.storage -= amount;
    }
  }

  /** Just those that were paid for are paid for, and of those some are open. */
  #comparePages(): void {
    const rig = this.#rig;
    const { view } = rig.simulated;
    const epoch = this.#epoch;
    same("the epoch", rig.u32(RESIDENCE_EPOCH), epoch);
    for (let page = 1; page < rig.pages; page++) {
      const entry = rig.entry(page);
      if (view.u32(entry + PAGE_USERS) === 0) {
        this.#paid.delete(page);
        continue;
      }
      const isPaid = this.#paid.has(page);
      same(`page ${page} paid for`, view.u32(entry + PAGE_PAID) === epoch, isPaid);
      if (view.u32(entry + PAGE_OPEN) !== epoch) continue;
      same(`page ${page} open, paid for`, isPaid, true);
      same(`page ${page} open, in core`, view.u32(entry + PAGE_FRAME) !== 0, true);
    }
  }

  #compareAccounts(): void {
    const rig = this.#rig;
    same("lock cycles", rig.u64(RESIDENCE_CYCLES), BigInt(this.cycles));
    same("all charges", rig.u64(RESIDENCE_CHARGED), this.#charged);
    same("charges to nobody", rig.u64(RESIDENCE_UNOWNED), this.#unowned);
    same("faults", rig.u64(RESIDENCE_FAULTS), this.faults);
    for (const [meter, account] of this.#accounts) {
      const found = this.#read(meter);
      for (const what of ["charged", "own", "faults", "storage"] as const) {
        same(`meter ${meter}, ${what}`, found[what], account[what]);
      }
    }
  }

  /** An account, and the storage that is left, as they are in memory. */
  #read(meter: number): Omit<Account, "superior"> {
    const rig = this.#rig;
    const { view } = rig.simulated;
    const at = rig.u32(RESIDENCE_ACCOUNTS) + meter * ACCOUNT_SIZE;
    const node = view.control(CONTROL_NODE_BASE) + meter * NODE_SIZE;
    return {
      charged: view.u64(at + ACCOUNT_CHARGED),
      own: view.u64(at + ACCOUNT_OWN),
      faults: view.u64(at + ACCOUNT_FAULTS),
      storage: view.u64(node + NODE_KEYS + METER_STORAGE_SLOT * KEY_SIZE + KEY_LOW),
    };
  }
}

function same<Value>(what: string, found: Value, expected: Value): void {
  if (found !== expected) throw new Error(`${what}: found ${found}, expected ${expected}`);
}
