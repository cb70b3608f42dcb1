// A kernel that counts references does what one does that doesn't: the same is charged, taken out of core and paid
// for, to the unit, however a run is cut up.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "vitest";
import { createKernel, loadElf, type ResidenceOptions } from "../src/index.js";

const PERIOD = 160_000;
const CYCLES = 14_400_000n;

const guest = (name: string) =>
  loadElf(readFileSync(new URL(`../guests/${name}.elf`, import.meta.url)));

const STORM = guest("storm");
const PROGRAMS = [
  { name: "storm-0", program: STORM, args: ["96", "20"] },
  { name: "storm-1", program: STORM, args: ["96", "20"] },
  { name: "sieve", program: guest("sieve"), args: ["100000"] },
  { name: "sort", program: guest("sort"), args: ["20000"] },
];

/** What came of them with so few frames. */
async function told(options: ResidenceOptions, step = CYCLES): Promise<object> {
  const kernel = createKernel({ residence: { period: PERIOD, ...options }, quantum: 20_000 });
  const domains = PROGRAMS.map(({ name, program, args }) => {
    const meter = kernel.createMeter({ name, superior: kernel.primeMeter });
    const domain = kernel.createDomain({ name, meter, program, args });
    domain.start();
    return { domain, meter };
  });
  for (let done = 0n; done < CYCLES; done += step) await kernel.run({ cycles: step });
  const found = {
    time: kernel.time,
    residence: kernel.residence.statistics(),
    accounts: domains.map(({ domain, meter }) => [
      domain.output,
      meter.peek(),
      meter.storage.charged(),
      meter.storage.faults(),
    ]),
  };
  assert.deepEqual(kernel.check().findings, []);
  kernel.dispose();
  return found;
}

describe("core residence, exact and not, where frames are few", () => {
  for (const core of [16, 64, 128]) {
    test(`${core} frames: references are counted, and nothing else changes`, async () => {
      assert.deepEqual(await told({ core, exact: true }), await told({ core }));
    });

    test(`${core} frames: it is the same in steps of 8,000 cycles`, async () => {
      assert.deepEqual(await told({ core }, 8_000n), await told({ core }));
    });
  }
});
