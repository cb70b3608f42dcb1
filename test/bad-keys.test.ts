// Whatever stands in the key registers, whatever the order: an answer, and a sound store.

import { describe, expect, test } from "vitest";
import { ORDER_FETCH, ORDER_SWAP } from "../assembly/codes.js";
import {
  CONTROL,
  CONTROL_REGISTERS,
  KEY_ALLOCATION,
  KEY_SIZE,
  KIND_HOOK,
  KIND_METER,
  KIND_RESUME,
  REGISTER_ARGUMENT,
  REGISTER_INVOKED,
} from "../assembly/layout.js";
import { indexOf } from "../src/id.js";
import { DK0, findings, Lab } from "./lab.js";

/** Writes raw bytes where the kernel expects a key. */
function put(lab: Lab, register: number, type: number, subject: number, allocation: number): void {
  const at = CONTROL + CONTROL_REGISTERS + register * KEY_SIZE;
  const { view } = lab.kernel.core;
  view.setU64(at, 0n);
  view.setU64(at + 8, 0n);
  view.setU32(at, type);
  view.setU32(at + 4, subject);
  view.setU32(at + KEY_ALLOCATION, allocation);
}

describe("key registers", () => {
  test.each([
    ["the super meter key", KIND_METER, 0],
    ["a hook", KIND_HOOK, 1],
    ["a prepared key", 0x80 | KIND_METER, 1],
    ["an involved key", 0x20 | KIND_METER, 1],
    ["a meter key beyond the store", KIND_METER, 1_000_000],
    ["a resume key to a free node", KIND_RESUME, 100],
    ["a kind that isn't", 0x1f, 1],
  ])("%s is stored as DK(0)", (_, type, subject) => {
    const lab = new Lab();
    const a = lab.meter("A", lab.prime);
    lab.kernel.core.view.setInvoked(a.node.nodeKey());
    put(lab, REGISTER_ARGUMENT, type, subject, 0);
    expect(lab.kernel.core.exports.invoke(ORDER_SWAP + 1)).toBe(0);
    expect(a.node.fetch(1)).toEqual(DK0);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("a meter key to an older tenant of the node is DK(0)", () => {
    const lab = new Lab();
    const old = lab.meter("old", lab.prime);
    const index = indexOf(old.id);
    old.rescind();
    const tenant = lab.meter("new", lab.prime);
    expect(indexOf(tenant.id)).toBe(index);
    const a = lab.meter("A", lab.prime);
    lab.kernel.core.view.setInvoked(a.node.nodeKey());
    put(lab, REGISTER_ARGUMENT, KIND_METER, index, 0);
    lab.kernel.core.exports.invoke(ORDER_SWAP + 9);
    lab.kernel.core.view.setInvoked(a.node.nodeKey());
    lab.kernel.core.exports.invoke(ORDER_FETCH + 9);
    expect(lab.kernel.core.view.result).toEqual(DK0);
  });

  test("thousands of random keys and orders, while domains run", () => {
    let seed = 20_240_607;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * limit);
    };
    const kinds = [0, 2, 3, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9, 15, 19, 20, 0x84, 0xa4];
    const totals = { unprepares: 0n, traps: 0n, keeperCalls: 0n };
    for (let round = 0; round < 60; round++) {
      const lab = new Lab({ nodes: 16, frames: 4, quantum: 10, advance: 30n });
      const meters = [lab.prime];
      for (let i = 0; i < 8; i++) {
        meters.push(lab.meter(`M${i}`, meters[i >> 1]!, 300n, ({ meter }) => meter.add(50n)));
      }
      const domains = [3, 5, 7, 8].map((i) => lab.domain(`D${i}`, meters[i]!, { run: 9, wait: i }));
      for (let i = 0; i < 200; i++) {
        put(lab, REGISTER_INVOKED, kinds[random(kinds.length)]!, random(18), random(8) ? 0 : 1);
        put(lab, REGISTER_ARGUMENT, kinds[random(kinds.length)]!, random(18), random(8) ? 0 : 1);
        lab.kernel.core.exports.invoke(random(48));
        if (i % 10 > 0) continue;
        for (const domain of domains) domain.start();
        lab.run(50);
        expect(findings(lab.kernel), `round ${round}, after ${i}`).toEqual([]);
      }
      expect(lab.prime.node.fetch(1)).toEqual({ kind: "super" });
      const statistics = lab.kernel.statistics();
      for (const name of ["unprepares", "traps", "keeperCalls"] as const) {
        totals[name] += statistics[name];
      }
    }
    // It was no idle exercise.
    for (const total of Object.values(totals)) expect(total).toBeGreaterThan(300n);
  });
});
