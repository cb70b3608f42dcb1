// The build for several processors in one thread: each call is made in the name of one participant,
// and processors take turns as a test says.

import { readFileSync } from "node:fs";
import { ANSWER_BUSY, OK, ORDER_SWAP, STATUS_BUSY } from "../assembly/codes.js";
import {
  BURSTS_RUN_MIN,
  BURSTS_RUN_SPAN,
  BURSTS_SIZE,
  BURSTS_TIMES,
  BURSTS_WAIT_MIN,
  BURSTS_WAIT_SPAN,
  CONTROL,
  CONTROL_EVENTS,
  CONTROL_LOCK,
  CONTROL_NODE_BASE,
  CONTROL_SIMULATED,
  CONTROL_UNTIL,
  DEFAULT_QUANTUM,
  NODE_CALLS,
  NODE_SIZE,
  PAGE_SIZE,
  PROGRAM_BURSTS,
  PROGRAM_RISCV,
  WASM_PAGE_SIZE,
} from "../assembly/layout.js";
import {
  PHASE_OUTSIDE,
  PROCESSOR_ATTENTION,
  PROCESSOR_PHASE,
} from "../assembly/processor-layout.js";
import { MACHINE_PC, MARK_EXEC, MARK_READ } from "../assembly/riscv/layout.js";
import { type CheckReport, checkStore } from "../src/check.js";
import { idOf } from "../src/id.js";
import type { Key } from "../src/key.js";
import { bytesOf } from "../src/size.js";
import { type RawEvent, View } from "../src/view.js";
import type { SharedExports } from "../src/wasm.js";

/** What the simulator needs of the shared build besides what the library does. */
export interface SimulatedExports extends SharedExports {
  become(index: number): void;
  turn(): number;
  enter(): number;
  leave(): void;
  recover(index: number): number;
}

export interface SimulatedOptions {
  readonly processors?: number;
  readonly nodes?: number;
  readonly frames?: number;
  readonly quantum?: number;
  readonly advance?: bigint;
  /** Without assertions, which stop the kernel at the first fault. */
  readonly release?: boolean;
  /** Another build for several processors. */
  readonly module?: WebAssembly.Module;
}

export interface BurstsOptions {
  readonly run: number;
  readonly span?: number;
  readonly wait?: number;
  readonly waitSpan?: number;
  readonly times?: number;
}

const HOST = 0;
const ALL_EVENTS = -1;
const NEVER = (1n << 64n) - 1n;
/** Turns after which a processor that is wanted inside should long have come. */
const PATIENCE = 10_000;

const modules = new Map<string, WebAssembly.Module>();

function moduleOf(release: boolean): WebAssembly.Module {
  const name = `../build/kernel.shared${release ? "" : ".debug"}.wasm`;
  let module = modules.get(name);
  if (!module) {
    module = new WebAssembly.Module(readFileSync(new URL(name, import.meta.url)));
    modules.set(name, module);
  }
  return module;
}

/** Pseudo-random numbers below a bound, from a seed: mulberry32. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}

export class Simulated {
  readonly exports: SimulatedExports;
  readonly view: View;
  /** All of its memory, to be read and written. */
  readonly bytes: Uint8Array;
  readonly processors: number;
  readonly #descriptions: number;
  #described = 0;
  #image = 0;

  constructor(options: SimulatedOptions = {}) {
    const { processors = 2, nodes = 64, frames = 64, quantum = 1000 } = options;
    const pages = Math.ceil(bytesOf(nodes, frames, processors) / WASM_PAGE_SIZE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const module = options.module ?? moduleOf(options.release ?? false);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.exports = instance.exports as unknown as SimulatedExports;
    this.view = new View(memory);
    this.bytes = new Uint8Array(memory.buffer);
    this.processors = processors;
    this.exports.become(HOST);
    const status = this.exports.initialize(nodes, frames, processors);
    if (status !== OK) throw new Error(`initialize: status ${status}`);
    this.view.setControl(CONTROL_SIMULATED, 1);
    this.view.quantum = quantum ?? DEFAULT_QUANTUM;
    this.view.advance = options.advance ?? 5000n;
    this.until = NEVER;
    this.#descriptions = this.exports.allocateRun(1) >>> 0;
  }

  /** No processor's clock goes past this time. */
  set until(time: bigint) {
    this.view.setU64(CONTROL + CONTROL_UNTIL, time);
  }

  /** One turn of a processor; the phase that it is in then, or TURN_BLOCKED. */
  turn(processor: number): number {
    this.exports.become(processor);
    return this.exports.turn();
  }

  /** So many turns, each of a processor that is drawn; `watch` is called after each. */
  turns(count: number, random: (below: number) => number, watch?: () => void): void {
    for (let turn = 0; turn < count; turn++) {
      this.turn(1 + random(this.processors));
      watch?.();
    }
  }

  /** The phase of a processor. */
  phase(processor: number): number {
    return this.view.processor(processor, PROCESSOR_PHASE);
  }

  /** Index + 1 of who has the kernel lock; 0: nobody. */
  get holder(): number {
    return this.view.control(CONTROL_LOCK);
  }

  /** Takes the kernel lock for the host, once whoever has it has given it back. */
  enter(watch?: () => void): void {
    for (let patience = PATIENCE; patience > 0; patience--) {
      this.exports.become(HOST);
      if (this.exports.enter() !== 0) return;
      this.#comeIn();
      this.turn(this.holder - 1);
      watch?.();
    }
    throw new Error(`the kernel lock stays with ${this.holder - 1}`);
  }

  leave(): void {
    this.exports.become(HOST);
    this.exports.leave();
  }

  /** A call of the host under the kernel lock; it is made again while somebody must come inside. */
  host(call: (exports: SimulatedExports) => number, watch?: () => void): number {
    this.enter(watch);
    for (let patience = PATIENCE; patience > 0; patience--) {
      this.exports.become(HOST);
      const answer = call(this.exports);
      if (answer !== STATUS_BUSY && answer >>> 0 !== ANSWER_BUSY) {
        watch?.();
        this.leave();
        return answer;
      }
      this.#comeIn();
      watch?.();
    }
    throw new Error("somebody who is wanted inside does not come");
  }

  /** A call under the kernel lock that answers an index, which may be any number, and claims nothing. */
  make(call: (exports: SimulatedExports) => number): number {
    this.enter();
    const index = call(this.exports);
    this.leave();
    return index;
  }

  /** A turn for everybody outside who is wanted inside. */
  #comeIn(): void {
    for (let index = 1; index <= this.processors; index++) {
      const isWanted = this.view.processor(index, PROCESSOR_ATTENTION) !== 0;
      if (isWanted && this.phase(index) === PHASE_OUTSIDE) this.turn(index);
    }
  }

  go(): void {
    this.host(({ go }) => go() ?? OK);
  }

  halt(): void {
    this.host(({ halt }) => halt() ?? OK);
  }

  /** A meter under another, by index; `keeper` is a host function's number. */
  meter(superior: number, cycles: bigint, keeper = 0): number {
    return this.make(({ meterCreate, nodeAllocation }) => {
      this.view.amount = cycles;
      return meterCreate(superior, nodeAllocation(superior), keeper);
    });
  }

  /** A stopped domain of bursts under a meter. */
  domain(
    meter: number,
    { run, span = 0, wait = 0, waitSpan = 0, times = 0 }: BurstsOptions,
  ): number {
    const at = this.#descriptions + BURSTS_SIZE * this.#described++;
    this.view.setU32(at + BURSTS_RUN_MIN, run);
    this.view.setU32(at + BURSTS_RUN_SPAN, span);
    this.view.setU32(at + BURSTS_WAIT_MIN, wait);
    this.view.setU32(at + BURSTS_WAIT_SPAN, waitSpan);
    this.view.setU32(at + BURSTS_TIMES, times);
    return this.make(({ domainCreate, nodeAllocation }) =>
      domainCreate(meter, nodeAllocation(meter), PROGRAM_BURSTS, at, this.#described),
    );
  }

  /** A stopped domain that runs the words of a program over and over, in a machine of its own. */
  machine(meter: number, words: readonly number[]): number {
    const { imageCreate, machineCreate, machineMap, machineTranslate } = this.exports;
    // Frames are taken by somebody: a processor that dies would give them back.
    this.exports.become(HOST);
    this.#image ||= imageCreate(PAGE_SIZE, PAGE_SIZE) >>> 0;
    const machine = machineCreate(this.#image, 2) >>> 0;
    machineMap(machine, 1, 1, MARK_READ | MARK_EXEC);
    const code = machineTranslate(machine, PAGE_SIZE, 0) >>> 0;
    for (const [place, word] of words.entries()) this.view.setU32(code + 4 * place, word);
    this.view.setU32(machine + MACHINE_PC, PAGE_SIZE);
    return this.make(({ domainCreate, nodeAllocation }) =>
      domainCreate(meter, nodeAllocation(meter), PROGRAM_RISCV, machine, 0),
    );
  }

  start(domain: number): number {
    return this.host((exports) => exports.domainStart(domain, this.allocation(domain)));
  }

  /** Puts a key into a slot of a node. */
  put(node: number, slot: number, key: Key, watch?: () => void): number {
    const id = idOf(node, this.allocation(node));
    return this.host(({ invoke }) => {
      this.view.setInvoked({ kind: "node", id, databyte: 0 });
      this.view.setArgument(key);
      return invoke(ORDER_SWAP + slot);
    }, watch);
  }

  allocation(index: number): number {
    return this.exports.nodeAllocation(index);
  }

  /** The code that answers the latest call of a domain's keeper. */
  callOf(domain: number): number {
    const node = this.view.control(CONTROL_NODE_BASE) + domain * NODE_SIZE;
    return this.view.u32(node + NODE_CALLS);
  }

  /** Takes the events of the batch; the others are there for the next time. */
  takeEvents(): RawEvent[] {
    this.enter();
    const events = this.view.control(CONTROL_EVENTS) === 0 ? [] : this.view.takeEvents(ALL_EVENTS);
    this.leave();
    return events;
  }

  check(): CheckReport {
    return checkStore(this.view);
  }
}
