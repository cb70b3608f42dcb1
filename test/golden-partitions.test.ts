// The shares that QNX's manual shows, with budgets of 70, 20 and 10 percent: within a point, whatever the files expect.

import { describe, expect, test } from "vitest";
import type { KernelOptions } from "../src/index.js";
import { loadScenario } from "../src/scenario/file.js";
import type { PartitionReport } from "../src/scenario/report.js";
import { ScenarioRun } from "../src/scenario/run.js";

const GOLDEN: [file: string, shares: [system: number, pa: number, pb: number]][] = [
  ["full-load", [69.8, 19.99, 9.81]],
  ["free-time", [0.11, 20.02, 79.83]],
  ["underload", [6.23, 15.56, 5.23]],
];

/** 10 s: 100 windows, and half a tick. */
const TEN_SECONDS = 160_008_000n;

async function partitionsOf(file: string, kernel: KernelOptions = {}) {
  const scenario = loadScenario(`scenarios/partitions-${file}.toml`);
  const run = new ScenarioRun({ ...scenario, kernel: { ...scenario.kernel, ...kernel } });
  try {
    const { partitions, findings } = await run.run({ cycles: TEN_SECONDS });
    expect(findings).toEqual([]);
    return partitions;
  } finally {
    run.kernel.dispose();
  }
}

const FIGURES: Record<string, (partition: PartitionReport) => number> = {
  "the whole run": ({ share }) => share,
  "the last window": ({ used }) => used,
  "10 windows": ({ used10 }) => used10,
  "100 windows": ({ used100 }) => used100,
};

describe.each(GOLDEN)("%s", (file, shares) => {
  const partitions = partitionsOf(file);

  test.each(Object.entries(FIGURES))("over %s", async (_, figure) => {
    const found = (await partitions).map(figure);
    expect(found).toHaveLength(shares.length);
    found.forEach((share, index) => {
      expect(Math.abs(share - shares[index]!), `${found.join(" ")}`).toBeLessThanOrEqual(1);
    });
  });

  test("budgets are 70, 20 and 10 percent", async () => {
    expect((await partitions).map(({ name, budget }) => [name, budget])).toEqual([
      ["System", 70],
      ["Pa", 20],
      ["Pb", 10],
    ]);
  });
});

test("by the ratio of budgets, free time goes two to one", async () => {
  const { kernel } = loadScenario("scenarios/partitions-free-time.toml");
  const byRatio = { ...kernel.partitions, freeTime: "ratio" } as const;
  const shares = (await partitionsOf("free-time", { partitions: byRatio })).map((p) => p.share);
  expect(shares[0]).toBeLessThan(1);
  expect(Math.abs(shares[1]! / shares[2]! - 2)).toBeLessThan(0.05);
});
