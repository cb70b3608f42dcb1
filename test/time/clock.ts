// The clocks of the model: what each says at a time, and what a difference of two readings is taken for.
// A clock is asked with the true time; it is told of the interrupts of its timer that were served.

export interface CounterPlan {
  readonly kind: "counter";
  readonly hz: number;
  /** By what part it is faster than is believed, and by how many millionths it gains in a second. */
  readonly error: number;
  readonly drift: number;
  readonly width: number;
  readonly read: number;
  readonly fault?:
    | { readonly does: "stop"; readonly at: bigint }
    | { readonly does: "jump" | "back"; readonly at: bigint; readonly by: bigint };
}

export interface CountdownPlan {
  readonly kind: "countdown";
  readonly hz: number;
  readonly error: number;
  readonly read: number;
  /** For how many cycles interrupts are masked at most. */
  readonly masked: number;
  readonly repair: "none" | "add" | "hold" | "pending";
}

export type ClockPlan = { readonly kind: "exact" } | CounterPlan | CountdownPlan;

/** What a difference is taken for. */
export type Verdict = "sound" | "backwards" | "jumped";

export interface Reading {
  /** Cycles to be charged. */
  readonly cycles: bigint;
  readonly verdict: Verdict;
  /** It says what it said last. */
  readonly stood: boolean;
}

const CYCLES_PER_SECOND = 16_000_000;

export class ModelClock {
  reads = 0;
  backwards = 0;
  jumps = 0;
  dropped = 0n;
  /** The true time of the last reading. */
  at = 0n;
  /** Ticks that are over, as far as they were served. */
  ticks = 0n;
  readonly #scale: number;
  readonly #rate: number;
  /** Loads that its handler has counted, each for an interrupt that was seen. */
  #loads = 0n;
  /** What it said last, in units and in cycles, and the ticks that were over then. */
  #said = 0n;
  #cycles = 0n;
  #readTicks = 0n;
  /** All that a counter has counted between sound readings. */
  #counted = 0n;

  constructor(
    readonly plan: ClockPlan,
    readonly tick: bigint,
  ) {
    const hz = plan.kind === "exact" ? CYCLES_PER_SECOND : plan.hz;
    this.#scale = CYCLES_PER_SECOND / hz;
    this.#rate = (hz / CYCLES_PER_SECOND) * (plan.kind === "exact" ? 1 : 1 + plan.error);
  }

  /** Cycles that one reading takes. */
  get cost(): bigint {
    return this.plan.kind === "exact" ? 0n : BigInt(this.plan.read);
  }

  /** When the interrupt of a tick can be served at the soonest: it may be masked then. */
  serviceOf(number: bigint): bigint {
    const masked = this.plan.kind === "countdown" ? this.plan.masked : 0;
    const late = masked === 0 ? 0 : mix(Number(BigInt.asUintN(32, number - 1n))) % (masked + 1);
    return number * this.tick + BigInt(late);
  }

  /** Cycles that it has counted up to the last reading. */
  get counted(): bigint {
    return this.#cycles;
  }

  /** The least that it can tell, in cycles. */
  get grain(): bigint {
    return this.#scale <= 1 ? 1n : BigInt(Math.ceil(this.#scale));
  }

  /** An interrupt is served, so many ticks after the last one: it is one load all the same. */
  served(ticks: bigint): void {
    this.#loads++;
    this.ticks += ticks;
  }

  /** Cycles that have passed since the last reading, as it says. */
  peek(time: bigint, isQuiet: boolean): bigint {
    const { cycles, verdict } = this.#look(time, isQuiet);
    return verdict === "sound" && cycles > this.#cycles ? cycles - this.#cycles : 0n;
  }

  /** `isQuiet`: nobody ran since the last reading, so it was read at each tick, and missed no turn. */
  read(time: bigint, isQuiet = false): Reading {
    const { cycles, verdict, said, counted } = this.#look(time, isQuiet);
    const passed = cycles - this.#cycles;
    this.reads++;
    this.at = time;
    this.#readTicks = this.ticks;
    this.#said = said;
    if (verdict === "sound") this.#counted = counted;
    if (verdict === "backwards") this.backwards++;
    if (verdict === "jumped") {
      this.jumps++;
      this.dropped += passed;
      return { cycles: 0n, verdict, stood: true };
    }
    // What goes back goes on from there.
    this.#cycles = cycles;
    return { cycles: verdict === "sound" ? passed : 0n, verdict, stood: passed === 0n };
  }

  #look(time: bigint, isQuiet: boolean) {
    const { plan } = this;
    const last = this.#cycles;
    let verdict: Verdict = "sound";
    if (plan.kind === "exact") return { cycles: time, verdict, said: time, counted: time };
    const said =
      plan.kind === "counter"
        ? BigInt.asUintN(plan.width, this.#countAt(plan, time))
        : this.#countdown(plan, time);
    let counted = said;
    if (plan.kind === "counter") {
      let passed = BigInt.asUintN(plan.width, said - this.#said);
      if (isQuiet) passed = this.#countAt(plan, time) - this.#countAt(plan, this.at);
      const most = isQuiet ? 1n << 63n : 1n << BigInt(plan.width - 1);
      // No counter counts half its range between two readings: it has gone back.
      if (passed < 0n || passed >= most) {
        return { cycles: last, verdict: "backwards" as Verdict, said, counted };
      }
      counted = this.#counted + passed;
    }
    const cycles = BigInt(Math.trunc(Number(counted) * this.#scale));
    if (cycles < last) verdict = "backwards";
    else if (cycles - last > (this.ticks - this.#readTicks + 2n) * 2n * this.tick) {
      verdict = "jumped";
    }
    return { cycles, verdict, said, counted };
  }

  /** What a counter without end would have counted. */
  #countAt({ drift, fault }: CounterPlan, time: bigint): bigint {
    const isFaulty = fault !== undefined && time >= fault.at;
    const cycles = Number(isFaulty && fault.does === "stop" ? fault.at : time);
    const gain = drift / 1_000_000 / CYCLES_PER_SECOND;
    let count = cycles * this.#rate * (1 + (cycles * gain) / 2);
    if (isFaulty && fault.does !== "stop") {
      const by = Number(fault.by) * this.#rate;
      count += fault.does === "jump" ? by : -by;
    }
    return BigInt(Math.floor(count));
  }

  /** The loads counted, and what the timer has counted since its last reload, seen or not. */
  #countdown({ repair }: CountdownPlan, time: bigint): bigint {
    const load = BigInt(Math.trunc(Number(this.tick) * this.#rate));
    const phase = BigInt(Math.trunc(Number(time % this.tick) * this.#rate));
    const value = this.#loads * load + phase;
    const isPending = time / this.tick > this.ticks;
    if (repair === "pending") return isPending ? value + load : value;
    if (value >= this.#said) return value;
    if (repair === "add") return value + load;
    return repair === "hold" ? this.#said : value;
  }
}

/** For how long interrupts are masked at a tick: spread evenly. */
function mix(tick: number): number {
  let x = Math.imul(tick, 0x9e3779b1);
  x ^= x >>> 15;
  x = Math.imul(x, 0x85ebca77);
  return (x ^ (x >>> 13)) >>> 0;
}
