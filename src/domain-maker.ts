// Making domains: everything is checked, and what can fail is made, before there is a domain. Internal.

import { PROGRAM_BURSTS, PROGRAM_HOSTED, PROGRAM_RISCV, SLOTS } from "../assembly/layout.js";
import { BurstsTable } from "./bursts.js";
import type { Core } from "./core.js";
import { Domain } from "./domain.js";
import { type ElfProgram, isElfProgram } from "./elf.js";
import { OptionError } from "./errors.js";
import { Guest } from "./guest/guest.js";
import { checkGuest, type GuestOptions } from "./guest/guest-options.js";
import { WorkerGuest } from "./guest/worker-guest.js";
import { checkWorker, type WorkerGuestOptions } from "./guest/worker-options.js";
import { allocationOf, indexOf } from "./id.js";
import { Images } from "./image.js";
import type { Instrumented } from "./instrument/instrument.js";
import type { Key } from "./key.js";
import type { KeyLike } from "./key-like.js";
import { Machine, type MachineOptions } from "./machine.js";
import { type MappedSegment, mappingOf, type PageOptions } from "./mapping.js";
import type { Meter, MeterKey } from "./meter.js";
import { checkNames, nameOf, show } from "./options.js";
import { isBurstsProgram, type Program, seedOf } from "./program.js";
import { checkSchedule, SCHEDULE_NAMES, type ScheduleOptions, setTask } from "./schedule.js";

export interface DomainOptions extends ScheduleOptions {
  name?: string;
  meter: Meter | MeterKey;
  program: Program;
  /** Arguments after the program's name; ELF programs only. */
  args?: readonly string[];
  /** What it reads from file descriptor 0; ELF programs only. */
  stdin?: Uint8Array | string;
  /** Bytes of the address space; ELF programs only. The program, a heap of 1 MiB and a stack. */
  memory?: number;
  /** Its general keys, by slot, 0 to 15; the others are DK(0). ELF programs only. */
  keys?: Readonly<Record<number, KeyLike>>;
  /** What is called when it traps: a start key, or a host object. */
  keeper?: KeyLike;
  /** Pages and segments in its address space, where its program has nothing; ELF programs only. */
  pages?: readonly (PageOptions | MappedSegment)[];
}

const NAMES = [
  ...["name", "meter", "program", "args", "stdin", "memory"],
  ...["keys", "keeper", "pages"],
  ...SCHEDULE_NAMES,
];

/** @internal */
export class DomainMaker {
  readonly #core: Core;
  readonly #images: Images;
  readonly #bursts: BurstsTable;
  #made = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#images = new Images(core);
    this.#bursts = new BurstsTable(core);
  }

  /** As `kernel.createDomain`. */
  make(options: DomainOptions): Domain {
    checkNames("createDomain", options, NAMES);
    checkInputs(options);
    const core = this.#core;
    const { program } = options;
    const meter = core.liveMeter("meter", options.meter);
    const number = this.#made + 1;
    const name = nameOf(options.name) ?? number;
    const keys = this.#keysOf(options.keys ?? {});
    const keeper = options.keeper && core.keyOf(options.keeper, "keeper");
    const task = checkSchedule(core, options);
    const machine = isElfProgram(program) ? this.#load(program, name, options) : undefined;
    const seed = isBurstsProgram(program) ? seedOf(program, number) : 0;
    const kind = machine ? PROGRAM_RISCV : PROGRAM_BURSTS;
    try {
      const address = machine?.address ?? this.#bursts.addressOf(burstsOf(program));
      const { domainCreate } = core.exports;
      const id = core.made(
        () => domainCreate(indexOf(meter), allocationOf(meter), kind, address, seed),
        "createDomain",
      );
      this.#made = number;
      const domain = new Domain(core, id, name, machine);
      core.domains.set(indexOf(id), domain);
      if (task) setTask(core, domain, task);
      for (const [slot, key] of keys) domain.keys.set(slot, key);
      if (keeper) domain.keeper = keeper;
      return domain;
    } catch (error) {
      machine?.free();
      throw error;
    }
  }

  /** Of the core map: those that programs' files fill; undefined without core residence. */
  get imagePages(): ReadonlySet<number> | undefined {
    return this.#images.pages;
  }

  /** As `kernel.loadWasm`. */
  guest(module: Instrumented, options: GuestOptions | WorkerGuestOptions): Guest | WorkerGuest {
    const core = this.#core;
    const remote = isForWorker(options) ? checkWorker(core, module, options) : undefined;
    const checked = remote ?? checkGuest(core, module, options);
    const meter = core.liveMeter("meter", options.meter);
    const number = this.#made + 1;
    const { domainCreate } = core.exports;
    const id = core.made(
      () => domainCreate(indexOf(meter), allocationOf(meter), PROGRAM_HOSTED, 0, 0),
      "loadWasm",
    );
    this.#made = number;
    const domain = new Domain(core, id, checked.name ?? number, undefined);
    core.domains.set(indexOf(id), domain);
    return remote
      ? new WorkerGuest(core, domain, module, remote)
      : new Guest(core, domain, module, checked);
  }

  #keysOf(keys: Readonly<Record<number, KeyLike>>): [slot: number, key: Key][] {
    if (typeof keys !== "object" || keys === null) {
      throw new OptionError(`keys: found ${show(keys)}, expected an object of keys by slot`);
    }
    return Object.entries(keys).map(([name, key]) => {
      const slot = Number(name);
      if (String(slot) !== name || !(slot >= 0 && slot < SLOTS)) {
        throw new OptionError(`keys: no slot ${show(name)}, expected 0 to ${SLOTS - 1}`);
      }
      return [slot, this.#core.keyOf(key, `keys[${slot}]`)];
    });
  }

  #load(program: ElfProgram, name: string | number, options: DomainOptions): Machine {
    const { args = [], stdin = "", memory, pages = [] } = options;
    const named = typeof name === "number" ? `domain-${name}` : name;
    const machineOptions: MachineOptions = {
      ...{ program, args: [named, ...args], stdin, memory },
      pages: pages.map((page, i) => mappingOf(this.#core, `pages[${i}]`, page)),
    };
    return new Machine(this.#core, this.#images, machineOptions);
  }
}

function isForWorker(options: GuestOptions | WorkerGuestOptions): options is WorkerGuestOptions {
  // What is no object at all is refused by checkGuest.
  return (options as Partial<WorkerGuestOptions> | undefined)?.worker !== undefined;
}

/** What only an ELF program is given, and in what form. @throws {OptionError} */
function checkInputs({ program, args, stdin, memory, keys, pages }: DomainOptions): void {
  if (program?.kind === "bursts") {
    for (const [name, value] of Object.entries({ args, stdin, memory, keys, pages })) {
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
  if (pages !== undefined && !Array.isArray(pages)) {
    throw new OptionError(
      `pages: found ${show(pages)}, expected an array of { page, at } and { segment, at }`,
    );
  }
}

function burstsOf(program: Program) {
  if (isBurstsProgram(program)) return program;
  throw new OptionError(`program: found ${show(program)}, expected loadElf(…) or bursts(…)`);
}
