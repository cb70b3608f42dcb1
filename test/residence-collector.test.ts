// The trace that schemes are compared on, taken from kernels that run real programs.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import {
  clockKey,
  createKernel,
  type Kernel,
  loadElf,
  type ResidenceOptions,
} from "../src/index.js";
import { Collector } from "../src/residence/collector.js";
import { Comparison } from "../src/residence/comparison.js";
import { type ResidenceReport, residenceReport } from "../src/residence/report.js";
import type { Sample } from "../src/residence/sample.js";
import { guestFile } from "./guests.js";

const LIMIT = 8_000_000n;
const USUAL: ResidenceOptions = { core: 256, pages: 4096, period: 160_000 };

interface Tenant {
  readonly meter: string;
  readonly program: string;
  readonly args?: readonly string[];
}
const SIEVES: readonly Tenant[] = [
  { meter: "a", program: "sieve" },
  { meter: "b", program: "sieve", args: ["300000"] },
  { meter: "b", program: "sort", args: ["3000"] },
];

const kernels: Kernel[] = [];
afterEach(() => {
  for (const kernel of kernels.splice(0)) kernel.dispose();
});

function open(residence: ResidenceOptions, tenants: readonly Tenant[]): Kernel {
  const kernel = createKernel({ quantum: 20_000, trace: residence.exact ?? false, residence });
  kernels.push(kernel);
  const meters = new Map(
    [...new Set(tenants.map(({ meter }) => meter))].map((name) => [
      name,
      kernel.createMeter({ name, superior: kernel.primeMeter }),
    ]),
  );
  for (const { meter, program, args = [] } of tenants) {
    const elf = loadElf(readFileSync(guestFile(program)));
    kernel.createDomain({ meter: meters.get(meter)!.key, program: elf, args }).start();
  }
  return kernel;
}

/** What the kernel's accounts hold, by the meters' names. */
function held(kernel: Kernel) {
  return Object.fromEntries([...kernel.meters()].map(({ name, storage }) => [name, storage.own()]));
}

async function sampled(
  residence: ResidenceOptions,
  tenants: readonly Tenant[],
  meanwhile: (kernel: Kernel) => void = () => {},
): Promise<{ kernel: Kernel; samples: Sample[]; report: ResidenceReport }> {
  const kernel = open({ ...residence, exact: true }, tenants);
  const samples: Sample[] = [];
  const comparison = new Comparison();
  const collector = new Collector(kernel, (sample) => {
    samples.push(sample);
    comparison.take(sample);
  });
  meanwhile(kernel);
  await kernel.run({ cycles: LIMIT });
  collector.end();
  return { kernel, samples, report: residenceReport(kernel, comparison) };
}

function charges({ schemes }: ResidenceReport, name: string) {
  return schemes.find(({ scheme }) => scheme === name)!.charges;
}

test("Multics' charges are those of the kernel's accounts, and of a kernel that counts nothing", async () => {
  const { kernel, samples, report } = await sampled(USUAL, SIEVES);
  const accounts = held(kernel);
  expect(Object.fromEntries(charges(report, "multics").accounts)).toEqual({
    ...{ a: accounts.a, b: accounts.b },
  });
  expect(accounts).toMatchObject({ prime: 0n, "page-locker": 0n });
  expect(accounts.a).toBeGreaterThan(100n * 1024n * 160_000n);
  expect(report.mismatches).toEqual([]);
  expect(charges(report, "multics").total).toBe(kernel.residence.statistics().charged);
  // Who misses a sample is told.
  const partial = new Comparison();
  for (const sample of samples.slice(0, -5)) partial.take(sample);
  const [first] = residenceReport(kernel, partial).mismatches;
  expect(first).toMatchObject({ account: "a", held: accounts.a });
  expect(first!.sampled).toBeLessThan(accounts.a!);
  const plain = open(USUAL, SIEVES);
  await plain.run({ cycles: LIMIT });
  expect(held(plain)).toEqual(accounts);
});

test("samples are one after the other, from lock cycle to lock cycle", async () => {
  const { kernel, samples } = await sampled({ ...USUAL, offset: 5000 }, SIEVES);
  const { cycles, faults } = kernel.residence.statistics();
  expect(samples).toHaveLength(Number(cycles) + 1);
  expect(samples.map(({ isWhole }) => isWhole)).toEqual([
    ...[false, ...Array(samples.length - 2).fill(true), false],
  ]);
  expect(samples[0]!.since).toBe(0n);
  for (const [index, { since, until }] of samples.entries()) {
    expect(since).toBe(samples[index - 1]?.until ?? 0n);
    expect(until).toBeGreaterThan(since);
  }
  expect(samples.at(-1)!.until).toBe(kernel.time);
  expect(samples.reduce((sum, sample) => sum + sample.faults, 0)).toBe(Number(faults));
  expect(samples.every(({ period }) => period === 160_000)).toBe(true);
});

test("whoever is charged for a page has referenced it: the truth's total is Multics'", async () => {
  const { report } = await sampled(USUAL, SIEVES);
  // But for pages that came from the drum after the cycle in which they were asked for.
  const [multics, access, idle] = ["multics", "access", "idle"].map(
    (name) => charges(report, name).total,
  ) as [bigint, bigint, bigint];
  expect(idle).toBe(access);
  const missing = Number(multics - access) / Number(1024n * 160_000n);
  expect(missing).toBeGreaterThanOrEqual(0);
  expect(missing).toBeLessThanOrEqual(5);
  expect(Math.abs(report.rate!.error!)).toBeLessThan(5);
});

describe("pages", () => {
  test("shared text is mapped by all who run it, private pages by one", async () => {
    const { samples } = await sampled(USUAL, SIEVES);
    const mappers = new Set(
      samples[20]!.pages.map((page) => JSON.stringify([...page.mappers].sort())),
    );
    expect(mappers).toContain('[["a",1],["b",1]]');
    expect(mappers).toContain('[["a",1]]');
    expect(mappers).toContain('[["b",1]]');
    const shared = samples[20]!.pages.find(({ mappers }) => mappers.size === 2)!;
    expect([...shared.references.keys()].sort()).toEqual(["a", "b"]);
    expect(["a", "b"]).toContain(shared.first);
  });

  test("where core is short, some are on the drum, and come back", async () => {
    const few = { ...USUAL, core: 24, latency: 1000 };
    const { kernel, samples, report } = await sampled(few, SIEVES);
    const { evictions, fetches } = kernel.residence.statistics();
    expect(evictions).toBeGreaterThan(10n);
    expect(samples.reduce((sum, sample) => sum + sample.fetches, 0)).toBe(Number(fetches));
    for (const { pages } of samples) {
      const inCore = pages.filter(({ isInCore }) => isInCore);
      expect(inCore.length).toBeLessThanOrEqual(24);
      expect(new Set(pages.map(({ page }) => page)).size).toBe(pages.length);
    }
    expect(report.mismatches).toEqual([]);
    expect(report.course.at(-1)!.inCore).toBeLessThanOrEqual(24);
  });
});

test("who ends or is rescinded within a cycle has referenced what it has, whoever gets its memory", async () => {
  const short: readonly Tenant[] = [
    { meter: "a", program: "sieve", args: ["1000"] },
    { meter: "b", program: "sieve" },
  ];
  // The first lock cycle is at 0; there is no other before the run's end.
  const { kernel, samples, report } = await sampled(
    { ...USUAL, period: 1_600_000_000 },
    short,
    (kernel) => {
      const heir = kernel.createMeter({ name: "heir", superior: kernel.primeMeter });
      const program = loadElf(readFileSync(guestFile("sort")));
      const inherit = () => kernel.createDomain({ meter: heir, program, args: ["20000"] }).start();
      kernel.on("end", ({ domain }) => {
        if (domain.meter?.name === "a") inherit();
      });
      kernel.at(4_000_000n, () => {
        for (const domain of kernel.domains()) if (domain.meter?.name === "b") domain.rescind();
        inherit();
      });
    },
  );
  const pages = samples.flatMap((sample) => sample.pages);
  const of = (account: string) => pages.filter(({ references }) => references.has(account));
  expect(of("a").length).toBeGreaterThanOrEqual(5);
  expect(of("b").length).toBeGreaterThan(15);
  expect(of("heir").length).toBeGreaterThan(5);
  // A page-table is read while it is its machine's: a sieve has none of the pages that only sorts have.
  const sorting = of("heir").filter(({ mappers }) => mappers.has("heir"));
  expect(sorting.filter(({ mappers }) => mappers.has("a") || mappers.has("b"))).toEqual([]);
  const [multics, access] = ["multics", "access"].map((name) => charges(report, name).total);
  const lost = Number(multics! - access!) / Number(1024n * 1_600_000_000n);
  // Of pages that were copied on write, what was read before counts for the copies.
  const { copies } = kernel.residence.statistics();
  expect(lost).toBeGreaterThanOrEqual(0);
  expect(lost).toBeLessThanOrEqual(Number(copies));
});

test("who reads as much has as many references, whoever takes the faults", async () => {
  const kernel = createKernel({ trace: true, residence: { ...USUAL, exact: true } });
  kernels.push(kernel);
  const program = loadElf(readFileSync(guestFile("rider")));
  const page = kernel.createPage();
  ["first", "second"].forEach((name, number) => {
    const meter = kernel.createMeter({ name, superior: kernel.primeMeter });
    const domain = kernel.createDomain({
      ...{ meter, program, args: ["160000", String(20_000 + 500 * number), "0", "1", `${number}`] },
      pages: [{ page, at: 0x2000, write: true }],
    });
    domain.keys.set(2, clockKey);
    domain.keys.set(5, kernel.createWait().key);
    domain.start();
  });
  const samples: Sample[] = [];
  const collector = new Collector(kernel, (sample) => samples.push(sample));
  await kernel.run({ cycles: LIMIT });
  collector.end();
  const references = new Set(
    samples
      .slice(2, -1)
      .flatMap(({ pages }) =>
        pages.map(({ references }) => JSON.stringify([...references].sort())),
      ),
  );
  // The first takes all faults: of the page, and of the program's text, where it is run again after each.
  expect(samples.slice(2, -1).map(({ charges }) => [...charges.keys()].join())).toEqual(
    Array(samples.length - 3).fill("first"),
  );
  const alike = ['[["first",2],["second",2]]', '[["first",8],["second",8]]'];
  // And its idle stack.
  expect([...references].sort()).toEqual([...alike, "[]"]);
});

test("an idle program pays nothing by access, and by Multics only once", async () => {
  const idle: readonly Tenant[] = [
    { meter: "idle", program: "idler", args: ["40"] },
    { meter: "busy", program: "sieve" },
  ];
  const { report } = await sampled(USUAL, idle);
  const pages = (name: string) =>
    Number(charges(report, name).accounts.get("idle")!) / Number(1024n * 160_000n);
  expect(pages("multics")).toBeLessThan(60);
  expect(pages("access")).toBeLessThan(60);
  expect(pages("toucher")).toBeGreaterThan(40 * 40);
  expect(pages("split")).toBeGreaterThan(40 * 40);
});
