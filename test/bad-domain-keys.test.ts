// Domain keys used on oneself, with registers that no program would have, and to reach what is not meant for
// others; and keepers that are anything but a keeper.

import { expect, test } from "vitest";
import type { Domain, Key } from "../src/index.js";
import { BUFFER, CODE, type Guest } from "./gates/guest.js";
import { GateLab, INVALID_ORDER, KEEPER_ORDER, KT } from "./gates/lab.js";
import { DK0, findings } from "./lab.js";
import { everywhere } from "./variants.js";

/** x1 to x31, then the pc. */
function registersWith(pc: number): Uint8Array {
  const bytes = new Uint8Array(128);
  new DataView(bytes.buffer).setUint32(124, pc, true);
  return bytes;
}

everywhere("domain keys", () => {
  test("to oneself: what would take the answer away is refused, the rest is done", () => {
    const lab = new GateLab();
    const refused = [42, 65, 66, 67];
    const write = (guest: Guest) => {
      for (const order of refused) {
        guest.call({ key: 0, order, string: registersWith(CODE), receive: [3] }).log();
      }
      guest.call({ key: 0, order: 10 }).log();
      guest.call({ key: 0, order: 48 + 5, keys: [0], receive: [4] }).log();
      guest
        .call({ key: 0, order: 16 + 5, receive: [6] })
        .log()
        .exit(1);
    };
    const d = lab.guest("D", lab.prime, write, { start: false });
    d.keys.set(0, d.domainKey);
    d.start();
    lab.until(() => d.state === "ended");
    expect(lab.orders(d)).toEqual([...refused.map(() => INVALID_ORDER), 0, 0, 0]);
    expect([lab.log(d)[4]!.sent, lab.slot(d, 6), d.exitCode]).toEqual([128, d.domainKey, 1]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test.each([
    ["odd", CODE + 1, [0x100, 0x101]],
    ["in its data", BUFFER, [0x101]],
    ["on page 0", 0, [0x101]],
    ["at the top of the addresses", 0xfffffffe, [0x101]],
    ["far beyond its memory", 0x7ffff000, [0x101]],
    ["in the middle of an instruction", CODE + 2, null],
  ] as const)("a pc that is %s: at most a trap of that domain", (_, pc, codes) => {
    const lab = new GateLab({ quantum: 100 });
    const d = lab.guest("D", lab.prime, (guest) => guest.spin(0), { start: false });
    const other = lab.busy("other", lab.meter("M", lab.prime));
    const write = (guest: Guest) =>
      guest
        .call({ key: 0, order: 42, string: registersWith(pc) })
        .log()
        .exit();
    const k = lab.guest("K", lab.prime, write, { keys: { 0: d.domainKey } });
    lab.until(() => k.state === "ended");
    expect(lab.orders(k)).toEqual([0]);
    d.start();
    lab.run(20_000);
    if (codes) expect(codes).toContain(d.trap?.code);
    const before = other.consumed;
    lab.until(() => other.consumed > before);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("the node of its general keys, had through its root, is no meter and nobody's superior", () => {
    const lab = new GateLab();
    const victim = lab.listener("victim", lab.prime, { keys: { 1: { kind: "data", value: 5n } } });
    lab.until(() => victim.state === "available");
    const root: Key = { kind: "node", id: victim.id, databyte: 0 };
    const chain = lab.meter("chain", lab.prime);
    const d = lab.busy("D", chain);
    lab.run(300);
    const write = (guest: Guest) => {
      guest.call({ key: 0, order: 14, receive: [2] }).log();
      guest.call({ key: 2, order: KT }).log();
      // A meter key to it, and to the root, as superiors.
      guest.call({ key: 2, order: 34, receive: [3] }).log();
      guest.call({ key: 1, order: 16 + 1, keys: [3] }).log();
      guest
        .call({ key: 2, order: 3, receive: [4] })
        .log()
        .exit();
    };
    const k = lab.guest("K", lab.prime, write, { keys: { 0: root, 1: chain.serviceKey } });
    lab.until(() => k.state === "ended");
    lab.run(500);
    // Whatever it was answered: below it there is a trap, and the victim's keys are what they were.
    const isHung = chain.node.fetch(1).kind === "meter";
    if (isHung && d.trap === null) expect(chain.superior).toBe(lab.prime);
    else expect([0x404, 0x408, 0x40c]).toContain(d.trap?.code);
    expect(lab.slot(victim, 1)).toEqual({ kind: "data", value: 5n });
    chain.setSuperior(lab.prime);
    d.start();
    const { consumed } = d;
    lab.until(() => d.consumed > consumed);
    expect([victim.state, findings(lab.kernel)]).toEqual(["available", []]);
  });

  test("made waiting, its restart key makes it go on; a second one of that kind voids the first", () => {
    const lab = new GateLab({ quantum: 50 });
    const d = lab.guest("D", lab.meter("M", lab.prime), (guest) => guest.spin(0));
    const write = (guest: Guest) => {
      guest.call({ key: 0, order: 66, receive: [1] }).log();
      guest.call({ key: 0, order: 66, receive: [2] }).log();
      guest.call({ key: 1, order: KT }).log();
      guest.return().fork({ key: 2 }).call({ key: 2, order: KT }).log().idle();
    };
    const k = lab.guest("K", lab.prime, write, { keys: { 0: d.domainKey } });
    lab.until(() => k.state === "available");
    expect(lab.orders(k)).toEqual([0, 0, 1]);
    const { consumed } = d;
    lab.run(1000);
    expect([d.state, d.consumed]).toEqual(["waiting", consumed]);
    lab.guest("N", lab.prime, (guest) => guest.fork({ key: 0 }).exit(), {
      keys: { 0: k.startKey() },
    });
    lab.until(() => d.consumed > consumed && lab.log(k).length === 4);
    expect([lab.orders(k)[3], findings(lab.kernel)]).toEqual([1, []]);
  });
});

everywhere("keepers that are none", () => {
  /** Whatever stands in slot 2 of the meter or of the domain: others go on, and nothing spins. */
  function withKeeper(where: "meter" | "domain", key: (lab: GateLab, other: Domain) => Key) {
    const lab = new GateLab({ quantum: 100 });
    const other = lab.listener("other", lab.prime);
    lab.until(() => other.state === "available");
    const keeper = key(lab, other);
    const a = lab.meter("A", lab.prime, where === "meter" ? 40n : 10_000n);
    if (where === "meter") a.node.swap(2, keeper);
    const d = lab.guest("D", a, (guest) => guest.spin(100).raw(0).exit(), {
      start: false,
      ...(where === "domain" ? { keeper } : {}),
    });
    d.start();
    const { dispatches } = lab.kernel.statistics();
    lab.run(5000);
    expect(lab.kernel.statistics().dispatches - dispatches).toBeLessThan(200n);
    expect(findings(lab.kernel)).toEqual([]);
    return { lab, a, d, other };
  }

  const kinds: Record<string, (lab: GateLab, other: Domain) => Key> = {
    "a join": (lab) => lab.kernel.createJoin().key,
    "a wait object": (lab) => lab.kernel.createWait().key,
    "its own service key": (lab) => lab.prime.serviceKey,
    "an object that mends nothing": (lab) => lab.kernel.hostObject(() => {}),
    "an object that fails": (lab) => {
      // Told to somebody: else the step throws it.
      lab.kernel.on("objectError", () => {});
      return lab.kernel.hostObject(() => {
        throw new Error("no");
      });
    },
  };

  test.each(Object.keys(kinds))(
    "%s in slot 2 of a meter: it is parked, and raised it goes on",
    (what) => {
      const { lab, a, d } = withKeeper("meter", kinds[what]!);
      expect(["parked", "waiting"]).toContain(d.state);
      a.node.swap(2, DK0);
      a.add(1000n);
      if (d.state === "waiting") d.start();
      lab.until(() => d.state === "trapped");
      expect([d.trap?.code, findings(lab.kernel)]).toEqual([0x102, []]);
    },
  );

  test.each(Object.keys(kinds))(
    "%s as a domain keeper: it is trapped, and the kernel is not kept busy",
    (what) => {
      const { d } = withKeeper("domain", kinds[what]!);
      expect([d.state, d.trap?.code]).toEqual(["trapped", 0x102]);
    },
  );

  test.each([
    [0, "restart"],
    [2, "fault"],
  ])(
    "a resume key of kind %i (%s) in slot 2: used once, its domain hears nothing of a message",
    (kind) => {
      const lab = new GateLab();
      // H is K's keeper, by meter or by domain, and puts the key that it is given into A's slot 2.
      const a = lab.meter("A", lab.prime, 30n);
      const h = lab.guest(
        "H",
        lab.prime,
        (guest) => {
          guest.return({ receive: [8, 9, 10, 11] }).log();
          guest
            .call({ key: 5, order: 16 + 2, keys: [11] })
            .log()
            .idle();
        },
        { keys: { 5: a.serviceKey } },
      );
      lab.until(() => h.state === "available");
      const dry = lab.kernel.createMeter({
        superior: lab.prime,
        cycles: kind === 0 ? 0n : 1000n,
        keeper: h.startKey(),
      });
      const k = lab.guest("K", dry, (guest) => guest.raw(0).exit(), { keeper: h.startKey() });
      lab.until(() => lab.log(h).length === 2);
      expect(a.node.fetch(2)).toMatchObject({ kind: "resume", id: k.id, databyte: kind });
      if (kind === 0) dry.add(1000n);
      const d = lab.busy("D", a);
      lab.run(3000);
      // Exhausted, D waits for somebody who has no key to it; K has gone on, and come to its trap.
      expect([d.state, d.consumed, a.node.fetch(2)]).toEqual(["waiting", 30n, DK0]);
      const first = kind === 0 ? KEEPER_ORDER : 0x80000102;
      expect(lab.orders(h)[0]).toBe(first);
      expect(k.state === "waiting" || k.state === "trapped").toBe(true);
      d.start();
      lab.run(1000);
      expect([d.state, findings(lab.kernel)]).toEqual(["parked", []]);
    },
  );
});
