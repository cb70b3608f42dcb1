// Segments in scenario files: what they hold, where they are mapped, and what is refused of them.

import { describe, expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { ScenarioRun } from "../src/scenario/run.js";
import { complaint } from "./complaint.js";

const page = (name: string) => `[[page]]\nname = "${name}"\ntext = "${name}"\n`;
const segment = (name: string, slots: string) =>
  `[[segment]]\nname = "${name}"\nslots = [${slots}]\n`;
const domain = (name: string, pages: string, args = "") =>
  `[[domain]]\nname = "${name}"\nmeter = "prime"\nprogram = "../guests/rider.elf"\n` +
  `args = ["100000", "5000", "2", ${args}]\npages = [${pages}]\n` +
  `keys = [{ slot = 2, clock = true }, { slot = 5, wait = "${name}" }]\n[[wait]]\nname = "${name}"\n`;

const P = page("p");
const chain = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    segment(`s${n}`, n === 0 ? `{ slot = 0, page = "p" }` : `{ slot = 0, segment = "s${n - 1}" }`),
  ).join("");

const FAULTS: [what: string, text: string, message: string][] = [
  [
    "no slots",
    '[[segment]]\nname = "s"',
    "1:1: segment[0].slots: missing, expected an array of sl",
  ],
  [
    "an unknown key",
    segment("s", "{ slot = 0, pag = 5 }"),
    '3:10: segment[0].slots[0]: found no page and no segment, expected one of them\n3:22: segment[0].slots[0].pag: unknown key (did you mean "page"?), expected one of slot, page, seg',
  ],
  [
    "a slot that there is not",
    P + segment("s", '{ slot = 16, page = "p" }'),
    "6:19: segment[0].slots[0].slot: found 16, expected an integer from 0 to 15",
  ],
  [
    "a slot twice",
    P + segment("s", '{ slot = 1, page = "p" }, { slot = 1, page = "p" }'),
    "6:45: segment[0].slots[1].slot: found 1 again (first on line 6), expected a slot of its own",
  ],
  [
    "both in a slot",
    chain(1) + P + segment("t", '{ slot = 1, page = "p", segment = "s0" }'),
    "9:10: segment[1].slots[0]: found page and segment, expected one of them",
  ],
  [
    "a page that there is not",
    segment("s", '{ slot = 1, page = "q" }'),
    '3:29: segment[0].slots[0].page: found "q", expected the name of a page',
  ],
  [
    "a segment that there is not",
    chain(1) + P + segment("t", '{ slot = 1, segment = "s1" }'),
    '9:32: segment[1].slots[0].segment: found "s1", expected the name of a segment (did you mean ',
  ],
  [
    "a segment in itself",
    segment("s", '{ slot = 1, segment = "s" }'),
    '3:9: segment[0].slots: found a loop of segments, expected "s" not to hold itself',
  ],
  [
    "segments in a circle",
    segment("s", '{ slot = 1, segment = "t" }') + segment("t", '{ slot = 1, segment = "s" }'),
    '3:9: segment[0].slots: found a loop of segments, expected "s" not to hold itself',
  ],
  [
    "six levels",
    P + chain(6),
    "21:9: segment[5].slots: found segments in segments, 6 levels, expected 5 at most",
  ],
  [
    "a place with neither",
    domain("d", "{ at = 0x2000 }"),
    "6:10: domain[0].pages[0]: found no page and no segment, expected one of them",
  ],
  [
    "a segment where it can't begin",
    P + chain(1) + domain("d", '{ segment = "s0", at = 0x2001 }'),
    "12:33: domain[0].pages[0].at: found 0x2001, expected a multiple of 4096",
  ],
];

describe("a scenario file is refused for", () => {
  test.each(FAULTS)("%s", (_what, text, message) => {
    const found = complaint(text.replace('"2", ]', '"2"]'));
    expect(found.slice(0, message.length)).toBe(message);
    expect(found.split("\n")).toHaveLength(message.split("\n").length);
  });
});

test("five levels are none too many, whatever the order in the file", () => {
  const five = chain(5)
    .split(/(?=\[\[)/)
    .toReversed()
    .join("");
  const { segments } = parseScenario("test/x.toml", five + P);
  expect(segments.map(({ name }) => name)).toEqual(["s0", "s1", "s2", "s3", "s4"]);
});

test("domains see what is in a segment, where it is mapped", async () => {
  const pages = ["a", "b", "c"].map(page).join("");
  const inner = segment("inner", '{ slot = 0, page = "b" }');
  const text = `${pages}${segment("outer", '{ slot = 0, segment = "inner" }')}${inner}
${domain("one", '{ page = "a", at = 0x2000, write = true }, { segment = "outer", at = 0x3000 }', '"2"')}
${domain("two", '{ segment = "inner", at = 0x2000, write = true }', '"1", "1"')}
${domain("three", '{ segment = "inner", at = 0x2000 }', '"1", "2"')}`;
  const run = new ScenarioRun(parseScenario("test/x.toml", text));
  const { domains, findings } = await run.run();
  const ends = domains.map(({ state, output, trap }) => [state, output || trap?.code]);
  expect(ends).toEqual([
    ["ended", "rider times 2\n"],
    ["ended", "rider times 2\n"],
    // Without the right to write.
    ["trapped", 0x107],
  ]);
  // The times that the first and the second asked for, in a and in b.
  const asked = [run.page("a", 0, 8), run.page("b", 8, 8)].map((bytes) => Buffer.from(bytes));
  expect(asked.map((bytes) => bytes.readBigUInt64BE())).toEqual(Array(2).fill(205_000n * 256n));
  expect(findings).toEqual([]);
  run.kernel.dispose();
});

test("where something is in the way of a segment, it is told of at the domain", () => {
  const text = P + chain(2) + domain("d", '{ segment = "s1", at = 0x10000 }', '"1"');
  expect(() => new ScenarioRun(parseScenario("test/x.toml", text))).toThrow(
    /^test\/x\.toml:10:1: domain\[0\]: .*0x10000/,
  );
});
