// Storms of messages, while domains are stopped, started and rescinded, and workers die: nothing is lost or
// doubled, and every answer is to its call.

import { afterEach, expect, test } from "vitest";
import type { Kernel } from "../src/index.js";
import { data } from "./cast.js";
import { findings } from "./lab.js";
import { Random } from "./riscv/random.js";
import { calls, type Storm, storm } from "./storm.js";
import { kill, SHARED_DEBUG, turn, until } from "./team.js";
import { checkedBuild, everywhere } from "./variants.js";

let kernel: Kernel | undefined;
afterEach(() => {
  kernel?.dispose();
});

/** All that was sent is answered or refused, and nobody is left. */
async function expectEnd({ cast, servers, clients }: Storm, sent: Promise<unknown>[]) {
  for (const { domain } of [...servers, ...clients]) {
    domain.rescind();
    expect(findings(cast.kernel)).toEqual([]);
  }
  await Promise.all(sent);
  expect((await cast.kernel.run()).reason).toBe("idle");
  expect(cast.kernel.core.hosts.size).toBe(1);
  expect(findings(cast.kernel)).toEqual([]);
}

everywhere("a storm", () => {
  test.each([1, 2, 3])("seed %i", async (seed) => {
    const random = new Random(seed);
    const made = storm(random, { build: checkedBuild() });
    const { kernel } = made.cast;
    for (let round = 0; round < 8; round++) {
      // All are answered: servers serve for ever, clients call for ever.
      const sent = Promise.all(calls(made, 10, random));
      let answers: Awaited<typeof sent> | undefined;
      sent.then((all) => {
        answers = all;
      });
      for (let runs = 0; !answers; runs++) {
        if (runs === 1000) throw new Error(`round ${round}: calls that are never answered`);
        await kernel.run({ cycles: 2000 });
      }
      for (const answer of answers) {
        const [i, { order, keys }] = answer!;
        expect([order, keys[0]]).toEqual([0, data(i)]);
      }
      expect(findings(kernel)).toEqual([]);
    }
    for (const { seen } of made.clients) {
      expect(seen.count).toBeGreaterThan(0);
      for (const { order } of seen.log) expect(order === 0 || order > 1000).toBe(true);
    }
    expect(made.heard).toBeGreaterThan(10);
    expect(kernel.core.hosts.size).toBe(1);
  });

  test.each([4, 5, 6])("seed %i, with domains stopped, started and rescinded", async (seed) => {
    const random = new Random(seed);
    const made = storm(random, { build: checkedBuild() });
    const { kernel } = made.cast;
    const sent: Promise<unknown>[] = [];
    for (let round = 0; round < 40; round++) {
      sent.push(...calls(made, 2, random));
      const { domain } = random.pick([...made.servers, ...made.clients]);
      if (random.below(2)) domain.stop();
      await kernel.run({ cycles: random.below(3000) });
      domain.start();
      expect(findings(kernel)).toEqual([]);
    }
    await kernel.run({ cycles: random.below(3000) });
    await expectEnd(made, sent);
  });
});

test.each([7, 8, 9])("a storm in which workers die, seed %i", async (seed) => {
  const random = new Random(seed);
  const made = storm(random, { processors: 2, build: SHARED_DEBUG });
  kernel = made.cast.kernel;
  const { driver } = kernel;
  const sent: Promise<unknown>[] = [];
  let deaths = 0;
  kernel.on("processor", () => deaths++);
  const aborter = new AbortController();
  const run = kernel.run({ signal: aborter.signal });
  for (let round = 1; round <= 8; round++) {
    sent.push(...calls(made, 3, random));
    const { time } = kernel;
    await until(() => kernel!.time > time);
    for (let turns = random.below(40); turns > 0; turns--) await turn();
    await kill(kernel, 1 + random.below(2));
    await until(() => deaths === round);
    expect(findings(kernel)).toEqual([]);
    // Whoever was at work then is not known to have got how far.
    for (const { domain } of [...made.servers, ...made.clients]) {
      if (domain.state !== "trapped") continue;
      expect(domain.trap?.code).toBe(0x500);
      domain.start();
    }
  }
  aborter.abort();
  await run;
  expect(kernel.driver).toBe(driver);
  await expectEnd(made, sent);
});
