// What nobody should do: each a clear error or trap, conservation intact, nothing for the checker to find.

import { describe, expect, test } from "vitest";
import {
  CounterOverflowError,
  type KeeperMessage,
  type Key,
  OptionError,
  StateError,
} from "../src/index.js";
import { DK0, findings, Lab } from "./lab.js";
import { attempt } from "./sides.js";

const ALL = 2n ** 64n - 1n;
const never = (): Promise<never> => new Promise(() => {});

describe("meters spoiled while domains run below", () => {
  const kinds = ["node", "fetch", "sense", "meter", "domain", "host"] as const;

  test.each([0, 3, 4, 5, 6, 7, 8, 10, 11, 12, 15])("slot %i × every kind of key", (slot) => {
    for (const kind of kinds) {
      const lab = new Lab({ quantum: 10, advance: 100n });
      const a = lab.meter("A", lab.prime, 1000n, () => {});
      const domain = lab.busy("D", lab.meter("B", a, 1000n));
      lab.run(55);
      const good = slot === 3 ? { kind: "data" as const, value: 945n } : a.node.fetch(slot);
      const key: Key =
        kind === "host"
          ? { kind, number: 7 }
          : { kind, id: lab.prime.id, databyte: kind === "meter" ? 0 : 1 };
      a.node.swap(slot, key);
      expect(attempt(() => a.peek())).toBe("MALFORMED_METER");
      expect(attempt(() => a.set(5n))).toBe("MALFORMED_METER");
      expect(attempt(() => a.add(5n))).toBe("MALFORMED_METER");
      lab.run(100);
      expect([domain.trap?.code, domain.consumed], kind).toEqual([0x408, 55n]);
      expect(lab.calls).toEqual([]);
      expect(findings(lab.kernel)).toEqual([]);
      a.node.swap(slot, good);
      domain.start();
      lab.run(45);
      expect([domain.consumed, a.peek(), domain.trap]).toEqual([100n, 900n, null]);
      expect(findings(lab.kernel)).toEqual([]);
    }
  });

  test("the chain is cut, looped and made too deep in the middle of a run, and mended", () => {
    const lab = new Lab({ quantum: 10, advance: 64n });
    const chain = lab.chain(19);
    const domain = lab.busy("D", chain.at(-1)!);
    const top = chain[0]!;
    const between = lab.meter("between", lab.prime);
    const acts: [() => void, number][] = [
      [() => top.node.swap(1, DK0), 0x404],
      [() => top.setSuperior(chain[9]!), 0x40c],
      [() => top.setSuperior(between), 0x410],
      [() => top.node.swap(1, { kind: "meter", id: domain.id, databyte: 0 }), 0x40c],
    ];
    for (const [spoil, code] of acts) {
      lab.run(33);
      spoil();
      lab.run(10);
      expect(domain.trap?.code).toBe(code);
      expect(findings(lab.kernel)).toEqual([]);
      top.setSuperior(lab.prime);
      domain.start();
    }
    expect([domain.consumed, top.statistics().consumed]).toEqual([132n, 132n]);
  });

  test.each(["node", "meter"] as const)(
    "a change above which there is no chain, but a %s key, wakes nobody who is parked beyond it",
    (kind) => {
      const lab = new Lab();
      const a = lab.meter("A", lab.prime, 0n);
      const parked = lab.busy("D", a);
      lab.run(1);
      const m = lab.meter("M", lab.prime);
      // A node key to the meter, or a meter key to the root of the domain that has its key.
      m.node.swap(1, { kind, id: kind === "node" ? a.id : parked.id, databyte: 0 });
      m.setSuperior(lab.prime);
      lab.run(1);
      expect([parked.state, lab.parks.length]).toEqual(["parked", 1]);
    },
  );

  test("the prime meter keeps the super key and can't be rescinded", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime);
    for (const act of [
      () => lab.prime.setSuperior(a),
      () => lab.prime.node.swap(1, DK0),
      () => lab.prime.node.clear(),
      () => lab.prime.rescind(),
    ]) {
      expect(act).toThrow(StateError);
      expect(act).toThrow(/prime/);
    }
    const domain = lab.busy("D", a);
    lab.run(10);
    expect(domain.consumed).toBe(10n);
  });

  test("the super key can be seen, but not put anywhere", () => {
    const lab = new Lab();
    const key = lab.prime.node.fetch(1);
    expect(key).toEqual({ kind: "super" });
    const a = lab.meter("A", lab.prime);
    expect(() => a.node.swap(1, key)).toThrow(OptionError);
    expect(a.superior).toBe(lab.prime);
  });
});

describe("counters at their ends", () => {
  test.each([0n, 1n, 2n, ALL - 1n, ALL])("a counter of %i", (cycles) => {
    const lab = new Lab({ quantum: 10 });
    const a = lab.meter("A", lab.prime, cycles);
    const domain = lab.busy("D", a);
    lab.run(100);
    const ran = cycles < 100n ? cycles : 100n;
    expect([domain.consumed, a.peek()]).toEqual([ran, cycles - ran]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("past 2^64 − 1: refused while caches are out, too, and nothing has changed", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, ALL);
    const domain = lab.busy("D", a);
    lab.run(10);
    const cache = lab.cache(domain);
    expect(() => a.add(11n)).toThrow(CounterOverflowError);
    expect(() => a.add(11n)).toThrow(/2\^64 - 1/);
    expect([a.peek(), lab.cache(domain)]).toEqual([ALL - 10n, cache]);
    a.add(10n);
    expect([a.peek(), findings(lab.kernel)]).toEqual([ALL, []]);
  });

  test("granted wraps as a counter does, and still adds up", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, ALL);
    const domain = lab.busy("D", a);
    for (let i = 0; i < 4; i++) {
      lab.run(1000);
      a.set(ALL);
    }
    expect([domain.consumed, a.statistics().granted]).toEqual([4000n, 3999n]);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

describe("keepers that misbehave", () => {
  test("one that throws, one that never answers, one that answers twice: others go on", () => {
    const lab = new Lab({ quantum: 10 });
    const errors: unknown[] = [];
    lab.kernel.on("keeperError", (e) => errors.push(e.error));
    const messages: KeeperMessage[] = [];
    const thrower = lab.meter("T", lab.prime, 5n, () => {
      throw new RangeError("no");
    });
    const silent = lab.meter("S", lab.prime, 5n, never);
    const twice = lab.meter("W", lab.prime, 5n, (message) => {
      messages.push(message);
      message.meter.add(10n);
      expect([message.restart(), message.restart(), message.decline()]).toEqual([
        true,
        false,
        false,
      ]);
    });
    const domains = [thrower, silent, twice, lab.prime].map((meter) => lab.busy(meter.name, meter));
    lab.run(200);
    expect(domains.map(({ state }) => state)).toEqual([
      "parked",
      "waiting",
      messages.length > 0 ? "ready" : "",
      "running",
    ]);
    expect(errors).toEqual([new RangeError("no")]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test.each(["restart", "decline", "throw", "later"])(
    "one that rescinds its own meter, then: %s",
    (then) => {
      const lab = new Lab({ quantum: 10 });
      const errors: unknown[] = [];
      lab.kernel.on("keeperError", ({ error }) => errors.push(error));
      const b = lab.meter("B", lab.prime, 1000n);
      let late: KeeperMessage | undefined;
      const a = lab.meter("A", b, 5n, (message) => {
        message.meter.rescind();
        if (then === "throw") throw new Error("and throws");
        if (then === "decline") return "decline";
        if (then !== "later") return undefined;
        late = message;
        return never();
      });
      const [d1, d2] = [lab.busy("D1", a), lab.busy("D2", a)];
      lab.run(100);
      if (then === "later") {
        expect(d1.state).toBe("waiting");
        expect(late!.decline()).toBe(true);
        lab.run(100);
      }
      expect(errors).toHaveLength(then === "throw" ? 1 : 0);
      expect([d1.trap?.code, d2.trap?.code]).toEqual([0x404, 0x404]);
      expect([b.peek(), b.statistics().consumed]).toEqual([995n, 5n]);
      expect(findings(lab.kernel)).toEqual([]);
    },
  );

  test.each(["stop", "end", "move", "rescind"])(
    "one whose domain is gone when it answers: %s",
    (what) => {
      const lab = new Lab({ quantum: 10 });
      const messages: KeeperMessage[] = [];
      const a = lab.meter("A", lab.prime, 5n, (message) => {
        messages.push(message);
        return never();
      });
      const [d1, d2] = [lab.busy("D1", a), lab.busy("D2", a)];
      lab.run(100);
      if (what === "stop") d1.stop();
      else if (what === "rescind") d1.rescind();
      else if (what === "move") d1.setMeter(lab.prime);
      else {
        d1.stop();
        d1.start();
      }
      const isAwaited = what === "move";
      expect(messages[0]!.decline()).toBe(isAwaited);
      lab.run(100);
      if (what === "move") expect(d1.consumed > 5n).toBe(true);
      expect([messages[0]!.restart(), d2.state]).toEqual([false, "waiting"]);
      expect(findings(lab.kernel)).toEqual([]);
    },
  );

  test("declined after the counter was raised: the domain goes on", () => {
    const lab = new Lab();
    const messages: KeeperMessage[] = [];
    const a = lab.meter("A", lab.prime, 0n, (message) => {
      messages.push(message);
      return never();
    });
    const domain = lab.busy("D", a);
    lab.run(1);
    a.add(50n);
    messages[0]!.decline();
    lab.run(50);
    expect(domain.consumed).toBe(50n);
  });

  test("one that hangs on a node without a handle", () => {
    const lab = new Lab();
    const heard: string[] = [];
    const node = lab.node(lab.prime, 0n);
    node.swap(
      2,
      lab.kernel.hostKey(({ meter }) => {
        heard.push(meter.name);
        meter.add(10n);
      }),
    );
    const a = lab.meter("A", lab.prime);
    a.node.swap(1, node.meterKey());
    const domain = lab.busy("D", a);
    lab.run(10);
    expect([domain.consumed, heard.length]).toEqual([10n, 1]);
    node.swap(2, { kind: "host", number: 4711 });
    lab.run(10);
    expect(domain.state).toBe("parked");
    expect(findings(lab.kernel)).toEqual([]);
  });
});

test("keys that no kernel would make are refused by name", () => {
  const lab = new Lab({});
  const { node } = lab.meter("A", lab.prime, 1n);
  const { id } = node;
  const refused = (key: unknown) => expect(() => node.swap(9, key as Key));
  refused({ kind: "toString", id, databyte: 0 }).toThrow(/expected a key kind of data, host, node/);
  refused({ kind: "meter", id, databyte: 1 }).toThrow(/expected databyte 0/);
  refused({ kind: "node", id, databyte: 256 }).toThrow(/expected a databyte from 0 to 255/);
  refused({ kind: "super" }).toThrow(/expected a key other than the super meter key/);
  refused(null).toThrow(/expected a key, such as/);
  expect(node.fetch(9)).toEqual({ kind: "data", value: 0n });
});
