// Keys by the host API: what is taken for one, what slots of domains hold, and options of createMeter and
// createDomain that are keys: all is checked before anything is made.

import { expect, test } from "vitest";
import {
  bursts,
  clockKey,
  createKernel,
  type Key,
  type KeyLike,
  loadElf,
  makerKey,
  orders,
  returnerKey,
  ZERO_KEY,
} from "../src/index.js";
import { Cast, data } from "./cast.js";
import { DK0, findings } from "./lab.js";
import { call, Puppet, rest, work } from "./puppet.js";
import { everywhere } from "./variants.js";

const program = loadElf(new Puppet([rest()]).elf());
const refused = (message: RegExp) =>
  expect.objectContaining({ code: "BAD_OPTION", message: expect.stringMatching(message) });

everywhere("keys", () => {
  test("every kind of key goes into a slot of a domain and comes out as it was", () => {
    const cast = new Cast();
    const { kernel } = cast;
    const { domain } = cast.play([rest()]);
    cast.run(1000);
    const meter = cast.meter("A", cast.prime, 5n);
    const node = kernel.createNode();
    const keys: Key[] = [
      DK0,
      data(2n ** 88n - 1n),
      node.nodeKey(200),
      node.fetchKey(),
      node.senseKey(),
      node.meterKey(),
      meter.serviceKey,
      domain.startKey(255),
      domain.domainKey,
      kernel.createPage().key,
      kernel.createJoin().key,
      kernel.createWait().key,
      kernel.hostKey(() => {}),
      kernel.hostObject(() => {}),
      clockKey,
      returnerKey,
      makerKey,
    ];
    keys.forEach((key, i) => {
      const before = domain.keys.get(i % 16);
      expect(domain.keys.set(i % 16, key)).toEqual(before);
      expect(domain.keys.get(i % 16)).toEqual(key);
      expect(node.swap(9, key)).toBeDefined();
      expect(node.fetch(9)).toEqual(key);
    });
    expect(findings(kernel)).toEqual([]);
  });

  test("handles that stand for one key are keys: meter.key and nodes", () => {
    const cast = new Cast();
    const { domain } = cast.play([rest()]);
    const meter = cast.meter("A", cast.prime);
    domain.keys.set(0, meter.key);
    expect(domain.keys.get(0)).toEqual({ kind: "meter", id: meter.id, databyte: 0 });
    domain.keys.set(1, meter.node);
    expect(domain.keys.get(1)).toEqual(meter.serviceKey);
    const { code } = cast.kernel.invoke(meter.node, orders.compare, meter.key);
    expect(code).toBe(0);
  });

  test("what is no key is refused, and says what would be one", () => {
    const cast = new Cast();
    const { kernel } = cast;
    const { domain } = cast.play([rest()]);
    const other = createKernel();
    const node = kernel.createNode();
    const gone = kernel.createNode();
    gone.rescind();
    const { id } = node;
    const set = (key: unknown) => () => domain.keys.set(3, key as KeyLike);
    for (const [key, message] of [
      [undefined, /keys\[3\]: found undefined, expected a key/],
      [null, /found null, expected a key/],
      [5n, /found 5n, expected a key/],
      ["start", /expected a key/],
      [cast.prime, /found a Meter, expected a key: say its `key` or its `serviceKey`/],
      [domain, /found a Domain, expected a key: say its `startKey\(\)` or its `domainKey`/],
      [kernel.createPage(), /found a handle, expected a key: say its `key`/],
      [kernel.createJoin(), /say its `key`/],
      [other.primeMeter.key, /found one of another kernel/],
      [other.createNode(), /found one of another kernel/],
      [{ kind: "start", id, databyte: 256 }, /a databyte from 0 to 255/],
      [{ kind: "start", id, databyte: -1 }, /a databyte from 0 to 255/],
      [{ kind: "start", id: 0, databyte: 0 }, /the id of a node/],
      [{ kind: "page", id, databyte: 1 }, /databyte 0, as all page keys have/],
      [{ kind: "meter", id, databyte: 1 }, /databyte 0, as all meter keys have/],
      [{ kind: "resume", id, databyte: 3, call: 0 }, /a databyte from 0 to 2/],
      [{ kind: "resume", id, databyte: 0 }, /a resume key's call/],
      [{ kind: "resume", id, databyte: 0, call: 2 ** 48 }, /a resume key's call/],
      [{ kind: "misc", name: "toString" }, /one of clock, returner, data/],
      [{ kind: "host", number: 0 }, /a host key made by/],
      [{ kind: "super" }, /other than the super meter key/],
      [{ kind: "hook", id, databyte: 0 }, /a key kind of data, host, node/],
      [{ kind: "data", value: 2n ** 88n }, /2n \*\* 88n - 1n/],
    ] as const) {
      expect(set(key), String(message)).toThrow(refused(message));
    }
    expect(set(gone)).toThrow("was rescinded");
    for (const slot of [-1, 16, 1.5, Number.NaN, "3"]) {
      expect(() => domain.keys.get(slot as number)).toThrow(refused(/keys: slot/));
      expect(() => domain.keys.set(slot as number, DK0)).toThrow(refused(/keys: slot/));
    }
    for (const byte of [-1, 256, 0.5, "0"]) {
      expect(() => domain.startKey(byte as number)).toThrow(refused(/startKey: databyte/));
    }
    expect(domain.keys.get(3)).toEqual(DK0);
  });

  test("a key is copied when it is handed in, each field read once", () => {
    const cast = new Cast();
    const { domain } = cast.play([rest()]);
    let reads = 0;
    const sly = {
      kind: "data",
      get value() {
        return reads++ === 0 ? 7n : 2n ** 100n;
      },
    } as Key;
    domain.keys.set(0, sly);
    expect(domain.keys.get(0)).toEqual(data(7));
    expect(reads).toBe(1);
    const key = { kind: "data", value: 5n };
    domain.keys.set(1, key as Key);
    key.value = 6n;
    expect(domain.keys.get(1)).toEqual(data(5));
    expect(() => Object.assign(ZERO_KEY, { value: 1n })).toThrow();
    expect(() => Object.assign(orders, { type: 1 })).toThrow();
  });

  test("keys to what is rescinded are DK(0), wherever they were", () => {
    const cast = new Cast();
    const { kernel } = cast;
    const { domain } = cast.play([rest()]);
    const server = cast.play([rest()]);
    const [page, join] = [kernel.createPage(), kernel.createJoin()];
    const keys = [server.domain.startKey(1), server.domain.domainKey, page.key, join.key];
    keys.forEach((key, slot) => {
      domain.keys.set(slot, key);
    });
    server.domain.rescind();
    page.rescind();
    join.rescind();
    keys.forEach((key, slot) => {
      expect(domain.keys.get(slot)).toEqual(DK0);
      domain.keys.set(slot, key);
      expect(domain.keys.get(slot)).toEqual(DK0);
    });
    for (const use of [
      () => server.domain.startKey(),
      () => server.domain.domainKey,
      () => server.domain.keys.get(0),
      () => server.domain.keys.set(0, DK0),
      () => server.domain.keeper,
      () => page.key,
      () => page.read(),
      () => page.write(0, "x"),
      () => page.rescind(),
      () => join.key,
      () => join.rescind(),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: "RESCINDED" }));
    }
    expect(findings(kernel)).toEqual([]);
  });

  test("a resume key that is void reads as DK(0)", () => {
    const cast = new Cast();
    const server = cast.play([rest({ take: [null, null, null, 15] }), work(1_000_000)]);
    const client = cast.play([call(0), rest()], { keys: { 0: server.domain.startKey() } });
    cast.runUntil(() => client.domain.state === "waiting" && server.domain.state !== "available");
    const key = server.domain.keys.get(15);
    expect(key).toMatchObject({ kind: "resume", id: client.domain.id, databyte: 1 });
    const node = cast.kernel.createNode();
    node.swap(0, key);
    expect(node.fetch(0)).toEqual(key);
    client.domain.stop();
    expect(server.domain.keys.get(15)).toEqual(DK0);
    expect(node.fetch(0)).toEqual(DK0);
    node.swap(1, key);
    expect(node.fetch(1)).toEqual(DK0);
  });

  test("a program of bursts has no keys to be called by, and none of its own", () => {
    const cast = new Cast();
    const domain = cast.busy("D", cast.prime);
    const state = expect.objectContaining({ code: "WRONG_STATE" });
    expect(() => domain.startKey()).toThrow(state);
    expect(() => domain.keys.get(0)).toThrow(state);
    expect(() => domain.keys.set(0, DK0)).toThrow(state);
    expect(domain.domainKey).toMatchObject({ kind: "domain" });
    domain.keeper = cast.kernel.hostObject(() => {});
    expect(domain.keeper).toMatchObject({ kind: "host" });
  });

  test("createDomain takes keys and a keeper", () => {
    const cast = new Cast();
    const object = cast.kernel.hostObject(() => {});
    const domain = cast.kernel.createDomain({
      ...{ meter: cast.prime, program },
      keys: { 0: object, 15: cast.prime.key, 7: clockKey },
      keeper: object,
    });
    expect(domain.keys.get(0)).toEqual(object);
    expect(domain.keys.get(15)).toMatchObject({ kind: "meter" });
    expect(domain.keys.get(7)).toEqual(clockKey);
    expect(domain.keys.get(1)).toEqual(DK0);
    expect(domain.keeper).toEqual(object);
    domain.keeper = DK0;
    expect(domain.keeper).toEqual(DK0);
  });

  test("a domain that is refused leaves nothing behind", () => {
    const cast = new Cast({ nodes: 16 });
    const { kernel } = cast;
    const page = kernel.createPage();
    const node = kernel.createNode();
    node.rescind();
    const nodes = cast.nodesUsed;
    const frames = kernel.core.exports.framesFree();
    const make = (options: object) => () =>
      kernel.createDomain({ meter: cast.prime, program, ...options } as never);
    for (const [options, message] of [
      [{ keys: { 16: DK0 } }, /keys: no slot "16", expected 0 to 15/],
      [{ keys: { first: DK0 } }, /keys: no slot "first"/],
      [{ keys: { "01": DK0 } }, /keys: no slot "01"/],
      [{ keys: 5 }, /keys: found 5, expected an object of keys by slot/],
      [{ keys: { 3: undefined } }, /keys\[3\]: found undefined/],
      [{ keeper: 5 }, /keeper: found 5, expected a key/],
      [{ keeper: () => {} }, /keeper: found a function, expected a key/],
      [{ pages: 5 }, /pages: found 5, expected an array/],
      [{ pages: [5] }, /pages\[0\]: found 5/],
      [{ pages: [{ page: 5, at: 0x8000 }] }, /pages\[0\]: page: found 5, expected a Page/],
      [
        { pages: [{ page, at: 0x8001 }] },
        /pages\[0\]: at: found 32769, expected a multiple of 4096/,
      ],
      [{ pages: [{ page, at: 0 }] }, /pages\[0\]: at: found 0/],
      [
        { pages: [{ page, at: 0x1000 }] },
        /pages: found 0x1000, expected a place where the program has/,
      ],
      [{ pages: [{ page, at: 0x8000, write: 1 }] }, /pages\[0\]: write: found 1/],
      [
        {
          pages: [
            { page, at: 0x8000 },
            { page, at: 0x8000 },
          ],
        },
        /pages: found 0x8000, where a page or a segment begins already/,
      ],
    ] as const) {
      expect(make(options), String(message)).toThrow(refused(message));
    }
    expect(make({ keys: { 0: node } })).toThrow("was rescinded");
    expect(() =>
      kernel.createDomain({ meter: cast.prime, program: bursts({ run: 1 }), keys: {} }),
    ).toThrow(refused(/keys: found an object, but a program of bursts takes none/));
    while (cast.nodesUsed < 15) kernel.createNode();
    expect(make({ keys: { 0: DK0 } })).toThrow(expect.objectContaining({ code: "NO_NODES" }));
    expect(cast.nodesUsed).toBe(15);
    expect(nodes).toBeLessThan(15);
    expect(kernel.core.exports.framesFree()).toBe(frames);
    page.rescind();
    expect(findings(kernel)).toEqual([]);
  });

  test("createMeter takes any key for a keeper; a refused one leaves nothing behind", () => {
    const cast = new Cast({ nodes: 8 });
    const { kernel } = cast;
    const server = cast.play([rest()]);
    const keeper = server.domain.startKey(4);
    const meter = kernel.createMeter({ superior: cast.prime, keeper });
    expect(meter.keeper).toEqual(keeper);
    expect(meter.node.fetch(2)).toEqual(keeper);
    meter.keeper = cast.prime.key;
    expect(meter.keeper).toEqual({ kind: "meter", id: cast.prime.id, databyte: 0 });
    meter.off();
    meter.keeper = clockKey;
    expect(meter.keeper).toEqual(clockKey);
    expect(meter.node.fetch(2)).toEqual(DK0);
    meter.on(5n);
    expect(meter.node.fetch(2)).toEqual(clockKey);
    meter.keeper = null;
    expect(meter.keeper).toBe(null);
    const nodes = cast.nodesUsed;
    const make = (keeper: unknown) => () =>
      kernel.createMeter({ superior: cast.prime, keeper: keeper as KeyLike });
    expect(make(5)).toThrow(refused(/keeper: found 5, expected a function or a key/));
    expect(make({})).toThrow(refused(/keeper: found an object, expected a key/));
    expect(make(server.domain)).toThrow(refused(/keeper: found a Domain/));
    expect(cast.nodesUsed).toBe(nodes);
    while (cast.nodesUsed < 7) kernel.createNode();
    const own = kernel.hostKey(() => {});
    expect(make(own)).toThrow(expect.objectContaining({ code: "NO_NODES" }));
    expect(make(() => {})).toThrow(expect.objectContaining({ code: "NO_NODES" }));
    expect(kernel.core.hosts.size).toBe(1);
  });

  test("meterOf finds a meter by its service key", () => {
    const cast = new Cast();
    const meter = cast.meter("A", cast.prime, 9n);
    expect(cast.kernel.meterOf(meter.serviceKey)).toBe(meter);
    expect(() => cast.kernel.meterOf({ kind: "meter", id: meter.id, databyte: 0 })).toThrow(
      refused(/found a meter key, expected a Node or a node key/),
    );
    const key = meter.serviceKey;
    meter.rescind();
    expect(() => cast.kernel.meterOf(key)).toThrow("was rescinded");
    expect(() => meter.serviceKey).toThrow("was rescinded");
  });

  test("a keeper of one's own that is set again by its key stays", () => {
    const cast = new Cast();
    let calls = 0;
    const meter = cast.meter("A", cast.prime, 0n, () => {
      calls++;
    });
    meter.keeper = meter.node.fetch(2);
    cast.busy("D", meter);
    cast.run(1000);
    expect(calls).toBe(3);
    meter.rescind();
    expect(cast.kernel.core.hosts.size).toBe(0);
  });
});
