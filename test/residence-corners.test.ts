// Corners of core residence that random worlds seldom come to, beside the same naive model.

import { describe, expect, test } from "vitest";
import { ResidencePair, type ResidencePlan } from "./residence/pair.js";
import { ALL_ONES } from "./residence/parts.js";
import { DATA, type Op, PAGE } from "./residence/script.js";

const PERIOD = 20_000;
const PRICE = 1024n * BigInt(PERIOD);
const PLAN: ResidencePlan = {
  ...{ core: 64, latency: 100, quantum: 500, lockCost: 10, faultCost: 0 },
  ...{ scan: { period: PERIOD, isRandom: false, offset: 0 }, seed: 1 },
};
const SIZES = { codePages: 1, filled: 2, zeros: 2, seed: 3 };

const touch = (does: "load" | "store", page: number): Op => ({ does, at: DATA + page * PAGE });
const spin = (times: number): Op => ({ does: "spin", times });

function pairOf(plan: Partial<ResidencePlan>, ...scripts: Op[][]): ResidencePair {
  const pair = new ResidencePair({ ...PLAN, ...plan }, false, { release: {}, cut: { cuts: [77] } });
  for (const ops of scripts) pair.createText({ ...SIZES, ops });
  return pair;
}

function runFor(pair: ResidencePair, times: number, cycles: number): void {
  for (let i = 0; i < times; i++) {
    pair.run(cycles);
    pair.compare();
  }
  pair.compareContents();
}

describe("beside the model", () => {
  test("what was read of a page that is copied then is read from the copy", () => {
    const pair = pairOf({}, [touch("load", 0), touch("store", 0), touch("load", 0), spin(40)]);
    pair.createDomain(0, 0, []);
    pair.createDomain(0, 0, []);
    runFor(pair, 20, 1500);
    expect(pair.model.core.copies).toBe(2n);
    pair.dispose();
  });

  test("a keeper that refills for one page at a time is called for each", () => {
    const pair = pairOf({}, [
      touch("load", 0),
      touch("load", 1),
      touch("store", 2),
      touch("load", 3),
    ]);
    pair.createMeter(0, 0n, { kind: "refill", amount: PRICE, times: 12 });
    pair.createDomain(2, 0, []);
    runFor(pair, 20, 3000);
    expect(pair.model.trace.filter((line) => line.includes("keeper"))).toHaveLength(13);
    pair.dispose();
  });

  test("a page is paid for by all meters above or by none", () => {
    const pair = pairOf({}, [touch("load", 0), spin(100)]);
    pair.createMeter(0, PRICE, null);
    pair.createMeter(2, ALL_ONES - 1n, null);
    pair.createDomain(3, 0, []);
    runFor(pair, 4, 2000);
    expect(pair.model.meters.map(({ faults }) => faults)).toEqual([0n, 0n, 0n, 1n]);
    expect(pair.model.meters[3]!.storage).toBe(ALL_ONES - 1n - PRICE);
    pair.dispose();
  });

  test("where all frames are taken by who waits, one comes through, and then the others", () => {
    const ops = Array.from({ length: 4 }, (_, page) =>
      touch(page % 2 === 0 ? "store" : "load", page),
    );
    const pair = pairOf({ core: 8, latency: 900, quantum: 300 }, ops, [...ops].reverse(), [
      touch("store", 3),
      ...ops,
    ]);
    for (let i = 0; i < 6; i++) pair.createDomain(0, i, []);
    runFor(pair, 200, 5000);
    expect(pair.model.domains.every(({ text, retired }) => !text || retired > 100n)).toBe(true);
    pair.dispose();
  });
});
