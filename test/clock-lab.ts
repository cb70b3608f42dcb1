// A kernel that bills by a clock, with two programs whose times are known beforehand, so that a twin can
// say what each reading finds and who pays: the first runs, then the second, then nobody, over and over.

import { CONTROL_TIME } from "../assembly/layout.js";
import {
  TIME_TIMER_SIZE,
  TIME_TIMERS,
  TIMER_DUE,
  TIMER_LAST,
  TIMER_READ_AT,
  TIMER_TICKS,
} from "../assembly/time-layout.js";
import {
  type BillingOptions,
  bursts,
  type ClockOptions,
  createKernel,
  type Domain,
  type Kernel,
  type KernelOptions,
} from "../src/index.js";
import { TwinBill } from "./clock-twin.js";

export const TICK = 16_000n;
/** No slice ends before a test does. */
const QUANTUM = 1_000_000;

export interface Turns {
  /** The first begins every so many cycles; each runs so long, the second right after the first. */
  readonly period: number;
  readonly first: number;
  readonly second: number;
}

export const TURNS: Turns = { period: 5003, first: 1301, second: 977 };

export class ClockLab {
  readonly kernel: Kernel;

  constructor(billing: BillingOptions, options: KernelOptions = {}) {
    const sizes = { nodes: 64, frames: 256, quantum: QUANTUM };
    this.kernel = createKernel({ ...sizes, billing, ...options });
  }

  domain(name: string, plan: Parameters<typeof bursts>[0]): Domain {
    const { kernel } = this;
    const domain = kernel.createDomain({ name, meter: kernel.primeMeter, program: bursts(plan) });
    domain.start();
    return domain;
  }

  /** Runs once, so long, and then sleeps for very long. */
  once(name: string, run: number): Domain {
    return this.domain(name, { run, wait: 4_000_000_000 });
  }

  turns({ period, first, second }: Turns): [Domain, Domain] {
    return [
      this.domain("first", { run: first, wait: period - first }),
      this.domain("second", { run: second, wait: period - second }),
    ];
  }

  /** Runs until a time. */
  async until(time: bigint): Promise<void> {
    const cycles = Number(time - this.kernel.time);
    if (cycles > 0) await this.kernel.run({ cycles });
  }

  /**
   * The same; answers when each tick was to be served until then, the first first: looked at just before each,
   * for the one before is served then.
   */
  async duesUntil(time: bigint): Promise<bigint[]> {
    const dues: bigint[] = [];
    for (let next = TICK; next <= time; next += TICK) {
      await this.until(next - 1n);
      dues.push(this.timer().due);
    }
    await this.until(time);
    return dues;
  }

  timer(index = 0) {
    const { view } = this.kernel.core;
    const time = view.control(CONTROL_TIME);
    const at = view.u32(time + TIME_TIMERS) + index * view.u32(time + TIME_TIMER_SIZE);
    const field = (offset: number) => view.u64(at + offset);
    return {
      ticks: field(TIMER_TICKS),
      due: field(TIMER_DUE),
      last: field(TIMER_LAST),
      readAt: field(TIMER_READ_AT),
    };
  }
}

/** What a domain was charged, paid or not. */
export const billedTo = (domain: Domain): bigint => domain.consumed + domain.owed;

/** When somebody runs, for how long yet, and who. */
export function runs(now: bigint, { period, first, second }: Turns): { who: string; left: bigint } {
  const after = Number(now % BigInt(period));
  if (after === 0 || after === first || after === first + second) throw new Meeting(now);
  const left = BigInt(Math.max(0, first + second - after));
  return { who: after < first ? "first" : after < first + second ? "second" : "", left };
}

/** A tick comes or is served at the very moment of a change: what comes first is the kernel's choice. */
export class Meeting extends Error {
  constructor(at: bigint) {
    super(`the tick at ${at} meets a change`);
  }
}

interface Moment {
  readonly at: bigint;
  /** Who pays up to the reading at this moment; undefined: there is none. */
  readonly who?: string;
  readonly serves?: boolean;
}

/** When a tick is served: as it is due, or before that, as soon as nobody runs; only then it is not read. */
function service(tick: bigint, due: bigint, turns: Turns): Moment {
  const { who, left } = runs(tick, turns);
  if (who === "") return { at: tick, who, serves: true };
  if (due - tick > left) return { at: tick + left, serves: true };
  return { at: due, who: due === tick ? who : runs(due, turns).who, serves: true };
}

/** What readings at every change and at every tick come to, until a time. */
export function twinOfTurns(
  clock: ClockOptions,
  turns: Turns,
  dues: readonly bigint[],
  until: bigint,
): TwinBill {
  const { period, first, second } = turns;
  const moments: Moment[] = dues.map((due, n) => service(TICK * BigInt(n + 1), due, turns));
  for (let from = 0n; from <= until; from += BigInt(period)) {
    moments.push({ at: from, who: "" }, { at: from + BigInt(first), who: "first" });
    moments.push({ at: from + BigInt(first + second), who: "second" });
  }
  // At the same time those that are read come first.
  const order = (one: Moment, other: Moment) =>
    Number(one.at - other.at) || Number(one.who === undefined) - Number(other.who === undefined);
  const bill = new TwinBill(clock, TICK);
  for (const { at, who, serves } of moments.sort(order)) {
    if (at > until) break;
    if (serves) bill.served++;
    if (who !== undefined) bill.charge(at, who);
  }
  return bill;
}
