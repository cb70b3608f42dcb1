import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CONTROL, CONTROL_FRAME_BASE, REGIONS } from "../assembly/layout.js";
import { checkStore } from "../src/check.js";
import { View } from "../src/view.js";
import { Damage, expectNamed } from "./damage/damage.js";
import { QUEUES } from "./damage/domains.js";
import { FRAMES } from "./damage/frames.js";
import { KEYS } from "./damage/keys.js";
import { NODES } from "./damage/nodes.js";
import { RECORDS } from "./damage/records.js";
import { type Mixed, mixedKernel } from "./mixed.js";

const CLEAN = { ok: true, findings: [] };
const debug = () => readFileSync(new URL("../build/kernel.debug.wasm", import.meta.url));

/** Runs a mixed kernel until it has domains in all states. */
function settled(): Mixed {
  const mixed = mixedKernel();
  for (let i = 0; i < 40; i++) mixed.kernel.step({ cycles: 5000 });
  const { kernel, meters } = mixed;
  meters.unused.counter(); // unprepared again
  kernel.step({ cycles: 400 });
  return mixed;
}

describe("a kernel at work", () => {
  test("is clean at every moment", () => {
    const { kernel, meters, domains, raw } = mixedKernel({ build: debug() });
    const acts: [at: number, act: () => void][] = [
      [60, () => meters.deep.counter()],
      [80, () => domains.sleeper.stop()],
      [90, () => domains.sleeper.start()],
      [100, () => meters.plugin.off()],
      [130, () => meters.plugin.on(9999n)],
      [150, () => meters.plugin.add(1n << 30n)],
      [160, () => meters.deep.setSuperior(meters.tenant)],
      [170, () => domains.below.setMeter(meters.deep)],
      [180, () => raw.swap(7, { kind: "data", value: 0n })],
      [190, () => raw.clear()],
      [200, () => meters.dry.add(55n)],
      [210, () => domains.sieve.rescind()],
      [220, () => meters.busy.rescind()],
      [230, () => domains.caller.start()],
      [240, () => meters.tenant.rescind()],
      [250, () => kernel.primeMeter.counter()],
    ];
    for (let i = 0; i < 260; i++) {
      for (const [at, act] of acts) if (at === i) act();
      kernel.step({ cycles: 77 + 41 * (i % 23) });
      expect(kernel.check(), `after step ${i}`).toMatchObject(CLEAN);
    }
  });

  test("is counted", () => {
    expect(settled().kernel.check()).toEqual({ ...CLEAN, nodes: 29, meters: 8, domains: 16 });
  });

  test("has domains in all states, and is changed by no check", () => {
    const { kernel, bytes, domains } = settled();
    const states = new Set(Object.values(domains).map(({ state }) => state));
    expect(states.size).toBe(7);
    const before = bytes.slice();
    expect(kernel.check().ok).toBe(true);
    expect(Buffer.compare(before, bytes)).toBe(0);
  });
});

describe("a damaged store", () => {
  const mixed = settled();
  const { kernel, bytes } = mixed;
  const whole = bytes.slice();

  test.each([...NODES, ...KEYS, ...RECORDS, ...QUEUES, ...FRAMES])(
    "%s: %s",
    (invariant, _what, act) => {
      bytes.set(whole);
      expect(kernel.check().findings).toEqual([]);
      const where = act(new Damage(mixed), mixed);
      expectNamed(kernel.check(), invariant, where);
      bytes.set(whole);
    },
  );

  test("tells the first hundred findings and counts the rest", () => {
    bytes.fill(0xff, mixed.view.control(CONTROL_FRAME_BASE) - 64 * 320, bytes.length);
    const { findings } = kernel.check();
    expect(findings).toHaveLength(101);
    expect(findings[100]).toMatch(/^and \d+ more findings$/);
    bytes.set(whole);
  });

  test("is told of, whatever it is", () => {
    const end = mixed.view.control(CONTROL_FRAME_BASE);
    const hot = fc.integer({ min: REGIONS / 4, max: end / 4 - 1 });
    const control = fc.integer({ min: CONTROL / 4, max: CONTROL / 4 + 40 });
    const frames = fc.integer({ min: end / 4, max: bytes.length / 4 - 1 });
    const word = fc.oneof(hot, hot, control, frames);
    const near = fc.integer({ min: 0, max: bytes.length });
    const value = fc.oneof(fc.nat(64), near, fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(fc.tuple(word, value), { minLength: 1, maxLength: 40 }), (writes) => {
        bytes.set(whole);
        for (const [at, number] of writes) mixed.view.setU32(4 * at, number);
        const report = kernel.check();
        expect(report.ok).toBe(report.findings.length === 0);
      }),
      { numRuns: 300 },
    );
    bytes.set(whole);
  });

  test("of zeros, or of noise, is one", () => {
    const memory = new WebAssembly.Memory({ initial: 4 });
    const other = new Uint8Array(memory.buffer);
    expect(checkStore(new View(memory)).ok).toBe(false);
    for (let i = 0, x = 1; i < other.length; i++) {
      x = Math.imul(x, 1664525) + 1013904223;
      other[i] = x >>> 24;
    }
    expect(checkStore(new View(memory)).ok).toBe(false);
  });
});
