import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toJson } from "../src/cli/json.js";
import { loadScenario } from "../src/scenario/file.js";
import { ScenarioRun } from "../src/scenario/run.js";

/** Cycles that the prime meter was charged, and calls of all keepers, to the last one. */
const BILLS: Record<string, { consumed: bigint; keeperCalls: number }> = {
  "echo.toml": { consumed: 7_510_359n, keeperCalls: 0 },
  "first-light.toml": { consumed: 938_210_476n, keeperCalls: 12 },
  "guest-dodger.toml": { consumed: 8_160_000n, keeperCalls: 0 },
  "guest-keeper.toml": { consumed: 27_058_158n, keeperCalls: 8 },
  "hostile.toml": { consumed: 63_527_111n, keeperCalls: 1 },
  "lock-cas.toml": { consumed: 27_425n, keeperCalls: 0 },
  "lock-client-pays.toml": { consumed: 6_334n, keeperCalls: 0 },
  "lock-concurrent.toml": { consumed: 31_614n, keeperCalls: 0 },
  "lock-owner-delayed.toml": { consumed: 132_812n, keeperCalls: 0 },
  "lock-server.toml": { consumed: 32_140n, keeperCalls: 0 },
  "lock-spin.toml": { consumed: 2_005_000n, keeperCalls: 0 },
  "microbilling.toml": { consumed: 64_000_000n, keeperCalls: 0 },
  "off-switch.toml": { consumed: 46_950_752n, keeperCalls: 0 },
  "partitions-caps.toml": { consumed: 56_000_000n, keeperCalls: 0 },
  "partitions-client-pays.toml": { consumed: 18_615_023n, keeperCalls: 0 },
  "partitions-critical.toml": { consumed: 80_000_000n, keeperCalls: 0 },
  "partitions-free-time.toml": { consumed: 167_984_001n, keeperCalls: 0 },
  "partitions-full-load.toml": { consumed: 167_984_001n, keeperCalls: 0 },
  "partitions-meters.toml": { consumed: 120_000_000n, keeperCalls: 12 },
  "partitions-underload.toml": { consumed: 45_398_850n, keeperCalls: 0 },
  "plugins.toml": { consumed: 778_989n, keeperCalls: 4 },
  "refusing-keeper.toml": { consumed: 118_347_948n, keeperCalls: 6 },
  "residence-free-rider-fixed.toml": { consumed: 406_113n, keeperCalls: 0 },
  "residence-free-rider-random.toml": { consumed: 406_113n, keeperCalls: 0 },
  "residence-idle.toml": { consumed: 13_545_672n, keeperCalls: 0 },
  "residence-storage-limit.toml": { consumed: 56_536_564n, keeperCalls: 2 },
  "residence-storm.toml": { consumed: 1_345_686n, keeperCalls: 0 },
  "residence-tenants.toml": { consumed: 15_348_476n, keeperCalls: 0 },
  "scheduler.toml": { consumed: 120_007_314n, keeperCalls: 0 },
  "shared-segment.toml": { consumed: 44_856n, keeperCalls: 0 },
  "talkative.toml": { consumed: 239_913_492n, keeperCalls: 9_496 },
  "tick-dodger.toml": { consumed: 64_000_000n, keeperCalls: 0 },
  "trap-keeper.toml": { consumed: 6_055n, keeperCalls: 0 },
  "two-tenants.toml": { consumed: 85_312_457n, keeperCalls: 3 },
};

const FILES = readdirSync("scenarios");

async function play(file: string) {
  const run = new ScenarioRun(loadScenario(`scenarios/${file}`));
  const report = await run.run();
  run.kernel.dispose();
  return report;
}

test("every scenario has its bill here", () => {
  expect(FILES.toSorted()).toEqual(Object.keys(BILLS).toSorted());
});

describe.each(FILES)("%s", (file) => {
  test("comes out as it expects, to the cycle, and the same again", async () => {
    const report = await play(file);
    expect(report.expectations.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.expectations.length).toBeGreaterThan(2);
    expect(report.findings).toEqual([]);
    const keeperCalls = report.meters.reduce((sum, meter) => sum + meter.keeperCalls, 0);
    expect({ consumed: report.consumed, keeperCalls }).toEqual(BILLS[file]);
    const again = await play(file);
    expect(toJson({ ...again, mips: 0 })).toBe(toJson({ ...report, mips: 0 }));
  });
});
