// What scenario files say of billing by a clock and of partitions, and what is refused of it.

import { describe, expect, test } from "vitest";
import { clocks } from "../src/clock.js";
import { parseScenario } from "../src/scenario/file.js";
import { complaint } from "./complaint.js";

const P = `[[partition]]\nname = "P"\nbudget = 20\n`;
const Q = P.replace('"P"', '"Q"');
const D = `[[domain]]\nname = "d"\nmeter = "prime"\nbursts = { run = 5 }\n`;
const AT = "[[at]]\ncycle = 1\n";
const WINDOWS = P + AT;
const CLAIM = `${P}[[expect]]\npartition = "P"\n`;
const counter = (more: string) => `[billing]\nclock = { kind = "counter", ${more} }`;

const PERCENT = "a percentage from 0 to 100 with at most 2 decimals";
const WITHOUT = "found it without partitions, expected [partitions] or a [[partition]]";
const FAULTS: [what: string, text: string, message: string][] = [
  [
    "a way to bill that is none",
    `[billing]\nby = "ticks"`,
    '2:6: billing.by: found "ticks", expected one of microbill, tick',
  ],
  [
    "a tick too short",
    "[billing]\ntick = 3",
    "2:8: billing.tick: found 3, expected a whole number from 16 to ",
  ],
  [
    "a tick that is none",
    `[billing]\ntick = "x"`,
    '2:8: billing.tick: found "x", expected a whole',
  ],
  [
    "an unknown clock",
    `[billing]\nclock = "x68"`,
    '2:9: billing.clock: found "x68", expected one of exact, x86, powerpc, mips, arm, or a table',
  ],
  [
    "an unknown kind of clock",
    `[billing]\nclock = { kind = "countr" }`,
    '2:18: billing.clock.kind: found "countr", expected one of exact, counter, countdown',
  ],
  [
    "a clock without a kind",
    "[billing]\nclock = { hz = 5 }",
    "2:9: billing.clock.kind: missing, expected one of exact, counter, countdown",
  ],
  [
    "an unknown key of a clock",
    counter("hzz = 5"),
    '2:29: billing.clock.hzz: unknown key (did you mean "hz"?), expected one of kind, hz, ',
  ],
  [
    "a key of another kind of clock",
    counter(`repair = "add"`),
    "2:29: billing.clock.repair: unknown key for this kind, expected one of kind, hz, width, ",
  ],
  [
    "a clock that stands still for whole ticks",
    counter("hz = 5"),
    "2:34: billing.clock.hz: found 5, less than one unit in a tick of 16000 cycles, expected at ",
  ],
  [
    "a clock that wraps too soon",
    counter("width = 8"),
    "2:37: billing.clock.width: found 8, too few bits",
  ],
  [
    "a miscalibration beyond reason",
    counter("error = 5.5"),
    "2:37: billing.clock.error: found 5.5, expected a number from -0.5 to 1",
  ],
  [
    "a jump without its length",
    counter(`fault = { at = 1, does = "jump" }`),
    '2:37: billing.clock.fault.by: missing, expected beside does = "jump"',
  ],
  [
    "a stop of some length",
    counter(`fault = { at = 1, does = "stop", by = 4 }`),
    '2:62: billing.clock.fault.by: found it beside does = "stop", expected it beside jump or ',
  ],
  [
    "no billing points",
    "[billing]\npoints = []",
    "2:10: billing.points: found none, expected an array of at least one",
  ],
  [
    "a billing point twice",
    `[billing]\npoints = ["tick", "tick"]`,
    '2:19: billing.points[1]: found "tick" again, expected each point once',
  ],
  [
    "an unknown billing point",
    `[billing]\npoints = ["tik"]`,
    '2:11: billing.points[0]: found "tik", expected one of start, stop, message, preempt, wake, ',
  ],
  [
    "a clock for ticks alone",
    `[billing]\nby = "tick"\nclock = "x86"`,
    "3:9: billing.clock: by tick no clock is read, expected it left out",
  ],
  [
    "tables of billing",
    `[[billing]]\nby = "tick"`,
    "1:1: billing: found an array of 1, expected a table: [billing]",
  ],
  [
    "a window that is too short",
    "[partitions]\nwindow = 100",
    "2:10: partitions.window: found 100, expected a whole number from 128000 to 6400000",
  ],
  [
    "a window of broken ticks",
    "[partitions]\nwindow = 1_600_001",
    "2:10: partitions.window: found 1600001, expected a whole number of ticks of 16000 cycles, such ",
  ],
  [
    "a window of too many ticks",
    "[billing]\ntick = 250\n[partitions]\nwindow = 6_400_000",
    "4:10: partitions.window: found 6400000, which is 25600 ticks, expected at most 512",
  ],
  [
    "a tick that makes no window",
    "[billing]\ntick = 16\n[partitions]",
    "2:8: billing.tick: found 16, expected a whole number from 250 to 6400000",
  ],
  [
    "a key as the library calls it",
    `[partitions]\nfreeTime = "ratio"`,
    '2:1: partitions.freeTime: unknown key (did you mean "free-time"?), expected one of window, ',
  ],
  [
    "free time that goes nowhere",
    `[partitions]\nfree-time = "x"`,
    '2:13: partitions.free-time: found "x", expected one of priority, ratio',
  ],
  [
    "a policy that is none",
    `[partitions]\nbankruptcy = "x"`,
    '2:14: partitions.bankruptcy: found "x", expected one of default, cancel, notify, stop',
  ],
  ["a partition's name twice", P + P, '5:8: partition[1].name: found "P" again (first on line 2)'],
  [
    "another System",
    P.replace('"P"', '"System"'),
    '2:8: partition[0].name: found "System", expected a name other than that of the first',
  ],
  [
    "a budget above all",
    P.replace("20", "120"),
    `3:10: partition[0].budget: found 120, expected ${PERCENT}`,
  ],
  [
    "a negative budget",
    P.replace("20", "-1"),
    `3:10: partition[0].budget: found -1, expected ${PERCENT}`,
  ],
  [
    "a budget of three decimals",
    P.replace("20", "20.125"),
    `3:10: partition[0].budget: found 20.125, expected ${PERCENT}`,
  ],
  [
    "a budget that is no number",
    P.replace("20", "nan"),
    `3:10: partition[0].budget: found NaN, expected ${PERCENT}`,
  ],
  [
    "no budget",
    `[[partition]]\nname = "P"`,
    `1:1: partition[0].budget: missing, expected ${PERCENT}`,
  ],
  [
    "budgets that sum above 100",
    P + Q.replace("20", "80.01"),
    '6:10: partition[1].budget: found 80.01, expected at most 80: what is left of the 100 % of "Sys',
  ],
  [
    "more than the parent has",
    `${P}${Q.replace("20", "20.5")}parent = "P"`,
    '6:10: partition[1].budget: found 20.5, expected at most 20: what is left of the 20 % of "P"',
  ],
  [
    "a maximum below the budget",
    `${P}max = 10`,
    "4:7: partition[0].max: found 10, expected at least its budget of 20",
  ],
  ["a maximum of nothing", `${P}max = 0`, "4:7: partition[0].max: found 0, expected a percentage"],
  [
    "a critical budget beyond the window",
    `${P}critical = 1_600_001`,
    "4:12: partition[0].critical: found 1600001, expected at most the 1600000 of a window",
  ],
  [
    "an unknown parent",
    `${P}parent = "PP"`,
    '4:10: partition[0].parent: found "PP", expected the name of a partition (did you mean "P"?)',
  ],
  [
    "a loop of parents",
    `${P}parent = "Q"\n${Q}parent = "P"`,
    '4:10: partition[0].parent: found the loop "P" in "Q" in "P", expected parents that end at "S',
  ],
  [
    "a partition where there are none",
    `${D}partition = "P"`,
    `5:1: domain[0].partition: ${WITHOUT}`,
  ],
  ["a priority without partitions", `${D}priority = 3`, `5:1: domain[0].priority: ${WITHOUT}`],
  [
    "a priority out of range",
    `${P}${D}priority = 256`,
    "8:12: domain[0].priority: found 256, expected an integer from 0 to 255",
  ],
  [
    "a domain that is critical by some cycles",
    `${P}${D}critical = 5`,
    "8:12: domain[0].critical: found 5, expected true or false",
  ],
  [
    "bursts that wait in two ways",
    D.replace("= 5", "= 5, wait = 3, every = 7"),
    "4:31: domain[0].bursts.every: found wait and every, expected one of them",
  ],
  [
    "a phase of nothing",
    D.replace("= 5", "= 5, phase = 7"),
    "4:21: domain[0].bursts.phase: found phase alone, expected every beside it",
  ],
  [
    "a phase of a whole period",
    D.replace("= 5", "= 5, every = 7, phase = 7"),
    "4:40: domain[0].bursts.phase: found 7, expected less than every, 7",
  ],
  ["a window where there is none", `${AT}window = 1_600_000`, `3:1: at[0].window: ${WITHOUT}`],
  [
    "a change of nothing",
    `${WINDOWS}change = "P"`,
    "4:1: at[0]: found change alone, expected budget or max or critical beside it",
  ],
  [
    "a change of an unknown partition",
    `${WINDOWS}change = "Q"\nbudget = 3`,
    '6:10: at[0].change: found "Q", expected the name of a partition (did you mean "P"?)',
  ],
  [
    "a partition that is critical",
    `${WINDOWS}change = "P"\ncritical = true`,
    "7:12: at[0].critical: found true, expected cycles beside change",
  ],
  [
    "another window that is none",
    `${WINDOWS}window = 7`,
    "6:10: at[0].window: found 7, expected a whole number from 128000 to 6400000",
  ],
  [
    "a budget beside a window",
    `${WINDOWS}window = 1_600_000\nbudget = 3`,
    "7:1: at[0].budget: found it beside window, expected it beside change only",
  ],
  [
    "a schedule that changes nothing",
    `${P}${D}${AT}schedule = "d"`,
    "8:1: at[0]: found schedule alone, expected partition or priority or policy or critical or ",
  ],
  [
    "a schedule of some cycles",
    `${P}${D}${AT}schedule = "d"\ncritical = 5`,
    "11:12: at[0].critical: found 5, expected true or false beside schedule",
  ],
  [
    "a priority beside stop",
    `${P}${D}${AT}stop = "d"\npriority = 5`,
    "11:1: at[0].priority: found it beside stop, expected it beside schedule only",
  ],
  [
    "a claim where there are no partitions",
    `[[expect]]\npartition = "P"\nused = { min = 3 }`,
    `2:1: expect[0].partition: ${WITHOUT}`,
  ],
  [
    "a share that is one number",
    `${CLAIM}used = 3`,
    "6:8: expect[0].used: found 3, expected { min = …, max = … } or { about = …, within = … }",
  ],
  [
    "about something, within nothing",
    `${CLAIM}used = { about = 3 }`,
    "6:8: expect[0].used: found about, expected min, max or both, or about and within",
  ],
  [
    "shares upside down",
    `${CLAIM}used = { min = 30.5, max = 3 }`,
    "6:8: expect[0].used: found min 30.5 above max 3, expected the least first",
  ],
  [
    "a bound that is no number",
    `${CLAIM}used = { min = "x" }`,
    '6:16: expect[0].used.min: found "x", expected a number',
  ],
  [
    "a state of a partition",
    `${CLAIM}state = "ready"`,
    "6:1: expect[0].state: found it about a partition, expected share, used, used-10, used-100, ",
  ],
  [
    "a billed domain where cycles are counted",
    `${D}[[expect]]\ndomain = "d"\nbilled = 4`,
    "7:1: expect[0].billed: found it where cycles are counted, expected [billing] or [partitions]",
  ],
  [
    "an idle share where cycles are counted",
    "[[expect]]\nidle-share = { min = 3 }",
    "2:1: expect[0].idle-share: found it where cycles are counted, expected [billing] or [parti",
  ],
];

describe("a scenario file is refused for", () => {
  test.each(FAULTS)("%s", (_what, text, message) => {
    const lines = complaint(text).split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]!.slice(0, message.length)).toBe(message);
  });
});

test("there are 31 partitions beside System", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => `[[partition]]\nname = "P${i}"\nbudget = 1\n`).join("");
  expect(complaint(many(31))).toBe("none");
  expect(complaint(many(32))).toBe(
    "94:1: partition[31]: found 32 partitions, expected at most 31 beside System",
  );
});

test("what a file says is what the kernel is made with", () => {
  const text = `[billing]
tick = 8_000
clock = { kind = "counter", hz = 80_000, error = 0.1, drift = -2, width = 32 }
points = ["start", "stop"]
[partitions]
window = 800_000
free-time = "ratio"
bankruptcy = "notify"
${Q}parent = "P"
${P.replace("20", "33.25")}critical = 16_000
`;
  const { kernel, partitions } = parseScenario("test/x.toml", text);
  expect(kernel.billing).toEqual({
    tick: 8000,
    clock: { kind: "counter", hz: 80_000, error: 0.1, drift: -2, width: 32 },
    points: ["start", "stop"],
  });
  expect(kernel.partitions).toEqual({ window: 800_000, freeTime: "ratio", bankruptcy: "notify" });
  expect(partitions.map(({ name, budget }) => [name, budget])).toEqual([
    ["P", 33.25],
    ["Q", 20],
  ]);
  expect(parseScenario("test/x.toml", `[billing]\nclock = "arm"`).kernel).toMatchObject({
    billing: { clock: clocks.arm },
    partitions: undefined,
  });
  expect(parseScenario("test/x.toml", P).kernel.partitions).toEqual({});
  expect(parseScenario("test/x.toml", D).kernel).toMatchObject({
    billing: undefined,
    partitions: undefined,
  });
});
