// Makes up expressions of a wanted type, for the body of one function.

import { Bytes } from "./bytes.js";
import { F32, F64, FUNCREF, type FunctionType, I32 } from "./decode.js";
import { NUMBERS, type World, writeConstant } from "./generator.js";
import {
  BINARY,
  COPYSIGN,
  DIVISIONS,
  LOADS,
  REINTERPRET,
  TRUNCATIONS,
  UNARY,
} from "./operations.js";

interface Label {
  /** What a branch to it carries. */
  readonly types: readonly number[];
  readonly isLoop: boolean;
}

/** The type of a block that takes and leaves nothing. */
export const EMPTY = 0x40;
/** Statements and expressions of a body. */
const BUDGET = 160;
/** Choices of an expression that a flat function has. */
const FLAT = [0, 2, 4, 5, 7, 8, 9, 13, 14];

export abstract class ExpressionMaker {
  protected readonly world: World;
  protected readonly roll: (bound: number) => number;
  protected readonly locals: number[];
  protected readonly code = new Bytes();
  protected readonly labels: Label[];
  /** Locals that a float is held in while it is looked at. */
  readonly #held: Record<number, number>;
  protected left = BUDGET;
  /** Of a flat function: those that it may call. */
  protected callable: readonly number[] | undefined;

  constructor(world: World, type: FunctionType) {
    const { roll } = world;
    this.world = world;
    this.roll = roll;
    const more = Array.from({ length: roll(5) }, () => NUMBERS[roll(4)]!);
    this.locals = [...type.parameters, ...more, F32, F64];
    const count = this.locals.length;
    this.#held = { [F32]: count - 2, [F64]: count - 1 };
    this.labels = [{ types: type.results, isLoop: false }];
  }

  /** A statement; blocks have some, in which there are expressions again. */
  protected abstract statement(depth: number): void;

  protected some<T>(from: readonly T[]): T {
    return from[this.roll(from.length)]!;
  }

  /** Leaves whether there was any. */
  protected spendFuel(): void {
    const { fuel } = this.world;
    this.code.add(0x23, fuel, 0x41, 1, 0x6b, 0x24, fuel, 0x23, fuel, 0x41, 0, 0x4a);
  }

  protected index(opcode: number, index: number): void {
    if (opcode >= 0xfc00) this.code.add(0xfc).u32(opcode - 0xfc00);
    else this.code.add(opcode);
    if (index >= 0) this.code.u32(index);
  }

  protected values(types: readonly number[], depth: number): void {
    for (const type of types) this.value(type, depth);
  }

  /** An expression that leaves one value. */
  protected value(type: number, depth: number): void {
    this.left -= 1;
    if (depth <= 0 || this.left < 0 || !NUMBERS.includes(type)) {
      this.#leaf(type);
      return;
    }
    const inner = depth - 1;
    switch (this.callable ? this.some(FLAT) : this.roll(16)) {
      case 0:
      case 1:
        this.#leaf(type);
        return;
      case 2:
      case 3:
        this.#unary(this.some(UNARY[type]!), inner);
        return;
      case 4:
      case 5:
      case 6: {
        const [of, code] = this.some(BINARY[type]!);
        this.value(of, inner);
        this.value(of, inner);
        if (COPYSIGN.includes(code)) this.quiet(of);
        this.index(code, -1);
        return;
      }
      case 7:
        this.#risky(type, inner);
        return;
      case 8:
        this.#load(type, inner);
        return;
      case 9:
        this.values([type, type, I32], inner);
        if (this.roll(2)) this.code.add(0x1b);
        else this.code.add(0x1c, 1, type);
        return;
      case 10:
        this.block(0x02, [], [type], inner);
        return;
      case 11:
        this.value(I32, inner);
        this.block(0x04, [], [type], inner);
        return;
      case 12:
        this.loop([], [type], inner);
        return;
      case 13: {
        const local = this.#localOf(type);
        this.value(type, inner);
        if (local >= 0) this.index(0x22, local);
        return;
      }
      case 14:
        this.#call(type, inner);
        return;
      default:
        if (type === I32) this.#whole(inner);
        else this.#several(type, inner);
    }
  }

  #leaf(type: number): void {
    const local = this.#localOf(type);
    const global = this.globalOf(type);
    const choice = this.roll(3);
    if (choice === 0 && local >= 0) this.index(0x20, local);
    else if (choice === 1 && global >= 0) this.index(0x23, global);
    else if (choice < 2 && type === FUNCREF) {
      const { functions, flat } = this.world;
      this.index(0xd2, this.some([...functions.keys()].filter((index) => !flat.has(index))));
    } else writeConstant(type, this.code, this.roll);
  }

  #localOf(type: number): number {
    const those = [...this.locals.keys()].filter((at) => this.locals[at] === type);
    return those.length > 0 ? this.some(those) : -1;
  }

  /** Fuel isn't for everybody. */
  protected globalOf(type: number): number {
    const { globals, fuel } = this.world;
    const those = [...globals.keys()].filter((at) => globals[at] === type && at !== fuel);
    return those.length > 0 ? this.some(those) : -1;
  }

  #unary([of, code]: [number, number], depth: number): void {
    this.value(of, depth);
    if (REINTERPRET.includes(code)) this.quiet(of);
    this.index(code, -1);
  }

  /** Makes the one NaN of any NaN. */
  protected quiet(type: number): void {
    const held = this.#held[type];
    if (held === undefined) return;
    this.index(0x22, held);
    if (type === F32) this.code.add(0x43).f32(Number.NaN);
    else this.code.add(0x44).f64(Number.NaN);
    this.code.add(0x20).u32(held).add(0x20).u32(held);
    this.code.add(type === F32 ? 0x5b : 0x61, 0x1b);
  }

  #risky(type: number, depth: number): void {
    const divisions = DIVISIONS[type];
    if (!divisions) {
      this.#unary(this.some(UNARY[type]!), depth);
      return;
    }
    if (this.roll(4) === 0) {
      const [of, code] = this.some(TRUNCATIONS[type]!);
      this.value(of, depth);
      this.index(code, -1);
      return;
    }
    this.values([type, type], depth);
    if (this.roll(5) > 0) {
      // Odd, so not zero.
      this.code.add(type === I32 ? 0x41 : 0x42, 1, type === I32 ? 0x72 : 0x84);
    }
    this.code.add(this.some(divisions));
  }

  protected address(depth: number): void {
    this.value(I32, depth);
    if (this.roll(20) > 0) this.code.add(0x41).signed(0x7fffn).add(0x71);
  }

  protected memarg(): void {
    this.code.add(0).u32(this.roll(30) === 0 ? 2 ** 32 - 1 - this.roll(9) : this.roll(300));
  }

  #load(type: number, depth: number): void {
    if (!this.world.hasMemory) {
      this.#leaf(type);
      return;
    }
    this.address(depth);
    this.code.add(this.some(LOADS[type]!));
    this.memarg();
  }

  protected enter(opcode: number, parameters: readonly number[], results: readonly number[]): void {
    const { types } = this.world;
    const fits = ({ parameters: p, results: r }: FunctionType) =>
      `${p}>${r}` === `${parameters}>${results}`;
    this.code.add(opcode);
    if (parameters.length === 0 && results.length === 0) this.code.add(EMPTY);
    else if (parameters.length === 0 && results.length === 1) this.code.add(results[0]!);
    else this.code.signed(BigInt(types.findIndex(fits)));
    const isLoop = opcode === 0x03;
    this.labels.push({ types: isLoop ? parameters : results, isLoop });
  }

  protected leave(): void {
    this.labels.pop();
    this.code.add(0x0b);
  }

  /** A block or an if; what it takes is there, and is dropped or kept first. */
  protected block(
    opcode: number,
    taken: readonly number[],
    left: readonly number[],
    depth: number,
  ): void {
    this.enter(opcode, taken, left);
    const arm = () => {
      for (const type of taken.toReversed()) this.keep(type);
      for (let more = this.roll(3); more > 0; more--) this.statement(depth);
      this.values(left, depth);
    };
    arm();
    if (opcode === 0x04 && (left.length > 0 || taken.length > 0 || this.roll(2))) {
      this.code.add(0x05);
      arm();
    }
    this.leave();
  }

  protected loop(taken: readonly number[], left: readonly number[], depth: number): void {
    this.enter(0x03, taken, left);
    for (const type of taken.toReversed()) this.keep(type);
    for (let more = 1 + this.roll(3); more > 0; more--) this.statement(depth);
    if (this.roll(4)) this.branch(0, depth);
    this.values(left, depth);
    this.leave();
  }

  /** A branch that may be taken; back to a loop only while there is fuel. */
  protected branch(depth: number, inner: number): void {
    const label = this.labels.at(-1 - depth)!;
    this.values(label.types, inner);
    this.value(I32, inner);
    if (label.isLoop) {
      this.spendFuel();
      this.code.add(0x71);
    }
    this.index(0x0d, depth);
    for (const type of label.types.toReversed()) this.keep(type);
  }

  /** Takes a value off, into a local perhaps. */
  protected keep(type: number): void {
    const local = this.#localOf(type);
    if (local >= 0 && this.roll(2)) this.index(0x21, local);
    else this.code.add(0x1a);
  }

  /** A call that leaves one value of the type, of perhaps several. */
  #call(type: number, depth: number): void {
    const { functions, types } = this.world;
    const callable = this.callable ?? [...functions.keys()];
    const those = callable.filter((at) => types[functions[at]!]!.results.includes(type));
    if (those.length === 0) {
      this.#leaf(type);
      return;
    }
    const index = this.some(those);
    const { results } = types[functions[index]!]!;
    this.invoke(index, depth, 0x10);
    // All are taken off but one of the type; that one last, by way of a local.
    const wanted = results.lastIndexOf(type);
    for (const other of results.slice(wanted + 1).toReversed()) this.keep(other);
    const below = results.slice(0, wanted);
    if (below.length === 0) return;
    const local = this.#localOf(type);
    if (local < 0) this.code.add(0x1a);
    else this.index(0x21, local);
    for (const _ of below) this.code.add(0x1a);
    if (local < 0) this.#leaf(type);
    else this.index(0x20, local);
  }

  /** Calls a function, or something of its type through the table. */
  protected invoke(index: number, depth: number, opcode: number): void {
    const { functions, types } = this.world;
    const type = functions[index]!;
    this.values(types[type]!.parameters, depth);
    if (this.callable || this.world.flat.has(index) || this.roll(4) > 0) {
      this.index(opcode, index);
      return;
    }
    this.value(I32, depth);
    if (this.roll(10) > 0) this.code.add(0x41, 15, 0x71);
    this.code
      .add(opcode + 1)
      .u32(type)
      .add(0);
  }

  /** Values that tell of sizes and tables. */
  #whole(depth: number): void {
    const { hasMemory } = this.world;
    switch (this.roll(4)) {
      case 0:
        this.index(0xfc10, 0);
        return;
      case 1:
        this.value(I32, depth);
        this.code.add(0x41, 15, 0x71, 0x25, 0, 0xd1);
        return;
      case 2:
        this.code.add(0xd0, FUNCREF).add(0x41, this.roll(3)).add(0xfc, 0x0f, 0);
        return;
      default:
        if (!hasMemory) this.#leaf(I32);
        else if (this.roll(2)) this.code.add(0x3f, 0);
        else this.code.add(0x41, this.roll(3), 0x40, 0);
    }
  }

  /** A block or loop that takes values and leaves values. */
  #several(type: number, depth: number): void {
    const { types } = this.world;
    const fits = ({ parameters, results }: FunctionType) =>
      results.length === 1 &&
      results[0] === type &&
      parameters.length > 0 &&
      parameters.every((each) => NUMBERS.includes(each));
    const those = types.filter(fits);
    if (those.length === 0) {
      this.#leaf(type);
      return;
    }
    const { parameters, results } = this.some(those);
    this.values(parameters, depth);
    const choice = this.roll(3);
    if (choice === 0) this.block(0x02, parameters, results, depth);
    else if (choice === 1) this.loop(parameters, results, depth);
    else {
      this.value(I32, depth);
      this.block(0x04, parameters, results, depth);
    }
  }
}
