// The bank of guests/, opened in any of its five ways, with callers of several tenants.

import { type Domain, discrimKey, type Key, type Meter, type Page } from "../src/index.js";
import { LEDGER, SLOT, type Town } from "./town.js";

export const WAYS = ["a", "b", "c", "d", "e"] as const;
export type Way = (typeof WAYS)[number];

/** BANK_DISCRIM of guests/include/bank.h. */
export const DISCRIM = 9;
const GUARDED: Readonly<Record<number, Key>> = { [DISCRIM]: discrimKey };

export interface Bank {
  page: Page;
  /** What keeps the ledger; nobody in ways a and d. */
  servers: Domain[];
  callers: Domain[];
}

export interface Plan {
  way: Way;
  owner: Meter;
  /** For each caller its meter and how many transactions it wishes; 0: for ever. */
  callers: readonly { meter: Meter; transactions: number }[];
  /** Rounds inside a transaction. */
  work: number;
  /** In way c: how many concurrencers. */
  workers?: number;
  /** Keys that servers get beside those they need; by default the discrim key. */
  keys?: Readonly<Record<number, Key>>;
}

export function openBank(town: Town, plan: Plan): Bank {
  const { way, owner, work } = plan;
  const page = town.kernel.createPage();
  const pages = [{ page, at: LEDGER, write: true }];
  if (way === "a" || way === "d") {
    const program = way === "a" ? "bank-spin" : "bank-cas";
    const callers = plan.callers.map(({ meter, transactions }, i) =>
      town.guest(`${program} ${i} ${transactions} ${work}`, meter, { pages }),
    );
    return { page, servers: [], callers };
  }
  const servers = way === "c" ? concurrencers(town, plan, pages) : [server(town, plan, pages)];
  const callers = plan.callers.map(({ meter, transactions }, i) => {
    const start = servers[i % servers.length]!.startKey(i);
    const keys = { [SLOT.server]: start, [SLOT.own]: meter.key };
    return town.guest(`bank-client ${transactions} ${i}`, meter, { keys });
  });
  return { page, servers, callers };

  function server(town: Town, { way, owner, work, keys = GUARDED }: Plan, pages: Ledgers): Domain {
    if (way === "b") return town.guest(`bank-server ${work}`, owner, { pages, keys });
    const domain = town.guest(`bank-pays ${work}`, owner, { pages, keys });
    domain.keys.set(SLOT.self, domain.domainKey);
    return domain;
  }

  function concurrencers(
    town: Town,
    { workers = 2, keys = GUARDED }: Plan,
    pages: Ledgers,
  ): Domain[] {
    const shared = town.kernel.createNode();
    return Array.from({ length: workers }, (_, i) =>
      town.guest(`bank-concurrent ${i} ${work}`, owner, {
        pages,
        keys: {
          ...keys,
          [SLOT.join]: town.kernel.createJoin(`join ${i}`).key,
          [SLOT.own]: shared,
        },
      }),
    );
  }
}

type Ledgers = { page: Page; at: number; write: boolean }[];
