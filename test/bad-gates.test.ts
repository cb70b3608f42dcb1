// Gates used as nobody should: calls in a circle, keys that are forged; and what must hold meanwhile: no
// message and no key is lost or doubled. Resume keys are in bad-resume-keys.test.ts.

import { expect, test } from "vitest";
import type { Domain, Key } from "../src/index.js";
import { dump } from "./gates/dump.js";
import { A0, A1, BUFFER, DATA, type Guest } from "./gates/guest.js";
import { bigEndian, GateLab, KT } from "./gates/lab.js";
import { DK0, findings } from "./lab.js";
import { everywhere } from "./variants.js";

everywhere("calls in a circle", () => {
  /** Each has the next one's start key in slot 0, and the last the first one's. */
  function join(domains: readonly Domain[]): void {
    for (const [i, domain] of domains.entries()) {
      domain.keys.set(0, domains[(i + 1) % domains.length]!.startKey());
    }
  }

  /** Each takes a message and then calls the next one; the last calls the first. */
  function circle(length: number) {
    const lab = new GateLab();
    const domains = Array.from({ length }, (_, i) =>
      lab.guest(`C${i}`, lab.prime, (guest) => {
        guest.return({ receive: [8, 9, 10, 11] }).log();
        guest
          .call({ key: 0, order: i + 1 })
          .log()
          .return({ key: 11, order: 70 + i })
          .idle();
      }),
    );
    join(domains);
    lab.run(500);
    const starter = lab.guest("S", lab.prime, (guest) => guest.fork({ key: 0 }).exit(), {
      keys: { 0: domains[0]!.startKey() },
    });
    lab.until(() => starter.state === "ended");
    expect(lab.run(100_000)).toBe("idle");
    return { lab, domains };
  }

  test.each([2, 3, 7])(
    "of %i domains: all wait, nobody spins; the last has stalled on the first",
    (length) => {
      const { lab, domains } = circle(length);
      expect(domains.map(({ state }) => state)).toEqual(domains.map(() => "waiting"));
      expect(domains.map((domain) => lab.orders(domain))).toEqual(domains.map((_, i) => [i]));
      const { dispatches } = lab.kernel.statistics();
      lab.run(1_000_000);
      expect(lab.kernel.statistics().dispatches - dispatches).toBeLessThan(20n);
      expect(findings(lab.kernel)).toEqual([]);
    },
  );

  test("whom the host makes available again takes the call that closed the circle", () => {
    const { lab, domains } = circle(3);
    const [a, b, c] = domains as [Domain, Domain, Domain];
    // Order 65: what it did before is left, and who stalled on it is let in.
    expect(lab.kernel.invoke(a.domainKey, 65).code).toBe(0);
    lab.run(5000);
    // C's call has come where A's answer was to: in the registers of A, which logs it, and returns to C.
    expect(lab.orders(a)).toEqual([0, 3]);
    expect([b.state, c.state]).toEqual(["waiting", "waiting"]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test.each(["rescind", "stop", "end"])(
    "one of the circle goes (%s): the others are let go or wait on",
    (how) => {
      const { lab, domains } = circle(3);
      const [a, b, c] = domains as [Domain, Domain, Domain];
      if (how === "rescind") a.rescind();
      else if (how === "stop") a.stop();
      else {
        // Made running again, it goes on as if abandoned, and comes to its end.
        a.keys.set(0, DK0);
        a.stop();
        a.start();
      }
      lab.run(5000);
      expect(findings(lab.kernel)).toEqual([]);
      if (how === "rescind") {
        // C's call to one that is gone is answered as by DK(0); B hears of it; nobody is stranded.
        expect(lab.log(c)[1]).toMatchObject({ order: 0x80000002 });
        expect(lab.orders(b)[1]).toBe(72);
        expect([b.state, c.state]).toEqual(["available", "available"]);
      }
      if (how === "end") expect(lab.orders(a)[1]).toBe(0x80000003);
    },
  );

  test("a message forked in a circle goes round for ever, one at a time", () => {
    const lab = new GateLab({ quantum: 50 });
    const domains = Array.from({ length: 3 }, (_, i) =>
      lab.guest(`C${i}`, lab.prime, (guest) => {
        guest.li(20, 0).return({ receive: [8] });
        guest.forever(() => {
          // addi s4, s4, 1; addi a1, a0, 1: counts rounds, passes the order on, with its token.
          guest.raw(0x001a0a13, 0x00150593);
          guest.return({ key: 0, order: null, keys: [8], receive: [8] });
        });
      }),
    );
    join(domains);
    lab.run(500);
    const token: Key = { kind: "data", value: 4242n };
    lab.guest("S", lab.prime, (guest) => guest.fork({ key: 0, keys: [1] }).exit(), {
      keys: { 0: domains[0]!.startKey(), 1: token },
    });
    lab.run(20_000);
    const rounds = domains.map((domain) => lab.kernel.core.still(() => lab.register(domain, 20)));
    expect(Math.max(...rounds) - Math.min(...rounds)).toBeLessThan(2);
    expect(rounds[0]!).toBeGreaterThan(20);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("keys can't be forged", () => {
  test("a guest that writes all over its memory changes no key; data that looks like keys stays data", () => {
    const lab = new GateLab();
    const other = lab.listener("other", lab.prime);
    const chest = lab.kernel.createNode();
    lab.run(300);
    const bits = Uint8Array.from(
      { length: 12 },
      (_, i) => [3, 6, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0][i]!,
    );
    const write = (guest: Guest) => {
      // Every word of its data is 0x00000603, a start key's type and databyte, then words that count up.
      guest
        .li(9, DATA + 0x6000)
        .li(18, DATA + 0x14000)
        .li(19, 0x603)
        .label("fill");
      guest.raw(0x0134a023, 0x00448493, 0x00198993).branch("bltu", 9, 18, "fill");
      // A data key of such bits, in a node and then in a slot of its own.
      guest.call({ key: 1, order: 45, string: bits });
      guest.call({ key: 1, order: 3, receive: [5] });
      guest.call({ key: 5, order: KT }).raw(0x00050a13);
      guest
        .call({ key: 5, order: 1, keys: [5, 5, 5, 5] })
        .raw(0x00050a93)
        .exit();
    };
    const d = lab.guest("D", lab.prime, write, {
      keys: { 0: { kind: "data", value: 0x0603_0000_0001n }, 1: chest.nodeKey() },
      room: 0x10000,
      start: false,
    });
    const before = dump(lab.kernel);
    d.start();
    lab.until(() => d.state === "ended");
    const after = dump(lab.kernel);
    const changed = Object.keys({ ...before, ...after }).filter(
      (line) => JSON.stringify(before[line], text) !== JSON.stringify(after[line], text),
    );
    // Slot 3 of the chest, and slot 5 of its own.
    expect(changed.length).toBe(2);
    expect(chest.fetch(3)).toEqual(lab.slot(d, 5));
    expect(chest.fetch(3)).toMatchObject({ kind: "data", value: bigEndian(bits.slice(1), 11) });
    expect([lab.register(d, 20), lab.register(d, 21) >>> 0]).toEqual([1, 0x80000002]);
    expect([lab.log(other), findings(lab.kernel)]).toEqual([[], []]);
  });
});

const text = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

everywhere("nothing is lost or doubled", () => {
  /**
   * Clients call a server with 1, 2, 3, …; it adds them up and answers each sum. All run dry again and again,
   * under meters whose keeper is a guest that gives little.
   */
  test("calls of many clients, everybody running dry in between", () => {
    const [clients, rounds] = [6, 25];
    const lab = new GateLab({ quantum: 30, advance: 40n });
    const k = lab.keeper("K", lab.prime, 100n);
    lab.run(200);
    const meterOf = (name: string) =>
      lab.kernel.createMeter({ name, superior: lab.prime, cycles: 0n, keeper: k.startKey() });
    const server = lab.guest("server", meterOf("SM"), (guest) => {
      guest
        .li(20, 0)
        .li(21, 0)
        .return({ receive: [8, 9, 10, 11] });
      guest.forever(() => {
        // add s4, s4, a1's copy: orders arrive in a0; addi s5, s5, 1; answers s4 as the order.
        guest.raw(0x00aa0a33, 0x001a8a93, 0x000a0593);
        guest.return({ key: 11, order: null, keys: [8], receive: [8, 9, 10, 11] });
      });
    });
    const [shared, tokens] = [meterOf("shared"), new Map<Domain, Key>()];
    const list = Array.from({ length: clients }, (_, i) => {
      const token: Key = { kind: "data", value: BigInt(1000 + i) };
      const meter = i % 2 === 0 ? shared : meterOf(`M${i}`);
      const write = (guest: Guest) => {
        guest.li(21, 0);
        guest.times(rounds, 22, () => {
          // addi s5, s5, 1; mv a1, s5: passes its token, and gets it back, and nobody else's.
          guest.raw(0x001a8a93, 0x000a8593);
          guest.call({ key: 0, order: null, keys: [1], receive: [1] }).log();
        });
        guest.exit();
      };
      const keys = { 0: server.startKey(i), 1: token };
      const domain = lab.guest(`client ${i}`, meter, write, { keys });
      tokens.set(domain, token);
      return domain;
    });
    for (let i = 0; i < 2000 && list.some(({ state }) => state !== "ended"); i++) {
      lab.run(1000);
      if (i % 20 === 0) expect(findings(lab.kernel)).toEqual([]);
    }
    expect(list.map(({ state }) => state)).toEqual(list.map(() => "ended"));
    const total = (clients * rounds * (rounds + 1)) / 2;
    const [sum, calls] = [20, 21].map((n) => lab.register(server, n));
    expect([sum, calls]).toEqual([total, clients * rounds]);
    // No two answers are the same sum, and each client's own grow.
    const answers = list.map((domain) => lab.orders(domain));
    expect(new Set(answers.flat()).size).toBe(clients * rounds);
    for (const own of answers) expect(own).toEqual(own.toSorted((a, b) => a - b));
    for (const [domain, token] of tokens) expect(lab.slot(domain, 1)).toEqual(token);
    expect(lab.log(k).length).toBeGreaterThan(40);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

test("the registers that tests write by number are those they think", () => {
  expect([A0, A1, BUFFER]).toEqual([10, 11, DATA]);
});
