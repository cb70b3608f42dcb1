// Segments in the wrong hands: loops, wrong kinds, places that are taken; and what guests may do with their keys.

import { expect, test } from "vitest";
import { OK, STATUS_RANGE, STATUS_RESCINDED, STATUS_VOID } from "../assembly/codes.js";
import { PAGE_SIZE } from "../assembly/layout.js";
import { allocationOf, indexOf } from "../src/id.js";
import type { Key } from "../src/index.js";
import { orders } from "../src/index.js";
import { DK0 } from "./lab.js";
import { call } from "./puppet.js";
import { BASE, inEveryCore } from "./segment-lab.js";

const BAD = expect.objectContaining({ code: "BAD_OPTION" });

inEveryCore("bad segments", (make) => {
  test("what can't be made is refused, and nothing is kept", () => {
    const lab = make();
    const { kernel } = lab;
    const page = lab.page("a");
    const gone = lab.page("b");
    gone.rescind();
    const top = kernel.createSegment({ level: 5 });
    const nodes = lab.nodesUsed;
    const create = (options: unknown) => () => kernel.createSegment(options as never);
    for (const [options, message] of [
      [{ level: 0 }, "expected a whole number from 1 to 5"],
      [{ level: 6 }, "expected a whole number from 1 to 5"],
      [{ level: 1.5 }, "expected a whole number"],
      [{ slots: 7 }, "expected an object of pages by slot"],
      [{ slots: { 16: page } }, 'no slot "16", expected 0 to 15'],
      [{ slots: { "01": page } }, 'no slot "01"'],
      [{ slots: { 3: page.key } }, "slots[3]: found an object, expected a Page or a Segment"],
      [{ slots: { 3: undefined } }, "slots[3]: found undefined, expected a Page or a Segment"],
      [{ slots: [make().page("other")] }, "slots[0]: found one of another kernel"],
      [{ slots: [top] }, "found a segment of level 5, expected at most 4: a tree has 5 levels"],
      [{ slots: [kernel.createSegment()], level: 1 }, "level: found 1, expected at least 2"],
      [{ pages: [page] }, 'no option "pages"'],
      [{ name: "" }, "expected a text that is not empty"],
      [null, "expected an object of options"],
    ] as const) {
      expect(create(options)).toThrow(BAD);
      expect(create(options)).toThrow(message);
    }
    expect(create({ slots: [gone] })).toThrow(expect.objectContaining({ code: "RESCINDED" }));
    // The one that was made in the list.
    expect(lab.nodesUsed).toBe(nodes + 1);
    const full = make();
    const first = full.page("a");
    while (full.nodesUsed < 511) full.kernel.createSegment({ slots: [first] });
    expect(() => full.kernel.createSegment({ slots: [first] })).toThrow(
      expect.objectContaining({ code: "NO_NODES" }),
    );
    expect(full.findings).toEqual([]);
  });

  test("no segment contains itself, at any depth", () => {
    const lab = make();
    const a = lab.kernel.createSegment({ name: "a" });
    const b = lab.kernel.createSegment({ name: "b", slots: [a] });
    const c = lab.kernel.createSegment({ name: "c", level: 4, slots: { 5: b } });
    const domain = lab.idle([{ segment: c, at: BASE }]);
    expect(() => a.set(0, a)).toThrow(
      "the segment itself, expected one without: it would be a loop",
    );
    expect(() => a.set(0, b)).toThrow("which contains a, expected one without: it would be a loop");
    expect(() => a.set(0, c)).toThrow("which contains a, expected one without: it would be a loop");
    expect(() => b.set(3, c)).toThrow("which contains b");
    const other = lab.kernel.createSegment({ name: "other", level: 2 });
    expect(() => b.set(3, other)).toThrow("level 2, expected level 1 at most in b");
    expect(() => a.set(3, other)).toThrow("level 2, expected a page in a");
    expect([a.get(0), b.get(3)]).toEqual([null, null]);
    for (const use of [
      () => a.set(16, null),
      () => a.set(-1, null),
      () => a.get(0.5),
      () => a.set(0, undefined as never),
      () => a.set(0, a.key as never),
      () => a.set(0, lab.kernel.createNode() as never),
      () => a.set(0, make().page("other")),
    ]) {
      expect(use).toThrow(BAD);
    }
    expect(lab.found(domain)).toEqual({});
    expect(lab.findings).toEqual([]);
  });

  test("taken places, and places beyond the address space: none is mapped", () => {
    const lab = make();
    const { kernel } = lab;
    const [a, b] = lab.pages("a", "b");
    const segment = kernel.createSegment({ slots: { 0: a!, 3: b! } });
    const wide = kernel.createSegment({ level: 4, slots: { 3: segment } });
    const domain = lab.idle([{ page: a!, at: BASE + 7 * PAGE_SIZE }], "D");
    const map = (at: number, tree = segment) => {
      return () => domain.map(tree, at);
    };
    expect(map(BASE + 4 * PAGE_SIZE)).toThrow(
      "found 0x1007000, expected a place where the program",
    );
    expect(map(BASE + 5 * PAGE_SIZE)).toThrow("found 0x1008000, expected one below 0x1008000");
    expect(map(0x8000)).not.toThrow();
    domain.unmap(0x8000);
    expect(map(0xd000)).toThrow("found 0x10000, expected a place where the program has nothing");
    expect(map(BASE, wide)).toThrow("address space ends");
    expect(map(BASE + 7 * PAGE_SIZE)).toThrow("where a page or a segment begins already");
    for (const at of [0, 5, BASE + 1, -4096, 2 ** 32, "0x8000"]) {
      expect(map(at as never)).toThrow(BAD);
    }
    for (const pages of [
      [{ segment, at: 0xd000 }],
      [{ segment, page: a, at: BASE }],
      [{ segment: a, at: BASE }],
      [{ page: segment, at: BASE }],
      [{ at: BASE }],
      [{ segment, at: BASE, write: 1 }],
      [
        { segment, at: BASE },
        { page: b, at: BASE + 3 * PAGE_SIZE },
      ],
      [
        { segment, at: BASE },
        { segment, at: BASE + 3 * PAGE_SIZE },
      ],
      [{ segment: wide, at: 0x3f0_0000 }],
    ]) {
      const [nodes, free] = [lab.nodesUsed, lab.free];
      expect(() => lab.idle(pages as never)).toThrow(BAD);
      expect([lab.nodesUsed, lab.free]).toEqual([nodes, free]);
    }
    expect(lab.found(domain)).toEqual({ 7: "a" });
    // Nothing of it is mapped: they can be rescinded.
    domain.unmap(BASE + 7 * PAGE_SIZE);
    for (const tree of [wide, segment, a!, b!]) tree.rescind();
    expect(lab.findings).toEqual([]);
  });

  test("a slot that can't be shown in one address space is changed in none", () => {
    const lab = make();
    const [a, b, c] = lab.pages("a", "b", "c");
    const segment = lab.kernel.createSegment({ slots: { 1: a! } });
    const pair = lab.kernel.createSegment({ slots: { 0: b!, 2: b! } });
    const outer = lab.kernel.createSegment({ level: 2, slots: { 1: segment } });
    const one = lab.idle([{ segment: outer, at: BASE, write: true }], "one");
    const two = lab.idle(
      [
        { segment: outer, at: BASE },
        { page: c!, at: BASE + 18 * PAGE_SIZE },
      ],
      "two",
    );
    const before = [lab.found(one), lab.found(two)];
    expect(before).toEqual([{ 17: "a" }, { 17: "a", 18: "c" }]);
    expect(() => segment.set(2, b!)).toThrow(
      "set: slot 2: in domain two: found 0x1012000, expected a place where the program has nothing",
    );
    expect(() => outer.set(1, pair)).toThrow("in domain two: found 0x1012000");
    expect([segment.get(2), outer.get(1)]).toEqual([null, segment]);
    expect([lab.found(one), lab.found(two)]).toEqual(before);
    expect(one.machine!.write(BASE + 17 * PAGE_SIZE, new Uint8Array(1))).toBe(true);
    two.unmap(BASE + 18 * PAGE_SIZE);
    outer.set(1, pair);
    expect([lab.found(one), lab.found(two)]).toEqual(
      [before, before].map(() => ({ 16: "b", 18: "b" })),
    );
    expect(lab.findings).toEqual([]);
  });

  test("who holds its key may fetch what is in it, and change nothing", async () => {
    const lab = make();
    const page = lab.page("text");
    const inner = lab.kernel.createSegment({ slots: { 9: page } });
    const segment = lab.kernel.createSegment({ slots: { 1: inner, 2: page } });
    const { key } = segment;
    const node: Key = { kind: "node", id: segment.id, databyte: 0 };
    const invoke = (of: Key, order: number, argument?: Key) =>
      lab.kernel.invoke(of, order, argument);
    expect(invoke(key, orders.type)).toEqual({ code: 0x205, key: DK0 });
    expect(invoke(key, 1)).toEqual({ code: 0, key: inner.key });
    expect(invoke(key, 2)).toEqual({ code: 0, key: page.key });
    expect(invoke(key, 3)).toEqual({ code: 0, key: DK0 });
    const refused = { code: 0x8000_0002, key: DK0 };
    const inputs: readonly [Key, number, Key?][] = [
      [key, 16, DK0],
      [key, orders.swap + 1, page.key],
      [key, orders.clear],
      [key, orders.makeNode],
      ...[orders.fetch + 1, orders.swap + 1, orders.clear, orders.writeData, orders.makeMeter].map(
        (order): [Key, number, Key] => [node, order, page.key],
      ),
      ...(["page", "domain", "start", "meter"] as const).map((kind): [Key, number] => [
        { kind, id: segment.id, databyte: 0 },
        0,
      ]),
      [{ kind: "segment", id: page.id, databyte: 0 }, 0],
    ];
    for (const [of, order, argument] of inputs) {
      expect(invoke(of, order, argument), `${of.kind} ${order}`).toEqual(refused);
    }
    expect([segment.get(1), segment.get(2)]).toEqual([inner, page]);
    // A guest asks for the page, and reads it.
    const { seen, domain } = lab.play(
      [call(0, { order: 1, take: [1] }), call(1, { order: 9, take: [2] }), call(2)],
      { keys: { 0: key } },
    );
    lab.run(200_000);
    expect(seen.log.slice(0, 3)).toMatchObject([
      { order: 0 },
      { order: 0 },
      { order: 0, sent: 4096 },
    ]);
    expect(seen.log[2]!.string.slice(0, 4)).toBe("text");
    expect(domain.keys.get(1)).toEqual(inner.key);
    // Also where its node was taken for a meter's.
    lab.kernel.meterOf({ kind: "node", id: page.id, databyte: 0 });
    page.rescind();
    expect(invoke(key, 2)).toEqual({ code: 0, key: DK0 });
    // A meter that is a segment is no meter.
    const hung = lab.busy("hung", lab.kernel.meterOf(node));
    lab.runUntil(() => hung.trap !== null);
    expect(lab.findings).toEqual([]);
  });

  test("the kernel itself refuses what would be no tree", () => {
    const lab = make();
    const { exports, view } = lab.kernel.core;
    const page = lab.page("a");
    const [a, b] = [lab.kernel.createSegment(), lab.kernel.createSegment({ level: 2 })];
    const gone = lab.page("b");
    const goneKey = gone.key;
    gone.rescind();
    const put = (of: typeof a, slot: number, key: Key) =>
      lab.kernel.core.alone(() => {
        view.setArgument(key);
        return exports.segmentPut(indexOf(of.id), allocationOf(of.id), slot);
      });
    expect(put(a, 0, a.key)).toBe(STATUS_RANGE);
    expect(put(a, 0, b.key)).toBe(STATUS_RANGE);
    expect(put(b, 0, b.key)).toBe(STATUS_RANGE);
    expect(put(b, 16, page.key)).toBe(STATUS_RANGE);
    expect(put(b, 2 ** 31, page.key)).toBe(STATUS_RANGE);
    expect(put(b, 0, { kind: "data", value: 1n })).toBe(STATUS_RANGE);
    expect(put(b, 0, { kind: "data", value: 1n << 80n })).toBe(STATUS_RANGE);
    expect(put(b, 0, { kind: "node", id: page.id, databyte: 0 })).toBe(STATUS_RANGE);
    expect(put(b, 0, { kind: "page", id: a.id, databyte: 0 })).toBe(STATUS_RANGE);
    expect(put(b, 0, { kind: "segment", id: page.id, databyte: 0 })).toBe(STATUS_RANGE);
    expect(put(b, 0, { kind: "segment", id: lab.prime.id, databyte: 0 })).toBe(STATUS_RANGE);
    expect(put(b, 0, goneKey)).toBe(STATUS_VOID);
    expect(put(page as never, 0, DK0)).toBe(STATUS_RANGE);
    expect(put(gone as never, 0, DK0)).toBe(STATUS_RESCINDED);
    expect(put(b, 0, a.key)).toBe(OK);
    expect([exports.segmentCreate(0), exports.segmentCreate(6)]).toEqual([0, 0]);
    const { machine } = lab.idle([{ page, at: BASE }]);
    const map = (at: number, id: number, marks = 2, allocation = exports.nodeAllocation(id)) =>
      lab.kernel.core.still(() =>
        exports.machineMapPage(machine!.address, at, id, allocation, marks),
      );
    const place = BASE / PAGE_SIZE - 100;
    for (const status of [
      map(place, indexOf(page.id), 8),
      map(place, indexOf(page.id), 64),
      map(place, 1),
      map(0, indexOf(page.id)),
      map(BASE / PAGE_SIZE, indexOf(page.id)),
      map(BASE / PAGE_SIZE + 1, indexOf(page.id)),
      map(2 ** 32 - 1, indexOf(page.id)),
    ]) {
      expect(status).toBe(STATUS_RANGE);
    }
    for (const [id, allocation] of [
      [0, 0],
      [100_000, 0],
      [2 ** 32 - 1, 0],
      [indexOf(page.id), 77],
    ] as const) {
      expect(map(place, id, 2, allocation)).toBe(STATUS_RESCINDED);
    }
    // An end that wraps round.
    put(b, 15, page.key);
    expect(map(2 ** 32 - 239, indexOf(b.id))).toBe(STATUS_RANGE);
    const unmap = (at: number, id: number) =>
      exports.machineUnmapPage(machine!.address, at, id, exports.nodeAllocation(id));
    expect(unmap(place, indexOf(page.id))).toBe(STATUS_RANGE);
    expect(unmap(2 ** 32 - 1, indexOf(page.id))).toBe(STATUS_RANGE);
    expect(unmap(place, indexOf(b.id))).toBe(STATUS_RANGE);
    expect(unmap(BASE / PAGE_SIZE, 1)).toBe(STATUS_RANGE);
    expect(exports.nodeFree(indexOf(page.id), allocationOf(page.id))).not.toBe(OK);
    expect(lab.findings).toEqual([]);
  });

  test("a tree that is the same at every turn is walked to its end", () => {
    const lab = make();
    let tree = lab.kernel.createSegment();
    const lowest = tree;
    for (let level = 2; level <= 5; level++) {
      const slots = Array.from({ length: 16 }, () => tree);
      tree = lab.kernel.createSegment({ slots });
    }
    const domain = lab.idle([{ segment: tree, at: PAGE_SIZE }]);
    expect(() => lowest.set(0, lab.page("a"))).toThrow("in domain idle");
    expect(() => tree.set(0, lowest)).not.toThrow();
    domain.rescind();
    const page = lab.page("b");
    lowest.set(3, page);
    expect(() => lab.idle([{ segment: tree, at: BASE }])).toThrow("address space ends");
    page.rescind();
    expect(lab.findings).toEqual([]);
  });
});
