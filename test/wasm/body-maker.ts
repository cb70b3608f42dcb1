// Makes up the body of one function: statements within statements, and expressions of a wanted type.

import { Bytes } from "./bytes.js";
import { EXTERNREF, F32, F64, FUNCREF, type FunctionType, I32, I64 } from "./decode.js";
import { NUMBERS, type World, writeConstant } from "./generator.js";

interface Label {
  /** What a branch to it carries. */
  readonly types: readonly number[];
  readonly isLoop: boolean;
}

/** What takes one value of a type, gives another and never traps; and what traps, where it is wanted. */
const UNARY: Record<number, [number, number][]> = {
  [I32]: [
    ...ops(I32, 0x45, 0x67, 0x68, 0x69, 0xc0, 0xc1),
    ...ops(I64, 0x50, 0xa7),
    ...ops(F32, 0xbc, 0xfc00, 0xfc01),
    ...ops(F64, 0xfc02, 0xfc03),
    ...ops(FUNCREF, 0xd1),
    ...ops(EXTERNREF, 0xd1),
  ],
  [I64]: [
    ...ops(I64, 0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4),
    ...ops(I32, 0xac, 0xad),
    ...ops(F32, 0xfc04, 0xfc05),
    ...ops(F64, 0xbd, 0xfc06, 0xfc07),
  ],
  [F32]: [
    ...ops(F32, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91),
    ...ops(I32, 0xb2, 0xb3, 0xbe),
    ...ops(I64, 0xb4, 0xb5),
    ...ops(F64, 0xb6),
  ],
  [F64]: [
    ...ops(F64, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f),
    ...ops(I32, 0xb7, 0xb8),
    ...ops(I64, 0xb9, 0xba, 0xbf),
    ...ops(F32, 0xbb),
  ],
};

const BINARY: Record<number, [number, number][]> = {
  [I32]: [
    ...ops(I32, ...range(0x46, 0x4f), ...range(0x6a, 0x6c), ...range(0x71, 0x78)),
    ...ops(I64, ...range(0x51, 0x5a)),
    ...ops(F32, ...range(0x5b, 0x60)),
    ...ops(F64, ...range(0x61, 0x66)),
  ],
  [I64]: ops(I64, ...range(0x7c, 0x7e), ...range(0x83, 0x8a)),
  [F32]: ops(F32, ...range(0x92, 0x98)),
  [F64]: ops(F64, ...range(0xa0, 0xa6)),
};

/** These may trap. */
const DIVISIONS: Record<number, number[]> = { [I32]: range(0x6d, 0x70), [I64]: range(0x7f, 0x82) };
const TRUNCATIONS: Record<number, [number, number][]> = {
  [I32]: [...ops(F32, 0xa8, 0xa9), ...ops(F64, 0xaa, 0xab)],
  [I64]: [...ops(F32, 0xae, 0xaf), ...ops(F64, 0xb0, 0xb1)],
};

const LOADS: Record<number, number[]> = {
  ...{ [I32]: [0x28, 0x2c, 0x2d, 0x2e, 0x2f], [I64]: [0x29, ...range(0x30, 0x35)] },
  ...{ [F32]: [0x2a], [F64]: [0x2b] },
};
const STORES: Record<number, number[]> = {
  ...{ [I32]: [0x36, 0x3a, 0x3b], [I64]: [0x37, 0x3c, 0x3d, 0x3e], [F32]: [0x38], [F64]: [0x39] },
};

const COPYSIGN = [0x98, 0xa6];
/** Looks at what a NaN is made of. */
const REINTERPRET = [0xbc, 0xbd];
const EMPTY = 0x40;
const DEPTH = 5;
/** Statements and expressions of a body. */
const BUDGET = 160;
const SMALL_BUDGET = 25;
/** Choices of an expression that a flat function has. */
const FLAT = [0, 2, 4, 5, 7, 8, 9, 13, 14];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

function ops(type: number, ...codes: number[]): [number, number][] {
  return codes.map((code) => [type, code]);
}

export class BodyMaker {
  readonly #world: World;
  readonly #type: FunctionType;
  readonly #roll: (bound: number) => number;
  readonly #locals: number[];
  readonly #code = new Bytes();
  readonly #labels: Label[];
  /** Locals that a float is held in while it is looked at. */
  readonly #held: Record<number, number>;
  #left = BUDGET;
  /** Of a flat function: those that it may call. */
  #callable: readonly number[] | undefined;

  constructor(world: World, type: FunctionType) {
    const { roll } = world;
    this.#world = world;
    this.#type = type;
    this.#roll = roll;
    const more = Array.from({ length: roll(5) }, () => NUMBERS[roll(4)]!);
    this.#locals = [...type.parameters, ...more, F32, F64];
    const count = this.#locals.length;
    this.#held = { [F32]: count - 2, [F64]: count - 1 };
    this.#labels = [{ types: type.results, isLoop: false }];
  }

  /** @param index The function's. */
  make(index: number): Bytes {
    if (this.#world.flat.has(index)) {
      this.#callable = [...this.#world.flat].filter((other) => other < index);
      this.#left = SMALL_BUDGET;
      if (this.#roll(2)) this.#store(2);
      this.#values(this.#type.results, 3);
      return this.#finish();
    }
    this.#spendFuel();
    this.#code.add(0x45, 0x04, EMPTY);
    for (const type of this.#type.results) writeConstant(type, this.#code, this.#roll);
    this.#code.add(0x0f, 0x0b);
    for (let left = 1 + this.#roll(6); left > 0; left--) this.#statement(DEPTH);
    this.#values(this.#type.results, DEPTH);
    return this.#finish();
  }

  #finish(): Bytes {
    const own = this.#locals.slice(this.#type.parameters.length);
    this.#code.add(0x0b);
    return new Bytes().vector(own, (type, to) => to.add(1, type)).append(this.#code);
  }

  #some<T>(from: readonly T[]): T {
    return from[this.#roll(from.length)]!;
  }

  /** Leaves whether there was any. */
  #spendFuel(): void {
    const { fuel } = this.#world;
    this.#code.add(0x23, fuel, 0x41, 1, 0x6b, 0x24, fuel, 0x23, fuel, 0x41, 0, 0x4a);
  }

  #index(opcode: number, index: number): void {
    if (opcode >= 0xfc00) this.#code.add(0xfc).u32(opcode - 0xfc00);
    else this.#code.add(opcode);
    if (index >= 0) this.#code.u32(index);
  }

  #values(types: readonly number[], depth: number): void {
    for (const type of types) this.#value(type, depth);
  }

  /** An expression that leaves one value. */
  #value(type: number, depth: number): void {
    this.#left -= 1;
    if (depth <= 0 || this.#left < 0 || !NUMBERS.includes(type)) {
      this.#leaf(type);
      return;
    }
    const inner = depth - 1;
    switch (this.#callable ? this.#some(FLAT) : this.#roll(16)) {
      case 0:
      case 1:
        this.#leaf(type);
        return;
      case 2:
      case 3:
        this.#unary(this.#some(UNARY[type]!), inner);
        return;
      case 4:
      case 5:
      case 6: {
        const [of, code] = this.#some(BINARY[type]!);
        this.#value(of, inner);
        this.#value(of, inner);
        if (COPYSIGN.includes(code)) this.#quiet(of);
        this.#index(code, -1);
        return;
      }
      case 7:
        this.#risky(type, inner);
        return;
      case 8:
        this.#load(type, inner);
        return;
      case 9:
        this.#values([type, type, I32], inner);
        if (this.#roll(2)) this.#code.add(0x1b);
        else this.#code.add(0x1c, 1, type);
        return;
      case 10:
        this.#block(0x02, [], [type], inner);
        return;
      case 11:
        this.#value(I32, inner);
        this.#block(0x04, [], [type], inner);
        return;
      case 12:
        this.#loop([], [type], inner);
        return;
      case 13: {
        const local = this.#localOf(type);
        this.#value(type, inner);
        if (local >= 0) this.#index(0x22, local);
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
    const global = this.#globalOf(type);
    const choice = this.#roll(3);
    if (choice === 0 && local >= 0) this.#index(0x20, local);
    else if (choice === 1 && global >= 0) this.#index(0x23, global);
    else if (choice < 2 && type === FUNCREF) {
      const { functions, flat } = this.#world;
      this.#index(0xd2, this.#some([...functions.keys()].filter((index) => !flat.has(index))));
    } else writeConstant(type, this.#code, this.#roll);
  }

  #localOf(type: number): number {
    const those = [...this.#locals.keys()].filter((at) => this.#locals[at] === type);
    return those.length > 0 ? this.#some(those) : -1;
  }

  /** Fuel isn't for everybody. */
  #globalOf(type: number): number {
    const { globals, fuel } = this.#world;
    const those = [...globals.keys()].filter((at) => globals[at] === type && at !== fuel);
    return those.length > 0 ? this.#some(those) : -1;
  }

  #unary([of, code]: [number, number], depth: number): void {
    this.#value(of, depth);
    if (REINTERPRET.includes(code)) this.#quiet(of);
    this.#index(code, -1);
  }

  /** Makes the one NaN of any NaN. */
  #quiet(type: number): void {
    const held = this.#held[type];
    if (held === undefined) return;
    this.#index(0x22, held);
    if (type === F32) this.#code.add(0x43).f32(Number.NaN);
    else this.#code.add(0x44).f64(Number.NaN);
    this.#code.add(0x20).u32(held).add(0x20).u32(held);
    this.#code.add(type === F32 ? 0x5b : 0x61, 0x1b);
  }

  #risky(type: number, depth: number): void {
    const divisions = DIVISIONS[type];
    if (!divisions) {
      this.#unary(this.#some(UNARY[type]!), depth);
      return;
    }
    if (this.#roll(4) === 0) {
      const [of, code] = this.#some(TRUNCATIONS[type]!);
      this.#value(of, depth);
      this.#index(code, -1);
      return;
    }
    this.#values([type, type], depth);
    if (this.#roll(5) > 0) {
      // Odd, so not zero.
      this.#code.add(type === I32 ? 0x41 : 0x42, 1, type === I32 ? 0x72 : 0x84);
    }
    this.#code.add(this.#some(divisions));
  }

  #address(depth: number): void {
    this.#value(I32, depth);
    if (this.#roll(20) > 0) this.#code.add(0x41).signed(0x7fffn).add(0x71);
  }

  #memarg(): void {
    this.#code.add(0).u32(this.#roll(30) === 0 ? 2 ** 32 - 1 - this.#roll(9) : this.#roll(300));
  }

  #load(type: number, depth: number): void {
    if (!this.#world.hasMemory) {
      this.#leaf(type);
      return;
    }
    this.#address(depth);
    this.#code.add(this.#some(LOADS[type]!));
    this.#memarg();
  }

  #enter(opcode: number, parameters: readonly number[], results: readonly number[]): void {
    const { types } = this.#world;
    const fits = ({ parameters: p, results: r }: FunctionType) =>
      `${p}>${r}` === `${parameters}>${results}`;
    this.#code.add(opcode);
    if (parameters.length === 0 && results.length === 0) this.#code.add(EMPTY);
    else if (parameters.length === 0 && results.length === 1) this.#code.add(results[0]!);
    else this.#code.signed(BigInt(types.findIndex(fits)));
    const isLoop = opcode === 0x03;
    this.#labels.push({ types: isLoop ? parameters : results, isLoop });
  }

  #leave(): void {
    this.#labels.pop();
    this.#code.add(0x0b);
  }

  /** A block or an if; what it takes is there, and is dropped or kept first. */
  #block(opcode: number, taken: readonly number[], left: readonly number[], depth: number): void {
    this.#enter(opcode, taken, left);
    const arm = () => {
      for (const type of taken.toReversed()) this.#keep(type);
      for (let more = this.#roll(3); more > 0; more--) this.#statement(depth);
      this.#values(left, depth);
    };
    arm();
    if (opcode === 0x04 && (left.length > 0 || taken.length > 0 || this.#roll(2))) {
      this.#code.add(0x05);
      arm();
    }
    this.#leave();
  }

  #loop(taken: readonly number[], left: readonly number[], depth: number): void {
    this.#enter(0x03, taken, left);
    for (const type of taken.toReversed()) this.#keep(type);
    for (let more = 1 + this.#roll(3); more > 0; more--) this.#statement(depth);
    if (this.#roll(4)) this.#branch(0, depth);
    this.#values(left, depth);
    this.#leave();
  }

  /** Takes a value off, into a local perhaps. */
  #keep(type: number): void {
    const local = this.#localOf(type);
    if (local >= 0 && this.#roll(2)) this.#index(0x21, local);
    else this.#code.add(0x1a);
  }

  /** A call that leaves one value of the type, of perhaps several. */
  #call(type: number, depth: number): void {
    const { functions, types } = this.#world;
    const callable = this.#callable ?? [...functions.keys()];
    const those = callable.filter((at) => types[functions[at]!]!.results.includes(type));
    if (those.length === 0) {
      this.#leaf(type);
      return;
    }
    const index = this.#some(those);
    const { results } = types[functions[index]!]!;
    this.#invoke(index, depth, 0x10);
    // All are taken off but one of the type; that one last, by way of a local.
    const wanted = results.lastIndexOf(type);
    for (const other of results.slice(wanted + 1).toReversed()) this.#keep(other);
    const below = results.slice(0, wanted);
    if (below.length === 0) return;
    const local = this.#localOf(type);
    if (local < 0) this.#code.add(0x1a);
    else this.#index(0x21, local);
    for (const _ of below) this.#code.add(0x1a);
    if (local < 0) this.#leaf(type);
    else this.#index(0x20, local);
  }

  /** Calls a function, or something of its type through the table. */
  #invoke(index: number, depth: number, opcode: number): void {
    const { functions, types } = this.#world;
    const type = functions[index]!;
    this.#values(types[type]!.parameters, depth);
    if (this.#callable || this.#world.flat.has(index) || this.#roll(4) > 0) {
      this.#index(opcode, index);
      return;
    }
    this.#value(I32, depth);
    if (this.#roll(10) > 0) this.#code.add(0x41, 15, 0x71);
    this.#code
      .add(opcode + 1)
      .u32(type)
      .add(0);
  }

  /** Values that tell of sizes and tables. */
  #whole(depth: number): void {
    const { hasMemory } = this.#world;
    switch (this.#roll(4)) {
      case 0:
        this.#index(0xfc10, 0);
        return;
      case 1:
        this.#value(I32, depth);
        this.#code.add(0x41, 15, 0x71, 0x25, 0, 0xd1);
        return;
      case 2:
        this.#code.add(0xd0, FUNCREF).add(0x41, this.#roll(3)).add(0xfc, 0x0f, 0);
        return;
      default:
        if (!hasMemory) this.#leaf(I32);
        else if (this.#roll(2)) this.#code.add(0x3f, 0);
        else this.#code.add(0x41, this.#roll(3), 0x40, 0);
    }
  }

  /** A block or loop that takes values and leaves values. */
  #several(type: number, depth: number): void {
    const { types } = this.#world;
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
    const { parameters, results } = this.#some(those);
    this.#values(parameters, depth);
    const choice = this.#roll(3);
    if (choice === 0) this.#block(0x02, parameters, results, depth);
    else if (choice === 1) this.#loop(parameters, results, depth);
    else {
      this.#value(I32, depth);
      this.#block(0x04, parameters, results, depth);
    }
  }

  #statement(depth: number): void {
    this.#left -= 1;
    if (depth <= 0 || this.#left < 0) {
      this.#code.add(0x01);
      return;
    }
    const inner = depth - 1;
    switch (this.#roll(17)) {
      case 0:
      case 1: {
        const local = this.#roll(this.#locals.length);
        this.#value(this.#locals[local]!, inner);
        this.#index(0x21, local);
        return;
      }
      case 2: {
        const type = this.#some(NUMBERS);
        const global = this.#globalOf(type);
        this.#value(type, inner);
        if (global >= 0) this.#index(0x24, global);
        else this.#code.add(0x1a);
        return;
      }
      case 3:
      case 4:
        this.#store(inner);
        return;
      case 5:
        this.#value(this.#some([...NUMBERS, FUNCREF, EXTERNREF]), inner);
        this.#code.add(0x1a);
        return;
      case 6:
        this.#block(0x02, [], [], inner);
        return;
      case 7:
      case 8:
        this.#value(I32, inner);
        this.#block(0x04, [], [], inner);
        return;
      case 9:
        this.#loop([], [], inner);
        return;
      case 10:
      case 11:
        this.#branch(this.#roll(this.#labels.length), inner);
        return;
      case 12:
        this.#table(inner);
        return;
      case 13:
        this.#bulk(inner);
        return;
      case 14: {
        const index = this.#roll(this.#world.functions.length);
        const { results } = this.#world.types[this.#world.functions[index]!]!;
        this.#invoke(index, inner, 0x10);
        for (const type of results.toReversed()) this.#keep(type);
        return;
      }
      case 15:
        this.#elements(inner);
        return;
      default:
        this.#end(inner);
    }
  }

  #store(depth: number): void {
    if (!this.#world.hasMemory) return;
    const type = this.#some(NUMBERS);
    this.#address(depth);
    this.#value(type, depth);
    this.#quiet(type);
    this.#code.add(this.#some(STORES[type]!));
    this.#memarg();
  }

  /** A branch that may be taken; back to a loop only while there is fuel. */
  #branch(depth: number, inner: number): void {
    const label = this.#labels.at(-1 - depth)!;
    this.#values(label.types, inner);
    this.#value(I32, inner);
    if (label.isLoop) {
      this.#spendFuel();
      this.#code.add(0x71);
    }
    this.#index(0x0d, depth);
    for (const type of label.types.toReversed()) this.#keep(type);
  }

  /** A br_table out of an if, so that what comes next is reached by some. */
  #table(depth: number): void {
    this.#value(I32, depth);
    this.#enter(0x04, [], []);
    const { types } = this.#some(this.#labels);
    const those = [...this.#labels.keys()].filter((at) => {
      const label = this.#labels.at(-1 - at)!;
      return !label.isLoop && `${label.types}` === `${types}`;
    });
    if (those.length > 0) {
      this.#values(types, depth);
      this.#value(I32, depth);
      const labels = Array.from({ length: this.#roll(4) }, () => this.#some(those));
      this.#code.add(0x0e).vector(labels, (label, to) => to.u32(label));
      this.#code.u32(this.#some(those));
      if (this.#roll(2)) this.#dead();
    }
    this.#leave();
  }

  /** Code that can't be reached, and is valid with whatever is on the stack. */
  #dead(): void {
    switch (this.#roll(4)) {
      case 0:
        this.#code.add(0x6a, 0x1a);
        return;
      case 1:
        this.#block(0x02, [], [], 1);
        return;
      case 2:
        this.#loop([], [], 1);
        return;
      default:
        this.#code.add(0x00);
    }
  }

  #bulk(depth: number): void {
    if (!this.#world.hasMemory) return;
    this.#address(depth);
    const choice = this.#roll(8);
    if (choice === 7) {
      this.#code.add(0x1a);
      this.#index(0xfc09, 1);
      return;
    }
    this.#value(I32, depth);
    if (this.#roll(10) > 0) this.#code.add(0x41, 63, 0x71);
    this.#value(I32, depth);
    if (this.#roll(10) > 0) this.#code.add(0x41).signed(127n).add(0x71);
    if (choice < 3) this.#code.add(0xfc, 0x0b, 0);
    else if (choice < 5) this.#code.add(0xfc, 0x0a, 0, 0);
    else this.#code.add(0xfc, 0x08, 1, 0);
  }

  #elements(depth: number): void {
    this.#value(I32, depth);
    if (this.#roll(10) > 0) this.#code.add(0x41, 7, 0x71);
    switch (this.#roll(5)) {
      case 0:
        this.#value(FUNCREF, depth);
        this.#code.add(0x26, 0);
        return;
      case 1:
        this.#value(FUNCREF, depth);
        this.#code.add(0x41, this.#roll(5), 0xfc, 0x11, 0);
        return;
      case 2:
        this.#code.add(0x41, this.#roll(4), 0x41, this.#roll(4), 0xfc, 0x0e, 0, 0);
        return;
      case 3:
        this.#code.add(0x41, this.#roll(3), 0x41, this.#roll(3), 0xfc, 0x0c, 1, 0);
        return;
      default:
        this.#code.add(0x1a);
        if (this.#roll(4) === 0) this.#index(0xfc0d, 1);
    }
  }

  /** In an if: a return, a call in its place, or a trap. */
  #end(depth: number): void {
    const { functions, types } = this.#world;
    this.#value(I32, depth);
    this.#enter(0x04, [], []);
    const those = [...functions.keys()].filter(
      (at) => `${types[functions[at]!]!.results}` === `${this.#type.results}`,
    );
    const choice = this.#roll(8);
    if (choice === 0) this.#code.add(0x00);
    else if (choice < 4 && those.length > 0) this.#invoke(this.#some(those), depth, 0x12);
    else {
      this.#values(this.#type.results, depth);
      this.#code.add(0x0f);
    }
    if (this.#roll(3) === 0) this.#dead();
    this.#leave();
  }
}
