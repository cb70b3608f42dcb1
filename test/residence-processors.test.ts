// Core residence on several processors, threads and simulated: programs come to the same end as ever, whatever they
// share, however often their pages are locked and however few frames there are; and no word-cycle is lost.

import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { type KernelOptions, loadElf, refill } from "../src/index.js";
import { GUEST_RUNS, type GuestRun, guestFile } from "./guests.js";
import { addsOf, SHARED_AT } from "./pager.js";
import { addedTo, expectConserved, kernelOf, listen, meterOf, pagerOf } from "./residence-team.js";
import { dismiss, turn } from "./team.js";

afterEach(dismiss);

const TIMEOUT = 120_000;
/** Many times what all of them take. */
const LONG = 4_000_000_000n;
const HELLO: GuestRun = {
  ...{ program: "hello", args: ["x"] },
  output:
    "hello from hello [x]\nmemory 0da3ee45\ninput 0 bytes 0 lines\nclock does not run backwards\n",
};
const RUNS = [HELLO, ...GUEST_RUNS.filter(({ instructions = 0 }) => instructions < 2_000_000)];
/** Their names are in what they say. */
const NAMED = ["hello", "sieve"];

const TEAMS: readonly (readonly [name: string, options: KernelOptions])[] = [
  ["2 threads", { processors: 2 }],
  ["4 threads", { processors: 4 }],
  ["2 simulated", { processors: 2, seed: 1 }],
  ["3 simulated", { processors: 3, seed: 2 }],
  ["4 simulated", { processors: 4, seed: 3 }],
];

describe.each(TEAMS)("%s", (_, options) => {
  const processors = options.processors!;

  test.each([8 * processors, 32 * processors, 1024])(
    "all guests at once, with %i frames",
    { timeout: TIMEOUT },
    async (core) => {
      const kernel = kernelOf({ core }, options);
      const guests = RUNS.map(({ program, args, stdin, output, exit = 0 }) => {
        const domain = kernel.createDomain({
          ...(NAMED.includes(program) ? { name: program } : {}),
          ...{ meter: meterOf(kernel), program: loadElf(readFileSync(guestFile(program))), args },
          ...(stdin === undefined ? {} : { stdin }),
        });
        domain.start();
        return { domain, output, exit };
      });
      expect((await kernel.run({ cycles: LONG })).reason).toBe("idle");
      for (const { domain, output, exit } of guests) {
        expect([domain.output, domain.exitCode]).toEqual([output, exit]);
      }
      const { cycles, evictions } = kernel.residence.statistics();
      expect(cycles).toBeGreaterThan(20n);
      if (core === 8 * processors) expect(evictions).toBeGreaterThan(50n);
      if (core === 1024) expect(evictions).toBe(0n);
      expectConserved(kernel);
    },
  );

  test("a storm of pagers that share a page object: no page is paid for twice, nothing is lost", {
    timeout: TIMEOUT,
  }, async () => {
    const kernel = kernelOf({ core: 8 * processors, latency: 100 }, { ...options, trace: true });
    const heard = listen(kernel);
    const page = kernel.createPage();
    const keeper = refill({ storage: 1n << 30n });
    let adds = 0;
    let keeperCalls = 0;
    kernel.on("keeper", ({ resource }) => {
      if (resource === "storage") keeperCalls++;
    });
    const pagers = Array.from({ length: 3 * processors }, (_, number) => {
      const pager = { pages: 8, filled: 3, seed: 11 * (number + 1), times: 1500, shares: true };
      // Some begin with next to no storage.
      const meter = meterOf(kernel, number % 3 === 0 ? { storage: 5n, keeper } : {});
      const domain = pagerOf(kernel, meter, pager);
      domain.map(page, SHARED_AT, { write: true });
      domain.start();
      adds += addsOf(pager);
      return domain;
    });
    let added = 0;
    const ends: (number | null)[] = [];
    let mapped = 0;
    kernel.on("end", ({ exitCode }) => ends.push(exitCode));
    const run = kernel.run({ cycles: LONG });
    let isOver = false;
    void run.finally(() => {
      isOver = true;
    });
    // Meanwhile the host looks, and changes what is mapped where nobody expects it.
    while (!isOver) {
      await turn();
      const before = added;
      added = addedTo(page);
      expect(added).toBeGreaterThanOrEqual(before);
      const domain = pagers[mapped % pagers.length]!;
      if (domain.state === "ended" || ++mapped > 50) continue;
      domain.map(page, 0x7000);
      domain.unmap(0x7000);
    }
    expect((await run).reason).toBe("idle");
    expect(pagers.map(({ state, trap }) => [state, trap])).toEqual(
      pagers.map(() => ["ended", null]),
    );
    expect(ends).toEqual(pagers.map(() => 0));
    expect(heard.twice).toEqual([]);
    expect(BigInt(heard.charges)).toBe(kernel.residence.statistics().faults);
    expect(keeperCalls).toBeGreaterThan(0);
    expect(addedTo(page)).toBe(adds);
    expect(kernel.residence.statistics().copies).toBe(BigInt(3 * pagers.length));
    expectConserved(kernel);
  });
});

test("partitions, a clock that bills and two processors: programs come to their end", {
  timeout: TIMEOUT,
}, async () => {
  const billing = { partitions: {}, billing: {} } as KernelOptions;
  const kernel = kernelOf({ core: 24 }, { ...billing, processors: 2, seed: 9 });
  const domains = ["sort", "lz", "strhash"].map((program) => {
    const { args, output } = RUNS.find((run) => run.program === program)!;
    const image = loadElf(readFileSync(guestFile(program)));
    const domain = kernel.createDomain({ meter: meterOf(kernel), program: image, args });
    domain.start();
    return { domain, output };
  });
  await kernel.run({ cycles: LONG });
  for (const { domain, output } of domains) expect(domain.output).toBe(output);
  expectConserved(kernel);
});
