// Settling a plan, once all bodies are scanned: which calls need no counter, and which blocks need it in the global.
//
// Plain functions: one block, which calls nothing but plain functions, of a body that nothing refers to but direct
// calls. What such a function costs is known, so whoever calls it pays for it in his own block, which goes on
// behind the call; it does not count itself.

import { type CallGraph, SMALL } from "./call-graph.js";
import {
  BLOCK_POINT,
  type Body,
  FLOWS,
  FUNCTION_POINT,
  LEAVES,
  LOAD_POINT,
  LOADED,
  LOOP_POINT,
  NO_POINT,
  type Plan,
  STORED,
} from "./plan.js";

export class Settler {
  readonly #plan: Plan;
  readonly #bodies: readonly Body[];
  readonly #imported: number;
  readonly #referenced: ReadonlySet<number>;
  /** By body: the block that it is, of a plain one; else −1. */
  readonly #plain: Int32Array;

  constructor(
    plan: Plan,
    bodies: readonly Body[],
    imported: number,
    referenced: ReadonlySet<number>,
  ) {
    this.#plan = plan;
    this.#bodies = bodies;
    this.#imported = imported;
    this.#referenced = referenced;
    this.#plain = new Int32Array(bodies.length).fill(-1);
  }

  /** Settles all bodies, callees first. */
  settle({ components }: CallGraph): void {
    for (const component of components) {
      for (const index of component) {
        const body = this.#bodies[index];
        if (!body) continue;
        this.#merge(body);
        const isPlain = component.length === 1 && this.#isPlain(index, body);
        if (isPlain) this.#plain[index] = body.first;
        else this.#store(body);
      }
    }
  }

  /** Whether a function leaves its counting to those who call it. */
  isPlain(index: number): boolean {
    return this.#plain[index]! >= 0;
  }

  /** Blocks behind calls of plain functions become part of those before. */
  #merge({ first, last, catches }: Body): void {
    const plan = this.#plan;
    if (catches) return;
    for (let index = first; index < last; index++) {
      const callee = plan.callee(index) - this.#imported;
      if (plan.caller(index) < 0 || callee < 0 || !this.isPlain(callee)) continue;
      const head = this.#head(plan.caller(index));
      const block = this.#plain[callee]!;
      plan.spend(head, plan.value(block) + plan.value(index));
      // If the callee may trap, so may the caller in its stead; where it leaves it comes back.
      plan.mark(head, plan.flags(index) | (plan.flags(block) & STORED));
      plan.attach(index, head);
    }
  }

  /** The block that a block belongs to by now. */
  #head(block: number): number {
    return this.#plan.kind(block) === NO_POINT ? this.#plan.caller(block) : block;
  }

  #isPlain(index: number, { first, last, catches }: Body): boolean {
    if (catches || this.#referenced.has(index + this.#imported)) return false;
    const plan = this.#plan;
    if (plan.value(first) > SMALL || (plan.flags(first) & FLOWS) !== 0) return false;
    for (let point = first + 1; point < last; point++) {
      const kind = plan.kind(point);
      if (kind !== FUNCTION_POINT && kind !== NO_POINT) return false;
    }
    plan.become(first, NO_POINT);
    return true;
  }

  /** Blocks that call or leave need the counter in the global; where exceptions are caught, all do. */
  #store({ first, last, catches }: Body): void {
    const plan = this.#plan;
    for (let index = first; index < last; index++) {
      const kind = plan.kind(index);
      if (plan.caller(index) >= 0 && kind === LOAD_POINT) {
        plan.mark(this.#head(plan.caller(index)), STORED);
      }
      if (kind > LOOP_POINT) continue;
      if ((plan.flags(index) & LEAVES) !== 0) plan.mark(index, STORED);
      if (!catches) continue;
      plan.mark(index, STORED);
      if (kind === BLOCK_POINT) plan.become(index, LOAD_POINT);
      else if (kind === LOOP_POINT) plan.mark(index, LOADED);
    }
  }
}
