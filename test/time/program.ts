// A synthetic program of the model: bursts of running and waiting, drawn as the kernel draws them.

export interface BurstPlan {
  readonly run: readonly [number, number];
  readonly wait: readonly [number, number];
  /** Periodic: a burst begins at a multiple of this, and so much later; 0: after a drawn wait. */
  readonly every: number;
  readonly phase: number;
  /** Bursts until the end; 0 is for ever. */
  readonly times: number;
}

export class Program {
  /** Cycles that are left of the burst. */
  left: number;
  #bursts: number;
  #random: number;

  constructor(
    readonly plan: BurstPlan,
    seed: number,
  ) {
    this.#random = seed || 1;
    this.#bursts = plan.times;
    this.left = this.#draw(plan.run);
  }

  /** A burst is over at `time`: until when it waits; null: it goes on at once; "end": it never does. */
  next(time: bigint): bigint | null | "end" {
    const { plan } = this;
    if (this.#bursts > 0 && --this.#bursts === 0) return "end";
    if (plan.every > 0) return nextMultiple(time, plan);
    if (plan.wait[1] > 0) return time + BigInt(this.#draw(plan.wait));
    this.begin();
    return null;
  }

  /** The next burst begins. */
  begin(): void {
    this.left = this.#draw(this.plan.run);
  }

  #draw([least, most]: readonly [number, number]): number {
    if (least === most) return least;
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    return least + (this.#random % (most - least + 1));
  }
}

/** The first multiple of `every`, and so much later, that is to come. */
function nextMultiple(time: bigint, { every, phase }: BurstPlan): bigint {
  let next = BigInt(phase);
  const step = BigInt(every);
  if (next <= time) next += ((time - next) / step + 1n) * step;
  return next;
}
