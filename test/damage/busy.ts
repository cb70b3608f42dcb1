// A simulated kernel of five processors, each in another phase, to be damaged.

import { CONTROL_GOING, PRIME_INDEX, RECORD_PROCESSOR } from "../../assembly/layout.js";
import {
  PHASE_CLIMBING,
  PHASE_OUTSIDE,
  PHASE_RESTING,
  PROCESSOR_CLIMB_LENGTH,
  PROCESSOR_INBOX,
  PROCESSOR_OUTCOME,
  PROCESSOR_READY_COUNT,
  PROCESSOR_RUNNING,
  RUNNING_ANY,
} from "../../assembly/processor-layout.js";
import { MACHINE_IMAGE } from "../../assembly/riscv/layout.js";
import { Simulated } from "../simulated.js";
import { type Corruption, Damage } from "./damage.js";

/** An ecall, then again. */
const CALLS = [0x00000073, 0xffdff06f];
const NOTHING = -1;
/** So many that a pool for each processor leaves records that are in none. */
const NODES = 8192;
const PATIENCE = 100;

/** Which domain is where, by node index. */
export interface Busy {
  readonly simulated: Simulated;
  readonly meters: Record<"used" | "low" | "middle" | "high", number>;
  readonly domains: Record<
    "alone" | "climber" | "outcome" | "any" | "stopped" | "calling" | "second" | "given" | "inbox",
    number
  >;
}

/**
 * Processor 1 runs one domain outside. 2 climbs for the first of its two, two meters up. 3 wants in
 * with what came of a run, while a domain was given to it. 4 runs any of its ring, of one, and has been
 * given one. 5 rests. A domain of 1 waits for its system call.
 */
export function busyKernel(): Busy {
  const simulated = new Simulated({ processors: 5, nodes: NODES });
  const { view } = simulated;
  const used = simulated.meter(PRIME_INDEX, 1n << 40n);
  const high = simulated.meter(PRIME_INDEX, 1n << 40n);
  const middle = simulated.meter(high, 1n << 39n);
  const low = simulated.meter(middle, 1n << 38n);
  const damage = new BusyDamage(simulated);
  /** One that is made for that processor; what is made for others is never started. */
  const domainFor = (processor: number, make: () => number) => {
    for (let patience = PATIENCE; patience > 0; patience--) {
      const domain = make();
      if (damage.processorOf(domain) === processor) return domain;
    }
    throw new Error(`no domain is made for processor ${processor}`);
  };
  const alone = domainFor(1, () => simulated.domain(used, { run: 500 }));
  const climber = domainFor(2, () => simulated.domain(low, { run: 500 }));
  const outcome = domainFor(3, () => simulated.domain(used, { run: 10, wait: 9999 }));
  const any = domainFor(4, () => simulated.domain(used, { run: 1 << 20 }));
  const stopped = domainFor(5, () => simulated.domain(used, { run: 1 }));
  const calling = domainFor(1, () => simulated.machine(used, CALLS));
  const second = domainFor(2, () => simulated.domain(low, { run: 500 }));
  const given = domainFor(3, () => simulated.domain(used, { run: 500 }));
  const inbox = domainFor(4, () => simulated.domain(used, { run: 500 }));
  const until = (processor: number, holds: () => boolean) => {
    for (let turn = 0; turn < PATIENCE && !holds(); turn++) simulated.turn(processor);
    if (!holds()) throw new Error(`processor ${processor} does not get there`);
  };
  const field = (processor: number, offset: number) => view.processor(processor, offset) | 0;
  simulated.go();
  simulated.start(calling);
  until(1, () => field(1, PROCESSOR_READY_COUNT) === 0);
  // The first is given to processor 1, which rests, and all others to those that they were made for.
  for (const domain of [alone, climber, second, outcome, any]) simulated.start(domain);
  until(1, () => simulated.phase(1) === PHASE_OUTSIDE);
  until(2, () => simulated.phase(2) === PHASE_CLIMBING && field(2, PROCESSOR_CLIMB_LENGTH) === 2);
  until(3, () => field(3, PROCESSOR_OUTCOME) !== NOTHING);
  until(4, () => field(4, PROCESSOR_RUNNING) === RUNNING_ANY);
  view.setControl(CONTROL_GOING, 0);
  until(5, () => simulated.phase(5) === PHASE_RESTING);
  view.setControl(CONTROL_GOING, 1);
  for (const domain of [given, inbox]) simulated.start(domain);
  if (field(4, PROCESSOR_INBOX) === 0) throw new Error("nothing is given to processor 4");
  return {
    simulated,
    meters: { used, low, middle, high },
    domains: { alone, climber, outcome, any, stopped, calling, second, given, inbox },
  };
}

export class BusyDamage extends Damage {
  /** Sets a word in the block of a processor; answers its name. */
  block(index: number, offset: number, value: number): string {
    this.set32(this.processor(offset, index), value);
    return `processor ${index}`;
  }

  /** The processor that a domain is of. */
  processorOf(domain: number): number {
    return this.view.u8(this.record(domain) + RECORD_PROCESSOR);
  }

  field(index: number, offset: number): number {
    return this.u32(this.processor(offset, index));
  }

  image(of: number): number {
    return this.u32(this.machine(of) + MACHINE_IMAGE);
  }
}

/** As into of damage.ts, for a busy kernel. */
export function intoBusy(list: Corruption<Busy>[]) {
  return (invariant: string, what: string, act: (d: BusyDamage, busy: Busy) => string) => {
    list.push([invariant, what, (damage, busy) => act(damage as BusyDamage, busy)]);
  };
}
