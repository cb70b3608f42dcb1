// The tables of `npm run bench`: as wide as a terminal, with all that was measured in them.

import { expect, test } from "vitest";
import type { Figure } from "../bench/bench.js";
import { table } from "../bench/table.js";

const WORDS = "a switch in a workload that waits for messages from thirty-two partitions in turns";

function figure(more: Partial<Figure> = {}): Figure {
  const quartiles = { unit: "ns", median: 12_345, p25: 12_000, p75: 13_000 };
  return { name: WORDS, parameters: { domains: 10_000 }, ...quartiles, ...more };
}

test("a table is at most as wide as asked, and its long texts are broken between words", () => {
  const against = { yardstick: "the same by counting cycles", ratio: 1.014 };
  const goal = { goal: { of: "ratio", atMost: 1.01 }, met: false } as const;
  for (const columns of [80, 100]) {
    const lines = table([figure(), figure({ ...against, ...goal })], columns).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    const told = lines
      .flatMap((line) => line.split("│")[1] ?? [])
      .join(" ")
      .replace(/\s+/g, " ");
    expect(told).toContain(`${WORDS}, domains 10,000, against the same by counting cycles`);
    expect(lines.join()).toContain("≤ 1.01 ×: missed");
  }
});

test("columns in which nothing is are left out", () => {
  const head = table([figure()]).split("\n")[1];
  expect(head).toContain("median");
  expect(head).not.toMatch(/ratio|goal/);
});
