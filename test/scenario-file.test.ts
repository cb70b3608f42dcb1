import { describe, expect, test } from "vitest";
import { loadScenario, parseScenario } from "../src/scenario/file.js";
import { complaint } from "./complaint.js";

const METER = `[[meter]]\nname = "m"\nsuperior = "prime"\n`;
const DOMAIN = `[[domain]]\nname = "d"\nmeter = "prime"\nbursts = { run = 5 }\n`;

const CYCLES = "a count of cycles from 0 to 2^64 − 1";
const FAULTS: [what: string, text: string, message: string][] = [
  ["a value that is not TOML", "a = ", "1:5: not TOML: unspecified values are invalid"],
  ["a string without an end", `[[meter]]\nname = "m\n`, "2:10: not TOML: unterminated string"],
  ["a key twice", "[kernel]\nnodes = 5\nnodes = 6", "3:1: not TOML: defining a key"],
  [
    "an unknown table",
    `\n${METER.replace("[meter]", "[metre]")}`,
    '2:1: metre: unknown key (did you mean "meter"?), expected one of kernel, meter, domain, ',
  ],
  [
    "an unknown key",
    `${METER}cylces = 5`,
    '4:1: meter[0].cylces: unknown key (did you mean "cycles"?), expected one of name, superior, ',
  ],
  [
    "an unknown keeper key",
    `${METER}keeper = { deny = true, refil = 5 }`,
    '4:25: meter[0].keeper.refil: unknown key (did you mean "refill"?), expected one of refill, ',
  ],
  [
    "an unknown key of a keeper's own table",
    `${METER}[meter.keeper]\ndeny = true\nzzz = 5`,
    "6:1: meter[0].keeper.zzz: unknown key, expected one of refill, times, period, deny, report, ",
  ],
  [
    "an unknown bound",
    `${METER}[[expect]]\nmeter = "m"\nconsumed = { min = 3, mx = 4 }`,
    '6:23: expect[0].consumed.mx: unknown key (did you mean "max"?), expected one of min, max',
  ],
  [
    "a table where tables are expected",
    `[meter]\nname = "m"`,
    "1:1: meter: found a table, expected tables, each headed [[meter]]",
  ],
  [
    "a seed without processors",
    "[kernel]\nseed = 5",
    "2:8: kernel.seed: found seed alone, expected processors beside it",
  ],
  [
    "a seed out of range",
    "[kernel]\nprocessors = 2\nseed = -1",
    "3:8: kernel.seed: found -1, expected an integer from 0 to 4_294_967_295",
  ],
  ["a missing name", `[[meter]]\nsuperior = "prime"`, "1:1: meter[0].name: missing, expected a na"],
  [
    "a name with a newline",
    `${METER.replace('"m"', '"m\\n"')}`,
    `2:8: meter[0].name: found "m\\n"`,
  ],
  ["an empty name", `${METER.replace('"m"', '""')}`, `2:8: meter[0].name: found "", expected a`],
  [
    "a word for a count",
    `${METER}cycles = "x"`,
    `4:10: meter[0].cycles: found "x", expected ${CYCLES}`,
  ],
  [
    "a negative count",
    `${METER}cycles = -1`,
    `4:10: meter[0].cycles: found -1, expected ${CYCLES}`,
  ],
  [
    "a count of 2^64",
    `${METER}cycles = 18_446_744_073_709_551_616`,
    `4:10: meter[0].cycles: found 18446744073709551616, expected ${CYCLES}`,
  ],
  ["a float", `${METER}cycles = 1e6`, `4:10: meter[0].cycles: found 1000000, expected ${CYCLES}`],
  [
    "a date",
    `${METER}cycles = 1979-05-27`,
    `4:10: meter[0].cycles: found a date, expected ${CYCLES}`,
  ],
  [
    "a quantum of 0",
    "[kernel]\nquantum = 0",
    "2:11: kernel.quantum: found 0, expected an integer from 1 to ",
  ],
  [
    "a negative cost",
    "[kernel]\n[kernel.kernel-costs]\nrefill = -1",
    "3:10: kernel.kernel-costs.refill: found -1, expected an integer from 0 to 1_000_000",
  ],
  [
    "an unknown superior",
    `${METER}[[meter]]\nname = "n"\nsuperior = "prim"`,
    '6:12: meter[1].superior: found "prim", expected the name of a meter (did you mean "prime"?)',
  ],
  [
    "an unknown meter",
    `${METER}${DOMAIN.replace('"prime"', '"mm"')}`,
    '6:9: domain[0].meter: found "mm", expected the name of a meter (did you mean "m"?)',
  ],
  [
    "an unknown domain",
    `${DOMAIN}[[at]]\ncycle = 1\nstop = "elephant"`,
    '7:8: at[0].stop: found "elephant", expected the name of a domain',
  ],
  [
    "a domain where a meter is expected",
    `${DOMAIN}[[at]]\ncycle = 1\noff = "d"`,
    '7:7: at[0].off: found "d", expected the name of a meter',
  ],
  [
    "a name twice",
    METER + METER,
    '5:8: meter[1].name: found "m" again (first on line 2), expected',
  ],
  [
    "a copy's name twice",
    `${DOMAIN}count = 2\n${DOMAIN.replace('"d"', '"d-1"')}`,
    '7:8: domain[1].name: found "d-1" again (first on line 2), expected a name of its own',
  ],
  [
    "the prime meter's name",
    METER.replace('"m"', '"prime"'),
    '2:8: meter[0].name: found "prime", expected a name other than the prime meter\'s',
  ],
  [
    "a meter under itself",
    METER.replace("prime", "m"),
    '3:12: meter[0].superior: found the loop "m" under "m", expected a chain that ends at "prime"',
  ],
  [
    "a loop of superiors",
    [
      `[[meter]]\nname = "a"\nsuperior = "c"`,
      `[[meter]]\nname = "b"\nsuperior = "c"`,
      `[[meter]]\nname = "c"\nsuperior = "b"`,
    ].join("\n"),
    '9:12: meter[2].superior: found the loop "c" under "b" under "c", expected a chain that ends',
  ],
  [
    "a keeper that is no table",
    `${METER}keeper = true`,
    "4:10: meter[0].keeper: found true, expected a table such as { refill = 1000 }",
  ],
  [
    "an empty keeper",
    `${METER}keeper = {}`,
    "4:10: meter[0].keeper: found no refill, deny, report or start, expected one ",
  ],
  [
    "times without refill",
    `${METER}keeper = { deny = true, times = 3 }`,
    "4:10: meter[0].keeper: found times alone, expected refill beside it",
  ],
  [
    "times and period",
    `${METER}keeper = { refill = 1, times = 3, period = 5 }`,
    "4:10: meter[0].keeper: found times and period, expected one of them at most",
  ],
  [
    "refill and deny",
    `${METER}keeper = { refill = 1, deny = true }`,
    "4:10: meter[0].keeper: found refill and deny, expected one of them",
  ],
  [
    "a refill of nothing",
    `${METER}keeper = { refill = 0 }`,
    "4:21: meter[0].keeper.refill: found 0, expected a count of cycles from 1 to 2^64 − 1",
  ],
  [
    "a missing program file",
    `[[domain]]\nname = "d"\nmeter = "prime"\nprogram = "nope.elf"`,
    "4:11: domain[0].program: found no such file at ",
  ],
  [
    "a program that is no ELF file",
    `[[domain]]\nname = "d"\nmeter = "prime"\nprogram = "../package.json"`,
    '4:11: domain[0].program: found a bad program, "../package.json": at offset 0: found 7b ',
  ],
  [
    "neither program nor bursts",
    `[[domain]]\nname = "d"\nmeter = "prime"`,
    "1:1: domain[0]: found no program and no bursts, expected one of them",
  ],
  [
    "program and bursts",
    `${DOMAIN}program = "../guests/hello.elf"`,
    "4:1: domain[0].bursts: found program and bursts, expected one of them",
  ],
  [
    "arguments for bursts",
    `${DOMAIN}args = ["x"]`,
    "5:1: domain[0].args: found bursts beside it, expected it with a program only",
  ],
  [
    "a span upside down",
    DOMAIN.replace("5 }", "[9, 5] }"),
    "4:18: domain[0].bursts.run: found [9, 5], expected the least first",
  ],
  [
    "a span of three",
    DOMAIN.replace("5 }", "[1, 2, 3] }"),
    "4:18: domain[0].bursts.run: found an array of 3, expected an integer from 1 to 4_294_967_295, or",
  ],
  [
    "a count of no copies",
    `${DOMAIN}count = 0`,
    "5:9: domain[0].count: found 0, expected an integer from 1 to 1_000_000",
  ],
  ["no act", "[[at]]\ncycle = 1", "1:1: at[0]: found no act, expected exactly one of off, on, "],
  [
    "two acts",
    `${METER}[[at]]\ncycle = 1\noff = "m"\nrescind = "m"`,
    "4:1: at[0]: found off and rescind, expected exactly one of off, on, ",
  ],
  [
    "an act without its cycle",
    `${METER}[[at]]\noff = "m"`,
    `4:1: at[0].cycle: missing, expected ${CYCLES}`,
  ],
  [
    "on without cycles",
    `${METER}[[at]]\ncycle = 1\non = "m"`,
    "4:1: at[0].cycles: missing, expected beside on",
  ],
  [
    "off with cycles",
    `${METER}[[at]]\ncycle = 1\noff = "m"\ncycles = 5`,
    "7:1: at[0].cycles: found it beside off, expected it beside on or add or set only",
  ],
  [
    "the prime meter rescinded",
    `[[at]]\ncycle = 1\nrescind = "prime"`,
    '3:11: at[0].rescind: found "prime", expected a meter other than the prime meter',
  ],
  [
    "an expectation of nothing",
    "[[expect]]",
    "1:1: expect[0]: found no claim, expected one of cons",
  ],
  [
    "a counter of a domain",
    `${DOMAIN}[[expect]]\ndomain = "d"\ncounter = 5`,
    "7:1: expect[0].counter: found it about a domain, expected exit, state, output, ",
  ],
  [
    "an expectation about two things",
    `${METER}${DOMAIN}[[expect]]\ndomain = "d"\nmeter = "m"\nconsumed = 5`,
    "8:1: expect[0]: found domain and meter, expected one of them at most",
  ],
  [
    "idle at a cycle",
    "[[expect]]\ncycle = 5\nidle = true",
    "3:1: expect[0].idle: found it beside cycle, expected it of the end only",
  ],
  [
    "an unknown state",
    `${DOMAIN}[[expect]]\ndomain = "d"\nstate = "asleep"`,
    '7:9: expect[0].state: found "asleep", expected one of stopped, available, ready, ',
  ],
  [
    "bounds upside down",
    `${METER}[[expect]]\nmeter = "m"\nconsumed = { min = 5, max = 4 }`,
    "6:12: expect[0].consumed: found min 5 above max 4, expected the least first",
  ],
  [
    "no bounds",
    `${METER}[[expect]]\nmeter = "m"\nconsumed = {}`,
    "6:12: expect[0].consumed: found no min and no max, expected one of them at least",
  ],
];

describe("a scenario file is refused for", () => {
  test.each(FAULTS)("%s", (_what, text, message) => {
    const lines = complaint(text).split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.slice(0, message.length)).toBe(message);
  });
});

test("all that is wrong is told at once, in the order of the file", () => {
  const text = `[kernel]
quantum = "x"
[[meter]]
name = "a"
superior = "b"
[[meter]]
name = "b"
superior = "a"
keeper = { times = 1 }
[[domain]]
name = "d"
meter = "c"
bursts = {}
`;
  expect(complaint(text).split("\n")).toEqual([
    expect.stringMatching(/^2:11: kernel\.quantum: found "x"/),
    expect.stringMatching(/^5:12: meter\[0\]\.superior: found the loop/),
    expect.stringMatching(/^9:10: meter\[1\]\.keeper: found no refill/),
    expect.stringMatching(/^9:10: meter\[1\]\.keeper: found times alone/),
    expect.stringMatching(/^12:9: domain\[0\]\.meter: found "c"/),
    expect.stringMatching(/^13:10: domain\[0\]\.bursts\.run: missing/),
  ]);
});

test("the message begins with the file as the user named it", () => {
  expect(() => loadScenario("test/none.toml")).toThrow(
    /^test\/none\.toml:1:1: found no such file, expected a scenario file$/,
  );
  expect(() => loadScenario("test")).toThrow(/^test:1:1: found a folder, expected/);
  expect(() => loadScenario("guests/hello.elf")).toThrow(/found a file that is not UTF-8/);
});

test("counts stay exact up to 2^64 − 1", () => {
  const text = `${METER}cycles = 18_446_744_073_709_551_615
[[meter]]
name = "n"
superior = "m"
cycles = 0x20_0000_0000_0001
`;
  const { meters } = parseScenario("test/x.toml", text);
  expect(meters.map(({ cycles }) => cycles)).toEqual([2n ** 64n - 1n, 2n ** 53n + 1n]);
});

test("superiors come before inferiors, and acts in the order of the clock", () => {
  const text = `[[meter]]
name = "low"
superior = "high"
${METER.replace('"m"', '"high"')}
[[at]]
cycle = 9
off = "low"
[[at]]
cycle = 3
off = "high"
[[at]]
cycle = 9
off = "high"
`;
  const { meters, acts } = parseScenario("test/x.toml", text);
  expect(meters.map(({ name }) => name)).toEqual(["high", "low"]);
  expect(acts.map(({ cycle, off }) => [cycle, off])).toEqual([
    [3n, "high"],
    [9n, "low"],
    [9n, "high"],
  ]);
});

test("keys may be dotted, quoted or in tables of their own", () => {
  const text = `${METER}keeper.refill = 5\n"keeper".times = 2\n[[domain]]
name = "d"
meter = "m"
[domain.bursts]
run = [1, 2]
`;
  const { meters, domains } = parseScenario("test/x.toml", text);
  expect(meters[0]!.keeper).toEqual({ refill: 5n, times: 2 });
  expect(domains[0]!.names).toEqual(["d"]);
});

test("an empty file is a scenario", () => {
  expect(parseScenario("test/x.toml", "").meters).toEqual([]);
});
