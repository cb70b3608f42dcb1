// Settling a plan, once all bodies are scanned: which calls need no counter, which hand it over, and which blocks
// need it in the global.
//
// Plain functions: one block, which calls nothing but plain functions, of a body that nothing refers to but direct
// calls. What such a function costs is known, so whoever calls it pays for it in his own block, which goes on
// behind the call; it does not count itself.
//
// Carrying functions: others that nothing refers to but direct calls, and without handlers. They take the counter
// as a last parameter and give it back as a last result: nobody must wait for the memory that it would be in.

import { type CallGraph, SMALL } from "./call-graph.js";
import type { Outline } from "./outline.js";
import {
  BLOCK_POINT,
  type Body,
  CALL_POINT,
  EXIT_POINT,
  FLOWS,
  FUNCTION_POINT,
  LEAVES,
  LOAD_POINT,
  LOADED,
  LOCAL_POINT,
  LOOP_POINT,
  NO_POINT,
  type Plan,
  STORED,
  TAKEN_POINT,
  TRAPS,
} from "./plan.js";
import { Regions } from "./regions.js";

/** Parameters or results; engines take 1,000 at most. */
const MOST_VALUES = 500;
const IN_PLAIN = new Set([FUNCTION_POINT, NO_POINT, CALL_POINT, EXIT_POINT, LOCAL_POINT]);

export class Settler {
  readonly #outline: Outline;
  readonly #plan: Plan;
  readonly #bodies: readonly Body[];
  readonly #imported: number;
  readonly #referenced: ReadonlySet<number>;
  /** By body: the block that it is, of a plain one; else −1. */
  readonly #plain: Int32Array;
  readonly #carries: Uint8Array;
  readonly #regions: Regions;

  constructor(
    outline: Outline,
    plan: Plan,
    bodies: readonly Body[],
    referenced: ReadonlySet<number>,
  ) {
    this.#outline = outline;
    this.#plan = plan;
    this.#bodies = bodies;
    this.#imported = outline.importedFunctions;
    this.#referenced = referenced;
    this.#regions = new Regions(plan);
    this.#plain = new Int32Array(bodies.length).fill(-1);
    this.#carries = Uint8Array.from(bodies, (body, index) => (this.#canCarry(index, body) ? 1 : 0));
  }

  /** Settles all bodies, callees first. */
  settle({ components }: CallGraph): void {
    for (const component of components) {
      for (const index of component) {
        const body = this.#bodies[index];
        if (!body) continue;
        this.#merge(body);
        if (component.length > 1 || !this.#isPlain(index, body)) continue;
        this.#plain[index] = body.first;
        this.#carries[index] = 0;
      }
      for (const index of component) {
        const body = this.#bodies[index];
        if (!body) continue;
        this.#handOver(body);
        if (this.isPlain(index)) continue;
        this.#store(body, this.carries(index));
        if (!body.catches) this.#regions.settle(body);
      }
    }
  }

  /** Whether a function leaves its counting to those who call it. */
  isPlain(index: number): boolean {
    return this.#plain[index]! >= 0;
  }

  /** Whether a function takes the counter and gives it back. */
  carries(index: number): boolean {
    return this.#carries[index] === 1;
  }

  #canCarry(index: number, { type, catches, branchesOut }: Body): boolean {
    if (catches || this.#referenced.has(index + this.#imported)) return false;
    const parameters = this.#outline.parameters[type]!;
    const results = this.#outline.results[type]!;
    // A block of one result needs no type of its own.
    return parameters < MOST_VALUES && results < MOST_VALUES && (results < 2 || !branchesOut);
  }

  /** Blocks behind calls of plain functions become part of those before. */
  #merge({ first, last }: Body): void {
    const plan = this.#plan;
    for (let index = first; index < last; index++) {
      const callee = plan.callee(index) - this.#imported;
      if (plan.caller(index) < 0 || callee < 0 || !this.isPlain(callee)) continue;
      const head = plan.head(plan.caller(index));
      const block = this.#plain[callee]!;
      plan.spend(head, plan.value(block) + plan.value(index));
      // If the callee may trap, so may the caller in its stead; where it leaves it comes back.
      plan.mark(head, plan.flags(index) | (plan.flags(block) & TRAPS));
      plan.join(index, head);
    }
  }

  #isPlain(index: number, { first, last, catches, throws }: Body): boolean {
    if (catches || throws || this.#referenced.has(index + this.#imported)) return false;
    const plan = this.#plan;
    if (plan.value(first) > SMALL || (plan.flags(first) & FLOWS) !== 0) return false;
    for (let point = first + 1; point < last; point++) {
      if (!IN_PLAIN.has(plan.kind(point))) return false;
    }
    plan.become(first, NO_POINT);
    return true;
  }

  /** Whoever calls a function that carries has the counter in a local, and gets it back on the stack. */
  #handOver(body: Body): void {
    const plan = this.#plan;
    for (let index = body.first; index < body.last; index++) {
      const kind = plan.kind(index);
      if (kind === CALL_POINT) {
        if (this.carries(plan.value(index) - this.#imported)) body.needsLocal = true;
      } else if (kind === LOAD_POINT && plan.caller(index) >= 0) {
        const head = plan.head(plan.caller(index));
        const carries = this.carries(plan.callee(index) - this.#imported);
        plan.mark(head, carries ? FLOWS | TRAPS : STORED);
        if (carries) plan.become(index, TAKEN_POINT);
      }
    }
  }

  /** Blocks that call or leave need the counter in the global; where exceptions are caught, all do. */
  #store(body: Body, carries: boolean): void {
    const plan = this.#plan;
    if (carries) {
      plan.become(body.first, BLOCK_POINT);
      body.needsLocal = true;
    }
    for (let index = body.first; index < body.last; index++) {
      const kind = plan.kind(index);
      if (kind > LOOP_POINT && kind !== TAKEN_POINT) continue;
      if (carries) plan.mark(index, FLOWS);
      else if ((plan.flags(index) & LEAVES) !== 0) plan.mark(index, STORED);
      if (!body.catches) continue;
      plan.mark(index, STORED);
      if (kind === BLOCK_POINT) plan.become(index, LOAD_POINT);
      else if (kind === LOOP_POINT) plan.mark(index, LOADED);
    }
  }
}
