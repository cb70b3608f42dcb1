// Acceptance: borrowing and scavenging (reference §15.21–37, 67a, 67b).

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadElf } from "../src/index.js";
import { guestFile } from "./guests.js";
import { ADVANCE, findings, Lab } from "./lab.js";
import { everywhere } from "./variants.js";

const BILLION = 1_000_000_000n;

everywhere("borrowing", () => {
  test("§15.21 dispatched once: A, P and the cache change by 80,000,000, logical counters by what ran", () => {
    const lab = new Lab();
    const prime = lab.prime.peek();
    const a = lab.meter("A", lab.prime, BILLION);
    const domain = lab.busy("D", a);
    lab.run(1);
    expect(lab.refills).toEqual([["D", ADVANCE]]);
    expect([lab.stored(a), lab.stored(lab.prime)]).toEqual([BILLION - ADVANCE, prime - ADVANCE]);
    expect(lab.cache(domain)).toBe(ADVANCE - 1n);
    expect([a.peek(), lab.prime.peek()]).toEqual([BILLION - 1n, prime - 1n]);
  });

  test("§15.22 A = 100: the cache becomes 100, A stores 0, P is lower by 100", () => {
    const lab = new Lab();
    const prime = lab.prime.peek();
    const a = lab.meter("A", lab.prime, 100n);
    lab.busy("D", a);
    lab.run(1);
    expect(lab.refills).toEqual([["D", 100n]]);
    expect([lab.stored(a), lab.stored(lab.prime)]).toEqual([0n, prime - 100n]);
  });

  test("§15.23 A = 10^9 under B = 7: D gets 7 and both fall by 7", () => {
    const lab = new Lab();
    const b = lab.meter("B", lab.prime, 7n);
    const a = lab.meter("A", b, BILLION);
    lab.busy("D", a);
    lab.run(1);
    expect(lab.refills).toEqual([["D", 7n]]);
    expect([lab.stored(a), lab.stored(b)]).toEqual([BILLION - 7n, 0n]);
  });

  test("§15.24 B = 0 above A = 10^9: nothing changes, the keeper of B is called", () => {
    const lab = new Lab();
    const prime = lab.prime.peek();
    const b = lab.meter("B", lab.prime, 0n, () => "decline");
    const a = lab.meter("A", b, BILLION, () => "decline");
    const domain = lab.busy("D", a);
    lab.run(1);
    expect(lab.calls).toEqual([["D", "B"]]);
    expect([a.peek(), b.peek(), lab.prime.peek()]).toEqual([BILLION, 0n, prime]);
    expect([domain.consumed, lab.stored(a)]).toEqual([0n, BILLION]);
  });

  test("§15.25 A = 0 and B = 0: the keeper of A, the nearest, is called; B's isn't (R5)", () => {
    const lab = new Lab();
    const b = lab.meter("B", lab.prime, 0n, () => "decline");
    const a = lab.meter("A", b, 0n, () => "decline");
    lab.busy("D", a);
    lab.run(1);
    expect(lab.calls).toEqual([["D", "A"]]);
  });

  test("§15.26 a borrow that fails high in the chain changes no counter", () => {
    const lab = new Lab();
    const chain = lab.chain(10);
    chain[0]!.set(0n);
    lab.busy("D", chain.at(-1)!);
    lab.run(1);
    expect(lab.parks).toEqual([["D", "C0"]]);
    for (const meter of chain.slice(1)) expect(lab.stored(meter)).toBe(1_000_000n);
  });

  test("§15.27 a cache consumed exactly: every meter of the chain is lower by it", () => {
    const lab = new Lab({ advance: 5000n });
    const prime = lab.prime.peek();
    const chain = lab.chain(5);
    const domain = lab.busy("D", chain.at(-1)!);
    lab.run(5000);
    expect(lab.cache(domain)).toBe(0n);
    for (const meter of chain)
      expect([meter.peek(), lab.stored(meter)]).toEqual([995_000n, 995_000n]);
    expect(lab.prime.peek()).toBe(prime - 5000n);
  });

  test("§15.28 an evicted domain's rest comes back to every meter; logical counters don't change", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, BILLION);
    const domain = lab.busy("D", a);
    lab.run(20_000_000);
    expect(lab.cache(domain)).toBe(60_000_000n);
    const before = [a.peek(), lab.prime.peek()];
    domain.unprepare();
    expect(lab.cache(domain)).toBe(0n);
    expect([a.peek(), lab.prime.peek()]).toEqual(before);
    expect([lab.stored(a), lab.stored(lab.prime)]).toEqual(before);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.28 at its end a domain's rest comes back, too", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, BILLION);
    const domain = lab.domain("D", a, { run: 50, times: 2 });
    lab.run(1000);
    expect([domain.state, lab.cache(domain), lab.stored(a)]).toEqual(["ended", 0n, BILLION - 100n]);
  });

  test("§15.67b no refill ever gives more than 80,000,000, nor more than the advance", () => {
    for (const advance of [undefined, 1000n]) {
      const lab = new Lab(advance ? { advance } : {});
      const a = lab.meter("A", lab.prime);
      lab.sleepy("D1", a, 90_000_000);
      lab.busy("D2", a);
      lab.run(200_000_000);
      const most = lab.refills.reduce((max, [, n]) => (n > max ? n : max), 0n);
      expect(most).toBe(advance ?? ADVANCE);
    }
  });

  test("R6 after a scavenge, too, a refill is at most the advance", () => {
    const lab = new Lab({ advance: 50n, quantum: 10 });
    const a = lab.meter("A", lab.prime, 100n);
    for (const name of ["D1", "D2"]) lab.sleepy(name, a);
    lab.run(10);
    lab.busy("D3", a);
    lab.run(200);
    expect(lab.refills.filter(([name]) => name === "D3").map(([, n]) => n)).toEqual([50n, 48n]);
  });

  test("R16 a rest too small for the next instruction goes back with the refill", () => {
    const costs = { alu: 3, load: 7, store: 11, branch: 5, jump: 13, multiply: 17 };
    const lab = new Lab({ frames: 1024, costs, advance: 19n, quantum: 40 });
    const a = lab.meter("A", lab.prime, 20_000n);
    const program = loadElf(readFileSync(guestFile("spin")));
    const domain = lab.kernel.createDomain({ name: "D", meter: a, program });
    domain.start();
    for (let i = 0; i < 30; i++) {
      lab.run(997);
      expect([findings(lab.kernel), a.peek()]).toEqual([[], 20_000n - domain.consumed]);
    }
    expect([domain.state, a.peek() < 17n]).toEqual(["parked", true]);
    a.add(20n);
    lab.run(100);
    expect(domain.consumed > 20_000n).toBe(true);
  });

  test("R11 a tapered advance is an eighth of the smallest counter, but a quantum at least", () => {
    const lab = new Lab({ tapered: true, quantum: 100, advance: 10_000n });
    const b = lab.meter("B", lab.prime, 8000n);
    lab.busy("D", lab.meter("A", b, 1_000_000n));
    lab.run(8000);
    const amounts = lab.refills.map(([, n]) => n);
    expect(amounts.slice(0, 3)).toEqual([1000n, 875n, 765n]);
    expect(amounts.at(-1)! <= 100n).toBe(true);
    expect(amounts.slice(0, -1).every((n) => n >= 100n)).toBe(true);
    expect(b.peek()).toBe(0n);
  });
});

everywhere("scavenging", () => {
  test("§15.29 a stale cache is taken in pass 1, a fresh one is spared and marked", () => {
    const lab = new Lab({ quantum: 10, advance: 40n });
    const a = lab.meter("A", lab.prime, 80n);
    const stale = lab.sleepy("D1", a);
    const fresh = lab.sleepy("D3", a);
    lab.run(5);
    expect([lab.cache(stale), lab.cache(fresh), lab.stored(a)]).toEqual([39n, 39n, 0n]);
    lab.markStale(stale);
    lab.busy("D2", a);
    lab.run(1);
    expect(lab.refills.at(-1)).toEqual(["D2", 39n]);
    expect([lab.cache(stale), lab.cache(fresh)]).toEqual([0n, 39n]);
    expect([lab.isStale(stale), lab.isStale(fresh)]).toEqual([false, true]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.30 D1 not stale: pass 1 spares it, pass 2 takes it, no keeper is called", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, ADVANCE, () => "decline");
    const d1 = lab.sleepy("D1", a);
    lab.run(2);
    const { scavenges } = lab.kernel.statistics();
    lab.busy("D2", a);
    lab.run(1);
    expect(lab.kernel.statistics().scavenges - scavenges).toBe(2n);
    expect(lab.refills.at(-1)).toEqual(["D2", ADVANCE - 1n]);
    expect([lab.cache(d1), lab.isStale(d1)]).toEqual([0n, false]);
    expect(lab.calls).toEqual([]);
  });

  test("§15.31 A = 0 and dry: the keeper is called without a walk of the tree", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, 10n, () => "decline");
    for (let i = 0; i < 5; i++) lab.sleepy(`D${i}`, a, 2);
    lab.run(11);
    const last = lab.busy("E1", a);
    lab.run(1);
    expect([last.state, lab.isDry(a)]).toEqual(["parked", true]);
    const { visits, scavenges } = lab.kernel.statistics();
    lab.busy("E2", a);
    lab.run(1);
    expect(lab.calls.at(-1)).toEqual(["E2", "A"]);
    expect(lab.kernel.statistics()).toMatchObject({ visits, scavenges });
  });

  test("§15.32 A stores 5 and D1 holds 80,000,000: D2 gets 5, D1 isn't disturbed", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, ADVANCE + 5n);
    const d1 = lab.sleepy("D1", a);
    lab.run(2);
    const d2 = lab.busy("D2", a);
    lab.run(1);
    expect(lab.refills).toEqual([
      ["D1", ADVANCE],
      ["D2", 5n],
    ]);
    expect([lab.cache(d1), lab.cache(d2)]).toEqual([ADVANCE - 1n, 4n]);
  });

  test("§15.33 B dry above A1 and A2: D1's cache goes back to A1, B and all above; D2 is given", () => {
    const lab = new Lab();
    const prime = lab.prime.peek();
    const b = lab.meter("B", lab.prime, 1000n);
    const [a1, a2] = [lab.meter("A1", b, 5000n), lab.meter("A2", b, 600n)];
    const d1 = lab.sleepy("D1", a1, 100);
    lab.run(101);
    expect([lab.cache(d1), lab.stored(a1), lab.stored(b)]).toEqual([900n, 4000n, 0n]);
    const d2 = lab.busy("D2", a2);
    lab.run(1);
    expect(lab.refills.at(-1)).toEqual(["D2", 600n]);
    expect([lab.cache(d1), lab.cache(d2)]).toEqual([0n, 599n]);
    expect([lab.stored(a1), lab.stored(a2), lab.stored(b)]).toEqual([4900n, 0n, 300n]);
    expect(lab.stored(lab.prime)).toBe(prime - 700n);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.34 being dispatched takes the stale mark off: the next pass 1 spares it", () => {
    const lab = new Lab({ quantum: 10, advance: 40n });
    const a = lab.meter("A", lab.prime, 80n);
    const d1 = lab.domain("D1", a, { run: 1, wait: 5 });
    lab.run(2);
    lab.markStale(d1);
    lab.run(6);
    expect(lab.isStale(d1)).toBe(false);
    const d3 = lab.sleepy("D3", a);
    lab.run(2);
    lab.markStale(d3);
    d1.stop();
    lab.busy("D2", a);
    lab.run(1);
    expect([lab.cache(d1), lab.isStale(d1), lab.cache(d3)]).toEqual([38n, true, 0n]);
  });

  test("R7 pass 2 takes what is wanted; who keeps a cache is stale and, unless he runs, next", () => {
    for (const runs of [false, true]) {
      const lab = new Lab({ quantum: 10, advance: 40n });
      const a = lab.meter("A", lab.prime, 120n);
      const sleepers = ["D1", "D3", "D4"].map((name) => lab.sleepy(name, a));
      lab.run(5);
      const d2 = lab.busy("D2", a);
      lab.run(1);
      const left = sleepers.filter((domain) => lab.cache(domain) > 0n);
      expect(left.map((domain) => [lab.cache(domain), lab.isStale(domain)])).toEqual([[39n, true]]);
      expect([lab.stored(a), lab.refills.at(-1)]).toEqual([38n, ["D2", 40n]]);
      // D2 uses what it borrowed, then the 38 that are stored; then only the sleeper's 39 are there.
      if (runs) left[0]!.start();
      while (d2.consumed < 78n) lab.run(1);
      const { scavenges } = lab.kernel.statistics();
      lab.run(2);
      const passes = lab.kernel.statistics().scavenges - scavenges;
      expect([lab.cache(left[0]!), passes]).toEqual([0n, runs ? 2n : 1n]);
      expect(findings(lab.kernel)).toEqual([]);
    }
  });

  test("§15.35 a scavenge that spared nobody sets dry; one that spared somebody leaves it clear", () => {
    const lab = new Lab({ quantum: 10, advance: 40n });
    const a = lab.meter("A", lab.prime, 80n);
    const [a1, a2] = [lab.meter("A1", a), lab.meter("A2", a)];
    const d1 = lab.sleepy("D1", a1);
    const d2 = lab.sleepy("D2", a2);
    lab.run(5);
    expect([a, a1, a2].map((meter) => lab.isDry(meter))).toEqual([false, false, false]);
    lab.markStale(d1);
    const below = lab.busy("D3", a);
    lab.run(1);
    // D1 was taken and its meter is dry, D2 was spared.
    expect([a, a1, a2].map((meter) => lab.isDry(meter))).toEqual([false, true, false]);
    expect([lab.isStale(d2), lab.cache(below)]).toEqual([true, 38n]);
    a.recall();
    expect([a, a1, a2].map((meter) => lab.isDry(meter))).toEqual([true, true, true]);
  });

  test("§15.36 a successful borrow clears dry on the whole chain", () => {
    const lab = new Lab();
    const chain = lab.chain(6);
    lab.busy("D", chain.at(-1)!);
    lab.run(1);
    lab.prime.recall();
    expect(chain.every((meter) => lab.isDry(meter))).toBe(true);
    lab.run(1);
    expect([lab.prime, ...chain].some((meter) => lab.isDry(meter))).toBe(false);
  });

  test("§15.37 all consumed to zero: dry may be clear; then two passes find nothing, keeper called", () => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime, 10n, () => "decline");
    const d1 = lab.busy("D1", a);
    lab.run(10);
    expect([lab.isDry(a), lab.cache(d1), a.peek()]).toEqual([false, 0n, 0n]);
    const { scavenges } = lab.kernel.statistics();
    lab.run(1);
    expect(lab.kernel.statistics().scavenges - scavenges).toBe(2n);
    expect([lab.isDry(a), lab.calls]).toEqual([true, [["D1", "A"]]]);
  });

  test("§15.67a A = 10 under B = 0 whose 80,000,000 D1 holds: D2 gets exactly 10 (R6)", () => {
    const lab = new Lab();
    // D1 must run for a cycle to hold the rest: all figures are one less.
    const b = lab.meter("B", lab.prime, ADVANCE);
    const a = lab.meter("A", b, 10n);
    const d1 = lab.sleepy("D1", b);
    lab.run(2);
    expect([lab.cache(d1), lab.stored(b)]).toEqual([ADVANCE - 1n, 0n]);
    const d2 = lab.busy("D2", a);
    lab.run(1);
    expect(lab.refills.at(-1)).toEqual(["D2", 10n]);
    expect([lab.stored(a), lab.stored(b)]).toEqual([0n, ADVANCE - 1n - 10n]);
    expect([lab.cache(d1), lab.cache(d2)]).toEqual([0n, 9n]);
    expect(findings(lab.kernel)).toEqual([]);
  });
});
