// Functions that are plain leave their counting to those who call them: one block that is all of the function,
// in which it calls plain ones at most, of so little; and nothing can call it but a plain call by its index.

import { CALL, codeOf, type Instruction, RETURN_CALL, RETURN_CALL_INDIRECT } from "./code.js";
import type { Constant, Decoded } from "./decode.js";
import type { Prices } from "./prices.js";
import { branchesOut, findRegions } from "./regions.js";

/** Cycles; a function that costs more counts for itself. */
const MOST = 1000;
const REF_FUNC = 0xd2;
/** They cost by length: by themselves. */
const LENGTHY = new Set([0x40, 0xfc08, 0xfc0a, 0xfc0b, 0xfc0c, 0xfc0e, 0xfc0f, 0xfc11]);
const CALLS = new Set([RETURN_CALL, RETURN_CALL_INDIRECT, CALL + 1]);

export class PlainFunctions {
  readonly #module: Decoded;
  readonly #prices: Prices;
  readonly #imported: number;
  readonly #referenced = new Set<number>();
  /** By index: the cost of those that are plain; undefined for others, and while it is found out. */
  readonly #costs = new Map<number, number | undefined>();

  constructor(module: Decoded, prices: Prices) {
    this.#module = module;
    this.#prices = prices;
    this.#imported = module.functions.length - module.bodies.length;
    for (const { kind, index } of module.exports)
      if (kind === "function") this.#referenced.add(index);
    if (module.start !== undefined) this.#referenced.add(module.start);
    for (const { items } of module.elements) for (const item of items) this.#refer(item);
    for (const initial of module.initials) this.#refer(initial);
    for (const body of module.bodies) {
      for (const { opcode, a } of codeOf(module, body, prices, () => undefined)) {
        if (opcode === REF_FUNC || opcode === RETURN_CALL) this.#referenced.add(a);
      }
    }
  }

  /** With the costs of blocks. */
  codeOf(index: number): Instruction[] {
    const code = this.#blocksOf(index);
    if (this.#costOf(index) === undefined) {
      const carries = (of: number) => this.#carries(of);
      findRegions(code, carries(index), carries);
    }
    // Who is called has paid already.
    else for (const each of code) Object.assign(each, { cost: 0, leads: false });
    return code;
  }

  #blocksOf(index: number): Instruction[] {
    const body = this.#module.bodies[index - this.#imported]!;
    return codeOf(this.#module, body, this.#prices, (callee) => this.#costOf(callee));
  }

  /** Nothing can call it but a plain call by its index; one label and several results would be another thing. */
  #carries(index: number): boolean {
    if (index < this.#imported || this.#referenced.has(index)) return false;
    if (this.#costOf(index) !== undefined) return false;
    const { results } = this.#module.types[this.#module.functions[index]!]!;
    return results.length < 2 || !branchesOut(this.#blocksOf(index));
  }

  #refer(constant: Constant): void {
    if ("function" in constant) this.#referenced.add(constant.function);
  }

  #costOf(index: number): number | undefined {
    if (index < this.#imported || this.#referenced.has(index)) return undefined;
    if (!this.#costs.has(index)) {
      this.#costs.set(index, undefined);
      this.#costs.set(index, this.#found(index));
    }
    return this.#costs.get(index);
  }

  #found(index: number): number | undefined {
    const [first, ...rest] = this.#blocksOf(index);
    const isOne = rest.every(
      ({ opcode, leads, isReached }) =>
        !leads && !(isReached && (LENGTHY.has(opcode) || CALLS.has(opcode))),
    );
    return isOne && !LENGTHY.has(first!.opcode) && first!.cost <= MOST ? first!.cost : undefined;
  }
}
