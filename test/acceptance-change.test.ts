// Acceptance: reading, writing, moving and rescinding while caches are out (reference §15.38–48).

import { expect, test } from "vitest";
import { DK0, findings, Lab } from "./lab.js";
import { everywhere, expectRan } from "./variants.js";

const START = 1_000_000n;

/** D under A under B under P, in the middle of a run. */
function running() {
  const lab = new Lab({ advance: 10_000n, quantum: 100 });
  const b = lab.meter("B", lab.prime, START);
  const a = lab.meter("A", b, START);
  const domain = lab.busy("D", a);
  lab.run(1234);
  return { lab, a, b, domain };
}

everywhere("unpreparing, reading, writing", () => {
  test("§15.38 fetching slot 3: the exact value; A and its inferiors unprepared, superiors credited", () => {
    const { lab, a, b, domain } = running();
    const under = lab.meter("A2", a, START);
    const e = lab.busy("E", under);
    lab.run(300);
    const ran = domain.consumed + e.consumed;
    expectRan(ran - 1234n, 300n, 2);
    const all = [lab.prime, b, a, under];
    expect(all.every((meter) => lab.isPrepared(meter))).toBe(true);
    expect(a.node.fetch(3)).toEqual({ kind: "data", value: START - ran });
    expect(all.map((meter) => lab.isPrepared(meter))).toEqual([true, true, false, false]);
    expect([lab.stored(b), lab.cache(domain)]).toEqual([START - ran, 0n]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.38 peek gives the same number and changes nothing (R9)", () => {
    const { lab, a, domain } = running();
    const cache = lab.cache(domain);
    const value = a.peek();
    expect([lab.cache(domain), lab.isPrepared(a)]).toEqual([cache, true]);
    expect(a.counter()).toBe(value);
    expect(lab.isPrepared(a)).toBe(false);
  });

  test.each([4, 5, 6, 10, 11, 12])("§3.2 fetching slot %i unprepares as well", (slot) => {
    const { lab, a } = running();
    a.node.fetch(slot);
    expect(lab.isPrepared(a)).toBe(false);
  });

  test.each([0, 1, 2, 7, 8, 9, 13, 14, 15])("§3.2 fetching slot %i doesn't", (slot) => {
    const { lab, a, domain } = running();
    const cache = lab.cache(domain);
    a.node.fetch(slot);
    expect([lab.isPrepared(a), lab.cache(domain)]).toEqual([true, cache]);
  });

  test("§15.39 reading P: all caches become zero and are borrowed again; Σ consumed + value = initial", () => {
    const lab = new Lab({ advance: 500n, quantum: 100 });
    const initial = lab.prime.peek();
    const domains = [0, 1, 2, 3].map((i) => lab.busy(`D${i}`, lab.meter(`A${i}`, lab.prime)));
    let before = 0n;
    for (let round = 1; round <= 5; round++) {
      lab.run(730);
      const value = lab.prime.counter();
      expect(domains.map((domain) => lab.cache(domain))).toEqual([0n, 0n, 0n, 0n]);
      const consumed = domains.reduce((sum, domain) => sum + domain.consumed, 0n);
      expectRan(consumed - before, 730n, 4);
      expect(consumed + value).toBe(initial);
      before = consumed;
    }
  });

  test.each(["swap", "off"])(
    "§15.40 DK(0) in slot 3 by %s: the old value comes back, all stops",
    (how) => {
      const { lab, a, b, domain } = running();
      const old = how === "off" ? a.off() : (a.node.swap(3, DK0) as { value: bigint }).value;
      expect(old).toBe(START - 1234n);
      lab.run(5000);
      expect([domain.consumed, domain.state]).toEqual([1234n, "parked"]);
      expect(lab.stored(b)).toBe(START - 1234n);
      if (how === "off") a.on(10n);
      else a.add(10n);
      lab.run(5000);
      expect(domain.consumed).toBe(1244n);
    },
  );

  test.each(["swap", "set"])(
    "§15.41 X in slot 3 by %s: after y < X cycles it reads X − y",
    (how) => {
      const { lab, a } = running();
      if (how === "set") a.set(777n);
      else a.node.swap(3, { kind: "data", value: 777n });
      lab.run(100);
      expect(a.counter()).toBe(677n);
      lab.run(10_000);
      expect(a.counter()).toBe(0n);
      expect(findings(lab.kernel)).toEqual([]);
    },
  );

  test("§15.42 another keeper: nothing is unprepared, and the next exhaustion calls it", () => {
    const lab = new Lab();
    const heard: string[] = [];
    const keeper = (name: string) => () => {
      heard.push(name);
      return "decline" as const;
    };
    const a = lab.meter("A", lab.prime, 100n, keeper("old"));
    const domain = lab.busy("D", a);
    lab.run(50);
    const cache = lab.cache(domain);
    a.keeper = keeper("new");
    expect([lab.isPrepared(a), lab.cache(domain)]).toEqual([true, cache]);
    lab.run(100);
    expect(heard).toEqual(["new"]);
  });

  test("§15.43 another superior: caches return to the old ones, the new ones pay from now on", () => {
    const { lab, a, b, domain } = running();
    const other = lab.meter("C", lab.prime, START);
    a.setSuperior(other);
    expect(lab.cache(domain)).toBe(0n);
    lab.run(1000);
    expect([b.peek(), other.peek(), a.peek()]).toEqual([
      START - 1234n,
      START - 1000n,
      START - 2234n,
    ]);
    expect([b.statistics().consumed, other.statistics().consumed]).toEqual([1234n, 1000n]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.44 an identical superior: A remains prepared, the caches untouched", () => {
    const { lab, a, b, domain } = running();
    const cache = lab.cache(domain);
    a.setSuperior(b);
    expect([lab.isPrepared(a), lab.cache(domain)]).toEqual([true, cache]);
  });

  test.each([0, 7, 8, 15])("§3.2 an identical key in slot %i: A remains prepared", (slot) => {
    const { lab, a, domain } = running();
    const cache = lab.cache(domain);
    a.node.swap(slot, a.node.fetch(slot));
    expect([lab.isPrepared(a), lab.cache(domain)]).toEqual([true, cache]);
  });

  test("§15.45 another meter for D: the cache goes to the old chain, the new one is validated later", () => {
    const { lab, a, b, domain } = running();
    const bad = lab.node(lab.prime, 10n);
    bad.swap(4, { kind: "host", number: 1 });
    domain.setMeter(lab.kernel.meterOf(bad));
    expect([lab.cache(domain), lab.stored(a), lab.stored(b)]).toEqual([
      0n,
      START - 1234n,
      START - 1234n,
    ]);
    expect([domain.state, domain.trap, lab.isPrepared(a)]).toEqual(["running", null, true]);
    lab.run(1);
    expect(domain.trap?.code).toBe(0x408);
    expect([a.statistics().consumed, findings(lab.kernel)]).toEqual([1234n, []]);
  });

  test("§15.46 the identical meter for D: its cache is kept", () => {
    const { lab, a, domain } = running();
    const cache = lab.cache(domain);
    domain.setMeter(a.key);
    expect(lab.cache(domain)).toBe(cache);
  });

  test("§15.47 (there is no disk: the slots, at any time) slot 3 is the logical value", () => {
    const { lab, a, domain } = running();
    for (let i = 0; i < 20; i++) {
      lab.run(37 * i);
      expect(a.node.fetch(3)).toEqual({ kind: "data", value: START - domain.consumed });
    }
  });

  test("§15.48 A rescinded: D gets 0x404, superiors have D's cache back, no keeper is called", () => {
    const lab = new Lab({ quantum: 100 });
    const b = lab.meter("B", lab.prime, START);
    const a = lab.meter("A", b, START, () => {});
    const domain = lab.busy("D", a);
    lab.run(1234);
    a.rescind();
    expect([lab.stored(b), lab.cache(domain)]).toEqual([START - 1234n, 0n]);
    lab.run(1);
    expect([domain.trap?.code, lab.calls]).toEqual([0x404, []]);
    expect(b.statistics().consumed).toBe(1234n);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.48 an inferior of a rescinded meter: unprepared, and 0x404 below it", () => {
    const { lab, a, b, domain } = running();
    b.rescind();
    expect([lab.isPrepared(a), a.peek()]).toEqual([false, START - 1234n]);
    lab.run(1);
    expect(domain.trap?.code).toBe(0x404);
    a.setSuperior(lab.prime);
    domain.start();
    lab.run(10);
    expect([domain.consumed, findings(lab.kernel)]).toEqual([1244n, []]);
  });
});
