// What readings take and who pays for that; what is owed where a clock tells too late; idle time.

import { describe, expect, test } from "vitest";
import { bursts, type ClockOptions, clocks, createKernel } from "../src/index.js";
import { billedTo, ClockLab, TICK } from "./clock-lab.js";
import { BEGIN, call, exit, HEAD, LOGGED, play, REST, reply, rest } from "./puppet.js";

describe("a reading takes time", () => {
  const clock = { kind: "counter", read: 20 } as const;

  test("of who ran, or of nobody", async () => {
    const lab = new ClockLab({ clock });
    const domain = lab.domain("A", { run: 1000, wait: 3000, times: 3 });
    await lab.until(9060n);
    // Each burst ends with a reading, the last one, too. Before the second and third nobody ran, for 3,000
    // less the reading before and with the one at the end.
    expect([domain.ran, billedTo(domain), domain.state]).toEqual([3060n, 3060n, "ended"]);
    const { idle, reads, readCycles, elapsed } = lab.kernel.timing();
    expect({ idle, reads, readCycles, elapsed }).toEqual({
      idle: 2n * 3000n,
      reads: 5n,
      readCycles: 100n,
      elapsed: 9060n,
    });
    lab.kernel.dispose();
  });

  test("at a tick it is of who runs, while nobody does nobody's time", async () => {
    const lab = new ClockLab({ clock, points: ["tick"] });
    const domain = lab.once("A", 40_000);
    await lab.until(10n * TICK);
    // Two ticks came while it ran; it stopped 40 cycles later for them, and the third found it gone.
    expect(domain.ran).toBe(40_040n);
    const { reads, readCycles, billed, idle } = lab.kernel.timing();
    expect({ reads, readCycles }).toEqual({ reads: 10n, readCycles: 40n });
    expect([billed, idle]).toEqual([3n * TICK, 7n * TICK]);
    lab.kernel.dispose();
  });

  test("at a message it is of who sends", async () => {
    const kernel = createKernel({ nodes: 32, frames: 512, billing: { clock } });
    const take = [null, null, null, 5];
    const steps = [rest({ take }), reply(5, { busy: 300, take, next: 1 })];
    const server = play(kernel, kernel.primeMeter, steps, { name: "B" }).domain;
    server.start();
    await kernel.run();
    const ready = server.ran;
    const client = play(kernel, kernel.primeMeter, [call(0), call(0), exit()]).domain;
    client.keys.set(0, server.startKey());
    client.start();
    await kernel.run();
    expect(ready).toBe(BigInt(BEGIN + HEAD + 20));
    expect(server.ran - ready).toBe(2n * BigInt(LOGGED + REST + HEAD + 600 + 20));
    expect(client.ran).toBe(BigInt(BEGIN + HEAD + 2 * (LOGGED + REST + HEAD) + 3 * 20));
    expect([server.consumed, client.consumed]).toEqual([server.ran, client.ran]);
    kernel.dispose();
  });

  test("so much of it as the reference says: cheap, dearer, dear", async () => {
    const spent = async (clock: ClockOptions) => {
      const lab = new ClockLab({ clock });
      lab.domain("A", { run: 500, wait: 500 });
      await lab.until(50n * TICK);
      const { readCycles, elapsed } = lab.kernel.timing();
      lab.kernel.dispose();
      return Number(readCycles) / Number(elapsed);
    };
    const { x86, powerpc, mips, arm } = clocks;
    const [a, b, c, d] = [
      await spent(x86),
      await spent(powerpc),
      await spent(mips),
      await spent(arm),
    ];
    expect(a).toBeGreaterThan(0);
    expect(b).toBeGreaterThan(3 * a);
    expect(c).toBeGreaterThan(3 * b);
    expect(d).toBeGreaterThan(5 * c);
  });
});

describe("a cache that is used up", () => {
  /** A domain at work for ever on a meter of so many cycles, and another for the rest. */
  async function poor(clock: ClockOptions | "tick", cycles: bigint, ticks = 100n) {
    const lab = new ClockLab(clock === "tick" ? { by: "tick" } : { clock });
    const { kernel } = lab;
    const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles });
    const program = bursts({ run: 1_000_000_000 });
    const domain = kernel.createDomain({ meter, program });
    domain.start();
    await lab.until(ticks * TICK);
    return { lab, meter, domain };
  }

  test.each([
    ["slow by half: nothing is lost", -0.5, 200_000n, 0n],
    ["fast by a quarter: the more is billed", 0.25, 80_000n, 0n],
    // When it was read last, at the third tick, 4,000 were left: no sooner is it looked at again.
    ["twice as fast: what it is ahead is owed", 1, 52_000n, 4000n],
  ])("by a clock that is %s", async (_, error, ran, owed) => {
    const { lab, meter, domain } = await poor({ kind: "counter", error }, 100_000n);
    expect(domain.state).toBe("parked");
    expect([domain.consumed, domain.owed, meter.peek()]).toEqual([100_000n, owed, 0n]);
    // A slow one is looked at again and again, each time for half of what is left.
    expect(domain.ran - ran).toBeLessThan(2n);
    expect(ran - domain.ran).toBeLessThan(2n);
    lab.kernel.dispose();
  });

  test("by a coarse clock is found late, by less than its grain: that is owed", async () => {
    const { lab, meter, domain } = await poor({ kind: "counter", hz: 16_000 }, 2500n);
    // Looked at after 2,500, it said 2,000; a unit later, 3,000.
    expect([domain.consumed, domain.owed, domain.ran]).toEqual([2500n, 500n, 3500n]);
    meter.add(300n);
    await lab.until(101n * TICK);
    // All of it went to the debt, and nothing was run for it.
    expect([domain.consumed, domain.owed, domain.state]).toEqual([2800n, 200n, "parked"]);
    expect(domain.ran).toBe(3500n);
    meter.add(1200n);
    await lab.until(102n * TICK);
    expect([domain.consumed, domain.owed, domain.ran]).toEqual([4000n, 0n, 4500n]);
    expect(meter.peek()).toBe(0n);
    lab.kernel.dispose();
  });

  test("where ticks are billed, only at the tick: the rest is owed, and paid first", async () => {
    const { lab, meter, domain } = await poor("tick", 5000n);
    expect([domain.consumed, domain.owed, domain.ran]).toEqual([5000n, 11_000n, 16_000n]);
    meter.add(20_000n);
    await lab.until(200n * TICK);
    // What was left for the second tick was 9,000.
    expect([domain.consumed, domain.owed, domain.ran]).toEqual([25_000n, 7000n, 32_000n]);
    lab.kernel.dispose();
  });

  test("of one who ends, or is taken away, with debts: nobody else pays them", async () => {
    const { lab, meter, domain } = await poor("tick", 5000n);
    const { kernel } = lab;
    const before = kernel.timing();
    domain.rescind();
    meter.add(20_000n);
    expect(meter.peek()).toBe(20_000n);
    await lab.until(200n * TICK);
    const { billed, idle, elapsed } = kernel.timing();
    expect([billed, idle]).toEqual([before.billed, elapsed - before.billed]);
    expect(kernel.primeMeter.statistics().consumed).toBe(5000n);
    kernel.dispose();
  });
});

describe("idle time", () => {
  test("of a day is read at once, and as if at each tick", async () => {
    const cuts = [2n ** 40n, 50n * TICK + 77n];
    const clock = { kind: "counter", width: 32, drift: 10 } as const;
    for (const cut of cuts) {
      const lab = new ClockLab({ clock });
      lab.once("A", 1000);
      for (let time = cut; time < 100n * TICK; time += cut) await lab.until(time);
      await lab.until(100n * TICK);
      const { reads, jumps, backwards } = lab.kernel.timing();
      expect({ reads, jumps, backwards }).toEqual({ reads: 101n, jumps: 0n, backwards: 0n });
      lab.kernel.dispose();
    }
  });

  test.each(["back", "jump", "stop"] as const)(
    "however it is cut, a clock that goes wrong in it (%s) is found out at the same tick",
    async (does) => {
      const some = [];
      for (const cut of [1_000_000_000n, TICK, 777n]) {
        for (const at of [20n * TICK - 1n, 20n * TICK, 20n * TICK + 1n]) {
          const by = 50n * TICK;
          const fault = does === "stop" ? ({ at, does } as const) : ({ at, does, by } as const);
          const lab = new ClockLab({ clock: { kind: "counter", fault } });
          lab.once("A", 1000);
          for (let time = cut; time < 50n * TICK; time += cut) await lab.until(time);
          await lab.until(50n * TICK);
          const { timing } = lab.kernel;
          some.push({ at, ...timing.call(lab.kernel) });
          lab.kernel.dispose();
        }
      }
      expect(some.slice(3, 6)).toEqual(some.slice(0, 3));
      expect(some.slice(6)).toEqual(some.slice(0, 3));
      const lost = does === "stop" ? [30n, 30n, 30n] : [1n, 1n, 1n];
      const told = some.slice(0, 3).map(({ elapsed, idle, billed }) => elapsed - idle - billed);
      told.forEach((cycles, n) => {
        expect(Number(cycles / TICK - lost[n]!)).toBeLessThanOrEqual(1);
        expect(cycles).toBeGreaterThan(0n);
      });
    },
  );

  test("of ages: a wrong clock costs no more than a right one", async () => {
    const at = 2n ** 45n + 5n;
    const lab = new ClockLab({
      clock: { kind: "counter", fault: { at, does: "back", by: 10n ** 9n } },
    });
    const { kernel } = lab;
    const wait = kernel.createWait();
    const forAges = play(kernel, kernel.primeMeter, [call(0), exit()]).domain;
    forAges.keys.set(0, wait.key);
    const string = Uint8Array.of(0, 0x7f, 0, 0, 0, 0, 0, 0);
    await kernel.call(wait.key, { order: 1, string });
    forAges.start();
    await kernel.run();
    expect(kernel.time).toBeGreaterThanOrEqual(0x7fn << 40n);
    expect(forAges.state).toBe("ended");
    kernel.dispose();
  });
});
