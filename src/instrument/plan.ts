// What is to be put into bodies, and where: a list of points for all bodies of a module, in order. At each
// the original is copied up to `at`, something is written, and copying goes on from `resume`.

/** A basic block begins: what it costs is taken off the counter. */
export const BLOCK_POINT = 0;
/** The same where the counter must be had from the global first: the entry, after calls, in handlers. */
export const LOAD_POINT = 1;
/** A block, at the head of a loop: the counter is looked at. */
export const LOOP_POINT = 2;
/** The index of a function, which is another now. */
export const FUNCTION_POINT = 3;
/** An instruction that costs by the length on top of the stack. */
export const LENGTH_POINT = 4;
/** What was a block of its own, and belongs to the one before the call now. */
export const NO_POINT = 5;
/** Behind an instruction that makes something larger, if it can: it costs by what it was asked for then. */
export const GROWN_POINT = 6;
/** A block behind a call that gives the counter back: it is on the stack. */
export const TAKEN_POINT = 7;
/** A call of a function of the module's own, which may take the counter. */
export const CALL_POINT = 8;
/** Before a return, or the end of the body (1): the function may have to give the counter. */
export const EXIT_POINT = 9;
/** The index of the first local behind the parameters, which is another where the counter is a parameter. */
export const LOCAL_POINT = 10;

/** Of a block: the global must hold the counter in it, for it calls somebody who reads it, leaves, or throws. */
export const STORED = 1;
/** Of a block: others follow it, which use the local. */
export const FLOWS = 2;
/** Of the head of a loop: the counter must be had from the global, for an exception may have come here. */
export const LOADED = 4;
/** Of a block: it leaves the function. */
export const LEAVES = 8;
/** Of a block: the one before it goes on with it, among others. */
export const FALLS = 16;
/** Of a block: the region that begins with it may trap, so the global must be low enough for all of it. */
export const GUARDS = 32;
/** Of a block: it may trap. Calls that take the counter along may, for want of stack. */
export const TRAPS = 64;
/** Of a block: within it, something is charged for by itself, and looked at. */
export const PAUSES = 128;
/** Of a call: it is in code that is not reached. */
export const DEAD = 1;
/** Of a length: it has 64 bits. */
export const LONG = 1;
/** Of a length: it is noted, and charged behind the instruction. */
export const NOTED = 2;

const LEAST = 1024;

/** Numbers in columns that grow together. */
export class Plan {
  length = 0;
  #at = new Int32Array(LEAST);
  #resume = new Int32Array(LEAST);
  #kind = new Uint8Array(LEAST);
  #flags = new Uint8Array(LEAST);
  /** Of a block behind a call: the block that calls, and the function, or −1. */
  #caller = new Int32Array(LEAST);
  #callee = new Int32Array(LEAST);
  /**
   * Of a block its cost, of a function its index, of a length what 1,024 of it cost. Blocks of hostile modules
   * cost more than 2^31: millions of calls of plain functions.
   */
  #value = new Float64Array(LEAST);
  /** Of a block: by how much the global is to be below the local where that guards the region. */
  #rest = new Float64Array(LEAST);
  /** Of a block: its first branch. */
  #branch = new Int32Array(LEAST);
  /** Branches forward or to loops, by block: to which label. */
  #branches = new Int32Array(LEAST);
  #branchCount = 0;
  /** By label: the block there. */
  #labels = new Int32Array(LEAST);
  #labelCount = 0;

  /** `size`: how many points are expected. */
  constructor(size = 0) {
    while (this.#at.length < size) this.#grow();
  }

  add(kind: number, at: number, resume: number, value = 0, flags = 0): number {
    const index = this.length;
    if (index === this.#at.length) this.#grow();
    this.#at[index] = at;
    this.#resume[index] = resume;
    this.#kind[index] = kind;
    this.#flags[index] = flags;
    this.#value[index] = value;
    this.#caller[index] = -1;
    this.#callee[index] = -1;
    this.#branch[index] = this.#branchCount;
    this.length++;
    return index;
  }

  /** How many blocks cost something, once it is settled. */
  get chargedBlocks(): number {
    let blocks = 0;
    for (let index = 0; index < this.length; index++) {
      const kind = this.#kind[index]!;
      const isBlock = kind <= LOOP_POINT || kind === TAKEN_POINT;
      if (isBlock && this.#value[index]! > 0) blocks++;
    }
    return blocks;
  }

  at(index: number): number {
    return this.#at[index]!;
  }

  resume(index: number): number {
    return this.#resume[index]!;
  }

  kind(index: number): number {
    return this.#kind[index]!;
  }

  value(index: number): number {
    return this.#value[index]!;
  }

  flags(index: number): number {
    return this.#flags[index]!;
  }

  /** A block begins behind a call of that function, −1 if it is not known which; `caller` is the one before. */
  addCalled(at: number, caller: number, callee: number): number {
    const index = this.add(LOAD_POINT, at, at);
    this.#caller[index] = caller;
    this.#callee[index] = callee;
    return index;
  }

  /** The block that calls before this one, or that this one belongs to; −1 for others. */
  caller(index: number): number {
    return this.#caller[index]!;
  }

  callee(index: number): number {
    return this.#callee[index]!;
  }

  /** The block behind a call becomes part of the one that calls. */
  join(index: number, head: number): void {
    this.#kind[index] = NO_POINT;
    this.#caller[index] = head;
  }

  /** The block that one belongs to by now. */
  head(index: number): number {
    return this.#kind[index] === NO_POINT ? this.#caller[index]! : index;
  }

  /** A place to branch to; `at`: the block there, if it is known. */
  addLabel(at = -1): number {
    if (this.#labelCount === this.#labels.length) this.#labels = doubled(this.#labels);
    this.#labels[this.#labelCount] = at;
    return this.#labelCount++;
  }

  place(label: number, at: number): void {
    this.#labels[label] = at;
  }

  /** The last block may go on at a label. */
  addBranch(label: number): void {
    if (this.#branchCount === this.#branches.length) this.#branches = doubled(this.#branches);
    this.#branches[this.#branchCount++] = label;
  }

  /** Branches of a block are those from here to where those of the next one are. */
  branch(index: number): number {
    return index < this.length ? this.#branch[index]! : this.#branchCount;
  }

  /** The block that a branch goes to. */
  target(branch: number): number {
    return this.#labels[this.#branches[branch]!]!;
  }

  rest(index: number): number {
    return this.#rest[index]!;
  }

  /** What a block pays when it is entered, and how far below that the global is to be. */
  settle(index: number, cycles: number, rest: number): void {
    this.#value[index] = cycles;
    this.#rest[index] = rest;
  }

  spend(index: number, cycles: number): void {
    this.#value[index]! += cycles;
  }

  become(index: number, kind: number): void {
    this.#kind[index] = kind;
  }

  mark(index: number, flags: number): void {
    this.#flags[index]! |= flags;
  }

  #grow(): void {
    this.#at = doubled(this.#at);
    this.#resume = doubled(this.#resume);
    this.#kind = doubled(this.#kind);
    this.#flags = doubled(this.#flags);
    this.#value = doubled(this.#value);
    this.#caller = doubled(this.#caller);
    this.#callee = doubled(this.#callee);
    this.#rest = doubled(this.#rest);
    this.#branch = doubled(this.#branch);
  }
}

function doubled<Column extends Int32Array | Uint8Array | Float64Array>(from: Column): Column {
  const to = new (from.constructor as new (length: number) => Column)(from.length * 2);
  to.set(from);
  return to;
}

/** A body, scanned. */
export interface Body {
  /** Its locals, its first instruction, and its end. */
  readonly from: number;
  readonly code: number;
  readonly to: number;
  /** Of the function. */
  readonly type: number;
  readonly parameters: number;
  /** Groups of locals that it declares, and how many they are with the parameters. */
  readonly groups: number;
  readonly locals: number;
  /** Its points in the plan. */
  readonly first: number;
  readonly last: number;
  /** What all its instructions cost together, saturated. */
  readonly cost: number;
  /** Functions that it calls, each as often as it does in its text; and whether others, by reference. */
  readonly calls: readonly number[];
  readonly callsAny: boolean;
  /** It has handlers of exceptions. */
  readonly catches: boolean;
  readonly throws: boolean;
  /** Something branches out of it, by the label that is the function's. */
  readonly branchesOut: boolean;
  /** The counter is kept in a local. */
  needsLocal: boolean;
}
