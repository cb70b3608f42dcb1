// Joins and waits by the host API: where domains meet who come at different times.

import { expect, test } from "vitest";
import { orders } from "../src/index.js";
import { Cast, data, text } from "./cast.js";
import { DK0, findings } from "./lab.js";
import { call, fork, rest, work } from "./puppet.js";
import { everywhere } from "./variants.js";

const { joinKey, joinTake, setTime, wait: waitForTime } = orders;

/** Eight bytes, big-endian, in 2^−12 µs. */
function due(cycles: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, cycles * 256n);
  return bytes;
}

everywhere("rendezvous", () => {
  test("a join holds an answer for whoever asks later, and lets wait who asks first", () => {
    const cast = new Cast();
    const join = cast.kernel.createJoin();
    // Gets a return key to the join, gives it to the sender, and asks, early or late.
    const asker = (late: number) =>
      cast.play(
        [
          call(0, { order: joinKey, take: [4] }),
          fork(1, { keys: [4] }),
          ...(late ? [work(late)] : []),
          call(0, { order: joinTake, take: [5] }),
        ],
        { keys: { 0: join.key } },
      );
    const sender = (work_: number) =>
      cast.play(
        [rest({ take: [2] }), work(work_), fork(2, { order: 8, string: "held", keys: [3] })],
        {
          keys: { 3: data(6) },
        },
      );
    for (const [late, long] of [
      [5000, 1],
      [0, 5000],
    ] as const) {
      const to = sender(long);
      const from = asker(late);
      from.domain.keys.set(1, to.domain.startKey());
      cast.run(100_000);
      expect(from.seen.log.at(-1)).toMatchObject({ order: 8, string: "held" });
      expect(from.domain.keys.get(5)).toEqual(data(6));
    }
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("a join of which nothing is expected says so; its type is 0x203", () => {
    const cast = new Cast();
    const join = cast.kernel.createJoin("results");
    expect(join.name).toBe("results");
    const { seen } = cast.play([call(0, { order: joinTake }), call(0, { order: orders.type })], {
      keys: { 0: join.key },
    });
    cast.run(10_000);
    expect(seen.log.slice(0, 2)).toMatchObject([{ order: 1 }, { order: 0x203 }]);
  });

  test("a wait lets a domain wait until its time, and a past time wakes it", () => {
    const cast = new Cast();
    const wait = cast.kernel.createWait();
    const { domain, seen } = cast.play(
      [
        call(0, { order: setTime, string: due(50_000n) }),
        call(0, { order: waitForTime }),
        call(0, { order: setTime, string: due(2n ** 50n) }),
        call(0, { order: waitForTime }),
        call(0, { order: orders.type }),
      ],
      { keys: { 0: wait.key } },
    );
    cast.run(40_000);
    expect(domain.state).toBe("waiting");
    cast.run(20_000);
    expect(seen.count).toBe(3);
    expect(domain.state).toBe("waiting");
    const other = cast.play(
      [call(0, { order: waitForTime }), call(0, { order: setTime, string: due(0n) })],
      { keys: { 0: wait.key } },
    );
    cast.run(10_000);
    expect(other.seen.log.slice(0, 2)).toMatchObject([{ order: 3 }, { order: 0 }]);
    expect(seen.log.slice(1)).toMatchObject([
      { order: 0 },
      { order: 0 },
      { order: 0 },
      { order: 0x204 },
    ]);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("one that is rescinded is DK(0), and whoever waits there goes on", () => {
    const cast = new Cast();
    const [join, wait] = [cast.kernel.createJoin(), cast.kernel.createWait()];
    const nodes = cast.nodesUsed;
    const waiter = cast.play(
      [
        call(0, { order: setTime, string: due(2n ** 50n) }),
        call(0, { order: waitForTime }),
        call(0, { order: waitForTime }),
      ],
      { keys: { 0: wait.key } },
    );
    const asker = cast.play(
      [
        call(0, { order: joinKey, take: [4] }),
        call(0, { order: joinTake }),
        call(0, { order: joinTake }),
      ],
      { keys: { 0: join.key } },
    );
    cast.run(10_000);
    expect([waiter.domain.state, asker.domain.state]).toEqual(["waiting", "waiting"]);
    wait.rescind();
    join.rescind();
    cast.run(10_000);
    expect(waiter.domain.keys.get(0)).toEqual(DK0);
    expect([waiter.domain.state, asker.domain.state]).toEqual(["available", "available"]);
    expect(cast.nodesUsed).toBe(nodes + 4 - 2);
    expect(findings(cast.kernel)).toEqual([]);
  });

  test("the host calls them, too", async () => {
    const cast = new Cast();
    const join = cast.kernel.createJoin();
    expect((await cast.kernel.call(join.key, { order: orders.type })).order).toBe(0x203);
    const { keys } = await cast.kernel.call(join.key, { order: joinKey });
    cast.play([fork(0, { order: 5, string: "done" })], { keys: { 0: keys[0] } });
    await cast.kernel.run();
    const answer = await cast.kernel.call(join.key, { order: joinTake });
    expect([answer.order, text(answer.string)]).toEqual([5, "done"]);
  });
});
