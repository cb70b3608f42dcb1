// Whose partition and priority a domain runs with that works for others, where it is not a plain call: keepers,
// domains that are made available by their keys, and busy ones that others wait for.

import { describe, expect, test } from "vitest";
import { type Domain, orders, type Partition } from "../src/index.js";
import { KERNELS, PartitionLab, TICK } from "./partition-lab.js";
import { BEGIN, call, exit, fork, HEAD, LOGGED, NONE, REST, reply, rest, work } from "./puppet.js";

const ROUND = LOGGED + REST + HEAD;
const READY = BEGIN + HEAD;
const REPLY = 5;
const take = [null, null, null, REPLY];
const serve = (busy: number) => [rest({ take }), reply(REPLY, { busy, take, next: 1 })];
const total = (partition: Partition): bigint => partition.usage().total;

describe.each(KERNELS)("%s", (_, options) => {
  const processors = options.processors ?? 1;
  const lab = () => new PartitionLab(options);

  /** Domains at work for ever, one for each processor, in the partition that has the rest. */
  function load(here: PartitionLab, priority = 10): void {
    for (let n = 0; n < processors; n++) {
      const { systemPartition } = here.kernel;
      const steps = [work(1000, { next: 0 })];
      here.make(`load ${n}`, systemPartition, steps, { priority }).domain.start();
    }
  }

  test("a meter's keeper works on the partition of whom it is called for", async () => {
    for (const clientPays of [true, false]) {
      const here = lab();
      const [mine, yours] = [here.partition("mine", 30), here.partition("yours", 30)];
      const meter = here.meter("dry", 500n);
      // Key 3 is the meter, whose counter is raised by order 19; key 4 the restart.
      const keys = [null, null, 4, REPLY];
      const steps = [
        rest({ take: keys }),
        call(4, { order: 16 + 3, keys: [6], busy: 200 }),
        reply(REPLY, { take: keys, next: 1 }),
      ];
      const keeper = here.make("keeper", yours, steps, { clientPays }).domain;
      keeper.keys.set(6, { kind: "data", value: 600n });
      meter.node.swap(2, keeper.startKey());
      const client = here.make("client", mine, [work(500), exit()], { meter }).domain;
      keeper.start();
      await here.run();
      client.start();
      await here.run();
      // 500 cycles were not enough, and 600 more; that does for its 1,073.
      const kept = BigInt(2 * ROUND + 400);
      expect([client.state, client.ran]).toEqual(["ended", BigInt(BEGIN + 1000 + ROUND + HEAD)]);
      expect(keeper.ran).toBe(BigInt(READY) + kept);
      expect(total(yours)).toBe(BigInt(READY) + (clientPays ? 0n : kept));
      expect(total(mine)).toBe(client.ran + (clientPays ? kept : 0n));
    }
  });

  test("a domain's keeper does, too, when that traps", async () => {
    const here = lab();
    const [mine, yours] = [here.partition("mine", 30), here.partition("yours", 30)];
    // A string of 5,000 bytes traps; the keeper works a while and ends, and nobody mends it.
    const steps = [rest({ take }), work(50), exit()];
    const keeper = here.make("keeper", yours, steps).domain;
    const client = here.make("client", mine, [fork(NONE, { raw: { 13: 5000 } })]).domain;
    client.node.swap(2, keeper.startKey());
    keeper.start();
    await here.run();
    client.start();
    await here.run();
    expect([client.state, keeper.state]).toEqual(["waiting", "ended"]);
    expect(keeper.ran).toBe(BigInt(READY + ROUND + 100 + ROUND));
    expect(total(yours)).toBe(BigInt(READY));
    expect(total(mine)).toBe(client.ran + keeper.ran - BigInt(READY));
  });

  test("one that is made available by its key has its own again", async () => {
    const here = lab();
    const [mine, yours] = [here.partition("mine", 30), here.partition("yours", 30)];
    const server = here.make("server", yours, serve(500)).domain;
    const client = here.make("client", mine, [call(0)]).domain;
    const forker = here.make("forker", mine, [fork(0), exit()]).domain;
    for (const one of [client, forker]) one.keys.set(0, server.startKey());
    server.start();
    await here.run();
    client.start();
    await here.run(BEGIN + HEAD + 300);
    expect(here.kernel.invoke(server.domainKey, orders.makeAvailable).code).toBe(0);
    await here.run();
    expect(server.state).toBe("available");
    const before = total(yours);
    const ran = server.ran;
    forker.start();
    await here.run();
    // It goes on where it stood, 300 cycles into its work.
    expect(total(yours) - before).toBe(server.ran - ran);
    expect(total(mine)).toBe(client.ran + forker.ran + 300n);
  });

  /** A server at work for a partition that has little, and one who waits for it and has much. */
  async function waiting(when: "before" | "after", priority: number, busy = 60_000) {
    const here = lab();
    const [poor, rich] = [here.partition("poor", 2), here.partition("rich", 50)];
    const server = here.make("server", poor, serve(busy)).domain;
    server.start();
    await here.run();
    const client = { priority: 20 };
    const first = here.make("first", poor, [call(0), exit()], client).domain;
    const second = here.make("second", rich, [call(0), exit()], { priority }).domain;
    for (const one of [first, second]) one.keys.set(0, server.startKey());
    load(here);
    first.start();
    await here.run(when === "before" ? TICK / 2 : 8 * TICK);
    second.start();
    return { here, poor, rich, server, first, second };
  }

  test.each(["before", "after"] as const)(
    "whoever waits lends his partition, if he came %s the budget was spent",
    async (when) => {
      const { here, poor, rich, server, first, second } = await waiting(when, 20);
      await here.run(40 * TICK);
      expect([first.state, second.state]).toEqual(["ready", "ended"]);
      expect(server.ran).toBe(BigInt(READY + 2 * (ROUND + 120_000)));
      expect(total(poor)).toBeLessThanOrEqual(BigInt(2 * processors * TICK));
      expect(total(poor) + total(rich)).toBe(server.ran + first.ran + second.ran);
    },
  );

  test("and his priority, if that is higher; never a lower one", async () => {
    for (const [priority, other] of [
      [30, 25],
      [15, 17],
    ] as const) {
      const { here, server, second } = await waiting("after", priority, 300_000);
      await here.run(TICK);
      expect(second.state).toBe("waiting");
      load(here, other);
      const { ran } = server;
      // At 20, which is the first client's, or at the waiter's 30.
      await here.run(2 * TICK);
      expect(server.ran - ran).toBeGreaterThanOrEqual(BigInt(2 * TICK));
    }
  });

  test("nobody lends what he has not got, nor to one that has enough", async () => {
    const here = lab();
    const [poor, other] = [here.partition("poor", 2), here.partition("other", 0)];
    const server = here.make("server", poor, serve(60_000)).domain;
    server.start();
    await here.run();
    const clients: Domain[] = [poor, other].map(
      (partition, n) =>
        here.make("client", partition, [call(0), exit()], { priority: 20 + n }).domain,
    );
    for (const client of clients) {
      client.keys.set(0, server.startKey());
      client.start();
    }
    // Nobody else wants the processor: both run in free time.
    await here.run(3 * TICK);
    load(here);
    await here.run(20 * TICK);
    expect(clients.map(({ state }) => state)).toEqual(["waiting", "waiting"]);
    expect(total(other)).toBe(clients[1]!.ran);
  });
});
