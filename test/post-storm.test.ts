// Everything at once: domains and the host call each other through busy domains and host objects, while domains are
// stopped, started and rescinded. Nothing is lost or doubled, and every answer is to its call.

import { expect, test } from "vitest";
import type { Delivery, KernelOptions, Key } from "../src/index.js";
import { type Actor, Cast, data } from "./cast.js";
import { findings } from "./lab.js";
import { call, fork, reply, rest, type Step } from "./puppet.js";
import { Random } from "./riscv/random.js";
import { checkedBuild, everywhere } from "./variants.js";

/** Answers each message with its key 1, after some work; in between it tells the object in 0. */
function server(random: Random): Step[] {
  const take = [12, null, null, 15];
  const steps: Step[] = [rest({ take })];
  if (random.below(2)) steps.push(fork(0, { order: 1, busy: random.below(300) }));
  if (random.below(2)) steps.push(call(0, { order: 2, busy: random.below(300) }));
  return [...steps, reply(15, { keys: [12], next: 1, busy: random.below(500), take })];
}

/** Calls servers and the object, over and over. */
function client(random: Random, servers: number): Step[] {
  const steps = Array.from({ length: 6 }, (_, order) =>
    call(random.below(servers + 1), { order: 100 + order, busy: random.below(200) }),
  );
  return [...steps, { ...steps[0]!, next: 0 }];
}

interface Storm {
  readonly cast: Cast;
  readonly servers: Actor[];
  readonly clients: Actor[];
  heard: number;
}

function storm(random: Random, options: KernelOptions): Storm {
  const cast = new Cast({ quantum: 700, nodes: 64, trace: false, ...options });
  const made: Storm = { cast, servers: [], clients: [], heard: 0 };
  const object = cast.kernel.hostObject(({ order }) => {
    made.heard++;
    const answer = { order: order + 1000 };
    return random.below(3) ? answer : Promise.resolve(answer);
  });
  for (let i = 0; i < 3; i++) {
    made.servers.push(cast.play(server(random), { name: `server ${i}`, keys: { 0: object } }));
  }
  const keys: Record<number, Key> = { 0: object };
  made.servers.forEach(({ domain }, i) => {
    keys[i + 1] = domain.startKey(i);
  });
  for (let i = 0; i < 4; i++) {
    made.clients.push(cast.play(client(random, 3), { name: `client ${i}`, keys }));
  }
  return made;
}

/** Sends so many calls, and answers what came of each. */
function calls({ cast, servers }: Storm, count: number, random: Random) {
  return Array.from({ length: count }, (_, i) => {
    const { domain } = servers[random.below(servers.length)]!;
    return cast.kernel
      .call(domain.startKey(), { order: i, keys: [data(i)] })
      .then<[number, Delivery] | undefined, undefined>(
        (answer) => [i, answer],
        () => undefined,
      );
  });
}

everywhere("a storm", () => {
  test.each([1, 2, 3])("seed %i", async (seed) => {
    const random = new Random(seed);
    const made = storm(random, { build: checkedBuild() });
    const { kernel } = made.cast;
    for (let round = 0; round < 8; round++) {
      const sent = Promise.all(calls(made, 10, random));
      // All are answered: servers serve for ever, clients call for ever.
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
      // Servers answer 0, the object 1000 more than it was asked.
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
      const actor = random.pick([...made.servers, ...made.clients]);
      if (random.below(2)) actor.domain.stop();
      await kernel.run({ cycles: random.below(3000) });
      actor.domain.start();
      expect(findings(kernel)).toEqual([]);
    }
    for (const { domain } of [...made.servers, ...made.clients]) {
      await kernel.run({ cycles: random.below(3000) });
      domain.rescind();
      expect(findings(kernel)).toEqual([]);
    }
    // Whatever was not answered is refused.
    await Promise.all(sent);
    expect((await kernel.run()).reason).toBe("idle");
    expect(kernel.core.hosts.size).toBe(1);
    expect(findings(kernel)).toEqual([]);
  });
});
