// Scenario files with lines lost, doubled, swapped and filled with other values: each is a scenario
// still, or is refused as one, with places in the file; nothing else is ever thrown.

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { ScenarioError } from "../src/scenario/problem.js";

const TEXTS = readdirSync("scenarios").map((file) => readFileSync(`scenarios/${file}`, "utf8"));
const LINES = [...new Set(TEXTS.flatMap((text) => text.split("\n")))];
const NAMES = [...new Set(TEXTS.flatMap((text) => text.match(/[\w-]+(?= =)/g) ?? []))];
const VALUES = [
  ...["5", "-1", '""', '"x"', '"echo"', '"prime"', '"self"', "true", "false", "1.5", "nan"],
  ...["[]", "[1]", '["x"]', "{}", "[{}]", "[[]]", '{ start = "echo" }', "1979-05-27", "0x8000"],
  ...["[{ slot = 0, data = 1 }]", '[{ page = "p", at = 4096 }]', "18446744073709551616"],
];

type Change = (lines: string[], at: number) => void;
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>((lines, at) => lines.splice(at, 1)),
  fc.constantFrom(...LINES).map(
    (line): Change =>
      (lines, at) =>
        lines.splice(at, 0, line),
  ),
  fc.constantFrom(...VALUES).map(
    (value): Change =>
      (lines, at) => {
        lines[at] = lines[at]!.replace(/= .*/, () => `= ${value}`);
      },
  ),
  fc.constantFrom(...VALUES).map(
    (value): Change =>
      (lines, at) => {
        lines[at] = lines[at]!.replace(/= ("[^"]*"|[\w-]+)(?= [},])/, () => `= ${value}`);
      },
  ),
  fc.constantFrom(...NAMES).map(
    (name): Change =>
      (lines, at) => {
        lines[at] = lines[at]!.replace(/[\w-]+ =/, () => `${name} =`);
      },
  ),
);
const damaged = fc
  .tuple(
    fc.constantFrom(...TEXTS),
    fc.array(fc.tuple(change, fc.nat()), { minLength: 1, maxLength: 4 }),
  )
  .map(([text, changes]) => {
    const lines = text.split("\n");
    for (const [change, at] of changes) change(lines, at % lines.length);
    return lines.join("\n");
  });

test("a damaged file is a scenario, or all that is wrong is told by its place", () => {
  const outcomes = { good: 0, bad: 0 };
  fc.assert(
    fc.property(damaged, (text) => {
      try {
        parseScenario("scenarios/x.toml", text);
        outcomes.good++;
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        outcomes.bad++;
        const lines = text.split("\n").length;
        expect(error.problems.length).toBeGreaterThan(0);
        for (const { line, column, message } of error.problems) {
          expect(line).toBeGreaterThan(0);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThan(0);
          expect(message).toMatch(/expected|^not TOML|^missing|^unknown key/);
        }
      }
    }),
    { numRuns: 800, seed: 4 },
  );
  expect(outcomes.good).toBeGreaterThan(100);
  expect(outcomes.bad).toBeGreaterThan(300);
});
