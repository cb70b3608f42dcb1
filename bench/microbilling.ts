// What it costs to bill by readings of a clock: time on top of what the same takes where cycles are counted,
// and the cycles that the readings themselves take. Slices, bursts with waits between them, and messages.

import {
  type BillingOptions,
  bursts,
  clocks,
  createKernel,
  type Kernel,
  type KernelOptions,
} from "../src/index.js";
import { atMost, type Bench, type Figure, ratioAtMost, type Size } from "./bench.js";
import { CALLEE, caller, server } from "./callers.js";
import { measure, Sample } from "./measure.js";
import { counted, guest, type Pace, pace, paced, pass, smallKernel } from "./pair.js";

export const bench: Bench = {
  name: "microbilling",
  about: "billing by a clock: slices, bursts and messages, against counting cycles",
  run(size) {
    const works = size.small ? [0, 2000] : [0, 2000, 20_000];
    return [...slices(size), ...waits(size), ...works.flatMap((work) => messages(work, size))];
  },
};

/** What all are compared with. */
const NONE = "cycles counted";
const WAYS: ReadonlyMap<string, BillingOptions | undefined> = new Map([
  [NONE, undefined],
  ["exact clock", { clock: clocks.exact }],
  ["counter (x86)", { clock: clocks.x86 }],
  ["countdown (mips)", { clock: clocks.mips }],
  ["ticks", { by: "tick" }],
]);
/** Those whose clock runs freely. */
const FREE = new Set(["exact clock", "counter (x86)"]);

const DOMAINS = 100;
const SHORT_QUANTUM = 4000;
const LONG = 4_000_000_000;
/** A call and its return. */
const SWITCHES = 2;

function withBilling(billing: BillingOptions | undefined): KernelOptions {
  return billing ? { billing } : {};
}

/** Slices of domains that never stop: a quarter of a tick each. */
function slices(size: Size): Figure[] {
  return compare("slice", {}, size, 4000, (options) => {
    const kernel = crowd({ ...options, quantum: SHORT_QUANTUM }, { run: LONG });
    return pace(kernel, () => Number(kernel.statistics().switches), 4000 * SHORT_QUANTUM);
  });
}

/** A sixteenth of a tick each, and then a wait in which all others run. */
function waits(size: Size): Figure[] {
  const run = 1000;
  const wait = DOMAINS * run;
  return compare("burst, then a wait", {}, size, 4000, (options) => {
    const kernel = crowd(options, { run, wait });
    return pace(kernel, () => Number(kernel.statistics().switches), 4000 * run);
  });
}

function crowd(options: KernelOptions, program: { run: number; wait?: number }): Kernel {
  const kernel = createKernel({ nodes: 256, frames: 64, ...options });
  const meter = kernel.createMeter({ superior: kernel.primeMeter });
  for (let i = 0; i < DOMAINS; i++) {
    kernel.createDomain({ meter, program: bursts(program) }).start();
  }
  return kernel;
}

/** Calls and returns of two guests, one of which works so many cycles for each message. */
function messages(work: number, size: Size): Figure[] {
  const count = work === 0 ? 2000 : work < 10_000 ? 200 : 50;
  const paces = new Map<string, Pace>();
  for (const [way, billing] of WAYS) paces.set(way, conversation(withBilling(billing), work));
  const samples = measure(
    [...paces].map(([way, each]) => paced(way, each, count)),
    size,
  );
  const none = samples.get(NONE)!;
  const name = "call and return";
  const figures = [...paces].map(([way, { kernel, cycles }]) => {
    const sample = samples.get(way)!;
    if (way === NONE) return [sample.figure({ name, parameters: { work, by: way } })];
    const parameters = { work, by: way };
    const yardstick = { name: NONE, sample: none };
    const isAsked = FREE.has(way) && work > 0;
    const goal = isAsked ? { goal: ratioAtMost(1.01) } : {};
    return [
      sample.figure({ name, parameters, yardstick, ...goal }),
      ...(work === 0 ? onTop(way, sample.minus(none)) : []),
      ...readings(kernel, parameters, cycles),
    ];
  });
  return figures.flat();
}

/** What a switch takes more than where cycles are counted; with a clock for which there is a goal. */
function onTop(way: string, more: Sample): Figure[] {
  const each = new Sample(more.rounds.map((time) => time / SWITCHES));
  const goal = FREE.has(way) ? { goal: atMost(5) } : {};
  return [each.figure({ name: "… on top, a switch", parameters: { by: way }, ...goal })];
}

/** The part of the processor's time that the readings took: exact. */
function readings(kernel: Kernel, parameters: Figure["parameters"], cycles: number): Figure[] {
  const { elapsed, readCycles } = kernel.timing();
  if (readCycles === 0n) return [];
  const percent = (100 * Number(readCycles)) / Number(elapsed);
  const name = `… of ${Math.round(cycles)} cycles, readings`;
  return [new Sample([percent]).figure({ name, parameters, unit: "%" })];
}

function conversation(options: KernelOptions, work: number): Pace {
  const kernel = smallKernel(options);
  const [one, other] = [guest(kernel, caller(0)), guest(kernel, server(0, work))];
  other.start();
  pass(kernel, 1000 + 2 * work);
  one.keys.set(CALLEE, other.startKey());
  one.start();
  return pace(kernel, () => counted(kernel, one), 200_000 + 20 * work);
}

/** The same in each way, against cycles counted. */
function compare(
  name: string,
  parameters: Figure["parameters"],
  size: Size,
  count: number,
  make: (options: KernelOptions) => Pace,
): Figure[] {
  const candidates = [...WAYS].map(([way, billing]) =>
    paced(way, make(withBilling(billing)), count),
  );
  const samples = measure(candidates, size);
  const none = samples.get(NONE)!;
  return [...samples].map(([way, sample]) => {
    const by = { ...parameters, by: way };
    if (way === NONE) return sample.figure({ name, parameters: by });
    return sample.figure({ name, parameters: by, yardstick: { name: NONE, sample: none } });
  });
}
