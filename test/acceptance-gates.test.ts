// Acceptance: meter keepers that are guests (reference §15.49–53, 56–58; the message is that of §7).

import { expect, test } from "vitest";
import type { Domain, Key, Meter } from "../src/index.js";
import { type Guest, S0 } from "./gates/guest.js";
import { bigEndian, GateLab, INVALID_ORDER, KEEPER_ORDER, KT, turn } from "./gates/lab.js";
import { DK0, findings } from "./lab.js";
import { everywhere, processors } from "./variants.js";

/** A has so many cycles, and K as its keeper, with databyte 7. */
function kept(lab: GateLab, keeper: Domain, cycles: bigint, superior: Meter = lab.prime): Meter {
  return lab.kernel.createMeter({ name: "A", superior, cycles, keeper: keeper.startKey(7) });
}

/** Sixteen registers get values and change for `rounds` rounds; then it ends. */
function computing(guest: Guest, rounds: number): Guest {
  for (let register = 9; register < 28; register++) guest.li(register, register * 0x01010101);
  guest.times(rounds, 28, () => {
    for (let register = 9; register < 28; register++) {
      // add register, register, register + 1; xori register, register, 0x55
      guest.raw(0x33 | (register << 7) | (register << 15) | ((register + 1) << 20));
      guest.raw((0x13 | (4 << 12) | (register << 7) | (register << 15) | (0x55 << 20)) >>> 0);
    }
  });
  return guest;
}

everywhere("meter keepers that are guests", () => {
  test("§15.24, 25 of several empty meters the keeper of the nearest is called, and only of an empty one", () => {
    for (const [below, called] of [
      [1000n, "KB"],
      [0n, "KA"],
    ] as const) {
      const lab = new GateLab();
      const [ka, kb] = [lab.listener("KA", lab.prime), lab.listener("KB", lab.prime)];
      lab.run(200);
      const make = (superior: Meter, cycles: bigint, keeper: Domain) =>
        lab.kernel.createMeter({ superior, cycles, keeper: keeper.startKey() });
      const b = make(lab.prime, 0n, kb!);
      const a = make(b, below, ka!);
      const d = lab.busy("D", a);
      lab.run(2000);
      const [heard, silent] = called === "KB" ? [kb, ka] : [ka, kb];
      expect([lab.orders(heard), lab.orders(silent)]).toEqual([[KEEPER_ORDER], []]);
      expect([a.peek(), b.peek(), d.consumed, d.state]).toEqual([below, 0n, 0n, "waiting"]);
    }
  });

  test("§15.49 the message: order −1, the time, DK(0), DK(0), the service key, a restart key, the databyte", () => {
    const lab = new GateLab();
    const k = lab.listener("K", lab.prime, { keys: { 8: { kind: "data", value: 1n } } });
    lab.run(100);
    const a = kept(lab, k, 300n);
    const d = lab.busy("D", lab.meter("A2", a));
    const before = lab.kernel.time;
    lab.until(() => lab.log(k).length === 1);
    const [message] = lab.log(k);
    expect(message).toMatchObject({ order: KEEPER_ORDER, databyte: 7, stored: 8, sent: 8 });
    const time = bigEndian(message!.bytes, 8);
    // In units of 2^-12 µs: 256 of them are a cycle.
    expect(time % 256n).toBe(0n);
    if (processors() === 1) expect(time / 256n).toBe(before + 300n);
    expect(time / 256n).toBeGreaterThanOrEqual(300n);
    expect(time / 256n).toBeLessThanOrEqual(lab.kernel.time);
    expect([8, 9, 10].map((slot) => lab.slot(k, slot))).toEqual([
      DK0,
      DK0,
      { kind: "node", id: a.id, databyte: 0 },
    ]);
    expect(lab.slot(k, 11)).toMatchObject({ kind: "resume", id: d.id, databyte: 0 });
    expect([d.state, d.consumed, k.state]).toEqual(["waiting", 300n, "available"]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.50 K adds time and returns: D goes on with the very instruction, all registers unchanged", () => {
    const ended = (cycles: bigint | undefined) => {
      const lab = new GateLab();
      const k = lab.keeper("K", lab.prime, cycles ?? 0n);
      lab.run(100);
      const a = kept(lab, k, cycles ?? 1_000_000n);
      const d = lab.guest("D", a, (guest) => computing(guest, 12).exit(3));
      lab.until(() => d.state === "ended");
      expect([d.exitCode, d.trap, findings(lab.kernel)]).toEqual([3, null, []]);
      expect(a.statistics().consumed).toBe(d.consumed);
      return { consumed: d.consumed, calls: lab.log(k).length, registers: lab.registers(d) };
    };
    const whole = ended(undefined);
    expect(whole.calls).toBe(0);
    // Cut off after every instruction, every third, …: nothing is to be seen of it.
    for (const cycles of [1n, 3n, 40n]) {
      const cut = ended(cycles);
      expect([cut.consumed, cut.registers]).toEqual([whole.consumed, whole.registers]);
      expect(BigInt(cut.calls)).toBe((whole.consumed - 1n) / cycles);
    }
  });

  test("§15.51 K returns with an order, a string and keys: D sees nothing of it, and does not trap", () => {
    const lab = new GateLab();
    const noise = { order: 17, string: new Uint8Array(100).fill(0xee), keys: [4, 5, 2, 4] };
    const write = (guest: Guest) =>
      guest.return({ receive: [0, 1, 2, 3] }).forever(() => {
        guest.log();
        guest.call({ key: 2, order: 16 + 3, keys: [4] });
        guest.return({ ...noise, key: 3, receive: [0, 1, 2, 3] });
      });
    const keys = { 4: { kind: "data", value: 20n }, 5: { kind: "data", value: 5n } } as const;
    const k = lab.guest("K", lab.prime, write, { keys });
    lab.run(200);
    const a = kept(lab, k, 20n);
    const mine: Key = { kind: "data", value: 99n };
    const d = lab.guest("D", a, (guest) => computing(guest, 4).raw(0).exit(), {
      keys: { 6: mine },
    });
    const twin = lab.guest("D2", lab.prime, (guest) => computing(guest, 4).raw(0).exit());
    lab.until(() => d.state === "trapped" && twin.state === "trapped");
    // The trap is that of its own last instruction, which isn't one.
    expect([d.trap?.code, lab.registers(d)]).toEqual([0x102, lab.registers(twin)]);
    expect(d.consumed).toBe(twin.consumed);
    expect(lab.log(k).length).toBeGreaterThan(5);
    for (let slot = 0; slot < 16; slot++) {
      expect(lab.slot(d, slot)).toEqual(slot === 6 ? mine : DK0);
    }
    expect(d.machine!.read(0x20000, 128)).toEqual(new Uint8Array(128));
  });

  test("§15.52 K returns without adding time: it is called again with a fresh message, nothing else lost", () => {
    const lab = new GateLab();
    // Six times nothing; then a thousand cycles.
    const write = (guest: Guest) => {
      guest.return({ receive: [0, 1, 2, 3] });
      guest.times(6, 20, () => guest.log().return({ key: 3, receive: [0, 1, 2, 3] }));
      guest.log().call({ key: 2, order: 16 + 3, keys: [4] });
      guest
        .return({ key: 3, receive: [0, 1, 2, 3] })
        .log()
        .idle();
    };
    const k = lab.guest("K", lab.prime, write, { keys: { 4: { kind: "data", value: 1000n } } });
    lab.run(100);
    const a = kept(lab, k, 30n);
    const d = lab.busy("D", a);
    lab.until(() => lab.log(k).length === 8);
    const times = lab.log(k).map(({ bytes }) => bigEndian(bytes, 8));
    expect(lab.orders(k)).toEqual(Array(8).fill(KEEPER_ORDER));
    // Each with its own time, for K ran meanwhile.
    expect(new Set(times).size).toBe(8);
    expect(times).toEqual(times.toSorted((x, y) => (x < y ? -1 : 1)));
    expect([d.consumed, d.state, a.peek()]).toEqual([1030n, "waiting", 0n]);
  });

  test("§15.53 key 4 invoked twice, from copies: the second time it acts as DK(0)", () => {
    const lab = new GateLab();
    const write = (guest: Guest) => {
      guest.return({ receive: [0, 1, 2, 3] }).log();
      // Copies: in a node's slot, by the returner, and in the slot it came into.
      guest.call({ key: 5, order: 16 + 9, keys: [3] }).log();
      guest.call({ key: 6, order: 77, keys: [3, 3], receive: [8, 9] }).log();
      guest.call({ key: 2, order: 16 + 3, keys: [4] }).log();
      guest.fork({ key: 8, order: 0 });
      for (const key of [3, 8, 9]) guest.call({ key, order: KT }).log();
      guest.call({ key: 3, order: 0 }).log();
      guest
        .fork({ key: 9 })
        .call({ key: 5, order: 9, receive: [10] })
        .log();
      guest.call({ key: 10, order: KT }).log().idle();
    };
    const chest = lab.kernel.createNode();
    const keys = {
      4: { kind: "data", value: 40n },
      5: chest.nodeKey(),
      6: { kind: "misc", name: "returner" },
    } as const;
    const k = lab.guest("K", lab.prime, write, { keys });
    lab.run(100);
    const a = kept(lab, k, 30n);
    const d = lab.busy("D", a);
    lab.until(() => lab.log(k).length === 10 && d.consumed === 70n);
    lab.run(1000);
    // It ran its 40 cycles and is waiting for the keeper again: nothing more has come to it.
    expect([d.consumed, d.state, d.trap]).toEqual([70n, "waiting", null]);
    expect(lab.orders(k)).toEqual([KEEPER_ORDER, 0, 77, 0, 1, 1, 1, 0, 0, 1]);
    expect(lab.log(k)[7]).toMatchObject({ sent: 11, stored: 11 });
    expect(bigEndian(lab.log(k)[7]!.bytes, 11)).toBe(0n);
    expect([chest.fetch(9), lab.slot(k, 10)]).toEqual([DK0, DK0]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.56 K is busy with D1: D2 stalls on it, and runs without K being called again", async () => {
    const { lab, k, a, answer, domains } = busyKeeper((guest) => {
      guest.call({ key: 2, order: 16 + 3, keys: [4] });
    });
    expect(domains.map(({ state }) => state)).toEqual(["waiting", "waiting"]);
    expect([k.state, lab.log(k).length]).toEqual(["waiting", 1]);
    answer();
    await turn();
    lab.until(() => domains.every(({ consumed }) => consumed > 0n));
    lab.run(2000);
    expect(lab.log(k).length).toBe(1);
    expect([k.state, a.peek() > 0n, findings(lab.kernel)]).toEqual(["available", true, []]);
  });

  test("§15.57 the same, but K adds nothing: D2's message is delivered to K next", async () => {
    const { lab, k, a, answer, domains } = busyKeeper(() => {}, false);
    answer();
    await turn();
    lab.until(() => lab.log(k).length === 2);
    lab.run(2000);
    const [first, second] = lab.log(k);
    expect([first!.order, second!.order]).toEqual([KEEPER_ORDER, KEEPER_ORDER]);
    expect(bigEndian(second!.bytes, 8)).toBeGreaterThan(bigEndian(first!.bytes, 8));
    // The two restart keys, in slots 3 and 8, are those of the two.
    const ids = [3, 8].map((slot) => (lab.slot(k, slot) as { id: number }).id);
    expect(ids.toSorted()).toEqual(domains.map(({ id }) => id as number).toSorted());
    expect(domains.map(({ state, consumed }) => [state, consumed])).toEqual([
      ["waiting", 0n],
      ["waiting", 0n],
    ]);
    expect([a.peek(), findings(lab.kernel)]).toEqual([0n, []]);
  });

  test("§15.58 slot 2 is a resume key: the first exhaustion delivers, the second finds DK(0)", () => {
    const lab = new GateLab();
    // H is given K's resume key, and puts it into A's slot 2.
    const a = lab.meter("A", lab.prime, 30n);
    const h = lab.guest(
      "H",
      lab.prime,
      (guest) => {
        guest.return({ receive: [0, 1, 2, 3] }).log();
        guest
          .call({ key: 5, order: 16 + 2, keys: [3], receive: [6] })
          .log()
          .idle();
      },
      { keys: { 5: a.serviceKey } },
    );
    const k = lab.guest(
      "K",
      lab.prime,
      (guest) => {
        guest.call({ key: 7, order: 5, receive: [0, 1, 2, 3] }).log();
        guest.call({ key: 2, order: 16 + 3, keys: [4] });
        guest.return({ key: 3 }).log();
      },
      { keys: { 4: { kind: "data", value: 50n }, 7: h.startKey() } },
    );
    lab.until(() => lab.log(h).length === 2);
    expect(a.node.fetch(2)).toMatchObject({ kind: "resume", id: k.id, databyte: 1 });
    const d = lab.busy("D", a);
    lab.until(() => d.state === "parked");
    expect(lab.log(k).length).toBe(1);
    expect(lab.log(k)[0]).toMatchObject({ order: KEEPER_ORDER, databyte: 0, stored: 8, sent: 8 });
    expect(lab.slot(k, 2)).toEqual({ kind: "node", id: a.id, databyte: 0 });
    expect(a.node.fetch(2)).toEqual(DK0);
    // H's copy is void, too.
    expect(lab.kernel.invoke(lab.slot(h, 3), KT).code).toBe(1);
    expect(d.consumed).toBe(80n);
    a.add(7n);
    lab.run(500);
    expect([d.consumed, d.state, k.state]).toEqual([87n, "parked", "available"]);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

/**
 * K, called for one of two domains, asks an object of the host before it does anything: it is busy until
 * `answer`, and the other has stalled on it. Then it does `then`, and restarts the first unless `restarts`
 * is false.
 */
function busyKeeper(then: (guest: Guest) => void, restarts = true) {
  const lab = new GateLab({ quantum: 200 });
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const write = (guest: Guest) => {
    guest
      .return({ receive: [0, 1, 2, 3] })
      .log()
      .call({ key: 5, order: 1 });
    then(guest);
    guest
      .return({ key: restarts ? 3 : 15, receive: [10, 11, 12, 8] })
      .log()
      .idle();
  };
  const k = lab.guest("K", lab.prime, write, {
    keys: { 4: { kind: "data", value: 1_000_000n }, 5: lab.kernel.hostObject(() => held) },
  });
  lab.run(200);
  const a = kept(lab, k, 0n);
  const domains = [lab.busy("D1", a), lab.busy("D2", a)];
  for (let i = 0; i < 20; i++) lab.run(500);
  return { lab, k, a, answer, domains };
}

test("a guest's log is where it is said to be", () => {
  const lab = new GateLab();
  const domain = lab.guest("G", lab.prime, (guest) => {
    guest
      .li(10, 5)
      .li(11, 6)
      .li(12, 7)
      .li(13, 8)
      .log()
      .log()
      .exit(INVALID_ORDER & 0xff);
  });
  lab.run(100);
  expect(lab.log(domain).map(({ order, sent }) => [order, sent])).toEqual([
    [5, 8],
    [5, 8],
  ]);
  expect([lab.register(domain, S0) > 0, domain.exitCode]).toEqual([true, 2]);
});
