// Acceptance: time, who pays for it, and what holds for the whole tree, with guests that call each other
// (reference §15.63–68).

import { expect, test } from "vitest";
import type { Domain } from "../src/index.js";
import type { Guest } from "./gates/guest.js";
import { GateLab, KT } from "./gates/lab.js";
import { findings } from "./lab.js";
import { everywhere } from "./variants.js";

everywhere("time and the whole tree, with domains that call", () => {
  /** C calls S `times` times, for ever with 0; each has a meter of its own. */
  function talking(lab: GateLab, times = 0) {
    const [cm, sm] = [lab.meter("CM", lab.prime, 10n ** 9n), lab.meter("SM", lab.prime, 10n ** 9n)];
    const s = lab.guest("S", sm, (guest) => {
      guest.return({ receive: [0, 1, 2, 3] });
      guest.forever(() => guest.return({ key: 3, order: 4, receive: [0, 1, 2, 3] }));
    });
    lab.until(() => s.state === "available");
    const begun = s.consumed;
    let round = 0;
    const write = (guest: Guest) => {
      const body = () => {
        const before = guest.count;
        guest.call({ key: 0, order: 1 });
        round = guest.count - before;
      };
      if (times === 0) guest.forever(body);
      else guest.times(times, 20, body).exit();
    };
    const c = lab.guest("C", cm, write, { keys: { 0: s.startKey() } });
    return { cm, sm, s, c, begun, round };
  }

  test("§15.63 (cycles, not ticks) D pays what it ran and no more: a cache ends at 0, without a debt", () => {
    // A slice is longer than the cache, then as long, then shorter.
    for (const advance of [100_000n, 160_000n, 160_001n]) {
      const lab = new GateLab({ advance, quantum: 160_000 });
      const a = lab.meter("A", lab.prime, 1_000_000n);
      const k = lab.listener("K", lab.prime);
      a.node.swap(2, k.startKey());
      const d = lab.guest("D", a, (guest) => guest.spin(0));
      lab.run(Number(advance));
      const left = lab.kernel.core.still(() => lab.cache(d));
      expect([d.consumed + left, a.peek()]).toEqual([advance, 1_000_000n - d.consumed]);
      lab.until(() => lab.log(k).length === 1, 5000);
      expect([d.consumed, a.peek(), lab.cache(d)]).toEqual([1_000_000n, 0n, 0n]);
      a.add(7n);
      d.start();
      lab.until(() => lab.log(k).length === 2);
      expect([d.consumed, a.peek()]).toEqual([1_000_007n, 0n]);
    }
  });

  test("§15.64 caller and server each pay for what they ran, from every meter above and no other", () => {
    const lab = new GateLab({ quantum: 70 });
    const { cm, sm, s, c, begun, round } = talking(lab, 50);
    lab.until(() => c.state === "ended");
    // Three to begin with, three to end; a round is the call, counting and the branch.
    expect(c.consumed).toBe(3n + BigInt(50 * (round + 2)) + 3n);
    expect(cm.peek()).toBe(10n ** 9n - c.consumed);
    expect(sm.peek()).toBe(10n ** 9n - s.consumed);
    // All but the first of its rounds begin with a jump.
    expect((s.consumed - begun + 1n) % 50n).toBe(0n);
    expect(lab.prime.statistics().consumed).toBe(c.consumed + s.consumed);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.66 D makes kernel calls only: its chain is charged for the kernel time, too", () => {
    const consumed = (invoke: number) => {
      const lab = new GateLab({ kernelCosts: { invoke } });
      const a = lab.meter("A", lab.prime, 1_000_000n);
      const chest = lab.kernel.createNode();
      const write = (guest: Guest) =>
        guest.times(40, 20, () => guest.call({ key: 0, order: KT })).exit();
      const d = lab.guest("D", a, write, { keys: { 0: chest.nodeKey() } });
      lab.until(() => d.state === "ended");
      expect(a.peek()).toBe(1_000_000n - d.consumed);
      expect(lab.kernel.statistics().kernelWork).toBe(BigInt(40 * invoke));
      expect(findings(lab.kernel)).toEqual([]);
      return d.consumed;
    };
    const plain = consumed(0);
    expect(consumed(7) - plain).toBe(280n);
  });

  test("§15.66 a jump to another domain is charged to who invokes", () => {
    const consumed = (invoke: number) => {
      const lab = new GateLab({ kernelCosts: { invoke } });
      const { cm, sm, s, c } = talking(lab, 30);
      lab.until(() => c.state === "ended" && s.state === "available");
      expect([cm.peek(), sm.peek()]).toEqual([10n ** 9n - c.consumed, 10n ** 9n - s.consumed]);
      expect(findings(lab.kernel)).toEqual([]);
      return [c.consumed, s.consumed];
    };
    const [plain, dear] = [consumed(0), consumed(9)];
    // The caller for 30 calls; the server for as many returns, and its first.
    expect(dear[0]! - plain[0]!).toBe(270n);
    expect(dear[1]! - plain[1]!).toBe(279n);
  });

  test("§15.67 prime zeroed in the midst of calls: everything stops; restored, it goes on", () => {
    const lab = new GateLab({ quantum: 100 });
    const pairs = [0, 1, 2].map(() => talking(lab));
    const consumed = () => pairs.map(({ c, s }) => [c.consumed, s.consumed]);
    lab.run(5000);
    const old = lab.prime.off();
    const before = consumed();
    lab.run(5000);
    expect(consumed()).toEqual(before);
    expect(findings(lab.kernel)).toEqual([]);
    lab.prime.on(old);
    lab.until(() =>
      consumed().every(([c, s], i) => c! > before[i]![0]! + 100n && s! > before[i]![1]! + 100n),
    );
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("§15.68 at rest, amid calls: counter = stored + Σ caches below; nothing below a dry one", () => {
    const lab = new GateLab({ quantum: 60, advance: 500n });
    const k = lab.keeper("K", lab.prime, 900n);
    lab.until(() => k.state === "available");
    const pairs = [0, 1, 2].map(() => talking(lab));
    const dry = lab.kernel.createMeter({ superior: lab.prime, cycles: 0n, keeper: k.startKey() });
    for (const { cm } of pairs) cm.setSuperior(dry);
    const meters = [lab.prime, dry, ...pairs.flatMap(({ cm, sm }) => [cm, sm])];
    const domains = [...lab.kernel.domains()];
    const above = (domain: Domain) => {
      const list = [];
      for (let meter = domain.meter; meter; meter = meter.superior) list.push(meter);
      return list;
    };
    for (let round = 0; round < 60; round++) {
      lab.run(97);
      lab.kernel.core.still(() => {
        for (const meter of meters.filter((one) => lab.isPrepared(one))) {
          const below = domains.filter((domain) => above(domain).includes(meter));
          const caches = below.reduce((sum, domain) => sum + lab.cache(domain), 0n);
          expect(meter.peek()).toBe(lab.stored(meter) + caches);
          if (caches > 0n) expect(lab.isDry(meter)).toBe(false);
        }
      });
      expect(findings(lab.kernel)).toEqual([]);
    }
    expect(lab.log(k).length).toBeGreaterThan(0);
  });
});
