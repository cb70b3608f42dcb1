// Billing the host's own work by the clock of the machine; the clock is a pretended one, so that nothing
// here depends on how fast anything is.

import { afterEach, describe, expect, test, vi } from "vitest";
import { createWallClock, type Domain, OptionError, RescindedError } from "../src/index.js";
import { WallClock } from "../src/wall-clock.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A clock that says so many nanoseconds, until it is told otherwise. */
function pretended(): { clock: WallClock; set: (ns: number) => void } {
  let now = 0;
  return {
    clock: new WallClock("performance", () => now),
    set: (ns) => {
      now = ns;
    },
  };
}

/** One that is billed, and can go. */
function billed() {
  const charges: bigint[] = [];
  const state = { isGone: false };
  const charge = (cycles: bigint) => {
    if (state.isGone) throw new RescindedError("domain D");
    charges.push(cycles);
  };
  return { charges, state, domain: { charge } as unknown as Domain };
}

describe("a reading", () => {
  test("is in cycles of 16 MHz, of both clocks of the machine", () => {
    vi.stubGlobal("performance", { now: () => 2.5 });
    expect(createWallClock({ by: "performance" }).read()).toBe(40_000n);
    let ns = 10n ** 18n;
    vi.stubGlobal("process", { hrtime: { bigint: () => ns } });
    const clock = createWallClock({ by: "hrtime" });
    const start = clock.read();
    ns += 1_000_001n;
    expect(clock.read() - start).toBe(16_000n);
    ns += 1_000_000_000n;
    expect(clock.read() - start).toBe(16_016_000n);
  });

  test("never goes back, and loses no part of a cycle", () => {
    const { clock, set } = pretended();
    set(1000);
    expect(clock.read()).toBe(16n);
    set(500);
    expect(clock.read()).toBe(16n);
    let sum = 0n;
    let last = clock.read();
    for (let ns = 1001; ns <= 2000; ns++) {
      set(ns);
      const now = clock.read();
      sum += now - last;
      last = now;
    }
    expect(sum).toBe(16n);
  });

  test("is by process.hrtime where that is, else by performance", () => {
    expect(createWallClock().by).toBe("hrtime");
    vi.stubGlobal("process", undefined);
    const clock = createWallClock();
    expect(clock.by).toBe("performance");
    expect(() => createWallClock({ by: "hrtime" })).toThrow(/by: no process.hrtime.bigint here/);
  });

  test("by anything else is refused", () => {
    expect(() => createWallClock({ by: "date" as "hrtime" })).toThrow(OptionError);
    expect(() => createWallClock({ by: "date" as "hrtime" })).toThrow(/performance, hrtime/);
    expect(() => createWallClock({ clock: 1 } as object)).toThrow(/no option "clock"/);
  });
});

describe("the measure", () => {
  test("of a clock that moves 40 ns with every fourth reading", () => {
    let readings = 0;
    const clock = new WallClock("hrtime", () => 40 * Math.floor(readings++ / 4));
    const { resolution, cost } = clock.measure();
    expect(resolution).toBe(40);
    expect(cost).toBeCloseTo(10, 1);
  });

  test("is of the least step, and one that is back is none", () => {
    const steps = [0, 100, 90, 107, 207];
    let readings = 0;
    const now = () => {
      const lap = Math.floor(readings / steps.length);
      return lap * 307 + steps[readings++ % steps.length]!;
    };
    expect(new WallClock("hrtime", now).measure().resolution).toBe(7);
  });

  test("of a clock that stands still ends, and says so", () => {
    const { resolution, cost } = new WallClock("performance", () => 5).measure();
    expect([resolution, cost]).toEqual([Number.POSITIVE_INFINITY, 0]);
  });

  test("of the machine's own clocks is a number", () => {
    for (const by of ["performance", "hrtime"] as const) {
      const { resolution, cost } = createWallClock({ by }).measure();
      expect(resolution).toBeGreaterThan(0);
      expect(cost).toBeGreaterThan(0);
    }
  });
});

describe("work of the host", () => {
  test("is billed for the time it took, and its result passed on", () => {
    const { clock, set } = pretended();
    const { charges, domain } = billed();
    const result = clock.bill(domain, () => {
      set(2000);
      return "done";
    });
    expect([result, charges]).toEqual(["done", [0n, 32n]]);
  });

  test("is billed where it throws, too", () => {
    const { clock, set } = pretended();
    const { charges, domain } = billed();
    const act = () => {
      set(1000);
      throw new RangeError("no");
    };
    expect(() => clock.bill(domain, act)).toThrow(new RangeError("no"));
    expect(charges).toEqual([0n, 16n]);
  });

  test("that is asynchronous is billed when it is done", async () => {
    const { clock, set } = pretended();
    const { charges, domain } = billed();
    let finish: (value: string) => void = () => {};
    const work = clock.bill(domain, () => {
      set(1000);
      return new Promise<string>((resolve) => {
        finish = resolve;
      });
    });
    expect(charges).toEqual([0n]);
    set(5000);
    finish("late");
    expect([await work, charges]).toEqual(["late", [0n, 80n]]);
    const failure = clock.bill(domain, async () => {
      set(6000);
      throw new RangeError("no");
    });
    await expect(failure).rejects.toEqual(new RangeError("no"));
    expect(charges).toEqual([0n, 80n, 0n, 16n]);
  });

  test("is not done where there is nobody to bill", () => {
    const { clock } = pretended();
    const { domain, state } = billed();
    state.isGone = true;
    const act = vi.fn();
    expect(() => clock.bill(domain, act)).toThrow(RescindedError);
    expect(act).not.toHaveBeenCalled();
    expect(() => clock.bill(domain, 5 as unknown as () => void)).toThrow(/bill: act: found 5/);
  });

  test("whose domain goes meanwhile says so, unless it failed itself", async () => {
    const { clock } = pretended();
    const { domain, state } = billed();
    const leave = () => {
      state.isGone = true;
    };
    expect(() => clock.bill(domain, leave)).toThrow(RescindedError);
    state.isGone = false;
    await expect(clock.bill(domain, async () => leave())).rejects.toThrow(RescindedError);
    state.isGone = false;
    const fail = () => {
      leave();
      throw new RangeError("no");
    };
    expect(() => clock.bill(domain, fail)).toThrow(RangeError);
    state.isGone = false;
    await expect(clock.bill(domain, async () => fail())).rejects.toThrow(RangeError);
  });
});
