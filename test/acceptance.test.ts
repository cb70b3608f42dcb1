// The acceptance list (reference §15) is complete: each of its items has a test that is named by its number.

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const LETTERED = ["59a", "67a", "67b"];
const ITEMS = [...Array.from({ length: 68 }, (_, i) => `${i + 1}`), ...LETTERED];
/** What a guest is to do, with the keys it holds, and not the host for it. */
const BY_GUESTS = [9, 10, 11, 12, 13, ...range(38, 62), 64, 66, 67, 68, "59a"].map(String);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** The numbers in the names of the tests of a file: "§15.24, 25 …" has two. */
function numbersIn(file: string): string[] {
  const text = readFileSync(new URL(file, import.meta.url), "utf8");
  const names = text.matchAll(/"§15\.(\d+[ab]?(?:, \d+[ab]?)*)/g);
  return [...names].flatMap(([, numbers]) => numbers!.split(", "));
}

const files = readdirSync(new URL(".", import.meta.url)).filter((name) =>
  /^acceptance-/.test(name),
);

test("every item has a test", () => {
  expect(files.length).toBeGreaterThan(6);
  const found = new Set(files.flatMap(numbersIn));
  expect(ITEMS.filter((item) => !found.has(item))).toEqual([]);
  expect([...found].filter((item) => !ITEMS.includes(item))).toEqual([]);
});

test("what a guest is to do, a guest does", () => {
  const guests = files.filter((name) => /service|gates/.test(name));
  const found = new Set(guests.flatMap(numbersIn));
  expect(BY_GUESTS.filter((item) => !found.has(item))).toEqual([]);
});
