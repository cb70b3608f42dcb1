// Host objects: what one is told when a domain invokes it, and what comes of its answer, its error, and of
// domains and kernels that are gone by the time it answers.

import { expect, test } from "vitest";
import type { HostMessage, Key } from "../src/index.js";
import { Cast, data, text } from "./cast.js";
import { DK0, findings } from "./lab.js";
import { call, fork, NONE, reply, rest, work } from "./puppet.js";
import { everywhere } from "./variants.js";

const FAILED = 0x8000_0004;
const INVALID = 0x8000_0002;

/** A promise, and the function that resolves it. */
function later<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

everywhere("host objects", () => {
  test("a call brings order, string, keys and caller; the answer brings the same back", () => {
    const cast = new Cast();
    const heard: HostMessage[] = [];
    const object = cast.kernel.hostObject((message) => {
      heard.push(message);
      return { order: 9, string: "pong", keys: [data(1), data(2), data(3), data(4)] };
    });
    const { domain, seen } = cast.play(
      [call(0, { order: 7, string: "ping", keys: [1, null, 0], take: [4, 5, null, 6] })],
      { keys: { 0: object, 1: data(77) } },
    );
    cast.run(10_000);
    expect(heard).toHaveLength(1);
    const { order, string, keys, time } = heard[0]!;
    expect([order, text(string), heard[0]!.domain]).toEqual([7, "ping", domain]);
    expect(keys.slice(0, 3)).toEqual([data(77), DK0, object]);
    expect(keys[3]).toMatchObject({ kind: "resume", id: domain.id, databyte: 1 });
    expect(time > 0n && time <= cast.kernel.time).toBe(true);
    expect(seen.log[0]).toEqual({ order: 9, databyte: 0, stored: 4, sent: 4, string: "pong" });
    expect([4, 5, 6].map((slot) => domain.keys.get(slot))).toEqual([data(1), data(2), data(4)]);
    expect(domain.state).toBe("available");
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("a longer answer than the buffer is cut off, and says so", () => {
    const cast = new Cast();
    const long = "x".repeat(4096);
    const object = cast.kernel.hostObject(() => ({ string: long }));
    const { seen } = cast.play([call(0), call(0, { buffer: 4096 })], { keys: { 0: object } });
    cast.run(20_000);
    expect(seen.log[0]).toMatchObject({ order: 0, stored: 48, sent: 4096 });
    expect(seen.log[1]).toMatchObject({ order: 0, stored: 4096, sent: 4096 });
    expect(seen.buffer(1, 4096)).toBe(long);
  });

  test("one that returns nothing answers 0; the program's other keys stay", () => {
    const cast = new Cast();
    const object = cast.kernel.hostObject(() => {});
    const { domain, seen } = cast.play([call(0, { take: [1] })], {
      keys: { 0: object, 1: data(5) },
    });
    cast.run(10_000);
    expect(seen.log[0]).toMatchObject({ order: 0, sent: 0 });
    expect(domain.keys.get(1)).toEqual(DK0);
    expect(domain.keys.get(0)).toEqual(object);
  });

  test("a fork goes on at once, a return waits for the next message; the answer is key 4's", () => {
    const cast = new Cast();
    const heard: number[] = [];
    const object = cast.kernel.hostObject(({ order, keys }) => {
      heard.push(order);
      expect(keys[3]).toEqual(DK0);
      return { order: 1 };
    });
    const { domain, seen } = cast.play([fork(0, { order: 3 }), reply(0, { order: 4 })], {
      keys: { 0: object },
    });
    cast.run(10_000);
    expect(heard).toEqual([3, 4]);
    expect(seen.count).toBe(1);
    expect(domain.state).toBe("available");
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("a server that returns to a host object passes its caller on", () => {
    const cast = new Cast();
    const object = cast.kernel.hostObject(({ order }) => ({ order: order + 1 }));
    // The server gets the caller's resume key in 15, and gives it away as key 4.
    const server = cast.play(
      [
        rest({ take: [null, null, null, 15] }),
        reply(0, { order: 40, keys: [null, null, null, 15] }),
      ],
      { keys: { 0: object } },
    );
    const client = cast.play([call(0, { order: 1 })], { keys: { 0: server.domain.startKey() } });
    cast.run(20_000);
    expect(client.seen.log[0]).toMatchObject({ order: 41 });
    expect([server.domain.state, client.domain.state]).toEqual(["available", "available"]);
  });

  test("an error is told, and answered with 0x80000004; the domain goes on", () => {
    const cast = new Cast();
    const errors: [string, unknown][] = [];
    cast.kernel.on("objectError", ({ domain, error }) => errors.push([domain!.name, error]));
    const error = new Error("as planned");
    const object = cast.kernel.hostObject(() => {
      throw error;
    });
    const { domain, seen } = cast.play([call(0), fork(0), work(1)], {
      name: "client",
      keys: { 0: object },
    });
    cast.run(10_000);
    expect(errors).toEqual([
      ["client", error],
      ["client", error],
    ]);
    expect(seen.log[0]).toMatchObject({ order: FAILED, sent: 0 });
    expect(domain.state).toBe("available");
  });

  test.each(["at once", "later"])(
    "an error, %s, that nobody listens for is thrown by the run; the domain goes on",
    async (when) => {
      const cast = new Cast();
      const error = new Error("as planned");
      const object = cast.kernel.hostObject(() => {
        if (when === "later") return Promise.reject(error);
        throw error;
      });
      const { domain, seen } = cast.play([call(0), work(1)], { keys: { 0: object } });
      await expect(cast.kernel.run()).rejects.toBe(error);
      await cast.kernel.run();
      expect(seen.log[0]).toMatchObject({ order: FAILED, sent: 0 });
      expect(domain.state).toBe("available");
    },
  );

  test.each([
    ["an order of 33 bits", { order: 2 ** 32 }],
    ["a string too long", { string: "x".repeat(4097) }],
    ["five keys", { keys: [DK0, DK0, DK0, DK0, DK0] }],
    ["a key that is none", { keys: [{ kind: "thing" }] }],
    ["a name that means nothing", { answer: 5 }],
    ["a number", 5],
    ["null", null],
  ])("an answer with %s is an error", (_, answer) => {
    const cast = new Cast();
    const errors: unknown[] = [];
    cast.kernel.on("objectError", ({ error }) => errors.push((error as { code: string }).code));
    const object = cast.kernel.hostObject(() => answer as never);
    const { seen } = cast.play([call(0)], { keys: { 0: object } });
    cast.run(10_000);
    expect(errors).toEqual(["BAD_OPTION"]);
    expect(seen.log[0]).toMatchObject({ order: FAILED });
  });

  test("a keeper function is no object: it is answered with 0x80000002, and isn't called", () => {
    const cast = new Cast();
    const keeper = cast.kernel.hostKey(() => {
      throw new Error("called");
    });
    const { seen } = cast.play([call(0), call(0, { order: 0x8000_0000 })], { keys: { 0: keeper } });
    cast.run(10_000);
    expect(seen.log.slice(0, 2).map(({ order }) => order)).toEqual([INVALID, INVALID]);
  });

  test("a host key of nobody acts as DK(0)", () => {
    const cast = new Cast();
    const nobody: Key = { kind: "host", number: 999 };
    const { seen } = cast.play([call(0), call(0, { order: 0x8000_0000 }), call(0, { order: 1 })], {
      keys: { 0: nobody },
    });
    cast.run(10_000);
    const zero = "\0".repeat(11);
    expect(seen.log.slice(0, 3)).toMatchObject([
      { order: 0, string: zero, sent: 11 },
      { order: 1, sent: 0 },
      { order: INVALID, sent: 0 },
    ]);
  });

  test("a run waits for an object that answers later, and other domains go on meanwhile", async () => {
    const cast = new Cast();
    const { promise, resolve } = later<{ order: number }>();
    const heard: string[] = [];
    const slow = cast.kernel.hostObject(() => {
      other.domain.start();
      return promise;
    });
    const quick = cast.kernel.hostObject(({ order }) => {
      heard.push(`${order} while ${client.domain.state}`);
      // In a turn of its own: were the run to end while "slow" is out, it would end now.
      if (order === 3) setTimeout(() => resolve({ order: 5 }), 5);
    });
    const client = cast.play([call(0), call(1, { order: 9 })], { keys: { 0: slow, 1: quick } });
    const steps = [1, 2, 3].map((order) => call(0, { order, busy: 20_000 }));
    const other = cast.play(steps, { keys: { 0: quick }, isStopped: true });
    expect((await cast.kernel.run()).reason).toBe("idle");
    const waiting = [1, 2, 3].map((order) => `${order} while waiting`);
    expect(heard.slice(0, 3)).toEqual(waiting);
    expect(heard).toHaveLength(4);
    expect(client.seen.log[0]).toMatchObject({ order: 5 });
  });

  test("a rejection is told and answered as an error", async () => {
    const cast = new Cast();
    const errors: unknown[] = [];
    cast.kernel.on("objectError", ({ error }) => errors.push(error));
    const object = cast.kernel.hostObject(async () => {
      throw "no";
    });
    const { seen } = cast.play([call(0)], { keys: { 0: object } });
    expect((await cast.kernel.run()).reason).toBe("idle");
    expect(errors).toEqual(["no"]);
    expect(seen.log[0]).toMatchObject({ order: FAILED });
  });

  test("a run waits for an object that was told by a fork, and answers nobody", async () => {
    const cast = new Cast();
    let isDone = false;
    const object = cast.kernel.hostObject(async () => {
      await new Promise((done) => setTimeout(done, 10));
      isDone = true;
    });
    cast.play([fork(0)], { keys: { 0: object } });
    expect((await cast.kernel.run()).reason).toBe("idle");
    expect(isDone).toBe(true);
  });

  test("an answer to a caller that was stopped, or is gone, is nobody's", async () => {
    const cast = new Cast();
    const answers = [later<object>(), later<object>(), later<object>()];
    let next = 0;
    const object = cast.kernel.hostObject(() => answers[next++]!.promise);
    const play = () => cast.play([call(0), rest()], { keys: { 0: object } });
    const [stopped, rescinded, restarted] = [play(), play(), play()];
    cast.run(10_000);
    stopped.domain.stop();
    rescinded.domain.rescind();
    restarted.domain.stop();
    restarted.domain.start();
    for (const { resolve } of answers) resolve({ order: 6 });
    // Nobody waits for them: the run doesn't, either.
    expect((await cast.kernel.run()).reason).toBe("idle");
    expect(stopped.domain.state).toBe("stopped");
    expect(restarted.seen.log[0]!.order).not.toBe(6);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("an answer to a caller that waits for another since is nobody's", async () => {
    const cast = new Cast();
    const answers = [later<object>(), later<object>()];
    let next = 0;
    const object = cast.kernel.hostObject(() => answers[next++]!.promise);
    const { domain, seen } = cast.play([call(0), call(0)], { keys: { 0: object } });
    cast.run(10_000);
    domain.stop();
    domain.start();
    cast.run(10_000);
    expect(next).toBe(2);
    answers[0]!.resolve({ order: 6 });
    await Promise.resolve();
    cast.run(10_000);
    expect(domain.state).toBe("waiting");
    answers[1]!.resolve({ order: 7 });
    await cast.kernel.run();
    expect(seen.log[1]).toMatchObject({ order: 7 });
  });

  test("an object that waits when the kernel is disposed of bothers nobody", async () => {
    const cast = new Cast();
    const answers = [later<object>(), later<object>()];
    let next = 0;
    const object = cast.kernel.hostObject(async () => {
      await answers[next++]!.promise;
      if (next === 2) throw new Error("nobody hears this");
    });
    cast.play([call(0)], { keys: { 0: object } });
    cast.play([call(0)], { keys: { 0: object } });
    cast.run(10_000);
    cast.kernel.dispose();
    for (const { resolve } of answers) resolve({});
    await new Promise((done) => setTimeout(done, 5));
  });

  test("what an object does to the kernel is done before the domain goes on", () => {
    const cast = new Cast();
    const object = cast.kernel.hostObject(({ domain, order }) => {
      if (order === 1) domain!.rescind();
      else domain!.stop();
      return { order: 3 };
    });
    const gone = cast.play([call(0, { order: 1 })], { keys: { 0: object } });
    const halted = cast.play([call(0, { order: 2 })], { keys: { 0: object } });
    cast.run(10_000);
    expect(() => gone.domain.state).toThrow("was rescinded");
    expect(halted.domain.state).toBe("stopped");
    expect(halted.seen.count).toBe(0);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("a domain that a listener has stopped meanwhile invokes once, when it is started", () => {
    const cast = new Cast();
    let calls = 0;
    const object = cast.kernel.hostObject(() => {
      calls++;
    });
    const { domain, seen } = cast.play([call(0)], { keys: { 0: object } });
    // Told in the same batch in which the object is invoked.
    const off = cast.kernel.on("refill", () => domain.stop());
    cast.run(10_000);
    off();
    expect(domain.state).toBe("stopped");
    expect([calls, seen.count]).toEqual([0, 0]);
    domain.start();
    cast.run(10_000);
    expect([calls, seen.count]).toEqual([1, 1]);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("a domain that invokes no key of the host sees its own slots only", () => {
    const cast = new Cast();
    const { seen } = cast.play([call(NONE), call(16), call(3)]);
    cast.run(10_000);
    expect(seen.log.slice(0, 3).map(({ sent }) => sent)).toEqual([11, 11, 11]);
  });
});
