// Corners of gates that a hostile guest looks for: each was open once.

import { expect, test } from "vitest";
import { type Key, orders, returnerKey } from "../src/index.js";
import { GateLab, INVALID_ORDER, NONE } from "./gates/lab.js";
import { findings } from "./lab.js";
import { everywhere } from "./variants.js";

/** A code that the kernel uses inside for "once others have come in". */
const BUSY = 0xfffffff0;

const data = (value: bigint): Key => ({ kind: "data", value });

everywhere("corners of gates", () => {
  test("a guest that invokes the returner with the kernel's own code for busy goes on", async () => {
    const lab = new GateLab();
    const write = (guest: Parameters<Parameters<GateLab["guest"]>[2]>[0]) =>
      guest.call({ key: 0, order: BUSY }).log().exit();
    const caller = lab.guest("caller", lab.prime, write, { keys: { 0: returnerKey } });
    lab.until(() => caller.state === "ended", 1000, 20);
    expect(lab.orders(caller)).toEqual([BUSY]);
  });

  test("the host gets that code from the returner, and from a join", async () => {
    const lab = new GateLab();
    const { kernel } = lab;
    expect((await kernel.call(returnerKey, { order: BUSY })).order).toBe(BUSY);
    const join = kernel.createJoin();
    const { keys } = await kernel.call(join.key, { order: 0 });
    await kernel.send(keys[0], { order: BUSY, string: "held" });
    const { order, string } = await kernel.call(join.key, { order: 1 });
    expect([order, new TextDecoder().decode(string)]).toEqual([BUSY, "held"]);
  });

  test("the host gets all keys that a join holds", async () => {
    const lab = new GateLab();
    const { kernel } = lab;
    const join = kernel.createJoin();
    const { keys } = await kernel.call(join.key, { order: 0 });
    await kernel.send(keys[0], { keys: [data(1n), data(2n), data(3n), data(4n)] });
    const taken = await kernel.call(join.key, { order: 1 });
    expect(taken.keys).toEqual([data(1n), data(2n), data(3n), data(4n)]);
  });

  test("made available, a domain leaves the invocation that it stalled with: the message is not lost", async () => {
    const lab = new GateLab();
    const { kernel } = lab;
    const busy = lab.guest("busy", lab.prime, (guest) => guest.spin(0));
    const write = (guest: Parameters<Parameters<GateLab["guest"]>[2]>[0]) =>
      guest.call({ key: 0, order: 7 }).log().idle();
    const caller = lab.guest("caller", lab.prime, write, { keys: { 0: busy.startKey() } });
    lab.until(() => caller.state === "waiting");
    await kernel.call(caller.domainKey, { order: orders.makeAvailable });
    expect(caller.state).toBe("available");
    await kernel.send(caller.startKey(), { order: 99, string: "hello" });
    lab.until(() => caller.state === "available");
    expect(lab.orders(caller)).toEqual([99]);
    expect(findings(kernel)).toEqual([]);
  });

  test("no join waits for another's message: none is held twice", async () => {
    const lab = new GateLab();
    const { kernel } = lab;
    const [a, b] = [kernel.createJoin(), kernel.createJoin()];
    // Return keys to both; b's is to wait at a.
    const waiter = lab.guest(
      "waiter",
      lab.prime,
      (guest) =>
        guest
          .call({ key: 0, order: 0, receive: [2] })
          .call({ key: 1, order: 0, receive: [3] })
          .fork({ key: 0, order: 1, keys: [NONE, NONE, NONE, 3] })
          .fork({ key: 2, order: 5 })
          .call({ key: 0, order: 1 })
          .log()
          .call({ key: 1, order: 1 })
          .log()
          .exit(),
      { keys: { 0: a.key, 1: b.key } },
    );
    lab.until(() => waiter.state === "ended");
    // a held the message; b, as key 4, was told that nobody but a domain waits there.
    expect(lab.orders(waiter)).toEqual([5, INVALID_ORDER]);
    expect(findings(kernel)).toEqual([]);
  });

  test("another key is put where a host key was invoked, before the host has taken that: it is that which is called", () => {
    const lab = new GateLab();
    const other = lab.listener("other", lab.prime);
    lab.until(() => other.state === "available");
    const taken: number[] = [];
    const object = lab.kernel.hostObject(({ order }) => {
      taken.push(order);
    });
    const write = (guest: Parameters<Parameters<GateLab["guest"]>[2]>[0]) =>
      guest.fork({ key: 0, order: 7 }).exit();
    const caller = lab.guest("caller", lab.prime, write, { keys: { 0: object } });
    // Told before the host acts on what the domain has asked since.
    const off = lab.kernel.on("refill", ({ domain }) => {
      if (domain === caller) caller.keys.set(0, other.startKey());
    });
    lab.until(() => caller.state === "ended");
    off();
    lab.until(() => other.state === "available");
    expect([taken, lab.orders(other)]).toEqual([[], [7]]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("a domain is put in a host keeper's place before that is called: the domain is called", () => {
    const lab = new GateLab({ advance: 5n, quantum: 10 });
    const keeper = lab.keeper("keeper", lab.prime, 1000n);
    lab.until(() => keeper.state === "available");
    const asked: string[] = [];
    const a = lab.meter("A", lab.prime, 5n, ({ domain }) => {
      asked.push(domain.name);
      return "decline";
    });
    const poor = lab.guest("poor", a, (guest) => guest.spin(50).exit(), { start: false });
    const off = lab.kernel.on("refill", ({ domain }) => {
      if (domain === poor) a.node.swap(2, keeper.startKey());
    });
    poor.start();
    lab.until(() => poor.state === "ended");
    off();
    expect([asked, lab.orders(keeper)]).toEqual([[], [0xffffffff]]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("a page that lies twice in an address space is read into itself, and written from itself, as it was", () => {
    const lab = new GateLab();
    const page = lab.kernel.createPage();
    const bytes = Uint8Array.from({ length: 4096 }, (_, at) => at % 251);
    const twice = (write: Parameters<GateLab["guest"]>[2]) => {
      page.write(0, bytes);
      const guest = lab.guest("guest", lab.prime, write, { keys: { 0: page.key }, start: false });
      for (const at of [0x4000, 0x5000]) guest.map(page, at, { write: true });
      guest.start();
      lab.until(() => guest.state === "ended");
      return page.read();
    };
    const rotated = (by: number) => bytes.map((_, at) => bytes[(at + 4096 - by) % 4096]!);
    const buffer = { at: 0x4000 + 3000, length: 4096 };
    expect(twice((guest) => guest.call({ key: 0, order: 0, buffer }).exit())).toEqual(
      rotated(3000),
    );
    const string = { at: 0x4000 + 100, length: 4096 };
    expect(twice((guest) => guest.call({ key: 0, order: 4096, string }).exit())).toEqual(
      rotated(3996),
    );
  });

  test("the answer goes to key 4 as it was passed, whatever the invocation puts in its slot", () => {
    const lab = new GateLab();
    const { kernel } = lab;
    const [a, b] = [kernel.createJoin(), kernel.createJoin()];
    const self = lab.guest(
      "self",
      lab.prime,
      (guest) =>
        guest
          .call({ key: 0, order: 0, receive: [2] })
          .call({ key: 1, order: 0, receive: [3] })
          // Swaps slot 2, a's return key, for slot 3, b's: the answer is a's all the same.
          .fork({ key: 4, order: 48 + 2, keys: [3, NONE, NONE, 2] })
          .call({ key: 0, order: 1 })
          .log()
          .exit(),
      { keys: { 0: a.key, 1: b.key }, start: false },
    );
    self.keys.set(4, self.domainKey);
    self.start();
    lab.run(3000);
    expect([self.state, lab.orders(self)]).toEqual(["ended", [0]]);
  });
});
