// Processors that are simulated: in the host's own thread they take turns, as a seed says, so that what
// happens when is the same on every machine. Internal.

import {
  PHASE_OUTSIDE,
  PHASE_RESTING,
  PROCESSOR_ATTENTION,
  PROCESSOR_BELL,
  PROCESSOR_PHASE,
} from "../assembly/processor-layout.js";
import type { Bell } from "./bell.js";
import type { Core } from "./core.js";
import { StateError } from "./errors.js";
import type { Processors } from "./processors.js";
import { Random } from "./sim/random.js";
import type { Shared, TurnExports } from "./wasm.js";

/** Turns between two looks of the host, if nobody rings for it. */
const TURNS = 1024;
/** The host among the participants. */
const HOST = 0;

export class Turns implements Processors {
  readonly #core: Core;
  readonly #bell: Bell;
  readonly #exports: TurnExports;
  readonly #random: Random;
  readonly #count: number;
  /** What the bell of a processor that rests was at when it had its last turn; −1 of others. */
  readonly #rested: number[];
  /** Those that do not rest, in the order of their indices; kept for its room. */
  readonly #awake: number[] = [];

  constructor(core: Core, shared: Shared, bell: Bell, seed: number) {
    this.#core = core;
    this.#bell = bell;
    this.#exports = shared.turns;
    this.#random = new Random(seed);
    this.#count = core.options.processors;
    this.#rested = new Array(this.#count + 1).fill(0);
    // Whoever has the lock gives it back in a turn of its own.
    shared.lock.onWait = () => this.#mustTurn();
    shared.lock.comeIn = () => {
      while (this.#isWantedOutside()) this.#mustTurn();
      return true;
    };
  }

  async load(): Promise<void> {}

  mayWait(): void {}

  start(): void {}

  rest(): void {}

  check(): void {}

  end(): void {}

  has(): boolean {
    return true;
  }

  wait(seen: number): void {
    for (let turns = TURNS; turns > 0 && this.#bell.count === seen; turns--) {
      if (!this.#turn()) return;
    }
  }

  async after(seen: number, milliseconds?: number): Promise<void> {
    if (this.#wake().length > 0) this.wait(seen);
    else await this.#bell.after(seen, milliseconds);
  }

  /** A turn of somebody, and then the host is the host again; false where all rest. */
  #turn(): boolean {
    const awake = this.#wake();
    if (awake.length === 0) return false;
    const processor = this.#random.pick(awake);
    const bell = this.#bellOf(processor);
    this.#exports.become(processor);
    const phase = this.#exports.turn();
    this.#exports.become(HOST);
    this.#rested[processor] = phase === PHASE_RESTING ? bell : -1;
    return true;
  }

  #mustTurn(): void {
    if (!this.#turn()) throw new StateError("the kernel lock is held by a processor that rests");
  }

  /** Those whose turn it may be. */
  #wake(): readonly number[] {
    const awake = this.#awake;
    awake.length = 0;
    for (let index = 1; index <= this.#count; index++) {
      if (this.#rested[index] !== this.#bellOf(index)) awake.push(index);
    }
    return awake;
  }

  #bellOf(processor: number): number {
    return this.#core.view.processor(processor, PROCESSOR_BELL);
  }

  /** Whether anybody is asked to come inside, and has not had the turn for it. */
  #isWantedOutside(): boolean {
    const { view } = this.#core;
    for (let index = 1; index <= this.#count; index++) {
      const isOutside = view.processor(index, PROCESSOR_PHASE) === PHASE_OUTSIDE;
      if (isOutside && view.processor(index, PROCESSOR_ATTENTION) !== 0) return true;
    }
    return false;
  }
}
