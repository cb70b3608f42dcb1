// The kernel as the simulator drives it: the build for several processors over a memory of its own,
// in one thread, each call in the name of one participant.

import * as codes from "../../assembly/codes.js";
import {
  BURSTS_RUN_MIN,
  BURSTS_RUN_SPAN,
  BURSTS_SIZE,
  BURSTS_TIMES,
  BURSTS_WAIT_MIN,
  BURSTS_WAIT_SPAN,
  CONTROL,
  CONTROL_ASKED,
  CONTROL_CANARY,
  CONTROL_EVENTS,
  CONTROL_FREE_NODE,
  CONTROL_HOST_BELL,
  CONTROL_IGNORE_DRY,
  CONTROL_LOCK,
  CONTROL_NODE_BASE,
  CONTROL_PANIC,
  CONTROL_QUANTUM,
  CONTROL_SIMULATED,
  CONTROL_TAPERED,
  CONTROL_TRACED,
  CONTROL_UNTIL,
  NODE_SIZE,
  RECORD_CONSUMED,
  RECORD_NODE,
} from "../../assembly/layout.js";
import {
  JOURNAL,
  JOURNAL_COUNTDOWN,
  PHASE_OUTSIDE,
  PHASE_RESTING,
  PROCESSOR_BELL,
  PROCESSOR_PHASE,
  PROCESSOR_READY,
  PROCESSOR_REST,
  PROCESSOR_RUNNING,
  PROCESSOR_SIZE,
  PROCESSOR_SLICE_LEFT,
  PROCESSOR_STATISTICS,
  PROCESSOR_TIME,
  PROCESSORS,
  REST_EVENTS,
  RUNNING_ANY,
} from "../../assembly/processor-layout.js";
import { bytesOf } from "../size.js";
import { View } from "../view.js";
import type { KernelExports } from "../wasm.js";
import { SimFailure } from "./failure.js";
import type { Plan } from "./plan.js";
import type { Settings } from "./settings.js";

/** What the build for several processors has besides. */
export interface SimExports extends KernelExports {
  become(index: number): void;
  turn(): number;
  enter(): number;
  leave(): void;
  go(): void;
  halt(): void;
  rouse(): void;
  recover(index: number): number;
}

/** Of each code its name. */
const PANICS = new Map(
  Object.entries(codes)
    .filter(([name]) => name.startsWith("PANIC_"))
    .map(([name, code]) => [code, name]),
);

const HOST = 0;
/** One for the descriptions of bursts. */
const FRAMES = 2;
const NEVER = 2n ** 64n - 1n;

export class Machine {
  readonly exports: SimExports;
  readonly view: View;
  /** Whom the last turn ran, as a node's index, and for how many cycles; 0: nobody. */
  ran = 0;
  used = 0;
  /** No slice may end later that begins now. */
  until = Number.POSITIVE_INFINITY;
  isHalted = true;
  readonly #settings: Settings;
  readonly #nodeBase: number;
  /** The frame of the descriptions of bursts, one for each node. */
  readonly #plans: number;
  readonly #doomed = new Set<number>();

  /** `memory` is zero, and large enough. */
  constructor(exports: SimExports, memory: WebAssembly.Memory, settings: Settings, canary: number) {
    this.exports = exports;
    this.view = new View(memory);
    this.#settings = settings;
    const { view } = this;
    const { nodes, processors, quantum } = settings;
    this.beHost();
    const status = exports.initialize(nodes, FRAMES, processors);
    if (status !== codes.OK) throw new Error(`initialize: status ${status}`);
    view.setControl(CONTROL_QUANTUM, quantum);
    view.advance = BigInt(settings.advance);
    view.setControl(CONTROL_TAPERED, Number(settings.tapered));
    view.setControl(CONTROL_IGNORE_DRY, Number(settings.ignoreDry));
    view.setControl(CONTROL_TRACED, Number(settings.traced));
    view.setControl(CONTROL_SIMULATED, 1);
    view.setControl(CONTROL_CANARY, canary);
    view.setU64(CONTROL + CONTROL_UNTIL, NEVER);
    for (let index = 0; index <= processors; index++) {
      view.setU32(this.#block(index) + PROCESSOR_SLICE_LEFT, quantum);
    }
    this.#nodeBase = view.control(CONTROL_NODE_BASE);
    this.#plans = exports.allocateRun(1) >>> 0;
  }

  /** Bytes of memory that a world takes. */
  static bytes(nodes: number, processors: number): number {
    return bytesOf(nodes, FRAMES, processors);
  }

  #block(index: number): number {
    return PROCESSORS + index * PROCESSOR_SIZE;
  }

  /** One turn of a processor; the phase that it is in then. */
  turn(processor: number): number {
    const { view, exports } = this;
    const block = this.#block(processor);
    exports.become(processor);
    this.used = 0;
    if (view.u32(block + PROCESSOR_PHASE) !== PHASE_OUTSIDE) return exports.turn();
    let record = view.u32(block + PROCESSOR_RUNNING);
    if (record === RUNNING_ANY) record = view.u32(block + PROCESSOR_READY);
    const before = view.u32(record + RECORD_CONSUMED);
    this.ran = (view.u32(record + RECORD_NODE) - this.#nodeBase) / NODE_SIZE;
    const phase = exports.turn();
    this.used = (view.u32(record + RECORD_CONSUMED) - before) >>> 0;
    return phase;
  }

  /** Who has the kernel lock; −1: nobody. */
  get holder(): number {
    return this.view.control(CONTROL_LOCK) - 1;
  }

  bell(processor: number): number {
    return this.view.u32(this.#block(processor) + PROCESSOR_BELL);
  }

  /** The clock of a processor, in cycles. */
  clock(processor: number): number {
    const at = this.#block(processor) + PROCESSOR_TIME;
    return this.view.u32(at) + this.view.u32(at + 4) * 2 ** 32;
  }

  /** Whether work may be left to those who rest: halted, at the limit, or without room for events. */
  get isStopped(): boolean {
    if (!this.areResting) return false;
    return this.isHalted || Number.isFinite(this.until) || this.#someLackRoom;
  }

  get #someLackRoom(): boolean {
    for (let processor = 1; processor <= this.#settings.processors; processor++) {
      if (this.view.u32(this.#block(processor) + PROCESSOR_REST) === REST_EVENTS) return true;
    }
    return false;
  }

  /** Whether all rest: only then may the host change the limit. */
  get areResting(): boolean {
    for (let processor = 1; processor <= this.#settings.processors; processor++) {
      const phase = this.view.u32(this.#block(processor) + PROCESSOR_PHASE);
      if (phase !== PHASE_RESTING) return false;
    }
    return true;
  }

  // --- The host ---------------------------------------------------------------------------------

  get hostBell(): number {
    return this.view.control(CONTROL_HOST_BELL);
  }

  /** What follows is done by the host, until a processor has a turn. */
  beHost(): void {
    this.exports.become(HOST);
  }

  enter(): boolean {
    return this.exports.enter() !== 0;
  }

  leave(): void {
    this.exports.leave();
  }

  takeEvents(): void {
    this.view.setControl(CONTROL_EVENTS, 0);
  }

  /** Lets all run, for so many cycles of the latest clock at most. */
  go(cycles: number): void {
    let now = 0;
    for (let processor = 1; processor <= this.#settings.processors; processor++) {
      now = Math.max(now, this.clock(processor));
    }
    this.until = now + cycles;
    const until = Number.isFinite(cycles) ? BigInt(this.until) : NEVER;
    this.view.setU64(CONTROL + CONTROL_UNTIL, until);
    this.exports.go();
    this.isHalted = false;
  }

  halt(): void {
    this.exports.halt();
    this.isHalted = true;
  }

  /** Lets those go on who rest only until the host has taken the events. */
  goOn(): void {
    this.view.setControl(CONTROL_ASKED, 0);
    this.exports.rouse();
  }

  /** Describes a plan for the domain that is made next; answers where. */
  write(plan: Plan): number {
    const { view } = this;
    // In the place of its node, which is free now.
    const at = this.#plans + view.control(CONTROL_FREE_NODE) * BURSTS_SIZE;
    view.setU32(at + BURSTS_RUN_MIN, plan.runMin);
    view.setU32(at + BURSTS_RUN_SPAN, plan.runSpan);
    view.setU32(at + BURSTS_WAIT_MIN, plan.waitMin);
    view.setU32(at + BURSTS_WAIT_SPAN, plan.waitSpan);
    view.setU32(at + BURSTS_TIMES, plan.times);
    return at;
  }

  // --- Deaths -----------------------------------------------------------------------------------

  /** It will die before so many stores more; only where the build has assertions. */
  doom(processor: number, stores: number): void {
    this.#doomed.add(processor);
    this.view.setU32(this.#block(processor) + JOURNAL + JOURNAL_COUNTDOWN, stores);
  }

  /** Whether a processor that stopped did so where it was doomed to. @throws {SimFailure} if not */
  hasDied(processor: number, error: unknown): void {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    const { panic } = this;
    const left = this.view.u32(this.#block(processor) + JOURNAL + JOURNAL_COUNTDOWN);
    if (!panic && left === 0 && this.#doomed.delete(processor)) return;
    throw new SimFailure("panic", `processor ${processor}`, panic || error.message, "none");
  }

  /** The code that the kernel has stopped with, in words, if it has. */
  get panic(): string {
    const panic = this.view.control(CONTROL_PANIC);
    return panic === 0 ? "" : (PANICS.get(panic) ?? `panic ${panic}`);
  }

  /** Undoes what a dead processor was about; false where that must wait for another. */
  recover(processor: number): boolean {
    this.beHost();
    return this.exports.recover(processor) === codes.OK;
  }

  // --- Figures ----------------------------------------------------------------------------------

  /** One of the statistics, of all participants together. */
  statistic(number: number): number {
    let sum = 0n;
    for (let index = 0; index <= this.#settings.processors; index++) {
      sum += this.view.u64(this.#block(index) + PROCESSOR_STATISTICS + 8 * number);
    }
    return Number(sum);
  }
}
