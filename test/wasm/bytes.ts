// Writes modules, byte by byte.

/** Bytes that grow. */
export class Bytes {
  readonly list: number[] = [];

  get length(): number {
    return this.list.length;
  }

  add(...bytes: number[]): this {
    for (const byte of bytes) this.list.push(byte);
    return this;
  }

  append(other: Bytes | Uint8Array): this {
    for (const byte of other instanceof Bytes ? other.list : other) this.list.push(byte);
    return this;
  }

  u32(value: number): this {
    let left = value;
    while (left >= 0x80) {
      this.list.push((left % 0x80) | 0x80);
      left = Math.floor(left / 0x80);
    }
    this.list.push(left);
    return this;
  }

  signed(value: bigint): this {
    let left = value;
    for (;;) {
      const byte = Number(left & 0x7fn);
      left >>= 7n;
      const isLast = left === (byte & 0x40 ? -1n : 0n);
      this.list.push(isLast ? byte : byte | 0x80);
      if (isLast) return this;
    }
  }

  f32(value: number): this {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value, true);
    return this.append(new Uint8Array(view.buffer));
  }

  f64(value: number): this {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value, true);
    return this.append(new Uint8Array(view.buffer));
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u32(bytes.length).append(bytes);
  }

  /** A vector: how many, and each. */
  vector<T>(items: readonly T[], each: (item: T, to: Bytes) => void): this {
    this.u32(items.length);
    for (const item of items) each(item, this);
    return this;
  }

  /** Something that says how long it is. */
  sized(fill: (to: Bytes) => void): this {
    const inner = new Bytes();
    fill(inner);
    return this.u32(inner.length).append(inner);
  }

  section(id: number, fill: (to: Bytes) => void): this {
    return this.add(id).sized(fill);
  }

  take(): Uint8Array {
    return new Uint8Array(this.list);
  }
}

export function header(): Bytes {
  return new Bytes().add(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
}
