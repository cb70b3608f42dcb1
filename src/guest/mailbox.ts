// The memory that a guest's worker shares with the host's thread: who of the two may go on, and what was granted
// and run. Internal.
//
// Mailbox invariants: the guest's code runs only in state RUNNING, and only the worker leaves that; LEFT, RAN and CHUNK
// are the worker's in RUNNING, and the host's in all others. A worker comes in only by way of AWAY, where the host may
// hold it off. So what a guest has run is known, to the cycle, wherever its state is not RUNNING.

import { mayBlock } from "../bell.js";

/** Places of 32-bit words. */
export const STATE = 0;
/** Not 0: the guest is to stop at its next look. */
export const WANTED = 1;
/** What the worker is to do; it makes it NONE when it begins. */
export const COMMAND = 2;
/** What the command is about: the function to call, the error to throw, whether a result is a list. */
export const SUBJECT = 3;
/** How many values there are. */
export const COUNT = 4;

/** Not 0: nothing is granted, and whoever comes in asks first. */
export const TAKEN = 5;

/** Places of 64-bit words. What is left of the grant: below 0, it ran beyond it. */
export const LEFT = 3;
/** What it has run that the host has not taken yet. */
export const RAN = 4;
/** What it is about to run of the grant before it looks at WANTED. */
export const CHUNK = 5;

/** Where values begin, in 64-bit words; each is its kind, a 32-bit word, and itself. */
export const VALUES = 8;
/** Where bytes begin that are to be written, behind the values that say where to. */
export const BYTES = 128;
const SIZE = 1 << 16;
/** Functions of WebAssembly have 1,000 parameters, or results, at most. */
export const MOST_VALUES = 1000;
export const MOST_BYTES = SIZE - BYTES;

/** States. Not there yet; waits to be called; */
export const STARTING = 0;
export const IDLE = 1;
/** in no code of the guest's, but about to go on, with nobody's leave; or the host holds it off; */
export const AWAY = 2;
export const HELD = 3;
/** in the guest's code; */
export const RUNNING = 4;
/** waits to be granted more; waits for a function of the host. */
export const ASKING = 5;
export const OUTSIDE = 6;

/** Commands. To go on: with a grant, by a trap, with the result of a function of the host, or with what it threw. */
export const NONE = 0;
export const GRANT = 1;
export const END_CALL = 2;
export const RETURN = 3;
export const THROW = 4;
/** To do something, and wait again. */
export const CALL = 5;
export const READ = 6;
export const WRITE = 7;

/** Kinds of values; nothing; and what can't cross, which matters only if it is used. */
export const NOTHING = 0;
export const NUMBER = 1;
export const BIGINT = 2;
export const STRANGE = 3;

export type Value = number | bigint | undefined | typeof strange;
/** Stands for what can't cross. */
export const strange = Symbol("strange");

/** Cycles that a guest runs at most before it looks whether it is wanted: a millisecond where they are slow. */
export const MOST_CHUNK = 1_000_000;

/** How long one is waited for at a time, in milliseconds, before a look whether it is still there. */
const LOOK_MS = 1;
/** How long at all: by far longer than any instruction takes, but for those that wait themselves. */
const PATIENCE_MS = 5000;

/** The host's side. */
export class Mailbox {
  readonly buffer = new SharedArrayBuffer(SIZE);
  readonly #words = new Int32Array(this.buffer);
  readonly #longs = new BigInt64Array(this.buffer);
  readonly #floats = new Float64Array(this.buffer);

  get state(): number {
    return Atomics.load(this.#words, STATE);
  }

  /** The guest stops at its next look, and waits for a grant. */
  want(): void {
    Atomics.store(this.#words, WANTED, 1);
  }

  /**
   * Takes back what is left of the grant, once the guest does not run; what it ran since the last time.
   * Blocks for about as long as a chunk takes. Undefined where the worker `isOver`, or does not come in.
   */
  take(isOver: () => boolean): bigint | undefined {
    this.want();
    if (!this.#waitFor(isOver)) return undefined;
    const longs = this.#longs;
    const ran = longs[RAN]!;
    longs[RAN] = 0n;
    longs[LEFT] = 0n;
    this.#words[TAKEN] = 1;
    Atomics.store(this.#words, WANTED, 0);
    if (Atomics.compareExchange(this.#words, STATE, HELD, AWAY) === HELD) {
      Atomics.notify(this.#words, STATE);
    }
    return ran;
  }

  /** Adds to what one has run that waits for a function of the host. */
  charge(cycles: bigint): void {
    this.#longs[RAN]! += cycles;
    this.#longs[LEFT]! -= cycles;
  }

  /** What a worker that is no more may have run: all that was out. */
  lost(): bigint {
    return this.#longs[RAN]! + this.#longs[CHUNK]!;
  }

  /** Lets one that asks go on. */
  grant(cycles: bigint): void {
    this.#allow(cycles);
    this.#go(GRANT);
  }

  /** Ends the call of one that asks. */
  end(): void {
    this.#go(END_CALL);
  }

  /** Calls a function; with a grant where none is out. */
  call(index: number, values: readonly Value[], cycles?: bigint): void {
    if (cycles !== undefined) this.#allow(cycles);
    this.#put(values);
    this.#go(CALL, index);
  }

  /** Lets one go on that waits for a function of the host. */
  return(values: readonly Value[], isList: boolean): void {
    this.#put(values);
    this.#go(RETURN, isList ? 1 : 0);
  }

  throw(error: number): void {
    this.#go(THROW, error);
  }

  /** Asks for bytes of its memory. */
  read(address: number, length: number): void {
    this.#put([address, length]);
    this.#give(READ, 0);
  }

  /** Puts bytes into its memory, MOST_BYTES at most, of as many as are to come `in all`. */
  write(address: number, bytes: Uint8Array, all: number): void {
    this.#put([address, bytes.length, all]);
    new Uint8Array(this.buffer).set(bytes, BYTES);
    this.#give(WRITE, 0);
  }

  /** Whether it does not run: where it is about to, it is held off. */
  #waitFor(isOver: () => boolean): boolean {
    const words = this.#words;
    const end = performance.now() + PATIENCE_MS;
    while (Atomics.compareExchange(words, STATE, AWAY, HELD) === RUNNING) {
      if (mayBlock()) Atomics.wait(words, STATE, RUNNING, LOOK_MS);
      else spin(() => this.state === RUNNING);
      if (this.state === RUNNING && (isOver() || performance.now() > end)) return false;
    }
    return true;
  }

  #allow(cycles: bigint): void {
    this.#longs[LEFT] = cycles;
    this.#words[TAKEN] = 0;
  }

  #put(values: readonly Value[]): void {
    this.#words[COUNT] = values.length;
    for (const [i, value] of values.entries()) {
      const at = VALUES + 2 * i;
      this.#words[2 * at] = kindOf(value);
      if (typeof value === "number") this.#floats[at + 1] = value;
      if (typeof value === "bigint") this.#longs[at + 1] = BigInt.asIntN(64, value);
    }
  }

  #go(command: number, subject = 0): void {
    Atomics.store(this.#words, STATE, AWAY);
    this.#give(command, subject);
  }

  #give(command: number, subject: number): void {
    this.#words[SUBJECT] = subject;
    Atomics.store(this.#words, COMMAND, command);
    Atomics.notify(this.#words, COMMAND);
  }
}

function kindOf(value: Value): number {
  if (typeof value === "number") return NUMBER;
  if (typeof value === "bigint") return BIGINT;
  return value === undefined ? NOTHING : STRANGE;
}

/** Goes round while something holds, for LOOK_MS at most. */
function spin(holds: () => boolean): void {
  const end = performance.now() + LOOK_MS;
  while (holds() && performance.now() < end);
}
