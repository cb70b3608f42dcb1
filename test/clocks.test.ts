// Each kind of clock against its twin (clock-twin.ts), at the same readings: who is billed what, and what
// is billed to nobody, to the cycle.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClockOptions, clocks } from "../src/index.js";
import {
  billedTo,
  ClockLab,
  Meeting,
  runs,
  TICK,
  TURNS,
  type Turns,
  twinOfTurns,
} from "./clock-lab.js";
import { CYCLES_PER_SECOND, counterAt, Ratio, ratesOf } from "./clock-twin.js";

const HZ = Number(CYCLES_PER_SECOND);
/** Off the changes of TURNS and off the ticks. */
const LONG = 40n * TICK + 8003n;

/** Both come to the same; answers what the kernel's clock made of the time. */
async function compare(clock: ClockOptions, turns: Turns = TURNS, until = LONG) {
  const lab = new ClockLab({ clock });
  const [first, second] = lab.turns(turns);
  const dues = await lab.duesUntil(until);
  const twin = twinOfTurns(clock, turns, dues, until);
  const { idle, billed, elapsed, unbilled, backwards, jumps } = lab.kernel.timing();
  expect(elapsed).toBe(until);
  const found = { first: billedTo(first), second: billedTo(second), idle, backwards, jumps };
  expect(found).toEqual({
    first: twin.of("first"),
    second: twin.of("second"),
    idle: twin.of(""),
    backwards: twin.clock.backwards,
    jumps: twin.clock.jumps,
  });
  // What is due since the last reading counts, too.
  const atLast = twin.clock.cycles;
  const { who } = runs(until, turns);
  twin.charge(until, who);
  expect(unbilled).toBe(twin.clock.cycles - atLast);
  expect(billed + idle).toBe(twin.total - unbilled);
  const ran = { first: first.ran, second: second.ran };
  const truth = twinOfTurns({ kind: "exact" }, turns, dues, until);
  truth.charge(until, who);
  expect(ran).toEqual({ first: truth.of("first"), second: truth.of("second") });
  lab.kernel.dispose();
  return { ...found, billed, elapsed, ran };
}

describe("a clock that is exact", () => {
  test("bills what ran", async () => {
    const { first, second, ran } = await compare({ kind: "exact" });
    expect({ first, second }).toEqual(ran);
  });
});

describe("a free-running counter", () => {
  test("of the processor's own rate bills what ran", async () => {
    const { first, second, ran } = await compare({ kind: "counter" });
    expect({ first, second }).toEqual(ran);
  });

  // Powers of two: what a reading drops is known exactly.
  test.each([2, 16, 128, 1024])(
    "of one unit in %i cycles: each reading drops less than one",
    async (coarse) => {
      const { first, ran } = await compare({ kind: "counter", hz: HZ / coarse });
      const readings = Number(LONG) / TURNS.period;
      const error = Math.abs(Number(first - ran.first));
      expect(error).toBeLessThan(2 * coarse * readings);
      expect(first % BigInt(coarse)).toBe(0n);
    },
  );

  test("faster than the processor", async () => {
    const { first, ran } = await compare({ kind: "counter", hz: 4 * HZ });
    expect(first).toBe(ran.first);
  });

  // The register wraps at least once in each of the longest times between two readings, or not at all.
  test.each([64, 40, 32, 17, 16])("of %i bits: wraps", async (width) => {
    const { first, second, ran } = await compare({ kind: "counter", width });
    expect({ first, second }).toEqual(ran);
  });

  test("of 16 bits, and not read at ticks: what runs for half its range goes back", async () => {
    const clock = { kind: "counter", width: 16 } as const;
    const lab = new ClockLab({ clock, points: ["start", "stop"] });
    const [short, long, rest] = [30_000, 40_000, 32_767].map((run, n) => lab.once(`D${n}`, run));
    await lab.until(200_000n);
    expect([short, long, rest].map((one) => billedTo(one!))).toEqual([30_000n, 0n, 32_767n]);
    expect(lab.kernel.timing().backwards).toBe(1n);
    lab.kernel.dispose();
  });

  test.each([0.125, -0.25, 0.5])("that is out by %d: all are, by so much", async (error) => {
    const { first, second, idle, ran } = await compare({ kind: "counter", error });
    const told = { first, second, idle };
    const nobody = LONG - ran.first - ran.second;
    for (const [name, cycles] of Object.entries({ ...ran, idle: nobody })) {
      const off = Number(told[name as "first"]) - Number(cycles) * (1 + error);
      expect(Math.abs(off)).toBeLessThan(1000);
    }
  });

  test("that is out by a tenth changes no share by a hundredth of a percent", async () => {
    const share = async (error: number) => {
      const lab = new ClockLab({ clock: { kind: "counter", error } });
      const domains = lab.turns(TURNS);
      await lab.until(1000n * TICK);
      const { billed, idle } = lab.kernel.timing();
      const told = domains.map((one) => Number(billedTo(one)) / Number(billed + idle));
      expect(Number(billed + idle) / (1000 * Number(TICK))).toBeCloseTo(1 + error, 3);
      lab.kernel.dispose();
      return told;
    };
    const [good, fast, slow] = [await share(0), await share(0.1), await share(-0.1)];
    good.forEach((one, n) => {
      expect(Math.abs(fast[n]! - one)).toBeLessThan(0.0001);
      expect(Math.abs(slow[n]! - one)).toBeLessThan(0.0001);
    });
  });

  test("that drifts gains as it goes", async () => {
    // A thousandth in a second, with many units to the cycle so that rounding does not show.
    const clock = { kind: "counter", hz: 16 * HZ, drift: 1000 } as const;
    const lab = new ClockLab({ clock });
    lab.once("all", 1_000_000_000);
    for (const seconds of [1n, 2n, 4n]) {
      const time = seconds * CYCLES_PER_SECOND;
      await lab.until(time);
      const { billed, idle, unbilled } = lab.kernel.timing();
      const said = Number(billed + idle + unbilled);
      const thought = ratesOf(clock).thought;
      const twin = Number(Ratio.of(counterAt(clock, time)).per(thought).floor);
      expect(Math.abs(said - twin)).toBeLessThan(2);
      // The integral: a half of what the rate has gained.
      expect(said / Number(time) - 1).toBeCloseTo((Number(seconds) * 0.001) / 2, 6);
    }
    lab.kernel.dispose();
  });

  test("random ones", async () => {
    const power = (from: number, to: number) => fc.integer({ min: from, max: to });
    const some = fc.record({
      coarse: power(-4, 10),
      width: fc.integer({ min: 16, max: 64 }),
      error: fc.integer({ min: -12, max: 16 }),
      first: fc.integer({ min: 1, max: 6000 }),
      second: fc.integer({ min: 1, max: 6000 }),
      idle: fc.integer({ min: 1, max: 6000 }),
    });
    await fc.assert(
      fc.asyncProperty(some, async ({ coarse, width, error, first, second, idle }) => {
        const hz = HZ * 2 ** -coarse;
        const clock = { kind: "counter", hz, width, error: error / 32 } as const;
        fc.pre(isWide(clock));
        const turns = { period: first + second + idle, first, second };
        await compareUnlessTheyMeet(clock, turns);
      }),
      { numRuns: Number(process.env.RUNS ?? 40), seed: 1 },
    );
  });
});

/** As `compare`, but where a tick is served at the very moment of a change the order is the kernel's. */
async function compareUnlessTheyMeet(clock: ClockOptions, turns: Turns): Promise<void> {
  try {
    await compare(clock, turns, 12n * TICK + 8003n);
  } catch (error) {
    if (error instanceof Meeting) fc.pre(false);
    throw error;
  }
}

describe("a counter that is emulated from a timer", () => {
  test.each(["none", "add", "hold", "pending"] as const)(
    "is exact where ticks are served at once: %s",
    async (repair) => {
      const { first, second, ran, backwards } = await compare({ kind: "countdown", repair });
      expect({ first, second, backwards }).toEqual({ ...ran, backwards: 0n });
    },
  );

  test.each(["none", "add", "hold", "pending"] as const)(
    "bills as its twin where they are served late: %s",
    async (repair) => {
      await compare({ kind: "countdown", repair, masked: 3000 });
      await compare({ kind: "countdown", repair, masked: 15_999 });
    },
  );

  test("whose owner asks what is pending is exact", async () => {
    const clock = { kind: "countdown", repair: "pending", masked: 5000 } as const;
    const { first, second, ran, backwards, jumps } = await compare(clock);
    expect({ first, second, backwards, jumps }).toEqual({ ...ran, backwards: 0n, jumps: 0n });
  });

  test("is not exact without", async () => {
    const wrong = await compare({ kind: "countdown", repair: "none", masked: 5000 });
    expect(wrong.backwards).toBeGreaterThan(0n);
    expect({ first: wrong.first, second: wrong.second }).not.toEqual(wrong.ran);
  });

  test("random ones", async () => {
    const some = fc.record({
      repair: fc.constantFrom("none", "add", "hold", "pending"),
      masked: fc.integer({ min: 0, max: 15_999 }),
      coarse: fc.integer({ min: 0, max: 6 }),
      first: fc.integer({ min: 1, max: 20_000 }),
      second: fc.integer({ min: 1, max: 20_000 }),
      idle: fc.integer({ min: 1, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(some, async ({ repair, masked, coarse, first, second, idle }) => {
        const turns = { period: first + second + idle, first, second };
        const hz = HZ * 2 ** -coarse;
        await compareUnlessTheyMeet({ kind: "countdown", repair, masked, hz }, turns);
      }),
      { numRuns: Number(process.env.RUNS ?? 40), seed: 2 },
    );
  });
});

describe("whatever the clock, billed time", () => {
  const some: fc.Arbitrary<ClockOptions> = fc.oneof(
    fc.record({
      kind: fc.constant("counter" as const),
      hz: fc.integer({ min: 8000, max: 64_000_000 }),
      width: fc.integer({ min: 8, max: 64 }),
      read: fc.integer({ min: 0, max: 500 }),
      error: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
      drift: fc.integer({ min: -100, max: 1000 }),
    }),
    fc.record({
      kind: fc.constant("countdown" as const),
      hz: fc.integer({ min: 80_000, max: 16_000_000 }),
      read: fc.integer({ min: 0, max: 500 }),
      masked: fc.integer({ min: 0, max: 50_000 }),
      repair: fc.constantFrom("none", "add", "hold", "pending"),
    }),
  );

  test("never runs backwards, and is what was charged to somebody or nobody", async () => {
    const plan = fc.record({
      first: fc.integer({ min: 1, max: 9000 }),
      second: fc.integer({ min: 1, max: 9000 }),
      idle: fc.integer({ min: 1, max: 9000 }),
      step: fc.integer({ min: 37, max: 3001 }),
    });
    await fc.assert(
      fc.asyncProperty(some, plan, async (clock, { first, second, idle, step }) => {
        fc.pre(isWide(clock));
        const lab = new ClockLab({ clock });
        const domains = lab.turns({ period: first + second + idle, first, second });
        let before = [0n, 0n, 0n];
        let last = 0n;
        while (lab.kernel.time < 6n * TICK) {
          await lab.until(lab.kernel.time + BigInt(step));
          const { billed, idle: nobody, elapsed } = lab.kernel.timing();
          const now = [...domains.map(billedTo), nobody];
          now.forEach((cycles, n) => {
            expect(cycles).toBeGreaterThanOrEqual(before[n]!);
          });
          expect(billed).toBe(now[0]! + now[1]!);
          const ran = domains.reduce((cycles, domain) => cycles + domain.ran, 0n);
          expect(ran).toBeLessThanOrEqual(elapsed);
          expect(billed + nobody).toBeGreaterThanOrEqual(last);
          before = now;
          last = billed + nobody;
        }
        lab.kernel.dispose();
      }),
      { numRuns: Number(process.env.RUNS ?? 30), seed: 3 },
    );
  });
});

/** Whether half of what a counter can count is more than two ticks. */
function isWide(clock: ClockOptions): boolean {
  if (clock.kind !== "counter") return true;
  const rate = ((clock.hz ?? HZ) / HZ) * (1 + (clock.error ?? 0));
  return 2 ** ((clock.width ?? 64) - 1) > 2 * Number(TICK) * rate;
}

test("the clocks of the reference are there", async () => {
  expect(clocks.exact.kind).toBe("exact");
  expect([clocks.x86.kind, clocks.powerpc.kind]).toEqual(["counter", "counter"]);
  expect([clocks.mips.kind, clocks.arm.kind]).toEqual(["countdown", "countdown"]);
});
