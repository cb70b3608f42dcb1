// What the naive kernel is made of: meters with one counter each, domains, and what keepers do.

/** What a keeper does when it is called; all of it is decided by this and the counters. */
export type Policy =
  | { kind: "refill"; amount: bigint; times: number }
  | { kind: "nothing" | "decline" | "later" | "throw" | "rescind" | "leave" }
  /** Raises the counter, and declines all the same. */
  | { kind: "contrary"; amount: bigint };

export interface BurstPlan {
  run: [number, number];
  wait: [number, number];
  /** Bursts until the end; 0 is for ever. */
  times: number;
  seed: number;
}

/** What slot 1 of a meter or of a domain's root means; null is any key but a meter key. */
export type Link = ModelMeter | ModelDomain | "super" | null;
type Waiter = { domain: ModelDomain; parked: boolean };

export const ALL_ONES = 2n ** 64n - 1n;
/** The slots that must hold data keys, but for slot 3, which the model keeps apart. */
export const FORMAT_SLOTS = [0, 4, 5, 6, 7, 8, 10, 11, 12, 15];

export class ModelMeter {
  granted: bigint;
  consumed = 0n;
  rescinded = false;
  calls = 0;
  /** While it is switched off, in a list: the keeper that it had then, or was given since. */
  aside: [Policy | null] | null = null;
  /** Slots that hold what they must not. */
  readonly bad = new Set<number>();
  /** In the order in which they began to wait. */
  waiters: Waiter[] = [];
  /** The domain whose exhaustion its keeper has not answered. */
  busyWith: ModelDomain | null = null;

  constructor(
    readonly name: string,
    public counter: bigint,
    public superior: Link,
    public keeper: Policy | null,
  ) {
    this.granted = counter;
  }
}

type State = "stopped" | "ready" | "waiting" | "parked" | "trapped" | "ended";

export class ModelDomain {
  state: State = "stopped";
  consumed = 0n;
  rescinded = false;
  laps = 0;
  trap = 0;
  /** Voids the restarts of earlier keeper calls. */
  call = 0;
  waitsFor: ModelMeter | null = null;
  wake: { at: bigint; sequence: number } | null = null;
  left = 0;
  bursts: number;
  #random: number;

  constructor(
    readonly name: string,
    public meter: Link,
    readonly plan: BurstPlan,
  ) {
    this.bursts = plan.times;
    this.#random = plan.seed || 1;
    this.left = this.draw(plan.run);
  }

  draw([least, most]: [number, number]): number {
    if (least === most) return least;
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x >>> 0;
    return least + ((x >>> 0) % (most - least + 1));
  }
}
