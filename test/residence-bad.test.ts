// Core residence where something is short, gone, or asked for by the wrong number.

import { expect, test } from "vitest";
import { OK, STATUS_NO_PAGES, STATUS_RANGE, STATUS_WRONG_STATE } from "../assembly/codes.js";
import {
  MARK_COPY,
  MARK_EXEC,
  MARK_FOREIGN,
  MARK_READ,
  MARK_WRITE,
} from "../assembly/riscv/layout.js";
import { indexOf } from "../src/id.js";
import { findings } from "./lab.js";
import { call, exit, rest, work } from "./puppet.js";
import { chargeOf, guest, ResidenceLab, THREE_PAGES } from "./residence-lab.js";
import { addi, codeOf, EXIT, jal, li, SP, sw, ZERO } from "./residence-programs.js";
import { everywhere } from "./variants.js";

const AT = 0x100_0000;
const ALL_ONES = (1n << 64n) - 1n;

everywhere("where pages or frames are short", () => {
  const program = guest("sha256");

  test("a domain is refused at every number of pages below what it needs, and nothing is kept", () => {
    const lab = new ResidenceLab({ pages: 400 }, { nodes: 600 });
    const { kernel } = lab;
    const before = lab.pagesFree;
    kernel.createDomain({ meter: lab.prime, program, memory: 256 << 10 }).rescind();
    expect(lab.pagesFree).toBe(before);
    const probe = kernel.createDomain({ meter: lab.prime, program, memory: 256 << 10 });
    const needed = before - lab.pagesFree;
    probe.rescind();
    const page = kernel.createPage();
    const pages = [{ page, at: AT }];
    const make = () => kernel.createDomain({ meter: lab.prime, program, memory: 256 << 10, pages });
    while (lab.pagesFree > needed) kernel.createPage();
    make().rescind();
    const frames = kernel.core.exports.framesFree();
    const nodes = lab.nodesUsed;
    while (lab.pagesFree > 0) {
      kernel.createPage();
      const free = lab.pagesFree;
      expect(make).toThrow(expect.objectContaining({ code: "NO_PAGES" }));
      expect([lab.pagesFree, kernel.core.exports.framesFree()]).toEqual([free, frames]);
    }
    expect(() => kernel.createPage()).toThrow(expect.objectContaining({ code: "NO_PAGES" }));
    expect(lab.nodesUsed).toBe(nodes + needed);
    expect(findings(kernel)).toEqual([]);
  });

  test("the same of frames, which machines and decoded code are in", () => {
    const lab = new ResidenceLab();
    const { kernel } = lab;
    const { exports } = kernel.core;
    const nodes = lab.nodesUsed;
    const make = () => kernel.createDomain({ meter: lab.prime, program });
    const whole = exports.framesFree();
    const probe = make();
    const needed = whole - exports.framesFree();
    probe.rescind();
    expect(exports.framesFree()).toBe(whole);
    const pages = lab.pagesFree;
    while (exports.framesFree() > needed - 1) exports.allocateRun(1);
    for (let free = needed - 1; free >= 0; free--) {
      expect(make, `${free} frames`).toThrow(expect.objectContaining({ code: "NO_FRAMES" }));
      expect([exports.framesFree(), lab.pagesFree, lab.nodesUsed]).toEqual([free, pages, nodes]);
      exports.allocateRun(1);
    }
  });

  test("a copy on write that was promised is never short of a page", () => {
    const lab = new ResidenceLab({ pages: 200 }, { nodes: 600 });
    const actors = [1, 2, 3].map(() => lab.play([work(1), exit(3)], { isStopped: true }));
    while (lab.pagesFree > 0) lab.kernel.createPage();
    for (const { domain } of actors) domain.start();
    lab.runUntil(() => actors.every(({ domain }) => domain.state === "ended"));
    expect(actors.map(({ domain }) => domain.exitCode)).toEqual([3, 3, 3]);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("a page below the stack is no one's: a recursion without end traps there", () => {
    const lab = new ResidenceLab({ core: 8 });
    const program = codeOf(sw(SP, ZERO, -4), addi(SP, SP, -1024), jal(0, -8));
    const meter = lab.meter("M", lab.prime);
    const domain = lab.kernel.createDomain({ meter, program });
    domain.start();
    lab.runUntil(() => domain.trap !== null);
    const end = Number(lab.kernel.core.view.u32(domain.machine!.address + 4 * SP)) - 4;
    expect(domain.trap).toMatchObject({ code: 0x107, address: end });
    expect(domain.machine!.read(end + 1024, 4)).not.toBe(null);
    expect(domain.machine!.read(end, 1)).toBe(null);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("accounts that are gone while their pages are resident", () => {
  test("who has their nodes next inherits nothing, and loses nothing for them", () => {
    const lab = ResidenceLab.ofOneCycle();
    const { kernel } = lab;
    const olds = ["one", "two"].map((name) => lab.meter(name, lab.prime));
    const actors = olds.map((meter) => lab.play(THREE_PAGES, { meter }));
    lab.runUntil(() => actors.every(({ domain }) => domain.state === "available"));
    const resident = lab.statistics.core - lab.statistics.coreFree;
    expect(resident).toBeGreaterThan(0);
    const indices = olds.map((meter) => indexOf(meter.id));
    for (const old of olds) old.rescind();
    const news = olds.map((_, n) => lab.meter(`new ${n}`, lab.prime));
    expect(news.map((meter) => indexOf(meter.id)).sort()).toEqual([...indices].sort());
    for (const { storage } of news) {
      expect([storage.charged(), storage.own(), storage.faults()]).toEqual([0n, 0n, 0n]);
      expect(storage.peek()).toBe(ALL_ONES);
    }
    for (const { account, first } of kernel.residence.pages()) {
      expect(news.includes(account!) || news.includes(first!)).toBe(false);
    }
    // Where the new one has no storage, the old one's pages don't go out for that.
    news[0]!.storage.set(0n);
    const { evictions } = lab.statistics;
    const poor = lab.play(THREE_PAGES, { meter: news[0]! });
    lab.runUntil(() => lab.statistics.unpaid > 0n || poor.domain.state === "available");
    expect(lab.statistics.evictions).toBe(evictions);
    expect(lab.statistics.core - lab.statistics.coreFree).toBeGreaterThanOrEqual(resident);
    expect(findings(kernel)).toEqual([]);
  });

  test("a domain has one account at a time, whichever it is given", () => {
    const lab = new ResidenceLab({ period: 20_000 });
    const { kernel } = lab;
    const pair = ["one", "two"].map((name) => lab.meter(name, lab.prime));
    const program = guest("sha256");
    expect(() => kernel.createDomain({ meter: pair as never, program })).toThrow(
      "meter: found an object, expected a Meter or a MeterKey",
    );
    const { domain } = lab.play([{ ...work(1000), next: 0 }]);
    for (let round = 0; round < 40; round++) {
      domain.setMeter(pair[round % 2]!);
      lab.run(7_000);
    }
    domain.stop();
    const sum = pair.reduce((all, { storage }) => all + storage.own(), 0n);
    const { charged, faults } = lab.statistics;
    const faulted = pair.reduce((all, { storage }) => all + storage.faults(), 0n);
    expect(sum).toBeGreaterThan(0n);
    expect([charged, faults]).toEqual([
      sum + lab.prime.storage.own(),
      faulted + lab.prime.storage.faults(),
    ]);
    expect(findings(kernel)).toEqual([]);
  });
});

everywhere("calls of the kernel with numbers that mean nothing", () => {
  test("an image's page is mapped only if it is one, where nothing is, by rights that it can have", () => {
    const lab = new ResidenceLab({ pages: 200 }, { nodes: 600 });
    const { exports } = lab.kernel.core;
    const { domain } = lab.play([rest()], {
      isStopped: true,
      pages: [{ page: lab.kernel.createPage(), at: AT }],
    });
    const machine = domain.machine!.address;
    const at = AT / 4096 - 1;
    const image = exports.corePageCreate();
    const users = () => lab.kernel.residence.pages().map(({ number, users }) => [number, users]);
    const before = [users(), lab.pagesFree];
    const map = (guestPage: number, page: number, marks: number) =>
      exports.machineMapCore(machine, guestPage, page, marks);
    // What was a page, one that never was, none, one past the end, and far beyond.
    for (const page of [image + 1, 199, 200, 0, 201, 2 ** 20, 2 ** 31, 2 ** 32 - 1]) {
      expect(map(at, page, MARK_READ), `page ${page}`).toBe(STATUS_RANGE);
    }
    for (const marks of [MARK_WRITE, MARK_WRITE | MARK_EXEC, MARK_FOREIGN, 1, 256, 4096, 2 ** 31]) {
      expect(map(at, image, marks), `marks ${marks}`).toBe(STATUS_RANGE);
    }
    for (const guestPage of [0, 1, AT / 4096, AT / 4096 + 1, 2 ** 20, 2 ** 32 - 1]) {
      expect(map(guestPage, image, MARK_READ), `at ${guestPage}`).toBe(STATUS_RANGE);
    }
    expect([users(), lab.pagesFree]).toEqual(before);
    // A private page of a machine is nobody else's.
    const own = lab.kernel.residence
      .pages()
      .find(({ users, number }) => users === 1 && number !== image)!;
    expect(map(at, own.number, MARK_READ)).toBe(STATUS_RANGE);
    while (lab.pagesFree > 0) lab.kernel.createPage();
    expect(map(at, image, MARK_READ | MARK_WRITE | MARK_COPY)).toBe(STATUS_NO_PAGES);
    expect(map(at, image, MARK_READ)).toBe(OK);
    const { users: now } = lab.kernel.residence.pages().find(({ number }) => number === image)!;
    expect(now).toBe(2);
    expect(exports.residenceOpen(64, 100)).toBe(STATUS_WRONG_STATE);
  });
});

everywhere("the lock process is no more", () => {
  test.each(["rescind", "stop", "off", "rescind its meter"] as const)(
    "%s: pages stay open, nobody pays",
    (how) => {
      const lab = new ResidenceLab({ period: 10_000 });
      const { residence } = lab.kernel;
      const meter = lab.meter("M", lab.prime);
      const { domain } = lab.play([{ ...work(1000), next: 0 }], { meter });
      lab.runUntil(() => lab.statistics.cycles > 3n);
      if (how === "rescind") residence.locker.rescind();
      else if (how === "stop") residence.locker.stop();
      else if (how === "off") residence.meter.off();
      else residence.meter.rescind();
      lab.run(20_000);
      const before = [lab.statistics.cycles, meter.storage.charged(), lab.statistics.faults];
      lab.run(100_000);
      expect([lab.statistics.cycles, meter.storage.charged(), lab.statistics.faults]).toEqual(
        before,
      );
      expect(domain.trap).toBe(null);
      residence.set({ period: 5000, phase: "random" });
      lab.run(20_000);
      expect(lab.statistics.cycles).toBe(before[0]);
      // Who comes now pays once, for good.
      const { domain: late } = lab.play(THREE_PAGES, { meter });
      lab.runUntil(() => late.state === "available");
      expect(meter.storage.charged()).toBeGreaterThan(before[1]!);
      expect(findings(lab.kernel)).toEqual([]);
      if (how === "stop") residence.locker.start();
      else if (how === "off") residence.meter.on(ALL_ONES);
      else return;
      lab.runUntil(() => lab.statistics.cycles > before[0]!);
      expect(findings(lab.kernel)).toEqual([]);
    },
  );
});

everywhere("periods, at run time", () => {
  test("from the shortest to the longest and back: each charge is by the period it is made in", () => {
    const lab = new ResidenceLab({ period: 1000 });
    const { residence } = lab.kernel;
    let told = 0n;
    const amounts = new Set<bigint>();
    lab.kernel.on("charge", ({ amount }) => {
      told += amount;
      amounts.add(amount);
    });
    for (const _ of [1, 2, 3]) lab.play([{ ...work(200), next: 0 }]);
    const periods = [1000, 1_600_000_000, 1001, 1_599_999_999, 1000];
    for (const period of periods) {
      residence.set({ period });
      lab.run(30_000);
    }
    for (const period of [0, -1, 999, 1_600_000_001, 2 ** 32, 1000.5, Number.NaN, "1000"]) {
      expect(() => residence.set({ period } as never)).toThrow(
        expect.objectContaining({ code: "BAD_OPTION" }),
      );
    }
    for (const domain of lab.kernel.domains()) domain.stop();
    lab.run(1);
    expect(residence.period).toBe(1000);
    expect(told).toBe(lab.statistics.charged + lab.statistics.unowned);
    expect([...amounts].every((amount) => periods.map(chargeOf).includes(amount))).toBe(true);
    expect(amounts.size).toBeGreaterThan(1);
    expect(findings(lab.kernel)).toEqual([]);
  });
});

everywhere("keepers whose pages are out of core", () => {
  test("a trap keeper comes from the drum, mends, and the domain goes on", () => {
    const lab = new ResidenceLab({ core: 8, latency: 20_000, period: 1_600_000_000 });
    const page = lab.kernel.createPage();
    const keeper = lab.play([rest({ take: [null, null, 0, 1] }), call(2), { ...rest(), slot: 1 }], {
      name: "keeper",
    });
    keeper.domain.keys.set(
      2,
      lab.kernel.hostObject(() => domain.map(page, AT)),
    );
    const program = codeOf(...li(5, AT), 0x0002a503, ...EXIT);
    const domain = lab.kernel.createDomain({
      ...{ meter: lab.prime, program },
      keeper: keeper.domain.startKey(),
      pages: [{ page: lab.kernel.createPage(), at: AT }],
    });
    domain.unmap(AT);
    lab.runUntil(() => keeper.domain.state === "available");
    // Others take its frames.
    const others = [1, 2, 3, 4].map(() => lab.play(THREE_PAGES));
    lab.runUntil(() => others.every(({ domain }) => domain.state === "available"));
    domain.start();
    lab.runUntil(() => domain.state === "ended");
    expect(domain.exitCode).toBe(0);
    expect(keeper.seen.entry(0)).toMatchObject({ order: 0x8000_0105, sent: 12 });
    expect(findings(lab.kernel)).toEqual([]);
  });
});
