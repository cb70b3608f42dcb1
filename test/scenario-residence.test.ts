// What scenario files say of core residence, and what is refused of it.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { complaint } from "./complaint.js";

const R = "[residence]\n";
const M = `[[meter]]\nname = "m"\nsuperior = "prime"\n`;
const AT = "[[at]]\ncycle = 1\n";
const CLAIM = `[[expect]]\nmeter = "m"\n`;
const DOMAIN = `[[domain]]\nname = "d"\nmeter = "prime"\nprogram = "../guests/spin.elf"\n`;

const WORDS = "expected a count of word-cycles from 0 to 2^64 − 1";
const NEEDED = "found it without core residence, expected [residence] in the file, too";
const FAULTS: [what: string, text: string, message: string][] = [
  [
    "residence that is no table",
    "residence = true",
    "1:13: residence: found true, expected a table: [residence]",
  ],
  [
    "an unknown key of residence",
    `${R}perod = 5`,
    '2:1: residence.perod: unknown key (did you mean "period"?), expected one of core, pages, lat',
  ],
  [
    "too little core",
    `${R}core = 7`,
    "2:8: residence.core: found 7, expected a whole number from 8 to 1048575",
  ],
  ["no pages", `${R}pages = 0`, "2:9: residence.pages: found 0, expected a whole number from 1 to"],
  [
    "core in words",
    `${R}core = "64 KiB"`,
    '2:8: residence.core: found "64 KiB", expected a whole number',
  ],
  [
    "no scan period",
    `${R}period = 0`,
    "2:10: residence.period: found 0, expected a whole number from 1000 to 1600000000",
  ],
  [
    "a huge scan period",
    `${R}period = 1_600_000_001`,
    "2:10: residence.period: found 1600000001, expected a whole number from 1000 to 1600000000",
  ],
  [
    "an unknown phase",
    `${R}phase = "randm"`,
    '2:9: residence.phase: found "randm", expected one of fixed, random',
  ],
  [
    "an offset as long as the period",
    `${R}period = 5_000\noffset = 5_000`,
    "3:10: residence.offset: found 5000, expected a whole number from 0 to 4999",
  ],
  [
    "an offset of a random phase",
    `${R}phase = "random"\noffset = 5`,
    "3:10: residence.offset: a random phase has none, expected it left out or",
  ],
  [
    "a lock cycle that takes no time",
    `${R}lock-cost = 0`,
    "2:13: residence.lock-cost: found 0, expected a whole number from 1 to 1000000",
  ],
  [
    "a fault that takes too long",
    `${R}fault-cost = 1_000_001`,
    "2:14: residence.fault-cost: found 1000001, expected a whole number from 0 to 1000000",
  ],
  ["a seed below 0", `${R}seed = -1`, "2:8: residence.seed: found -1, expected a whole number"],
  [
    "storage that is no count",
    `${R}${M}storage = "2 word-seconds"`,
    `5:11: meter[0].storage: found "2 word-seconds", ${WORDS}`,
  ],
  ["storage below 0", `${R}${M}storage = -1`, `5:11: meter[0].storage: found -1, ${WORDS}`],
  ["storage where nobody pays for it", `${M}storage = 5`, `4:1: meter[0].storage: ${NEEDED}`],
  [
    "a keeper of storage where nobody pays for it",
    `${M}keeper = { refill-storage = 5 }`,
    `4:12: meter[0].keeper.refill-storage: ${NEEDED}`,
  ],
  [
    "a keeper that adds no storage",
    `${R}${M}keeper = { refill-storage = 0 }`,
    "5:29: meter[0].keeper.refill-storage: found 0, expected a count of word-cycles from 1 to 2^64",
  ],
  [
    "a keeper that declines and adds storage",
    `${R}${M}keeper = { deny = true, refill-storage = 5 }`,
    "5:10: meter[0].keeper: found refill-storage and deny, expected one of them",
  ],
  [
    "a guest that adds storage",
    `${R}${M}keeper = { start = "d", refill-storage = 5 }\n${DOMAIN}`,
    "5:10: meter[0].keeper: found start and refill-storage, expected one of them",
  ],
  [
    "a meter called as the lock process",
    `${R}${M.replace('"m"', '"page-locker"')}`,
    '3:8: meter[0].name: found "page-locker", expected a name other than that of the page-locking',
  ],
  [
    "a node called as the lock process",
    `${R}[[node]]\nname = "page-locker"`,
    '3:8: node[0].name: found "page-locker", expected a name other than that of the page-locking',
  ],
  [
    "a domain called as the lock process",
    `${R}${DOMAIN.replace('"d"', '"page-locker"')}`,
    '3:8: domain[0].name: found "page-locker", expected a name other than that of the page-locki',
  ],
  [
    "a key to the lock process",
    `${R}${DOMAIN}keys = [{ slot = 0, domain = "page-locker" }]`,
    '6:30: domain[0].keys[0].domain: found "page-locker", which is the kernel\'s own, expected a ',
  ],
  [
    "a message to the lock process",
    `${R}${AT}send = "page-locker"`,
    '4:8: at[0].send: found "page-locker", which is the kernel\'s own, expected a domain of the f',
  ],
  [
    "a lock process where there is none",
    `${AT}stop = "page-locker"`,
    '3:8: at[0].stop: found "page-locker", expected the name of a domain',
  ],
  [
    "an act without an amount",
    `${R}${M}${AT}add = "m"`,
    "5:1: at[0]: found add alone, expected cycles or storage beside it",
  ],
  [
    "storage for a meter that is switched on",
    `${R}${M}${AT}on = "m"\ncycles = 5\nstorage = 5`,
    "9:1: at[0].storage: found it beside on, expected it beside add or set only",
  ],
  [
    "an act on storage where nobody pays for it",
    `${M}${AT}add = "m"\nstorage = 5`,
    `7:1: at[0].storage: ${NEEDED}`,
  ],
  [
    "a change of the scan where there is none",
    `${AT}period = 5_000`,
    `3:1: at[0].period: ${NEEDED}`,
  ],
  [
    "a change to a period that is too short",
    `${R}${AT}period = 5`,
    "4:10: at[0].period: found 5, expected a whole number from 1000 to 1600000000",
  ],
  [
    "a change to an offset without a period",
    `${R}${M}${AT}off = "m"\noffset = 5`,
    "8:1: at[0].offset: found it beside off, expected it beside period only",
  ],
  [
    "an offset of a phase that an act before has made random",
    `${R}[[at]]\ncycle = 2\nperiod = 5_000\noffset = 5\n${AT}period = 5_000\nphase = "random"`,
    "5:10: at[0].offset: a random phase has none, expected it left out or",
  ],
  [
    "a period below the offset that it is to keep",
    `${R}offset = 7_000\n${AT}period = 5_000`,
    "3:1: at[0]: offset: found 7000, expected a whole number from 0 to 4999",
  ],
  [
    "claims on storage where nobody pays for it",
    `${M}${CLAIM}charged = 5`,
    `6:1: expect[0].charged: ${NEEDED}`,
  ],
  [
    "claims on lock cycles where there are none",
    "[[expect]]\nlock-cycles = 5",
    `2:1: expect[0].lock-cycles: ${NEEDED}`,
  ],
  [
    "storage of a domain",
    `${R}${DOMAIN}[[expect]]\ndomain = "d"\nstorage = 5`,
    "8:1: expect[0].storage: found it about a domain, expected exit, state, ",
  ],
  [
    "lock cycles of a meter",
    `${R}${M}${CLAIM}lock-cycles = 5`,
    "7:1: expect[0].lock-cycles: found it about a meter, expected consumed, counter, keeper-calls, storage, ",
  ],
  [
    "a charge that is no count",
    `${R}${M}${CLAIM}charged = "much"`,
    '7:11: expect[0].charged: found "much", expected a count, or { min',
  ],
  [
    "a share of charges that is a number",
    `${R}${M}${CLAIM}charged-share = 5`,
    "7:17: expect[0].charged-share: found 5, expected { min = …, max = … } or { about",
  ],
  [
    "a share about nothing",
    `${R}${M}${CLAIM}charged-share = { about = 5 }`,
    "7:17: expect[0].charged-share: found about, expected min, max or both, or about and within",
  ],
  [
    "bounds of faults the wrong way round",
    `${R}${M}${CLAIM}faults = { min = 5, max = 4 }`,
    "7:10: expect[0].faults: found min 5 above max 4, expected the least first",
  ],
  [
    "calls of the lock process",
    `${R}[[expect]]\ndomain = "page-locker"\nreturned = 5`,
    '4:1: expect[0].returned: found it about "page-locker", expected it about a domain that is Web',
  ],
];

describe("a scenario file is refused for", () => {
  test.each(FAULTS)("%s", (_what, text, message) => {
    const lines = complaint(text).split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.slice(0, message.length)).toBe(message);
  });
});

test("what a file says is what the kernel is made with", () => {
  const text = `[residence]
core = 64
pages = 500
latency = 1_000
period = 5_000
phase = "random"
seed = 7
lock-cost = 20
fault-cost = 30
${M}storage = 5
${M.replaceAll('"m"', '"n"').replace("prime", "page-locker")}`;
  const { kernel, meters } = parseScenario("test/x.toml", text);
  expect(kernel.residence).toEqual({
    ...{ core: 64, pages: 500, latency: 1000, period: 5000, phase: "random" },
    ...{ seed: 7, lockCost: 20, faultCost: 30 },
  });
  expect(meters.map(({ name, storage }) => [name, storage])).toEqual([
    ["m", 5n],
    ["n", undefined],
  ]);
  expect(parseScenario("test/x.toml", R).kernel.residence).toEqual({});
  expect(parseScenario("test/x.toml", M).kernel.residence).toBeUndefined();
});

test("the example in docs/scenarios.md is one", () => {
  const docs = readFileSync("docs/scenarios.md", "utf8");
  const examples = [...docs.matchAll(/```toml\n(.*?)```/gs)].map(([, text]) => text!);
  const { kernel, meters, acts, claims } = parseScenario(
    "test/x.toml",
    examples.find((text) => text.startsWith("[residence]"))!,
  );
  expect(kernel.residence).toEqual({ core: 256, period: 160_000, phase: "random" });
  expect([meters.length, acts.length, claims.length]).toEqual([1, 1, 1]);
});

test("without core residence page-locker is a name as any other", () => {
  const named = [M, DOMAIN].map((table) => table.replace(/"[md]"/, '"page-locker"'));
  expect(complaint(`${named.join("")}${AT}stop = "page-locker"`)).toBe("none");
});
