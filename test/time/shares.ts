// What partitions are guaranteed and what they used, in the model: everything is summed up from the log of
// what was billed whenever it is asked for.

import type { Biller } from "./billing.js";
import { type Candidate, type Choice, choose, paced, share } from "./choice.js";
import { type ModelDomain, ModelPartition, type TimePlan } from "./parts.js";

const WHOLE = 10_000;

export class Shares {
  readonly all: ModelPartition[] = [];
  /** Ticks of the window. */
  slots: number;
  /** Cycles that the clock counts in one, as ticks tell that were served while somebody ran. */
  pace = 1;
  readonly #plan: TimePlan;
  readonly #biller: Biller;

  constructor(plan: TimePlan, biller: Biller) {
    this.#plan = plan;
    this.#biller = biller;
    this.slots = plan.partitions?.slots ?? 0;
    if (plan.partitions) this.all.push(new ModelPartition(0, null, WHOLE, 0, 0n));
  }

  // --- What was used ----------------------------------------------------------------------------

  get window(): bigint {
    return BigInt(this.slots) * BigInt(this.#plan.tick);
  }

  used({ index }: ModelPartition): bigint {
    const { log, slot } = this.#biller;
    return log.used(index, slot, this.slots, "all");
  }

  criticalUsed({ index }: ModelPartition): bigint {
    const { log, slot } = this.#biller;
    return log.used(index, slot, this.slots, "critical");
  }

  /** In so many of the last whole windows. */
  usedIn(windows: number, { index }: ModelPartition): bigint {
    const { log, slot } = this.#biller;
    const end = Math.floor(slot / this.slots) * this.slots;
    return log.between(index, end - windows * this.slots, end);
  }

  /** At a tick: budgets are of cycles as the clock counts them. */
  setPace(): void {
    const { clock } = this.#biller;
    if (clock.plan.kind === "exact" || this.#plan.by === "tick" || clock.ticks < 10n) return;
    const counted = Number(clock.counted) / Number(clock.at > 0n ? clock.at : 1n);
    const pace = Math.max(0.25, Math.min(4, counted));
    if (Math.abs(pace - this.pace) >= 1e-5) this.pace = pace;
  }

  // --- Deciding ---------------------------------------------------------------------------------

  /**
   * Who has overdrawn his critical budget is bankrupt until he is within the other one. Answers of whom the
   * host is told.
   */
  judge(): ModelPartition[] {
    return this.all.filter((one) => {
      if (one.isBankrupt) {
        one.isBankrupt = this.used(one) > share(one.budget, this);
        return false;
      }
      const isWithin = this.criticalUsed(one) <= paced(one.critical, this);
      if (one.index === 0 || one.critical === 0n || isWithin) return false;
      one.isBankrupt = true;
      one.bankruptcies++;
      const policy = this.#plan.partitions!.bankruptcy;
      if (policy === "cancel") one.critical = 0n;
      return policy === "stop" || (policy === "notify" && one.bankruptcies === 1);
    });
  }

  /** `left`: cycles of the tick; `firstOf`: the first of the highest priority, by partition. */
  choose(left: bigint, firstOf: (index: number) => ModelDomain | null): Choice | null {
    const { tick, partitions } = this.#plan;
    const { freeTime } = partitions!;
    const rules = { window: this.window, tick: BigInt(tick), left, freeTime, pace: this.pace };
    return choose(
      this.all.map((one) => this.#candidate(one, firstOf(one.index))),
      rules,
    );
  }

  #candidate(one: ModelPartition, best: ModelDomain | null): Candidate {
    const { index, budget, max, critical, isBankrupt } = one;
    return {
      ...{ index, budget, max, critical, isBankrupt },
      used: this.used(one),
      criticalUsed: this.criticalUsed(one),
      best: best && { priority: best.task.priority, isCritical: best.task.isCritical },
      isIdle: best === null,
    };
  }

  // --- Changes ----------------------------------------------------------------------------------

  /** Its budget is taken out of its parent's; null where that has less. */
  create(
    parent: ModelPartition,
    budget: number,
    max: number,
    critical: bigint,
  ): ModelPartition | null {
    if (parent.budget < budget) return null;
    parent.budget -= budget;
    const made = new ModelPartition(this.all.length, parent, budget, max, critical);
    this.all.push(made);
    return made;
  }

  change(one: ModelPartition, budget: number, max: number, critical: bigint): boolean {
    const { parent } = one;
    if (parent) {
      if (budget > one.budget + parent.budget) return false;
      parent.budget += one.budget - budget;
      one.budget = budget;
    }
    Object.assign(one, { max, critical });
    return true;
  }

  /** What was used in the last window is forgotten. */
  setWindow(slots: number): void {
    this.slots = slots;
    this.#biller.log.forget();
    this.#biller.slot = 0;
  }
}
