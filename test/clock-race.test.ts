// The rollover race of emulated counters (A.2): the timer is reloaded at once, but the base of the count
// moves only when the interrupt is served. Readings at chosen instants before, in and after that
// window, with each of the repairs, and what is billed then.

import { beforeAll, describe, expect, test } from "vitest";
import type { CountdownClock, Domain } from "../src/index.js";
import { billedTo, ClockLab, TICK } from "./clock-lab.js";

const MASKED = 6000;
const REPAIRS = ["none", "add", "hold", "pending"] as const;
const TICKS = 40;

/** How late each tick is served while somebody runs, the first first; the same in every kernel. */
let late: bigint[];

beforeAll(async () => {
  const lab = new ClockLab({ clock: { kind: "countdown", masked: MASKED } });
  lab.once("all", 1_000_000_000);
  const dues = await lab.duesUntil(BigInt(TICKS) * TICK);
  late = dues.map((due, n) => due - BigInt(n + 1) * TICK);
  lab.kernel.dispose();
});

test("ticks are served up to so many cycles late, spread over all of them", () => {
  expect(late.every((cycles) => cycles >= 0n && cycles <= BigInt(MASKED))).toBe(true);
  expect(new Set(late).size).toBeGreaterThan(30);
  expect(late.some((cycles) => cycles < 1000n)).toBe(true);
  expect(late.some((cycles) => cycles > 5000n)).toBe(true);
});

/** The first tick that fits, and when it comes. */
function tickThat(fits: (late: bigint, before: bigint) => boolean): { at: bigint; late: bigint } {
  const n = late.findIndex((cycles, i) => i > 0 && fits(cycles, late[i - 1]!));
  return { at: BigInt(n + 1) * TICK, late: late[n]! };
}

/** Domains that run one after the other up to those times; the clock is read as each stops, and only then. */
async function readAt(clock: Partial<CountdownClock>, ...times: bigint[]) {
  const options = { kind: "countdown", masked: MASKED, ...clock } as const;
  const lab = new ClockLab({ clock: options, points: ["stop"] });
  let from = 0n;
  const domains: Domain[] = times.map((to, n) => {
    const domain = lab.once(`D${n}`, Number(to - from));
    from = to;
    return domain;
  });
  await lab.until(from + 1n);
  const { backwards } = lab.kernel.timing();
  const billed = domains.map(billedTo);
  lab.kernel.dispose();
  return { billed, backwards };
}

/** What each repair makes of the second and third of three readings. */
type Table = Record<(typeof REPAIRS)[number], readonly [second: bigint, third: bigint]>;

async function expectTable(times: readonly bigint[], table: Table, goesBack: boolean) {
  for (const repair of REPAIRS) {
    const { billed, backwards } = await readAt({ repair }, ...times);
    expect([repair, ...billed]).toEqual([repair, times[0], ...table[repair]]);
    expect(backwards).toBe(repair === "none" && goesBack ? 1n : 0n);
  }
}

describe("a reading", () => {
  test("just before the reload is right whatever the repair", async () => {
    const { at } = tickThat((cycles) => cycles > 1000n);
    const all = [99n, 1n] as const;
    const table = { none: all, add: all, hold: [99n, 0n], pending: all } as const;
    // The third is at the reload itself.
    const goesBack = { ...table, none: [99n, 0n] } as const;
    await expectTable([at - 100n, at - 1n, at], goesBack, true);
  });

  test("just after it is a load too low: backwards, mended, or time stands still", async () => {
    const tick = tickThat((cycles) => cycles > 1000n);
    const { at } = tick;
    const served = at + tick.late;
    // The third is after the service; where the second was wrong, so is the third, the other way.
    const rest = served + 500n - (at + 50n);
    await expectTable(
      [at - 100n, at + 50n, served + 500n],
      {
        none: [0n, rest + TICK],
        add: [150n, rest],
        hold: [0n, 150n + rest],
        pending: [150n, rest],
      },
      true,
    );
  });

  test("in the last cycle before the service is as any in that time", async () => {
    const { at, late: cycles } = tickThat((one) => one > 1000n && one < 5000n);
    const [from, to] = [at - 100n, at + cycles - 1n];
    const passed = to - from;
    await expectTable(
      [from, to, to + 2n],
      { none: [0n, TICK + 2n], add: [passed, 2n], hold: [0n, passed + 2n], pending: [passed, 2n] },
      true,
    );
  });

  test("of a later phase than the last one looks right, and is a tick short but where it is asked", async () => {
    const { at } = tickThat((cycles, before) => cycles > before + 500n);
    const before = late[Number(at / TICK) - 2]!;
    const [from, to] = [at - TICK + before + 30n, at + before + 50n];
    const served = at + late[Number(at / TICK) - 1]!;
    const rest = served + 500n - to;
    const short = [20n, rest + TICK] as const;
    await expectTable(
      [from, to, served + 500n],
      { none: short, add: short, hold: short, pending: [TICK + 20n, rest] },
      false,
    );
  });

  test("is right once the tick is served, where nobody has read in between", async () => {
    const { at, late: cycles } = tickThat((one) => one > 1000n);
    const all = [cycles + 101n, 700n] as const;
    const table = { none: all, add: all, hold: all, pending: all };
    await expectTable([at - 100n, at + cycles + 1n, at + cycles + 701n], table, false);
  });
});

describe("where interrupts are masked for longer than a tick", () => {
  const masked = 40_000;

  test("of several that are pending one is served: the others are missed, and so is their time", async () => {
    for (const repair of REPAIRS) {
      const lab = new ClockLab({ clock: { kind: "countdown", masked, repair } });
      const domain = lab.once("all", 1_000_000_000);
      await lab.until(100n * TICK);
      const { ticks, missedTicks, billed, idle, unbilled, elapsed } = lab.kernel.timing();
      expect(ticks).toBeGreaterThan(90n);
      expect(missedTicks).toBeGreaterThan(10n);
      expect(domain.ran).toBe(elapsed);
      if (repair === "add" || repair === "hold") {
        // Each tick that was missed is a load that was never counted.
        const said = billed + idle + unbilled;
        expect(Number(elapsed - said) / Number(TICK)).toBeCloseTo(Number(missedTicks), -1);
      }
      lab.kernel.dispose();
    }
  });

  test("to ask what is pending is exact for one tick, and a load short for two", async () => {
    const lab = new ClockLab({ clock: { kind: "countdown", masked } });
    lab.once("all", 1_000_000_000);
    let at = 0n;
    // The first time that two are pending, by the ticks that are served.
    for (let time = 1000n; at === 0n && time < 100n * TICK; time += 1000n) {
      await lab.until(time);
      if (time / TICK - lab.timer().ticks >= 2n && lab.timer().due > time + 200n) at = time;
    }
    const { ticks } = lab.timer();
    lab.kernel.dispose();
    expect(at).toBeGreaterThan(0n);
    const clock = { masked, repair: "pending" } as const;
    const one = await readAt(clock, (ticks + 1n) * TICK - 10n, (ticks + 1n) * TICK + 90n);
    expect(one.billed[1]).toBe(100n);
    const two = await readAt(clock, (ticks + 2n) * TICK - 10n, (ticks + 2n) * TICK + 90n);
    expect([two.billed[1], two.backwards]).toEqual([0n, 1n]);
  });
});
