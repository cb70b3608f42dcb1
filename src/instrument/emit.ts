// Writes bodies with their counting: copies the original from point to point, and puts in what each says.
//
// Counter invariant: in a block that calls, leaves the function or may trap, the global holds the counter;
// everywhere else the local does, and the global is some blocks behind.

import type { Moves } from "./moves.js";
import * as op from "./opcode.js";
import {
  BLOCK_POINT,
  type Body,
  FLOWS,
  FUNCTION_POINT,
  GROWN_POINT,
  LENGTH_POINT,
  LOAD_POINT,
  LOADED,
  LONG,
  LOOP_POINT,
  NOTED,
  type Plan,
  STORED,
} from "./plan.js";
import type { Writer } from "./writer.js";

/** A branch hint: where in a body, and whether it is likely. */
export interface Hint {
  readonly at: number;
  readonly isLikely: boolean;
}

export interface Names {
  /** The index of the counter's global, and of the function that is called when it is used up. */
  readonly counter: number;
  readonly slow: number;
}

const UNLIKELY = false;
/** Locals behind that of the counter, where lengths are charged: four of 64 bits, two of 32. */
const COST = 1;
const LENGTH_64 = 2;
const ANSWER_64 = 3;
const LENGTH_32 = 4;
const ANSWER_32 = 5;
const MOST_LENGTH = 2 ** 40;
/** Lengths cost so many cycles for 2^10. */
const LENGTH_BITS = 10;

export class Emitter {
  readonly #bytes: Uint8Array;
  readonly #plan: Plan;
  readonly #names: Names;
  /** Where bytes of the original went, from the start of the body; only if that is asked for. */
  readonly #moves: Moves | undefined;
  #out: Writer;
  #hints: Hint[] = [];
  /** The local that holds the counter; behind it, where lengths are charged, what that needs. */
  #local = 0;

  constructor(bytes: Uint8Array, plan: Plan, names: Names, out: Writer, moves?: Moves) {
    this.#bytes = bytes;
    this.#plan = plan;
    this.#names = names;
    this.#out = out;
    this.#moves = moves;
  }

  /** Writes a body; `looks`: its entry is checked. `hints` are those that it had. Answers all that it has. */
  emit(body: Body, looks: boolean, hints: readonly Hint[] = []): readonly Hint[] {
    this.#hints = [];
    this.#local = body.locals;
    this.#moves?.note(body.from, 0);
    this.#writeLocals(body);
    let from = body.code;
    let hint = 0;
    const copy = (to: number) => {
      for (; hint < hints.length && hints[hint]!.at + body.from < to; hint++) {
        const { at, isLikely } = hints[hint]!;
        const place = this.#out.length + at + body.from - from;
        if (at + body.from >= from) this.#hints.push({ at: place, isLikely });
      }
      this.#moves?.note(from, this.#out.length);
      this.#out.bytes(this.#bytes, from, to);
      this.#moves?.note(to, this.#out.length);
    };
    for (let index = body.first; index < body.last; index++) {
      copy(this.#plan.at(index));
      from = this.#plan.resume(index);
      this.#point(index, looks && index === body.first);
    }
    copy(body.to);
    return this.#hints;
  }

  #writeLocals(body: Body): void {
    const out = this.#out;
    const start = this.#bytes.subarray(body.from, body.code);
    let groupsEnd = 1;
    while (start[groupsEnd - 1]! >= 0x80) groupsEnd++;
    const needsLengths = this.#hasLengths(body);
    const needsLocal = body.needsLocal || needsLengths;
    out.u32(body.groups + (needsLocal ? 1 : 0) + (needsLengths ? 1 : 0));
    out.bytes(start, groupsEnd);
    if (needsLocal) {
      out.u32(needsLengths ? LENGTH_32 : 1);
      out.byte(op.I64);
    }
    if (needsLengths) {
      out.u32(2);
      out.byte(op.I32);
    }
  }

  #hasLengths(body: Body): boolean {
    for (let index = body.first; index < body.last; index++) {
      if (this.#plan.kind(index) === LENGTH_POINT) return true;
    }
    return false;
  }

  #point(index: number, looks: boolean): void {
    const value = this.#plan.value(index);
    const flags = this.#plan.flags(index);
    switch (this.#plan.kind(index)) {
      case BLOCK_POINT:
        this.#block(value, flags);
        return;
      case LOAD_POINT:
        this.#load(value, flags, looks);
        return;
      case LOOP_POINT:
        this.#loop(value, flags);
        return;
      case FUNCTION_POINT:
        this.#out.u32(value + 1);
        return;
      case LENGTH_POINT:
        this.#length(value, flags);
        return;
      case GROWN_POINT:
        this.#grown(value, flags);
        return;
    }
  }

  #block(cost: number, flags: number): void {
    const isStored = (flags & STORED) !== 0;
    if (cost === 0 && !isStored) return;
    this.#get();
    this.#subtract(cost);
    if (cost !== 0 && (flags & FLOWS) !== 0) this.#keep(isStored);
    else if (isStored) this.#setGlobal();
    else this.#set();
  }

  #load(cost: number, flags: number, looks: boolean): void {
    const isStored = (flags & STORED) !== 0;
    const flows = (flags & FLOWS) !== 0;
    if (cost !== 0 || flows) this.#getGlobal();
    this.#subtract(cost);
    if (flows) this.#keep(isStored && cost !== 0);
    else if (cost !== 0) this.#setGlobal();
    if (!looks) return;
    if (flows) this.#get();
    else this.#getGlobal();
    this.#look(flows);
  }

  #loop(cost: number, flags: number): void {
    const isStored = (flags & STORED) !== 0;
    if ((flags & LOADED) !== 0) this.#getGlobal();
    else this.#get();
    this.#subtract(cost);
    this.#write(op.LOCAL_TEE, this.#local);
    if (isStored) {
      this.#setGlobal();
      this.#get();
    }
    this.#look(true);
  }

  /** The length of the next instruction is on top of the stack: it costs, and is looked at first. */
  #length(rate: number, flags: number): void {
    const isLong = (flags & LONG) !== 0;
    const length = this.#local + (isLong ? LENGTH_64 : LENGTH_32);
    this.#write(op.LOCAL_TEE, length);
    if ((flags & NOTED) !== 0) return;
    this.#out.byte(op.DROP);
    this.#chargeLength(rate, isLong);
    this.#write(op.LOCAL_GET, length);
  }

  /** What the instruction before has answered is on top of the stack: −1 where it did nothing. */
  #grown(rate: number, flags: number): void {
    const out = this.#out;
    const isLong = (flags & LONG) !== 0;
    const answer = this.#local + (isLong ? ANSWER_64 : ANSWER_32);
    this.#write(op.LOCAL_TEE, answer);
    out.byte(isLong ? op.I64_CONST : op.I32_CONST);
    out.signed(-1);
    out.byte(isLong ? op.I64_NE : op.I32_NE);
    out.byte(op.IF);
    out.byte(op.EMPTY);
    this.#chargeLength(rate, isLong);
    out.byte(op.END);
    this.#write(op.LOCAL_GET, answer);
  }

  #chargeLength(rate: number, isLong: boolean): void {
    const out = this.#out;
    const [cost, length] = [this.#local + COST, this.#local + (isLong ? LENGTH_64 : LENGTH_32)];
    this.#write(op.LOCAL_GET, length);
    if (isLong) {
      // What is too great for any memory must not turn the sum around.
      out.byte(op.I64_CONST);
      out.signed(MOST_LENGTH);
      this.#write(op.LOCAL_GET, length);
      out.byte(op.I64_CONST);
      out.signed(MOST_LENGTH);
      out.byte(op.I64_LT_U);
      out.byte(op.SELECT);
    } else out.byte(op.I64_EXTEND_I32_U);
    this.#scale(rate);
    this.#write(op.LOCAL_SET, cost);
    this.#get();
    this.#write(op.LOCAL_GET, cost);
    out.byte(op.I64_SUB);
    this.#write(op.LOCAL_TEE, this.#local);
    this.#setGlobal();
    this.#get();
    this.#look(true);
  }

  /** A length on the stack becomes cycles, rounded down: `rate` for 1,024 of it. */
  #scale(rate: number): void {
    const shift = Math.log2(rate) - LENGTH_BITS;
    if (Number.isInteger(shift)) {
      if (shift !== 0) this.#by(Math.abs(shift), shift < 0 ? op.I64_SHR_U : op.I64_SHL);
    } else if (rate % 2 ** LENGTH_BITS === 0) this.#by(rate / 2 ** LENGTH_BITS, op.I64_MUL);
    else {
      this.#by(rate, op.I64_MUL);
      this.#by(LENGTH_BITS, op.I64_SHR_U);
    }
  }

  #by(operand: number, opcode: number): void {
    this.#out.byte(op.I64_CONST);
    this.#out.signed(operand);
    this.#out.byte(opcode);
  }

  /** The counter is on the stack: below zero, more is called for. `isLocal`: the local is to hold it. */
  #look(isLocal: boolean): void {
    const out = this.#out;
    out.byte(op.I64_CONST);
    out.byte(0);
    out.byte(op.I64_LT_S);
    this.#hints.push({ at: out.length, isLikely: UNLIKELY });
    out.byte(op.IF);
    out.byte(op.EMPTY);
    if (isLocal) this.#get();
    else this.#getGlobal();
    this.#write(op.CALL, this.#names.slow);
    if (isLocal) this.#set();
    else out.byte(op.DROP);
    out.byte(op.END);
  }

  #subtract(cost: number): void {
    if (cost === 0) return;
    this.#out.byte(op.I64_CONST);
    this.#out.signed(cost);
    this.#out.byte(op.I64_SUB);
  }

  /** The counter, on the stack, goes to the local, and to the global if that is to hold it. */
  #keep(isStored: boolean): void {
    if (!isStored) {
      this.#set();
      return;
    }
    this.#write(op.LOCAL_TEE, this.#local);
    this.#setGlobal();
  }

  #get(): void {
    this.#write(op.LOCAL_GET, this.#local);
  }

  #set(): void {
    this.#write(op.LOCAL_SET, this.#local);
  }

  #getGlobal(): void {
    this.#write(op.GLOBAL_GET, this.#names.counter);
  }

  #setGlobal(): void {
    this.#write(op.GLOBAL_SET, this.#names.counter);
  }

  #write(opcode: number, index: number): void {
    this.#out.byte(opcode);
    this.#out.u32(index);
  }
}
