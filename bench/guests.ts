// Guests in WebAssembly: what a refill takes within a call, by depth and with a keeper; and the switch: what a
// guest still runs after it, and how long that is.

import { refill } from "../src/index.js";
import { atMost, type Bench, type Figure, ratioAtMost, type Size } from "./bench.js";
import { type Candidate, measure, Sample } from "./measure.js";
import { ranOf, type Spinner, type SpinnerOptions, spinner, TURN } from "./spinner.js";

export const bench: Bench = {
  name: "guests",
  about: "guests in WebAssembly: refills within a call, by depth; the off switch",
  run: (size) => [...refills(size), ...advances(size), ...switches(size)],
};

/** Cycles that refills bring, where they are what is measured. */
const SMALL_ADVANCE = 1000n;
const LARGE_ADVANCE = 1_000_000n;
/** A guest that is never refilled while it is measured. */
const NO_REFILL = 2n ** 40n;
const MEBI = 1_000_000;

/** Runs for so many cycles in a call. */
function running(
  name: string,
  cycles: number,
  operations: number,
  options: SpinnerOptions,
): Candidate {
  const world = spinner(options);
  const turns = Math.round(cycles / TURN.spin);
  const run = () => {
    const before = ranOf(world);
    world.guest.callNow("spin", turns);
    return ranOf(world) - before;
  };
  return { name, operations, expected: BigInt(turns * TURN.spin), run };
}

function refills(size: Size): Figure[] {
  const count = size.small ? 200 : 2000;
  const cycles = count * Number(SMALL_ADVANCE);
  const kernel = { advance: SMALL_ADVANCE };
  const keeper = refill({ amount: SMALL_ADVANCE });
  const candidates = [
    running("none", cycles, count, { kernel: { advance: NO_REFILL } }),
    running("1", cycles, count, { kernel }),
    running("8", cycles, count, { kernel, depth: 8 }),
    running("keeper", cycles, count, { kernel, depth: 8, cycles: 0n, keeper }),
  ];
  const samples = measure(candidates, size);
  const none = samples.get("none")!;
  const figure = (of: string, parameters: Record<string, number | string>) =>
    samples.get(of)!.minus(none).figure({ name: "a refill within a call", parameters });
  return [
    figure("1", { depth: 1 }),
    figure("8", { depth: 8 }),
    figure("keeper", { depth: 8, by: "a keeper of the host at the top" }),
  ];
}

/** What a deep tree takes of a guest's time, by advances of a million cycles. */
function advances(size: Size): Figure[] {
  const count = size.small ? 4 : 40;
  const cycles = count * Number(LARGE_ADVANCE);
  const kernel = { advance: LARGE_ADVANCE };
  const samples = measure(
    [
      running("none", cycles, count, { kernel: { advance: NO_REFILL } }),
      running("1", cycles, count, { kernel }),
      running("8", cycles, count, { kernel, depth: 8 }),
    ],
    size,
  );
  const [none, one, eight] = ["none", "1", "8"].map((of) => samples.get(of)!) as Three;
  const name = "spinning for a million cycles, refilled once";
  return [
    one.figure({
      ...{ name, parameters: { depth: 1 }, yardstick: { name: "never", sample: none } },
    }),
    eight.figure({
      ...{ name, parameters: { depth: 8 }, yardstick: { name: "depth 1", sample: one } },
      goal: ratioAtMost(1.01),
    }),
  ];
}

type Three = [Sample, Sample, Sample];

function switches(size: Size): Figure[] {
  const rounds = Math.max(size.rounds, 15);
  const cycles: number[] = [];
  const milliseconds: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const [ran, took] = switchedOff();
    if (round < 0) continue;
    cycles.push(ran);
    milliseconds.push(took);
  }
  const parameters = { advance: MEBI };
  const by = { ...parameters, by: "an import" };
  return [
    new Sample(cycles).figure({ name: "cycles after off", parameters: by, unit: "" }),
    new Sample(milliseconds).figure({
      ...{ name: "from off to the call's end", parameters: by, unit: "ms", goal: atMost(1) },
    }),
    ...(["spin", "mix"] as const).map((program) => advance(program, size)),
  ];
}

/** Cycles that a guest runs after it was switched off by an import, and milliseconds until its call has ended. */
function switchedOff(): readonly [number, number] {
  let offAt = 0;
  let ranAt = 0n;
  const world: Spinner = spinner({
    kernel: { advance: LARGE_ADVANCE },
    act() {
      ranAt = ranOf(world);
      offAt = performance.now();
      world.top.off();
    },
  });
  try {
    world.guest.callNow("act");
  } catch {
    return [Number(ranOf(world) - ranAt), performance.now() - offAt];
  }
  throw new Error("guests: a guest went on that was off");
}

/** The longest that a guest goes on without a look at its meter: an advance, where only another thread can tell it. */
function advance(program: keyof typeof TURN, size: Size): Figure {
  const world = spinner({ kernel: { advance: LARGE_ADVANCE } });
  const turns = Math.floor(MEBI / TURN[program]);
  const run = () => {
    const before = ranOf(world);
    world.guest.callNow(program, turns);
    return ranOf(world) - before;
  };
  const expected = BigInt(turns * TURN[program]);
  const samples = measure([{ name: program, operations: 1e6, expected, run }], size);
  const name = "a million cycles";
  const parameters = { program };
  return samples.get(program)!.figure({ name, parameters, unit: "ms", goal: atMost(1) });
}
