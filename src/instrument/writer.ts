// Writes a module's bytes into a buffer that grows.

const TEXT = new TextEncoder();

export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, as it is in the buffer. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(from: Uint8Array, start = 0, end = from.length): void {
    const count = end - start;
    if (this.#length + count > this.#bytes.length) this.#grow(count);
    if (count < 24) {
      for (let i = start; i < end; i++) this.#bytes[this.#length++] = from[i]!;
      return;
    }
    this.#bytes.set(from.subarray(start, end), this.#length);
    this.#length += count;
  }

  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** A signed number, below 2^53. */
  signed(value: number): void {
    let rest = value;
    while (rest < -0x40 || rest >= 0x40) {
      this.byte((((rest % 0x80) + 0x80) % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest & 0x7f);
  }

  name(text: string): void {
    const bytes = TEXT.encode(text);
    this.u32(bytes.length);
    this.bytes(bytes);
  }

  /** A section, or a body: its length, then what another one holds. */
  sized(other: Writer): void {
    this.u32(other.#length);
    this.bytes(other.#bytes, 0, other.#length);
  }

  /** Begins anew, in the same buffer. */
  clear(): void {
    this.#length = 0;
  }

  /** A copy of its own. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length) as Uint8Array<ArrayBuffer>;
  }

  #grow(by: number): void {
    const next = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + by));
    next.set(this.written);
    this.#bytes = next;
  }
}
