// Reads a module's bytes: LEB128 numbers, names, and what lies between.

import { malformed } from "./error.js";

const TEXT = new TextDecoder("utf-8", { fatal: true });

export class Reader {
  readonly bytes: Uint8Array;
  /** The next byte, and the end of what may be read. */
  at: number;
  end: number;
  /** The highest index of a type that was read as part of one; −1: none. */
  highestType = -1;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isDone(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw malformed(this.at, "found its end, expected more");
    return this.bytes[this.at++]!;
  }

  u32(): number {
    // Most are one byte.
    const first = this.byte();
    if (first < 0x80) return first;
    let result = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 15) break;
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    throw malformed(this.at, "found a number of more than 32 bits");
  }

  /** Passes a LEB128 number of so many bits at most. */
  skipLeb(bits: number): void {
    const most = Math.ceil(bits / 7);
    for (let i = 0; i < most; i++) if (this.byte() < 0x80) return;
    throw malformed(this.at, `found a number of more than ${bits} bits`);
  }

  /** A heap type, or the type of a block: a signed number of 33 bits, from 0 on the index of a type. */
  s33(): number {
    const type = this.#s33();
    if (type > this.highestType) this.highestType = type;
    return type;
  }

  #s33(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      result += (byte & 0x7f) * 2 ** shift;
      if (byte >= 0x80) continue;
      return byte & 0x40 ? result - 2 ** (shift + 7) : result;
    }
    throw malformed(this.at, "found a number of more than 33 bits");
  }

  skip(bytes: number): void {
    if (bytes > this.end - this.at) throw malformed(this.at, "found its end, expected more");
    this.at += bytes;
  }

  name(): string {
    const length = this.u32();
    const from = this.at;
    this.skip(length);
    try {
      return TEXT.decode(this.bytes.subarray(from, this.at));
    } catch {
      throw malformed(from, "found a name that is not UTF-8");
    }
  }

  /** A reader of the next so many bytes, which this one passes. */
  part(length: number): Reader {
    const from = this.at;
    this.skip(length);
    return new Reader(this.bytes, from, this.at);
  }
}
