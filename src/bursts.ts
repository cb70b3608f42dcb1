// Where a kernel keeps the descriptions of its synthetic programs: in frames, each once. Internal.

import {
  BURSTS_EVERY,
  BURSTS_PHASE,
  BURSTS_RUN_MIN,
  BURSTS_RUN_SPAN,
  BURSTS_SIZE,
  BURSTS_TIMES,
  BURSTS_WAIT_MIN,
  BURSTS_WAIT_SPAN,
  PAGE_SIZE,
} from "../assembly/layout.js";
import type { Core } from "./core.js";
import { CapacityError } from "./errors.js";
import type { BurstsProgram } from "./program.js";

export class BurstsTable {
  readonly #core: Core;
  readonly #known = new WeakMap<BurstsProgram, number>();
  readonly #addresses = new Map<string, number>();
  #next = 0;
  #end = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The description of a program; programs alike share one. @throws {CapacityError} NO_FRAMES */
  addressOf(program: BurstsProgram): number {
    let address = this.#known.get(program);
    if (address === undefined) {
      const { runMin, runSpan, waitMin, waitSpan, every, phase, times } = program;
      const text = [runMin, runSpan, waitMin, waitSpan, every, phase, times].join(" ");
      address = this.#addresses.get(text) ?? this.#write(program);
      this.#addresses.set(text, address);
      this.#known.set(program, address);
    }
    return address;
  }

  #write({ runMin, runSpan, waitMin, waitSpan, every, phase, times }: BurstsProgram): number {
    const at = this.#place();
    const { view } = this.#core;
    view.setU32(at + BURSTS_RUN_MIN, runMin);
    view.setU32(at + BURSTS_RUN_SPAN, runSpan);
    view.setU32(at + BURSTS_WAIT_MIN, waitMin);
    view.setU32(at + BURSTS_WAIT_SPAN, waitSpan);
    view.setU32(at + BURSTS_TIMES, times);
    view.setU32(at + BURSTS_EVERY, every);
    view.setU32(at + BURSTS_PHASE, phase);
    return at;
  }

  #place(): number {
    if (this.#next === this.#end) {
      const frame = this.#core.exports.allocateRun(1) >>> 0;
      if (frame === 0) {
        throw new CapacityError(
          "NO_FRAMES",
          "no frame is free for the description of bursts; create the kernel with more `frames`",
        );
      }
      this.#next = frame;
      this.#end = frame + PAGE_SIZE;
    }
    this.#next += BURSTS_SIZE;
    return this.#next - BURSTS_SIZE;
  }
}
