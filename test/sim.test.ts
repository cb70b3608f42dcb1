// The simulated multiprocessor: kernel and model agree, the same seed gives the same trace, and a
// fault that is planted is found and shrunk.

import { describe, expect, test } from "vitest";
import { instanceOf } from "../src/sim/build.js";
import { CANARIES, CANARY_NAMES } from "../src/sim/canary.js";
import { explain } from "../src/sim/explain.js";
import { Sim, type SimOptions } from "../src/sim/sim.js";

const PLAIN = { check: 2000, canary: 0, wounds: false };

function simulated(options: SimOptions): Sim {
  const isChecked = options.wounds || options.canary !== 0;
  const sim = new Sim(instanceOf(options.processors, isChecked), options);
  while (!sim.isDone) sim.next();
  return sim;
}

describe("kernel and model agree", () => {
  test.each([1, 2, 4, 16])("with %i processors", (processors) => {
    const sim = simulated({ ...PLAIN, processors, seed: 11, steps: 100_000 });
    expect(sim.failure?.failure).toBeUndefined();
    expect(sim.steps).toBeGreaterThanOrEqual(100_000);
    // All of it happened: a simulation in which nothing does agrees with anything.
    for (const [name, number] of sim.figures) {
      // One meets nobody, and sixteen have no work left to take over.
      const isRare = /given back|taken over/.test(name) && processors !== 2 && processors !== 4;
      if (!isRare) expect(number, name).toBeGreaterThan(0);
    }
    expect(sim.acts.size).toBeGreaterThan(25);
  });

  test("with assertions, and deaths half-way through a change", () => {
    const sim = simulated({ ...PLAIN, processors: 4, seed: 11, steps: 100_000, wounds: true });
    expect(sim.failure?.failure).toBeUndefined();
    expect(sim.figures.get("deaths recovered")).toBeGreaterThan(50);
  });

  test("after every single step, too", () => {
    const sim = simulated({ ...PLAIN, processors: 4, seed: 5, steps: 2000, check: 1 });
    expect(sim.failure?.failure).toBeUndefined();
    expect(sim.figures.get("checks of the store")).toBeGreaterThan(1000);
  });
});

describe("traces", () => {
  const options = { ...PLAIN, processors: 4, seed: 1, steps: 60_000 };

  /** What this seed gives. It changes with the kernel's schedule, and with what the host does. */
  test("are the same on every machine", () => {
    expect(simulated(options).hash).toBe("3cab0a1dfdfc1d45");
  });

  test("are those of the seed, whatever was simulated before", () => {
    const instance = instanceOf(4, false);
    const before = new Sim(instance, { ...options, seed: 77, steps: 1000 });
    before.next();
    const sim = new Sim(instance, options);
    while (!sim.isDone) sim.next();
    expect(sim.hash).toBe(simulated(options).hash);
    expect(sim.hash).not.toBe(simulated({ ...options, seed: 2 }).hash);
  });

  test("don't depend on when the store is checked, nor on assertions", () => {
    const { hash } = simulated(options);
    expect(simulated({ ...options, check: 100 }).hash).toBe(hash);
    const checked = new Sim(instanceOf(4, true), options);
    while (!checked.isDone) checked.next();
    expect(checked.hash).toBe(hash);
  });
});

describe("planted faults are found and shrunk", () => {
  const options = { ...PLAIN, processors: 4, seed: 1, steps: 40_000, wounds: true };

  test("without one, the same seeds pass", () => {
    expect(simulated(options).failure?.failure).toBeUndefined();
  });

  test.each(CANARY_NAMES)("%s", (name) => {
    const planted = { ...options, canary: CANARIES[name] };
    const { failure } = simulated(planted);
    expect(failure).toBeDefined();
    const { choices, lines } = explain(failure!, planted);
    expect(choices.length).toBeLessThan(80);
    expect(lines.at(-1)).toMatch(/^✗ /);
    expect(lines.join("\n")).toMatch(/host +makes a domain under meter/);
  });
});
