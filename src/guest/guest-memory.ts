// The memory of a guest in the host's thread, as the host reads and writes it. Internal.

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
    whole("read: length", length);
    return new Uint8Array(this.#at("read", address, length));
  }

  /** @throws as `read`; then nothing is written. */
  write(address: number | bigint, bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) {
      throw new OptionError(`write: found ${show(bytes)}, expected a Uint8Array`);
    }
    this.#at("write", address, bytes.length).set(bytes);
  }

  /** The bytes as they are. */
  #at(what: string, address: number | bigint, length: number): Uint8Array {
    const at = whole(`${what}: address`, address);
    if (!this.#memory) throw new StateError(`${what}: ${this.#of} exports no memory`);
    const { buffer } = this.#memory;
    if (at + length > buffer.byteLength) {
      const found = `${what}: found ${length} bytes at ${at}`;
      throw new RangeError(`${found}, expected them within the ${buffer.byteLength} of its memory`);
    }
    return new Uint8Array(buffer, at, length);
  }
}

/** Addresses of 64-bit memories are bigints. */
function whole(what: string, value: number | bigint): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new OptionError(`${what}: found ${show(value)}, expected a whole number from 0`);
}
