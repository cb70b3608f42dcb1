// Plugins in JavaScript: what they pay, and what becomes of those that can't.

import { describe, expect, test } from "vitest";
import { ExhaustedError, type Keeper, refill, StateError } from "../src/index.js";
import { createQuickJS, type QuickJS } from "../src/quickjs/index.js";
import { failure, PLENTY, plugin } from "./plugins.js";
import { balanced, isSettled, type Tree, tree } from "./wasm/plugin.js";

/** Backtracks for some 2^25 steps: no interrupt handler of QuickJS's is called in it. */
const REGEX = "/^(a+)+$/.test('a'.repeat(24) + 'b')";

const WORK = `(() => {
  const words = new Map(), text = "the quick brown fox jumps over the lazy dog ".repeat(20);
  for (const [word] of text.matchAll(/\\w+/g)) words.set(word, (words.get(word) ?? 0) + 1);
  const sorted = [...words].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(JSON.parse(JSON.stringify(sorted)).map(([word, n]) => ({ word, n, f: n / 7 })));
})()`;
const WORK_CYCLES = 3_055_777n;

const ran = ({ domain }: QuickJS) => domain.consumed + domain.owed;

/** What an act costs a plugin. */
async function cost(js: QuickJS, act: () => Promise<unknown>): Promise<bigint> {
  const before = ran(js);
  await act();
  return ran(js) - before;
}

describe("counts", () => {
  // The same on every version of Node: npm run with-node -- 26 node_modules/vitest/vitest.mjs run test/quickjs
  test.each([1_000n, 123_457n, 80_000_000n])("are the same by advances of %d", async (advance) => {
    const world = tree({ cycles: PLENTY, kernel: { advance } });
    const { js } = await plugin({ clock: () => 0 }, world);
    expect(await cost(js, () => js.eval(WORK))).toBe(WORK_CYCLES);
    balanced(world);
  });

  test("are of the script, not of when and where it runs", async () => {
    const first = await plugin();
    await first.js.eval("Math.random() + Date.now()");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await plugin({ memory: 2 ** 25 });
    await second.js.eval("Math.random() + Date.now()");
    for (let i = 0; i < 3; i++) {
      const counts = [first, second].map(({ js }) => cost(js, () => js.eval(WORK)));
      expect(await counts[0]).toBe(await counts[1]);
    }
  });

  test("grow with the work, also within a builtin", async () => {
    const { js } = await plugin();
    const counts: bigint[] = [];
    for (const n of [16, 18, 20]) {
      counts.push(await cost(js, () => js.eval(`/^(a+)+$/.test('a'.repeat(${n}) + 'b')`)));
    }
    const [a, b, c] = counts.map(Number) as [number, number, number];
    expect((c - b) / (b - a)).toBeCloseTo(4, 1);
  });
});

describe("the tree", () => {
  test("is paid exactly, also as seen by a function of the host", async () => {
    const world = tree({ cycles: PLENTY, kernel: { advance: 10_000n } });
    const { js } = await plugin({}, world);
    let looks = 0;
    js.expose("look", () => {
      looks++;
      balanced(world);
      expect(js.domain.state).toBe("running");
      return js.callNow("inner");
    });
    await js.eval("const inner = () => [3, 1, 2].sort()");
    await js.eval("for (let i = 0; i < 20; i++) look()");
    await js.eval("Promise.resolve().then(look)");
    expect(looks).toBe(21);
    balanced(world);
  });

  test("two plugins under one meter share what it has; one ends, the other does not", async () => {
    const world = tree({ cycles: 60_000_000n });
    const { kernel, tenant } = world;
    const meterOf = (name: string, cycles: bigint) =>
      kernel.createMeter({ name, superior: tenant.key, cycles });
    const greedyMeter = meterOf("greedy", 20_000_000n);
    const greedy = await createQuickJS(kernel, { name: "greedy", meter: greedyMeter });
    const modest = await createQuickJS(kernel, {
      name: "modest",
      meter: meterOf("modest", 40_000_000n).key,
    });
    expect(await failure(greedy.eval("for (;;) {}"))).toBeInstanceOf(ExhaustedError);
    expect(greedy.domain.consumed).toBe(20_000_000n);
    expect(greedyMeter.peek()).toBe(0n);
    for (let i = 0; i < 10; i++) expect(await modest.eval("6 * 7")).toBe(42);
    expect(tenant.statistics().consumed).toBe(20_000_000n + modest.domain.consumed);
    expect(kernel.check().findings).toEqual([]);
  });

  test("what is run by promises is paid too", async () => {
    const { js, world } = await plugin();
    const few = await cost(js, () =>
      js.eval("(async () => { for (let i = 0; i < 10; i++) await i })()"),
    );
    const many = await cost(js, () =>
      js.eval("(async () => { for (let i = 0; i < 1000; i++) await i })()"),
    );
    expect(many).toBeGreaterThan(20n * few);
    balanced(world);
  });
});

describe("a meter that runs dry half-way", () => {
  test("is refilled within a regex by a keeper that answers at once", async () => {
    const world = tree({ cycles: 10_000_000n, keeper: refill({ amount: 10_000_000n }) });
    const { js } = await plugin({}, world);
    expect(await js.eval(REGEX)).toBe(false);
    expect(world.tenant.statistics().keeperCalls).toBeGreaterThan(10);
    balanced(world);
  });

  test.each([
    ["a loop", "for (;;) {}"],
    ["a regex", REGEX],
    ["sorting", "Array.from({ length: 1e6 }, (_, i) => (i * 7919) % 1e6).sort().length"],
    ["texts", "'x'.repeat(1e7).split('').join('y').length"],
    ["JSON", "JSON.stringify(Array.from({ length: 1e6 }, (_, i) => [i])).length"],
    ["promises", "(function more() { Promise.resolve().then(more) })()"],
    ["a getter of the result", "({ get a() { for (;;) {} } })"],
    ["a proxy of the result", "new Proxy({}, { ownKeys() { for (;;) {} } })"],
    ["an error's message", "throw { get message() { for (;;) {} } }"],
    ["what its result waits for", "({ then() { for (;;) {} } })"],
    ["compiling", `eval("x;".repeat(1e6))`],
    ["loading", "for (let i = 0; ; i++) import('m' + i).catch(() => 0)"],
  ])("%s: the call ends at that cycle, uncatchably", async (_, code) => {
    const world = tree({ cycles: 40_000_000n });
    const { js } = await plugin({}, world);
    const said: string[] = [];
    js.expose("say", (what: string) => said.push(what));
    await js.eval("globalThis.say = say");
    const wrapped = code.startsWith("throw") || code.startsWith("(") || code.startsWith("new");
    const error = await failure(
      js.eval(
        wrapped ? code : `try { ${code} } catch { say("caught") } finally { say("finally") }`,
      ),
    );
    expect(error).toBeInstanceOf(ExhaustedError);
    expect(said).toEqual([]);
    expect(js.domain.consumed).toBe(40_000_000n);
    expect(js.domain.owed).toBeLessThan(5_000n);
    expect(world.tenant.peek()).toBe(0n);
    balanced(world);
  });

  test("anywhere: what was given is what was paid", async () => {
    for (let i = 0; i < 25; i++) {
      const world = tree({ cycles: 8_000_000n + BigInt(i * i) * 5_981n });
      const { js } = await plugin({}, world);
      js.expose("twice", (text: string) => text + text);
      const result = await js.eval(`${WORK} + twice("ab").repeat(100)`).catch((error) => error);
      balanced(world);
      if (typeof result === "string") continue;
      expect(result).toBeInstanceOf(ExhaustedError);
      expect(js.domain.consumed).toBe(world.tenant.statistics().granted);
      expect(await failure(js.eval("1"))).toBeInstanceOf(StateError);
    }
  });

  test("it has ended then: calls are refused until it is loaded anew", async () => {
    const world = tree({ cycles: 20_000_000n });
    const { js } = await plugin({ name: "shop" }, world);
    js.expose("four", () => 4);
    const pending = js.eval("new Promise(() => {})");
    const first = js.eval("globalThis.kept = 1; for (;;) {}");
    const queued = js.eval("1");
    for (const call of [first, pending]) expect(await failure(call)).toBeInstanceOf(ExhaustedError);
    for (const call of [() => queued, () => js.eval("1"), () => js.call("f")]) {
      expect(await failure(call())).toMatchObject({
        code: "WRONG_STATE",
        message: expect.stringMatching(/^plugin shop was ended in the midst of a call.*reset/),
        cause: expect.any(ExhaustedError),
      });
    }
    expect(() => js.callNow("f")).toThrow(StateError);
    expect(() => js.context.evalCode("1")).toThrow(StateError);
    const old = js.domain;
    world.tenant.add(20_000_000n);
    await js.reset();
    expect(js.domain).not.toBe(old);
    expect(js.domain.name).toBe("shop");
    expect(await js.eval("[typeof kept, four()]")).toEqual(["undefined", 4]);
    expect([...world.kernel.domains()]).toEqual([js.domain]);
    expect(world.kernel.check().findings).toEqual([]);
  });

  test("in what a function of the host asks of it: both end, whatever either catches", async () => {
    const world = tree({ cycles: 20_000_000n });
    const { js } = await plugin({}, world);
    const seen: unknown[] = [];
    js.expose("again", () => {
      for (let i = 0; i < 2; i++) {
        try {
          js.callNow("forever");
        } catch (error) {
          seen.push(error);
        }
      }
      world.tenant.add(20_000_000n);
      return "went on";
    });
    js.expose("say", (...said: unknown[]) => seen.push(said));
    await js.eval("const forever = () => { for (;;) {} }");
    const code =
      "try { say('before', again()) } catch { say('caught') } finally { say('finally') }";
    expect(await failure(js.eval(code))).toBeInstanceOf(ExhaustedError);
    expect(seen).toEqual([expect.any(ExhaustedError), expect.any(StateError)]);
    balanced(world);
  });

  test("by a keeper that answers later: the call is ended, the next one waits", async () => {
    const keeper: Keeper = async ({ meter }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      meter.add(20_000_000n);
    };
    const world = tree({ cycles: 20_000_000n, keeper });
    const { js } = await plugin({}, world);
    expect(await failure(js.eval("for (;;) {}"))).toBeInstanceOf(ExhaustedError);
    await js.reset();
    expect(await js.eval("1")).toBe(1);
    expect(world.kernel.check().findings).toEqual([]);
  });
});

describe("a plugin that is being made", () => {
  test("waits until there are cycles; without enough of them nothing is kept", async () => {
    const world = tree({ cycles: 0n });
    const { kernel, tenant } = world;
    const making = createQuickJS(kernel, { meter: world.plugin });
    expect(await isSettled(making)).toBe(false);
    tenant.add(3_000_000n);
    expect(await failure(making)).toBeInstanceOf(ExhaustedError);
    expect([...kernel.domains()]).toEqual([]);
    expect(tenant.statistics().consumed).toBe(3_000_000n);
    tenant.add(20_000_000n);
    const { js } = await plugin({}, world);
    expect(await js.eval("1")).toBe(1);
    expect(kernel.check().findings).toEqual([]);
  });
});

describe("the switch", () => {
  async function switched(): Promise<{ js: QuickJS; world: Tree; off: (how: string) => void }> {
    const { js, world } = await plugin();
    const off = (how: string) => (how === "stop" ? js.domain.stop() : world.tenant.off());
    return { js, world, off };
  }

  test.each(["off", "stop"])("%s: calls wait; on: they go on", async (how) => {
    const { js, world, off } = await switched();
    off(how);
    const calls = [js.eval("1"), js.eval("2")];
    expect(await isSettled(Promise.race(calls))).toBe(false);
    expect(() => js.callNow("f")).toThrow(ExhaustedError);
    if (how === "stop") js.domain.start();
    else world.tenant.on(PLENTY);
    expect(await Promise.all(calls)).toEqual([1, 2]);
    balanced(world);
  });

  test.each(["off", "stop"])("%s within a call ends it within an advance", async (how) => {
    const { js, world, off } = await switched();
    js.expose("off", () => off(how));
    const before = ran(js);
    expect(await failure(js.eval("off(); for (;;) {}"))).toBeInstanceOf(ExhaustedError);
    expect(ran(js) - before).toBeLessThan(500_000n);
    balanced(world);
  });

  test("loaded anew by a function of the host: the script does not go on from it", async () => {
    const { js, world } = await switched();
    const resets: Promise<void>[] = [];
    js.expose("reload", () => void resets.push(js.reset()));
    const first = js.eval("try { reload() } finally { globalThis.kept = 1 }");
    expect((await failure(first)).message).toBe("plugin js is loaded anew");
    await Promise.all(resets);
    expect(await js.eval("typeof kept")).toBe("undefined");
    expect(world.kernel.check().findings).toEqual([]);
  });

  test("a call that waits when it is loaded anew never runs", async () => {
    const { js, world } = await switched();
    let ran = 0;
    js.expose("run", () => ran++);
    world.tenant.off();
    const waits = failure(js.eval("run()"));
    expect(await isSettled(waits)).toBe(false);
    const reset = js.reset();
    expect(await isSettled(reset)).toBe(false);
    world.tenant.on(PLENTY);
    await reset;
    expect(await waits).toMatchObject({ message: "plugin js is loaded anew" });
    expect(ran).toBe(0);
    expect(await js.eval("run()")).toBe(0);
  });
});
