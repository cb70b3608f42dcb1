// Whom the numbers of an act mean, and how much: by what is there when it is done.

import { PRIME_INDEX } from "../../assembly/layout.js";
import { type Handle, LARGEST, type Model } from "./model.js";

/** Of so many picks, one takes a handle whose node was rescinded. */
const STALE_EVERY = 16;
/** Of so many harms to the prime meter, one is done. */
const SPARED_EVERY = 16;
/** Counters hold so many quanta at most, if they are not as good as unlimited. */
export const LARGE = 200;

export class Pick {
  readonly #model: Model;
  readonly #stale: readonly Handle[];
  readonly #quantum: number;

  constructor(model: Model, stale: readonly Handle[], quantum: number) {
    this.#model = model;
    this.#stale = stale;
    this.#quantum = quantum;
  }

  /** The meter that a number means; now and then one that is no more. */
  meter(number: number): Handle {
    return this.#old(number) ?? this.of(this.#model.meters, number);
  }

  /** The same to be harmed: the prime meter, which ends all, only now and then. */
  victim(number: number): Handle {
    const meter = this.meter(number);
    const isSpared = meter.index === PRIME_INDEX && (number >>> 20) % SPARED_EVERY !== 0;
    return isSpared ? this.meter(number + 1) : meter;
  }

  domain(number: number): Handle | undefined {
    const { domains } = this.#model;
    return domains.length > 0 ? (this.#old(number) ?? this.of(domains, number)) : undefined;
  }

  of(nodes: readonly number[], number: number): Handle {
    return this.#model.handle(nodes[number % nodes.length]!);
  }

  #old(number: number): Handle | undefined {
    const stale = this.#stale;
    const isWanted = (number >>> 16) % STALE_EVERY === 0 && stale.length > 0;
    return isWanted ? stale[number % stale.length] : undefined;
  }

  /** Half of them no more than a few quanta. */
  cycles(number: number): bigint {
    const quantum = this.#quantum;
    const amount = number >>> 8;
    switch (number % 8) {
      case 0:
        return LARGEST;
      case 1:
        return 0n;
      case 2:
        return BigInt(amount) << 32n;
      case 3:
      case 4:
        return BigInt(amount % (LARGE * quantum));
      default:
        return BigInt(amount % (10 * quantum));
    }
  }

  /** A meter that is not the prime meter. */
  inferior(number: number): Handle | undefined {
    const { meters } = this.#model;
    if (meters.length < 2) return undefined;
    return this.#model.handle(meters[1 + (number % (meters.length - 1))]!);
  }
}
