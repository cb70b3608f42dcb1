// Time: however the host cuts it into steps, the same happens (R15); limits, alarms and kernel work.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bursts, createKernel, type KernelOptions, loadElf } from "../src/index.js";
import { guestFile } from "./guests.js";
import { findings } from "./lab.js";

const END = 20_000n;

/** Who consumed what by cycle 20,000, stepping by so many cycles. */
function outcome(options: KernelOptions, chunk: number): string {
  const kernel = createKernel({ frames: 600, quantum: 100, ...options });
  const { primeMeter } = kernel;
  const shared = kernel.createMeter({ superior: primeMeter, cycles: 9000n });
  const plans = [
    { run: 1_000_000 },
    { run: 30, wait: 333 },
    { run: 1_000_000 },
    { run: [1, 250], wait: [0, 900], seed: 4 },
    { run: 77, times: 60 },
  ] as const;
  const domains = plans.map((plan, i) =>
    kernel.createDomain({ meter: i % 2 ? shared : primeMeter, program: bursts(plan) }),
  );
  for (const domain of domains) domain.start();
  while (kernel.time < END) {
    const left = Number(END - kernel.time);
    if (kernel.step({ cycles: Math.min(chunk, left) }).reason === "idle") break;
  }
  expect(findings(kernel)).toEqual([]);
  return domains.map(({ consumed, state }) => `${consumed} ${state}`).join(", ");
}

describe("the outcome does not depend on the steps (R15)", () => {
  const variants: Record<string, KernelOptions> = {
    plainly: {},
    "small advances": { advance: 250n },
    "a switch that costs": { kernelCosts: { switch: 7 } },
    "a refill that costs": { advance: 500n, kernelCosts: { refill: 40, visit: 3 } },
    "a switch that costs more than a refill brings": { advance: 50n, kernelCosts: { switch: 60 } },
  };
  for (const [name, options] of Object.entries(variants)) {
    test(name, () => {
      const whole = outcome(options, Number(END));
      for (const chunk of [1, 7, 100, 250, 999]) expect(outcome(options, chunk)).toBe(whole);
      expect(outcome({ ...options, trace: true }, 1000)).toBe(whole);
    });
  }
});

/** Programs and bursts under a meter that runs dry, with costs of all sorts: all that can be seen. */
function programs(chunk: number, options: KernelOptions): unknown[] {
  const kernel = createKernel({ frames: 4000, quantum: 1000, advance: 3000n, ...options });
  const seen: unknown[] = [];
  const meter = kernel.createMeter({
    superior: kernel.primeMeter,
    cycles: 50_000n,
    keeper: ({ meter, time, domain }) => {
      seen.push(`${time} keeper for ${domain.name}`);
      if (time > 400_000n) return "decline";
      meter.add(20_001n);
    },
  });
  const runs = [
    ["sha256", "abc", "3"],
    ["sort", "100"],
    ["strhash", "100"],
    ["matmul", "4", "2"],
  ] as const;
  const domains = runs.map(([name, ...args], i) => {
    const program = loadElf(readFileSync(guestFile(name)));
    return kernel.createDomain({ name, meter: i % 2 ? meter : kernel.primeMeter, program, args });
  });
  const plan = { run: [10, 3000], wait: [0, 5000], times: 200, seed: 9 } as const;
  domains.push(kernel.createDomain({ meter, program: bursts(plan) }));
  kernel.on("output", ({ domain, time }) => seen.push(`${time} output of ${domain.name}`));
  for (const domain of domains) domain.start();
  while (kernel.step({ cycles: chunk }).reason !== "idle");
  expect(findings(kernel)).toEqual([]);
  for (const { consumed, state, output } of domains) seen.push([consumed, state, output]);
  return [...seen, kernel.time];
}

test("nor does that of programs, with weights, keepers and kernel work", () => {
  const costs = { divide: 34, load: 3, multiply: 5, ecall: 90, jump: 2 };
  for (const options of [{}, { costs, kernelCosts: { switch: 13, refill: 9 } }]) {
    const whole = programs(1_000_000_000, options);
    for (const chunk of [300, 777, 4999]) expect(programs(chunk, options)).toEqual(whole);
    expect(programs(555, { ...options, trace: true })).toEqual(whole);
  }
});

test("a switch is charged once, though steps end in the middle of it", () => {
  const kernel = createKernel({ kernelCosts: { switch: 10 } });
  const meter = kernel.primeMeter;
  const domain = kernel.createDomain({ meter, program: bursts({ run: 1_000_000 }) });
  domain.start();
  for (let i = 0; i < 20; i++) kernel.step({ cycles: 10 });
  expect(kernel.statistics().kernelWork).toBe(10n);
  expect(domain.consumed).toBe(200n);
});

test("kernel work past a limit does not make the next step run away", () => {
  const kernel = createKernel({ kernelCosts: { refill: 1000 } });
  const meter = kernel.primeMeter;
  kernel.createDomain({ meter, program: bursts({ run: 1_000_000_000 }) }).start();
  kernel.at(100n, () => {});
  let steps = 0;
  const until = 500n;
  return kernel.run({ cycles: until }).then(({ reason }) => {
    steps++;
    expect(reason).toBe("limit");
    expect(kernel.time).toBe(1000n);
    expect(steps).toBe(1);
  });
});

test("visits of a large walk are charged in full: no 32 bits wrap", () => {
  const kernel = createKernel({ nodes: 9000, advance: 1000n, kernelCosts: { visit: 2 ** 19 } });
  const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: 8190n * 1000n });
  const program = bursts({ run: 1, wait: 4_000_000_000 });
  for (let i = 0; i < 8190; i++) kernel.createDomain({ meter, program }).start();
  while (kernel.time < 8190n) kernel.step({ cycles: 8190n - kernel.time });
  expect(kernel.statistics().kernelWork).toBe(0n);
  const last = kernel.createDomain({ meter, program: bursts({ run: 1_000_000 }) });
  last.start();
  kernel.step({ cycles: 1 });
  // One pass over all, then two holders: 8,192 visits at 2^19 are 2^32 cycles. It paid all it had.
  expect(kernel.statistics().visits).toBe(8192n);
  expect(kernel.statistics().kernelWork).toBe(1000n);
  expect(findings(kernel)).toEqual([]);
});

test("who is due is ready when a system call reaches the host, as in any other cut of time", () => {
  const program = loadElf(readFileSync(guestFile("hello")));
  const run = (chunk: number) => {
    const kernel = createKernel({ frames: 600, quantum: 100_000 });
    const meter = kernel.primeMeter;
    const sleeper = kernel.createDomain({ meter, program: bursts({ run: 1, wait: 50 }) });
    const guest = kernel.createDomain({ meter, program });
    const states: string[] = [];
    kernel.on("output", () => states.push(sleeper.state));
    sleeper.start();
    guest.start();
    while (guest.state !== "ended") kernel.step({ cycles: chunk });
    return states;
  };
  expect(run(1_000_000)).toEqual(run(1));
});

test("a quantum that no dear instruction fits into is refused", () => {
  expect(() => createKernel({ quantum: 39, costs: { divide: 40 } })).toThrow("quantum: found 39");
  createKernel({ quantum: 40, costs: { divide: 40 } });
});

test("time ends at 2^64 − 1; nothing passes over it", async () => {
  const kernel = createKernel();
  const last = 2n ** 64n - 1n;
  kernel.at(last - 100n, () => {});
  expect((await kernel.run()).reason).toBe("idle");
  expect(kernel.time).toBe(last - 100n);
  const meter = kernel.primeMeter;
  const domain = kernel.createDomain({ meter, program: bursts({ run: 30, wait: 1000 }) });
  const busy = kernel.createDomain({ meter, program: bursts({ run: 1_000_000 }) });
  domain.start();
  busy.start();
  expect((await kernel.run({ cycles: 2n ** 64n })).reason).toBe("limit");
  expect(kernel.time).toBe(last);
  expect(domain.consumed).toBe(30n);
  expect(busy.consumed).toBe(70n);
  expect((await kernel.run()).reason).toBe("limit");
  expect(findings(kernel)).toEqual([]);
});

test("allowances above 2^31 and 2^32: an advance of all, run for long", () => {
  const kernel = createKernel({ advance: 2n ** 64n - 1n, quantum: 1_000_000 });
  const all = 2n ** 64n - 1n;
  const meter = kernel.createMeter({ superior: kernel.primeMeter, cycles: all });
  const domain = kernel.createDomain({ meter, program: bursts({ run: 4_294_967_295 }) });
  domain.start();
  for (let i = 0; i < 3; i++) kernel.step({ cycles: 2 ** 31 });
  expect(() => meter.add(2n ** 63n)).toThrow(expect.objectContaining({ code: "COUNTER_OVERFLOW" }));
  const { consumed } = domain;
  meter.add(consumed);
  expect(meter.peek()).toBe(all);
  expect(() => meter.add(1n)).toThrow(expect.objectContaining({ code: "COUNTER_OVERFLOW" }));
  expect(meter.set(7n)).toBe(all);
  expect(findings(kernel)).toEqual([]);
});

test("alarms that set the next one for a time that has passed do not hold up the step", () => {
  const kernel = createKernel();
  let times = 0;
  const again = () => {
    if (times++ < 1000) kernel.at(0n, again);
  };
  kernel.at(0n, again);
  kernel.step();
  expect(times).toBeLessThan(3);
});

test("an alarm that throws is done with; those of the same time go off in the next step", () => {
  const kernel = createKernel();
  let times = 0;
  kernel.at(5n, () => {
    throw new Error("as planned");
  });
  kernel.at(5n, () => times++);
  kernel.at(5n, () => times++);
  expect(() => kernel.step()).toThrow("as planned");
  expect(kernel.time).toBe(5n);
  kernel.step();
  expect(times).toBe(2);
});
