import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONTROL_TIME } from "../assembly/layout.js";
import { expectNamed } from "./damage/damage.js";
import { TIMES, TimeDamage, timedKernel } from "./damage/time.js";

describe("a damaged store of a kernel with a clock and partitions", () => {
  const timed = timedKernel();
  const { kernel, bytes, domains, view } = timed;
  const whole = bytes.slice();

  test("was sound, and the check changes nothing", () => {
    expect(kernel.check()).toMatchObject({ ok: true, findings: [] });
    expect(Buffer.compare(whole, bytes)).toBe(0);
    expect(Object.values(domains).map(({ state }) => state)).toEqual([
      ...["running", "ready", "ready", "ready", "waiting", "ended"],
    ]);
  });

  test.each(TIMES)("%s: %s", (invariant, _what, act) => {
    bytes.set(whole);
    expect(kernel.check().findings).toEqual([]);
    const where = act(new TimeDamage(timed), timed);
    expectNamed(kernel.check(), invariant, where);
    bytes.set(whole);
  });

  test("is told of, whatever it is", () => {
    const base = view.control(CONTROL_TIME) / 4;
    const word = fc.integer({ min: base, max: base + 20_000 });
    const value = fc.oneof(
      fc.nat(64),
      fc.nat(bytes.length),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(word, value), { minLength: 1, maxLength: 40 }), (writes) => {
        bytes.set(whole);
        for (const [at, number] of writes) view.setU32(4 * at, number);
        const report = kernel.check();
        expect(report.ok).toBe(report.findings.length === 0);
      }),
      { numRuns: 100 },
    );
    bytes.set(whole);
  });
});
