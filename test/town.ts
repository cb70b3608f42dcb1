// Guests that call each other: short ways to make them with their keys, and to read a bank's ledger.

import { readFileSync } from "node:fs";
import {
  createKernel,
  type Domain,
  type DomainOptions,
  type ElfProgram,
  type Kernel,
  type KernelOptions,
  loadElf,
  type Meter,
  type MeterOptions,
} from "../src/index.js";
import { guestFile } from "./guests.js";
import { endsWithTest, variant } from "./variants.js";

const programs = new Map<string, ElfProgram>();

function elf(program: string): ElfProgram {
  let loaded = programs.get(program);
  if (!loaded) {
    loaded = loadElf(readFileSync(guestFile(program)));
    programs.set(program, loaded);
  }
  return loaded;
}

/** Where a guest finds what, by the customs of guests/include/primemeter.h. */
export const SLOT = {
  server: 0,
  self: 1,
  clock: 2,
  returner: 3,
  data: 4,
  wait: 5,
  join: 6,
  own: 7,
} as const;

/** Where a bank's ledger is mapped. */
export const LEDGER = 0x8000;

type GuestOptions = Partial<DomainOptions> & { start?: boolean };

export class Town {
  readonly kernel: Kernel;

  constructor(options: KernelOptions = {}) {
    const sizes = { nodes: 256, frames: 4096 };
    this.kernel = endsWithTest(createKernel({ ...sizes, ...variant(), ...options }));
  }

  meter(name: string, options: Partial<MeterOptions> = {}): Meter {
    return this.kernel.createMeter({ name, superior: this.kernel.primeMeter, ...options });
  }

  /** A guest of guests/, started if not told otherwise; `words` is its name and arguments. */
  guest(words: string, meter: Meter, options: GuestOptions = {}): Domain {
    const { start = true, ...others } = options;
    const [program, ...args] = words.split(" ");
    const domain = this.kernel.createDomain({
      name: words,
      meter,
      program: elf(program!),
      args,
      memory: 256 << 10,
      ...others,
    });
    if (start) domain.start();
    return domain;
  }
}

/** Big-endian numbers out of a string, `size` bytes each. */
export function numbers(bytes: Uint8Array, size: 4 | 8): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: bigint[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    found.push(size === 4 ? BigInt(view.getUint32(at)) : view.getBigUint64(at));
  }
  return found;
}

/** Bytes of big-endian numbers of `size` bytes each. */
export function string(size: 4 | 8, ...values: (number | bigint)[]): Uint8Array {
  const bytes = new Uint8Array(size * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    if (size === 4) view.setUint32(4 * i, Number(value));
    else view.setBigUint64(8 * i, BigInt(value));
  });
  return bytes;
}

export interface Person {
  state: number;
  begun: number;
  done: number;
  waits: number;
}

/** What guests/include/bank.h says of the page. */
export interface Ledger {
  magic: string;
  way: string;
  lock: number;
  waiting: number;
  begun: number;
  done: number;
  /** What the balances have gained since opening, all told: 0 where money is conserved. */
  gained: number;
  tellers: Person[];
  workers: Person[];
}

export function readLedger(page: { read(offset: number, length: number): Uint8Array }): Ledger {
  const bytes = page.read(0, 4096);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => view.getUint32(at, true);
  const people = (from: number, count: number): Person[] =>
    Array.from({ length: count }, (_, i) => {
      const at = from + 16 * i;
      return {
        state: word(at),
        begun: word(at + 4),
        done: word(at + 8),
        waits: word(at + 12),
      };
    });
  const way = String.fromCharCode(word(4));
  let gained = 0;
  if (way === "d") gained = ((word(24) & 0xffff) + (word(24) >>> 16)) & 0xffff;
  else for (let i = 0; i < 64; i++) gained = (gained + word(1024 + 4 * i)) | 0;
  return {
    magic: String.fromCharCode(...bytes.subarray(0, 4)),
    way,
    lock: word(8),
    waiting: word(12),
    begun: word(16),
    done: word(20),
    gained,
    tellers: people(64, 32),
    workers: people(576, 16),
  };
}
