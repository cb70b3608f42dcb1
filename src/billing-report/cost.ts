// The part of the report that is measured, on the machine that it is run on: what each way to bill costs.

import { cpus } from "node:os";
import { createWallClock } from "../wall-clock.js";
import { DEPTH, type Load, type LoadOptions, openLoad } from "./load.js";
import { type Candidate, measured, type Spread, spreadOf } from "./sample.js";
import { POINT_WAYS, READ_WAYS, TICK, WAYS, type Way } from "./way.js";

export interface CostOptions {
  readonly small: boolean;
}

/** What a way costs where the processor is switched in one manner. */
export interface WayCost {
  readonly way: string;
  /** Nanoseconds for a switch, and how many of them are more than cached meters take, by round. */
  readonly switch: Spread;
  readonly more: Spread;
  /** Of the time of this machine, if it were switched so often in each millisecond. */
  readonly percent: Spread;
}

export interface LoadCost {
  readonly load: Load;
  /** Switches a tick. */
  readonly rate: number;
  readonly ways: readonly WayCost[];
}

export interface ClockCost {
  readonly clock: string;
  /** Nanoseconds that a reading takes, and the least that two readings differ by. */
  readonly cost: Spread;
  readonly resolution: number;
}

export interface Cost {
  /** What it was measured on, in words. */
  readonly machine: string;
  readonly rounds: number;
  readonly depth: number;
  readonly loads: readonly LoadCost[];
  readonly clocks: readonly ClockCost[];
}

export interface CostTick {
  readonly what: string;
  readonly round: number;
  readonly rounds: number;
}

/** What all others are compared with. */
export const CACHED = "cached meters";
export const WHOLE_CHAIN = "whole chain";

type Options = Pick<LoadOptions, "billing" | "wholeChain">;

const PLANS: readonly (readonly [name: string, options: Options])[] = [
  [CACHED, {}],
  [WHOLE_CHAIN, { wholeChain: true }],
  ...plans([WAYS.tick, WAYS.longTick, ...READ_WAYS, WAYS.coarse]),
  ...plans(POINT_WAYS),
];

function plans(ways: readonly Way[]): [string, Options][] {
  return ways.map(({ name, billing }) => [name, { billing }]);
}

const ROUNDS = 15;
const SMALL_ROUNDS = 3;
/** Manners of switching, and how often in a tick. */
const LOADS: readonly (readonly [Load, number])[] = [
  ["blocking", 1],
  ["blocking", 10],
  ["blocking", 100],
  ["blocking", 1000],
  ["slices", 100],
  ["messages", 1000],
];
const SMALL_LOADS = LOADS.filter(([, rate]) => rate === 100);
/** In one run, about: some tenths of a millisecond. */
const SWITCHES = 3000;
/** Nanoseconds of a tick, of a processor that had as many cycles in one. */
const TICK_NS = 1e6;

/** Yields after each round, so that whoever goes through it can show how far it is, or stop. */
export function* cost({ small }: CostOptions): Generator<CostTick, Cost> {
  const rounds = small ? SMALL_ROUNDS : ROUNDS;
  const loads: LoadCost[] = [];
  for (const [load, rate] of small ? SMALL_LOADS : LOADS) {
    loads.push(yield* loadCost(load, rate, rounds));
  }
  const clocks = (["performance", "hrtime"] as const).map((by) => clockCost(by, rounds));
  return { machine: machine(), rounds, depth: DEPTH, loads, clocks };
}

function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || "unknown";
  return `${model} (${processors.length}), ${process.platform}, Node ${process.version}`;
}

function* loadCost(load: Load, rate: number, count: number): Generator<CostTick, LoadCost> {
  const kernels = PLANS.map(([, options]) => openLoad({ load, rate, ...options }));
  const candidates = PLANS.map(([name], number): Candidate => {
    const kernel = kernels[number]!;
    const cycles = BigInt(Math.max(1, Math.round(SWITCHES / rate)) * TICK);
    return {
      name,
      run() {
        const end = kernel.time + cycles;
        while (kernel.time < end) kernel.step({ cycles: end - kernel.time });
      },
      operations: () => Number(kernel.statistics().switches),
    };
  });
  const steps = measured(candidates, count);
  for (;;) {
    const next = steps.next();
    if (next.done) {
      for (const kernel of kernels) kernel.dispose();
      const cached = next.value.get(CACHED)!;
      const ways = [...next.value].map(([way, switches]) => {
        const more = switches.map((nanoseconds, round) => nanoseconds - cached[round]!);
        const percent = more.map((nanoseconds) => (100 * nanoseconds * rate) / TICK_NS);
        return {
          ...{ way, switch: spreadOf(switches) },
          ...{ more: spreadOf(more), percent: spreadOf(percent) },
        };
      });
      return { load, rate, ways };
    }
    yield { what: `${load}, ${rate} switches a tick`, round: next.value, rounds: count };
  }
}

/** Measurements of a clock in a round. */
const LOOKS = 20;

function clockCost(by: "performance" | "hrtime", rounds: number): ClockCost {
  const clock = createWallClock({ by });
  const looks = Array.from({ length: rounds * LOOKS }, () => clock.measure());
  return {
    clock: by === "performance" ? "performance.now" : "process.hrtime.bigint",
    // The first ones find V8's optimised code.
    cost: spreadOf(looks.slice(LOOKS).map(({ cost }) => cost)),
    resolution: Math.min(...looks.map(({ resolution }) => resolution)),
  };
}
