// Arguments that are none: each is refused by name before anything changes (R14), or TypeScript's
// types would be all that stands between a slip and a kernel that does something else.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bursts, createKernel, deny, type Kernel, loadElf } from "../src/index.js";
import { guestFile } from "./guests.js";
import { findings } from "./lab.js";

// biome-ignore lint/suspicious/noExplicitAny: what no type allows is what is tested
type Any = any;

const FOREVER = bursts({ run: 10 });
const HELLO = loadElf(readFileSync(guestFile("hello")));

function refused(use: () => unknown): void {
  expect(use).toThrow(expect.objectContaining({ code: "BAD_OPTION" }));
}

const WRONG: Record<string, (kernel: Kernel) => unknown> = {
  "a step of a number": (k) => k.step(100 as Any),
  "a step of NaN cycles": (k) => k.step({ cycles: Number.NaN }),
  "a step of less than nothing": (k) => k.step({ cycles: -1n }),
  "an event that does not exist": (k) => k.on("keepr" as Any, () => {}),
  "a listener that is none": (k) => k.on("park", null as Any),
  "an alarm that is none": (k) => k.at(5n, 7 as Any),
  "an alarm at a number": (k) => k.at(5 as Any, () => {}),
  "a swap without a key": (k) => (k.primeMeter.node.swap as Any)(3),
  "a swap of null": (k) => k.primeMeter.node.swap(3, null as Any),
  "a key of an inherited kind": (k) =>
    k.primeMeter.node.swap(9, { kind: "toString", id: 1, databyte: 0 } as Any),
  "a host key of 54 bits": (k) => k.primeMeter.node.swap(2, { kind: "host", number: 2 ** 53 }),
  "an order that is no number": (k) => k.invoke(k.primeMeter.node.nodeKey(), Number.NaN),
  "an order of 33 bits": (k) => k.invoke(k.primeMeter.node.nodeKey(), 2 ** 32 + 3),
  "a slot of 16": (k) => k.primeMeter.node.fetch(16),
  "a keeper that is none": (k) => (k.primeMeter.keeper = 0 as Any),
  "counter as number": (k) => k.primeMeter.set(5 as Any),
  "a negative addition": (k) => k.primeMeter.add(-1n),
  "a domain's args as text": (k) =>
    k.createDomain({ meter: k.primeMeter, program: HELLO, args: "abc" as Any }),
  "a domain's args as number": (k) =>
    k.createDomain({ meter: k.primeMeter, program: HELLO, args: 5 as Any }),
  "an arg that is no text": (k) =>
    k.createDomain({ meter: k.primeMeter, program: HELLO, args: [5 as Any] }),
  "stdin as number": (k) =>
    k.createDomain({ meter: k.primeMeter, program: HELLO, stdin: 100 as Any }),
  "stdin as symbol": (k) =>
    k.createDomain({ meter: k.primeMeter, program: HELLO, stdin: Symbol("s") as Any }),
  "memory as text": (k) =>
    k.createDomain({ meter: k.primeMeter, program: HELLO, memory: "1" as Any }),
  "a meter by its id": (k) => k.createDomain({ meter: k.primeMeter.id as Any, program: FOREVER }),
  "bursts that never end and never run": (k) =>
    k.createDomain({ meter: k.primeMeter, program: { ...FOREVER, runMin: 0 } }),
  "an ELF program that loadElf has not seen": (k) =>
    k.createDomain({ meter: k.primeMeter, program: { ...HELLO, codeSize: 2 ** 31 } }),
  "a node that is a meter": (k) => k.meterOf(k.primeMeter as Any),
  "no options": (k) => k.createMeter(undefined as Any),
};

describe("refused, and nothing has changed:", () => {
  for (const [what, use] of Object.entries(WRONG)) {
    test(what, () => {
      const kernel = createKernel({ frames: 600 });
      const before = kernel.core.exports.framesFree();
      const { granted } = kernel.primeMeter.statistics();
      refused(() => use(kernel));
      expect(kernel.core.exports.framesFree()).toBe(before);
      expect(kernel.primeMeter.statistics().granted).toBe(granted);
      expect(kernel.check()).toMatchObject({ ok: true, nodes: 1 });
      expect(kernel.time).toBe(0n);
    });
  }
});

test("run refuses what is no signal, and can be called again", async () => {
  const kernel = createKernel();
  await expect(kernel.run({ signal: 5 as Any })).rejects.toMatchObject({ code: "BAD_OPTION" });
  expect((await kernel.run()).reason).toBe("idle");
});

test("until refuses what is no time; the keeper has failed, and the domain is parked", async () => {
  for (const time of [2n ** 64n, -1n, 5, undefined]) {
    const kernel = createKernel();
    const errors: unknown[] = [];
    kernel.on("keeperError", ({ error }) => errors.push(error));
    const meter = kernel.createMeter({
      superior: kernel.primeMeter,
      cycles: 0n,
      keeper: ({ until }) => until(time as bigint),
    });
    const domain = kernel.createDomain({ meter, program: FOREVER });
    domain.start();
    expect((await kernel.run()).reason).toBe("idle");
    expect(errors).toEqual([expect.objectContaining({ code: "BAD_OPTION" })]);
    expect(domain.state).toBe("parked");
  }
});

test("a keeper refused while the meter is off leaves it off, and a new one waits aside", async () => {
  const kernel = createKernel();
  let calls = 0;
  const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 5n, keeper: deny() });
  meter.off();
  refused(() => (meter.keeper = "refill" as Any));
  expect(meter.node.fetch(2)).toEqual({ kind: "data", value: 0n });
  meter.keeper = ({ meter }) => {
    calls++;
    meter.add(10n);
  };
  const domain = kernel.createDomain({ meter, program: FOREVER });
  domain.start();
  expect((await kernel.run()).reason).toBe("idle");
  expect([calls, domain.consumed]).toEqual([0, 0n]);
  meter.on(1n);
  await kernel.run({ cycles: 11 });
  expect([calls, domain.consumed]).toEqual([1, 11n]);
  expect(findings(kernel)).toEqual([]);
});

test("a meter without a keeper that is off gets one: it is not asked either", async () => {
  const kernel = createKernel();
  const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 5n });
  meter.off();
  meter.keeper = ({ meter }) => meter.add(10n);
  const domain = kernel.createDomain({ meter, program: FOREVER });
  domain.start();
  await kernel.run();
  expect(domain.consumed).toBe(0n);
  meter.rescind();
  expect(() => meter.keeper).toThrow("was rescinded");
});
