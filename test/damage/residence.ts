// A kernel with core residence, to be damaged: the core map, page-table words, accounts and the lock process.

import * as layout from "../../assembly/layout.js";
import * as core from "../../assembly/residence-layout.js";
import * as rv from "../../assembly/riscv/layout.js";
import { indexOf } from "../../src/id.js";
import type { Domain, Meter, Page } from "../../src/index.js";
import { type OpenKernel, openKernel } from "../memory.js";
import { compile, DATA, PAGE, type Script } from "../residence/script.js";
import { Damage, nodeOf } from "./damage.js";

/** Where the page object is mapped. */
const AT = PAGE;
const PERIOD = 30_000;

export interface Paged extends OpenKernel {
  readonly meters: Record<"tenant" | "rich" | "poor", Meter>;
  readonly domains: Record<"first" | "second" | "greedy", Domain>;
  readonly page: Page;
}

const touch = (at: number, isStore: boolean) =>
  ({ does: isStore ? "store" : "load", at }) as Script["ops"][number];

/** Two of one program, which share an object and copy a page each; one that wants more core than there is. */
export function pagedKernel(): Paged {
  const open = openKernel({
    ...{ nodes: 32, frames: 64, quantum: 2000 },
    residence: { core: 8, pages: 128, period: PERIOD, latency: 5000 },
  });
  const { kernel } = open;
  const tenant = kernel.createMeter({ superior: kernel.primeMeter });
  const rich = kernel.createMeter({ superior: tenant });
  const poor = kernel.createMeter({ superior: tenant });
  const page = kernel.createPage();
  const shared = compile({
    ops: [
      touch(AT, true),
      touch(DATA, true),
      touch(DATA + PAGE, false),
      touch(DATA + 2 * PAGE, true),
    ],
    ...{ codePages: 1, filled: 2, zeros: 1, seed: 1 },
  });
  const many = compile({
    ops: Array.from({ length: 9 }, (_, i) => touch(DATA + i * PAGE, i % 2 === 0)),
    ...{ codePages: 1, filled: 2, zeros: 7, seed: 2 },
  });
  const pages = [{ page, at: AT, write: true }];
  const on = (meter: Meter, program: typeof many.program, options = {}) =>
    kernel.createDomain({ meter, program, memory: DATA + (9 + 17) * PAGE, ...options });
  const domains = {
    first: on(rich, shared.program, { pages }),
    second: on(poor, shared.program, { pages }),
    greedy: on(rich, many.program),
  };
  for (const domain of Object.values(domains)) domain.start();
  const paged = { ...open, meters: { tenant, rich, poor }, domains, page };
  const damage = new PagedDamage(paged);
  for (let patience = 500; patience > 0 && !damage.isBusy(paged); patience--) {
    kernel.step({ cycles: 997 });
  }
  if (!damage.isBusy(paged)) throw new Error("it does not come to have something of everything");
  return paged;
}

export class PagedDamage extends Damage {
  /** The address of an option, or of a total. */
  option(offset: number): number {
    return this.u32(this.control(layout.CONTROL_RESIDENCE)) + offset;
  }

  field(offset: number): number {
    return this.u32(this.option(offset));
  }

  /** Sets an option; answers what is found then. */
  set(offset: number, value: number): string {
    this.set32(this.option(offset), value);
    return `found ${value}`;
  }

  entry(page: number, offset: number): number {
    return this.field(core.RESIDENCE_MAP) + page * core.PAGE_ENTRY_SIZE + offset;
  }

  owner(frame: number): number {
    return this.field(core.RESIDENCE_OWNERS) + frame * 4;
  }

  account(of: Meter | Domain | number, offset: number): number {
    return this.field(core.RESIDENCE_ACCOUNTS) + this.index(of) * core.ACCOUNT_SIZE + offset;
  }

  /** The word of a page of an address space. */
  at(of: Domain, address: number): number {
    return this.machine(of) + rv.MACHINE_TABLE + 4 * (address / PAGE);
  }

  /** The page that a word leads to. */
  pageAt(of: Domain, address: number): number {
    return this.u32(this.at(of, address)) >>> 12;
  }

  /** The first page that is so, by its fields. */
  find(
    is: (field: (offset: number) => number, byte: (offset: number) => number) => boolean,
  ): number {
    for (let page = 1; page < this.field(core.RESIDENCE_PAGES); page++) {
      const field = (offset: number) => this.u32(this.entry(page, offset));
      const byte = (offset: number) => this.view.u8(this.entry(page, offset));
      if (field(core.PAGE_USERS) > 0 && is(field, byte)) return page;
    }
    return 0;
  }

  get clean(): number {
    return this.find(
      (field, byte) =>
        field(core.PAGE_FRAME) !== 0 &&
        byte(core.PAGE_DIRTY) === 0 &&
        byte(core.PAGE_CONTENT) === core.CONTENT_DRUM,
    );
  }

  get dirty(): number {
    return this.find((_, byte) => byte(core.PAGE_DIRTY) !== 0);
  }

  get away(): number {
    return this.find((field) => field(core.PAGE_FRAME) === 0);
  }

  get open(): number {
    const epoch = this.field(core.RESIDENCE_EPOCH);
    return this.find((field) => field(core.PAGE_OPEN) === epoch && field(core.PAGE_ACCOUNT) !== 0);
  }

  /** Something of everything: pages here and there, who waits for one, and a lock process that sleeps. */
  isBusy({ domains, kernel }: Paged): boolean {
    const isPaging = (domain: Domain) =>
      (this.view.u8(this.record(domain) + layout.RECORD_FLAGS) & layout.FLAG_PAGING) !== 0;
    const waits = Object.values(domains).some((d) => d.state === "waiting" && isPaging(d));
    const sleeps = kernel.residence.locker.state === "waiting";
    const pages = [this.clean, this.dirty, this.away, this.open];
    return waits && sleeps && kernel.time > 3 * PERIOD && pages.every((page) => page !== 0);
  }
}

export type PagedCorruption = readonly [
  invariant: string,
  what: string,
  act: (damage: PagedDamage, paged: Paged) => string,
];

export const RESIDENCE: PagedCorruption[] = [];

function damage(...corruption: PagedCorruption): void {
  RESIDENCE.push(corruption);
}

const named = (page: number) => `page ${page}`;

// --- Where it is --------------------------------------------------------------------------------

damage("residence", "nowhere", (d) => {
  d.set32(d.control(layout.CONTROL_RESIDENCE), 4096);
  return "control block, residence";
});

damage("residence", "a core map elsewhere", (d) => {
  d.set(core.RESIDENCE_MAP, 4096);
  return "core map: found 4096";
});

damage("residence", "more pages than there is room for", (d) => {
  d.set(core.RESIDENCE_PAGES, 4_000_000);
  return "pages: found 4000000";
});

damage("frames", "that are free", (d) => {
  const bitmap = d.u32(d.control(layout.CONTROL_FRAME_BASE));
  d.bits(bitmap + 2, -1);
  return "residence, its frames";
});

damage("residence", "a period of none", (d) => d.set(core.RESIDENCE_PERIOD, 0));
damage("residence", "an offset beyond the period", (d) => d.set(core.RESIDENCE_OFFSET, PERIOD));
damage("residence", "drawn from 0", (d) => d.set(core.RESIDENCE_RANDOM, 0));
damage("residence", "the hand beyond the core", (d) => d.set(core.RESIDENCE_HAND, 8));
damage("due", "before the period began", (d) => {
  d.set64(d.option(core.RESIDENCE_SINCE), 1n << 60n);
  return "next lock cycle";
});
damage("due", "not where it is in its period", (d) => {
  d.add64(d.option(core.RESIDENCE_DUE), 1n);
  return "in its period";
});
damage("epoch", "a lock cycle more", (d) => {
  d.add64(d.option(core.RESIDENCE_CYCLES), 1n);
  return "lock cycles";
});
damage("generation", "translations that stay", (d) => {
  d.add64(d.option(core.RESIDENCE_EVICTIONS), 1n);
  return "core map";
});

// --- Pages --------------------------------------------------------------------------------------

damage("free pages", "a loop", (d) => {
  const first = d.field(core.RESIDENCE_FREE_PAGE);
  d.set32(d.entry(first, core.PAGE_FRAME), first);
  return `page ${first} twice`;
});

damage("free pages", "one lost", (d) => {
  const first = d.field(core.RESIDENCE_FREE_PAGE);
  d.set(core.RESIDENCE_FREE_PAGE, d.u32(d.entry(first, core.PAGE_FRAME)));
  return named(first);
});

damage("free pages", "one that remembers", (d) => {
  const first = d.field(core.RESIDENCE_FREE_PAGE);
  d.set32(d.entry(first, core.PAGE_PAID), 1);
  return named(first);
});

damage("free pages", "one in use", (d) => {
  const page = d.clean;
  d.set32(d.entry(page, core.PAGE_USERS), 0);
  return named(page);
});

damage("users", "one more", (d, { domains }) => {
  const page = d.pageAt(domains.first, AT);
  d.set32(d.entry(page, core.PAGE_USERS), 4);
  return `${named(page)}: found 4`;
});

damage("owned", "by nobody", (d, { domains }) => {
  const page = d.pageAt(domains.greedy, DATA + 8 * PAGE);
  d.set8(d.entry(page, core.PAGE_OWNED), 1);
  return named(page);
});

damage("owned", "no more", (d, { domains }) => {
  const page = d.pageAt(domains.first, AT);
  d.set8(d.entry(page, core.PAGE_OWNED), 0);
  return named(page);
});

damage("promises", "one more", (d) => {
  d.set(core.RESIDENCE_UNRESERVED, d.field(core.RESIDENCE_UNRESERVED) + 1);
  return "pages that are not promised";
});

damage("core", "no frame", (d) => {
  d.set32(d.entry(d.clean, core.PAGE_FRAME), 4096);
  return "address 4096";
});

damage("core", "in the frame of another", (d) => {
  d.set32(d.entry(d.clean, core.PAGE_FRAME), d.u32(d.entry(d.dirty, core.PAGE_FRAME)));
  return `found ${d.dirty}`;
});

damage("free core", "nobody's frame", (d) => {
  d.set32(d.entry(d.clean, core.PAGE_FRAME), 0);
  return "no page, not free";
});

damage("free core", "a frame of a page", (d) => {
  d.set(core.RESIDENCE_FREE_FRAME, 1);
  return "core frame 0";
});

damage("content", "what there is not", (d) => {
  d.set8(d.entry(d.away, core.PAGE_CONTENT), 3);
  return named(d.away);
});

damage("dirty", "stored to, and not said so", (d) => {
  const page = d.clean;
  d.set8(d.u32(d.entry(page, core.PAGE_FRAME)) + 4000, 1);
  return named(page);
});

damage("dirty", "while it is not in core", (d) => {
  const page = d.away;
  d.set8(d.entry(page, core.PAGE_DIRTY), 1);
  return named(page);
});

damage("open", "in a cycle to come", (d) => {
  d.set32(d.entry(d.clean, core.PAGE_OPEN), 1000);
  return `${named(d.clean)}: found 1000`;
});

damage("paid", "in a cycle to come", (d) => {
  d.set32(d.entry(d.away, core.PAGE_PAID), 1000);
  return `${named(d.away)}: found 1000`;
});

damage("paid", "open, and not paid for", (d) => {
  const page = d.open;
  d.set32(d.entry(page, core.PAGE_PAID), 1);
  return named(page);
});

damage("open", "while it is not in core", (d) => {
  d.set32(d.entry(d.away, core.PAGE_OPEN), 1);
  return `${named(d.away)}: found 1`;
});

damage("arrives", "later than it is open", (d) => {
  const page = d.open;
  d.set64(d.entry(page, core.PAGE_ARRIVES), 1n << 60n);
  return named(page);
});

damage("token", "of nobody", (d) => {
  d.set32(d.entry(d.clean, core.PAGE_TOKEN), 100_000);
  return named(d.clean);
});

// --- Page tables --------------------------------------------------------------------------------

damage("page table", "beyond the core map", (d, { domains }) => {
  d.set32(d.at(domains.greedy, DATA), (128 << 12) | (1 << 20) | rv.MARK_PRESENT);
  return `${nodeOf(d, domains.greedy)}, page ${DATA / PAGE}`;
});

damage("page table", "a page that is free", (d, { domains }) => {
  const free = d.field(core.RESIDENCE_FREE_PAGE);
  d.set32(d.at(domains.greedy, DATA), (free << 12) | rv.MARK_PRESENT);
  return `page ${free} of the core map`;
});

damage("page table", "another's own page", (d, { domains }) => {
  const at = DATA + 8 * PAGE;
  d.set32(d.at(domains.greedy, at - PAGE), d.u32(d.at(domains.greedy, at)));
  return `page ${d.pageAt(domains.greedy, at)}, met before`;
});

damage("page table", "an object's page, as its own", (d, { domains }) => {
  d.bits(d.at(domains.first, AT), -rv.MARK_FOREIGN);
  return `${nodeOf(d, domains.first)}, page 1`;
});

damage("page", "another's page, as an object's", (d, { domains }) => {
  d.bits(d.at(domains.greedy, DATA + 8 * PAGE), rv.MARK_FOREIGN);
  return nodeOf(d, domains.greedy);
});

damage("page", "an object to be executed", (d, { domains }) => {
  d.bits(d.at(domains.first, AT), rv.MARK_EXEC);
  return `${nodeOf(d, domains.first)}, page 1, marks`;
});

damage("copy on write", "none of an image's page", (d, { domains }) => {
  d.bits(d.at(domains.second, DATA + PAGE), -rv.MARK_COPY);
  return `${nodeOf(d, domains.second)}, page ${DATA / PAGE + 1}`;
});

damage("copy on write", "of its own page", (d, { domains }) => {
  d.bits(d.at(domains.greedy, DATA + 8 * PAGE), rv.MARK_COPY);
  return nodeOf(d, domains.greedy);
});

damage("page", "of two objects", (d, { page, kernel }) => {
  const other = kernel.createPage();
  const [index, its] = [indexOf(page.id), indexOf(other.id)];
  d.set32(d.node(its) + layout.NODE_RECORD, d.u32(d.node(index) + layout.NODE_RECORD));
  return `${nodeOf(d, its)}, page`;
});

damage("machine", "counts that are nowhere", (d, { domains }) => {
  d.set32(d.machine(domains.first) + rv.MACHINE_COUNTS, 4096);
  return `${nodeOf(d, domains.first)}, counts`;
});

// --- Accounts and the lock process --------------------------------------------------------------

damage("account", "of what is no meter", (d, { domains }) => {
  d.set32(d.entry(d.open, core.PAGE_ACCOUNT), d.index(domains.first));
  return `page ${d.open}, account`;
});

damage("account", "while it is not in core", (d, { meters }) => {
  d.set32(d.entry(d.away, core.PAGE_FIRST), d.index(meters.rich));
  return `page ${d.away}, first`;
});

damage("account", "charges of a domain", (d, { domains }) => {
  d.set64(d.account(domains.first, core.ACCOUNT_CHARGED), 1n);
  return nodeOf(d, domains.first);
});

damage("account", "more of its own than at or below it", (d, { meters }) => {
  d.set64(d.account(meters.rich, core.ACCOUNT_CHARGED), 1n);
  return `${nodeOf(d, meters.rich)}, own`;
});

damage("account", "more than was charged", (d, { meters }) => {
  d.add64(d.account(meters.tenant, core.ACCOUNT_CHARGED), 1n << 40n);
  return `${nodeOf(d, meters.tenant)}, charged`;
});

damage("word-cycles", "charged to nobody", (d) => {
  d.add64(d.option(core.RESIDENCE_CHARGED), 1n);
  return "all accounts";
});

damage("faults", "of nobody", (d) => {
  d.add64(d.option(core.RESIDENCE_FAULTS), 1n);
  return "all accounts";
});

damage("faults", "of new pages", (d) => {
  d.add64(d.option(core.RESIDENCE_STARTS), 1000n);
  return "of new pages";
});

damage("locker", "that is none", (d, { domains }) => {
  d.set(core.RESIDENCE_LOCKER, d.record(domains.first));
  return nodeOf(d, domains.first);
});

damage("locker", "one that does not lock", (d, { kernel }) => {
  d.set(core.RESIDENCE_LOCKER, 0);
  return nodeOf(d, kernel.residence.locker);
});

damage("locker", "that oversleeps", (d) => {
  d.add64(d.option(core.RESIDENCE_DUE), BigInt(PERIOD));
  return "asleep until";
});

damage("locker", "a longer cycle", (d, { kernel }) => {
  const at = d.record(kernel.residence.locker) + layout.RECORD_BURST_LEFT;
  d.set32(at, 1_000_000);
  return "left of its cycle";
});

damage("privileged", "a meter", (d, { meters }) => {
  d.set(core.RESIDENCE_PRIVILEGED, d.record(meters.rich));
  return nodeOf(d, meters.rich);
});

damage("starved", "nobody", (d) => {
  d.set(core.RESIDENCE_PRIVILEGED, 0);
  return d.set(core.RESIDENCE_STARVED, 1);
});

damage("flags", "a lock process that waits for a page", (d, { kernel }) => {
  const at = d.record(kernel.residence.locker) + layout.RECORD_FLAGS;
  return d.bits(at, layout.FLAG_PAGING);
});

damage("program", "asleep for nothing", (d, { domains }) => {
  const waits = Object.values(domains).find((domain) => domain.state === "waiting")!;
  d.bits(d.record(waits) + layout.RECORD_FLAGS, -layout.FLAG_PAGING);
  return nodeOf(d, waits);
});
