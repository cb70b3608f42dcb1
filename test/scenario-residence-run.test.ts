// Scenarios with core residence, as they run: storage that runs out, acts on it and on the scan, and claims.

import { expect, test } from "vitest";
import { parseScenario } from "../src/scenario/file.js";
import { ScenarioError } from "../src/scenario/problem.js";
import { ScenarioRun } from "../src/scenario/run.js";

const PERIOD = 160_000;
/** Word-cycles of a page for a period. */
const CHARGE = 1024n * BigInt(PERIOD);
const RESIDENCE = `[kernel]
quantum = 10_000
[residence]
core = 128
pages = 600
latency = 1_000
period = ${PERIOD}
`;
const SMALL = "memory = 327_680";

const meter = (name: string, more = "", superior = "prime") =>
  `[[meter]]\nname = "${name}"\nsuperior = "${superior}"\n${more}\n`;
const domain = (name: string, program: string, more = "", at = name) =>
  `[[domain]]\nname = "${name}"\nmeter = "${at}"\nprogram = "../guests/${program}.elf"\n${SMALL}\n${more}\n`;
const at = (cycle: number, act: string) => `[[at]]\ncycle = ${cycle}\n${act}\n`;
const claim = (text: string) => `[[expect]]\n${text}\n`;

async function play(text: string, cycles?: number) {
  const run = new ScenarioRun(parseScenario("test/x.toml", RESIDENCE + text));
  try {
    return await run.run(cycles === undefined ? {} : { cycles: BigInt(cycles) });
  } finally {
    run.kernel.dispose();
  }
}

type Played = Awaited<ReturnType<typeof play>>;
const storageOf = ({ meters }: Played, of: string) =>
  meters.find(({ name }) => name === of)!.storage!;
const domainOf = ({ domains }: Played, of: string) => domains.find(({ name }) => name === of)!;

const SPIN = domain("spin", "spin");

test("a meter pays for all below it, and each charge is a page for a period", async () => {
  const text = meter("top") + meter("spin", "", "top") + meter("idle", "", "top") + SPIN;
  const played = await play(text + domain("idle", "idler", 'args = ["30"]'), 20 * PERIOD);
  expect(played.findings).toEqual([]);
  const [top, spin, idle] = ["top", "spin", "idle"].map((name) => storageOf(played, name));
  expect(top!.charged).toBe(spin!.charged + idle!.charged);
  expect(top!).toMatchObject({ own: 0n, faults: 0n, left: 2n ** 64n - 1n });
  expect(spin!.own).toBe(spin!.faults * CHARGE);
  expect(storageOf(played, "prime").charged).toBe(played.residence!.charged);
  expect(top!.corePages).toBe(spin!.corePages + idle!.corePages);
  expect(idle!.corePages).toBeGreaterThan(30);
  expect(played.residence).toMatchObject({ period: PERIOD, phase: "fixed", offset: 0, core: 128 });
});

test("what runs out of storage is parked, with what it had left, until the operator adds some", async () => {
  const text = meter("spin", `storage = ${10n * CHARGE + 5n}`) + SPIN;
  const dry = await play(text, 20 * PERIOD);
  expect(domainOf(dry, "spin").state).toBe("parked");
  expect(storageOf(dry, "spin")).toMatchObject({ left: 5n, charged: 10n * CHARGE });
  expect(dry.meters.find(({ name }) => name === "spin")!.keeperCalls).toBe(0);

  const more = await play(text + at(15 * PERIOD, `add = "spin"\nstorage = ${CHARGE}`), 20 * PERIOD);
  expect(storageOf(more, "spin")).toMatchObject({ left: 5n, charged: 11n * CHARGE });
  const set = await play(text + at(15 * PERIOD, `set = "spin"\nstorage = ${CHARGE}`), 20 * PERIOD);
  expect(storageOf(set, "spin")).toMatchObject({ left: 0n, charged: 11n * CHARGE });
  for (const { findings } of [dry, more, set]) expect(findings).toEqual([]);
});

test("acts can give cycles and storage at once", async () => {
  const text = meter("spin", "cycles = 5\nstorage = 7") + SPIN;
  const acts = at(1, 'stop = "spin"') + at(9, 'set = "spin"\ncycles = 0\nstorage = 50');
  const played = await play(text + acts + at(10, 'add = "spin"\ncycles = 3\nstorage = 4'), 20);
  const { counter } = played.meters.find(({ name }) => name === "spin")!;
  expect([counter, storageOf(played, "spin").left]).toEqual([3n, 54n]);
});

test("a keeper refills either resource so many times, and declines what it has nothing for", async () => {
  const storage = `storage = ${10n * CHARGE}`;
  const refill = (more: string) => meter("spin", `${storage}\nkeeper = { ${more} }`) + SPIN;
  const calls = ({ meters }: Played) => meters.find(({ name }) => name === "spin")!.keeperCalls;

  const twice = await play(refill(`refill-storage = ${CHARGE}, times = 2`), 40 * PERIOD);
  expect(storageOf(twice, "spin").charged).toBe(12n * CHARGE);
  expect([domainOf(twice, "spin").state, calls(twice)]).toEqual(["parked", 3]);

  const cpu = await play(refill("refill = 5"), 40 * PERIOD);
  expect(storageOf(cpu, "spin").charged).toBe(10n * CHARGE);
  expect([domainOf(cpu, "spin").state, calls(cpu)]).toEqual(["parked", 1]);

  // In each ten periods, from the first exhaustion on, three pages.
  const period = `refill-storage = ${3n * CHARGE}, period = ${10 * PERIOD}`;
  const rate = await play(refill(period), 60 * PERIOD);
  const { charged } = storageOf(rate, "spin");
  expect(charged).toBeGreaterThanOrEqual(10n * CHARGE + 4n * 3n * CHARGE);
  expect(charged).toBeLessThanOrEqual(10n * CHARGE + 6n * 3n * CHARGE);
  expect(domainOf(rate, "spin").state).not.toBe("parked");
});

test("a guest that keeps meters refills their storage, too, and keeps who may not have more", async () => {
  const keeper = (args: string) =>
    meter("spin", `storage = ${10n * CHARGE}\nkeeper = { start = "warden" }`) +
    SPIN +
    meter("office") +
    domain(
      "warden",
      "keeper",
      `args = [${args}]\nkeys = [{ slot = 3, returner = true }, { slot = 7, node = "shelf" }]`,
      "office",
    ) +
    '[[node]]\nname = "shelf"\n';
  // 200,000,000 word-cycles at a time are one page and some.
  const played = await play(keeper('"5", "2", "200"'), 40 * PERIOD);
  expect(storageOf(played, "spin")).toMatchObject({
    charged: 12n * CHARGE,
    left: 400_000_000n - 2n * CHARGE,
  });
  expect(domainOf(played, "spin").state).toBe("waiting");
  expect(domainOf(played, "warden").state).toBe("available");
  expect(played.meters.find(({ name }) => name === "spin")!.keeperCalls).toBe(3);
  const without = await play(keeper('"5", "2"'), 40 * PERIOD);
  expect(storageOf(without, "spin").charged).toBe(10n * CHARGE);
  for (const { findings } of [played, without]) expect(findings).toEqual([]);
});

test("the administration sets another period and phase while programs run", async () => {
  const text = meter("spin") + SPIN + at(10 * PERIOD, `period = ${PERIOD / 2}\nphase = "random"`);
  const played = await play(text, 20 * PERIOD);
  expect(played.residence).toMatchObject({ period: PERIOD / 2, phase: "random", offset: 0 });
  const { cycles } = played.residence!;
  // 10 in the first half, and 20 in the second, of which a few may come too late for their period.
  expect(cycles).toBeGreaterThanOrEqual(27n);
  expect(cycles).toBeLessThanOrEqual(30n);
});

test("where the lock process stands, nobody pays again", async () => {
  const text = meter("spin") + SPIN;
  const stopped = await play(text + at(PERIOD - 1, 'stop = "page-locker"'), 20 * PERIOD);
  const off = await play(text + at(PERIOD - 1, 'off = "page-locker"'), 20 * PERIOD);
  for (const played of [stopped, off]) {
    const { own, faults } = storageOf(played, "spin");
    expect(own).toBe(faults * CHARGE);
    expect(played.residence!.cycles).toBeLessThanOrEqual(1n);
    expect(played.residence!.faults).toBe(faults);
    expect(faults).toBeLessThan(20n);
  }
  const meters = new Map(off.meters.map((meter) => [meter.name, meter]));
  expect(meters.get("page-locker")).toMatchObject({ counter: 0n, superior: "prime" });
});

test("a meter that is rescinded keeps its figures", async () => {
  const text = meter("spin") + SPIN + at(10 * PERIOD, 'rescind = "spin"');
  const played = await play(text, 20 * PERIOD);
  const late = played.meters.find(({ name }) => name === "spin")!;
  expect(late.rescinded).toBe(true);
  expect(late.storage!.own).toBeGreaterThan(9n * CHARGE);
  expect(storageOf(played, "prime").charged).toBe(late.storage!.own);
  expect(played.findings).toEqual([]);
});

test("claims say what was found where they do not hold", async () => {
  const claims = [
    'meter = "spin"\nstorage = 5\ncharged = 6\ncharged-share = { max = 50 }\nfaults = 7\ncore-pages = 8',
    "lock-cycles = 9\nfaults = 10\nfetches = 11\nevictions = 12\ncopies = 13\ncore-pages = 14",
    'meter = "spin"\ncharged-share = { about = 100, within = 1 }',
  ];
  const text = meter("spin") + SPIN + claims.map(claim).join("");
  const { expectations } = await play(text, 3 * PERIOD);
  const words = expectations.map(({ text }) => text.replace(/found [\d,]+/, "found N"));
  expect(words).toEqual([
    "spin: storage left 5; found N",
    "spin: charged 6; found N",
    "spin: share of what was charged at most 50 %; found N %",
    "spin: faults 7; found N",
    "spin: pages in core 8; found N",
    "lock cycles 9; found N",
    "faults 10; found N",
    "pages fetched 11; found N",
    "pages evicted 12; found N",
    "pages copied 13; found N",
    "pages in core 14; found N",
    "spin: share of what was charged 100 % ± 1",
  ]);
  expect(expectations.map(({ ok }) => ok)).toEqual([...Array(11).fill(false), true]);
});

test("who finds no pages left is told of at its place", async () => {
  const many = `${meter("spin")}${SPIN.replace(SMALL, "memory = 4_194_304")}`;
  await expect(play(many)).rejects.toThrow(ScenarioError);
  await expect(play(many)).rejects.toThrow(/^test\/x\.toml:\d+:1: domain\[0\]: .*pages/);
});
