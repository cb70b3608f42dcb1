// Takes samples of a kernel that counts references: at each lock cycle it comes back to the host before anybody runs.

import {
  PAGE_ENTRY_SIZE,
  PAGE_FIRST,
  PAGE_FRAME,
  PAGE_USERS,
  RESIDENCE_FETCHES,
  RESIDENCE_PAGES,
} from "../../assembly/residence-layout.js";
import {
  MACHINE_COUNTS,
  MACHINE_PAGES,
  MACHINE_TABLE,
  MARK_PRESENT,
} from "../../assembly/riscv/layout.js";
import type { Kernel } from "../kernel.js";
import type { Machine } from "../machine.js";
import type { Account, Sample } from "./sample.js";
import { addTo } from "./share.js";

type Counts = Map<Account, number>;

interface Use {
  readonly page: number;
  readonly isInCore: boolean;
  readonly first: Account | null;
  readonly mappers: Counts;
  readonly references: Counts;
}

export class Collector {
  readonly #kernel: Kernel;
  readonly #take: (sample: Sample) => void;
  #since: bigint;
  #lockCycles = 0;
  #fetches: number;
  #faults = 0;
  #charges = new Map<Account, bigint>();
  /** Who pays for a machine, as far as it was seen. */
  readonly #accounts = new Map<Machine, Account>();
  /** Machines that are freed. */
  readonly #gone = new WeakSet<Machine>();
  /** What they have referenced in this cycle: of pages that are no more, and of others by the page. */
  readonly #dead: Use[] = [];
  readonly #left = new Map<number, Counts>();

  /** Begins with what happens from now on: before anybody has run, it misses nothing. */
  constructor(kernel: Kernel, take: (sample: Sample) => void) {
    this.#kernel = kernel;
    this.#take = take;
    this.#since = kernel.time;
    this.#fetches = this.#fetched;
    kernel.on("charge", ({ meter, amount }) => {
      this.#faults++;
      if (meter) addTo(this.#charges, meter.name, amount);
    });
    kernel.on("scan", ({ time }) => this.#sample(time, this.#lockCycles++ > 0));
    kernel.core.leaving = (machine) => this.#leave(machine);
  }

  /** Takes the last sample, of what no lock cycle has ended. */
  end(): void {
    this.#sample(this.#kernel.time, false);
  }

  #sample(until: bigint, isWhole: boolean): void {
    const { residence } = this.#kernel;
    const uses = new Map<number, Use>();
    for (const [page, first] of this.#inCore()) uses.set(page, useOf(page, first, true));
    this.#look();
    for (const [machine, account] of this.#accounts) {
      this.#each(machine, (page, references) => {
        const known = uses.get(page);
        if (known?.isInCore) add(known.mappers, account, 1);
        if (references === 0) return;
        const use = known ?? useOf(page);
        add(use.references, account, references);
        uses.set(page, use);
      });
    }
    for (const [page, counts] of this.#left) {
      const use = uses.get(page) ?? useOf(page);
      for (const [account, references] of counts) add(use.references, account, references);
      uses.set(page, use);
    }
    const pages = [...uses.values(), ...this.#dead.splice(0)];
    const fetches = this.#fetched;
    this.#take({
      ...{ since: this.#since, until, isWhole, period: residence.period },
      ...{ charges: this.#charges, faults: this.#faults, fetches: fetches - this.#fetches },
      pages,
    });
    this.#since = until;
    this.#fetches = fetches;
    this.#faults = 0;
    this.#charges = new Map();
    this.#left.clear();
  }

  /** Looks who pays for which machine now. */
  #look(): void {
    for (const { machine, meter } of this.#kernel.domains()) {
      if (machine && meter && !this.#gone.has(machine)) this.#accounts.set(machine, meter.name);
    }
  }

  /** A machine is about to be freed: then nobody knows any more what it has referenced. */
  #leave(machine: Machine): void {
    this.#look();
    const account = this.#accounts.get(machine);
    this.#accounts.delete(machine);
    this.#gone.add(machine);
    if (account === undefined) return;
    const all = this.#kernel.residence.pages();
    const lonely = new Set(all.filter(({ users }) => users === 1).map(({ number }) => number));
    this.#each(machine, (page, references) => {
      if (references === 0) return;
      const counts: Counts = this.#left.get(page) ?? new Map();
      add(counts, account, references);
      // Whoever gets its number next has another page.
      if (lonely.has(page)) {
        this.#dead.push({ ...useOf(page), references: counts });
        this.#left.delete(page);
      } else this.#left.set(page, counts);
    });
  }

  /** Pages that are in core, each with who paid first. Of many most are not: so their entries are not made objects. */
  *#inCore(): Generator<[page: number, first: Account | null]> {
    const { view, meters, residence } = this.#kernel.core;
    const count = residence!.u32(RESIDENCE_PAGES);
    const map = view.words(residence!.page(0, 0), (count * PAGE_ENTRY_SIZE) / 4);
    for (let page = 1; page < count; page++) {
      const at = (page * PAGE_ENTRY_SIZE) / 4;
      // Of a page that is free the frame is another page.
      if (map[at + PAGE_USERS / 4] === 0 || map[at + PAGE_FRAME / 4] === 0) continue;
      yield [page, meters.get(map[at + PAGE_FIRST / 4]!)?.name ?? null];
    }
  }

  /** Calls back for each page that a machine has, with how often it has referenced it; counts anew from now on. */
  #each(machine: Machine, back: (page: number, references: number) => void): void {
    const { view } = this.#kernel.core;
    const { address } = machine;
    const length = view.u32(address + MACHINE_PAGES);
    const words = view.words(address + MACHINE_TABLE, length);
    const counts = view.words(view.u32(address + MACHINE_COUNTS), length);
    for (let at = 0; at < length; at++) {
      const word = words[at]!;
      if ((word & MARK_PRESENT) !== 0) back(word >>> PAGE_SHIFT, counts[at]!);
    }
    counts.fill(0);
  }

  get #fetched(): number {
    return Number(this.#kernel.core.residence!.u64(RESIDENCE_FETCHES));
  }
}

/** A page-table word: the number of the page above its marks. */
const PAGE_SHIFT = 12;

function useOf(page: number, first: Account | null = null, isInCore = false): Use {
  return { page, isInCore, first, mappers: new Map(), references: new Map() };
}

function add(counts: Counts, account: Account, count: number): void {
  counts.set(account, (counts.get(account) ?? 0) + count);
}
