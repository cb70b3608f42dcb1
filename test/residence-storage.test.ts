// Storage by the host API: counters and accounts, keepers that are called for want of it, and charges that are told.

import { expect, test } from "vitest";
import { orders, perPeriod, refill, WORD_SECOND } from "../src/index.js";
import { findings } from "./lab.js";
import { call, rest } from "./puppet.js";
import { CHARGE, chargeOf, guest, PERIOD, ResidenceLab, THREE_PAGES } from "./residence-lab.js";
import { everywhere } from "./variants.js";

const UNLIMITED = 2n ** 64n - 1n;
const BAD_OPTION = expect.objectContaining({ code: "BAD_OPTION" });

everywhere("storage", () => {
  test("a counter is read, set and added to", () => {
    const lab = new ResidenceLab();
    const { storage } = lab.meter("M", lab.prime);
    expect(storage.peek()).toBe(UNLIMITED);
    expect(storage.set(3n * WORD_SECOND)).toBe(UNLIMITED);
    storage.add(WORD_SECOND);
    expect([storage.peek(), WORD_SECOND]).toEqual([64_000_000n, 16_000_000n]);
    const overflow = expect.objectContaining({ code: "COUNTER_OVERFLOW" });
    expect(() => storage.add(UNLIMITED)).toThrow(overflow);
    for (const wrong of [-1n, 2n ** 64n, 5, undefined]) {
      expect(() => storage.set(wrong as bigint)).toThrow(BAD_OPTION);
      expect(() => storage.add(wrong as bigint)).toThrow(BAD_OPTION);
    }
    expect(storage.peek()).toBe(64_000_000n);
    expect([storage.charged(), storage.own(), storage.faults()]).toEqual([0n, 0n, 0n]);
  });

  test("createMeter gives it", () => {
    const { kernel } = new ResidenceLab();
    const superior = kernel.primeMeter;
    const meter = kernel.createMeter({ superior, storage: 5n });
    expect([meter.storage.peek(), meter.peek()]).toEqual([5n, UNLIMITED]);
    for (const storage of [-1n, 2n ** 64n, 5]) {
      const act = () => kernel.createMeter({ superior, storage: storage as bigint });
      expect(act).toThrow(BAD_OPTION);
      expect(act).toThrow(/^storage: found/);
    }
    // It is slot 5 of the node.
    expect(meter.node.fetch(5)).toEqual({ kind: "data", value: 5n });
  });

  test("of a rescinded meter is nobody's, nor of what is malformed as one", () => {
    const lab = new ResidenceLab();
    const meter = lab.meter("M", lab.prime);
    meter.node.swap(5, { kind: "host", number: 1 });
    expect(() => meter.storage.peek()).toThrow(
      expect.objectContaining({ code: "MALFORMED_METER" }),
    );
    meter.rescind();
    const rescinded = expect.objectContaining({ code: "RESCINDED" });
    const { storage } = meter;
    for (const use of ["peek", "charged", "own", "faults"] as const) {
      expect(() => storage[use]()).toThrow(rescinded);
    }
    expect(() => storage.set(1n)).toThrow(rescinded);
    expect(() => storage.add(1n)).toThrow(rescinded);
  });

  test("is charged up the chain, a page for a period", () => {
    const lab = ResidenceLab.ofOneCycle();
    const upper = lab.meter("U", lab.prime);
    const lower = lab.kernel.createMeter({ superior: upper, storage: 1_000n * CHARGE });
    const charges: object[] = [];
    lab.kernel.on("charge", ({ domain, meter, amount }) => charges.push({ domain, meter, amount }));
    const { domain } = lab.play(THREE_PAGES, { meter: lower });
    lab.runUntil(() => domain.state === "available");
    expect(charges).toEqual(Array(3).fill({ domain, meter: lower, amount: CHARGE }));
    const { storage } = lower;
    const figures = [storage.charged(), storage.own(), storage.faults()];
    expect(figures).toEqual([3n * CHARGE, 3n * CHARGE, 3n]);
    expect(storage.peek()).toBe(997n * CHARGE);
    expect([upper.storage.charged(), upper.storage.own()]).toEqual([3n * CHARGE, 0n]);
    // Unlimited, it stays so.
    expect([upper, lab.prime].map(({ storage }) => storage.peek())).toEqual([UNLIMITED, UNLIMITED]);
    expect(lab.prime.storage.charged()).toBe(3n * CHARGE);
    expect(lab.statistics).toMatchObject({ charged: 3n * CHARGE, unowned: 0n, faults: 3n });
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("who runs out of storage", () => {
  /** A domain that needs three pages, under a meter that has enough for one. */
  function dry(keeper?: Parameters<ResidenceLab["meter"]>[3]) {
    const lab = ResidenceLab.ofOneCycle();
    const meter = lab.kernel.createMeter({
      ...{ name: "M", superior: lab.prime, storage: CHARGE },
      ...(keeper && { keeper }),
    });
    const seen: object[] = [];
    lab.kernel.on("keeper", ({ meter: { name }, resource, outcome }) =>
      seen.push({ keeper: name, resource, outcome }),
    );
    lab.kernel.on("park", ({ meter: { name }, resource }) => seen.push({ park: name, resource }));
    const { domain } = lab.play(THREE_PAGES, { meter, name: "D" });
    return { lab, meter, domain, seen };
  }

  test("is parked, and goes on when the counter is raised", () => {
    const { lab, meter, domain, seen } = dry();
    lab.runUntil(() => domain.state === "parked");
    expect(seen).toEqual([{ park: "M", resource: "storage" }]);
    expect(meter.storage.peek()).toBe(0n);
    meter.storage.add(CHARGE - 1n);
    lab.runUntil(() => domain.state === "parked");
    expect(lab.statistics.unpaid).toBe(2n);
    meter.storage.set(2n * CHARGE);
    lab.runUntil(() => domain.state === "available");
    expect(meter.storage.peek()).toBe(0n);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("has the keeper told which resource it is", () => {
    const told: object[] = [];
    const { lab, domain, meter, seen } = dry(({ meter, resource, domain, time }) => {
      told.push({ resource, name: domain.name, isTime: typeof time === "bigint" });
      meter.storage.add(CHARGE);
    });
    lab.runUntil(() => domain.state === "available");
    expect(told).toEqual(Array(2).fill({ resource: "storage", name: "D", isTime: true }));
    expect(seen).toEqual(Array(2).fill({ keeper: "M", resource: "storage", outcome: "restart" }));
    expect([meter.storage.peek(), meter.statistics().keeperCalls]).toEqual([0n, 2]);
  });

  test("is kept by refill as far as that was given storage", () => {
    const { lab, meter, domain, seen } = dry(refill({ storage: CHARGE, times: 1 }));
    lab.runUntil(() => domain.state === "parked");
    expect(meter.storage.charged()).toBe(2n * CHARGE);
    expect(seen).toEqual([
      { keeper: "M", resource: "storage", outcome: "restart" },
      { keeper: "M", resource: "storage", outcome: "decline" },
      { park: "M", resource: "storage" },
    ]);
    const none = dry(refill({ amount: 5n }));
    none.lab.runUntil(() => none.domain.state === "parked");
    expect(none.seen[0]).toEqual({ keeper: "M", resource: "storage", outcome: "decline" });
    // It got no cycles instead.
    expect(none.meter.statistics().granted).toBe(UNLIMITED);
  });

  test("and of cycles is kept by refill so many times for each", () => {
    const lab = ResidenceLab.ofOneCycle();
    const keeper = refill({ amount: 100_000n, storage: 2n * CHARGE, times: 1 });
    const meter = lab.kernel.createMeter({
      superior: lab.prime,
      storage: CHARGE,
      cycles: 1n,
      keeper,
    });
    const calls: string[] = [];
    lab.kernel.on("keeper", ({ resource, outcome }) => calls.push(`${resource} ${outcome}`));
    const { domain } = lab.play(THREE_PAGES, { meter });
    lab.runUntil(() => domain.state === "available");
    expect(calls).toEqual(["cpu restart", "storage restart"]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("is kept by perPeriod in each period of the keeper", async () => {
    const period = 1_000_000n;
    const { lab, domain } = dry(perPeriod({ storage: CHARGE, period }));
    let time = 0n;
    lab.kernel.on("charge", (event) => {
      time = event.time;
    });
    await lab.kernel.run({ cycles: 10_000_000n });
    expect(domain.state).toBe("available");
    expect(lab.statistics.charged).toBe(3n * CHARGE);
    // The first at once, the second at the beginning of the next period.
    expect(time).toBeGreaterThanOrEqual(period);
    const none = dry(perPeriod({ amount: 5n, period }));
    await none.lab.kernel.run({ cycles: 1_000_000n });
    expect(none.domain.state).toBe("parked");
  });

  test("has an object of the host called with its own order", () => {
    const lab = ResidenceLab.ofOneCycle();
    const got: number[] = [];
    const meter = lab.kernel.createMeter({ superior: lab.prime, storage: 0n });
    meter.keeper = lab.kernel.hostObject(({ order }) => {
      got.push(order);
      meter.storage.add(CHARGE);
      return {};
    });
    const { domain } = lab.play(THREE_PAGES, { meter });
    lab.runUntil(() => domain.state === "available");
    expect(got).toEqual(Array(3).fill(orders.dryStorage));
  });

  test("has a domain called as keeper with that order", () => {
    const lab = ResidenceLab.ofOneCycle();
    const meter = lab.kernel.createMeter({ superior: lab.prime, storage: 0n });
    // It gives what there is: the operator's act comes with the message.
    const keeper = lab.play([rest(), call(0)], {
      keys: {
        0: lab.kernel.hostObject(() => {
          meter.storage.set(10n * CHARGE);
          return {};
        }),
      },
    });
    lab.runUntil(() => keeper.domain.state === "available");
    meter.keeper = keeper.domain.startKey();
    const { domain } = lab.play(THREE_PAGES, { meter });
    lab.runUntil(() => keeper.seen.count >= 2);
    expect(keeper.seen.entry(0).order).toBe(orders.dryStorage);
    domain.start();
    lab.runUntil(() => domain.state === "available");
    expect(findings(lab.kernel)).toEqual([]);
  });
});

test("keepers are given something at least", () => {
  expect(() => refill({})).toThrow(/^refill: found neither, expected `amount` or `storage`$/);
  expect(() => perPeriod({ period: 5n })).toThrow(/^perPeriod: found neither/);
  expect(() => refill({ storage: -1n })).toThrow(/^refill: storage: found -1n/);
  expect(() => perPeriod({ storage: 5 as never, period: 5n })).toThrow(
    /^perPeriod: storage: found 5/,
  );
});

test("charges are told where the kernel is traced", () => {
  const run = (trace: boolean) => {
    const lab = new ResidenceLab({}, { trace });
    const charges: { page: number; amount: bigint }[] = [];
    lab.kernel.on("charge", ({ page, amount }) => charges.push({ page, amount }));
    const program = guest("spin");
    const domain = lab.kernel.createDomain({ meter: lab.prime, program });
    domain.start();
    lab.run(10 * PERIOD);
    return { charges, charged: lab.statistics.charged, pages: lab.kernel.residence.pages() };
  };
  const { charges, charged, pages } = run(true);
  expect(charged).toBe(BigInt(charges.length) * chargeOf(PERIOD));
  expect(new Set(charges.map(({ amount }) => amount))).toEqual(new Set([chargeOf(PERIOD)]));
  const numbers = new Set(pages.map(({ number }) => number));
  expect(charges.filter(({ page }) => !numbers.has(page))).toEqual([]);
  expect(run(false)).toMatchObject({ charges: [], charged });
});
