// What scenario files say of keys, guests as keepers, pages and messages, and how it is refused.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { complaint } from "./complaint.js";

const METER = `[[meter]]\nname = "m"\nsuperior = "prime"\n`;
const METERS = METER.replace('"m"', '"client"') + METER.replace('"m"', '"service"');
const PROGRAM = `program = "../guests/hello.elf"`;
const DOMAIN = `[[domain]]\nname = "d"\nmeter = "prime"\n${PROGRAM}\n`;
const BURSTS = `[[domain]]\nname = "b"\nmeter = "prime"\nbursts = { run = 5 }\n`;
const COPIES = `[[domain]]\nname = "c"\nmeter = "prime"\n${PROGRAM}\ncount = 2\n`;
const PAGE = `[[page]]\nname = "p"\n`;
const EXPECT = "[[expect]]\n";
/** Three lines before the keys of a node. */
const keys = (text: string) => `[[node]]\nname = "n"\nkeys = [${text}]\n`;
const KINDS =
  "start, domain, meter, service, node, fetch, sense, page, segment, join, wait, data, clock, returner, maker, discrim, console";

const FAULTS: [what: string, text: string, message: string][] = [
  [
    "keys that are no array",
    '[[node]]\nname = "n"\nkeys = 5',
    "3:8: node[0].keys: found 5, expected an arr",
  ],
  [
    "a key that is no table",
    keys("5"),
    `3:9: node[0].keys[0]: found 5, expected a table such as { slot`,
  ],
  [
    "a key without its slot",
    keys("{ data = 5 }"),
    "3:9: node[0].keys[0].slot: missing, expected an int",
  ],
  [
    "a slot out of range",
    keys("{ slot = 16, data = 5 }"),
    "3:18: node[0].keys[0].slot: found 16, expected an integer from 0 to 15",
  ],
  [
    "a slot twice",
    `${DOMAIN}keys = [\n  { slot = 3, data = 5 },\n  { slot = 3, clock = true },\n]`,
    "7:12: domain[0].keys[1].slot: found 3 again (first on line 6), expected a slot of its own",
  ],
  [
    "a key of no kind",
    keys("{ slot = 0 }"),
    `3:9: node[0].keys[0]: found no kind of key, expected exactly one of ${KINDS}`,
  ],
  [
    "a key of two kinds",
    keys("{ slot = 0, data = 5, clock = true }"),
    "3:9: node[0].keys[0]: found data and clock, expected exactly one of start, ",
  ],
  [
    "an unknown kind of key",
    keys("{ slot = 0, data = 1, strat = 5 }"),
    '3:31: node[0].keys[0].strat: unknown key (did you mean "start"?), expected one of slot, start, ',
  ],
  [
    "a start key to nobody",
    `${DOMAIN}keys = [{ slot = 0, start = "dd" }]`,
    '5:29: domain[0].keys[0].start: found "dd", expected the name of a domain (did you mean "d"?)',
  ],
  [
    "a start key to several",
    COPIES + keys('{ slot = 0, start = "c" }'),
    '8:29: node[0].keys[0].start: found "c", which is several, expected one of them, such as "c-0"',
  ],
  [
    "a start key to bursts",
    BURSTS + keys('{ slot = 0, start = "b" }'),
    '7:29: node[0].keys[0].start: found "b", which has bursts, expected a domain with a program',
  ],
  [
    "a domain key to several",
    COPIES + keys('{ slot = 0, domain = "c" }'),
    '8:30: node[0].keys[0].domain: found "c", which is several, expected one of them',
  ],
  [
    '"self" in a node',
    keys('{ slot = 0, start = "self" }'),
    '3:29: node[0].keys[0].start: found "self", expected the name of a domain',
  ],
  [
    "a service key to a node",
    keys('{ slot = 0, service = "n" }'),
    '3:31: node[0].keys[0].service: found "n", expected the name of a meter',
  ],
  [
    "a node key to a meter",
    METER + keys('{ slot = 0, node = "m" }'),
    '6:28: node[0].keys[0].node: found "m", expected the name of a node (did you mean "n"?)',
  ],
  [
    "a fetch key to nothing",
    METER + keys('{ slot = 0, fetch = "prim" }'),
    '6:29: node[0].keys[0].fetch: found "prim", expected the name of a node or meter (did you mean "prime"?)',
  ],
  [
    "a page key to a node",
    keys('{ slot = 0, page = "n" }'),
    '3:28: node[0].keys[0].page: found "n", expected the name of a page',
  ],
  [
    "a join that is none",
    keys('{ slot = 0, join = "n" }'),
    '3:28: node[0].keys[0].join: found "n", expected the name of a join',
  ],
  [
    "a wait object that is none",
    keys('{ slot = 0, wait = "n" }'),
    '3:28: node[0].keys[0].wait: found "n", expected the name of a wait',
  ],
  [
    "data of more than 11 bytes",
    keys("{ slot = 0, data = 0x1_0000_0000_0000_0000_0000_00 }"),
    "3:28: node[0].keys[0].data: found 309485009821345068724781056, expected an integer from 0 to 2^88",
  ],
  [
    "a clock that is not true",
    keys("{ slot = 0, clock = false }"),
    "3:29: node[0].keys[0].clock: found false, expected true",
  ],
  [
    "a data byte out of range",
    `${DOMAIN}keys = [{ slot = 0, start = "d", databyte = 256 }]`,
    "5:45: domain[0].keys[0].databyte: found 256, expected an integer from 0 to 255",
  ],
  [
    "a data byte for a clock",
    keys("{ slot = 0, clock = true, databyte = 1 }"),
    "3:35: node[0].keys[0].databyte: found it beside clock, expected it beside start, service, ",
  ],
  [
    "keys of bursts",
    `${BURSTS}keys = []`,
    "5:1: domain[0].keys: found bursts beside it, expected it with a program only",
  ],
  [
    "a domain called self",
    DOMAIN.replace('"d"', '"self"'),
    '2:8: domain[0].name: found "self", expected a name other than the one domains call themselves',
  ],
  [
    "a node with a meter's name",
    `${METER}[[node]]\nname = "m"`,
    '5:8: node[0].name: found "m" again (first on line 2), expected a name of its own',
  ],
  [
    "a node with the prime meter's name",
    `[[node]]\nname = "prime"`,
    '2:8: node[0].name: found "prime", expected a name other than the prime meter\'s',
  ],
  [
    "a page's name twice",
    PAGE + PAGE,
    '4:8: page[1].name: found "p" again (first on line 2), expected a name of its own',
  ],
  [
    "a page with text and bytes",
    `${PAGE}text = "a"\nbytes = [5]`,
    "4:1: page[0].bytes: found text and bytes, expected one of them at most",
  ],
  [
    "a page with too much in it",
    `${PAGE}text = "${"é".repeat(2049)}"`,
    `3:8: page[0].text: found "${"é".repeat(39)}…" of 4,098 bytes, expected a string of at most 4096 bytes`,
  ],
  [
    "bytes that are none",
    `${PAGE}bytes = [255, 256]`,
    "3:15: page[0].bytes[1]: found 256, expected an integer from 0 to 255",
  ],
  [
    "an unknown page",
    `${PAGE}${DOMAIN}pages = [{ page = "q", at = 4096 }]`,
    '7:19: domain[0].pages[0].page: found "q", expected the name of a page (did you mean "p"?)',
  ],
  [
    "a page in the middle of another",
    `${PAGE}${DOMAIN}pages = [{ page = "p", at = 0x8010 }]`,
    "7:29: domain[0].pages[0].at: found 0x8010, expected a multiple of 4096",
  ],
  [
    "two pages in one place",
    `${PAGE}${DOMAIN}pages = [{ page = "p", at = 0x8000 },\n  { page = "p", at = 0x8000 }]`,
    "8:22: domain[0].pages[1].at: found 0x8000 again (first on line 7), expected an address of its",
  ],
  [
    "a page over the program's text",
    `${PAGE}${DOMAIN}pages = [{ page = "p", at = 0x10000 }]`,
    "7:29: domain[0].pages[0].at: found 0x10000, expected an address where the program has nothing: 0x1000 to 0xf000",
  ],
  [
    "a page in the program's heap",
    `${PAGE}${DOMAIN}pages = [{ page = "p", at = 0x8000_0000 }]`,
    "7:29: domain[0].pages[0].at: found 0x80000000, expected an address where the program has nothing: 0x1000",
  ],
  [
    "a page between a program and its end of memory",
    `${PAGE}${DOMAIN}memory = 0x30_0000\npages = [{ page = "p", at = 0x20_0000 }]`,
    "8:29: domain[0].pages[0].at: found 0x200000, expected an address where the program has nothing: 0x1000 to 0xf000, 0x300000 to 0x3fff000",
  ],
  [
    "a memory too small",
    `${DOMAIN}memory = 8192\n${PAGE}`,
    "5:10: domain[0].memory: found 8192 bytes, the program needs at least ",
  ],
  [
    "a page's text and numbers",
    `${PAGE}text = "x"\nnumbers = [5]`,
    "4:1: page[0].numbers: found text and numbers, expected one of them at most",
  ],
  [
    "a number of nine bytes",
    `${PAGE}numbers = [0, 18_446_744_073_709_551_616]`,
    "3:15: page[0].numbers[1]: found 18446744073709551616, expected an integer from 0 to 2^64 − 1",
  ],
  [
    "a claim beyond a page's end",
    `${PAGE}${EXPECT}page = "p"\noffset = 4093\nword = 5`,
    "5:10: expect[0].offset: found 4 bytes from 4093, expected the page to hold them: 4096 bytes",
  ],
  [
    "a meter's keeper that is nobody",
    `${METER}keeper = { start = "d" }`,
    '4:20: meter[0].keeper.start: found "d", expected the name of a domain',
  ],
  [
    "a guest and a refill",
    `${METER}keeper = { start = "d", refill = 5 }\n${DOMAIN}`,
    "4:10: meter[0].keeper: found start and refill, expected one of them",
  ],
  [
    "a data byte without a keeper",
    `${METER}keeper = { deny = true, databyte = 5 }`,
    "4:25: meter[0].keeper.databyte: found databyte alone, expected start beside it",
  ],
  [
    "a domain's keeper without a guest",
    `${DOMAIN}keeper = {}`,
    '5:10: domain[0].keeper: found no start, expected a keeper that is a guest, such as { start = "guest" }',
  ],
  [
    "a domain's keeper that has bursts",
    `${BURSTS}${DOMAIN}keeper = { start = "b" }`,
    '9:20: domain[1].keeper.start: found "b", which has bursts, expected a domain with a program',
  ],
  [
    "a refill of a domain's keeper",
    `${DOMAIN}keeper = { start = "d", refill = 5 }`,
    "5:25: domain[0].keeper.refill: unknown key, expected one of start, databyte",
  ],
];

describe("a scenario file is refused for", () => {
  test.each(FAULTS)("%s", (_what, text, message) => {
    const lines = complaint(text).split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.slice(0, message.length)).toBe(message);
  });
});

test("names may be of what comes later, in a circle", () => {
  const text = `
[[domain]]
name = "a"
meter = "m"
${PROGRAM}
keeper = { start = "b" }
keys = [
  { slot = 15, start = "b", databyte = 255 },
  { slot = 0, start = "self" },
  { slot = 1, fetch = "prime" },
  { slot = 2, sense = "n", databyte = 1 },
  { slot = 3, data = 0xff_ffff_ffff_ffff_ffff_ffff },
]
pages = [{ page = "p", at = 0x8000, write = true }]
[[domain]]
name = "b"
meter = "m"
${PROGRAM}
keys = [{ slot = 0, domain = "a" }]
[[meter]]
name = "m"
superior = "prime"
keeper = { start = "a", databyte = 7 }
[[node]]
name = "n"
keys = [{ slot = 0, node = "n" }, { slot = 1, join = "x" }, { slot = 2, wait = "x" }]
[[page]]
name = "p"
bytes = [1, 2, 255]
[[join]]
name = "x"
[[wait]]
name = "x"
`;
  const { domains, meters, nodes, pages } = parseScenario("test/x.toml", text);
  expect(domains[0]!.keys).toEqual([
    { slot: 15, start: "b", databyte: 255 },
    { slot: 0, start: "self" },
    { slot: 1, fetch: "prime" },
    { slot: 2, sense: "n", databyte: 1 },
    { slot: 3, data: 2n ** 88n - 1n },
  ]);
  expect(domains[0]!.pages).toEqual([{ page: "p", at: 0x8000, write: true }]);
  expect(meters[0]!.keeper).toEqual({ start: "a", databyte: 7 });
  expect(nodes[0]!.keys).toHaveLength(3);
  expect(pages[0]!.bytes).toEqual(Uint8Array.of(1, 2, 255));
});

test("the example of keys in docs/scenarios.md is one, but for its meters", () => {
  const docs = readFileSync("docs/scenarios.md", "utf8");
  const examples = [...docs.matchAll(/```toml\n(.*?)```/gs)].map(([, text]) => text!);
  const example = examples.find((text) => text.includes("keys = ["))!;
  const { domains, acts, claims } = parseScenario("scenarios/x.toml", METERS + example);
  expect([domains.length, acts.length, claims.length]).toEqual([2, 1, 1]);
});

test("all that is wrong with keys is told at once", () => {
  const text = `${DOMAIN}keys = [{ slot = 16, start = "e" }, { slot = 1, service = "x", meter = "y" }]
keeper = { start = "f" }
pages = [{ page = "g", at = 5 }]
`;
  expect(
    complaint(text)
      .split("\n")
      .map((line) => line.replace(/: found.*/, "")),
  ).toEqual([
    "5:18: domain[0].keys[0].slot",
    "5:30: domain[0].keys[0].start",
    "5:37: domain[0].keys[1]",
    "5:59: domain[0].keys[1].service",
    "5:72: domain[0].keys[1].meter",
    "6:20: domain[0].keeper.start",
    "7:19: domain[0].pages[0].page",
    "7:29: domain[0].pages[0].at",
  ]);
});
