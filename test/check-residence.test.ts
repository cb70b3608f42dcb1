import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONTROL_RESIDENCE } from "../assembly/layout.js";
import { RESIDENCE_PAGES } from "../assembly/residence-layout.js";
import { expectNamed } from "./damage/damage.js";
import { PagedDamage, pagedKernel, RESIDENCE } from "./damage/residence.js";

describe("a damaged store of a kernel with core residence", () => {
  const paged = pagedKernel();
  const { kernel, bytes, view } = paged;
  const whole = bytes.slice();

  test("was sound, and the check changes nothing", () => {
    expect(kernel.check()).toMatchObject({ ok: true, findings: [] });
    expect(Buffer.compare(whole, bytes)).toBe(0);
  });

  test.each(RESIDENCE)("%s: %s", (invariant, _what, act) => {
    bytes.set(whole);
    expect(kernel.check().findings).toEqual([]);
    const where = act(new PagedDamage(paged), paged);
    expectNamed(kernel.check(), invariant, where);
    bytes.set(whole);
  });

  test("is told of, whatever it is", () => {
    const base = view.control(CONTROL_RESIDENCE);
    const pages = view.u32(base + RESIDENCE_PAGES);
    const word = fc.oneof(
      fc.integer({ min: base / 4, max: base / 4 + 60 }),
      fc.integer({ min: base / 4 + 1024, max: base / 4 + 4096 + pages * 10 }),
    );
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
      { numRuns: 300 },
    );
    bytes.set(whole);
  });
});
