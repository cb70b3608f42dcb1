// Clocks as the reference tells of them, in whole fractions: what a reading at a given time says, and what
// is billed for it. The kernel computes with floating point and keeps sums; here each reading is
// computed anew from the time, so the two have nothing in common but what they are to be.

import type { ClockOptions } from "../src/index.js";

/** The processor's clock, of which the kernel counts cycles. */
export const CYCLES_PER_SECOND = 16_000_000n;

/** A fraction, the denominator above 0. */
export class Ratio {
  private constructor(
    readonly top: bigint,
    readonly bottom: bigint,
  ) {}

  static of(top: bigint, bottom = 1n): Ratio {
    return bottom < 0n ? new Ratio(-top, -bottom) : new Ratio(top, bottom);
  }

  /** Exactly what a floating-point number is. */
  static exactly(value: number): Ratio {
    let bottom = 1n;
    let top = value;
    while (!Number.isInteger(top)) {
      top *= 2;
      bottom *= 2n;
    }
    return Ratio.of(BigInt(top), bottom);
  }

  times(other: Ratio): Ratio {
    return Ratio.of(this.top * other.top, this.bottom * other.bottom);
  }

  per(other: Ratio): Ratio {
    return Ratio.of(this.top * other.bottom, this.bottom * other.top);
  }

  plus(other: Ratio): Ratio {
    return Ratio.of(this.top * other.bottom + other.top * this.bottom, this.bottom * other.bottom);
  }

  get floor(): bigint {
    const down = this.top / this.bottom;
    return this.top < 0n && down * this.bottom !== this.top ? down - 1n : down;
  }
}

const ONE = Ratio.of(1n);

/** Units of the clock in a cycle, as its owner says and as it really is. */
export function ratesOf(clock: ClockOptions): { thought: Ratio; real: Ratio } {
  const { hz = Number(CYCLES_PER_SECOND), error = 0 } = clock.kind === "exact" ? {} : clock;
  const thought = Ratio.exactly(hz).per(Ratio.of(CYCLES_PER_SECOND));
  return { thought, real: thought.times(ONE.plus(Ratio.exactly(error))) };
}

/** What a counter's register holds at a time. */
export function counterAt(clock: ClockOptions & { kind: "counter" }, now: bigint): bigint {
  const { width = 64, drift = 0, fault } = clock;
  let shown = now;
  if (fault && now >= fault.at) {
    if (fault.does === "stop") shown = fault.at;
    else shown += fault.does === "jump" ? fault.by : -fault.by;
  }
  const time = Ratio.of(shown);
  const perCycle = Ratio.exactly(drift).per(Ratio.of(1_000_000n * CYCLES_PER_SECOND));
  const gained = perCycle.times(time).per(Ratio.of(2n));
  const { real } = ratesOf(clock);
  const units = time.times(real).times(ONE.plus(gained)).floor;
  return ((units % (1n << BigInt(width))) + (1n << BigInt(width))) % (1n << BigInt(width));
}

/** Ticks whose time has come, served or not. */
export const ticksAt = (now: bigint, tick: bigint): bigint => now / tick;

/** What an emulated counter says without a repair: a load for each tick served, and the phase. */
export function countdownAt(
  clock: ClockOptions,
  tick: bigint,
  now: bigint,
  served: bigint,
): bigint {
  const { real } = ratesOf(clock);
  const load = Ratio.of(tick).times(real).floor;
  return served * load + Ratio.of(now % tick).times(real).floor;
}

/** A clock that is read now and then: what it says differs by what it said before. */
export class TwinClock {
  /** All units that readings have accepted, and where the register stood. */
  units = 0n;
  #register = 0n;
  backwards = 0n;
  jumps = 0n;
  #servedBefore = 0n;

  constructor(
    readonly clock: ClockOptions,
    readonly tick: bigint,
  ) {}

  /** Cycles that have passed since the reading before, as the clock tells it. */
  read(now: bigint, served: bigint): bigint {
    const before = this.cycles;
    const difference = this.#difference(now, served);
    const most = Ratio.of((served - this.#servedBefore + 2n) * 2n * this.tick);
    const { thought } = ratesOf(this.clock);
    if (difference < 0n) this.backwards++;
    else if (difference > most.times(thought).floor) this.jumps++;
    else this.units += difference;
    this.#servedBefore = served;
    return this.cycles - before;
  }

  /** What all readings came to. */
  get cycles(): bigint {
    return Ratio.of(this.units).per(ratesOf(this.clock).thought).floor;
  }

  #difference(now: bigint, served: bigint): bigint {
    const { clock } = this;
    const before = this.#register;
    if (clock.kind === "exact") {
      this.#register = now;
      return now - before;
    }
    if (clock.kind === "counter") {
      const modulus = 1n << BigInt(clock.width ?? 64);
      this.#register = counterAt(clock, now);
      const difference = (this.#register - before + modulus) % modulus;
      return difference >= modulus / 2n ? difference - modulus : difference;
    }
    this.#register = repaired(clock, this.tick, now, served, before);
    return this.#register - before;
  }
}

/** A reading of an emulated counter with its repair, given what the one before came to. */
export function repaired(
  clock: ClockOptions & { kind: "countdown" },
  tick: bigint,
  now: bigint,
  served: bigint,
  before: bigint,
): bigint {
  const value = countdownAt(clock, tick, now, served);
  const load = countdownAt(clock, tick, 0n, 1n);
  const { repair = "none" } = clock;
  if (repair === "pending") return ticksAt(now, tick) > served ? value + load : value;
  if (value >= before || repair === "none") return value;
  return repair === "add" ? value + load : before;
}

/** Who is billed what, by the readings of a clock; nobody is "". */
export class TwinBill {
  readonly billed = new Map<string, bigint>();
  /** Ticks that were served until now. */
  served = 0n;
  readonly clock: TwinClock;

  constructor(clock: ClockOptions, tick: bigint) {
    this.clock = new TwinClock(clock, tick);
  }

  /** A reading: who ran until now pays. */
  charge(now: bigint, who: string): void {
    const cycles = this.clock.read(now, this.served);
    this.billed.set(who, this.of(who) + cycles);
  }

  of(who: string): bigint {
    return this.billed.get(who) ?? 0n;
  }

  get total(): bigint {
    return [...this.billed.values()].reduce((sum, cycles) => sum + cycles, 0n);
  }
}
