import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONTROL_NODE_BASE, NODE_SIZE } from "../assembly/layout.js";
import {
  PHASE_CLAIMING,
  PHASE_CLIMBING,
  PHASE_OUTSIDE,
  PROCESSOR_PATH,
  PROCESSOR_SIZE,
  PROCESSORS,
} from "../assembly/processor-layout.js";
import { BusyDamage, busyKernel } from "./damage/busy.js";
import { expectNamed } from "./damage/damage.js";
import { PROCESSORS as PROCESSORS_DAMAGE } from "./damage/processors.js";
import { RINGS } from "./damage/rings.js";
import { SimulatedWorld } from "./simulated-world.js";

describe("a simulated kernel of several processors", () => {
  test.each([1, 2, 3, 4])("is clean after every turn: %i processors", (processors) => {
    const phases = new Set<number>();
    let deaths = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const world = new SimulatedWorld(seed, processors);
      world.look();
      world.run(100);
      deaths += world.deaths;
      for (const phase of world.phases) phases.add(phase);
    }
    expect(deaths).toBeGreaterThan(0);
    const seen = [PHASE_CLIMBING, PHASE_OUTSIDE, ...(processors > 1 ? [PHASE_CLAIMING] : [])];
    expect([...phases]).toEqual(expect.arrayContaining(seen));
  });
});

describe("a damaged store of several processors", () => {
  const busy = busyKernel();
  const { simulated } = busy;
  const whole = simulated.bytes.slice();

  test.each([...PROCESSORS_DAMAGE, ...RINGS])("%s: %s", (invariant, _what, act) => {
    simulated.bytes.set(whole);
    expect(simulated.check().findings).toEqual([]);
    const where = act(new BusyDamage(simulated), busy);
    expectNamed(simulated.check(), invariant, where);
  });

  test("is told of, whatever it is", () => {
    const { view, bytes } = simulated;
    const end = view.control(CONTROL_NODE_BASE) + 32 * NODE_SIZE;
    const block = (index: number) => PROCESSORS + index * PROCESSOR_SIZE;
    const field = fc.tuple(fc.nat(5), fc.nat(PROCESSOR_PATH / 4 + 8));
    const word = fc.oneof(
      field.map(([index, place]) => block(index) + 4 * place),
      fc.integer({ min: block(6) / 4, max: end / 4 - 1 }).map((place) => 4 * place),
    );
    const near = fc.integer({ min: block(6), max: end });
    const value = fc.oneof(fc.nat(64), near, fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(fc.tuple(word, value), { minLength: 1, maxLength: 40 }), (writes) => {
        bytes.set(whole);
        for (const [at, number] of writes) view.setU32(at, number);
        const report = simulated.check();
        expect(report.ok).toBe(report.findings.length === 0);
      }),
      { numRuns: 100 },
    );
  });
});
