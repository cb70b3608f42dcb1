// What scenario files say of segments, and what is refused of it.

import { describe, expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { ScenarioError } from "../src/scenario/problem.js";
import { World } from "../src/scenario/world.js";
import { complaint } from "./complaint.js";

const P = `[[page]]\nname = "p"\n`;
const segment = (name: string, slots: string, more = "") =>
  `[[segment]]\nname = "${name}"\nslots = [${slots}]\n${more}`;
const domain = (pages: string) =>
  `[[domain]]\nname = "d"\nmeter = "prime"\nprogram = "../guests/spin.elf"\npages = [${pages}]\n`;
const world = (text: string) => new World(parseScenario("test/x.toml", text), false);

const FAULTS: [what: string, text: string, message: string][] = [
  ["no slots", '[[segment]]\nname = "s"\nslots = 5', "3:9: segment[0].slots: found 5, expected an"],
  ["no name", "[[segment]]\nslots = []", "segment[0].name: missing, expected"],
  [
    "a slot too many",
    P + segment("s", '{ slot = 16, page = "p" }'),
    "found 16, expected an integer from 0 to 15",
  ],
  [
    "a level too high",
    segment("s", "", "level = 6"),
    "level: found 6, expected an integer from 1 to 5",
  ],
  [
    "a slot twice",
    P + segment("s", '{ slot = 1, page = "p" }, { slot = 1, page = "p" }'),
    "5:45: segment[0].slots[1].slot: found 1 again (first on line 5), expected a slot of its own",
  ],
  ["nothing in it", segment("s", "{ slot = 1 }"), "found neither page nor segment, expected one"],
  [
    "two in it",
    P + segment("t", "") + segment("s", '{ slot = 1, page = "p", segment = "t" }'),
    "found page and segment, expected one of them",
  ],
  [
    "an unknown page",
    P + segment("s", '{ slot = 1, page = "q" }'),
    'found "q", expected the name of a page',
  ],
  [
    "itself",
    segment("s", '{ slot = 1, segment = "s" }'),
    'segment[0].slots[0].segment: found "s", expected one that stands above it, so that none contains',
  ],
  [
    "one below it",
    segment("s", '{ slot = 1, segment = "t" }') + segment("t", ""),
    'found "t", expected one that stands above it',
  ],
  [
    "a level too low",
    segment("s", "") + segment("t", '{ slot = 1, segment = "s" }', "level = 1"),
    "7:9: segment[1].level: found 1, expected at least 2 for what is in its slots",
  ],
  [
    "a tree too deep",
    segment("s", "", "level = 5\n") + segment("t", '{ slot = 1, segment = "s" }'),
    "segment[1].slots: found a segment of level 5, expected at most 4: a tree has 5 levels",
  ],
  ["an unknown key", segment("s", "", "pages = []"), "segment[0].pages: unknown key"],
  ["a name twice", segment("s", "") + segment("s", ""), '5:8: segment[1].name: found "s"'],
  ["a place of nothing", domain("{ at = 0x8000 }"), "found neither page nor segment"],
  [
    "an unknown segment",
    domain('{ segment = "s", at = 0x8000 }'),
    "expected the name of a segment",
  ],
  [
    "a place between pages",
    segment("s", "") + domain('{ segment = "s", at = 0x8001 }'),
    "found 0x8001, expected a multiple of 4096",
  ],
];

describe("segments that are refused", () => {
  test.each(FAULTS)("%s", (_, text, message) => {
    expect(complaint(text)).toContain(message);
  });
});

test("domains have what is in them, and hold keys to them", () => {
  const slots = '{ slot = 2, page = "p" }';
  const text = `${P}text = "here"\n${segment("s", slots)}${segment("t", '{ slot = 1, segment = "s" }')}
${segment("u", "", "level = 3\n")}${domain('{ segment = "t", at = 0x100_0000 }')}
keys = [{ slot = 3, segment = "t" }]`;
  const { kernel, domains } = world(text);
  const { machine, keys } = domains.get("d")!;
  const found = machine!.read(0x100_0000 + 18 * 4096, 4)!;
  expect(new TextDecoder().decode(found)).toBe("here");
  const key = keys.get(3);
  expect(key).toMatchObject({ kind: "segment" });
  expect(kernel.invoke(key, 1).key).toMatchObject({ kind: "segment" });
  expect(kernel.check().findings).toEqual([]);
});

test("a place that is taken is told of at the domain", () => {
  const slots = '{ slot = 0, page = "p" }, { slot = 9, page = "p" }';
  const make = () => world(P + segment("s", slots) + domain('{ segment = "s", at = 0x8000 }'));
  expect(make).toThrow(ScenarioError);
  expect(make).toThrow("found 0x11000, expected a place where the program has nothing yet");
});
