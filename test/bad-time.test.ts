// Wrong clocks, windows, budgets and schedules: each refused by name, and nothing has changed.

import { describe, expect, test } from "vitest";
import {
  bursts,
  createKernel,
  type Kernel,
  type KernelOptions,
  OptionError,
  type Partition,
  type PartitionChange,
  PartitionError,
  type PartitionOptions,
  RescindedError,
  type ScheduleOptions,
  StateError,
} from "../src/index.js";
import { findings, Lab } from "./lab.js";
import { everywhere, processors } from "./variants.js";

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

/** All that the host can see of partitions. */
function seen(kernel: Kernel): unknown {
  return [kernel.window, kernel.partitions().map((partition) => partition.usage())];
}

everywhere("partitions", () => {
  const elsewhere = createKernel({ nodes: 8, frames: 8, partitions: {} }).systemPartition;

  /** A kernel in which A has 30 percent, 20 of which are B's. */
  function three() {
    const lab = new Lab({ partitions: {} });
    const { kernel } = lab;
    const a = kernel.createPartition({ name: "A", budget: 30, max: 40 });
    const b = kernel.createPartition({ name: "B", parent: a, budget: 20 });
    return { lab, kernel, a, b };
  }

  test("that can't be are not made, and nothing has changed", () => {
    const { kernel, a } = three();
    const before = seen(kernel);
    const refusals: [unknown, RegExp][] = [
      [null, /^createPartition: found null, expected an object/],
      [{ budget: 1, minimum: 2 }, /no option "minimum", expected one of name, parent, budget/],
      [{}, /^budget: found undefined, expected percent from 0 to 100$/],
      [{ budget: "5" }, /^budget: found "5"/],
      [{ budget: 5n }, /^budget: found 5n/],
      [{ budget: -1 }, /^budget: found -1/],
      [{ budget: Number.NaN }, /^budget: found NaN/],
      [{ budget: 100.5 }, /^budget: found 100.5, expected percent/],
      [{ budget: 33.333 }, /^budget: found 33.333, expected two decimals at most$/],
      [{ budget: 1, max: 0 }, /^max: found 0, expected percent above 0; null: no limit$/],
      [{ budget: 1, max: 101 }, /^max: found 101, expected percent from 0 to 100$/],
      [{ budget: 1, max: 1.005 }, /^max: found 1.005, expected two decimals/],
      [{ budget: 10, max: 9.99 }, /^max: 9.99 percent is below the budget of 10 percent$/],
      [{ budget: 1, critical: -1 }, /^critical: found -1, expected a whole number from 0 to \d+$/],
      [{ budget: 1, critical: 0.5 }, /^critical: found 0.5/],
      [{ budget: 1, critical: 1e8 }, /^critical: found 100000000/],
      [{ budget: 1, name: "" }, /^name: found ""/],
      [{ budget: 1, name: "A" }, /^name: found "A", which another partition has$/],
      [{ budget: 1, name: "System" }, /^name: found "System", which another/],
      [{ budget: 1, parent: null }, /^parent: found null, expected a Partition$/],
      [{ budget: 1, parent: { index: 0 } }, /^parent: found an object, expected a Partition$/],
      [{ budget: 1, parent: elsewhere }, /^parent: found one of another kernel/],
    ];
    for (const [options, message] of refusals) {
      const make = () => kernel.createPartition(options as PartitionOptions);
      expect(make).toThrow(OptionError);
      expect(make).toThrow(message);
      expect(seen(kernel)).toEqual(before);
    }
    const beyond: [PartitionOptions, string][] = [
      [{ budget: 70.01 }, "budget: found 70.01 percent, but partition System has 70 percent left"],
      [{ budget: 11, parent: a }, "budget: found 11 percent, but partition A has 10 percent left"],
    ];
    for (const [options, message] of beyond) {
      const make = () => kernel.createPartition(options);
      expect(make).toThrow(PartitionError);
      expect(make).toThrow(expect.objectContaining({ code: "NO_BUDGET" }));
      expect(make).toThrow(message);
      expect(seen(kernel)).toEqual(before);
    }
  });

  test("are not changed into what can't be, not even in part", () => {
    const { kernel, a, b } = three();
    const before = seen(kernel);
    const refusals: [Partition, unknown, RegExp][] = [
      [a, null, /^change: found null, expected an object/],
      [a, { name: "C" }, /^change: no option "name", expected one of budget, max, critical$/],
      [a, { critical: 5, budget: -1 }, /^budget: found -1/],
      [a, { budget: 5, critical: -1 }, /^critical: found -1/],
      [a, { budget: 5, max: 0 }, /^max: found 0/],
      [a, { budget: 41 }, /^max: 40 percent is below the budget of 41 percent$/],
      [a, { max: 9 }, /^max: 9 percent is below the budget of 10 percent$/],
      [kernel.systemPartition, { budget: 5 }, /^budget: the System partition has what others/],
    ];
    for (const [partition, change, message] of refusals) {
      const act = () => partition.change(change as PartitionChange);
      expect(act).toThrow(OptionError);
      expect(act).toThrow(message);
      expect(seen(kernel)).toEqual(before);
    }
    const beyond = "budget: found 30.01 percent, but partition A has 10 percent left";
    expect(() => b.change({ critical: 5, budget: 30.01 })).toThrow(PartitionError);
    expect(() => b.change({ critical: 5, budget: 30.01 })).toThrow(beyond);
    expect(seen(kernel)).toEqual(before);
    b.change({ budget: 30 });
    expect(a.usage().budget).toBe(0);
  });

  test("have no critical budget beyond what all processors have in a window", () => {
    const { kernel, a } = three();
    const most = kernel.window * processors();
    a.change({ critical: most });
    expect(a.usage().critical).toBe(most);
    expect(() => a.change({ critical: most + 1 })).toThrow(
      `expected a whole number from 0 to ${most}`,
    );
  });

  test("are 32 at most", () => {
    const { kernel } = three();
    for (let i = 3; i < 32; i++) kernel.createPartition({ budget: 1 });
    const before = seen(kernel);
    const more = () => kernel.createPartition({ budget: 1 });
    expect(more).toThrow(PartitionError);
    expect(more).toThrow(expect.objectContaining({ code: "NO_PARTITIONS" }));
    expect(more).toThrow(/all 32 partitions are there/);
    expect(seen(kernel)).toEqual(before);
  });

  test("have no window that can't be", () => {
    const { kernel } = three();
    const before = seen(kernel);
    const refusals: [unknown, RegExp][] = [
      [0, /^window: found 0, expected a whole number from 128000 to 6400000$/],
      [6_416_000, /^window: found 6416000/],
      [130_000, /^window: found 130000, expected a whole number of ticks/],
      [160_000n, /^window: found 160000n/],
      [undefined, /^window: found undefined/],
    ];
    for (const [window, message] of refusals) {
      expect(() => kernel.setWindow(window as number)).toThrow(OptionError);
      expect(() => kernel.setWindow(window as number)).toThrow(message);
      expect(seen(kernel)).toEqual(before);
    }
  });

  const schedules: [object, RegExp][] = [
    [{ partition: 1 }, /^partition: found 1, expected a Partition$/],
    [{ partition: null }, /^partition: found null, expected a Partition$/],
    [{ partition: elsewhere }, /^partition: found one of another kernel, expected one of this/],
    [{ priority: -1 }, /^priority: found -1, expected a whole number from 0 to 255$/],
    [{ priority: 256 }, /^priority: found 256/],
    [{ priority: 1.5 }, /^priority: found 1.5/],
    [{ policy: "edf" }, /^policy: found "edf", expected one of rr, fifo$/],
    [{ policy: "" }, /^policy: found "", expected one of rr, fifo$/],
    [{ critical: 1 }, /^critical: found 1, expected true or false$/],
    [{ clientPays: "no" }, /^clientPays: found "no", expected true or false$/],
  ];

  test("have no domains that are scheduled as nobody can be", () => {
    const { lab, kernel, a } = three();
    const domain = lab.busy("D", lab.prime);
    domain.schedule({ partition: a, priority: 5, policy: "fifo" });
    const before = domain.scheduling;
    const others = [...kernel.domains()].length;
    for (const [options, message] of schedules) {
      const change = () => domain.schedule({ priority: 9, ...options } as ScheduleOptions);
      expect(change).toThrow(OptionError);
      expect(change).toThrow(message);
      expect(domain.scheduling).toEqual(before);
      const program = bursts({ run: 5 });
      const o = { meter: lab.prime, program, ...options } as ScheduleOptions;
      const make = () => kernel.createDomain({ meter: lab.prime, program, ...o });
      expect(make).toThrow(OptionError);
      expect(make).toThrow(message);
      expect([...kernel.domains()]).toHaveLength(others);
    }
    expect(() => domain.schedule({ nice: 5 } as ScheduleOptions)).toThrow(
      /^schedule: no option "n/,
    );
    expect(findings(kernel)).toEqual([]);
  });

  test("have no domains that have ended or are gone", () => {
    const { lab, a } = three();
    const ended = lab.domain("E", lab.prime, { run: 5, times: 1 });
    const gone = lab.busy("G", lab.prime);
    // A processor may have been idle for long before it takes one of them over.
    while (ended.state !== "ended") lab.run(100);
    gone.rescind();
    expect(ended.state).toBe("ended");
    expect(() => ended.schedule({ partition: a })).toThrow(StateError);
    expect(() => ended.schedule({ partition: a })).toThrow("domain E has ended");
    expect(() => ended.schedule({})).toThrow("domain E has ended");
    expect(() => ended.charge(5n)).toThrow(StateError);
    expect(() => ended.charge(0n)).toThrow("domain E has ended");
    expect(ended.scheduling.partition.name).toBe("System");
    expect([ended.ran, ended.owed, ended.consumed]).toEqual([5n, 0n, 5n]);
    const uses = [
      () => gone.schedule({ partition: a }),
      () => gone.scheduling,
      () => gone.charge(0n),
      () => gone.ran,
      () => gone.owed,
    ];
    for (const use of uses) expect(use).toThrow(RescindedError);
  });

  test("that a kernel does not have are not used", () => {
    for (const options of [{}, { billing: {} }]) {
      const lab = new Lab(options);
      const { kernel } = lab;
      const domain = lab.busy("D", lab.prime);
      const uses = [
        () => kernel.systemPartition,
        () => kernel.partitions(),
        () => kernel.createPartition({ budget: 5 }),
        () => kernel.window,
        () => kernel.setWindow(1_600_000),
        () => domain.scheduling,
      ];
      for (const use of uses) {
        expect(use).toThrow(StateError);
        expect(use).toThrow(/has no partitions; create it with `partitions`/);
      }
      for (const o of [{ partition: elsewhere }, { priority: 5 }, { policy: "rr" }] as const) {
        const message = `${Object.keys(o)[0]}: this kernel has no partitions`;
        expect(() => domain.schedule(o)).toThrow(OptionError);
        expect(() => domain.schedule(o)).toThrow(message);
        const make = () =>
          kernel.createDomain({ meter: lab.prime, program: bursts({ run: 5 }), ...o });
        expect(make).toThrow(message);
      }
    }
  });
});

everywhere("billing", () => {
  test("that is not there is asked for by name", () => {
    const lab = new Lab();
    const domain = lab.busy("D", lab.prime);
    expect(() => lab.kernel.timing()).toThrow(StateError);
    expect(() => lab.kernel.timing()).toThrow(/create it with `billing`/);
    expect(() => domain.charge(5n)).toThrow(StateError);
    expect(() => domain.charge(5n)).toThrow(/create it with `billing`/);
  });

  test("takes cycles as charges, and not too many at once", () => {
    const lab = new Lab({ billing: {} });
    const domain = lab.busy("D", lab.prime);
    for (const [charge, message] of [
      [5, /^charge: found 5, expected a bigint/],
      [-1n, /^charge: found -1n/],
      [2n ** 53n + 1n, /^charge: found 9007199254740993n, expected at most 2n \*\* 53n/],
    ] as const) {
      expect(() => domain.charge(charge as bigint)).toThrow(OptionError);
      expect(() => domain.charge(charge as bigint)).toThrow(message);
    }
    expect([domain.owed, lab.kernel.timing().charged]).toEqual([0n, 0n]);
    domain.charge(2n ** 53n);
    expect(lab.kernel.timing().charged).toBe(2n ** 53n);
  });

  test("ends with its kernel", () => {
    const lab = new Lab({ partitions: {} });
    const { kernel } = lab;
    const { systemPartition } = kernel;
    const domain = lab.busy("D", lab.prime);
    kernel.dispose();
    const uses = [
      () => kernel.timing(),
      () => systemPartition.usage(),
      () => systemPartition.change({ max: 50 }),
      () => kernel.createPartition({ budget: 5 }),
      () => domain.charge(5n),
      () => domain.ran,
    ];
    for (const use of uses) expect(use).toThrow(/disposed/);
  });
});
