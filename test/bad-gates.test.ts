// Gates used as nobody should: calls in a circle, resume keys twice or too late, keys that are forged; and
// what must hold meanwhile: no message and no key is lost or doubled.

import { expect, test } from "vitest";
import { allocationOf, indexOf } from "../src/id.js";
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

everywhere("resume keys", () => {
  /** C calls H, which keeps C's resume key in slot 11, and is available again. */
  function held(lab = new GateLab()) {
    const h = lab.listener("H", lab.prime);
    lab.run(200);
    const c = lab.guest("C", lab.prime, (guest) => guest.call({ key: 0, order: 1 }).log().idle(), {
      keys: { 0: h.startKey() },
    });
    lab.until(() => lab.log(h).length === 1);
    expect(lab.slot(h, 11)).toMatchObject({ kind: "resume", id: c.id, databyte: 1 });
    return { lab, h, c, resume: lab.slot(h, 11) };
  }

  /** Another domain invokes a key in slot 0 in each way, and then asks it for its type. */
  function useAll(lab: GateLab, key: Key): number[] {
    const user = lab.guest(
      "U",
      lab.prime,
      (guest) => {
        guest.fork({ key: 0, order: 9 }).call({ key: 0, order: KT }).log();
        guest
          .call({ key: 0, order: 5, keys: [0, 0, 0, 0] })
          .log()
          .exit();
      },
      { keys: { 0: key } },
    );
    lab.until(() => user.state === "ended");
    return lab.orders(user);
  }

  test("used twice: the second use is one of DK(0), and the caller has one answer", () => {
    const { lab, c, resume } = held();
    expect(useAll(lab, resume)).toEqual([1, 0x80000002]);
    expect(useAll(lab, resume)).toEqual([1, 0x80000002]);
    expect([lab.orders(c), c.state]).toEqual([[9], "available"]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("two who use it at the same time: one of them is heard", () => {
    const { lab, c, resume } = held(new GateLab({ quantum: 40 }));
    const users = [21, 22, 23, 24].map((order) =>
      lab.guest(`U${order}`, lab.prime, (guest) => guest.fork({ key: 0, order }).exit(), {
        keys: { 0: resume },
      }),
    );
    lab.until(() => users.every(({ state }) => state === "ended") && lab.log(c).length > 0);
    lab.run(1000);
    expect(lab.log(c).length).toBe(1);
    expect([21, 22, 23, 24]).toContain(lab.orders(c)[0]);
  });

  test("kept after the caller has been started again: void, the caller is told 0x80000003 only", () => {
    const { lab, c, resume } = held();
    c.stop();
    c.start();
    lab.until(() => lab.log(c).length === 1);
    expect(lab.orders(c)).toEqual([0x80000003]);
    expect(useAll(lab, resume)).toEqual([1, 0x80000002]);
    expect([lab.orders(c), c.state]).toEqual([[0x80000003], "available"]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("kept after the caller is gone, and its node another's: DK(0), the other hears nothing", () => {
    const { lab, h, c, resume } = held();
    c.rescind();
    expect(lab.slot(h, 11)).toEqual(DK0);
    const others: Domain[] = [];
    // It takes a call itself, so that there is one to be confused with.
    while (!others.some(({ id }) => indexOf(id) === indexOf(c.id)) && others.length < 20) {
      others.push(
        lab.guest(`T${others.length}`, lab.prime, (guest) => guest.call({ key: 0 }).log().idle(), {
          keys: { 0: h.startKey() },
        }),
      );
    }
    const tenant = others.at(-1)!;
    expect(indexOf(tenant.id)).toBe(indexOf(c.id));
    expect(allocationOf(tenant.id)).not.toBe(allocationOf(c.id));
    lab.until(() => others.every(({ state }) => state === "waiting"));
    expect(useAll(lab, resume)).toEqual([1, 0x80000002]);
    lab.run(500);
    expect([lab.log(tenant), tenant.state]).toEqual([[], "waiting"]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("sent to another tenant, who answers in the callee's place; the callee's copy is void", () => {
    const lab = new GateLab();
    const answers = lab.guest(
      "T",
      lab.prime,
      (guest) => {
        guest.return({ receive: [8, 9, 10, 11] }).log();
        guest.return({ key: 8, order: 33, string: Uint8Array.from([3]), keys: [5] }).idle();
      },
      { keys: { 5: { kind: "data", value: 55n } } },
    );
    const h = lab.guest(
      "H",
      lab.prime,
      (guest) => {
        guest.return({ receive: [8, 9, 10, 11] }).log();
        guest.fork({ key: 0, keys: [11] }).return();
        guest.call({ key: 11, order: KT }).log().fork({ key: 11, order: 44 }).idle();
      },
      { keys: { 0: answers.startKey() } },
    );
    lab.run(300);
    const c = lab.guest(
      "C",
      lab.prime,
      (guest) =>
        guest
          .call({ key: 0, receive: [1, 2, 3, 4] })
          .log()
          .idle(),
      { keys: { 0: h.startKey() } },
    );
    lab.until(() => lab.log(c).length === 1 && h.state === "available");
    lab.guest("nudge", lab.prime, (guest) => guest.fork({ key: 0 }).exit(), {
      keys: { 0: h.startKey() },
    });
    lab.until(() => lab.log(h).length === 2 && h.state === "available");
    expect(lab.orders(h)[1]).toBe(1);
    expect(lab.log(c)[0]).toMatchObject({ order: 33, databyte: 0, stored: 1 });
    expect(lab.slot(c, 1)).toEqual({ kind: "data", value: 55n });
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("a return key used where a restart key is wanted, in slot 2, and as a superior: nothing strange", () => {
    const { lab, c, resume } = held();
    const a = lab.meter("A", lab.prime, 0n);
    a.node.swap(9, resume);
    const b = lab.meter("B", lab.prime, 10n);
    b.node.swap(1, resume);
    const d = lab.busy("D", b);
    lab.run(500);
    expect([d.trap?.code, c.state]).toEqual([0x404, "waiting"]);
    useAll(lab, resume);
    expect(a.node.fetch(9)).toEqual(DK0);
    d.start();
    lab.run(500);
    expect([d.trap?.code, findings(lab.kernel)]).toEqual([0x404, []]);
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
