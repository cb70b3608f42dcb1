// Random worlds of partitions on several simulated processors: what is true whoever runs when. No cycle is
// lost between what processors spent, what the clocks said and what was billed; the same seed does the same;
// in the long run budgets are kept.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BillingOptions,
  bursts,
  createKernel,
  type Domain,
  type Kernel,
  type Partition,
} from "../src/index.js";
import { findings } from "./lab.js";

const TICK = 16_000;
const RUNS = Number(process.env.RUNS ?? 8);
const SEED = Number(process.env.SEED ?? (Math.random() * 0x7fffffff) | 0);

interface Plan {
  readonly run: number;
  readonly wait: number;
  readonly times: number;
  readonly partition: number;
  readonly priority: number;
  readonly policy: "rr" | "fifo";
  readonly critical: boolean;
  readonly cycles: bigint | null;
}

interface World {
  readonly processors: number;
  readonly seed: number;
  readonly billing: BillingOptions;
  readonly freeTime: "priority" | "ratio";
  readonly partitions: readonly (readonly [budget: number, max: number | null, critical: number])[];
  readonly domains: readonly Plan[];
  readonly acts: readonly (readonly [what: number, which: number, amount: number])[];
}

const world: fc.Arbitrary<World> = fc.record({
  processors: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(2 ** 32 - 1),
  billing: fc.constantFrom<BillingOptions>(
    {},
    { tick: 4000 },
    { clock: { kind: "counter", read: 3, hz: 1_000_000 } },
    { clock: { kind: "counter", read: 1 }, points: ["tick", "stop"] },
    { clock: { kind: "countdown", read: 20, masked: 3000, repair: "pending" } },
    { clock: { kind: "countdown", masked: 900, repair: "none" } },
    { by: "tick" },
  ),
  freeTime: fc.constantFrom("priority" as const, "ratio" as const),
  partitions: fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 30 }),
      fc.option(fc.integer({ min: 30, max: 100 }), { nil: null }),
      fc.nat(60_000),
    ),
    { maxLength: 4 },
  ),
  domains: fc.array(
    fc.record({
      run: fc.integer({ min: 1, max: 30_000 }),
      wait: fc.oneof(fc.constant(0), fc.nat(50_000)),
      times: fc.nat(30),
      partition: fc.nat(4),
      priority: fc.constantFrom(0, 5, 10, 10, 30),
      policy: fc.constantFrom("rr" as const, "fifo" as const),
      critical: fc.boolean(),
      cycles: fc.option(fc.bigInt(0n, 90_000n)),
    }),
    { minLength: 1, maxLength: 9 },
  ),
  acts: fc.array(fc.tuple(fc.nat(6), fc.nat(100), fc.nat(40_000)), { maxLength: 12 }),
});

interface Made {
  readonly kernel: Kernel;
  readonly domains: readonly Domain[];
  readonly partitions: readonly Partition[];
  readonly trace: readonly string[];
}

function make({ processors, seed, billing, freeTime, ...plan }: World): Made {
  const kernel = createKernel({
    ...{ nodes: 64, frames: 16, trace: true, processors, seed, advance: 20_000n, billing },
    partitions: { window: 8 * TICK, freeTime },
  });
  const trace: string[] = [];
  kernel.on("slice", ({ time, domain, cycles }) => trace.push(`${time} ${domain.name} ${cycles}`));
  const partitions = [kernel.systemPartition];
  for (const [budget, max, critical] of plan.partitions) {
    if (budget > kernel.systemPartition.usage().budget) continue;
    partitions.push(
      kernel.createPartition({ budget, max: max && Math.max(max, budget), critical }),
    );
  }
  const domains = plan.domains.map((one) => {
    const meter = one.cycles === null ? kernel.primeMeter : refilled(kernel, one.cycles);
    const { run, wait, times, priority, policy, critical } = one;
    const program = bursts({ run, wait, ...(times > 0 ? { times } : {}) });
    const partition = partitions[one.partition % partitions.length]!;
    const own = { partition, priority, policy, critical };
    const domain = kernel.createDomain({ meter, program, ...own });
    domain.start();
    return domain;
  });
  return { kernel, domains, partitions, trace };
}

/** A meter that its keeper fills up a few times. */
function refilled(kernel: Kernel, cycles: bigint) {
  let times = 3;
  return kernel.createMeter({
    superior: kernel.primeMeter,
    cycles,
    keeper: ({ meter }) => {
      if (times-- <= 0) return "decline";
      meter.add(30_000n);
      return undefined;
    },
  });
}

function act({ kernel, domains, partitions }: Made, [what, which, amount]: World["acts"][number]) {
  const domain = domains[which % domains.length]!;
  const partition = partitions[which % partitions.length]!;
  if (domain.state === "ended") return;
  switch (what) {
    case 0:
      return domain.stop();
    case 1:
      return domain.start();
    case 2:
      return domain.charge(BigInt(amount));
    case 3:
      return domain.schedule({ partition, priority: amount % 40, critical: amount % 2 === 0 });
    case 4:
      return partition.change({ critical: amount });
    case 5:
      return kernel.setWindow(TICK * (8 + (amount % 8)));
    default:
      return domain.unprepare();
  }
}

function run(kernel: Kernel, cycles: number): void {
  const until = kernel.time + BigInt(cycles);
  while (kernel.time < until) {
    const { reason } = kernel.step({ cycles: until - kernel.time });
    if (reason === "idle" || reason === "limit") return;
  }
}

/** `charged`: cycles that the host has charged. */
function judge({ kernel, domains, partitions }: Made, billing: BillingOptions, charged: bigint) {
  const { elapsed, billed, idle, unbilled } = kernel.timing();
  const total = (sum: bigint, cycles: bigint) => sum + cycles;
  const ran = domains.map((domain) => domain.ran).reduce(total, 0n);
  expect(ran + kernel.statistics().idle, "ran").toBe(elapsed);
  const owed = domains.map((domain) => domain.consumed + domain.owed).reduce(total, 0n);
  expect(owed, "consumed and owed").toBe(billed);
  const parts = partitions.map((one) => one.usage().total).reduce(total, 0n);
  expect(parts, "partitions").toBe(billed);
  const isExact =
    billing.clock === undefined || (billing.clock as { hz?: number }).hz === undefined;
  const goesBack = billing.clock?.kind === "countdown";
  if (isExact && !goesBack) expect(billed + idle + unbilled - charged, "billed").toBe(elapsed);
  expect(findings(kernel)).toEqual([]);
}

/** Answers what was seen. */
function play(plan: World): readonly string[] {
  const made = make(plan);
  let charged = 0n;
  judge(made, plan.billing, charged);
  for (const one of plan.acts) {
    const before = made.kernel.timing().billed;
    act(made, one);
    if (one[0] === 2) charged += made.kernel.timing().billed - before;
    run(made.kernel, 1 + (one[2] % 7) * 5000);
    judge(made, plan.billing, charged);
  }
  run(made.kernel, 300_000);
  judge(made, plan.billing, charged);
  const seen = [...made.trace, JSON.stringify(made.kernel.timing(), (_, v) => `${v}`)];
  made.kernel.dispose();
  return seen;
}

describe("several processors", () => {
  test.each([1, 2, SEED])("lose no cycle, and do the same for the same seed: %i", (seed) => {
    fc.assert(
      fc.property(world, (plan) => {
        expect(play(plan)).toEqual(play(plan));
      }),
      { seed, numRuns: RUNS },
    );
  });

  test.each([1, 2, 3])("keep budgets in the long run: %i", (processors) => {
    const shares = [40, 25, 20, 10, 5];
    fc.assert(
      fc.property(
        fc.shuffledSubarray(shares, { minLength: 5 }),
        fc.array(fc.integer({ min: 50, max: 20_000 }), { minLength: 5, maxLength: 5 }),
        fc.nat(1000),
        (order, lengths, seed) => {
          const kernel = createKernel({
            ...{ nodes: 64, frames: 16, processors, seed },
            partitions: { window: 100 * TICK },
          });
          const partitions = order.map((budget, i) =>
            i === 0 ? kernel.systemPartition : kernel.createPartition({ budget }),
          );
          partitions.forEach((partition, i) => {
            // Any of them can keep all processors busy.
            for (let many = 0; many <= processors; many++) {
              const program = bursts({ run: lengths[i]! + many });
              kernel.createDomain({ meter: kernel.primeMeter, program, partition }).start();
            }
          });
          run(kernel, 1000 * TICK);
          const { elapsed } = kernel.timing();
          const used = partitions.map((one) => (100 * Number(one.usage().total)) / Number(elapsed));
          // A tick of the window, of every processor.
          used.forEach((percent, i) => {
            expect(Math.abs(percent - order[i]!), `${order} ${used}`).toBeLessThan(1);
          });
          expect(findings(kernel)).toEqual([]);
          kernel.dispose();
        },
      ),
      { seed: 1, numRuns: 3 },
    );
  });
});
