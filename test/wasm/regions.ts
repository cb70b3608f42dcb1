// Regions, worked out again: what a trap costs. A region begins at the entry, at the head of a loop, behind a call,
// behind a block that may leave the function, where branches of several regions meet, and where the longest way
// through it so far is of 1,000 cycles. Who traps pays for the longest way from its first block on, but in a block
// that calls somebody who reads the counter, or leaves to one: that is paid for what was run.

import * as op from "./code.js";

const LONG_WAY = 1000;
const CALLS = new Set([op.CALL, op.CALL_INDIRECT]);

/** Whether a function, by its index, gets the counter from those who call it and gives it back. */
export type Carries = (index: number) => boolean;

/** A block of instructions, as where it leads to. */
interface Block {
  readonly at: number;
  readonly next: readonly number[];
  readonly mayLeave: boolean;
  /** It calls what does not carry. */
  readonly hands: boolean;
  /** The first block of its region. */
  region: Block | undefined;
  begins: boolean;
  /** The longest way from the region's beginning to this block. */
  before: number;
}

/** Notes at each block's first instruction whether a region begins there, and the longest way on in it. */
export function findRegions(
  code: readonly op.Instruction[],
  isCarrying: boolean,
  carries: Carries,
): void {
  const around = surroundings(code);
  const blocks = new Map<number, Block>();
  for (const [at, { leads, isReached }] of code.entries()) {
    if (leads && isReached) blocks.set(at, blockAt(at, code, around, carries));
  }
  for (const [at, block] of blocks) {
    const behind = code[at - 1]?.opcode ?? op.CALL;
    block.begins ||= behind === op.LOOP || CALLS.has(behind);
    block.begins ||= block.before >= LONG_WAY || !block.region;
    if (block.begins) [block.region, block.before] = [block, 0];
    for (const to of block.next) {
      if (to <= at) continue;
      const after = blocks.get(to)!;
      after.begins ||= block.mayLeave || (after.region ?? block.region) !== block.region;
      after.region = block.region;
      after.before = Math.max(after.before, block.before + code[at]!.cost);
    }
  }
  for (const [at, block] of [...blocks].reverse()) {
    const ways = block.next.map((to) =>
      blocks.get(to)!.begins ? 0 : code[to]!.cost + code[to]!.longest,
    );
    code[at]!.begins = block.begins;
    code[at]!.isExact = block.hands || (block.mayLeave && !isCarrying);
    code[at]!.longest = Math.max(0, ...ways);
  }
}

/** By instruction: the blocks that it is in, as where they begin, the innermost last. */
function surroundings(code: readonly op.Instruction[]): (readonly number[])[] {
  let open: readonly number[] = [];
  return code.map(({ opcode }, at) => {
    const before = open;
    if (opcode === op.BLOCK || opcode === op.LOOP || opcode === op.IF) open = [...open, at];
    if (opcode === op.END) open = open.slice(0, -1);
    return before;
  });
}

function blockAt(
  from: number,
  code: readonly op.Instruction[],
  around: readonly (readonly number[])[],
  carries: Carries,
): Block {
  const next = new Set<number>();
  let mayLeave = false;
  let hands = false;
  const branch = (depth: number, at: number) => {
    const to = around[at]!.at(-1 - depth);
    if (to === undefined) mayLeave = true;
    else follow(code[to]!.opcode === op.LOOP ? to + 1 : code[to]!.end + 1);
  };
  const follow = (start: number, isOn = true) => {
    for (let at = start; at < code.length; at++) {
      const { opcode, a, leads, labels, end, otherwise } = code[at]!;
      if (leads && (isOn || at !== from)) {
        next.add(at);
        return;
      }
      switch (opcode) {
        case op.UNREACHABLE:
          return;
        case op.RETURN:
        case op.RETURN_CALL:
        case op.RETURN_CALL_INDIRECT:
          mayLeave = true;
          return;
        case op.CALL:
        case op.CALL_INDIRECT:
          // Behind a plain function's call the block goes on.
          hands ||= code[at + 1]!.leads && !(opcode === op.CALL && carries(a));
          break;
        case op.BR:
          branch(a, at);
          return;
        case op.BR_IF:
          branch(a, at);
          break;
        case op.BR_TABLE:
          for (const label of labels) branch(label, at);
          return;
        case op.IF:
          follow(otherwise >= 0 ? otherwise + 1 : end + 1);
          break;
        case op.ELSE:
          at = end;
          break;
      }
    }
    mayLeave = true;
  };
  follow(from, false);
  return {
    at: from,
    next: [...next],
    mayLeave,
    hands,
    region: undefined,
    begins: false,
    before: 0,
  };
}

/** Whether something, reached or not, branches to the label of the function. */
export function branchesOut(code: readonly op.Instruction[]): boolean {
  const around = surroundings(code);
  return code.some(({ opcode, a, labels }, at) => {
    const depths = opcode === op.BR || opcode === op.BR_IF ? [a] : labels;
    return depths.some((depth) => depth === around[at]!.length);
  });
}
