// Acceptance: what else may stand in slot 2, keepers on their own meter, traps, and who pays, with guests
// (reference §15.54–55, 59–62; domain keepers are §13's, R3).

import { expect, test } from "vitest";
import type { Domain, Key } from "../src/index.js";
import type { Guest } from "./gates/guest.js";
import { bigEndian, GateLab, KEEPER_ORDER, TRAP_SELF } from "./gates/lab.js";
import { DK0, findings } from "./lab.js";
import { everywhere } from "./variants.js";

/** Raises the counter of the meter whose service key is in slot 0, and ends. */
function raiser(lab: GateLab, serviceKey: Key, cycles: bigint): Domain {
  const write = (guest: Guest) => guest.call({ key: 0, order: 16 + 3, keys: [1] }).exit();
  const keys = { 0: serviceKey, 1: { kind: "data", value: cycles } } as const;
  return lab.guest("raiser", lab.prime, write, { keys });
}

everywhere("no usable keeper", () => {
  const kinds = ["DK(0)", "data", "node", "meter", "domain", "fetch", "sense", "page", "misc"];

  test.each([...kinds, "dead host", "dead start", "dead resume"])(
    "§15.54, 55 slot 2 holds a %s key: a guest stops, no trap; raised by a guest, it goes on (R4)",
    (kind) => {
      const lab = new GateLab();
      const other = lab.listener("other", lab.prime);
      const dead = lab.listener("dead", lab.prime);
      const start = dead.startKey();
      dead.rescind();
      const { id } = lab.prime;
      const keys: Record<string, Key> = {
        "DK(0)": DK0,
        data: { kind: "data", value: 2n ** 88n - 1n },
        domain: other.domainKey,
        page: lab.kernel.createPage().key,
        misc: { kind: "misc", name: "clock" },
        "dead host": { kind: "host", number: 4711 },
        "dead start": start,
        "dead resume": { kind: "resume", id: other.id, databyte: 0, call: 5 },
      };
      const key = keys[kind] ?? ({ kind, id, databyte: 0 } as Key);
      const a = lab.meter("A", lab.prime, 0n);
      a.node.swap(2, key);
      const d = lab.guest("D", a, (guest) => guest.spin(20).exit(4));
      lab.run(2000);
      expect([d.state, d.trap, d.consumed, lab.parks]).toEqual(["parked", null, 0n, [["D", "A"]]]);
      raiser(lab, a.serviceKey, 9n);
      lab.until(() => d.consumed === 9n && d.state === "parked");
      raiser(lab, a.serviceKey, 1000n);
      lab.until(() => d.state === "ended");
      expect([d.exitCode, lab.log(other), findings(lab.kernel)]).toEqual([4, [], []]);
    },
  );
});

everywhere("keepers and their meters", () => {
  test("§15.59 K runs on B above A: while A = 0 and B > 0, K runs, and keeps D going", () => {
    const lab = new GateLab();
    const b = lab.meter("B", lab.prime, 100_000n);
    const k = lab.keeper("K", b, 100n);
    lab.run(100);
    const a = lab.kernel.createMeter({ superior: b, cycles: 0n, keeper: k.startKey() });
    const d = lab.guest("D", a, (guest) => guest.spin(500).exit(1));
    lab.until(() => d.state === "ended");
    expect(lab.log(k).length).toBe(Math.ceil(Number(d.consumed) / 100));
    expect(b.peek()).toBe(100_000n - d.consumed - k.consumed);
  });

  test("§15.59 K runs on A itself: it takes the message, and is parked; the kernel doesn't loop", () => {
    const lab = new GateLab();
    const a = lab.meter("A", lab.prime, 10_000n);
    const k = lab.keeper("K", a, 100n);
    lab.until(() => k.state === "available");
    a.node.swap(2, k.startKey());
    a.set(0n);
    const consumed = k.consumed;
    const d = lab.busy("D", a);
    const before = lab.kernel.statistics().dispatches;
    lab.run(100_000);
    expect(lab.kernel.statistics().dispatches - before).toBeLessThan(100n);
    expect([d.state, k.state, k.trap]).toEqual(["waiting", "parked", null]);
    expect([d.consumed, k.consumed - consumed, lab.log(k)]).toEqual([0n, 0n, []]);
    expect(findings(lab.kernel)).toEqual([]);
    // Who raises the counter finds the trap that was pending, and the message that was taken.
    a.add(300n);
    lab.run(10_000);
    expect([k.state, k.trap?.code]).toEqual(["trapped", TRAP_SELF]);
    k.start();
    lab.until(() => d.consumed > 0n);
    expect(lab.orders(k)[0]).toBe(KEEPER_ORDER);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.59a slot 2 is a start key to D itself: parked after two laps, with trap 0x300 pending", () => {
    const lab = new GateLab();
    const a = lab.meter("A", lab.prime, 50n);
    const d = lab.guest("D", a, (guest) => guest.spin(1000).exit());
    a.node.swap(2, d.startKey());
    const before = lab.kernel.statistics().dispatches;
    lab.run(100_000);
    expect([d.state, d.trap, d.consumed, lab.traps]).toEqual(["parked", null, 50n, []]);
    expect(lab.kernel.statistics().dispatches - before).toBeLessThan(100n);
    a.add(20n);
    lab.run(1000);
    expect([d.state, d.trap?.code, d.consumed]).toEqual(["trapped", TRAP_SELF, 50n]);
    a.node.swap(2, DK0);
    d.start();
    lab.run(1000);
    expect([d.state, d.trap, d.consumed]).toEqual(["parked", null, 70n]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.62 time consumed by K is charged to K's chain, not to D's", () => {
    const lab = new GateLab();
    const [km, c] = [lab.meter("KM", lab.prime, 500_000n), lab.meter("C", lab.prime, 500_000n)];
    const k = lab.keeper("K", km, 70n);
    lab.run(100);
    const a = lab.kernel.createMeter({ superior: c, cycles: 0n, keeper: k.startKey() });
    const d = lab.guest("D", a, (guest) => guest.spin(900).exit(1));
    lab.until(() => d.state === "ended" && k.state === "available");
    // Three to begin with, two for each round; li, li and ecall.
    expect(d.consumed).toBe(3n + 2n * 900n + 3n);
    expect(a.statistics().consumed).toBe(d.consumed);
    expect([c.peek(), km.peek()]).toEqual([500_000n - d.consumed, 500_000n - k.consumed]);
    expect(k.consumed).toBeGreaterThan(20n * (d.consumed / 70n));
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.61 D, waiting under a zero meter, is called: it takes the message, then the keeper is called", () => {
    const lab = new GateLab();
    const k = lab.keeper("K", lab.prime, 2000n);
    const a = lab.meter("A", lab.prime, 10_000n);
    const d = lab.listener("D", a);
    lab.until(() => d.state === "available" && k.state === "available");
    a.node.swap(2, k.startKey());
    a.set(0n);
    lab.run(5000);
    expect(lab.log(k)).toEqual([]);
    const string = Uint8Array.from([1, 2, 3]);
    const write = (guest: Guest) =>
      guest
        .fork({ key: 0, order: 55, string, keys: [1] })
        .li(10, 1)
        .log()
        .exit();
    const keys = { 0: d.startKey(9), 1: { kind: "data", value: 7n } } as const;
    const forker = lab.guest("F", lab.prime, write, { keys });
    lab.until(() => forker.state === "ended" && lab.log(d).length === 1);
    expect(lab.log(d)[0]).toMatchObject({ order: 55, databyte: 9, sent: 3, stored: 3 });
    expect([...lab.log(d)[0]!.bytes.slice(0, 3)]).toEqual([1, 2, 3]);
    expect(lab.slot(d, 8)).toEqual({ kind: "data", value: 7n });
    expect(lab.orders(k)).toEqual([KEEPER_ORDER]);
  });

  test("§15.61 the same with nobody to raise it: the caller waits, who forked has gone on", () => {
    const lab = new GateLab();
    const a = lab.meter("A", lab.prime, 10_000n);
    const d = lab.listener("D", a);
    lab.until(() => d.state === "available");
    a.set(0n);
    const write = (guest: Guest) =>
      guest.fork({ key: 0, order: 1 }).call({ key: 0, order: 2 }).exit();
    const caller = lab.guest("C", lab.prime, write, { keys: { 0: d.startKey() } });
    lab.run(5000);
    expect([d.state, caller.state, lab.log(d)]).toEqual(["parked", "waiting", []]);
    // The first message was taken; the call has stalled, and is made once D is available again.
    a.add(10_000n);
    lab.until(() => lab.log(d).length === 2);
    expect([lab.orders(d), caller.state]).toEqual([[1, 2], "waiting"]);
  });
});

everywhere("domain keepers", () => {
  /** Notes messages; answers the fault key in slot 11 with an order. */
  const faults = (lab: GateLab, order: number) =>
    lab.guest("DK", lab.prime, (guest) => {
      guest.return({ receive: [8, 9, 10, 11] });
      guest.forever(() => guest.log().return({ key: 11, order, receive: [8, 9, 10, 11] }));
    });

  test("§15.60 an unserviced trap and A = 0: the meter keeper first, then the domain keeper", () => {
    const lab = new GateLab();
    // One guest is both, so that its log says which came first; it adds cycles when it is told -1.
    const k = lab.guest(
      "K",
      lab.prime,
      (guest) =>
        guest.return({ receive: [0, 1, 2, 3] }).forever(() => {
          guest.log().call({ key: 2, order: 16 + 3, keys: [4] });
          guest.return({ key: 3, receive: [0, 1, 2, 3] });
        }),
      { keys: { 4: { kind: "data", value: 40n } } },
    );
    lab.until(() => k.state === "available");
    const a = lab.kernel.createMeter({ superior: lab.prime, cycles: 0n, keeper: k.startKey(1) });
    const d = lab.guest("D", a, (guest) => guest.spin(50).exit(1), {
      keeper: k.startKey(2),
      start: false,
    });
    lab.markTrapped(d, 0x103);
    d.start();
    // It is started: that has cleared the trap, as start() does; a trap of its own comes here.
    lab.markTrapped(d, 0x103);
    lab.until(() => d.state === "ended");
    const messages = lab.log(k).map(({ order, databyte }) => [order, databyte]);
    expect(messages.slice(0, 2)).toEqual([
      [KEEPER_ORDER, 1],
      [0x80000103, 2],
    ]);
    expect(messages.slice(2).every(([order]) => order === KEEPER_ORDER)).toBe(true);
    expect([lab.traps, findings(lab.kernel)]).toEqual([[], []]);
  });

  test("R3 a trap of the program: order, code, address and pc, the domain key and a fault key", () => {
    const lab = new GateLab();
    const k = lab.listener("DK", lab.prime);
    lab.until(() => k.state === "available");
    let pc = 0;
    const d = lab.guest(
      "D",
      lab.prime,
      (guest) => {
        guest.li(9, 0x7ffff000);
        pc = 0x10000 + 4 * guest.count;
        // lw a0, 8(s1)
        guest.raw(0x0084a503).exit();
      },
      { keeper: k.startKey(3) },
    );
    lab.until(() => lab.log(k).length === 1);
    const [message] = lab.log(k);
    expect(message).toMatchObject({ order: 0x80000105, databyte: 3, stored: 12, sent: 12 });
    const word = (at: number) => bigEndian(message!.bytes.slice(at), 4);
    expect([word(0), word(4), word(8)]).toEqual([0x105n, 0x7ffff008n, BigInt(pc)]);
    expect([8, 9, 10].map((slot) => lab.slot(k, slot))).toEqual([DK0, DK0, d.domainKey]);
    expect(lab.slot(k, 11)).toMatchObject({ kind: "resume", id: d.id, databyte: 2 });
    expect([d.state, lab.traps, findings(lab.kernel)]).toEqual(["waiting", [], []]);
  });

  test.each([
    [0, "goes on, and traps at the same instruction again", 0x80000102],
    [0x106, "traps with that code", 0x80000106],
  ])("R3 the fault key invoked with order %i: D %s", (order, _, next) => {
    const lab = new GateLab();
    const k = faults(lab, order);
    lab.until(() => k.state === "available");
    lab.guest("D", lab.prime, (guest) => guest.raw(0), { keeper: k.startKey() });
    lab.until(() => lab.log(k).length > 4);
    const orders = lab.orders(k).slice(0, 4);
    expect(orders).toEqual([0x80000102, next, next, next]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test.each([
    ["no meter key", 0x404],
    ["a malformed meter", 0x408],
    ["a loop", 0x40c],
    ["21 meters", 0x410],
  ] as const)(
    "R3 a chain with %s goes to the domain keeper, though D has no cycles",
    (what, code) => {
      const lab = new GateLab();
      // With the prime meter these are 19.
      const chain = lab.chain(18);
      const [top, low] = [chain[0]!, chain.at(-1)!];
      const between = lab.meter("2", lab.meter("1", lab.prime));
      const good: Key = { kind: "meter", id: lab.prime.id, databyte: 0 };
      const spoil: Record<string, [number, Key]> = {
        "no meter key": [1, DK0],
        "a malformed meter": [4, top.serviceKey],
        "a loop": [1, { ...good, id: chain[9]!.id }],
        "21 meters": [1, { ...good, id: between.id }],
      };
      // The keeper mends slots 1 and 4 of the top, and lets D go on.
      const k = lab.guest(
        "DK",
        lab.prime,
        (guest) => {
          guest.return({ receive: [8, 9, 10, 11] }).log();
          guest.call({ key: 0, order: 17, keys: [1] }).call({ key: 0, order: 20, keys: [2] });
          guest.fork({ key: 11, order: 0 }).idle();
        },
        { keys: { 0: top.serviceKey, 1: good } },
      );
      lab.until(() => k.state === "available");
      const [slot, key] = spoil[what]!;
      top.node.swap(slot, key);
      const options = { keeper: k.startKey(), start: false };
      const d = lab.guest("D", low, (guest) => guest.spin(40).exit(6), options);
      expect(d.consumed).toBe(0n);
      d.start();
      lab.until(() => d.state === "ended");
      expect(lab.orders(k)).toEqual([0x80000000 + code]);
      expect([d.exitCode, lab.traps, findings(lab.kernel)]).toEqual([6, [], []]);
    },
  );

  test("R3 without a usable domain keeper the trap is the host's to see", () => {
    const lab = new GateLab();
    const d = lab.guest("D", lab.prime, (guest) => guest.raw(0), {
      keeper: { kind: "data", value: 5n },
    });
    lab.run(500);
    expect([d.state, d.trap?.code, lab.traps]).toEqual(["trapped", 0x102, [["D", "102"]]]);
  });
});
