// The bank in five ways, among tenants who are stopped, starved or rescinded in the middle of a
// transaction: where callers hold the lock by themselves, or lend their meters, money and lock
// suffer with them; where the owner's meter pays, never.

import { describe, expect, test } from "vitest";
import { type Domain, discrimKey, type Key } from "../src/index.js";
import { DISCRIM, openBank, WAYS, type Way } from "./bank.js";
import { findings } from "./lab.js";
import { numbers, readLedger, string, Town } from "./town.js";
import { everywhere } from "./variants.js";

const PROGRAM: Record<Way, RegExp> = {
  a: /^bank-spin teller \d+ done 40 waits \d+\n$/,
  b: /^bank-client done 40 wrong 0\n$/,
  c: /^bank-client done 40 wrong 0\n$/,
  d: /^bank-cas teller \d+ done 40 waits \d+\n$/,
  e: /^bank-client done 40 wrong 0\n$/,
};

everywhere("the bank", () => {
  for (const way of WAYS) {
    test(`way ${way}: callers of two tenants all come to their end, and no money is lost`, async () => {
      // Slices end inside transactions.
      const town = new Town({ quantum: 130, advance: 1000n });
      const tenants = [town.meter("one"), town.meter("two")];
      const callers = Array.from({ length: 6 }, (_, i) => ({
        meter: tenants[i % 2]!,
        transactions: 40,
      }));
      const owner = town.meter("owner");
      const bank = openBank(town, { way, owner, callers, work: 50, workers: 3 });
      await town.kernel.run();
      for (const { output, exitCode } of bank.callers) {
        expect(output).toMatch(PROGRAM[way]);
        expect(exitCode).toBe(0);
      }
      const ledger = readLedger(bank.page);
      expect(ledger).toMatchObject({ magic: "BANK", way, lock: 0, waiting: 0, gained: 0 });
      if (way !== "d") expect([ledger.begun, ledger.done]).toEqual([240, 240]);
      for (const teller of ledger.tellers.slice(0, 6)) {
        expect(teller).toMatchObject({ state: 0, begun: 40, done: 40 });
      }
      expect(ledger.tellers.slice(6).every(({ begun }) => begun === 0)).toBe(true);
      for (const server of bank.servers) expect(server.state).toBe("available");
      expect(findings(town.kernel)).toEqual([]);
    });
  }
});

describe("bank, one processor", () => {
  test("in the crowded ways somebody waited: slices did end inside", async () => {
    for (const way of ["a", "c", "d"] as const) {
      const town = new Town({ quantum: 130 });
      const meter = town.meter("all");
      const callers = Array.from({ length: 6 }, () => ({ meter, transactions: 40 }));
      const { page } = openBank(town, { way, owner: meter, callers, work: 50, workers: 3 });
      await town.kernel.run();
      const { tellers, workers } = readLedger(page);
      const waits = [...tellers, ...workers].reduce((sum, { waits }) => sum + waits, 0);
      expect(waits).toBeGreaterThan(0);
    }
  });

  test("who pays: in way b the owner, in way e the caller", async () => {
    const owners: bigint[] = [];
    for (const way of ["b", "e"] as const) {
      const town = new Town();
      const owner = town.meter("owner");
      const tenant = town.meter("tenant");
      const callers = [{ meter: tenant, transactions: 10 }];
      openBank(town, { way, owner, callers, work: 1000 });
      await town.kernel.run();
      owners.push(owner.statistics().consumed);
      const paid = tenant.statistics().consumed;
      if (way === "b") expect(paid).toBeLessThan(10_000n);
      else expect(paid).toBeGreaterThan(20_000n);
    }
    expect(owners[0]).toBeGreaterThan(20_000n);
    expect(owners[1]).toBeLessThan(10_000n);
  });

  test("servers refuse what is no transfer, and tell balances", async () => {
    for (const way of ["b", "c", "e"] as const) {
      const town = new Town();
      const meter = town.meter("all");
      const { servers } = openBank(town, { way, owner: meter, callers: [], work: 10, workers: 1 });
      const ask = async (order: number, ...words: number[]) => {
        const message = { order, string: string(4, ...words), keys: [meter.key] };
        const answer = town.kernel.call(servers[0]!.startKey(3), message);
        await town.kernel.run();
        const { order: code, string: bytes } = await answer;
        return [code, ...numbers(bytes, 4)];
      };
      expect(await ask(1, 5, 6, 100)).toEqual([0, 1n]);
      expect(await ask(1, 5, 64, 100)).toEqual([2]);
      expect(await ask(1, 64, 5, 100)).toEqual([2]);
      expect(await ask(1, 5, 6)).toEqual([2]);
      expect(await ask(1, 5, 6, 7, 8)).toEqual([2]);
      expect(await ask(2, 5)).toEqual([0, 900n]);
      expect(await ask(2, 6)).toEqual([0, 1100n]);
      expect(await ask(2, 64)).toEqual([2]);
      expect(await ask(2)).toEqual([2]);
      expect(await ask(3)).toEqual([0, 64000n, 1n]);
      expect(await ask(0x80000000)).toEqual([0x10a]);
      expect(await ask(77)).toEqual([0x80000002]);
    }
  });
});

describe("a caller who names a busy domain as the one to be answered", () => {
  async function hostile(way: "b" | "c" | "e", keys: Record<number, Key>) {
    const town = new Town({ quantum: 1000 });
    const meter = town.meter("all");
    const plan = { way, owner: meter, callers: [], work: 10, workers: 1, keys };
    const server = openBank(town, plan).servers[0]!;
    const busy = town.guest("spin", meter);
    const none: Key = { kind: "data", value: 0n };
    const sent = town.kernel.send(server.startKey(), {
      order: 1,
      string: string(4, 5, 6, 100),
      keys: [meter.key, none, none, busy.startKey()],
    });
    await town.kernel.run({ cycles: 10_000n });
    await sent;
    return server.state;
  }
  for (const way of ["b", "c", "e"] as const) {
    test(`way ${way}: makes the server wait, but for one that has the discrim key`, async () => {
      expect(await hostile(way, {})).not.toBe("available");
      expect(await hostile(way, { [DISCRIM]: discrimKey })).toBe("available");
    });
  }
});

// --- Tenants that go away -------------------------------------------------------------------------

const ENDS = ["off", "rescind", "starve"] as const;

interface Outcome {
  /** Callers of other tenants that never came to their end. */
  stranded: number;
  held: boolean;
  conserved: boolean;
}

/**
 * One tenant is ended when it has used `cycles`, or, where its calls are paid by others, when so much time
 * has passed; another's callers want three transactions each.
 */
async function endAt(
  way: Way,
  how: (typeof ENDS)[number],
  cycles: number,
  quantum: number,
): Promise<Outcome> {
  const town = new Town({ quantum, nodes: 64, frames: 640 });
  const owner = town.meter("owner");
  const victim = town.meter("victim", how === "starve" ? { cycles: BigInt(cycles) } : {});
  const other = town.meter("other");
  const bank = openBank(town, {
    way,
    owner,
    work: 8,
    callers: [
      { meter: victim, transactions: 0 },
      { meter: other, transactions: 3 },
      { meter: other, transactions: 3 },
      { meter: victim, transactions: 0 },
    ],
  });
  if (how !== "starve") {
    await town.kernel.run({ cycles: BigInt(cycles) });
    if (how === "off") victim.off();
    else victim.rescind();
  }
  // Long enough for all that goes on at all.
  await town.kernel.run({ cycles: 60_000n });
  const { lock, gained } = readLedger(bank.page);
  const others: Domain[] = bank.callers.slice(1, 3);
  const stranded = others.filter(({ state }) => state !== "ended").length;
  expect(findings(town.kernel)).toEqual([]);
  town.kernel.dispose();
  return { stranded, held: lock !== 0, conserved: gained === 0 };
}

describe("a tenant goes away in the middle", () => {
  // Programs take some hundred cycles until they come to the bank, and less than 250 for a transaction.
  const each = Array.from({ length: 250 }, (_, i) => ({ moment: 1000 + i, quantum: 90 }));
  const some = Array.from({ length: 80 }, (_, i) => ({ moment: 300 + 17 * i, quantum: 100_000 }));
  for (const how of ENDS) {
    for (const way of WAYS) {
      test(`${how}, way ${way}`, async () => {
        const bad: Outcome[] = [];
        const close = how === "off" ? each : each.filter((_, i) => i % 4 === 0);
        for (const { moment, quantum } of [...close, ...some]) {
          const outcome = await endAt(way, how, moment, quantum);
          if (outcome.stranded > 0 || outcome.held || !outcome.conserved) bad.push(outcome);
        }
        if (way === "b" || way === "c" || way === "d") {
          expect(bad).toEqual([]);
          return;
        }
        expect(bad.length).toBeGreaterThan(0);
        expect(bad.some(({ stranded }) => stranded > 0)).toBe(true);
        expect(bad.some(({ held }) => held)).toBe(true);
        expect(bad.some(({ conserved }) => !conserved)).toBe(true);
      });
    }
  }
});

test.each(WAYS)("way %s with two and four processors, in many orders of events", async (way) => {
  for (let seed = 1; seed <= 12; seed++) {
    const town = new Town({ quantum: 70, processors: seed % 2 === 0 ? 2 : 4, seed });
    const meters = ["one", "two", "owner"].map((name) => town.meter(name));
    const callers = Array.from({ length: 6 }, (_, i) => ({
      meter: meters[i % 2]!,
      transactions: 15,
    }));
    const bank = openBank(town, { way, owner: meters[2]!, callers, work: 20, workers: 4 });
    await town.kernel.run();
    expect(bank.callers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(readLedger(bank.page)).toMatchObject({ lock: 0, waiting: 0, gained: 0 });
    expect(findings(town.kernel)).toEqual([]);
    town.kernel.dispose();
  }
});

describe("the owner's meter is delayed", () => {
  for (const way of ["b", "c"] as const) {
    test(`way ${way}: everybody waits meanwhile, and goes on after it`, async () => {
      for (let moment = 800; moment < 1400; moment += 13) {
        const town = new Town({ quantum: 90 });
        const owner = town.meter("owner");
        const callers = ["one", "two"].map((name) => ({
          meter: town.meter(name),
          transactions: 20,
        }));
        const bank = openBank(town, { way, owner, callers, work: 8 });
        await town.kernel.run({ cycles: BigInt(moment) });
        owner.off();
        await town.kernel.run();
        expect(bank.callers.map(({ state }) => state)).not.toContain("ended");
        owner.on(1_000_000n);
        await town.kernel.run();
        expect(bank.callers.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
        expect(readLedger(bank.page)).toMatchObject({ lock: 0, waiting: 0, gained: 0, done: 40 });
        expect(findings(town.kernel)).toEqual([]);
        town.kernel.dispose();
      }
    });
  }
});
