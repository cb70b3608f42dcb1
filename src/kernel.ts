// The kernel as the host sees it: makes meters and domains, runs them, tells what happens.

import { OK } from "../assembly/codes.js";
import {
  CONTROL_IGNORE_DRY,
  CONTROL_REFILL_COST,
  CONTROL_SIMULATED,
  CONTROL_SWITCH_COST,
  CONTROL_TAPERED,
  CONTROL_TRACED,
  CONTROL_VISIT_COST,
  PRIME_INDEX,
  PROGRAM_BURSTS,
  PROGRAM_RISCV,
} from "../assembly/layout.js";
import { BurstsTable } from "./bursts.js";
import { type CheckReport, checkStore } from "./check.js";
import { Conductor } from "./conductor.js";
import { Core } from "./core.js";
import { Dispatcher } from "./dispatcher.js";
import { Domain } from "./domain.js";
import type { Driver, Ending, StepOutcome } from "./driver.js";
import { isElfProgram } from "./elf.js";
import { OptionError, PrimemeterError, RescindedError, StateError } from "./errors.js";
import type { EventName, Listener } from "./event.js";
import { allocationOf, indexOf } from "./id.js";
import { Images } from "./image.js";
import type { Keeper } from "./keeper.js";
import type { Key } from "./key.js";
import { Machine } from "./machine.js";
import type { Meter, MeterKey } from "./meter.js";
import { Node } from "./node.js";
import {
  type CheckedOptions,
  callable,
  cycles as checkCycles,
  checkNames,
  checkOptions,
  INSTRUCTION_CLASSES,
  type KernelOptions,
  show,
  u32,
} from "./options.js";
import { isBurstsProgram, type Program, seedOf } from "./program.js";
import { bytesOf } from "./size.js";
import { readStatistics, type Statistics } from "./statistics.js";
import { checkThreads } from "./thread.js";
import { instantiate } from "./wasm.js";

export interface MeterOptions {
  name?: string;
  superior: Meter | MeterKey;
  /** What the counter begins with; without it 2^64 − 1, as good as unlimited. */
  cycles?: bigint;
  keeper?: Keeper;
}

export interface DomainOptions {
  name?: string;
  meter: Meter | MeterKey;
  program: Program;
  /** Arguments after the program's name; ELF programs only. */
  args?: readonly string[];
  /** What it reads from file descriptor 0; ELF programs only. */
  stdin?: Uint8Array | string;
  /** Bytes of the address space; ELF programs only. The program, a heap of 1 MiB and a stack. */
  memory?: number;
}

export interface StepResult {
  readonly reason: StepOutcome;
  /** Cycles of kernel time that passed. */
  readonly cycles: bigint;
}

export interface RunResult {
  readonly reason: Ending;
  readonly cycles: bigint;
}

const UNLIMITED = (1n << 64n) - 1n;

/**
 * Makes a kernel of its own memory, with a prime meter in it.
 *
 * @throws {OptionError} @throws {CapacityError} NO_MEMORY
 */
export function createKernel(options: KernelOptions = {}): Kernel {
  return new Kernel(checkOptions(options));
}

export class Kernel {
  /** The meter above all others; its superior is the super meter key. Counter 2^56 − 1. */
  readonly primeMeter: Meter;
  readonly #core: Core;
  readonly #driver: Driver;
  readonly #images: Images;
  readonly #bursts: BurstsTable;
  #domainsMade = 0;
  #isRunning = false;

  /** @internal */
  constructor(options: CheckedOptions) {
    const { nodes, frames, processors, seed, build } = options;
    const isSimulated = seed !== undefined;
    const several = processors > 1 || isSimulated;
    if (several && !isSimulated) checkThreads();
    // A build that is given may be a shared one for one processor, too.
    const bytes = bytesOf(nodes, frames, several || build ? processors : 0);
    const instance = instantiate(bytes, build, several);
    const core = new Core(instance, options);
    const status = core.exports.initialize(nodes, frames, instance.shared ? processors : 0);
    if (status !== OK) throw new PrimemeterError("STATUS", `initialize: status ${status}`);
    const { view } = core;
    view.quantum = options.quantum;
    view.advance = options.advance;
    view.setControl(CONTROL_TAPERED, Number(options.tapered));
    view.setControl(CONTROL_TRACED, Number(options.trace));
    view.setControl(CONTROL_SIMULATED, Number(isSimulated));
    view.setControl(CONTROL_IGNORE_DRY, Number(options.ignoreDry));
    view.setControl(CONTROL_REFILL_COST, options.kernelCosts.refill);
    view.setControl(CONTROL_VISIT_COST, options.kernelCosts.visit);
    view.setControl(CONTROL_SWITCH_COST, options.kernelCosts.switch);
    INSTRUCTION_CLASSES.forEach((name, number) => {
      core.exports.costSet(number, options.costs[name] ?? 1);
    });
    this.#core = core;
    this.#driver = instance.shared ? new Conductor(core, instance.shared) : new Dispatcher(core);
    this.#images = new Images(core);
    this.#bursts = new BurstsTable(core);
    this.primeMeter = core.meterAt(PRIME_INDEX, "prime");
  }

  /**
   * Hangs a new meter under another.
   *
   * @throws {OptionError} @throws {RescindedError} @throws {CapacityError} NO_NODES
   */
  createMeter(options: MeterOptions): Meter {
    checkNames("createMeter", options, ["name", "superior", "cycles", "keeper"]);
    const core = this.#core;
    const cycles = checkCycles("cycles", options.cycles ?? UNLIMITED);
    const superior = core.liveMeter("superior", options.superior);
    const name = nameOf(options.name);
    const keeper = options.keeper === undefined ? 0 : core.register(options.keeper);
    try {
      const id = core.made(() => {
        core.view.amount = cycles;
        return core.exports.meterCreate(indexOf(superior), allocationOf(superior), keeper);
      }, "createMeter");
      return core.meterAt(indexOf(id), name);
    } catch (error) {
      core.keepers.delete(keeper);
      throw error;
    }
  }

  /**
   * Makes a stopped domain.
   *
   * @throws {OptionError} @throws {RescindedError} @throws {CapacityError} NO_NODES or NO_FRAMES; then
   * nothing is kept.
   */
  createDomain(options: DomainOptions): Domain {
    checkNames("createDomain", options, ["name", "meter", "program", "args", "stdin", "memory"]);
    const core = this.#core;
    const { program, args = [], stdin = "", memory } = options;
    checkInputs(options);
    const meter = core.liveMeter("meter", options.meter);
    const number = this.#domainsMade + 1;
    const name = nameOf(options.name) ?? number;
    let machine: Machine | undefined;
    let kind: number;
    let address: number;
    if (isElfProgram(program)) {
      const named = typeof name === "number" ? `domain-${name}` : name;
      const machineOptions = { program, args: [named, ...args], stdin, memory };
      machine = new Machine(core, this.#images, machineOptions);
      kind = PROGRAM_RISCV;
      address = machine.address;
    } else if (isBurstsProgram(program)) {
      kind = PROGRAM_BURSTS;
      address = this.#bursts.addressOf(program);
    } else {
      throw new OptionError(`program: found ${show(program)}, expected loadElf(…) or bursts(…)`);
    }
    const seed = isBurstsProgram(program) ? seedOf(program, number) : 0;
    const { domainCreate } = core.exports;
    try {
      const id = core.made(
        () => domainCreate(indexOf(meter), allocationOf(meter), kind, address, seed),
        "createDomain",
      );
      this.#domainsMade = number;
      const domain = new Domain(core, id, name, machine);
      core.domains.set(indexOf(id), domain);
      return domain;
    } catch (error) {
      machine?.free();
      throw error;
    }
  }

  /** A node of sixteen DK(0), to be made a meter slot by slot. @throws {CapacityError} NO_NODES */
  createNode(): Node {
    const id = this.#core.made(() => this.#core.exports.nodeCreate(), "createNode");
    return new Node(this.#core, id, `node ${indexOf(id)}`);
  }

  /**
   * A handle to a node as a meter, whether or not it is well-formed as one.
   *
   * @throws {OptionError} @throws {RescindedError}
   */
  meterOf(node: Node, name?: string): Meter {
    if (!(node instanceof Node && node.isOf(this.#core))) {
      throw new OptionError(`meterOf: found ${show(node)}, expected a Node of this kernel`);
    }
    if (!this.#core.isLive(node.id)) throw new RescindedError("the node");
    return this.#core.meterAt(indexOf(node.id), nameOf(name));
  }

  /** A key that makes a function of the host the keeper of a meter, in slot 2. */
  hostKey(keeper: Keeper): Key {
    return { kind: "host", number: this.#core.register(keeper, true) };
  }

  /** Invokes a key with an order of §3: its return code and the key that comes back. */
  invoke(key: Key, order: number, argument?: Key): { code: number; key: Key } {
    return this.#core.invoke(key, u32("invoke: order", order), argument);
  }

  /** Cycles since the kernel was made, those in which nobody ran included. */
  get time(): bigint {
    return this.#core.time;
  }

  /** Does something when kernel time comes to `time`; at once, in the next step, if it has passed. */
  at(time: bigint, act: () => void): void {
    checkCycles("at: time", time);
    callable("at: act", act);
    this.#driver.alarms.set(time, act);
  }

  /**
   * Runs the kernel until something happens that the host acts on, or a few thousand slices, or
   * `cycles` of kernel time are over. Then it throws what a listener threw meanwhile.
   *
   * @throws {StateError} when the kernel runs already: in a keeper, a listener, or beside `run`.
   */
  step(options: { cycles?: bigint | number } = {}): StepResult {
    this.#alone();
    checkNames("step", options, ["cycles"]);
    const start = this.time;
    const until = limit(start, options.cycles);
    this.#isRunning = true;
    try {
      const reason = this.#driver.step(until);
      return { reason, cycles: this.time - start };
    } finally {
      this.#isRunning = false;
    }
  }

  /**
   * Runs until nobody has anything to do (asynchronous keepers have answered, too), or `cycles` of
   * kernel time are over, or `signal` aborts. The host's event loop goes round every 10 ms.
   *
   * @throws {StateError} when the kernel runs already.
   */
  async run(options: { cycles?: bigint | number; signal?: AbortSignal } = {}): Promise<RunResult> {
    this.#alone();
    checkNames("run", options, ["cycles", "signal"]);
    const { signal } = options;
    if (signal !== undefined && typeof signal?.addEventListener !== "function") {
      throw new OptionError(`signal: found ${show(signal)}, expected an AbortSignal`);
    }
    const start = this.time;
    const until = limit(start, options.cycles);
    this.#isRunning = true;
    try {
      const reason = await this.#driver.run(until, signal);
      return { reason, cycles: this.time - start };
    } finally {
      this.#isRunning = false;
    }
  }

  meters(): IterableIterator<Meter> {
    return this.#core.meters.values();
  }

  domains(): IterableIterator<Domain> {
    return this.#core.domains.values();
  }

  /** Walks the whole store and compares it with every invariant; changes nothing. */
  check(): CheckReport {
    return this.#core.still(() => checkStore(this.#core.view));
  }

  statistics(): Statistics {
    return this.#core.still(() => readStatistics(this.#core.view));
  }

  /**
   * Listens to an event; returns the function that stops it. What a listener throws is thrown on by the
   * `step` or `run` it was called in, after all that was to be done is done.
   */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    return this.#core.emitter.on(name, listener);
  }

  /** What drives it: tests kill its workers. @internal */
  get driver(): Driver {
    return this.#driver;
  }

  /** Lets the memory go, and ends the workers. Whatever needs it throws StateError from now on. */
  dispose(): void {
    this.#driver.dispose();
    this.#core.dispose();
  }

  /** What tests of the kernel look into. @internal */
  get core(): Core {
    return this.#core;
  }

  #alone(): void {
    if (this.#isRunning) throw new StateError("the kernel is running already");
  }
}

function nameOf(name: string | undefined): string | undefined {
  if (name === undefined || (typeof name === "string" && name !== "")) return name;
  throw new OptionError(`name: found ${show(name)}, expected a text that is not empty`);
}

/** What only an ELF program is given, and in what form. @throws {OptionError} */
function checkInputs({ program, args, stdin, memory }: DomainOptions): void {
  if (program?.kind === "bursts") {
    for (const [name, value] of Object.entries({ args, stdin, memory })) {
      if (value === undefined) continue;
      throw new OptionError(`${name}: found ${show(value)}, but a program of bursts takes none`);
    }
  }
  if (args !== undefined && !Array.isArray(args)) {
    throw new OptionError(`args: found ${show(args)}, expected an array of texts`);
  }
  if (stdin !== undefined && typeof stdin !== "string" && !(stdin instanceof Uint8Array)) {
    throw new OptionError(`stdin: found ${show(stdin)}, expected a text or a Uint8Array`);
  }
}

function limit(start: bigint, cycles: bigint | number | undefined): bigint {
  if (cycles === undefined) return UNLIMITED;
  const isWhole = typeof cycles === "bigint" || Number.isSafeInteger(cycles);
  if (!isWhole || cycles < 0) {
    throw new OptionError(`cycles: found ${show(cycles)}, expected a whole number from 0`);
  }
  const until = start + BigInt(cycles);
  return until < UNLIMITED ? until : UNLIMITED;
}
