// Segments: what is in a tree of them is in the address spaces that show it, and follows every change.

import { expect, test } from "vitest";
import { PAGE_SIZE } from "../assembly/layout.js";
import { text } from "./cast.js";
import { call, rest } from "./puppet.js";
import { BASE, inEveryCore } from "./segment-lab.js";

inEveryCore("segments", (make) => {
  test("a slot of level n covers 16^(n-1) pages from its place times that", () => {
    const lab = make();
    const { kernel } = lab;
    const [a, b, c, d] = lab.pages("a", "b", "c", "d") as [never, never, never, never];
    const low = kernel.createSegment({ name: "low", slots: { 0: a, 15: b } });
    const middle = kernel.createSegment({ name: "middle", slots: { 1: low, 3: c } });
    const high = kernel.createSegment({ slots: [d, middle] });
    expect([low, middle, high].map(({ level, size }) => [level, size])).toEqual([
      [1, 16],
      [2, 256],
      [3, 4096],
    ]);
    expect([low.get(0), low.get(1), middle.get(1), high.get(0)]).toEqual([a, null, low, d]);
    const domain = lab.idle([{ segment: high, at: BASE }]);
    const found = { 0: "d", [256 + 16]: "a", [256 + 31]: "b", [256 + 48]: "c" };
    expect(lab.found(domain, 600)).toEqual(found);
    expect(lab.findings).toEqual([]);
  });

  test("a level that is given leaves room: smaller ones begin where their slot does", () => {
    const lab = make();
    const [a, b] = lab.pages("a", "b");
    const low = lab.kernel.createSegment({ slots: { 2: a! } });
    const high = lab.kernel.createSegment({ level: 3, slots: { 0: low } });
    expect(high.level).toBe(3);
    const domain = lab.idle([{ segment: high, at: BASE }]);
    expect(lab.found(domain)).toEqual({ 2: "a" });
    high.set(1, b!);
    expect(lab.found(domain)).toEqual({ 2: "a", 256: "b" });
    expect(lab.kernel.createSegment().level).toBe(1);
    expect(lab.kernel.createSegment({ level: 5 }).size).toBe(16 ** 5);
  });

  test("guests read and write what is in it, and only where they may", () => {
    const lab = make();
    const page = lab.page("old text");
    const segment = lab.kernel.createSegment({ slots: { 4: page } });
    const heard: string[] = [];
    const object = lab.kernel.hostObject(({ string }) => {
      heard.push(text(string));
      return { string: "new text" };
    });
    const at = BASE + 4 * PAGE_SIZE;
    const step = { ...call(0), raw: { 12: at, 13: 8, 15: at, 16: 8 } };
    const actors = [true, false].map((write) => {
      const { domain } = lab.play([step, rest()], {
        ...{ keys: { 0: object }, isStopped: true, pages: [{ segment, at: BASE, write }] },
      });
      return domain;
    });
    for (const domain of actors) {
      domain.start();
      lab.run(200_000);
    }
    expect(heard).toEqual(["old text"]);
    expect(text(page.read(0, 8))).toBe("new text");
    expect(actors[0]!.state).toBe("available");
    expect(actors[1]!.trap).toMatchObject({ code: 0x107, address: at });
  });

  test("what is put into a slot, and taken out of it, is so in all address spaces that have it", () => {
    const lab = make();
    const { kernel } = lab;
    const [a, b] = lab.pages("a", "b");
    const low = kernel.createSegment({ slots: { 1: a! } });
    // One has it twice, once by way of another.
    const high = kernel.createSegment({ slots: { 0: low, 2: low } });
    const one = lab.idle([
      { segment: high, at: BASE },
      { segment: low, at: BASE + 64 * PAGE_SIZE },
    ]);
    const two = lab.idle();
    expect(() => two.map(b!, BASE)).toThrow("ends");
    const three = lab.idle([{ segment: low, at: BASE, write: true }]);
    expect(lab.found(one)).toEqual({ 1: "a", 33: "a", 65: "a" });
    low.set(0, b!);
    expect(lab.found(one)).toEqual({ 0: "b", 1: "a", 32: "b", 33: "a", 64: "b", 65: "a" });
    expect(lab.found(three)).toEqual({ 0: "b", 1: "a" });
    expect(three.machine!.write(BASE, new TextEncoder().encode("B"))).toBe(true);
    expect(one.machine!.write(BASE, new Uint8Array(1))).toBe(false);
    low.set(1, b!);
    expect(lab.found(one)).toEqual({ 0: "B", 1: "B", 32: "B", 33: "B", 64: "B", 65: "B" });
    low.set(0, null);
    expect(lab.found(one)).toEqual({ 1: "B", 33: "B", 65: "B" });
    high.set(0, null);
    expect(lab.found(one)).toEqual({ 33: "B", 65: "B" });
    high.set(1, low);
    expect(lab.found(one)).toEqual({ 17: "B", 33: "B", 65: "B" });
    expect(lab.findings).toEqual([]);
  });

  test("unmapping takes all of it away, by the address it begins at", () => {
    const lab = make();
    const segment = lab.kernel.createSegment({ slots: lab.pages("a", "b", "c") });
    const domain = lab.idle([{ segment, at: BASE }]);
    expect(() => domain.unmap(BASE + PAGE_SIZE)).toThrow(
      expect.objectContaining({ code: "WRONG_STATE" }),
    );
    expect(lab.found(domain)).toEqual({ 0: "a", 1: "b", 2: "c" });
    domain.unmap(BASE);
    expect(lab.found(domain)).toEqual({});
    expect(() => domain.unmap(BASE)).toThrow("no page or segment");
    domain.map(segment, BASE);
    segment.set(1, null);
    domain.unmap(BASE);
    segment.set(1, lab.page("d"));
    expect(lab.found(domain)).toEqual({});
  });

  test("a page that is rescinded is out of every segment and address space", () => {
    const lab = make();
    const [a, b] = lab.pages("a", "b") as [
      ReturnType<typeof lab.page>,
      ReturnType<typeof lab.page>,
    ];
    const low = lab.kernel.createSegment({ slots: { 0: a, 1: b, 2: a } });
    const high = lab.kernel.createSegment({ level: 2, slots: { 0: low, 1: a } });
    const domain = lab.idle([
      { segment: high, at: BASE },
      { page: a, at: 0x8000 },
    ]);
    const free = lab.free;
    a.rescind();
    expect(lab.free).toBe(free + 1);
    expect(lab.found(domain)).toEqual({ 1: "b" });
    expect(domain.machine!.read(0x8000, 1)).toBe(null);
    expect([low.get(0), low.get(1), high.get(1)]).toEqual([null, b, null]);
    // Its node is another's now.
    const c = lab.page("c");
    expect(lab.found(domain)).toEqual({ 1: "b" });
    low.set(0, c);
    expect(lab.found(domain)).toEqual({ 0: "c", 1: "b" });
    expect(lab.findings).toEqual([]);
  });

  test("a segment that is rescinded takes what it shows with it, and leaves its pages", () => {
    const lab = make();
    const { kernel } = lab;
    const [a, b] = lab.pages("a", "b");
    const low = kernel.createSegment({ slots: { 0: a! } });
    const high = kernel.createSegment({ slots: { 0: low, 1: b! } });
    const domain = lab.idle([
      { segment: high, at: BASE },
      { segment: low, at: BASE + 64 * PAGE_SIZE },
    ]);
    const { key } = low;
    low.rescind();
    expect(lab.found(domain)).toEqual({ 16: "b" });
    expect(high.get(0)).toBe(null);
    for (const use of [
      () => low.get(0),
      () => low.set(0, a!),
      () => low.key,
      () => low.rescind(),
      () => high.set(0, low),
      () => domain.map(low, BASE),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: "RESCINDED" }));
    }
    domain.keys.set(0, key);
    expect(domain.keys.get(0)).toEqual({ kind: "data", value: 0n });
    high.rescind();
    expect(lab.found(domain)).toEqual({});
    expect([text(a!.read(0, 1)), text(b!.read(0, 1))]).toEqual(["a", "b"]);
    b!.rescind();
    expect(lab.findings).toEqual([]);
  });

  test("all comes back: nodes, frames or pages", () => {
    const lab = make();
    const { kernel } = lab;
    lab.idle().rescind();
    const [nodes, free] = [lab.nodesUsed, lab.free];
    for (let round = 0; round < 4; round++) {
      const pages = lab.pages("a", "b", "c");
      const low = kernel.createSegment({ slots: pages });
      const high = kernel.createSegment({ slots: { 0: low, 7: pages[0]! } });
      const domain = lab.idle([{ segment: high, at: BASE, write: true }]);
      const last = [() => domain.rescind(), () => high.rescind(), () => low.rescind()];
      const order = [...last.slice(round % 3), ...last.slice(0, round % 3)];
      if (round === 3) for (const page of pages) page.rescind();
      for (const act of order) act();
      if (round !== 3) for (const page of pages) page.rescind();
    }
    expect([lab.nodesUsed, lab.free]).toEqual([nodes, free]);
    expect(lab.findings).toEqual([]);
  });

  test("slots change under domains that run", () => {
    const lab = make();
    const [a, b] = lab.pages("first  a", "second b");
    const segment = lab.kernel.createSegment({ slots: { 1: a! } });
    const heard = new Set<string>();
    const object = lab.kernel.hostObject(({ string }) => {
      heard.add(text(string));
    });
    const step = { ...call(0), raw: { 12: BASE + PAGE_SIZE, 13: 8 }, next: 0 };
    const domains = [1, 2, 3].map(() => {
      const pages = [{ segment, at: BASE }];
      return lab.play([step], { keys: { 0: object }, pages }).domain;
    });
    for (let round = 0; round < 30; round++) {
      heard.clear();
      segment.set(1, round % 2 === 0 ? b! : a!);
      lab.runUntil(() => heard.size > 0);
      expect([...heard]).toEqual([round % 2 === 0 ? "second b" : "first  a"]);
    }
    for (const domain of domains) expect(domain.trap).toBe(null);
    segment.set(1, null);
    lab.runUntil(() => domains.every((domain) => domain.trap !== null));
    expect(domains[0]!.trap).toMatchObject({ code: 0x105, address: BASE + PAGE_SIZE });
    segment.set(1, a!);
    heard.clear();
    for (const domain of domains) domain.start();
    lab.runUntil(() => heard.size > 0);
    expect(lab.findings).toEqual([]);
  });
});
