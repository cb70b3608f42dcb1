// Puppets: guests that do what a test says. A puppet is a machine program, the same for all, that reads a
// script of steps from its own memory, does one after the other, and keeps a log there of what came
// back. So what each domain does is data, and what each has seen can be read. Cycles are known exactly:
//
//   HEAD + 2 × busy   from the beginning of a step up to and with its ecall
//   LOGGED            from the ecall until the log has counted what came back
//   REST              until the next step begins; BEGIN before the first of all

import { MACHINE_REGISTERS } from "../assembly/riscv/layout.js";
import {
  type Domain,
  type DomainOptions,
  type Kernel,
  loadElf,
  type Meter,
  type MeterKey,
} from "../src/index.js";
import { CALL, FORK, type InvokeKind, RETURN } from "./invoke.js";
import * as asm from "./riscv/assembler.js";

const { addi } = asm.immediateOps as { addi: (rd: number, rs1: number, imm: number) => number };
const { lw } = asm.loadOps as { lw: (rd: number, rs1: number, imm: number) => number };
const { sw } = asm.storeOps as { sw: (rs1: number, rs2: number, imm: number) => number };
const { add, and, or } = asm.registerOps as Record<
  "add" | "and" | "or",
  (rd: number, rs1: number, rs2: number) => number
>;
const { beq, bne } = asm.branchOps as Record<
  "beq" | "bne",
  (rs1: number, rs2: number, offset: number) => number
>;

export const HEAD = 15;
export const LOGGED = 5;
export const REST = 5;
export const BEGIN = 8;

/** Where its code, its script with strings and buffers, and its log lie. */
export const CODE = 0x1000;
export const SCRIPT = 0x2000;
export const LOG = 0x10000;
const PAGE = 4096;
const STEP_SIZE = 64;
const ENTRY_SIZE = 64;
const HEADER = 16;
/** What a buffer in the log is as a register of a step. */
export const IN_LOG = HEADER;
/** Of a string, what the log has room for. */
export const LOG_ROOM = ENTRY_SIZE - HEADER;

/** Registers: a pointer into script and log, the log's mask and base, and how much was logged. */
const X0 = 0;
const [T0, T1, T2] = [5, 6, 7] as const;
const [S0, S1, S2, S3, S4] = [8, 9, 18, 19, 20] as const;
const [A0, A5] = [10, 15] as const;
export const COUNT_REGISTER = S4;
/** What a step loads, in the order in which it lies in the script after `busy`. */
const LOADED = [17, 10, 11, 12, 13, 14, 15, 16, T0];
const MASK_AT = 40;
const NEXT_AT = 44;

/** A slot that is none: DK(0) is invoked or passed there, and what is received is dropped. */
export const NONE = 255;
export const EXIT = 93;

export interface Message {
  readonly order?: number;
  readonly string?: string | Uint8Array;
  /** Slots of the keys passed, the first first. */
  readonly keys?: readonly (number | null)[];
  /** Slots for the keys received. */
  readonly take?: readonly (number | null)[];
  /** Cycles of the loop before it: twice so many. */
  readonly busy?: number;
  /** Bytes of a buffer of its own for what is received; without, the log takes up to 48. */
  readonly buffer?: number;
  /** The step after it, by its place; the next one where it isn't said. */
  readonly next?: number;
  /** Registers as they are to be instead, by number. */
  readonly raw?: Readonly<Record<number, number>>;
}

export interface Step extends Message {
  readonly kind: InvokeKind | typeof EXIT;
  readonly slot: number;
}

export const call = (slot: number, message: Message = {}): Step => ({
  ...message,
  kind: CALL,
  slot,
});
export const fork = (slot: number, message: Message = {}): Step => ({
  ...message,
  kind: FORK,
  slot,
});
export const reply = (slot: number, message: Message = {}): Step => ({
  ...message,
  kind: RETURN,
  slot,
});
/** Takes the next message, and answers nobody. */
export const rest = (message: Message = {}): Step => reply(NONE, message);
/** Is busy for HEAD + LOGGED + REST + 2 × busy cycles, and invokes nobody. */
export const work = (busy: number, message: Message = {}): Step => ({
  ...message,
  kind: FORK,
  slot: NONE,
  busy,
});
export const exit = (code = 0): Step => ({ kind: EXIT, slot: code });

/** What came back from a step. */
export interface Received {
  readonly order: number;
  readonly databyte: number;
  /** Bytes stored, and bytes sent. */
  readonly stored: number;
  readonly sent: number;
}

/** A script in the memory of a puppet; after its last step it takes messages for ever. */
export class Puppet {
  readonly steps: readonly Step[];
  /** Pages of the script with its strings and buffers, and of the log. */
  readonly script: Uint8Array;
  readonly logPages: number;
  /** Where each step's own buffer lies, or 0. */
  readonly buffers: readonly number[];
  /** What the registers hold when each step invokes, by number. */
  readonly #registers: Readonly<Record<number, number>>[] = [];

  constructor(steps: readonly Step[], logPages = 1) {
    if ((logPages & (logPages - 1)) !== 0 || logPages > 16) {
      throw new Error(`a log of ${logPages} pages: expected 1, 2, 4, 8 or 16`);
    }
    this.logPages = logPages;
    const last: Step = { ...rest(), next: steps.length };
    this.steps = [...steps, last];
    const room = new Room(SCRIPT + this.steps.length * STEP_SIZE);
    this.buffers = this.steps.map(({ buffer }) => (buffer === undefined ? 0 : room.take(buffer)));
    const words = this.steps.map((step, place) => this.#words(step, place, room));
    const script = new Uint8Array(Math.ceil((room.end - SCRIPT) / PAGE) * PAGE);
    if (SCRIPT + script.length > LOG)
      throw new Error(`a script of ${script.length} bytes is too long`);
    const view = new DataView(script.buffer);
    words.forEach((step, place) => {
      step.forEach((word, at) => {
        view.setUint32(place * STEP_SIZE + 4 * at, word >>> 0, true);
      });
    });
    for (const { at, bytes } of room.strings) script.set(bytes, at - SCRIPT);
    this.script = script;
  }

  #words(step: Step, place: number, room: Room): number[] {
    const bytes = bytesOf(step.string ?? "");
    const string = room.put(bytes);
    const usesLog = step.buffer === undefined;
    const registers: Record<number, number> = {
      17: step.kind,
      10: step.slot,
      11: step.order ?? 0,
      12: string,
      13: bytes.length,
      14: slots(step.keys),
      15: usesLog ? HEADER : this.buffers[place]!,
      16: usesLog ? LOG_ROOM : step.buffer!,
      [T0]: slots(step.take),
      ...step.raw,
    };
    this.#registers[place] = registers;
    const next = SCRIPT + STEP_SIZE * (step.next ?? place + 1);
    // A buffer in the log is relative to it; one that a test gives by hand is where it says.
    const isRelative = usesLog && step.raw?.[A5] === undefined;
    const loaded = LOADED.map((number) => registers[number]!);
    return [step.busy ?? 0, ...loaded, isRelative ? -1 : 0, next];
  }

  /** What the registers hold when a step invokes, by number; a buffer in the log is HEADER there. */
  registers(place: number): Readonly<Record<number, number>> {
    return this.#registers[place]!;
  }

  /** The step after one. */
  next(place: number): number {
    return this.steps[place]!.next ?? place + 1;
  }

  /** Cycles of a step up to and with its ecall. */
  static head(step: Step): number {
    return HEAD + 2 * (step.busy ?? 0);
  }

  /** Which step a machine is in, given its register S0. */
  static placeOf(s0: number): number {
    return (s0 - SCRIPT) / STEP_SIZE;
  }

  /** Words of its program, which begins at CODE. */
  get code(): readonly number[] {
    return program(this.logPages * PAGE);
  }

  /** As an ELF file, for `loadElf`. */
  elf(): Uint8Array {
    const code = asm.assemble([...this.code]);
    const file = new Uint8Array(2 * PAGE + this.script.length);
    const view = new DataView(file.buffer);
    file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    const half = (at: number, value: number) => view.setUint16(at, value, true);
    const words = (at: number, values: readonly number[]) =>
      values.forEach((value, index) => {
        view.setUint32(at + 4 * index, value, true);
      });
    half(16, 2);
    half(18, 243);
    words(20, [1, CODE, 52]);
    half(40, 52);
    half(42, 32);
    half(44, 3);
    const { length } = this.script;
    words(52, [1, PAGE, CODE, CODE, code.length, code.length, 5, PAGE]);
    words(84, [1, 2 * PAGE, SCRIPT, SCRIPT, length, length, 6, PAGE]);
    const log = this.logPages * PAGE;
    words(116, [1, 0, LOG, LOG, 0, log, 6, PAGE]);
    file.set(code, PAGE);
    file.set(this.script, 2 * PAGE);
    return file;
  }

  /** Where the n-th entry of the log lies; the log goes round. */
  entryAt(n: number): number {
    return LOG + ((n * ENTRY_SIZE) & (this.logPages * PAGE - 1));
  }

  /** How many entries the log holds at the least: the one to come may be half written over the oldest. */
  get capacity(): number {
    return (this.logPages * PAGE) / ENTRY_SIZE - 1;
  }

  /** The n-th entry of the log, as `read` finds it in the puppet's memory. */
  received(n: number, read: (address: number, length: number) => Uint8Array): Received {
    const bytes = read(this.entryAt(n), HEADER);
    const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER);
    const [order, databyte, stored, sent] = [0, 4, 8, 12].map((at) => view.getUint32(at, true));
    return { order: order!, databyte: databyte!, stored: stored!, sent: sent! };
  }
}

/** Room after the script, given out from low to high. */
class Room {
  readonly strings: { at: number; bytes: Uint8Array }[] = [];
  constructor(public end: number) {}

  take(size: number): number {
    const at = this.end;
    this.end += (size + 3) & ~3;
    return at;
  }

  put(bytes: Uint8Array): number {
    const at = this.take(bytes.length);
    this.strings.push({ at, bytes });
    return at;
  }
}

export function bytesOf(string: string | Uint8Array): Uint8Array {
  return typeof string === "string" ? new TextEncoder().encode(string) : string;
}

/** Four slots in a register, the first in the low byte. */
export function slots(list: readonly (number | null)[] = []): number {
  return [0, 1, 2, 3].reduce((word, n) => word | ((list[n] ?? NONE) << (8 * n)), 0) >>> 0;
}

function program(logBytes: number): number[] {
  const begin = [
    asm.lui(S0, SCRIPT),
    asm.lui(S1, LOG),
    asm.lui(S3, LOG),
    asm.lui(S2, logBytes),
    addi(S2, S2, -1),
    addi(S4, X0, 0),
    addi(T1, X0, 0),
    addi(T2, X0, 0),
  ];
  const step = [
    lw(T1, S0, 0),
    beq(T1, X0, 12),
    addi(T1, T1, -1),
    bne(T1, X0, -4),
    ...LOADED.map((number, place) => lw(number, S0, 4 + 4 * place)),
    lw(T2, S0, MASK_AT),
    and(T2, T2, S1),
    add(A5, A5, T2),
    asm.ECALL,
    ...[0, 1, 2, 3].map((n) => sw(S1, A0 + n, 4 * n)),
    addi(S4, S4, 1),
    addi(S1, S1, ENTRY_SIZE),
    and(S1, S1, S2),
    or(S1, S1, S3),
    lw(S0, S0, NEXT_AT),
  ];
  return [...begin, ...step, asm.jal(X0, -4 * step.length)];
}

/** What can be read of a machine. */
export interface Stage {
  read(address: number, length: number): Uint8Array;
  register(number: number): number;
}

/** What came back from a step, with the string that came. */
export interface Logged extends Received {
  readonly string: string;
}

/** A puppet that is loaded somewhere: what it has seen. */
export class Seen {
  constructor(
    readonly puppet: Puppet,
    readonly stage: Stage,
  ) {}

  /** How many entries it has logged. */
  get count(): number {
    return this.stage.register(COUNT_REGISTER);
  }

  /** The steps that it has begun or is about to begin: the place of the present one. */
  get place(): number {
    const s0 = this.stage.register(S0);
    return s0 === 0 ? 0 : Puppet.placeOf(s0);
  }

  /** The entries that are in the log still, the first first. */
  get log(): Logged[] {
    const first = Math.max(0, this.count - this.puppet.capacity);
    return Array.from({ length: this.count - first }, (_, n) => this.entry(first + n));
  }

  entry(n: number): Logged {
    const received = this.puppet.received(n, (at, length) => this.stage.read(at, length));
    const length = Math.min(received.stored, LOG_ROOM);
    return {
      ...received,
      string: latin1(this.stage.read(this.puppet.entryAt(n) + HEADER, length)),
    };
  }

  /** The first bytes of the buffer that a step has for itself. */
  buffer(place: number, length: number): string {
    return latin1(this.stage.read(this.puppet.buffers[place]!, length));
  }
}

/** Bytes as text, each a character. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Makes a puppet a domain of a kernel. */
export function play(
  kernel: Kernel,
  meter: Meter | MeterKey,
  steps: readonly Step[],
  { logPages = 1, ...options }: Partial<DomainOptions> & { logPages?: number } = {},
): { domain: Domain; seen: Seen } {
  const puppet = new Puppet(steps, logPages);
  const program = loadElf(puppet.elf());
  const memory = program.end + STACK_AND_GUARD;
  const domain = kernel.createDomain({ meter, program, memory, ...options });
  return { domain, seen: new Seen(puppet, stageOf(kernel, domain)) };
}

/** The stack that programs get, and the page below it. */
const STACK_AND_GUARD = 17 * PAGE;

export function stageOf(kernel: Kernel, domain: Domain): Stage {
  const { view } = kernel.core;
  const { address } = domain.machine!;
  return {
    read: (at, length) => domain.machine!.read(at, length)!,
    register: (number) => view.u32(address + MACHINE_REGISTERS + 4 * number),
  };
}
