// Billing by a clock from the host's side: what is asked comes to the kernel, and what is read there is what was billed.

import { describe, expect, test } from "vitest";
import { CONTROL_TIME, PAGE_SIZE } from "../assembly/layout.js";
import {
  BANKRUPT_CANCEL,
  BY_CLOCK,
  BY_TICK,
  CLOCK_COUNTDOWN,
  CLOCK_COUNTER,
  POINT_STOP,
  POINT_TICK,
  REPAIR_HOLD,
  TIME_BANKRUPT,
  TIME_BY,
  TIME_CLOCK,
  TIME_DRIFT,
  TIME_FREE_BY_RATIO,
  TIME_MASKED,
  TIME_POINTS,
  TIME_RATE,
  TIME_READ,
  TIME_REPAIR,
  TIME_SCALE,
  TIME_SLOTS,
  TIME_TICK,
  TIME_WIDTH,
} from "../assembly/time-layout.js";
import { BILLING_POINTS, checkTime } from "../src/billing.js";
import { checkClock } from "../src/clock.js";
import { type ClockOptions, clocks, type Domain, type KernelOptions } from "../src/index.js";
import { WallClock } from "../src/wall-clock.js";
import { findings, Lab } from "./lab.js";
import { expectNothingLost, sum, TICK } from "./time-lab.js";
import { everywhere, processors } from "./variants.js";

describe("what the kernel is told of", () => {
  const checked = (clock: ClockOptions, tick = TICK) => checkClock(clock, tick);

  test("a clock: units per cycle as they are, cycles per unit as they are believed to be", () => {
    expect(checked({ kind: "counter" })).toMatchObject({ rate: 1, scale: 1, drift: 0, width: 64 });
    const coarse = { kind: "counter", hz: 1_000_000, error: 0.5, drift: 80 } as const;
    expect(checked(coarse)).toMatchObject({ rate: 0.09375, scale: 16 });
    expect(checked(coarse).drift).toBeCloseTo(5e-12, 20);
    const late = { kind: "countdown", read: 20, masked: 7, repair: "hold" } as const;
    expect(checked(late)).toMatchObject({ kind: 2, read: 20, masked: 7, repair: 2, fault: 0 });
    const broken = { kind: "counter", fault: { at: 9n, does: "back", by: 5n } } as const;
    expect(checked(broken)).toMatchObject({ kind: 1, fault: 3, faultAt: 9n, faultBy: 5n });
    const stopped = { kind: "counter", fault: { at: 9n, does: "stop" } } as const;
    expect(checked(stopped)).toMatchObject({ fault: 1, faultAt: 9n, faultBy: 0n });
  });

  test("a counter may be as narrow as tells two ticks from going back", () => {
    expect(checked({ kind: "counter", width: 16 }).width).toBe(16);
    expect(checked({ kind: "counter", width: 8, hz: 63_000 }).width).toBe(8);
    expect(() => checked({ kind: "counter", width: 8, hz: 64_000 })).toThrow(/at least 9$/);
    expect(checked({ kind: "counter", hz: 1000 }).scale).toBe(16_000);
  });

  test("the clocks that have a name can be read, each dearer than the one before", () => {
    const reads = Object.values(clocks).map((clock) => checked(clock).read);
    expect(reads).toEqual([0, 1, 4, 20, 400]);
  });

  test("billing points are bits, all of them where none are said", () => {
    expect(checkTime({ points: ["stop", "spent", "stop"] }, undefined)?.points).toBe(0b1000_0010);
    expect(checkTime({ points: BILLING_POINTS }, undefined)?.points).toBe(0xff);
    expect(checkTime({ by: "tick" }, undefined)).toMatchObject({ by: 1, tick: TICK });
    expect(checkTime({}, undefined)).toMatchObject({ by: 0, points: 0xff, clock: { kind: 0 } });
    expect(checkTime(undefined, undefined)).toBeUndefined();
  });

  test("partitions alone are billed to the cycle, in windows of 100 ticks as far as those go", () => {
    const slots = { slots: 100, mostSlots: 400, freeByRatio: false, bankruptcy: 0 };
    const exact = { by: 0, points: 0xff, clock: { kind: 0, read: 0 }, partitions: slots };
    expect(checkTime(undefined, {})).toMatchObject(exact);
    const windows: [tick: number, slots: number, most: number][] = [
      [250, 512, 512],
      [1000, 128, 512],
      [160_000, 40, 40],
      [6_400_000, 1, 1],
    ];
    for (const [tick, slots, mostSlots] of windows) {
      expect(checkTime({ tick }, {})?.partitions).toMatchObject({ slots, mostSlots });
    }
    const o = { window: 8 * TICK, freeTime: "ratio", bankruptcy: "stop" } as const;
    const told = { slots: 8, freeByRatio: true, bankruptcy: 3 };
    expect(checkTime(undefined, o)?.partitions).toMatchObject(told);
  });

  test("a slice is of four ticks with partitions, as long as nothing else is said", () => {
    const quantum = (o: KernelOptions) => new Lab(o).kernel.core.options.quantum;
    expect(quantum({ partitions: {} })).toBe(4 * TICK);
    expect(quantum({ billing: {} })).toBe(100_000);
    expect(quantum({ partitions: {}, quantum: 5000 })).toBe(5000);
    expect(quantum({ partitions: {}, billing: { tick: 640_000 } })).toBe(1_000_000);
  });
});

everywhere("a kernel with a clock", () => {
  test("is told of it field by field", () => {
    const field = (o: KernelOptions, offset: number, bytes: 4 | 8 = 4) => {
      const { view } = new Lab(o).kernel.core;
      const block = view.bytes(view.control(CONTROL_TIME), PAGE_SIZE);
      const data = new DataView(block.buffer, block.byteOffset);
      return bytes === 4 ? data.getUint32(offset, true) : data.getFloat64(offset, true);
    };
    const counter = { kind: "counter", hz: 1_000_000, error: 0.5, drift: 80, width: 40 } as const;
    const billing = { tick: 800, clock: counter, points: ["stop", "tick"] } as const;
    const numbers: [offset: number, value: number][] = [
      [TIME_TICK, 800],
      [TIME_BY, BY_CLOCK],
      [TIME_POINTS, (1 << POINT_STOP) | (1 << POINT_TICK)],
      [TIME_CLOCK, CLOCK_COUNTER],
      [TIME_WIDTH, 40],
    ];
    for (const [offset, value] of numbers) expect(field({ billing }, offset)).toBe(value);
    expect(field({ billing }, TIME_RATE, 8)).toBe(0.09375);
    expect(field({ billing }, TIME_SCALE, 8)).toBe(16);
    expect(field({ billing }, TIME_DRIFT, 8)).toBeCloseTo(5e-12, 20);
    const late = { kind: "countdown", read: 5, masked: 77, repair: "hold" } as const;
    expect(field({ billing: { clock: late } }, TIME_CLOCK)).toBe(CLOCK_COUNTDOWN);
    expect(field({ billing: { clock: late } }, TIME_READ)).toBe(5);
    expect(field({ billing: { clock: late } }, TIME_MASKED)).toBe(77);
    expect(field({ billing: { clock: late } }, TIME_REPAIR)).toBe(REPAIR_HOLD);
    expect(field({ billing: { by: "tick" } }, TIME_BY)).toBe(BY_TICK);
    const o = { window: 9 * TICK, freeTime: "ratio", bankruptcy: "cancel" } as const;
    expect(field({ partitions: o }, TIME_SLOTS)).toBe(9);
    expect(field({ partitions: o }, TIME_FREE_BY_RATIO)).toBe(1);
    expect(field({ partitions: {} }, TIME_FREE_BY_RATIO)).toBe(0);
    expect(field({ partitions: o }, TIME_BANKRUPT)).toBe(BANKRUPT_CANCEL);
  });

  test("has all the frames that were asked for, whatever time takes", () => {
    const free = (o: KernelOptions) => new Lab(o).kernel.core.exports.framesFree();
    for (const nodes of [2, 128, 129, 5000]) {
      const plain = free({ nodes, frames: 9 });
      for (const time of [
        { billing: {} },
        { partitions: {} },
        { billing: { tick: 250 }, partitions: {} },
      ]) {
        expect(free({ nodes, frames: 9, ...time })).toBe(plain);
      }
    }
  });

  test("loses no cycle, by any clock and at any points", () => {
    const billings = [
      {},
      { clock: clocks.arm },
      { clock: clocks.x86, points: ["tick"] },
      { by: "tick", tick: 1000 },
      { clock: { kind: "counter", hz: 2_000_000, width: 16 } },
    ] as const;
    for (const billing of billings) {
      const lab = new Lab({ billing, quantum: 3000, trace: false });
      const meter = lab.meter("M", lab.prime, 300_000n, ({ meter }) => meter.add(1000n));
      lab.domain("A", meter, { run: [10, 9000], wait: [0, 900] });
      lab.domain("B", lab.prime, { run: 777, wait: 3333 });
      lab.domain("C", lab.prime, { run: 5, wait: 40_000 });
      const isExact = !("clock" in billing) || billing.clock === clocks.x86;
      for (let i = 0; i < 9; i++) {
        lab.run(23_456);
        if (isExact) expectNothingLost(lab);
        const { elapsed } = lab.kernel.timing();
        const ran = sum([...lab.kernel.domains()].map((domain) => domain.ran));
        expect(ran + lab.kernel.statistics().idle).toBe(elapsed);
      }
    }
  });

  test("tells how often the clock was read, and what that took", () => {
    const lab = new Lab({ billing: { clock: clocks.powerpc } });
    lab.busy("A", lab.prime);
    lab.run(10 * TICK);
    const { reads, readCycles, ticks, missedTicks, backwards, jumps, dropped } =
      lab.kernel.timing();
    expect(reads >= 10n).toBe(true);
    // Readings while nobody runs take nobody's time.
    expect(readCycles % 4n === 0n && readCycles <= 4n * reads).toBe(true);
    expect(processors() > 1 || readCycles > 2n * reads).toBe(true);
    expect(ticks >= 10n).toBe(true);
    expect([missedTicks, backwards, jumps, dropped]).toEqual([0n, 0n, 0n, 0n]);
    const sampled = new Lab({ billing: { by: "tick" } });
    sampled.busy("A", sampled.prime);
    sampled.run(10 * TICK);
    expect(sampled.kernel.timing()).toMatchObject({ reads: 0n, readCycles: 0n });
  });

  test("tells of a clock that goes back or jumps, once of each", () => {
    for (const [does, fault] of [
      ["back", "backwards"],
      ["jump", "jump"],
    ] as const) {
      const broken = { kind: "counter", fault: { at: 50_000n, does, by: 10_000_000n } } as const;
      const lab = new Lab({ billing: { clock: broken } });
      const faults: string[] = [];
      const times: bigint[] = [];
      lab.kernel.on("clock", (event) => {
        faults.push(event.fault);
        times.push(event.time);
      });
      lab.busy("A", lab.prime);
      lab.run(20 * TICK);
      const timing = lab.kernel.timing();
      expect(does === "back" ? timing.backwards : timing.jumps).toBeGreaterThan(0n);
      expect(faults.length).toBeGreaterThan(0);
      expect(faults.length).toBeLessThanOrEqual(processors());
      expect(new Set(faults)).toEqual(new Set([fault]));
      expect(times.every((time) => time >= 50_000n && time <= lab.kernel.time)).toBe(true);
    }
  });

  test("charges the host's work to the domain that it was for", () => {
    const lab = new Lab({ billing: {}, advance: 1000n });
    const meter = lab.meter("M", lab.prime, 5000n);
    const domain = lab.sleepy("D", meter, 100);
    lab.run(500);
    expect([domain.consumed, domain.ran, domain.owed]).toEqual([100n, 100n, 0n]);
    domain.charge(300n);
    expect([domain.consumed, domain.ran, domain.owed]).toEqual([400n, 100n, 0n]);
    expect(meter.peek()).toBe(4600n);
    domain.charge(2000n);
    // Its cache holds 600.
    expect([domain.consumed, domain.ran, domain.owed]).toEqual([1000n, 100n, 1400n]);
    expectNothingLost(lab);
    expect(lab.kernel.timing().charged).toBe(2300n);
  });

  test("charges by the clock of the machine", async () => {
    const lab = new Lab({ billing: {} });
    const domain = lab.sleepy("D", lab.prime);
    lab.run(500);
    let now = 0;
    const clock = new WallClock("hrtime", () => now);
    const work = () => {
      now += 1000;
      return "done";
    };
    expect(clock.bill(domain, work)).toBe("done");
    expect(await clock.bill(domain, async () => work())).toBe("done");
    expect([domain.consumed + domain.owed, domain.ran]).toEqual([33n, 1n]);
    domain.rescind();
    expect(() => clock.bill(domain, work)).toThrow(/rescinded/);
    expect(now).toBe(2000);
  });

  test("that is not there: what ran is what was consumed, and nothing is owed", () => {
    const lab = new Lab();
    const domain = lab.busy("D", lab.prime);
    lab.run(500);
    expect(domain.ran).toBe(domain.consumed);
    expect(domain.owed).toBe(0n);
  });
});

everywhere("periodic bursts", () => {
  test("begin at multiples of their period and a phase, each program at its own", () => {
    const lab = new Lab();
    const wakes = new Map<Domain, bigint[]>();
    lab.kernel.on("wait", ({ domain, cycles, time }) => {
      wakes.set(domain, [...(wakes.get(domain) ?? []), (time + cycles) % 1000n]);
    });
    const early = lab.domain("early", lab.prime, { run: 10, every: 1000 });
    const late = lab.domain("late", lab.prime, { run: 10, every: 1000, phase: 999 });
    const long = lab.domain("long", lab.prime, { run: 1500, every: 500, phase: 20 });
    lab.run(20_000);
    expect(new Set(wakes.get(early))).toEqual(new Set([0n]));
    expect(new Set(wakes.get(late))).toEqual(new Set([999n]));
    expect(wakes.get(long)!.every((time) => time === 20n || time === 520n)).toBe(true);
    expect(wakes.get(early)!.length).toBeGreaterThan(3);
    expect(findings(lab.kernel)).toEqual([]);
  });

  test("end after as many as they were given", () => {
    const lab = new Lab();
    const domain = lab.domain("D", lab.prime, { run: 10, every: 100, phase: 5, times: 3 });
    lab.run(5000);
    expect([domain.state, domain.consumed]).toEqual(["ended", 30n]);
  });
});
