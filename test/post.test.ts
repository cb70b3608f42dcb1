// The post: messages of the host to domains, busy ones included, and the answers to its calls.

import { expect, test } from "vitest";
import { CONTROL_EVENTS, EVENT_CAPACITY } from "../assembly/layout.js";
import { clockKey, type Delivery, type Key, makerKey, orders, returnerKey } from "../src/index.js";
import { Cast, data, text } from "./cast.js";
import { DK0, findings } from "./lab.js";
import { call, exit, fork, type Message, reply, rest, type Step, work } from "./puppet.js";
import { everywhere } from "./variants.js";

/** Takes messages with their reply keys in 15, and answers each with this, over and over. */
const serve = (answer: Message = {}, before: Step[] = []): Step[] => [
  ...before,
  rest({ take: [12, 13, 14, 15] }),
  reply(15, { take: [12, 13, 14, 15], next: before.length + 1, ...answer }),
];

/** What a promise has come to so far. */
function watch(promise: Promise<unknown>): { outcome: string } {
  const seen = { outcome: "pending" };
  promise.then(
    () => {
      seen.outcome = "done";
    },
    (error) => {
      seen.outcome = error.code;
    },
  );
  return seen;
}

const settled = () => new Promise((done) => setTimeout(done, 0));

everywhere("the post", () => {
  test("a message is taken by a domain that is available, which runs then", async () => {
    const cast = new Cast();
    const { domain, seen } = cast.play([rest({ take: [1, 2, 3, 4] }), work(1)]);
    await cast.kernel.run();
    expect(domain.state).toBe("available");
    const keys = [data(1), cast.prime.key, cast.prime.node, domain.startKey(3)];
    await cast.kernel.send(domain.startKey(7), { order: 5, string: "hello", keys });
    expect(seen.count).toBe(0);
    await cast.kernel.run();
    expect(seen.log[0]).toEqual({ order: 5, databyte: 7, stored: 5, sent: 5, string: "hello" });
    expect(domain.keys.get(1)).toEqual(data(1));
    expect(domain.keys.get(2)).toEqual({ kind: "meter", id: cast.prime.id, databyte: 0 });
    expect(domain.keys.get(3)).toEqual(cast.prime.serviceKey);
    expect(domain.keys.get(4)).toEqual({ kind: "start", id: domain.id, databyte: 3 });
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("a call resolves with the answer, while a run goes on", async () => {
    const cast = new Cast();
    const server = cast.play(serve({ order: 9, string: "pong", keys: [12, 0] }), {
      keys: { 0: data(6) },
    });
    const answer = cast.kernel.call(server.domain.startKey(), { order: 1, keys: [data(4)] });
    await cast.kernel.run();
    const { order, string, keys } = await answer;
    expect([order, text(string), keys]).toEqual([9, "pong", [data(4), data(6), DK0, DK0]]);
    expect(server.domain.state).toBe("available");
    expect(cast.kernel.core.hosts.size).toBe(0);
  });

  test("one run carries a conversation of the host, call after call", async () => {
    const cast = new Cast();
    const server = cast.play(serve({ keys: [12] }));
    const numbers: bigint[] = [];
    const talk = async () => {
      for (let number = 0; number < 20; number++) {
        const { keys } = await cast.kernel.call(server.domain.startKey(), { keys: [data(number)] });
        numbers.push((keys[0] as { value: bigint }).value);
      }
    };
    const talking = talk();
    expect((await cast.kernel.run()).reason).toBe("idle");
    await talking;
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, i) => BigInt(i)));
    expect(cast.kernel.core.hosts.size).toBe(0);
  });

  test("messages to a busy domain wait in their order", async () => {
    const cast = new Cast();
    const { domain, seen } = cast.play([
      work(20_000),
      ...Array.from({ length: 5 }, () => rest()),
      rest({ next: 5 }),
    ]);
    cast.run(1000);
    const sent = [1, 2, 3, 4, 5].map((order) => cast.kernel.send(domain.startKey(), { order }));
    const first = watch(sent[0]!);
    await settled();
    expect(first.outcome).toBe("pending");
    expect((await cast.kernel.run()).reason).toBe("idle");
    await Promise.all(sent);
    expect(seen.log.slice(1).map(({ order }) => order)).toEqual([1, 2, 3, 4, 5]);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("messages of the host and of domains to a busy one all arrive, once", async () => {
    const cast = new Cast();
    const server = cast.play(serve({}, [work(5000)]), { name: "server" });
    const clients = [10, 11, 12].map((order) =>
      cast.play([call(0, { order }), call(0, { order: order + 10 })], {
        keys: { 0: server.domain.startKey() },
      }),
    );
    cast.run(500);
    const calls = [1, 2, 3].map((order) => cast.kernel.call(server.domain.startKey(), { order }));
    await cast.kernel.run();
    await Promise.all(calls);
    for (const { seen } of clients) expect(seen.count).toBe(2);
    const orders = server.seen.log.slice(1).map(({ order }) => order);
    expect(orders.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 10, 11, 12, 20, 21, 22]);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("a send to a stopped domain is taken once it is started and available", async () => {
    const cast = new Cast();
    const { domain, seen } = cast.play([rest(), work(1)], { isStopped: true });
    const sent = watch(cast.kernel.send(domain.startKey(), { order: 8 }));
    expect((await cast.kernel.run()).reason).toBe("idle");
    expect(sent.outcome).toBe("pending");
    domain.start();
    await cast.kernel.run();
    expect(sent.outcome).toBe("done");
    expect(seen.log[0]).toMatchObject({ order: 8 });
  });

  test("steps carry messages, too", () => {
    const cast = new Cast();
    const { domain, seen } = cast.play([work(3000), rest(), rest(), rest({ next: 3 })]);
    cast.run(100);
    cast.kernel.send(domain.startKey(), { order: 1 });
    cast.kernel.send(domain.startKey(), { order: 2 });
    expect(cast.run(100_000)).toBe("idle");
    expect(seen.log.slice(1).map(({ order }) => order)).toEqual([1, 2]);
  });

  test("whoever is called by the host may call back, and the host answers by key 4", async () => {
    const cast = new Cast();
    const server = cast.play([
      rest({ take: [12, 13, 14, 15] }),
      // The host's end of the call is invoked by a call: the host gets a resume key.
      call(15, { order: 50, string: "and?", take: [1] }),
      rest({ next: 2 }),
    ]);
    const called = cast.kernel.call(server.domain.startKey(), { order: 1 });
    await cast.kernel.run();
    const first = await called;
    expect([first.order, text(first.string)]).toEqual([50, "and?"]);
    await cast.kernel.send(first.keys[3], { order: 51, string: "so", keys: [data(9)] });
    await cast.kernel.run();
    expect(server.seen.log[1]).toMatchObject({ order: 51, string: "so" });
    expect(server.domain.keys.get(1)).toEqual(data(9));
    // It was good once.
    await expect(cast.kernel.send(first.keys[3])).rejects.toThrow("the resume key was used");
  });

  test("an answer is good once: to answer again is to invoke DK(0)", async () => {
    const cast = new Cast();
    const server = cast.play([
      rest({ take: [null, null, null, 15] }),
      fork(15, { order: 1 }),
      call(15, { order: 2 }),
      rest({ next: 3 }),
    ]);
    const answer = cast.kernel.call(server.domain.startKey());
    await cast.kernel.run();
    expect((await answer).order).toBe(1);
    expect(server.seen.log[2]).toMatchObject({ order: 0x8000_0002 });
  });

  test("a callee that passes key 4 on is answered for", async () => {
    const cast = new Cast();
    const back = cast.play(serve({ order: 33 }));
    const front = cast.play(
      [
        rest({ take: [null, null, null, 15] }),
        reply(0, { keys: [null, null, null, 15], next: 1, take: [null, null, null, 15] }),
      ],
      { keys: { 0: back.domain.startKey() } },
    );
    const answer = cast.kernel.call(front.domain.startKey());
    await cast.kernel.run();
    expect((await answer).order).toBe(33);
  });

  test("void keys, and domains that go without an answer, reject", async () => {
    const cast = new Cast({ quantum: 100 });
    const gone = cast.play([rest()]);
    const key = gone.domain.startKey();
    gone.domain.rescind();
    await expect(cast.kernel.send(key)).rejects.toMatchObject({ code: "RESCINDED" });
    await expect(cast.kernel.call(key)).rejects.toMatchObject({ code: "RESCINDED" });
    const bursts = cast.busy("bursts", cast.prime);
    bursts.stop();
    const odd: Key = { kind: "start", id: bursts.id, databyte: 0 };
    await expect(cast.kernel.send(odd)).rejects.toMatchObject({ code: "WRONG_STATE" });
    const mute = cast.play([rest(), rest()]);
    const busy = cast.play([work(1_000_000)]);
    const ends = cast.play([rest(), exit(0)]);
    cast.runUntil(() => mute.domain.state === "available" && ends.domain.state === "available");
    const outcomes = [
      watch(cast.kernel.call(mute.domain.startKey())),
      watch(cast.kernel.send(busy.domain.startKey())),
      watch(cast.kernel.call(busy.domain.startKey())),
      watch(cast.kernel.call(ends.domain.startKey())),
    ];
    cast.runUntil(() => mute.domain.state === "available" && ends.domain.state === "ended");
    await settled();
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      "pending",
      "pending",
      "pending",
      "WRONG_STATE",
    ]);
    mute.domain.rescind();
    busy.domain.rescind();
    await settled();
    await expect(cast.kernel.send(ends.domain.startKey())).rejects.toThrow("has ended");
    expect(outcomes.slice(0, 3).map(({ outcome }) => outcome)).toEqual(Array(3).fill("RESCINDED"));
    expect(cast.kernel.core.hosts.size).toBe(0);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("what waits when the kernel is disposed of is rejected; nobody need listen", async () => {
    const cast = new Cast();
    const busy = cast.play([work(1_000_000)]);
    cast.run(100);
    cast.kernel.send(busy.domain.startKey());
    const heard = watch(cast.kernel.call(busy.domain.startKey()));
    cast.kernel.dispose();
    await settled();
    expect(heard.outcome).toBe("WRONG_STATE");
    await expect(cast.kernel.send(data(0))).rejects.toMatchObject({ code: "WRONG_STATE" });
  });

  test("bad messages reject, and nothing is sent", async () => {
    const cast = new Cast();
    const { domain, seen } = cast.play([rest()]);
    cast.run(1000);
    const key = domain.startKey();
    for (const message of [
      { order: -1 },
      { order: 1.5 },
      { order: 2 ** 32 },
      { string: 5 },
      { string: new Uint8Array(4097) },
      { keys: [data(0), data(0), data(0), data(0), data(0)] },
      { keys: [{ kind: "start", id: domain.id, databyte: 256 }] },
      { keys: [domain] },
      { keys: [cast.prime] },
      { keys: DK0 },
      { odd: 1 },
      5,
      null,
    ]) {
      const reason = { code: "BAD_OPTION" };
      await expect(cast.kernel.send(key, message as never)).rejects.toMatchObject(reason);
      await expect(cast.kernel.call(key, message as never)).rejects.toMatchObject(reason);
    }
    // Key 4 of a call is the host's.
    const keys = [DK0, DK0, DK0, DK0];
    await expect(cast.kernel.call(key, { keys })).rejects.toMatchObject({ code: "BAD_OPTION" });
    await expect(cast.kernel.send(domain as never)).rejects.toMatchObject({ code: "BAD_OPTION" });
    cast.run(1000);
    expect(seen.count).toBe(0);
    expect(cast.kernel.core.hosts.size).toBe(0);
  });

  test("keys and bytes are copied when they are handed in", async () => {
    const cast = new Cast();
    const { domain, seen } = cast.play([work(1000), rest({ take: [1] }), rest()]);
    cast.run(100);
    const key = { kind: "data" as const, value: 5n };
    const string = new Uint8Array([65]);
    const start = { ...domain.startKey(1) } as { databyte: number };
    const sent = cast.kernel.send(start as unknown as Key, { string, keys: [key] });
    key.value = 6n;
    string[0] = 66;
    start.databyte = 2;
    await cast.kernel.run();
    await sent;
    expect(seen.log[1]).toMatchObject({ databyte: 1, string: "A" });
    expect(domain.keys.get(1)).toEqual(data(5));
  });

  test("keys of the kernel and of the host are called as domains are", async () => {
    const cast = new Cast();
    const { kernel } = cast;
    cast.run(0);
    const clock = await kernel.call(clockKey, { order: 7 });
    expect(new DataView(clock.string.buffer).getBigUint64(0)).toBe(kernel.time * 256n);
    const made = await kernel.call(makerKey, { string: new Uint8Array([1, 0]) });
    expect([made.order, made.keys[0]]).toEqual([0, data(256)]);
    const back = await kernel.call(returnerKey, { order: 12, string: "x", keys: [data(3)] });
    expect([back.order, text(back.string), back.keys[0]]).toEqual([12, "x", data(3)]);
    const type = await kernel.call(cast.prime.key, { order: 0x8000_0000 });
    expect(type.order).toBe(6);
    const heard: unknown[] = [];
    const object = kernel.hostObject(({ domain, order }) => {
      heard.push(domain);
      return { order: order + 1 };
    });
    expect((await kernel.call(object, { order: 4 })).order).toBe(5);
    await kernel.send(object, { order: 4 });
    expect(heard).toEqual([null, null]);
    expect((await kernel.call({ kind: "host", number: 12345 })).order).toBe(0);
    expect(kernel.core.hosts.size).toBe(1);
  });

  test("messages are told in a trace, and counted", async () => {
    const cast = new Cast();
    const told: string[] = [];
    cast.kernel.on("message", ({ domain, callee, order, mode, time }) => {
      expect(time).toBeLessThanOrEqual(cast.kernel.time);
      told.push(`${domain?.name ?? "host"} ${mode} ${callee?.name ?? "kernel"} ${order}`);
    });
    const server = cast.play(serve({ order: 2 }), { name: "server" });
    await cast.kernel.run();
    const called = cast.kernel.call(server.domain.startKey(), { order: 1 });
    await cast.kernel.run();
    expect((await called).order).toBe(2);
    cast.play([call(0, { order: 3 }), fork(0, { order: 4 })], {
      ...{ name: "client", keys: { 0: server.domain.startKey() } },
    });
    await cast.kernel.run();
    expect(told).toEqual([
      "host fork server 1",
      "client call server 3",
      "server return client 2",
      "client fork server 4",
    ]);
    expect(cast.kernel.statistics()).toMatchObject({ messages: 4n, worries: 0n });
  });

  test("however much the host does between two steps, it is told when a domain is available", async () => {
    const cast = new Cast();
    const { view } = cast.kernel.core;
    const { domain } = cast.play([work(1000), rest(), rest()]);
    cast.run(100);
    const sent = watch(cast.kernel.send(domain.startKey(), { order: 5 }));
    // As if so much had happened that there is room for no more.
    view.setControl(CONTROL_EVENTS, EVENT_CAPACITY);
    cast.kernel.createNode();
    expect(cast.kernel.invoke(domain.domainKey, orders.makeAvailable).code).toBe(0);
    expect(view.control(CONTROL_EVENTS)).toBeLessThan(10);
    cast.kernel.step();
    await settled();
    expect(sent.outcome).toBe("done");
  });

  test("a thousand calls to one domain at once", async () => {
    const cast = new Cast();
    const server = cast.play(serve({ keys: [12] }));
    const calls: Promise<Delivery>[] = [];
    for (let i = 0; i < 1000; i++) {
      calls.push(cast.kernel.call(server.domain.startKey(), { keys: [data(i)] }));
    }
    await cast.kernel.run();
    const answers = await Promise.all(calls);
    answers.forEach(({ keys }, i) => {
      expect(keys[0]).toEqual(data(i));
    });
    expect(cast.kernel.core.hosts.size).toBe(0);
    expect(findings(cast.kernel)).toEqual([]);
  });
});

test("when a message is taken does not depend on how time is cut up", () => {
  const times = (cycles: number): string[] => {
    const cast = new Cast();
    const trace: string[] = [];
    const object = cast.kernel.hostObject(({ order, time }) => {
      trace.push(`${order} at ${time}`);
    });
    const steps = [1, 2, 3].flatMap((order) => [rest(), call(0, { order })]);
    const { domain } = cast.play([work(3000), work(10), ...steps], { keys: { 0: object } });
    cast.play([work(1_000_000)]);
    cast.run(100);
    for (const order of [1, 2, 3]) cast.kernel.send(domain.startKey(), { order });
    const end = cast.kernel.time + 600_000n;
    while (cast.kernel.time < end) cast.kernel.step({ cycles });
    return trace;
  };
  const whole = times(600_000);
  expect(whole).toHaveLength(3);
  for (const cycles of [3, 100, 6000, 77_777]) expect(times(cycles)).toEqual(whole);
});
