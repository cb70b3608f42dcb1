// Crowds that stall on one domain: who is let in and when, and that nobody is stranded behind one who can't
// go on (the worrier, §4.5). A million of them is a bench: bench/gates.ts.

import { expect, test } from "vitest";
import { STATISTIC_STALLS, STATISTIC_WORRIES } from "../assembly/processor-layout.js";
import { bursts, type Domain } from "../src/index.js";
import type { Guest } from "./gates/guest.js";
import { GateLab, KEEPER_ORDER, turn } from "./gates/lab.js";
import { DK0, findings } from "./lab.js";
import { everywhere, processors } from "./variants.js";

const CROWD = 1200;

/** A keeper that is busy, with an object of the host, from its first message until `answer`. */
function busyKeeper(lab: GateLab, adds: bigint) {
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const write = (guest: Guest) => {
    guest
      .return({ receive: [0, 1, 2, 3] })
      .log()
      .call({ key: 5, order: 1 });
    guest.forever(() => {
      guest.call({ key: 2, order: 16 + 3, keys: [4] });
      guest.return({ key: 3, receive: [0, 1, 2, 3] }).log();
    });
  };
  const keys = { 4: { kind: "data", value: adds }, 5: lab.kernel.hostObject(() => held) } as const;
  const k = lab.guest("K", lab.prime, write, { keys });
  lab.run(300);
  return { k, answer };
}

/** Domains that run one cycle each, all under a dry meter kept by K; all but one have stalled on K. */
function crowd(adds: bigint) {
  const lab = new GateLab({ nodes: CROWD + 64, quantum: 100, trace: false });
  const { k, answer } = busyKeeper(lab, adds);
  const keeper = k.startKey();
  const a = lab.kernel.createMeter({ name: "A", superior: lab.prime, cycles: 0n, keeper });
  const program = bursts({ run: 1, times: 1 });
  const domains = Array.from({ length: CROWD }, () => {
    const domain = lab.kernel.createDomain({ meter: a, program });
    domain.start();
    return domain;
  });
  lab.until(() => domains.every(({ state }) => state === "waiting"), 5000);
  expect(lab.orders(k)).toEqual([KEEPER_ORDER]);
  expect(lab.kernel.core.view.statistic(STATISTIC_STALLS)).toBeGreaterThanOrEqual(
    BigInt(CROWD - 1),
  );
  return { lab, k, answer, a, domains };
}

const count = (domains: readonly Domain[], state: string) =>
  domains.filter((domain) => domain.state === state).length;

everywhere("a crowd", () => {
  test("stalled on a keeper: once there are cycles all run, and K is not called again", async () => {
    const { lab, k, answer, a, domains } = crowd(BigInt(2 * CROWD));
    expect(findings(lab.kernel)).toEqual([]);
    answer();
    await turn();
    lab.until(() => count(domains, "ended") === CROWD, 5000);
    expect([lab.log(k).length, a.peek()]).toEqual([1, BigInt(CROWD)]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("the keeper gives a little at a time: each is served in the end, in as many calls as it takes", async () => {
    const { lab, k, answer, a, domains } = crowd(100n);
    answer();
    await turn();
    lab.until(() => count(domains, "ended") === CROWD, 5000);
    expect(a.statistics().consumed).toBe(BigInt(CROWD));
    const calls = lab.log(k).length;
    // Two who run dry at once on two processors have a call each.
    expect(calls).toBeGreaterThanOrEqual(CROWD / 100);
    expect(calls).toBeLessThan((CROWD / 100) * (processors() + 1));
    expect(findings(lab.kernel)).toEqual([]);
  });

  test.each(["rescind", "another keeper", "meter on"])("waiting in vain: %s", (how) => {
    const { lab, k, a, domains } = crowd(1n);
    if (how === "rescind") k.rescind();
    else if (how === "another keeper") {
      a.node.swap(2, DK0);
      // Who has stalled stays so until K is available; its domain key makes it that.
      expect(lab.kernel.invoke(k.domainKey, 65).code).toBe(0);
    } else a.set(BigInt(2 * CROWD));
    if (how === "meter on") {
      expect(lab.kernel.invoke(k.domainKey, 65).code).toBe(0);
      // All but the one whose message K has taken.
      lab.until(() => count(domains, "ended") === CROWD - 1, 5000);
      expect(count(domains, "waiting")).toBe(1);
    } else {
      lab.until(() => count(domains, "parked") === CROWD - 1, 5000);
    }
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("rescinded one after the other while they are stalled, from both ends and the middle", async () => {
    const { lab, answer, domains } = crowd(BigInt(CROWD));
    for (let i = 0; i < 400; i++) {
      const place = i % 3 === 0 ? 0 : i % 3 === 1 ? domains.length - 1 : domains.length >> 1;
      domains.splice(place, 1)[0]!.rescind();
      if (i % 100 === 0) expect(findings(lab.kernel)).toEqual([]);
    }
    answer();
    await turn();
    lab.until(() => count(domains, "ended") === domains.length, 5000);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("the worrier", () => {
  test("the first staller's meter is dry: it is parked, and the others behind it are let in", async () => {
    const lab = new GateLab({ quantum: 100 });
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const s = lab.guest(
      "S",
      lab.prime,
      (guest) => {
        guest.return({ receive: [8, 9, 10, 11] }).call({ key: 5, order: 1 });
        guest.forever(() => guest.return({ key: 11, order: 3, receive: [8, 9, 10, 11] }).log());
      },
      { keys: { 5: lab.kernel.hostObject(() => held) } },
    );
    lab.run(300);
    const client = (i: number) => {
      const meter = lab.meter(`M${i}`, lab.prime, 1_000_000n);
      const write = (guest: Guest) =>
        guest
          .call({ key: 0, order: 100 + i })
          .log()
          .exit();
      return lab.guest(`C${i}`, meter, write, { keys: { 0: s.startKey(i) } });
    };
    const clients = [0, 1, 2, 3, 4, 5].map((i) => {
      const domain = client(i);
      // So that they stall in this order.
      lab.until(() => domain.state === "waiting", 5000);
      return domain;
    });
    const dry = [1, 3];
    const counters = dry.map((i) => clients[i]!.meter!.off());
    answer();
    await turn();
    const others = clients.filter((_, i) => !dry.includes(i));
    lab.until(() => others.every(({ state }) => state === "ended"), 5000);
    expect(dry.map((i) => clients[i]!.state)).toEqual(["parked", "parked"]);
    expect(lab.kernel.core.view.statistic(STATISTIC_WORRIES)).toBeGreaterThan(0n);
    // Who is first where several processors run is nobody's promise.
    const heard = lab.orders(s);
    expect(processors() === 1 ? heard : heard.toSorted()).toEqual([102, 104, 105]);
    dry.forEach((i, n) => {
      clients[i]!.meter!.on(counters[n]!);
    });
    lab.until(() => clients.every(({ state }) => state === "ended"), 5000);
    expect(clients.map((domain) => lab.orders(domain))).toEqual(clients.map(() => [3]));
    expect(lab.orders(s).toSorted()).toEqual([101, 102, 103, 104, 105]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("each pass does bounded work: the ready are not held up by a crowd that is let in", async () => {
    const { lab, answer, domains } = crowd(BigInt(2 * CROWD));
    const other = lab.busy("other", lab.prime);
    answer();
    await turn();
    lab.run(500);
    // One each quantum: where there is another processor it has nothing else to do, and lets in more.
    if (processors() === 1) {
      expect(other.consumed).toBeGreaterThan(400n);
      expect(count(domains, "ended")).toBeLessThan(20);
    }
    lab.until(() => count(domains, "ended") === CROWD, 5000, 2000);
    expect(other.consumed).toBeGreaterThan(0n);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

// The checker takes long over so many; it looks at the smaller crowds.
test("a million who stall on one keeper: all are let in, and nothing is lost", () => {
  const million = 1_000_000;
  const lab = new GateLab({ nodes: million + 64, quantum: 100, trace: false });
  const { k } = busyKeeper(lab, 1n);
  const keeper = k.startKey();
  const a = lab.kernel.createMeter({ name: "A", superior: lab.prime, cycles: 0n, keeper });
  const program = bursts({ run: 1, times: 1 });
  for (let i = 0; i < million; i++) lab.kernel.createDomain({ meter: a, program }).start();
  expect(lab.run(million)).toBe("waiting");
  const { view } = lab.kernel.core;
  expect(view.statistic(STATISTIC_STALLS)).toBe(BigInt(million - 1));
  // The keeper is made available before its object answers: who it had been called for waits on.
  a.set(BigInt(million));
  expect(lab.kernel.invoke(k.domainKey, 65).code).toBe(0);
  lab.run(10 * million);
  expect(a.statistics().consumed).toBe(BigInt(million - 1));
  expect([lab.log(k).length, a.peek()]).toEqual([1, 1n]);
});
