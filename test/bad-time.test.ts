// Wrong clocks, windows, budgets and schedules: each refused by name, and nothing has changed.

import { describe, expect, test } from "vitest";
import { bursts, createKernel, type KernelOptions, OptionError } from "../src/index.js";

const counter = (o: object) => ({ billing: { clock: { kind: "counter", ...o } } });
const countdown = (o: object) => ({ billing: { clock: { kind: "countdown", ...o } } });
const fault = (o: object) => counter({ fault: { at: 5n, does: "jump", by: 5n, ...o } });
const windowOf = (window: unknown, tick = 16_000) => ({
  billing: { tick },
  partitions: { window },
});

describe("createKernel refuses", () => {
  const refusals: [unknown, RegExp][] = [
    [{ billing: null }, /^billing: found null, expected an object/],
    [{ billing: { tik: 5 } }, /^billing: no option "tik", expected one of by, tick, clock, points/],
    [{ billing: { by: "clock" } }, /^billing.by: found "clock", expected one of microbill, tick$/],
    [{ billing: { by: "toString" } }, /^billing.by: found "toString"/],
    [{ billing: { tick: 0 } }, /^billing.tick: found 0, .* from 16 to 16000000$/],
    [{ billing: { tick: 15 } }, /^billing.tick: found 15/],
    [{ billing: { tick: 16.5 } }, /^billing.tick: found 16.5/],
    [{ billing: { tick: 16_000_001 } }, /^billing.tick: found 16000001/],
    [{ billing: { tick: 249 }, partitions: {} }, /^billing.tick: .* from 250 to 6400000$/],
    [{ billing: { tick: 6_400_001 }, partitions: {} }, /^billing.tick: found 6400001/],
    [{ billing: { by: "tick", clock: { kind: "exact" } } }, /^billing.clock: by tick no clock/],
    [{ billing: { by: "tick", points: ["tick"] } }, /^billing.points: by tick no clock is read/],
    [{ billing: { points: "tick" } }, /^billing.points: found "tick", expected an array/],
    [{ billing: { points: [] } }, /^billing.points: found none, expected .* at least one/],
    [
      { billing: { points: ["tick", "tock"] } },
      /^billing.points\[1\]: found "tock".* start, stop,/,
    ],

    [{ billing: { clock: "x86" } }, /^billing.clock: found "x86", expected an object with a kind/],
    [{ billing: { clock: null } }, /^billing.clock: found null, expected an object with a kind/],
    [{ billing: { clock: { kind: "sun" } } }, /found "sun".* of exact, counter, countdown$/],
    [{ billing: { clock: { kind: "exact", read: 1 } } }, /^billing.clock: no option "read"/],
    [counter({ masked: 1 }), /^billing.clock: no option "masked", expected one of .*width/],
    [countdown({ width: 8 }), /^billing.clock: no option "width", expected one of .*masked/],
    [countdown({ drift: 1 }), /^billing.clock: no option "drift"/],
    [counter({ hz: 0 }), /^billing.clock.hz: found 0, .* from 1 to 16000000000$/],
    [counter({ hz: 2 ** 34 }), /^billing.clock.hz: found 17179869184/],
    [counter({ hz: 999 }), /hz: found 999, less than one unit in a tick.*at least 1000$/],
    [counter({ hz: 1500, error: -0.5 }), /hz: found 1500, less than one unit.*at least 2000$/],
    [counter({ width: 7 }), /^billing.clock.width: found 7, .* from 8 to 64$/],
    [counter({ width: 65 }), /^billing.clock.width: found 65/],
    [counter({ width: 15 }), /width: found 15, too few bits to tell two ticks.*at least 16$/],
    [counter({ width: 16, error: 0.1 }), /width: found 16, too few bits.*at least 17$/],
    [counter({ read: -1 }), /^billing.clock.read: found -1, .* from 0 to 4000$/],
    [counter({ read: 4001 }), /^billing.clock.read: found 4001/],
    [counter({ error: Number.NaN }), /error: found NaN, expected a number from -0.5 to 1$/],
    [counter({ error: -0.6 }), /error: found -0.6/],
    [counter({ error: 1.1 }), /error: found 1.1/],
    [counter({ error: "0" }), /error: found "0"/],
    [counter({ drift: -101 }), /drift: found -101, expected a number from -100 to 1000$/],
    [counter({ drift: 1001 }), /drift: found 1001/],
    [countdown({ masked: -1 }), /masked: found -1, .* from 0 to 1600000$/],
    [countdown({ masked: 1_600_001 }), /masked: found 1600001/],
    [
      countdown({ repair: "glue" }),
      /repair: found "glue", expected one of none, add, hold, pending/,
    ],
    [fault({ at: 5 }), /^billing.clock.fault.at: found 5, expected a bigint/],
    [fault({ at: -1n }), /^billing.clock.fault.at: found -1n/],
    [fault({ does: "burn" }), /does: found "burn", expected one of stop, jump, back$/],
    [fault({ by: undefined }), /^billing.clock.fault.by: found undefined, expected a bigint/],
    [fault({ by: 0n }), /^billing.clock.fault.by: found 0n, expected at least 1n/],
    [fault({ does: "stop" }), /fault.by: found 5n, but a clock that stops goes nowhere$/],
    [fault({ do: "stop" }), /^billing.clock.fault: no option "do"/],
    [counter({ fault: 5 }), /^billing.clock.fault: found 5, expected an object/],

    [{ partitions: null }, /^partitions: found null, expected an object/],
    [{ partitions: true }, /^partitions: found true, expected an object/],
    [
      { partitions: { windw: 1 } },
      /no option "windw", expected one of window, freeTime, bankruptcy/,
    ],
    [{ partitions: { freeTime: "fair" } }, /freeTime: found "fair", expected .* priority, ratio$/],
    [{ partitions: { bankruptcy: "no" } }, /bankruptcy: found "no", .* cancel, notify, stop$/],
    [windowOf(127_999), /^partitions.window: found 127999, .* from 128000 to 6400000$/],
    [windowOf(6_400_001), /^partitions.window: found 6400001/],
    [windowOf(1_600_000n), /^partitions.window: found 1600000n/],
    [windowOf(1_600_001), /window: found 1600001, .* whole number of ticks.*such as 1600000$/],
    [windowOf(160_000, 320_000), /window: found 160000, shorter than a tick of 320000 cycles$/],
    [windowOf(160_000, 300), /window: found 160000, expected a whole number of ticks/],
    [windowOf(153_900, 300), /window: found 153900, which is 513 ticks, expected at most 512$/],
    [{ partitions: {}, quantum: 0 }, /^quantum: found 0/],
  ];

  test.each(refusals)("%o", (options, message) => {
    expect(() => createKernel(options as KernelOptions)).toThrow(OptionError);
    expect(() => createKernel(options as KernelOptions)).toThrow(message);
  });
});

describe("bursts refuse", () => {
  const refusals: [object, RegExp][] = [
    [{ every: 0 }, /^bursts: every: found 0, expected a whole number from 1/],
    [{ every: 2 ** 32 }, /^bursts: every: found 4294967296/],
    [{ every: 100, phase: 100 }, /^bursts: phase: found 100, .* from 0 to 99$/],
    [{ every: 100, phase: -1 }, /^bursts: phase: found -1/],
    [{ phase: 5 }, /^bursts: phase: it needs `every`/],
    [{ every: 100, wait: 0 }, /^bursts: wait: found it beside `every`/],
    [{ evry: 100 }, /no option "evry", expected one of run, wait, every, phase/],
  ];

  test.each(refusals)("%o", (options, message) => {
    expect(() => bursts({ run: 5, ...options })).toThrow(OptionError);
    expect(() => bursts({ run: 5, ...options })).toThrow(message);
  });
});
