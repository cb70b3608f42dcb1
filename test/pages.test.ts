// Pages: read and written by the host and by keys, mapped by several domains at once.

import { expect, test } from "vitest";
import { clockKey, loadElf, orders } from "../src/index.js";
import { Cast, text } from "./cast.js";
import { DK0, findings } from "./lab.js";
import { call, type Message, Puppet, rest, type Step, work } from "./puppet.js";
import { everywhere } from "./variants.js";

const AT = 0x8000;
const program = loadElf(new Puppet([rest()]).elf());

/** Sends what lies at an address of its own memory. */
const show = (slot: number, address: number, message: Message = {}): Step => ({
  ...call(slot, message),
  raw: { 12: address, 13: 8 },
});

everywhere("pages", () => {
  test("the host reads and writes", () => {
    const { kernel } = new Cast();
    const page = kernel.createPage("ledger");
    expect([page.name, page.read()]).toEqual(["ledger", new Uint8Array(4096)]);
    page.write(4090, "abcdef");
    expect(text(page.read(4090))).toBe("abcdef");
    expect(text(page.read(4091, 2))).toBe("bc");
    page.write(0, new Uint8Array(4096).fill(7));
    expect(page.read()).toEqual(new Uint8Array(4096).fill(7));
    expect([page.read(4096), page.read(3, 0)]).toEqual([new Uint8Array(0), new Uint8Array(0)]);
    page.write(4096, "");
    // What it answers is a copy.
    page.read().fill(0);
    expect(page.read(0, 1)).toEqual(new Uint8Array([7]));
    for (const use of [
      () => page.read(-1),
      () => page.read(4097),
      () => page.read(4000, 97),
      () => page.read(0.5),
      () => page.write(4090, "seven b"),
      () => page.write(-1, ""),
      () => page.write(0, 5 as never),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
    }
    expect(page.read(0, 1)).toEqual(new Uint8Array([7]));
  });

  test("page keys read and write from an offset on, and clear", async () => {
    const cast = new Cast();
    const page = cast.kernel.createPage();
    const { seen } = cast.play(
      [
        call(0, { order: orders.writePage + 4090, string: "abcdef" }),
        call(0, { order: orders.readPage + 4091 }),
        call(0, { order: orders.writePage + 4090, string: "too long" }),
        call(0, { order: 9999 }),
        call(0, { order: orders.type }),
      ],
      { keys: { 0: page.key } },
    );
    cast.run(100_000);
    expect(seen.log.slice(0, 5)).toMatchObject([
      { order: 0, sent: 0 },
      { order: 0, sent: 5, string: "bcdef" },
      { order: 2, sent: 0 },
      { order: 0x8000_0002 },
      { order: 0x202 },
    ]);
    expect(text(page.read(4090))).toBe("abcdef");
    expect((await cast.kernel.call(page.key, { order: orders.clearPage })).order).toBe(0);
    expect(page.read()).toEqual(new Uint8Array(4096));
  });

  test("two domains and the host see the same bytes", () => {
    const cast = new Cast();
    const page = cast.kernel.createPage();
    // Each sends 8 bytes of it to the host.
    const heard: string[] = [];
    const object = cast.kernel.hostObject(({ string }) => {
      heard.push(text(string));
    });
    const readers = [AT, 0xa000].map((at) => {
      const { domain } = cast.play([show(0, at), rest()], { keys: { 0: object }, isStopped: true });
      domain.map(page, at);
      return domain;
    });
    page.write(0, "to every");
    for (const domain of readers) domain.start();
    cast.run(10_000);
    expect(heard).toEqual(["to every", "to every"]);
    // One takes an answer right into it.
    const writer = cast.play([{ ...call(0, { order: 7 }), raw: { 15: AT + 8, 16: 8 } }, rest()], {
      keys: { 0: clockKey },
      isStopped: true,
    });
    writer.domain.map(page, AT, { write: true });
    writer.domain.start();
    cast.run(10_000);
    expect(writer.seen.log[0]).toMatchObject({ order: 0, stored: 8 });
    expect(new DataView(page.read(8, 8).buffer).getBigUint64(0)).toBeGreaterThan(0n);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("a page that may not be written takes no answer: trap 0x107", () => {
    const cast = new Cast();
    const page = cast.kernel.createPage();
    const { domain } = cast.play([{ ...call(0, { order: 7 }), raw: { 15: AT, 16: 8 } }], {
      ...{ keys: { 0: clockKey }, isStopped: true },
    });
    domain.map(page, AT);
    domain.start();
    cast.run(10_000);
    expect(domain.trap).toMatchObject({ code: 0x107, address: AT });
    domain.unmap(AT);
    domain.map(page, AT, { write: true });
    domain.start();
    cast.run(10_000);
    expect(domain.state).toBe("available");
  });

  test("a page that is unmapped, or rescinded, is no longer there", () => {
    const cast = new Cast();
    const [one, two] = [cast.kernel.createPage(), cast.kernel.createPage()];
    const object = cast.kernel.hostObject(() => {});
    const actor = () => {
      const steps = [show(0, AT), { ...show(0, AT), next: 0 }];
      const { domain } = cast.play(steps, { keys: { 0: object }, isStopped: true });
      domain.map(one, AT);
      domain.map(one, 0xa000);
      domain.map(two, 0x9000);
      domain.start();
      return domain;
    };
    const [a, b] = [actor(), actor()] as const;
    cast.run(1000);
    a.unmap(AT);
    cast.runUntil(() => a.trap !== null);
    expect(a.trap).toMatchObject({ code: 0x105, address: AT });
    expect(b.trap).toBe(null);
    one.rescind();
    cast.runUntil(() => b.trap !== null);
    expect(b.trap).toMatchObject({ code: 0x105, address: AT });
    expect(() => b.unmap(AT)).toThrow(expect.objectContaining({ code: "WRONG_STATE" }));
    expect(() => a.map(one, AT)).toThrow("was rescinded");
    b.rescind();
    two.rescind();
    expect(() => a.unmap(0x9000)).toThrow(expect.objectContaining({ code: "WRONG_STATE" }));
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("frames and nodes come back: of pages, and of domains that have some", () => {
    const cast = new Cast();
    const { kernel } = cast;
    const frames = kernel.core.exports.framesFree();
    const nodes = cast.nodesUsed;
    for (let round = 0; round < 3; round++) {
      const page = kernel.createPage();
      const domain = kernel.createDomain({
        ...{ meter: cast.prime, program },
        pages: [
          { page, at: AT },
          { page, at: 0x300_0000, write: true },
        ],
      });
      if (round === 0) domain.rescind();
      page.rescind();
      if (round > 0) domain.rescind();
    }
    expect(kernel.core.exports.framesFree()).toBe(frames);
    expect(cast.nodesUsed).toBe(nodes);
  });

  test("what can't be mapped is refused, and nothing has changed", () => {
    const cast = new Cast();
    const page = cast.kernel.createPage();
    const other = new Cast().kernel.createPage();
    const { domain } = cast.play([rest()]);
    const map = (at: unknown, of: unknown = page, options: object = {}) => {
      return () => domain.map(of as never, at as number, options);
    };
    for (const use of [
      ...[0, 1, 0x8004, -4096, 2 ** 32, 0x1000, 0x2000, 0x10000, "0x8000"].map((at) => map(at)),
      map(AT, other),
      map(AT, page.key),
      map(AT, null),
      map(AT, page, { write: "yes" }),
      map(AT, page, { execute: true }),
      map(0x3ff_f000),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
    }
    expect(() => domain.unmap(AT)).toThrow(expect.objectContaining({ code: "WRONG_STATE" }));
    expect(() => domain.unmap(0x2000)).toThrow(expect.objectContaining({ code: "WRONG_STATE" }));
    const busy = cast.busy("D", cast.prime);
    expect(() => busy.map(page, AT)).toThrow(expect.objectContaining({ code: "WRONG_STATE" }));
    const key = page.key;
    page.rescind();
    domain.keys.set(0, key);
    expect(domain.keys.get(0)).toEqual(DK0);
    expect(map(AT)).toThrow("was rescinded");
  });

  test("a page is mapped into a domain that runs, and out again", () => {
    const cast = new Cast();
    const page = cast.kernel.createPage();
    const actors = [1, 2, 3].map(() =>
      cast.play([work(1000), work(1000), { ...work(1), next: 0 }]),
    );
    for (let round = 0; round < 20; round++) {
      cast.run(500);
      for (const { domain } of actors) {
        if (round % 2) domain.unmap(AT);
        else domain.map(page, AT, { write: true });
      }
    }
    page.rescind();
    for (const { domain } of actors) expect(domain.trap).toBe(null);
    expect(findings(cast.kernel)).toEqual([]);
  });
});
