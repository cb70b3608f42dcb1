// Writes bodies with their counting: copies the original from point to point, and puts in what each says.
//
// Counter invariant: in a block that leaves the function, throws, or calls somebody who reads it, the global holds the
// counter; everywhere else the local does, and where something may trap the global is as much below it as the rest of
// the region may cost. Whoever calls a function that carries has it in the local, which goes along; that comes back
// with it on the stack.
//
// Of a function that carries the counter is a parameter more, with the index that its first own local had; that one
// is the last of its locals now, and all others keep their places.

import { LOOKS_ALWAYS } from "./call-graph.js";
import { skipValueType } from "./instruction.js";
import type { Moves } from "./moves.js";
import * as op from "./opcode.js";
import { type Outline, valueTypes } from "./outline.js";
import {
  BLOCK_POINT,
  type Body,
  CALL_POINT,
  DEAD,
  EXIT_POINT,
  FLOWS,
  FUNCTION_POINT,
  GROWN_POINT,
  GUARDS,
  LENGTH_POINT,
  LOAD_POINT,
  LOADED,
  LOCAL_POINT,
  LONG,
  LOOP_POINT,
  NOTED,
  type Plan,
  STORED,
  TAKEN_POINT,
} from "./plan.js";
import { Reader } from "./reader.js";
import type { Settler } from "./settle.js";
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
  readonly #outline: Outline;
  readonly #plan: Plan;
  readonly #settled: Settler;
  readonly #names: Names;
  /** Where bytes of the original went, from the start of the body; only if that is asked for. */
  readonly #moves: Moves | undefined;
  #out: Writer;
  #hints: Hint[] = [];
  /** The local that holds the counter. */
  #local = 0;
  /** Behind it is, where lengths are charged, what that needs. */
  #lastLocal = 0;
  #carries = false;
  #looksAlways = false;
  /** Of the block at hand: by how much the global is below the local where it guards. */
  #rest = 0;

  constructor(
    outline: Outline,
    plan: Plan,
    settled: Settler,
    names: Names,
    out: Writer,
    moves?: Moves,
  ) {
    this.#outline = outline;
    this.#bytes = outline.bytes;
    this.#plan = plan;
    this.#settled = settled;
    this.#names = names;
    this.#out = out;
    this.#moves = moves;
  }

  /** Writes a body, of this index; `looks`: how it looks. `hints` are those that it had. Answers all that it has. */
  emit(index: number, body: Body, looks: number, hints: readonly Hint[] = []): readonly Hint[] {
    this.#hints = [];
    this.#carries = this.#settled.carries(index);
    this.#lastLocal = body.locals;
    this.#local = this.#carries ? body.parameters : body.locals;
    this.#looksAlways = looks === LOOKS_ALWAYS;
    this.#moves?.note(body.from, 0);
    this.#writeLocals(body);
    const wraps = this.#carries && body.branchesOut;
    if (wraps) this.#wrap(body);
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
      const kind = this.#plan.kind(index);
      if (!this.#carries && (kind === LOCAL_POINT || kind === EXIT_POINT)) continue;
      copy(this.#plan.at(index));
      from = this.#plan.resume(index);
      if (kind === EXIT_POINT && wraps && this.#plan.value(index) !== 0) this.#out.byte(op.END);
      const isLook = this.#looksAlways || kind === LOOP_POINT;
      this.#point(kind, index, isLook || (looks > 0 && index === body.first));
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
    const moves = this.#carries && body.locals > body.parameters;
    const needsLocal = (body.needsLocal || this.#looksAlways) && !this.#carries;
    const longs = (needsLocal ? 1 : 0) + (needsLengths ? LENGTH_32 - 1 : 0);
    const more = [moves, longs > 0, needsLengths].filter((is) => is).length;
    out.u32(body.groups + more);
    if (moves) this.#moveLocal(body.from + groupsEnd, body.code);
    else out.bytes(start, groupsEnd);
    if (longs > 0) {
      out.u32(longs);
      out.byte(op.I64);
    }
    if (needsLengths) {
      out.u32(2);
      out.byte(op.I32);
    }
  }

  /** Groups of locals, without the first, which comes last. */
  #moveLocal(from: number, to: number): void {
    const out = this.#out;
    const reader = new Reader(this.#bytes, from, to);
    let count = reader.u32();
    while (count === 0) {
      const type = reader.at;
      skipValueType(reader);
      out.byte(0);
      out.bytes(this.#bytes, type, reader.at);
      count = reader.u32();
    }
    out.u32(count - 1);
    const type = reader.at;
    skipValueType(reader);
    out.bytes(this.#bytes, type, to);
    out.byte(1);
    out.bytes(this.#bytes, type, reader.at);
  }

  /** A block around all of a body has the label that was the function's. */
  #wrap({ type }: Body): void {
    const [, results] = valueTypes(this.#outline, type);
    this.#out.byte(op.BLOCK);
    if (results.length === 0) this.#out.byte(op.EMPTY);
    else this.#out.bytes(results);
  }

  #hasLengths(body: Body): boolean {
    for (let index = body.first; index < body.last; index++) {
      if (this.#plan.kind(index) === LENGTH_POINT) return true;
    }
    return false;
  }

  #point(kind: number, index: number, looks: boolean): void {
    const value = this.#plan.value(index);
    const flags = this.#plan.flags(index);
    switch (kind) {
      case BLOCK_POINT:
      case LOAD_POINT:
      case TAKEN_POINT:
      case LOOP_POINT:
        this.#rest = this.#plan.rest(index);
        this.#enter(kind, value, this.#looksAlways ? flags | FLOWS : flags, looks);
        return;
      case CALL_POINT:
        this.#call(value, flags);
        return;
      case EXIT_POINT:
        this.#get();
        return;
      case LOCAL_POINT:
        this.#out.u32(this.#lastLocal);
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

  /** A block is paid, looked at, and the global stored for it and its region, as far as that is wanted. */
  #enter(kind: number, cost: number, flags: number, looks: boolean): void {
    const isExact = (flags & STORED) !== 0;
    const stores = isExact || (flags & GUARDS) !== 0;
    if ((flags & FLOWS) === 0) {
      this.#enterLast(kind, cost, stores, looks);
      return;
    }
    if (kind === BLOCK_POINT && cost === 0 && !stores && !looks) return;
    const wasStored = kind === LOAD_POINT && cost === 0 && this.#rest === 0;
    this.#counter(kind, flags);
    this.#subtract(cost);
    if (!looks && (!stores || wasStored)) {
      this.#set();
      return;
    }
    if (kind !== BLOCK_POINT || cost !== 0) this.#write(op.LOCAL_TEE, this.#local);
    if (looks) {
      this.#look(true, !stores);
      if (!stores) return;
      this.#get();
    }
    this.#subtract(isExact ? 0 : this.#rest);
    this.#setGlobal();
  }

  /** A block that nothing comes after: the local is of no use any more. */
  #enterLast(kind: number, cost: number, stores: boolean, looks: boolean): void {
    if (kind === BLOCK_POINT ? stores : kind === TAKEN_POINT || cost !== 0) {
      this.#counter(kind, 0);
      this.#subtract(cost);
      this.#setGlobal();
    }
    if (!looks) return;
    this.#getGlobal();
    this.#look(false);
  }

  /** The counter as it is at the beginning of a block, on the stack. */
  #counter(kind: number, flags: number): void {
    if (kind === LOAD_POINT || (flags & LOADED) !== 0) this.#getGlobal();
    else if (kind !== TAKEN_POINT) this.#get();
  }

  #call(callee: number, flags: number): void {
    const carries = this.#settled.carries(callee - this.#outline.importedFunctions);
    if (carries) this.#get();
    this.#write(op.CALL, callee + 1);
    if (carries && (flags & DEAD) !== 0) this.#set();
  }

  /** The length of the next instruction is on top of the stack: it costs, and is looked at first. */
  #length(rate: number, flags: number): void {
    const isLong = (flags & LONG) !== 0;
    const length = this.#lastLocal + (isLong ? LENGTH_64 : LENGTH_32);
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
    const answer = this.#lastLocal + (isLong ? ANSWER_64 : ANSWER_32);
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
    const cost = this.#lastLocal + COST;
    const length = this.#lastLocal + (isLong ? LENGTH_64 : LENGTH_32);
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
    this.#look(true);
    this.#get();
    this.#subtract(this.#rest);
    this.#setGlobal();
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

  /**
   * The counter is on the stack: below zero, more is called for. `isLocal`: the local is to hold it. `isGuarded`: the
   * global is below the local, and must be by as much behind.
   */
  #look(isLocal: boolean, isGuarded = false): void {
    const out = this.#out;
    out.byte(op.I64_CONST);
    out.byte(0);
    out.byte(op.I64_LT_S);
    this.#hints.push({ at: out.length, isLikely: UNLIKELY });
    out.byte(op.IF);
    out.byte(op.EMPTY);
    if (isGuarded) {
      this.#getGlobal();
      this.#get();
      out.byte(op.I64_SUB);
    }
    if (isLocal) this.#get();
    else this.#getGlobal();
    this.#write(op.CALL, this.#names.slow);
    if (isGuarded) {
      this.#write(op.LOCAL_TEE, this.#local);
      out.byte(op.I64_ADD);
      this.#setGlobal();
    } else if (isLocal) this.#set();
    else out.byte(op.DROP);
    out.byte(op.END);
  }

  #subtract(cost: number): void {
    if (cost === 0) return;
    this.#out.byte(op.I64_CONST);
    this.#out.signed(cost);
    this.#out.byte(op.I64_SUB);
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
