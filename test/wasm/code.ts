// The instructions of a body, with where control goes from each, and what each basic block costs. The count
// rule is that of src/instrument, worked out again: an instruction costs what its price is, what only gives
// structure nothing, and a block is paid when it is entered.

import { type Body, Cursor, type Decoded } from "./decode.js";
import { FREE, type Prices } from "./prices.js";

export interface Instruction {
  /** The prefix × 256 and the code behind it, or the opcode alone. */
  readonly opcode: number;
  /** Immediates: indices, an offset, a constant, labels (the default last). */
  readonly a: number;
  readonly b: number;
  readonly value: number | bigint;
  readonly labels: readonly number[];
  /** Of block, loop and if: values taken and left. */
  readonly parameters: number;
  readonly results: number;
  /** Of block, loop and if: where its `end` is; of an if with two arms: where its `else` is. */
  end: number;
  otherwise: number;
  /** What is to be paid on coming here: the cost of the block that begins here. */
  cost: number;
  /** Whether a block begins here. */
  leads: boolean;
  /** Whether it can be come to at all. */
  isReached: boolean;
  /** Whether a region begins here; of each block the longest way behind it, to the end of its region. */
  begins: boolean;
  longest: number;
  /** Whether whoever traps in the block that begins here has paid for what he ran, and nothing more. */
  isExact: boolean;
}

export const UNREACHABLE = 0x00;
export const NOP = 0x01;
export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const END = 0x0b;
export const BR = 0x0c;
export const BR_IF = 0x0d;
export const BR_TABLE = 0x0e;
export const RETURN = 0x0f;
export const CALL = 0x10;
export const CALL_INDIRECT = 0x11;
export const RETURN_CALL = 0x12;
export const RETURN_CALL_INDIRECT = 0x13;

const STRUCTURE = new Set([NOP, BLOCK, LOOP, ELSE, END]);
const EMPTY = 0x40;

/** What a call of a function costs its caller's block besides; undefined where that ends the block. */
export type Included = (callee: number) => number | undefined;

/** @throws {Error} for instructions that aren't known. */
export function codeOf(
  module: Decoded,
  body: Body,
  prices: Prices,
  included: Included,
): Instruction[] {
  const cursor = new Cursor(module.bytes, body.from);
  const code: Instruction[] = [];
  while (cursor.at < body.to) code.push(instruction(cursor, module));
  if (cursor.at !== body.to) throw new Error("decode: a body has another size");
  match(code);
  findBlocks(code, prices, included);
  return code;
}

function instruction(cursor: Cursor, module: Decoded): Instruction {
  const first = cursor.byte();
  const opcode = first >= 0xfb && first <= 0xfe ? first * 256 + cursor.u32() : first;
  const result = {
    ...{ opcode, a: 0, b: 0, value: 0 as number | bigint, labels: [] as number[] },
    ...{
      parameters: 0,
      results: 0,
      end: -1,
      otherwise: -1,
      cost: 0,
      leads: false,
      isReached: false,
      begins: false,
      longest: 0,
      isExact: false,
    },
  };
  switch (opcode) {
    case BLOCK:
    case LOOP:
    case IF:
      Object.assign(result, blockType(cursor, module));
      break;
    case BR_TABLE:
      result.labels = cursor.list(() => cursor.u32());
      result.labels.push(cursor.u32());
      break;
    case CALL_INDIRECT:
    case RETURN_CALL_INDIRECT:
      result.a = cursor.u32(); // the type
      result.b = cursor.u32(); // the table
      break;
    case 0x1c: // select with types
      cursor.list(() => cursor.byte());
      break;
    case 0x41:
    case 0x42: {
      const value = cursor.signed();
      result.value = opcode === 0x41 ? Number(value) : value;
      break;
    }
    case 0x43:
      result.value = cursor.view(4).getFloat32(0, true);
      break;
    case 0x44:
      result.value = cursor.view(8).getFloat64(0, true);
      break;
    case 0xd0: // ref.null
      cursor.byte();
      break;
    default: {
      const immediates = immediatesOf(opcode);
      if (immediates > 0) result.a = cursor.u32();
      if (immediates > 1) result.b = cursor.u32();
    }
  }
  return result;
}

/** Of the plain ones: how many indices follow. */
function immediatesOf(opcode: number): number {
  if (opcode === BR || opcode === BR_IF || opcode === CALL || opcode === RETURN_CALL) return 1;
  if (opcode >= 0x20 && opcode <= 0x26) return 1;
  if (opcode >= 0x28 && opcode <= 0x3e) return 2; // loads and stores: alignment and offset
  if (opcode === 0x3f || opcode === 0x40 || opcode === 0xd2) return 1;
  if (opcode >= 0xfc00 && opcode <= 0xfc11) {
    const code = opcode - 0xfc00;
    if (code <= 7) return 0;
    return [0x08, 0x0a, 0x0c, 0x0e].includes(code) ? 2 : 1;
  }
  const isPlain = [UNREACHABLE, NOP, ELSE, END, RETURN, 0x1a, 0x1b, 0xd1].includes(opcode);
  if (isPlain || (opcode >= 0x45 && opcode <= 0xc4)) return 0;
  throw new Error(`decode: instruction 0x${opcode.toString(16)} is not known here`);
}

function blockType(cursor: Cursor, { types }: Decoded) {
  if (cursor.bytes[cursor.at] === EMPTY) {
    cursor.at += 1;
    return { parameters: 0, results: 0 };
  }
  const type = Number(cursor.signed());
  if (type < 0) return { parameters: 0, results: 1 };
  const { parameters, results } = types[type]!;
  return { parameters: parameters.length, results: results.length };
}

function match(code: readonly Instruction[]): void {
  const open: Instruction[] = [];
  for (const [at, each] of code.entries()) {
    if (each.opcode === BLOCK || each.opcode === LOOP || each.opcode === IF) open.push(each);
    if (each.opcode === ELSE) {
      const around = open.at(-1)!;
      around.otherwise = at;
    }
    if (each.opcode === END) {
      const around = open.pop();
      if (around) around.end = at;
      // An else goes there when it is come upon from above.
      if (around && around.otherwise >= 0) code[around.otherwise]!.end = at;
    }
  }
}

/** What is open while the blocks are looked for. */
interface Open {
  readonly opcode: number;
  /** Whether it can be come to at all; code that can't is in no block. */
  readonly isReached: boolean;
  /** Whether something in it branches to its label. */
  isTarget: boolean;
  /** Of an if: whether it has one arm, and so is left past it; whether the first of two comes to the end. */
  joins: boolean;
}

function findBlocks(code: readonly Instruction[], prices: Prices, included: Included): void {
  const open: Open[] = [{ opcode: BLOCK, isReached: true, isTarget: false, joins: false }];
  /** The first instruction of the block; none in code that can't be reached. */
  let leader: Instruction | undefined = code[0];
  let free = 0;
  const push = (opcode: number) => {
    const isReached = leader !== undefined;
    open.push({ opcode, isReached, isTarget: false, joins: opcode === IF });
  };
  const branchTo = (depth: number) => {
    if (leader) open.at(-1 - depth)!.isTarget = true;
  };
  for (const [at, each] of code.entries()) {
    const { opcode, a } = each;
    each.leads = leader === each;
    each.isReached = leader !== undefined;
    const next = code[at + 1];
    if (leader && !STRUCTURE.has(opcode)) {
      const price = prices.of(opcode);
      if (price === 0) free += 1;
      leader.cost += price === 0 && free % FREE === 0 ? 1 : price;
    }
    switch (opcode) {
      case BLOCK:
        push(opcode);
        break;
      case LOOP:
      case IF:
        push(opcode);
        if (leader) leader = next;
        break;
      case ELSE: {
        const around = open.at(-1)!;
        around.joins = leader !== undefined;
        leader = around.isReached ? next : undefined;
        break;
      }
      case END: {
        const around = open.pop()!;
        const meets = around.joins || (around.isTarget && around.opcode !== LOOP);
        if (around.isReached && meets) leader = next;
        break;
      }
      case BR:
        branchTo(a);
        leader = undefined;
        break;
      case BR_IF:
        branchTo(a);
        if (leader) leader = next;
        break;
      case BR_TABLE:
        for (const label of each.labels) branchTo(label);
        leader = undefined;
        break;
      case UNREACHABLE:
      case RETURN:
      case RETURN_CALL:
      case RETURN_CALL_INDIRECT:
        leader = undefined;
        break;
      case CALL: {
        const cost = included(a);
        if (leader && cost === undefined) leader = next;
        else if (leader) leader.cost += cost!;
        break;
      }
      case CALL_INDIRECT:
        if (leader) leader = next;
        break;
    }
  }
}
