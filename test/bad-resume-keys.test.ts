// Resume keys used twice, too late, by several at once, or by those they were not meant for: the caller hears
// one answer, and nobody else hears any.

import { expect, test } from "vitest";
import { allocationOf, indexOf } from "../src/id.js";
import type { Domain, Key } from "../src/index.js";
import type { Guest } from "./gates/guest.js";
import { GateLab, KT } from "./gates/lab.js";
import { DK0, findings } from "./lab.js";
import { everywhere } from "./variants.js";

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

  test("one of an earlier call, while the caller waits in a later one: void; it hears the later answer", () => {
    const lab = new GateLab();
    // H keeps the first key in slot 11 and a copy in a chest, answers it, and gets another into slot 9.
    const chest = lab.kernel.createNode();
    const write = (guest: Guest) => {
      guest
        .return({ receive: [8, 8, 8, 11] })
        .log()
        .call({ key: 0, order: 16 + 4, keys: [11] });
      guest.return({ key: 11, order: 50, receive: [8, 8, 8, 9] }).log();
      guest.call({ key: 0, order: 4, receive: [10] });
      for (const key of [10, 11]) guest.call({ key, order: KT }).log().fork({ key, order: 51 });
      guest.return({ key: 9, order: 52 }).idle();
    };
    const h = lab.guest("H", lab.prime, write, { keys: { 0: chest.nodeKey() } });
    lab.until(() => h.state === "available");
    const call = { key: 0, order: 1 };
    const c = lab.guest("C", lab.prime, (guest) => guest.call(call).log().call(call).log().idle(), {
      keys: { 0: h.startKey() },
    });
    lab.until(() => lab.log(c).length === 2);
    expect([lab.orders(c), lab.orders(h)]).toEqual([
      [50, 52],
      [1, 1, 1, 1],
    ]);
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
