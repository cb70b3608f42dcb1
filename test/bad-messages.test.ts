// Invocations that trap, because a string or a buffer is not where it is said to be, or because a domain
// calls itself: nothing has been passed, and the invocation can be tried again.

import { expect, test } from "vitest";
import type { Domain } from "../src/index.js";
import {
  A0,
  BUFFER,
  CODE,
  DATA,
  type Guest,
  INVOKE_CALL,
  INVOKE_FORK,
  INVOKE_RETURN,
} from "./gates/guest.js";
import { bigEndian, GateLab, KT, TRAP_MESSAGE, TRAP_SELF } from "./gates/lab.js";
import { DK0, findings } from "./lab.js";
import { everywhere } from "./variants.js";

const LOAD_FAULT = 0x105;
const STORE_FAULT = 0x107;
const WAYS = { call: INVOKE_CALL, return: INVOKE_RETURN, fork: INVOKE_FORK };
type Way = keyof typeof WAYS;
const ALL = Object.keys(WAYS) as Way[];

/** D invokes a listener with registers as given, by name; in slot 1 it has a key that it passes. */
function invoking(way: Way, registers: Readonly<Record<string, number>>, keeper?: Domain) {
  const lab = keeper ? labOf.get(keeper)! : new GateLab();
  const listener = lab.listener("L", lab.prime);
  lab.run(200);
  const names = ["a0", "a1", "a2", "a3", "a4", "a5", "a6"];
  const write = (guest: Guest) => {
    const all: Record<string, number> = { a0: 0, a1: 5, a2: 0, a3: 0, a4: -255, a5: 0, a6: 0 };
    Object.assign(all, registers);
    names.forEach((name, i) => {
      guest.li(A0 + i, all[name]!);
    });
    guest.li(5, -1).li(17, WAYS[way]).raw(0x73).log().idle();
  };
  const passed = { kind: "data", value: 31n } as const;
  const keys = { 0: listener.startKey(), 1: passed };
  const d = lab.guest("D", lab.prime, write, {
    keys,
    ...(keeper ? { keeper: keeper.startKey() } : {}),
  });
  lab.run(1000);
  return { lab, listener, d };
}
const labOf = new Map<Domain, GateLab>();

/** The end of D's data and where its stack is: between them there is a page that is nobody's. */
function endOf(d: Domain, from = DATA): number {
  let at = from;
  while (d.machine!.read(at, 1)) at += 4096;
  return at;
}

everywhere("strings and buffers", () => {
  const lengths = [4097, 5000, 0x10000, 0x7fffffff, -1];
  test.each(ALL.flatMap((way) => lengths.map((length) => [way, length] as const)))(
    "a %s with a string of %i bytes traps with 0x304, and nothing is delivered",
    (way, length) => {
      const { lab, listener, d } = invoking(way, { a2: DATA, a3: length });
      expect([d.state, d.trap?.code]).toEqual(["trapped", TRAP_MESSAGE]);
      expect([listener.state, lab.log(listener)]).toEqual(["available", []]);
      expect(lab.slot(d, 1)).toEqual({ kind: "data", value: 31n });
      d.start();
      lab.run(1000);
      expect([d.state, d.trap?.code, lab.log(listener)]).toEqual(["trapped", TRAP_MESSAGE, []]);
      expect(findings(lab.kernel)).toEqual([]);
    },
  );

  test.each(ALL)(
    "a %s with a string that can't be read traps with 0x105 and the address",
    (way) => {
      for (const [at, length] of [
        [0, 1],
        [0x7ffff000, 4096],
        [-4096, 4096],
        [-1, 1],
        [-1, 2],
      ] as const) {
        const { listener, d, lab } = invoking(way, { a2: at, a3: length });
        expect([d.state, d.trap?.code, d.trap?.address]).toEqual(["trapped", LOAD_FAULT, at >>> 0]);
        expect([listener.state, lab.log(listener)]).toEqual(["available", []]);
      }
    },
  );

  test.each(ALL)(
    "a %s with a string that ends beyond its memory traps, one that ends at its end doesn't",
    (way) => {
      const end = endOf(invoking(way, {}).d);
      const bad = invoking(way, { a2: end - 10, a3: 11 });
      expect([bad.d.state, bad.d.trap?.code]).toEqual(["trapped", LOAD_FAULT]);
      const { address } = bad.d.trap!;
      expect(address >= end - 10 && address <= end).toBe(true);
      const good = invoking(way, { a2: end - 10, a3: 10 });
      expect(good.lab.log(good.listener)).toMatchObject([{ order: 5, sent: 10, stored: 10 }]);
      expect(good.d.trap).toBe(null);
    },
  );

  test.each(ALL)("a %s with no string may say any address", (way) => {
    const { lab, listener, d } = invoking(way, { a2: -3, a3: 0 });
    expect([d.trap, lab.orders(listener)]).toEqual([null, [5]]);
    expect(lab.slot(listener, 8)).toEqual({ kind: "data", value: 31n });
  });

  const buffers: readonly [string, number, number][] = [
    ["in its code", CODE, 16],
    ["nowhere", 0x7ffff000, 16],
    ["at the top of the addresses", -4, 4],
    ["of 2^32 - 1 bytes at the end of its memory", BUFFER + 4 * 4096, -1],
  ];
  test.each(buffers)(
    "a buffer that lies %s: 0x107 for who waits, nothing for who forks",
    (_, at, capacity) => {
      for (const way of ALL) {
        const { lab, listener, d } = invoking(way, { a5: at, a6: capacity });
        if (way === "fork") {
          expect([d.trap, lab.orders(listener)]).toEqual([null, [5]]);
          continue;
        }
        const isLong = capacity === -1;
        // Of a long one the first 4,096 bytes matter; these are there.
        if (isLong && d.machine!.read(at, 4096)) continue;
        expect([way, d.state, d.trap?.code]).toEqual([way, "trapped", STORE_FAULT]);
        expect([listener.state, lab.log(listener)]).toEqual(["available", []]);
        expect(findings(lab.kernel)).toEqual([]);
      }
    },
  );

  test("a buffer of no bytes may be anywhere, and takes none; a3 says how many were sent", () => {
    const lab = new GateLab();
    const buffer = { at: 0x7ffff000, length: 0 };
    const d = lab.guest("D", lab.prime, (guest) => guest.return({ buffer }).log().idle());
    const short = { at: BUFFER + 4, length: 3 };
    const e = lab.guest("E", lab.prime, (guest) => guest.return({ buffer: short }).log().idle());
    lab.run(500);
    const string = Uint8Array.from([1, 2, 3, 4, 5]);
    const write = (guest: Guest) => {
      for (const key of [0, 1]) guest.fork({ key, order: 9, string });
      guest.exit();
    };
    lab.guest("F", lab.prime, write, { keys: { 0: d.startKey(), 1: e.startKey() } });
    lab.run(2000);
    expect(lab.log(d)).toMatchObject([{ order: 9, stored: 0, sent: 5 }]);
    expect(lab.log(e)).toMatchObject([{ order: 9, stored: 3, sent: 5 }]);
    expect([...lab.log(e)[0]!.bytes.slice(0, 9)]).toEqual([0, 0, 0, 0, 1, 2, 3, 0, 0]);
  });

  test("strings of every length up to 4,096, from and to any place in a page, arrive as they were sent", () => {
    const lab = new GateLab();
    const lengths = [1, 2, 3, 4, 7, 8, 15, 16, 17, 255, 1000, 4095, 4096];
    const all = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7 + (i >> 8)) & 255);
    const room = 0x30000;
    const d = lab.guest(
      "D",
      lab.prime,
      (guest) => {
        lengths.forEach((_, i) => {
          const at = room + i * 8192 + ((i * 1237) % 4096);
          guest.return({ buffer: { at, length: 4096 } }).log();
        });
        guest.idle();
      },
      { room: room + lengths.length * 8192 + 8192 - DATA },
    );
    lab.run(500);
    const senders = lengths.map((_, skip) =>
      lab.guest(
        `S${skip}`,
        lab.prime,
        (guest) => {
          guest.spin(1 + 500 * skip);
          const { at } = guest.place(all);
          const length = lengths[skip]!;
          guest.fork({ key: 0, order: skip, string: { at: at + 4096 - length, length } }).exit();
        },
        { keys: { 0: d.startKey() } },
      ),
    );
    lab.until(() => lab.log(d).length === lengths.length, 5000);
    for (const [i, { order, stored, sent }] of lab.log(d).entries()) {
      const length = lengths[order]!;
      expect([stored, sent]).toEqual([length, length]);
      const at = room + i * 8192 + ((i * 1237) % 4096);
      expect(d.machine!.read(at, length)).toEqual(all.slice(4096 - length));
    }
    expect(senders.map(({ trap }) => trap)).toEqual(senders.map(() => null));
  });

  test("a domain keeper that mends the registers lets the invocation be done after all", () => {
    const lab = new GateLab();
    // Fetches the registers, writes a 3 into a3 (the 13th word), puts them back, lets D go on.
    const k = lab.guest("K", lab.prime, (guest) => {
      guest.return({ receive: [8, 9, 10, 11] }).log();
      guest.call({ key: 10, order: 10 }).log();
      guest.li(6, BUFFER).li(7, 3).raw(0x02732823);
      guest.call({ key: 10, order: 42, string: { at: BUFFER, length: 128 } }).log();
      guest.fork({ key: 11, order: 0 }).idle();
    });
    lab.run(500);
    labOf.set(k, lab);
    const { listener, d } = invoking("call", { a2: DATA, a3: 5000 }, k);
    lab.run(1000);
    expect(lab.log(k).map(({ order, sent }) => [order, sent])).toEqual([
      [0x80000000 + TRAP_MESSAGE, 12],
      [0, 128],
      [0, 0],
    ]);
    expect(lab.log(listener)).toMatchObject([{ order: 5, sent: 3 }]);
    expect([d.state, d.trap, lab.traps]).toEqual(["waiting", null, []]);
  });
});

everywhere("a start key to itself", () => {
  test.each(ALL)("%s: trap 0x300, and again when it is started", (way) => {
    const lab = new GateLab();
    const d = lab.guest("D", lab.prime, (guest) => guest[way]({ key: 0, order: 5 }).exit(), {
      start: false,
    });
    d.keys.set(0, d.startKey(4));
    for (let i = 0; i < 3; i++) {
      d.start();
      lab.run(500);
      expect([d.state, d.trap?.code]).toEqual(["trapped", TRAP_SELF]);
    }
    d.keys.set(0, DK0);
    d.start();
    lab.run(500);
    expect([d.state, d.trap]).toEqual([way === "return" ? "available" : "ended", null]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("the domain keeper is told; one that is D itself is of no use", () => {
    const lab = new GateLab();
    const k = lab.listener("K", lab.prime);
    lab.run(200);
    const write = (guest: Guest) => guest.call({ key: 0, order: KT }).exit();
    const d = lab.guest("D", lab.prime, write, { keeper: k.startKey(), start: false });
    d.keys.set(0, d.startKey());
    d.start();
    lab.run(500);
    expect(lab.orders(k)).toEqual([0x80000000 + TRAP_SELF]);
    expect(bigEndian(lab.log(k)[0]!.bytes, 4)).toBe(BigInt(TRAP_SELF));
    const e = lab.guest("E", lab.prime, write, { start: false });
    e.keys.set(0, e.startKey());
    e.keeper = e.startKey();
    e.start();
    lab.run(500);
    expect([e.state, e.trap?.code]).toEqual(["trapped", TRAP_SELF]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("a resume key to itself, too, does nothing: a caller waits, and has none to itself that lives", () => {
    const lab = new GateLab();
    // L holds D's resume key and gives it back to D; D invokes it: it is void by then.
    const l = lab.guest("L", lab.prime, (guest) => {
      guest
        .return({ receive: [8, 9, 10, 11] })
        .return({ key: 11, order: 6, keys: [11] })
        .idle();
    });
    lab.run(200);
    const write = (guest: Guest) => {
      guest.call({ key: 0, order: 1, receive: [5] }).log();
      guest.call({ key: 5, order: KT }).log().fork({ key: 5 }).call({ key: 5, order: 0 }).log();
      guest.exit(2);
    };
    const d = lab.guest("D", lab.prime, write, { keys: { 0: l.startKey() } });
    lab.run(2000);
    expect([lab.orders(d), d.exitCode, lab.slot(d, 5)]).toEqual([[6, 1, 0], 2, DK0]);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("strings that lie over each other", () => {
  test.each([
    [0, 100],
    [100, 0],
    [0, 4095],
    [4000, 3990],
    [50, 50],
  ])("sent from %i and received at %i of the same memory: as it was sent", (from, to) => {
    const lab = new GateLab();
    const all = Uint8Array.from({ length: 4096 }, (_, i) => (i * 13 + (i >> 8)) & 255);
    const string = { at: DATA + 0x8000 + from, length: 4096 };
    const buffer = { at: DATA + 0x8000 + to, length: 4096 };
    const write = (guest: Guest) => guest.call({ key: 0, order: 8, string, buffer }).log().exit();
    const returner = { kind: "misc", name: "returner" } as const;
    const options = { keys: { 0: returner }, room: 0x10000, start: false };
    const d = lab.guest("D", lab.prime, write, options);
    d.machine!.write(string.at, all);
    d.start();
    lab.run(500);
    expect(lab.log(d)).toMatchObject([{ order: 8, stored: 4096, sent: 4096 }]);
    expect(d.machine!.read(buffer.at, 4096)).toEqual(all);
  });
});
