// Schemes of metering core residence: what each charges for a cycle, as a function of its sample.

import { type Account, chargeOf, isReferenced, type PageUse, type Sample } from "./sample.js";
import { addTo, shareOut } from "./share.js";

/** What a scheme charges, in word-cycles; one that doesn't know accounts has a total only. */
export interface Charges {
  readonly accounts: ReadonlyMap<Account, bigint>;
  readonly total: bigint;
}

export type Scheme = "multics" | "toucher" | "split" | "idle" | "access";

export interface SchemePlan {
  readonly scheme: Scheme;
  readonly name: string;
  readonly about: string;
  readonly charge: (sample: Sample) => Charges;
}

/** Time is counted in whole scan periods by all of them: they differ in who pays for which pages. */
export const SCHEMES: readonly SchemePlan[] = [
  {
    scheme: "multics",
    name: "Multics",
    about: "the first who touches a page after a lock cycle pays for the period",
    charge: ({ charges }) => chargesOf(charges),
  },
  {
    scheme: "toucher",
    name: "first toucher",
    about: "who touches a page first pays until it is freed or out of core (memory cgroups)",
    charge: (sample) => each(sample, ({ isInCore, first }) => alone(isInCore ? first : null)),
  },
  {
    scheme: "split",
    name: "equal split",
    about: "all mappings of a page that is in core pay alike (proportional set size)",
    charge: (sample) => each(sample, ({ isInCore, mappers }) => (isInCore ? mappers : NOBODY)),
  },
  {
    scheme: "idle",
    name: "idle pages",
    about: "pages that were touched are counted, not by whom (idle page tracking, DAMON)",
    charge: ({ pages, period }) => {
      const total = BigInt(pages.filter(isReferenced).length) * chargeOf({ period });
      return { accounts: new Map(), total };
    },
  },
  {
    scheme: "access",
    name: "by access",
    about: "the truth: all who touch a page in a period pay by how often they do",
    charge: (sample) => each(sample, ({ references }) => references),
  },
];

const NOBODY: ReadonlyMap<Account, number> = new Map();

function alone(account: Account | null): ReadonlyMap<Account, number> {
  return account === null ? NOBODY : new Map([[account, 1]]);
}

/** Charges a period of each page to whom it says, in proportion to the weights. */
function each(sample: Sample, who: (page: PageUse) => ReadonlyMap<Account, number>): Charges {
  const amount = chargeOf(sample);
  const sums = new Map<Account, bigint>();
  for (const page of sample.pages) {
    for (const [account, part] of shareOut(amount, who(page))) addTo(sums, account, part);
  }
  return chargesOf(sums);
}

export function chargesOf(accounts: ReadonlyMap<Account, bigint>): Charges {
  return { accounts, total: [...accounts.values()].reduce((sum, charge) => sum + charge, 0n) };
}
