// Who pays while one domain works for another: the partition of whoever called. What a puppet's step
// costs is known, so is what each partition is charged.

import { describe, expect, test } from "vitest";
import type { Domain, Partition } from "../src/index.js";
import { KERNELS, PartitionLab, TICK } from "./partition-lab.js";
import { BEGIN, call, exit, fork, HEAD, LOGGED, REST, reply, rest, work } from "./puppet.js";

/** From a message that has come to the next ecall, with no work between. */
const ROUND = LOGGED + REST + HEAD;
/** What a server runs before it takes its first message. */
const READY = BEGIN + HEAD;
const REPLY = 5;
const take = [null, null, null, REPLY];
/** Takes messages for ever, works for each, and answers. */
const serve = (busy: number) => [rest({ take }), reply(REPLY, { busy, take, next: 1 })];
/** Works for each, asks another, and answers. */
const relay = (busy: number) => [
  rest({ take }),
  call(0, { busy }),
  reply(REPLY, { take, next: 1 }),
];

const total = (partition: Partition): bigint => partition.usage().total;

describe.each(KERNELS)("%s", (_, options) => {
  const lab = (more: ConstructorParameters<typeof PartitionLab>[0] = {}) =>
    new PartitionLab({ ...options, ...more });

  /** A client in one partition and a server in another, which has come to its first message. */
  async function pair(clientPays: boolean, calls = 1) {
    const here = lab();
    const [mine, yours] = [here.partition("mine", 30), here.partition("yours", 30)];
    const server = here.make("server", yours, serve(500), { clientPays }).domain;
    const steps = Array.from({ length: calls }, () => call(0, { busy: 100 }));
    const client = here.make("client", mine, [...steps, exit()]).domain;
    client.keys.set(0, server.startKey());
    server.start();
    await here.run();
    expect([total(yours), server.ran]).toEqual([BigInt(READY), BigInt(READY)]);
    return { here, mine, yours, server, client };
  }

  test("the client's partition pays what its server works for it; the server's meter as ever", async () => {
    const { here, mine, yours, server, client } = await pair(true, 3);
    client.start();
    await here.run();
    const served = 3 * (ROUND + 1000);
    expect(server.ran).toBe(BigInt(READY + served));
    expect(total(yours)).toBe(BigInt(READY));
    expect(client.ran).toBe(BigInt(BEGIN + 3 * (HEAD + 200 + LOGGED + REST) + HEAD));
    expect(total(mine)).toBe(client.ran + BigInt(served));
    expect([client.consumed, server.consumed]).toEqual([client.ran, server.ran]);
  });

  test("a server that opts out pays itself", async () => {
    const { here, mine, yours, server, client } = await pair(false, 3);
    client.start();
    await here.run();
    expect(server.ran).toBe(BigInt(READY + 3 * (ROUND + 1000)));
    expect([total(mine), total(yours)]).toEqual([client.ran, server.ran]);
  });

  test.each([true, false])(
    "nested calls: the first caller pays for all; middle %s",
    async (pays) => {
      const here = lab();
      const [mine, middle, last] = [30, 30, 30].map((budget, i) => here.partition(`P${i}`, budget));
      const leaf = here.make("leaf", last!, serve(300)).domain;
      const mid = here.make("mid", middle!, relay(200), { clientPays: pays }).domain;
      const client = here.make("client", mine!, [call(0), call(0), exit()]).domain;
      mid.keys.set(0, leaf.startKey());
      client.keys.set(0, mid.startKey());
      for (const domain of [leaf, mid]) domain.start();
      await here.run();
      client.start();
      await here.run();
      const inLeaf = BigInt(2 * (ROUND + 600));
      const inMid = BigInt(2 * (ROUND + 400 + ROUND));
      expect([leaf.ran, mid.ran]).toEqual([inLeaf + BigInt(READY), inMid + BigInt(READY)]);
      expect(total(last!)).toBe(BigInt(READY));
      // Where the one in the middle pays for itself, it pays for those whom it calls, too.
      expect(total(middle!)).toBe(BigInt(READY) + (pays ? 0n : inMid + inLeaf));
      expect(total(mine!)).toBe(client.ran + (pays ? inMid + inLeaf : 0n));
    },
  );

  test("nobody inherits by a fork, nor by a return to a start key", async () => {
    const here = lab();
    const [mine, yours] = [here.partition("mine", 30), here.partition("yours", 30)];
    const server = here.make("server", yours, serve(500)).domain;
    const forker = here.make("forker", mine, [fork(0, { busy: 50 }), exit()]).domain;
    const returner = here.make("returner", mine, [reply(0, { busy: 50 })]).domain;
    for (const one of [forker, returner]) one.keys.set(0, server.startKey());
    server.start();
    await here.run();
    for (const [n, one] of [forker, returner].entries()) {
      one.start();
      await here.run();
      expect(server.ran).toBe(BigInt(READY + (n + 1) * (ROUND + 1000)));
      expect(total(yours)).toBe(server.ran);
    }
    expect(total(mine)).toBe(forker.ran + returner.ran);
  });

  test("until it is available again: what it does after it has answered is the client's still", async () => {
    const here = lab();
    const [mine, yours] = [here.partition("mine", 30), here.partition("yours", 30)];
    // Answers by a fork, works on, and takes the next.
    const steps = [rest({ take }), fork(REPLY), work(400), rest({ take, next: 1 })];
    const server = here.make("server", yours, steps).domain;
    const client = here.make("client", mine, [call(0), fork(0), exit()]).domain;
    client.keys.set(0, server.startKey());
    server.start();
    await here.run();
    client.start();
    await here.run();
    const served = BigInt(3 * ROUND + 800);
    expect(server.ran).toBe(BigInt(READY) + 2n * served);
    // The second message came by a fork, and found it its own again.
    expect(total(yours)).toBe(BigInt(READY) + served);
    expect(total(mine)).toBe(client.ran + served);
  });

  test("a caller that is killed in the middle has its partition pay until the server is free", async () => {
    const { here, mine, yours, server, client } = await pair(true);
    client.start();
    await here.run(BEGIN + HEAD + 200 + 300);
    expect(client.state).toBe("waiting");
    const ran = client.ran;
    client.rescind();
    await here.run();
    expect(server.state).toBe("available");
    expect(total(mine)).toBe(ran + BigInt(ROUND + 1000));
    const other = here.make("other", yours, [call(0), exit()]).domain;
    other.keys.set(0, server.startKey());
    other.start();
    await here.run();
    expect(total(yours)).toBe(BigInt(READY) + other.ran + BigInt(ROUND + 1000));
    expect(total(mine)).toBe(ran + BigInt(ROUND + 1000));
  });

  test("a server that ends or is rescinded in the middle leaves the accounts in order", async () => {
    const { here, mine, yours, server, client } = await pair(true);
    client.start();
    await here.run(BEGIN + HEAD + 200 + 300);
    const before = total(mine);
    server.rescind();
    await here.run();
    // What it had run until then is billed.
    expect([total(mine), total(yours)]).toEqual([before + 300n, BigInt(READY)]);
  });

  /** Domains at work for ever, one for each processor, in the partition that has the rest. */
  function load(here: PartitionLab, priority = 10): Domain[] {
    return Array.from({ length: options.processors ?? 1 }, (_, i) => {
      const steps = [work(1000, { next: 0 })];
      const { domain } = here.make(`load ${i}`, here.kernel.systemPartition, steps, { priority });
      domain.start();
      return domain;
    });
  }

  test("the priority comes with the call", async () => {
    for (const clientPays of [true, false]) {
      const here = lab();
      const system = here.kernel.systemPartition;
      const server = here.make("server", system, serve(3000), { priority: 5, clientPays }).domain;
      server.start();
      await here.run();
      const client = here.make("client", system, [call(0), exit()], { priority: 20 }).domain;
      client.keys.set(0, server.startKey());
      const busy = load(here);
      client.start();
      await here.run(20_000);
      expect(client.state).toBe(clientPays ? "ended" : "waiting");
      const others = busy.reduce((cycles, { ran }) => cycles + ran, 0n);
      const all = BigInt(20_000 * busy.length);
      expect(others + client.ran + server.ran - BigInt(READY)).toBe(all);
    }
  });

  test("whoever waits for a busy one whose partition is spent has it work on his own", async () => {
    for (const waits of [true, false]) {
      const here = lab();
      // A fiftieth of the window is two ticks of each processor.
      const [poor, rich] = [here.partition("poor", 2), here.partition("rich", 50)];
      const server = here.make("server", poor, serve(60_000)).domain;
      server.start();
      await here.run();
      const hurry = { priority: 20 };
      const first = here.make("first", poor, [call(0), exit()], hurry).domain;
      const second = here.make("second", rich, [call(0), exit()]).domain;
      for (const one of [first, second]) one.keys.set(0, server.startKey());
      load(here);
      first.start();
      await here.run(4 * TICK);
      const spent = total(poor);
      const processors = BigInt(options.processors ?? 1);
      expect(spent).toBeLessThanOrEqual(2n * processors * BigInt(TICK));
      expect(first.state).toBe("waiting");
      if (waits) second.start();
      await here.run(35 * TICK);
      // Before the window has moved on nobody runs for more than that budget.
      expect(total(poor)).toBeLessThanOrEqual(2n * processors * BigInt(TICK));
      expect(second.state).toBe(waits ? "ended" : "stopped");
      const served = (waits ? 2n : 0n) * BigInt(ROUND + 120_000);
      if (waits) expect(server.ran).toBe(BigInt(READY) + served);
      expect(first.state).toBe(waits ? "ready" : "waiting");
      expect(total(poor) + total(rich)).toBe(server.ran + first.ran + second.ran);
    }
  });

  test("who works for a critical one is critical", async () => {
    for (const critical of [true, false]) {
      const here = lab();
      const mine = here.partition("mine", 1, { critical: 30 * TICK });
      const yours = here.partition("yours", 10);
      const server = here.make("server", yours, serve(50_000)).domain;
      server.start();
      await here.run();
      const client = here.make("client", mine, [call(0), exit()], {
        critical,
        priority: 20,
      }).domain;
      client.keys.set(0, server.startKey());
      load(here);
      client.start();
      await here.run(20 * TICK);
      expect(client.state).toBe(critical ? "ended" : "waiting");
      const { criticalUsed } = mine.usage();
      // All that was beyond the budget, of a tick for each processor; some of the first was over.
      const budget = (options.processors ?? 1) * TICK - READY;
      expect(criticalUsed).toBe(critical ? Number(total(mine)) - budget : 0);
      expect(yours.usage().criticalUsed).toBe(0);
      expect(total(yours)).toBe(BigInt(READY));
    }
  });
});
