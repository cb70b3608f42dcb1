import { describe, expect, test } from "vitest";
import {
  bursts,
  createKernel,
  deny,
  type Keeper,
  type KeeperMessage,
  type KernelEvents,
  perPeriod,
  refill,
  report,
} from "../src/index.js";

const FOREVER = bursts({ run: 10 });

function tree(keeper: Keeper, cycles = 1000n) {
  const kernel = createKernel();
  const meter = kernel.createMeter({ name: "tenant", superior: kernel.primeMeter, cycles, keeper });
  const make = () => kernel.createDomain({ meter, program: FOREVER });
  const told: KernelEvents["keeper"][] = [];
  kernel.on("keeper", (event) => told.push(event));
  return { kernel, meter, make, told };
}

describe("ready-made keepers", () => {
  test("refill adds an amount so many times, then declines", async () => {
    const { kernel, meter, make, told } = tree(refill({ amount: 500n, times: 3 }));
    const domain = make();
    domain.start();
    await kernel.run();
    expect(domain.state).toBe("parked");
    expect(domain.consumed).toBe(2500n);
    expect(told.map(({ outcome }) => outcome)).toEqual([
      "restart",
      "restart",
      "restart",
      "decline",
    ]);
    expect(told.map(({ time }) => time)).toEqual([1000n, 1500n, 2000n, 2500n]);
    expect(meter.statistics()).toEqual({ granted: 2500n, consumed: 2500n, keeperCalls: 4 });
  });

  test("perPeriod allows an amount in each period; between, time passes", async () => {
    const { kernel, make } = tree(perPeriod({ amount: 100n, period: 1000n }), 0n);
    const domain = make();
    domain.start();
    await kernel.run({ cycles: 10_050 });
    expect(domain.consumed).toBe(10n * 100n + 50n);
    expect(kernel.time).toBe(10_050n);
    expect(kernel.statistics().idle).toBe(9000n);
  });

  test("deny parks at once; report tells and then does as another would", async () => {
    const messages: KeeperMessage[] = [];
    const { kernel, meter, make } = tree(report((message) => messages.push(message)));
    const domain = make();
    domain.start();
    await kernel.run();
    expect(domain.state).toBe("parked");
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ meter, domain, time: 1000n });
    meter.keeper = deny();
    await kernel.run();
    expect(domain.state).toBe("parked");
    meter.keeper = report((message) => messages.push(message), refill({ amount: 7n, times: 1 }));
    await kernel.run();
    expect(domain.consumed).toBe(1007n);
    expect(messages).toHaveLength(3);
  });

  test("wrong amounts are refused when they are made", () => {
    expect(() => refill({ amount: -1n })).toThrow("refill: amount: found -1n");
    expect(() => refill({ amount: 1n, times: 1.5 })).toThrow("refill: times: found 1.5");
    expect(() => perPeriod({ amount: 1n, period: 0n })).toThrow("perPeriod: period: found 0n");
  });
});

describe("keepers of one's own", () => {
  test("a promise: the domain waits, others under the meter wait, others elsewhere run", async () => {
    let answer = () => {};
    const { kernel, meter, make, told } = tree(
      ({ meter }) =>
        new Promise<void>((resolve) => {
          answer = () => {
            meter.add(100n);
            resolve();
          };
        }),
    );
    const [first, second] = [make(), make()];
    const elsewhere = kernel.createDomain({
      meter: kernel.primeMeter,
      program: bursts({ run: 5000, times: 1 }),
    });
    for (const domain of [first, second, elsewhere]) domain.start();
    while (kernel.step().reason !== "waiting");
    expect(elsewhere.state).toBe("ended");
    expect([first.state, second.state]).toEqual(["waiting", "waiting"]);
    expect(told).toHaveLength(1);
    answer();
    await Promise.resolve();
    await Promise.resolve();
    kernel.step({ cycles: 40 });
    expect(first.consumed + second.consumed).toBe(1040n);
    while (kernel.step().reason !== "waiting");
    expect(first.consumed + second.consumed).toBe(1100n);
    expect(meter.peek()).toBe(0n);
    // The second asked again only because the first had eaten everything (§6).
    expect(told).toHaveLength(2);
  });

  test("run waits for an answer, and an abort ends the waiting", async () => {
    const { kernel, make } = tree(() => new Promise(() => {}));
    const domain = make();
    domain.start();
    const abort = new AbortController();
    const running = kernel.run({ signal: abort.signal });
    setTimeout(() => abort.abort(), 5);
    expect(await running).toEqual({ reason: "aborted", cycles: 1000n });
    expect(domain.state).toBe("waiting");
    domain.stop();
    expect(domain.state).toBe("stopped");
    // Nobody waits for that answer any more.
    expect((await kernel.run()).reason).toBe("idle");
  });

  test("one that throws is reported, its domain parked, nothing else harmed", async () => {
    for (const keeper of [
      () => {
        throw new Error("no");
      },
      () => Promise.reject(new Error("no")),
    ] as Keeper[]) {
      const { kernel, meter, make } = tree(keeper);
      const errors: unknown[] = [];
      kernel.on("keeperError", ({ error }) => errors.push(error));
      const domain = make();
      domain.start();
      await kernel.run();
      expect(errors).toEqual([new Error("no")]);
      expect(domain.state).toBe("parked");
      meter.add(10n);
      await kernel.run({ cycles: 10 });
      expect(domain.consumed).toBe(1010n);
      expect(kernel.check().findings).toEqual([]);
    }
  });

  test("restart and decline are good once; a second use says so", async () => {
    const used: boolean[] = [];
    const { kernel, make } = tree(({ meter, restart, decline }) => {
      meter.add(1n);
      used.push(restart(), restart(), decline());
    });
    make().start();
    await kernel.run({ cycles: 1001 });
    expect(used.slice(0, 3)).toEqual([true, false, false]);
  });

  test("a restart kept for later wakes nobody who has moved on", async () => {
    const kept: KeeperMessage[] = [];
    const { kernel, meter, make } = tree((message) => {
      kept.push(message);
      return new Promise(() => {});
    });
    const domain = make();
    domain.start();
    kernel.step();
    domain.stop();
    expect(kept[0]!.restart()).toBe(false);
    expect(domain.state).toBe("stopped");
    meter.add(5n);
    domain.start();
    kernel.step({ cycles: 5 });
    expect(domain.consumed).toBe(1005n);
  });

  test("§15.52 one that answers without adding time is called again, but not for ever", async () => {
    const { kernel, meter, make, told } = tree(() => {});
    const domain = make();
    domain.start();
    await kernel.run();
    expect(told).toHaveLength(3);
    expect(domain.state).toBe("parked");
    meter.add(1n);
    await kernel.run();
    expect(domain.consumed).toBe(1001n);
    expect(told).toHaveLength(6);
  });

  test("one that rescinds its own meter: the domain traps with 0x404", async () => {
    const { kernel, make } = tree(({ meter }) => meter.rescind());
    const [first, second] = [make(), make()];
    first.start();
    second.start();
    await kernel.run();
    expect([first.trap?.code, second.trap?.code]).toEqual([0x404, 0x404]);
    expect(first.consumed + second.consumed).toBe(1000n);
    expect(kernel.primeMeter.statistics().consumed).toBe(1000n);
    expect(kernel.check().findings).toEqual([]);
  });

  test("one that rescinds the domain it was called for", async () => {
    const { kernel, meter, make } = tree(({ domain }) => domain.rescind());
    make().start();
    expect((await kernel.run()).reason).toBe("idle");
    expect([...kernel.domains()]).toEqual([]);
    expect(meter.peek()).toBe(0n);
    expect(kernel.check().findings).toEqual([]);
  });
});

describe("answers", () => {
  test("a promise of another make is waited for", async () => {
    // biome-ignore lint/suspicious/noThenProperty: that it is no Promise is the point
    const late = { then: (done: () => void) => setTimeout(done, 5) };
    const { kernel, meter, make, told } = tree((() => late) as unknown as Keeper);
    const domain = make();
    domain.start();
    kernel.on("keeper", () => setTimeout(() => meter.set(50n), 1));
    await kernel.run({ cycles: 1_040 });
    expect([told[0]?.outcome, domain.consumed]).toEqual(["later", 1040n]);
  });

  test("a word that means nothing is an error, at once and late", async () => {
    for (const wrap of [(word: string) => word, async (word: string) => word]) {
      const { kernel, make } = tree((() => wrap("declined")) as unknown as Keeper);
      const errors: unknown[] = [];
      kernel.on("keeperError", ({ error }) => errors.push(String(error)));
      const domain = make();
      domain.start();
      await kernel.run();
      expect(errors).toEqual([expect.stringMatching(/answered "declined", expected nothing or/)]);
      expect(domain.state).toBe("parked");
    }
  });
});

describe("the off switch", () => {
  test("a meter that is off doesn't ask its keeper; set(0n) does, as in KeyKOS", async () => {
    const { kernel, meter, make, told } = tree(refill({ amount: 100n, times: 1 }));
    const domain = make();
    domain.start();
    await kernel.run({ cycles: 600 });
    expect(meter.off()).toBe(400n);
    await kernel.run();
    expect(domain.state).toBe("parked");
    expect(told).toHaveLength(0);
    meter.on(50n);
    await kernel.run();
    expect(told.map(({ outcome }) => outcome)).toEqual(["restart", "decline"]);
    expect(domain.consumed).toBe(750n);
    meter.keeper = refill({ amount: 10n, times: 1 });
    meter.set(0n);
    await kernel.run();
    expect(domain.consumed).toBe(760n);
  });

  test("a keeper that was asked before sees that its meter is off; perPeriod looks", async () => {
    const { kernel, meter, make } = tree(perPeriod({ amount: 100n, period: 1000n }), 0n);
    const domain = make();
    domain.start();
    await kernel.run({ cycles: 1500 });
    expect([domain.state, domain.consumed, meter.isOff]).toEqual(["waiting", 200n, false]);
    meter.off();
    expect(meter.isOff).toBe(true);
    await kernel.run({ cycles: 5000 });
    expect([domain.state, domain.consumed, meter.isOff]).toEqual(["parked", 200n, true]);
    meter.on(50n);
    expect(meter.isOff).toBe(false);
    await kernel.run({ cycles: 3000 });
    expect(domain.consumed).toBe(200n + 50n + 2n * 100n);
    meter.set(0n);
    expect(meter.isOff).toBe(false);
  });

  test("only on() raises the counter again and brings the keeper back", () => {
    const keeper = deny();
    const { meter } = tree(keeper);
    for (let i = 0; i < 2; i++) {
      meter.off();
      meter.off();
      expect([meter.isOff, meter.keeper]).toEqual([true, keeper]);
      expect(meter.node.fetch(2)).toEqual({ kind: "data", value: 0n });
      for (const raise of [() => meter.add(1n), () => meter.set(1n)]) {
        expect(raise).toThrow(expect.objectContaining({ code: "WRONG_STATE" }));
      }
      expect(() => meter.on(0n)).toThrow("on: found 0n, expected at least 1n");
      expect([meter.peek(), meter.isOff]).toEqual([0n, true]);
      meter.on(1n);
      expect([meter.isOff, meter.keeper]).toEqual([false, keeper]);
      expect(meter.node.fetch(2).kind).toBe("host");
    }
    const other = deny();
    meter.off();
    meter.keeper = other;
    expect(meter.node.fetch(2)).toEqual({ kind: "data", value: 0n });
    expect(meter.keeper).toBe(other);
    meter.keeper = null;
    meter.on(1n);
    expect(meter.keeper).toBe(null);
  });

  test("on() without an argument gives back what the meter had, however often it was off()", async () => {
    const { kernel, meter, make } = tree(deny());
    const domain = make();
    domain.start();
    await kernel.run({ cycles: 600 });
    meter.on();
    expect(meter.peek()).toBe(400n);
    meter.off();
    meter.set(0n);
    meter.off();
    await kernel.run();
    meter.on();
    expect([meter.isOff, meter.peek()]).toEqual([false, 400n]);
    await kernel.run();
    expect([domain.state, domain.consumed]).toEqual(["parked", 1000n]);
  });

  test("on() of a meter that was dry: its keeper is asked again", async () => {
    const { kernel, meter, make } = tree(refill({ amount: 100n, times: 1 }), 0n);
    const domain = make();
    meter.off();
    domain.start();
    await kernel.run();
    expect([domain.state, meter.statistics().keeperCalls]).toEqual(["parked", 0]);
    meter.on();
    await kernel.run();
    expect([domain.consumed, meter.statistics().keeperCalls]).toEqual([100n, 2]);
  });

  test("a keeper that was asked before and adds later does not switch the meter on", async () => {
    let pay = () => {};
    const { kernel, meter, make } = tree(async ({ meter }) => {
      await new Promise<void>((resolve) => {
        pay = resolve;
      });
      meter.add(1_000_000n);
    });
    const errors: unknown[] = [];
    kernel.on("keeperError", ({ error }) => errors.push(error));
    const domain = make();
    domain.start();
    while (kernel.step().reason !== "waiting");
    meter.off();
    pay();
    await kernel.run();
    expect(errors).toEqual([expect.objectContaining({ code: "WRONG_STATE" })]);
    expect([domain.state, domain.consumed, meter.peek()]).toEqual(["parked", 1000n, 0n]);
    meter.on(5n);
    await kernel.run({ cycles: 5 });
    expect(domain.consumed).toBe(1005n);
  });
});

test("many short runs in a row don't starve the event loop", async () => {
  const { kernel, make } = tree(deny(), 1n << 60n);
  make().start();
  let turned = false;
  setTimeout(() => {
    turned = true;
  }, 0);
  while (!turned) await kernel.run({ cycles: 100 });
  expect(kernel.time).toBeGreaterThan(0n);
});
