// The table of §A in docs/rules.md names tests and scenarios that are there, and has a row for each section.

import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const text = readFileSync("docs/rules.md", "utf8");
const rows = [...text.matchAll(/^\| (A\.\d) \| (.*) \| (.*) \|$/gm)];

test("each section has its rows", () => {
  const sections = new Set(rows.map(([, section]) => section));
  expect([...sections]).toEqual(["A.1", "A.2", "A.3", "A.4", "A.5"]);
});

test.each(rows.map(([, section, says, shown]) => [`${section} ${says}`, shown!]))(
  "%s",
  (_, shown) => {
    // After `scenario` and `scenarios` come files of scenarios/, before that files of test/.
    const [tests, scenarios = ""] = shown.split(/\bscenarios? /);
    const named = (part: string) => [...part.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!);
    for (const name of named(tests!)) expect(existsSync(`test/${name}.test.ts`), name).toBe(true);
    for (const name of named(scenarios))
      expect(existsSync(`scenarios/${name}.toml`), name).toBe(true);
    expect(named(shown).length).toBeGreaterThan(0);
  },
);
