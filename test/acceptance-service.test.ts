// Acceptance: what a guest does to meters with the keys it holds (reference §15.9–13 and 38–48, whose other
// tests, by the host's handles, are in acceptance-format and acceptance-change).

import { expect, test } from "vitest";
import type { Domain, Key, Meter } from "../src/index.js";
import type { Guest } from "./gates/guest.js";
import { bigEndian, GateLab, INVALID_ORDER, KT } from "./gates/lab.js";
import { DK0, findings } from "./lab.js";
import { everywhere } from "./variants.js";

const START = 1_000_000n;

/** D under A, E under A2 under A, all below B; they have run, and hold caches, and are stopped now. */
function stopped() {
  const lab = new GateLab({ advance: 10_000n, quantum: 100 });
  const b = lab.meter("B", lab.prime, START);
  const a = lab.meter("A", b, START);
  const a2 = lab.meter("A2", a, START);
  const [d, e] = [lab.busy("D", a), lab.busy("E", a2)];
  // A thread that comes late finds its time over.
  do lab.run(1234);
  while (d.consumed === 0n || e.consumed === 0n);
  d.stop();
  e.stop();
  expect(lab.cache(d) + lab.cache(e)).toBeGreaterThan(0n);
  return { lab, b, a, a2, d, e, ran: d.consumed + e.consumed };
}

/** Fetches a slot through the key in slot 0, and reads the data key that comes. */
function fetchData(guest: Guest, slot: number): Guest {
  guest.call({ key: 0, order: slot, receive: [1] }).log();
  return guest.call({ key: 1, order: 0 }).log();
}

/** The values of data keys that a guest read with `fetchData`, and nothing else. */
function valuesRead(lab: GateLab, domain: Domain): bigint[] {
  const entries = lab.log(domain);
  expect(entries.map(({ order }) => order)).toEqual(entries.map(() => 0));
  return entries.filter((_, i) => i % 2 === 1).map(({ bytes }) => bigEndian(bytes, 11));
}

/** A guest of the prime meter with a service key in slot 0; it is run to its end. */
function servant(
  lab: GateLab,
  meter: Meter,
  write: (guest: Guest) => void,
  keys: Record<number, Key> = {},
): Domain {
  const writeAll = (guest: Guest) => {
    write(guest);
    guest.exit();
  };
  const domain = lab.guest("R", lab.prime, writeAll, { keys: { 0: meter.serviceKey, ...keys } });
  while (domain.state !== "ended") {
    expect(["limit", "idle"]).toContain(lab.run(500));
    expect([domain.state, domain.trap]).not.toContain("trapped");
  }
  return domain;
}

const prepared = (lab: GateLab, meters: Meter[]) => meters.map((meter) => lab.isPrepared(meter));

everywhere("keys to meters, held by a guest", () => {
  test("§15.9 a meter key: KT is 6, every other order 0x80000002, no key comes and nothing happens", () => {
    const { lab, a, ran } = stopped();
    const orders = [
      0, 1, 2, 3, 15, 16, 19, 31, 32, 34, 35, 36, 38, 39, 40, 45, 46, 100, 0xffffffff,
    ];
    const key: Key = { kind: "meter", id: a.id, databyte: 0 };
    const write = (guest: Guest) => {
      guest.call({ key: 1, order: KT }).log();
      for (const order of orders) {
        guest.call({ key: 1, order, keys: [2], receive: [3, 4, 5, 6] }).log();
      }
    };
    const keys = { 1: key, 2: { kind: "data", value: 5n } as const, 3: key, 6: key };
    const domain = servant(lab, a, write, keys);
    expect(lab.orders(domain)).toEqual([6, ...orders.map(() => INVALID_ORDER)]);
    expect(lab.log(domain).every(({ sent }) => sent === 0)).toBe(true);
    expect([3, 4, 5, 6].map((slot) => lab.slot(domain, slot))).toEqual([DK0, DK0, DK0, DK0]);
    expect([a.peek(), lab.isPrepared(a)]).toEqual([START - ran, true]);
  });

  test("§15.10 make-meter-key by a node key of databyte 5: databyte 0", () => {
    const { lab, a } = stopped();
    const write = (guest: Guest) => guest.call({ key: 1, order: 34, receive: [2] }).log();
    const domain = servant(lab, a, write, { 1: a.node.nodeKey(5) });
    expect(lab.orders(domain)).toEqual([0]);
    expect(lab.slot(domain, 2)).toEqual({ kind: "meter", id: a.id, databyte: 0 });
    expect(lab.isPrepared(a)).toBe(true);
  });

  test("§15.11 a fetch or sense key makes no meter key, nor anything that is stronger than it", () => {
    const { lab, a, ran } = stopped();
    const orders = [16, 19, 31, 34, 35, 39, 45];
    const write = (guest: Guest) => {
      for (const key of [1, 2]) {
        guest.call({ key, order: KT }).log();
        for (const order of orders) guest.call({ key, order, keys: [3], receive: [4] }).log();
      }
      guest.call({ key: 2, order: 32, receive: [5] }).log();
      // Through a sense key there is no meter key to be had, but the counter is.
      guest.call({ key: 2, order: 1, receive: [6] }).log();
      guest.call({ key: 2, order: 3, receive: [7] }).log();
    };
    const keys = { 1: a.node.fetchKey(), 2: a.node.senseKey(), 3: a.node.nodeKey() };
    const domain = servant(lab, a, write, keys);
    const refused = orders.map(() => INVALID_ORDER);
    expect(lab.orders(domain)).toEqual([4, ...refused, 15, ...refused, INVALID_ORDER, 0, 0]);
    expect([4, 5, 6].map((slot) => lab.slot(domain, slot))).toEqual([DK0, DK0, DK0]);
    expect(lab.slot(domain, 7)).toEqual({ kind: "data", value: START - ran });
    expect(a.peek()).toBe(START - ran);
  });

  test("§15.12 comparing a meter key and a node key to the same node: 0; to another: 1", () => {
    const { lab, a, b } = stopped();
    const other: Key = { kind: "meter", id: b.id, databyte: 0 };
    const write = (guest: Guest) => {
      for (const slot of [1, 2, 3, 4, 15]) guest.call({ key: 0, order: 38, keys: [slot] }).log();
    };
    const keys = { 1: { ...other, id: a.id }, 2: other, 3: a.node.senseKey(), 4: DK0 };
    const domain = servant(lab, a, write, keys);
    expect(lab.orders(domain)).toEqual([0, 1, 0, 1, 1]);
  });

  test("§15.13 a guest writes a 1 into slot 0: 0x408 below, and mended it goes on", () => {
    const { lab, a, d, ran } = stopped();
    const one = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    const write = (bytes: Uint8Array) => (guest: Guest) =>
      guest.call({ key: 0, order: 45, string: bytes }).log();
    expect(lab.orders(servant(lab, a, write(one)))).toEqual([0]);
    expect(a.node.fetch(0)).toEqual({ kind: "data", value: 1n });
    d.start();
    lab.run(10);
    expect([d.state, d.trap?.code]).toEqual(["trapped", 0x408]);
    servant(lab, a, write(new Uint8Array(12)));
    d.start();
    lab.run(10);
    expect([d.state, a.peek()]).toEqual(["running", START - ran - 10n]);
  });

  test("§15.38 fetching slot 3: the exact value; A and its inferiors unprepared, superiors credited", () => {
    const { lab, a, b, a2, d, e, ran } = stopped();
    expect(prepared(lab, [b, a, a2])).toEqual([true, true, true]);
    const domain = servant(lab, a, (guest) => fetchData(guest, 3));
    expect(valuesRead(lab, domain)).toEqual([START - ran]);
    expect(prepared(lab, [lab.prime, b, a, a2])).toEqual([true, true, false, false]);
    expect([lab.stored(b), lab.cache(d), lab.cache(e)]).toEqual([START - ran, 0n, 0n]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.39 reading P: the reader's cache comes back, too; Σ consumed + value = initial", () => {
    const { lab, d, e, ran } = stopped();
    const initial = lab.prime.peek() + ran;
    let executed = 0;
    const write = (guest: Guest) => {
      guest.call({ key: 0, order: 3, receive: [1] });
      executed = guest.count;
      guest.log();
      guest.call({ key: 1, order: 0 }).log();
    };
    const domain = servant(lab, lab.prime, write);
    // What it ran up to and with the instruction that reads is in the value.
    expect(valuesRead(lab, domain)).toEqual([initial - ran - BigInt(executed)]);
    expect([lab.cache(d), lab.cache(e)]).toEqual([0n, 0n]);
    for (const one of [d, e]) one.start();
    lab.run(3000);
    const consumed = [d, e, domain].reduce((sum, one) => sum + one.consumed, 0n);
    expect(lab.prime.peek()).toBe(initial - consumed);
  });

  test("§15.40 DK(0) in slot 3: the old value comes back, all below stops until it is raised", () => {
    const lab = new GateLab({ advance: 10_000n, quantum: 100 });
    const b = lab.meter("B", lab.prime, START);
    const a = lab.meter("A", b, START);
    const domains = [lab.busy("D", a), lab.busy("E", lab.meter("A2", a, START))];
    const consumed = () => domains.reduce((sum, domain) => sum + domain.consumed, 0n);
    const swapped = servant(lab, a, (guest) => {
      guest.spin(2000);
      guest.call({ key: 0, order: 16 + 3, keys: [2], receive: [1] }).log();
      guest.call({ key: 1, order: 0 }).log();
      guest.spin(500);
    });
    const [old] = valuesRead(lab, swapped);
    // Not an instruction more: on whichever processor they were.
    expect(consumed()).toBe(START - old!);
    lab.run(5000);
    expect(consumed()).toBe(START - old!);
    expect(domains.map(({ state }) => state)).toEqual(["parked", "parked"]);
    expect(lab.stored(b)).toBe(old);
    servant(lab, a, (guest) => guest.call({ key: 0, order: 16 + 3, keys: [2] }), {
      2: { kind: "data", value: 70n },
    });
    lab.run(5000);
    expect([consumed(), a.peek()]).toEqual([START - old! + 70n, 0n]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.41 X in slot 3: after y < X cycles it reads X − y", () => {
    const { lab, a, d, ran } = stopped();
    const value: Key = { kind: "data", value: 777n };
    const swap = { key: 0, order: 16 + 3, keys: [2], receive: [1] };
    const first = servant(
      lab,
      a,
      (guest) => guest.call(swap).log().call({ key: 1, order: 0 }).log(),
      { 2: value },
    );
    expect(valuesRead(lab, first)).toEqual([START - ran]);
    const before = d.consumed;
    d.start();
    lab.run(100);
    d.stop();
    const y = d.consumed - before;
    expect(y).toBe(100n);
    const second = servant(lab, a, (guest) => fetchData(guest, 3));
    expect(valuesRead(lab, second)).toEqual([777n - y]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.42 another keeper in slot 2: nothing is unprepared, the next exhaustion calls it", () => {
    const lab = new GateLab({ quantum: 100 });
    const [k1, k2] = ["K1", "K2"].map((name) => lab.keeper(name, lab.prime, 50n));
    const a = lab.meter("A", lab.prime, 10_000n);
    a.node.swap(2, k1!.startKey(1));
    const d = lab.busy("D", a);
    lab.run(3000);
    d.stop();
    const cache = lab.cache(d);
    expect(cache).toBeGreaterThan(0n);
    const write = (guest: Guest) =>
      guest.call({ key: 0, order: 16 + 2, keys: [2], receive: [1] }).log();
    const domain = servant(lab, a, write, { 2: k2!.startKey(2) });
    expect([lab.isPrepared(a), lab.cache(d)]).toEqual([true, cache]);
    expect(lab.slot(domain, 1)).toEqual(k1!.startKey(1));
    d.start();
    while (d.consumed < 10_200n) lab.run(1000);
    expect(lab.log(k1!)).toEqual([]);
    expect(
      lab
        .log(k2!)
        .map(({ databyte }) => databyte)
        .slice(0, 4),
    ).toEqual([2, 2, 2, 2]);
  });

  test("§15.43 another superior: caches return to the old ones, the new ones pay from now on", () => {
    const { lab, a, b, d, e, ran } = stopped();
    const c = lab.meter("C", lab.prime, START);
    const write = (guest: Guest) =>
      guest.call({ key: 0, order: 16 + 1, keys: [2], receive: [1] }).log();
    const domain = servant(lab, a, write, { 2: { kind: "meter", id: c.id, databyte: 0 } });
    expect(lab.slot(domain, 1)).toEqual({ kind: "meter", id: b.id, databyte: 0 });
    expect([lab.cache(d), lab.cache(e), lab.stored(b)]).toEqual([0n, 0n, START - ran]);
    const before = d.consumed;
    d.start();
    lab.run(1000);
    const more = d.consumed - before;
    expect([b.peek(), c.peek(), a.peek()]).toEqual([START - ran, START - more, START - ran - more]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.44 the identical superior: A remains prepared, the caches untouched", () => {
    const { lab, a, a2, b, d, e } = stopped();
    const caches = [lab.cache(d), lab.cache(e)];
    const write = (guest: Guest) =>
      guest.call({ key: 0, order: 16 + 1, keys: [2], receive: [1] }).log();
    servant(lab, a, write, { 2: { kind: "meter", id: b.id, databyte: 0 } });
    expect(prepared(lab, [b, a, a2])).toEqual([true, true, true]);
    expect([lab.cache(d), lab.cache(e)]).toEqual(caches);
  });

  test("§15.45 D's meter swapped by its domain key: the cache goes back, the new one is checked later", () => {
    const { lab, a, b, d, e, ran } = stopped();
    const bad = lab.node(lab.prime, 10n);
    bad.swap(4, { kind: "host", number: 1 });
    const write = (guest: Guest) => {
      guest.call({ key: 1, order: 1, receive: [3] }).log();
      guest.call({ key: 1, order: 33, keys: [2], receive: [4] }).log();
      guest.call({ key: 1, order: 1, receive: [5] }).log();
    };
    const cache = lab.cache(e);
    const domain = servant(lab, a, write, { 1: d.domainKey, 2: bad.meterKey() });
    expect(lab.orders(domain)).toEqual([0, 0, 0]);
    const old: Key = { kind: "meter", id: a.id, databyte: 0 };
    expect([3, 4, 5].map((slot) => lab.slot(domain, slot))).toEqual([old, old, bad.meterKey()]);
    expect([lab.cache(d), lab.cache(e), lab.stored(b)]).toEqual([0n, cache, START - ran - cache]);
    expect([d.state, d.trap]).toEqual(["stopped", null]);
    d.start();
    lab.run(10);
    expect([d.state, d.trap?.code]).toEqual(["trapped", 0x408]);
    expect([a.peek(), findings(lab.kernel)]).toEqual([START - ran, []]);
  });

  test("§15.46 D's meter swapped for the identical key: its cache is kept", () => {
    const { lab, a, d } = stopped();
    const cache = lab.cache(d);
    const write = (guest: Guest) =>
      guest.call({ key: 1, order: 33, keys: [2], receive: [3] }).log();
    const same: Key = { kind: "meter", id: a.id, databyte: 0 };
    const domain = servant(lab, a, write, { 1: d.domainKey, 2: same });
    expect([lab.slot(domain, 3), lab.cache(d), lab.isPrepared(a)]).toEqual([same, cache, true]);
  });

  test("§15.47 (there is no disk: the slots, at any time) what a guest reads is never less than is left", () => {
    const lab = new GateLab({ advance: 700n, quantum: 50 });
    const a = lab.meter("A", lab.prime, START);
    const d = lab.busy("D", a);
    const reader = servant(lab, a, (guest) => {
      for (let i = 0; i < 12; i++) fetchData(guest, 3).spin(1 + 40 * i);
      guest.call({ key: 0, order: 16 + 3, keys: [2], receive: [1] }).log();
      guest.call({ key: 1, order: 0 }).log();
    });
    const values = valuesRead(lab, reader);
    expect(values).toEqual(values.toSorted((x, y) => (x < y ? 1 : -1)));
    expect(values.at(-1)).toBe(START - d.consumed);
    expect(values[0]!).toBeLessThanOrEqual(START);
    expect(values.at(-1)!).toBeLessThan(values[0]!);
  });

  test("§15.48 A rescinded: D gets 0x404, superiors have D's cache back, A's guest keeper isn't called", () => {
    const { lab, a, b, d, ran } = stopped();
    const k = lab.keeper("K", lab.prime, 50n);
    a.node.swap(2, k.startKey());
    a.rescind();
    expect([lab.stored(b), lab.cache(d)]).toEqual([START - ran, 0n]);
    d.start();
    lab.run(1000);
    expect([d.state, d.trap?.code]).toEqual(["trapped", 0x404]);
    expect(lab.log(k)).toEqual([]);
    expect(b.statistics().consumed).toBe(ran);
  });
});
