// The memory of a guest in the host's thread, as the host reads and writes it; and what of that is the same for one in
// a worker. Internal.

import { OptionError, StateError } from "../errors.js";
import { show } from "../options.js";

/** That exported as "memory", else the first. Its buffer is another whenever it has grown. */
export class GuestMemory {
  readonly #memory: WebAssembly.Memory | undefined;
  readonly #of: string;

  constructor(exports: WebAssembly.Exports, of: string) {
    const memories = Object.values(exports).filter((value) => value instanceof WebAssembly.Memory);
    const named = exports.memory;
    this.#memory = named instanceof WebAssembly.Memory ? named : memories[0];
    this.#of = of;
  }

  /** @throws {OptionError} @throws {StateError} where there is none. @throws {RangeError} past its end. */
  read(address: number | bigint, length: number): Uint8Array<ArrayBuffer> {
    placeOf("read: length", length);
    return new Uint8Array(this.#at("read", address, length));
  }

  /** @throws as `read`; then nothing is written. */
  write(address: number | bigint, bytes: Uint8Array): void {
    mustBeBytes(bytes);
    this.#at("write", address, bytes.length).set(bytes);
  }

  /** The bytes as they are. */
  #at(what: string, address: number | bigint, length: number): Uint8Array {
    const at = placeOf(`${what}: address`, address);
    if (!this.#memory) throw new StateError(`${what}: ${this.#of} exports no memory`);
    const { buffer } = this.#memory;
    if (at + length > buffer.byteLength) {
      const found = `${what}: found ${length} bytes at ${at}`;
      throw new RangeError(`${found}, expected them within the ${buffer.byteLength} of its memory`);
    }
    return new Uint8Array(buffer, at, length);
  }
}

/** @throws {OptionError} */
export function mustBeBytes(bytes: unknown): void {
  if (bytes instanceof Uint8Array) return;
  throw new OptionError(`write: found ${show(bytes)}, expected a Uint8Array`);
}

/** An address, or a length; addresses of 64-bit memories are bigints. @throws {OptionError} */
export function placeOf(what: string, value: number | bigint): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new OptionError(`${what}: found ${show(value)}, expected a whole number from 0`);
}
