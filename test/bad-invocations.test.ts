// Every kind of key invoked by a guest with every order, with strings and keys that are out of range: an
// answer each time, never a trap; and where it is a refusal, a store as it was.

import { expect, test } from "vitest";
import { type Domain, type Key, ZERO_KEY } from "../src/index.js";
import { dump } from "./gates/dump.js";
import { GateLab, INVALID_ORDER, KT } from "./gates/lab.js";
import { findings } from "./lab.js";
import { call, fork, CODE as PUPPET_CODE, play, reply, type Seen, type Step } from "./puppet.js";
import { everywhere } from "./variants.js";

const ORDERS = [
  ...Array.from({ length: 131 }, (_, order) => order),
  ...[255, 256, 4095, 4096, 4097, 8191, 8192, 8193, 12_288, 0x4b00, 0x10000, 0x10003, 0x7fffffff],
  ...[KT, KT + 1, KT + 2, KT + 3, KT + 4, 0x80000404, 0xfffffff0, 0xfffffffe, 0xffffffff],
];
const up = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** The orders that a kind of key knows, and what it answers to KT. */
const KNOWN: Record<string, { kt: number; orders: readonly number[] }> = {
  data: { kt: 1, orders: [0] },
  void: { kt: 1, orders: [0] },
  node: { kt: 3, orders: [...up(0, 32), 34, 35, 36, 38, 39, 40, 45] },
  service: { kt: 3, orders: [...up(0, 32), 34, 35, 36, 38, 39, 40, 45] },
  fetch: { kt: 4, orders: [...up(0, 15), 32, 36, 38, 40] },
  sense: { kt: 15, orders: [...up(0, 15), 36, 38, 40] },
  meter: { kt: 6, orders: [] },
  domain: { kt: 7, orders: [1, 2, 10, 33, 34, 42, ...up(16, 31), ...up(48, 67)] },
  page: { kt: 0x202, orders: [...ORDERS.filter((order) => order <= 8192)] },
  join: { kt: 0x203, orders: [0, 1] },
  wait: { kt: 0x204, orders: [0, 1] },
};

/** A lab with one of everything, and in `keys` a key of each kind. */
function workshop() {
  const lab = new GateLab({ nodes: 128 });
  const { kernel } = lab;
  const a = lab.meter("A", lab.prime, 5000n);
  const chest = kernel.createNode();
  chest.swap(4, { kind: "data", value: 44n });
  chest.swap(5, a.serviceKey);
  const victim = lab.listener("victim", a);
  const page = kernel.createPage();
  page.write(100, Uint8Array.from([1, 2, 3]));
  const [join, wait] = [kernel.createJoin(), kernel.createWait()];
  const gone = lab.meter("gone", lab.prime);
  const voided = gone.serviceKey;
  gone.rescind();
  const keys: Record<string, Key> = {
    data: { kind: "data", value: 0x1122334455667788990011n },
    void: voided,
    node: chest.nodeKey(9),
    service: a.serviceKey,
    fetch: chest.fetchKey(),
    sense: chest.senseKey(),
    meter: { kind: "meter", id: a.id, databyte: 0 },
    domain: victim.domainKey,
    page: page.key,
    join: join.key,
    wait: wait.key,
  };
  lab.run(200);
  expect(victim.state).toBe("available");
  return { lab, kernel, a, chest, victim, page, keys };
}

/** A puppet with the key of a kind in slot 0, and others in 1 to 4, plays its steps to the end. */
function perform(shop: ReturnType<typeof workshop>, kind: string, steps: readonly Step[]): Seen {
  const { lab, kernel, chest, keys } = shop;
  const { domain, seen } = play(kernel, lab.prime, steps, { logPages: 4 });
  domain.keys.set(0, keys[kind]!);
  domain.keys.set(1, { kind: "data", value: 77n });
  domain.keys.set(2, keys.domain!);
  domain.keys.set(3, { kind: "host", number: 4711 });
  domain.keys.set(4, chest.nodeKey());
  domain.start();
  for (let i = 0; i < 60 && seen.count < steps.length; i++) lab.run(1000);
  expect([kind, domain.trap, seen.count]).toEqual([kind, null, steps.length]);
  return seen;
}

/** The puppets are gone: what is left is what was there before them. */
function without(kernel: GateLab["kernel"], before: readonly Domain[]): void {
  for (const domain of [...kernel.domains()]) if (!before.includes(domain)) domain.rescind();
}

everywhere("keys of every kind", () => {
  test.each(Object.keys(KNOWN))("a %s key: KT, and every order it does not know", (kind) => {
    const shop = workshop();
    const { kernel, lab, page } = shop;
    const { kt, orders } = KNOWN[kind]!;
    const unknown = ORDERS.filter((order) => order !== KT && !orders.includes(order));
    const strings = ["", "x", "12345678", "eleven bits", "x".repeat(128), "y".repeat(4096)];
    const domains = [...kernel.domains()];
    const before = dump(kernel);
    const content = page.read(0, 4096);
    const steps = [call(0, { order: KT })];
    unknown.forEach((order, i) => {
      // What is passed, and whether anything is to be received, makes no difference.
      const string = i % 40 === 7 ? strings[5]! : strings[i % 5]!;
      steps.push(call(0, { order, string, keys: [1, 2, 3, 4].slice(i % 5), take: [8, 9, 10, 11] }));
    });
    const seen = perform(shop, kind, steps);
    const answers = seen.log.map(({ order, databyte, stored, sent }) => {
      return [order, databyte, stored, sent];
    });
    expect(answers[0]).toEqual([kt, 0, 0, 0]);
    expect(answers.slice(1)).toEqual(unknown.map(() => [INVALID_ORDER, 0, 0, 0]));
    const puppet = [...kernel.domains()].at(-1)!;
    expect(up(8, 11).map((slot) => puppet.keys.get(slot))).toEqual(Array(4).fill(ZERO_KEY));
    without(kernel, domains);
    expect(dump(kernel)).toEqual(before);
    expect(page.read(0, 4096)).toEqual(content);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test.each(Object.keys(KNOWN))("a %s key: every order, forked and returned to", (kind) => {
    const shop = workshop();
    const { lab, victim } = shop;
    // Orders that end or stop somebody, or wait, are for another test.
    const orders = ORDERS.filter((order) => kind === "data" || order >= 68 || order === 3);
    const forks = perform(
      shop,
      kind,
      orders.map((order) => fork(0, { order, string: "abc", keys: [1, 2, 3, 4], take: [8] })),
    );
    // A fork leaves the registers: a0 is the slot, a1 the order.
    expect(forks.log.map(({ order, databyte }) => [order, databyte])).toEqual(
      orders.map((order) => [0, order]),
    );
    // Who returns is available, and hears nothing: each of these takes a message to go on.
    const { domain, seen } = play(shop.kernel, lab.prime, [
      ...orders.slice(0, 6).map((order) => reply(0, { order, keys: [1, 2, 3, 4] })),
    ]);
    domain.keys.set(0, shop.keys[kind]!);
    domain.start();
    lab.run(1000);
    for (let i = 0; i < 6; i++) {
      expect([seen.count, domain.state]).toEqual([i, "available"]);
      const caller = play(shop.kernel, lab.prime, [fork(0, { order: i })]).domain;
      caller.keys.set(0, domain.startKey());
      caller.start();
      lab.run(1000);
    }
    expect(seen.log.map(({ order }) => order)).toEqual(up(0, 5));
    expect([victim.trap, findings(lab.kernel)]).toEqual([null, []]);
  });

  test.each(["data", "node", "service", "fetch", "sense", "domain", "page", "join", "wait"])(
    "a %s key: orders that it knows, with strings and keys that are not what they should be",
    (kind) => {
      const shop = workshop();
      const { lab, kernel } = shop;
      const calm = (order: number) =>
        !(kind === "domain" && order >= 65) &&
        !(kind === "join" || (kind === "wait" && order === 0)) &&
        !(kind === "page" && order % 1000 > 2);
      const orders = KNOWN[kind]!.orders.filter(calm);
      for (const length of [0, 1, 7, 8, 11, 12, 13, 127, 4096]) {
        // The string is the puppet's own code.
        const raw = { 12: PUPPET_CODE, 13: length };
        const steps = orders.flatMap((order) => [
          call(0, { order, raw }),
          call(0, { order, raw, keys: [0, 0, 0, 0], take: [5, 5, 5, 5] }),
          call(0, { order, keys: [2], take: [16, 255, 6, 7] }),
        ]);
        perform(shop, kind, steps);
        expect(findings(lab.kernel)).toEqual([]);
      }
      lab.run(2000);
      expect(findings(kernel)).toEqual([]);
    },
  );

  test("keys that there are not: slots from 16 on are DK(0), whatever else is in the register", () => {
    const shop = workshop();
    const slots = [16, 17, 31, 32, 128, 255, 256, 0x10000, 0x7fffffff, -1];
    const steps = slots.flatMap((slot) => [
      call(slot, { order: KT }),
      call(slot, { order: 0 }),
      call(slot, { order: 3, keys: [16, 255, 100, 200] }),
    ]);
    const seen = perform(shop, "node", steps);
    expect(seen.log.map(({ order, sent }) => [order, sent])).toEqual(
      slots.flatMap(() => [
        [1, 0],
        [0, 11],
        [INVALID_ORDER, 0],
      ]),
    );
  });

  test("nothing that a refused order was given is written: put registers, write data, a page's end", () => {
    const shop = workshop();
    const { lab, chest, victim, kernel, page } = shop;
    const domains = [...kernel.domains()];
    const before = [dump(kernel), lab.registers(victim)];
    const refuse = (kind: string, list: [number, string][]) => {
      const steps = list.map(([order, string]) => call(0, { order, string }));
      const codes = perform(shop, kind, steps).log.map(({ order }) => order);
      expect([kind, codes.every((code) => code !== 0)]).toEqual([kind, true]);
    };
    const body = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05";
    refuse("domain", [
      [42, ""],
      [42, "x".repeat(127)],
      [42, "x".repeat(129)],
      [42, "x".repeat(4096)],
    ]);
    refuse("node", [
      [45, "x"],
      [45, `\x04${body}x`],
      [45, `\x04${body}\x10${body}`],
      [45, `\x04${body}\x05${body}`.repeat(3).slice(0, -1)],
    ]);
    refuse("page", [
      [4096 + 4095, "xy"],
      [4096 + 1, "x".repeat(4096)],
      [8191, "zz"],
    ]);
    without(kernel, domains);
    expect([dump(kernel), lab.registers(victim)]).toEqual(before);
    expect(chest.fetch(4)).toEqual({ kind: "data", value: 44n });
    expect([...page.read(0, 4096)].filter((byte) => byte !== 0)).toEqual([1, 2, 3]);
    expect(findings(kernel)).toEqual([]);
  });

  test("the super key stays where it is, and the kernel's own slots, too", () => {
    const shop = workshop();
    const { lab, victim, kernel } = shop;
    shop.keys.prime = lab.prime.serviceKey;
    shop.keys.root = { kind: "node", id: victim.id, databyte: 0 };
    const seen = perform(shop, "prime", [
      call(0, { order: 16 + 1, keys: [1] }),
      call(0, { order: 39 }),
      call(0, { order: 45, string: `\x01${"\x00".repeat(11)}` }),
      // It can be fetched and stored, but is no key then.
      call(0, { order: 1, take: [8] }),
      call(4, { order: 16 + 1, keys: [8] }),
      call(8, { order: KT }),
    ]);
    expect(seen.log.slice(0, 3).every(({ order }) => order !== 0)).toBe(true);
    expect(lab.prime.node.fetch(1)).toEqual({ kind: "super" });
    expect(shop.chest.fetch(1)).toEqual(ZERO_KEY);
    const root = perform(shop, "root", [
      ...[5, 13, 14].map((slot) => call(0, { order: 16 + slot, keys: [1] })),
      call(0, { order: 39 }),
      ...[5, 13, 14].map((slot) =>
        call(0, { order: 45, string: String.fromCharCode(slot).padEnd(12, "\x00") }),
      ),
    ]);
    expect(root.log.every(({ order }) => order !== 0)).toBe(true);
    expect([victim.state, findings(kernel)]).toEqual(["available", []]);
  });
});
