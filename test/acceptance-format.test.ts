// Acceptance: format, keys, depth and loops (reference §15.1–20).

import { expect, test } from "vitest";
import {
  ANSWER_INVALID_ORDER,
  ANSWER_METER,
  ORDER_COMPARE,
  ORDER_FETCH,
  ORDER_KT,
  ORDER_MAKE_FETCH,
  ORDER_MAKE_METER,
  ORDER_MAKE_NODE,
  ORDER_MAKE_SENSE,
} from "../assembly/codes.js";
import { MAX_CHAIN } from "../assembly/layout.js";
import type { Key, Meter } from "../src/index.js";
import { DK0, findings, Lab } from "./lab.js";
import { everywhere } from "./variants.js";

const DATA_SLOTS = [0, 3, 4, 5, 6, 7, 8, 10, 11, 12, 15];
const FREE_SLOTS = [2, 9, 13, 14];

/** A key of each kind, all of them to a good meter. */
function otherKeys(meter: Meter): Key[] {
  return [
    ...(["node", "fetch", "sense", "meter", "domain"] as const).map(
      (kind): Key => ({ kind, id: meter.id, databyte: 0 }),
    ),
    { kind: "host", number: 1 },
  ];
}

everywhere("format and keys", () => {
  test("§15.1 a domain runs under a well-formed node", () => {
    const lab = new Lab();
    const domain = lab.under("D", lab.node(lab.prime, 1000n));
    lab.run(100);
    expect(domain.consumed).toBe(100n);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test.each(DATA_SLOTS)(
    "§15.2 a key that is no data key in slot %i: trap 0x408, no keeper",
    (slot) => {
      const lab = new Lab();
      for (const key of otherKeys(lab.prime)) {
        const node = lab.node(lab.prime, 1000n);
        node.swap(
          2,
          lab.kernel.hostKey(() => {}),
        );
        node.swap(slot, key);
        const domain = lab.under("D", node);
        lab.run(100);
        expect([domain.state, domain.trap?.code], key.kind).toEqual(["trapped", 0x408]);
        expect(domain.consumed).toBe(0n);
      }
      expect(lab.calls).toEqual([]);
      expect(findings(lab.kernel)).toEqual([]);
    },
  );

  test.each([2n ** 64n, 2n ** 64n + 5n, 2n ** 87n, 2n ** 88n - 1n])(
    "§15.3 slot 3 = %i, not below 2^64: 0x408",
    (value) => {
      const lab = new Lab();
      const domain = lab.under("D", lab.node(lab.prime, value));
      lab.run(1);
      expect(domain.trap?.code).toBe(0x408);
    },
  );

  test("§15.4 slot 3 = 2^64 − 1: runs", () => {
    const lab = new Lab();
    const node = lab.node(lab.prime, 2n ** 64n - 1n);
    const domain = lab.under("D", node);
    lab.run(10);
    expect(domain.consumed).toBe(10n);
    expect(lab.kernel.meterOf(node).peek()).toBe(2n ** 64n - 11n);
  });

  test.each(FREE_SLOTS)("§15.5 any key whatever in slot %i: runs", (slot) => {
    const lab = new Lab();
    for (const key of [...otherKeys(lab.prime), { kind: "data", value: 2n ** 88n - 1n } as const]) {
      const node = lab.node(lab.prime, 1000n);
      node.swap(slot, key);
      const domain = lab.under("D", node);
      lab.run(10);
      expect(domain.consumed, key.kind).toBe(10n);
      domain.rescind();
    }
  });

  test("§15.6 slots 4 and 5 = DK(0): runs, they aren't charged", () => {
    const lab = new Lab();
    const node = lab.node(lab.prime, 1000n);
    const domain = lab.under("D", node);
    lab.run(10);
    expect(domain.consumed).toBe(10n);
    expect([node.fetch(4), node.fetch(5)]).toEqual([DK0, DK0]);
  });

  test.each(["node", "fetch", "sense", "domain"] as const)(
    "§15.7 a %s key to a good meter in the domain's slot 1: 0x404",
    (kind) => {
      const lab = new Lab();
      const domain = lab.busy("D", lab.prime);
      const root = { kind: "node", id: domain.id, databyte: 0 } as const;
      expect(lab.kernel.invoke(root, 16 + 1, { kind, id: lab.prime.id, databyte: 0 }).code).toBe(0);
      lab.run(1);
      expect(domain.trap?.code).toBe(0x404);
    },
  );

  test("§15.8 DK(0) in the meter's slot 1: 0x404", () => {
    const lab = new Lab();
    const node = lab.node(lab.prime, 1000n);
    node.swap(1, DK0);
    const domain = lab.under("D", node);
    lab.run(1);
    expect(domain.trap?.code).toBe(0x404);
  });

  test("§15.9 a meter key: KT is 6, every other order 0x80000002, and nothing happens", () => {
    const lab = new Lab();
    const meter = lab.meter("A", lab.prime, 500n);
    const key = meter.node.meterKey();
    expect(lab.kernel.invoke(key, ORDER_KT).code).toBe(ANSWER_METER);
    for (let order = 0; order < 64; order++) {
      const { code, key: result } = lab.kernel.invoke(key, order, { kind: "data", value: 9n });
      expect([code, result], `order ${order}`).toEqual([ANSWER_INVALID_ORDER, DK0]);
    }
    expect(meter.peek()).toBe(500n);
    expect(meter.superior).toBe(lab.prime);
  });

  test("§15.10 make-meter-key by a node key of databyte 5: databyte 0", () => {
    const lab = new Lab();
    const { id } = lab.meter("A", lab.prime);
    const { code, key } = lab.kernel.invoke({ kind: "node", id, databyte: 5 }, ORDER_MAKE_METER);
    expect([code, key]).toEqual([0, { kind: "meter", id, databyte: 0 }]);
  });

  test.each(["fetch", "sense"] as const)(
    "§15.11 make-meter-key by a %s key is refused, as is all that would be stronger",
    (kind) => {
      const lab = new Lab();
      const { id } = lab.meter("A", lab.prime);
      const weak: Key = { kind, id, databyte: 0 };
      for (const order of [ORDER_MAKE_METER, ORDER_MAKE_NODE, 16 + 3, 39]) {
        expect(lab.kernel.invoke(weak, order).code).toBe(ANSWER_INVALID_ORDER);
      }
      const fetch = lab.kernel.invoke(weak, ORDER_MAKE_FETCH);
      expect(fetch.code).toBe(kind === "fetch" ? 0 : ANSWER_INVALID_ORDER);
      expect(lab.kernel.invoke(weak, ORDER_MAKE_SENSE).key).toEqual({ ...weak, kind: "sense" });
    },
  );

  test("§15.11 a sense key gives data and sense keys only", () => {
    const lab = new Lab();
    const meter = lab.meter("A", lab.prime, 77n);
    const { id } = meter;
    meter.node.swap(9, { kind: "node", id, databyte: 3 });
    meter.node.swap(13, meter.node.meterKey());
    const fetch = (slot: number) =>
      lab.kernel.invoke(meter.node.senseKey(), ORDER_FETCH + slot).key;
    expect(fetch(3)).toEqual({ kind: "data", value: 77n });
    expect(fetch(9)).toEqual({ kind: "sense", id, databyte: 3 });
    expect(fetch(13)).toEqual(DK0);
  });

  test("§15.12 comparing a meter key and a node key to the same node: 0; to another: 1", () => {
    const lab = new Lab();
    const [a, b] = [lab.meter("A", lab.prime), lab.meter("B", lab.prime)];
    const compare = (x: Meter, y: Key) =>
      lab.kernel.invoke(x.node.nodeKey(), ORDER_COMPARE, y).code;
    expect(compare(a, a.node.meterKey())).toBe(0);
    expect(compare(a, b.node.meterKey())).toBe(1);
    expect(compare(a, { kind: "data", value: 0n })).toBe(1);
  });

  test.each([0, 7])("§15.13 slot %i not zero, in whichever byte: 0x408 (R8)", (slot) => {
    for (let bit = 0n; bit < 88n; bit += 8n) {
      const lab = new Lab({ nodes: 8 });
      const node = lab.node(lab.prime, 1000n);
      node.swap(slot, { kind: "data", value: 1n << bit });
      const domain = lab.under("D", node);
      lab.run(1);
      expect(domain.trap?.code, `bit ${bit}`).toBe(0x408);
    }
  });
});

everywhere("depth and loops", () => {
  test("§15.14 a chain of exactly 20 meters runs; the top is level 1, the lowest level 20", () => {
    const lab = new Lab();
    const chain = lab.chain(MAX_CHAIN - 1);
    const domain = lab.busy("D", chain.at(-1)!);
    lab.run(10);
    expect(domain.consumed).toBe(10n);
    expect(lab.level(lab.prime)).toBe(1);
    expect(chain.map((meter) => lab.level(meter))).toEqual(chain.map((_, i) => i + 2));
  });

  test("§15.15 a chain of 21: 0x410, and nothing is left prepared", () => {
    const lab = new Lab();
    const chain = lab.chain(MAX_CHAIN);
    const domain = lab.busy("D", chain.at(-1)!);
    lab.run(10);
    expect(domain.trap?.code).toBe(0x410);
    expect([lab.prime, ...chain].filter((meter) => lab.isPrepared(meter))).toEqual([]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.16 the top ten are prepared already: 21 in all is 0x410, 20 runs", () => {
    const lab = new Lab();
    const chain = lab.chain(MAX_CHAIN);
    lab.busy("D1", chain[8]!);
    lab.run(10);
    expect(lab.level(chain[8]!)).toBe(10);
    const deep = lab.busy("D2", chain[19]!);
    const right = lab.busy("D3", chain[18]!);
    lab.run(300_000);
    // While the climbs of both meet, on two threads, D1 has all the turns.
    while (deep.trap === null || right.consumed === 0n) lab.run(300_000);
    expect(deep.trap.code).toBe(0x410);
    expect(right.trap).toBe(null);
  });

  test("§15.16 all 20 are prepared already, and one more hangs below: 0x410", () => {
    const lab = new Lab();
    const chain = lab.chain(MAX_CHAIN);
    lab.busy("D1", chain[18]!);
    lab.run(10);
    const deep = lab.busy("D2", chain[19]!);
    lab.run(300_000);
    expect(deep.trap?.code).toBe(0x410);
    expect(lab.isPrepared(chain[19]!)).toBe(false);
  });

  test("§15.17 a meter that is its own superior: 0x40C", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime);
    a.setSuperior(a);
    const domain = lab.busy("D", a);
    lab.run(1);
    expect(domain.trap?.code).toBe(0x40c);
  });

  test("§15.18 A → B → A: 0x40C, and mended it runs", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime);
    const b = lab.meter("B", a);
    a.setSuperior(b);
    const domain = lab.busy("D", a);
    lab.run(1);
    expect(domain.trap?.code).toBe(0x40c);
    a.setSuperior(lab.prime);
    domain.start();
    lab.run(5);
    expect([domain.consumed, domain.trap]).toEqual([5n, null]);
  });

  test.each([
    [19, "0x40c"],
    [20, "0x410"],
    [25, "0x410"],
  ])("§15.19 a cycle of %i meters: %s", (length, code) => {
    const lab = new Lab();
    const chain = lab.chain(length);
    chain[0]!.setSuperior(chain.at(-1)!);
    const domain = lab.busy("D", chain.at(-1)!);
    lab.run(1);
    expect(domain.trap?.code).toBe(Number(code));
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.20 near one malformed, far key obsolete: 0x408, the nearer fault first", () => {
    const lab = new Lab();
    const far = lab.meter("F", lab.prime);
    const middle = lab.meter("M", far);
    const near = lab.node(middle, 10n);
    near.swap(4, { kind: "host", number: 1 });
    const domain = lab.under("D", near);
    far.rescind();
    lab.run(1);
    expect(domain.trap?.code).toBe(0x408);
    near.swap(4, DK0);
    domain.start();
    lab.run(1);
    expect(domain.trap?.code).toBe(0x404);
  });
});
