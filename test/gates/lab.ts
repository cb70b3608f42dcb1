// A lab with guests that invoke keys (guest.ts), and ways to see what they were told.

import { expect } from "vitest";
import { MACHINE_REGISTERS } from "../../assembly/riscv/layout.js";
import type { Domain, KernelOptions, Key, Meter, MeterKey } from "../../src/index.js";
import { Lab } from "../lab.js";
import { variant } from "../variants.js";
import { A0, Guest, LOG, LOG_ENTRY, NONE, S0 } from "./guest.js";

/** Order codes and answers that are not in the host API, as the reference gives them. */
export const KT = 0x80000000;
export const INVALID_ORDER = 0x80000002;
export const KEEPER_ORDER = 0xffffffff;
export const TRAP_SELF = 0x300;
export const TRAP_MESSAGE = 0x304;

/** Milliseconds. */
const PATIENCE = 20_000;

/** What a guest noted. */
export interface Entry {
  readonly order: number;
  readonly databyte: number;
  readonly stored: number;
  readonly sent: number;
  /** The first 16 bytes of its buffer. */
  readonly bytes: Uint8Array;
}

export interface GuestOptions {
  readonly keys?: NonNullable<Parameters<Lab["kernel"]["createDomain"]>[0]["keys"]>;
  readonly keeper?: Parameters<Lab["kernel"]["createDomain"]>[0]["keeper"];
  /** More bytes of memory after the strings. */
  readonly room?: number;
  readonly start?: boolean;
}

export class GateLab extends Lab {
  constructor(options: KernelOptions = {}) {
    super({ nodes: 256, frames: 4096, ...options });
  }

  /** A domain that does what `write` writes, started. */
  guest(
    name: string,
    meter: Meter | MeterKey,
    write: (guest: Guest) => void,
    options: GuestOptions = {},
  ): Domain {
    const { keys, keeper, room = 0, start = true } = options;
    const guest = new Guest();
    write(guest);
    const program = guest.program(room);
    const domain = this.kernel.createDomain({
      name,
      meter,
      program,
      memory: least(program.end),
      ...(keys ? { keys } : {}),
      ...(keeper ? { keeper } : {}),
    });
    if (start) domain.start();
    return domain;
  }

  /** Waits for messages, notes each and keeps its keys in slots 8 to 11. */
  listener(name: string, meter: Meter | MeterKey, options: GuestOptions = {}): Domain {
    const write = (guest: Guest) =>
      guest.forever(() => guest.return({ receive: [8, 9, 10, 11] }).log());
    return this.guest(name, meter, write, options);
  }

  /**
   * A meter keeper: notes each message, adds to the counter by swapping it (setting it to `cycles`), and
   * lets the domain go on. The service key comes into slot 2, the restart key into slot 3.
   */
  keeper(name: string, meter: Meter | MeterKey, cycles: bigint): Domain {
    const write = (guest: Guest) =>
      guest.return({ receive: [0, 1, 2, 3] }).forever(() => {
        guest.log();
        guest.call({ key: 2, order: 16 + 3, keys: [4] });
        guest.return({ key: 3, receive: [0, 1, 2, 3] });
      });
    return this.guest(name, meter, write, { keys: { 4: { kind: "data", value: cycles } } });
  }

  /** Runs until something holds, a few cycles at a time; what does not come in a while, does not come. */
  until(holds: () => boolean, cycles = 500, laps = 400): void {
    // A thread that comes late finds its time over: where many are at work, again and again.
    const latest = Date.now() + PATIENCE;
    const isThreads = this.kernel.core.shared !== undefined && variant().seed === undefined;
    for (let i = 0; !holds() && (i < laps || (isThreads && Date.now() < latest)); i++) {
      this.run(cycles);
    }
    expect(holds()).toBe(true);
  }

  log(domain: Domain): Entry[] {
    return this.kernel.core.still(() => {
      const machine = domain.machine!;
      // Where it has not begun, it has noted nothing.
      const end = this.register(domain, S0) || LOG;
      const bytes = machine.read(LOG, end - LOG)!;
      const view = new DataView(bytes.buffer);
      return Array.from({ length: (end - LOG) / LOG_ENTRY }, (_, i) => {
        const at = i * LOG_ENTRY;
        const [order, databyte, stored, sent] = [0, 4, 8, 12].map((o) =>
          view.getUint32(at + o, true),
        );
        return {
          order: order!,
          databyte: databyte!,
          stored: stored!,
          sent: sent!,
          bytes: bytes.slice(at + 16, at + LOG_ENTRY),
        };
      });
    });
  }

  /** The orders, or return codes, that a guest noted. */
  orders(domain: Domain): number[] {
    return this.log(domain).map(({ order }) => order);
  }

  register(domain: Domain, number: number): number {
    const { address } = domain.machine!;
    return this.kernel.core.view.u32(address + MACHINE_REGISTERS + 4 * number);
  }

  /** All registers and the pc. */
  registers(domain: Domain): number[] {
    return this.kernel.core.still(() =>
      Array.from({ length: 34 }, (_, number) => this.register(domain, number)),
    );
  }

  a0(domain: Domain): number {
    return this.kernel.core.still(() => this.register(domain, A0));
  }

  slot(domain: Domain, number: number): Key {
    return domain.keys.get(number);
  }
}

export { NONE };

/** The first bytes as a number, the highest first. */
export function bigEndian(bytes: Uint8Array, length: number): bigint {
  return bytes.slice(0, length).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Lets promises go on that have been resolved. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Bytes of the address space of a program without a heap: a page that is nobody's, and the stack. */
function least(end: number): number {
  return Math.ceil(end / 4096) * 4096 + 4096 + (64 << 10);
}
