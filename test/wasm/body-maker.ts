// Makes up the body of one function: statements within statements, and expressions of a wanted type.

import { Bytes } from "./bytes.js";
import { EXTERNREF, FUNCREF, type FunctionType, I32 } from "./decode.js";
import { EMPTY, ExpressionMaker } from "./expression-maker.js";
import { NUMBERS, type World, writeConstant } from "./generator.js";
import { STORES } from "./operations.js";

const DEPTH = 5;
/** Statements and expressions of the body of a flat function. */
const SMALL_BUDGET = 25;

export class BodyMaker extends ExpressionMaker {
  readonly #type: FunctionType;

  constructor(world: World, type: FunctionType) {
    super(world, type);
    this.#type = type;
  }

  /** @param index The function's. */
  make(index: number): Bytes {
    if (this.world.flat.has(index)) {
      this.callable = [...this.world.flat].filter((other) => other < index);
      this.left = SMALL_BUDGET;
      if (this.roll(2)) this.#store(2);
      this.values(this.#type.results, 3);
      return this.#finish();
    }
    this.spendFuel();
    this.code.add(0x45, 0x04, EMPTY);
    for (const type of this.#type.results) writeConstant(type, this.code, this.roll);
    this.code.add(0x0f, 0x0b);
    for (let left = 1 + this.roll(6); left > 0; left--) this.statement(DEPTH);
    this.values(this.#type.results, DEPTH);
    return this.#finish();
  }

  #finish(): Bytes {
    const own = this.locals.slice(this.#type.parameters.length);
    this.code.add(0x0b);
    return new Bytes().vector(own, (type, to) => to.add(1, type)).append(this.code);
  }

  protected override statement(depth: number): void {
    this.left -= 1;
    if (depth <= 0 || this.left < 0) {
      this.code.add(0x01);
      return;
    }
    const inner = depth - 1;
    switch (this.roll(17)) {
      case 0:
      case 1: {
        const local = this.roll(this.locals.length);
        this.value(this.locals[local]!, inner);
        this.index(0x21, local);
        return;
      }
      case 2: {
        const type = this.some(NUMBERS);
        const global = this.globalOf(type);
        this.value(type, inner);
        if (global >= 0) this.index(0x24, global);
        else this.code.add(0x1a);
        return;
      }
      case 3:
      case 4:
        this.#store(inner);
        return;
      case 5:
        this.value(this.some([...NUMBERS, FUNCREF, EXTERNREF]), inner);
        this.code.add(0x1a);
        return;
      case 6:
        this.block(0x02, [], [], inner);
        return;
      case 7:
      case 8:
        this.value(I32, inner);
        this.block(0x04, [], [], inner);
        return;
      case 9:
        this.loop([], [], inner);
        return;
      case 10:
      case 11:
        this.branch(this.roll(this.labels.length), inner);
        return;
      case 12:
        this.#table(inner);
        return;
      case 13:
        this.#bulk(inner);
        return;
      case 14: {
        const index = this.roll(this.world.functions.length);
        const { results } = this.world.types[this.world.functions[index]!]!;
        this.invoke(index, inner, 0x10);
        for (const type of results.toReversed()) this.keep(type);
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
    if (!this.world.hasMemory) return;
    const type = this.some(NUMBERS);
    this.address(depth);
    this.value(type, depth);
    this.quiet(type);
    this.code.add(this.some(STORES[type]!));
    this.memarg();
  }

  /** A br_table out of an if, so that what comes next is reached by some. */
  #table(depth: number): void {
    this.value(I32, depth);
    this.enter(0x04, [], []);
    const { types } = this.some(this.labels);
    const those = [...this.labels.keys()].filter((at) => {
      const label = this.labels.at(-1 - at)!;
      return !label.isLoop && `${label.types}` === `${types}`;
    });
    if (those.length > 0) {
      this.values(types, depth);
      this.value(I32, depth);
      const labels = Array.from({ length: this.roll(4) }, () => this.some(those));
      this.code.add(0x0e).vector(labels, (label, to) => to.u32(label));
      this.code.u32(this.some(those));
      if (this.roll(2)) this.#dead();
    }
    this.leave();
  }

  /** Code that can't be reached, and is valid with whatever is on the stack. */
  #dead(): void {
    switch (this.roll(4)) {
      case 0:
        this.code.add(0x6a, 0x1a);
        return;
      case 1:
        this.block(0x02, [], [], 1);
        return;
      case 2:
        this.loop([], [], 1);
        return;
      default:
        this.code.add(0x00);
    }
  }

  #bulk(depth: number): void {
    if (!this.world.hasMemory) return;
    this.address(depth);
    const choice = this.roll(8);
    if (choice === 7) {
      this.code.add(0x1a);
      this.index(0xfc09, 1);
      return;
    }
    this.value(I32, depth);
    if (this.roll(10) > 0) this.code.add(0x41, 63, 0x71);
    this.value(I32, depth);
    if (this.roll(10) > 0) this.code.add(0x41).signed(127n).add(0x71);
    if (choice < 3) this.code.add(0xfc, 0x0b, 0);
    else if (choice < 5) this.code.add(0xfc, 0x0a, 0, 0);
    else this.code.add(0xfc, 0x08, 1, 0);
  }

  #elements(depth: number): void {
    this.value(I32, depth);
    if (this.roll(10) > 0) this.code.add(0x41, 7, 0x71);
    switch (this.roll(5)) {
      case 0:
        this.value(FUNCREF, depth);
        this.code.add(0x26, 0);
        return;
      case 1:
        this.value(FUNCREF, depth);
        this.code.add(0x41, this.roll(5), 0xfc, 0x11, 0);
        return;
      case 2:
        this.code.add(0x41, this.roll(4), 0x41, this.roll(4), 0xfc, 0x0e, 0, 0);
        return;
      case 3:
        this.code.add(0x41, this.roll(3), 0x41, this.roll(3), 0xfc, 0x0c, 1, 0);
        return;
      default:
        this.code.add(0x1a);
        if (this.roll(4) === 0) this.index(0xfc0d, 1);
    }
  }

  /** In an if: a return, a call in its place, or a trap. */
  #end(depth: number): void {
    const { functions, types } = this.world;
    this.value(I32, depth);
    this.enter(0x04, [], []);
    const those = [...functions.keys()].filter(
      (at) => `${types[functions[at]!]!.results}` === `${this.#type.results}`,
    );
    const choice = this.roll(8);
    if (choice === 0) this.code.add(0x00);
    else if (choice < 4 && those.length > 0) this.invoke(this.some(those), depth, 0x12);
    else {
      this.values(this.#type.results, depth);
      this.code.add(0x0f);
    }
    if (this.roll(3) === 0) this.#dead();
    this.leave();
  }
}
