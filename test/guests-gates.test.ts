// The guests of guests/ that hold keys: a server and its caller, keepers, a scheduler. Each is run as a
// user would run it, and asked by messages of the host.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  clockKey,
  type Domain,
  discrimKey,
  type Meter,
  makerKey,
  returnerKey,
} from "../src/index.js";
import { findings } from "./lab.js";
import { numbers, SLOT, string, Town } from "./town.js";
import { everywhere, processors } from "./variants.js";

const KT = 0x80000000;
const INVALID = 0x80000002;
const CLOCKED = { [SLOT.clock]: clockKey, [SLOT.returner]: returnerKey };

/** Calls while the kernel runs, and lets it come to rest. */
async function ask(
  town: Town,
  server: Domain,
  order: number,
  bytes: Uint8Array = new Uint8Array(),
) {
  const answer = town.kernel.call(server.startKey(), { order, string: bytes });
  await town.kernel.run();
  return answer;
}

const ECHO = 0x109;

/** What `caller` must print: the same numbers and strings, computed here. */
function callerLine(calls: number, most: number, keys: number): string {
  let random = 1;
  const next = () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return random >>> 8;
  };
  let hash = 2166136261;
  const mix = (byte: number) => {
    hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  };
  let bytes = 0;
  for (let i = 0; i < calls; i++) {
    const length = next() % (most + 1);
    const text = Array.from({ length }, () => next() & 0xff);
    const order = 16 + next();
    for (let shift = 0; shift < 32; shift += 8) mix((order >>> shift) & 0xff);
    text.forEach(mix);
    bytes += length;
  }
  const digits = hash.toString(16).padStart(8, "0");
  return `caller calls ${calls} bytes ${bytes} keys ${keys} wrong 0 hash ${digits}\n`;
}

everywhere("guests with keys", () => {
  test("keys: each function of the header does what the header says", async () => {
    const town = new Town({ quantum: 500 });
    const { kernel } = town;
    const node = kernel.createNode();
    node.swap(0, discrimKey);
    const echo = town.guest("echo", town.meter("servers"));
    const domain = town.guest("keys", town.meter("keys"), {
      start: false,
      keys: {
        [SLOT.server]: echo.startKey(),
        [SLOT.clock]: clockKey,
        [SLOT.returner]: returnerKey,
        [SLOT.data]: makerKey,
        [SLOT.wait]: kernel.createWait().key,
        [SLOT.join]: kernel.createJoin().key,
        [SLOT.own]: node,
        [SLOT.own + 1]: kernel.createPage().key,
        [SLOT.own + 2]: town.meter("spare", { cycles: 1000n }).serviceKey,
        [SLOT.own + 3]: echo.domainKey,
      },
    });
    domain.keys.set(SLOT.self, domain.domainKey);
    domain.start();
    await kernel.run();
    expect(domain.output).toBe("keys checks 108 wrong 0\n");
    expect(domain.exitCode).toBe(0);
    expect(findings(kernel)).toEqual([]);
  });

  describe("echo and caller", () => {
    test("orders, strings of all lengths and keys come back as they went", async () => {
      const town = new Town({ quantum: 5000 });
      const echo = town.guest("echo", town.meter("servers"));
      const keys = { [SLOT.server]: echo.startKey(), [SLOT.data]: makerKey };
      const caller = town.guest("caller 40 4096", town.meter("callers"), { keys });
      await town.kernel.run();
      expect(caller.output).toBe(callerLine(40, 4096, 40));
      expect(caller.exitCode).toBe(0);
      expect(echo.state).toBe("available");
      const { order, string: count } = await ask(town, echo, 1);
      expect([order, numbers(count, 4)]).toEqual([0, [40n]]);
      expect((await ask(town, echo, KT)).order).toBe(ECHO);
      expect(findings(town.kernel)).toEqual([]);
    });

    test("the line that the README shows", async () => {
      const town = new Town();
      const echo = town.guest("echo", town.meter("servers"));
      const keys = { [SLOT.server]: echo.startKey(), [SLOT.data]: makerKey };
      const caller = town.guest("caller", town.meter("callers"), { keys });
      await town.kernel.run();
      expect(caller.output).toBe(callerLine(100, 256, 100));
      const readme = readFileSync(new URL("../guests/README.md", import.meta.url), "utf8");
      expect(readme).toContain(`\`${caller.output.trim()}\``);
    });

    test("several callers at a time, and each gets its own answers", async () => {
      const town = new Town({ quantum: 300 });
      const echo = town.guest("echo", town.meter("servers"));
      const callers = [100, 200, 300, 400].map((most) =>
        town.guest(`caller 50 ${most}`, town.meter("callers"), {
          keys: { [SLOT.server]: echo.startKey() },
        }),
      );
      await town.kernel.run();
      callers.forEach((caller, i) => {
        expect(caller.output).toBe(callerLine(50, 100 * (i + 1), 0));
      });
      expect(numbers((await ask(town, echo, 1)).string, 4)).toEqual([200n]);
      expect(findings(town.kernel)).toEqual([]);
    });

    test("a server that ended answers nothing: to call it is to call DK(0)", async () => {
      const town = new Town();
      const echo = town.guest("echo", town.meter("servers"));
      const sent = town.kernel.send(echo.startKey(), { order: 3 });
      await town.kernel.run();
      await sent;
      expect([echo.state, echo.exitCode]).toEqual(["ended", 0]);
      const keys = { [SLOT.server]: echo.startKey() };
      const caller = town.guest("caller 5 10", town.meter("callers"), { keys });
      await town.kernel.run();
      expect(caller.output).toContain("calls 5 bytes 0 keys 0 wrong 5");
      expect(caller.exitCode).toBe(1);
    });

    test("the data byte of the start key is what the server is told", async () => {
      const town = new Town();
      const echo = town.guest("echo", town.meter("servers"));
      const answer = town.kernel.call(echo.startKey(77), { order: 2 });
      await town.kernel.run();
      expect((await answer).order).toBe(77);
    });
  });

  describe("keeper", () => {
    /** A keeper, and a program of 12,324 instructions on a meter of nothing that it keeps. */
    function kept(words: string, store: boolean) {
      const town = new Town({ quantum: 1000 });
      const node = town.kernel.createNode();
      const keys = store ? { ...CLOCKED, [SLOT.own]: node } : CLOCKED;
      const keeper = town.guest(words, town.meter("keepers"), { keys });
      const meter = town.meter("kept", { cycles: 0n, keeper: keeper.startKey() });
      const sieve = town.guest("sieve 1000", meter);
      return { town, keeper, meter, sieve };
    }
    const report = async (town: Town, keeper: Domain) =>
      numbers((await ask(town, keeper, 2)).string, 8);

    test("refills as often as it must, and counts in the meter's slot 13", async () => {
      const { town, keeper, meter, sieve } = kept("keeper 5000 3", true);
      await town.kernel.run();
      expect(sieve.output).toBe("sieve limit 1000 primes 168 last 997\n");
      expect(sieve.consumed).toBe(12324n);
      expect(meter.counter()).toBe(15000n - 12324n);
      const [calls, refills, lost, last] = await report(town, keeper);
      expect([calls, refills, lost]).toEqual([3n, 3n, 0n]);
      expect(last! / 256n).toBeLessThanOrEqual(town.kernel.time);
      const counted = town.kernel.invoke(meter.serviceKey, 13);
      expect(counted).toEqual({ code: 0, key: { kind: "data", value: 3n } });
      expect((await ask(town, keeper, KT)).order).toBe(0x106);
      expect((await ask(town, keeper, 99)).order).toBe(INVALID);
      expect(findings(town.kernel)).toEqual([]);
    });

    test("keeps the restart key after that, until it is told to restart all", async () => {
      const { town, keeper, sieve } = kept("keeper 5000 2", true);
      await town.kernel.run();
      expect(sieve.state).toBe("waiting");
      expect(sieve.consumed).toBe(10000n);
      expect((await ask(town, keeper, 1)).order).toBe(1);
      // Restarted without more, it is back at once.
      await ask(town, keeper, 0);
      expect((await ask(town, keeper, 1)).order).toBe(1);
      expect((await ask(town, keeper, 3, string(8, 1000, 5))).order).toBe(0);
      await ask(town, keeper, 0);
      expect(sieve.exitCode).toBe(0);
      expect((await ask(town, keeper, 1)).order).toBe(0);
      expect((await report(town, keeper)).slice(0, 3)).toEqual([7n, 5n, 0n]);
      expect(findings(town.kernel)).toEqual([]);
    });

    test("without a node for keys it declines: the domain waits for ever", async () => {
      const { town, keeper, meter, sieve } = kept("keeper 5000 2", false);
      await town.kernel.run();
      expect(sieve.state).toBe("waiting");
      meter.add(100_000n);
      await ask(town, keeper, 0);
      expect(sieve.state).toBe("waiting");
      expect(sieve.consumed).toBe(10000n);
      expect((await report(town, keeper))[2]).toBe(1n);
      sieve.start(); // by its domain key, so to speak
      await town.kernel.run();
      expect(sieve.exitCode).toBe(0);
    });

    test("keeps more than a node takes where nodes are linked", async () => {
      const town = new Town({ quantum: 500 });
      const first = town.kernel.createNode();
      const second = town.kernel.createNode();
      first.swap(15, second);
      const keys = { ...CLOCKED, [SLOT.own]: first };
      const keeper = town.guest("keeper 1000 0", town.meter("keepers"), { keys });
      const domains = Array.from({ length: 20 }, (_, i) => {
        const meter = town.meter(`m${i}`, { cycles: 0n, keeper: keeper.startKey() });
        return { meter, domain: town.guest("sieve 100", meter) };
      });
      await town.kernel.run();
      expect((await ask(town, keeper, 1)).order).toBe(20);
      for (const { meter } of domains) meter.add(100_000n);
      await ask(town, keeper, 0);
      expect(domains.map(({ domain }) => domain.exitCode)).toEqual(domains.map(() => 0));
      expect((await ask(town, keeper, 1)).order).toBe(0);
      expect(findings(town.kernel)).toEqual([]);
    });
  });

  describe("trapkeeper and faulty", () => {
    const faulty = (town: Town, keeper: Domain, words: string, databyte = 0) =>
      town.guest(words, town.meter("faulty"), { keeper: keeper.startKey(databyte) });

    test("a domain goes on behind each instruction that traps, its registers as they were", async () => {
      const town = new Town({ quantum: 100 });
      const keeper = town.guest("trapkeeper", town.meter("keepers"), { keys: CLOCKED });
      const domains = ["faulty 3", "faulty 4"].map((words) => faulty(town, keeper, words));
      await town.kernel.run();
      expect(domains.map(({ output }) => output)).toEqual([
        "faulty traps 15 wrong 0\n",
        "faulty traps 20 wrong 0\n",
      ]);
      const { string: bytes } = await ask(town, keeper, 1);
      // The last of each round is a jump to 16, where there is no code.
      expect(numbers(bytes, 4)).toEqual([35n, 0x101n, 16n, 16n]);
      expect((await ask(town, keeper, KT)).order).toBe(0x107);
      expect(findings(town.kernel)).toEqual([]);
    });

    test("a compressed instruction is stepped over where the data byte says so", async () => {
      const town = new Town();
      const keeper = town.guest("trapkeeper", town.meter("keepers"), { keys: CLOCKED });
      const wild = town.guest("wild breakpoint", town.meter("wild"), {
        keeper: keeper.startKey(2),
      });
      await town.kernel.run();
      expect(wild.output).toBe("wild breakpoint\nsurvived\n");
    });

    test("a domain whose meter is rescinded is kept, and goes on under another when told", async () => {
      const town = new Town({ quantum: 100 });
      const keeper = town.guest("trapkeeper", town.meter("keepers"), { keys: CLOCKED });
      const meter = town.meter("rescinded");
      const sieve = town.guest("sieve 1000", meter, { keeper: keeper.startKey() });
      await town.kernel.run({ cycles: 2000n });
      meter.rescind();
      await town.kernel.run();
      expect(sieve.state).toBe("waiting");
      expect(numbers((await ask(town, keeper, 1)).string, 4).slice(0, 3)).toEqual([1n, 0x404n, 0n]);
      sieve.setMeter(town.meter("other"));
      expect((await ask(town, keeper, 2)).order).toBe(1);
      expect(sieve.output).toBe("sieve limit 1000 primes 168 last 997\n");
      expect(findings(town.kernel)).toEqual([]);
    });
  });

  describe("scheduler", () => {
    test("lets two groups run by turns, and tells of each cycle", async () => {
      const town = new Town({ quantum: 1000 });
      const groups: Meter[] = ["left", "right"].map((name) =>
        town.meter(name, { cycles: 400_000n }),
      );
      const spins = groups.flatMap((meter) => [
        town.guest("spin", meter),
        town.guest("spin", meter),
      ]);
      const wait = town.kernel.createWait("pause");
      const scheduler = town.guest("scheduler 6 20000", town.meter("schedulers"), {
        keys: {
          [SLOT.clock]: clockKey,
          [SLOT.wait]: wait.key,
          [SLOT.own]: groups[0]!.serviceKey,
          [SLOT.own + 1]: groups[1]!.serviceKey,
        },
      });
      await town.kernel.run();
      const line = /^scheduler turns (\d) (\d) used (\d+) (\d+) left (\d+)\n$/;
      const told = (line.exec(scheduler.output) ?? []).slice(1).map(BigInt);
      const [turns, others, first, second, left] = told;
      // With several processors it may be waked so late that the budget is used up.
      if (processors() === 1) expect([turns, others]).toEqual([3n, 3n]);
      else expect([0n, 1n]).toContain(turns! - others!);
      if (processors() === 1)
        expect(Math.min(Number(first), Number(second))).toBeGreaterThan(60_000);
      // What it took over at first, the groups had used before.
      expect(first! + second! + left!).toBeLessThanOrEqual(800_000n);
      const ran = (some: readonly Domain[]) =>
        some.reduce((sum, { consumed }) => sum + consumed, 0n);
      expect(ran(spins.slice(2))).toBe(groups[1]!.statistics().consumed);
      // Nothing was lost or made while it went to and fro, and in the end all of it is used.
      expect(ran(spins)).toBe(800_000n);
      expect(groups.map((group) => group.counter())).toEqual([0n, 0n]);
      expect(spins.map(({ state }) => state)).toEqual(["parked", "parked", "parked", "parked"]);
      const answer = await ask(town, scheduler, 1);
      expect(numbers(answer.string, 8)).toEqual(told);
      expect(findings(town.kernel)).toEqual([]);
    });
  });
});
