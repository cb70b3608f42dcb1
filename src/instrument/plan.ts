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

/** Of a block: the global must hold the counter in it, for it may trap, or calls or leaves (`settlePlain`). */
export const STORED = 1;
/** Of a block: others follow it, which use the local. */
export const FLOWS = 2;
/** Of the head of a loop: the counter must be had from the global, for an exception may have come here. */
export const LOADED = 4;
/** Of a block: it leaves the function. */
export const LEAVES = 8;
/** Of a length: it has 64 bits. */
export const LONG = 1;
/** Of a length: it is noted, and charged behind the instruction. */
export const NOTED = 2;

/** Numbers in columns that grow together. */
export class Plan {
  length = 0;
  #at = new Int32Array(1024);
  #resume = new Int32Array(1024);
  #kind = new Uint8Array(1024);
  #flags = new Uint8Array(1024);
  /** Of a block behind a call: the block that calls, and the function, or −1. */
  #caller = new Int32Array(1024);
  #callee = new Int32Array(1024);
  /**
   * Of a block its cost, of a function its index, of a length what 1,024 of it cost. Blocks of hostile modules
   * cost more than 2^31: millions of calls of plain functions.
   */
  #value = new Float64Array(1024);

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
    this.length++;
    return index;
  }

  /** How many blocks cost something, once it is settled. */
  get chargedBlocks(): number {
    let blocks = 0;
    for (let index = 0; index < this.length; index++) {
      if (this.#kind[index]! <= LOOP_POINT && this.#value[index]! > 0) blocks++;
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

  spend(index: number, cycles: number): void {
    this.#value[index]! += cycles;
  }

  /** A block behind a call belongs to another one from now on, and is none itself. */
  attach(index: number, head: number): void {
    this.#kind[index] = NO_POINT;
    this.#caller[index] = head;
  }

  become(index: number, kind: number): void {
    this.#kind[index] = kind;
  }

  mark(index: number, flags: number): void {
    this.#flags[index]! |= flags;
  }

  #grow(): void {
    const grow = <Column extends Int32Array | Uint8Array | Float64Array>(
      from: Column,
      to: Column,
    ): Column => {
      to.set(from);
      return to;
    };
    const size = this.length * 2;
    this.#at = grow(this.#at, new Int32Array(size));
    this.#resume = grow(this.#resume, new Int32Array(size));
    this.#kind = grow(this.#kind, new Uint8Array(size));
    this.#flags = grow(this.#flags, new Uint8Array(size));
    this.#value = grow(this.#value, new Float64Array(size));
    this.#caller = grow(this.#caller, new Int32Array(size));
    this.#callee = grow(this.#callee, new Int32Array(size));
  }
}

/** A body, scanned. */
export interface Body {
  /** Its locals, its first instruction, and its end. */
  readonly from: number;
  readonly code: number;
  readonly to: number;
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
  readonly needsLocal: boolean;
}
