// A bank in one of its ways, in a kernel of its own, with callers of two tenants: the one who is to be
// stopped, a companion on the same meter, and two others, who are to go on whatever happens.

import type { Domain } from "../domain.js";
import { createKernel, type Kernel } from "../kernel.js";
import { discrimKey } from "../key.js";
import type { KeyLike } from "../key-like.js";
import type { PageOptions } from "../mapping.js";
import type { Meter } from "../meter.js";
import { guestProgram } from "./guest.js";
import { LEDGER, Ledger } from "./ledger.js";
import type { WayPlan } from "./way.js";

/** Slots, by the customs of guests/include/primemeter.h. */
const SLOT = { server: 0, self: 1, join: 6, own: 7, discrim: 9 };
const MEMORY = 192 << 10;
/** Of the turns that simulated processors take. */
const SEED = 1;

/** Faults to plant: what the report must not let pass. */
export type Fault =
  /** The server runs on the meter of the caller who is stopped, as if it belonged to it. */
  | "borrowed-meter"
  /** Concurrencers have nowhere to put the keys by which they are woken. */
  | "no-keys"
  /** Nobody is stopped at all. */
  | "no-stop";

export interface BankOptions {
  /** Rounds of two instructions inside a transaction. */
  readonly work: number;
  /** Cycles of a slice: short ones end inside transactions. */
  readonly quantum: number;
  /** More than one are simulated: they take turns, so that a moment can be met again. */
  readonly processors: number;
  /** What each of the others wants; who is to be stopped, and its companion, go on for ever. */
  readonly transactions: number;
  readonly fault?: Fault;
}

/** Tellers by number. */
export const VICTIM = 0;
export const OTHERS = [1, 2] as const;
const COMPANION = 3;

export interface Bank {
  readonly kernel: Kernel;
  readonly ledger: Ledger;
  readonly owner: Meter;
  /** The meter that is stopped. */
  readonly tenant: Meter;
  readonly victim: Domain;
  readonly others: readonly Domain[];
  readonly servers: readonly Domain[];
}

/** `budget`: what the tenant's meter begins with; without it there is no end to it. */
export function openBank(plan: WayPlan, options: BankOptions, budget?: bigint): Bank {
  const { processors, quantum } = options;
  const several = processors > 1 ? { processors, seed: SEED } : {};
  const kernel = createKernel({ nodes: 48, frames: 512, advance: 1000n, quantum, ...several });
  const superior = kernel.primeMeter;
  const owner = kernel.createMeter({ name: "owner", superior });
  const cycles = budget === undefined ? {} : { cycles: budget };
  const tenant = kernel.createMeter({ name: "tenant", superior, ...cycles });
  const another = kernel.createMeter({ name: "another", superior });
  const page = kernel.createPage("ledger");
  const pages: PageOptions[] = [{ page, at: LEDGER, write: true }];
  const { work, fault } = options;
  const servers = makeServers();
  const teller = (number: number) => {
    const isOther = number === OTHERS[0] || number === OTHERS[1];
    const meter = isOther ? another : tenant;
    const wanted = String(isOther ? options.transactions : 0);
    const server = servers[number % servers.length];
    return server
      ? guest("bank-client", [wanted, String(number)], meter, {
          [SLOT.server]: server.startKey(number),
          [SLOT.own]: meter.key,
        })
      : guest(plan.program, [String(number), wanted, String(work)], meter, {}, pages);
  };
  const victim = teller(VICTIM);
  const others = OTHERS.map(teller);
  teller(COMPANION);
  return { kernel, ledger: new Ledger(kernel, page), owner, tenant, victim, others, servers };

  function makeServers(): Domain[] {
    const meter = fault === "borrowed-meter" ? tenant : owner;
    const shared = kernel.createNode();
    return Array.from({ length: plan.servers }, (_, number) => {
      if (plan.way !== "c") {
        const domain = guest(
          plan.program,
          [String(work)],
          meter,
          { [SLOT.own]: meter.key, [SLOT.discrim]: discrimKey },
          pages,
        );
        domain.keys.set(SLOT.self, domain.domainKey);
        return domain;
      }
      const join = kernel.createJoin(`join ${number}`);
      const keys = {
        [SLOT.join]: join.key,
        [SLOT.discrim]: discrimKey,
        ...(fault === "no-keys" ? {} : { [SLOT.own]: shared }),
      };
      return guest(plan.program, [String(number), String(work)], meter, keys, pages);
    });
  }

  function guest(
    program: string,
    args: string[],
    meter: Meter,
    keys: Record<number, KeyLike>,
    pages: PageOptions[] = [],
  ): Domain {
    const loaded = guestProgram(program);
    const domain = kernel.createDomain({
      ...{ name: program, program: loaded, args, meter, memory: MEMORY, pages, keys },
    });
    domain.start();
    return domain;
  }
}
