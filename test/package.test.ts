import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KNOWN_KEYS } from "../src/scenario/schema.js";

test("the types of the package show nothing of its inside", () => {
  const seen = new Set<string>();
  const waiting = ["index"];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const text = readFileSync(`dist/src/${name}.d.ts`, "utf8");
    expect(text).not.toMatch(/@internal|\bconstructor\(core|WebAssembly/);
    for (const [, from] of text.matchAll(/from "\.\/([\w/-]+)\.js"/g)) waiting.push(from!);
  }
  expect([...seen]).toEqual(expect.arrayContaining(["kernel", "domain", "meter", "node"]));
  expect([...seen]).not.toEqual(expect.arrayContaining(["core"]));
});

test("docs/scenarios.md names every key of a scenario file", () => {
  const text = readFileSync("docs/scenarios.md", "utf8").replaceAll(/```.*?```/gs, "");
  const named = new Set(
    [...text.matchAll(/`([^`]+)`/g)].flatMap(([, code]) => code!.split(/[^\w-]+/)),
  );
  const keys = Object.entries(KNOWN_KEYS).flatMap(([, keys]) => keys);
  expect(keys.filter((key) => !named.has(key))).toEqual([]);
});
