// Each billing point alone: a situation in which it matters, and how much is billed to somebody else
// where it is off. Others may read at the same moment and stand in for it: those are off, too.

import { describe, expect, test } from "vitest";
import {
  BILLING_POINTS,
  type BillingPoint,
  bursts,
  createKernel,
  type Domain,
  type Kernel,
  type KernelOptions,
} from "../src/index.js";
import { BEGIN, call, exit, HEAD, LOGGED, play, REST, reply, rest } from "./puppet.js";

/** Who is billed what in the end; nobody, and what no reading has come to, too. */
type Bill = Record<string, bigint>;

interface Situation {
  readonly about: string;
  /** Points that stand in for it, or beside which it can't be seen. */
  readonly off: readonly BillingPoint[];
  readonly options?: KernelOptions;
  /** Sets it up; answers when to look. */
  readonly play: (kernel: Kernel) => number;
  /** Whose the time is that no reading has come to in the end. */
  readonly last?: string;
  /** So many cycles go from one to another when the point is off. */
  readonly moved: readonly [from: string, to: string, cycles: number];
}

const NEVER = 4_000_000_000;

function domain(kernel: Kernel, name: string, run: number, wait = NEVER, meter?: number): Domain {
  const { primeMeter } = kernel;
  const under =
    meter === undefined
      ? primeMeter
      : kernel.createMeter({
          name: `meter of ${name}`,
          superior: primeMeter,
          cycles: BigInt(meter),
        });
  const program = bursts({ run, wait });
  const made = kernel.createDomain({ name, meter: under, program });
  made.start();
  return made;
}

const served = BEGIN + HEAD;
const answered = LOGGED + REST + HEAD + 2 * 300;

const SITUATIONS: Record<BillingPoint, Situation> = {
  start: {
    about: "A runs 1,000, sleeps 3,000, runs on: the pause is not its own",
    off: ["wake", "decide"],
    play: (kernel) => {
      domain(kernel, "A", 1000, 3000);
      return 5000;
    },
    moved: ["nobody", "A", 3000],
  },
  wake: {
    about: "the same: nobody ran until A woke",
    off: ["start", "decide"],
    play: (kernel) => {
      domain(kernel, "A", 1000, 3000);
      return 5000;
    },
    moved: ["nobody", "A", 3000],
  },
  stop: {
    about: "the same: from when A slept nobody ran",
    off: [],
    play: (kernel) => {
      domain(kernel, "A", 1000, 3000);
      return 4500;
    },
    last: "A",
    moved: ["nobody", "A", 3000],
  },
  message: {
    about: "A calls B, which works and answers: all of it is within A's slice",
    off: [],
    play: (kernel) => {
      const take = [null, null, null, 5];
      const steps = [rest({ take }), reply(5, { busy: 300, take, next: 1 })];
      const { domain: b } = play(kernel, kernel.primeMeter, steps, { name: "B" });
      b.start();
      const steps2 = [call(0, { busy: 100 }), exit()];
      const { domain: a } = play(kernel, kernel.primeMeter, steps2, { name: "A" });
      a.keys.set(0, b.startKey());
      a.start();
      return 5000;
    },
    moved: ["B", "A", answered],
  },
  preempt: {
    about: "A and B by turns, slices of 1,000: whoever runs at the tick is billed for both",
    off: ["start"],
    options: { quantum: 1000 },
    play: (kernel) => {
      domain(kernel, "A", NEVER);
      domain(kernel, "B", NEVER);
      return 16_000;
    },
    moved: ["A", "B", 8000],
  },
  tick: {
    about: "A runs for 20,000, then B until its meter's 8,000 are used up",
    off: ["start", "stop", "preempt", "wake", "decide"],
    play: (kernel) => {
      domain(kernel, "A", 20_000);
      domain(kernel, "B", NEVER, 0, 8000);
      return 29_000;
    },
    last: "nobody",
    moved: ["A", "B", 16_000],
  },
  decide: {
    about: "A runs for 7,000, then B until the tick, chosen from two partitions",
    off: ["start", "stop", "preempt", "wake"],
    options: { partitions: {} },
    play: (kernel) => {
      domain(kernel, "A", 7000);
      domain(kernel, "B", NEVER);
      return 16_000;
    },
    moved: ["A", "B", 7000],
  },
  spent: {
    about: "A's meter holds 5,000: it parks when they are used up, not at the next tick",
    off: [],
    play: (kernel) => {
      domain(kernel, "A", NEVER, 0, 5000);
      domain(kernel, "B", NEVER);
      return 16_000;
    },
    moved: ["B", "A", 11_000],
  },
};

async function billed(situation: Situation, points: readonly BillingPoint[]) {
  const { options, play: set } = situation;
  const sizes = { nodes: 32, frames: 512, quantum: 1_000_000 };
  const kernel = createKernel({ ...sizes, ...options, billing: { points } });
  const until = BigInt(set(kernel));
  await kernel.run({ cycles: Number(until - kernel.time) });
  const { idle, unbilled } = kernel.timing();
  const bill: Bill = { nobody: idle, unbilled };
  const truth: Bill = {};
  let ran = 0n;
  for (const one of kernel.domains()) {
    bill[one.name] = one.consumed + one.owed;
    truth[one.name] = one.ran;
    ran += one.ran;
  }
  truth.nobody = kernel.time - ran;
  kernel.dispose();
  return { bill, truth };
}

const without = (...off: readonly BillingPoint[]) =>
  BILLING_POINTS.filter((point) => !off.includes(point));

test("each point has its situation", () => {
  expect(Object.keys(SITUATIONS).toSorted()).toEqual([...BILLING_POINTS].toSorted());
});

describe.each(Object.entries(SITUATIONS))("%s", (name, situation) => {
  const point = name as BillingPoint;
  const { about, off, last, moved } = situation;
  const [from, to, cycles] = moved;

  test(`${about}: off, ${cycles} cycles go from ${from} to ${to}`, async () => {
    const on = await billed(situation, without(...off));
    const without1 = await billed(situation, without(...off, point));
    const expected = { ...on.bill };
    expected[from] = expected[from]! - BigInt(cycles);
    expected[to] = expected[to]! + BigInt(cycles);
    expect(without1.bill).toEqual(expected);
  });

  test("with all on each is billed what ran for him", async () => {
    const { bill, truth } = await billed(situation, BILLING_POINTS);
    const { unbilled, ...told } = bill;
    if (last === undefined) expect(unbilled).toBe(0n);
    else told[last]! += unbilled!;
    expect(told).toEqual(truth);
  });
});

test("what a server ran before it was called is its own either way", async () => {
  const { bill } = await billed(SITUATIONS.message, without("message"));
  expect(bill.B).toBe(BigInt(served));
});
