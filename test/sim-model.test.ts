// What the model finds: told of something that must not happen, it says what and why.

import { expect, test } from "vitest";
import { DOMAIN_METER_SLOT, PRIME_INDEX } from "../assembly/layout.js";
import { SimFailure } from "../src/sim/failure.js";
import { LARGEST, Model, NO_METER, PRIME_COUNTER } from "../src/sim/model.js";

const ENDLESS = Number.POSITIVE_INFINITY;

/** Meter 2 of ten cycles under the prime meter, domain 3 below it, started. */
function little(): Model {
  const model = new Model(8);
  model.createMeter({ index: 2, allocation: 0 }, PRIME_INDEX, 10n, 0);
  model.createDomain({ index: 3, allocation: 0 }, 2, ENDLESS);
  model.start(3);
  return model;
}

function foundIn(act: () => void): string {
  try {
    act();
  } catch (error) {
    if (error instanceof SimFailure) return error.message;
    throw error;
  }
  return "nothing";
}

test("every meter above pays, and a counter never passes below zero", () => {
  const model = little();
  model.slice(3, 7);
  expect([model.counter(2), model.counter(PRIME_INDEX)]).toEqual([3n, PRIME_COUNTER - 7n]);
  expect(foundIn(() => model.slice(3, 4))).toBe(
    "slice: meter 2: found 4 cycles of domain 3, expected at most 3, all it has",
  );
});

test("counters hold 64 bits, and go on where they are set again", () => {
  const model = little();
  model.put(2, LARGEST);
  model.slice(3, 100);
  expect(model.counter(2)).toBe(LARGEST - 100n);
  model.put(2, 5n);
  model.slice(3, 5);
  expect(model.isDry(2)).toBe(true);
});

test("nobody runs who is stopped, parked or at his end, or under a meter that is none", () => {
  const stopped = little();
  stopped.stop(3, 0);
  expect(foundIn(() => stopped.slice(3, 1))).toMatch(/expected no slice: it is stopped/);
  const ended = little();
  ended.allowed[3] = 4;
  expect(foundIn(() => ended.slice(3, 5))).toMatch(/at most 4: its program has no more/);
  const spoilt = little();
  spoilt.spoil(2, 7);
  expect(foundIn(() => spoilt.slice(3, 1))).toMatch(/none: its slots are not a meter's/);
  const lost = little();
  lost.rescindMeter(2);
  expect(lost.superior[3]).toBe(NO_METER);
  expect(foundIn(() => lost.slice(3, 1))).toMatch(/its chain is bad \(0x404\)/);
});

test("a chain of twenty is good, of twenty-one too deep, round and round a loop", () => {
  const model = new Model(32);
  for (let index = 2; index < 25; index++) {
    model.createMeter({ index, allocation: 0 }, index - 1, LARGEST, 0);
  }
  model.createDomain({ index: 30, allocation: 0 }, 20, ENDLESS);
  model.start(30);
  model.slice(30, 1);
  expect(model.consumed[PRIME_INDEX]).toBe(1);
  model.setMeter(30, 21);
  expect(model.trapOf(30)).toBe(0x410);
  expect(foundIn(() => model.slice(30, 1))).toMatch(/0x410/);
  model.setSuperior(4, 6);
  expect(model.trapOf(30)).toBe(0x40c);
  expect(DOMAIN_METER_SLOT).toBe(1);
});

test("who is parked is woken by a raise, and by a change of the chain there or below", () => {
  const model = little();
  model.createMeter({ index: 4, allocation: 0 }, 2, 10n, 0);
  model.setMeter(3, 4);
  model.put(2, 0n);
  for (const wake of [() => model.put(2, 1n), () => model.setSuperior(4, PRIME_INDEX)]) {
    model.put(2, 0n);
    model.park(3, 2);
    expect(model.stateName(3)).toBe("parked");
    wake();
    expect(model.stateName(3)).toBe("active");
  }
});
